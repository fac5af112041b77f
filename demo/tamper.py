"""Flips one bit of a kept file inside a copy of a package: what the check must find."""

import zipfile
from pathlib import Path


def flip_one_byte(package: Path, copy: Path) -> str:
    """Write `package` to `copy` with one bit flipped in the middle of its largest payload file; return that file's name.

    The copy is a sound ZIP whose own checksums (CRC-32) fit, as a forger's would be: only the digests can tell. Entries
    keep their order, names, times and way of storing.
    """
    with zipfile.ZipFile(package) as source, zipfile.ZipFile(copy, "w") as target:
        payload = [info for info in source.infolist() if "/data/" in info.filename and info.file_size]
        largest = max(payload, key=lambda info: (info.file_size, info.filename))
        for info in source.infolist():
            data = bytearray(source.read(info))
            if info is largest:
                data[len(data) // 2] ^= 0x01
            target.writestr(info, bytes(data))
    return largest.filename

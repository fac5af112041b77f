"""Flips one byte of a kept file inside a copy of a package: what the check must find."""

import shutil
import zipfile
from pathlib import Path

LOCAL_HEADER_BYTES = 30
"""A ZIP local file header without its name and extra field (APPNOTE 4.3.7)."""


def flip_one_byte(package: Path, copy: Path) -> str:
    """Copy `package` to `copy`, flip one bit in the middle of its largest payload file, and return that file's name.

    The package stores its files uncompressed, so the byte in the ZIP is the file's own; its CRC is left as it was.
    """
    shutil.copyfile(package, copy)
    with zipfile.ZipFile(copy) as archive:
        payload = [info for info in archive.infolist() if "/data/" in info.filename and info.file_size]
        largest = max(payload, key=lambda info: (info.file_size, info.filename))
    with copy.open("r+b") as file:
        file.seek(largest.header_offset)
        header = file.read(LOCAL_HEADER_BYTES)
        names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        where = largest.header_offset + LOCAL_HEADER_BYTES + names + largest.compress_size // 2
        file.seek(where)
        byte = file.read(1)[0]
        file.seek(where)
        file.write(bytes([byte ^ 0x01]))
    return largest.filename

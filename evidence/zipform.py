"""The ZIP that markwatch writes: stored, sorted, fixed times; equal contents give equal bytes.

Every entry has the time 1980-01-01, Unix mode 0644, no extra field and no comment. Entries are written in the order
given. A package stays below 4 GiB and 65,535 entries, so ZIP64 never occurs, and `evidence.verify` refuses it.
"""

import zipfile
from collections.abc import Iterable
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Protocol

from evidence.errors import PackageError

MAX_ZIP_BYTES = 4_000_000_000
MAX_ENTRIES = 60_000
FIXED_TIME = (1980, 1, 1, 0, 0, 0)
FILE_ATTRIBUTES = 0o100644 << 16
_CHUNK = 1 << 20


class Source(Protocol):
    """Bytes that can be opened more than once."""

    @property
    def size(self) -> int:
        """How many bytes `open` gives."""

    def open(self) -> BinaryIO:
        """Open the bytes from their start."""


def write_zip(out: BinaryIO, entries: Iterable[tuple[str, Source]]) -> int:
    """Write (name, source) pairs as a stored ZIP to a seekable stream; return how many.

    Raises `PackageError` for a name used twice, a source of another size than it says, or more than a ZIP holds.
    """
    seen: set[str] = set()
    total = 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name, source in entries:
            total += source.size
            if name in seen or total > MAX_ZIP_BYTES or len(seen) >= MAX_ENTRIES:
                message = f"{name}: a name used twice, or more than {MAX_ZIP_BYTES} bytes or {MAX_ENTRIES} files"
                raise PackageError(message, "build fewer exhibits into one package")
            seen.add(name)
            _write_entry(archive, name, source)
    return len(seen)


def _write_entry(archive: zipfile.ZipFile, name: str, source: Source) -> None:
    info = zipfile.ZipInfo(name, FIXED_TIME)
    info.external_attr = FILE_ATTRIBUTES
    info.create_system = 3
    info.file_size = source.size
    copied = 0
    with closing(source.open()) as stream, archive.open(info, "w") as entry:
        while chunk := stream.read(_CHUNK):
            copied += len(chunk)
            entry.write(chunk)
    if copied != source.size:
        message = f"{name}: expected {source.size} bytes, found {copied}"
        raise PackageError(message, "run `markwatch doctor`; a vault file may have been changed")


class Bytes:
    """Bytes in memory as a `Source`."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self.data)

    def open(self) -> BinaryIO:
        """Return a stream over the bytes."""
        return BytesIO(self.data)


class FileOnDisk:
    """A file as a `Source`; its size is taken when it is made."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size

    def open(self) -> BinaryIO:
        """Open the file."""
        return self.path.open("rb")

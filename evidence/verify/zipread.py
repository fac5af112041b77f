"""A strict reader of ZIP files: what two tools could read differently is refused.

Rules (`VerifyRefused` names the one that is broken):
1. one disk, no comment, no ZIP64, no encryption, no data descriptors, stored or deflated entries only
2. local headers and central directory agree in every field, and entries lie end to end from the first byte to the
   central directory: nothing in front, between, behind
3. names are relative, NFC, without `.`, `..`, empty parts, backslashes, colons, control and invisible characters; no two
   collide in case or Unicode form, and none is both a file and a folder
4. only plain files (and empty folder entries): no links, no devices, no set-uid, and not some executable and others not
5. sizes are capped before anything is unpacked; an entry that unpacks to more or less than it says is refused
6. entries that carry the fixed time of `evidence.zipform` must be alike in their other metadata too (an entry that
   another tool has put in has its own time)

Example:
    with path.open("rb") as stream:
        for entry in ZipIndex.read(stream).files: ...
"""

import io
import os
import stat
import struct
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from evidence.errors import VerifyRefused

MAX_ENTRIES = 60_000
MAX_TOTAL = 4_200_000_000
MAX_RATIO = 1_100
"""Deflate's own limit is about 1,032; more is a lie."""
MAX_TOTAL_RATIO = 100
"""Pictures and archives do not shrink, so a whole package never unpacks to this many times its size."""
MIN_BOMB = 200_000_000
"""Less than this is unpacked in any case."""
MAX_NAME = 600
CHUNK = 1 << 20
_EOCD = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_KNOWN_FLAGS = 0x0806
_HARMLESS_EXTRA = {0x5455: 13, 0x7875: 16, 0x000A: 32}
"""Times and owners as common tools write them: kind to the most bytes; longer ones could hide a ZIP64 end record."""
_ZIP64_LOCATOR = b"PK\x06\x07"
_ZIP64_LOCATOR_SIZE = 20
_MAX_DEPTH = 32
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_DOS_VOLUME_OR_FOLDER = 0x18
_FIXED_DATE = 0x0021
_MAX_CENTRAL = 64_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: where its bytes begin, how many they are packed and unpacked, and the metadata that rule 6 compares."""

    name: str
    start: int
    packed: int
    size: int
    crc: int
    deflated: bool
    shape: tuple[int, ...]
    fixed_time: bool


class ZipIndex:
    """The checked list of a ZIP's files, and their bytes."""

    def __init__(self, stream: BinaryIO, files: tuple[Entry, ...], folders: tuple[str, ...] = ()) -> None:
        self._stream = stream
        self.files = files
        self.folders = folders
        """The names of folder entries, each with its `/`."""

    @classmethod
    def read(cls, stream: BinaryIO, *, max_total: int = MAX_TOTAL) -> "ZipIndex":
        """Check a ZIP's structure; raises `VerifyRefused`. No file's bytes are read or compared yet."""
        length = stream.seek(0, os.SEEK_END)
        count, size, offset = _end_record(stream, length)
        stream.seek(offset)
        central = _exactly(stream, size)
        entries, place = [], 0
        expected_start = 0
        for _ in range(count):
            entry, place, header_at = _central_entry(central, place)
            if header_at != expected_start:
                raise _refused(f"{entry.name!r} begins at {header_at}, expected {expected_start}: a gap or an overlap")
            entry = _with_local(stream, entry, header_at)
            expected_start = entry.start + entry.packed
            entries.append(entry)
        if place != size or expected_start != offset:
            raise _refused("bytes that no entry accounts for lie between the entries and the end")
        _check_together(entries, max_total)
        folders = tuple(item.name for item in entries if item.name.endswith("/"))
        return cls(stream, tuple(item for item in entries if not item.name.endswith("/")), folders)

    def chunks(self, entry: Entry) -> Iterator[bytes]:
        """Yield a file's unpacked bytes; raises `VerifyRefused` where size or CRC differ."""
        crc = size = 0
        for chunk in self._unpack(entry):
            size += len(chunk)
            if size > entry.size:
                raise _refused(f"{entry.name!r} unpacks to more than the {entry.size} bytes that it says")
            crc = zlib.crc32(chunk, crc)
            yield chunk
        if size != entry.size or crc != entry.crc:
            raise _refused(
                f"{entry.name!r} unpacks to {size} bytes with CRC {crc:08x}, expected {entry.size}, {entry.crc:08x}"
            )

    def get(self, entry: Entry, limit: int) -> bytes:
        """Return a file's bytes; raises `VerifyRefused` past `limit`."""
        if entry.size > limit:
            raise _refused(f"{entry.name!r}: expected at most {limit} bytes, found {entry.size}")
        return b"".join(self.chunks(entry))

    def window(self, entry: Entry) -> BinaryIO | None:
        """Return a seekable view of a stored file's bytes; None for a deflated one."""
        return None if entry.deflated else io.BufferedReader(Window(self._stream, entry.start, entry.size))

    def _unpack(self, entry: Entry) -> Iterator[bytes]:
        position, left = entry.start, entry.packed
        inflate = zlib.decompressobj(-15) if entry.deflated else None
        while left:
            self._stream.seek(position)
            chunk = self._stream.read(min(CHUNK, left))
            if not chunk:
                raise _refused(f"{entry.name!r} is cut short")
            position, left = position + len(chunk), left - len(chunk)
            if inflate is None:
                yield chunk
            else:
                yield from _inflate(inflate, chunk, entry.name)
        if inflate is not None and (not inflate.eof or inflate.unused_data):
            raise _refused(f"{entry.name!r}: its deflate stream ends too early or too late")


class Window(io.RawIOBase):
    """A read-only view of `length` bytes of a seekable stream, from `start`."""

    def __init__(self, stream: BinaryIO, start: int, length: int) -> None:
        super().__init__()
        self._stream, self._start, self._length, self._at = stream, start, length, 0

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def seekable(self) -> bool:
        """Say that this can be moved in."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a place within the view and return it."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        """Fill `buffer` from the view; 0 at its end."""
        wanted = min(len(buffer), max(0, self._length - self._at))
        self._stream.seek(self._start + self._at)
        data = self._stream.read(wanted)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def _end_record(stream: BinaryIO, length: int) -> tuple[int, int, int]:
    """Return (entries, size, offset) of the central directory."""
    if length < _EOCD.size:
        raise _refused(f"expected a ZIP file, found {length} bytes")
    stream.seek(length - _EOCD.size)
    magic, disk, first, here, count, size, offset, comment = _EOCD.unpack(_exactly(stream, _EOCD.size))
    if magic != b"PK\x05\x06" or comment:
        raise _refused(
            "expected a ZIP file that ends with its end record and no comment; it is none, is cut, or has data behind"
        )
    if disk or first or here != count:
        raise _refused("a ZIP over several disks")
    if 0xFFFF in (count, here) or 0xFFFFFFFF in (size, offset) or count > MAX_ENTRIES:
        raise _refused(f"ZIP64, or more than {MAX_ENTRIES} entries")
    if offset + size + _EOCD.size != length or size > _MAX_CENTRAL:
        raise _refused("the central directory does not lie where the end record says: data in front, behind or between")
    stream.seek(max(0, length - _EOCD.size - _ZIP64_LOCATOR_SIZE))
    if stream.read(4) == _ZIP64_LOCATOR:
        raise _refused("a ZIP64 end record hides in front of the end record")
    return count, size, offset


def _central_entry(central: bytes, place: int) -> tuple[Entry, int, int]:
    """Return the entry at `place` (its `start` not yet known), the place behind it, and where its local header is."""
    if place + _CENTRAL.size > len(central):
        raise _refused("the central directory is cut short")
    fields = _CENTRAL.unpack_from(central, place)
    (
        magic,
        made_by,
        needs,
        flags,
        method,
        time,
        date,
        crc,
        packed,
        size,
        name_length,
        extra_length,
        comment_length,
        disk,
        internal,
        external,
        header_at,
    ) = fields
    end = place + _CENTRAL.size + name_length + extra_length + comment_length
    if magic != b"PK\x01\x02" or end > len(central) or comment_length or disk:
        raise _refused("the central directory is malformed, or an entry has a comment")
    raw = central[place + _CENTRAL.size :][:name_length]
    name = _checked_name(raw, flags)
    _check_method(name, flags, method, packed, size)
    _check_extra(name, central[place + _CENTRAL.size + name_length : end])
    _check_kind(name, external, size)
    shape = (made_by, needs, internal, external, extra_length)
    fixed = date == _FIXED_DATE and time == 0
    entry = Entry(name, 0, packed, size, crc, method == 8, (*shape, flags, method, time, date), fixed)
    return entry, end, header_at


def _with_local(stream: BinaryIO, entry: Entry, header_at: int) -> Entry:
    """Return the entry with its start, its local header compared with the central one."""
    stream.seek(header_at)
    magic, needs, flags, method, time, date, crc, packed, size, name_length, extra_length = _LOCAL.unpack(
        _exactly(stream, _LOCAL.size)
    )
    name = _exactly(stream, name_length)
    extra = _exactly(stream, extra_length)
    _check_extra(entry.name, extra)
    mine = (needs, flags, method, time, date, crc, packed, size)
    _, central_needs, _, _, _, central_flags, central_method, central_time, central_date = entry.shape
    theirs = (
        central_needs,
        central_flags,
        central_method,
        central_time,
        central_date,
        entry.crc,
        entry.packed,
        entry.size,
    )
    same_name = name == entry.name.encode()
    if magic != b"PK\x03\x04" or mine != theirs or not same_name or (extra and not entry.shape[4]):
        raise _refused(f"{entry.name!r}: its local header says something else than the central directory")
    start = header_at + _LOCAL.size + name_length + extra_length
    return Entry(entry.name, start, entry.packed, entry.size, entry.crc, entry.deflated, entry.shape, entry.fixed_time)


def _checked_name(raw: bytes, flags: int) -> str:
    try:
        name = raw.decode("utf-8" if flags & 0x800 else "ascii")
    except UnicodeDecodeError as error:
        raise _refused(f"the name {raw[:80]!r} is not in the encoding that it says") from error
    parts = name.removesuffix("/").split("/")
    bad = not name or len(raw) > MAX_NAME or any(part in ("", ".", "..") for part in parts)
    if bad or len(parts) > _MAX_DEPTH or any(ch in "\\:" or unicodedata.category(ch) in _INVISIBLE for ch in name):
        raise _refused(f"the name {name[:80]!r} leads elsewhere or holds forbidden characters")
    if unicodedata.normalize("NFC", name) != name:
        raise _refused(f"the name {name[:80]!r} is not in Unicode form NFC")
    return name


def _check_method(name: str, flags: int, method: int, packed: int, size: int) -> None:
    if flags & ~_KNOWN_FLAGS:
        raise _refused(f"{name!r} is encrypted, or streamed with a data descriptor (flags {flags:#06x})")
    if method not in (0, 8) or (method == 0 and packed != size):
        raise _refused(f"{name!r}: expected stored or deflated bytes, found method {method}, {packed} for {size} bytes")
    if size > MAX_RATIO * max(packed, 1):
        raise _refused(f"{name!r} claims to unpack {packed} bytes to {size}: a compression bomb")


def _check_extra(name: str, extra: bytes) -> None:
    """Let through the time and owner fields of common tools, nothing else (no ZIP64, no second name)."""
    place = 0
    while place < len(extra):
        if place + 4 > len(extra):
            raise _refused(f"{name!r}: a malformed extra field")
        kind, length = struct.unpack_from("<HH", extra, place)
        place += 4 + length
        if length > _HARMLESS_EXTRA.get(kind, -1) or place > len(extra):
            raise _refused(f"{name!r}: an extra field of kind {kind:#06x} with {length} bytes")


def _check_kind(name: str, external: int, size: int) -> None:
    """Refuse what some tool could take for more than a plain file, whichever system the entry says it was made on."""
    mode, folder = external >> 16, name.endswith("/")
    kind, special = stat.S_IFMT(mode), mode & (stat.S_ISUID | stat.S_ISGID)
    dos = not folder and external & _DOS_VOLUME_OR_FOLDER
    if kind not in (0, stat.S_IFDIR if folder else stat.S_IFREG) or special or dos or (folder and size):
        raise _refused(f"{name!r} is no plain file (mode {mode:o}): a link, a device or set-uid")


def _check_together(entries: list[Entry], max_total: int) -> None:
    total, packed = sum(entry.size for entry in entries), sum(entry.packed for entry in entries)
    if total > max_total:
        raise _refused(f"the entries unpack to {total} bytes, expected at most {max_total}")
    if total > MIN_BOMB and total > MAX_TOTAL_RATIO * packed:
        raise _refused(f"the entries unpack from {packed} bytes to {total}: a compression bomb")
    folded: dict[str, str] = {}
    for entry in entries:
        key = unicodedata.normalize("NFKC", entry.name.removesuffix("/")).casefold()
        if key in folded:
            raise _refused(f"two names collide: {folded[key]!r} and {entry.name!r}")
        folded[key] = entry.name
    for key in [key for key, name in folded.items() if not name.endswith("/")]:
        parents = key.split("/")[:-1]
        for depth in range(1, len(parents) + 1):
            above = folded.get("/".join(parents[:depth]), "/")
            if not above.endswith("/"):
                raise _refused(f"{above!r} is a file and a folder at once")
    plain = [entry for entry in entries if not entry.name.endswith("/")]
    if len({(entry.shape[0], *entry.shape[2:5]) for entry in plain if entry.fixed_time}) > 1:
        raise _refused("the entries' metadata differ, though they carry the builder's fixed time")
    if len({bool(entry.shape[3] >> 16 & 0o111) for entry in plain}) > 1:
        raise _refused("some entries are marked executable and others not")


def _inflate(inflate: "zlib._Decompress", chunk: bytes, name: str) -> Iterator[bytes]:
    try:
        while chunk:
            if inflate.eof:
                raise _refused(f"{name!r}: data behind the end of its deflate stream")
            yield inflate.decompress(chunk, CHUNK)
            chunk = inflate.unconsumed_tail
    except zlib.error as error:
        raise _refused(f"{name!r} does not unpack: {error}") from error


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise _refused("the ZIP is cut short")
    return data


def _refused(why: str) -> VerifyRefused:
    return VerifyRefused(f"the ZIP is refused: {why}", "obtain the package again from its sender")

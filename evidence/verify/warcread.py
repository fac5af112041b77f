"""Reading back the WARC that a capture wrote: strictly, bounded, digests compared record by record.

A strict subset of WARC 1.1: one gzip member a record, CRLF lines, SHA-256 digests in base32. Anything else is refused
(`VerifyRefused`): an archive of ours has no other form. A record's bytes are never held as a whole.
"""

import base64
import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from evidence.errors import VerifyRefused

MAX_RECORDS = 20_000
MAX_RECORD_BYTES = 400_000_000
MAX_HEAD = 1_000_000
MAX_UNPACKED = 2_000_000_000
"""All records together; a capture receives a tenth of this at most."""
_CHUNK = 1 << 18
_STATUS = re.compile(rb"HTTP/[0-9.]+ ([0-9]{3})(?: |\r\n|\Z)")


@dataclass(slots=True)
class WarcRecord:
    """One record: where it lies, its WARC headers, and what its bytes hash to."""

    offset: int
    length: int
    kind: str
    url: str
    date: str
    headers: dict[str, str] = field(default_factory=dict)
    status: str = ""
    payload_sha256: str = ""
    payload_digest: str = ""


class _Block:
    """Takes a record's block in pieces: hashes it, and its payload behind the HTTP head."""

    def __init__(self, *, http: bool) -> None:
        self.block, self.payload = hashlib.sha256(), hashlib.sha256()
        self.head = b""
        self._in_head = http
        self.size = 0

    def feed(self, data: bytes) -> None:
        self.size += len(data)
        self.block.update(data)
        if not self._in_head:
            self.payload.update(data)
            return
        self.head += data
        end = self.head.find(b"\r\n\r\n")
        if end >= 0:
            self.payload.update(self.head[end + 4 :])
            self.head, self._in_head = self.head[: end + 4], False
        elif len(self.head) > MAX_HEAD:
            raise VerifyRefused("a WARC record's HTTP head has no end")


def read_warc(stream: BinaryIO, size: int) -> list[WarcRecord]:
    """Return all records of a gzipped WARC of `size` bytes; raises `VerifyRefused` where one does not hold."""
    records: list[WarcRecord] = []
    offset = unpacked = 0
    while offset < size:
        if len(records) >= MAX_RECORDS or unpacked > MAX_UNPACKED:
            raise VerifyRefused(
                f"more than {MAX_RECORDS} WARC records, or they unpack to more than {MAX_UNPACKED} bytes"
            )
        stream.seek(offset)
        member = _Member(stream)
        records.append(_read_record(member, offset))
        offset += member.consumed
        unpacked += member.unpacked
    if offset != size:
        raise VerifyRefused("the WARC is cut short")
    return records


class _Member:
    """One gzip member, unpacked piece by piece; `consumed` is its packed length once it has ended."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._inflate = zlib.decompressobj(31)
        self.consumed = 0
        self.unpacked = 0

    def pieces(self) -> Iterator[bytes]:
        """Yield the unpacked bytes to the member's end."""
        chunk = b""
        try:
            while not self._inflate.eof:
                chunk = self._inflate.unconsumed_tail or self._stream.read(_CHUNK)
                if not self._inflate.unconsumed_tail:
                    self.consumed += len(chunk)
                if not chunk:
                    raise VerifyRefused("a WARC record is cut short")
                piece = self._inflate.decompress(chunk, _CHUNK)
                self.unpacked += len(piece)
                if self.unpacked > MAX_RECORD_BYTES:
                    raise VerifyRefused(f"a WARC record unpacks to more than {MAX_RECORD_BYTES} bytes")
                yield piece
        except zlib.error as error:
            raise VerifyRefused(f"a WARC record does not unpack: {error}") from error
        self.consumed -= len(self._inflate.unused_data)


def _read_record(member: _Member, offset: int) -> WarcRecord:
    pieces = member.pieces()
    head, rest = _read_head(pieces)
    headers = _headers(head)
    kind = headers.get("warc-type", "")
    block = _Block(http=kind in ("request", "response"))
    length = _content_length(headers)
    tail = b""
    for piece in (rest, *()):
        tail = _take(block, piece, length)
    for piece in pieces:
        if block.size < length:
            tail = _take(block, piece, length)
        else:
            tail += piece
        if len(tail) > 4:
            break
    if block.size != length or tail != b"\r\n\r\n":
        raise VerifyRefused(f"the WARC record at {offset} is not as long as it says")
    for _ in pieces:
        raise VerifyRefused(f"the WARC record at {offset} is followed by bytes of no record")
    record = WarcRecord(
        offset, member.consumed, kind, headers.get("warc-target-uri", ""), headers.get("warc-date", ""), headers
    )
    _compare(record, block)
    return record


def _take(block: _Block, piece: bytes, length: int) -> bytes:
    """Feed what belongs to the block; return what comes behind."""
    wanted = length - block.size
    block.feed(piece[:wanted])
    return piece[wanted:]


def _read_head(pieces: Iterator[bytes]) -> tuple[bytes, bytes]:
    head = b""
    for piece in pieces:
        head += piece
        end = head.find(b"\r\n\r\n")
        if end >= 0:
            return head[:end], head[end + 4 :]
        if len(head) > MAX_HEAD:
            break
    raise VerifyRefused("a WARC record has no head")


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("utf-8", "replace").split("\r\n")
    if lines[0] != "WARC/1.1":
        raise VerifyRefused(f"expected a WARC/1.1 record, found {lines[0][:40]!r}")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(": ")
        if not colon or name.lower() in headers:
            raise VerifyRefused(f"a malformed or repeated WARC header: {line[:80]!r}")
        headers[name.lower()] = value
    return headers


def _content_length(headers: dict[str, str]) -> int:
    text = headers.get("content-length", "")
    if not (text.isascii() and text.isdigit() and int(text) <= MAX_RECORD_BYTES):
        raise VerifyRefused(f"a WARC record with the length {text[:40]!r}")
    return int(text)


def _compare(record: WarcRecord, block: _Block) -> None:
    """Compare the record's digests with its bytes; only SHA-256 counts."""
    wanted = {"warc-block-digest": block.block.digest()}
    if record.kind in ("request", "response"):
        wanted["warc-payload-digest"] = block.payload.digest()
    for name, digest in wanted.items():
        expected = f"sha256:{base64.b32encode(digest).decode()}"
        if record.headers.get(name) != expected:
            raise VerifyRefused(
                f"the WARC record at {record.offset}: its {name} is {record.headers.get(name)}, its bytes give {expected}"
            )
    record.payload_sha256, record.payload_digest = (
        block.payload.hexdigest(),
        record.headers.get("warc-payload-digest", ""),
    )
    status = _STATUS.match(block.head)
    record.status = status[1].decode() if status else ""

"""Digests of evidence: size, SHA-256 and SM3 in one streamed pass.

SHA-256 is FIPS 180-4; SM3 is GB/T 32905-2016 (ISO/IEC 10118-3), both from OpenSSL through `hashlib`.
A digest says which bytes are meant; it does not say when, or by whom.

>>> digest_bytes(b"abc").sha256[:8], digest_bytes(b"abc").sm3[:8]
('ba7816bf', '66c7f0f4')
"""

import hashlib
import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import rfc8785

from notary.errors import DigestError

if TYPE_CHECKING:
    from hashlib import _Hash

CHUNK_BYTES = 1 << 20
"""How much of a stream is held at once."""
_HEX_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class DigestRecord:
    """Size in bytes, SHA-256 and SM3 (both lower-case hex) of the same bytes."""

    size: int
    sha256: str
    sm3: str

    def canonical(self) -> bytes:
        """Return the record as canonical JSON (RFC 8785)."""
        return rfc8785.dumps({"sha256": self.sha256, "size": self.size, "sm3": self.sm3})


def digest_stream(stream: BinaryIO, *, max_bytes: int | None = None) -> DigestRecord:
    """Digest what is left of `stream`, holding at most 1 MiB.

    Raises `DigestError` past `max_bytes`, or where this Python's OpenSSL has no SM3.
    """
    sha256, sm3 = hashlib.sha256(), _new_sm3()
    size = 0
    while chunk := stream.read(CHUNK_BYTES):
        size += len(chunk)
        if max_bytes is not None and size > max_bytes:
            raise DigestError(f"expected at most {max_bytes} bytes, found more", "raise the cap or split the file")
        sha256.update(chunk)
        sm3.update(chunk)
    return DigestRecord(size, sha256.hexdigest(), sm3.hexdigest())


def digest_bytes(data: bytes) -> DigestRecord:
    """Digest bytes that are in memory already."""
    return digest_stream(BytesIO(data))


def digest_file(path: Path, *, max_bytes: int | None = None) -> DigestRecord:
    """Digest a file; raises `DigestError` where it cannot be read. A file that changes meanwhile is not noticed."""
    try:
        with path.open("rb", buffering=0) as stream:
            return digest_stream(stream, max_bytes=max_bytes)
    except OSError as error:
        raise DigestError(f"cannot read {path}: {error.strerror or error}", "check the path and its rights") from error


def checked_sha256(text: str) -> bytes:
    """Return the 32 bytes that a lower-case hex SHA-256 names; raises `DigestError` for anything else."""
    if not _HEX_SHA256.match(text):
        raise DigestError(f"expected 64 lower-case hex digits of a SHA-256, found {text[:80]!r}")
    return bytes.fromhex(text)


def _new_sm3() -> "_Hash":
    """Return a fresh SM3, which OpenSSL builds may leave out."""
    try:
        return hashlib.new("sm3")
    except ValueError as error:
        raise DigestError(
            "this Python's OpenSSL has no SM3", "use a Python built with OpenSSL 1.1.1 or newer"
        ) from error

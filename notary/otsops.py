"""OpenTimestamps operations and attestations, with their bounds. Nothing here walks a proof (see `notary.ots`).

The constants are those of the reference implementation (python-opentimestamps 0.4.5, `core/op.py`, `core/notary.py`).
"""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

from Cryptodome.Hash import RIPEMD160, keccak

from notary.errors import ProofMalformed

MAX_MSG = 4096
"""Longest message, operand and result, in bytes."""
MAX_PAYLOAD = 8192
"""Longest attestation payload, in bytes."""
MAX_URI = 1000
MAX_UINT = (1 << 63) - 1
"""Largest integer that a proof may hold; the reference reads them without end, which costs it minutes."""

SHA1, RIPEMD, SHA256, KECCAK = 0x02, 0x03, 0x08, 0x67
APPEND, PREPEND, REVERSE, HEXLIFY = 0xF0, 0xF1, 0xF2, 0xF3
BINARY = frozenset({APPEND, PREPEND})
DIGEST_SIZES = {SHA1: 20, RIPEMD: 20, SHA256: 32, KECCAK: 32}
"""The hash operations, which alone may open a proof, and their result's length."""
OP_NAMES = {
    SHA1: "sha1",
    RIPEMD: "ripemd160",
    SHA256: "sha256",
    KECCAK: "keccak256",
    APPEND: "append",
    PREPEND: "prepend",
    REVERSE: "reverse",
    HEXLIFY: "hexlify",
}

TAG_SIZE = 8
PENDING_TAG = bytes.fromhex("83dfe30d2ef90c8e")
BITCOIN_TAG = bytes.fromhex("0588960d73d71901")
LITECOIN_TAG = bytes.fromhex("06869a0d73d71b45")
ETHEREUM_TAG = bytes.fromhex("30fe8087b5c7ead7")
DEMO_TAG = hashlib.sha256(b"markwatch demo chain: counts for nothing").digest()[:TAG_SIZE]
"""Tag of the demo calendar's own chain; to every other reader an unknown attestation."""
_HEIGHT_KINDS = {BITCOIN_TAG: "bitcoin", LITECOIN_TAG: "litecoin", ETHEREUM_TAG: "ethereum"}
_URI_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._/:")

Op = tuple[int, bytes]
"""An operation: its tag and its operand (b"" for all but append and prepend)."""


class Attestation(NamedTuple):
    """What a leaf of a proof claims. `kind` is pending, bitcoin, litecoin, ethereum, demo or unknown.

    `tag` and `payload` are the bytes as read, so that unknown kinds are written back unchanged. The order is the
    reference's: by tag, then height, then URI, then payload.
    """

    tag: bytes
    height: int
    uri: str
    payload: bytes
    kind: str


class Reader:
    """Reads a proof's bytes forward; every method raises `ProofMalformed` at the end of the data."""

    __slots__ = ("data", "end", "pos")

    def __init__(self, data: bytes) -> None:
        self.data, self.pos, self.end = data, 0, len(data)

    def byte(self) -> int:
        """Return the next byte."""
        if self.pos >= self.end:
            raise ProofMalformed("the proof is cut short", "fetch it again")
        value = self.data[self.pos]
        self.pos += 1
        return value

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        stop = self.pos + count
        if stop > self.end:
            raise ProofMalformed(f"the proof is cut short: expected {count} more bytes, found {self.end - self.pos}")
        value = self.data[self.pos : stop]
        self.pos = stop
        return value

    def varuint(self) -> int:
        """Return the next LEB128 integer: at most nine bytes, and none more than it needs."""
        value = self.byte()
        if value < 0x80:
            return value
        value, shift = value & 0x7F, 7
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 56:
                raise ProofMalformed(f"expected an integer of at most {MAX_UINT}, found a longer one")
        if byte == 0 and shift:
            raise ProofMalformed("expected the shortest form of an integer, found a padded one")
        return value

    def varbytes(self, limit: int, what: str, minimum: int = 0) -> bytes:
        """Return the next length-prefixed bytes, `minimum` to `limit` of them."""
        length = self.varuint()
        if not minimum <= length <= limit:
            raise ProofMalformed(f"expected {what} of {minimum} to {limit} bytes, found {length}")
        return self.take(length)

    def assert_end(self, what: str) -> None:
        """Raise unless all bytes were read."""
        if self.pos != self.end:
            raise ProofMalformed(f"expected the end of {what}, found {self.end - self.pos} more bytes")


def varuint(value: int) -> bytes:
    """Return an unsigned integer in LEB128."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _ripemd(msg: bytes) -> bytes:
    # OpenSSL 3 may come without RIPEMD-160, so it is not taken from hashlib.
    return RIPEMD160.new(msg).digest()


def _keccak(msg: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=msg).digest()


UNARY: dict[int, Callable[[bytes], bytes]] = {
    SHA1: lambda msg: hashlib.sha1(msg, usedforsecurity=False).digest(),
    RIPEMD: _ripemd,
    SHA256: lambda msg: hashlib.sha256(msg).digest(),
    KECCAK: _keccak,
    REVERSE: lambda msg: msg[::-1],
    HEXLIFY: lambda msg: msg.hex().encode(),
}

UNARY_OPS: dict[int, Op] = {tag: (tag, b"") for tag in UNARY}
"""The operations without operand, made once."""


def apply(op: Op, msg: bytes) -> bytes:
    """Return the operation's result; raises `ProofMalformed` for an unknown operation or a result past `MAX_MSG`."""
    tag, operand = op
    if tag in UNARY:
        result = UNARY[tag](msg)
    elif tag == APPEND:
        result = msg + operand
    elif tag == PREPEND:
        result = operand + msg
    else:
        raise ProofMalformed(f"unknown operation 0x{tag:02x}", "a newer markwatch may know it")
    if not 0 < len(result) <= MAX_MSG:
        raise ProofMalformed(f"expected a result of 1 to {MAX_MSG} bytes after {OP_NAMES[tag]}, found {len(result)}")
    return result


def read_attestation(reader: Reader) -> Attestation:
    """Read tag and payload; a payload of a known kind must be read to its end, others are kept as they are."""
    tag = reader.take(TAG_SIZE)
    payload = reader.varbytes(MAX_PAYLOAD, "an attestation's payload")
    return attestation(tag, payload)


def attestation(tag: bytes, payload: bytes) -> Attestation:
    """Return the attestation of these bytes; raises `ProofMalformed` where a known kind's payload is wrong."""
    if tag == PENDING_TAG:
        inner = Reader(payload)
        uri = inner.varbytes(MAX_URI, "a calendar's URI")
        inner.assert_end("a pending attestation")
        if not _URI_BYTES.issuperset(uri):
            raise ProofMalformed("expected a URI of letters, digits and -._/: only, found other characters")
        return Attestation(tag, 0, uri.decode("ascii"), payload, "pending")
    kind = _HEIGHT_KINDS.get(tag)
    if kind is None:
        return Attestation(tag, 0, "", payload, "demo" if tag == DEMO_TAG else "unknown")
    inner = Reader(payload)
    height = inner.varuint()
    inner.assert_end(f"a {kind} attestation")
    return Attestation(tag, height, "", payload, kind)


def pending(uri: str) -> Attestation:
    """Return a pending attestation; raises `ProofMalformed` for a URI that the format cannot hold."""
    raw = uri.encode()
    return attestation(PENDING_TAG, varuint(len(raw)) + raw)


def bitcoin(height: int) -> Attestation:
    """Return a Bitcoin attestation (a claim; nothing is checked)."""
    return attestation(BITCOIN_TAG, varuint(height))


def write_attestation(item: Attestation) -> bytes:
    """Return an attestation's bytes, payload unchanged."""
    return item.tag + varuint(len(item.payload)) + item.payload


def write_op(op: Op) -> bytes:
    """Return an operation's bytes."""
    tag, operand = op
    return bytes((tag,)) + varuint(len(operand)) + operand if tag in BINARY else bytes((tag,))

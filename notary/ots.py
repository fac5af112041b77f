"""OpenTimestamps proofs: a bounded, iterative parser and writer for detached proofs and calendars' answers.

Rules:
- bytes are counted before anything is read; operations, depth and the bytes that operations make are counted while
  reading, so a hostile proof costs milliseconds (`Limits`)
- nothing recurses; integers are at most nine bytes and in their shortest form
- attestations of unknown kind are kept and written back byte for byte
- the same operation twice at one node is refused: readers differ on which one counts
- what is written is the reference's canonical order, so a canonical file comes back byte for byte

Parsed is *not* verified: an attestation is a claim until `notary.verify` has compared it with a block header.

>>> leaf = Node(bytes(32)); leaf.add((SHA256, b"")).attestations.add(pending("https://a.example"))
>>> parse(serialize(Proof(SHA256, leaf))).root == leaf
True
"""

from collections.abc import Iterator
from dataclasses import dataclass

from notary.errors import ProofMalformed, ProofMismatch
from notary.otsops import (
    BINARY,
    DIGEST_SIZES,
    HEXLIFY,
    MAX_MSG,
    OP_NAMES,
    SHA256,
    UNARY,
    UNARY_OPS,
    Attestation,
    Op,
    Reader,
    apply,
    pending,
    read_attestation,
    varuint,
    write_attestation,
    write_op,
)

__all__ = [
    "ANSWER_LIMITS",
    "MAGIC",
    "MAX_PROOF_BYTES",
    "PROOF_LIMITS",
    "SHA256",
    "Limits",
    "Node",
    "Proof",
    "attestations",
    "merge",
    "parse",
    "parse_tree",
    "pending",
    "serialize",
    "serialize_tree",
]

MAGIC = b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94"
VERSION = 1
MAX_PROOF_BYTES = 10_000_000
"""A longer proof is refused unread."""
_CONTINUES = 0xFF
_ATTESTS = 0x00


@dataclass(frozen=True, slots=True)
class Limits:
    """What one parse may cost: input bytes, operations on one path, items in all, and bytes that operations read and make."""

    max_bytes: int = MAX_PROOF_BYTES
    max_depth: int = 255
    max_items: int = 5_000
    max_work: int = 2_000_000


PROOF_LIMITS = Limits()
"""For proofs: as deep as the reference reads them; genuine ones have up to some hundred operations."""
ANSWER_LIMITS = Limits(max_bytes=10_000, max_depth=200, max_items=1_000, max_work=500_000)
"""For a calendar's answer: the reference client's 10,000 bytes, and room for our own path below it."""


class Node:
    """One message of a proof: what attests to it, and the operations that lead on from it."""

    __slots__ = ("attestations", "msg", "ops")

    def __init__(self, msg: bytes) -> None:
        self.msg = msg
        self.attestations: set[Attestation] = set()
        self.ops: dict[Op, Node] = {}

    def add(self, op: Op) -> "Node":
        """Return the node that `op` leads to, made where it is missing."""
        child = self.ops.get(op)
        if child is None:
            child = self.ops[op] = Node(apply(op, self.msg))
        return child

    def walk(self) -> "Iterator[Node]":
        """Yield this node and all below it, parents first."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(node.ops.values())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Node):
            return NotImplemented
        pairs = [(self, other)]
        while pairs:
            left, right = pairs.pop()
            if left.msg != right.msg or left.attestations != right.attestations or left.ops.keys() != right.ops.keys():
                return False
            pairs.extend((child, right.ops[op]) for op, child in left.ops.items())
        return True

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"Node({self.msg.hex()[:16]}…, {len(self.attestations)} attestations, {len(self.ops)} operations)"


@dataclass(slots=True)
class Proof:
    """A detached proof: the operation that digested the file (`file_op`), and the tree over that digest."""

    file_op: int
    root: Node

    @property
    def digest(self) -> bytes:
        """The file's digest under `file_op`."""
        return self.root.msg

    @property
    def algorithm(self) -> str:
        """The name of `file_op`: sha256, sha1, ripemd160 or keccak256."""
        return OP_NAMES[self.file_op]


def parse(data: bytes, limits: Limits = PROOF_LIMITS) -> Proof:
    """Read a detached proof (.ots); raises `ProofMalformed`, whose message says which bound or form it breaks."""
    _check_size(data, limits)
    if data[: len(MAGIC)] != MAGIC:
        raise ProofMalformed("expected an OpenTimestamps proof, found other bytes", "name the .ots file")
    reader = Reader(data)
    reader.pos = len(MAGIC)
    version = reader.varuint()
    if version != VERSION:
        raise ProofMalformed(f"expected version {VERSION} of the proof format, found {version}")
    file_op = reader.byte()
    if file_op not in DIGEST_SIZES:
        raise ProofMalformed(f"expected a hash operation over the file, found 0x{file_op:02x}")
    root = _read_tree(reader, reader.take(DIGEST_SIZES[file_op]), limits)
    reader.assert_end("the proof")
    return Proof(file_op, root)


def parse_tree(data: bytes, msg: bytes, limits: Limits = ANSWER_LIMITS) -> Node:
    """Read a bare timestamp over `msg` (a calendar's answer); raises `ProofMalformed`.

    The bytes do not say which message they start from: the tree is bound to `msg` only by what it leads to.
    """
    _check_size(data, limits)
    if not 0 < len(msg) <= MAX_MSG:
        raise ProofMalformed(f"expected a message of 1 to {MAX_MSG} bytes, found {len(msg)}")
    reader = Reader(data)
    root = _read_tree(reader, msg, limits)
    reader.assert_end("the timestamp")
    return root


def serialize(proof: Proof) -> bytes:
    """Return a detached proof's bytes; raises `ProofMalformed` where a branch ends without an attestation."""
    return MAGIC + varuint(VERSION) + bytes((proof.file_op,)) + proof.digest + serialize_tree(proof.root)


def serialize_tree(root: Node) -> bytes:
    """Return a bare timestamp's bytes in canonical order; raises `ProofMalformed` for a branch that attests nothing."""
    out = bytearray()
    stack: list[tuple[bytes, Node | None]] = [(b"", root)]
    while stack:
        prefix, node = stack.pop()
        out += prefix
        if node is None:
            continue
        parts: list[tuple[bytes, Node | None]] = [
            (b"\x00" + write_attestation(a), None) for a in sorted(node.attestations)
        ]
        parts += [(write_op(op), node.ops[op]) for op in sorted(node.ops)]
        if not parts:
            raise ProofMalformed("expected each branch of a proof to end in an attestation, found an empty one")
        last = parts.pop()
        stack.append(last)
        stack.extend((b"\xff" + head, child) for head, child in reversed(parts))
    return bytes(out)


def merge(into: Node, other: Node) -> None:
    """Add all attestations and operations of `other` to `into`; raises `ProofMismatch` for another message."""
    pairs = [(into, other)]
    while pairs:
        mine, theirs = pairs.pop()
        if mine.msg != theirs.msg:
            raise ProofMismatch(
                f"expected a timestamp over {mine.msg.hex()[:64]}, found one over {theirs.msg.hex()[:64]}"
            )
        mine.attestations |= theirs.attestations
        pairs.extend((mine.add(op), child) for op, child in theirs.ops.items())


def attestations(root: Node) -> list[tuple[bytes, Attestation]]:
    """Return every (message, attestation) of a tree, in a stable order."""
    return sorted(((node.msg, item) for node in root.walk() for item in node.attestations), key=lambda pair: pair[::-1])


def _check_size(data: bytes, limits: Limits) -> None:
    if len(data) > limits.max_bytes:
        raise ProofMalformed(f"expected at most {limits.max_bytes} bytes, found {len(data)}")


def _read_tree(reader: Reader, msg: bytes, limits: Limits) -> Node:
    """Read a tree depth first. `open_nodes` holds the nodes on the path that have more items to come."""
    node = root = Node(msg)
    depth = items = work = 0
    open_nodes: list[tuple[Node, int]] = []
    while True:
        tag = reader.byte()
        if tag == _CONTINUES:
            open_nodes.append((node, depth))
            tag = reader.byte()
        items += 1
        if items > limits.max_items:
            raise ProofMalformed(f"expected at most {limits.max_items} operations and attestations, found more")
        if tag == _ATTESTS:
            node.attestations.add(read_attestation(reader))
            if not open_nodes:
                return root
            node, depth = open_nodes.pop()
            continue
        work += len(node.msg)
        node, depth = _read_op(reader, tag, node), depth + 1
        work += len(node.msg)
        if depth > limits.max_depth or work > limits.max_work:
            raise ProofMalformed(
                f"expected at most {limits.max_depth} operations on a path and {limits.max_work} bytes worked on, found more"
            )


def _read_op(reader: Reader, tag: int, node: Node) -> Node:
    """Read the operation `tag` at `node` and return the node that it leads to."""
    if tag in BINARY:
        op = (tag, reader.varbytes(MAX_MSG, "an operand", 1))
    elif tag == HEXLIFY and len(node.msg) > MAX_MSG // 2:
        raise ProofMalformed(f"expected at most {MAX_MSG // 2} bytes to hexlify, found {len(node.msg)}")
    elif tag in UNARY:
        op = UNARY_OPS[tag]
    else:
        raise ProofMalformed(f"unknown operation 0x{tag:02x}", "a newer markwatch may know it")
    if op in node.ops:
        raise ProofMalformed(
            f"the operation {OP_NAMES[tag]} stands twice at one node", "readers differ on which one counts"
        )
    child = node.ops[op] = Node(apply(op, node.msg))
    return child

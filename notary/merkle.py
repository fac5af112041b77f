"""Merkle trees of batches, in the form of RFC 6962 §2.1: leaf = SHA-256(0x00 ‖ record), node = SHA-256(0x01 ‖ l ‖ r).

Rules:
- a record is the subject's SHA-256 (32 bytes) and a nonce of its own (16 bytes), so a sibling's hash tells nothing of
  what it stands for
- an odd node moves up unpaired; it is never doubled (CVE-2012-2459)
- every step is an operation of OpenTimestamps, so a leaf's path fits in an .ots file

>>> leaves = [leaf_hash(bytes([n]) * 32, bytes(16)) for n in range(3)]
>>> levels = tree_levels(leaves)
>>> root_of_path(leaves[2], inclusion_path(levels, 2)) == levels[-1][0]
True
"""

import hashlib
import secrets
from collections.abc import Sequence

from notary.errors import MerkleError
from notary.ots import Node
from notary.otsops import APPEND, PREPEND, SHA256, Op

NONCE_BYTES = 16
HASH_BYTES = 32
_LEAF = b"\x00"
_NODE = b"\x01"

Step = tuple[bool, bytes]
"""One step of an inclusion path: whether the sibling stands on the left, and its hash."""
_HASH_OP: Op = (SHA256, b"")


def new_nonce() -> bytes:
    """Return a leaf's nonce from the system's randomness."""
    return secrets.token_bytes(NONCE_BYTES)


def leaf_hash(sha256: bytes, nonce: bytes) -> bytes:
    """Return the leaf of a subject; raises `MerkleError` unless digest and nonce have their lengths."""
    if len(sha256) != HASH_BYTES or len(nonce) != NONCE_BYTES:
        raise MerkleError(
            f"expected a digest of {HASH_BYTES} and a nonce of {NONCE_BYTES} bytes, found {len(sha256)} and {len(nonce)}"
        )
    return hashlib.sha256(_LEAF + sha256 + nonce).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the node over two children."""
    return hashlib.sha256(_NODE + left + right).digest()


def tree_levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return the tree's levels, leaves first, the root alone in the last; raises `MerkleError` for no leaf at all."""
    if not leaves:
        raise MerkleError("expected at least one leaf, found none")
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = zip(below[::2], below[1::2], strict=False)
        above = [hashlib.sha256(_NODE + left + right).digest() for left, right in pairs]
        if len(below) % 2:
            above.append(below[-1])
        levels.append(above)
    return levels


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over `leaves`; raises `MerkleError` for no leaf at all."""
    return tree_levels(leaves)[-1][0]


def inclusion_path(levels: Sequence[Sequence[bytes]], index: int) -> tuple[Step, ...]:
    """Return the path from leaf `index` to the root; raises `MerkleError` for an index out of range."""
    if not 0 <= index < len(levels[0]):
        raise MerkleError(f"expected a leaf index from 0 to {len(levels[0]) - 1}, found {index}")
    path: list[Step] = []
    for level in levels[:-1]:
        sibling = index ^ 1
        if sibling < len(level):
            path.append((sibling < index, level[sibling]))
        index >>= 1
    return tuple(path)


def root_of_path(leaf: bytes, path: Sequence[Step]) -> bytes:
    """Return the root that a leaf and its path lead to. It proves nothing until compared with the root one knows."""
    current = leaf
    for on_left, sibling in path:
        current = node_hash(sibling, current) if on_left else node_hash(current, sibling)
    return current


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Check an inclusion proof as RFC 9162 §2.1.3.2 says; raises `MerkleError` unless it leads to `root`."""
    if not 0 <= index < size:
        raise MerkleError(f"expected a leaf index below the tree's size {size}, found {index}")
    number, last, current = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise MerkleError("expected a shorter inclusion path, found steps above the root")
        if number & 1 or number == last:
            current = node_hash(sibling, current)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        number, last = number >> 1, last >> 1
    if last or current != root:
        raise MerkleError("the inclusion path does not lead to the root")


def graft(subject: Node, nonce: bytes, path: Sequence[Step]) -> Node:
    """Add a leaf's operations and its path below the node over the subject's SHA-256; return the root's node."""
    node = subject.add((PREPEND, _LEAF)).add((APPEND, nonce)).add(_HASH_OP)
    for on_left, sibling in path:
        if on_left:
            node = node.add((PREPEND, _NODE + sibling)).add(_HASH_OP)
        else:
            node = node.add((APPEND, sibling)).add((PREPEND, _NODE)).add(_HASH_OP)
    return node

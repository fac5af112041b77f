"""From commitments to roots and back: a batch's leaves, its root, and one leaf's self-contained proof. Pure."""

from collections.abc import Iterable, Sequence

from notary import merkle, ots
from notary.digest import checked_sha256
from notary.errors import MerkleError, NotaryError
from notary.ports import Commitment

MAX_BATCH_ITEMS = 1 << 17
"""Beyond this a leaf's path and a calendar's answer would not fit into the depth that readers of proofs accept."""


def leaf_of(item: Commitment) -> bytes:
    """Return a commitment's leaf; raises `DigestError` or `MerkleError` for one that was not stored by us."""
    try:
        nonce = bytes.fromhex(item.nonce)
    except ValueError as error:
        raise MerkleError(f"expected a nonce in hex, found {item.nonce[:40]!r}", "the records were changed") from error
    return merkle.leaf_hash(checked_sha256(item.sha256), nonce)


def gives_root(items: Sequence[Commitment], root: str) -> bool:
    """Say whether commitments still give the root that was recorded for them."""
    try:
        return root_of(items) == root
    except NotaryError:
        return False


def root_of(items: Sequence[Commitment]) -> str:
    """Return the root (hex) over commitments in leaf order; raises `MerkleError` where there is none or too many."""
    if len(items) > MAX_BATCH_ITEMS:
        raise MerkleError(f"expected at most {MAX_BATCH_ITEMS} items in a batch, found {len(items)}")
    return merkle.tree_root([leaf_of(item) for item in items]).hex()


def leaf_proof(sha256: str, batches: Iterable[tuple[Sequence[Commitment], int, Sequence[bytes]]]) -> bytes:
    """Return the .ots file of one digest, b"" while no anchor has answered.

    Each batch is its commitments in leaf order, the index of the digest's own, and the anchors' trees over the root.
    The file names no other subject: siblings are hashes under nonces of their own.
    """
    subject = ots.Node(checked_sha256(sha256))
    answered = False
    for items, index, trees in batches:
        if not trees:
            continue
        levels = merkle.tree_levels([leaf_of(item) for item in items])
        path = merkle.inclusion_path(levels, index)
        root = merkle.graft(subject, bytes.fromhex(items[index].nonce), path)
        for tree in trees:
            ots.merge(root, ots.parse_tree(tree, root.msg, ots.PROOF_LIMITS))
        answered = True
    return ots.serialize(ots.Proof(ots.SHA256, subject)) if answered else b""

"""What becomes of a timestamp tree when an anchor answers more: which branches still wait, what is believed. Pure."""

from collections.abc import Callable

from notary import ots
from notary.headers import HeaderBook
from notary.otsops import Attestation
from notary.verify import judge_tree
from records.model import AnchorClaim
from records.terms import ProofState

FINAL_KINDS = frozenset({"bitcoin", "demo"})
"""Attestations that end a branch's waiting."""
WORTH_KEEPING = FINAL_KINDS | {"litecoin", "ethereum"}
"""An answer without one of these adds only promises or noise."""


def open_branches(root: ots.Node) -> list[tuple[ots.Node, str]]:
    """Return the (node, calendar URI) of the pending attestations that nothing final below has answered yet.

    A final attestation elsewhere in the tree does not end the waiting of another branch.
    """
    waiting = []
    for node in root.walk():
        uris = sorted(item.uri for item in node.attestations if item.kind == "pending")
        if uris and not any(item.kind in FINAL_KINDS for _, item in ots.attestations(node)):
            waiting += [(node, uri) for uri in uris]
    return waiting


def without_conflicts(root: ots.Node, headers: HeaderBook) -> tuple[ots.Node | None, tuple[AnchorClaim, ...]]:
    """Return the tree without Bitcoin attestations that their block's header contradicts, and those claims.

    The tree is None where nothing is left of it. Attestations whose header is not at hand stay: they are claims.
    """
    refused = tuple(claim for claim in judge_tree(root, headers) if claim.state is ProofState.CONFLICT)
    if not refused:
        return root, ()
    return _pruned(root, lambda msg, item: _fits(msg, item, headers)), refused


def state_of(claims: tuple[AnchorClaim, ...]) -> ProofState:
    """Return the state that claims give an anchoring: VERIFIED before ATTESTED before PENDING.

    A demo's attestation and other chains' leave it PENDING: they are not counted.
    """
    states = {claim.state for claim in claims if claim.kind == "bitcoin" and not claim.demo}
    if ProofState.VERIFIED in states:
        return ProofState.VERIFIED
    return ProofState.ATTESTED if ProofState.ATTESTED in states else ProofState.PENDING


def _fits(msg: bytes, item: Attestation, headers: HeaderBook) -> bool:
    header = headers.get(item.height) if item.kind == "bitcoin" else None
    return header is None or header.merkle_root == msg


def _pruned(root: ots.Node, keep: Callable[[bytes, Attestation], bool]) -> ots.Node | None:
    """Return a copy of the tree with the attestations that `keep` takes, and the branches that still end in one."""
    copies: dict[int, ots.Node] = {}
    for node in reversed(list(root.walk())):  # children before parents
        copy = ots.Node(node.msg)
        copy.attestations = {item for item in node.attestations if keep(node.msg, item)}
        copy.ops = {op: copies[id(child)] for op, child in node.ops.items() if id(child) in copies}
        if copy.attestations or copy.ops:
            copies[id(node)] = copy
    return copies.get(id(root))

"""Batches and what is cut from them, and what becomes of a tree when more is known: the pure parts of the stage."""

import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notary import ots, otsops
from notary.batching import MAX_BATCH_ITEMS, leaf_proof, root_of
from notary.errors import DigestError, MerkleError, ProofMismatch
from notary.headers import HeaderBook
from notary.ots import Node
from notary.standing import is_demo_anchor, standing_of
from notary.upgrading import open_branches, state_of, without_conflicts
from notary.verify import judge_tree, verify_proof
from records.model import Proof
from records.proofs import Commitment
from records.terms import ProofState, ProofVerdict

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def items(count):
    digests = [hashlib.sha256(b"%d" % number).hexdigest() for number in range(count)]
    return [Commitment(f"i{n}", f"s{n}", sha, f"{n:032x}", NOW, "b", n) for n, sha in enumerate(digests)]


def tree_over(root: bytes, *attestations, ops=((otsops.SHA256, b""),)) -> bytes:
    top = node = Node(root)
    for op in ops:
        node = node.add(op)
    node.attestations.update(attestations)
    return ots.serialize_tree(top)


PENDING = otsops.pending("https://a.example")


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.data())
def test_a_leafs_proof_stands_alone(count, data):
    batch = items(count)
    index = data.draw(st.integers(0, count - 1))
    root = bytes.fromhex(root_of(batch))
    proof = leaf_proof(batch[index].sha256, [(batch, index, [tree_over(root, PENDING)])])
    parsed = ots.parse(proof)
    assert parsed.digest.hex() == batch[index].sha256
    assert root in {node.msg for node in parsed.root.walk()}
    others = [item.sha256 for item in batch if item is not batch[index]]
    assert not any(bytes.fromhex(sha) in proof for sha in others)
    assert verify_proof(proof, batch[index].sha256, HeaderBook()).state is ProofVerdict.PENDING


def test_a_pending_proof_at_the_largest_batch_is_small():
    """950 bytes is the goal at a million leaves; here 2^17, whose path is three steps shorter."""
    path = tuple((bool(step % 2), bytes([step]) * 32) for step in range(20))
    subject = Node(bytes(32))
    from notary.merkle import graft

    root = graft(subject, bytes(16), path)
    leaf = (
        root.add((otsops.APPEND, bytes(16)))
        .add((otsops.SHA256, b""))
        .add((otsops.PREPEND, bytes(4)))
        .add((otsops.APPEND, bytes(8)))
    )
    leaf.attestations.add(otsops.pending("https://alice.btc.calendar.opentimestamps.org"))
    assert len(ots.serialize(ots.Proof(otsops.SHA256, subject))) <= 950


def test_the_deepest_leaf_and_the_longest_answer_still_parse():
    path = tuple((False, bytes(32)) for _ in range(17))
    subject = Node(bytes(32))
    from notary.merkle import graft

    assert 1 << len(path) == MAX_BATCH_ITEMS
    node = graft(subject, bytes(16), path)
    for _ in range(ots.ANSWER_LIMITS.max_depth):
        node = node.add((otsops.SHA256, b""))
    node.attestations.add(PENDING)
    assert ots.parse(ots.serialize(ots.Proof(otsops.SHA256, subject))).root == subject


def test_two_anchors_of_one_batch_are_merged():
    batch = items(3)
    root = bytes.fromhex(root_of(batch))
    trees = [
        tree_over(root, PENDING),
        tree_over(root, otsops.bitcoin(5), ops=((otsops.APPEND, b"x"), (otsops.SHA256, b""))),
    ]
    kinds = sorted(
        item.kind for _, item in ots.attestations(ots.parse(leaf_proof(batch[1].sha256, [(batch, 1, trees)])).root)
    )
    assert kinds == ["bitcoin", "pending"]


def test_one_digest_in_two_batches_has_one_file():
    one, two = items(3), items(2)
    two[1] = Commitment("other", "t", one[1].sha256, "ff" * 16, NOW, "c", 1)
    pairs = [(batch, 1, [tree_over(bytes.fromhex(root_of(batch)), PENDING)]) for batch in (one, two)]
    parsed = ots.parse(leaf_proof(one[1].sha256, pairs))
    assert len(ots.attestations(parsed.root)) == 2


def test_nothing_answered_gives_no_file():
    assert leaf_proof(items(1)[0].sha256, [(items(1), 0, [])]) == b""
    assert leaf_proof(items(1)[0].sha256, []) == b""


def test_an_answer_over_another_root_is_not_merged_silently():
    batch = items(2)
    foreign = tree_over(bytes(32), PENDING)
    parsed = ots.parse(leaf_proof(batch[0].sha256, [(batch, 0, [foreign])]))
    assert bytes(32) not in {node.msg for node in parsed.root.walk()}
    with pytest.raises(ProofMismatch):
        ots.merge(Node(bytes.fromhex(root_of(batch))), ots.parse_tree(foreign, bytes(32)))


@pytest.mark.parametrize("sha256", ["", "zz", "AB" * 32])
def test_a_commitment_that_is_no_digest(sha256):
    with pytest.raises(DigestError):
        root_of([Commitment("i", "s", sha256, "00" * 16, NOW)])


def test_a_batch_has_an_end():
    with pytest.raises(MerkleError, match="at most"):
        root_of([items(1)[0]] * (MAX_BATCH_ITEMS + 1))
    with pytest.raises(MerkleError, match="at least one"):
        root_of([])


# --- what is kept of an answer -----------------------------------------------------------------------------------------


def branch(node, label, item):
    child = node.add((otsops.APPEND, label)).add((otsops.SHA256, b""))
    child.attestations.add(item)
    return child


def test_branches_wait_until_their_own_answer():
    root = Node(bytes(32))
    done = branch(root, b"a", otsops.pending("https://a.example"))
    branch(root, b"b", otsops.pending("https://b.example"))
    branch(done, b"block", otsops.bitcoin(1))
    assert [uri for _, uri in open_branches(root)] == ["https://b.example"]


def test_other_chains_do_not_end_the_waiting():
    root = Node(bytes(32))
    node = branch(root, b"a", otsops.pending("https://a.example"))
    branch(node, b"x", otsops.attestation(otsops.LITECOIN_TAG, b"\x01"))
    assert len(open_branches(root)) == 1


def test_a_contradicted_claim_goes_and_its_branch_with_it(mine):
    root = Node(bytes(32))
    good = branch(root, b"good", otsops.bitcoin(101))
    branch(branch(root, b"promise", otsops.pending("https://a.example")), b"lie", otsops.bitcoin(100))
    chain = mine(100, 2, {101: good.msg})
    kept, refused = without_conflicts(root, chain.book())
    assert [claim.height for claim in refused] == [100]
    assert sorted((item.kind, item.height) for _, item in ots.attestations(kept)) == [("bitcoin", 101), ("pending", 0)]
    assert len(open_branches(kept)) == 1
    assert len(ots.attestations(root)) == 3  # the tree that was given is left alone


def test_nothing_but_lies_leaves_nothing(mine):
    root = Node(bytes(32))
    branch(root, b"lie", otsops.bitcoin(100))
    kept, refused = without_conflicts(root, mine(100, 1).book())
    assert kept is None
    assert len(refused) == 1


def test_claims_that_cannot_be_checked_stay():
    root = Node(bytes(32))
    branch(root, b"claim", otsops.bitcoin(100))
    assert without_conflicts(root, HeaderBook()) == (root, ())


def test_states_from_claims(mine):
    root = Node(bytes(32))
    promise = branch(root, b"p", otsops.pending("https://a.example"))
    assert state_of(judge_tree(root, HeaderBook())) is ProofState.PENDING
    branch(promise, b"l", otsops.attestation(otsops.LITECOIN_TAG, b"\x01"))
    branch(promise, b"d", otsops.attestation(otsops.DEMO_TAG, b"\x01"))
    assert state_of(judge_tree(root, HeaderBook())) is ProofState.PENDING
    block = branch(promise, b"b", otsops.bitcoin(100))
    assert state_of(judge_tree(root, HeaderBook())) is ProofState.ATTESTED
    assert state_of(judge_tree(root, mine(100, 1, {100: block.msg}).book())) is ProofState.VERIFIED
    assert state_of(()) is ProofState.PENDING


# --- standing ----------------------------------------------------------------------------------------------------------


def proof(anchor, state, reason=""):
    return Proof("p", "00" * 32, "s", anchor, state, NOW, reason=reason)


@pytest.mark.parametrize(
    ("proofs", "state", "accepted", "words"),
    [
        ([], ProofState.QUEUED, 0, "queued"),
        ([proof("", ProofState.QUEUED)], ProofState.QUEUED, 0, "queued"),
        ([proof("a", ProofState.QUEUED, "a is out of reach")], ProofState.QUEUED, 0, "a is out of reach"),
        ([proof("a", ProofState.PENDING), proof("b", ProofState.QUEUED, "gone")], ProofState.PENDING, 1, "gone"),
        ([proof("a", ProofState.PENDING), proof("b", ProofState.STALE)], ProofState.PENDING, 2, "waiting"),
        ([proof("a", ProofState.ATTESTED), proof("b", ProofState.PENDING)], ProofState.ATTESTED, 2, "header is needed"),
        ([proof("a", ProofState.VERIFIED)], ProofState.VERIFIED, 1, "verified"),
        ([proof("a", ProofState.DEAD, "records changed")], ProofState.DEAD, 0, "records changed"),
        ([proof("demo/x", ProofState.PENDING)], ProofState.PENDING, 0, "counts for nothing"),
        ([proof("demo/x", ProofState.PENDING), proof("a", ProofState.QUEUED)], ProofState.QUEUED, 0, "queued"),
    ],
)
def test_standing_in_words(proofs, state, accepted, words):
    found = standing_of(proofs, 2)
    assert (found.state, found.accepted, found.enough) == (state, accepted, accepted >= 2)
    assert words in found.said.en
    assert found.said.zh


def test_what_is_a_demo():
    assert is_demo_anchor("demo/127.0.0.1:1/demo-calendar")
    assert not is_demo_anchor("opentimestamps/demo.example")

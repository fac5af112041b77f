"""The parser against genuine files and against the reference library, which is the oracle."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentimestamps.core.notary import TimeAttestation
from opentimestamps.core.op import MsgValueError, Op
from opentimestamps.core.serialize import (
    BytesDeserializationContext,
    BytesSerializationContext,
    DeserializationError,
)
from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

from notary import ots, otsops
from notary.errors import NotaryError, ProofMalformed, ProofMismatch
from notary.ots import Node, Proof

DATA = Path(__file__).parent / "data"
pytestmark = pytest.mark.filterwarnings("ignore:OpReverse:PendingDeprecationWarning")  # the library on itself

GENUINE = sorted(path for path in DATA.rglob("*.ots") if path.parent.name != "invalid")
EXPECTED = {
    **json.loads((DATA / "extra" / "expected.json").read_text())["files"],
    **json.loads((DATA / "upgraded" / "expected.json").read_text())["files"],
}


def by_library(data: bytes) -> DetachedTimestampFile:
    return DetachedTimestampFile.deserialize(BytesDeserializationContext(data))


def written_by_library(proof: DetachedTimestampFile) -> bytes:
    context = BytesSerializationContext()
    proof.serialize(context)
    return context.getbytes()


def as_bytes(item: TimeAttestation) -> bytes:
    context = BytesSerializationContext()
    item.serialize(context)
    return context.getbytes()


@pytest.mark.parametrize("path", GENUINE, ids=lambda path: path.name)
def test_genuine_files_come_back_byte_for_byte(path):
    data = path.read_bytes()
    assert ots.serialize(ots.parse(data)) == data


@pytest.mark.parametrize("path", GENUINE, ids=lambda path: path.name)
def test_genuine_files_read_as_the_library_reads_them(path):
    data = path.read_bytes()
    ours, theirs = ots.parse(data), by_library(data)
    assert ours.digest == theirs.file_digest
    assert ours.algorithm == str(theirs.file_hash_op)
    mine = sorted((msg, otsops.write_attestation(item)) for msg, item in ots.attestations(ours.root))
    assert mine == sorted((msg, as_bytes(item)) for msg, item in theirs.timestamp.all_attestations())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_genuine_files_hold_what_is_expected(name):
    (path,) = [path for path in GENUINE if path.name == name]
    expected, proof = EXPECTED[name], ots.parse(path.read_bytes())
    assert proof.digest.hex() == expected["digest"]
    found = sorted((msg.hex(), item.kind, item.height, item.uri) for msg, item in ots.attestations(proof.root))
    wanted = sorted(
        (
            item["msg"],
            "ethereum" if item.get("tag") == otsops.ETHEREUM_TAG.hex() else item["kind"],
            item.get("height", 3283713 if item.get("tag") == otsops.ETHEREUM_TAG.hex() else 0),
            item.get("uri", ""),
        )
        for item in expected["attestations"]
    )
    assert found == wanted


def test_a_chain_101_deep_is_read():
    proof = ots.parse((DATA / "bitcoin.pdf.ots").read_bytes())
    assert sum(1 for _ in proof.root.walk()) >= 101


def test_an_unknown_attestation_is_kept_byte_for_byte():
    data = (DATA / "known-and-unknown-notary.txt.ots").read_bytes()
    unknown = [item for _, item in ots.attestations(ots.parse(data).root) if item.kind == "unknown"]
    assert [item.tag.hex() for item in unknown] == ["0102030405060708"]
    assert unknown[0].payload in data
    assert ots.serialize(ots.parse(data)) == data


OPERANDS = st.binary(min_size=1, max_size=40)
OPS = st.one_of(
    st.tuples(st.sampled_from([otsops.APPEND, otsops.PREPEND]), OPERANDS),
    st.tuples(st.sampled_from(sorted(otsops.UNARY)), st.just(b"")),
)
URIS = st.text("abcXYZ019-._/:", max_size=30)
TAGS = st.binary(min_size=8, max_size=8).filter(
    lambda tag: tag not in otsops._HEIGHT_KINDS and tag != otsops.PENDING_TAG
)
ATTESTATIONS = st.one_of(
    URIS.map(otsops.pending),
    st.integers(0, 1 << 40).map(otsops.bitcoin),
    st.integers(0, 1 << 40).map(lambda height: otsops.attestation(otsops.LITECOIN_TAG, otsops.varuint(height))),
    st.integers(0, 1 << 40).map(lambda height: otsops.attestation(otsops.ETHEREUM_TAG, otsops.varuint(height))),
    st.tuples(TAGS, st.binary(max_size=30)).map(lambda pair: otsops.attestation(*pair)),
)


@st.composite
def trees(draw, msg=None):
    """A random proof: paths of operations from one digest, each ending in an attestation, sharing their beginnings."""
    root = Node(msg or draw(st.binary(min_size=32, max_size=32)))
    for _ in range(draw(st.integers(1, 5))):
        node = root
        for op in draw(st.lists(OPS, max_size=7)):
            if op[0] == otsops.HEXLIFY and len(node.msg) > 1000:
                continue
            node = node.add(op)
        node.attestations.add(draw(ATTESTATIONS))
    return root


@settings(max_examples=150, deadline=None)
@given(trees())
def test_what_we_write_the_library_reads_and_writes_alike(root):
    data = ots.serialize(Proof(otsops.SHA256, root))
    assert written_by_library(by_library(data)) == data
    assert ots.parse(data).root == root


@settings(max_examples=100, deadline=None)
@given(trees(msg=bytes(32)), trees(msg=bytes(32)))
def test_merging_is_the_librarys_merging(one, two):
    def library(node):
        return Timestamp.deserialize(BytesDeserializationContext(ots.serialize_tree(node)), node.msg)

    theirs = library(one)
    theirs.merge(library(two))
    ots.merge(one, two)
    context = BytesSerializationContext()
    theirs.serialize(context)
    assert ots.serialize_tree(one) == context.getbytes()


@settings(max_examples=100, deadline=None)
@given(trees(msg=bytes(32)))
def test_merging_a_proof_with_itself_changes_nothing(root):
    before = ots.serialize_tree(root)
    ots.merge(root, ots.parse_tree(before, root.msg))
    assert ots.serialize_tree(root) == before


def test_proofs_of_different_digests_do_not_merge():
    with pytest.raises(ProofMismatch, match="expected a timestamp over"):
        ots.merge(Node(bytes(32)), Node(bytes([1]) * 32))


def verdicts(data: bytes) -> tuple[object, object]:
    """What the library and we say of the same bytes: the attestations with their messages, or None for a refusal."""
    try:
        read = by_library(data)
        theirs = sorted((msg, as_bytes(item)) for msg, item in read.timestamp.all_attestations())
    except (DeserializationError, ValueError, MsgValueError):
        theirs = None
    try:
        ours = sorted((msg, otsops.write_attestation(item)) for msg, item in ots.attestations(ots.parse(data).root))
    except ProofMalformed:
        ours = None
    return theirs, ours


@settings(max_examples=300, deadline=None)
@given(trees(), st.data())
def test_on_changed_bytes_the_same_verdict_or_ours_is_stricter(root, data):
    good = ots.serialize(Proof(otsops.SHA256, root))
    start = len(ots.MAGIC)
    kind = data.draw(st.sampled_from(["flip", "cut", "insert", "double"]))
    at = data.draw(st.integers(start, len(good) - 1))
    if kind == "flip":
        changed = good[:at] + bytes([data.draw(st.integers(0, 255))]) + good[at + 1 :]
    elif kind == "cut":
        changed = good[:at]
    elif kind == "insert":
        changed = good[:at] + data.draw(st.binary(min_size=1, max_size=12)) + good[at:]
    else:
        changed = good[:at] + good[start:at] + good[at:]
    theirs, ours = verdicts(changed)
    assert ours is None or ours == theirs


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_garbage_raises_nothing_but_our_own(data):
    for form in (data, ots.MAGIC + data, ots.MAGIC + b"\x01\x08" + bytes(32) + data):
        try:
            ots.parse(form)
        except NotaryError:
            continue


@given(st.integers(0, otsops.MAX_UINT))
def test_integers_come_back(value):
    reader = otsops.Reader(otsops.varuint(value))
    assert reader.varuint() == value
    reader.assert_end("it")


@given(OPS, st.binary(min_size=1, max_size=100))
def test_operations_give_what_the_librarys_give(op, msg):
    theirs = Op.deserialize(BytesDeserializationContext(otsops.write_op(op)))
    assert otsops.apply(op, msg) == theirs(msg)


def test_a_branch_that_attests_nothing_is_not_written():
    root = Node(bytes(32))
    root.add((otsops.SHA256, b""))
    with pytest.raises(ProofMalformed, match="attestation"):
        ots.serialize(Proof(otsops.SHA256, root))


def test_trees_are_equal_by_content():
    one, two = Node(bytes(32)), Node(bytes(32))
    assert one == two
    two.add((otsops.SHA256, b"")).attestations.add(otsops.pending("https://a.example"))
    assert one != two
    assert one != "a text"
    with pytest.raises(TypeError):
        hash(one)
    assert "0 attestations" in repr(one)

"""Verification of what no genuine file shows: lies, mixtures, levels, other digests."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notary import ots, otsops
from notary.errors import DigestError
from notary.headers import HeaderBook
from notary.ots import Node, Proof
from notary.verify import file_digests, is_demo_uri, verify_proof
from records.terms import Level, ProofState, ProofVerdict

FILE = b"a file"
DIGEST = hashlib.sha256(FILE).digest()


def root_after(*ops):
    node = Node(DIGEST)
    for op in ops:
        node = node.add(op)
    return node.msg


PATH_A = ((otsops.APPEND, b"a"), (otsops.SHA256, b""))
PATH_B = ((otsops.APPEND, b"b"), (otsops.SHA256, b""))


def proof_of(*branches) -> bytes:
    """A proof over FILE with (operations, attestation) branches."""
    root = Node(DIGEST)
    for ops, item in branches:
        node = root
        for op in ops:
            node = node.add(op)
        node.attestations.add(item)
    return ots.serialize(Proof(otsops.SHA256, root))


def verify(data, book):
    return verify_proof(data, DIGEST.hex(), book)


def test_a_real_path_verifies_at_the_headers_level(mine):
    chain = mine(100, 1, {100: root_after(*PATH_A)})
    found = verify(proof_of((PATH_A, otsops.bitcoin(100))), chain.book())
    assert (found.state, found.level, found.anchors[0].height) == (ProofVerdict.VERIFIED, Level.HEADER, 100)


def test_a_wrong_height_is_invalid(mine):
    chain = mine(100, 2, {100: root_after(*PATH_A)})
    found = verify(proof_of((PATH_A, otsops.bitcoin(101))), chain.book())
    assert found.state is ProofVerdict.INVALID
    assert "block 101" in found.reason


def test_a_made_up_attestation_beside_a_real_one_is_named_and_not_believed(mine):
    chain = mine(100, 2, {101: root_after(*PATH_B)})
    found = verify(proof_of((PATH_A, otsops.bitcoin(100)), (PATH_B, otsops.bitcoin(101))), chain.book())
    assert found.state is ProofVerdict.VERIFIED
    assert found.time == chain.book().get(101).time
    assert "not believed" in found.reason
    assert {claim.height: claim.state for claim in found.anchors} == {
        100: ProofState.CONFLICT,
        101: ProofState.VERIFIED,
    }


def test_a_lie_beside_a_promise_is_invalid(mine):
    found = verify(
        proof_of((PATH_A, otsops.bitcoin(100)), (PATH_B, otsops.pending("https://a.example"))), mine(100, 1).book()
    )
    assert found.state is ProofVerdict.INVALID


def test_the_best_level_of_two_at_the_same_time_is_named(mine):
    chain = mine(2014, 2, {2014: root_after(*PATH_A), 2015: root_after(*PATH_B)})
    chain.checkpoints = type(chain.checkpoints)(((chain.raw[2015][1], 1),))
    found = verify(proof_of((PATH_B, otsops.bitcoin(2015))), chain.book(2015))
    assert (found.state, found.level) == (ProofVerdict.VERIFIED, Level.CHECKPOINT)


def test_a_refused_header_says_why(mine):
    chain = mine(358391, 1, {358391: root_after(*PATH_A)})
    found = verify(proof_of((PATH_A, otsops.bitcoin(358391))), HeaderBook(chain.raw))
    assert found.state is ProofVerdict.UNVERIFIABLE
    assert "target" in found.reason


def test_a_reorganised_header_takes_the_verification_back(mine):
    data = proof_of((PATH_A, otsops.bitcoin(100)))
    assert verify(data, mine(100, 1, {100: root_after(*PATH_A)}).book()).state is ProofVerdict.VERIFIED
    assert verify(data, mine(100, 1).book()).state is ProofVerdict.INVALID


def test_a_huge_height_is_only_unverifiable(book):
    found = verify(proof_of((PATH_A, otsops.bitcoin(otsops.MAX_UINT))), book)
    assert (found.state, found.anchors[0].height) == (ProofVerdict.UNVERIFIABLE, otsops.MAX_UINT)


@pytest.mark.parametrize("tag", [otsops.LITECOIN_TAG, otsops.ETHEREUM_TAG])
def test_other_chains_alone_prove_nothing(mine, tag):
    chain = mine(100, 1, {100: root_after(*PATH_A)})
    found = verify(proof_of((PATH_A, otsops.attestation(tag, otsops.varuint(100)))), chain.book())
    assert (found.state, found.level) == (ProofVerdict.UNVERIFIABLE, Level.NONE)


def test_a_path_shorter_than_a_root_fits_no_header(mine):
    chain = mine(100, 1)
    found = verify(proof_of((((otsops.APPEND, b"x"),), otsops.bitcoin(100))), chain.book())
    assert found.state is ProofVerdict.INVALID


DEMO = otsops.pending("http://127.0.0.1:5000/demo-calendar")
DEMO_BLOCK = otsops.attestation(otsops.DEMO_TAG, otsops.varuint(7))


@pytest.mark.parametrize("branches", [[(PATH_A, DEMO)], [(PATH_A, DEMO_BLOCK)], [(PATH_A, DEMO), (PATH_B, DEMO_BLOCK)]])
def test_a_demo_is_never_verified_and_always_named(mine, branches):
    found = verify(proof_of(*branches), mine(7, 1, {7: root_after(*PATH_A)}).book())
    assert found.state in {ProofVerdict.PENDING, ProofVerdict.UNVERIFIABLE}
    assert found.level is Level.DEMO
    assert all(claim.demo and claim.kind == "demo" for claim in found.anchors)
    assert found.exit_code == 2
    assert "demo" in found.reason
    assert all(item["demo"] for item in found.document()["anchors"])


def test_a_demo_beside_a_real_anchor_does_not_hide_it(mine):
    chain = mine(100, 1, {100: root_after(*PATH_B)})
    found = verify(proof_of((PATH_A, DEMO), (PATH_B, otsops.bitcoin(100))), chain.book())
    assert (found.state, found.level) == (ProofVerdict.VERIFIED, Level.HEADER)
    assert [claim.demo for claim in found.anchors].count(True) == 1


def test_a_real_calendar_beside_the_demo_is_pending_without_level():
    found = verify(proof_of((PATH_A, DEMO), (PATH_B, otsops.pending("https://a.example"))), HeaderBook())
    assert (found.state, found.level) == (ProofVerdict.PENDING, Level.NONE)
    assert "127.0.0.1" not in found.reason


@pytest.mark.parametrize(
    ("uri", "demo"),
    [
        ("http://127.0.0.1:1/demo-calendar", True),
        ("https://a.example/demo-calendar/", True),
        ("https://a.example", False),
        ("https://demo-calendar", False),
        ("https://a.example/demo-calendar/x", False),
        ("http://[", False),
    ],
)
def test_what_marks_a_demo(uri, demo):
    assert is_demo_uri(uri) is demo


def test_a_subject_that_is_no_digest(book):
    with pytest.raises(DigestError):
        verify_proof(proof_of((PATH_A, DEMO)), "abc", book)


def test_a_sha256_alone_says_nothing_about_a_sha1_proof(book):
    data = ots.serialize(Proof(otsops.SHA1, _pending_node(hashlib.sha1(FILE).digest())))
    found = verify_proof(data, DIGEST.hex(), book)
    assert (found.state, found.ambiguous) == (ProofVerdict.UNVERIFIABLE, True)


def _pending_node(digest):
    node = Node(digest)
    node.attestations.add(otsops.pending("https://a.example"))
    return node


@pytest.mark.parametrize(
    ("op", "digest"),
    [
        (otsops.SHA1, hashlib.sha1(FILE).digest()),
        (otsops.SHA256, DIGEST),
        (otsops.RIPEMD, otsops.apply((otsops.RIPEMD, b""), FILE)),
        (otsops.KECCAK, otsops.apply((otsops.KECCAK, b""), FILE)),
    ],
)
def test_files_are_digested_as_the_proof_says(tmp_path, op, digest):
    path = tmp_path / "file"
    path.write_bytes(FILE)
    data = ots.serialize(Proof(op, _pending_node(digest)))
    assert verify_proof(data, file_digests(path), HeaderBook()).state is ProofVerdict.PENDING
    path.write_bytes(FILE + b"!")
    assert verify_proof(data, file_digests(path), HeaderBook()).state is ProofVerdict.INVALID


def test_keccak_is_ethereums_not_sha3():
    assert (
        otsops.apply((otsops.KECCAK, b""), b"abc").hex()
        == "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
    )
    assert otsops.apply((otsops.RIPEMD, b""), b"abc").hex() == "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_a_flipped_bit_never_verifies(data_dir_book, data):
    good, digest, book = data_dir_book
    at = data.draw(st.integers(0, len(good) * 8 - 1))
    flipped = bytearray(good)
    flipped[at // 8] ^= 1 << at % 8
    assert verify_proof(bytes(flipped), digest, book).state is not ProofVerdict.VERIFIED


@pytest.fixture(scope="module")
def data_dir_book(data, book):
    good = (data / "hello-world.txt.ots").read_bytes()
    return good, hashlib.sha256((data / "hello-world.txt").read_bytes()).hexdigest(), book


@given(st.binary(max_size=200))
def test_no_bytes_raise(data):
    assert verify_proof(data, DIGEST.hex(), HeaderBook()).exit_code == 1

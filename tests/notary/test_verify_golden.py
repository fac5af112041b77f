"""Every genuine file of the test data gives what its README expects."""

from datetime import datetime
from pathlib import Path

import pytest

from notary.errors import DigestError
from notary.headers import HeaderBook
from notary.verify import file_digests, verify_proof
from records.terms import Level, ProofState, ProofVerdict

DATA = Path(__file__).parent / "data"
V, P, U, X = ProofVerdict.VERIFIED, ProofVerdict.PENDING, ProofVerdict.UNVERIFIABLE, ProofVerdict.INVALID
ALICE, BOB = "https://alice.btc.calendar.opentimestamps.org", "https://bob.btc.calendar.opentimestamps.org"
# proof, file, state, heights that verify, the earliest's time
GOLDEN = [
    ("hello-world.txt.ots", "hello-world.txt", V, [358391], "2015-05-28T15:41:18Z"),
    ("bad-stamp.txt.ots", "bad-stamp.txt", X, [], None),
    ("empty.ots", "empty", V, [129405], "2011-06-08T16:15:34Z"),
    ("different-blockchains.txt.ots", "different-blockchains.txt", V, [455605], "2017-03-03T17:25:37Z"),
    ("incomplete.txt.ots", "incomplete.txt", P, [], None),
    ("upgraded/incomplete.txt.upgraded.ots", "incomplete.txt", V, [428648], "2016-09-07T05:56:43Z"),
    ("merkle1.txt.ots", "merkle1.txt", P, [], None),
    ("merkle2.txt.ots", "merkle2.txt", P, [], None),
    ("merkle3.txt.ots", "merkle3.txt", P, [], None),
    ("upgraded/merkle1.txt.upgraded.ots", "merkle1.txt", V, [429808, 429808], "2016-09-14T17:41:21Z"),
    ("two-calendars.txt.ots", "two-calendars.txt", P, [], None),
    ("upgraded/two-calendars.txt.upgraded.ots", "two-calendars.txt", V, [429172, 429355], "2016-09-10T20:31:00Z"),
    ("known-and-unknown-notary.txt.ots", "known-and-unknown-notary.txt", P, [], None),
    ("unknown-notary.txt.ots", "unknown-notary.txt", U, [], None),
    ("extra/osdsp.txt.ots", "extra/osdsp.txt", V, [523364], "2018-05-19T08:50:49Z"),
    ("sha1/a-or-b.ots", "sha1/a", U, [], None),
    ("sha1/a-or-b.ots", "sha1/b", U, [], None),
    ("invalid/bad-major-version.ots", "empty", X, [], None),
    ("invalid/exceeds-max-msg-length.ots", "empty", X, [], None),
    ("invalid/invalid-file-digest-type.ots", "empty", X, [], None),
]


def report(proof: str, file: str, book: HeaderBook):
    return verify_proof((DATA / proof).read_bytes(), file_digests(DATA / file), book)


@pytest.mark.parametrize(("proof", "file", "state", "heights", "time"), GOLDEN)
def test_what_each_file_gives(book, proof, file, state, heights, time):
    found = report(proof, file, book)
    assert found.state is state
    assert sorted(c.height for c in found.anchors if c.state is ProofState.VERIFIED) == heights
    assert found.document()["time"] == time
    assert found.level is (Level.HEADER if state is V else Level.NONE)
    assert found.exit_code == {V: 0, P: 2, U: 2, X: 1}[state]
    assert found.said.zh
    assert found.reason


def test_every_proof_of_the_data_is_judged():
    judged = {row[0] for row in GOLDEN} | {"bitcoin.pdf.ots", "gdp2q25-2nd.pdf.ots"}
    assert {str(path.relative_to(DATA)) for path in DATA.rglob("*.ots")} == judged


def test_a_bad_stamp_says_both_roots(book):
    found = report("bad-stamp.txt.ots", "bad-stamp.txt", book)
    assert found.anchors[0].state is ProofState.CONFLICT
    assert "1bb49db87782170860c2e467994762f7f00c815d80d712e7eb9a7c14b9811f92" in found.reason


def test_a_file_that_was_not_shipped(book):
    """bitcoin.pdf: its path ends at block 465751's root, but without the file nothing is tied to it."""
    found = verify_proof((DATA / "bitcoin.pdf.ots").read_bytes(), None, book)
    assert (found.state, found.ambiguous, found.algorithm) == (U, True, "sha1")
    assert found.anchors[0].state is ProofState.VERIFIED
    assert found.anchors[0].time == datetime.fromisoformat("2017-05-10T12:47:41+00:00")
    by_digest = verify_proof((DATA / "bitcoin.pdf.ots").read_bytes(), lambda name: bytes.fromhex(found.digest), book)
    assert (by_digest.state, by_digest.ambiguous) == (V, True)
    assert "SHA-1" in by_digest.said.zh


def test_a_header_that_is_not_at_hand_is_named(book):
    found = verify_proof((DATA / "gdp2q25-2nd.pdf.ots").read_bytes(), None, book)
    assert found.state is U
    assert found.anchors[0].height == 912095
    known = verify_proof((DATA / "gdp2q25-2nd.pdf.ots").read_bytes(), found.digest, book)
    assert known.state is U
    assert "912095" in known.reason


@pytest.mark.parametrize("file", ["sha1/a", "sha1/b"])
def test_a_sha1_collision_is_flagged_as_ambiguous(book, file):
    """Two different files fit the same proof: neither is called another file, and both are flagged."""
    found = report("sha1/a-or-b.ots", file, book)
    assert found.ambiguous
    assert "466906" in found.reason
    assert "ambiguous" in found.reason
    assert (DATA / "sha1/a").read_bytes() != (DATA / "sha1/b").read_bytes()


def test_other_chains_neither_fail_nor_count(book):
    found = report("different-blockchains.txt.ots", "different-blockchains.txt", book)
    ethereum = [claim for claim in found.anchors if claim.kind == "ethereum"]
    assert [(claim.state, claim.height, claim.level) for claim in ethereum] == [
        (ProofState.ATTESTED, 3283713, Level.NONE)
    ]
    without = verify_proof(
        (DATA / "different-blockchains.txt.ots").read_bytes(),
        file_digests(DATA / "different-blockchains.txt"),
        HeaderBook(),
    )
    assert without.state is U


def test_the_earliest_valid_block_wins(book):
    found = report("upgraded/two-calendars.txt.upgraded.ots", "two-calendars.txt", book)
    assert "429172" in found.reason
    assert found.document()["day"] == "2016-09-10"
    assert found.document()["uncertainty_hours"] == 2


def test_without_headers_nothing_is_verified():
    for proof, file, state, _, _ in GOLDEN:
        found = verify_proof((DATA / proof).read_bytes(), file_digests(DATA / file), HeaderBook())
        assert found.state is not V
        assert found.level is Level.NONE
        if state is V:
            assert found.state is U


@pytest.mark.parametrize(("proof", "file", "state", "heights", "time"), [row for row in GOLDEN if row[2] is not X])
def test_over_another_file_every_proof_is_invalid(book, tmp_path, proof, file, state, heights, time):
    other = tmp_path / "other"
    other.write_bytes((DATA / file).read_bytes() + b"\n")
    found = verify_proof((DATA / proof).read_bytes(), file_digests(other), book)
    assert (found.state, found.level, found.exit_code) == (X, Level.NONE, 1)
    assert "other bytes" in found.reason


def test_the_document_has_the_promised_form(book):
    found = report("extra/osdsp.txt.ots", "extra/osdsp.txt", book).document("zh")
    assert {"state", "level", "anchors", "reason"} <= set(found)
    assert found["state"] == "verified"
    assert found["level"] == "header"
    bitcoin = [item for item in found["anchors"] if item["kind"] == "bitcoin"]
    assert [(item["height"], item["time"], item["state"]) for item in bitcoin] == [
        (523364, "2018-05-19T08:50:49Z", "verified")
    ]
    pending = [item["uri"] for item in found["anchors"] if item["state"] == "pending"]
    assert len(pending) == 4
    assert {ALICE, BOB} <= set(pending)
    assert "523364" in found["reason"]
    assert "涉嫌" not in found["reason"]


def test_a_missing_file_is_an_error_not_a_verdict(book):
    with pytest.raises(DigestError, match="cannot read"):
        report("hello-world.txt.ots", "no-such-file", book)

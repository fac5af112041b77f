"""The stage against real loopback calendars and a real database: the life of a proof, and every way it can go wrong."""

import hashlib
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import update

from demo.calendar import DemoCalendar
from notary import ots, otsops
from notary.anchors import build_anchors
from notary.anchors.opentimestamps import KIND
from notary.errors import DigestError
from notary.headers import HeaderBook
from notary.ots import Node
from notary.stage import Notary, Policy
from notary.verify import verify_proof
from records.tables.proofs import AnchoringRow, CommitmentRow
from records.terms import Level, ProofState, ProofVerdict

POLICY = Policy(batch_items=4, batch_s=60, retry_s=30, retry_cap_s=600, upgrade_s=1000, stale_s=72 * 3600, quorum=2)
OTS = Path(sys.executable).with_name("ots")


def sha(text) -> str:
    return hashlib.sha256(str(text).encode()).hexdigest()


@pytest.fixture
def notary_of(store, clock, reach_of):
    """Make a notary over calendars on these servers."""

    def make(*servers, headers=None, policy=POLICY, deadline_s=0.4):
        reach = reach_of(*(server.host for server in servers), deadline_s=deadline_s)
        anchors = build_anchors({"opentimestamps": [server.url for server in servers]}, reach)
        return Notary(store, anchors, clock, policy, headers=headers, rng=random.Random(7))

    return make


@pytest.fixture
def calendar(server, calendar_script):
    """A calendar that behaves."""
    return calendar_script(server)


def states(notary, digest=""):
    return sorted(proof.state.value for proof in notary.proofs(digest))


def test_the_whole_life_of_a_proof(notary_of, server, calendar, clock, mine):
    notary = notary_of(server)
    notary.enqueue("exhibit/EV-1", sha(1))
    assert notary.standing(sha(1)).state is ProofState.QUEUED
    assert notary.proof_files(sha(1)) == b""
    assert notary.close_batch() == ""
    clock.advance(seconds=61)
    submitted, upgraded = notary.run_due()
    assert (submitted.batches, submitted.submitted, upgraded.upgraded) == (1, 1, 0)
    assert states(notary) == ["pending"]
    pending = notary.proof_files(sha(1))
    assert verify_proof(pending, sha(1), HeaderBook()).state is ProofVerdict.PENDING

    clock.advance(seconds=2000)
    waiting = notary.upgrade_due()
    assert (waiting.waiting, waiting.reasons) == (1, [f"{server.url}: Pending confirmation in Bitcoin blockchain"])

    calendar.height = 100
    clock.advance(seconds=2000)
    assert notary.upgrade_due().upgraded == 1
    assert states(notary) == ["attested"]  # a claim: no header is at hand
    assert verify_proof(notary.proof_files(sha(1)), sha(1), HeaderBook()).state is ProofVerdict.UNVERIFIABLE

    book = mine(100, 1, {100: calendar.merkle_root()}).book()
    later = notary_of(server, headers=book)
    clock.advance(seconds=2000)
    assert later.upgrade_due().verified == 1
    assert states(later) == ["verified"]
    (proof,) = later.proofs(sha(1))
    assert {(claim.kind, claim.level) for claim in proof.claims} == {("pending", Level.NONE), ("bitcoin", Level.HEADER)}
    final = verify_proof(later.proof_files(sha(1)), sha(1), book)
    assert (final.state, final.level) == (ProofVerdict.VERIFIED, Level.HEADER)
    clock.advance(days=300)
    asked = len(server.asked)
    later.upgrade_due()
    assert len(server.asked) == asked  # nothing is left to ask


def test_enqueuing_twice_is_once(notary_of, server, calendar):
    notary = notary_of(server)
    first = notary.enqueue("exhibit/EV-1", sha(1))
    assert notary.enqueue("exhibit/EV-1", sha(1)) == first
    notary.run_due(force=True)
    assert notary.enqueue("exhibit/EV-1", sha(1)).batch_id
    notary.run_due(force=True)
    assert [method for method, *_ in server.asked].count("POST") == 1


@pytest.mark.parametrize("digest", ["", "xyz", sha(1).upper()])
def test_only_digests_are_taken(notary_of, server, digest):
    with pytest.raises(DigestError):
        notary_of(server).enqueue("s", digest)


def test_only_the_root_leaves_the_house(notary_of, server, calendar):
    notary = notary_of(server)
    for number in range(4):
        notary.enqueue(f"s{number}", sha(number))
    notary.run_due()
    (body,) = [body for method, _, body, _ in server.asked if method == "POST"]
    assert len(body) == 32
    assert body.hex() not in {sha(number) for number in range(4)}


def test_a_single_digest_is_not_sent_either(notary_of, server, calendar):
    notary = notary_of(server)
    notary.enqueue("s", sha(1))
    notary.run_due(force=True)
    sent = b"".join(body for _, _, body, _ in server.asked)
    assert bytes.fromhex(sha(1)) not in sent


def test_every_leaf_of_a_batch_opens_in_the_stock_client(notary_of, server, calendar, tmp_path):
    notary = notary_of(server)
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text(str(number))
        notary.enqueue(f"s{number}", sha(number))
    notary.run_due(force=True)
    for number in range(3):
        path = tmp_path / f"{number}.txt.ots"
        path.write_bytes(notary.proof_files(sha(number)))
        run = subprocess.run([OTS, "info", path], capture_output=True, text=True, timeout=60, check=True)
        assert sha(number) in run.stdout
        assert f"PendingAttestation('{server.url}')" in run.stdout


def test_out_of_reach_stays_queued_and_says_so(notary_of, server, calendar, clock, reply):
    good, server.script = server.script, lambda *args: reply(hang_up=True)
    notary = notary_of(server)
    notary.enqueue("s", sha(1))
    tally, _ = notary.run_due(force=True)
    assert (tally.submitted, tally.waiting, states(notary)) == (0, 1, ["queued"])
    standing = notary.standing(sha(1))
    assert "out of reach" in standing.said.en or "nonsense" in standing.said.en
    assert "排队中" in standing.said.zh
    assert notary.submit_due().waiting == 0  # not before its time
    server.script = good
    clock.advance(seconds=46)
    assert notary.submit_due().submitted == 1
    assert states(notary) == ["pending"]


def test_without_any_anchor_digests_wait_and_are_sent_once_there_is_one(notary_of, server, calendar, clock):
    lonely = notary_of()
    lonely.enqueue("s", sha(1))
    lonely.run_due(force=True)
    assert states(lonely) == ["queued"]
    notary = notary_of(server)
    assert notary.submit_due().submitted == 1
    assert states(notary) == ["pending"]


@pytest.mark.parametrize("name", ["garbage", "10 MB", "redirect", "html", "a private calendar"])
def test_nonsense_is_never_believed_and_costs_nobody_else(notary_of, new_server, calendar_script, reply, clock, name):
    liar, honest = new_server(), new_server()
    calendar_script(honest)
    private = Node(bytes(32))
    private.attestations.add(otsops.pending("http://169.254.169.254"))
    liar.answer(
        {
            "garbage": reply(b"\x99"),
            "10 MB": reply(bytes(10_000_000)),
            "html": reply(b"<html>"),
            "redirect": reply(status=302, headers={"Location": honest.url}),
            "a private calendar": reply(ots.serialize_tree(private)),
        }[name]
    )
    notary = notary_of(liar, honest)
    notary.enqueue("s", sha(1))
    tally, _ = notary.run_due(force=True)
    assert (tally.submitted, tally.failed) == (1, 1)
    assert states(notary) == ["pending", "retrying"]
    assert any(liar.host in reason for reason in tally.reasons)
    assert notary.standing(sha(1)).accepted == 1
    parsed = ots.parse(notary.proof_files(sha(1)))
    assert [item.uri for _, item in ots.attestations(parsed.root)] == [honest.url]


@pytest.mark.parametrize("slow", [{"hang_s": 5}, {"drip_s": 0.1, "body": bytes(300)}])
def test_a_calendar_that_hangs_or_drips_costs_one_deadline(notary_of, new_server, calendar_script, reply, slow):
    dead, honest = new_server(), new_server()
    calendar_script(honest)
    dead.answer(reply(**slow))
    notary = notary_of(dead, honest)
    for number in range(12):  # three batches
        notary.enqueue(f"s{number}", sha(number))
    tally, _ = notary.run_due()
    assert (tally.batches, tally.submitted, tally.waiting) == (3, 3, 3 + 1)  # three promises, one out of reach
    assert len(dead.asked) == 1


def test_a_made_up_block_is_refused_where_its_header_is_known(notary_of, server, calendar, mine, clock):
    """The stock client calls this "Success! Timestamp complete"."""
    book = mine(100, 1).book()  # block 100 has another Merkle root
    notary = notary_of(server, headers=book)
    notary.enqueue("s", sha(1))
    notary.run_due(force=True)
    calendar.height = 100
    clock.advance(seconds=2000)
    tally = notary.upgrade_due()
    assert (tally.upgraded, tally.verified) == (0, 0)
    assert any("false attestation" in reason for reason in tally.reasons)
    assert states(notary) == ["pending"]
    assert [item.kind for _, item in ots.attestations(ots.parse(notary.proof_files(sha(1))).root)] == ["pending"]


def test_a_made_up_block_is_only_a_claim_until_its_header_comes(notary_of, server, calendar, mine, clock):
    notary = notary_of(server)
    notary.enqueue("s", sha(1))
    notary.run_due(force=True)
    calendar.height = 100
    clock.advance(seconds=2000)
    notary.upgrade_due()
    assert states(notary) == ["attested"]
    calendar.height = 0
    clock.advance(seconds=2000)
    later = notary_of(server, headers=mine(100, 1).book())
    assert any("Merkle root" in reason for reason in later.upgrade_due().reasons)
    assert states(later) == ["pending"]  # taken back, and asked again
    calendar.height = 101
    clock.advance(seconds=2000)
    good = notary_of(server, headers=mine(100, 2, {101: calendar.merkle_root()}).book())
    assert good.upgrade_due().verified == 1


def test_a_block_claimed_at_once_and_contradicted_is_not_taken(notary_of, server, mine, reply):
    def lie(method, path, body):
        root = Node(body)
        root.add((otsops.SHA256, b"")).attestations.add(otsops.bitcoin(100))
        return reply(ots.serialize_tree(root))

    server.script = lie
    notary = notary_of(server, headers=mine(100, 1).book())
    notary.enqueue("s", sha(1))
    tally, _ = notary.run_due(force=True)
    assert (tally.submitted, tally.failed, states(notary)) == (0, 1, ["retrying"])
    assert notary.proof_files(sha(1)) == b""


def test_a_tree_of_nothing_but_lies_goes_back_to_the_queue(notary_of, server, mine, reply, clock):
    def lie(method, path, body):
        root = Node(body)
        root.add((otsops.SHA256, b"")).attestations.add(otsops.bitcoin(100))
        return reply(ots.serialize_tree(root))

    server.script = lie
    notary = notary_of(server)
    notary.enqueue("s", sha(1))
    notary.run_due(force=True)
    assert states(notary) == ["attested"]
    clock.advance(seconds=2000)
    later = notary_of(server, headers=mine(100, 1).book())
    later.upgrade_due()
    assert states(later) == ["queued"]
    assert later.proof_files(sha(1)) == b""


def test_every_branch_is_upgraded_after_the_first_success(notary_of, new_server, calendar_script, mine, clock):
    one, two = new_server(), new_server()
    first, second = calendar_script(one), calendar_script(two)
    notary = notary_of(one, two)
    notary.enqueue("s", sha(1))
    notary.run_due(force=True)
    first.height = 101
    book = mine(100, 2, {101: first.merkle_root(), 100: second.merkle_root()}).book()
    notary = notary_of(one, two, headers=book)
    clock.advance(seconds=2000)
    notary.upgrade_due()
    assert states(notary) == ["pending", "verified"]
    assert verify_proof(notary.proof_files(sha(1)), sha(1), book).time == book.get(101).time
    second.height = 100
    clock.advance(seconds=2000)
    notary.upgrade_due()
    assert states(notary) == ["verified", "verified"]
    assert verify_proof(notary.proof_files(sha(1)), sha(1), book).time == book.get(100).time  # the earliest wins


def test_a_second_branch_of_one_answer_is_upgraded_too(notary_of, new_server, calendar_script, mine, clock, reply):
    """A pool answers with the promises of two calendars."""
    pool, one, two = new_server(), new_server(), new_server()
    first, second = calendar_script(one), calendar_script(two)

    def both(method, path, body):
        tree = ots.parse_tree(first("POST", "/digest", body).body, body)
        inner = tree.add((otsops.APPEND, b"second")).add((otsops.SHA256, b""))
        ots.merge(inner, ots.parse_tree(second("POST", "/digest", inner.msg).body, inner.msg))
        return reply(ots.serialize_tree(tree))

    pool.script = both
    reach_all = (pool, one, two)
    notary = notary_of(*reach_all)
    notary._anchors = {name: anchor for name, anchor in notary._anchors.items() if pool.host in name}
    notary.enqueue("s", sha(1))
    notary.run_due(force=True)
    first.height = 101
    book = mine(100, 2, {101: first.merkle_root(), 100: second.merkle_root()}).book()
    notary._headers = book
    clock.advance(seconds=2000)
    notary.upgrade_due()
    assert states(notary) == ["verified"]
    second.height = 100
    clock.advance(seconds=2000)
    notary.upgrade_due()
    assert verify_proof(notary.proof_files(sha(1)), sha(1), book).time == book.get(100).time


def test_an_answer_with_promises_only_does_not_grow_the_proof(notary_of, server, calendar, clock, reply):
    notary = notary_of(server)
    notary.enqueue("s", sha(1))
    notary.run_due(force=True)
    before = notary.proof_files(sha(1))

    def more_promises(method, path, body):
        root = Node(bytes.fromhex(path.rpartition("/")[2]))
        root.add((otsops.APPEND, b"x")).attestations.add(otsops.pending(server.url))
        return reply(ots.serialize_tree(root))

    server.script = more_promises
    for _ in range(3):
        clock.advance(seconds=2000)
        tally = notary.upgrade_due()
    assert "promise only" in tally.reasons[0]
    assert notary.proof_files(sha(1)) == before


def test_a_proof_does_not_grow_without_end(notary_of, server, calendar, clock, reply, monkeypatch):
    monkeypatch.setattr("notary.stage.MAX_TREE_BYTES", 4_000)
    notary = notary_of(server)
    notary.enqueue("s", sha(1))
    notary.run_due(force=True)
    count = iter(range(100))

    def noise(method, path, body):
        root = Node(bytes.fromhex(path.rpartition("/")[2]))
        node = root.add((otsops.APPEND, b"%d" % next(count) + bytes(1000))).add((otsops.SHA256, b""))
        node.attestations.add(otsops.attestation(otsops.LITECOIN_TAG, b"\x01"))
        return reply(ots.serialize_tree(root))

    server.script = noise
    for _ in range(8):
        clock.advance(seconds=2000)
        tally = notary.upgrade_due()
    assert "grow beyond" in tally.reasons[0]
    assert len(notary.proof_files(sha(1))) < 4_500


def test_a_calendar_gone_while_upgrading_costs_one_deadline(notary_of, server, calendar, clock, reply):
    notary = notary_of(server)
    for number in range(12):
        notary.enqueue(f"s{number}", sha(number))
    notary.run_due()
    server.answer(reply(status=503))
    asked = len(server.asked)
    clock.advance(seconds=2000)
    notary.upgrade_due()
    assert len(server.asked) == asked + 1
    assert set(states(notary)) == {"pending"}  # nothing that was there is lost
    assert notary.proof_files(sha(5))


def test_pending_too_long_is_stale_and_still_upgraded(notary_of, server, calendar, clock):
    notary = notary_of(server)
    notary.enqueue("s", sha(1))
    notary.run_due(force=True)
    clock.advance(hours=73)
    notary.upgrade_due()
    assert states(notary) == ["stale"]
    calendar.height = 100
    clock.advance(hours=1)
    notary.upgrade_due()
    assert states(notary) == ["attested"]


@pytest.mark.parametrize(
    "forged",
    [
        {"sha256": sha("forged")},
        {"nonce": "00" * 16},
        {"sha256": "x"},
        {"nonce": "x"},
        {"leaf_index": None, "batch_id": None},
    ],
)
def test_records_that_were_changed_are_not_sent(notary_of, server, calendar, sessions, forged):
    notary = notary_of(server)
    notary.enqueue("s", sha(1))
    notary.enqueue("t", sha(2))
    notary.close_batch(force=True)
    with sessions.begin() as session:
        session.execute(update(CommitmentRow).where(CommitmentRow.subject == "s").values(forged))
    tally = notary.submit_due()
    assert tally.failed == 1
    assert "dead" in states(notary)
    assert "no longer gives its root" in tally.reasons[0]
    assert server.asked == []


def test_back_off_doubles_is_capped_and_jittered(notary_of, server, clock, reply):
    server.answer(reply(status=503))
    notary = notary_of(server)
    notary.enqueue("s", sha(1))
    notary.close_batch(force=True)
    waits = []
    for _ in range(8):
        notary.submit_due()
        (proof,) = notary.proofs(sha(1))
        waits.append((proof.next_try_at - clock()).total_seconds())
        clock.now = proof.next_try_at
    for number, wait in enumerate(waits):
        middle = min(30 * 2**number, 600)
        assert 0.5 * middle <= wait <= 1.5 * middle
    assert len({round(wait / min(30 * 2**number, 600), 6) for number, wait in enumerate(waits)}) == 8
    assert len(server.asked) == 8


def test_a_batch_closes_by_number_and_by_time(notary_of, server, calendar, clock):
    notary = notary_of(server)
    for number in range(9):
        notary.enqueue(f"s{number}", sha(number))
    submitted, _ = notary.run_due()
    assert submitted.batches == 2  # four each; the ninth waits
    assert states(notary).count("queued") == 1
    clock.advance(seconds=60)
    assert notary.run_due()[0].batches == 1


def test_the_quorum_is_of_real_anchors(notary_of, new_server, calendar_script):
    one, two = new_server(), new_server()
    calendar_script(one)
    calendar_script(two)
    notary = notary_of(one, two)
    notary.enqueue("s", sha(1))
    notary.run_due(force=True)
    standing = notary.standing(sha(1))
    assert (standing.accepted, standing.quorum, standing.enough) == (2, 2, True)


def test_claims_survive_the_records_as_json(notary_of, server, calendar):
    notary = notary_of(server)
    notary.enqueue("s", sha(1))
    notary.run_due(force=True)
    (proof,) = notary.proofs(sha(1))
    assert json.dumps([claim.uri for claim in proof.claims]) == json.dumps([server.url])


def test_another_commitments_genuine_answer_is_not_believed(notary_of, server, calendar, clock, reply, book):
    """Block 428648 is real, and so is the path: it is another digest's."""
    notary = notary_of(server, headers=book)
    notary.enqueue("s", sha(1))
    notary.run_due(force=True)
    server.answer(reply(bytes.fromhex(KIND.examples[0].upgraded)))
    clock.advance(seconds=2000)
    tally = notary.upgrade_due()
    assert (tally.upgraded, states(notary)) == (0, ["pending"])
    assert any("428648" in reason for reason in tally.reasons)


def test_a_demo_by_another_name_does_not_count_either(store, clock, reach_of):
    with DemoCalendar() as demo:
        url = f"http://{demo.host}"  # without the path that marks it
        notary = Notary(store, build_anchors({"opentimestamps": [url]}, reach_of(demo.host)), clock, Policy(quorum=1))
        notary.enqueue("s", sha(1))
        notary.run_due(force=True)
        assert [proof.anchor.partition("/")[0] for proof in notary.proofs()] == ["opentimestamps"]
        standing = notary.standing(sha(1))
        assert (standing.accepted, standing.enough) == (0, False)
        assert "demo" in standing.said.en


def test_a_calendar_that_names_a_wrong_height(notary_of, server, calendar, clock, mine):
    notary = notary_of(server)
    notary.enqueue("s", sha(1))
    notary.run_due(force=True)
    calendar.height = 100
    chain = mine(100, 2, {101: calendar.merkle_root()})
    later = notary_of(server, headers=chain.book())
    clock.advance(seconds=2000)
    later.upgrade_due()
    assert states(later) == ["pending"]
    calendar.height = 101
    clock.advance(seconds=2000)
    assert later.upgrade_due().verified == 1


def test_a_reorganisation_between_claim_and_check(notary_of, server, calendar, clock, mine):
    """The block that the calendar named was replaced: the claim is taken back, and the next block verifies."""
    notary = notary_of(server)
    notary.enqueue("s", sha(1))
    notary.run_due(force=True)
    calendar.height = 100
    clock.advance(seconds=2000)
    notary.upgrade_due()
    root = calendar.merkle_root()
    replaced = notary_of(server, headers=mine(100, 2, {101: root}).book())
    calendar.height = 101
    clock.advance(seconds=2000)
    assert replaced.upgrade_due().verified == 1
    kinds = [(item.kind, item.height) for _, item in ots.attestations(ots.parse(replaced.proof_files(sha(1))).root)]
    assert ("bitcoin", 100) not in kinds
    assert ("bitcoin", 101) in kinds


@pytest.mark.parametrize("damaged", [b"", b"garbage", b"\x00" * 40])
def test_a_damaged_answer_is_asked_for_again(notary_of, server, calendar, sessions, clock, damaged):
    notary = notary_of(server)
    notary.enqueue("s", sha(1))
    notary.run_due(force=True)
    with sessions.begin() as session:
        session.execute(update(AnchoringRow).values(data=damaged))
    clock.advance(seconds=2000)
    assert "damaged" in notary.upgrade_due().reasons[0]
    assert states(notary) == ["queued"]
    assert notary.submit_due().submitted == 1
    assert verify_proof(notary.proof_files(sha(1)), sha(1), HeaderBook()).state is ProofVerdict.PENDING

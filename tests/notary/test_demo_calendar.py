"""The demo calendar: it speaks the public protocol, also with the stock client, and proves nothing."""

import hashlib
import http.client
import os
import subprocess
import sys
from pathlib import Path

import pytest

from demo.calendar import DemoCalendar
from notary import ots
from notary.anchors import build_anchors
from notary.anchors.opentimestamps import build
from notary.errors import AnchorNotReady
from notary.headers import HeaderBook
from notary.stage import Notary, Policy
from notary.verify import file_digests, verify_proof
from records.terms import Level, ProofState, ProofVerdict

OTS = Path(sys.executable).with_name("ots")


@pytest.fixture
def demo():
    """A demo calendar at a free port."""
    with DemoCalendar(secret=bytes(32)) as calendar:
        yield calendar


@pytest.fixture
def anchor(demo, reach_of):
    """Our anchor for it."""
    return build(demo.url, reach_of(demo.host))


def pending_of(tree):
    ((commitment, item),) = ots.attestations(tree)
    return commitment, item.uri


def test_a_promise_then_the_demo_chain(demo, anchor):
    tree = anchor.submit(bytes(32))
    commitment, uri = pending_of(tree)
    assert uri == demo.url
    with pytest.raises(AnchorNotReady, match="demo chain"):
        anchor.upgrade(commitment, uri)
    demo.confirm()
    assert [item.kind for _, item in ots.attestations(anchor.upgrade(commitment, uri))] == ["demo"]


def test_it_confirms_by_itself_where_told_to(reach_of):
    with DemoCalendar(confirm_after_s=0) as demo:
        anchor = build(demo.url, reach_of(demo.host))
        assert anchor.upgrade(*pending_of(anchor.submit(bytes(32))))


def test_a_commitment_of_another_is_not_known(demo, anchor):
    commitment, uri = pending_of(anchor.submit(bytes(32)))
    demo.confirm()
    for foreign in (commitment[:-1] + bytes([commitment[-1] ^ 1]), commitment[:-1], bytes(44)):
        with pytest.raises(AnchorNotReady, match="not found"):
            anchor.upgrade(foreign, uri)


def test_its_commitments_outlive_a_restart(demo, anchor, reach_of):
    commitment, _ = pending_of(anchor.submit(bytes(32)))
    with DemoCalendar(secret=bytes(32), confirm_after_s=0) as again:
        assert build(again.url, reach_of(again.host)).upgrade(commitment, again.url)
    with DemoCalendar(confirm_after_s=0) as stranger, pytest.raises(AnchorNotReady):
        build(stranger.url, reach_of(stranger.host)).upgrade(commitment, stranger.url)


def ask(host, path, data=None):
    connection = http.client.HTTPConnection(host, timeout=5)
    try:
        connection.request("GET" if data is None else "POST", path, body=data)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/digest", bytes(32), 200),
        ("/demo-calendar/digest", bytes(32), 200),
        ("/digest", bytes(64), 200),
        ("/digest", bytes(65), 400),
        ("/digest", b"", 400),
        ("/other", bytes(32), 404),
        ("/timestamp/zz", None, 404),
        ("/timestamp/" + "00" * 44, None, 404),
        ("/timestamp/" + "00" * 9999, None, 404),
        ("/", None, 404),
        ("/demo-calendar/timestamp/", None, 404),
    ],
)
def test_its_two_requests_and_nothing_else(demo, path, data, status):
    assert ask(demo.host, path, data) == status


def test_it_is_named_demo_everywhere_and_never_counts(demo, store, clock, reach_of):
    anchors = build_anchors({"opentimestamps": [demo.url]}, reach_of(demo.host))
    notary = Notary(store, anchors, clock, Policy(quorum=1))
    digest = hashlib.sha256(b"x").hexdigest()
    notary.enqueue("s", digest)
    notary.run_due(force=True)
    for confirmed in (False, True):
        if confirmed:
            demo.confirm()
            notary.upgrade_due(force=True)
        (proof,) = notary.proofs(digest)
        assert proof.anchor.startswith("demo/")
        assert proof.state is ProofState.PENDING
        assert all(claim.demo and claim.level is Level.DEMO for claim in proof.claims)
        standing = notary.standing(digest)
        assert (standing.accepted, standing.enough) == (0, False)
        assert "演示" in standing.said.zh
        report = verify_proof(notary.proof_files(digest), digest, HeaderBook())
        assert (report.state, report.level, report.exit_code) == (ProofVerdict.PENDING, Level.DEMO, 2)
        assert "演示" in report.said.zh
        assert all(item["demo"] for item in report.document()["anchors"])
    assert len(proof.claims) == 2


def stock(*args, home, **changes):
    return subprocess.run(
        [OTS, "--no-cache", "--no-bitcoin", *args],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=home,
        check=False,
        env={**os.environ, "HOME": str(home)},
        **changes,
    )


def test_the_stock_client_stamps_and_upgrades_with_it(demo, tmp_path):
    file = tmp_path / "file.txt"
    file.write_text("a file")
    stamped = stock("stamp", "-c", f"{demo.url}/", "-m", "1", str(file), home=tmp_path)
    assert stamped.returncode == 0, stamped.stderr
    proof = tmp_path / "file.txt.ots"
    report = verify_proof(proof.read_bytes(), file_digests(file), HeaderBook())
    assert (report.state, report.level) == (ProofVerdict.PENDING, Level.DEMO)

    early = stock("-l", demo.url, "upgrade", str(proof), home=tmp_path)
    assert "Pending confirmation in the demo chain" in early.stderr
    demo.confirm()
    upgraded = stock("-l", demo.url, "upgrade", str(proof), home=tmp_path)
    assert "Got 1 attestation(s)" in upgraded.stderr
    assert "Success" not in upgraded.stderr  # the demo's chain is no block to the stock client either
    kinds = sorted(item.kind for _, item in ots.attestations(ots.parse(proof.read_bytes()).root))
    assert kinds == ["demo", "pending"]
    assert verify_proof(proof.read_bytes(), file_digests(file), HeaderBook()).state is ProofVerdict.PENDING


def test_the_stock_client_reads_what_we_made_with_it(demo, store, clock, reach_of, tmp_path):
    notary = Notary(store, build_anchors({"opentimestamps": [demo.url]}, reach_of(demo.host)), clock)
    file = tmp_path / "ours.txt"
    file.write_text("ours")
    digest = hashlib.sha256(b"ours").hexdigest()
    notary.enqueue("s", digest)
    notary.enqueue("t", "00" * 32)
    notary.run_due(force=True)
    proof = tmp_path / "ours.txt.ots"
    proof.write_bytes(notary.proof_files(digest))
    shown = stock("info", str(proof), home=tmp_path)
    assert f"File sha256 hash: {digest}" in shown.stdout
    checked = stock("verify", str(proof), home=tmp_path)
    assert "File does not match" not in checked.stderr
    assert "Success" not in checked.stderr
    file.write_text("changed")
    assert "File does not match original!" in stock("verify", str(proof), home=tmp_path).stderr

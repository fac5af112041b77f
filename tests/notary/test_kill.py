"""kill -9 at any point while stamping: nothing is lost, nothing is doubled."""

import hashlib
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from notary import ots
from notary.batching import root_of
from records.engine import Sessions, open_engine
from records.proofs import ProofRecords
from records.tables.base import Base
from records.terms import ProofState

CHILD = Path(__file__).with_name("stamping_child.py")
REPO = Path(__file__).parents[2]
ITEMS = 8


class Stampers:
    """Starts stamping processes, one at a time; see `stamping_child.py`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPO,
            env={**os.environ, "PYTHONPATH": str(REPO)},
        )

    def run(self, database: Path, url: str, kill_at: int, seed: int) -> tuple[int, int]:
        """Return how one process ended and how many calls it made."""
        print(database, url, ITEMS, kill_at, seed, file=self._process.stdin, flush=True)
        ended, calls = self._process.stdout.readline().split()
        return int(ended), int(calls)

    def close(self) -> None:
        """End the process that forks them."""
        self._process.stdin.close()
        self._process.wait(30)


@pytest.fixture
def stampers():
    made = Stampers()
    yield made
    made.close()


def check(database, server) -> None:
    """Every digest is committed once, in one batch, with one anchoring that was sent and kept; each proof stands alone."""
    store = ProofRecords(Sessions(open_engine(f"sqlite:///{database}")))
    items = store.commitments()
    assert sorted(item.sha256 for item in items) == sorted(hashlib.sha256(b"%d" % n).hexdigest() for n in range(ITEMS))
    batches = Counter(item.batch_id for item in items)
    assert "" not in batches
    sent = [body.hex() for method, _, body, _ in server.asked if method == "POST"]
    for batch in batches:
        leaves = store.leaves(batch)
        assert [leaf.leaf_index for leaf in leaves] == list(range(len(leaves)))
        (proof,) = store.anchorings([batch])
        assert proof.subject_sha256 == root_of(leaves)
        assert proof.state is ProofState.PENDING
        assert ots.attestations(ots.parse_tree(proof.data, bytes.fromhex(proof.subject_sha256), ots.PROOF_LIMITS))
    assert {proof.subject_sha256 for proof in store.anchorings(list(batches))} == set(sent)


def kill_often(stampers, tmp_path, server, calendar_script, count: int, seed: int) -> Counter:
    """Kill `count` runs at seeded calls, finishing now and then, and return how often each root was sent."""
    calendar_script(server)
    rng = random.Random(seed)
    whole = tmp_path / "whole.db"
    Base.metadata.create_all(open_engine(f"sqlite:///{whole}"))
    ended, calls = stampers.run(whole, server.url, 0, 0)
    assert ended == 0
    check(whole, server)
    killed, sent, number = 0, Counter(), 0
    while killed < count:
        database = tmp_path / f"killed-{killed}.db"
        Base.metadata.create_all(open_engine(f"sqlite:///{database}"))
        server.asked.clear()
        here = 0
        for _ in range(rng.randint(1, 3)):
            number += 1
            here += stampers.run(database, server.url, rng.randint(1, calls), number)[0] == -signal.SIGKILL
        killed += here
        number += 1
        assert stampers.run(database, server.url, 0, number)[0] == 0
        check(database, server)
        times = Counter(body.hex() for method, _, body, _ in server.asked if method == "POST")
        assert sum(times.values()) - len(times) <= here  # sent again only where a kill left no answer behind
        sent += times
    return sent


def test_ten_kills(stampers, tmp_path, server, calendar_script):
    assert kill_often(stampers, tmp_path, server, calendar_script, 10, 20261122)


@pytest.mark.soak
def test_two_hundred_kills(stampers, tmp_path, server, calendar_script, capsys):
    sent = kill_often(stampers, tmp_path, server, calendar_script, 200, 7)
    twice = sum(number - 1 for number in sent.values())
    with capsys.disabled():
        sys.stdout.write(f"\n200 kills: {len(sent)} roots, none lost, {twice} sent again after a kill\n")


def test_a_kill_between_the_answer_and_the_record_is_made_good(tmp_path, server, calendar_script, monkeypatch):
    """The worst point by name: the calendar has answered, the answer was not written down."""
    from datetime import UTC, datetime, timedelta

    from guards.egress import EgressPolicy
    from notary.anchors import Reach, build_anchors
    from notary.stage import Notary

    calendar_script(server)
    database = tmp_path / "proofs.db"
    engine = open_engine(f"sqlite:///{database}")
    Base.metadata.create_all(engine)
    now = [datetime(2026, 11, 22, tzinfo=UTC)]
    anchors = build_anchors({"opentimestamps": [server.url]}, Reach(EgressPolicy(frozenset({server.host}))))
    notary = Notary(ProofRecords(Sessions(engine)), anchors, lambda: now[0])
    notary.enqueue("s", "ab" * 32)

    class PowerCut(BaseException):
        """Nothing catches it, as nothing catches a kill."""

    def cut(*args, **kwargs):
        raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(ProofRecords, "settle", cut)
        with pytest.raises(PowerCut):
            notary.run_due(force=True)
    (proof,) = notary.proofs()
    assert proof.state is ProofState.SUBMITTING
    assert notary.submit_due().submitted == 0  # its lease still holds
    now[0] += timedelta(seconds=301)
    assert notary.submit_due().submitted == 1
    assert notary.submit_due(force=True).submitted == 0
    assert [method for method, *_ in server.asked] == ["POST", "POST"]

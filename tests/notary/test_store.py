"""The store of proofs on SQLite and PostgreSQL: what one transaction promises."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from notary.batching import root_of
from records.engine import Sessions, open_engine
from records.proofs import ProofRecords
from records.tables.base import Base
from records.terms import ProofState

SHA = "ab" * 32
NONCE = "00" * 16
QUEUED = (ProofState.QUEUED,)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def both(request, tmp_path):
    """The store on either engine."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else f"sqlite:///{tmp_path}/both.db"
    engine = open_engine(url)
    Base.metadata.create_all(engine)
    yield ProofRecords(Sessions(engine))
    engine.dispose()


def close(store, clock, **changes):
    values = {"anchors": ["a", "b"], "now": clock(), "max_items": 3, "max_age": timedelta(seconds=60), **changes}
    return store.close_batch(root_of, **values)


def fill(store, clock, count, prefix="s"):
    return [
        store.commit(f"{prefix}{number}", SHA, f"{ord(prefix):02x}{number:030x}", clock()) for number in range(count)
    ]


def lease(store, clock, states=QUEUED, anchors=("a",), **changes):
    values = {"now": clock(), "until": clock() + timedelta(seconds=30), **changes}
    return store.lease(states, anchors=anchors, **values)


def test_a_commitment_is_made_once(both, clock):
    first = both.commit("s", SHA, NONCE, clock())
    clock.advance(hours=1)
    assert both.commit("s", SHA, "11" * 16, clock()) == first
    assert both.commit("other", SHA, NONCE, clock()).id != first.id
    assert len(both.commitments(SHA)) == 2
    assert both.commitments("cd" * 32) == []


def test_many_at_once_make_one_commitment(both, clock):
    made, gate = [], threading.Barrier(6)

    def work(number):
        gate.wait()
        made.append(both.commit("s", SHA, f"{number:032x}", clock()))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(made) == 6
    assert len({(item.id, item.nonce) for item in made}) == 1
    assert len(both.commitments()) == 1


def test_a_batch_closes_at_n_items(both, clock):
    fill(both, clock, 2)
    assert close(both, clock) == ""
    fill(both, clock, 4)
    batch = close(both, clock)
    assert [item.leaf_index for item in both.leaves(batch)] == [0, 1, 2]
    assert close(both, clock) == ""
    assert sorted(proof.anchor for proof in both.anchorings([batch])) == ["a", "b"]


def test_a_batch_closes_after_t_seconds(both, clock):
    fill(both, clock, 1)
    clock.advance(seconds=59)
    assert close(both, clock) == ""
    clock.advance(seconds=1)
    batch = close(both, clock)
    (proof, _) = both.anchorings([batch])
    assert (proof.state, proof.subject_sha256, proof.tries) == (ProofState.QUEUED, root_of(both.leaves(batch)), 0)


def test_a_root_that_fails_closes_nothing(both, clock):
    fill(both, clock, 3)

    def broken(items):
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        both.close_batch(broken, anchors=["a"], now=clock(), max_items=3, max_age=timedelta(0))
    assert all(item.batch_id == "" and item.leaf_index == -1 for item in both.commitments())
    assert close(both, clock)


def test_two_that_close_at_once_share_nothing(both, clock):
    fill(both, clock, 6)
    gate, made = threading.Barrier(2), []

    def work():
        gate.wait()
        made.append(close(both, clock))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    made += [close(both, clock), close(both, clock)]
    leaves = [item.id for batch in filter(None, made) for item in both.leaves(batch)]
    assert sorted(leaves) == sorted(item.id for item in both.commitments())
    assert len(set(leaves)) == 6


def test_a_lease_is_held_by_one(both, clock):
    fill(both, clock, 3)
    close(both, clock)
    token, proof = lease(both, clock, becomes=ProofState.SUBMITTING)
    assert (proof.state, proof.tries, proof.anchor) == (ProofState.SUBMITTING, 1, "a")
    assert lease(both, clock, (ProofState.SUBMITTING,)) is None
    assert lease(both, clock, anchors=("b",)) is not None
    assert both.settle(token, replace(proof, state=ProofState.PENDING, data=b"tree"), next_try_at=clock())
    (again, _) = both.anchorings([proof.batch_id])
    assert (again.state, again.data) == (ProofState.PENDING, b"tree")


def test_a_lease_that_ran_out_is_due_again_and_the_late_one_writes_nothing(both, clock):
    fill(both, clock, 3)
    close(both, clock)
    token, proof = lease(both, clock, becomes=ProofState.SUBMITTING)
    clock.advance(seconds=30)
    second, again = lease(both, clock, (ProofState.SUBMITTING,))
    assert (again.id, again.tries) == (proof.id, 2)
    assert not both.settle(token, replace(proof, data=b"late"), next_try_at=clock())
    assert both.settle(second, replace(again, data=b"kept"), next_try_at=clock())
    assert not both.settle(second, replace(again, data=b"twice"), next_try_at=clock())
    assert [p.data for p in both.anchorings([proof.batch_id]) if p.anchor == "a"] == [b"kept"]


def test_not_due_yet(both, clock):
    fill(both, clock, 3)
    close(both, clock)
    token, proof = lease(both, clock)
    both.settle(token, proof, next_try_at=clock() + timedelta(seconds=10))
    assert lease(both, clock) is None
    clock.advance(seconds=10)
    assert lease(both, clock) is not None


def test_the_longest_due_comes_first(both, clock):
    fill(both, clock, 3)
    first = close(both, clock)
    clock.advance(seconds=5)
    fill(both, clock, 3, "t")
    second = close(both, clock)
    assert [lease(both, clock)[1].batch_id for _ in range(2)] == [first, second]


def test_anchors_that_are_not_configured_are_left_alone(both, clock):
    fill(both, clock, 3)
    close(both, clock)
    assert lease(both, clock, anchors=("c",)) is None
    assert both.add_anchorings(["c"], clock(), uncounted="demo/") == 1
    assert both.add_anchorings(["c"], clock(), uncounted="demo/") == 0
    assert lease(both, clock, anchors=("c",)) is not None


@pytest.mark.parametrize(("taken", "added"), [("a", 0), ("demo/x", 1)])
def test_anchors_are_added_until_a_real_one_has_the_root(both, clock, taken, added):
    fill(both, clock, 3)
    close(both, clock, anchors=[taken])
    token, proof = lease(both, clock, anchors=(taken,))
    both.settle(token, replace(proof, state=ProofState.PENDING, data=b"x"), next_try_at=clock())
    assert both.add_anchorings(["new"], clock(), uncounted="demo/") == added


def test_hurry_and_counts(both, clock):
    fill(both, clock, 3)
    close(both, clock)
    token, proof = lease(both, clock)
    both.settle(token, proof, next_try_at=clock() + timedelta(days=1))
    both.hurry((ProofState.PENDING,), clock())
    assert lease(both, clock) is None
    both.hurry(QUEUED, clock())
    assert lease(both, clock) is not None
    assert both.counts() == {ProofState.QUEUED: 2}

"""The job queue: one open job a key, leases that nobody shares, retries, fencing; checked against a simple model."""

import threading
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from records.engine import open_engine
from records.errors import Conflict
from records.jobs import JobRecords
from records.model import Job
from records.store import Records
from records.terms import JobKind, JobState

BOTH = (JobKind.CAPTURE, JobKind.STAMP)


def test_a_key_has_one_open_job(records: Records) -> None:
    first = records.jobs.enqueue(JobKind.CAPTURE, "hit-1")
    assert first.state is JobState.DUE and first.tries == 0
    assert records.jobs.enqueue(JobKind.CAPTURE, "hit-1") == first
    assert records.jobs.enqueue(JobKind.STAMP, "hit-1").id != first.id
    leased = records.jobs.lease([JobKind.CAPTURE], 60)
    assert leased is not None and leased.id == first.id
    assert records.jobs.enqueue(JobKind.CAPTURE, "hit-1") == leased
    records.jobs.finish(first.id)
    fresh = records.jobs.enqueue(JobKind.CAPTURE, "hit-1")
    assert fresh.id != first.id
    assert [job.state for job in records.jobs.all()].count(JobState.DONE) == 1
    assert [job.id for job in records.jobs.all(JobState.DONE)] == [first.id]
    assert records.jobs.get(fresh.id) == fresh and records.jobs.get("none") is None


def test_the_longest_due_is_taken_first_and_only_of_the_kinds_asked_for(records: Records) -> None:
    clock = records.jobs._clock
    for key in ("a", "b", "c"):
        records.jobs.enqueue(JobKind.CAPTURE, key)
        clock.advance(seconds=1)  # type: ignore[attr-defined]
    assert records.jobs.lease([JobKind.STAMP], 60) is None
    assert records.jobs.lease([], 60) is None
    taken = [records.jobs.lease(BOTH, 60) for _ in range(4)]
    assert [job.key if job else None for job in taken] == ["a", "b", "c", None]


def test_a_job_for_later_is_not_due_before(records: Records) -> None:
    clock = records.jobs._clock
    records.jobs.enqueue(JobKind.UPGRADE, "p", clock() + timedelta(minutes=5))
    assert records.jobs.lease([JobKind.UPGRADE], 60) is None
    clock.advance(minutes=5)  # type: ignore[attr-defined]
    assert records.jobs.lease([JobKind.UPGRADE], 60) is not None


def test_a_lease_that_ran_out_is_due_again_and_its_holder_is_fenced(records: Records) -> None:
    clock = records.jobs._clock
    records.jobs.enqueue(JobKind.CAPTURE, "hit-1")
    slow = records.jobs.lease(BOTH, 60)
    assert slow is not None
    clock.advance(seconds=59)  # type: ignore[attr-defined]
    assert records.jobs.lease(BOTH, 60) is None
    records.jobs.extend(slow.id, 60, slow.tries)
    clock.advance(seconds=59)  # type: ignore[attr-defined]
    assert records.jobs.lease(BOTH, 60) is None
    clock.advance(seconds=1)  # type: ignore[attr-defined]
    quick = records.jobs.lease(BOTH, 60)
    assert quick is not None and (quick.id, quick.tries) == (slow.id, 2)
    for act in (
        lambda: records.jobs.finish(slow.id, slow.tries),
        lambda: records.jobs.fail(slow.id, "late", None, slow.tries),
        lambda: records.jobs.extend(slow.id, 60, slow.tries),
    ):
        with pytest.raises(Conflict, match="for try 1"):
            act()
    records.jobs.finish(quick.id, quick.tries)
    with pytest.raises(Conflict):
        records.jobs.finish(quick.id)
    with pytest.raises(Conflict):
        records.jobs.fail("none", "x", None)


def test_a_failure_is_kept_and_retried_at_its_time_or_never(records: Records) -> None:
    clock = records.jobs._clock
    records.jobs.enqueue(JobKind.CAPTURE, "hit-1")
    first = records.jobs.lease(BOTH, 60)
    assert first is not None
    records.jobs.fail(first.id, "x" * 5000 + "\x00", clock() + timedelta(seconds=30))
    waiting = records.jobs.get(first.id)
    assert waiting is not None and waiting.state is JobState.DUE and len(waiting.last_error) == 2000
    assert records.jobs.lease(BOTH, 60) is None
    clock.advance(seconds=30)  # type: ignore[attr-defined]
    second = records.jobs.lease(BOTH, 60)
    assert second is not None and second.tries == 2
    records.jobs.fail(second.id, "for good", None)
    clock.advance(days=9)  # type: ignore[attr-defined]
    assert records.jobs.lease(BOTH, 60) is None
    failed = records.jobs.get(first.id)
    assert failed is not None and (failed.state, failed.last_error) == (JobState.FAILED, "for good")
    assert records.jobs.enqueue(JobKind.CAPTURE, "hit-1").id != first.id


def test_two_workers_never_hold_the_same_lease(url: str) -> None:
    store = Records(open_engine(url))
    for number in range(30):
        store.jobs.enqueue(JobKind.CAPTURE, f"hit-{number}")
    taken: list[str] = []
    together = threading.Barrier(4)

    def work() -> None:
        mine = JobRecords(store.sessions)
        together.wait(30)
        while (job := mine.lease(BOTH, 600)) is not None:
            taken.append(job.key)
            mine.finish(job.id, job.tries)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(taken) == sorted(f"hit-{number}" for number in range(30))
    assert {job.state for job in store.jobs.all()} == {JobState.DONE}
    store.close()


def test_many_enqueuers_of_one_key_make_one_job(url: str) -> None:
    store = Records(open_engine(url))
    together = threading.Barrier(6)
    ids: list[str] = []

    def work() -> None:
        together.wait(30)
        ids.append(store.jobs.enqueue(JobKind.PATROL, "watch-1").id)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(ids) == 6 and len(set(ids)) == 1
    assert len(store.jobs.all()) == 1
    store.close()


class _Queue(RuleBasedStateMachine):
    """The queue beside a model of it: a dict from id to (key, state, due, lease end, tries)."""

    records: Records
    clock: object

    def __init__(self) -> None:
        super().__init__()
        with self.records.sessions.begin() as session:
            from records.tables.jobs import JobRow

            session.query(JobRow).delete()
        self.jobs = self.records.jobs
        self.model: dict[str, Job] = {}
        self.due: dict[str, object] = {}

    @property
    def now(self):  # type: ignore[no-untyped-def]
        return self.jobs._clock()

    @rule(key=st.sampled_from("abc"))
    def enqueue(self, key: str) -> None:
        job = self.jobs.enqueue(JobKind.STAMP, key)
        standing = [
            one for one in self.model.values() if one.key == key and one.state in (JobState.DUE, JobState.LEASED)
        ]
        if standing:
            assert [job] == standing
        else:
            assert job.id not in self.model
            self.model[job.id], self.due[job.id] = job, self.now

    def _takeable(self, job: Job) -> bool:
        if job.state is JobState.DUE:
            return self.due[job.id] <= self.now  # type: ignore[operator, no-any-return]
        return job.state is JobState.LEASED and job.lease_until <= self.now  # type: ignore[operator]

    @rule(seconds=st.sampled_from([10, 60]))
    def lease(self, seconds: int) -> None:
        could = [job for job in self.model.values() if self._takeable(job)]
        job = self.jobs.lease([JobKind.STAMP], seconds)
        if not could:
            assert job is None
            return
        assert job is not None
        before = self.model[job.id]
        assert before in could
        assert self.due[job.id] == min(self.due[one.id] for one in could)  # type: ignore[type-var]
        assert job.tries == before.tries + 1 and job.lease_until == self.now + timedelta(seconds=seconds)
        self.model[job.id] = job

    def _leased(self) -> list[Job]:
        return sorted((job for job in self.model.values() if job.state is JobState.LEASED), key=lambda job: job.id)

    @precondition(lambda self: self._leased())
    @rule(data=st.data(), retry=st.sampled_from([None, 5, 100]), right_try=st.booleans(), done=st.booleans())
    def end(self, data: st.DataObject, retry: int | None, right_try: bool, done: bool) -> None:
        job = data.draw(st.sampled_from(self._leased()))
        tries = job.tries if right_try else job.tries - 1
        at = None if retry is None else self.now + timedelta(seconds=retry)
        try:
            if done:
                self.jobs.finish(job.id, tries)
            else:
                self.jobs.fail(job.id, "e", at, tries)
        except Conflict:
            assert not right_try
            return
        assert right_try
        self.model[job.id] = self.jobs.get(job.id)  # type: ignore[assignment]
        expected = JobState.DONE if done else (JobState.FAILED if at is None else JobState.DUE)
        assert self.model[job.id].state is expected
        if not done and at is not None:
            self.due[job.id] = at

    @rule(seconds=st.sampled_from([1, 10, 61]))
    def wait(self, seconds: int) -> None:
        self.jobs._clock.advance(seconds=seconds)  # type: ignore[attr-defined]

    @invariant()
    def stored_as_modelled(self) -> None:
        assert {job.id: job for job in self.jobs.all()} == self.model


@pytest.mark.parametrize(("examples", "steps"), [(8, 20), pytest.param(300, 60, marks=pytest.mark.soak)])
def test_the_queue_behaves_as_its_model(records: Records, examples: int, steps: int) -> None:
    machine = type("Queue", (_Queue,), {"records": records})
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )

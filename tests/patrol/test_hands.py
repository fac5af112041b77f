"""A worker with several hands: each job is done once, at the same time where it can be, and an error ends none of them."""

import threading
from collections.abc import Callable

import pytest

from guards.errors import MarkwatchError
from patrol.jobs import Worker
from patrol.tasks import ended, prepare
from records.model import Exhibit
from records.terms import CaptureOutcome, JobKind, JobState


@pytest.fixture
def worker(house) -> Callable[..., Worker]:
    """Make a worker whose captures are a function."""

    def make(capture: Callable[[str], str]) -> Worker:
        return Worker(
            house.records.jobs,
            {JobKind.CAPTURE: capture},
            house.now,
            prepare=lambda: None,
            tick=lambda _force: None,
        )

    return make


def test_two_jobs_are_done_at_the_same_time(house, worker):
    for key in ("h1", "h2"):
        house.records.jobs.enqueue(JobKind.CAPTURE, key)
    both = threading.Barrier(2, timeout=20)

    def capture(key: str) -> str:
        both.wait()
        return key

    report = worker(capture).run(once=True, hands=2)
    assert sorted(job.key for job in report.jobs) == ["h1", "h2"]
    assert report.done == 2


def test_each_job_is_done_once_by_whichever_hand(house, worker):
    keys = [f"h{number}" for number in range(12)]
    for key in keys:
        house.records.jobs.enqueue(JobKind.CAPTURE, key)
    done: list[str] = []

    def capture(key: str) -> str:
        done.append(key)
        return key

    told: list[str] = []
    report = worker(capture).run(once=True, hands=4, progress=lambda _key, /, **values: told.append(str(values["key"])))
    assert sorted(done) == sorted(keys) == sorted(told)
    assert report.done == 12
    assert {job.state for job in house.records.jobs.all()} == {JobState.DONE}


def test_a_failing_job_leaves_the_others_alone(house, worker):
    for key in ("good", "bad", "fine"):
        house.records.jobs.enqueue(JobKind.CAPTURE, key)

    def capture(key: str) -> str:
        if key == "bad":
            raise MarkwatchError("the page is gone", "try later")
        return key

    report = worker(capture).run(once=True, hands=3)
    assert (report.done, report.retrying, report.failed) == (2, 1, 0)
    (bad,) = [job for job in report.jobs if job.state == "retrying"]
    assert (bad.key, bad.detail) == ("bad", "the page is gone — try later")


def test_prepare_leaves_what_failed_for_good_to_a_person(house, shop):
    shop.see(shop.listing("1"))
    hit = shop.hit(shop.listing("1"))
    review = house.review()
    from records.terms import Verdict

    review.decide(hit.id, Verdict.SUSPECTED, actor="甲")
    review.confirm(hit.id, actor="乙")
    assert prepare(house) == 1
    job = house.records.jobs.lease([JobKind.CAPTURE], 10)
    house.records.jobs.fail(job.id, "gone", None, job.tries)
    assert prepare(house) == 0


@pytest.mark.parametrize(
    ("outcome", "kept"), [("complete", True), ("partial", True), ("failed", False), ("pending", False)]
)
def test_which_captures_have_ended_with_something(house, outcome, kept):
    exhibit = Exhibit("EV-1", "http://a.example/", CaptureOutcome(outcome), house.now())
    assert ended(exhibit) is kept

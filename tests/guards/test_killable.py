"""A job that spins, hoards, crashes or lies ends in its named error, and the next job is unharmed."""

import os
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import killable_jobs
import pytest

from guards.errors import CapExceeded, JobFailed, TimedOut, WorkerDied
from guards.killable import KillablePool, function_name, run_killable

MEMORY = 300_000_000


@pytest.fixture(scope="module")
def pool():
    with KillablePool(memory_bytes=MEMORY) as shared:
        yield shared


def still_well(pool):
    assert pool.run(killable_jobs.double, 21, 10) == 42


def is_gone(pid):
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def test_runs_a_function_by_name_or_itself(pool):
    assert pool.run("killable_jobs:double", 4, 10) == 8
    assert pool.run(killable_jobs.double, "ab", 10) == "abab"


def test_one_shot_gives_the_answer():
    assert run_killable(killable_jobs.double, 3, timeout_s=10, memory_bytes=MEMORY) == 6


def test_the_child_stays_warm(pool):
    first = pool.run(killable_jobs.pid, None, 10)
    assert first != os.getpid()
    assert pool.run(killable_jobs.pid, None, 10) == first


def test_answers_hold_records_dates_and_decimals(pool):
    answer = pool.run(killable_jobs.found, "阿拉善", 10)
    assert answer == killable_jobs.Found("阿拉善", datetime(2026, 1, 2, tzinfo=UTC), Decimal("3.50"))


@pytest.mark.parametrize(
    ("job", "error"),
    [
        (killable_jobs.spin, TimedOut),
        (killable_jobs.deep_regex, TimedOut),
        (killable_jobs.hoard, WorkerDied),
        (killable_jobs.crash, WorkerDied),
        (killable_jobs.kill_self, WorkerDied),
        (killable_jobs.fail, JobFailed),
        (killable_jobs.sly, WorkerDied),
        (killable_jobs.a_function, WorkerDied),
        ("killable_jobs:missing", JobFailed),
        ("no_such_module:f", JobFailed),
        ("killable_jobs:ctypes", JobFailed),
    ],
)
def test_each_way_to_go_wrong_has_its_error_and_spares_the_next_job(pool, job, error):
    with pytest.raises(error):
        pool.run(job, None, 0.7 if error is TimedOut else 30)
    still_well(pool)


def test_a_job_that_sleeps_is_ended_at_its_deadline(pool):
    with pytest.raises(TimedOut):
        pool.run(killable_jobs.sleep, 30, 0.3)
    still_well(pool)


@pytest.mark.parametrize("code", [0, 3])
def test_a_child_that_leaves_is_no_answer(pool, code):
    with pytest.raises(WorkerDied, match=f"exit code {code}"):
        pool.run(killable_jobs.leave, code, 10)
    still_well(pool)


def test_errors_of_the_house_arrive_as_themselves(pool):
    with pytest.raises(CapExceeded) as caught:
        pool.run(killable_jobs.refuse, None, 10)
    assert (caught.value.message, caught.value.next_step) == ("expected 3, found 4", "take one away")
    with pytest.raises(killable_jobs.OwnError, match="go on"):
        pool.run(killable_jobs.own_error, None, 10)


def test_what_a_job_prints_or_reads_does_not_touch_the_answer(pool):
    assert pool.run(killable_jobs.chatter, None, 10) == ""
    still_well(pool)


def test_large_arguments_and_answers_pass(pool):
    assert pool.run(killable_jobs.big, 30_000_000, 20) == b"x" * 30_000_000
    assert len(pool.run(killable_jobs.double, b"y" * 20_000_000, 20)) == 40_000_000


def test_the_memory_cap_is_the_jobs_own():
    with KillablePool(memory_bytes=20_000_000) as small:
        with pytest.raises(WorkerDied, match="memory"):
            small.run(killable_jobs.big, 60_000_000, 10)
        assert small.run(killable_jobs.big, 1000, 10) == b"x" * 1000


def test_what_a_job_started_is_killed_with_it(tmp_path):
    note = tmp_path / "pid"
    with pytest.raises(TimedOut):
        run_killable(killable_jobs.with_grandchild, str(note), timeout_s=1.5, memory_bytes=MEMORY)
    assert is_gone(int(note.read_text()))


def test_a_child_that_was_killed_between_jobs_is_replaced(pool):
    child = pool.run(killable_jobs.pid, None, 10)
    os.kill(child, 9)
    assert is_gone(child)
    still_well(pool)


def test_closing_ends_the_child_and_a_new_job_starts_another():
    pool = KillablePool(memory_bytes=MEMORY)
    child = pool.run(killable_jobs.pid, None, 10)
    pool.close()
    assert is_gone(child)
    assert pool.run(killable_jobs.pid, None, 10) != child
    pool.close()


@pytest.mark.parametrize("func", [lambda arg: arg, KillablePool.run, "no colon", "m:f.g", ":f", "__main__:f"])
def test_a_function_that_no_child_can_import_is_refused(func):
    with pytest.raises(JobFailed):
        function_name(func)

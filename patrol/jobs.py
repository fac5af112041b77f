"""The worker: leases due jobs, runs them under a heartbeat, retries with back-off, and lets the notary do what is due.

Rules:
- a job is held by a short lease that a heartbeat prolongs; a worker that was killed loses it within `LEASE_S`, and the
  job is due again. Every job is idempotent, so running it twice changes nothing
- an error is kept with the job; it is tried again with growing pauses, `MAX_TRIES` times, and is then failed for good
- SIGTERM and SIGINT end the worker after the job in hand
- `once` ends when nothing is due and nobody holds a lease: it waits for a dead worker's lease to run out, and no longer
"""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import FrameType

from guards.errors import MarkwatchError
from patrol.detecting import Progress
from patrol.logs import bound, logger
from patrol.ports import JobStore
from patrol.redaction import redact_text
from records.model import Job
from records.terms import JobKind, JobState

LEASE_S = 12.0
"""How long a lease lasts without a heartbeat, in seconds."""
BEAT_S = 3.0
"""Seconds between two heartbeats."""
POLL_S = 2.0
"""Seconds between two looks at the queue."""
MAX_TRIES = 5
"""A job that failed so often is failed for good."""
BACKOFF_S = 30.0
"""Pause after the first failure, in seconds; doubled each time."""

Handler = Callable[[str], str]
"""Does one job by its key and returns a few words on what came of it; raises MarkwatchError to be tried again."""


@dataclass(frozen=True, slots=True)
class JobReport:
    """How one job went: `state` is "done", "retrying" or "failed"."""

    kind: str
    key: str
    state: str
    detail: str = ""


@dataclass(slots=True)
class WorkReport:
    """How a worker's turn went."""

    jobs: list[JobReport] = field(default_factory=list)

    def count(self, state: str) -> int:
        """Return how many jobs ended in this state."""
        return sum(1 for job in self.jobs if job.state == state)

    @property
    def done(self) -> int:
        """Jobs done."""
        return self.count("done")

    @property
    def retrying(self) -> int:
        """Jobs that will be tried again."""
        return self.count("retrying")

    @property
    def failed(self) -> int:
        """Jobs failed for good."""
        return self.count("failed")

    def document(self) -> dict[str, object]:
        """Return the report as `work --json` prints it."""
        rows = [{"kind": j.kind, "key": j.key, "state": j.state, "detail": j.detail} for j in self.jobs]
        return {"done": self.done, "retrying": self.retrying, "failed": self.failed, "jobs": rows[-1000:]}


class Worker:
    """Runs jobs over a queue; `tick` is called once a turn for work that has a queue of its own (the notary's); its argument says whether to do
    at once what could wait.
    """

    def __init__(
        self,
        jobs: JobStore,
        handlers: Mapping[JobKind, Handler],
        clock: Callable[[], datetime],
        *,
        prepare: Callable[[], object],
        tick: Callable[[bool], object],
    ) -> None:
        self._jobs = jobs
        self._handlers = handlers
        self._clock = clock
        self._prepare = prepare
        self._tick = tick
        self._stop = threading.Event()
        self._log = logger("work")

    def stop(self) -> None:
        """Ask the worker to end after the job in hand."""
        self._stop.set()

    def run(self, *, once: bool = False, progress: Progress | None = None, hands: int = 1) -> WorkReport:
        """Work until stopped, or with `once` until nothing is due; return what was done.

        `hands` jobs are done at a time: a capture mostly waits for its page.
        """
        report = WorkReport()
        with self._signals():
            while not self._stop.is_set():
                self._prepare()
                self._drain_by(hands, report, progress)
                self._notary(once, progress)
                if once and not self._someone_holds_a_lease():
                    break
                self._stop.wait(1.0 if once else POLL_S)
        return report

    def _drain_by(self, hands: int, report: WorkReport, progress: Progress | None) -> None:
        """Run jobs until none is due, by this thread and its helpers; returns when all have ended."""
        helpers = [
            threading.Thread(target=self._help, args=(report, progress), name=f"hand-{number}", daemon=True)
            for number in range(1, hands)
        ]
        for helper in helpers:
            helper.start()
        self._drain(report, progress)
        for helper in helpers:
            helper.join()

    def _help(self, report: WorkReport, progress: Progress | None) -> None:
        try:
            self._drain(report, progress)
        except MarkwatchError as error:  # the main thread meets the same and says it
            self._log.error("a helper ended", error=str(error))

    def _drain(self, report: WorkReport, progress: Progress | None) -> None:
        """Run jobs until none is due."""
        while not self._stop.is_set():
            job = self._jobs.lease(list(self._handlers), LEASE_S)
            if job is None:
                return
            done = self._run_one(job)
            report.jobs.append(done)
            if progress:
                progress("work_job", kind=done.kind, key=done.key[:40], state=done.state, detail=done.detail)

    def _run_one(self, job: Job) -> JobReport:
        with bound(job=job.id, **_ids(job)), self._heartbeat(job):
            try:
                detail = self._handlers[job.kind](job.key)
            except MarkwatchError as error:
                return self._failed(job, str(error))
            except Exception as error:  # noqa: BLE001 - the worker's outermost loop: one job must not end the worker
                self._log.error("job failed unexpectedly", kind=job.kind.value, exc_info=error)
                return self._failed(job, f"{type(error).__name__}: {error}")
            return self._finished(job, detail)

    def _finished(self, job: Job, detail: str) -> JobReport:
        try:
            self._jobs.finish(job.id, job.tries)
        except MarkwatchError as error:  # another worker took it over; the work itself is idempotent
            self._log.warning("lease was lost", error=str(error))
        self._log.info("job done", kind=job.kind.value, detail=detail)
        return JobReport(job.kind.value, job.key, "done", detail)

    def _failed(self, job: Job, error: str) -> JobReport:
        error = redact_text(error)
        last = job.tries >= MAX_TRIES
        retry_at = None if last else self._clock() + timedelta(seconds=BACKOFF_S * 2 ** max(0, job.tries - 1))
        try:
            self._jobs.fail(job.id, error, retry_at, job.tries)
        except MarkwatchError as lost:
            self._log.warning("lease was lost", error=str(lost))
        self._log.error("job failed", kind=job.kind.value, tries=job.tries, error=error)
        return JobReport(job.kind.value, job.key, "failed" if last else "retrying", error)

    def _notary(self, now: bool, progress: Progress | None) -> None:  # noqa: FBT001 - passed on to the tick as it is
        try:
            self._tick(now)
        except MarkwatchError as error:
            self._log.error("notary", error=str(error))
            if progress:
                progress("warning", text=str(error))

    def _someone_holds_a_lease(self) -> bool:
        return any(job.state is JobState.LEASED and job.kind in self._handlers for job in self._jobs.all())

    @contextmanager
    def _heartbeat(self, job: Job) -> Iterator[None]:
        """Prolong the lease from another thread while the job runs."""
        ended = threading.Event()

        def beat() -> None:
            while not ended.wait(BEAT_S):
                try:
                    self._jobs.extend(job.id, LEASE_S, job.tries)
                except MarkwatchError as error:
                    self._log.warning("heartbeat failed", error=str(error))
                    return

        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join(timeout=BEAT_S + 1)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Turn SIGTERM and SIGINT into a stop; only the main thread can."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def on_signal(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        before = {number: signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _ids(job: Job) -> dict[str, str]:
    return {"hit": job.key} if job.kind is JobKind.CAPTURE else {}

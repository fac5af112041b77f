"""The job queue: idempotent enqueuing, leases that expire, retries with a time.

Rules:
- of a (kind, key) at most one job is open (due or leased); a partial unique index holds that
- a lease is taken by one atomic UPDATE … RETURNING, on PostgreSQL over rows that no other worker has locked
  (SKIP LOCKED): two workers never hold the same one
- a worker that dies leaves a lease that runs out; the job is due again, and `tries` counts it. A worker that was only
  slow is fenced: with `tries` given, `finish`, `fail` and `extend` raise `Conflict` once another worker has the job
- nothing here says that the work itself was done once: stages are idempotent for that
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Update, and_, or_, select, update

from records.clock import Clock, utc_now
from records.engine import Sessions
from records.errors import Conflict
from records.ids import new_ulid
from records.model import Job
from records.tables.jobs import OPEN, JobRow
from records.tables.types import record_of
from records.terms import JobKind, JobState
from records.upsert import insert_into

MAX_ERROR_CHARS = 2000
"""How much of an error's text is kept with its job."""


class JobRecords:
    """The queue of one database; `clock` is what leases and retries are measured by."""

    def __init__(self, sessions: Sessions, clock: Clock = utc_now) -> None:
        self._sessions = sessions
        self._clock = clock

    def enqueue(self, kind: JobKind, key: str, due_at: datetime | None = None) -> Job:
        """Add a job, due at once or at `due_at`, unless one with this (kind, key) is open; return the one that stands."""
        now = self._clock()
        with self._sessions.begin() as session:
            statement = insert_into(session, JobRow).values(
                id=new_ulid(), kind=kind, key=key, state=JobState.DUE, created_at=now, due_at=due_at or now,
                tries=0, lease_until=None, last_error="",
            )  # fmt: skip
            ignoring = statement.on_conflict_do_nothing(index_elements=["kind", "key"], index_where=OPEN)
            row = session.scalar(ignoring.returning(JobRow))
            if row is None:
                row = session.scalar(select(JobRow).where(JobRow.kind == kind, JobRow.key == key, OPEN))
        if row is None:  # another worker finished it between the two statements
            return self.enqueue(kind, key, due_at)
        return record_of(Job, row)

    def lease(self, kinds: Sequence[JobKind], seconds: float) -> Job | None:
        """Take the job that has been due longest, or whose lease ran out; None where nothing is due."""
        now = self._clock()
        oldest = (
            select(JobRow.id)
            .where(JobRow.kind.in_(kinds), _takeable(now))
            .order_by(JobRow.due_at, JobRow.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        take = (
            update(JobRow)
            .where(JobRow.id == oldest.scalar_subquery())
            .values(state=JobState.LEASED, tries=JobRow.tries + 1, lease_until=now + timedelta(seconds=seconds))
            .returning(JobRow)
            .execution_options(synchronize_session=False)
        )
        with self._sessions.begin() as session:
            row = session.scalar(take)
            return None if row is None else record_of(Job, row)

    def extend(self, job_id: str, seconds: float, tries: int | None = None) -> None:
        """Prolong a lease that one still holds; raise `Conflict` otherwise."""
        until = self._clock() + timedelta(seconds=seconds)
        self._change(job_id, tries, _held(job_id, tries).values(lease_until=until))

    def finish(self, job_id: str, tries: int | None = None) -> None:
        """Mark a leased job done; raise `Conflict` where it is not leased (any more)."""
        done = _held(job_id, tries).values(state=JobState.DONE, lease_until=None, last_error="")
        self._change(job_id, tries, done)

    def fail(self, job_id: str, error: str, retry_at: datetime | None, tries: int | None = None) -> None:
        """Record an error; due again at `retry_at`, or failed for good where it is None."""
        state = JobState.FAILED if retry_at is None else JobState.DUE
        values: dict[str, object] = {"state": state, "lease_until": None, "last_error": error[:MAX_ERROR_CHARS]}
        if retry_at is not None:
            values["due_at"] = retry_at
        self._change(job_id, tries, _held(job_id, tries).values(**values))

    def get(self, job_id: str) -> Job | None:
        """Return one job, None where there is none."""
        with self._sessions() as session:
            row = session.get(JobRow, job_id)
            return None if row is None else record_of(Job, row)

    def all(self, state: JobState | None = None, limit: int = 10_000) -> list[Job]:
        """Return the jobs, oldest first, at most `limit`."""
        query = select(JobRow).order_by(JobRow.created_at, JobRow.id).limit(limit)
        if state is not None:
            query = query.where(JobRow.state == state)
        with self._sessions() as session:
            return [record_of(Job, row) for row in session.scalars(query)]

    def _change(self, job_id: str, tries: int | None, statement: Update) -> None:
        with self._sessions.begin() as session:
            if session.scalar(statement.returning(JobRow.id)) is None:
                turn = "" if tries is None else f" for try {tries}"
                raise Conflict(
                    f"expected the lease of job {job_id}{turn}, but it is not held", "leave it to its holder"
                )


def _takeable(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(JobRow.state == JobState.DUE, JobRow.due_at <= now),
        and_(JobRow.state == JobState.LEASED, JobRow.lease_until <= now),
    )


def _held(job_id: str, tries: int | None) -> Update:
    held = update(JobRow).where(JobRow.id == job_id, JobRow.state == JobState.LEASED)
    return held if tries is None else held.where(JobRow.tries == tries)

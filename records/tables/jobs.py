"""Jobs: due work as rows."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from records.tables.base import Base, SafeText, UtcDateTime
from records.tables.types import EnumText
from records.terms import JobKind, JobState

OPEN = text("state IN ('due', 'leased')")
"""Where a job is open. The partial unique index over it makes enqueuing idempotent."""


class JobRow(Base):
    """One job; the columns are `records.model.Job`'s fields, and when it is due (`due_at`, later after a failure)."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("uq_jobs_open", "kind", "key", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index(None, "state", "due_at"),
    )

    id: Mapped[str] = mapped_column(SafeText, primary_key=True)
    kind: Mapped[JobKind] = mapped_column(EnumText(JobKind))
    key: Mapped[str] = mapped_column(SafeText)
    state: Mapped[JobState] = mapped_column(EnumText(JobState))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int]
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str] = mapped_column(SafeText)

"""Hits with their findings, and the marks of what was detected with which engine version."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from records.model import Finding
from records.tables.base import Base, SafeText, UtcDateTime
from records.tables.types import Coded, EnumText
from records.terms import HitState, Outcome


class HitRow(Base):
    """One (listing, right) pair.

    `snapshot_id` is the snapshot that the findings speak of; `decided_snapshot_id` the one that the last decision
    was made on ("" while undecided). `listing_id` has no foreign key: a hit must outlive its listing's row.
    """

    __tablename__ = "hits"
    __table_args__ = (Index(None, "listing_id", "right_id", unique=True), Index(None, "state", "score"))

    id: Mapped[str] = mapped_column(SafeText, primary_key=True)
    listing_id: Mapped[str] = mapped_column(SafeText)
    right_id: Mapped[str] = mapped_column(ForeignKey("rights.id"), index=True)
    score: Mapped[float]
    alert: Mapped[bool]
    outcome: Mapped[Outcome] = mapped_column(EnumText(Outcome))
    findings: Mapped[tuple[Finding, ...]] = mapped_column(Coded(tuple[Finding, ...]))
    snapshot_id: Mapped[str] = mapped_column(SafeText)
    state: Mapped[HitState] = mapped_column(EnumText(HitState))
    found_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_snapshot_id: Mapped[str] = mapped_column(SafeText)


class MarkRow(Base):
    """The pair (snapshot, engine version) with which a listing was last detected.

    One row a listing, not a pair: a listing that returns to an older content has to be detected again. The version
    changes with rights, model and thresholds.
    """

    __tablename__ = "detection_marks"

    listing_id: Mapped[str] = mapped_column(ForeignKey("listings.id", ondelete="CASCADE"), primary_key=True)
    snapshot_id: Mapped[str] = mapped_column(SafeText)
    version: Mapped[str] = mapped_column(SafeText)
    at: Mapped[datetime] = mapped_column(UtcDateTime)

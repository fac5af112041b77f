"""Decisions of reviewers, append-only."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from records.tables.append_only import append_only
from records.tables.base import Base, SafeText, UtcDateTime
from records.tables.types import EnumText
from records.terms import DecisionStage, Verdict


class DecisionRow(Base):
    """One decision; the columns are `records.model.Decision`'s fields. Never changed, never deleted."""

    __tablename__ = "decisions"

    id: Mapped[str] = mapped_column(SafeText, primary_key=True)
    hit_id: Mapped[str] = mapped_column(ForeignKey("hits.id"), index=True)
    actor: Mapped[str] = mapped_column(SafeText)
    verdict: Mapped[Verdict] = mapped_column(EnumText(Verdict))
    stage: Mapped[DecisionStage] = mapped_column(EnumText(DecisionStage))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(SafeText)
    snapshot_id: Mapped[str] = mapped_column(SafeText)


append_only(Base.metadata.tables["decisions"])

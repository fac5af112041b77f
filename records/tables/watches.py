"""Watches: where to look, for which rights, how often."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from records.tables.base import Base, SafeText, UtcDateTime
from records.tables.types import Coded, EnumText
from records.terms import RenderMode, TargetKind, WatchState


class WatchRow(Base):
    """One watch; the columns are `records.model.Watch`'s fields."""

    __tablename__ = "watches"

    id: Mapped[str] = mapped_column(SafeText, primary_key=True)
    name: Mapped[str] = mapped_column(SafeText, unique=True)
    target_kind: Mapped[TargetKind] = mapped_column(EnumText(TargetKind))
    targets: Mapped[tuple[str, ...]] = mapped_column(Coded(tuple[str, ...]))
    right_ids: Mapped[tuple[str, ...]] = mapped_column(Coded(tuple[str, ...]))
    cadence_hours: Mapped[int]
    page_limit: Mapped[int]
    render: Mapped[RenderMode] = mapped_column(EnumText(RenderMode))
    authority: Mapped[str] = mapped_column(SafeText)
    state: Mapped[WatchState] = mapped_column(EnumText(WatchState))
    created_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    window: Mapped[str] = mapped_column(SafeText, default="")
    session_id: Mapped[str] = mapped_column(SafeText, default="")

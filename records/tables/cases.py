"""Cases, their hits, the counters of their numbers, and the packages built from them."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from records.tables.base import Base, SafeText, UtcDateTime
from records.tables.types import Coded


class CaseRow(Base):
    """One case under a number that stays. `listing_id` is the listing that it was opened for (None: by hand)."""

    __tablename__ = "cases"

    id: Mapped[str] = mapped_column(SafeText, primary_key=True)
    number: Mapped[str] = mapped_column(SafeText, unique=True)
    title: Mapped[str] = mapped_column(SafeText)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    listing_id: Mapped[str | None] = mapped_column(SafeText, unique=True)


class CaseHitRow(Base):
    """A hit belongs to a case, at a place in its order."""

    __tablename__ = "case_hits"

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    hit_id: Mapped[str] = mapped_column(ForeignKey("hits.id"), primary_key=True, index=True)
    place: Mapped[int]


class CaseCounterRow(Base):
    """The last case number given out in a year. Its row lock makes numbers gapless under concurrency."""

    __tablename__ = "case_counters"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class PackageRow(Base):
    """One package; the columns are `records.model.Package`'s fields."""

    __tablename__ = "packages"

    id: Mapped[str] = mapped_column(SafeText, primary_key=True)
    case_id: Mapped[str] = mapped_column(SafeText, index=True)
    exhibit_ids: Mapped[tuple[str, ...]] = mapped_column(Coded(tuple[str, ...]))
    path: Mapped[str] = mapped_column(SafeText)
    sha256: Mapped[str] = mapped_column(SafeText)
    built_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recipient: Mapped[str] = mapped_column(SafeText)

"""What is remembered across runs: hosts and what is owed to them, pages that need a browser, logins, fairs."""

from datetime import date, datetime

from sqlalchemy import Boolean, Double, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from records.crawl import Exhibitor
from records.tables.base import Base, SafeText, UtcDateTime
from records.tables.types import Coded


class HostRow(Base):
    """One host; the columns are `records.crawl.HostState`'s fields."""

    __tablename__ = "hosts"
    host: Mapped[str] = mapped_column(SafeText, primary_key=True)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delay_s: Mapped[float] = mapped_column(Double)
    failures: Mapped[int] = mapped_column(Integer)
    open_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    day: Mapped[date | None]
    requests: Mapped[int] = mapped_column(Integer)


class RenderNeedRow(Base):
    """Whether the pages of a host and path template need a browser; `records.crawl.RenderNeed`'s fields."""

    __tablename__ = "render_needs"
    host: Mapped[str] = mapped_column(SafeText, primary_key=True)
    template: Mapped[str] = mapped_column(SafeText, primary_key=True)
    needed: Mapped[bool] = mapped_column(Boolean)
    probed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    pages: Mapped[int] = mapped_column(Integer)


class LoginRow(Base):
    """A sealed login; `records.crawl.Login`'s fields."""

    __tablename__ = "logins"
    id: Mapped[str] = mapped_column(SafeText, primary_key=True)
    host: Mapped[str] = mapped_column(SafeText, index=True)
    authority: Mapped[str] = mapped_column(SafeText)
    actor: Mapped[str] = mapped_column(SafeText)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class FairRow(Base):
    """An exhibition as last seen; `records.crawl.Fair`'s fields."""

    __tablename__ = "fairs"
    id: Mapped[str] = mapped_column(SafeText, primary_key=True)
    watch_id: Mapped[str] = mapped_column(SafeText, index=True)
    url: Mapped[str] = mapped_column(SafeText)
    name: Mapped[str] = mapped_column(SafeText)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    starts: Mapped[date | None]
    ends: Mapped[date | None]
    venue: Mapped[str] = mapped_column(SafeText)
    exhibitors: Mapped[tuple[Exhibitor, ...]] = mapped_column(Coded(tuple[Exhibitor, ...]))

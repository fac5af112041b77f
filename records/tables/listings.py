"""Tables of the crawler's records: sources, runs, their pages, listings as last seen, and snapshots.

Rules:
- a page of a run is done in the same transaction that writes its listings and the pages that follow from it
- a snapshot's id is the digest of its content, so equal content is one row however often it is seen
- `watch_listings` ties a listing to the watches that see it: only they can find it missing
"""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from records.crawl import Alarm
from records.tables.base import Base, Json, SafeText, UtcDateTime
from records.tables.types import Coded


class SourceRow(Base):
    """A site, by its origin."""

    __tablename__ = "sources"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    origin: Mapped[str] = mapped_column(SafeText, unique=True)
    name: Mapped[str] = mapped_column(SafeText, default="")


class RunRow(Base):
    """A run of a watch; `complete` says that it left no page out."""

    __tablename__ = "runs"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    watch_id: Mapped[str] = mapped_column(String(64), index=True)
    outcome: Mapped[str] = mapped_column(String(16), index=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    pages: Mapped[int] = mapped_column(Integer, default=0)
    items: Mapped[int] = mapped_column(Integer, default=0)
    new_items: Mapped[int] = mapped_column(Integer, default=0)
    rendered_pages: Mapped[int] = mapped_column(Integer, default=0)
    rung: Mapped[str | None] = mapped_column(String(24), default=None)
    reason: Mapped[str] = mapped_column(SafeText, default="")
    complete: Mapped[bool] = mapped_column(Boolean, default=False)
    coverage: Mapped[dict[str, float]] = mapped_column(Coded(dict[str, float]), default=dict)
    alarms: Mapped[tuple[Alarm, ...]] = mapped_column(Coded(tuple[Alarm, ...]), default=())
    robots: Mapped[str] = mapped_column(SafeText, default="obeyed")
    screenshot_sha256: Mapped[str] = mapped_column(String(64), default="")


class RunPageRow(Base):
    """A page of a run: due (`done_at` empty) or done. `task` is the crawler's own JSON."""

    __tablename__ = "run_pages"
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer)
    task: Mapped[str] = mapped_column(SafeText)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=None)
    status: Mapped[int] = mapped_column(Integer, default=0)
    page_sha256: Mapped[str] = mapped_column(String(64), default="")
    rung: Mapped[str | None] = mapped_column(String(24), default=None)
    rendered: Mapped[bool] = mapped_column(Boolean, default=False)
    reason: Mapped[str] = mapped_column(SafeText, default="")


class ListingRow(Base):
    """A listing as last seen; `data` is the whole `Listing`.

    `field_sha256` is the digest of its fields, tracking parameters and jitter of prices aside; `raw_sha256` of the page's bytes.
    """

    __tablename__ = "listings"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    source_id: Mapped[str] = mapped_column(ForeignKey("sources.id"), index=True)
    key: Mapped[str] = mapped_column(SafeText)
    title: Mapped[str] = mapped_column(SafeText)
    url: Mapped[str | None] = mapped_column(SafeText, default=None)
    seller: Mapped[str] = mapped_column(SafeText, default="")
    state: Mapped[str] = mapped_column(String(16), index=True)
    snapshot_id: Mapped[str] = mapped_column(String(64), default="", index=True)
    data: Mapped[object] = mapped_column(Json)
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_run_id: Mapped[str] = mapped_column(String(26), default="")
    field_sha256: Mapped[str] = mapped_column(String(64), default="")
    raw_sha256: Mapped[str] = mapped_column(String(64), default="")


class SnapshotRow(Base):
    """A listing's content, once for each different content."""

    __tablename__ = "snapshots"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    listing_id: Mapped[str] = mapped_column(ForeignKey("listings.id", ondelete="CASCADE"), index=True)
    run_id: Mapped[str] = mapped_column(String(26), index=True)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    listing: Mapped[object] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(16))
    page_url: Mapped[str] = mapped_column(SafeText, default="")
    page_sha256: Mapped[str] = mapped_column(String(64), default="")
    rendered: Mapped[bool] = mapped_column(Boolean, default=False)
    image_sha256s: Mapped[object] = mapped_column(Json)


class WatchListingRow(Base):
    """A listing that a watch has seen: in which run last, and how many complete runs have missed it since."""

    __tablename__ = "watch_listings"
    watch_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    listing_id: Mapped[str] = mapped_column(ForeignKey("listings.id", ondelete="CASCADE"), primary_key=True)
    run_id: Mapped[str] = mapped_column(String(26))
    state: Mapped[str] = mapped_column(String(16))
    missed: Mapped[int] = mapped_column(Integer, default=0)
    __table_args__ = (Index("ix_watch_listings_watch_id_run_id", "watch_id", "run_id"),)

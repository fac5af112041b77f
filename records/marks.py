"""Marks: with which (snapshot, engine version) each listing was last detected, so that detection is idempotent.

The version changes with rights, model and thresholds; then every listing is due again.
"""

from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from records.codec import from_json
from records.engine import Sessions
from records.model import Listing, Snapshot
from records.tables.hits import MarkRow
from records.tables.listings import ListingRow, SnapshotRow
from records.terms import ListingState
from records.upsert import upsert


class MarkRecords:
    """The marks of one database; `HitRecords.save_detected` sets them together with the hits."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def undetected(self, version: str, limit: int) -> list[Snapshot]:
        """Return the latest snapshots of listings not yet detected with `version`, oldest first."""
        return undetected_snapshots(self._sessions, version, limit)

    def get(self, listing_id: str) -> tuple[str, str] | None:
        """Return the (snapshot id, version) that a listing was last detected with, None where it never was."""
        with self._sessions() as session:
            row = session.get(MarkRow, listing_id)
            return None if row is None else (row.snapshot_id, row.version)

    def count(self, version: str) -> int:
        """Return how many listings were last detected with `version`."""
        with self._sessions() as session:
            query = select(func.count()).select_from(MarkRow).where(MarkRow.version == version)
            return session.scalar(query) or 0


def undetected_snapshots(sessions: Sessions, version: str, limit: int) -> list[Snapshot]:
    """Return the latest snapshots of listings not yet detected with `version`, oldest first."""
    done = and_(
        MarkRow.listing_id == ListingRow.id,
        MarkRow.snapshot_id == ListingRow.snapshot_id,
        MarkRow.version == version,
    )
    query = (
        select(SnapshotRow)
        .join(ListingRow, ListingRow.snapshot_id == SnapshotRow.id)
        .outerjoin(MarkRow, done)
        .where(MarkRow.listing_id.is_(None))
        .order_by(SnapshotRow.taken_at, SnapshotRow.id)
        .limit(limit)
    )
    with sessions() as session:
        return [_snapshot(row) for row in session.scalars(query)]


def set_mark(session: Session, listing_id: str, snapshot_id: str, version: str, now: datetime) -> None:
    """Mark a listing as detected, inside the caller's transaction."""
    row = {"listing_id": listing_id, "snapshot_id": snapshot_id, "version": version, "at": now}
    upsert(session, MarkRow, [row], key="listing_id")


def _snapshot(row: SnapshotRow) -> Snapshot:
    pictures = row.image_sha256s if isinstance(row.image_sha256s, list) else []
    return Snapshot(
        id=row.id,
        listing_id=row.listing_id,
        run_id=row.run_id,
        taken_at=row.taken_at,
        listing=from_json(Listing, row.listing),
        state=ListingState(row.state),
        page_url=row.page_url,
        page_sha256=row.page_sha256,
        rendered=row.rendered,
        image_sha256s=tuple(str(sha) for sha in pictures),
    )

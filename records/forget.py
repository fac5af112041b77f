"""Forgetting what is no hit: which rows go after a time, and which bytes of the vault nothing needs any more.

Rules:
- what a hit that asks for a person, a decision, a case or an exhibit speaks of is never forgotten here
- rows go in transactions of some hundred listings, with the digests of their pictures noted as loose in the same one;
  bytes go only after that, so that a kill leaves at most bytes that the next call takes away
- a page's own bytes are loose from the start: they are kept while its listings wait for detection or a hit on them for
  a decision and its capture, and go with the next call after that
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from records.engine import Sessions
from records.tables.cases import CaseHitRow, CaseRow
from records.tables.exhibits import ArtifactRow, CustodyRow, ExhibitRow
from records.tables.hits import HitRow, MarkRow
from records.tables.listings import ListingRow, RunPageRow, RunRow, SnapshotRow, WatchListingRow
from records.tables.loose import LooseBlobRow
from records.tables.proofs import CommitmentRow
from records.tables.rights import ReferenceRow
from records.tables.sellers import SellerRow
from records.terms import HitState, RunOutcome
from records.upsert import chunks, insert_new

BATCH = 200
"""Listings or snapshots that one transaction forgets."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much was forgotten: rows of each kind."""

    listings: int = 0
    snapshots: int = 0
    pages: int = 0
    sellers: int = 0

    def __add__(self, other: "Forgotten") -> "Forgotten":
        return Forgotten(
            self.listings + other.listings,
            self.snapshots + other.snapshots,
            self.pages + other.pages,
            self.sellers + other.sellers,
        )


class ForgetRecords:
    """What may be forgotten of one database."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def forget(self, before: datetime) -> Forgotten:
        """Forget what was last seen before a time and is no hit; return how much.

        That is listings with all that was seen of them, older contents of those still on offer, the pages of ended runs,
        and sellers of whom no listing is left.
        """
        total = Forgotten()
        for step in (_listings, _snapshots, _pages, _sellers):
            while True:
                with self._sessions.begin() as session:
                    done = step(session, before)
                total += done
                if done == Forgotten():
                    break
        return total

    def would_forget(self, before: datetime) -> Forgotten:
        """Return how much `forget` would forget, and forget nothing."""
        total = Forgotten()
        with self._sessions() as session:
            for step in (_listings, _snapshots, _pages, _sellers):
                while (done := step(session, before)) != Forgotten():
                    total += done
            session.rollback()
        return total

    def loose(self) -> list[str]:
        """Return the digests of bytes that may go, those that something needs among them."""
        with self._sessions() as session:
            return list(session.scalars(select(LooseBlobRow.sha256).order_by(LooseBlobRow.sha256)))

    def needed(self, digests: Sequence[str]) -> Mapping[str, bool]:
        """Return of digests that something needs whether it needs them for as long as it is there itself (else: for now)."""
        with self._sessions() as session:
            lasting = _named(session, digests) | _pictured(session, frozenset(digests))
            waiting = _waiting(session, digests)
        return dict.fromkeys(waiting, False) | dict.fromkeys(lasting, True)

    def settle(self, digests: Iterable[str]) -> None:
        """Take digests off the list of loose ones."""
        for part in chunks(list(digests)):
            with self._sessions.begin() as session:
                session.execute(delete(LooseBlobRow).where(LooseBlobRow.sha256.in_(part)))


def note_loose(session: Session, digests: Iterable[str], at: datetime) -> None:
    """Note digests as loose inside the caller's transaction; "" is left out."""
    for sha in sorted(set(digests) - {""}):
        insert_new(session, LooseBlobRow, {"sha256": sha, "since": at}, key="sha256")


def _counts(hit: type[HitRow] = HitRow) -> ColumnElement[bool]:
    """Whether a hit counts: it asks for a person, somebody has decided on it, or it is in a case or captured."""
    in_case = exists().where(CaseHitRow.hit_id == hit.id)
    captured = exists().where(ExhibitRow.hit_id == hit.id)
    return or_(hit.alert, hit.state != HitState.OPEN, in_case, captured)


def _listings(session: Session, before: datetime) -> Forgotten:
    counted = exists().where(HitRow.listing_id == ListingRow.id, _counts())
    in_case = exists().where(CaseRow.listing_id == ListingRow.id)
    query = select(ListingRow.id).where(ListingRow.last_seen_at < before, ~counted, ~in_case)
    ids = list(session.scalars(query.order_by(ListingRow.id).limit(BATCH)))
    if not ids:
        return Forgotten()
    snapshots = list(session.scalars(select(SnapshotRow).where(SnapshotRow.listing_id.in_(ids))))
    note_loose(session, _digests(snapshots), before)
    session.execute(delete(HitRow).where(HitRow.listing_id.in_(ids)))
    for table in (MarkRow, WatchListingRow, SnapshotRow):
        session.execute(delete(table).where(table.listing_id.in_(ids)))
    session.execute(delete(ListingRow).where(ListingRow.id.in_(ids)))
    return Forgotten(listings=len(ids), snapshots=len(snapshots))


def _snapshots(session: Session, before: datetime) -> Forgotten:
    latest = exists().where(ListingRow.snapshot_id == SnapshotRow.id)
    spoken_of = or_(HitRow.snapshot_id == SnapshotRow.id, HitRow.decided_snapshot_id == SnapshotRow.id)
    used = exists().where(HitRow.listing_id == SnapshotRow.listing_id, spoken_of, _counts())
    query = select(SnapshotRow).where(SnapshotRow.taken_at < before, ~latest, ~used)
    rows = list(session.scalars(query.order_by(SnapshotRow.id).limit(BATCH)))
    if not rows:
        return Forgotten()
    note_loose(session, _digests(rows), before)
    session.execute(delete(SnapshotRow).where(SnapshotRow.id.in_([row.id for row in rows])))
    return Forgotten(snapshots=len(rows))


def _pages(session: Session, before: datetime) -> Forgotten:
    ended = select(RunRow.id).where(RunRow.outcome != RunOutcome.RUNNING, RunRow.ended_at < before)
    query = select(RunPageRow.run_id, RunPageRow.key).where(RunPageRow.run_id.in_(ended)).limit(BATCH)
    found = session.execute(query).all()
    for run_id, key in found:
        session.execute(delete(RunPageRow).where(RunPageRow.run_id == run_id, RunPageRow.key == key))
    return Forgotten(pages=len(found))


def _sellers(session: Session, before: datetime) -> Forgotten:
    del before  # a seller has no time of his own: he goes with his last listing
    selling = exists().where(
        ListingRow.source_id == SellerRow.source_id, func.trim(ListingRow.seller) == SellerRow.name
    )
    ids = list(session.scalars(select(SellerRow.id).where(~selling).limit(BATCH)))
    if ids:
        session.execute(delete(SellerRow).where(SellerRow.id.in_(ids)))
    return Forgotten(sellers=len(ids))


def _digests(rows: Iterable[SnapshotRow]) -> set[str]:
    return {str(sha) for row in rows for sha in (*_pictures(row.image_sha256s), row.page_sha256)}


def _pictures(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _named(session: Session, digests: Sequence[str]) -> set[str]:
    """Return the digests that a reference, an exhibit, its custody, a run's screenshot or a proof names."""
    found: set[str] = set()
    columns = (
        ReferenceRow.sha256,
        ArtifactRow.sha256,
        CustodyRow.object_sha256,
        RunRow.screenshot_sha256,
        CommitmentRow.sha256,
    )
    for part in chunks(list(digests)):
        for column in columns:
            found.update(session.scalars(select(column).where(column.in_(part))))
    return found


def _pictured(session: Session, digests: Collection[str]) -> set[str]:
    """Return the digests that a snapshot's pictures have: one pass over all of them."""
    query = select(SnapshotRow.image_sha256s).execution_options(yield_per=1_000)
    return {str(sha) for pictures in session.scalars(query) for sha in _pictures(pictures) if sha in digests}


def _waiting(session: Session, digests: Sequence[str]) -> set[str]:
    """Return the digests of pages whose listings wait for detection, or a hit on them for a decision."""
    found: set[str] = set()
    detected = exists().where(MarkRow.listing_id == SnapshotRow.listing_id, MarkRow.snapshot_id == SnapshotRow.id)
    latest = exists().where(ListingRow.snapshot_id == SnapshotRow.id)
    uncaptured = (HitRow.state == HitState.CONFIRMED) & ~exists().where(ExhibitRow.hit_id == HitRow.id)
    open_ = HitRow.state.in_((HitState.OPEN, HitState.PROPOSED, HitState.SNOOZED))
    undecided = exists().where(HitRow.snapshot_id == SnapshotRow.id, HitRow.alert, or_(open_, uncaptured))
    for part in chunks(list(digests)):
        query = select(SnapshotRow.page_sha256).where(SnapshotRow.page_sha256.in_(part))
        found.update(session.scalars(query.where(or_(latest & ~detected, undecided))))
    return found

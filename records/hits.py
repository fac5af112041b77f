"""The hits: stored by detection, read by the desk.

Rules:
- a hit that is detected again keeps its id, `found_at` and review state; score, outcome, findings and snapshot follow
- a pair that detection no longer finds in the *same* snapshot (rights or model changed) stops asking for a person; in
  a *changed* listing the older findings stay, and the hit shows as stale: what was seen was seen
- decisions set the state (`records.decisions`); nothing here does
"""

import builtins
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from records.clock import Clock, utc_now
from records.codec import from_json
from records.engine import Sessions
from records.errors import NotFound
from records.ids import hit_id
from records.marks import set_mark, undetected_snapshots
from records.model import Hit, Listing, Right, Snapshot
from records.tables.cases import CaseHitRow, CaseRow
from records.tables.hits import HitRow
from records.tables.listings import ListingRow, SnapshotRow
from records.tables.rights import RightRow
from records.tables.types import columns_of, record_of
from records.terms import HitState, ListingState, Outcome
from records.upsert import chunks, upsert
from records.views import HitView

MIN_PREFIX = 6
"""How many characters of an id `get` needs at least."""


@dataclass(frozen=True, slots=True)
class HitFilter:
    """Which hits: each field that is set narrows. `min_score` is inclusive, `since` by `found_at` is too."""

    states: tuple[HitState, ...] = ()
    right_ids: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    listing_ids: tuple[str, ...] = ()
    min_score: float | None = None
    since: datetime | None = None
    alerts_only: bool = True


ALERTS = HitFilter()
"""Every hit that asks for a person."""


class HitRecords:
    """The hits of one database."""

    def __init__(self, sessions: Sessions, clock: Clock = utc_now) -> None:
        self._sessions = sessions
        self._clock = clock

    # what detection does

    def undetected(self, version: str, limit: int) -> builtins.list[Snapshot]:
        """Return the latest snapshots of listings not yet detected with `version`, oldest first."""
        return undetected_snapshots(self._sessions, version, limit)

    def save_detected(self, snapshot_id: str, version: str, hits: Sequence[Hit]) -> int:
        """Store a snapshot's hits and that it was detected, in one transaction; return how many hits are new.

        Raises `NotFound` for a snapshot that is not stored.
        """
        with self._sessions.begin() as session:
            listing_id = session.scalar(select(SnapshotRow.listing_id).where(SnapshotRow.id == snapshot_id))
            if listing_id is None:
                raise NotFound(f"no snapshot has the id {snapshot_id}", "patrol again")
            now = self._clock()
            mine = [replace(hit, listing_id=listing_id, snapshot_id=snapshot_id) for hit in hits]
            new = _store(session, mine, now)
            _withdraw(session, listing_id, snapshot_id, [hit_id(listing_id, hit.right_id) for hit in hits], now)
            set_mark(session, listing_id, snapshot_id, version, now)
        return new

    def save(self, hits: Sequence[Hit]) -> int:
        """Insert or update hits that come without a stored snapshot; return how many are new."""
        with self._sessions.begin() as session:
            return _store(session, hits, self._clock())

    # what the desk reads

    def get(self, hit_id: str) -> Hit | None:
        """Return one hit; `hit_id` may be a prefix of at least 6 characters where only one hit begins so."""
        with self._sessions() as session:
            row = _find(session, hit_id)
            return None if row is None else record_of(Hit, row)

    def query(
        self,
        *,
        state: HitState | None = None,
        since: datetime | None = None,
        alerts_only: bool = True,
        limit: int = 500,
        offset: int = 0,
    ) -> builtins.list[Hit]:
        """Return hits, the highest score first."""
        states = () if state is None else (state,)
        query = _narrow(select(HitRow), HitFilter(states=states, since=since, alerts_only=alerts_only))
        with self._sessions() as session:
            rows = session.scalars(query.order_by(HitRow.score.desc(), HitRow.id).limit(limit).offset(offset))
            return [record_of(Hit, row) for row in rows]

    def list(self, which: HitFilter = ALERTS, *, limit: int = 500, offset: int = 0) -> builtins.list[HitView]:
        """Return hits with their rights, listings and case numbers in one query, the highest score first."""
        query = _narrow(_joined(), which).order_by(HitRow.score.desc(), HitRow.id)
        with self._sessions() as session:
            return [_view(row) for row in session.execute(query.limit(limit).offset(offset))]

    def view(self, hit_id: str) -> HitView | None:
        """Return one hit with its right, listing and case number; `hit_id` may be a prefix as in `get`."""
        with self._sessions() as session:
            found = _find(session, hit_id)
            row = None if found is None else session.execute(_joined().where(HitRow.id == found.id)).first()
            return None if row is None else _view(row)

    def count(self, which: HitFilter = ALERTS) -> int:
        """Return how many hits there are."""
        with self._sessions() as session:
            return session.scalar(_narrow(select(func.count()).select_from(HitRow), which)) or 0

    def for_listing(self, listing_id: str) -> builtins.list[Hit]:
        """Return a listing's hits, the highest score first."""
        query = select(HitRow).where(HitRow.listing_id == listing_id).order_by(HitRow.score.desc(), HitRow.id)
        with self._sessions() as session:
            return [record_of(Hit, row) for row in session.scalars(query)]


def _store(session: Session, hits: Sequence[Hit], now: datetime) -> int:
    rows = {}
    for hit in hits:
        known_as = hit_id(hit.listing_id, hit.right_id)
        extra = {"id": known_as, "found_at": hit.found_at or now, "updated_at": now, "decided_snapshot_id": ""}
        rows[known_as] = columns_of(hit) | extra
    known = 0
    for ids in chunks(list(rows)):
        known += session.scalar(select(func.count()).select_from(HitRow).where(HitRow.id.in_(ids))) or 0
    upsert(session, HitRow, list(rows.values()), keep=("state", "found_at", "decided_snapshot_id"))
    return len(rows) - known


def _withdraw(session: Session, listing_id: str, snapshot_id: str, found: Sequence[str], now: datetime) -> None:
    """Take the alert from the pairs of this very snapshot that detection no longer finds."""
    lost = (HitRow.listing_id == listing_id, HitRow.snapshot_id == snapshot_id, HitRow.id.not_in(found))
    values = {"alert": False, "outcome": Outcome.EXCLUDED, "score": 0.0, "updated_at": now}
    session.execute(update(HitRow).where(*lost).values(values), execution_options={"synchronize_session": False})


def _find(session: Session, known_as: str) -> HitRow | None:
    row = session.get(HitRow, known_as)
    if row is not None or len(known_as) < MIN_PREFIX:
        return row
    rows = session.scalars(select(HitRow).where(HitRow.id.startswith(known_as, autoescape=True)).limit(2)).all()
    return rows[0] if len(rows) == 1 else None


def _narrow(query: Select[Any], which: HitFilter) -> Select[Any]:
    columns = (HitRow.state, which.states), (HitRow.right_id, which.right_ids), (HitRow.listing_id, which.listing_ids)
    for column, values in (*columns, (HitRow.outcome, which.outcomes)):
        if values:
            query = query.where(column.in_(values))
    if which.min_score is not None:
        query = query.where(HitRow.score >= which.min_score)
    if which.since is not None:
        query = query.where(HitRow.found_at >= which.since)
    return query.where(HitRow.alert) if which.alerts_only else query


def _joined() -> Select[Any]:
    number = (
        select(func.min(CaseRow.number))
        .join(CaseHitRow, CaseHitRow.case_id == CaseRow.id)
        .where(CaseHitRow.hit_id == HitRow.id)
        .scalar_subquery()
    )
    return (
        select(HitRow, RightRow, ListingRow, SnapshotRow.listing, number)
        .join(RightRow, RightRow.id == HitRow.right_id)
        .outerjoin(ListingRow, ListingRow.id == HitRow.listing_id)
        .outerjoin(SnapshotRow, SnapshotRow.id == HitRow.snapshot_id)
    )


def _view(row: Any) -> HitView:
    hit, right, listing, seen, number = row
    content = seen if seen is not None else (None if listing is None else listing.data)
    return HitView(
        hit=record_of(Hit, hit),
        right=record_of(Right, right),
        listing=None if content is None else from_json(Listing, content),
        listing_state=None if listing is None else ListingState(listing.state),
        last_seen_at=None if listing is None else listing.last_seen_at,
        latest_snapshot_id="" if listing is None else listing.snapshot_id,
        decided_snapshot_id=hit.decided_snapshot_id,
        case_number=number or "",
    )

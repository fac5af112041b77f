"""Runs, listings and snapshots: what the crawler writes (`crawler.ports.ListingStore`) and others read.

Rules:
- `write_page` writes a page's listings, its snapshots and the pages that follow in one transaction with "page done";
  a page that is done already is left alone, so a stage killed at any point simply runs again
- equal content is one snapshot: its id is the digest of the listing's content and of its pictures
- content that differs by no more than jitter (`Sighting.field_sha256`) is unchanged: the snapshot stays, `data` is as last seen
- a listing is missing after a complete run of a watch that had seen it, delisted after `delist_after` of them
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from records.codec import dumps, from_json, to_json
from records.crawl import Alarm
from records.forget import note_loose
from records.ids import digest_id, source_id
from records.model import Listing, Run, Seller, Snapshot, Source
from records.runs import RunReads, run_of, winning_rung
from records.sellers import save_seller
from records.sightings import Sighting
from records.tables.base import storable
from records.tables.listings import ListingRow, RunPageRow, RunRow, SnapshotRow, SourceRow, WatchListingRow
from records.terms import ListingState, Rung, RunOutcome

_GONE = (ListingState.MISSING, ListingState.DELISTED)


def snapshot_id(listing: Listing, image_sha256s: Sequence[str]) -> str:
    """Return the digest of a listing's content: its fields and pictures (by digest where kept), not the rung or the day."""
    pictures = [
        sha or url for url, sha in zip(listing.images, [*image_sha256s, *[""] * len(listing.images)], strict=False)
    ]
    content = {**to_json(listing), "rung": "", "images": pictures}
    del content["seen_on"]
    return digest_id("snapshot", listing.id, storable(dumps(content)))


def _snapshot(row: SnapshotRow) -> Snapshot:
    shas = row.image_sha256s if isinstance(row.image_sha256s, list) else []
    return Snapshot(
        row.id,
        row.listing_id,
        row.run_id,
        row.taken_at,
        from_json(Listing, row.listing),
        ListingState(row.state),
        row.page_url,
        row.page_sha256,
        row.rendered,
        tuple(map(str, shas)),
    )


class ListingRecords(RunReads):
    """The repository of runs, listings and snapshots over one database."""

    # what the crawler writes

    def open_run(self, run: Run, pages: Sequence[tuple[str, str]]) -> Run:
        """Return the watch's unfinished run, else store `run` with its first pages (key, task JSON) and return it."""
        with self._sessions.begin() as session:
            query = select(RunRow).where(RunRow.watch_id == run.watch_id, RunRow.outcome == RunOutcome.RUNNING)
            found = session.scalars(query.order_by(RunRow.started_at.desc(), RunRow.id.desc()).limit(1)).first()
            if found is not None:
                return run_of(found)
            session.add(
                RunRow(
                    id=run.id,
                    watch_id=run.watch_id,
                    outcome=run.outcome,
                    started_at=run.started_at,
                    robots=run.robots,
                )
            )
            session.flush()
            _add_pages(session, run.id, pages)
            return run

    def read_at(self, source: str, page_url: str) -> Listing | None:
        """Return the listing of a source whose newest snapshot was read at a page's address, as last seen."""
        query = select(ListingRow).join(SnapshotRow, SnapshotRow.listing_id == ListingRow.id)
        mine = (ListingRow.source_id == source) & (SnapshotRow.page_url == page_url)
        with self._sessions() as session:
            row = session.scalars(
                query.where(mine).order_by(SnapshotRow.taken_at.desc(), ListingRow.id).limit(1)
            ).first()
            return None if row is None else from_json(Listing, row.data)

    def write_page(
        self,
        run_id: str,
        key: str,
        *,
        origin: str,
        listings: Sequence[Sighting | tuple[Listing, Sequence[str]]],
        follow: Sequence[tuple[str, str]],
        page_url: str,
        page_sha256: str,
        status: int,
        rung: Rung | None,
        rendered: bool,
        reason: str,
        at: datetime,
        bytes_kept: bool = False,
    ) -> int:
        """Write one page with its listings (each with its pictures' digests) and the pages that follow from it.

        With `bytes_kept` the page's own bytes lie in the vault, until nothing needs them (`records.forget`).
        Returns how many listings are new. Does nothing where the page is done already or the run has ended.
        """
        with self._sessions.begin() as session:
            run = session.get(RunRow, run_id)
            page = session.get(RunPageRow, (run_id, key))
            if run is None or page is None or page.done_at is not None:
                return 0
            page.done_at, page.status, page.page_sha256 = at, status, page_sha256
            page.rung, page.rendered, page.reason = rung, rendered, reason[:500]
            _add_pages(session, run_id, follow)
            _add_source(session, origin)
            if bytes_kept:
                note_loose(session, [page_sha256], at)
            new = 0
            for listing, shas, fields in (Sighting(*one) for one in listings):
                snapshot = Snapshot(
                    snapshot_id(listing, shas),
                    listing.id,
                    run_id,
                    at,
                    listing,
                    ListingState.NEW,
                    page_url,
                    page_sha256,
                    rendered,
                    tuple(shas),
                )
                new += _see(session, run.watch_id, snapshot, fields)
            run.new_items += new
            return new

    def end_run(
        self,
        run_id: str,
        *,
        outcome: RunOutcome,
        reason: str,
        complete: bool,
        delist_after: int,
        at: datetime,
        coverage: Mapping[str, float] | None = None,
        alarms: Sequence[Alarm] = (),
        screenshot_sha256: str = "",
    ) -> Run:
        """Close the run with counts from what was written; age the listings that a complete run did not see."""
        with self._sessions.begin() as session:
            row = session.get_one(RunRow, run_id)
            if row.outcome != RunOutcome.RUNNING:
                return run_of(row)
            done = select(RunPageRow).where(RunPageRow.run_id == run_id, RunPageRow.done_at.is_not(None)).subquery()
            row.pages = session.scalar(select(func.count()).select_from(done)) or 0
            row.rendered_pages = session.scalar(select(func.count()).select_from(done).where(done.c.rendered)) or 0
            row.items = (
                session.scalar(
                    select(func.count())
                    .select_from(WatchListingRow)
                    .where(WatchListingRow.watch_id == row.watch_id, WatchListingRow.run_id == run_id)
                )
                or 0
            )
            row.rung = winning_rung(session, run_id)
            row.outcome, row.reason, row.complete, row.ended_at = outcome, reason[:1000], complete, at
            row.coverage, row.alarms, row.screenshot_sha256 = dict(coverage or {}), tuple(alarms), screenshot_sha256
            if complete:
                _age(session, row, delist_after)
            return run_of(row)

    # what others read

    def get(self, listing_id: str) -> Listing | None:
        """Return a listing as last seen."""
        with self._sessions() as session:
            row = session.get(ListingRow, listing_id)
            return None if row is None else from_json(Listing, row.data)

    def state(self, listing_id: str) -> ListingState | None:
        """Return where a listing stands in its life."""
        with self._sessions() as session:
            row = session.get(ListingRow, listing_id)
            return None if row is None else ListingState(row.state)

    def latest_snapshot(self, listing_id: str) -> Snapshot | None:
        """Return the snapshot of a listing as last seen."""
        with self._sessions() as session:
            row = session.get(ListingRow, listing_id)
            found = session.get(SnapshotRow, row.snapshot_id) if row is not None else None
            return None if found is None else _snapshot(found)

    def snapshot(self, snapshot_id: str) -> Snapshot | None:
        """Return one snapshot."""
        with self._sessions() as session:
            row = session.get(SnapshotRow, snapshot_id)
            return None if row is None else _snapshot(row)

    def snapshots(self, listing_id: str) -> list[Snapshot]:
        """Return a listing's snapshots, the oldest first."""
        query = select(SnapshotRow).where(SnapshotRow.listing_id == listing_id)
        with self._sessions() as session:
            return [_snapshot(row) for row in session.scalars(query.order_by(SnapshotRow.taken_at, SnapshotRow.id))]

    def sources(self) -> list[Source]:
        """Return every source, by origin."""
        with self._sessions() as session:
            rows = session.scalars(select(SourceRow).order_by(SourceRow.origin))
            return [Source(row.id, row.origin, row.name) for row in rows]

    def count(self) -> int:
        """Return how many listings are known."""
        with self._sessions() as session:
            return session.scalar(select(func.count()).select_from(ListingRow)) or 0

    def all(self, batch: int = 500) -> Iterator[Listing]:
        """Yield every listing as last seen, by id, in batches."""
        last = ""
        while True:
            query = select(ListingRow).where(ListingRow.id > last).order_by(ListingRow.id).limit(batch)
            with self._sessions() as session:
                rows = list(session.scalars(query))
            for row in rows:
                yield from_json(Listing, row.data)
            if len(rows) < batch:
                return
            last = rows[-1].id


def _add_pages(session: Session, run_id: str, pages: Sequence[tuple[str, str]]) -> None:
    """Add pages as due, those known to the run aside."""
    seq = session.scalar(select(func.max(RunPageRow.seq)).where(RunPageRow.run_id == run_id)) or 0
    for key, task in pages:
        if session.get(RunPageRow, (run_id, key)) is None:
            seq += 1
            session.add(RunPageRow(run_id=run_id, key=key, seq=seq, task=task))
            session.flush()


def _add_source(session: Session, origin: str) -> None:
    known = source_id(origin)
    if session.get(SourceRow, known) is None:
        session.add(SourceRow(id=known, origin=origin, name=""))
        session.flush()


def _see(session: Session, watch_id: str, seen: Snapshot, fields: str) -> int:
    """Write one listing as seen by a run; return 1 where it was unknown."""
    tie = session.get(WatchListingRow, (watch_id, seen.listing_id))
    if tie is not None and tie.run_id == seen.run_id:
        return 0
    row = session.get(ListingRow, seen.listing_id)
    same = row is not None and (row.snapshot_id == seen.id or (fields != "" and row.field_sha256 == fields))
    state = _state(row, same=same)
    listing = seen.listing
    if row is None:
        row = ListingRow(
            id=listing.id,
            source_id=listing.source_id,
            key=listing.key,
            title="",
            state="",
            data={},
            first_seen_at=seen.taken_at,
            last_seen_at=seen.taken_at,
        )
        session.add(row)
    row.title, row.url, row.seller, row.data = listing.title, listing.url, listing.seller, to_json(listing)
    row.state, row.last_seen_at, row.last_run_id = state, seen.taken_at, seen.run_id
    row.field_sha256, row.raw_sha256 = fields, seen.page_sha256
    row.snapshot_id = row.snapshot_id if same else seen.id
    session.flush()
    _keep_seller(session, listing)
    if not same:
        _keep_snapshot(session, seen, state)
    if tie is None:
        session.add(WatchListingRow(watch_id=watch_id, listing_id=listing.id, run_id=seen.run_id, state=state))
    else:
        tie.run_id, tie.state, tie.missed = seen.run_id, state, 0
    session.flush()
    return int(state is ListingState.NEW)


def _keep_seller(session: Session, listing: Listing) -> None:
    """Write the seller that a listing names; what an earlier page told of him is not lost where this one is silent."""
    name = listing.seller.strip()
    if name:
        seller = digest_id("seller", listing.source_id, storable(name))
        save_seller(
            session,
            Seller(seller, listing.source_id, name, listing.seller_location.strip(), listing.seller_uscc.strip()),
        )


def _state(row: ListingRow | None, *, same: bool) -> ListingState:
    if row is None:
        return ListingState.NEW
    if row.state in _GONE:
        return ListingState.RELISTED
    return ListingState.UNCHANGED if same else ListingState.CHANGED


def _keep_snapshot(session: Session, seen: Snapshot, state: ListingState) -> None:
    if session.get(SnapshotRow, seen.id) is None:
        session.add(
            SnapshotRow(
                id=seen.id,
                listing_id=seen.listing_id,
                run_id=seen.run_id,
                taken_at=seen.taken_at,
                listing=to_json(seen.listing),
                state=state,
                page_url=seen.page_url,
                page_sha256=seen.page_sha256,
                rendered=seen.rendered,
                image_sha256s=list(seen.image_sha256s),
            )
        )
        session.flush()


def _age(session: Session, run: RunRow, delist_after: int) -> None:
    """Count one more miss for the watch's listings that this run did not see; mark them unless seen by another."""
    mine = (WatchListingRow.watch_id == run.watch_id) & (WatchListingRow.run_id != run.id)
    session.execute(update(WatchListingRow).where(mine).values(missed=WatchListingRow.missed + 1))
    for state, test in (
        (ListingState.MISSING, WatchListingRow.missed < delist_after),
        (ListingState.DELISTED, WatchListingRow.missed >= delist_after),
    ):
        ids = select(WatchListingRow.listing_id).where(mine, test)
        unseen = ListingRow.id.in_(ids) & (ListingRow.last_seen_at < run.started_at)
        session.execute(
            update(ListingRow).where(unseen).values(state=state), execution_options={"synchronize_session": False}
        )
        session.execute(
            update(WatchListingRow).where(mine, test).values(state=state),
            execution_options={"synchronize_session": False},
        )

"""What is read of runs: their pages, what they saw, how they ended."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from records.codec import from_json
from records.engine import Sessions
from records.model import Listing, Run
from records.tables.listings import ListingRow, RunPageRow, RunRow, WatchListingRow
from records.terms import Rung, RunOutcome


class RunReads:
    """The reading half of `ListingRecords`: runs and their pages."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def due_pages(self, run_id: str) -> list[str]:
        """Return the task JSON of the pages not yet done, in the order in which they were found."""
        query = select(RunPageRow.task).where(RunPageRow.run_id == run_id, RunPageRow.done_at.is_(None))
        with self._sessions() as session:
            return list(session.scalars(query.order_by(RunPageRow.seq, RunPageRow.key)))

    def done_pages(self, run_id: str) -> list[str]:
        """Return the keys of the pages done."""
        query = select(RunPageRow.key).where(RunPageRow.run_id == run_id, RunPageRow.done_at.is_not(None))
        with self._sessions() as session:
            return list(session.scalars(query.order_by(RunPageRow.seq, RunPageRow.key)))

    def failures(self, run_id: str) -> list[str]:
        """Return why pages of this run failed, a reason for each that did."""
        query = select(RunPageRow.reason).where(RunPageRow.run_id == run_id, RunPageRow.done_at.is_not(None))
        with self._sessions() as session:
            return list(session.scalars(query.where(RunPageRow.reason != "").order_by(RunPageRow.seq)))

    def listing_keys(self, run_id: str) -> list[str]:
        """Return the keys of the listings that this run has seen."""
        query = select(ListingRow.key).join(WatchListingRow, WatchListingRow.listing_id == ListingRow.id)
        with self._sessions() as session:
            return list(session.scalars(query.where(WatchListingRow.run_id == run_id).order_by(ListingRow.key)))

    def seen_in(self, run_id: str, batch: int = 500) -> Iterator[Listing]:
        """Yield the listings that this run has seen, as last seen, by id, in batches."""
        last = ""
        query = select(ListingRow).join(WatchListingRow, WatchListingRow.listing_id == ListingRow.id)
        query = query.where(WatchListingRow.run_id == run_id).order_by(ListingRow.id).limit(batch)
        while True:
            with self._sessions() as session:
                rows = [(row.id, row.data) for row in session.scalars(query.where(ListingRow.id > last))]
            yield from (from_json(Listing, data) for _, data in rows)
            if len(rows) < batch:
                return
            last = rows[-1][0]

    def rung_of(self, run_id: str) -> Rung | None:
        """Return the rung that won on most pages of this run."""
        with self._sessions() as session:
            found = winning_rung(session, run_id)
            return None if found is None else Rung(found)

    def last_page_at(self, run_id: str) -> datetime | None:
        """Return when this run's newest page was written; None where it has none."""
        with self._sessions() as session:
            newest = select(RunPageRow.done_at).where(RunPageRow.run_id == run_id, RunPageRow.done_at.is_not(None))
            return session.scalar(newest.order_by(RunPageRow.done_at.desc()).limit(1))

    def runs(self, watch_id: str, limit: int = 1) -> list[Run]:
        """Return a watch's newest runs, the newest first; one still running is among them."""
        query = select(RunRow).where(RunRow.watch_id == watch_id)
        with self._sessions() as session:
            rows = session.scalars(query.order_by(RunRow.started_at.desc(), RunRow.id.desc()).limit(limit))
            return [run_of(row) for row in rows]

    def run(self, run_id: str) -> Run | None:
        """Return one run."""
        with self._sessions() as session:
            row = session.get(RunRow, run_id)
            return None if row is None else run_of(row)

    def history(self, watch_id: str, limit: int = 10) -> list[Run]:
        """Return the watch's ended runs, the newest first."""
        return [run for run in self.runs(watch_id, limit + 1) if run.outcome is not RunOutcome.RUNNING][:limit]


def run_of(row: RunRow) -> Run:
    """Return a run as its row has it."""
    return Run(
        row.id,
        row.watch_id,
        RunOutcome(row.outcome),
        row.started_at,
        row.ended_at,
        row.pages,
        row.items,
        row.new_items,
        row.rendered_pages,
        Rung(row.rung) if row.rung else None,
        row.reason,
        row.complete,
        row.coverage,
        row.alarms,
        row.robots,
        row.screenshot_sha256,
    )


def winning_rung(session: Session, run_id: str) -> str | None:
    """Return the word of the rung that won on most pages of a run."""
    won = select(RunPageRow.rung).where(
        RunPageRow.run_id == run_id, RunPageRow.done_at.is_not(None), RunPageRow.rung.is_not(None)
    )
    return session.scalar(won.group_by(RunPageRow.rung).order_by(func.count().desc(), RunPageRow.rung).limit(1))

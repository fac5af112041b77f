"""What is shown of a source's health: its newest run beside what is usual of it, and what is unusual now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from crawler.health import PAST, no_progress, overdue, past_of, usual_items
from patrol.fairs import quickened
from patrol.times import beijing_day
from patrol.window import window_of
from records.crawl import Alarm, Fair
from records.model import Run, Watch
from records.terms import RunOutcome, WatchState


class RunHistory(Protocol):
    """What is read of runs (`records.listings.ListingRecords`)."""

    def runs(self, watch_id: str, limit: int = 1) -> list[Run]:
        """Return a watch's newest runs, the newest first; one still running is among them."""

    def last_page_at(self, run_id: str) -> datetime | None:
        """Return when a run's newest page was written; None where it has none."""


@dataclass(frozen=True, slots=True)
class Health:
    """One watch's health: its newest run, the usual count of items (None: a young source), alarms, when it is due, and the fair
    that makes it due sooner than its own cadence would.
    """

    last: Run | None
    usual: float | None
    alarms: tuple[Alarm, ...]
    due_at: datetime | None
    fair: Fair | None = None

    @property
    def failed(self) -> bool:
        """Whether the newest run read nothing for a reason that needs a person."""
        return self.last is not None and self.last.outcome in (RunOutcome.FAILED, RunOutcome.BLOCKED)

    def document(self) -> dict[str, Any]:
        """Return it as `--json` prints it; times in UTC."""
        return {
            "usual_items": self.usual,
            "alarms": [{"kind": one.kind.value, "usual": one.usual, "found": one.found} for one in self.alarms],
            "next_due": self.due_at.isoformat() if self.due_at else None,
            "fair": {"name": self.fair.name, "starts": str(self.fair.starts)} if self.fair else None,
            "robots": self.last.robots if self.last else "",
            "screenshot": self.last.screenshot_sha256 if self.last else "",
            "coverage": dict(self.last.coverage) if self.last else {},
        }


def health_of(watch: Watch, runs: RunHistory, now: datetime, fairs: Sequence[Fair] = ()) -> Health:
    """Return a watch's health at `now`. A paused watch is never overdue and has no next time; a coming fair quickens it."""
    watch, fair = quickened(watch, fairs, beijing_day(now))
    history = runs.runs(watch.id, 3 * PAST)
    last = history[0] if history else None
    ended = [run for run in history if run.outcome is not RunOutcome.RUNNING]
    past = past_of(ended if last is not None and last.outcome is RunOutcome.RUNNING else ended[1:])
    alarms = list(ended[0].alarms) if ended else []
    due_at = None
    if watch.state is WatchState.ACTIVE:
        due_at = due_from(watch, last, now)
        late = overdue(last.started_at if last else None, watch.created_at, _allowed(watch), now)
        if late is not None and (last is None or last.outcome is not RunOutcome.RUNNING):
            alarms.append(late)
    if last is not None and last.outcome is RunOutcome.RUNNING:
        stalled = no_progress(last, runs.last_page_at(last.id), past, now)
        alarms += [stalled] if stalled else []
    return Health(last, usual_items(past), tuple(alarms), due_at, fair)


def due_from(watch: Watch, last: Run | None, now: datetime) -> datetime:
    """Return when an active watch is due next, its window respected; `now` or earlier where it is due already."""
    at = now if last is None or last.outcome is RunOutcome.RUNNING else _after(watch, last)
    window = window_of(watch.window)
    return window.next_open(max(at, now)) if window else at


def is_due(watch: Watch, last: Run | None, now: datetime) -> bool:
    """Say whether a watch is due at `now`, given its newest run: active, its cadence passed, and its window open."""
    if watch.state is not WatchState.ACTIVE:
        return False
    window = window_of(watch.window)
    if window is not None and not window.holds(now):
        return False
    return last is None or last.outcome is RunOutcome.RUNNING or _after(watch, last) <= now


def _after(watch: Watch, last: Run) -> datetime:
    return last.started_at + timedelta(hours=watch.cadence_hours)


def _allowed(watch: Watch) -> int:
    """Return the hours after which a run is expected: a window may put it off by a day."""
    return watch.cadence_hours + (24 if watch.window else 0)

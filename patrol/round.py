"""The day's round: crawl the watches that are due, detect on what is new, apply the rule that the user switched on.

Rules:
- a watch is due when it never ran, when its last run did not end (a kill: it is resumed), or when its cadence has
  passed since the last run began, in each case while its window is open; paused watches never are. Without `due_only`
  every active watch is run, whatever the time
- one watch that fails does not stop the others; its reason is in the report
- every part is idempotent, so a round that was killed at any point is simply run again
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from guards.errors import MarkwatchError, both
from patrol.detecting import DetectReport, Progress
from patrol.errors import Misused, see
from patrol.fairs import quickened
from patrol.health import is_due
from patrol.lanes import side_by_side
from patrol.logs import bound, logger
from patrol.ports import WatchStore
from patrol.times import beijing_day
from records.crawl import Fair
from records.model import Run, Watch
from records.terms import RunOutcome, WatchState

FAILED = frozenset({RunOutcome.FAILED, RunOutcome.BLOCKED})
"""Outcomes that count a source as failed."""


class RunReader(Protocol):
    """Reads a watch's runs."""

    def runs(self, watch_id: str, limit: int = 1) -> list[Run]:
        """Return the newest runs of a watch, the newest first."""


@dataclass(frozen=True, slots=True)
class WatchReport:
    """How one watch went; `outcome` is a RunOutcome's value, `robots` says whether robots.txt was obeyed or overridden."""

    watch: str
    run: str
    outcome: str
    pages: int = 0
    items: int = 0
    new_items: int = 0
    reason: str = ""
    robots: str = ""


@dataclass(slots=True)
class RoundReport:
    """How the round went."""

    watches: list[WatchReport] = field(default_factory=list)
    detection: DetectReport = field(default_factory=DetectReport)
    by_rule: int = 0

    @property
    def failed(self) -> int:
        """How many sources could not be read."""
        return sum(1 for watch in self.watches if watch.outcome in FAILED)

    @property
    def new_hits(self) -> int:
        """How many hits are new."""
        return self.detection.new_hits

    @property
    def alerts(self) -> int:
        """How many of the hits detected in this round ask for a person."""
        return self.detection.alerts

    @property
    def damaged(self) -> list[str]:
        """Digests of vault files that were found changed or missing."""
        return self.detection.damaged

    def document(self) -> dict[str, object]:
        """Return the report as `patrol --json` prints it."""
        rows = [
            {"watch": w.watch, "run": w.run, "outcome": w.outcome, "pages": w.pages, "items": w.items, "new": w.new_items,
             "reason": w.reason, "robots": w.robots}
            for w in self.watches
        ]  # fmt: skip
        return {
            "watches": rows,
            "failed": self.failed,
            "detected": self.detection.snapshots,
            "hits": self.detection.hits,
            "new_hits": self.new_hits,
            "alerts": self.alerts,
            "confirmed_by_rule": self.by_rule,
            "damaged": self.damaged,
        }


class Round:
    """The round over injected parts: `crawl` runs one watch, `detect` the detection stage, `rule` the confirm rule.

    `release` takes the bytes of pages away that no hit needs; `fairs` are the exhibitions that are known.
    """

    def __init__(
        self,
        watches: WatchStore,
        runs: RunReader,
        crawl: Callable[[Watch], Run],
        detect: Callable[[Progress | None], DetectReport],
        rule: Callable[[], int],
        clock: Callable[[], datetime],
        release: Callable[[], object] = lambda: None,
        fairs: Callable[[], Sequence[Fair]] = lambda: (),
    ) -> None:
        self._watches = watches
        self._runs = runs
        self._crawl = crawl
        self._detect = detect
        self._rule = rule
        self._clock = clock
        self._release = release
        self._fairs = fairs
        self._log = logger("round")

    def run(self, *, watch_name: str = "", due_only: bool = False, progress: Progress | None = None) -> RoundReport:
        """Run the round and return its report. Raises Misused for a watch that does not exist or is paused."""
        report = RoundReport()
        report.watches = side_by_side(
            self._chosen(watch_name, due_only=due_only), lambda watch: self._told(watch, progress)
        )
        report.detection = self._detect(progress)
        report.by_rule = self._rule()
        self._release()
        return report

    def _told(self, watch: Watch, progress: Progress | None) -> WatchReport:
        """Run one watch and say so before and after."""
        if progress:
            progress("patrol_watch", watch=watch.name)
        with bound(watch=watch.id):
            done = self._one(watch)
        if progress:
            told = {"outcome": done.outcome, "items": done.items, "new": done.new_items, "reason": done.reason}
            progress("patrol_watch_done", watch=watch.name, **told)
        return done

    def due(self) -> list[Watch]:
        """Return the watches that are due now, by name."""
        return [watch for watch in self._watches.all() if self._is_due(watch)]

    def _is_due(self, watch: Watch) -> bool:
        """Say whether a watch is due; a coming fair makes its exhibitors' watches due sooner."""
        now = self._clock()
        return is_due(quickened(watch, self._fairs(), beijing_day(now))[0], self._last(watch), now)

    def _last(self, watch: Watch) -> Run | None:
        return next(iter(self._runs.runs(watch.id, 1)), None)

    def _chosen(self, name: str, *, due_only: bool) -> Sequence[Watch]:
        if not name:
            return self.due() if due_only else [w for w in self._watches.all() if w.state is WatchState.ACTIVE]
        watch = self._watches.by_name(name)
        if watch is None:
            known = ", ".join(w.name for w in self._watches.all())
            raise Misused(
                both(
                    f"没有名为 {name!r} 的监测任务;已有:{known or '尚无'}",
                    f"there is no watch called {name!r}; known: {known or 'none yet'}",
                ),
                see("watch list"),
            )
        if watch.state is not WatchState.ACTIVE:
            raise Misused(
                both(f"监测任务 {name!r} 已暂停", f"the watch {name!r} is paused"),
                both(
                    f"恢复它:markwatch watch pause {name} --resume", f"resume it: markwatch watch pause {name} --resume"
                ),
            )
        return [watch] if not due_only or self._is_due(watch) else []

    def _one(self, watch: Watch) -> WatchReport:
        try:
            run = self._crawl(watch)
        except MarkwatchError as error:
            self._log.error("watch failed", watch=watch.id, error=str(error))
            return WatchReport(watch.name, "", RunOutcome.FAILED.value, reason=str(error))
        self._log.info("run ended", run=run.id, outcome=run.outcome.value, pages=run.pages, items=run.items)
        return WatchReport(
            watch.name, run.id, run.outcome.value, run.pages, run.items, run.new_items, run.reason, run.robots
        )

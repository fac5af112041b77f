"""How a run ends: its outcome and the reason in words, from what its pages brought."""

from collections import Counter
from dataclasses import dataclass, field

from crawler.events import PageRead, RunEnded
from crawler.plan import PageKind
from records.terms import RunOutcome

HOPELESS_AFTER = 5
"""How many pages may be blocked in a row before the run ends."""


@dataclass(slots=True)
class Tally:
    """Counts of a run. `kept` are products whose own page failed; `closed` is Scrapy's own reason for ending,
    `screenshot` the digest of a picture of the page that blocked it.
    """

    pages: int = 0
    items: int = 0
    kept: int = 0
    rendered: int = 0
    bad_images: int = 0
    failures: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    blocked_in_a_row: int = 0
    missing: set[str] = field(default_factory=set)
    closed: str = ""
    screenshot: str = ""
    robots: str = ""
    truncated: str = ""
    lists_read: int = 0

    def read(self, event: PageRead) -> None:
        """Count one page."""
        self.pages += 1
        self.items += len(event.listings) if not event.failure else 0
        self.kept += len(event.listings) if event.failure else 0
        self.rendered += event.rendered
        self.lists_read += event.task.kind is PageKind.LIST and not event.failure
        if event.failure:
            self.failures.append(event.failure)
        if event.refused:
            self.refused.append(event.refused)
        if event.blocked:
            self.blocked.append(event.blocked)
        self.blocked_in_a_row = self.blocked_in_a_row + 1 if event.blocked else 0

    @property
    def hopeless(self) -> bool:
        """Whether the site plainly refuses."""
        return self.blocked_in_a_row >= HOPELESS_AFTER

    def end(self) -> RunEnded:
        """Return the run's end."""
        outcome, reason = self._judge()
        complete = outcome is RunOutcome.OK and not self.truncated
        reason = reason or self.truncated
        if self.bad_images and outcome in (RunOutcome.OK, RunOutcome.PARTIAL):
            reason = "; ".join(part for part in (reason, f"{self.bad_images} pictures could not be kept") if part)
        shot = self.screenshot if self.blocked else ""
        return RunEnded(outcome, reason, self.pages, self.items, self.rendered, complete, self.robots, screenshot=shot)

    def _judge(self) -> tuple[RunOutcome, str]:
        if self.blocked and (self.hopeless or not self.items or len(self.blocked) * 2 > self.pages):
            return RunOutcome.BLOCKED, _most(self.blocked)
        if not self.items and not self.kept and self.failures:
            return RunOutcome.FAILED, _most(self.failures)
        if not self.pages:
            return RunOutcome.FAILED, f"no page could be read ({self.closed or 'no reason given'})"
        if not self.items and not self.kept:
            return RunOutcome.EMPTY, f"no listing found on {self.pages} page{'s' * (self.pages != 1)}"
        if self.closed not in ("", "finished"):
            return RunOutcome.PARTIAL, f"the run was ended early: {self.closed}"
        if self.missing:
            return RunOutcome.DRIFT, f"the site profile misses {', '.join(sorted(self.missing))}"
        if self.failures:
            return RunOutcome.PARTIAL, f"{len(self.failures)} of {self.pages} pages failed: {_most(self.failures)}"
        return RunOutcome.OK, ""


def _most(reasons: list[str]) -> str:
    return Counter(reasons).most_common(1)[0][0]

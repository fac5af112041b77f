"""Which page comes next: product pages of new cards, the list's next page, and when a list has ended.

Rules: a list ends at the page limit, when `stall_pages` pages brought nothing new, or when a guessed page is none; a
page is taken once in a run; only pages of the same site are followed.
"""

from collections.abc import Sequence
from dataclasses import replace

from crawler.extract.ladder import PageOutput
from crawler.extract.text import same_text
from crawler.extract.urls import canonical, same_site
from crawler.plan import CrawlPlan, PageKind, PageTask, page_key
from records.model import Listing
from records.terms import TargetKind


class Routes:
    """The memory of one run: pages taken, listings seen, product pages asked for."""

    def __init__(self, plan: CrawlPlan) -> None:
        self.plan = plan
        self.taken: set[str] = set(plan.done)
        self.seen: set[str] = set(plan.seen_keys)
        self.seen.update(task.card.key for task in plan.pending if task.card is not None)
        self.titles = {task.card.key: task.card.title for task in plan.pending if task.card is not None}
        self.details = sum(task.kind is PageKind.DETAIL for task in plan.pending)
        self.truncated = ""

    def take(self, task: PageTask) -> bool:
        """Return whether a page is still to be fetched, and mark it taken."""
        key = page_key(task)
        if key in self.taken:
            return False
        self.taken.add(key)
        return True

    def sort(
        self, task: PageTask, output: PageOutput, url: str, *, rendered: bool
    ) -> tuple[list[Listing], list[PageTask]]:
        """Return (listings that are complete, pages that follow) for a page that was read."""
        own = task.card.key if task.card is not None else ""
        if task.card is not None and output.items:
            output = replace(output, items=(self._trusted(output.items[0], task.card), *output.items[1:]))
        new = [item for item in output.items if item.key not in self.seen or item.key == own]
        self.seen.update(item.key for item in output.items)
        self.titles.update((item.key, item.title) for item in output.items)
        if task.kind is PageKind.DETAIL:
            return new, []
        details = [] if output.detail else self._details(new, task, output, rendered=rendered)
        asked = {one.card.key for one in details if one.card is not None}
        listings = [item for item in new if item.key not in asked]
        return listings, [*details, *self._onward(task, output, url, new=bool(new), rendered=rendered)]

    def _trusted(self, item: Listing, card: Listing) -> Listing:
        """Return a product page's listing; one that states another product's address keeps its card's identity."""
        taken = item.key in self.seen and item.key != card.key
        if taken and not same_text(self.titles.get(item.key, ""), item.title):
            return replace(item, id=card.id, key=card.key, url=card.url)
        return item

    def _details(self, new: Sequence[Listing], task: PageTask, output: PageOutput, *, rendered: bool) -> list[PageTask]:
        """Return the product pages of new cards, within the plan's limit."""
        found: list[PageTask] = []
        if not self.plan.details:
            return found
        for item in new:
            if item.url is None or not same_site(item.url, task.url) or canonical(item.url) == canonical(task.url):
                continue
            if self.details >= self.plan.detail_limit:
                self.truncated = f"limit of {self.plan.detail_limit} product pages reached"
                break
            one = PageTask(
                item.url,
                PageKind.DETAIL,
                card=item,
                event=output.event or task.event,
                render=rendered and "#" in item.url,
            )
            if self.take(one):
                self.details += 1
                found.append(one)
        return found

    def _onward(self, task: PageTask, output: PageOutput, url: str, *, new: bool, rendered: bool) -> list[PageTask]:
        """Return the list's next page, and a fair's list of exhibitors."""
        found: list[PageTask] = []
        if output.lead and self.plan.target_kind is TargetKind.EXHIBITION:
            found.append(PageTask(output.lead, series=output.lead, event=output.event))
        following = self._next(task, output, new=new, rendered=rendered)
        if following is not None:
            found.append(following)
        return [one for one in found if same_site(one.url, url) and self.take(one)]

    def _next(self, task: PageTask, output: PageOutput, *, new: bool, rendered: bool) -> PageTask | None:
        stalled = 0 if new else task.stalled + 1
        if output.detail or not output.items or task.clicks or (rendered and output.next.clickable):
            return self._clicked(task) if task.guessed and not new and not rendered else None
        if task.guessed and not new:
            return self._clicked(task)
        if stalled >= self.plan.stall_pages or not output.next.url:
            return None
        if task.number >= self.plan.page_limit:
            self.truncated = f"page limit of {self.plan.page_limit} reached"
            return None
        return PageTask(
            output.next.url,
            number=task.number + 1,
            series=task.series or task.url,
            template=output.next.template or task.template,
            pattern=output.pattern or task.pattern,
            event=output.event or task.event,
            stalled=stalled,
            guessed=output.next.clickable,
            render=rendered,
        )

    def _clicked(self, task: PageTask) -> PageTask | None:
        """Return the series' first page again, to be read by pressing its "next", where a guessed address led nowhere."""
        if not task.series or task.number > 2:
            return None
        return PageTask(
            task.series, number=1, series=task.series, event=task.event, clicks=max(1, self.plan.page_limit - 1)
        )

    def after_failure(self, task: PageTask, *, may_render: bool) -> list[PageTask]:
        """Return what is tried where a page failed: clicking in place of a guessed address."""
        clicked = self._clicked(task) if task.guessed and may_render else None
        return [replace(clicked)] if clicked is not None and self.take(clicked) else []

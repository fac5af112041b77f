"""The one spider: reads the pages of a plan, follows what they lead to, and reports each as an event.

Rules:
- a page is reported once, with everything it brought: its listings, their pictures, and the pages that follow
- a page that cannot be used is reported too, with the reason; a product whose page fails keeps what its card said
- nothing is guessed about a site: a page is fetched plainly first, and by the browser only where it is an empty shell
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import scrapy
from scrapy import Request
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from scrapy.http import Response
from scrapy_playwright.page import PageMethod
from twisted.python.failure import Failure

from crawler.events import ImageFetched, PageRead
from crawler.extract.ladder import PageInput, PageOutput
from crawler.extract.obstacles import SOFT_404
from crawler.extract.pagination import NextPage
from crawler.net.browser import Capture
from crawler.net.egress import Refused
from crawler.net.hosts import HostBudgets, host_of
from crawler.net.images import ImageFetcher, put_spooled
from crawler.net.reader import Reader
from crawler.net.resolver import REFUSED
from crawler.net.routes import Routes
from crawler.plan import CrawlPlan, PageKind, PageTask, seed_tasks
from crawler.renders import RenderMemory
from crawler.tally import Tally
from guards.errors import GuardError
from records.model import Listing
from records.terms import RenderMode, TargetKind

Emit = Callable[[ImageFetched | PageRead], None]


class Receipts(Protocol):
    """What the parent has taken (`crawler.child.Receipts`)."""

    def listen(self) -> None:
        """Begin to count."""

    async def all(self) -> None:
        """Wait until every page that was sent is taken."""


class WatchSpider(scrapy.Spider):
    """Runs a `CrawlPlan`; `emit` writes an event, `tally` keeps what the run's end is judged by, `hosts` space requests,
    `used` counts the bytes that the browser was brought.
    ; `receipts` says which pages were taken.
    """

    name = "markwatch"

    def __init__(
        self,
        plan: CrawlPlan,
        emit: Emit,
        tally: Tally,
        hosts: HostBudgets,
        used: Callable[[], int],
        receipts: Receipts,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.plan = plan
        self.emit = emit
        self.tally = tally
        self.reader = Reader()
        self.routes = Routes(plan)
        self.images = ImageFetcher(self, plan)
        self.hosts = hosts
        self.renders = RenderMemory(plan.renders)
        self._used = used
        self._receipts = receipts
        self._shown = False
        self.started = time.monotonic()

    async def start(self) -> AsyncIterator[Request]:
        """Yield the requests of the pages due."""
        self.reader.warm()
        self._receipts.listen()
        for task in self.plan.pending or seed_tasks(self.plan):
            if self.routes.take(task):
                yield self.request(task)

    def request(self, task: PageTask, *, render: bool = False, shoot: bool = False, probed: bool = False) -> Request:
        """Return the request of a page, by the browser where `render` or the plan says so; `shoot` asks for a picture only.

        `probed` says that the page was read plainly before, and was an empty shell.
        """
        render = (
            render
            or task.render
            or (self.plan.render is RenderMode.AUTO and self.renders.needed(task.url, datetime.now(UTC)))
            or task.clicks > 0
            or self.plan.render is RenderMode.ALWAYS
        ) and self.plan.render is not RenderMode.NEVER
        meta: dict[str, Any] = {"task": task, "probed": probed}
        if render:
            capture = self._capture(task, shoot=shoot)
            meta |= {
                "playwright": True,
                "capture": capture,
                "playwright_page_event_handlers": capture.listeners(),
                "playwright_page_methods": [PageMethod(capture.run)],
                "playwright_page_goto_kwargs": {"wait_until": "domcontentloaded"},
                "playwright_context_kwargs": {
                    "storage_state": {"cookies": self._browser_cookies(), "origins": []},
                    "user_agent": self.plan.user_agent,
                    "service_workers": "block",
                    "accept_downloads": False,
                    "viewport": {"width": 1366, "height": 1000},
                    "locale": self.plan.accept_language.split(",")[0],
                },
                "download_timeout": self.plan.page_deadline_s * 3,
            }
        priority = 10 if task.kind is PageKind.LIST else 0
        cookies: Any = dict(self.plan.cookies) if host_of(task.url) == self.plan.cookie_host else {}
        return Request(
            task.url,
            callback=self.parse,
            errback=self.failed,
            meta=meta,
            dont_filter=True,
            priority=priority,
            cookies=cookies or None,
        )

    def _browser_cookies(self) -> list[dict[str, Any]]:
        """Return the login's cookies as the browser keeps them: for their own host alone."""
        host = self.plan.cookie_host.partition(":")[0]
        return [
            {
                "name": name,
                "value": value,
                "domain": host,
                "path": "/",
                "expires": -1,
                "httpOnly": True,
                "secure": False,
                "sameSite": "Lax",
            }
            for name, value in self.plan.cookies.items()
        ]

    def _capture(self, task: PageTask, *, shoot: bool) -> Capture:
        more = max(0, self.plan.page_limit - task.number) if task.kind is PageKind.LIST and not shoot else 0
        return Capture(
            deadline_s=self.plan.page_deadline_s,
            presses=more,
            scrolls=min(more, 10),
            charge=self.hosts.charge,
            shoot=shoot,
            used=self._used,
            max_bytes=self.plan.rendered_bytes,
        )

    async def parse(self, response: Response, **_: Any) -> AsyncIterator[Request]:
        """Read one page, report it, and yield the requests of what follows."""
        try:
            async for request in self._page(response):
                yield request
        finally:
            await self._leave(response.meta)

    async def _leave(self, meta: dict[str, Any]) -> None:
        """Let the host's next page be read once this one is written: a kill then repeats one page and no more."""
        if self.plan.crawl_delay_s:
            await self._receipts.all()
        self.hosts.leave(meta)

    async def _page(self, response: Response) -> AsyncIterator[Request]:
        task: PageTask = response.meta["task"]
        capture: Capture | None = response.meta.get("capture")
        try:
            output = await self._read(response, task, capture)
        except GuardError as error:
            for request in self._give_up(task, f"the page could not be read: {error.message}", response.status):
                yield request
            return
        if output.shell and capture is None and self._may_render():
            yield self.request(task, render=True, probed=True)
            return
        self._learn(response, output, capture)
        reason = self._unusable(response, output)
        if reason:
            gone = output.obstacle == SOFT_404 and task.kind is PageKind.DETAIL
            blocked = "" if gone else output.obstacle
            if blocked:
                async for request in self._show(task, capture):
                    yield request
            for request in self._give_up(task, reason, response.status, blocked=blocked):
                yield request
            return
        async for request in self._report(response, task, output, capture):
            yield request

    def _learn(self, response: Response, output: PageOutput, capture: Capture | None) -> None:
        """Remember whether pages like this one need a browser: only of one that was read well."""
        if output.items and not output.obstacle and response.status < 400:
            task: PageTask = response.meta["task"]
            if capture is None:
                self.renders.learn(task.url, datetime.now(UTC), needed=False)
            elif response.meta.get("probed"):
                self.renders.learn(task.url, datetime.now(UTC), needed=True)

    async def _show(self, task: PageTask, capture: Capture | None) -> AsyncIterator[Request]:
        """Keep a picture of the first page that blocks the run, for the person who is asked; in need yield its request."""
        if self._shown:
            return
        if capture is not None and capture.shot:
            self._shown = True
            self.tally.screenshot = await self._spooled(capture.shot, keep=True)
        elif capture is None and self._may_render():
            self._shown = True
            request = self.request(replace(task, clicks=0), render=True, shoot=True)
            yield request.replace(callback=self.picture, errback=self.no_picture, priority=1_000)

    async def picture(self, response: Response, **_: Any) -> None:
        """Keep the picture of a page that blocked the run; what it says is not read (Scrapy calls this)."""
        self.hosts.leave(response.meta)
        shot: bytes = response.meta["capture"].shot
        if shot:
            self.tally.screenshot = await self._spooled(shot, keep=True)

    async def no_picture(self, failure: Failure) -> None:
        """Do without a picture (Scrapy calls this)."""
        self.hosts.leave(failure.request.meta)  # type: ignore[attr-defined] # Scrapy adds it
        self.logger.info("no picture of the page that blocked the run: %s", failure.value)

    def _may_render(self) -> bool:
        return self.plan.render is not RenderMode.NEVER

    async def _read(self, response: Response, task: PageTask, capture: Capture | None) -> PageOutput:
        """Return what a page gives: of a rendered one, of all its snapshots together."""
        kept = capture.snapshots if capture is not None else []
        bodies = [(url, text.encode("utf-8", "replace")) for url, text in kept]
        output: PageOutput | None = None
        kind = (response.headers.get("Content-Type") or b"").decode("latin-1")
        for url, body in (bodies or [(response.url, response.body)])[: self.plan.page_limit + 1]:
            one = await self.reader.page(
                PageInput(
                    task=task,
                    url=url,
                    body=body[: self.plan.max_page_bytes],
                    status=response.status,
                    content_type="text/html; charset=utf-8" if bodies else kind,
                    rendered=capture is not None,
                    responses=tuple(capture.responses) if capture is not None else (),
                    exhibition=self.plan.target_kind is TargetKind.EXHIBITION,
                    template=task.template,
                    today=datetime.now(UTC).date(),
                    sites_dir=self.plan.sites_dir,
                )
            )
            output = one if output is None else _joined(output, one)
        if output is not None and capture is not None and capture.ended and output.next.clickable:
            output = replace(output, next=NextPage())
        return output or PageOutput()

    def _unusable(self, response: Response, output: PageOutput) -> str:
        """Return why a page counts as failed, or ""."""
        if output.obstacle:
            return output.obstacle
        if response.status >= 400:
            return f"the site answers {response.status}"
        if not response.body:
            return "the page is empty (0 bytes)"
        if output.missing:
            self.tally.missing.update(output.missing)
        return ""

    async def _report(
        self, response: Response, task: PageTask, output: PageOutput, capture: Capture | None
    ) -> AsyncIterator[Request]:
        """Report a page that was read, and yield what follows from it."""
        done, follow = self.routes.sort(task, output, response.url, rendered=capture is not None)
        images = await self.images.fetch(done)
        event = PageRead(
            task,
            response.status,
            await self._spooled(response.body, keep=bool(done)),
            output.rung,
            capture is not None,
            len(output.items),
            tuple(done),
            images,
            tuple(follow),
            output.next.url,
            output.missing,
            hosts=self.hosts.changed(),
            renders=self.renders.changed(),
        )
        self.tally.read(event)
        self.emit(event)
        for one in follow:
            yield self.request(one)

    async def _spooled(self, body: bytes, *, keep: bool) -> str:
        """Return the digest of a page's bytes, which lie in the spool under it where they are to be kept."""
        sha = hashlib.sha256(body).hexdigest()
        path = Path(self.plan.spool_dir) / sha
        if keep and self.plan.spool_dir and not path.exists():
            await asyncio.to_thread(put_spooled, path, body)
        return sha

    def _give_up(
        self, task: PageTask, reason: str, status: int, *, blocked: str = "", refused: str = ""
    ) -> Iterable[Request]:
        """Report a page that cannot be used; a product keeps what its card said, a guessed page is tried by clicking."""
        follow = self.routes.after_failure(task, may_render=self._may_render())
        event = PageRead(
            task,
            status,
            listings=(task.card,) if task.card is not None else (),
            follow=tuple(follow),
            failure="" if task.guessed else reason,
            blocked=blocked,
            refused=refused,
            hosts=self.hosts.changed(),
        )
        self.tally.read(event)
        self.emit(event)
        if self.tally.hopeless:
            engine = self.crawler.engine
            if engine is not None:
                engine.close_spider(self, "blocked")
            return []
        return [self.request(one) for one in follow]

    async def failed(self, failure: Failure) -> AsyncIterator[Request]:
        """Report a page that could not be fetched."""
        request: Request = failure.request  # type: ignore[attr-defined] # Scrapy adds it
        error = failure.value
        refused = error.why if isinstance(error, Refused) else ""
        reason = refused or _reason(request, error, self.plan.max_page_bytes)
        blocked = reason if isinstance(error, Refused) and error.by_robots else ""
        following = list(self._give_up(request.meta["task"], reason, 0, blocked=blocked, refused=refused))
        await self._leave(request.meta)
        for one in following:
            yield one

    def closed(self, reason: str) -> None:
        """Note why Scrapy closed the spider (Scrapy calls this)."""
        self.tally.closed = reason
        self.reader.close()


def _reason(request: Request, error: BaseException | None, most: int) -> str:
    """Return in words why a request failed."""
    host = request.url.split("/")[2] if request.url.count("/") > 1 else request.url
    if host.split(":")[0] in REFUSED:
        return REFUSED[host.split(":")[0]]
    text = str(error) or type(error).__name__
    if isinstance(error, DownloadCancelledError) or (isinstance(error, IgnoreRequest) and "DOWNLOAD_MAXSIZE" in text):
        return f"{host} sends more than the {most} bytes that a page may have: it was cut off"
    return f"{host} cannot be reached or read: {type(error).__name__}: {text[:300]}"


def _joined(first: PageOutput, more: PageOutput) -> PageOutput:
    """Return two snapshots of one page as one: each listing once, in order."""
    found: dict[str, Listing] = {item.key: item for item in first.items}
    for item in more.items:
        found.setdefault(item.key, item)
    return replace(
        first,
        items=tuple(found.values()),
        rung=first.rung or more.rung,
        shell=first.shell and more.shell,
        next=more.next,
    )

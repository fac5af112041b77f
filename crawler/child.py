"""The crawl's child process: `python -m crawler.child` reads a plan on stdin and writes events on stdout.

Rules: stdout holds event lines only (whatever else prints goes to stderr); the last line is the run's end; the child
ends itself when its parent is gone or its deadline has passed. After the plan stdin holds a byte for each page that the
parent has taken.
"""

import asyncio
import logging
import os
import sys
import threading
import time
from dataclasses import replace
from typing import Any

from crawler.errors import BadPlan, CrawlError
from crawler.events import ImageFetched, PageRead, RunEnded, write_event
from crawler.plan import CrawlPlan, load, seed_tasks
from crawler.tally import Tally
from guards.egress import EgressPolicy
from records.terms import RunOutcome

MAX_PLAN = 256_000_000
"""The largest plan, in bytes."""
_BROWSER_BUDGET = 400_000_000
_SIZE_DIGITS = 20
_RECEIPT_S = 60.0


class Receipts:
    """What the parent says it has taken: a byte on stdin for each page, counted in a thread."""

    def __init__(self) -> None:
        self.sent = 0
        self._got = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    def listen(self) -> None:
        """Begin to count, on the running loop."""
        loop = asyncio.get_running_loop()

        def count() -> None:
            while sys.stdin.buffer.read(1):
                loop.call_soon_threadsafe(self._note)

        threading.Thread(target=count, name="receipts", daemon=True).start()

    async def all(self) -> None:
        """Wait until every page that was sent is taken, a minute at most: a slow parent holds nothing up for good."""
        if self._got < self.sent:
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((self.sent, waiting))
            await asyncio.wait([waiting], timeout=_RECEIPT_S)

    def _note(self) -> None:
        self._got += 1
        for number, waiting in self._waiting:
            if number <= self._got and not waiting.done():
                waiting.set_result(None)
        self._waiting = [pair for pair in self._waiting if not pair[1].done()]


class EventWriter:
    """Writes event lines to a descriptor of its own, so that nothing else can."""

    def __init__(self) -> None:
        self._out = os.dup(1)
        os.dup2(2, 1)

        self.receipts = Receipts()

    def __call__(self, event: ImageFetched | PageRead | RunEnded) -> None:
        """Write one event; ends the process where the parent no longer reads."""
        self.receipts.sent += isinstance(event, PageRead)
        data = write_event(event) + b"\n"
        try:
            while data:
                data = data[os.write(self._out, data) :]
        except BrokenPipeError:
            os._exit(1)


def main() -> int:
    """Run the crawl of the plan on stdin."""
    write = EventWriter()
    _end_with_parent(os.getppid())
    try:
        plan = load(CrawlPlan, _plan_bytes())
        _ = plan.pending or seed_tasks(plan)
    except CrawlError as error:
        write(RunEnded(RunOutcome.FAILED, str(error)))
        return 1
    write(_crawl(plan, write))
    return 0


def _plan_bytes() -> bytes:
    """Return the plan on stdin: a line with its size, then the plan; raise `BadPlan` for what is none."""
    size = sys.stdin.buffer.readline(_SIZE_DIGITS).strip()
    if not size.isdigit() or int(size) > MAX_PLAN:
        raise BadPlan(f"expected the size of a plan of at most {MAX_PLAN} bytes, got {size[:20]!r}")
    return sys.stdin.buffer.read(int(size))


def _crawl(plan: CrawlPlan, write: EventWriter) -> RunEnded:
    """Run Scrapy until the plan is done; return how it ended."""
    from scrapy import signals
    from scrapy.crawler import AsyncCrawlerProcess

    from crawler.net.hosts import HostBudgets
    from crawler.net.proxy import EgressProxy
    from crawler.net.scrapy_settings import scrapy_settings
    from crawler.net.spider import WatchSpider

    logging.getLogger("scrapy-playwright").setLevel(logging.ERROR)
    proxy = EgressProxy(EgressPolicy(frozenset(plan.allow_hosts)), _BROWSER_BUDGET, plan.rendered_bytes)
    port = proxy.start()
    tally = Tally()
    hosts = HostBudgets(plan.hosts, plan.crawl_delay_s, plan.host_limit)
    process = AsyncCrawlerProcess(settings=scrapy_settings(plan, port, hosts))
    crawler = process.create_crawler(WatchSpider)

    def started() -> None:
        from twisted.internet import reactor

        loop: Any = reactor
        loop.callLater(plan.run_deadline_s, _stop, crawler)

    def closing(spider: WatchSpider) -> None:
        tally.truncated = spider.routes.truncated
        tally.robots = _robots(crawler)

    crawler.signals.connect(started, signals.spider_opened)
    crawler.signals.connect(closing, signals.spider_closed)
    process.crawl(
        crawler, plan=plan, emit=write, tally=tally, hosts=hosts, used=lambda: proxy.used, receipts=write.receipts
    )
    process.start()
    proxy.close()
    return replace(tally.end(), hosts=hosts.changed())


def _stop(crawler: Any) -> None:
    if crawler.engine is not None and crawler.spider is not None:
        crawler.engine.close_spider(crawler.spider, "deadline")


def _robots(crawler: Any) -> str:
    """Return in words what robots.txt said: "obeyed", "none", "disallowed", "unreachable", or "overridden"."""
    from crawler.net.robots import RobotsMiddleware

    middlewares = crawler.engine.downloader.middleware.middlewares
    found = next((one for one in middlewares if isinstance(one, RobotsMiddleware)), None)
    if found is None:
        return "overridden"
    rules = list(found.statuses.values())
    if not rules:
        return "unknown"
    first = rules[0]
    if first.refusal:
        return "unreachable"
    if 200 <= first.status < 300:
        return "allowed" if first.parser is not None else "allowed (empty robots.txt)"
    return f"none (status {first.status})"


def _end_with_parent(parent: int) -> None:
    """End the process when its parent has gone: a thread looks once a second."""

    def watch() -> None:
        while True:
            time.sleep(1)
            if os.getppid() != parent:
                os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # what is left (loops, worker threads) has nothing more to say

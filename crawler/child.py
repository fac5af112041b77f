"""The crawl's child process: `python -m crawler.child` reads a plan on stdin and writes events on stdout.

Rules: stdout holds event lines only (whatever else prints goes to stderr); the last line is the run's end; the child
ends itself when its parent is gone or its deadline has passed.
"""

import logging
import os
import sys
import threading
import time
from dataclasses import replace
from typing import Any

from crawler.errors import CrawlError
from crawler.events import ImageFetched, PageRead, RunEnded, write_event
from crawler.plan import CrawlPlan, load, seed_tasks
from crawler.tally import Tally
from guards.caps import read_capped
from guards.egress import EgressPolicy
from records.terms import RunOutcome

MAX_PLAN = 256_000_000
"""The largest plan, in bytes."""
_BROWSER_BUDGET = 400_000_000


class EventWriter:
    """Writes event lines to a descriptor of its own, so that nothing else can."""

    def __init__(self) -> None:
        self._out = os.dup(1)
        os.dup2(2, 1)

    def __call__(self, event: ImageFetched | PageRead | RunEnded) -> None:
        """Write one event; ends the process where the parent no longer reads."""
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
        plan = load(CrawlPlan, read_capped(sys.stdin.buffer, MAX_PLAN))
        _ = plan.pending or seed_tasks(plan)
    except CrawlError as error:
        write(RunEnded(RunOutcome.FAILED, str(error)))
        return 1
    write(_crawl(plan, write))
    return 0


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
    process.crawl(crawler, plan=plan, emit=write, tally=tally, hosts=hosts, used=lambda: proxy.used)
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

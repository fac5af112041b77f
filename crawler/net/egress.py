"""The egress check of every request, redirects and robots.txt included, before it is scheduled to a connection."""

import asyncio

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from guards.egress import EgressPolicy
from guards.errors import GuardError


class Refused(IgnoreRequest):
    """A request that must not be made; `why` is for the report. `by_robots` tells robots.txt from the egress policy."""

    def __init__(self, why: str, *, by_robots: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.by_robots = by_robots


class EgressMiddleware:
    """Downloader middleware that lets only allowed addresses through."""

    def __init__(self, policy: EgressPolicy) -> None:
        self.policy = policy

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "EgressMiddleware":
        """Return the middleware for a crawl's policy (Scrapy calls this)."""
        return cls(EgressPolicy(frozenset(crawler.settings.getlist("MARKWATCH_ALLOW"))))

    async def process_request(self, request: Request) -> None:
        """Raise `Refused` for a URL that the policy refuses."""
        try:
            await asyncio.to_thread(self.policy.check_url, request.url)
        except GuardError as error:
            raise Refused(str(error)) from error

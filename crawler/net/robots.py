"""robots.txt as RFC 9309 has it, and Crawl-delay.

Rules: 2xx: its rules (the first 500 KiB); 4xx: no rules (2.3.1.3), but 429 like 5xx; 5xx and no answer: everything is
disallowed (2.3.1.4); `Crawl-delay` is kept for the whole host, pictures and the browser's pages included.
"""

import logging
from typing import Any

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.http import Response
from twisted.internet.defer import Deferred

from crawler.net.egress import Refused

MAX_BYTES = 512_000
"""How much of a robots.txt is read (RFC 9309, 2.5: at least 500 KiB)."""
MAX_DELAY_S = 120.0
"""The longest Crawl-delay that is kept as such; a longer one makes the run end by its own deadline anyway."""

logger = logging.getLogger(__name__)


class Rules:
    """What a host's robots.txt says: its rules, or why everything is refused."""

    def __init__(self, text: str = "", refusal: str = "", status: int = 0) -> None:
        self.parser = Protego.parse(text) if text else None
        self.refusal = refusal
        self.status = status

    def allowed(self, url: str, agent: str) -> bool:
        """Return whether `agent` may fetch `url`."""
        if self.refusal:
            return False
        return self.parser is None or bool(self.parser.can_fetch(url, agent))

    def delay(self, agent: str) -> float:
        """Return the Crawl-delay in seconds, 0 where none is given."""
        value = self.parser.crawl_delay(agent) if self.parser is not None else None
        return min(float(value), MAX_DELAY_S) if value and value > 0 else 0.0


class RobotsMiddleware(RobotsTxtMiddleware):
    """Scrapy's middleware with RFC 9309's reading of statuses, and with Crawl-delay."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.agent = str(crawler.settings["USER_AGENT"]).split("/")[0].split(" ")[0]
        self.statuses: dict[str, Rules] = {}

    def process_request_2(self, rp: Any, request: Request) -> None:
        """Raise `Refused` where the rules disallow the request."""
        if not isinstance(rp, Rules) or rp.allowed(request.url, self.agent):
            return
        raise Refused(rp.refusal or f"robots.txt disallows {request.url}", by_robots=not rp.refusal or rp.status > 0)

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if 200 <= response.status < 300:
            rules = Rules(response.body[:MAX_BYTES].decode("utf-8-sig", "replace"), status=response.status)
        elif 400 <= response.status < 500 and response.status != 429:
            rules = Rules(status=response.status)
        else:
            rules = Rules(
                refusal=f"robots.txt answers {response.status}: everything counts as disallowed", status=response.status
            )
        self._slow_down(request, rules.delay(self.agent))
        self._settle(netloc, rules)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        why = exc.why if isinstance(exc, Refused) else f"{netloc} cannot be reached: {type(exc).__name__}: {exc}"
        self._settle(netloc, Rules(refusal=why[:400]))

    def _settle(self, netloc: str, rules: Rules) -> None:
        self.statuses[netloc] = rules
        waiting = self._parsers[netloc]
        self._parsers[netloc] = rules  # type: ignore[assignment] # our own rules take the parser's place
        if isinstance(waiting, Deferred):
            waiting.callback(rules)  # type: ignore[arg-type] # likewise

    def _slow_down(self, request: Request, delay: float) -> None:
        """Keep a Crawl-delay: one request at a time, and the delay between two."""
        self.crawler.settings["MARKWATCH_HOSTS"].slow(request.url, delay)
        engine = self.crawler.engine
        if not delay or engine is None:
            return
        downloader = engine.downloader
        key = downloader.get_slot_key(request)
        downloader.per_slot_settings[key] = {"delay": 0.0, "concurrency": 1}
        slot = downloader.slots.get(key)
        if slot is not None:
            slot.concurrency = 1
        logger.info("Crawl-delay of %s: %s s", key, delay)

"""The budgets of a crawl's hosts: one for each, shared by pages, pictures, robots.txt and the browser's own requests.

Downloader middleware: it holds requests back, counts them, and asks again after a 429 or 503 where the host says when
(RFC 9110, 10.2.3). The states go to the records with each page, so that a restart owes what the run before did.
"""

import asyncio
import email.utils
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler import budget
from crawler.net.egress import Refused
from records.crawl import HostState

MAX_TRIES = 3
"""How often a page is asked for again."""
_MAX_HOLDS = 50
_INSIDE = "inside"
"""Where a request's meta names the host that it holds."""


def wait_seconds(value: str, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for, or None where it cannot be read.

    >>> wait_seconds("5", datetime(2026, 1, 1, tzinfo=UTC))
    5.0
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


class HostBudgets:
    """The states of one crawl's hosts; `delay_s` lies between two requests to one, `limit` bounds its requests a day."""

    def __init__(
        self, states: Iterable[HostState], delay_s: float, limit: int, clock: Callable[[], datetime] | None = None
    ) -> None:
        self._states = {state.host: state for state in states}
        self._changed: set[str] = set()
        self._delay_s, self._limit = delay_s, limit
        self._now = clock or (lambda: datetime.now(UTC))
        self._reading: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def __deepcopy__(self, memo: object) -> "HostBudgets":
        """Return the same: Scrapy copies its settings, and these budgets are shared by all that ask a host."""
        return self

    async def turn(self, url: str) -> None:
        """Wait until the host of an address may be asked, and note that it is. Raises `Refused` where that is not today."""
        host = host_of(url)
        async with self._turns[host]:  # first come, first served
            for _ in range(_MAX_HOLDS):  # another answer may move the end meanwhile
                state = self._of(host)
                why = budget.refusal(state, self._now(), self._limit)
                if why:
                    raise Refused(why)
                left = budget.wait_s(state, self._now())
                if left <= 0:
                    break
                await asyncio.sleep(left)
            self._set(budget.asked(self._of(host), self._now(), self._delay_s))

    async def enter(self, meta: dict[str, Any], url: str) -> None:
        """Wait until no other page of the host is being read, where requests are spaced: a kill then repeats one page only.

        A page is left by `leave` once it was reported; one that is asked for again, or redirected, is in already.
        """
        if self._delay_s and "task" in meta and _INSIDE not in meta:
            host = host_of(url)
            await self._reading[host].acquire()
            meta[_INSIDE] = host

    def leave(self, meta: dict[str, Any]) -> None:
        """Let the next page of the host be read."""
        host = meta.pop(_INSIDE, None)
        if host is not None and self._reading[host].locked():
            self._reading[host].release()

    def charge(self, url: str) -> None:
        """Note a request that a rendered page made by itself."""
        if url.startswith(("http://", "https://")):
            self._set(budget.also_asked(self._of(host_of(url)), self._now(), self._delay_s))

    def answered(self, url: str, status: int) -> None:
        """Note an answer."""
        state = self._of(host_of(url))
        self._set(budget.failed(state, self._now()) if status >= 500 else budget.answered(state))

    def failed(self, url: str) -> None:
        """Note that a host gave no answer."""
        self._set(budget.failed(self._of(host_of(url)), self._now()))

    def hold(self, url: str, seconds: float) -> None:
        """Hold a host's requests back."""
        self._set(budget.told_to_wait(self._of(host_of(url)), self._now(), seconds))

    def slow(self, url: str, delay_s: float) -> None:
        """Keep a host's Crawl-delay; 0 where it has none any more."""
        state = self._of(host_of(url))
        if state.delay_s != delay_s:
            self._set(replace(state, delay_s=delay_s))

    def changed(self) -> tuple[HostState, ...]:
        """Return the states that changed since the last call."""
        found = tuple(self._states[host] for host in sorted(self._changed))
        self._changed.clear()
        return found

    def _of(self, host: str) -> HostState:
        return self._states.get(host) or HostState(host)

    def _set(self, state: HostState) -> None:
        if self._states.get(state.host) != state:
            self._states[state.host] = state
            self._changed.add(state.host)


class BudgetMiddleware:
    """Downloader middleware over the crawl's budgets (the setting `MARKWATCH_HOSTS`)."""

    def __init__(self, hosts: HostBudgets, fallback_s: float) -> None:
        self.hosts = hosts
        self.fallback_s = fallback_s

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "BudgetMiddleware":
        """Return the middleware; without a Retry-After it waits five crawl delays (Scrapy calls this)."""
        return cls(crawler.settings["MARKWATCH_HOSTS"], 5 * crawler.settings.getfloat("MARKWATCH_DELAY"))

    async def process_request(self, request: Request) -> None:
        """Wait for the host's turn."""
        await self.hosts.enter(request.meta, request.url)
        await self.hosts.turn(request.url)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        """Note the answer; return the same request again after a 429 or 503, held back as long as the host asks."""
        self.hosts.answered(request.url, response.status)
        if response.status not in (429, 503):
            return response
        header = (response.headers.get("Retry-After") or b"").decode("latin-1")
        asked = wait_seconds(header, datetime.now(UTC)) if header else None
        tries = request.meta.get("patience", 0) + 1
        wait = self.fallback_s * tries if asked is None else asked
        self.hosts.hold(request.url, wait)
        if tries >= MAX_TRIES or wait > budget.LONGEST_S or (asked is None and response.status == 503 and tries > 1):
            return response
        again = request.copy()
        again.meta["patience"] = tries
        again.dont_filter = True
        return again

    async def process_exception(self, request: Request, exception: Exception) -> None:
        """Note that the host gave no answer; a request that was never made says nothing of it."""
        if not isinstance(exception, IgnoreRequest):
            self.hosts.failed(request.url)


def host_of(url: str) -> str:
    """Return the host of an address, with its port where one is written, in lower case."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()

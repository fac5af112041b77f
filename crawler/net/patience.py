"""Retry-After, in both forms (RFC 9110, 10.2.3), for the whole host: one request told to wait makes all of them wait."""

import asyncio
import email.utils
import time
from datetime import UTC, datetime

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached

MAX_WAIT_S = 120.0
"""The longest wait that is sat out; a host that asks for more is left for the next run."""
MAX_TRIES = 3
"""How often a page is asked for again."""
_MAX_HOLDS = 20


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


class PatienceMiddleware:
    """Downloader middleware that holds a host's requests back after 429 or 503, and asks again."""

    def __init__(self, fallback_s: float) -> None:
        self.fallback_s = fallback_s
        self.until: dict[str, float] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "PatienceMiddleware":
        """Return the middleware; without a Retry-After it waits five crawl delays (Scrapy calls this)."""
        return cls(5 * crawler.settings.getfloat("DOWNLOAD_DELAY"))

    async def process_request(self, request: Request) -> None:
        """Wait while the host is held back."""
        host = urlparse_cached(request).netloc
        for _ in range(_MAX_HOLDS):  # another answer may move the end meanwhile
            left = self.until.get(host, 0.0) - time.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(left)

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        """Return the same request again after a 429 or 503, held back as long as the host asks."""
        if response.status not in (429, 503):
            return response
        header = (response.headers.get("Retry-After") or b"").decode("latin-1")
        asked = wait_seconds(header, datetime.now(UTC)) if header else None
        tries = request.meta.get("patience", 0) + 1
        wait = self.fallback_s * tries if asked is None else asked
        host = urlparse_cached(request).netloc
        self.until[host] = max(self.until.get(host, 0.0), time.monotonic() + min(wait, MAX_WAIT_S))
        if tries >= MAX_TRIES or wait > MAX_WAIT_S or (asked is None and response.status == 503 and tries > 1):
            return response
        again = request.copy()
        again.meta["patience"] = tries
        again.dont_filter = True
        return again

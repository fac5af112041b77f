"""The browser's life in a crawl: started with the first page that needs it, and begun anew after some pages.

A browser that has shown many hostile pages holds what they left behind: memory, workers, a full disk cache.
"""

import asyncio
import contextlib

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

from crawler.errors import CrawlError

_DRAIN_S = 120.0
"""How long the pages under way are waited for before the browser is ended all the same."""
_CLOSE_S = 5.0
"""How long a page may take to close."""
_END_S = 15.0
"""How long the browser may take to end."""


class PageOverran(CrawlError):
    """A rendered page that took longer than a page may. It is not asked for again."""


class LazyBrowserHandler(ScrapyPlaywrightDownloadHandler):  # type: ignore[misc] # the base is untyped
    """scrapy-playwright's handler that starts Playwright with the first page, and the browser anew after some pages.

    How many is the setting `MARKWATCH_BROWSER_PAGES`.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._limit_s = 2.5 * crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        self._most = crawler.settings.getint("MARKWATCH_BROWSER_PAGES")
        self._started = False
        self._made = self._open = 0
        self._gate = asyncio.Lock()
        self._pages: dict[int, Page] = {}
        self._clocks: dict[int, asyncio.Timeout] = {}
        self._idle, self._gone = asyncio.Event(), asyncio.Event()
        self._idle.set()

    async def _maybe_launch_in_thread(self) -> None:
        return

    async def _maybe_launch_browser(self) -> None:
        if not self._started:
            self._started = True
            await self._launch()
        await super()._maybe_launch_browser()

    async def _create_page(self, request: Request, spider: Spider) -> Page:
        async with self._gate:
            if self._most and self._made >= self._most:
                await self._renew()
            self._made += 1
            self._open += 1
            self._idle.clear()
        try:
            page: Page = await super()._create_page(request, spider)
        except BaseException:
            self._closed()
            raise
        page.on("close", self._closed)
        self._pages[id(request)] = page
        if (clock := self._clocks.get(id(request))) is not None:
            clock.reschedule(asyncio.get_running_loop().time() + self._limit_s)
        return page

    async def _download_request(self, request: Request, spider: Spider | None = None) -> Response:
        """Read a page within a time, all waiting of the base's included: one that navigates for ever never has content."""
        try:
            async with asyncio.timeout(None) as clock:  # it runs once there is a page: others may be waited for before
                self._clocks[id(request)] = clock
                found: Response = await super()._download_request(request, spider)
                return found
        except TimeoutError as error:
            page = self._pages.pop(id(request), None)
            if page is not None:
                await self._end(page)
            raise PageOverran(f"{request.url} did not come to rest within {self._limit_s:g} s") from error
        finally:
            self._pages.pop(id(request), None)
            self._clocks.pop(id(request), None)

    async def _end(self, page: Page) -> None:
        """Close a page that overran; where it does not even close, end the browser: the next page starts another."""
        try:
            await asyncio.wait_for(page.close(), _CLOSE_S)
        except (PlaywrightError, TimeoutError):
            if hasattr(self, "browser"):
                with contextlib.suppress(PlaywrightError, TimeoutError):
                    await asyncio.wait_for(self.browser.close(), _END_S)

    def _closed(self, _page: Page | None = None) -> None:
        self._open -= 1
        if self._open <= 0:
            self._idle.set()

    async def _browser_disconnected_callback(self) -> None:
        await super()._browser_disconnected_callback()
        self._gone.set()

    async def _renew(self) -> None:
        """End the browser once no page is open; the next page starts another."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), _DRAIN_S)
        if hasattr(self, "browser"):
            self._gone.clear()
            await self.browser.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), _END_S)
        self._made = self._open = 0

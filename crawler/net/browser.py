"""Rendering with Chromium: settle, scroll, press "next", and keep the JSON that the page fetched.

Rules:
- a page is ready when its network and its text have been quiet for a moment (never `networkidle`: a page that polls
  would hang), at the latest at its deadline, or when it has brought as many bytes as a page may
- pictures, fonts, media and sockets are not loaded: what counts is the DOM
"""

import asyncio
import hashlib
import time
from collections.abc import Callable
from typing import Any

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page
from playwright.async_api import Request as BrowserRequest
from playwright.async_api import Response as BrowserResponse

from crawler.extract.responses import Response

QUIET_S = 0.8
"""How long network and text must be quiet."""
MAX_JSON = 5_000_000
"""The largest JSON response kept, in bytes."""
MAX_RESPONSES = 60
"""The most JSON responses kept of one page."""
WALL = 2_500
"""Characters of text below which a page may be a captcha, a firewall's word or a login."""
_BLOCKED = frozenset(("image", "media", "font", "websocket", "eventsource", "manifest", "ping"))
_COUNT = (
    "() => (document.body ? document.body.innerText.length + ':' + document.getElementsByTagName('*').length : '0')"
)
_TEXT = "() => (document.body ? document.body.innerText.slice(0, 200000) : '')"
_BACKGROUNDS = """() => { let n = 0; for (const e of document.querySelectorAll('*')) { if (n++ > 5000) break;
  const b = getComputedStyle(e).backgroundImage; if (b && b.startsWith('url(') && !e.style.backgroundImage) e.style.backgroundImage = b; } }"""
_OPEN_SHADOWS = """() => { let n = 0; for (const e of document.querySelectorAll('*')) { if (n++ > 5000) break;
  if (e.shadowRoot && !e.hasAttribute('data-mw-open')) { const d = document.createElement('div'); d.innerHTML = e.shadowRoot.innerHTML;
  e.appendChild(d); e.setAttribute('data-mw-open', '1'); } } }"""
_PRESS_NEXT = r"""number => {
  const word = /^\s*(?:下一页|下页|下一頁|next(?:\s+page)?|(?:点击|点此)?(?:加载|查看|显示|浏览)?更多(?:商品|产品|宝贝|结果|内容)?|more|(?:load|show|view|see) more(?: \w{1,12})?|more (?:products|items|results)|›|»|→|>)\s*$/i;
  const label = /下一页|下页|next page|^next$|load more|加载更多/i;
  const ok = e => { const r = e.getBoundingClientRect(); const s = getComputedStyle(e);
    return r.width > 0 && r.height > 0 && s.visibility !== 'hidden' && !e.disabled && e.getAttribute('aria-disabled') !== 'true'
      && !/disabled/i.test(e.className && e.className.baseVal === undefined ? e.className : '')
      && !/disabled/i.test(e.parentElement ? String(e.parentElement.className) : '')
      && !e.closest('[class*=carousel],[class*=slider],[class*=swiper],[class*=calendar],nav.menu'); };
  const acts = e => { const href = e.tagName === 'A' ? (e.getAttribute('href') || '') : '';
    if (href && !href.startsWith('#') && !href.startsWith('javascript')) return false;
    return e.matches('a,button,[role=button],[onclick]') || (!e.children.length && getComputedStyle(e).cursor === 'pointer'); };
  const said = e => (e.innerText || '').trim();
  const all = [...document.querySelectorAll('a,button,[role=button],li,span,div,p,td,em,i')].filter(e => e.children.length < 4 && e.textContent.length <= 80 && said(e).length <= 24);
  const press = e => { e.scrollIntoView(); e.click(); return true; };
  for (const e of all) {
    const text = said(e).replace(/[\s.…↓⌄▼]+$/, '');
    const labels = [e.getAttribute('aria-label') || '', e.getAttribute('title') || ''];
    if (!(text && word.test(text) || labels.some(s => label.test(s.trim()))) || !acts(e) || !ok(e)) continue;
    return press(e); }
  const number_of = e => /^\d{1,4}$/.test(said(e)) ? Number(said(e)) : 0;
  for (const e of all.filter(e => number_of(e) === number)) {
    const up = e.parentElement, row = e.closest('ul,ol,nav,tr') || (up && up.children.length < 2 ? up.parentElement : up);
    if (row && acts(e) && ok(e) && (row.innerText.match(/\d+/g) || []).some(n => Number(n) !== number) && row.innerText.length < 200) return press(e); }
  return false; }"""


class Capture:
    """What is kept of one rendered page beside its DOM: JSON responses, and (address, DOM) after each press of "next".

    `charge` is told of each request that the page makes by itself for documents and data, for the host's budget.
    `used` counts the bytes that the browser was brought so far: a page ends once `max_bytes` came since it began.
    `shot` is a picture (PNG) of the first view where `shoot` asks for one, or the page shows so little that it may be a
    wall. `ended` says that the list was pressed to its end: there was nothing more to press, or it brought nothing new.
    """

    def __init__(
        self,
        *,
        deadline_s: float,
        presses: int,
        scrolls: int,
        charge: Callable[[str], None] = lambda _url: None,
        shoot: bool = False,
        used: Callable[[], int] = lambda: 0,
        max_bytes: int = 0,
    ) -> None:
        self.responses: list[Response] = []
        self.snapshots: list[tuple[str, str]] = []
        self.ended = False
        self.presses = presses
        self.scrolls = scrolls
        self._charge = charge
        self._shoot = shoot
        self._used, self._most = used, used() + max_bytes if max_bytes else 0
        self.shot = b""
        self._until = time.monotonic() + deadline_s
        self._busy = time.monotonic()
        self._reading: set[asyncio.Task[None]] = set()

    def listeners(self) -> dict[str, Any]:
        """Return the page's event handlers (for `playwright_page_event_handlers`)."""
        return {"response": self._on_response, "request": self._on_request, "dialog": _dismiss}

    def _on_request(self, request: BrowserRequest) -> None:
        if request.resource_type in ("xhr", "fetch", "script", "document"):
            self._busy = time.monotonic()
        if request.resource_type in ("xhr", "fetch") or (
            request.resource_type == "document" and request.frame.parent_frame is not None
        ):
            self._charge(request.url)

    async def _on_response(self, response: BrowserResponse) -> None:
        self._busy = time.monotonic()
        kind = (response.headers.get("content-type") or "").lower()
        if (
            "json" not in kind
            or len(self.responses) >= MAX_RESPONSES
            or response.request.resource_type not in ("xhr", "fetch", "other")
        ):
            return
        size = response.headers.get("content-length", "0")
        if size.isdigit() and int(size) > MAX_JSON:
            return
        try:
            body = await asyncio.wait_for(response.body(), 10)
        except (PlaywrightError, TimeoutError):
            return
        if len(body) <= MAX_JSON:
            self.responses.append(Response(response.url, body))

    async def run(self, page: Page) -> None:
        """Bring the page to rest, then scroll and press "next" while that brings something new (a PageMethod)."""
        await self._settle(page)
        for _ in range(self.scrolls):
            before = await _evaluate(page, _COUNT)
            await _evaluate(page, "() => window.scrollTo(0, document.body ? document.body.scrollHeight : 0)")
            await self._settle(page)
            if await _evaluate(page, _COUNT) == before or self._over():
                break
        await self._keep(page)
        if self._shoot or len(str(await _evaluate(page, _TEXT) or "")) < WALL:
            self.shot = await _shot(page)
        seen = {await _digest(page)}
        for pressed in range(self.presses):
            if self._over():
                break
            if not await _evaluate(page, _PRESS_NEXT, pressed + 2):
                self.ended = True
                break
            await asyncio.sleep(0.1)
            await self._settle(page)
            mark = await _digest(page)
            if mark in seen:
                self.ended = True
                break
            seen.add(mark)
            await self._keep(page)

    async def _keep(self, page: Page) -> None:
        await _evaluate(page, _OPEN_SHADOWS)
        await _evaluate(page, _BACKGROUNDS)
        try:
            self.snapshots.append((page.url, await asyncio.wait_for(page.content(), 15)))
        except (PlaywrightError, TimeoutError):
            return

    async def _settle(self, page: Page) -> None:
        last, since = "", time.monotonic()
        while not self._over():
            now = time.monotonic()
            mark = str(await _evaluate(page, _COUNT))
            if mark != last:
                last, since = mark, now
            if now - max(since, self._busy) >= QUIET_S:
                return
            await asyncio.sleep(0.1)

    def _over(self) -> bool:
        return time.monotonic() > self._until or bool(self._most and self._used() > self._most)


async def _dismiss(dialog: Any) -> None:
    try:
        await dialog.dismiss()
    except PlaywrightError:
        return


async def _shot(page: Page) -> bytes:
    """Return a picture of a page's first view; b"" where none can be made in time."""
    try:
        return await asyncio.wait_for(page.screenshot(type="png", animations="disabled"), 10)
    except (PlaywrightError, TimeoutError):
        return b""


async def _digest(page: Page) -> str:
    return hashlib.sha256(str(await _evaluate(page, _TEXT)).encode("utf-8", "replace")).hexdigest()


async def _evaluate(page: Page, script: str, argument: object = None) -> Any:
    """Return a script's value; None where the page navigates or hangs meanwhile."""
    try:
        return await asyncio.wait_for(page.evaluate(script, argument), 10)
    except (PlaywrightError, TimeoutError):
        return None


def unwanted(request: BrowserRequest) -> bool:
    """Return whether a browser's request is not made (for `PLAYWRIGHT_ABORT_REQUEST`)."""
    return request.resource_type in _BLOCKED or not request.url.startswith(
        ("http://", "https://", "data:", "blob:", "about:")
    )

"""The recorder of fidelity `browser-decoded`: what Chromium itself reports of each exchange.

What the browser does not give is written into each exchange's `lost`: bodies of redirects, chunking and
content-encoding (undone), header bytes (names and values are as Chromium reports them), bodies that it dropped.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from playwright.async_api import BrowserContext, Request, Response
from playwright.async_api import Error as PlaywrightError

from evidence.capture.exchange import Exchange
from records.terms import Fidelity

MAX_EXCHANGES = 5_000
"""More requests than this are counted, not kept."""
_BODY_TIMEOUT_S = 20.0
_UNFINISHED = "the response had not ended when the capture did"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NO_BODY = frozenset({101, 204, 205, 304})
_STREAMS = frozenset({"eventsource", "websocket", "media", "ping"})


class BrowserRecorder:
    """Records every exchange of a browser context; `announce` is called with each request's URL as it starts."""

    fidelity = Fidelity.BROWSER_DECODED

    def __init__(self, context: BrowserContext, announce: Callable[[str], None], max_body_bytes: int) -> None:
        self.exchanges: list[Exchange] = []
        self.dropped = 0
        self._announce = announce
        self._max_body = max_body_bytes
        self._of: dict[Request, Exchange] = {}
        self._tasks: dict[asyncio.Task[None], Exchange] = {}
        self._heads: dict[int, asyncio.Task[None]] = {}
        self._last = asyncio.get_running_loop().time()
        context.on("request", self._on_request)
        context.on("response", self._on_response)
        context.on("requestfinished", self._on_finished)
        context.on("requestfailed", self._on_failed)

    def pending(self) -> list[Exchange]:
        """Return the exchanges under way, streams that never end by design left out."""
        return [item for item in self._of.values() if not item.ended and item.resource_type not in _STREAMS]

    def last_event(self) -> float:
        """Return the event loop's time of the newest network event."""
        return self._last

    def give_up(self) -> int:
        """Mark what is under way as not ended, before loading is stopped; return how many exchanges."""
        waiting = self.pending()
        for exchange in waiting:
            exchange.failure, exchange.ended = _UNFINISHED, True
            exchange.lost.append(f"response: {_UNFINISHED}")
        return len(waiting)

    async def finish(self, deadline_s: float) -> None:
        """Wait for the bodies that are being fetched; what has not ended by the deadline is marked so."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=deadline_s)
        for task, exchange in list(self._tasks.items()):
            task.cancel()
            exchange.lost.append("body: the browser did not hand it over in time")
        for exchange in self.exchanges:
            if not exchange.ended:
                exchange.failure, exchange.ended = exchange.failure or _UNFINISHED, True
                exchange.lost.append(f"response: {_UNFINISHED}")

    def _touch(self) -> None:
        self._last = asyncio.get_running_loop().time()

    def _on_request(self, request: Request) -> None:
        self._touch()
        self._announce(request.url)
        if not request.url.startswith(("http:", "https:")):
            return
        if len(self.exchanges) >= MAX_EXCHANGES:
            self.dropped += 1
            return
        before = self._of.get(request.redirected_from) if request.redirected_from else None
        exchange = Exchange(
            seq=len(self.exchanges),
            url=request.url,
            method=request.method,
            started_at=datetime.now(UTC),
            resource_type=request.resource_type,
            redirected_from=before.seq if before else None,
        )
        self.exchanges.append(exchange)
        self._of[request] = exchange

    def _on_response(self, response: Response) -> None:
        """Read the head at once: a response whose body never ends has one all the same."""
        self._touch()
        exchange = self._of.get(response.request)
        if exchange is not None:
            self._heads[exchange.seq] = self._spawn(exchange, self._read_head(response, exchange))

    def _on_failed(self, request: Request) -> None:
        self._touch()
        exchange = self._of.get(request)
        if exchange is not None and not exchange.ended:
            exchange.failure, exchange.ended = request.failure or "failed", True
            exchange.lost.append(f"response: {exchange.failure}")
            self._spawn(exchange, self._read_request(request, exchange))

    def _on_finished(self, request: Request) -> None:
        self._touch()
        exchange = self._of.get(request)
        if exchange is not None:
            self._spawn(exchange, self._read(request, exchange))

    def _spawn(self, exchange: Exchange, work: Any) -> "asyncio.Task[None]":
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks[task] = exchange
        task.add_done_callback(lambda done: self._tasks.pop(done, None))
        return task

    async def _read(self, request: Request, exchange: Exchange) -> None:
        try:
            async with asyncio.timeout(_BODY_TIMEOUT_S):
                await self._read_request(request, exchange)
                response = await request.response()
                if response is None:
                    exchange.failure = "the browser reports no response"
                    exchange.lost.append("response: the browser reports none")
                    return
                head = self._heads.get(exchange.seq)
                await (head if head is not None else self._read_head(response, exchange))
                exchange.body = await self._read_body(response, exchange)
        except (PlaywrightError, TimeoutError) as error:
            exchange.failure = exchange.failure or ("" if exchange.status is not None else _first_line(error))
            exchange.lost.append(f"body: {_first_line(error)}")
        finally:
            exchange.ended = True
            self._touch()

    async def _read_head(self, response: Response, exchange: Exchange) -> None:
        try:
            async with asyncio.timeout(_BODY_TIMEOUT_S):
                await self._read_response(response, exchange)
        except (PlaywrightError, TimeoutError) as error:
            exchange.lost.append(f"headers: {_first_line(error)}")

    async def _read_request(self, request: Request, exchange: Exchange) -> None:
        try:
            exchange.request_headers = [(item["name"], item["value"]) for item in await request.headers_array()]
            exchange.request_body = request.post_data_buffer
            exchange.frame_url = request.frame.url
        except (PlaywrightError, UnicodeError) as error:
            # Requests of workers have no frame, and a closed page answers nothing more.
            exchange.lost.append(f"request: {_first_line(error)}")

    async def _read_response(self, response: Response, exchange: Exchange) -> None:
        exchange.response_headers = [(item["name"], item["value"]) for item in await response.headers_array()]
        exchange.status, exchange.status_text = response.status, response.status_text
        address = await response.server_addr()
        exchange.server = f"{address['ipAddress']}:{address['port']}" if address else ""
        details = await response.security_details()
        exchange.tls = dict(details) if details else None
        if response.from_service_worker:
            exchange.lost.append("response: made by a service worker, not by the site")
        _note_decoding(exchange)

    async def _read_body(self, response: Response, exchange: Exchange) -> bytes | None:
        if exchange.status in _REDIRECTS and any(name.lower() == "location" for name, _ in exchange.response_headers):
            exchange.lost.append("body: the browser drops the bodies of redirects")
            return None
        if exchange.status in _NO_BODY or exchange.method == "HEAD":
            return b""
        body = await response.body()
        if len(body) > self._max_body:
            exchange.lost.append(f"body: {len(body)} bytes, over the cap of {self._max_body}")
            return None
        return body


def _note_decoding(exchange: Exchange) -> None:
    """Write down what Chromium undid before it handed the body over."""
    for name, value in exchange.response_headers:
        if name.lower() == "content-encoding" and value.strip().lower() not in ("", "identity"):
            exchange.lost.append(f"content-encoding: {value} was undone by the browser")
        if name.lower() == "transfer-encoding":
            exchange.lost.append(f"transfer-encoding: {value} was undone by the browser")


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]

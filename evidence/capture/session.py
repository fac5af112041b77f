"""One capture inside the child: gateway, browser, navigation, quiet, rendering, files.

The order: environment before → probe of the certificate → browser → navigation → scrolling → quiet → rendering →
bodies → environment after → files. Loading has one deadline for all its steps; rendering has its own.
"""

import asyncio
import contextlib
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, CDPSession, ConsoleMessage, Dialog, Page, WebSocket, async_playwright
from playwright.async_api import Error as PlaywrightError

from evidence.capture import environment, tls
from evidence.capture.browser import launch_options
from evidence.capture.gateway import Gateway
from evidence.capture.recorder import BrowserRecorder
from evidence.capture.render import MAX_CONSOLE, Renderer, Rendering
from evidence.capture.request import CaptureRequest
from evidence.errors import CaptureError
from guards.egress import EgressPolicy, split_target
from guards.errors import EgressRefused
from records.terms import CaptureOutcome

MAX_DIALOGS = 20
"""After as many dialogs the page's script is stopped."""
MAX_SCROLLS = 40
STALL_S = 10.0
"""A response that brings no network event for so long is given up."""
_BODIES_S = 30.0


@dataclass(slots=True)
class Seen:
    """All that one session found; `files` turns it into the capture's folder."""

    request: CaptureRequest
    started_at: datetime
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    browser_version: str = ""
    problems: list[str] = field(default_factory=list)
    failure: str = ""
    final_url: str = ""
    status: int | None = None
    recorder: BrowserRecorder | None = None
    gateway: Gateway | None = None
    rendering: Rendering | None = None
    console: list[dict[str, Any]] = field(default_factory=list)
    unfinished: int = 0
    windows: int = 0
    dialogs: int = 0
    sockets: list[str] = field(default_factory=list)
    probe: tls.Probe | None = None
    chains: dict[str, list[bytes]] = field(default_factory=dict)
    hosts_tls: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def outcome(self) -> CaptureOutcome:
        """Complete, partial or failed."""
        if self.failure:
            return CaptureOutcome.FAILED
        return CaptureOutcome.PARTIAL if self.problems else CaptureOutcome.COMPLETE

    @property
    def reason(self) -> str:
        """Why the outcome is not `complete`; empty where it is."""
        return "; ".join([self.failure, *self.problems] if self.failure else self.problems)


class Session:
    """Drives one capture; `run` always returns what was seen, whatever the page did."""

    def __init__(self, request: CaptureRequest) -> None:
        self.request = request
        self.policy = EgressPolicy(request.allow_hosts)
        self.seen = Seen(request, datetime.now(UTC))
        self._gone = asyncio.Event()
        self._loaded = asyncio.Event()
        self._deadline = 0.0
        self._closing = False

    async def run(self) -> Seen:
        """Capture the page; raises only for what is no fault of the page (no browser, a full disk)."""
        seen, request = self.seen, self.request
        seen.before = environment.report(request.chromium, "", full=False)
        try:
            host, port = split_target(request.url)
            await asyncio.to_thread(self.policy.resolve, host, port)
        except EgressRefused as error:
            seen.failure = str(error)
        else:
            await self._open(host, port)
        if seen.browser_version:
            full = await asyncio.to_thread(environment.report, request.chromium, seen.browser_version, full=True)
            seen.before = full | seen.before
        seen.after = environment.report(request.chromium, seen.browser_version, full=False)
        return seen

    async def _open(self, host: str, port: int) -> None:
        seen, request = self.seen, self.request
        spki = await self._judge_certificate(host, port)
        async with Gateway(self.policy, request.max_bytes) as gateway, async_playwright() as playwright:
            seen.gateway = gateway
            options = launch_options(request.chromium, gateway.port, spki, Path(request.scratch))
            try:
                browser = await playwright.chromium.launch(**options)
            except PlaywrightError as error:
                message = f"the browser did not start: {str(error).strip().splitlines()[0][:300]}"
                raise CaptureError(message, "run `markwatch doctor`") from error
            seen.browser_version = browser.version
            context = await browser.new_context(
                viewport={"width": request.viewport[0], "height": request.viewport[1]},
                locale=request.lang,
                service_workers="block",
                accept_downloads=False,
            )
            try:
                await self._visit(context, gateway)
            finally:
                self._closing = True
                await self._bounded(browser.close(), 10)

    async def _judge_certificate(self, host: str, port: int) -> list[str]:
        """Probe an https host; return the public keys that Chromium is to accept although its own check fails."""
        if not self.request.url.lower().startswith("https:"):
            return []
        found = await asyncio.to_thread(tls.probe, host, port, self.policy, self.request.ca_file)
        self.seen.probe = found
        spki = [tls.spki_sha256(der) for der in tls.roots_of(self.request.ca_file)] if self.request.ca_file else []
        if found.leaf and (self.request.ca_file or not found.valid):
            spki.append(tls.spki_sha256(found.leaf))
        return spki

    async def _visit(self, context: BrowserContext, gateway: Gateway) -> None:
        seen, request = self.seen, self.request
        loop = asyncio.get_running_loop()
        self._deadline = loop.time() + request.deadline_s
        seen.recorder = BrowserRecorder(
            context, lambda url: gateway.announce(urlsplit(url).hostname or ""), request.max_body_bytes
        )
        page = await context.new_page()
        cdp = await context.new_cdp_session(page)
        await cdp.send("Network.enable")
        self._listen(context, page, cdp, gateway)
        if not await self._navigate(page):
            await seen.recorder.finish(5)
            return
        await self._settle(page, seen.recorder)
        with contextlib.suppress(PlaywrightError):
            seen.final_url = page.url
        seen.unfinished = seen.recorder.give_up()
        if seen.unfinished or not self._loaded.is_set():
            await self._bounded(cdp.send("Page.stopLoading"), 5)
        seen.rendering = await Renderer(page, cdp, Path(request.folder), self._gone).run(request.render_s)
        await seen.recorder.finish(_BODIES_S)
        await self._certificates(cdp, seen.recorder)
        self._sum_up(seen.recorder, gateway, seen.rendering)

    def _listen(self, context: BrowserContext, page: Page, cdp: CDPSession, gateway: Gateway) -> None:
        page.on("close", lambda _: self._on_gone("the page closed itself"))
        page.on("crash", lambda _: self._on_gone("the page crashed"))
        page.on("load", lambda _: self._loaded.set())
        page.on("console", self._on_console)
        page.on("websocket", lambda socket: self._on_socket(socket, gateway))
        context.on("page", lambda extra: self._on_window(page, extra))
        context.on("dialog", lambda dialog: asyncio.ensure_future(self._on_dialog(dialog, cdp)))

    def _on_gone(self, reason: str) -> None:
        if not self._gone.is_set() and not self._closing:
            self.seen.problems.append(reason)
            self._gone.set()

    def _on_console(self, message: ConsoleMessage) -> None:
        if len(self.seen.console) < MAX_CONSOLE:
            self.seen.console.append({"type": message.type, "text": message.text[:2000], "location": message.location})

    def _on_socket(self, socket: WebSocket, gateway: Gateway) -> None:
        gateway.announce(urlsplit(socket.url).hostname or "")
        if len(self.seen.sockets) < 100:
            self.seen.sockets.append(socket.url)

    def _on_window(self, page: Page, extra: Page) -> None:
        """Close every window that the page opens: one page is captured."""
        if extra is page:
            return
        self.seen.windows += 1
        task = asyncio.ensure_future(self._bounded(extra.close(), 5))
        task.add_done_callback(lambda _: None)

    async def _on_dialog(self, dialog: Dialog, cdp: CDPSession) -> None:
        self.seen.dialogs += 1
        if len(self.seen.console) < MAX_CONSOLE:
            self.seen.console.append({"type": f"dialog:{dialog.type}", "text": dialog.message[:2000], "location": {}})
        stop = self.seen.dialogs > MAX_DIALOGS
        if stop:
            ending = asyncio.ensure_future(self._bounded(cdp.send("Runtime.terminateExecution"), 5))
            await asyncio.sleep(0)
        await self._bounded(dialog.dismiss(), 5)
        if stop:
            await ending

    async def _navigate(self, page: Page) -> bool:
        """Open the page; return whether a response came. Where none did, `failure` says why."""
        seen, request = self.seen, self.request
        work = asyncio.ensure_future(page.goto(request.url, wait_until="commit", timeout=request.deadline_s * 1000))
        closed = asyncio.ensure_future(self._gone.wait())
        try:
            await asyncio.wait({work, closed}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                seen.failure = "the page closed before it answered"
                return False
            response = work.result()
        except PlaywrightError as error:
            seen.failure = self._explain(str(error))
            return False
        finally:
            for task in (work, closed):
                task.cancel()
            await asyncio.gather(work, closed, return_exceptions=True)
        if response is None:
            seen.failure = "the address gave no response (an empty document)"
            return False
        seen.status, seen.final_url = response.status, response.url
        return True

    def _explain(self, error: str) -> str:
        """Say in words why the page did not come, with the gateway's own reason where it has one."""
        first = error.strip().splitlines()[0][:300]
        if "Download is starting" in error:
            return "the address gives a download, not a page; it was not executed and not kept"
        hosts = [self.request.url, *(item.url for item in self.seen.recorder.exchanges)] if self.seen.recorder else []
        for url in reversed(hosts):
            refusal = self.seen.gateway.refusal(urlsplit(url).hostname or "") if self.seen.gateway else None
            if refusal:
                return f"{url[:500]} was not reached ({refusal.state}): {refusal.reason}"
        if "Timeout" in error:
            return f"no answer within {self.request.deadline_s:g} s"
        return f"the page did not open: {first.removeprefix('Page.goto: ')}"

    async def _settle(self, page: Page, recorder: BrowserRecorder) -> None:
        """Wait for the load event, scroll so that lazy pictures load, then wait until the network is quiet."""
        loop = asyncio.get_running_loop()
        await self._until(self._loaded.wait())
        if self._gone.is_set():
            return
        if not self._loaded.is_set():
            self.seen.problems.append(f"the page had not finished loading after {self.request.deadline_s:g} s")
            return
        await self._scroll(page)
        while loop.time() < self._deadline and not self._gone.is_set():
            idle = loop.time() - recorder.last_event()
            if idle >= (STALL_S if recorder.pending() else self.request.quiet_s):
                return
            await asyncio.sleep(0.1)

    async def _scroll(self, page: Page) -> None:
        step = """async ([limit]) => { for (let i = 0; i < limit; i++) {
            const before = window.scrollY; window.scrollBy(0, window.innerHeight * 0.9);
            await new Promise(r => setTimeout(r, 60)); if (window.scrollY === before) break; }
            window.scrollTo(0, 0); }"""
        await self._bounded(page.evaluate(step, [MAX_SCROLLS]), 10)

    async def _until(self, work: Awaitable[Any]) -> None:
        """Await `work` until the loading deadline or until the page is gone."""
        left = max(0.1, self._deadline - asyncio.get_running_loop().time())
        task, closed = asyncio.ensure_future(work), asyncio.ensure_future(self._gone.wait())
        try:
            await asyncio.wait({task, closed}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        finally:
            task.cancel()
            closed.cancel()
            await asyncio.gather(task, closed, return_exceptions=True)

    async def _bounded(self, work: Awaitable[Any], seconds: float) -> None:
        """Await something that the page may hang or break; neither matters to the capture."""
        with contextlib.suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(seconds):
                await work

    async def _certificates(self, cdp: CDPSession, recorder: BrowserRecorder) -> None:
        """Fetch the chain of each https origin from the page's own connections, and judge each by a direct probe."""
        seen = self.seen
        origins = {urlsplit(item.url).netloc for item in recorder.exchanges if item.url.startswith("https:")}
        for netloc in sorted(origins)[:20]:
            try:
                async with asyncio.timeout(5):
                    answer = await cdp.send("Network.getCertificate", {"origin": f"https://{netloc}"})
                chain = tls.der_chain(answer.get("tableNames", []))
            except (PlaywrightError, TimeoutError):
                chain = []
            host, port = split_target(f"https://{netloc}")
            found = seen.probe
            if found is None or (found.host, found.port) != (host, port):
                found = await asyncio.to_thread(tls.probe, host, port, self.policy, self.request.ca_file)
            seen.chains[netloc] = chain or ([found.leaf] if found.leaf else [])
            seen.hosts_tls[netloc] = tls.describe(found, chain)

    def _sum_up(self, recorder: BrowserRecorder, gateway: Gateway, rendering: Rendering) -> None:
        """Turn what is missing into the reasons of a partial outcome."""
        seen = self.seen
        if seen.unfinished:
            seen.problems.append(f"{seen.unfinished} responses had not ended")
        if gateway.capped:
            seen.problems.append(f"stopped at the cap of {self.request.max_bytes} bytes")
        if seen.dialogs > MAX_DIALOGS:
            seen.problems.append(f"the page opened {seen.dialogs} dialogs; its script was stopped")
        if recorder.dropped:
            seen.problems.append(f"{recorder.dropped} requests beyond the limit were not kept")
        seen.problems += [f"{name}: {why}" for name, why in rendering.missing.items()]

"""What the page looked like: pictures, PDF, MHTML, DOM, DOM snapshot, accessibility tree, console.

Each artefact has its own deadline and cap; one that cannot be made is named, and the others are made all the same.
"""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import CDPSession, Page
from playwright.async_api import Error as PlaywrightError

MAX_HEIGHT = 16_000
"""A taller page is pictured down to this many CSS pixels; Chromium's own limit is 16,384."""
MAX_CONSOLE = 1_000
MAX_ARTEFACT_BYTES = 150_000_000


@dataclass(slots=True)
class Rendering:
    """What was written (paths below the capture's folder) and what could not be, with its reason."""

    folder: Path
    written: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    title: str = ""


class Renderer:
    """Makes the artefacts of one page, one after another."""

    def __init__(self, page: Page, cdp: CDPSession, folder: Path, gone: asyncio.Event) -> None:
        self._page = page
        self._cdp = cdp
        self._gone = gone
        self.rendering = Rendering(folder)

    async def run(self, timeout_s: float) -> Rendering:
        """Make every artefact, in three times `timeout_s` altogether; never raises for a page that misbehaves, only for a disk that is full."""
        steps: list[tuple[str, Callable[[], Awaitable[bytes]]]] = [
            ("render/dom.html", self._dom),
            ("render/domsnapshot.json", self._dom_snapshot),
            ("render/axtree.json", self._ax_tree),
            ("render/viewport.png", self._viewport),
            ("render/full.png", self._full),
            ("render/page.mhtml", self._mhtml),
            ("render/page.pdf", self._pdf),
        ]
        loop = asyncio.get_running_loop()
        end = loop.time() + 3 * timeout_s
        await self._step("title", self._title, timeout_s / 4)
        for name, make in steps:
            data = await self._step(name, make, max(1.0, min(timeout_s, end - loop.time())))
            if data is not None:
                self._write(name, data)
        return self.rendering

    async def _step(self, name: str, make: Callable[[], Awaitable[bytes]], timeout_s: float) -> bytes | None:
        work = asyncio.ensure_future(make())
        closed = asyncio.ensure_future(self._gone.wait())
        try:
            await asyncio.wait({work, closed}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            self.rendering.missing[name] = (
                "the page was closed" if closed.done() else f"not made within {timeout_s:g} s"
            )
        except PlaywrightError as error:
            self.rendering.missing[name] = str(error).strip().splitlines()[0][:300]
        finally:
            for task in (work, closed):
                task.cancel()
            await asyncio.gather(work, closed, return_exceptions=True)
        return None

    def _write(self, name: str, data: bytes) -> None:
        if len(data) > MAX_ARTEFACT_BYTES:
            self.rendering.missing[name] = f"{len(data)} bytes, over the cap of {MAX_ARTEFACT_BYTES}"
            return
        target = self.rendering.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        self.rendering.written.append(name)

    async def _title(self) -> bytes:
        self.rendering.title = (await self._page.title())[:1000]
        return b""

    async def _dom(self) -> bytes:
        return (await self._page.content()).encode("utf-8", "surrogatepass")

    async def _dom_snapshot(self) -> bytes:
        wanted = {"computedStyles": ["display", "visibility"], "includeDOMRects": True, "includePaintOrder": True}
        return _json(await self._cdp.send("DOMSnapshot.captureSnapshot", wanted))

    async def _ax_tree(self) -> bytes:
        return _json(await self._cdp.send("Accessibility.getFullAXTree"))

    async def _viewport(self) -> bytes:
        return await self._page.screenshot(type="png", animations="allow", caret="initial", timeout=120_000)

    async def _full(self) -> bytes:
        metrics = await self._cdp.send("Page.getLayoutMetrics")
        size = metrics["cssContentSize"]
        height, width = int(size["height"]), int(size["width"])
        if height > MAX_HEIGHT:
            self.rendering.notes.append(f"full.png shows the upper {MAX_HEIGHT} of {height} pixels")
        clip = {
            "x": 0,
            "y": 0,
            "width": max(1, min(width, 4_000)),
            "height": max(1, min(height, MAX_HEIGHT)),
            "scale": 1,
        }
        shot = await self._cdp.send(
            "Page.captureScreenshot", {"format": "png", "clip": clip, "captureBeyondViewport": True}
        )
        return base64.b64decode(shot["data"])

    async def _mhtml(self) -> bytes:
        snapshot = await self._cdp.send("Page.captureSnapshot", {"format": "mhtml"})
        return str(snapshot["data"]).encode("utf-8", "surrogatepass")

    async def _pdf(self) -> bytes:
        return await self._page.pdf(print_background=True, format="A4")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")

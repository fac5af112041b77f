"""Reading fetched bytes in a process that can be killed: pages by the ladder, pictures by their pixels."""

import asyncio
import contextlib
import threading

from crawler.extract.ladder import PageInput, PageOutput
from crawler.plan import PageTask
from guards.errors import GuardError, TimedOut, WorkerDied
from guards.killable import KillablePool

PAGE_TIMEOUT_S = 8.0
"""How long one page may be read."""
MEMORY = 600_000_000
"""What reading may take above the child's own memory, in bytes."""


_EMPTY = PageInput(PageTask("http://warm.invalid/"), "http://warm.invalid/", b"")


class Reader:
    """A warm child for pages and pictures, replaced whenever one of them goes wrong."""

    def __init__(self) -> None:
        self._pool = KillablePool(memory_bytes=MEMORY)

    def warm(self) -> None:
        """Start the child ahead of the first page (in a thread); a failure shows with that page."""

        def start() -> None:
            with contextlib.suppress(GuardError):
                self._pool.run("crawler.extract.ladder:read_page", _EMPTY, PAGE_TIMEOUT_S)

        threading.Thread(target=start, name="warm", daemon=True).start()

    async def page(self, page: PageInput) -> PageOutput:
        """Return what a page gives; raises a `GuardError` where it took too long or too much."""
        answer = await asyncio.to_thread(self._pool.run, "crawler.extract.ladder:read_page", page, PAGE_TIMEOUT_S)
        if not isinstance(answer, PageOutput):
            raise WorkerDied(f"expected a page's output, got {type(answer).__name__}")
        return answer

    async def picture(self, data: bytes) -> tuple[tuple[int, int], str]:
        """Return a picture's width and height and "", or (0, 0) and why the bytes cannot be opened as one."""
        try:
            found = await asyncio.to_thread(self._pool.run, "crawler.extract.pictures:measure", data, PAGE_TIMEOUT_S)
        except (TimedOut, WorkerDied) as error:
            return (0, 0), f"the picture could not be opened safely: {error.message}"
        except GuardError as error:
            return (0, 0), error.message
        width, height = found if isinstance(found, tuple) and len(found) == 2 else (0, 0)
        return (int(width), int(height)), ""

    def close(self) -> None:
        """End the child."""
        self._pool.close()

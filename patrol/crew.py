"""Detection over many listings of a file, in this process or in several: the same hits in the same order.

Worker processes are started afresh (no fork: numerical libraries keep threads), each builds the detectors once, and at
most two chunks a worker are under way, so that a file of any length is held in small parts.
"""

import gc
import multiprocessing
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from detectors.engine import Engine, Options, ReferenceImage
from guards.errors import MarkwatchError, both
from patrol.errors import PatrolError
from patrol.overlays import draw_beside
from patrol.portfolio import Problem, picture_type, read_local, why
from records.model import Hit, Listing, Right

CHUNK = 8_192
"""Listings that are handed to a worker at a time: the more, the less often the first stage's tables are loaded anew."""
CHUNK_PICTURES = 256
"""Pictures that are handed to a worker at a time: each takes longer than all else of a thousand listings."""
WORTH_BYTES = 4_000_000
"""Size of a listings' file from which starting workers (some seconds each) pays."""
_AHEAD = 2


@dataclass(frozen=True, slots=True)
class Kit:
    """What a worker needs: the detectors' input, where pictures lie, which hits are wanted, where overlays go (None: nowhere)."""

    rights: Sequence[Right]
    references: Mapping[str, Sequence[ReferenceImage]]
    options: Options
    listings_file: Path
    max_image_bytes: int
    lang: str
    everything: bool = False
    overlays: Path | None = None

    def engine(self) -> Engine:
        """Return the detectors."""
        return Engine(self.rights, self.references, self.options)


@dataclass(slots=True)
class Done:
    """What came of a chunk: the wanted hits, which pictures could not be read and why, and how many overlays were drawn."""

    hits: list[Hit] = field(default_factory=list)
    overlays: int = 0
    problems: list[Problem] = field(default_factory=list)


def workers_for(path: Path, wanted: int) -> int:
    """Return how many processes to use for a file: `wanted`, or where that is 0 one a core, at most four."""
    if wanted:
        return wanted
    try:
        small = path.stat().st_size < WORTH_BYTES
    except OSError:
        return 1
    return 1 if small else max(1, min(4, len(os.sched_getaffinity(0))))


def detect_all(kit: Kit, listings: Iterable[Listing], workers: int) -> Iterator[Done]:
    """Yield what came of each chunk, in the order of the listings. Raises PatrolError where a worker ended."""
    chunks = _chunks(listings)
    if workers < 2:
        engine = kit.engine()
        for chunk in chunks:
            yield detect_chunk(engine, kit, chunk)
        return
    try:
        yield from _in_workers(kit, chunks, workers)
    except BrokenProcessPool as error:
        raise PatrolError(
            both("检测的工作进程意外终止", "a worker process of the detection ended unexpectedly"),
            both(
                "检查内存,或设 MARKWATCH_DETECT_WORKERS=1 重试", "check the memory, or set MARKWATCH_DETECT_WORKERS=1"
            ),
        ) from error


def _chunks(listings: Iterable[Listing]) -> Iterator[list[Listing]]:
    """Yield the listings in parts of as many listings or pictures as one worker is given."""
    chunk: list[Listing] = []
    pictures = 0
    for listing in listings:
        chunk.append(listing)
        pictures += len(listing.images)
        if len(chunk) == CHUNK or pictures >= CHUNK_PICTURES:
            yield chunk
            chunk, pictures = [], 0
    if chunk:
        yield chunk


def _in_workers(kit: Kit, chunks: Iterator[list[Listing]], workers: int) -> Iterator[Done]:
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_start, initargs=(kit,))
    waiting: deque[Future[Done]] = deque()
    try:
        for chunk in chunks:
            waiting.append(pool.submit(_work, chunk))
            if len(waiting) >= workers * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


_STARTED: list[tuple[Engine, Kit]] = []
"""This worker's detectors: empty in the process that started the workers."""


def _start(kit: Kit) -> None:
    _STARTED[:] = [(kit.engine(), kit)]
    gc.freeze()  # the detectors live as long as the worker: looking through them for cycles again and again costs most


def _work(chunk: list[Listing]) -> Done:
    engine, kit = _STARTED[0]
    return detect_chunk(engine, kit, chunk)


def detect_chunk(engine: Engine, kit: Kit, chunk: Sequence[Listing]) -> Done:
    """Detect on some listings, with the pictures that lie beside their file."""
    done = Done()
    for listing, hits in engine.detect_many(chunk, lambda listing: _pictures(kit, listing, done.problems)):
        wanted = [hit for hit in hits if hit.alert or kit.everything]
        done.hits += wanted
        if kit.overlays is not None and any(one.alignment for hit in wanted for one in hit.findings):
            _draw(kit, listing, wanted, kit.overlays, done)
    return done


def _draw(kit: Kit, listing: Listing, hits: Sequence[Hit], folder: Path, done: Done) -> None:
    """Write the overlays of a listing's hits; what cannot be drawn is named."""
    for made in draw_beside(hits, _pictures(kit, listing, []), kit.references, folder):
        if isinstance(made, MarkwatchError):
            done.problems.append(Problem(kit.listings_file.name, 0, f"images ({listing.id})", why(made, kit.lang)))
        else:
            done.overlays += 1


def _pictures(kit: Kit, listing: Listing, problems: list[Problem]) -> dict[int, bytes]:
    """Return a listing's pictures by their place; what cannot be read is named and left out, URLs are not fetched."""
    found = {}
    for number, where in enumerate(listing.images):
        if urlsplit(where).scheme in ("http", "https"):
            continue
        try:
            data = read_local(where, kit.listings_file.parent, kit.max_image_bytes)
            picture_type(data, kit.max_image_bytes)
        except (MarkwatchError, OSError) as error:
            column, reason = f"images[{number}] ({listing.id})", f"{where}: {why(error, kit.lang)}"
            problems.append(Problem(kit.listings_file.name, 0, column, reason))
            continue
        found[number] = data
    return found

"""Speed of the text detectors beside plain automata in the same run: `python -m bench.speed_text [--titles N]`.

Titles are made of a dictionary's nouns; 0.5 % hold a right's name, 10 % a place and other goods. The whole cascade runs as
`markwatch detect` runs it, in two processes, and so does the first stage alone; a peer does one of its steps: an automaton over the names, on raw text.
"""

import argparse
import gc
import multiprocessing
import re
import resource
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from daachorse import CharwiseDoubleArrayAhoCorasick

from bench.portfolio import DAY, Stream, stream
from detectors.engine import Engine
from detectors.sieve import Sieve
from detectors.types import Options
from patrol.crew import CHUNK, Kit, detect_all
from records.model import Listing

_ROUNDS = 4
_COUNTS = (10_000, 40_000, 160_000)
_WARM = 3
"""Chunks a worker that are not counted: tables load when they are first asked."""
_PEER = 2_000
"""Titles that the slow peer is given."""


def best(call: Callable[[], object], times: int = 3) -> float:
    """Return the shortest wall time of a call, in seconds."""
    spent = []
    for _ in range(times):
        gc.collect()
        began = time.perf_counter()
        call()
        spent.append(time.perf_counter() - began)
    return min(spent)


def _names(given: Stream) -> list[str]:
    return list(dict.fromkeys(name for right in given.rights for name in (right.name, *right.aliases)))


def first_stage(given: Stream, engine: Engine) -> None:
    """Print how many titles a second the first stage takes, and how many it lets through."""
    titles, names = [listing.title for listing in given.listings], _names(given)
    sieve = engine.sieve
    batches = _batches(given)
    sieve.passing(given.listings[:CHUNK])
    ours = len(titles) / best(lambda: [sieve.passing(batch) for batch in batches])
    automaton = CharwiseDoubleArrayAhoCorasick(names)
    raw = len(titles) / best(lambda: [automaton.find_overlapping(title) for title in titles])
    pattern = re.compile("|".join(map(re.escape, names)))
    slow = _PEER / best(lambda: [pattern.findall(title) for title in titles[:_PEER]], 1)
    begun = sum(sum(sieve.begun(batch)) for batch in batches) / len(titles)
    passing = sum(sum(sieve.passing(batch)) for batch in batches) / len(titles)
    print(f"first stage            {ours:>11,.0f} titles/s in one process")
    print(f"  of them are searched {begun:>11.1%}, and pass {passing:.1%}")
    print(f"  daachorse, raw names {raw:>11,.0f} titles/s: ours is {ours / raw:.2f} times that, all evasions included")
    print(f"  re, raw names        {slow:>11,.0f} titles/s: ours is {ours / slow:.0f} times that")


def _batches(given: Stream) -> list[Sequence[Listing]]:
    return [given.listings[at : at + CHUNK] for at in range(0, len(given.listings), CHUNK)]


_STARTED: list[tuple[Stream, Sieve]] = []
"""A worker's stream and first stage."""


def _start(rights: int, titles: int) -> None:
    given = stream(rights, titles, 3)
    sieve = Engine(given.rights, options=Options(today=DAY)).sieve
    gc.freeze()
    _STARTED[:] = [(given, sieve)]


def _pass(rounds: int) -> tuple[float, float, int]:
    """Return when a worker began and ended, by the clock that all share, and how many titles it took."""
    given, sieve = _STARTED[0]
    batches = _batches(given)
    began = time.perf_counter()
    for _ in range(rounds):
        for batch in batches:
            sieve.passing(batch)
    return began, time.perf_counter(), rounds * len(given.listings)


def first_stage_together(rights: int, titles: int, workers: int = 2) -> None:
    """Print how many titles a second the first stage takes in several processes at once; the best of three times."""
    rates = []
    with ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=_start, initargs=(rights, titles)
    ) as pool:
        for rounds in (1, 1, _ROUNDS, _ROUNDS, _ROUNDS):
            done = [task.result() for task in [pool.submit(_pass, rounds) for _ in range(workers)]]
            spent = max(ended for _, ended, _ in done) - min(began for began, _, _ in done)
            rates.append(sum(taken for _, _, taken in done) / spent)
    print(f"first stage            {max(rates[2:]):>11,.0f} titles/s in {workers} processes (goal >= 500,000)")


def cascade(given: Stream, workers: int = 2) -> None:
    """Print how many titles a second the whole cascade takes in two processes, from when all of them are at work."""
    rounds = [listing for _ in range(_ROUNDS) for listing in given.listings]
    started, counted, began, hits = _WARM * workers, 0, 0.0, 0
    with TemporaryDirectory() as folder:
        kit = Kit(given.rights, {}, Options(today=DAY), Path(folder) / "listings.jsonl", 1_000_000, "en")
        for number, done in enumerate(detect_all(kit, rounds, workers)):
            hits += len(done.hits)
            counted += min(CHUNK, len(rounds) - number * CHUNK) if number >= started else 0
            began = time.perf_counter() if number == started - 1 else began
    rate = counted / (time.perf_counter() - began)
    print(f"whole cascade          {rate:>11,.0f} titles/s in {workers} processes (goal >= 20,000); {hits} alerts")
    print(f"  memory of a worker   {_megabytes(resource.RUSAGE_CHILDREN):>11,.0f} MB at most (goal <= 1,500)")


def listings_grow(given: Stream, engine: Engine) -> None:
    """Print the cost a title as listings grow, in one process: it should stay the same."""
    for _ in engine.detect_many(given.listings[: 2 * CHUNK]):
        pass
    counts = [count for count in _COUNTS if count <= len(given.listings)]
    costs = [best(lambda count=count: list(engine.detect_many(given.listings[:count])), 1) / count for count in counts]  # type: ignore[misc]
    print(
        "  a title of           "
        + ", ".join(f"{n:,}: {1e6 * cost:.1f} us" for n, cost in zip(counts, costs, strict=True))
    )


def growth(titles: int, sizes: Sequence[int]) -> None:
    """Print the cost a title and a right as rights grow, in one process, and what the index costs."""
    before = 0.0
    for size in sizes:
        given = stream(size, titles, 3)
        began = time.perf_counter()
        engine = Engine(given.rights, options=Options(today=DAY))
        engine.sieve.passing(given.listings[:1])
        built = time.perf_counter() - began
        for _ in engine.detect_many(given.listings[:CHUNK]):
            pass
        cost = best(lambda engine=engine, given=given: list(engine.detect_many(given.listings)), 1) / titles  # type: ignore[misc]
        grown = f", {cost / before:.1f} times the row above" if before else ""
        patterns = engine.patterns
        print(
            f"{size:>7,} rights: {1e6 * cost:>7.0f} us a title{grown}; {patterns:,} patterns built in {built:.1f} s "
            f"({built / patterns * 1e5:.1f} s for 100,000; goal <= 5); memory so far {_megabytes():,.0f} MB (goal <= 1,500)"
        )
        before = cost


def _megabytes(whose: int = resource.RUSAGE_SELF) -> float:
    return resource.getrusage(whose).ru_maxrss / 1e3


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.speed_text")
    parser.add_argument("--titles", type=int, default=40_000)
    parser.add_argument("--rights", type=int, default=4_000, help="0: only portfolios that grow")
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=[1_000, 10_000, 100_000], help="of portfolios that grow"
    )
    given = parser.parse_args(arguments)
    print(f"{given.rights:,} rights, {given.titles:,} titles, wall time")
    if given.rights:
        made = stream(given.rights, given.titles, 3)
        cascade(made)
        first_stage_together(given.rights, given.titles)
        engine = Engine(made.rights, options=Options(today=DAY))
        first_stage(made, engine)
        listings_grow(stream(given.rights, max(_COUNTS), 3), engine)
    growth(min(given.titles, 10_000), given.sizes)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Speed of the text detectors beside plain automata in the same run: `python -m bench.speed_text [--titles N]`.

Titles are made of a dictionary's nouns; 0.5 % hold a right's name, 10 % a place and other goods. The whole cascade runs as
`markwatch detect` runs it, in two processes; a peer does one of its steps: an automaton over the names, on raw text.
"""

import argparse
import gc
import re
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from daachorse import CharwiseDoubleArrayAhoCorasick

from bench.portfolio import DAY, Stream, stream
from detectors.engine import Engine
from detectors.types import Options
from patrol.crew import CHUNK, Kit, detect_all

_BATCH = 2_048
_ROUNDS = 4
_WARM = 12
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
    batches = [given.listings[at : at + _BATCH] for at in range(0, len(titles), _BATCH)]
    sieve.passing(given.listings[:_BATCH])
    ours = len(titles) / best(lambda: [sieve.passing(batch) for batch in batches])
    automaton = CharwiseDoubleArrayAhoCorasick(names)
    raw = len(titles) / best(lambda: [automaton.find_overlapping(title) for title in titles])
    pattern = re.compile("|".join(map(re.escape, names)))
    slow = _PEER / best(lambda: [pattern.findall(title) for title in titles[:_PEER]], 1)
    passing = sum(sum(sieve.passing(batch)) for batch in batches) / len(titles)
    print(f"first stage            {ours:>11,.0f} titles/s a core, {2 * ours:,.0f} on two (goal >= 500,000)")
    print(f"  of them pass         {passing:>11.1%}")
    print(f"  daachorse, raw names {raw:>11,.0f} titles/s: ours is {ours / raw:.2f} times that, all evasions included")
    print(f"  re, raw names        {slow:>11,.0f} titles/s: ours is {ours / slow:.0f} times that")


def cascade(given: Stream, workers: int = 2) -> None:
    """Print how many titles a second the whole cascade takes in two processes, from when all of them are at work."""
    rounds = [listing for _ in range(_ROUNDS) for listing in given.listings]
    started, counted, began, hits = _WARM * workers, 0, 0.0, 0
    with TemporaryDirectory() as folder:
        kit = Kit(given.rights, {}, Options(today=DAY), Path(folder) / "listings.jsonl", 1_000_000, "en")
        for number, done in enumerate(detect_all(kit, rounds, workers)):
            hits += len(done.hits)
            counted += CHUNK if number >= started else 0
            began = time.perf_counter() if number == started - 1 else began
    rate = counted / (time.perf_counter() - began)
    print(f"whole cascade          {rate:>11,.0f} titles/s in {workers} processes (goal >= 20,000); {hits} alerts")


def growth(titles: int, sizes: Sequence[int]) -> None:
    """Print the cost a title and a right as rights grow, in one process, and what the index costs."""
    before = 0.0
    for size in sizes:
        given = stream(size, titles, 3)
        began = time.perf_counter()
        engine = Engine(given.rights, options=Options(today=DAY))
        built = time.perf_counter() - began
        for _ in engine.detect_many(given.listings[:_BATCH]):
            pass
        cost = best(lambda engine=engine, given=given: list(engine.detect_many(given.listings)), 1) / titles  # type: ignore[misc]
        grown = f", {cost / before:.1f} times the row above" if before else ""
        patterns = engine.patterns
        print(
            f"{size:>7,} rights: {1e6 * cost:>7.0f} us a title{grown}; {patterns:,} patterns built in {built:.1f} s "
            f"({built / patterns * 1e5:.1f} s for 100,000; goal <= 5); memory so far {_megabytes():,.0f} MB (goal <= 1,500)"
        )
        before = cost


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.speed_text")
    parser.add_argument("--titles", type=int, default=40_000)
    parser.add_argument("--rights", type=int, default=4_000)
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=[1_000, 10_000, 100_000], help="of portfolios that grow"
    )
    given = parser.parse_args(arguments)
    made = stream(given.rights, given.titles, 3)
    print(f"{given.rights:,} rights, {given.titles:,} titles, wall time")
    cascade(made)
    first_stage(made, Engine(made.rights, options=Options(today=DAY)))
    growth(min(given.titles, 10_000), given.sizes)
    return 0


if __name__ == "__main__":
    sys.exit(main())

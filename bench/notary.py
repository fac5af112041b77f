"""Prints the notary's speed beside the stock library's, in the same run: `python -m bench.notary [--leaves N]`.

Processor time, one core; a busy machine changes the figures but hardly their ratios.
"""

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from opentimestamps.core.serialize import BytesDeserializationContext
from opentimestamps.core.timestamp import DetachedTimestampFile

from notary.digest import digest_bytes
from notary.headers import HeaderBook
from notary.merkle import inclusion_path, tree_levels
from notary.verify import verify_proof

DATA = Path(__file__).resolve().parents[1] / "tests" / "notary" / "data"
PROOFS = ("incomplete.txt", "merkle1.txt", "hello-world.txt")


def seconds(call: Callable[[], object], times: int = 1) -> float:
    """Return the processor time of one call, over `times` of them."""
    began = time.process_time()
    for _ in range(times):
        call()
    return (time.process_time() - began) / times


def _parse_by_library(data: bytes) -> None:
    DetachedTimestampFile.deserialize(BytesDeserializationContext(data))


def proofs() -> None:
    """Print how many proofs a second are verified, and parsed by the library."""
    book = HeaderBook.from_json(DATA / "extra" / "headers.json")
    for name in PROOFS:
        data, digest = (DATA / f"{name}.ots").read_bytes(), hashlib.sha256((DATA / name).read_bytes()).hexdigest()
        ours = seconds(partial(verify_proof, data, digest, book), 2000)
        theirs = seconds(partial(_parse_by_library, data), 500)
        print(
            f"{name:16} {1 / ours:8.0f} verified a second; the library only parses {1 / theirs:6.0f}  (×{theirs / ours:.1f})"
        )


def batch(count: int) -> None:
    """Print what a batch of `count` leaves costs, and one path out of it."""
    leaves = [os.urandom(32) for _ in range(count)]
    levels: list[list[bytes]] = []
    spent = seconds(lambda: levels.extend(tree_levels(leaves)))
    path = seconds(lambda: inclusion_path(levels, count // 3), 10_000)
    print(f"{count} leaves   {spent:8.2f} s  (goal ≤ 3 s at a million); a path {path * 1e6:.1f} µs  (goal ≤ 50 µs)")


def hashing() -> None:
    """Print the speed of both digests in one pass beside the slower one's own."""
    data = os.urandom(1 << 26)
    both = seconds(lambda: digest_bytes(data))
    slower = seconds(lambda: hashlib.new("sm3", data).digest())
    print(f"hashing          {64 / both:8.0f} MB/s of processor time for both digests, {64 / slower:.0f} for SM3 alone")


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.notary")
    parser.add_argument("--leaves", type=int, default=1_000_000)
    given = parser.parse_args(arguments)
    proofs()
    batch(given.leaves)
    hashing()
    return 0


if __name__ == "__main__":
    sys.exit(main())

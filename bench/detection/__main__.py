"""Prints the scorecard: `python -m bench.detection [--model DIR] [--rights N] [--tune]`.

The detectors were tuned on the rights of one seed; what is printed here by default are those of another.
"""

import argparse
import sys
import time
from collections.abc import Sequence

from bench.detection.measure import REPORT_SEED, TUNE_SEED, measure, table
from bench.detection.pictures import measure_pictures


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.detection")
    parser.add_argument("--rights", type=int, default=48, help="marks, and as many indications")
    parser.add_argument("--model", default="", help="folder of the embedding model (default: context off)")
    parser.add_argument("--tune", action="store_true", help="use the rights that the detectors were tuned on")
    parser.add_argument("--pictures", type=int, default=16, help="reference pictures (0: none)")
    parser.add_argument("--negatives", type=int, default=12, help="other pictures of each of four kinds")
    given = parser.parse_args(arguments)
    seed = TUNE_SEED if given.tune else REPORT_SEED
    began = time.process_time()
    card = measure(seed, given.rights, given.model)
    spent = time.process_time() - began
    print(f"detection, seed {seed}, {given.rights} marks and {given.rights} indications, model {given.model or 'off'}")
    print(table(card))
    listings = sum(card.totals.values())
    print(f"{listings} listings in {spent:.1f} s of processor time ({listings / spent:.0f} a second, one core)")
    if given.pictures:
        began = time.process_time()
        pictures = measure_pictures(given.pictures, given.negatives, seed)
        spent = time.process_time() - began
        shown = sum(pictures.tried.values()) + 4 * given.negatives
        print(pictures.table())
        print(
            f"{shown} pictures against {given.pictures + 4} references in {spent:.1f} s of processor time, drawing included"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

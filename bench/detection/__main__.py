"""Prints the scorecard: `python -m bench.detection [--model DIR] [--rights N] [--tune]`.

The detectors were tuned on the rights of one seed; what is printed here by default are those of another.
"""

import argparse
import sys
import time
from collections.abc import Sequence

from bench.detection.measure import REPORT_SEED, TUNE_SEED, measure, table


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.detection")
    parser.add_argument("--rights", type=int, default=48, help="marks, and as many indications")
    parser.add_argument("--model", default="", help="folder of the embedding model (default: context off)")
    parser.add_argument("--tune", action="store_true", help="use the rights that the detectors were tuned on")
    given = parser.parse_args(arguments)
    seed = TUNE_SEED if given.tune else REPORT_SEED
    began = time.process_time()
    card = measure(seed, given.rights, given.model)
    spent = time.process_time() - began
    print(f"detection, seed {seed}, {given.rights} marks and {given.rights} indications, model {given.model or 'off'}")
    print(table(card))
    listings = sum(card.totals.values())
    print(f"{listings} listings in {spent:.1f} s of processor time ({listings / spent:.0f} a second, one core)")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Prints the scorecard: `python -m bench.detection [--model DIR] [--rights N] [--tune]`.

The detectors were tuned on the rights of one seed; what is printed here by default are those of another.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.detection.card import save
from bench.detection.labelled import load
from bench.detection.measure import DAY, REPORT_SEED, TUNE_SEED, measure, score, table
from bench.detection.ordinary import measure_ordinary
from bench.detection.pictures import measure_pictures
from detectors.engine import Engine
from detectors.types import Options

SETS = Path(__file__).resolve().parent / "sets"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.detection")
    parser.add_argument("--rights", type=int, default=48, help="marks, and as many indications")
    parser.add_argument("--model", default="", help="folder of the embedding model (default: context off)")
    parser.add_argument("--tune", action="store_true", help="use the rights that the detectors were tuned on")
    parser.add_argument("--pictures", type=int, default=16, help="reference pictures (0: none)")
    parser.add_argument("--negatives", type=int, default=12, help="other pictures of each of four kinds")
    parser.add_argument("--out", type=Path, default=Path("build/bench"), help="folder for the picture")
    parser.add_argument(
        "--no-ordinary", dest="ordinary", action="store_false", help="leave out the 10,000 ordinary texts"
    )
    given = parser.parse_args(arguments)
    seed = TUNE_SEED if given.tune else REPORT_SEED
    began = time.process_time()
    card = measure(seed, given.rights, given.model)
    spent = time.process_time() - began
    print(f"detection, seed {seed}, {given.rights} marks and {given.rights} indications, model {given.model or 'off'}")
    print(table(card))
    save(card, f"detection, seed {seed}: share that alerts, by family", given.out / "scorecard.png")
    print(f"as a picture: {given.out / 'scorecard.png'}")
    if given.ordinary:
        print(measure_ordinary(seed, given.rights, given.model).line())
    for name in sorted(path.name for path in SETS.iterdir() if path.is_dir()):
        portfolio, labelled = load(SETS / name)
        print(
            f"set {name}: {table(score(Engine(portfolio, options=Options(model=given.model, today=DAY)), labelled)).splitlines()[-2]}"
        )
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

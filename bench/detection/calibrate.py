"""Fits the maps from scores to probabilities: `python -m bench.detection.calibrate [--labelled DIR]… [--model DIR]`.

- the pairs are those of the tuning half, and of any labelled sets that are given (see `bench.detection.labelled`)
- in each bin of raw scores the share of suspect pairs is shrunk towards the raw score, as if `PRIOR` more pairs had
  been seen that agree with it; isotonic regression makes the map monotone
- a kind's own map is shrunk towards the map of all kinds, as if `KIND_PRIOR` more pairs had been seen in each bin
- nothing is shown as surer than `LEAST`..`MOST`, for the rules were made with such sets in view; to these a rise of
  `SLOPE` from end to end is added, so that scores that are equally sure keep their order
- alerts for other rights than the listing's own count as wrong ones; the report half is never read here
"""

import argparse
import hashlib
import json
import sys
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from bench.detection.generate import Item
from bench.detection.labelled import load
from bench.detection.measure import DAY, TUNE_SEED, made_for
from detectors.engine import Engine
from detectors.types import Options
from guards.atomic import write_atomic
from records.model import Right
from records.terms import RightKind

PRIOR = 8
KIND_PRIOR = 20
LEAST, MOST = 0.012, 0.965
SLOPE = 0.02
EDGES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.47, 0.5, 0.53, 0.6, 0.7, 0.8, 0.9, 1.0)
HALF = 0.5
OUT = Path(__file__).resolve().parents[2] / "detectors" / "data" / "calibration.json"
Pair = tuple[float, bool]
Knots = list[tuple[float, float]]


def fit(scored: Sequence[Pair], prior: int = PRIOR, towards: Callable[[float], float] = float) -> Knots:
    """Return the knots of a map: both ends, the middle of each bin, and (0.5, 0.5)."""
    from sklearn.isotonic import IsotonicRegression  # type: ignore[import-untyped]

    middles = [(low + high) / 2 for low, high in pairwise(EDGES)]
    bins: list[list[bool]] = [[] for _ in middles]
    for score, label in scored:
        bins[min(len(bins), bisect_right(EDGES, score)) - 1].append(label)
    shares = [
        (sum(part) + prior * towards(middle)) / (len(part) + prior) for part, middle in zip(bins, middles, strict=True)
    ]
    weights = [len(part) + prior for part in bins]
    smooth = IsotonicRegression(y_min=LEAST, y_max=MOST).fit_transform(middles, shares, sample_weight=weights)
    points = [(round(m, 4), round(float(p) + SLOPE * m, 4)) for m, p in zip(middles, smooth, strict=True)]
    low = [(m, min(0.49, p)) for m, p in points if m < HALF]
    high = [(m, max(0.51, p)) for m, p in points if m > HALF]
    return [(0.0, LEAST), *low, (HALF, HALF), *high, (1.0, round(MOST + SLOPE, 4))]


def pairs(rights: Sequence[Right], items: Sequence[Item], model: str = "") -> list[tuple[str, float, bool]]:
    """Return (kind of right, raw score, suspect) of each labelled pair that has a hit, and of each alert for another right."""
    kinds = {right.id: right.kind.value for right in rights}
    engine = Engine(rights, options=Options(model=model, today=DAY, calibrate=False))
    return [
        (kinds[hit.right_id], hit.score, hit.right_id == item.right_id and item.suspect)
        for item in items
        for hit in engine.detect(item.listing)
        if hit.right_id == item.right_id or hit.alert
    ]


def line(knots: Knots) -> Callable[[float], float]:
    """Return the map that is straight between the knots."""

    def value(raw: float) -> float:
        at = min(len(knots) - 1, bisect_right(knots, (raw, 2.0)))
        (low, below), (high, above) = knots[at - 1], knots[at]
        return below + (above - below) * (raw - low) / (high - low)

    return value


def document(found: Sequence[tuple[str, float, bool]]) -> dict[str, object]:
    """Return what the file holds: the map for all kinds, and one for each kind that has pairs."""
    rows = sorted(found)
    common = fit([(score, label) for _, score, label in rows])
    kinds = {}
    for kind in sorted({kind for kind, _, _ in rows} & {kind.value for kind in RightKind}):
        own = [(score, label) for of, score, label in rows if of == kind]
        kinds[kind] = {"pairs": len(own), "knots": fit(own, KIND_PRIOR, line(common))}
    digest = hashlib.sha256(json.dumps(rows).encode()).hexdigest()
    return {
        "seed": TUNE_SEED,
        "pairs": len(rows),
        "sha256": digest,
        "prior": [PRIOR, KIND_PRIOR],
        "bounds": [LEAST, MOST],
        "knots": common,
        "kinds": kinds,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit and write the maps; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.detection.calibrate")
    parser.add_argument("--rights", type=int, default=48)
    parser.add_argument("--labelled", type=Path, action="append", default=[], help="a further set to fit on")
    parser.add_argument("--model", default="", help="folder of the embedding model, for the labelled sets")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args(arguments)
    found = pairs(*made_for(TUNE_SEED, given.rights))
    for folder in given.labelled:
        found += pairs(*load(folder), given.model)
    write_atomic(given.out, (json.dumps(document(found), indent=1) + "\n").encode())
    sys.stdout.write(f"{given.out}: {len(found)} pairs, {len(given.labelled)} labelled sets beside seed {TUNE_SEED}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Fits the map from scores to probabilities: `python -m bench.detection.calibrate [--rights N]`.

Scores of the tuning half are sorted into bins of a tenth; a bin's probability is its share of suspect pairs, shrunk
towards the raw score (as if `PRIOR` more pairs had been seen that agree with it), made monotone by isotonic
regression. Alerts for other rights than the listing's own count as wrong ones. The report half is never read here.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.detection.measure import TUNE_SEED, measure
from guards.atomic import write_atomic

PRIOR = 60
OUT = Path(__file__).resolve().parents[2] / "detectors" / "data" / "calibration.json"


def fit(scored: Sequence[tuple[float, bool]]) -> list[tuple[float, float]]:
    """Return the knots of the map: ends, the middle of each bin, and (0.5, 0.5)."""
    from sklearn.isotonic import IsotonicRegression  # type: ignore[import-untyped]

    middles = [(number + 0.5) / 10 for number in range(10)]
    shares, weights = [], []
    for number, middle in enumerate(middles):
        labels = [label for score, label in scored if min(9, int(score * 10)) == number]
        shares.append((sum(labels) + PRIOR * middle) / (len(labels) + PRIOR))
        weights.append(len(labels) + PRIOR)
    smooth = IsotonicRegression(y_min=0.01, y_max=0.99).fit_transform(middles, shares, sample_weight=weights)
    low = [(m, min(0.49, round(float(p), 4))) for m, p in zip(middles, smooth, strict=True) if m < 0.5]
    high = [(m, max(0.51, round(float(p), 4))) for m, p in zip(middles, smooth, strict=True) if m > 0.5]
    return [(0.0, 0.01), *low, (0.5, 0.5), *high, (1.0, 0.99)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit and write the map; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.detection.calibrate")
    parser.add_argument("--rights", type=int, default=48)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args(arguments)
    card = measure(TUNE_SEED, given.rights, calibrate=False)
    scored = sorted([*card.scored, *((score, False) for _, _, score in card.cross)])
    digest = hashlib.sha256(json.dumps(scored).encode()).hexdigest()
    document = {"seed": TUNE_SEED, "pairs": len(scored), "sha256": digest, "prior": PRIOR, "knots": fit(scored)}
    write_atomic(given.out, (json.dumps(document, indent=1) + "\n").encode())
    sys.stdout.write(f"{given.out}: {len(scored)} pairs of seed {TUNE_SEED}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""From the combined score to a probability: a monotone map that was fitted on the benchmark's tuning half.

`data/calibration.json` holds its knots, the seed it was fitted on and the SHA-256 of the pairs of that fit;
`python -m bench.detection.calibrate` writes it. Between two knots the map is straight. It keeps the order of scores and
leaves 0.5 where it is, so that the threshold means the same before and after.

What it does not promise: real decisions. It is fitted on invented listings, and shrunk towards the raw score.
"""

import hashlib
import json
from bisect import bisect_right
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def knots() -> tuple[tuple[float, float], ...]:
    """Return (raw, probability) in rising order, from 0 to 1."""
    return tuple((float(raw), float(shown)) for raw, shown in json.loads(_data())["knots"])


@lru_cache(maxsize=1)
def _data() -> bytes:
    return files("detectors").joinpath("data").joinpath("calibration.json").read_bytes()


@lru_cache(maxsize=1)
def calibration_digest() -> str:
    """Return the SHA-256 of the file that the map is read from."""
    return hashlib.sha256(_data()).hexdigest()


def calibrated(raw: float) -> float:
    """Return the probability that goes with a combined score. Monotone; `calibrated(0.5) == 0.5`."""
    table = knots()
    raw = min(1.0, max(0.0, raw))
    place = min(len(table) - 1, bisect_right(table, (raw, 2.0)))
    (low, below), (high, above) = table[place - 1], table[place]
    return below + (above - below) * (raw - low) / (high - low)

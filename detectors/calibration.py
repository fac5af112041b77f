"""From the combined score to a probability: monotone maps that were fitted on labelled pairs, one for each kind of right.

`data/calibration.json` holds their knots, and the SHA-256 of the pairs of that fit; `python -m bench.detection.calibrate`
writes it. Between two knots a map is straight. It keeps the order of scores and leaves 0.5 where it is, so that the
threshold means the same before and after.

What it does not promise: real decisions. It is fitted on invented listings and small sets, and never shows more
certainty than these can bear.
"""

import hashlib
import json
from bisect import bisect_right
from functools import lru_cache
from importlib.resources import files

Knots = tuple[tuple[float, float], ...]


@lru_cache(maxsize=8)
def knots(kind: str = "") -> Knots:
    """Return (raw, probability) in rising order, from 0 to 1: for a kind of right, else (or if unknown) for all."""
    document = json.loads(_data())
    rows = document["kinds"].get(kind, {}).get("knots", document["knots"])
    return tuple((float(raw), float(shown)) for raw, shown in rows)


@lru_cache(maxsize=1)
def _data() -> bytes:
    return files("detectors").joinpath("data").joinpath("calibration.json").read_bytes()


@lru_cache(maxsize=1)
def calibration_digest() -> str:
    """Return the SHA-256 of the file that the maps are read from."""
    return hashlib.sha256(_data()).hexdigest()


def calibrated(raw: float, kind: str = "") -> float:
    """Return the probability that goes with a combined score, for a kind of right. Monotone; 0.5 stays 0.5."""
    table = knots(kind)
    raw = min(1.0, max(0.0, raw))
    place = min(len(table) - 1, bisect_right(table, (raw, 2.0)))
    (low, below), (high, above) = table[place - 1], table[place]
    return below + (above - below) * (raw - low) / (high - low)

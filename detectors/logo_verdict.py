"""From what was measured of a mark laid over a picture to a probability.

The weights were fitted on the tuning part of the benchmark's brands (`python -m bench.detection.logos --fit`); measures
and weights lie open in `data/logo_verdict.json`.
"""

import json
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

THRESHOLD = 0.5
"""Probability from which on a mark is said to be there."""
_MOST = 0.95


@lru_cache(maxsize=1)
def _data() -> bytes:
    return files("detectors").joinpath("data").joinpath("logo_verdict.json").read_bytes()


@lru_cache(maxsize=1)
def _model() -> tuple[NDArray[np.float64], ...]:
    read = json.loads(_data())
    return tuple(
        np.array(read[name], dtype=np.float64)
        for name in ("mean", "scale", "inner", "inner_bias", "outer", "outer_bias")
    )


def probability(measures: NDArray[np.float64]) -> float:
    """Return how sure it is that the picture shows the mark (0..0.95), rounded to four places."""
    mean, scale, inner, inner_bias, outer, outer_bias = _model()
    hidden = np.tanh(((measures - mean) / scale) @ inner + inner_bias)
    score = float(hidden @ outer + outer_bias)
    return round(min(_MOST, 1.0 / (1.0 + float(np.exp(-np.clip(score, -40.0, 40.0))))), 4)

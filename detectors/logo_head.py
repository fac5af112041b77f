"""The learned part of the logo stage: windows of a picture as unit vectors, near each other for one mark.

A small network (`data/logo_head.onnx`) reads the planes of `logo_channels`, so it never sees a colour; it was learned
from drawn marks of brands that neither tuning nor report uses (`bench/detection/learn_logos.py`). It only proposes:
what is said of a picture rests on the outlines that `logo_fit` lays over it.
"""

from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from detectors.logo_channels import CELL, Planes, planes

if TYPE_CHECKING:
    from onnxruntime import InferenceSession  # type: ignore[import-untyped]

WINDOW = 96
"""Pixels a side of what one vector stands for."""
MARK = 52
"""Pixels of a mark's longer side in the middle of its window."""
STRIDE = 2 * CELL
"""Pixels between two windows."""
LENGTH = 128


@lru_cache(maxsize=1)
def _data() -> bytes:
    return files("detectors").joinpath("data").joinpath("logo_head.onnx").read_bytes()


@lru_cache(maxsize=1)
def _session() -> "InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # one thread: sums are made in one order, and the answer is the same whatever else runs
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(_data(), options, providers=["CPUExecutionProvider"])


def raw(rgb: NDArray[np.uint8]) -> Planes:
    """Return rows × columns × 129 of windows: a vector of any length, and how mark-like it is (before the logistic).

    The window of row i and column j begins at pixel (8 j, 8 i). A picture (8 bit, three channels) smaller than a
    window has none.
    """
    if min(rgb.shape[:2]) < WINDOW:
        return np.zeros((0, 0, LENGTH + 1), np.float32)
    return np.asarray(_session().run(None, {"planes": planes(rgb)[None]})[0][0], dtype=np.float32)


def unit(vectors: Planes) -> Planes:
    """Return vectors (… × 128) of length 1."""
    length = np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True))
    return np.asarray(vectors / np.maximum(length, 1e-6), dtype=np.float32)


def windows(rgb: NDArray[np.uint8]) -> tuple[Planes, Planes]:
    """Return the unit vectors (rows × columns × 128) of `raw`'s windows, and how mark-like they are (rows × columns)."""
    found = raw(rgb)
    return unit(found[:, :, :LENGTH]), found[:, :, LENGTH]

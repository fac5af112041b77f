"""Where a reference picture lies over a listing's picture: its corners, and keypoints that agree, in stored pixels."""

import hashlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from detectors.case import Case, ImageMatch, LogoMatch
from detectors.features import Placed
from detectors.pictures import Picture
from records.alignment import Alignment, Pairs, Quad

MOST_PAIRS = 40
"""Pairs of keypoints that are kept."""
PDQ_TURNS = (0, 4, 3, 5, 2, 1, 6, 7)
"""Which of `pictures.TURNS` each of PDQ's eight hashes is of."""
_CORNERS = (
    (0, 1, 2, 3), (1, 0, 3, 2), (3, 2, 1, 0), (2, 3, 0, 1), (3, 0, 1, 2), (1, 2, 3, 0), (0, 3, 2, 1), (2, 1, 0, 3),
)  # fmt: skip
"""For each of `pictures.TURNS`: onto which corner of the turned picture each corner of the picture falls."""


def rounded(quad: NDArray[np.float32] | NDArray[np.float64]) -> Quad:
    """Return four places (4×2) in whole pixels."""
    first, second, third, fourth = ((round(float(x)), round(float(y))) for x, y in quad)
    return first, second, third, fourth


def whole_quad(size: tuple[int, int], turn: int) -> Quad:
    """Return where the corners of a reference lie in a picture of `size` that is it as a whole, in one of `TURNS`."""
    w, h = size
    corners = np.array([(0, 0), (w, 0), (w, h), (0, h)], dtype=np.float64)
    return rounded(corners[list(_CORNERS[turn])])


def whole_match(shown: Picture, sample: Picture, match: ImageMatch, turn: int = 0) -> ImageMatch:
    """Return the match of two whole pictures with its corners."""
    return replace(match, part=(0, 0, *sample.size), quad=whole_quad(shown.size, turn))


def placed_match(shown: Picture, sample: Picture, match: ImageMatch, placed: Placed, *, mirrored: bool) -> ImageMatch:
    """Return the match by local features with its corners and some of the pairs; see `laid`."""
    quad, pairs = laid(shown, sample, placed, mirrored=mirrored)
    return replace(match, part=(0, 0, *sample.size), quad=quad, pairs=pairs)


def laid(shown: Picture, sample: Picture, placed: Placed, *, mirrored: bool) -> tuple[Quad, Pairs]:
    """Return the corners and some of the pairs in stored pixels.

    `placed` speaks of the small pictures; `mirrored` says that it is the reference's mirror image that was placed.
    """
    grow = np.array(shown.size) / np.array(shown.small.size)
    quad = placed.quad[[1, 0, 3, 2]] if mirrored else placed.quad
    pairs = placed.pairs.astype(np.float64)
    if mirrored:
        pairs[:, 0] = sample.small.size[0] - 1 - pairs[:, 0]
    pairs *= np.concatenate([np.array(sample.size) / np.array(sample.small.size), grow])
    return rounded(quad * grow), _some(pairs)


def _some(pairs: NDArray[np.float64]) -> Pairs:
    """Return at most `MOST_PAIRS` different pairs in whole pixels, evenly from all over the reference, left to right."""
    whole = np.unique(np.rint(pairs).astype(np.int64), axis=0)
    picked = np.linspace(0, len(whole) - 1, min(MOST_PAIRS, len(whole))).round().astype(np.int64)
    return tuple((int(a), int(b), int(x), int(y)) for a, b, x, y in whole[picked])


def aligned(case: Case, position: int, match: ImageMatch | LogoMatch) -> Alignment:
    """Return what is kept of a match in the listing's picture at `position`, with the digests of both pictures."""
    samples = (item.data for item in case.profile.references if item.id == match.reference_id)
    kept = Alignment(
        method="outline",
        part=match.part,
        quad=match.quad,
        reference_sha256=hashlib.sha256(next(samples, b"")).hexdigest(),
        image_sha256=hashlib.sha256(case.images[position]).hexdigest(),
    )
    if isinstance(match, LogoMatch):
        return kept
    return replace(kept, method=match.method, inliers=0 if match.whole else match.distance, pairs=match.pairs)

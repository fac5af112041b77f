"""Local features: does a reference picture appear somewhere inside another, scaled, turned or cropped?

SIFT keypoints are matched by Lowe's ratio test, and one perspective must carry enough of them from the reference
to the picture (RANSAC). The perspective must be a plausible one: convex, not mirrored, not squeezed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

MIN_INLIERS = 14
"""Keypoints that must agree under one perspective."""
RATIO = 0.75
"""How much nearer the nearest descriptor must be than the second nearest (Lowe 2004)."""
_MIN_SHARE = 0.28
_REPROJECTION = 4.0
_TRIES = 700
"""Of RANSAC: where `_MIN_SHARE` of the pairs agree, four of them are hit upon in 98 of 100 runs."""
_MAX_FEATURES = 1_500
_CONTRAST = 0.04
_FAINT = 0.012
"""What contrast a keypoint needs (OpenCV's measure), and in pictures where fewer than `_FEW` have it."""
_FEW = 400
_EDGE_BLUR = 1.0
_EDGE_TOP = 99.5
_MIN_AREA = 0.004
_MAX_STRETCH = 4.0
_MIN_SPREAD = 0.12

Points = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Features:
    """Keypoints (n×2 pixels) and their descriptors (n×128: 4×4 cells of 8 directions)."""

    points: Points
    descriptors: Points

    def mirrored(self, width: int) -> "Features":
        """Return the features of the mirror image of a picture `width` pixels wide: cells and directions reversed."""
        points = self.points.copy()
        points[:, 0] = width - 1 - points[:, 0]
        return Features(points, as_mirrored(self.descriptors))

    def inverted(self) -> "Features":
        """Return the features of the negative: every gradient points the other way, and so does the keypoint."""
        return Features(self.points, as_inverted(self.descriptors))


def as_mirrored(descriptors: Points) -> Points:
    """Return descriptors as those of the mirror image. Done twice, it changes nothing."""
    cells = descriptors.reshape(-1, 4, 4, 8)[:, ::-1]
    return np.ascontiguousarray(np.roll(cells[..., ::-1], 1, axis=3).reshape(-1, 128))


def as_inverted(descriptors: Points) -> Points:
    """Return descriptors as those of the negative. Done twice, it changes nothing."""
    return np.ascontiguousarray(descriptors.reshape(-1, 4, 4, 8)[:, ::-1, ::-1].reshape(-1, 128))


VIEWS: tuple[tuple[str, bool, bool], ...] = (
    ("", False, False),
    ("mirrored", True, False),
    ("colours inverted", False, True),
    ("mirrored, colours inverted", True, True),
)
"""How a reference may be seen: name, mirrored, in negative. SIFT itself sees through turns and sizes only."""


def seen(features: Features, width: int, view: int) -> Features:
    """Return a reference's features as they are in one of `VIEWS`."""
    _, mirrored, inverted = VIEWS[view]
    shown = features.mirrored(width) if mirrored else features
    return shown.inverted() if inverted else shown


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a reference lies in a picture: the box (x, y, w, h), its four corners, and the keypoints that agree.

    `quad` (4×2) are the places of the reference's top-left, top-right, bottom-right and bottom-left; `pairs` (n×4) are x, y in
    the reference and x, y in the picture.
    """

    box: tuple[float, float, float, float]
    quad: Points
    pairs: Points

    @property
    def inliers(self) -> int:
        """How many keypoints agree."""
        return len(self.pairs)


def extract(grey: NDArray[np.uint8]) -> Features:
    """Return at most 1,500 SIFT features of a grey picture, the strongest first."""
    keypoints, descriptors = _detected(grey, _CONTRAST)
    if len(keypoints) < _FEW:
        keypoints, descriptors = _detected(grey, _FAINT)
    if descriptors is None:
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32))
    order = sorted(range(len(keypoints)), key=lambda i: (-keypoints[i].response, keypoints[i].pt))[:_MAX_FEATURES]
    points = np.array([keypoints[i].pt for i in order], dtype=np.float32)
    return Features(points, np.ascontiguousarray(descriptors[order]))


def _detected(grey: NDArray[np.uint8], contrast: float) -> tuple[Sequence[cv2.KeyPoint], Points | None]:
    sift = cv2.SIFT_create(nfeatures=_MAX_FEATURES, contrastThreshold=contrast)  # type: ignore[attr-defined]
    keypoints, descriptors = sift.detectAndCompute(grey, None)
    return keypoints, descriptors


def edge_strength(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return how strong edges are over all colours (h×w×3 → h×w): alike for a recoloured copy."""
    smooth = cv2.GaussianBlur(pixels.astype(np.float32), (0, 0), _EDGE_BLUR)
    down, across = cv2.Sobel(smooth, cv2.CV_32F, 0, 1), cv2.Sobel(smooth, cv2.CV_32F, 1, 0)
    strength = np.sqrt(np.sqrt((down**2 + across**2).sum(axis=2)))
    top = max(1e-6, float(np.percentile(strength, _EDGE_TOP)))
    return np.asarray(np.clip(strength * (255 / top), 0, 255), dtype=np.uint8)


def _pairs(query: Features, target: Features) -> tuple[Points, Points]:
    """Return the points that match one to one by the ratio test.

    Descriptors are whole numbers up to 255, so squared distances are exact in single precision.
    """
    mine, theirs = query.descriptors, target.descriptors
    far = (theirs**2).sum(axis=1)[None, :] - 2.0 * (mine @ theirs.T)
    far += (mine**2).sum(axis=1)[:, None]
    rows = np.arange(len(far))
    nearest = far.argmin(axis=1)
    first = far[rows, nearest]
    far[rows, nearest] = np.inf
    clear = np.flatnonzero(first < RATIO**2 * far.min(axis=1))
    taken: dict[int, tuple[float, int]] = {}
    for row in clear.tolist():
        goal, distance = int(nearest[row]), float(first[row])
        if goal not in taken or distance < taken[goal][0]:
            taken[goal] = (distance, row)
    targets = sorted(taken)
    return query.points[[taken[t][1] for t in targets]], target.points[targets]


def place(
    query: Features, target: Features, query_size: tuple[int, int], target_size: tuple[int, int]
) -> Placed | None:
    """Return where the reference `query` lies in the picture `target`, or None. Deterministic (seeded RANSAC)."""
    if len(query.points) < MIN_INLIERS or len(target.points) < MIN_INLIERS:
        return None
    source, goal = _pairs(query, target)
    if len(source) < MIN_INLIERS:
        return None
    cv2.setRNGSeed(1)
    matrix, mask = cv2.findHomography(source, goal, cv2.RANSAC, _REPROJECTION, maxIters=_TRIES)
    if matrix is None:
        return None
    kept = mask.ravel().astype(bool)
    inliers = int(kept.sum())
    if inliers < MIN_INLIERS or inliers < _MIN_SHARE * len(source) or not _spread(source[kept], query_size):
        return None
    return _box(matrix, query_size, target_size, np.hstack([source[kept], goal[kept]]))


def _spread(points: Points, size: tuple[int, int]) -> bool:
    """Whether the agreeing points cover more than a spot (a shared label or stamp is no copy of the picture)."""
    width, height = np.ptp(points, axis=0)
    return bool(width * height >= _MIN_SPREAD**2 * size[0] * size[1])


def _box(
    matrix: NDArray[np.integer | np.floating], query_size: tuple[int, int], target_size: tuple[int, int], pairs: Points
) -> Placed | None:
    """Project the reference's corners; None where the shape is not that of a picture seen somehow."""
    w, h = query_size
    corners = np.array([[[0, 0]], [[w, 0]], [[w, h]], [[0, h]]], dtype=np.float32)
    quad = cv2.perspectiveTransform(corners, matrix).reshape(4, 2)
    if not np.isfinite(quad).all() or not cv2.isContourConvex(quad):
        return None
    area = cv2.contourArea(quad, oriented=True)
    if area < _MIN_AREA * target_size[0] * target_size[1]:
        return None
    sides = [float(np.linalg.norm(quad[i] - quad[(i + 1) % 4])) for i in range(4)]
    stretch = (sides[0] + sides[2]) / max(1e-6, sides[1] + sides[3]) * h / max(1, w)
    if not 1 / _MAX_STRETCH < stretch < _MAX_STRETCH:
        return None
    low = np.clip(quad.min(axis=0), 0, target_size)
    high = np.clip(quad.max(axis=0), 0, target_size)
    x, y = float(low[0]), float(low[1])
    return Placed((x, y, float(high[0]) - x, float(high[1]) - y), np.asarray(quad, dtype=np.float32), pairs)

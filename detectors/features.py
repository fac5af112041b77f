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
_RATIO = 0.75
_MIN_SHARE = 0.28
_REPROJECTION = 4.0
_MAX_FEATURES = 1_500
_MAX_ASKED = 700
"""Of a reference; the picture that is searched needs more, for a copy is but one part of a collage."""
_SCREENED = 160
"""The strongest features of a reference that the screening looks at."""
_WORTH = 5
"""How many of them must have a clear counterpart for the geometric check to be worth its time."""
_MOST = 6
"""References that one picture is checked against at most: those with the most counterparts."""
_MIN_AREA = 0.004
_MAX_STRETCH = 4.0
_MIN_SPREAD = 0.12

Points = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Features:
    """Keypoints (n×2 pixels) and their descriptors (n×128)."""

    points: Points
    descriptors: Points


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a reference lies in a picture: the box (x, y, w, h), and how many keypoints agree."""

    box: tuple[float, float, float, float]
    inliers: int


def extract(grey: NDArray[np.uint8]) -> Features:
    """Return at most 1,500 SIFT features of a grey picture, the strongest first."""
    sift = cv2.SIFT_create(nfeatures=_MAX_FEATURES)  # type: ignore[attr-defined]
    keypoints, descriptors = sift.detectAndCompute(grey, None)
    if descriptors is None:
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32))
    order = sorted(range(len(keypoints)), key=lambda i: (-keypoints[i].response, keypoints[i].pt))[:_MAX_FEATURES]
    points = np.array([keypoints[i].pt for i in order], dtype=np.float32)
    return Features(points, np.ascontiguousarray(descriptors[order]))


class Screen:
    """The strongest features of many references in one matrix: which of them may lie in a picture at all?

    SIFT descriptors are whole numbers, so the distances are exact in single precision and the answer is the same on
    every machine.
    """

    def __init__(self, references: Sequence[Features]) -> None:
        self._parts = [item.descriptors[:_SCREENED] for item in references]

    def worth(self, shown: Features, numbers: Sequence[int]) -> frozenset[int]:
        """Return those of `numbers` that have the most clear counterparts in the picture `shown`: at most six."""
        usable = [number for number in numbers if len(self._parts[number]) >= MIN_INLIERS]
        if not usable or len(shown.points) < MIN_INLIERS:
            return frozenset()
        parts = [self._parts[number] for number in usable]
        clear = _clear(np.concatenate(parts), shown.descriptors)
        ends = np.cumsum([len(part) for part in parts])
        counts = np.diff(np.concatenate(([0], np.cumsum(clear)[ends - 1])))
        ranked = sorted((-int(count), number) for number, count in zip(usable, counts, strict=True) if count >= _WORTH)
        return frozenset(number for _, number in ranked[:_MOST])


def _clear(queries: Points, targets: Points) -> NDArray[np.bool_]:
    """Whether each query's nearest target is clearly nearer than its second nearest (Lowe's ratio test)."""
    # |q|² is the same for both, but the ratio needs it: squared distances are |q|² + |t|² - 2 q·t
    far = (targets**2).sum(axis=1)[None, :] - 2.0 * (queries @ targets.T)
    nearest = np.partition(far, 1, axis=1)[:, :2] + (queries**2).sum(axis=1)[:, None]
    return np.asarray(nearest[:, 0] < _RATIO**2 * nearest[:, 1])


def _pairs(query: Features, target: Features) -> tuple[Points, Points]:
    """Return the points that match one to one by the ratio test."""
    matcher = cv2.BFMatcher(cv2.NORM_L2)
    taken: dict[int, tuple[float, int]] = {}
    for pair in matcher.knnMatch(query.descriptors[:_MAX_ASKED], target.descriptors, k=2):
        if len(pair) == 2 and pair[0].distance < _RATIO * pair[1].distance:
            best = taken.get(pair[0].trainIdx)
            if best is None or pair[0].distance < best[0]:
                taken[pair[0].trainIdx] = (pair[0].distance, pair[0].queryIdx)
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
    matrix, mask = cv2.findHomography(source, goal, cv2.RANSAC, _REPROJECTION)
    if matrix is None:
        return None
    kept = mask.ravel().astype(bool)
    inliers = int(kept.sum())
    if inliers < MIN_INLIERS or inliers < _MIN_SHARE * len(source) or not _spread(source[kept], query_size):
        return None
    return _box(matrix, query_size, target_size, inliers)


def _spread(points: Points, size: tuple[int, int]) -> bool:
    """Whether the agreeing points cover more than a spot (a shared label or stamp is no copy of the picture)."""
    width, height = np.ptp(points, axis=0)
    return bool(width * height >= _MIN_SPREAD**2 * size[0] * size[1])


def _box(
    matrix: NDArray[np.integer | np.floating], query_size: tuple[int, int], target_size: tuple[int, int], inliers: int
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
    return Placed((x, y, float(high[0]) - x, float(high[1]) - y), inliers)

"""Does a reference lie somewhere in a picture: scaled, turned, cropped, seen at an angle, in other colours?

1. alike features are grouped by the change of size and direction that they agree on
2. each group gives a perspective (RANSAC, seeded), which must be a plausible one: convex, not squeezed
3. the picture is brought into the reference's frame by it, and the edges of both are compared block by block:
   a few features suffice where the edges agree nearly everywhere, many are needed where they agree here and there

What speaks is the third step: a shared stamp, label or border agrees in its own blocks only.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.features import Features, Pairs, Points, distances, pairs

MIN_INLIERS = 4
"""Keypoints that must agree under one perspective, at least."""
LEVELS = ((4, 0.85), (12, 0.65), (20, 0.45), (40, 0.25))
"""From how many agreeing keypoints on which share of the reference's blocks must agree."""
MIN_BLOCKS = 6
_HOMOGRAPHY_FROM = 8
_PLENTY = 20
_GROUPS = 3
_OCTAVES = 0.7
_TURN = 0.5
_REPROJECTION = 4.0
_GUIDED_PX = 8.0
_GUIDED_FAR = 0.55 * 2 * 512**2
_SIDE = 192
_BLOCKS = 8
_ALIKE = 0.45
_FAINT = 6.0
_MIN_AREA, _MAX_AREA = 0.004, 60.0
_MAX_STRETCH = 3.3
_MAX_TAPER = 3.0

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a reference lies in a picture: the box (x, y, w, h), the keypoints and the blocks that agree."""

    box: tuple[float, float, float, float]
    inliers: int
    agreeing: int
    seen: int

    @property
    def share(self) -> float:
        """The share of the reference's blocks in sight that agree."""
        return self.agreeing / max(1, self.seen)

    @property
    def sure(self) -> bool:
        """Whether what agrees is enough for a copy."""
        needed = [share for count, share in LEVELS if self.inliers >= count]
        return bool(needed) and self.agreeing >= MIN_BLOCKS and self.share >= needed[-1]


def place(query: Features, target: Features) -> Placed | None:
    """Return where the reference `query` lies in `target`, or None. Deterministic."""
    if min(len(query.points), len(target.points)) < MIN_INLIERS:
        return None
    best: Placed | None = None
    for group in _groups(query, target, pairs(query, target)):
        for placed in _fitted(query, target, group):
            if placed.sure and (best is None or placed.agreeing > best.agreeing):
                best = placed
    return best


def _groups(query: Features, target: Features, rows: Pairs) -> Iterator[Pairs]:
    """Yield up to three groups of pairs that agree on a change of size and direction, the largest first."""
    if len(rows) < MIN_INLIERS:
        return
    octaves = np.log2(target.sizes[rows[:, 1]] / query.sizes[rows[:, 0]])
    turn = np.exp(1j * (target.angles[rows[:, 1]] - query.angles[rows[:, 0]] - np.pi * rows[:, 2]))
    near = np.abs(octaves[:, None] - octaves[None]) < _OCTAVES
    near &= (turn[:, None] * turn[None].conj()).real > np.cos(_TURN)
    left = np.ones(len(rows), dtype=bool)
    for _ in range(_GROUPS):
        counts = (near & left[None]).sum(axis=1) * left
        middle = int(counts.argmax())
        if counts[middle] < MIN_INLIERS:
            return
        taken = near[middle] & left
        left &= ~taken
        yield rows[taken]


def _fitted(query: Features, target: Features, group: Pairs) -> Iterator[Placed]:
    """Yield the places that a group of pairs gives: by a perspective, by a similarity, and each once refined."""
    source, goal = query.points[group[:, 0]], target.points[group[:, 1]]
    for matrix in (_perspective(source, goal), _similarity(source, goal)):
        placed = None if matrix is None else _checked(query, target, matrix, source, goal)
        if matrix is None or placed is None:
            continue
        yield placed
        if placed.inliers >= _PLENTY and placed.sure:
            return
        source_more, goal_more = _guided(query, target, matrix)
        refined = _perspective(source_more, goal_more)
        again = None if refined is None else _checked(query, target, refined, source_more, goal_more)
        if again is not None:
            # Pairs that were looked for where they were expected are no evidence of their own.
            yield replace(again, inliers=placed.inliers)


def _perspective(source: Points, goal: Points) -> Matrix | None:
    if len(source) < _HOMOGRAPHY_FROM:
        return None
    cv2.setRNGSeed(1)
    matrix, _ = cv2.findHomography(source, goal, cv2.RANSAC, _REPROJECTION)
    return None if matrix is None else np.asarray(matrix, dtype=np.float64)


def _similarity(source: Points, goal: Points) -> Matrix | None:
    if len(source) < MIN_INLIERS:
        return None
    cv2.setRNGSeed(1)
    matrix, _ = cv2.estimateAffinePartial2D(source, goal, method=cv2.RANSAC, ransacReprojThreshold=_REPROJECTION + 1)
    return None if matrix is None else np.vstack([np.asarray(matrix, dtype=np.float64), [0.0, 0.0, 1.0]])


def _guided(query: Features, target: Features, matrix: Matrix) -> tuple[Points, Points]:
    """Return the pairs that a first perspective leads to: the most alike feature near each one's expected place."""
    expected = cv2.perspectiveTransform(query.points[None], matrix)[0]
    gap = np.abs(expected[:, None] - target.points[None]).max(axis=2)
    far = np.where(gap <= _GUIDED_PX, distances(query.descriptors, target.descriptors), np.inf)
    nearest = far.argmin(axis=1)
    good = far[np.arange(len(far)), nearest] < _GUIDED_FAR
    return query.points[good], target.points[nearest[good]]


def _checked(query: Features, target: Features, matrix: Matrix, source: Points, goal: Points) -> Placed | None:
    """Return the place of one perspective with what agrees under it, None for an implausible one."""
    gap = np.abs(cv2.perspectiveTransform(source[None], matrix)[0] - goal).max(axis=1)
    kept = gap <= _REPROJECTION + 1
    inliers = min(len(np.unique(points[kept].round(), axis=0)) for points in (source, goal))
    quad = _corners(query, matrix)
    if inliers < MIN_INLIERS or not _plausible(quad, query, target):
        return None
    agreeing, seen = _blocks(query, target, matrix)
    height, width = target.grey.shape
    low, high = (np.clip(edge, 0, (width, height)) for edge in (quad.min(axis=0), quad.max(axis=0)))
    x, y = float(low[0]), float(low[1])
    return Placed((x, y, float(high[0]) - x, float(high[1]) - y), inliers, agreeing, seen)


def _corners(query: Features, matrix: Matrix) -> Points:
    h, w = query.grey.shape
    corners = np.array([[[0, 0], [w, 0], [w, h], [0, h]]], dtype=np.float32)
    return np.asarray(cv2.perspectiveTransform(corners, matrix)[0], dtype=np.float32)


def _plausible(quad: Points, query: Features, target: Features) -> bool:
    """Whether the reference's outline is that of a picture seen somehow: convex, neither mirrored nor squeezed."""
    if not np.isfinite(quad).all() or not cv2.isContourConvex(quad):
        return False
    area, whole = cv2.contourArea(quad, oriented=True), target.grey.size
    if not _MIN_AREA * whole <= area <= _MAX_AREA * whole:
        return False
    a, b, c, d = (float(np.linalg.norm(quad[i] - quad[(i + 1) % 4])) + 1e-6 for i in range(4))
    stretch = (a + c) / (b + d) * query.grey.shape[0] / query.grey.shape[1]
    taper = max(a / c, c / a, b / d, d / b)
    return 1 / _MAX_STRETCH < stretch < _MAX_STRETCH and taper < _MAX_TAPER


def _blocks(query: Features, target: Features, matrix: Matrix) -> tuple[int, int]:
    """Return how many of the reference's blocks agree with the picture, and how many with edges are in sight."""
    h, w = query.grey.shape
    share = _SIDE / max(h, w)
    size = max(24, round(w * share)), max(24, round(h * share))
    own = cv2.resize(query.grey, size, interpolation=cv2.INTER_AREA)
    onto = matrix @ np.diag([1 / share, 1 / share, 1.0])
    scale = float(np.sqrt(abs(np.linalg.det(onto[:2, :2] / onto[2, 2]))))
    shown = cv2.GaussianBlur(target.grey, (0, 0), 0.5 * scale) if scale > 1.3 else target.grey
    back = cv2.WARP_INVERSE_MAP
    warped = cv2.warpPerspective(shown, onto, size, flags=cv2.INTER_LINEAR | back, borderMode=cv2.BORDER_REPLICATE)
    full = np.full(shown.shape, 255, np.uint8)
    inside = cv2.erode(cv2.warpPerspective(full, onto, size, flags=cv2.INTER_NEAREST | back), np.ones((3, 3)))
    soft = max(1.0, min(3.0, 0.6 / max(scale, 0.05)))
    return _agreeing(np.asarray(own), np.asarray(warped), np.asarray(inside) > 0, soft)


def _agreeing(
    own: NDArray[np.generic], other: NDArray[np.generic], inside: NDArray[np.bool_], soft: float
) -> tuple[int, int]:
    """Compare the gradients of two grey pictures by blocks, whatever their sign; only `inside` counts."""
    (ax, ay), (bx, by) = _gradients(own, soft), _gradients(other, soft)
    mine, theirs, both = (_pooled(item * inside) for item in (ax * ax + ay * ay, bx * bx + by * by, ax * bx + ay * by))
    strength = _pooled(ax * ax + ay * ay)
    seen = (strength > max(_FAINT, 0.02 * float(strength.max()))) & (_pooled(inside.astype(np.float32)) > 0.5)
    alike = np.abs(both) / np.sqrt(mine * theirs + 1e-3)
    return int((seen & (alike > _ALIKE)).sum()), int(seen.sum())


def _gradients(grey: NDArray[np.generic], soft: float) -> tuple[Points, Points]:
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), soft)
    return (
        np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), dtype=np.float32),
        np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1), dtype=np.float32),
    )


def _pooled(values: NDArray[np.generic]) -> Points:
    return np.asarray(
        cv2.resize(values.astype(np.float32), (_BLOCKS, _BLOCKS), interpolation=cv2.INTER_AREA), dtype=np.float32
    )

"""Local features: does a reference picture appear somewhere inside another, scaled, turned or cropped?

SIFT keypoints are matched by Lowe's ratio test. Those pairs that tell of about one turn and one size (Lowe 2004) go on,
and one perspective must carry enough of them from the reference to the picture (RANSAC). The perspective must be a
plausible one: convex, not mirrored, not squeezed.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

MIN_INLIERS = 12
"""Keypoints that must agree under one perspective: among drawn jars with other labels at most 9 did."""
RATIO = 0.75
"""How much nearer the nearest descriptor must be than the second nearest (Lowe 2004)."""
_MIN_SHARE = 0.28
_REPROJECTION = 4.0
_TRIES = 700
"""Of RANSAC: where `_MIN_SHARE` of the pairs agree, four of them are hit upon in 98 of 100 runs."""
_MAX_FEATURES = 1_500
_BLOCK = 1 << 18
"""Pairs of descriptors that are compared at a time."""
_CONTRAST = 0.04
_FAINT = 0.012
"""What contrast a keypoint needs (OpenCV's measure), and in pictures where fewer than `_FEW` have it."""
_FEW = 400
_LAYERS = 3
"""Layers of an octave: OpenCV states a keypoint's contrast by layer."""
_TURN_STEP, _TURN_REACH = 30.0, 30.0
_SIZE_STEP, _SIZE_REACH = 0.5, 0.75
"""Pairs agree on a turn (degrees) and a size (octaves) that lie this near to one of the steps."""
_SIZES = np.arange(-5.0, 5.1, _SIZE_STEP)
_TURNS = np.arange(0.0, 360.0, _TURN_STEP)
_EDGE_BLUR = 1.0
_EDGE_TOP = 99.5
_MIN_AREA = 0.004
_MAX_STRETCH = 4.0
_MIN_SPREAD = 0.12

Points = NDArray[np.float32]
Matrix = NDArray[np.integer | np.floating]
_MIRRORED, _HALF_TURN = np.array([1, -1], np.float32), np.array([0, 180], np.float32)
"""Of poses: the mirror image turns the other way round, and what is turned by half a turn besides."""


@dataclass(frozen=True, slots=True)
class Features:
    """Keypoints (n×2 pixels), descriptors (n×128: 4×4 cells of 8 directions), poses (n×2: log2 of size, degrees)."""

    points: Points
    descriptors: Points
    poses: Points

    def mirrored(self, width: int) -> "Features":
        """Return the features of the mirror image of a picture `width` pixels wide: cells and directions reversed."""
        points = self.points.copy()
        points[:, 0] = width - 1 - points[:, 0]
        return Features(points, as_mirrored(self.descriptors), self.poses * _MIRRORED + _HALF_TURN)

    def inverted(self) -> "Features":
        """Return the features of the negative: every gradient points the other way, and so does the keypoint."""
        return Features(self.points, as_inverted(self.descriptors), self.poses + _HALF_TURN)

    def resized(self, scale: tuple[float, float]) -> "Features":
        """Return the features with their places in a picture of another size; how large they are among them stays."""
        return Features(self.points * np.array(scale, np.float32), self.descriptors, self.poses)


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
    """Return at most 1,500 SIFT features of a grey picture, the strongest first; faint ones where few are strong.

    They are detected once: faint keypoints are left out afterwards.
    """
    sift = cv2.SIFT_create(nfeatures=_MAX_FEATURES, nOctaveLayers=_LAYERS, contrastThreshold=_FAINT)  # type: ignore[attr-defined]
    keypoints, descriptors = sift.detectAndCompute(grey, None)
    if descriptors is None:
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32), np.zeros((0, 2), np.float32))
    order = sorted(range(len(keypoints)), key=lambda i: (-keypoints[i].response, keypoints[i].pt))[:_MAX_FEATURES]
    strong = sum(keypoints[i].response * _LAYERS >= _CONTRAST for i in order)
    order = order[:strong] if strong >= _FEW else order
    points = np.array([keypoints[i].pt for i in order], dtype=np.float32)
    poses = np.array([(np.log2(keypoints[i].size), keypoints[i].angle) for i in order], dtype=np.float32)
    return Features(points, np.ascontiguousarray(descriptors[order]), poses)


def lightness(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the lightness of a colour picture (h×w×3 → h×w; HSL: between the strongest channel and the weakest).

    It stays as it is where hues are turned or channels swapped.
    """
    high, low = pixels.max(axis=2).astype(np.uint16), pixels.min(axis=2)
    return np.asarray((high + low) // 2, dtype=np.uint8)


def edge_strength(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return how strong edges are over all colours (h×w×3 → h×w): alike for a recoloured copy."""
    smooth = cv2.GaussianBlur(pixels.astype(np.float32), (0, 0), _EDGE_BLUR)
    down, across = cv2.Sobel(smooth, cv2.CV_32F, 0, 1), cv2.Sobel(smooth, cv2.CV_32F, 1, 0)
    strength = np.sqrt(np.sqrt((down**2 + across**2).sum(axis=2)))
    top = max(1e-6, float(np.percentile(strength, _EDGE_TOP)))
    return np.asarray(np.clip(strength * (255 / top), 0, 255), dtype=np.uint8)


def _pairs(query: Features, target: Features) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows of query and of target that match one to one by the ratio test.

    Descriptors are whole numbers up to 255, so squared distances are exact in single precision.
    """
    mine, theirs = query.descriptors, target.descriptors
    first, nearest, clear = nearer(mine, theirs)
    rows = np.flatnonzero(clear)
    # of several that name one target, the nearest: the first of its kind when sorted by target, then distance
    rows = rows[np.lexsort((rows, first[rows], nearest[rows]))]
    _, firsts = np.unique(nearest[rows], return_index=True)
    rows = rows[firsts]
    return rows, nearest[rows]


def nearer(queries: Points, targets: Points) -> tuple[Points, NDArray[np.intp], NDArray[np.bool_]]:
    """Return each query's squared distance to its nearest target, that target, and whether it is clearly the nearest.

    Lowe's ratio test; rows are compared a few at a time, so that they stay in the processor's cache.
    """
    sizes = np.einsum("ij,ij->i", targets, targets)
    turned = np.ascontiguousarray(targets.T) * np.float32(-2)
    first, second = np.empty(len(queries), np.float32), np.empty(len(queries), np.float32)
    nearest = np.empty(len(queries), np.intp)
    step = max(64, _BLOCK // len(targets))
    for start in range(0, len(queries), step):
        part = slice(start, start + step)
        far = queries[part] @ turned
        far += sizes
        rows = np.arange(len(far))
        nearest[part] = far.argmin(axis=1)
        first[part] = far[rows, nearest[part]]
        far[rows, nearest[part]] = np.inf
        second[part] = far.min(axis=1)
    own = np.einsum("ij,ij->i", queries, queries)
    first += own
    return first, nearest, first < RATIO**2 * (second + own)


def _agreeing(source: Points, goal: Points) -> NDArray[np.bool_]:
    """Say which pairs of poses tell of the one turn and size that most tell of."""
    size, turn = (goal - source).T
    near_size = np.abs(size[:, None] - _SIZES) <= _SIZE_REACH
    near_turn = np.abs((turn[:, None] - _TURNS + 180) % 360 - 180) <= _TURN_REACH
    votes = near_turn.astype(np.float32).T @ near_size.astype(np.float32)
    best_turn, best_size = np.unravel_index(int(votes.argmax()), votes.shape)
    return np.asarray(near_turn[:, best_turn] & near_size[:, best_size])


def place(
    query: Features, target: Features, query_size: tuple[int, int], target_size: tuple[int, int]
) -> Placed | None:
    """Return where the reference `query` lies in the picture `target`, or None. Deterministic (seeded RANSAC)."""
    if len(query.points) < MIN_INLIERS or len(target.points) < MIN_INLIERS:
        return None
    mine, theirs = _pairs(query, target)
    tried = len(mine)
    agreeing = _agreeing(query.poses[mine], target.poses[theirs]) if tried else np.zeros(0, np.bool_)
    if agreeing.sum() < MIN_INLIERS:
        return None
    source, goal = query.points[mine[agreeing]], target.points[theirs[agreeing]]
    for fitted in (_perspective, _similarity):
        matrix, kept = fitted(source, goal)
        inliers = int(kept.sum())
        if inliers >= max(MIN_INLIERS, _MIN_SHARE * tried) and _spread(source[kept], query_size):
            placed = _box(matrix, query_size, target_size, np.hstack([source[kept], goal[kept]]))
            if placed is not None:
                return placed
    return None


def _perspective(source: Points, goal: Points) -> tuple[Matrix, NDArray[np.bool_]]:
    """Return the perspective that most pairs agree on, and which do."""
    cv2.setRNGSeed(1)
    matrix, mask = cv2.findHomography(source, goal, cv2.RANSAC, _REPROJECTION, maxIters=_TRIES)
    return _fitted(matrix, mask)


def _similarity(source: Points, goal: Points) -> tuple[Matrix, NDArray[np.bool_]]:
    """Return the turn, size and shift that most pairs agree on: where details lie on a line, a perspective goes astray."""
    cv2.setRNGSeed(1)
    matrix, mask = cv2.estimateAffinePartial2D(
        source, goal, method=cv2.RANSAC, ransacReprojThreshold=_REPROJECTION, maxIters=_TRIES
    )
    return _fitted(None if matrix is None else np.vstack([matrix, [0.0, 0.0, 1.0]]), mask)


def _fitted(matrix: Matrix | None, mask: Matrix | None) -> tuple[Matrix, NDArray[np.bool_]]:
    if matrix is None or mask is None:
        return np.eye(3), np.zeros(0, np.bool_)
    return matrix, mask.ravel().astype(np.bool_)


def _spread(points: Points, size: tuple[int, int]) -> bool:
    """Whether the agreeing points cover more than a spot (a shared label or stamp is no copy of the picture)."""
    width, height = np.ptp(points, axis=0)
    return bool(width * height >= _MIN_SPREAD**2 * size[0] * size[1])


def _box(matrix: Matrix, query_size: tuple[int, int], target_size: tuple[int, int], pairs: Points) -> Placed | None:
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

"""Local features of a picture, and which of them are alike in two pictures.

SIFT keypoints, also faint ones, spread over the whole picture; descriptors are square-rooted and rounded to whole
numbers (Arandjelović and Zisserman 2012), so their distances are exact in single precision. A mirror image and inverted
colours only permute a descriptor (Ma et al. 2010 for the mirrored one), so neither needs features of its own.
"""

from collections import Counter
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

MAX_FEATURES = 700
"""Features of a reference, at most."""
MAX_SHOWN = 900
"""Features of a listing's picture, at most: what is looked for may be a small part of it."""
_CONTRAST = 0.012
_EDGE = 14.0
_CELLS = 8
_ROUND = 6
"""Features that a part of the picture gives before the others have had their turn."""
_MOST_KEYPOINTS = 6_000
_SCALE = 512
_RATIO = 0.8
_NEGATED = (-np.arange(8)) % 8

Points = NDArray[np.float32]
Grey = NDArray[np.uint8]
Pairs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Features:
    """Keypoints (n×2 pixels), their sizes and angles (radians), their descriptors (n×128), and the grey picture."""

    points: Points
    sizes: Points
    angles: Points
    descriptors: Points
    grey: Grey

    def mirrored(self) -> "Features":
        """Return the features of the mirror image."""
        points = self.points.copy()
        points[:, 0] = self.grey.shape[1] - 1 - points[:, 0]
        cells = self.descriptors.reshape(-1, 4, 4, 8)[:, ::-1][..., _NEGATED]
        flat = np.ascontiguousarray(cells).reshape(-1, 128)
        angles = np.asarray(np.pi - self.angles, dtype=np.float32)
        return Features(points, self.sizes, angles, flat, np.ascontiguousarray(self.grey[:, ::-1]))


def inverted(descriptors: Points) -> Points:
    """Return the descriptors of the picture in inverted colours (each keypoint's angle turns by half a turn)."""
    return np.ascontiguousarray(descriptors.reshape(-1, 4, 4, 8)[:, ::-1, ::-1]).reshape(-1, 128)


def extract(grey: Grey, most: int = MAX_FEATURES) -> Features:
    """Return at most `most` features of a grey picture, the strongest of each part first, no part taking all."""
    sift = cv2.SIFT_create(nfeatures=_MOST_KEYPOINTS, contrastThreshold=_CONTRAST, edgeThreshold=_EDGE)  # type: ignore[attr-defined]
    found = sift.detect(grey, None)
    if not found:
        none = np.zeros(0, np.float32)
        return Features(np.zeros((0, 2), np.float32), none, none, np.zeros((0, 128), np.float32), grey)
    kept = _spread(found, grey, most)
    kept, raw = sift.compute(grey, kept)
    rooted = np.sqrt(raw / np.maximum(1, raw.sum(axis=1, keepdims=True)))
    return Features(
        np.array([point.pt for point in kept], dtype=np.float32),
        np.array([point.size for point in kept], dtype=np.float32),
        np.radians(np.array([point.angle for point in kept], dtype=np.float32)),
        np.rint(rooted * _SCALE).astype(np.float32),
        grey,
    )


def _spread(found: "list[cv2.KeyPoint] | tuple[cv2.KeyPoint, ...]", grey: Grey, most: int) -> "list[cv2.KeyPoint]":
    """Return the strongest keypoints of an 8×8 grid, round by round: any beginning of the list covers the picture."""
    height, width = grey.shape
    ordered = sorted(found, key=lambda point: (-point.response, point.pt, point.angle))
    taken: Counter[tuple[int, int]] = Counter()
    rounds = []
    for number, point in enumerate(ordered):
        cell = int(point.pt[0] * _CELLS / width), int(point.pt[1] * _CELLS / height)
        taken[cell] += 1
        rounds.append((taken[cell] // _ROUND, number))
    return [ordered[number] for _, number in sorted(rounds)[:most]]


def pairs(query: Features, target: Features) -> Pairs:
    """Return rows (query, target, inverted) of clearly alike features, by Lowe's ratio test.

    A feature is also compared as it would be in inverted colours: recolouring turns some edges round and not others.
    """
    if len(target.points) < 2:
        return np.zeros((0, 3), np.int64)
    rows = []
    for turned in (0, 1):
        looked = inverted(query.descriptors) if turned else query.descriptors
        nearest, first, second = _two_nearest(looked, target.descriptors)
        clear = np.flatnonzero(first < _RATIO**2 * second)
        rows.append(np.stack([clear, nearest[clear], np.full(len(clear), turned)], axis=1))
    return np.concatenate(rows)


def distances(queries: Points, targets: Points) -> Points:
    """Return the squared distances, queries × targets."""
    lengths = (queries**2).sum(axis=1)[:, None] + (targets**2).sum(axis=1)[None, :]
    return np.asarray(lengths - 2.0 * (queries @ targets.T), dtype=np.float32)


def _two_nearest(queries: Points, targets: Points) -> tuple[Pairs, Points, Points]:
    far = distances(queries, targets)
    rows, nearest = np.arange(len(queries)), far.argmin(axis=1)
    first = far[rows, nearest]
    far[rows, nearest] = np.inf
    return nearest, first, far.min(axis=1)

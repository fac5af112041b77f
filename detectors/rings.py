"""Round and oval outlines in a picture, and the band of print that runs along them, laid out straight. Pure.

An outline is an ellipse that edges follow nearly all the way round, with their gradient across it: colours play no part.
What is asked is bounded: the picture is shrunk, so many contours are fitted, so many outlines returned. NOT found: outlines
of less than `_SMALLEST` pixels in the shrunk picture, and those of which a quarter or more is covered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]

WORK_SIDE = 640
"""Pixels of the longer side at which outlines are looked for."""
_SMALLEST = 26.0
_FLATTEST = 0.5
_CONTOURS = 160
_MOST = 6
_POINTS = 96
_FOLLOWED = 0.74
_ACROSS = 0.8
_ARC = 0.12
_OUTER, _INNER = 1.30, 0.52
_BAND = 208
"""Pixels of the laid out band for one radius of the outline."""
_OVERLAP = 0.08
_SECTORS = 32
_PRINTED = 0.55
_CLEAR, _PRINTED_OF_CLEAR = 0.9, 0.4


@dataclass(frozen=True, slots=True)
class Ring:
    """An ellipse in pixels of the picture: its middle, its half axes, its angle (radians), the share that edges follow."""

    x: float
    y: float
    a: float
    b: float
    angle: float
    followed: float

    @property
    def radius(self) -> float:
        """The mean of both half axes."""
        return float(np.sqrt(self.a * self.b))

    def box(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Return (x, y, w, h) around it, within a picture of that size."""
        points = along(self, 64)
        low = np.clip(np.floor(points.min(axis=0)), 0, size)
        high = np.clip(np.ceil(points.max(axis=0)), 0, size)
        return int(low[0]), int(low[1]), max(1, int(high[0] - low[0])), max(1, int(high[1] - low[1]))

    def scaled(self, by: float) -> "Ring":
        """Return it in a picture that is larger by that factor."""
        return Ring(self.x * by, self.y * by, self.a * by, self.b * by, self.angle, self.followed)


def along(ring: Ring, count: int, share: float = 1.0) -> NDArray[np.float32]:
    """Return `count` points of the ellipse, clockwise, `share` of its radius from the middle; shape (count, 2)."""
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False, dtype=np.float32)
    return _placed(ring, np.cos(turn) * share, np.sin(turn) * share)


def _placed(ring: Ring, right: Floats, down: Floats) -> NDArray[np.float32]:
    """Return where points of the unit circle lie in the picture; shape (…, 2)."""
    cos, sin = np.cos(ring.angle), np.sin(ring.angle)
    u, v = ring.a * right, ring.b * down
    return np.stack([ring.x + u * cos - v * sin, ring.y + u * sin + v * cos], axis=-1).astype(np.float32)


def rings(pixels: Pixels) -> tuple[Ring, ...]:
    """Return the outlines of an RGB picture that print may run along, the clearest and largest first; () for none."""
    share = min(1.0, WORK_SIDE / max(pixels.shape[:2]))
    size = max(1, round(pixels.shape[1] * share)), max(1, round(pixels.shape[0] * share))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if share < 1 else pixels
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    edges = np.asarray(cv2.Canny(cv2.GaussianBlur(grey, (3, 3), 0), 40, 110), dtype=np.uint8)
    found = _followed(grey, edges, _fitted(edges))
    kept = _apart(sorted(found, key=lambda ring: (-ring.followed * ring.radius, ring.x, ring.y)))
    printed = [ring for ring in kept if _is_printed(edges, ring)]
    return tuple(ring.scaled(1 / share) for ring in printed[:_MOST])


def _fitted(edges: Pixels) -> list[Ring]:
    """Return an ellipse for each of the longest contours that may be one, or a good part of one."""
    contours, _ = cv2.findContours(edges, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    long = sorted((item for item in contours if len(item) >= _SMALLEST), key=len, reverse=True)[:_CONTOURS]
    return [ring for item in long for ring in _ellipses(np.asarray(item, dtype=np.int32), edges.shape[:2])]


def _ellipses(contour: NDArray[np.int32], shape: Sequence[int]) -> list[Ring]:
    """Return the ellipse through a contour, and the one through its hull: what touches an outline lies inside it."""
    made = []
    for points in (contour, cv2.convexHull(contour)):
        if len(points) < 6:
            continue
        (x, y), (wide, high), degrees = cv2.fitEllipseDirect(points)
        ring = Ring(float(x), float(y), wide / 2, high / 2, float(np.radians(degrees)), 0.0)
        if _fits(ring, len(contour), shape):
            made.append(ring)
    return made


def _fits(ring: Ring, length: int, shape: Sequence[int]) -> bool:
    """Whether an ellipse is of a size and form that an emblem may have, and its middle lies in the picture."""
    if not np.isfinite((ring.x, ring.y, ring.a, ring.b, ring.angle)).all():
        return False
    low, high = sorted((ring.a, ring.b))
    if not (low >= _SMALLEST / 2 and high <= 0.75 * max(shape) and low >= _FLATTEST * high):
        return False
    inside = 0 <= ring.x < shape[1] and 0 <= ring.y < shape[0]
    return inside and length >= _ARC * 2 * np.pi * ring.radius


def _followed(grey: Pixels, edges: Pixels, fitted: Sequence[Ring]) -> list[Ring]:
    """Return the ellipses that edges follow, with the share of them that do."""
    if not fitted:
        return []
    dx, dy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    turn = np.linspace(0, 2 * np.pi, _POINTS, endpoint=False, dtype=np.float32)
    kept = []
    for ring in fitted:
        cos, sin = np.cos(ring.angle), np.sin(ring.angle)
        u, v = np.cos(turn) / ring.a, np.sin(turn) / ring.b
        across = np.stack([u * cos - v * sin, u * sin + v * cos], axis=-1)
        across /= np.linalg.norm(across, axis=1, keepdims=True)
        points = along(ring, _POINTS)
        hit = np.zeros(_POINTS, dtype=bool)
        for step in (-2.0, -1.0, 0.0, 1.0, 2.0):
            near = np.rint(points + step * across).astype(np.int64)
            inside = ((near >= 0) & (near < (grey.shape[1], grey.shape[0]))).all(axis=1)
            x, y = np.clip(near[:, 0], 0, grey.shape[1] - 1), np.clip(near[:, 1], 0, grey.shape[0] - 1)
            slope = np.stack([dx[y, x], dy[y, x]], axis=-1)
            straight = np.abs((slope * across).sum(axis=1)) >= _ACROSS * np.linalg.norm(slope, axis=1)
            hit |= inside & (edges[y, x] > 0) & straight
        if (share := float(hit.mean())) >= _FOLLOWED:
            kept.append(Ring(ring.x, ring.y, ring.a, ring.b, ring.angle, share))
    return kept


def _apart(found: Sequence[Ring]) -> list[Ring]:
    """Return those that lie apart: of rings within one another, so near that one band holds both, the first."""
    kept: list[Ring] = []
    for ring in found:
        if not any(_same(ring, other) for other in kept):
            kept.append(ring)
    return kept


def _same(ring: Ring, other: Ring) -> bool:
    near = np.hypot(ring.x - other.x, ring.y - other.y) < 0.2 * max(ring.radius, other.radius)
    return bool(near and 0.72 < ring.radius / other.radius < 1.25)


def _is_printed(edges: Pixels, ring: Ring) -> bool:
    """Whether edges fill a band along half of the outline and more, as letters do; less is enough where it is clear."""
    least = _PRINTED_OF_CLEAR if ring.followed >= _CLEAR else _PRINTED
    turn = np.linspace(0, 2 * np.pi, _POINTS * 4, endpoint=False, dtype=np.float32)
    shares = np.concatenate([np.linspace(0.66, 0.94, 8), np.linspace(1.06, 1.26, 5)]).astype(np.float32)
    points = _placed(ring, np.outer(shares, np.cos(turn)), np.outer(shares, np.sin(turn)))
    band = cv2.remap(edges, points[..., 0], points[..., 1], cv2.INTER_NEAREST) > 0
    filled = band.reshape(len(shares), _SECTORS, -1).sum(axis=2)
    return any(
        float((filled[rows].sum(axis=0) >= 3).mean()) >= least
        for rows in (slice(0, 4), slice(2, 6), slice(4, 8), slice(8, 13))
    )


def straightened(pixels: Pixels, ring: Ring) -> Pixels:
    """Return the band along an outline laid out straight, the outside up: shape (162, 1412, 3).

    It begins where least is printed, so that no word is cut in two, and goes a little further than once round. Words with
    their tops inward stand upside down in it.
    """
    width, height = round(2 * np.pi * _BAND), round((_OUTER - _INNER) * _BAND)
    turn = np.linspace(0, 2 * np.pi, width, endpoint=False)
    share = np.linspace(_OUTER, _INNER, height)
    points = _placed(ring, np.outer(share, np.cos(turn)), np.outer(share, np.sin(turn)))
    band = cv2.remap(pixels, points[..., 0], points[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    laid = np.asarray(band, dtype=np.uint8)
    laid = np.roll(laid, -_emptiest(laid), axis=1)
    return np.ascontiguousarray(np.hstack([laid, laid[:, : round(_OVERLAP * width)]]))


def share_at(row: float) -> float:
    """Return which share of the outline's radius a row of the straightened band is."""
    return _OUTER - row / _BAND


def _emptiest(band: Pixels) -> int:
    """Return the column of a band around which least changes from one column to the next."""
    change = np.abs(np.diff(band.astype(np.int16), axis=1, append=band[:, :1].astype(np.int16))).sum(axis=(0, 2))
    reach = _BAND // 6
    around = np.convolve(np.concatenate([change[-reach:], change, change[:reach]]), np.ones(2 * reach + 1), "valid")
    return int(around.argmin())

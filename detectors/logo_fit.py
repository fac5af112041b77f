"""Laying a mark's outline over a picture: the affine map under which it fits best, and how well it fits then.

The map is searched in turns, sizes and places about a candidate, then refined by least squares on the distance of each
point of the outline to the nearest edge of like direction (oriented chamfer matching).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.logo_marks import SIDE, Drawing
from detectors.logo_outline import Floats, Outline, distances, outline, sector
from detectors.logo_search import OCTAVE, Candidate

CROP = 144
"""Pixels a side of the piece of picture that is looked at; the mark is about 82 px in it."""
_COARSE = 64
_PAD = 40
_ACROSS = CROP + 2 * _PAD
_CAP = 4.0
_TURNS = np.deg2rad(np.arange(-15, 16, 5))
_SIZES = np.exp(np.linspace(-0.2, 0.2, 5))
_SHIFT = 3
_SHIFTS = np.stack(np.meshgrid(np.arange(-9, 10, _SHIFT), np.arange(-9, 10, _SHIFT)), axis=-1).reshape(-1, 2)
_STEPS = _SHIFTS[:, 1] * _ACROSS + _SHIFTS[:, 0]
_DAMPING = np.diag([1.0, 1.0, 0.02, 1.0, 1.0, 0.02])
_STARTS = 2
_FIRST, _LAST = range(4), range(3, 10)
"""Rounds of least squares for each start, and for the better one."""
_EDGES = 20

Pixels = NDArray[np.uint8]
_Map = NDArray[np.float64]


def crop_of(levels: Sequence[Pixels], found: Candidate) -> tuple[Pixels, float, NDArray[np.float64]]:
    """Return the piece of picture about a candidate, its pixels per pixel of level 0, and its corner in level 0."""
    fine = SIDE * 0.732 / found.side  # so that the mark is 82 px
    source = max(0, min(len(levels) - 1, int(np.floor(-np.log2(max(fine, 1e-6)) * OCTAVE + 1e-6))))
    pixels, share = levels[source], 2 ** (source / OCTAVE)
    corner = np.array([found.x, found.y]) - (CROP - 1) / 2 / fine
    zoom = fine * share
    matrix = np.array([[zoom, 0, -corner[0] * fine + (zoom - 1) / 2], [0, zoom, -corner[1] * fine + (zoom - 1) / 2]])
    piece = cv2.warpAffine(pixels, matrix, (CROP, CROP), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(piece, dtype=np.uint8), fine, corner


class Field:
    """How far each pixel of a piece is from an edge, by direction, with a margin in which nothing is near."""

    def __init__(self, edges: Outline) -> None:
        self._far: Floats = distances(edges, (CROP, CROP), _PAD).ravel()
        self._capped = np.minimum(self._far, np.float32(_CAP))

    def at(self, places: NDArray[np.float64], which: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return where in the field places (… × 2) in the sectors `which` are; far outside counts as the margin."""
        whole = np.rint(places).astype(np.intp) + _PAD
        np.clip(whole, 2, _ACROSS - 3, out=whole)
        return np.asarray((which * _ACROSS + whole[..., 1]) * _ACROSS + whole[..., 0])

    def far(self, where: NDArray[np.intp]) -> Floats:
        """Return the distances there."""
        return np.asarray(self._far[where], dtype=np.float32)

    def slope(self, where: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Return by how much the distance grows a pixel, across and down."""
        far = self._far
        across = (far[where + 1] - far[where - 1]) / 2
        down = (far[where + _ACROSS] - far[where - _ACROSS]) / 2
        return np.asarray(across, dtype=np.float32), np.asarray(down, dtype=np.float32)

    def costs(self, where: NDArray[np.intp]) -> Floats:
        """Return the mean distance (each at most 4) of poses × points at each of the shifts: poses × shifts."""
        return np.asarray(self._capped[where[:, None, :] + _STEPS[None, :, None]].mean(axis=2), dtype=np.float32)


def _starts(points: Outline, field: Field, size: float) -> tuple[float, list[NDArray[np.float64]]]:
    """Return the least cost, and the few best maps of turn, size and place, as 2 × 3 matrices into the piece."""
    some = np.linspace(0, len(points.points) - 1, min(_COARSE, len(points.points))).astype(np.intp)
    places, turns = points.points[some].astype(np.float64), points.turns[some]
    middle = (CROP - 1) / 2
    spins = np.array([[[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]] for turn in _TURNS])
    maps = (spins[:, None] * (size * _SIZES)[None, :, None, None]).reshape(-1, 2, 2)
    which = sector((turns[None] + _TURNS[:, None].astype(np.float32)) % np.float32(np.pi))
    laid = places @ maps.transpose(0, 2, 1) + middle
    costs = field.costs(field.at(laid, np.repeat(which, len(_SIZES), axis=0))).ravel()
    order = np.argsort(costs, kind="stable")[:40]
    chosen: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    for at in order:
        one = maps[at // len(_SHIFTS)], _SHIFTS[at % len(_SHIFTS)] + middle
        if all(_apart(one, other, size) for other in chosen):
            chosen.append(one)
        if len(chosen) == _STARTS:
            break
    return float(costs[order[0]]), [np.column_stack(one) for one in chosen]


def _apart(one: tuple[_Map, _Map], other: tuple[_Map, _Map], size: float) -> bool:
    return bool(np.abs(one[1] - other[1]).max() > 2 * _SHIFT or np.abs(one[0] - other[0]).max() > 0.12 * size)


def _refined(
    points: Outline, field: Field, start: NDArray[np.float64], size: float, rounds: range
) -> tuple[float, NDArray[np.float64]]:
    """Return the cost (mean distance, at most 4) and the map after these rounds of damped, robust least squares."""
    ones = np.column_stack([points.points, np.ones(len(points.points))]).astype(np.float64)
    matrix, best = start.copy(), (np.inf, start)
    for number in rounds:
        where = field.at(ones @ matrix.T, _sectors(points, matrix))
        far = field.far(where)
        cost = float(np.minimum(far, _CAP).mean())
        if cost < best[0]:
            best = (cost, matrix.copy())
        weight = np.where(far < max(2.0, 5.0 - 0.5 * number), 1.0 / (1.0 + far * far), 0.0)
        if number == rounds[-1] or weight.sum() < 8:
            break
        gx, gy = field.slope(where)
        columns = np.concatenate([gx[:, None] * ones, gy[:, None] * ones], axis=1)
        weighted = (columns * weight[:, None]).T
        # damped most against shear and stretch: a mark is seen nearly from the front
        damping = _DAMPING * (0.02 * weight.sum())
        step = np.linalg.solve(weighted @ columns + damping, -weighted @ far)
        largest = float(np.abs(step[[0, 1, 3, 4]]).max())
        matrix = matrix + (np.clip(step, -4, 4) if largest < 0.35 * size else step * 0.1).reshape(2, 3)
    return best


def _turn(matrix: NDArray[np.float64]) -> float:
    return float(np.arctan2(matrix[1, 0] - matrix[0, 1], matrix[0, 0] + matrix[1, 1]))


def _sectors(points: Outline, matrix: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the sectors that an outline's directions lie in once it is laid."""
    return sector((points.turns + np.float32(_turn(matrix))) % np.float32(np.pi))


@dataclass(frozen=True, slots=True)
class Start:
    """A candidate looked at once: the piece of picture, its edges, and the best coarse maps with the least cost."""

    candidate: Candidate
    piece: Pixels
    edges: Outline
    field: Field
    fine: float
    corner: NDArray[np.float64]
    cost: float
    maps: list[NDArray[np.float64]]


class Pieces:
    """The pieces of one picture that candidates lie in, each read once however many marks it may show."""

    def __init__(self, levels: Sequence[Pixels]) -> None:
        self._levels = levels
        self._read: dict[tuple[float, float, float], tuple[Pixels, float, NDArray[np.float64], Outline, Field]] = {}

    def begin(self, mark: Drawing, found: Candidate) -> Start | None:
        """Look at a candidate once; None where the picture has no edges there."""
        piece, fine, corner, edges, field = self._piece(found)
        if len(edges.points) < _EDGES:
            return None
        cost, maps = _starts(mark.points, field, found.side * fine)
        return Start(found, piece, edges, field, fine, corner, cost, maps)

    def _piece(self, found: Candidate) -> tuple[Pixels, float, NDArray[np.float64], Outline, Field]:
        place = found.x, found.y, found.side
        if place not in self._read:
            piece, fine, corner = crop_of(self._levels, found)
            edges = outline(piece)
            self._read[place] = (piece, fine, corner, edges, Field(edges))
        return self._read[place]


@dataclass(frozen=True)
class Laid:
    """A mark laid where it fits best: the map from shares of its longer side (from its middle) to pixels of the piece.

    `back` is the same map to pixels of level 0.
    """

    mark: Drawing
    start: Start
    matrix: NDArray[np.float64]

    @cached_property
    def back(self) -> NDArray[np.float64]:
        """2 × 3."""
        start = self.start
        return np.column_stack([self.matrix[:, :2] / start.fine, self.matrix[:, 2] / start.fine + start.corner])

    @property
    def quad(self) -> NDArray[np.float64]:
        """Where the four corners of what is drawn come to lie, in pixels of level 0."""
        w, h = (side / SIDE / 2 for side in self.mark.size)
        return np.asarray(np.array([[-w, -h, 1], [w, -h, 1], [w, h, 1], [-w, h, 1]]) @ self.back.T)

    @property
    def turn(self) -> float:
        """By how much it is turned."""
        return _turn(self.matrix)

    @property
    def where(self) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Return the places of its outline's points in the piece, and the sectors of their directions."""
        points = self.mark.points
        ones = np.ones(len(points.points))
        return np.column_stack([points.points, ones]) @ self.matrix.T, _sectors(points, self.matrix)


def finish(mark: Drawing, start: Start) -> Laid | None:
    """Return the mark laid over the picture where it fits best; None where that squeezes it out of its form."""
    size = start.candidate.side * start.fine
    tried = [_refined(mark.points, start.field, one, size, _FIRST) for one in start.maps]
    _, matrix = min(tried, key=lambda item: item[0])
    _, matrix = _refined(mark.points, start.field, matrix, size, _LAST)
    return Laid(mark, start, matrix) if _plausible(matrix, size) else None


def _plausible(matrix: NDArray[np.float64], size: float) -> bool:
    """Whether a map neither mirrors nor squeezes a mark out of its form."""
    values = np.linalg.svd(matrix[:, :2], compute_uv=False)
    return bool(np.linalg.det(matrix[:, :2]) > 0 and values[0] < 1.7 * values[1] and 0.6 < values.mean() / size < 1.6)

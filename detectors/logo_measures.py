"""What is measured of a mark laid over a picture; nothing of it depends on the mark's colours.

How much of the outline lies on edges, in its weakest part too; how much of the picture's edges within the mark the outline
accounts for; how even and how strong the edges are along it; how much of the picture's colours the mark's inside and
outside explain; and how like the network finds the mark once the picture is straightened by the fit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.logo_fit import CROP, Laid
from detectors.logo_head import MARK, WINDOW
from detectors.logo_marks import MARGIN, SIDE, View
from detectors.logo_outline import Floats, sector
from detectors.logo_search import OCTAVE, STRANGE, Candidate, Index, Pixels

FEATURES = (
    "likeness", "rival", "presence", "coarse", "again", "lead", "fit", "close", "weakest", "weak", "chance", "accounted",
    "colours", "rim", "contrast", "even", "turn", "stretch", "detail", "size",
)  # fmt: skip
_NEAR = 1.6
"""Pixels (of 82) within which an edge supports a point of the outline."""
_CLOSE = 0.8
_ELSEWHERE = np.array([[11, 0], [-11, 0], [0, 11], [0, -11], [8, 8], [-8, 8], [8, -8], [-8, -8]], np.float32)


@dataclass(frozen=True, slots=True)
class Fit:
    """A mark laid over a picture: `box` (x, y, w, h) and `quad` (its corners) in pixels of level 0, and what was measured.

    `measures` are in the order of `FEATURES`.
    """

    candidate: Candidate
    box: tuple[float, float, float, float]
    quad: NDArray[np.float64]
    measures: NDArray[np.float64]

    def measure(self, name: str) -> float:
        """Return one of the measures by its name."""
        return float(self.measures[FEATURES.index(name)])


def measured(laid: Laid, levels: Sequence[Pixels], index: Index) -> Fit:
    """Return where a mark was laid, and all measures of it."""
    found, quad = laid.start.candidate, laid.quad
    low, high = quad.min(axis=0), quad.max(axis=0)
    box = float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])
    values = np.linalg.svd(laid.matrix[:, :2], compute_uv=False)
    measures = (
        found.likeness, max(found.rival, STRANGE), found.presence, laid.start.cost, *_again(laid, levels, index),
        *_supported(laid), _accounted(laid), *_explained(laid), *_strength(laid), abs(laid.turn),
        float(np.log(values[0] / values[1])), float(np.log(len(laid.mark.edges.points) / SIDE)),
        float(np.log(max(box[2], box[3], 1.0) / MARK)),
    )  # fmt: skip
    return Fit(found, box, quad, np.array(measures))


def _again(laid: Laid, levels: Sequence[Pixels], index: Index) -> tuple[float, float]:
    """Return the likeness of the straightened picture to the mark, and its lead over the next best mark."""
    made = [
        index.compared(laid.start.candidate.mark, n, _straight(laid, view, levels))
        for n, view in enumerate(laid.mark.views)
    ]
    own, rival = np.mean(made, axis=0)
    return float(own), float(own - max(rival, STRANGE))


def _straight(laid: Laid, view: View, levels: Sequence[Pixels]) -> Pixels:
    """Return the window that shows a view of the mark as it is registered, cut from the picture by the fit."""
    a_pixel = view.side / MARK
    middle = laid.back[:, :2] @ (view.x, view.y) + laid.back[:, 2]
    turned = laid.back[:, :2] * a_pixel
    size = float(np.sqrt(abs(np.linalg.det(turned))))
    level = int(np.clip(round(np.log2(max(size, 1e-6)) * OCTAVE), 0, len(levels) - 1))
    share = 2.0 ** (level / OCTAVE)
    start = middle - turned @ np.full(2, (WINDOW - 1) / 2)
    # a pixel of a level stands for the middle of those that it was made of
    matrix = np.column_stack([turned / share, (start + 0.5) / share - 0.5])
    window = cv2.warpAffine(
        levels[level],
        matrix,
        (WINDOW, WINDOW),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(window, dtype=np.uint8)


def _supported(laid: Laid) -> tuple[float, ...]:
    """Return how much of the outline lies on edges: all of it, within half the distance, in the weakest parts, by chance."""
    field = laid.start.field
    places, which = laid.where
    far = field.far(field.at(places, which))
    good = _near(far)
    moved = places[None] + _ELSEWHERE[:, None]
    chance = _near(field.far(field.at(moved, np.broadcast_to(which, moved.shape[:2])))).mean()
    return (
        float(good.mean()),
        float(_near(far * (_NEAR / _CLOSE)).mean()),
        *_parts(laid.mark.points.points, good),
        float(chance),
    )


def _near(far: Floats) -> Floats:
    return np.asarray(np.exp(-((far / _NEAR) ** 2)), dtype=np.float32)


def _parts(places: Floats, good: Floats) -> tuple[float, float]:
    """Return the weakest and the second weakest of the nine fields of a mark that hold a fair share of its outline."""
    low, high = places.min(axis=0), places.max(axis=0)
    cell = np.minimum(2, np.floor(3 * (places - low) / np.maximum(high - low, 1e-6))).astype(np.intp)
    field = cell[:, 0] * 3 + cell[:, 1]
    shares = sorted(float(good[field == n].mean()) for n in range(9) if (field == n).mean() > 0.05)
    return shares[0], shares[min(1, len(shares) - 1)]


def _accounted(laid: Laid) -> float:
    """Return the share of the picture's edges within the mark's hull that lie on its outline."""
    mark, edges, matrix = laid.mark, laid.start.edges, laid.matrix
    inverse = np.linalg.inv(matrix[:, :2])
    places = (edges.points - matrix[:, 2]) @ inverse.T * SIDE
    height, width = mark.pixels.shape[:2]
    x = np.rint(places[:, 0] + (width - 1) / 2).astype(np.intp)
    y = np.rint(places[:, 1] + (height - 1) / 2).astype(np.intp)
    inside = (x >= MARGIN - 2) & (y >= MARGIN - 2) & (x < width - MARGIN + 2) & (y < height - MARGIN + 2)
    x, y = x[inside], y[inside]
    inside_hull = mark.hull[y, x] > 0
    x, y = x[inside_hull], y[inside_hull]
    if len(x) < 8:
        return 0.0
    turns = edges.turns[inside][inside_hull] - np.float32(laid.turn)
    weight = np.minimum(edges.strength[inside][inside_hull], 24.0)
    good = _near(mark.far[sector(turns % np.float32(np.pi)), y, x] * 0.75)
    return float((good * weight).sum() / weight.sum())


def _strength(laid: Laid) -> tuple[float, float]:
    """Return how strong the edges along the outline are beside all of the piece (logarithm), and how even."""
    edges = laid.start.edges
    sheet = np.zeros((CROP, CROP), np.float32)
    place = edges.points.astype(np.intp)
    sheet[place[:, 1], place[:, 0]] = edges.strength
    sheet = np.asarray(cv2.dilate(sheet, np.ones((5, 5), np.uint8)), dtype=np.float32)
    x, y = np.clip(np.rint(laid.where[0]).astype(np.intp), 0, CROP - 1).T
    low, middle = np.quantile(sheet[y, x], (0.25, 0.5))
    return float(np.log((1 + middle) / (1 + edges.strength.mean()))), float((1 + low) / (1 + middle))


def _explained(laid: Laid) -> tuple[float, float]:
    """Return how much of the mark's form the picture's colours give back by a linear map: all of it, and about its rim."""
    mark = laid.mark
    height, width = mark.pixels.shape[:2]
    down = 2
    grid = np.array([[down / SIDE, 0, -(width - 1) / 2 / SIDE], [0, down / SIDE, -(height - 1) / 2 / SIDE], [0, 0, 1]])
    into = (np.vstack([laid.matrix, [0, 0, 1]]) @ grid)[:2]
    size = (width // down, height // down)
    seen = cv2.warpAffine(
        laid.start.piece, into, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    ).astype(np.float64)
    form, rim = mark.forms
    reach = (mark.hull[::down, ::down][: size[1], : size[0]] > 0).astype(np.float64)
    return _regressed(seen, form, reach), _regressed(seen, form, rim)


def _regressed(seen: NDArray[np.float64], form: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    chosen = weight.ravel() > 0
    colours = seen.reshape(-1, 3)[chosen]
    want = form.ravel()[chosen]
    colours = np.column_stack([colours - colours.mean(axis=0), np.abs(colours - colours.mean(axis=0))])
    colours = colours - colours.mean(axis=0)
    want = want - want.mean()
    total = float(want @ want)
    if total < 1e-6:
        return 0.0
    normal = colours.T @ colours + np.eye(6) * (4.0 * len(colours))
    right = colours.T @ want
    return float(right @ np.linalg.solve(normal, right) / total)

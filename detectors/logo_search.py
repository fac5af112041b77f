"""Where in a picture which mark may be: all windows of a pyramid against all marks, and the best few pairs of them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.logo_head import LENGTH, MARK, STRIDE, WINDOW, raw, unit, windows
from detectors.logo_marks import Drawing
from detectors.logo_outline import Floats

WORK_SIDE = 800
"""Pixels of the longer side at which a picture is searched: marks of about 6 % of it are the smallest seen."""
OCTAVE = 3
"""Steps of the pyramid by which the picture is halved."""
_LEVELS = 10
_BLOWN_UP = 2.0
"""A smaller picture is enlarged by no more than this."""
_PAD = 30
_WINDOWS = 5_000
_PER_WINDOW = 3
_LIKE = 0.35
_AT_ONCE = 2
CANDIDATES = 20
STRANGE = 0.4
"""Likeness that some mark would have anyway: a bank of few marks is not surer than one of many."""
_LEAD, _PRESENCE = 0.3, 0.04
"""What the lead over the next mark, and how mark-like a window is, are worth beside likeness (chosen on the tuning part)."""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A mark that may be in the picture: its number, its middle and longer side in pixels, its likeness."""

    mark: int
    x: float
    y: float
    side: float
    level: int
    likeness: float
    presence: float
    rival: float
    """The likeness of the next best mark at the same window."""


def pyramid(rgb: Pixels) -> list[Pixels]:
    """Return the picture at 800 px, and smaller by the third root of 2 each time."""
    made = []
    height, width = rgb.shape[:2]
    first = min(WORK_SIDE / max(height, width), _BLOWN_UP)
    for level in range(_LEVELS):
        scale = first / 2 ** (level / OCTAVE)
        size = max(8, round(width * scale)), max(8, round(height * scale))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        made.append(np.asarray(cv2.resize(rgb, size, interpolation=how), dtype=np.uint8))
    return made


class Index:
    """The vectors of many marks' views, to be asked all at once."""

    def __init__(self, marks: Sequence[Drawing]) -> None:
        self._views = [(number, view) for number, mark in enumerate(marks) for view in mark.views]
        self._owners = np.array([number for number, _ in self._views], np.intp)
        rows = [mark.vectors for mark in marks]
        self._vectors: Floats = np.concatenate(rows) if rows else np.zeros((0, LENGTH), np.float32)

    def search(self, levels: Sequence[Pixels], most: int = CANDIDATES) -> list[Candidate]:
        """Return at most `most` candidates, the likest first; places are pixels of `levels[0]`."""
        if not len(self._vectors):
            return []
        # two levels at a time: each by one thread, so that sums are made in one order whatever else runs
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            seen = list(pool.map(_seen, levels, range(len(levels))))
        found, places = zip(*seen, strict=True)
        presence = np.concatenate([level[:, LENGTH] for level in found])
        keep = np.sort(np.argsort(-presence, kind="stable")[:_WINDOWS])
        first = np.cumsum([0, *(len(level) for level in found)])
        parts = [
            level[keep[(keep >= low) & (keep < low + len(level))] - low, :LENGTH]
            for low, level in zip(first, found, strict=False)
        ]
        return self._best(unit(np.concatenate(parts)), presence[keep], np.concatenate(places)[keep], most)

    def compared(self, mark: int, view: int, window: Pixels) -> tuple[float, float]:
        """Return how like a window (96 × 96) is to a mark's view, and to the likest view of any other mark (0 for none)."""
        likeness = self._vectors @ windows(window)[0].reshape(LENGTH)
        own = self._owners == mark
        return float(likeness[own][view]), float(likeness.max(where=~own, initial=0.0))

    def _best(self, vectors: Floats, presence: Floats, places: Floats, most: int) -> list[Candidate]:
        likeness = vectors @ self._vectors.T
        near = _nearest(likeness, min(_PER_WINDOW + 1, likeness.shape[1]))
        rows = np.repeat(np.arange(len(vectors)), min(_PER_WINDOW, near.shape[1]))
        columns = near[:, :_PER_WINDOW].ravel()
        rivals = self._rivals(likeness, near)[:, :_PER_WINDOW].ravel()
        lead = likeness[rows, columns] - np.maximum(rivals, STRANGE)
        values = likeness[rows, columns] + _LEAD * lead + _PRESENCE * np.minimum(presence[rows], 6.0)
        order = np.argsort(-values, kind="stable")
        taken: list[Candidate] = []
        for at in order:
            row, column = int(rows[at]), int(columns[at])
            if len(taken) >= most:
                break
            if likeness[row, column] < _LIKE:
                continue
            chances = float(likeness[row, column]), float(presence[row]), float(rivals[at])
            found = self._placed(column, places[row], chances)
            if not any(_same(found, other) for other in taken):
                taken.append(found)
        return taken

    def _rivals(self, likeness: Floats, near: NDArray[np.intp]) -> Floats:
        """Return for each of the nearest views (windows × few) the likeness of the likest other mark among them, or 0."""
        alike, owners = np.take_along_axis(likeness, near, axis=1), self._owners[near]
        other = owners[:, :, None] != owners[:, None, :]
        return np.asarray(np.where(other, alike[:, None, :], 0.0).max(axis=2), dtype=np.float32)

    def _placed(self, column: int, place: Floats, chances: tuple[float, float, float]) -> Candidate:
        number, view = self._views[column]
        x, y, scale, level = (float(value) for value in place)
        side = MARK * scale / view.side
        return Candidate(number, x - view.x * side, y - view.y * side, side, int(level), *chances)


def _nearest(likeness: Floats, count: int) -> NDArray[np.intp]:
    """Return the columns of the `count` largest values of each row, largest first; of equal ones the first."""
    rest, rows, chosen = likeness.copy(), np.arange(len(likeness)), []
    for _ in range(count):
        chosen.append(rest.argmax(axis=1))
        rest[rows, chosen[-1]] = -2.0
    return np.stack(chosen, axis=1)


def _seen(pixels: Pixels, level: int) -> tuple[Floats, Floats]:
    """Return a level's windows as `logo_head.raw` does, and (x, y of the middle, scale, level) in pixels of level 0."""
    padded = cv2.copyMakeBorder(pixels, _PAD, _PAD, _PAD, _PAD, cv2.BORDER_REPLICATE)
    found = raw(np.asarray(padded, dtype=np.uint8))
    scale = 2 ** (level / OCTAVE)
    rows, columns = np.mgrid[: found.shape[0], : found.shape[1]]
    x = (columns * STRIDE + WINDOW / 2 - _PAD) * scale
    y = (rows * STRIDE + WINDOW / 2 - _PAD) * scale
    places = np.stack([x, y, np.full(x.shape, scale), np.full(x.shape, level)], axis=2).reshape(-1, 4)
    return found.reshape(-1, LENGTH + 1), places.astype(np.float32)


def _same(one: Candidate, other: Candidate) -> bool:
    """Whether two candidates are one mark at about one place and size."""
    if one.mark != other.mark or not 0.7 < one.side / other.side < 1.4:
        return False
    return max(abs(one.x - other.x), abs(one.y - other.y)) < 0.25 * max(one.side, other.side)

"""A right's reference picture as a mark: is it one at all, is it telling, and what of it is compared."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.logo_head import LENGTH, MARK, WINDOW, windows
from detectors.logo_outline import Floats, Outline, distances, outline
from detectors.pictures import open_flat

SIDE = 112
"""Pixels of the longer side that a mark is compared at."""
MARGIN = 16
"""Pixels of ground kept about it."""
_LEAST = 32
"""Pixels of the longer side below which a reference is too coarse."""
_APART = 36
"""How far (largest of three channels) a colour must be from the ground to belong to the mark."""
_POINTS = 220
_WIDE = 2.2
_FLAT = 0.85
_COLOURS = 28
"""Colours (of 4096) that make up most of a mark; a slope between two takes about a dozen."""
_FEW = 8
"""Colours that need no further proof."""
_STILL = 2
_FLAT_SHARE = 0.3
"""Share of what is drawn that is like its neighbours to within two grey levels: photos have an eighth."""
_RIM = 24
_PLAIN_BORDER = 0.93

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class View:
    """A square of a mark that a window may show: centre and side, in shares of the mark's longer side, from its middle."""

    x: float
    y: float
    side: float


@dataclass
class Drawing:
    """A mark, cropped to what is drawn, at 112 px with a margin of its ground; `mask` is what is not ground (0..1).

    `part` is where it is drawn in the reference: left, top, right and bottom, as shares of its width and height.
    """

    pixels: Pixels
    mask: Floats
    part: tuple[float, float, float, float]

    @cached_property
    def size(self) -> tuple[int, int]:
        """Width and height without the margin."""
        return self.pixels.shape[1] - 2 * MARGIN, self.pixels.shape[0] - 2 * MARGIN

    @cached_property
    def edges(self) -> Outline:
        """All its edges, in pixels of `pixels`."""
        return outline(self.pixels, faint=8.0)

    @cached_property
    def points(self) -> Outline:
        """At most 220 edges spread evenly; places in shares of the longer side, from the middle."""
        step = 2.0
        while True:
            cells = np.floor(self.edges.points / step).astype(np.int64)
            _, first = np.unique(cells[:, 1] * 4096 + cells[:, 0], return_index=True)
            if len(first) <= _POINTS:
                break
            step *= 1.12
        middle = np.array([self.pixels.shape[1] - 1, self.pixels.shape[0] - 1], np.float32) / 2
        places = (self.edges.points[first] - middle) / SIDE
        return Outline(places.astype(np.float32), self.edges.turns[first], self.edges.strength[first])

    @cached_property
    def far(self) -> Floats:
        """Sectors × rows × columns: how far each pixel is from an edge of that direction."""
        return distances(self.edges, (self.pixels.shape[1], self.pixels.shape[0]))

    @cached_property
    def hull(self) -> Pixels:
        """The convex hull of what is drawn and a little about it (255), else 0."""
        sheet = np.zeros(self.mask.shape, np.uint8)
        rows, columns = np.nonzero(self.mask > 0.5)
        around = cv2.convexHull(np.column_stack([columns, rows]).astype(np.int32))
        cv2.fillPoly(sheet, [around], 255)
        return np.asarray(cv2.dilate(sheet, np.ones((7, 7), np.uint8)), dtype=np.uint8)

    @cached_property
    def forms(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """At half size: what is light and dark in the mark (0..1), and which pixels are about its lines (0 or 1)."""
        size = self.mask.shape[1] // 2, self.mask.shape[0] // 2
        form = cv2.resize(self.mask[: 2 * size[1], : 2 * size[0]], size, interpolation=cv2.INTER_AREA)
        inner = (form > 0.5).astype(np.uint8)
        rim = cv2.dilate(inner, np.ones((5, 5), np.uint8)) - cv2.erode(inner, np.ones((5, 5), np.uint8))
        return form.astype(np.float64), rim.astype(np.float64)

    @cached_property
    def views(self) -> tuple[View, ...]:
        """The whole; of a long mark squares along it too, which show more of it where it is large."""
        width, height = self.size
        long, short = max(width, height), min(width, height)
        if long <= _WIDE * short:
            return (View(0.0, 0.0, 1.0),)
        side = 1.6 * short / SIDE
        count = max(2, round((1.0 - side) / (0.45 * side)) + 1)
        at = np.linspace(-(1.0 - side) / 2, (1.0 - side) / 2, count)
        along = (View(float(p), 0.0, side) if width > height else View(0.0, float(p), side) for p in at)
        return (View(0.0, 0.0, 1.0), *along)

    @cached_property
    def vectors(self) -> Floats:
        """Views × 128."""
        made = [windows(self._seen(view))[0].reshape(-1, LENGTH) for view in self.views]
        return np.concatenate(made)

    def _seen(self, view: View) -> Pixels:
        scale = MARK / (view.side * SIDE)
        middle = np.array([self.pixels.shape[1] - 1, self.pixels.shape[0] - 1]) / 2
        shift = (WINDOW - 1) / 2 - scale * (middle + SIDE * np.array([view.x, view.y]))
        matrix = np.array([[scale * 2, 0, shift[0] * 2 + 0.5], [0, scale * 2, shift[1] * 2 + 0.5]])
        ground = tuple(float(value) for value in self.pixels[0, 0])
        twice = cv2.warpAffine(self.pixels, matrix, (2 * WINDOW, 2 * WINDOW), borderValue=ground)
        return np.asarray(cv2.resize(twice, (WINDOW, WINDOW), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _ground(pixels: Pixels) -> Pixels | None:
    """Return the colour that nearly all of the border has, or None."""
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    colour = np.median(border, axis=0)
    near = np.abs(border - colour).max(axis=1) <= _APART / 2
    return colour.astype(np.uint8) if near.mean() >= _PLAIN_BORDER else None


def _flat(pixels: Pixels, apart: NDArray[np.int16]) -> bool:
    """Whether a few colours make up nearly all of what is drawn, as of a mark and not of a photo; rims left out."""
    blocks = pixels.astype(np.int16)
    steps = np.zeros(pixels.shape[:2], np.int16)
    steps[:, 1:] = np.abs(np.diff(blocks, axis=1)).max(axis=2)
    steps[1:] = np.maximum(steps[1:], np.abs(np.diff(blocks, axis=0)).max(axis=2))
    inner = (steps <= _RIM) & (apart > _APART)
    if inner.sum() < 0.1 * (apart > _APART).sum():
        inner = apart > _APART
    shades = pixels[inner] >> 4
    codes = (shades[:, 0].astype(np.int64) << 8) | (shades[:, 1].astype(np.int64) << 4) | shades[:, 2]
    counts = np.sort(np.bincount(codes, minlength=4096))[::-1]
    few = int(np.searchsorted(np.cumsum(counts), _FLAT * counts.sum())) + 1
    still = float((inner & (steps <= _STILL)).sum() / (apart > _APART).sum())
    return few <= _FEW or (few <= _COLOURS and still >= _FLAT_SHARE)


def drawing(data: bytes) -> Drawing | None:
    """Return the mark that a reference picture shows on plain ground; None for a photo, a full sheet or no picture."""
    image = open_flat(data)
    if image is None:
        return None
    return from_pixels(np.asarray(image, dtype=np.uint8))


def from_pixels(pixels: Pixels) -> Drawing | None:
    """As `drawing`, of RGB pixels."""
    ground = _ground(pixels)
    if ground is None:
        return None
    apart = np.abs(pixels.astype(np.int16) - ground).max(axis=2)
    rows, columns = np.flatnonzero((apart > _APART).any(axis=1)), np.flatnonzero((apart > _APART).any(axis=0))
    if not len(rows) or max(rows[-1] - rows[0], columns[-1] - columns[0]) < _LEAST:
        return None
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    cropped = pixels[box]
    if not _flat(cropped, apart[box]):
        return None
    made = _sized(cropped, ground, (apart[box] > _APART).astype(np.float32))
    if made is None:
        return None
    high, wide = pixels.shape[:2]
    part = columns[0] / wide, rows[0] / high, (columns[-1] + 1) / wide, (rows[-1] + 1) / high
    return Drawing(*made, part)


def _sized(cropped: Pixels, ground: Pixels, mask: Floats) -> tuple[Pixels, Floats] | None:
    """Return what is drawn and its mask at 112 px with their margin; None where it is too thin."""
    height, width = cropped.shape[:2]
    scale = SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if min(size) < 6:
        return None
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    border = (MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_CONSTANT)
    small = cv2.copyMakeBorder(
        cv2.resize(cropped, size, interpolation=how), *border, value=tuple(float(v) for v in ground)
    )
    cover = cv2.copyMakeBorder(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), *border, value=0.0)
    return np.asarray(small, dtype=np.uint8), np.asarray(cover, dtype=np.float32)


def distinctive(mark: Drawing) -> bool:
    """Whether a mark is more than a dot, a bar, a ring or a few plain bulges, which anything may show by chance.

    Counted are the outlines of its parts and holes, and of its colours: one that is nowhere dented says little.
    """
    levels = [mark.mask, *_tones(mark)]
    told = max(_telling(level) for level in levels)
    return told >= 1.0 and len(mark.points.points) >= 40


def _tones(mark: Drawing) -> list[Floats]:
    grey = cv2.cvtColor(mark.pixels, cv2.COLOR_RGB2GRAY)
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    above = (grey > level).astype(np.float32)
    return [above, 1 - above] if grey.std() > 8 else []


def _telling(mask: Floats) -> float:
    """Return how much there is to an outline: a dented part counts 1, a bulge .5, a disc or a box (or such a hole) .3."""
    contours, _ = cv2.findContours((mask > 0.5).astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    total = 0.0
    for contour in contours:
        area, hull = cv2.contourArea(contour), cv2.contourArea(cv2.convexHull(contour))
        if hull < 0.003 * SIDE * SIDE:
            continue
        if area < 0.93 * hull:
            total += 1.0
            continue
        _, (wide, high), _ = cv2.minAreaRect(contour)
        full = area / max(1.0, wide * high)
        # pi / 4 of its box is what a disc fills, all of it a bar
        total += 0.3 if full > 0.9 or abs(full - np.pi / 4) < 0.035 else 0.5
    return total

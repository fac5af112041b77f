"""What an overlay is painted with: panels that keep their scale, lines without steps, words in both languages.

Colours are told apart by people who see red and green alike (Okabe and Ito 2008).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from records.model import Text

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]
Colour = tuple[int, int, int]

PAPER: Colour = (250, 250, 248)
OUTSIDE: Colour = (206, 206, 202)
"""What is shown where a picture has nothing."""
FRAME: Colour = (213, 0, 110)
INK: Colour = (28, 28, 28)
LINES: tuple[Colour, ...] = ((0, 114, 178), (230, 159, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (213, 94, 0))
_HALO: Colour = (255, 255, 255)
_FINE = 4
"""Bits below a pixel that OpenCV's drawing is told."""
_FAR = 30_000.0
_FONT = "NotoSansCJK-Regular.ttc"
_MOST_SIGNS = 400
_SIMPLIFIED = 2
"""The face of simplified Chinese in that file."""


@dataclass(frozen=True)
class Panel:
    """A picture on the sheet: its pixels, the place of its left upper corner, and how the original's pixels map to it.

    A place (x, y) of the original lies at `corner + shift + scale * (x, y)`.
    """

    pixels: Pixels
    corner: tuple[int, int]
    scale: float
    shift: tuple[float, float]

    def at(self, points: Sequence[tuple[float, float]]) -> Points:
        """Return where places of the original picture lie on the sheet (n×2)."""
        return self.inside(points) + np.array(self.corner, dtype=np.float64)

    def inside(self, points: Sequence[tuple[float, float]]) -> Points:
        """Return where places of the original picture lie in the panel (n×2)."""
        places: Points = np.array(points, dtype=np.float64).reshape(-1, 2)
        return np.asarray(places * self.scale + np.array(self.shift))


def fitted(size: tuple[float, float], room: tuple[int, int], most: float = 4.0) -> float:
    """Return the scale at which something of `size` fits into `room`, at most `most`."""
    return min(room[0] / max(1.0, size[0]), room[1] / max(1.0, size[1]), most)


def resized(image: Image.Image, size: tuple[int, int]) -> Pixels:
    """Return a picture's pixels at another size."""
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS), dtype=np.uint8)


def outline(pixels: Pixels, corners: Points) -> None:
    """Draw a closed line through places, with a light rim so that it shows on any ground."""
    path = [_fixed(corners)]
    cv2.polylines(pixels, path, True, _HALO, 6, cv2.LINE_AA, _FINE)
    cv2.polylines(pixels, path, True, FRAME, 3, cv2.LINE_AA, _FINE)


def joined(pixels: Pixels, starts: Points, ends: Points) -> None:
    """Draw thin lines from places to places, each in a colour of its own, with a dot at both ends."""
    for number, (start, end) in enumerate(zip(_fixed(starts), _fixed(ends), strict=True)):
        colour = LINES[number % len(LINES)]
        cv2.line(pixels, start.tolist(), end.tolist(), colour, 1, cv2.LINE_AA, _FINE)
        for place in (start, end):
            cv2.circle(pixels, place.tolist(), 5 << _FINE, _HALO, -1, cv2.LINE_AA, _FINE)
            cv2.circle(pixels, place.tolist(), int(3.5 * (1 << _FINE)), colour, -1, cv2.LINE_AA, _FINE)


def _fixed(points: Points) -> NDArray[np.int32]:
    near = np.clip(points, -_FAR, _FAR) * (1 << _FINE)
    return np.asarray(np.rint(near), dtype=np.int32)


def checkered(one: Pixels, other: Pixels, cells: int) -> Pixels:
    """Return two pictures of one size in turn, as the squares of a board with `cells` along the longer side, faintly ruled."""
    high, wide = one.shape[:2]
    side = max(1, -(-max(high, wide) // cells))
    rows, columns = np.arange(high)[:, None] // side, np.arange(wide)[None, :] // side
    board = np.where(((rows + columns) % 2 == 0)[..., None], one, other)
    for lines in (board[side::side], board[:, side::side]):
        lines[...] = lines // 2 + 127
    return board


@lru_cache(maxsize=8)
def _chinese(size: int) -> ImageFont.FreeTypeFont | None:
    try:
        return ImageFont.truetype(_FONT, size, index=_SIMPLIFIED, layout_engine=ImageFont.Layout.BASIC)
    except OSError:
        return None


def write(pen: ImageDraw.ImageDraw, place: tuple[int, int], text: Text, size: int, width: int) -> None:
    """Write a text in both languages on one line, cut to `width` pixels; in English alone where there is no Chinese font.

    Signs that cannot be printed, line ends among them, are written as `?`.
    """
    font = _chinese(size)
    words = "  ".join(filter(None, (text.zh, text.en))) if font else text.en.encode("ascii", "replace").decode()
    words = "".join(sign if sign.isprintable() else "?" for sign in words[:_MOST_SIGNS])
    used = font or ImageFont.load_default(size)
    if pen.textlength(words, used) > width:
        while words and pen.textlength(words + "…", used) > width:
            words = words[:-1]
        words += "…" if font else ""
    pen.text(place, words, INK, used)


def numbered(pen: ImageDraw.ImageDraw, places: Points, bounds: tuple[int, int, int, int]) -> None:
    """Put 1, 2, 3 … beside places; those outside `bounds` (left, top, right, bottom) are moved to its rim."""
    left, top, right, bottom = bounds
    inside = np.clip(places, (left + 11, top + 11), (right - 11, bottom - 11))
    for number, (x, y) in enumerate(inside.tolist(), 1):
        pen.ellipse((x - 10, y - 10, x + 10, y + 10), fill=FRAME, outline=_HALO, width=2)
        pen.text((x, y), str(number), _HALO, ImageFont.load_default(15), anchor="mm")

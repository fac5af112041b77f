"""What the logo stage sees of a picture: how strong its edges are in each direction, whatever its colours.

A picture is read as cells of 4 × 4 pixels. Each cell holds the share of edge strength in eight directions and how
strong the edges about it are altogether. Light on dark and dark on light look the same, and so do other colours.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

CELL = 4
"""Pixels a side of a cell."""
DIRECTIONS = 8
PLANES = DIRECTIONS + 1
_FLOOR = 6.0
"""Edge strength (grey levels) below which a cell counts as plain: noise is not blown up."""
_NARROW = 0.5
"""Cosine of twice the angle from which on an edge counts for a direction: two neighbours share what lies between."""
_STRIP = 64
"""Rows that are read at once: what is computed of them stays in the processor's cache."""
_SUM = np.ones((1, 3), np.float32)

Planes = NDArray[np.float32]


def slopes(rgb: NDArray[np.uint8]) -> tuple[Planes, Planes, Planes]:
    """Return edge strength (grey levels a pixel), and that times the cosine and the sine of twice its direction.

    All three are rows × columns; the colours' slopes are added as a structure tensor (Di Zenzo 1986), so an edge
    between two colours of one lightness counts too.
    """
    across = cv2.Sobel(rgb, cv2.CV_32F, 1, 0, ksize=3, scale=0.125, borderType=cv2.BORDER_REPLICATE)
    down = cv2.Sobel(rgb, cv2.CV_32F, 0, 1, ksize=3, scale=0.125, borderType=cv2.BORDER_REPLICATE)
    product = cv2.transform(cv2.multiply(across, down), _SUM)
    xx = cv2.transform(cv2.multiply(across, across), _SUM)
    yy = cv2.transform(cv2.multiply(down, down), _SUM)
    strength = cv2.sqrt(xx + yy)
    per = 1.0 / (strength + 1e-3)
    return np.asarray(strength, dtype=np.float32), (xx - yy) * per, 2.0 * product * per


def planes(rgb: NDArray[np.uint8]) -> Planes:
    """Return rows × columns × 9 of a picture (rows × columns × 3, 8 bit); what is left over of a cell is cut off."""
    height, width = rgb.shape[0] // CELL * CELL, rgb.shape[1] // CELL * CELL
    cells = np.empty((height // CELL, width // CELL, PLANES), np.float32)
    framed = np.asarray(cv2.copyMakeBorder(rgb[:height, :width], 1, 1, 1, 1, cv2.BORDER_REPLICATE), dtype=np.uint8)
    for top in range(0, height, _STRIP):
        _directed(framed[top : top + _STRIP + 2], cells[top // CELL : (top + _STRIP) // CELL])
    total = cells[:, :, :DIRECTIONS].sum(axis=2)
    around = cv2.GaussianBlur(total, (0, 0), 2.0, borderType=cv2.BORDER_REPLICATE)
    cells[:, :, :DIRECTIONS] = 2.0 * np.sqrt(cells[:, :, :DIRECTIONS] / (around + _FLOOR)[:, :, None])
    cells[:, :, DIRECTIONS] = np.log1p(around / _FLOOR)
    return cells


def _directed(framed: NDArray[np.uint8], cells: Planes) -> None:
    """Write into the cells of a strip, which has a frame of one pixel, how strong its edges are in each direction."""
    strength, cosine, sine = (part[1:-1, 1:-1] for part in slopes(framed))
    least = _NARROW * strength
    for number in range(DIRECTIONS // 2):
        angle = 2 * np.pi * number / DIRECTIONS
        along = float(np.cos(angle)) * cosine + float(np.sin(angle)) * sine
        for way, place in ((along - least, number), (-along - least, number + DIRECTIONS // 2)):
            here = cv2.max(way, 0.0)  # type: ignore[call-overload]
            cells[:, :, place] = cv2.resize(here, cells.shape[1::-1], interpolation=cv2.INTER_AREA)

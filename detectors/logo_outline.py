"""Outlines as thin edges with directions, and how far any point is from an edge of like direction."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.logo_channels import slopes

SECTORS = 6
"""Directions (of half a turn) that edges are sorted by; each sector holds its neighbours' halves too."""
FAR = 6.0
"""Pixels beyond which an edge is no neighbour."""
_FAINT = 2.5
"""Grey levels a pixel below which there is no edge."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Outline:
    """Edges of a small picture: places (n × 2, x and y), directions of their normals (0..π), strength, in one order."""

    points: Floats
    turns: Floats
    strength: Floats


def outline(rgb: NDArray[np.uint8], faint: float = _FAINT) -> Outline:
    """Return the thin edges of a picture: pixels that are steeper than both neighbours across the edge."""
    strength, cosine, sine = slopes(np.asarray(cv2.GaussianBlur(rgb, (3, 3), 0.8), dtype=np.uint8))
    rows, columns = np.nonzero(strength > faint)
    inside = (rows > 0) & (columns > 0) & (rows < rgb.shape[0] - 1) & (columns < rgb.shape[1] - 1)
    rows, columns = rows[inside], columns[inside]
    angle, here = 0.5 * np.arctan2(sine[rows, columns], cosine[rows, columns]), strength[rows, columns]
    dx, dy = np.rint(np.cos(angle) * 1.2).astype(np.intp), np.rint(np.sin(angle) * 1.2).astype(np.intp)
    top = (here >= strength[rows + dy, columns + dx]) & (here > strength[rows - dy, columns - dx])
    points = np.stack([columns[top], rows[top]], axis=1).astype(np.float32)
    return Outline(points, (angle[top] % np.pi).astype(np.float32), here[top])


def sector(turns: Floats) -> NDArray[np.intp]:
    """Return the sector that each direction lies in."""
    return np.asarray(np.floor(turns * (SECTORS / np.pi)).astype(np.intp) % SECTORS)


def distances(edges: Outline, size: tuple[int, int], margin: int = 0) -> Floats:
    """Return sectors × rows × columns: pixels to the nearest edge whose direction is within a sector and a half.

    In a margin about it nothing is near.
    """
    width, height = size
    whole = np.full((SECTORS, height + 2 * margin, width + 2 * margin), FAR, np.float32)
    made = whole[:, margin : margin + height, margin : margin + width]
    place = edges.points.astype(np.intp)
    # where within its sector a direction lies decides which neighbour counts it too
    exact = edges.turns * (SECTORS / np.pi)
    own = np.floor(exact).astype(np.intp) % SECTORS
    beside = (own + np.where(exact % 1.0 < 0.5, -1, 1)) % SECTORS
    for number in range(SECTORS):
        chosen = place[(own == number) | (beside == number)]
        if len(chosen):
            free = np.full((height, width), 255, np.uint8)
            free[chosen[:, 1], chosen[:, 0]] = 0
            np.minimum(cv2.distanceTransform(free, cv2.DIST_L2, 3), FAR, out=made[number])
    return whole

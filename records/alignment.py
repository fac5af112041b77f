"""Where one picture lies over another: the shapes that findings about pictures are told in."""

from dataclasses import dataclass

Point = tuple[int, int]
"""A place in a picture: pixels from its left and from its top, as it is stored (EXIF turns are not applied)."""
Quad = tuple[Point, Point, Point, Point]
"""Four corners, in the order top-left, top-right, bottom-right, bottom-left of the thing that they are the corners of."""
Box = tuple[int, int, int, int]
"""Left, top, width and height, in pixels."""
Pairs = tuple[tuple[int, int, int, int], ...]
"""Places that two pictures share: x, y in the one, x, y in the other."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """How a reference picture lies over a listing's picture: all that an overlay is drawn again from.

    `quad` is where, in the listing's picture, the corners of the reference's `part` lie: its top-left, top-right,
    bottom-right and bottom-left, in this order, so that a turn or a mirror shows. They may lie outside the picture. `part` is
    all of the reference for a copy, what is drawn in it for a mark. `inliers` counts the keypoints that agree under this
    map (0 where it came of a hash or an outline), `pairs` holds at most 40 of them: x, y in the reference, x, y in the
    listing's picture. The digests address both pictures' bytes.
    """

    method: str
    part: Box
    quad: Quad
    inliers: int = 0
    pairs: Pairs = ()
    reference_sha256: str = ""
    image_sha256: str = ""

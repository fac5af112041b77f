"""A picture, opened safely, with its hashes and local features, each made once and only when asked for."""

import io
from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detectors import features as local
from guards.caps import open_image_capped
from guards.errors import GuardError

_WORK_SIDE = 1000
_FEATURE_SIDE = 480
_LIGHT_SIDE = 400
_EDGE_SIDE = 400
"""Pixels of the longer side at which features are taken: time grows with the square."""
_HASH_SIDE = 128
"""Hashes are taken at least this large, in pixels of the longer side: both shrink further, to 64, by slower means."""
_COLOURFUL = 12.0
"""Mean difference of a pixel's strongest channel and weakest from which on lightness differs from grey."""
_OUTLINE_SIDE = 48
_MIN_SIDE = 24
_MIN_DETAIL = 6.0
_EDGE = 2.0
_BUSY = 0.4

Bits = NDArray[np.uint8]
Outline = NDArray[np.float32]
TURNS: tuple[tuple[str, Image.Transpose | None], ...] = (
    ("", None),
    ("mirrored", Image.Transpose.FLIP_LEFT_RIGHT),
    ("upside down and mirrored", Image.Transpose.FLIP_TOP_BOTTOM),
    ("turned by 180°", Image.Transpose.ROTATE_180),
    ("turned by 90°", Image.Transpose.ROTATE_90),
    ("turned by 270°", Image.Transpose.ROTATE_270),
    ("turned and mirrored", Image.Transpose.TRANSPOSE),
    ("turned and mirrored", Image.Transpose.TRANSVERSE),
)


def open_flat(data: bytes) -> Image.Image | None:
    """Return the picture as RGB on white, first frame, at most 1000 px a side; None for what is no usable picture.

    Vector graphics, empty, truncated, oversized and 1×1 files are no usable pictures; none of them raises.
    """
    try:
        image = open_image_capped(data)
    except GuardError:
        return None
    if min(image.size) < _MIN_SIDE:
        return None
    image.thumbnail((_WORK_SIDE, _WORK_SIDE))
    if min(image.size) < _MIN_SIDE // 2:
        return None
    return on_white(image)


def on_white(image: Image.Image) -> Image.Image:
    """Return a picture as RGB, what is transparent as white."""
    if image.mode in {"RGBA", "LA", "PA", "P"}:
        rgba = image.convert("RGBA")
        ground = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(ground, rgba).convert("RGB")
    return image.convert("RGB")


def _phash(image: Image.Image) -> Bits:
    import imagehash

    return np.packbits(imagehash.phash(image, hash_size=16).hash.flatten())


def shrunk(image: Image.Image, side: int) -> NDArray[np.uint8]:
    """Return a picture's pixels, at most `side` a side; smaller pictures stay as they are."""
    scale = side / max(image.size)
    pixels = np.asarray(image, dtype=np.uint8)
    if scale >= 1:
        return pixels
    size = max(1, round(image.size[0] * scale)), max(1, round(image.size[1] * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _pdq(image: Image.Image) -> tuple[list[Bits], int]:
    """Return the PDQ hashes of the eight turns and the quality (0..100)."""
    import pdqhash

    hashes, quality = pdqhash.compute_dihedral(np.asarray(image))
    return [np.packbits(np.asarray(bits, dtype=np.uint8)) for bits in hashes], int(quality)


@dataclass
class Picture:
    """An opened picture with its hashes and features, each made when first asked."""

    image: Image.Image
    size: tuple[int, int]

    @cached_property
    def _grey(self) -> Image.Image:
        return self.image.convert("L")

    @cached_property
    def detailed(self) -> bool:
        """Whether there is enough in it for a hash to mean anything."""
        grey = np.asarray(self._grey.resize((64, 64)), dtype=np.float32)
        return bool(grey.std() >= _MIN_DETAIL and len(np.unique(grey.round())) > 2)

    @cached_property
    def _hashable(self) -> Image.Image:
        """The picture in colour, made smaller by a whole number of times: quick, and the same on every machine."""
        return self.image.reduce(max(1, max(self.image.size) // _HASH_SIDE))

    @cached_property
    def phash(self) -> Bits:
        """The 256-bit pHash as 32 bytes."""
        return _phash(self._hashable.convert("L"))

    @cached_property
    def turned_phashes(self) -> list[tuple[str, Bits]]:
        """The pHashes of the eight turns and mirrors."""
        grey = self._hashable.convert("L")
        return [(name, _phash(grey if turn is None else grey.transpose(turn))) for name, turn in TURNS]

    @cached_property
    def pdq(self) -> tuple[list[Bits], int]:
        """The PDQ hashes of the eight turns, and the quality."""
        return _pdq(self._hashable)

    @cached_property
    def small(self) -> Image.Image:
        """The picture in grey, at most 480 px a side: features are told in its pixels."""
        return Image.fromarray(shrunk(self._grey, _FEATURE_SIDE))

    @cached_property
    def features(self) -> local.Features:
        """SIFT keypoints (in pixels of `small`) and descriptors."""
        return local.extract(np.asarray(self.small))

    @cached_property
    def colourful(self) -> bool:
        """Whether there is colour enough for its lightness to differ from its grey."""
        pixels = np.asarray(self.image.resize((64, 64))).astype(np.int16)
        return bool((pixels.max(axis=2) - pixels.min(axis=2)).mean() >= _COLOURFUL)

    @cached_property
    def light_features(self) -> local.Features:
        """The features of its lightness, in pixels of `small`: what a copy in other hues shares."""
        return self._told(local.lightness(shrunk(self.image, _LIGHT_SIDE)))

    @cached_property
    def edge_features(self) -> local.Features:
        """The features of where its edges lie, in pixels of `small`: what a recoloured copy shares."""
        return self._told(local.edge_strength(shrunk(self.image, _EDGE_SIDE)))

    def _told(self, grey: NDArray[np.uint8]) -> local.Features:
        height, width = grey.shape
        return local.extract(grey).resized((self.small.size[0] / width, self.small.size[1] / height))

    @cached_property
    def _grid(self) -> Outline:
        return _edges(self.image)

    @cached_property
    def busy(self) -> bool:
        """Whether edges lie all over it: a thing on a plain ground shares its outline with others of its kind."""
        return bool((self._grid > _EDGE).mean() >= _BUSY)

    @cached_property
    def outlines(self) -> tuple[Outline, ...]:
        """Where its edges lie, for the eight turns in the order of `TURNS`: unit vectors of mean 0."""
        grid = self._grid
        half = np.rot90(grid, 2)
        turned = (grid, grid[:, ::-1], grid[::-1], half, np.rot90(grid), np.rot90(grid, 3), grid.T, half.T)
        return tuple(_unit(item) for item in turned)


def _edges(image: Image.Image) -> Outline:
    """Return the strength of edges on a coarse grid, over all colours: the same for a recoloured or inverted copy."""
    pixels = np.asarray(image.resize((_OUTLINE_SIDE * 2, _OUTLINE_SIDE * 2)), dtype=np.float32)
    down, across = np.gradient(pixels, axis=(0, 1))
    edges = np.sqrt((down**2 + across**2).sum(axis=2) ** 0.5)
    return np.asarray(edges.reshape(_OUTLINE_SIDE, 2, _OUTLINE_SIDE, 2).mean(axis=(1, 3)), dtype=np.float32)


def _unit(grid: Outline) -> Outline:
    flat = grid.ravel() - grid.mean()
    return np.asarray(flat / max(1e-6, float(np.linalg.norm(flat))), dtype=np.float32)


@lru_cache(maxsize=2)
def picture(data: bytes) -> Picture | None:
    """Open a picture, keeping its original size; None for what is no usable picture.

    The last two are kept: a listing's picture is looked at for copies and for marks.
    """
    image = open_flat(data)
    if image is None:
        return None
    return Picture(image, stored_size(data) or image.size)


def stored_size(data: bytes) -> tuple[int, int] | None:
    """Return a picture's width and height as they are stored; None where they cannot be read."""
    try:
        with Image.open(io.BytesIO(data)) as opened:
            return opened.size
    except (OSError, ValueError):
        return None

"""Copies of reference pictures: perceptual hashes first, local features with a geometric check second.

- 256-bit pHash (`imagehash`) and PDQ over the eight turns and mirrors find whole-picture copies
- SIFT features whose places agree under one perspective (RANSAC) find crops, insets, collages and the like
- a picture with hardly any detail has no meaningful hash: it is never matched by one

Thresholds were chosen on pictures made for the purpose (see `bench/detection/`), not on any shop's.
"""

import hashlib
import io
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detectors import features as local
from detectors.case import ImageMatch
from detectors.types import ReferenceImage
from guards.caps import open_image_capped
from guards.errors import GuardError

PHASH_THRESHOLD = 52
"""Bits of 256 that may differ in pHash; unrelated pictures differ in about 128."""
PDQ_THRESHOLD = 60
"""Bits of 256 that may differ in PDQ."""
_PDQ_QUALITY = 40
_WORK_SIDE = 640
_MIN_SIDE = 24
_MIN_DETAIL = 6.0
_CACHE = 256

Bits = NDArray[np.uint8]
_TURNS: tuple[tuple[str, Image.Transpose | None], ...] = (
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
    """Return the picture as RGB on white, first frame, at most 640 px a side; None for what is no usable picture.

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
    if image.mode in {"RGBA", "LA", "PA", "P"}:
        rgba = image.convert("RGBA")
        ground = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(ground, rgba).convert("RGB")
    return image.convert("RGB")


def _phash(image: Image.Image) -> Bits:
    import imagehash

    return np.packbits(imagehash.phash(image, hash_size=16).hash.flatten())


def _pdq(image: Image.Image) -> tuple[list[Bits], int]:
    """Return the PDQ hashes of the eight turns and the quality (0..100)."""
    import pdqhash

    hashes, quality = pdqhash.compute_dihedral(np.asarray(image))
    return [np.packbits(np.asarray(bits, dtype=np.uint8)) for bits in hashes], int(quality)


def distance(one: Bits, other: Bits) -> int:
    """Return the number of differing bits."""
    return int(np.bitwise_count(np.bitwise_xor(one, other)).sum())


@dataclass
class Picture:
    """An opened picture with its hashes and features, each made when first asked."""

    image: Image.Image
    size: tuple[int, int]

    @cached_property
    def detailed(self) -> bool:
        """Whether there is enough in it for a hash to mean anything."""
        grey = np.asarray(self.image.convert("L").resize((64, 64)), dtype=np.float32)
        return bool(grey.std() >= _MIN_DETAIL and len(np.unique(grey.round())) > 2)

    @cached_property
    def phash(self) -> Bits:
        """The 256-bit pHash as 32 bytes."""
        return _phash(self.image)

    @cached_property
    def turned_phashes(self) -> list[tuple[str, Bits]]:
        """The pHashes of the eight turns and mirrors."""
        return [(name, _phash(self.image if turn is None else self.image.transpose(turn))) for name, turn in _TURNS]

    @cached_property
    def pdq(self) -> tuple[list[Bits], int]:
        """The PDQ hashes of the eight turns, and the quality."""
        return _pdq(self.image)

    @cached_property
    def features(self) -> local.Features:
        """SIFT keypoints and descriptors."""
        return local.extract(np.asarray(self.image.convert("L")))

    @cached_property
    def mirrored_features(self) -> local.Features:
        """The features of the mirror image (SIFT does not see through mirroring)."""
        return local.extract(np.asarray(self.image.convert("L"))[:, ::-1].copy())


def picture(data: bytes) -> Picture | None:
    """Open a picture, keeping its original size; None for what is no usable picture."""
    image = open_flat(data)
    if image is None:
        return None
    return Picture(image, _original_size(data, image))


def _original_size(data: bytes, image: Image.Image) -> tuple[int, int]:
    try:
        with Image.open(io.BytesIO(data)) as opened:
            return opened.size
    except (OSError, ValueError):
        return image.size


class ReferenceBank:
    """The reference pictures of all rights, hashed when first needed; recent pictures' answers are kept."""

    def __init__(self, references: Mapping[str, Sequence[ReferenceImage]], *, local_features: bool = True) -> None:
        self._references = references
        self._local = local_features
        self._pictures: OrderedDict[str, Picture | None] = OrderedDict()

    @cached_property
    def _samples(self) -> dict[str, list[tuple[str, str, Picture]]]:
        """Right → (reference id, SHA-256, picture); references that cannot be opened are left out."""
        return {
            right: [
                (item.id, hashlib.sha256(item.data).hexdigest(), opened)
                for item in items
                if (opened := picture(item.data)) is not None
            ]
            for right, items in self._references.items()
        }

    def unusable(self) -> tuple[tuple[str, str], ...]:
        """Return (right id, reference id) of samples that are no usable picture."""
        good = {(right, sample[0]) for right, samples in self._samples.items() for sample in samples}
        return tuple(
            (right, item.id)
            for right, items in self._references.items()
            for item in items
            if (right, item.id) not in good
        )

    def _open(self, sha: str, data: bytes) -> Picture | None:
        if sha not in self._pictures:
            self._pictures[sha] = picture(data)
            if len(self._pictures) > _CACHE:
                self._pictures.popitem(last=False)
        return self._pictures[sha]

    def matches(self, data: bytes, right_id: str) -> list[ImageMatch]:
        """Return the references of a right that the picture copies, surest first; [] for what is no picture."""
        sha = hashlib.sha256(data).hexdigest()
        opened = self._open(sha, data)
        if opened is None:
            return []
        found = [
            match
            for reference_id, reference_sha, sample in self._samples.get(right_id, [])
            if (match := self._compare(opened, sample, reference_id, same=sha == reference_sha)) is not None
        ]
        return sorted(found, key=lambda match: (-match.probability, match.reference_id))

    def _compare(self, shown: Picture, sample: Picture, reference_id: str, *, same: bool) -> ImageMatch | None:
        whole = (0, 0, *shown.size)
        if same:
            return ImageMatch(reference_id, "sha256", 0, 0, whole, 0.99)
        if shown.detailed and sample.detailed:
            hashed = _by_phash(shown, sample) or _by_pdq(shown, sample)
            if hashed is not None:
                method, far, limit, turned = hashed
                return ImageMatch(reference_id, method, far, limit, whole, _probability(far, limit), turned)
        return self._by_features(shown, sample, reference_id) if self._local else None

    def _by_features(self, shown: Picture, sample: Picture, reference_id: str) -> ImageMatch | None:
        for turned, query in (("", sample.features), ("mirrored", sample.mirrored_features)):
            placed = local.place(query, shown.features, sample.image.size, shown.image.size)
            if placed is not None:
                scale = shown.size[0] / shown.image.size[0], shown.size[1] / shown.image.size[1]
                return ImageMatch(
                    reference_id=reference_id,
                    method="sift",
                    distance=placed.inliers,
                    threshold=local.MIN_INLIERS,
                    region=_scaled(placed.box, scale),
                    probability=round(min(0.96, 0.72 + placed.inliers / 125), 4),
                    turned=turned,
                )
        return None


def _scaled(box: tuple[float, float, float, float], scale: tuple[float, float]) -> tuple[int, int, int, int]:
    x, y, w, h = box
    return round(x * scale[0]), round(y * scale[1]), round(w * scale[0]), round(h * scale[1])


def _by_phash(shown: Picture, sample: Picture) -> tuple[str, int, int, str] | None:
    far, turned = min((distance(shown.phash, bits), name) for name, bits in sample.turned_phashes)
    return ("phash", far, PHASH_THRESHOLD, turned) if far <= PHASH_THRESHOLD else None


def _by_pdq(shown: Picture, sample: Picture) -> tuple[str, int, int, str] | None:
    (mine, quality), (theirs, other_quality) = shown.pdq, sample.pdq
    if min(quality, other_quality) < _PDQ_QUALITY:
        return None
    far = min(distance(mine[0], bits) for bits in theirs)
    turned = "" if distance(mine[0], theirs[0]) == far else "turned or mirrored"
    return ("pdq", far, PDQ_THRESHOLD, turned) if far <= PDQ_THRESHOLD else None


def _probability(far: int, limit: int) -> float:
    """Return .97 for no difference, falling to .85 at the threshold."""
    return round(0.97 - 0.12 * far / limit, 4)

"""Copies of reference pictures: perceptual hashes first, local features with a geometric check second.

- 256-bit pHash (`imagehash`) and PDQ over the eight turns and mirrors find whole-picture copies; a middling distance
  needs the edges to lie in the same places as well
- SIFT features whose places agree under one perspective (RANSAC) find crops, insets, collages and the like; a
  screening of all references at once names the few that are worth the geometric check
- a picture with hardly any detail has no meaningful hash: it is never matched by one

The references' hashes and features are made once, a listing's picture is read once for all of them, and a right that
a hash settled is not looked at again. Thresholds were chosen on made pictures and a few photos (see
`bench/detection/pictures.py`), not on any shop's.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from detectors import features as local
from detectors.alignment import PDQ_TURNS, placed_match, whole_match
from detectors.answers import Answers
from detectors.case import ImageMatch, LogoMatch
from detectors.cores import one_core
from detectors.logos import LogoBank
from detectors.nearest import HashIndex
from detectors.pictures import TURNS, Bits, Picture, picture
from detectors.screening import Screen
from detectors.types import ReferenceImage

PHASH_THRESHOLD = 52
"""Bits of 256 that may differ in pHash; unrelated pictures differ in about 128."""
PDQ_THRESHOLD = 60
"""Bits of 256 that may differ in PDQ."""
_SURE = 12
"""Bits up to which a hash needs no second look."""
_SAME_EDGES = 0.5
EDGES_THRESHOLD = 90
"""Hundredths by which the edges of busy pictures must correlate where no hash is near (recoloured copies)."""
PLAIN_EDGES_THRESHOLD = 99
"""The same for things on a plain ground, whose outline others of their kind share: two labels of one jar reach 97."""
_BITS = 256
_PDQ_QUALITY = 40
_CACHE = 512
_MIN_EDGE_INLIERS = 24
"""Keypoints of edges that must agree under one perspective: edges are less telling than shades."""
_PLAIN_VIEWS, _NEGATIVE_VIEWS = (0, 1), (2, 3)
"""How references are looked for (see `features.VIEWS`); negatives only where nothing else was found."""

Found = Mapping[str, Sequence[ImageMatch]]
FeaturesOf = Callable[[Picture], local.Features]


def distance(one: Bits, other: Bits) -> int:
    """Return the number of differing bits."""
    return int(np.bitwise_count(np.bitwise_xor(one, other)).sum())


@dataclass(frozen=True)
class _Sample:
    """A reference that can be compared."""

    right: str
    id: str
    sha: str
    picture: Picture


class ReferenceBank:
    """The reference pictures of all rights, read when first needed; recent pictures' answers are kept."""

    def __init__(self, references: Mapping[str, Sequence[ReferenceImage]], *, local_features: bool = True) -> None:
        self._references = references
        self._local = local_features
        self._logos = LogoBank(references if local_features else {})
        self._answers = Answers[Found](_CACHE)

    @cached_property
    def _samples(self) -> tuple[_Sample, ...]:
        """All references that can be opened, in order."""
        return tuple(
            _Sample(right, item.id, hashlib.sha256(item.data).hexdigest(), opened)
            for right, items in self._references.items()
            for item in items
            if (opened := picture(item.data)) is not None
        )

    @cached_property
    def _phashes(self) -> HashIndex:
        """The pHashes of each reference in its eight turns."""
        return HashIndex(np.stack([bits for s in self._samples for _, bits in s.picture.turned_phashes]))

    @cached_property
    def _pdqs(self) -> HashIndex:
        return HashIndex(np.stack([bits for s in self._samples for bits in s.picture.pdq[0]]))

    @cached_property
    def _outlines(self) -> NDArray[np.float32]:
        return np.stack([sample.picture.outlines[0] for sample in self._samples])

    @cached_property
    def _screen(self) -> Screen:
        """All references, ready to be screened at once."""
        return Screen([sample.picture.features for sample in self._samples])

    @cached_property
    def _light_screen(self) -> Screen:
        return Screen([sample.picture.light_features for sample in self._samples])

    @cached_property
    def _edge_screen(self) -> Screen:
        return Screen([sample.picture.edge_features for sample in self._samples])

    def unusable(self) -> tuple[tuple[str, str], ...]:
        """Return (right id, reference id) of samples that are no usable picture."""
        good = {(sample.right, sample.id) for sample in self._samples}
        return tuple(
            (right, item.id)
            for right, items in self._references.items()
            for item in items
            if (right, item.id) not in good
        )

    def matches(self, data: bytes, right_id: str) -> Sequence[ImageMatch]:
        """Return the references of a right that the picture copies, surest first; () for what is no picture."""
        return self.scan(data).get(right_id, ())

    def logos(self, data: bytes, right_id: str) -> Sequence[LogoMatch]:
        """Return the right's marks that lie inside the picture, surest first; () for none."""
        with one_core():
            return self._logos.matches(data, right_id)

    def scan(self, data: bytes) -> Found:
        """Compare a picture with all references: right → matches, surest first. Answers are kept by digest."""
        with one_core():
            return self._answers.get(data, self._scanned)

    def _scanned(self, data: bytes, sha: str) -> Found:
        shown = picture(data) if self._samples else None
        if shown is None:
            return {}
        found: dict[str, list[ImageMatch]] = {}
        for sample, match in self._by_hashes(shown, sha):
            found.setdefault(sample.right, []).append(match)
        if self._local:
            open_ones = [n for n, sample in enumerate(self._samples) if sample.right not in found]
            for sample, match in self._by_features(shown, open_ones):
                found.setdefault(sample.right, []).append(match)
        return {
            right: sorted(matches, key=lambda match: (-match.probability, match.reference_id))
            for right, matches in found.items()
        }

    def _by_hashes(self, shown: Picture, sha: str) -> Iterator[tuple[_Sample, ImageMatch]]:
        whole = (0, 0, *shown.size)
        for number in self._near(shown, sha):
            sample = self._samples[number]
            if sample.sha == sha:
                yield sample, whole_match(shown, sample.picture, ImageMatch(sample.id, "sha256", 0, 0, whole, 0.99))
            elif sample.picture.detailed and (near := _whole(shown, sample)) is not None:
                yield sample, near

    def _near(self, shown: Picture, sha: str) -> list[int]:
        """Return the references that may be copied as a whole: the same bytes, near by a hash, or by their edges."""
        found = {number for number, sample in enumerate(self._samples) if sample.sha == sha}
        if shown.detailed:
            both = np.stack([shown.phash, ~shown.phash])
            found.update(int(row) // len(TURNS) for rows in self._phashes.near(both, PHASH_THRESHOLD) for row in rows)
            bits, quality = shown.pdq
            if quality >= _PDQ_QUALITY:
                both = np.stack([bits[0], ~bits[0]])
                found.update(int(row) // len(TURNS) for rows in self._pdqs.near(both, PDQ_THRESHOLD) for row in rows)
            alike = (self._outlines @ np.stack(shown.outlines).T).max(axis=1)
            found.update(np.flatnonzero(alike >= (EDGES_THRESHOLD - 1) / 100).tolist())
        return sorted(found)

    def _by_features(self, shown: Picture, numbers: Sequence[int]) -> Iterator[tuple[_Sample, ImageMatch]]:
        if not numbers or len(shown.features.points) < local.MIN_INLIERS:
            return
        for of, screen, views in self._passes(shown):
            fit = [n for n in numbers if self._samples[n].picture.busy] if of is _edge_features else numbers
            asked = sorted(screen().worth(of(shown), fit, views)) if fit else ()
            found: dict[int, ImageMatch] = {}
            for number, view in asked:
                match = _placed(shown, self._samples[number], of, view) if number not in found else None
                if match is not None:
                    found[number] = match
            if found:
                yield from ((self._samples[number], match) for number, match in found.items())
                return

    def _passes(self, shown: Picture) -> Iterator[tuple[FeaturesOf, Callable[[], Screen], Sequence[int]]]:
        """Yield how references are looked for: as they are and mirrored, in negative, by lightness, by edges.

        The first that finds ends it. Lightness is compared of pictures that have colours. Edges are compared where they lie
        all over both pictures, for things on a plain ground share their outline with others of their kind. Both only in banks
        of some 800 references at most, for they would triple what a large bank holds.
        """
        yield _features, lambda: self._screen, _PLAIN_VIEWS
        yield _features, lambda: self._screen, _NEGATIVE_VIEWS
        if self._screen.large:
            return
        if shown.colourful:
            yield _light_features, lambda: self._light_screen, _PLAIN_VIEWS
        if shown.busy:
            yield _edge_features, lambda: self._edge_screen, _PLAIN_VIEWS


def _whole(shown: Picture, sample: _Sample) -> ImageMatch | None:
    """Return the match of two whole pictures by pHash, else by PDQ, else by where their edges lie."""
    theirs = np.stack([bits for _, bits in sample.picture.turned_phashes])
    near = _nearest("phash", _distances(theirs, shown.phash), PHASH_THRESHOLD, shown, sample)
    if near is None and min(shown.pdq[1], sample.picture.pdq[1]) >= _PDQ_QUALITY:
        far = _distances(np.stack(sample.picture.pdq[0]), shown.pdq[0][0])
        near = _nearest("pdq", far, PDQ_THRESHOLD, shown, sample)
    return near or _by_edges(shown, sample)


def _distances(turns: NDArray[np.uint8], bits: Bits) -> NDArray[np.int64]:
    """Return the number of differing bits, a turn each."""
    return np.asarray(np.bitwise_count(np.bitwise_xor(turns, bits)).sum(axis=1, dtype=np.int64))


def _nearest(method: str, far: NDArray[np.int64], limit: int, shown: Picture, sample: _Sample) -> ImageMatch | None:
    """Return the match by the nearest turn, or None where it is too far or the edges lie elsewhere."""
    turn, opposite = int(far.argmin()), int(far.argmax())
    inverted = _BITS - int(far[opposite]) < int(far[turn])
    bits = _BITS - int(far[opposite]) if inverted else int(far[turn])
    turn = opposite if inverted else turn
    if bits > limit:
        return None
    if (inverted or bits > _SURE) and not _same_edges(shown, sample.picture, turn if method == "phash" else None):
        return None
    name = TURNS[turn][0] if method == "phash" else ("" if turn == 0 else "turned or mirrored")
    name = "colours inverted" if inverted and not name else name
    whole = (0, 0, *shown.size)
    match = ImageMatch(sample.id, method, bits, limit, whole, _probability(bits, limit), name)
    return whole_match(shown, sample.picture, match, turn if method == "phash" else PDQ_TURNS[turn])


def _by_edges(shown: Picture, sample: _Sample) -> ImageMatch | None:
    """Return the match of two pictures whose edges lie in the same places, whatever their colours."""
    if not (shown.detailed and sample.picture.detailed):
        return None
    busy = shown.busy and sample.picture.busy
    limit = EDGES_THRESHOLD if busy else PLAIN_EDGES_THRESHOLD
    alike = [int(100 * float(shown.outlines[0] @ other)) for other in sample.picture.outlines]
    best = max(alike)
    if best < limit:
        return None
    whole, name = (0, 0, *shown.size), TURNS[alike.index(best)][0]
    match = ImageMatch(sample.id, "edges", best, limit, whole, 0.86, name)
    return whole_match(shown, sample.picture, match, alike.index(best))


def _same_edges(shown: Picture, sample: Picture, turn: int | None) -> bool:
    """Whether the edges of both lie in the same places (in one turn, or in any)."""
    mine = shown.outlines[0]
    theirs = sample.outlines if turn is None else (sample.outlines[turn],)
    return max(float(mine @ other) for other in theirs) >= _SAME_EDGES


def _features(opened: Picture) -> local.Features:
    return opened.features


def _light_features(opened: Picture) -> local.Features:
    return opened.light_features


def _edge_features(opened: Picture) -> local.Features:
    return opened.edge_features


def _placed(shown: Picture, sample: _Sample, of: FeaturesOf, view: int) -> ImageMatch | None:
    """Return where the reference lies in the picture by local features, or None."""
    query = local.seen(of(sample.picture), sample.picture.small.size[0], view)
    placed = local.place(query, of(shown), sample.picture.small.size, shown.small.size)
    if placed is None or (of is _edge_features and placed.inliers < _MIN_EDGE_INLIERS):
        return None
    scale = shown.size[0] / shown.small.size[0], shown.size[1] / shown.small.size[1]
    x, y, w, h = placed.box
    match = ImageMatch(
        reference_id=sample.id,
        method="edge_sift" if of is _edge_features else "light_sift" if of is _light_features else "sift",
        distance=placed.inliers,
        threshold=_MIN_EDGE_INLIERS if of is _edge_features else local.MIN_INLIERS,
        region=(round(x * scale[0]), round(y * scale[1]), round(w * scale[0]), round(h * scale[1])),
        probability=round(min(0.96, 0.72 + placed.inliers / 125), 4),
        turned=local.VIEWS[view][0],
    )
    return placed_match(shown, sample.picture, match, placed, mirrored=local.VIEWS[view][1])


def _probability(far: int, limit: int) -> float:
    """Return .97 for no difference, falling to .85 at the threshold."""
    return round(0.97 - 0.12 * far / limit, 4)

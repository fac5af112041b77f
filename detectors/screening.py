"""Which of many reference pictures may lie somewhere in a picture at all? A few are named, for the geometric check.

A small bank is compared exactly. A large one is kept in inverted lists (faiss, bytes instead of floats) of which the
nearest few are looked through: quick, and it may overlook a reference that the exact comparison would name.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.features import MIN_INLIERS, RATIO, VIEWS, Features, Points, as_inverted, as_mirrored, nearer

_STRONGEST, _LARGEST = 100, 60
"""Features of a reference that are compared: the strongest, and the largest of the rest, which outlast being made small."""
_WORTH = 5
"""How many of them must have a clear counterpart for the geometric check to be worth its time."""
_MOST = 8
"""References that one picture is checked against at most: those with the most counterparts."""
_EXACT = 128_000
"""Features up to which all are compared: some 800 references."""
_NEAR = 280.0**2
"""Squared distance above which two SIFT descriptors of a large bank are no counterparts."""
_PROBES = 12
_PER_LIST = 250
_TRAINED_BY_LIST = 40
_SEED = 1_234

Asked = tuple[int, int]
"""A reference's number and how it is seen (see `VIEWS`)."""


class Screen:
    """The strongest features of many references. Which of them may lie in a picture, and seen how?

    SIFT descriptors are whole numbers, so distances are exact in single precision and an answer is the same each time.
    """

    def __init__(self, references: Sequence[Features]) -> None:
        self._parts = [
            item.descriptors[_telling(item)] if len(item.points) >= MIN_INLIERS else item.descriptors[:0]
            for item in references
        ]
        self.large = sum(map(len, self._parts)) > _EXACT

    def worth(self, shown: Features, numbers: Sequence[int], views: Sequence[int]) -> frozenset[Asked]:
        """Return those of `numbers`, each with a view, that have the most clear counterparts: at most eight."""
        if len(shown.points) < MIN_INLIERS:
            return frozenset()
        counts: dict[Asked, int] = {}
        for view in views:
            descriptors = _as_seen(shown.descriptors, view)
            found = self._approximate(descriptors) if self.large else self._exact(descriptors, numbers)
            counts.update({(number, view): count for number, count in found.items()})
        wanted = frozenset(numbers)
        ranked = sorted((-count, asked) for asked, count in counts.items() if count >= _WORTH and asked[0] in wanted)
        return frozenset(asked for _, asked in ranked[:_MOST])

    def _exact(self, descriptors: Points, numbers: Sequence[int]) -> Mapping[int, int]:
        usable = [number for number in numbers if len(self._parts[number])]
        if not usable:
            return {}
        parts = [self._parts[number] for number in usable]
        _, _, clear = nearer(np.concatenate(parts), descriptors)
        ends = np.cumsum([len(part) for part in parts])
        counts = np.diff(np.concatenate(([0], np.cumsum(clear)[ends - 1])))
        return {number: int(count) for number, count in zip(usable, counts, strict=True)}

    def _approximate(self, descriptors: Points) -> Mapping[int, int]:
        far, rows = self._lists[0].search(descriptors, 2)
        owners = np.where(rows >= 0, self._owners[rows], -1)
        clear = (far[:, 0] < _NEAR) & ((owners[:, 0] == owners[:, 1]) | (far[:, 0] < RATIO**2 * far[:, 1]))
        numbers, counts = np.unique(owners[clear, 0], return_counts=True)
        return {int(number): int(count) for number, count in zip(numbers, counts, strict=True) if number >= 0}

    @cached_property
    def _owners(self) -> NDArray[np.int64]:
        return np.repeat(np.arange(len(self._parts)), [len(part) for part in self._parts])

    @cached_property
    def _lists(self) -> tuple[Any, Any]:
        """The features in inverted lists; the lists' centres are learnt from a fixed sample of them."""
        import faiss

        rows = np.concatenate(self._parts)
        count = max(16, len(rows) // _PER_LIST)
        coarse = faiss.IndexFlatL2(128)
        index = faiss.IndexIVFScalarQuantizer(coarse, 128, count, faiss.ScalarQuantizer.QT_8bit_direct, faiss.METRIC_L2)
        index.own_fields, index.nprobe = False, _PROBES
        index.cp.seed, index.cp.niter, index.cp.max_points_per_centroid = _SEED, 6, _TRAINED_BY_LIST
        index.cp.min_points_per_centroid = 1
        picked = np.random.default_rng(_SEED).permutation(len(rows))[: count * _TRAINED_BY_LIST]
        index.train(rows[np.sort(picked)])
        index.add(rows)
        return index, coarse  # the lists refer to their centres, and do not own them


def _telling(reference: Features) -> NDArray[np.intp]:
    """Return the rows of a reference's features that it is screened by."""
    rest = np.argsort(-reference.poses[_STRONGEST:, 0], kind="stable")[:_LARGEST] + _STRONGEST
    return np.concatenate([np.arange(min(_STRONGEST, len(reference.points))), rest])


def _as_seen(descriptors: Points, view: int) -> Points:
    """Return a picture's descriptors so that they compare with references seen in a view."""
    _, mirrored, inverted = VIEWS[view]
    shown = as_mirrored(descriptors) if mirrored else descriptors
    return as_inverted(shown) if inverted else shown

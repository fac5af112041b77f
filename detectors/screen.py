"""Which of many references may lie in a picture at all: those that hold the nearest neighbours of its features.

Every feature of the picture (as it is, mirrored, inverted, both) votes for the references of its nearest features in the
bank, the more the nearer they are compared with the next ones. Few references are searched exhaustively, many
through inverted lists (faiss), so that the cost grows far slower than the bank.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.features import Features, Points, inverted

MOST = 5
"""References that one picture is checked against at most: those with the most votes."""
_STRONGEST = 240
_NEIGHBOURS = 5
_EXACT = 3_000
_PROBES = 6
_TRAINED = 64
_SEED = 1


class Screen:
    """The strongest features of many references in one index. Built once; deterministic."""

    def __init__(self, references: Sequence[Features]) -> None:
        parts = [item.descriptors[:_STRONGEST] for item in references]
        self._owners = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
        self._count = len(parts)
        self._index = _index(np.concatenate(parts)) if len(self._owners) else None

    def worth(self, shown: Features) -> tuple[tuple[int, int], ...]:
        """Return (reference, 1 for its mirror image or 0) with the most votes: at most five, the most first."""
        if self._index is None or not len(shown.points):
            return ()
        votes = np.stack([self._votes(side.descriptors) for side in (shown, shown.mirrored())], axis=1)
        order = sorted(((-float(votes[n, side]), n, side) for n, side in np.argwhere(votes > 0).tolist()))
        return tuple((number, side) for _, number, side in order[:MOST])

    def _votes(self, descriptors: Points) -> NDArray[np.float64]:
        """Return the votes for each reference."""
        looked = np.concatenate([descriptors, inverted(descriptors)])
        count = min(_NEIGHBOURS, len(self._owners))
        far, found = self._index.search(looked, count)  # type: ignore[union-attr]
        far = np.where(found < 0, far.max(), far)
        weights = np.clip(1 - far / np.maximum(1.0, far[:, -1:]), 0, 1) if count > 1 else np.ones_like(far)
        weights = np.where(found < 0, 0, weights) ** 2
        owners = self._owners[np.maximum(found, 0)]
        return np.bincount(owners.ravel(), weights=weights.ravel(), minlength=self._count).astype(np.float64)


def _index(descriptors: Points) -> Any:
    """Return a faiss index over the descriptors."""
    import faiss

    count, width = descriptors.shape
    if count <= _EXACT:
        exact = faiss.IndexFlatL2(width)
        exact.add(descriptors)
        return exact
    lists = min(4_096, int(4 * count**0.5))
    index = faiss.IndexIVFScalarQuantizer(faiss.IndexFlatL2(width), width, lists, faiss.ScalarQuantizer.QT_8bit)
    index.cp.seed, index.cp.niter, index.cp.max_points_per_centroid = _SEED, 8, _TRAINED
    index.cp.min_points_per_centroid = 1
    index.train(descriptors)
    index.add(descriptors)
    index.nprobe = _PROBES
    return index

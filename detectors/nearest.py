"""The hashes of a bank that differ from another one in few bits only: all of them, however large the bank.

A small bank is compared by numpy, a large one by faiss, which counts the bits of all rows too (`IndexBinaryFlat`): at a
fifth of the bits that may differ, tables over parts of the bits (Norouzi, Punjani, Fleet: Fast Exact Search in Hamming
Space, 2014) either overlook copies or look through most of the bank.
"""

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SMALL = 20_000
"""Hashes up to which faiss is not worth being loaded."""
_BITS = 256

Hashes = NDArray[np.uint8]


class HashIndex:
    """Hashes of 256 bits as rows of 32 bytes, known by their row."""

    def __init__(self, rows: Hashes) -> None:
        self._rows = np.ascontiguousarray(rows)

    def near(self, asked: Hashes, limit: int) -> Sequence[NDArray[np.int64]]:
        """Return, for each row of `asked`, the rows that differ from it in at most `limit` bits, in order.

        One core is used: ask from several threads, or for some thirty rows at once, where there are many.
        """
        if len(self._rows) <= _SMALL:
            return [np.flatnonzero(self.distances(one) <= limit) for one in asked]
        import faiss

        before = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)  # of this thread alone; waking others costs more than a few rows take
        try:
            ends, _, rows = self._all.range_search(np.ascontiguousarray(asked), limit + 1)
        finally:
            faiss.omp_set_num_threads(before)
        return [np.sort(rows[start:end]) for start, end in pairwise(ends.tolist())]

    def distances(self, one: Hashes) -> NDArray[np.int64]:
        """Return the number of bits in which each row differs from one hash."""
        return np.asarray(np.bitwise_count(np.bitwise_xor(self._rows, one)).sum(axis=1, dtype=np.int64))

    @cached_property
    def _all(self) -> Any:
        import faiss

        index = faiss.IndexBinaryFlat(_BITS)
        index.add(self._rows)
        return index

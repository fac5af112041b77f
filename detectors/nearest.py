"""The hashes of a bank that differ from another one in few bits only.

A small bank is compared in full (numpy). A large one is kept in hash tables over parts of the bits (faiss's
`IndexBinaryMultiHash`; Norouzi, Punjani, Fleet: Fast Exact Search in Hamming Space, 2014): quick, and what differs in
more than some forty bits may be overlooked.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FULL = 20_000
"""Hashes up to which all are compared."""
_BITS = 256
_TABLES, _KEY_BITS, _FLIPS = 10, 21, 1
"""Tables, bits of a key, and how many bits of a key may differ."""

Hashes = NDArray[np.uint8]


class HashIndex:
    """Hashes of 256 bits as rows of 32 bytes, known by their row."""

    def __init__(self, rows: Hashes) -> None:
        self._rows = rows
        self.full = len(rows) <= _FULL

    def near(self, asked: Hashes, limit: int) -> Sequence[NDArray[np.int64]]:
        """Return, for each row of `asked`, the rows that differ from it in at most `limit` bits, in order.

        A large bank answers with the nearest few only, and not surely with those that are farther than some forty bits.
        """
        if self.full:
            return [np.flatnonzero(self.distances(one) <= limit) for one in asked]
        far, rows = self._tables.search(np.ascontiguousarray(asked), 8)
        return [np.sort(row[(row >= 0) & (bits <= limit)]) for bits, row in zip(far, rows, strict=True)]

    def distances(self, one: Hashes) -> NDArray[np.int64]:
        """Return the number of bits in which each row differs from one hash."""
        return np.asarray(np.bitwise_count(np.bitwise_xor(self._rows, one)).sum(axis=1, dtype=np.int64))

    @cached_property
    def _tables(self) -> Any:
        import faiss

        index = faiss.IndexBinaryMultiHash(_BITS, _TABLES, _KEY_BITS)
        index.add(np.ascontiguousarray(self._rows))
        index.nflip = _FLIPS
        return index

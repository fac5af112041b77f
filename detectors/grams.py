"""Which rows of a layer may hold a needle: only those with the beginning of one, looked up for all characters at once.

The first two characters are looked up in a small table and, where these are known, up to four in a larger one. What says
nothing alone counts only beside a character that it needs: one of its own (`Needle.beside`), or one of each text that may
be the other half. Tables hold hashes: another text may pass for a beginning, but no beginning is overlooked.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.batch import Codes, Mask, Places, codes_of

Kinds = npt.NDArray[np.uint8]
Wanted = tuple[str, str, str]
"""A text that is looked for, and the characters that it needs one of: of its own, and as half ("": it needs none)."""

_CHUNK = 65_536
_LONGEST = 4
_MIX = tuple(map(np.uint32, (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F)))
_BESIDE = np.uint32(0x165667B1)
_ROOM = 16
_LEAST_BITS, _MOST_BITS = 10, 24
_OWN, _HALF, _SURE = 1, 2, 4
_MOST_BESIDE = 4_000_000
"""Characters that are compared beside needles at a time; above, all rows pass that hold such a needle."""


class Begun(NamedTuple):
    """Where needles may begin: for sure; with their keys, such as need a character of their own; halves."""

    sure: Places
    own: tuple[Places, Codes]
    half: tuple[Places, Codes]


class Hashes:
    """32-bit hashes with a small number each: a table by their upper bits, and what is found there compared in full."""

    def __init__(self, hashes: Codes, values: Kinds) -> None:
        order = np.argsort(hashes)
        ordered = hashes[order]
        first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
        self._hashes = ordered[first]
        self._values = np.bitwise_or.reduceat(values[order], first) if len(first) else values
        bits = min(_MOST_BITS, max(_LEAST_BITS, (len(first) * _ROOM).bit_length()))
        self._shift = np.uint32(32 - bits)
        self._known = np.zeros(1 << bits, dtype=np.bool_)
        self._known[self._hashes >> self._shift] = True

    def maybe(self, hashes: Codes) -> Places:
        """Return the places of the hashes that may be known: of those that are not, one in sixteen or fewer."""
        return np.flatnonzero(self._known.take(hashes >> self._shift))

    def find(self, hashes: Codes) -> tuple[Places, Kinds]:
        """Return the places of the hashes that are known, and all values that were given for each."""
        at = self.maybe(hashes)
        wanted = hashes[at]
        if not len(at):
            return at, self._values[:0]
        found = np.searchsorted(self._hashes, wanted)
        same = self._hashes.take(found, mode="clip") == wanted
        return at[same], self._values[found[same]]


class Grams:
    """The beginnings of needles in one layer."""

    def __init__(self, wanted: Iterable[Wanted], salt: int) -> None:
        self._salt = np.uint32(salt)
        parts = [_hashed(chunk) for chunk in _chunks(wanted)]
        single, pairs, keys, kinds, near = (np.concatenate(column) for column in zip(*parts, strict=True))
        self._single = np.unique(single)
        self._pairs = Hashes(pairs, np.ones(len(pairs), dtype=np.uint8))
        self._keys = Hashes(keys, kinds)
        self.near: Codes = near + self._salt
        """Hashes of each beginning that needs a character, with each of these."""

    def find(self, codes: Codes) -> Begun:
        """Return where needles may begin in a text of some rows."""
        at = self._pairs.maybe(codes[:-1] * _MIX[0] + codes[1:] * _MIX[1])
        key = codes[at] * _MIX[0] + codes[at + 1] * _MIX[1]
        keys = [key]
        for ahead in range(2, _LONGEST):
            keys.append(keys[-1] + codes.take(at + ahead, mode="clip") * _MIX[ahead])
        every = np.concatenate(keys)
        known, kinds = self._keys.find(every)
        places, found = at[known % max(1, len(at))], every[known] + self._salt
        own, half = kinds & _OWN > 0, kinds & _HALF > 0
        sure = places[kinds & _SURE > 0]
        if len(self._single):
            sure = np.concatenate((sure, np.flatnonzero(np.isin(codes, self._single))))
        return Begun(sure, (places[own], found[own]), (places[half], found[half]))


def beside(near: Hashes, rows: Places, keys: Codes, codes: Codes, ends: Places) -> Mask:
    """Return which of the rows of a text hold a character that the key beside it asks for."""
    starts = np.concatenate(([0], ends[:-1] + 1))
    sizes = (ends - starts)[rows]
    if int(sizes.sum()) > _MOST_BESIDE:
        return np.ones(len(rows), dtype=np.bool_)
    number = np.repeat(np.arange(len(rows)), sizes)
    before = np.cumsum(sizes) - sizes
    at = np.arange(len(number)) + (starts[rows] - before)[number]
    known, _ = near.find(keys[number] + codes[at] * _BESIDE)
    holds = np.zeros(len(rows), dtype=np.bool_)
    holds[number[known]] = True
    return holds


def _chunks(wanted: Iterable[Wanted]) -> Iterator[Sequence[Wanted]]:
    """Yield parts of what is wanted, the last of them empty: arrays over millions of texts are made bit by bit."""
    stream = iter(wanted)
    while chunk := list(islice(stream, _CHUNK)):
        yield chunk
    yield []


def _hashed(wanted: Sequence[Wanted]) -> tuple[Codes, Codes, Codes, Kinds, Codes]:
    """Return single characters, hashes of pairs, of beginnings with their kinds, and of what must stand beside these."""
    sizes = np.fromiter((len(text) for text, _, _ in wanted), dtype=np.intp, count=len(wanted)).clip(max=_LONGEST)
    starts = codes_of("".join([text[:_LONGEST].ljust(_LONGEST) for text, _, _ in wanted])).reshape(-1, _LONGEST)
    sums = np.cumsum(starts * np.asarray(_MIX), axis=1, dtype=np.uint32)
    keys = sums[np.arange(len(wanted)), sizes - 1]
    kinds, near = np.zeros(len(wanted), dtype=np.uint8), []
    for kind, chars in ((_OWN, [own for _, own, _ in wanted]), (_HALF, [half for _, _, half in wanted])):
        counts = np.fromiter(map(len, chars), dtype=np.intp, count=len(chars))
        near.append(np.repeat(keys, counts) + codes_of("".join(chars)) * _BESIDE)
        kinds[counts > 0] |= kind
    kinds[kinds == 0] = _SURE
    return starts[sizes == 1, 0], sums[sizes > 1, 1], keys, kinds, np.concatenate(near)

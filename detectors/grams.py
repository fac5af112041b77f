"""Which rows of a layer may hold a needle: only those with the beginning of one, looked up for all characters at once.

The first two characters are looked up in a small table and, where these are known, up to four in a larger one. Tables
hold hashes: another text may pass for a beginning, but no beginning is overlooked.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from detectors.batch import Codes, Mask, Places, codes_of
from detectors.types import HALVES, Layer, Needle

Kinds = npt.NDArray[np.uint8]

_LONGEST = 4
_MIX = tuple(map(np.uint32, (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F)))
_BESIDE = np.uint32(0x165667B1)
_ROOM = 32
_FIRST_OF = {second: first for first, second in HALVES}
SEEN = frozenset({Layer.PLAIN, Layer.HAN, Layer.SOUND})
"""Layers whose characters are looked for beside a needle."""
_RARE = "qjzxvkwybfgphmcuodlnrstiae"
"""Letters, the rare ones first."""
_LEAST_BITS, _MOST_BITS = 10, 24
_GUARDED, _SURE = 1, 2
_MOST_BESIDE = 4_000_000
"""Characters beside needles that are compared for one layer of a batch; above, all that is guarded passes."""


class _Hashes:
    """32-bit hashes with a small number each: a table by their upper bits, and what is found there compared in full."""

    def __init__(self, hashes: Codes, values: Kinds) -> None:
        order = np.lexsort((values, hashes))
        last = np.append(hashes[order][1:] != hashes[order][:-1], True)[: len(order)]
        self._hashes, self._values = hashes[order][last], values[order][last]
        bits = min(_MOST_BITS, max(_LEAST_BITS, (len(self._hashes) * _ROOM).bit_length()))
        self._shift = np.uint32(32 - bits)
        self._known = np.zeros(1 << bits, dtype=np.bool_)
        self._known[self._hashes >> self._shift] = True

    def maybe(self, hashes: Codes) -> Places:
        """Return the places of the hashes that may be known: of those that are not, one in thirty."""
        return np.flatnonzero(self._known.take(hashes >> self._shift))

    def find(self, hashes: Codes) -> tuple[Places, Kinds]:
        """Return the places of the hashes that are known, and the largest value that was given for each."""
        at = self.maybe(hashes)
        wanted = hashes[at]
        found = np.searchsorted(self._hashes, wanted)
        same = self._hashes.take(found, mode="clip") == wanted
        return at[same], self._values[found[same]]


class Grams:
    """The beginnings of needles in one layer; `besides` are the characters of which one must stand in the row ("": none)."""

    def __init__(self, texts: Sequence[str], besides: Sequence[str]) -> None:
        sizes = np.fromiter((min(_LONGEST, len(text)) for text in texts), dtype=np.intp, count=len(texts))
        starts = codes_of("".join([text[:_LONGEST].ljust(_LONGEST) for text in texts])).reshape(-1, _LONGEST)
        sums = np.cumsum(starts * np.asarray(_MIX), axis=1, dtype=np.uint32)
        keys = sums[np.arange(len(texts)), sizes - 1]
        beside = np.fromiter(map(len, besides), dtype=np.intp, count=len(texts))
        self._single = np.unique(starts[sizes == 1, 0])
        self._pairs = _Hashes(sums[sizes > 1, 1], np.ones(int((sizes > 1).sum()), dtype=np.uint8))
        self._keys = _Hashes(keys, np.where(beside > 0, _GUARDED, _SURE).astype(np.uint8))
        near = np.repeat(keys, beside) + codes_of("".join(besides)) * _BESIDE
        self._near = _Hashes(near, np.ones(len(near), dtype=np.uint8))

    def find(self, codes: Codes) -> tuple[Places, Places, Codes]:
        """Return where needles may begin; and, with their keys, where such may begin as something must stand beside."""
        two = codes[:-1] * _MIX[0] + codes[1:] * _MIX[1]
        at = self._pairs.maybe(two)
        key = two[at]
        sure, guarded, keys = [], [], []
        for ahead in range(2, _LONGEST + 1):
            known, kinds = self._keys.find(key)
            sure.append(at[known[kinds == _SURE]])
            only = known[kinds == _GUARDED]
            guarded.append(at[only])
            keys.append(key[only])
            if ahead < _LONGEST:
                key = key + codes.take(at + ahead, mode="clip") * _MIX[ahead]
        if len(self._single):
            sure.append(np.flatnonzero(np.isin(codes, self._single)))
        return np.concatenate(sure), np.concatenate(guarded), np.concatenate(keys)

    def beside(self, rows: Places, keys: Codes, text: Codes, ends: Places) -> Mask:
        """Return which of the rows of a text hold a character that the key beside it asks for."""
        starts = np.concatenate(([0], ends[:-1] + 1))
        sizes = (ends - starts)[rows]
        if int(sizes.sum()) > _MOST_BESIDE:
            return np.ones(len(rows), dtype=np.bool_)
        number = np.repeat(np.arange(len(rows)), sizes)
        before = np.cumsum(sizes) - sizes
        at = np.arange(len(number)) + (starts[rows] - before)[number]
        near, _ = self._near.find(keys[number] + text.take(at) * _BESIDE)
        holds = np.zeros(len(rows), dtype=np.bool_)
        holds[number[near]] = True
        return holds


Owned = Sequence[tuple[int, Needle]]
"""The needles of one text, each with its right."""


def beginnings(patterns: Mapping[Layer, Iterable[Owned]]) -> Mapping[Layer, tuple[Sequence[str], Sequence[str]]]:
    """Return for each layer the texts that must be looked for, and the characters beside each of them ("": it needs none).

    Of two halves the first is enough, and beside it a character of each text that may be the other.
    """
    others = _others(patterns)
    found: dict[Layer, tuple[list[str], list[str]]] = {}
    for layer, owners in patterns.items():
        texts, besides = [], []
        for owned in owners:
            asked = [_beside(right, needle, others) for right, needle in owned if needle.half not in _FIRST_OF]
            if some := [chars for chars in asked if chars is not None]:
                texts.append(owned[0][1].text)
                besides.append("" if "" in some else "".join(set("".join(some))))
        if texts:
            found[layer] = texts, besides
    return found


def _beside(right: int, needle: Needle, others: Mapping[tuple[int, str], set[str]]) -> str | None:
    """Return characters of which one must stand beside a needle, "" where none must; None where it says nothing at all."""
    if needle.beside or not needle.half:
        return needle.beside
    chars = others.get((right, needle.half))
    return None if chars is None else "" if "" in chars else "".join(chars)


def _others(patterns: Mapping[Layer, Iterable[Owned]]) -> Mapping[tuple[int, str], set[str]]:
    """Return for each right and first half a character of every second half; "" among them where that is not to be seen."""
    found: dict[tuple[int, str], set[str]] = {}
    for layer, owners in patterns.items():
        for owned in owners:
            for right, needle in owned:
                if first := _FIRST_OF.get(needle.half):
                    chars = found.setdefault((right, first), set())
                    if layer not in SEEN:
                        chars.add("")
                    elif chars.isdisjoint(needle.text):
                        chars.add(min(reversed(needle.text), key=_RARE.find))
    return found

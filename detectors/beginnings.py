"""What the first stage looks for before anything else: how the needles begin that say something, and what they need beside.

Of two halves the first is enough, where a character of some text that may be the other half stands in the listing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

import numpy as np

from detectors.batch import Mask
from detectors.grams import Grams, Hashes, Wanted
from detectors.types import HALVES, Layer, Needle

Owned = Sequence[tuple[int, Needle]]
"""The needles of one text, each with its right."""
_Half = tuple[str, int]
"""The first half of a pair, and the right."""

SEEN = frozenset({Layer.PLAIN, Layer.SOUND})
"""Layers whose characters are looked for beside a needle; those of the Chinese layer are in the plain one too."""
_HIDDEN = "\0"
"""Stands for a half that may be there without any character of it in these layers."""
_FIRST_OF = {second: first for first, second in HALVES}
_RARE = "qjzxvkwybfgphmcuodlnrstiae"
"""Letters, the rare ones first."""
_ALONE = ("", "")
_FIRST_SYMBOL, _LAST_SYMBOL = "\ue000", "\uf8ff"
_POINTS = 0x110000
_SALT = 0x0F1E2D3B
"""Tells the beginnings of one layer from those of others."""


class Beginnings:
    """The beginnings of needles, a `Grams` a layer.

    `halves` says of a code point whether it may stand for an other half, where this may be found by sound too;
    `near` are the hashes of beginnings with what they need beside.
    """

    def __init__(self, patterns: Mapping[Layer, Sequence[Owned]]) -> None:
        others = _others(patterns)
        beside = {half: "".join(chars) for half, chars in others.items()}
        self.halves: Mask = np.zeros(_POINTS, dtype=np.bool_)
        self.halves[list(map(ord, set(chain(*filter(_heard, beside.values())))))] = True
        self.layers = {
            layer: Grams(chain([first], wanted), _SALT * number)
            for number, (layer, owners) in enumerate(patterns.items())
            if (first := next(wanted := _wanted(owners, beside), None))
        }
        near = np.concatenate([np.zeros(0, dtype=np.uint32), *(grams.near for grams in self.layers.values())])
        self.near = Hashes(near, np.ones(len(near), dtype=np.uint8))


def _wanted(owners: Iterable[Owned], beside: Mapping[_Half, str]) -> Iterator[Wanted]:
    """Yield the texts that may say something, with what they need."""
    for owned in owners:
        if (needs := _needs(owned, beside)) is not None:
            yield (owned[0][1].text, *needs)


def _needs(owned: Owned, beside: Mapping[_Half, str]) -> tuple[str, str] | None:
    """Return the characters that the needles of a text need, of their own and as halves; None where they say nothing."""
    own: list[str] = []
    half: list[str] = []
    for right, needle in owned:
        if needle.beside:
            own.append(needle.beside)
        elif not needle.half:
            return _ALONE
        elif chars := beside.get((needle.half, right)):
            (half if _heard(chars) else own).append(chars)
    if any(_HIDDEN in chars for chars in own + half):
        return _ALONE
    return ("".join(own), "".join(half)) if own or half else None


def _heard(chars: str) -> bool:
    """Whether symbols of sound are among characters: all others are in the plain layer."""
    return any(_FIRST_SYMBOL <= char <= _LAST_SYMBOL for char in chars)


def _others(patterns: Mapping[Layer, Sequence[Owned]]) -> Mapping[_Half, set[str]]:
    """Return a character of every text that may be the second half, by the first half and the right."""
    found: dict[_Half, set[str]] = {}
    for layer, owners in patterns.items():
        for owned in owners:
            for right, needle in owned:
                if first := _FIRST_OF.get(needle.half):
                    _add(found.setdefault((first, right), set()), layer, needle.text)
    return found


def _add(chars: set[str], layer: Layer, text: str) -> None:
    """Add a character of a text, where none is there yet: its last, or its rarest letter."""
    if layer not in SEEN and layer is not Layer.HAN:
        chars.add(_HIDDEN)
    elif chars.isdisjoint(text):
        chars.add(min(reversed(text), key=_RARE.find))

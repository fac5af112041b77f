"""English words of everyday use: what is no invented name.

`data/english.tsv` holds stems of four to twelve letters, made of the list of Debian's `wamerican-small` (SCOWL, see NOTICE);
names of places and people are among them.
"""

from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

_ENDINGS = ("s", "es", "ed", "d", "ing", "ly", "er", "r", "ers", "ness", "less", "y", "ies", "ied")
_RESTORED = {"ing": "e", "ed": "e", "er": "e", "y": "e", "ies": "y", "ied": "y"}
_DOUBLING = frozenset({"ing", "ed", "er"})
_SHORTEST = 4


@lru_cache(maxsize=1)
def _stems() -> frozenset[str]:
    text = files("detectors").joinpath("data").joinpath("english.tsv").read_text(encoding="utf-8")
    return frozenset(text.split())


def _without_ending(word: str) -> Iterator[str]:
    for ending in _ENDINGS:
        if not word.endswith(ending):
            continue
        base = word[: -len(ending)]
        yield base
        yield base + _RESTORED.get(ending, "")
        if ending in _DOUBLING and base[-1:] == base[-2:-1]:
            yield base[:-1]


@lru_cache(maxsize=16_384)
def is_english(word: str) -> bool:
    """Whether a folded word is an everyday English one, or too short (under four letters) to be told from one.

    >>> is_english("golden"), is_english("herons"), is_english("dolvane")
    (True, True, False)
    """
    stems = _stems()
    return len(word) < _SHORTEST or word in stems or any(base in stems for base in _without_ending(word))

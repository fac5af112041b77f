"""What Chinese words mean in English, for marks that are put into English: `data/meanings.tsv`, made of CC-CEDICT."""

import itertools
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

_MOST = 16
_WORDS = 2


@lru_cache(maxsize=1)
def _table() -> Mapping[str, tuple[str, ...]]:
    text = files("detectors").joinpath("data").joinpath("meanings.tsv").read_text(encoding="utf-8")
    rows = (row.split("\t") for row in text.splitlines())
    return {word: tuple(meanings.split(",")) for word, meanings in rows}


@lru_cache(maxsize=4096)
def in_english(name: str) -> tuple[tuple[str, ...], ...]:
    """Return the ways to say a folded Chinese name in English word by word, at most sixteen; () where a part is unknown.

    Two characters that are one word are taken together, and one by one as well.

    >>> in_english("灯塔")[0], ("camel", "bell") in in_english("驼铃")
    (('lighthouse',), True)
    """
    found: dict[tuple[str, ...], None] = {}
    for cut in _cuts(name):
        options = [tuple(enumerate(_table().get(part, ()))) for part in cut]
        for ranked in sorted(itertools.product(*options), key=lambda row: sum(rank for rank, _ in row))[:_MOST]:
            row = [word for _, word in ranked]
            found[tuple(word for part in row for word in part.split(" "))] = None
    return tuple(found)[:_MOST]


def _cuts(name: str) -> list[tuple[str, ...]]:
    """Return how a name may be cut into parts of one and two characters, the fewest parts first."""
    if not name:
        return [()]
    cuts = [(name[:size], *rest) for size in (_WORDS, 1) if len(name) >= size for rest in _cuts(name[size:])]
    return sorted(cuts, key=len)

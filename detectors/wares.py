"""What the trade calls kinds, cuts and forms of a good: general words, from `data/wares.toml`.

Wide on purpose and never enough by itself: such a word counts beside the place of an indication, or as the goods of a
mark that is there already.
"""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from detectors.normalise import key

_FILE = "wares.toml"


@lru_cache(maxsize=1)
def _raw() -> Mapping[str, Any]:
    return tomllib.loads(files("detectors").joinpath("data").joinpath(_FILE).read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _table() -> Mapping[str, tuple[str, ...]]:
    return {key(good): tuple(key(kind) for kind in kinds) for good, kinds in _raw()["kinds"].items()}


@lru_cache(maxsize=8)
def _words(table: str, name: str) -> frozenset[str]:
    return frozenset(key(word) for word in _raw()[table][name])


@lru_cache(maxsize=4096)
def kinds(good: str) -> tuple[str, ...]:
    """Return folded words for kinds and forms of a folded Chinese good, by its longest known ending; () where unknown.

    Goods of one material (…器) give what is made of it.

    >>> "归头" in kinds("岚沟当归"), kinds("描金漆器")[:2]
    (True, ('漆盒', '漆碗'))
    """
    for start in range(len(good)):
        if found := _table().get(good[start:]):
            return tuple(kind for kind in found if kind != good)
    if good.endswith("器") and good[-2:-1] in _words("made", "materials"):
        return tuple(f"{good[-2]}{thing}" for thing in _raw()["made"]["things"])
    return ()


def core(good: str) -> str:
    """Return the last character of a folded good that names it for short (长枣 → 枣), or "".

    >>> core("岚沟长枣"), core("当归")
    ('枣', '')
    """
    last = good[-1:] if not good.endswith("器") else good[-2:-1]
    return last if last in _words("cores", "any") | _words("cores", "alone") else ""


def is_wide(good: str) -> bool:
    """Whether a folded good is so wide that its kinds may be anything: tea, fruit, herbs."""
    return good in _words("cores", "wide")


def heads(products: tuple[str, ...]) -> tuple[str, ...]:
    """Return the last characters of folded products that any word which ends with them names a kind of.

    Not those of particular kinds (rock tea): other kinds end with the same character.
    """
    special = (any(item[start:] in _table() for start in range(len(item) - 1)) for item in products)
    return tuple(item[-1] for item, known in zip(products, special, strict=True) if not known and item[-1] in _any())


def _any() -> frozenset[str]:
    return _words("cores", "any")


def names_core(word: str, last: str, *, bare: bool) -> bool:
    """Whether a word of running text names the goods that a core stands for: the core itself, or kinds that end with it.

    With `bare` only the core itself.
    """
    if word == last:
        return True
    return not bare and last in _words("cores", "any") and word.endswith(last) and word not in _words("cores", "others")


@lru_cache(maxsize=1)
def emoji() -> Mapping[str, str]:
    """Return emoji → the folded word that it is read as."""
    return {sign: key(word) for sign, word in _raw()["emoji"].items()}


@lru_cache(maxsize=1)
def pictured() -> Mapping[str, str]:
    """Return emoji → the characters that it may stand for, the likeliest first (`data/signs.tsv`, after CLDR's names)."""
    text = files("detectors").joinpath("data").joinpath("signs.tsv").read_text(encoding="utf-8")
    rows = (row.partition("\t") for row in text.splitlines())
    return {sign: chars for sign, _, chars in rows}

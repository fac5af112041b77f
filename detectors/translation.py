"""What goods and the parts of places are called in English listings: general words, from `data/translations.toml`."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from itertools import chain, islice, product

from detectors.meanings import in_english
from detectors.normalise import key
from detectors.sound import reading

_FILE = "translations.toml"
_MOST = 12
_BEFORE = {"山": ("mount", "mt"), "湖": ("lake",)}
_SHORTEST = 6
_WORD = 3


@lru_cache(maxsize=3)
def _table(name: str) -> Mapping[str, tuple[str, ...]]:
    raw = tomllib.loads(files("detectors").joinpath("data").joinpath(_FILE).read_text(encoding="utf-8"))[name]
    return {key(word): tuple(chain(*map(_folded, others))) for word, others in raw.items()}


def _folded(word: str) -> tuple[str, ...]:
    """Return a word as it is folded, in other letters than Latin with a capital too: those fold by their own shape."""
    return (key(word),) if word.isascii() else tuple(dict.fromkeys((key(word), key(word.capitalize()))))


@lru_cache(maxsize=1)
def _in_other_letters() -> Mapping[str, tuple[str, ...]]:
    """Return the goods' words in other letters than Latin: of a wider good they serve for its kinds as well."""
    raw = tomllib.loads(files("detectors").joinpath("data").joinpath(_FILE).read_text(encoding="utf-8"))["goods"]
    return {key(word): tuple(chain(*(_folded(o) for o in others if not o.isascii()))) for word, others in raw.items()}


@lru_cache(maxsize=4096)
def translations(good: str) -> tuple[str, ...]:
    """Return the folded English, Russian and Mongolian words for a folded Chinese good, by its longest known ending, else as
    a dictionary has the whole; and those in other letters by every ending; () where none is known.

    >>> "greentea" in translations("头春绿茶"), translations("岚")
    (True, ())
    """
    tails = [good[start:] for start in range(len(good)) if good[start:] in _table("goods")]
    found = _table("goods")[tails[0]] if tails else _whole(good)
    return tuple(dict.fromkeys((*found, *chain(*(_in_other_letters().get(tail, ()) for tail in tails[1:])))))


def _whole(good: str) -> tuple[str, ...]:
    single = (row[0] for row in in_english(good) if len(row) == 1 and len(row[0]) > _WORD)
    return tuple(islice(single, 2)) if len(good) > 1 else ()


def parts(name: str, table: str) -> tuple[tuple[str, ...], ...]:
    """Return the English words for each part of a folded name, the longest parts first; () where one is not known."""
    known, found, position = _table(table), [], 0
    while position < len(name):
        size = next(
            (size for size in range(len(name) - position, 0, -1) if name[position : position + size] in known), 0
        )
        if not size:
            return ()
        found.append(known[name[position : position + size]])
        position += size
    return tuple(found)


@lru_cache(maxsize=4096)
def english_place(place: str) -> tuple[str, ...]:
    """Return what a folded Chinese place may be called in English where all of it has a meaning, at most twelve forms.

    A mountain or lake of one syllable is also called by its pinyin.

    >>> english_place("西湖"), english_place("岚山")
    (('westlake', 'westernlake', 'lakexi', 'xilake'), ('mountlan', 'mtlan', 'lanmountain'))
    """
    pieces = parts(place, "land")
    whole = ["".join(words) for words in islice(product(*pieces), _MOST)] if pieces else []
    stem, kind = place[:-1], place[-1:]
    if len(stem) == 1 and kind in _BEFORE:
        whole += [f"{word}{reading(stem)}" for word in _BEFORE[kind]]
        whole.append(f"{reading(stem)}{_table('land')[kind][0]}")
    return tuple(word for word in dict.fromkeys(whole) if len(word) >= _SHORTEST or word.startswith("mt"))

"""Large portfolios and the stream of titles that passes by them: for figures of speed, not of quality. Seeded.

Half of the rights are invented marks of everyday characters with a Latin form, half are indications whose places are
real place names (jieba's dictionary), so that ordinary titles do hold a place or the goods now and then.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files

from bench.corpora import titles
from bench.detection.names import FAR_GOODS, GI_GOODS, SYLLABLES, TM_GOODS
from records.model import Listing, Right
from records.terms import GiRoute, RightKind

DAY = date(2026, 6, 1)
_TRIES = 1_000_000
_NAMED = 0.005
"""Share of the stream's titles that hold a right's name."""
_LOCAL = 0.10
"""Share that hold some place's name and other goods."""


@dataclass(frozen=True)
class Stream:
    """Rights and the listings that are matched against them."""

    rights: tuple[Right, ...]
    listings: tuple[Listing, ...]


@lru_cache(maxsize=1)
def _places() -> tuple[str, ...]:
    text = files("jieba").joinpath("dict.txt").read_text(encoding="utf-8")
    rows = (line.split(" ") for line in text.splitlines())
    return tuple(row[0] for row in rows if len(row) == 3 and row[2] == "ns" and 2 <= len(row[0]) <= 3)


@lru_cache(maxsize=1)
def _characters() -> str:
    """Return the first level of GB 2312: 3,755 everyday characters."""
    codes = ((high, low) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF))
    return "".join(bytes(code).decode("gb2312", "ignore") for code in codes)


def _fresh(rng: random.Random, taken: set[str], number: int) -> tuple[str, str]:
    """Return a name of two to five characters and a Latin form that were not taken yet. Raises RuntimeError."""
    size = (3, 4, 2, 3, 4, 5)[number % 6]
    for _ in range(_TRIES):
        name, latin = "".join(rng.sample(_characters(), size)), "".join(rng.sample(SYLLABLES, 4))
        if name not in taken and latin not in taken:
            taken.update((name, latin))
            return name, latin
    raise RuntimeError(f"expected a fresh name of {size} characters; found none in {_TRIES} tries")


def _mark(rng: random.Random, taken: set[str], number: int) -> Right:
    name, latin = _fresh(rng, taken, number)
    goods, nice = TM_GOODS[number % len(TM_GOODS)]
    return Right(
        f"m{number}", RightKind.TRADEMARK, name, aliases=(latin,), goods=(goods,), nice_classes=(nice,), owner=name
    )


def _indication(rng: random.Random, number: int) -> Right:
    place, goods = rng.choice(_places()), GI_GOODS[number % len(GI_GOODS)]
    route = tuple(GiRoute)[number % 4]
    return Right(f"g{number}", RightKind.GI, place + goods, goods=(goods,), region=f"{place}县", route=route)


def rights(count: int, seed: int) -> tuple[Right, ...]:
    """Return `count` rights, half of them marks and half indications."""
    rng, taken = random.Random(seed), set[str]()
    marks = [_mark(rng, taken, number) for number in range(count - count // 2)]
    return (*marks, *(_indication(rng, number) for number in range(count // 2)))


def _mixed(rng: random.Random, all_rights: tuple[Right, ...], ordinary: list[str]) -> Iterator[str]:
    for title in ordinary:
        kind = rng.random()
        if kind < _NAMED:
            yield f"{rng.choice(all_rights).name} {title}"
        elif kind < _NAMED + _LOCAL:
            yield f"{rng.choice(_places())}{rng.choice(FAR_GOODS)} {title}"
        else:
            yield title


def stream(rights_count: int, titles_count: int, seed: int) -> Stream:
    """Return a portfolio and a stream of titles: 0.5 % hold a right's name, 10 % a place, the others are ordinary."""
    made = rights(rights_count, seed)
    mixed = _mixed(random.Random(seed), made, titles(titles_count, seed))
    return Stream(made, tuple(Listing(str(number), title) for number, title in enumerate(mixed)))

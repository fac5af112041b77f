"""Which marks are registered in the logo benchmark, which pictures show one, and which show none of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from bench.detection import logo_scenes as scenes
from bench.detection.marks import Mark, brand_of, family, marks, names, split_of

ANOTHER_MARK = frozenset({
    "chef", "gleam", "jetbrains-icon", "jetbrains", "okta-icon", "shortcut-icon", "zsh", "c", "kimi-icon", "immer", "redis",
    "vitest", "jupyter",
})  # fmt: skip
"""Drawings of a brand's other or older mark, or of more than the mark: told by eye before anything was measured."""
WITHIN_MORE = frozenset({
    "clion", "pycharm", "rider", "rubymine", "spinnaker", "suse", "cirrus-ci", "nodemon", "teamcity", "webstorm",
})  # fmt: skip
"""Drawings in which the mark is but a smaller part of a larger design."""
_LIKE_SHAPE = 0.12
NEGATIVES = ("other marks", "plain scene", "words and shapes")


@dataclass(frozen=True, slots=True)
class Registered:
    """A mark of the bank, and another's drawing of it where there is one."""

    mark: Mark
    other: Mark | None


@dataclass(frozen=True, slots=True)
class Case:
    """A picture: its bytes, the brand that it shows ("" for none of the bank), and how it was made."""

    data: bytes
    brand: str
    kind: str
    share: float = 0.0
    box: tuple[int, int, int, int] = (0, 0, 0, 0)
    note: str = ""


def _shape(mark: Mark) -> float:
    return float(np.log(mark.pixels.shape[1] / mark.pixels.shape[0]))


def bank(part: str, size: int) -> list[Registered]:
    """Return `size` registered marks of one part: first those that others drew too, then more by name's digest order."""
    return _registered([mark for mark in marks("registered") if split_of(mark.brand) == part], marks("others"))[:size]


def small(part: str, count: int) -> tuple[list[Registered], list[Mark]]:
    """Return the first brands of a part that others drew too, by name, and as many strangers: little to fetch and draw."""
    known = [name for name in names("registered") if split_of(brand_of(name)) == part]
    drawn: dict[str, str] = {}
    for name in names("others"):
        drawn.setdefault(brand_of(name), name)
    paired = [name for name in known if brand_of(name) in drawn][:count]
    families = {family(brand_of(name)) for name in paired}
    strange = [name for name in known if family(brand_of(name)) not in families][:count]
    own = marks("registered", frozenset(paired + strange))
    registered = _registered(
        [mark for mark in own if mark.name in paired],
        marks("others", frozenset(drawn[brand_of(name)] for name in paired)),
    )
    return registered, [mark for mark in own if mark.name in strange]


def _registered(marks: Iterable[Mark], others: Iterable[Mark]) -> list[Registered]:
    """Return all marks, those that others drew in like proportions first; the rest by chance."""
    known = {mark.brand: mark for mark in marks}
    drawn: dict[str, Mark] = {}
    for mark in others:
        named = mark.brand in known and mark.name not in ANOTHER_MARK | WITHIN_MORE
        if named and abs(_shape(mark) - _shape(known[mark.brand])) < _LIKE_SHAPE:
            drawn.setdefault(mark.brand, mark)
    pairs = [Registered(known[brand], drawn[brand]) for brand in sorted(drawn)]
    rest = [Registered(mark, None) for brand, mark in sorted(known.items()) if brand not in drawn]
    order = np.random.default_rng(5).permutation(len(rest))
    return pairs + [rest[int(n)] for n in order]


def positives(
    registered: list[Registered], numbers: Iterable[int], seed: int, *, every: bool = False
) -> Iterator[Case]:
    """Yield the pictures of these numbers that show a mark of the bank: edits by turns, brands, grounds, sizes by chance.

    They are of brands that others drew too; with `every`, of any brand where the edit needs no other drawing.
    """
    pairs = [item for item in registered if item.other is not None]
    for number in numbers:
        rng = np.random.default_rng([seed, 1, number])
        edit = scenes.EDITS[(number // 2) % len(scenes.EDITS)] if number % 2 else "others'"
        some = registered if every and edit != "others'" else pairs
        item = some[int(rng.integers(len(some)))]
        kind = scenes.GROUNDS[int(rng.integers(len(scenes.GROUNDS)))]
        share = scenes.sized(rng)
        other = item.other or item.mark
        shown = scenes.with_mark(item.mark.pixels, other.pixels, kind, edit, share, rng)
        yield Case(shown.data, item.mark.brand, edit, share, shown.box, kind)


def strangers(part: str, registered: list[Registered]) -> list[Mark]:
    """Return drawings of the part's brands that are of no family in the bank."""
    families = {family(item.mark.brand) for item in registered}
    every = [*marks("others"), *marks("registered")]
    return [mark for mark in every if split_of(mark.brand) == part and family(mark.brand) not in families]


def negatives(others: list[Mark], numbers: Iterable[int], seed: int) -> Iterator[Case]:
    """Yield the pictures of these numbers that show no mark of the bank: half of them show strangers' marks."""
    for number in numbers:
        rng = np.random.default_rng([seed, 2, number])
        kind = scenes.GROUNDS[int(rng.integers(len(scenes.GROUNDS)))]
        if number % 2 == 0:
            mark = others[int(rng.integers(len(others)))]
            edit = scenes.choose(("others'", "recoloured", "turned", "perspective", "light on dark"), rng)
            share = scenes.sized(rng)
            shown = scenes.with_mark(mark.pixels, mark.pixels, kind, edit, share, rng)
            yield Case(shown.data, "", NEGATIVES[0], share, shown.box, mark.name)
        elif number % 4 == 1:
            yield Case(scenes.without_marks(kind, rng), "", NEGATIVES[1], note=kind)
        else:
            yield Case(scenes.shapes_picture(rng), "", NEGATIVES[2])

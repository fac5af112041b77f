"""Finding all needles of all rights in one pass a layer (daachorse, overlapping matches).

Most fields hold nothing that is looked for, and most of what is found says nothing alone (the goods of an indication
without its place). So a field is first searched without offsets; matches, with their spans in the original, are only
made for the rights that a *whole* needle, or needles of two different *halves*, were found for.
"""

import gc
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

from daachorse import CharwiseDoubleArrayAhoCorasick

from detectors.sieve import Sieve
from detectors.types import HALVES, Layer, Match, Needle, Span
from detectors.view import FieldView

_MAX_MATCHES = 2_000
_MAX_REPEATS = 6
_MAX_PER_LISTING = 24
_WHOLE = ""


@dataclass(frozen=True, slots=True)
class _Found:
    """What is found in one layer of a field: start, end and the pattern's number; and every pattern that occurs."""

    field: FieldView
    layer: Layer
    places: Sequence[tuple[int, int, int]]
    numbers: frozenset[int]


@dataclass(slots=True, eq=False)
class _Pattern:
    """One text that is looked for: right → its needles of that text, and which rights it is what half for.

    `guarded` are the rights that it says nothing of unless one of some characters stands in the listing too.
    """

    needles: Mapping[int, Sequence[Needle]]
    halves: Sequence[tuple[str, frozenset[int]]]
    guarded: Sequence[tuple[str, frozenset[str], int, int]]

    def besides(self, chars: frozenset[str]) -> list[tuple[str, frozenset[int]]]:
        """Return the halves whose guard is met by the characters of a listing, with their right."""
        return [
            (half, frozenset((right,))) for half, beside, least, right in self.guarded if len(beside & chars) >= least
        ]


@contextmanager
def unhurried() -> Iterator[None]:
    """Hold the collector of reference cycles: millions of objects are made here, none of them in a cycle."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class NeedleIndex:
    """An automaton a layer over the needles of many rights; rights are known by their position.

    Built once; `find` costs one pass over each layer of each field, however many rights there are.
    """

    def __init__(self, needles: Iterable[tuple[int, Needle]]) -> None:
        with unhurried():
            self._build(needles)

    def _build(self, needles: Iterable[tuple[int, Needle]]) -> None:
        owners: dict[Layer, dict[str, dict[int, list[Needle]]]] = {layer: {} for layer in Layer}
        for right, needle in needles:
            if needle.text:
                owners[needle.layer].setdefault(needle.text, {}).setdefault(right, []).append(needle)
        self._patterns = {layer: [_pattern(of) for of in texts.values()] for layer, texts in owners.items()}
        self._automata = {
            layer: CharwiseDoubleArrayAhoCorasick(list(texts)) for layer, texts in owners.items() if texts
        }

    def sieve(self, max_field: int) -> Sieve:
        """Return the first stage, which says of many listings which of them `find` would find nothing in."""
        bits = {half: 2 << place for place, half in enumerate(chain(*HALVES))}
        masks = {
            layer: [sum(bits.get(half, 1) for half in _halves(pattern)) for pattern in patterns]
            for layer, patterns in self._patterns.items()
        }
        return Sieve(self._automata, masks, [bits[one] | bits[other] for one, other in HALVES], max_field)

    @property
    def size(self) -> int:
        """How many texts are looked for, over all layers."""
        return sum(map(len, self._patterns.values()))

    @property
    def empty(self) -> bool:
        """Whether nothing is looked for."""
        return not self._automata

    def find(self, fields: Iterable[FieldView], also: frozenset[int] = frozenset()) -> Mapping[int, tuple[Match, ...]]:
        """Return right → matches in the order of fields and places, for the rights that are to be looked at.

        These are the ones that needles say something about, and those in `also`. At most 2,000 matches a field and
        layer, six of one needle in a field and 24 in a listing: one more says nothing new.
        """
        views = tuple(fields)
        found = [item for field in views for layer in self._automata if (item := self._search(field, layer))]
        rights = self._wanted(found, views) | also if found else also
        return self._matches(found, rights) if found and rights else {}

    def _search(self, field: FieldView, layer: Layer) -> _Found | None:
        text = field.layer_text(layer)
        places = self._automata[layer].find_overlapping(text) if text else None
        if not places:
            return None
        numbers = frozenset([place[2] for place in places])
        return _Found(field, layer, places if len(places) <= _MAX_REPEATS else _few(places), numbers)

    def _wanted(self, found: Sequence[_Found], views: Sequence[FieldView]) -> frozenset[int]:
        """Return the rights that a whole needle, or needles of two halves, were found for."""
        wanted: set[int] = set()
        halves: dict[str, list[frozenset[int]]] = {}
        chars = frozenset("".join([view.plain_text for view in views]))
        for pattern in {self._patterns[item.layer][number] for item in found for number in item.numbers}:
            for half, rights in (*pattern.halves, *pattern.besides(chars)):
                if half == _WHOLE:
                    wanted |= rights
                else:
                    halves.setdefault(half, []).append(rights)
        for one, other in HALVES:
            if one in halves and other in halves:
                wanted |= set().union(*halves[one]) & set().union(*halves[other])
        return frozenset(wanted)

    def _matches(self, found: Sequence[_Found], rights: frozenset[int]) -> Mapping[int, tuple[Match, ...]]:
        """Return the wanted rights' matches with their spans in the original."""
        made: dict[int, list[Match]] = defaultdict(list)
        seen: Counter[tuple[int, Needle]] = Counter()
        for item in found:
            patterns = self._patterns[item.layer]
            for start, end, number in item.places:
                needles = patterns[number].needles
                for right in sorted(needles.keys() & rights):
                    _add(made[right], seen, right, needles[right], item, start, end)
        return {right: tuple(matches) for right, matches in made.items()}


def _few(places: Sequence[tuple[int, int, int]]) -> Sequence[tuple[int, int, int]]:
    """Leave out what is found more than six times, and what comes after the two thousandth place."""
    counts: Counter[int] = Counter()
    kept = []
    for place in places[:_MAX_MATCHES]:
        counts[place[2]] += 1
        if counts[place[2]] <= _MAX_REPEATS:
            kept.append(place)
    return kept


def _add(
    made: list[Match],
    seen: Counter[tuple[int, Needle]],
    right: int,
    needles: Sequence[Needle],
    item: _Found,
    start: int,
    end: int,
) -> None:
    """Add a match for each needle of one right at one place."""
    text = item.field.layer(item.layer)
    if text is None:
        return
    span = Span(item.field.name, *text.original(start, end))
    for needle in needles:
        seen[right, needle] += 1
        if seen[right, needle] <= _MAX_PER_LISTING:
            made.append(Match(needle, start, end, span))


def _pattern(owners: Mapping[int, Sequence[Needle]]) -> _Pattern:
    if len(owners) == 1:
        right, needles = next(iter(owners.items()))
        if len(needles) == 1 and not needles[0].beside:
            return _Pattern(owners, ((needles[0].half, frozenset((right,))),), ())
        if len(needles) == 1:
            only = needles[0]
            return _Pattern(owners, (), ((only.half, only.beside, only.least, right),))
    halves: dict[str, set[int]] = {}
    for right, needles in owners.items():
        for needle in needles:
            if not needle.beside:
                halves.setdefault(needle.half, set()).add(right)
    guarded = {
        (needle.half, needle.beside, needle.least, right): None
        for right, needles in owners.items()
        for needle in needles
        if needle.beside and right not in halves.get(needle.half, ())
    }
    return _Pattern(
        owners,
        tuple((half, frozenset(rights)) for half, rights in halves.items()),
        tuple(guarded),
    )


def _halves(pattern: _Pattern) -> set[str]:
    return {half for half, _ in pattern.halves} | {half for half, *_ in pattern.guarded}

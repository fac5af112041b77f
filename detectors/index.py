"""Finding all needles of all rights in one pass a layer (daachorse, overlapping matches).

Most fields hold nothing that is looked for, and most of what is found says nothing alone (the goods of an indication
without its place). So a field is first searched without offsets; matches, with their spans in the original, are only
made for the rights that a *whole* needle, or needles of both *halves* of a pair, were found for.
"""

import gc
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from daachorse import CharwiseDoubleArrayAhoCorasick

from detectors.beginnings import Beginnings, Owned
from detectors.sieve import Pattern, Sieve
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


_Single = tuple[int, Needle]
"""A text that one needle of one right looks for. Nearly all are: kept bare, since there may be millions."""


class _Guarded(NamedTuple):
    """Rights that a text is one half of; with needles of theirs, by a character of the guard, only those that are met."""

    half: str
    rights: frozenset[int]
    needles: Mapping[str, Sequence[_Single]]

    def met(self, rights: frozenset[int], chars: frozenset[str]) -> frozenset[int]:
        """Return which of some rights' guards are met."""
        if not self.needles:
            return rights
        near = chain.from_iterable([self.needles[char] for char in chars & self.needles.keys()])
        return frozenset([right for right, needle in near if right in rights and _met(needle, chars)])


@dataclass(slots=True, eq=False)
class _Pattern:
    """One text that several needles look for: right → its needles, and which rights it is what half for.

    `guarded` are the needles that say nothing unless some characters stand in the listing too.
    """

    needles: Mapping[int, Sequence[Needle]]
    halves: Sequence[tuple[str, frozenset[int]]]
    guarded: Sequence[_Single]
    _groups: Sequence[_Guarded] | None = None

    def groups(self) -> Sequence[_Guarded]:
        """Return the rights by half, the guarded ones apart; made when first asked for, since few texts are ever found."""
        if self._groups is None:
            by_half: dict[str, list[_Single]] = defaultdict(list)
            for single in self.guarded:
                by_half[single[1].half].append(single)
            self._groups = (
                *(_Guarded(half, rights, {}) for half, rights in self.halves),
                *(_grouped(half, singles) for half, singles in by_half.items()),
            )
        return self._groups


def _grouped(half: str, singles: Sequence[_Single]) -> _Guarded:
    needles: dict[str, list[_Single]] = defaultdict(list)
    for single in singles:
        for char in single[1].beside:
            needles[char].append(single)
    return _Guarded(half, frozenset([right for right, _ in singles]), needles)


_Kept = _Single | _Pattern


@contextmanager
def _unhurried() -> Iterator[None]:
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
        owners: dict[Layer, dict[str, list[_Single]]] = {layer: {} for layer in Layer}
        with _unhurried():
            for right, needle in needles:
                if needle.text:
                    owners[needle.layer].setdefault(needle.text, []).append((right, needle))
            self._automata = {
                layer: CharwiseDoubleArrayAhoCorasick(list(texts)) for layer, texts in owners.items() if texts
            }
            # Each list is given up once its pattern is made: with many rights this is what the memory is full of.
            self._patterns: dict[Layer, list[_Kept]] = {
                layer: [_pattern(texts.pop(text)) for text in list(texts)] for layer, texts in owners.items()
            }

    def sieve(self, max_field: int) -> Sieve:
        """Return the first stage, which says of many listings which of them `find` would find nothing in."""
        bits = {half: 2 << place for place, half in enumerate(chain(*HALVES))}
        masks = {
            layer: [sum(bits.get(half, 1) for half in _halves(pattern)) for pattern in patterns]
            for layer, patterns in self._patterns.items()
        }
        pairs = [bits[one] | bits[other] for one, other in HALVES]
        with _unhurried():
            owned = {layer: list(map(_owned, patterns)) for layer, patterns in self._patterns.items()}
            beginnings = Beginnings(owned)
        return Sieve(self._automata, masks, pairs, self._says, beginnings, max_field)

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
        chars = frozenset("".join([view.plain_text for view in views]))
        kept = {(item.layer, number) for item in found for number in item.numbers}
        return self._said([self._patterns[layer][number] for layer, number in kept], chars)

    def _says(self, patterns: Iterable[Pattern], chars: frozenset[str]) -> bool:
        """Whether patterns say anything of one right: what `_said` would say, without putting all rights together."""
        halves: dict[str, list[_Guarded]] = defaultdict(list)
        for layer, number in patterns:
            pattern = self._patterns[layer][number]
            for group in _alone(*pattern, chars) if isinstance(pattern, tuple) else pattern.groups():
                if group.half:
                    halves[group.half].append(group)
                elif group.met(group.rights, chars):
                    return True
        return any(
            one in halves and other in halves and _meet(halves[one], halves[other], chars) for one, other in HALVES
        )

    def _said(self, patterns: Iterable[_Kept], chars: frozenset[str]) -> frozenset[int]:
        """Return the rights that patterns say something of, in a listing that holds these characters."""
        halves: dict[str, set[int]] = defaultdict(set)
        for pattern in patterns:
            if isinstance(pattern, tuple):
                _say(halves, pattern, chars)
                continue
            for half, rights in pattern.halves:
                halves[half] |= rights
            for single in pattern.guarded:
                _say(halves, single, chars)
        wanted = halves[_WHOLE]
        for one, other in HALVES:
            wanted |= halves[one] & halves[other]
        return frozenset(wanted)

    def _matches(self, found: Sequence[_Found], rights: frozenset[int]) -> Mapping[int, tuple[Match, ...]]:
        """Return the wanted rights' matches with their spans in the original."""
        made: dict[int, list[Match]] = defaultdict(list)
        seen: Counter[tuple[int, Needle]] = Counter()
        for item in found:
            patterns = self._patterns[item.layer]
            for start, end, number in item.places:
                needles = _needles(patterns[number])
                for right in sorted(needles.keys() & rights):
                    _add(made[right], seen, right, needles[right], item, start, end)
        return {right: tuple(matches) for right, matches in made.items()}


def _alone(right: int, needle: Needle, chars: frozenset[str]) -> Sequence[_Guarded]:
    """Return the group of one needle, where its guard is met."""
    return (_Guarded(needle.half, frozenset((right,)), {}),) if _met(needle, chars) else ()


def _meet(ones: Iterable[_Guarded], others: Sequence[_Guarded], chars: frozenset[str]) -> bool:
    """Whether a first and a second half are of one right, and both are met."""
    return any(
        not one.rights.isdisjoint(other.rights) and other.met(one.met(one.rights & other.rights, chars), chars)
        for one in ones
        for other in others
    )


def _say(halves: dict[str, set[int]], single: _Single, chars: frozenset[str]) -> None:
    """Note what one needle says where its guard is met."""
    right, needle = single
    if _met(needle, chars):
        halves[needle.half].add(right)


def _met(needle: Needle, chars: frozenset[str]) -> bool:
    """Whether enough of what must stand beside a needle is there."""
    if chars.isdisjoint(needle.beside):
        return not needle.beside
    return needle.least == 1 or sum(char in chars for char in needle.beside) >= needle.least


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


def _pattern(owned: Sequence[_Single]) -> _Kept:
    if len(owned) == 1:
        return owned[0]
    needles: dict[int, tuple[Needle, ...]] = {}
    halves: dict[str, set[int]] = {}
    for right, needle in owned:
        needles[right] = (*needles.get(right, ()), needle)
        if not needle.beside:
            halves.setdefault(needle.half, set()).add(right)
    guarded = [single for single in owned if single[1].beside and single[0] not in halves.get(single[1].half, ())]
    return _Pattern(needles, tuple((half, frozenset(rights)) for half, rights in halves.items()), tuple(guarded))


def _halves(pattern: _Kept) -> set[str]:
    if isinstance(pattern, tuple):
        return {pattern[1].half}
    return {half for half, _ in pattern.halves} | {needle.half for _, needle in pattern.guarded}


def _owned(pattern: _Kept) -> Owned:
    """Return the needles of a pattern, with their rights."""
    if isinstance(pattern, tuple):
        return (pattern,)
    return [(right, needle) for right, needles in pattern.needles.items() for needle in needles]


def _needles(pattern: _Kept) -> Mapping[int, Sequence[Needle]]:
    return {pattern[0]: (pattern[1],)} if isinstance(pattern, tuple) else pattern.needles

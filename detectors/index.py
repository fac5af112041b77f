"""Finding all needles of all rights in one pass a layer (daachorse, overlapping matches).

Most fields hold nothing that is looked for, and most of what is found says nothing alone (the goods of an indication
without its place). So a field is first searched without offsets; matches, with their spans in the original, are only
made for the rights that a *whole* needle, or needles of two different *halves*, were found for.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from daachorse import CharwiseDoubleArrayAhoCorasick

from detectors.sieve import Sieve
from detectors.types import Layer, Match, Needle, Span
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


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One text that several needles look for: right → its needles, and which rights it is what half for."""

    needles: Mapping[int, tuple[Needle, ...]]
    halves: Sequence[tuple[str, frozenset[int]]]


_Single = tuple[int, Needle]
"""A text that one needle of one right looks for. Nearly all are: kept bare, since there may be millions."""


class NeedleIndex:
    """An automaton a layer over the needles of many rights; rights are known by their position.

    Built once; `find` costs one pass over each layer of each field, however many rights there are.
    """

    def __init__(self, needles: Iterable[tuple[int, Needle]]) -> None:
        owners: dict[Layer, dict[str, list[tuple[int, Needle]]]] = {layer: {} for layer in Layer}
        for right, needle in needles:
            if needle.text:
                owners[needle.layer].setdefault(needle.text, []).append((right, needle))
        self._automata = {
            layer: CharwiseDoubleArrayAhoCorasick(list(texts)) for layer, texts in owners.items() if texts
        }
        # Each list is given up once its pattern is made: with many rights this is what the memory is full of.
        self._patterns: dict[Layer, list[_Single | _Pattern]] = {
            layer: [_pattern(texts.pop(text)) for text in list(texts)] for layer, texts in owners.items()
        }

    def sieve(self, max_field: int) -> Sieve:
        """Return the first stage, which says of many listings which of them `find` would find nothing in."""
        bits = {half: 2 << place for place, half in enumerate(sorted(self._halves()))}
        masks = {
            layer: [sum(bits.get(half, 1) for half, _ in _halves(pattern)) for pattern in patterns]
            for layer, patterns in self._patterns.items()
        }
        return Sieve(self._automata, masks, max_field)

    def _halves(self) -> set[str]:
        found = {half for of in self._patterns.values() for pattern in of for half, _ in _halves(pattern)}
        return found - {_WHOLE}

    @property
    def empty(self) -> bool:
        """Whether nothing is looked for."""
        return not self._automata

    def find(self, fields: Iterable[FieldView], also: frozenset[int] = frozenset()) -> Mapping[int, tuple[Match, ...]]:
        """Return right → matches in the order of fields and places, for the rights that are to be looked at.

        These are the ones that needles say something about, and those in `also`. At most 2,000 matches a field and
        layer, six of one needle in a field and 24 in a listing: one more says nothing new.
        """
        found = [item for field in fields for layer in self._automata if (item := self._search(field, layer))]
        rights = self._wanted(found) | also if found else also
        return self._matches(found, rights) if found and rights else {}

    def _search(self, field: FieldView, layer: Layer) -> _Found | None:
        text = field.layer_text(layer)
        places = self._automata[layer].find_overlapping(text) if text else None
        if not places:
            return None
        numbers = frozenset([place[2] for place in places])
        return _Found(field, layer, places if len(places) <= _MAX_REPEATS else _few(places), numbers)

    def _wanted(self, found: Sequence[_Found]) -> frozenset[int]:
        """Return the rights that a whole needle, or needles of two halves, were found for."""
        wanted: set[int] = set()
        halves: dict[str, list[frozenset[int]]] = {}
        for item in found:
            for number in item.numbers:
                for half, rights in _halves(self._patterns[item.layer][number]):
                    if half == _WHOLE:
                        wanted |= rights
                    else:
                        halves.setdefault(half, []).append(rights)
        if len(halves) > 1:
            wanted |= _in_two(list(halves.values()))
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


def _pattern(owned: Sequence[_Single]) -> _Single | _Pattern:
    if len(owned) == 1:
        return owned[0]
    needles: dict[int, tuple[Needle, ...]] = {}
    halves: dict[str, set[int]] = {}
    for right, needle in owned:
        needles[right] = (*needles.get(right, ()), needle)
        halves.setdefault(needle.half, set()).add(right)
    return _Pattern(needles, tuple((half, frozenset(rights)) for half, rights in halves.items()))


def _halves(pattern: _Single | _Pattern) -> Sequence[tuple[str, frozenset[int]]]:
    return ((pattern[1].half, frozenset({pattern[0]})),) if isinstance(pattern, tuple) else pattern.halves


def _needles(pattern: _Single | _Pattern) -> Mapping[int, tuple[Needle, ...]]:
    return {pattern[0]: (pattern[1],)} if isinstance(pattern, tuple) else pattern.needles


def _in_two(halves: Sequence[Sequence[frozenset[int]]]) -> set[int]:
    """Return the rights that stand in at least two of the groups."""
    sizes = sorted(halves, key=lambda group: sum(map(len, group)))
    both: set[int] = set()
    for position, group in enumerate(sizes):
        for rights in group:
            for other in sizes[position + 1 :]:
                for others in other:
                    both |= rights & others
    return both

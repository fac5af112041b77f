"""Finding all needles of all rights in one pass a layer (daachorse, overlapping matches)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from daachorse import CharwiseDoubleArrayAhoCorasick

from detectors.types import Layer, Match, Needle, Span
from detectors.view import FieldView

_MAX_MATCHES = 2_000
_MAX_REPEATS = 6
_MAX_PER_LISTING = 24


class NeedleIndex:
    """An automaton a layer over the needles of many rights; rights are known by their position.

    Built once; `find` costs one pass over each layer of each field, however many rights there are.
    """

    def __init__(self, needles: Iterable[tuple[int, Needle]]) -> None:
        self._owners: dict[Layer, dict[str, list[tuple[int, Needle]]]] = {layer: {} for layer in Layer}
        for right, needle in needles:
            if needle.text:
                self._owners[needle.layer].setdefault(needle.text, []).append((right, needle))
        self._patterns = {layer: list(owners) for layer, owners in self._owners.items()}
        self._automata = {
            layer: CharwiseDoubleArrayAhoCorasick(patterns) for layer, patterns in self._patterns.items() if patterns
        }

    def find(self, fields: Iterable[FieldView]) -> Mapping[int, tuple[Match, ...]]:
        """Return right → matches in the order of fields and places.

        At most 2,000 matches a field and layer, six of one needle in a field and 24 in a listing: one more says
        nothing new.
        """
        found: dict[int, list[Match]] = defaultdict(list)
        seen: Counter[tuple[int, Needle]] = Counter()
        for field in fields:
            for layer in self._automata:
                for right, match in self._in_layer(field, layer):
                    seen[right, match.needle] += 1
                    if seen[right, match.needle] <= _MAX_PER_LISTING:
                        found[right].append(match)
        return {right: tuple(matches) for right, matches in found.items()}

    def _in_layer(self, field: FieldView, layer: Layer) -> Iterator[tuple[int, Match]]:
        text = field.layer(layer)
        if text is None or not text.text:
            return
        patterns, owners = self._patterns[layer], self._owners[layer]
        counts: Counter[int] = Counter()
        for start, end, number in self._automata[layer].find_overlapping(text.text)[:_MAX_MATCHES]:
            counts[number] += 1
            if counts[number] > _MAX_REPEATS:
                continue
            span = Span(field.name, *text.original(start, end))
            for right, needle in owners[patterns[number]]:
                yield right, Match(needle, start, end, span)

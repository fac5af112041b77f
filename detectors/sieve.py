"""Which of many listings hold anything that is looked for: the first stage, over a batch at a time.

The texts of a batch become one array of code points, folded by table. First, listings without the beginning of any needle
go (`detectors.grams`); of the others each layer is searched once (daachorse). What passes is searched again by itself,
with offsets; what does not pass would give no hit. It may let through too much, never too little: what the tables cannot
fold one for one passes.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from daachorse import CharwiseDoubleArrayAhoCorasick

from detectors import batch
from detectors.batch import Codes, Mask, Places
from detectors.grams import SEEN, Grams
from detectors.readings import MAX_READ, joins_fields, read_otherwise, readings_of
from detectors.types import Layer
from detectors.view import field_texts
from records.model import Listing

Pattern = tuple[Layer, int]
"""A layer and the number of a pattern in its automaton."""


class _Enough(dict[int, bool]):
    """A listing's mask → whether it must be looked at."""

    def __init__(self, pairs: Sequence[int]) -> None:
        super().__init__()
        self._pairs = pairs

    def __missing__(self, mask: int) -> bool:
        self[mask] = bool(mask & 1) or any(mask & pair == pair for pair in self._pairs)
        return self[mask]


class Sieve:
    """The automata of an index, with a mask for each pattern: bit 0 says enough alone, each other bit is a half.

    Each of `pairs` holds the bits of two halves that say enough together. `says` is asked of what passes by these: whether
    the patterns that were found say anything of one right, beside the characters of the listing. `grams` are the
    beginnings of all patterns but the second halves of pairs.
    """

    def __init__(
        self,
        automata: Mapping[Layer, CharwiseDoubleArrayAhoCorasick],
        masks: Mapping[Layer, Sequence[int]],
        pairs: Sequence[int],
        says: Callable[[Iterable[Pattern], frozenset[str]], bool],
        grams: Mapping[Layer, Grams],
        max_field: int,
    ) -> None:
        self._automata, self._masks, self._max = automata, masks, max_field
        self._enough, self._says = _Enough(pairs), says
        self._grams = grams

    def passing(self, listings: Sequence[Listing]) -> list[bool]:
        """Whether each listing must be looked at; False promises that it has no hit by its texts."""
        passes = [False] * len(listings)
        some = self.beginning(listings)
        for number, says in zip(some, self._searched([listings[number] for number in some]), strict=True):
            passes[number] = says
        return passes

    def beginning(self, listings: Sequence[Listing]) -> list[int]:
        """Return the numbers of the listings that may hold a needle: all that do, and some others."""
        if not listings:
            return []
        raw, owners, alone = self._rows(listings)
        codes = batch.folded(raw)
        found = np.zeros(len(owners), dtype=np.bool_)
        found[batch.odd(codes)] = True
        texts = [_Text(*made) for made in batch.rough(codes, self._grams.keys())]
        asked = []
        for text in texts:
            if grams := self._grams.get(text.layer):
                sure, at, keys = grams.find(text.codes)
                found[text.rows(sure)] = True
                asked.append((grams, text.rows(at), keys))
        shown = [text for text in texts if text.layer in SEEN]
        for grams, rows, keys in asked:
            found[rows[~alone[rows]]] = True
            for text in shown:
                _beside(grams, rows, keys, text, found)
        return np.unique(owners[found]).tolist()

    def _rows(self, listings: Sequence[Listing]) -> tuple[Codes, Places, Mask]:
        """Return the listings' fields, a row each, and more rows for their readings; whose rows they are, and who has one.

        Titles are read as far as readings go, though fields may end before that: it is a little more, never less.
        """
        most = max(self._max, MAX_READ)
        titles = [listing.title[:most] for listing in listings]
        fuller = [
            number
            for number, listing in enumerate(listings)
            if listing.description or listing.seller or listing.attributes
        ]
        if fuller:
            fields = [[title] for title in titles]
            for number in fuller:
                fields[number] += [text for _, text, _ in field_texts(listings[number], self._max)]
            raw = batch.codes_of(batch.joined(fields))
        else:
            raw = batch.codes_of(batch.alone(titles))
        joining = [number for number in fuller if joins_fields(listings[number])]
        read = {*batch.rows_of(read_otherwise(raw), batch.ends_of(raw)).tolist(), *joining}
        alone = np.ones(len(listings), dtype=np.bool_)
        more = {number: texts for number in sorted(read) if (texts := [r.text for r in readings_of(listings[number])])}
        owners = np.arange(len(listings), dtype=np.intp)
        if more:
            raw = np.concatenate((raw, batch.codes_of(batch.joined(list(more.values())))))
            owners = np.concatenate((owners, np.fromiter(more, dtype=np.intp, count=len(more))))
            alone = np.concatenate((alone, np.zeros(len(more), dtype=np.bool_)))
            alone[list(more)] = False
        return raw, owners, alone

    def _searched(self, listings: Sequence[Listing]) -> list[bool]:
        """Whether what is found in each listing says anything of one right."""
        if not listings:
            return []
        codes = batch.folded(batch.codes_of(batch.joined([self._texts(listing) for listing in listings])))
        masks = [0] * len(listings)
        odd = frozenset(batch.odd(codes).tolist())
        found: dict[int, set[Pattern]] = defaultdict(set)
        for layer, folded in batch.layers(codes):
            if layer in self._automata:
                self._search(layer, folded, masks, found)
        plain = batch.without(codes)
        text, ends = batch.text_of(plain), [-1, *batch.ends_of(plain).tolist()]
        return [
            number in odd
            or (self._enough[mask] and self._says(found[number], frozenset(text[ends[number] + 1 : ends[number + 1]])))
            for number, mask in enumerate(masks)
        ]

    def _texts(self, listing: Listing) -> Sequence[str]:
        """Return the fields of a listing and the readings of them; a title alone, as most of a stream are, by a short way."""
        read = [reading.text for reading in readings_of(listing)]
        if listing.description or listing.seller or listing.attributes:
            return [text for _, text, _ in field_texts(listing, self._max)] + read or [""]
        return [listing.title[: self._max], *read]

    def _search(self, layer: Layer, codes: Codes, masks: list[int], patterns: dict[int, set[Pattern]]) -> None:
        """Add to each listing's mask, and to its patterns, what is found of it in one layer."""
        found = self._automata[layer].find_overlapping(batch.text_of(codes))
        if not found:
            return
        starts = np.fromiter((place[0] for place in found), dtype=np.int64, count=len(found))
        of = self._masks[layer]
        for number, place in zip(np.searchsorted(batch.ends_of(codes), starts).tolist(), found, strict=True):
            masks[number] |= of[place[2]]
            patterns[number].add((layer, place[2]))


class _Text:
    """A layer of all rows or, where `numbers` are given, of these."""

    def __init__(self, layer: Layer, codes: Codes, numbers: Places | None) -> None:
        self.layer, self.codes, self._numbers = layer, codes, numbers
        self.ends = batch.ends_of(codes)

    def rows(self, places: Places) -> Places:
        """Return the rows that places lie in."""
        rows = np.searchsorted(self.ends, places)
        return rows if self._numbers is None else self._numbers[rows]

    def inside(self, rows: Places) -> tuple[Places, Places]:
        """Return which of some rows are here, and where."""
        if self._numbers is None:
            return np.arange(len(rows)), rows
        at = np.searchsorted(self._numbers, rows)
        here = np.flatnonzero(self._numbers.take(at, mode="clip") == rows)
        return here, at[here]


def _beside(grams: Grams, rows: Places, keys: Codes, text: _Text, found: Mask) -> None:
    """Note the rows that hold in a text what must stand beside a needle whose beginning is there."""
    still = np.flatnonzero(~found[rows])
    here, places = text.inside(rows[still])
    if len(here):
        found[rows[still[here]][grams.beside(places, keys[still[here]], text.codes, text.ends)]] = True

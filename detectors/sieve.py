"""Which of many listings hold anything that is looked for: the first stage, over a batch at a time.

The texts of a batch become one array of code points, folded by table. First all listings go that hold the beginning of no
needle, or nothing that a needle needs beside it (`detectors.grams`); of the others each layer is searched once
(daachorse). What passes is searched again by itself, with offsets; what does not pass would give no hit. It may let
through too much, never too little: what the tables cannot fold one for one passes.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from daachorse import CharwiseDoubleArrayAhoCorasick

from detectors import batch
from detectors.batch import Codes, Mask, Places
from detectors.beginnings import SEEN, Beginnings
from detectors.grams import beside
from detectors.reading import MAX_READ
from detectors.readings import joins_fields, read_otherwise, readings_of
from detectors.types import Layer
from detectors.view import field_texts
from records.model import Listing

Pattern = tuple[Layer, int]
"""A layer and the number of a pattern in its automaton."""
_MOST_TEXT = 4_000_000
"""Code points that are looked through at a time, where they are of more than one listing."""
_NONE: tuple[Places, Codes] = (np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.uint32))


class _Enough(dict[int, bool]):
    """A listing's mask → whether it must be looked at."""

    def __init__(self, pairs: Sequence[int]) -> None:
        super().__init__()
        self._pairs = pairs

    def __missing__(self, mask: int) -> bool:
        self[mask] = bool(mask & 1) or any(mask & pair == pair for pair in self._pairs)
        return self[mask]


@dataclass(frozen=True, slots=True)
class _Rows:
    """The original texts of listings, a row each, and further rows for the readings of some (`read`, by number).

    `owners` are the numbers of the listings that rows belong to, `partners` those of the other rows of the same listings:
    a row's own where there is none.
    """

    raw: Codes
    owners: Places
    partners: Places
    read: Mapping[int, Sequence[str]]


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

    def only(self, wanted: Mask) -> "_Text":
        """Return the text with the wanted code points alone, rows' ends kept."""
        return _Text(self.layer, batch.only(self.codes, wanted), self._numbers)


class Sieve:
    """The automata of an index, with a mask for each pattern: bit 0 says enough alone, each other bit is a half.

    Each of `pairs` holds the bits of two halves that say enough together. `says` is asked of what passes by these: whether
    the patterns that were found say anything of one right, beside the characters of the listing.
    """

    def __init__(
        self,
        automata: Mapping[Layer, CharwiseDoubleArrayAhoCorasick],
        masks: Mapping[Layer, Sequence[int]],
        pairs: Sequence[int],
        says: Callable[[Iterable[Pattern], frozenset[str]], bool],
        beginnings: Beginnings,
        max_field: int,
    ) -> None:
        self._automata, self._masks, self._max = automata, masks, max_field
        self._enough, self._says, self._beginnings = _Enough(pairs), says, beginnings

    def passing(self, listings: Sequence[Listing]) -> list[bool]:
        """Whether each listing must be looked at; False promises that it has no hit by its texts."""
        return self._parted(listings, self._passing)

    def begun(self, listings: Sequence[Listing]) -> list[bool]:
        """Whether each listing may hold a needle: what `passing` looks into; False promises what it promises there."""
        return self._parted(listings, lambda some, rows: self._begun(rows)[: len(some)].tolist())

    def _parted(self, listings: Sequence[Listing], ask: Callable[[Sequence[Listing], _Rows], list[bool]]) -> list[bool]:
        """Return what is asked of listings, in halves as long as their texts are too much to be held several times."""
        if not listings:
            return []
        titles = [listing.title for listing in listings]
        fuller = [n for n, other in enumerate(listings) if other.description or other.seller or other.attributes]
        most = max(self._max, MAX_READ)  # readings go on where fields are cut: a little too much does no harm
        if max(map(len, titles)) > most:
            titles = [title[:most] for title in titles]
        text = batch.alone(titles) if not fuller else self._fuller(titles, fuller, listings)
        if len(text) > _MOST_TEXT and (half := len(listings) // 2):
            return [*self._parted(listings[:half], ask), *self._parted(listings[half:], ask)]
        raw = batch.codes_of(text)
        read = set(batch.rows_of(read_otherwise(raw), batch.ends_of(raw)).tolist())
        read.update(number for number in fuller if joins_fields(listings[number]))
        return ask(listings, _with_readings(raw, listings, sorted(read)))

    def _passing(self, listings: Sequence[Listing], rows: _Rows) -> list[bool]:
        passes = [False] * len(listings)
        some = np.flatnonzero(self._begun(rows)).tolist()
        fields = [[*self._fields(listings[number]), *rows.read.get(number, ())] for number in some]
        for number, says in zip(some, self._searched(fields), strict=True):
            passes[number] = says
        return passes

    def _fuller(self, titles: Sequence[str], fuller: Iterable[int], listings: Sequence[Listing]) -> str:
        """Return the rows of listings of which some have more fields than a title."""
        rows = [[title] for title in titles]
        for number in fuller:
            rows[number] += [text for name, text, _ in field_texts(listings[number], self._max) if name != "title"]
        return batch.joined(rows)

    def _fields(self, listing: Listing) -> list[str]:
        """Return the texts of a listing's fields; one that is empty where it has none."""
        return [text for _, text, _ in field_texts(listing, self._max)] or [""]

    def _begun(self, rows: _Rows) -> Mask:
        """Return which listings hold the beginning of a needle, and beside it what that needs."""
        codes = batch.folded(rows.raw)
        found = np.zeros(len(rows.owners), dtype=np.bool_)
        found[batch.odd(codes)] = True
        known = self._beginnings.layers
        texts = [_Text(*made) for made in batch.rough(codes, known.keys())]
        shown = [text for text in texts if text.layer in SEEN]
        own, half = [_NONE], [_NONE]
        for text in texts:
            if grams := known.get(text.layer):
                begun = grams.find(text.codes)
                found[text.rows(begun.sure)] = True
                own.append((text.rows(begun.own[0]), begun.own[1]))
                half.append((text.rows(begun.half[0]), begun.half[1]))
        self._beside(own, shown[:1], rows.partners, found)
        self._beside(half, [text.only(self._beginnings.halves) for text in shown], rows.partners, found)
        begins: Mask = np.zeros(len(rows.owners), dtype=np.bool_)
        begins[rows.owners[found]] = True
        return begins

    def _beside(
        self, begun: Sequence[tuple[Places, Codes]], texts: Iterable[_Text], partners: Places, found: Mask
    ) -> None:
        """Note the rows of listings that hold what must stand beside a needle whose beginning is there, in any row."""
        rows, keys = (np.concatenate(parts) for parts in zip(*begun, strict=True))
        others = partners[rows]
        several = others != rows
        rows, keys = np.concatenate((rows, others[several])), np.concatenate((keys, keys[several]))
        for text in texts:
            still = np.flatnonzero(~found[rows])
            here, places = text.inside(rows[still])
            if len(here):
                at = still[here]
                found[rows[at][beside(self._beginnings.near, places, keys[at], text.codes, text.ends)]] = True

    def _searched(self, listings: Sequence[Sequence[str]]) -> list[bool]:
        """Whether what is found in the texts of each listing says anything of one right."""
        if not listings:
            return []
        codes = batch.folded(batch.codes_of(batch.joined(listings)))
        masks = [0] * len(listings)
        odd = frozenset(batch.odd(codes).tolist())
        found: dict[int, list[Pattern]] = defaultdict(list)
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

    def _search(self, layer: Layer, codes: Codes, masks: list[int], patterns: dict[int, list[Pattern]]) -> None:
        """Add to each listing's mask, and to its patterns, what is found of it in one layer."""
        found = self._automata[layer].find_overlapping(batch.text_of(codes))
        if not found:
            return
        starts, _, numbers = (
            np.fromiter(chain.from_iterable(found), dtype=np.int64, count=3 * len(found)).reshape(-1, 3).T
        )
        rows, of = np.searchsorted(batch.ends_of(codes), starts), self._masks[layer]
        for row, pattern in set(zip(rows.tolist(), numbers.tolist(), strict=True)):
            masks[row] |= of[pattern]
            patterns[row].append((layer, pattern))


def _with_readings(raw: Codes, listings: Sequence[Listing], numbers: Iterable[int]) -> _Rows:
    """Return rows with further ones for the readings of the listings of those numbers that have any."""
    owners = np.arange(len(listings), dtype=np.intp)
    made = ((number, [reading.text for reading in readings_of(listings[number])]) for number in numbers)
    read = {number: texts for number, texts in made if texts}
    if not read:
        return _Rows(raw, owners, owners, read)
    again = np.fromiter(read, dtype=np.intp, count=len(read))
    partners = np.concatenate((owners, again))
    partners[again] = len(owners) + np.arange(len(again))
    codes = np.concatenate((raw, batch.codes_of(batch.joined(list(read.values())))))
    return _Rows(codes, np.concatenate((owners, again)), partners, read)

"""Which of many listings hold anything that is looked for: the first stage, over a batch at a time.

The texts of a batch become one array of code points, are folded by table (numpy), and each layer is searched once
(daachorse). What passes is searched again by itself, with offsets; what does not pass would give no hit. It may let
through too much, never too little: what the tables cannot fold one for one passes.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from daachorse import CharwiseDoubleArrayAhoCorasick

from detectors.normalise import SEPARATOR, is_han, marked
from detectors.readings import readings_of
from detectors.sound import sounded_text
from detectors.spelling import spelt_text
from detectors.types import Layer
from detectors.view import LEET, field_texts
from records.model import Listing

Codes = npt.NDArray[np.uint32]
Mask = npt.NDArray[np.bool_]
Pattern = tuple[Layer, int]
"""A layer and the number of a pattern in its automaton."""

_FIELD = "\ufffe"
_LISTING = "\uffff"
_ENDS = _FIELD + _LISTING
_POINTS = 0x110000
_DROPPED, _SEPARATOR, _MANY, _UNKNOWN = 0, 1, 2, 3
_LATIN = re.compile("[a-z]+")
_LATIN_OR_END = re.compile(f"[a-z]+|[{_ENDS}]")


class _Table:
    """Code point → folded code point, filled as characters are met."""

    def __init__(self, fold: Callable[[str], str]) -> None:
        self._fold = fold
        self._codes: Codes = np.full(_POINTS, _UNKNOWN, dtype=np.uint32)
        self._codes[[ord(char) for char in _ENDS]] = [ord(char) for char in _ENDS]

    def __call__(self, codes: Codes) -> Codes:
        """Return what each code point folds to; `_MANY` where that is more than one."""
        found = self._codes[codes]
        new = codes[found == _UNKNOWN]
        if not len(new):
            return found
        for code in np.unique(new):
            self._codes[code] = self._one(chr(code))
        return self._codes[codes]

    def _one(self, char: str) -> int:
        folded = self._fold(char)
        if len(folded) > 1:
            return _MANY
        return _SEPARATOR if folded == SEPARATOR else ord(folded) if folded else _DROPPED


@lru_cache(maxsize=1)
def _tables() -> Mapping[Layer | None, _Table]:
    """Return the table that folds an original text (None), and those that make a layer of a folded one."""
    return {
        None: _Table(marked),
        Layer.HAN: _Table(lambda char: char if is_han(char) else ""),
        Layer.SKELETON: _Table(lambda char: char.translate(LEET)),
        Layer.SOUND: _Table(sounded_text),
    }


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
    the patterns that were found say anything of one right, beside the characters of the listing.
    """

    def __init__(
        self,
        automata: Mapping[Layer, CharwiseDoubleArrayAhoCorasick],
        masks: Mapping[Layer, Sequence[int]],
        pairs: Sequence[int],
        says: Callable[[Iterable[Pattern], frozenset[str]], bool],
        max_field: int,
    ) -> None:
        self._automata, self._masks, self._max = automata, masks, max_field
        self._enough, self._says = _Enough(pairs), says

    def passing(self, listings: Sequence[Listing]) -> list[bool]:
        """Whether each listing must be looked at; False promises that it has no hit by its texts."""
        codes = _tables()[None](_codes(self._joined(listings)))
        masks = [0] * len(listings)
        odd = frozenset(np.searchsorted(_ends(codes), np.flatnonzero(codes == _MANY)).tolist())
        found: dict[int, set[Pattern]] = defaultdict(set)
        for layer, folded in _layers(codes):
            if layer in self._automata:
                self._search(layer, folded, masks, found)
        plain = codes[codes > _UNKNOWN]
        text, ends = _text(plain), [-1, *_ends(plain).tolist()]
        return [
            number in odd
            or (self._enough[mask] and self._says(found[number], frozenset(text[ends[number] + 1 : ends[number + 1]])))
            for number, mask in enumerate(masks)
        ]

    def _joined(self, listings: Sequence[Listing]) -> str:
        """Return all texts with an end after each listing and a mark between two fields of one."""
        texts = [self._texts(listing) for listing in listings]
        joined = _LISTING.join([_FIELD.join(fields) for fields in texts]) + _LISTING
        if joined.count(_FIELD) + joined.count(_LISTING) == sum(map(len, texts)):
            return joined
        bare = [_FIELD.join([text.translate(_NO_ENDS) for text in fields]) for fields in texts]
        return _LISTING.join(bare) + _LISTING

    def _texts(self, listing: Listing) -> Sequence[str]:
        """Return the fields of a listing and the readings of them; a title alone, as most of a stream are, by a short way."""
        read = [reading.text for reading in readings_of(listing)]
        if listing.description or listing.seller or listing.attributes:
            return [text for _, text, _ in field_texts(listing, self._max)] + read or [""]
        return [listing.title[: self._max], *read]

    def _search(self, layer: Layer, codes: Codes, masks: list[int], patterns: dict[int, set[Pattern]]) -> None:
        """Add to each listing's mask, and to its patterns, what is found of it in one layer."""
        found = self._automata[layer].find_overlapping(_text(codes))
        if not found:
            return
        starts = np.fromiter((place[0] for place in found), dtype=np.int64, count=len(found))
        of = self._masks[layer]
        for number, place in zip(np.searchsorted(_ends(codes), starts).tolist(), found, strict=True):
            masks[number] |= of[place[2]]
            patterns[number].add((layer, place[2]))


_NO_ENDS = dict.fromkeys(map(ord, _ENDS))


def _layers(codes: Codes) -> Iterable[tuple[Layer, Codes]]:
    """Yield each layer of a folded batch, a layer that differs in few fields with these alone; sound comes in two parts."""
    tables = _tables()
    plain, parted = codes[codes > _UNKNOWN], codes[codes > _DROPPED]
    yield Layer.PLAIN, plain
    han, skeleton = tables[Layer.HAN](plain), tables[Layer.SKELETON](plain)
    yield Layer.HAN, _without(_fields(han, _holding(plain, han == _DROPPED)))
    yield Layer.SKELETON, _fields(skeleton, _holding(plain, skeleton != plain))
    latin = (parted >= ord("a")) & (parted <= ord("z"))
    lettered = _holding(parted, latin)
    yield Layer.SPELT, _codes("".join(map(_skeleton, _LATIN_OR_END.findall(_words(parted, latin)))))
    spelled = _LATIN.sub(_spelt, _text(_fields(parted, lettered)).replace("\1", SEPARATOR)).replace(SEPARATOR, "")
    yield Layer.SOUND, tables[Layer.SOUND](_codes(spelled))
    yield Layer.SOUND, tables[Layer.SOUND](_without(_fields(parted, ~lettered)))
    yield Layer.MARKED, _one_by_one(_fields(parted, _holding(parted, parted == _SEPARATOR)))


def _holding(codes: Codes, wanted: Mask) -> Mask:
    """Return, for each code point, whether its field holds a wanted one."""
    ends = (codes == ord(_FIELD)) | (codes == ord(_LISTING))
    fields = np.cumsum(ends) - ends
    return np.asarray(np.bincount(fields[wanted], minlength=int(ends.sum()) + 1)[fields] > 0)


def _fields(codes: Codes, kept: Mask) -> Codes:
    """Return the kept fields, and the ends of all listings."""
    return np.asarray(codes[kept | (codes == ord(_LISTING))], dtype=np.uint32)


def _words(codes: Codes, latin: Mask) -> str:
    """Return runs of Latin letters, and ends, with one separator for all else."""
    ends = (codes == ord(_FIELD)) | (codes == ord(_LISTING))
    return _text(_collapsed(np.where(latin | ends, codes, np.uint32(_SEPARATOR))))


def _one_by_one(codes: Codes) -> Codes:
    """Return marked texts with single separators, as `SEPARATOR`."""
    single = _collapsed(codes)
    return np.where(single == _SEPARATOR, np.uint32(ord(SEPARATOR)), single)


def _collapsed(codes: Codes) -> Codes:
    separator = codes == _SEPARATOR
    return np.asarray(codes[~(separator & np.concatenate(([False], separator[:-1])))], dtype=np.uint32)


def _skeleton(word: str) -> str:
    return word if word in _ENDS else spelt_text(word)


def _spelt(run: re.Match[str]) -> str:
    return sounded_text(run.group())


def _without(codes: Codes) -> Codes:
    return codes[codes > _UNKNOWN]


def _ends(codes: Codes) -> npt.NDArray[np.intp]:
    """Return where each listing ends."""
    return np.flatnonzero(codes == ord(_LISTING))


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _text(codes: Codes) -> str:
    return codes.tobytes().decode("utf-32-le")

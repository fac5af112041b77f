"""The texts of many listings as one array of code points, folded by table, and the layers of it (numpy).

A *row* is one text with an end after it and a mark between two fields. Folding keeps both, so that rows can be told apart
in every layer.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from detectors.normalise import SEPARATOR, is_han, marked
from detectors.sound import sounded_text, symbols
from detectors.spelling import spelt_text
from detectors.types import Layer
from detectors.view import LEET

Codes = npt.NDArray[np.uint32]
Places = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

FIELD = "\ufffe"
ROW = "\uffff"
_ENDS = FIELD + ROW
_NO_ENDS = dict.fromkeys(map(ord, _ENDS))
_ROW = np.uint32(ord(ROW))
_POINTS = 0x110000
_DROPPED, _SEPARATOR, _MANY, _UNKNOWN = 0, 1, 2, 3
_A, _Z = np.uint32(ord("a")), np.uint32(ord("z"))
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
        found = self._codes.take(codes)
        new = codes[found == _UNKNOWN]
        if not len(new):
            return found
        for code in np.unique(new):
            self._codes[code] = self._one(chr(code))
        return self._codes.take(codes)

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


def joined(rows: Sequence[Sequence[str]]) -> str:
    """Return all rows with an end after each and a mark between two fields; what looks like these goes out of the texts."""
    text = ROW.join([FIELD.join(fields) for fields in rows]) + ROW
    if text.count(FIELD) + text.count(ROW) == sum(map(len, rows)):
        return text
    return ROW.join([FIELD.join([field.translate(_NO_ENDS) for field in fields]) for fields in rows]) + ROW


def alone(texts: Sequence[str]) -> str:
    """Return the same for rows of one field each."""
    text = ROW.join(texts) + ROW
    plain = FIELD not in text and text.count(ROW) == len(texts)
    return text if plain else joined([[field] for field in texts])


def codes_of(text: str) -> Codes:
    """Return the code points of a text, lone surrogates among them."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def text_of(codes: Codes) -> str:
    """Return code points as a text."""
    return codes.tobytes().decode("utf-32-le")


def folded(raw: Codes) -> Codes:
    """Return folded rows, with what separates and what could not be folded one for one still in them."""
    return _tables()[None](raw)


def ends_of(codes: Codes) -> Places:
    """Return where each row ends."""
    return np.flatnonzero(codes == _ROW)


def rows_of(places: Places, ends: Places) -> Places:
    """Return the numbers of the rows that places lie in, each once."""
    return np.unique(np.searchsorted(ends, places))


def odd(codes: Codes) -> Places:
    """Return the rows that hold what the tables cannot fold."""
    many = np.flatnonzero(codes == _MANY)
    return rows_of(many, ends_of(codes)) if len(many) else many


def kept(codes: Codes, rows: Places) -> Codes:
    """Return the rows of those numbers alone."""
    ends = ends_of(codes)
    wanted = np.zeros(len(ends), dtype=np.bool_)
    wanted[rows] = True
    return codes[np.repeat(wanted, np.diff(ends, prepend=-1))]


def without(codes: Codes) -> Codes:
    """Return folded rows without what separates: the plain layer."""
    return codes[codes > _UNKNOWN]


def only(codes: Codes, wanted: Mask) -> Codes:
    """Return the code points that a table wants, and the ends of rows."""
    return np.asarray(codes[wanted.take(codes) | (codes == _ROW)], dtype=np.uint32)


def lettered(codes: Codes) -> Places:
    """Return the rows that hold Latin letters."""
    return rows_of(np.flatnonzero((codes >= _A) & (codes <= _Z)), ends_of(codes))


def rough(codes: Codes, wanted: Collection[Layer]) -> Iterable[tuple[Layer, Codes, Places | None]]:
    """Yield for folded rows texts that hold all that wanted layers hold, and more; rows' numbers where not all are there.

    The plain layer always comes. Layers that a field does not have are made of it all the same, and letters are left in
    the sound of others.
    """
    tables, plain, parted = _tables(), without(codes), codes[codes > _DROPPED]
    yield Layer.PLAIN, plain, None
    if Layer.HAN in wanted:
        yield Layer.HAN, without(tables[Layer.HAN](plain)), None
    for layer in (Layer.SKELETON, Layer.SOUND):
        if layer in wanted:
            yield layer, tables[layer](plain), None
    if Layer.MARKED in wanted:
        yield Layer.MARKED, _one_by_one(parted), None
    rows = lettered(plain)
    if len(rows) and Layer.SOUND in wanted:
        yield Layer.SOUND, _spelled(kept(parted, rows)), rows
    if len(rows) and Layer.SPELT in wanted:
        yield Layer.SPELT, _skeletons(kept(parted, rows)), rows


def layers(codes: Codes) -> Iterable[tuple[Layer, Codes]]:
    """Yield each layer of folded rows, a layer that differs in few fields with these alone; sound comes in two parts."""
    tables = _tables()
    plain, parted = without(codes), codes[codes > _DROPPED]
    yield Layer.PLAIN, plain
    han, skeleton = tables[Layer.HAN](plain), tables[Layer.SKELETON](plain)
    yield Layer.HAN, without(_fields(han, _holding(plain, han == _DROPPED)))
    yield Layer.SKELETON, _fields(skeleton, _holding(plain, skeleton != plain))
    yield Layer.SPELT, _skeletons(parted)
    letters = _holding(parted, (parted >= _A) & (parted <= _Z))
    yield Layer.SOUND, _spelled(_fields(parted, letters))
    yield Layer.SOUND, tables[Layer.SOUND](without(_fields(parted, ~letters)))
    yield Layer.MARKED, _one_by_one(_fields(parted, _holding(parted, parted == _SEPARATOR)))


def _spelled(parted: Codes) -> Codes:
    """Return the sound of rows whose runs of letters are read as syllables."""
    text = text_of(parted).replace("\1", SEPARATOR)
    return _tables()[Layer.SOUND](codes_of(_LATIN.sub(_sound, text).replace(SEPARATOR, "")))


def _skeletons(parted: Codes) -> Codes:
    """Return the layer of skeletons, rows' ends kept."""
    latin = (parted >= _A) & (parted <= _Z)
    return codes_of("".join(map(_skeleton, _LATIN_OR_END.findall(_words(parted, latin)))))


def _holding(codes: Codes, wanted: Mask) -> Mask:
    """Return, for each code point, whether its field holds a wanted one."""
    ends = (codes == ord(FIELD)) | (codes == _ROW)
    fields = np.cumsum(ends) - ends
    return np.asarray(np.bincount(fields[wanted], minlength=int(ends.sum()) + 1)[fields] > 0)


def _fields(codes: Codes, wanted: Mask) -> Codes:
    """Return the wanted fields, and the ends of all rows."""
    return np.asarray(codes[wanted | (codes == _ROW)], dtype=np.uint32)


def _words(codes: Codes, latin: Mask) -> str:
    """Return runs of Latin letters, and ends, with one separator for all else."""
    ends = (codes == ord(FIELD)) | (codes == _ROW)
    return text_of(_collapsed(np.where(latin | ends, codes, np.uint32(_SEPARATOR))))


def _one_by_one(codes: Codes) -> Codes:
    """Return marked texts with single separators, as `SEPARATOR`."""
    single = _collapsed(codes)
    single[single == _SEPARATOR] = ord(SEPARATOR)
    return single


def _collapsed(codes: Codes) -> Codes:
    separator = codes == _SEPARATOR
    separator[1:] &= separator[:-1].copy()
    separator[:1] = False
    return np.asarray(codes[~separator], dtype=np.uint32)


@lru_cache(maxsize=65_536)
def _skeleton(word: str) -> str:
    return word if word in _ENDS else spelt_text(word)


def _sound(run: re.Match[str]) -> str:
    return symbols(run.group())

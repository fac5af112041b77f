"""A listing read as people read it: emoji as words, codes left out, what was cut over two fields put together.

Each reading is one more text, with the place in the listing that every character of it came from. What is found in one
counts only where it leans on what the reading changed; all else is found in the fields themselves.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice

import numpy as np
import numpy.typing as npt

from detectors.decode import FIGURES, SPOKEN_CHARS, SPOKEN_PAIRS, decoded
from detectors.lexicon import words as lexicon
from detectors.normalise import is_han, key
from detectors.reading import MARK, MAX_READ, Reading
from detectors.shapes import composed
from detectors.types import Span
from detectors.wares import emoji, pictured
from records.model import Listing

LOOSE = frozenset(
    {"contracted", "cut", "jumbled", "sound", "edit", "twins", "split", "masked", "respelt", "shortened", "variety"}
)
"""Detectors that compare loosely: what they find in a reading says too little."""
_MAX_PART = 3
_MAX_ATTRIBUTES = 20
_CODE = re.compile(
    "(?<=[\u4e00-\u9fff])(?=[什甚某那这啥のA-Za-z*＊×(（\\[【此手自消和屏打河马])"
    "(?:[(（\\[【](?:此处|这里|手动|自动)?(?:消音|和谐|屏蔽|打码|划掉|河蟹|马赛克|哔+|省略|保密)[)）\\]】]"
    "|(?:此处|手动|自动)?(?:消音|和谐|屏蔽|打码|河蟹|马赛克)|什么|甚么|某某|那个|这个|啥|の小|の|[A-Za-z]{1,2}|[*＊×]{1,3})"
    "(?=[\u4e00-\u9fff])"
)
"""What is put between two characters of a name; the characters that it may begin with are asked for first, for speed."""
_HAN, _LETTER, _SIGN, _WORD, _EMOJI, _SPEAKS, _FIGURE, _OF, _OPENS, _PART_OF = (1 << place for place in range(10))
_TOLD_BEFORE = 6
"""How far before 的 a word may begin that a character is told by."""
_WORDS = "什甚某那这啥の"
"""What the words among the codes begin with."""
_LAST = re.compile("\\s([\u4e00-\u9fff]{1,3})$")
_RADICALS = "氵亻礻纟钅讠阝忄扌犭艹饣刂灬辶宀疒⺮衤旁"
_TOLD = ("三点水", "草字头", "竹字头", "宝盖头", "走之")
_COMPONENT = re.compile("|".join((f"[{_RADICALS}]", *_TOLD)))
_NAMED_PARTS = {
    "三点水": "氵", "单人旁": "亻", "提手旁": "扌", "草字头": "艹", "竹字头": "⺮", "走之旁": "辶", "走之底": "辶",
    "走之": "辶", "木字旁": "木", "金字旁": "钅", "言字旁": "讠", "女字旁": "女", "王字旁": "王", "口字旁": "口",
    "火字旁": "火", "土字旁": "土", "石字旁": "石", "日字旁": "日", "月字旁": "月", "禾字旁": "禾", "马字旁": "马",
    "绞丝旁": "纟", "竖心旁": "忄", "宝盖头": "宀",
}  # fmt: skip
_PAIRS = (
    *("此处", "手动", "自动", "消音", "和谐", "屏蔽", "打码", "河蟹", "马赛"),
    *(word[:2] for word in _TOLD),
    *(bracket + char for bracket in "(（[【" for char in "此这手自消和屏打划河马哔省保"),
    *SPOKEN_PAIRS,
)
"""How codes in so many words, components that are named, and words that tell of codes begin."""
_PART = re.compile(
    "|".join(map(re.escape, sorted(_NAMED_PARTS, key=len, reverse=True))) + "|(?P<link>(?<=[旁头水])加[个上]?)|.",
    re.DOTALL,
)


def readings_of(listing: Listing) -> Iterator[Reading]:
    """Yield the readings that differ from the fields: at most one of each kind, each of some hundred characters."""
    title = str(listing.title or "")[:MAX_READ]
    yield from _emoji(title)
    yield from _codes(title)
    yield from _parts(title)
    yield from _border(title, str(listing.description or "")[:MAX_READ])
    if listing.attributes and len(listing.attributes) > 1:
        yield from _attributes(listing.attributes)
    yield from decoded(listing)


def joins_fields(listing: Listing) -> bool:
    """Whether a reading of more than one field may be made: never False where one is."""
    border = bool(listing.description) and not listing.title[:MAX_READ][-_MAX_PART - 2 :].isalnum()
    return border or bool(listing.attributes)


@lru_cache(maxsize=1)
def _classes() -> npt.NDArray[np.uint16]:
    """Return for each code point which parts of a reading it may be."""
    table = np.zeros(0x110000, dtype=np.uint16)
    table[0x4E00:0xA000] = _HAN
    for chars, part in (
        ("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", _LETTER),
        ("*＊×", _SIGN),
        (_WORDS, _WORD),
        ("".join((*emoji(), *pictured())), _EMOJI),
        ("".join(SPOKEN_CHARS), _SPEAKS),
        (FIGURES, _FIGURE),
        ("的", _OF),
        (_RADICALS, _PART_OF),
        ("".join(pair[0] for pair in _PAIRS), _OPENS),
    ):
        table[list(map(ord, chars))] |= part
    return table


def read_otherwise(raw: npt.NDArray[np.uint32]) -> npt.NDArray[np.intp]:
    """Return where emoji, codes or what speaks of them stand in a text of some code points: all that are read.

    There may be more than readings are made of, never fewer.
    """
    parts = _classes().take(raw)
    at = np.flatnonzero(parts & ~np.uint16(_HAN))
    here, left = parts[at], parts.take(at - 1, mode="clip")
    before = left & _HAN > 0
    one, two, three = (parts.take(at + ahead, mode="clip") for ahead in (1, 2, 3))
    last = two & _HAN > 0
    letters = (here & _LETTER > 0) & ((one & _HAN > 0) | ((one & _LETTER > 0) & last))
    signs = (here & _SIGN > 0) & (
        (one & _HAN > 0) | ((one & _SIGN > 0) & (last | (two & _SIGN > 0) & (three & _HAN > 0)))
    )
    inside = (left & _LETTER > 0) & ((one & _LETTER > 0) | ((one & _FIGURE > 0) & (two & _LETTER > 0)))
    figures = (here & _FIGURE > 0) & (inside | (one & two & three & _LETTER > 0))
    codes = before & (letters | signs | (here & _WORD > 0))
    alone = here & (_EMOJI | _SPEAKS | _PART_OF) > 0
    return at[alone | codes | figures | _opens(raw, at, here) | _told(raw, at, here)]


@lru_cache(maxsize=1)
def _pairs() -> npt.NDArray[np.uint64]:
    return np.sort(np.array([ord(pair[0]) << 32 | ord(pair[1]) for pair in _PAIRS], dtype=np.uint64))


def _opens(
    raw: npt.NDArray[np.uint32], at: npt.NDArray[np.intp], here: npt.NDArray[np.uint16]
) -> npt.NDArray[np.bool_]:
    """Whether a code in so many words, a component that is named, or a word that tells of codes may begin."""
    said = here & _OPENS > 0
    first = at[said]
    said[said] = np.isin(raw[first].astype(np.uint64) << np.uint64(32) | raw.take(first + 1, mode="clip"), _pairs())
    return said


def _told(raw: npt.NDArray[np.uint32], at: npt.NDArray[np.intp], here: npt.NDArray[np.uint16]) -> npt.NDArray[np.bool_]:
    """Whether the character after 的 stands shortly before it too: 岚山的岚."""
    after = raw.take(at + 1, mode="clip")
    said = np.zeros(len(at), dtype=np.bool_)
    for back in range(1, _TOLD_BEFORE + 1):
        said |= raw.take(at - back, mode="clip") == after
    return said & (here & _OF > 0)


@lru_cache(maxsize=1)
def _emoji_pattern() -> re.Pattern[str]:
    return re.compile("[" + "".join(map(re.escape, emoji())) + "]")


def _emoji(title: str) -> Iterator[Reading]:
    if title.isascii() or not _emoji_pattern().search(title):
        return
    text, sources = "", list[Span]()
    read: set[int] = set()
    for at, char in enumerate(title):
        word = emoji().get(char, char if char != "\ufe0f" else "")
        if word != char:
            read.update(range(len(text), len(text) + len(word)))
        text += word
        sources += [Span("title", at, at + 1)] * len(word)
    yield Reading(f"{MARK}emoji", text, tuple(sources), frozenset(), frozenset(read))


def _codes(title: str) -> Iterator[Reading]:
    """Leave out codes between two Chinese characters: 岚什么沟 → 岚沟."""
    kept: list[int] = []
    cuts: set[int] = set()
    position = 0
    for found in _CODE.finditer(title):
        kept += range(position, found.start())
        cuts.add(len(kept))
        position = found.end()
    if cuts:
        kept += range(position, len(title))
        sources = tuple(Span("title", at, at + 1) for at in kept)
        yield Reading(f"{MARK}codes", "".join(title[at] for at in kept), sources, frozenset(cuts), frozenset())


def _parts(title: str) -> Iterator[Reading]:
    """Put components together where a title holds a radical that is no character by itself, or names one: 氵旬, 木字旁加西."""
    if not _COMPONENT.search(title):
        return
    found = [piece for piece in _PART.finditer(title) if not piece["link"]]
    pieces = [(_NAMED_PARTS.get(piece.group(), piece.group()), piece.span()) for piece in found]
    text, sources, read, at = "", list[Span](), set[int](), 0
    while at < len(pieces):
        char, (start, end) = pieces[at]
        if at + 1 < len(pieces) and (made := composed().get(char + pieces[at + 1][0])):
            char, end, at = made, pieces[at + 1][1][1], at + 1
            read.add(len(text))
        text += char
        sources.append(Span("title", start, end))
        at += 1
    yield Reading(f"{MARK}parts", text, tuple(sources), frozenset(), frozenset(read))


def _border(title: str, description: str) -> Iterator[Reading]:
    """Join the last word of a title, where it is short, to the first characters of the description."""
    found = _LAST.search(title) if description else None
    if found is None:
        return
    head, tail, start = found.group(1), description[: 2 * _MAX_PART], found.start(1)
    sources = [Span("title", start + at, start + at + 1) for at in range(len(head))]
    sources += [Span("description", at, at + 1) for at in range(len(tail))]
    yield Reading(f"{MARK}border", head + tail, tuple(sources), frozenset({len(head)}), frozenset())


@lru_cache(maxsize=1)
def _naming() -> frozenset[str]:
    """Return the folded names of attributes whose values may be parts of one name."""
    return frozenset((*lexicon("attributes", "brand"), *lexicon("attributes", "series")))


def _attributes(attributes: Mapping[str, str]) -> Iterator[Reading]:
    """Join the short values of brand, series and the like, in the listing's order."""
    text, sources, cuts = "", [], set()
    for name, value in islice(attributes.items(), _MAX_ATTRIBUTES):
        part = str(value)
        if 0 < len(part) <= _MAX_PART and key(name[:20]) in _naming() and all(map(is_han, part)):
            cuts.add(len(text))
            text += part
            sources += [Span(f"attributes.{name}", at, at + 1) for at in range(len(part))]
    if len(cuts) > 1:
        yield Reading(f"{MARK}attributes", text, tuple(sources), frozenset(cuts - {0}), frozenset())

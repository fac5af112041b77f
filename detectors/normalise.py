"""Folding of text for matching, with the way back to the original.

Rules:
- each code point is folded by itself, so every folded character knows the original code point it came from
- NFKD, combining marks dropped, NFKC, casefold, confusable letters to their Latin look-alike (Unicode TR39),
  traditional and variant characters to simplified ones (OpenCC), until nothing changes any more
- only letters and digits are kept; what lay between two kept characters is remembered as a *gap*
- folding what was folded changes nothing

Example:
>>> folded = fold("硯 溪★茶葉")
>>> folded.text, folded.original(1, 2)
('砚溪茶叶', (2, 3))
"""

import json
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from importlib.resources import files
from typing import TypeVar

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af]")
_ROUNDS = 6
_KEPT_FOLDS = 200_000
SEPARATOR = "\0"
"""Stands in a marked text where signs or spaces were; no folded text holds it."""
_SEPARATORS = re.compile(f"{SEPARATOR}+")
K = TypeVar("K")
V = TypeVar("V")
_CLAUSE_REACH = 100
_TRANSLITERATED = dict(
    zip(
        "ᠠᠡᠢᠣᠤᠥᠦᠧᠨᠩᠪᠫᠬᠭᠮᠯᠰᠱᠲᠳᠴᠵᠶᠷᠸᠹᠺᠻᠼᠽᠾᡀᡁᡂбвджзийклмнптфцчшщэюяөы",
        (
            *("a", "e", "i", "o", "u", "o", "u", "e", "n", "ng", "b", "p", "h", "g", "m", "l", "s", "sh", "t", "d"),
            *("ch", "j", "y", "r", "w", "f", "k", "k", "ts", "z", "h", "l", "zh", "ch"),
            *("b", "v", "d", "j", "z", "i", "i", "k", "l", "m", "n", "p", "t", "f", "ts", "ch", "sh", "sh", "e"),
            *("yu", "ya", "o", "y"),
        ),
        strict=True,
    )
)
"""Mongolian letters, and Cyrillic ones that look like no Latin letter → Latin ones, as place names are romanised."""
_STROKES = frozenset("丨丶丿亅丬〡〢〣ㄧ")  # characters in name only: written as separators
_CLAUSE_MARKS = frozenset("!?;,:\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f\u2026\uff61\uff64")


class Gap(IntEnum):
    """What lay before a kept character, weakest first."""

    NONE = 0
    INVISIBLE = 1
    SYMBOL = 2
    SPACE = 3
    CLAUSE = 4


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text: `text[i]` came from the original code points `origins[i]`..`ends[i]`; `gaps[i]` lay before it.

    Several folded characters may stand for one original code point (`ﬁ` → `fi`).
    """

    text: str
    origins: tuple[int, ...]
    ends: tuple[int, ...]
    gaps: tuple[Gap, ...]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of original code points that `text[start:end]` came from (`start` < `end`)."""
        return self.origins[start], self.ends[end - 1]

    def index(self, offset: int) -> int:
        """Return the first folded position that came from the original `offset` or later."""
        return bisect_left(self.origins, offset)

    def locate(self, start: int, end: int) -> tuple[int, int]:
        """Return the folded span that came from the original code points `start`..`end`."""
        return bisect_right(self.ends, start), bisect_left(self.origins, end)

    def only(self, keep: Callable[[str], bool]) -> "Folded":
        """Return the folded text with only the characters that `keep` accepts; dropped ones count as symbols."""
        return self.mapped(lambda char: char if keep(char) else "")

    def mapped(self, change: Callable[[str], str]) -> "Folded":
        """Return the text with each character changed to none or one other; what goes away leaves a symbol gap."""
        chars: list[str] = []
        origins: list[int] = []
        ends: list[int] = []
        gaps: list[Gap] = []
        pending = Gap.NONE
        for char, origin, end, gap in zip(self.text, self.origins, self.ends, self.gaps, strict=True):
            other = change(char)
            pending = max(pending, gap)
            if not other:
                pending = max(pending, Gap.SYMBOL)
                continue
            chars.append(other)
            origins.append(origin)
            ends.append(end)
            gaps.append(pending)
            pending = Gap.NONE
        return Folded("".join(chars), tuple(origins), tuple(ends), tuple(gaps))

    def widest_gap(self, start: int, end: int) -> Gap:
        """Return the widest gap inside `text[start:end]` (the one before the first character not counted)."""
        return max(self.gaps[start + 1 : end], default=Gap.NONE)

    def is_word(self, start: int, end: int) -> bool:
        """Whether letters of the span do not go on beyond its borders (Chinese characters always may stand alone)."""
        text = self.text
        before = start > 0 and _letters(text[start - 1], text[start]) and self.gaps[start] <= Gap.INVISIBLE
        after = end < len(text) and _letters(text[end - 1], text[end]) and self.gaps[end] <= Gap.INVISIBLE
        return not before and not after

    def clause(self, start: int, end: int) -> tuple[int, int]:
        """Return the folded span of the clause (between punctuation marks) around the span, at most 100 either side."""
        low, high = start, end
        while low > max(0, start - _CLAUSE_REACH) and self.gaps[low] < Gap.CLAUSE:
            low -= 1
        while high < min(len(self.text), end + _CLAUSE_REACH) and self.gaps[high] < Gap.CLAUSE:
            high += 1
        return low, high


def _letters(one: str, other: str) -> bool:
    return one.isascii() and other.isascii() and one.isalpha() and other.isalpha()


def is_han(char: str) -> bool:
    """Whether the character is a Chinese one.

    >>> is_han("茶"), is_han("x")
    (True, False)
    """
    return "\u4e00" <= char <= "\u9fff" or bool(_HAN.match(char))


@lru_cache(maxsize=1)
def _confusables() -> dict[str, str]:
    """Letters of other scripts that look like one ASCII letter (TR39 data of `confusable-homoglyphs`)."""
    raw = json.loads(files("confusable_homoglyphs").joinpath("confusables.json").read_text(encoding="utf-8"))
    table: dict[str, str] = {}
    for char, likes in raw.items():
        if len(char) != 1 or char.isascii() or not unicodedata.category(char).startswith("L") or is_han(char):
            continue
        ascii_likes = sorted(like["c"].lower() for like in likes if like["c"].isascii() and like["c"].isalpha())
        if ascii_likes and len(ascii_likes[0]) == 1:
            table[char] = ascii_likes[0]
    return table


def _everyday(char: str) -> bool:
    """Whether the character is an everyday simplified one (in GB 2312), thus nobody's mere variant."""
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


@lru_cache(maxsize=1)
def _variants() -> dict[str, str]:
    """Traditional, Hong Kong, Taiwan and Japanese forms → simplified (OpenCC's character tables)."""
    table: dict[str, str] = {}
    folder = files("opencc").joinpath("dictionary")
    for name, reverse in (
        ("JPVariants.txt", True),
        ("HKVariants.txt", True),
        ("TWVariants.txt", True),
        ("TSCharacters.txt", False),
    ):
        for line in folder.joinpath(name).read_text(encoding="utf-8").splitlines():
            left, _, rest = line.partition("\t")
            right = rest.split(" ")[0]
            source, target = (right, left) if reverse else (left, right)
            if len(source) != 1 or len(target) != 1 or source == target or (reverse and _everyday(source)):
                continue
            table[source] = target
    return table


def _squared(char: str) -> str:
    """Return the letter inside a negative circled or squared letter (NFKC leaves these alone)."""
    code = ord(char)
    for first in (0x1F150, 0x1F170):
        if first <= code < first + 26:
            return chr(ord("a") + code - first)
    return char


def _step(char: str) -> str:
    """Fold one character once."""
    char = _variants().get(char) or _confusables().get(char) or _TRANSLITERATED.get(char) or _squared(char)
    decomposed = unicodedata.normalize("NFKD", char)
    bare = "".join(c for c in decomposed if not unicodedata.category(c).startswith("M"))
    return unicodedata.normalize("NFKC", bare).casefold()


@lru_cache(maxsize=262_144)
def fold_char(char: str) -> str:
    """Return what one original code point folds to: letters and digits, or nothing."""
    if char in _STROKES:
        return ""
    text, seen = char, {char}
    for _ in range(_ROUNDS):
        after = "".join(_step(c) for c in text)
        if after == text:
            break
        if after in seen:  # two tables disagree about a pair of variants: the smaller one stands for both
            text = min(seen | {after})
            break
        seen.add(after)
        text = after
    return "".join(c for c in text if unicodedata.category(c)[0] in "LN" and c not in _STROKES)


def _gap_of(char: str) -> Gap:
    """Return how strongly a dropped character separates its neighbours."""
    if char in "\n\r\u2028\u2029":
        return Gap.CLAUSE
    category = unicodedata.category(char)
    if category in {"Cf", "Cc", "Cs", "Cn", "Co"} or category[0] == "M":
        return Gap.SPACE if char == "\t" else Gap.INVISIBLE
    if category[0] == "Z":
        return Gap.SPACE
    return Gap.CLAUSE if char in _CLAUSE_MARKS else Gap.SYMBOL


class _Folds(dict[int, str]):
    """Code point → what it folds to, filled as characters are met: for `str.translate`."""

    def __missing__(self, code: int) -> str:
        return _kept(self, code, fold_char(chr(code)))


class _Marked(dict[int, str]):
    """As `_Folds`, but what separates more than an invisible character does becomes `SEPARATOR`."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        return _kept(self, code, fold_char(char) or (SEPARATOR if _gap_of(char) > Gap.INVISIBLE else ""))


class _Gaps(dict[str, Gap]):
    """Dropped character → how it separates, filled as characters are met."""

    def __missing__(self, char: str) -> Gap:
        return _kept(self, char, _gap_of(char))


def _kept(table: dict[K, V], item: K, value: V) -> V:
    """Keep a value in a table that has not grown too large, and return it."""
    if len(table) < _KEPT_FOLDS:
        table[item] = value
    return value


_FOLDS = _Folds()
_MARKED = _Marked()
_GAPS = _Gaps()


def marked(text: str) -> str:
    """Return the folded text with `SEPARATOR`s where signs or spaces stood, without offsets: what is searched first.

    >>> marked("硯 溪★茶葉").split(SEPARATOR)
    ['砚', '溪', '茶叶']
    """
    return text.translate(_MARKED)


def parted_text(text: str) -> str:
    """Return a marked text with one `SEPARATOR` where several stand, none at its ends.

    >>> parted_text(marked("硯★★溪 ")) == "砚" + SEPARATOR + "溪"
    True
    """
    return _SEPARATORS.sub(SEPARATOR, text.strip(SEPARATOR))


def parted(folded: Folded) -> Folded:
    """Return the same with offsets: a `SEPARATOR` comes from all that lay between its neighbours."""
    chars: list[str] = []
    origins: list[int] = []
    ends: list[int] = []
    gaps: list[Gap] = []
    for number, char in enumerate(folded.text):
        if number and folded.gaps[number] > Gap.INVISIBLE:
            chars.append(SEPARATOR)
            origins.append(folded.ends[number - 1])
            ends.append(folded.origins[number])
            gaps.append(Gap.NONE)
        chars.append(char)
        origins.append(folded.origins[number])
        ends.append(folded.ends[number])
        gaps.append(folded.gaps[number])
    return Folded("".join(chars), tuple(origins), tuple(ends), tuple(gaps))


def fold(text: str) -> Folded:
    """Fold `text`; any string is accepted, lone surrogates and bidi controls included. Linear in its length."""
    chars: list[str] = []
    origins: list[int] = []
    gaps: list[Gap] = []
    folds, pending = _FOLDS, Gap.NONE
    for offset, char in enumerate(text):
        kept = folds[ord(char)]
        if not kept:
            gap = _GAPS[char]
            pending = max(pending, gap)
            continue
        for piece in kept:
            chars.append(piece)
            origins.append(offset)
            gaps.append(pending)
            pending = Gap.NONE
    return Folded("".join(chars), tuple(origins), tuple([o + 1 for o in origins]), tuple(gaps))


def key(text: str) -> str:
    """Return the folded text alone: what two names must share to be the same name.

    >>> key("硯 溪★茶葉") == fold("硯 溪★茶葉").text
    True
    """
    return text.translate(_FOLDS)

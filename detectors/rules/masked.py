"""Coded names: characters of a name hidden behind 某, 什么, X, an initial or a sign, or fillers put between them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from detectors.case import Case, first_cue
from detectors.normalise import SEPARATOR, fold_char, is_han
from detectors.numerals import digit
from detectors.profile import Name, Profile
from detectors.rulekit import Rule, example, kind_label, standing
from detectors.sound import homophones, reading
from detectors.types import Clue, Example, Layer, Needle, Span, Stage
from records.model import Text

_HIDING = ("某", "什么", "啥", "x", "〇", "口")
_SAID = ("什么", "某", "啥", "的什么")
_FILLER = "(?:的|之|那个)?(?:某某|什么|甚么|某|啥|x)?"
_SIGNS = frozenset("*×✕✖○●◯□■_?#&※＊＿？＃…~^+=")
_SIGN = "*"
_SHORTEST = 3
_TWO_SUFFICE = 4
_INITIALS_ALONE = 4
_WINDOW = 16
_TOLD = "懂暗撤码福仓让提私"
"""Characters of which one stands in most codes of the trade: without one, three initials are not looked at."""


@dataclass(frozen=True, slots=True)
class _Coded:
    """How a name is coded at one place: the span, how many characters are its own, and what hides the others.

    `alike` counts the characters that others of the same sound stand for.
    """

    span: Span
    own: int
    hidden: tuple[str, ...]
    filled: bool
    alike: int = 0


class MaskedRule(Rule):
    """`masked.hidden`: some characters of a name are hidden behind 某, 什么, X, a sign, or are written as initials or digits.

    Others of the same sound may stand for up to a third of the rest. `masked.filled`: all are there, with 什么 and the
    like between them. `masked.initials`: nothing but the initials of a name, as a word beside the right's goods; of three
    characters only where the page speaks in code. At least two characters, and half of the name, must be its own.
    `masked.place_initials`: the initials of an indication's place straight before its product.
    """

    name = "masked"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return neighbouring pieces of each coded form, and initials."""
        for number, name in enumerate(profile.names):
            if name.han and len(name.folded) >= _SHORTEST:
                for piece in _pieces(name.folded):
                    layer = Layer.MARKED if SEPARATOR in piece else Layer.PLAIN
                    short = len(piece) == _SHORTEST and len(name.folded) > _SHORTEST and piece[1:2] in name.folded
                    yield Needle(
                        layer, piece, self.name, str(number), beside="" if short else _others(name.folded, piece)
                    )
                if initials := _initials(name.folded):
                    coded = "" if len(initials) >= _INITIALS_ALONE else _TOLD
                    yield Needle(Layer.PLAIN, initials, self.name, f"{number} initials", beside=coded)
        for place in profile.places:
            initials = _initials(place)
            for item in profile.products if len(initials) > 1 else ():
                yield Needle(Layer.PLAIN, initials + item, self.name, f"place {place} {item}")

    def run(self, case: Case) -> Iterable[Clue]:
        """Return at most one clue a place."""
        taken: list[Span] = []
        for match in case.mine(self.name):
            if any(match.span.overlaps(other) for other in taken):
                continue
            kind, *rest = match.needle.meta.split(" ")
            if kind == "place" or rest:
                if not case.is_word(match.span) or not (kind == "place" or case.goods_named):
                    continue
                if len(match.needle.text) < _INITIALS_ALONE and not first_cue(case.view.whole, "coded", "cues"):
                    continue
                taken.append(match.span)
                yield self._initials(
                    case, match.span, rest if kind == "place" else [case.profile.names[int(kind)].original]
                )
                continue
            name = case.profile.names[int(kind)]
            coded = _coded(case, match.span, name)
            if coded is not None and not any(coded.span.overlaps(other) for other in taken):
                taken.append(coded.span)
                yield self._clue(case, coded, name)

    def _clue(self, case: Case, coded: _Coded, name: Name) -> Clue:
        score = _score(case, coded, name) * {"title": 1.0, "seller": 0.7, "description": 0.85}.get(
            coded.span.field, 0.95
        )
        where, right, tail = case.where(coded.span), kind_label(case.profile.right), standing(case)
        if coded.hidden:
            shown = "、".join(f"“{item}”" for item in coded.hidden)
            shown_en = ", ".join(f"“{item}”" for item in coded.hidden)
            how = Text(f"部分文字以{shown}遮掩,还原后为", f"hides part of it behind {shown_en}; restored, it is")
        else:
            how = Text("去除夹在其间的暗语后为", "has fillers between its characters; without them, it is")
        return Clue(
            self.name,
            "masked.hidden" if coded.hidden else "masked.filled",
            round(score, 4),
            Text(
                f"{where.zh}{how.zh}{right.zh}的名称“{name.original}”;{tail.zh}。",
                f"{where.en} {how.en} “{name.original}”, the name of {right.en}; {tail.en}.",
            ),
            span=coded.span,
        )

    def _initials(self, case: Case, span: Span, meant: list[str]) -> Clue:
        where, right, tail, told = case.where(span), kind_label(case.profile.right), standing(case), "".join(meant)
        return Clue(
            self.name,
            "masked.initials" if len(meant) == 1 else "masked.place_initials",
            0.54,
            Text(
                f"{where.zh}为“{told}”的拼音首字母写法,与{right.zh}的商品同时出现;{tail.zh}。",
                f"{where.en} writes “{told}” by its initials, beside the goods of {right.en}; {tail.en}.",
            ),
            span=span,
        )

    def examples(self) -> Iterable[Example]:
        """Invented names."""
        goods = ("围巾",)
        yield example("岚鹿山坡", "岚什么鹿某坡 羊毛围巾", rule="masked.hidden", says=True, goods=goods, alert=True)
        yield example("岚鹿坡", "岚X坡 羊毛围巾", rule="masked.hidden", says=True, goods=goods, alert=True)
        yield example("岚鹿坡", "岚*坡 羊毛围巾", rule="masked.hidden", says=True, goods=goods, alert=True)
        yield example("岚鹿山坡", "岚鹿的什么山坡 羊毛围巾", rule="masked.filled", says=True, goods=goods)
        yield example("岚鹿山坡", "LLSP 羊毛围巾", rule="masked.initials", says=True, goods=goods)
        yield example("岚鹿坡", "岚山坡 羊毛围巾", rule="masked.hidden", says=False, goods=goods)
        yield example("岚鹿坡", "山岚下的坡地 羊毛围巾", rule="masked.hidden", says=False, goods=goods, alert=False)


def _initials(text: str) -> str:
    """Return the initials of a Chinese text; "" where one cannot be read."""
    if not all(map(is_han, text)):
        return ""
    letters = [reading(char)[:1] for char in text]
    return "".join(letters) if all(letters) else ""


def _others(name: str, piece: str) -> str:
    """Return the characters of which one must be there as well, for half of the name to be its own."""
    return "".join(char for char in name if char not in piece) if len(name) > _TWO_SUFFICE else ""


def _pieces(name: str) -> Iterator[str]:
    """Yield what stands side by side in some coded form of a name: enough to notice each of them."""
    size, initials = len(name), _initials(name)
    found: dict[str, None] = {}
    for at in range(size - 1):
        found.update(dict.fromkeys(f"{name[at]}{word}{name[at + 1]}" for word in _SAID))
    for at in range(size - 2):
        hiding = (*_HIDING, *(initials[at + 1 : at + 2]))
        found.update(dict.fromkeys(f"{name[at]}{word}{name[at + 2]}" for word in hiding))
        found[name[at] + SEPARATOR + name[at + 2]] = None
    for at in range(1, size):
        if initials:
            found[name[:at] + initials[at:]] = None
            found[initials[:at] + name[at:]] = None
    if initials and size > _SHORTEST:
        found[name[-3:-1] + initials[-1]] = None
        found[initials[0] + name[1:3]] = None
    for at, char in enumerate(name):
        if number := digit(char):
            found[name[:at] + number + name[at + 1 :]] = None
    for word in _HIDING:
        found[word + name[1:]] = None
        found[name[:-1] + word] = None
    yield from (piece for piece in found if piece != name)


@lru_cache(maxsize=16_384)
def _pattern(name: str) -> re.Pattern[str]:
    """Return the coded forms of a name: group `o<n>` where character n is its own, `h<n>` where something hides it.

    Group `s<n>` is another character of the same sound.
    """
    parts = []
    for number, char in enumerate(name):
        sound = reading(char)
        forms = "|".join(
            map(re.escape, sorted({sound[:1], sound[:2] if sound[1:2] == "h" else sound[:1]}, reverse=True))
        )
        letters = (f"|{forms}" if sound else "") + (f"|{number_}" if (number_ := digit(char)) else "")
        other = f"|(?P<s{number}>[{same}])" if (same := homophones(char)) else ""
        hiding = f"什么|甚么|某|啥|x|〇|口|[{_SIGN}]{{1,3}}{letters}"
        parts.append(f"(?:(?P<o{number}>{re.escape(char)})|(?P<h{number}>{hiding}){other})")
    return re.compile(_FILLER.join(parts))


def _coded(case: Case, near: Span, name: Name) -> _Coded | None:
    """Return the coded form of the name that stands at a piece that was found."""
    text, origins = _signed(case.field(near).text, near)
    size = len(name.folded)
    for start in range(len(text)):
        found = _pattern(name.folded).match(text, start)
        if found is None or _goes_on(text, found.start(), found.end()):
            continue
        span = Span(near.field, origins[found.start()], origins[found.end() - 1] + 1)
        own = sum(found.group(f"o{number}") is not None for number in range(size))
        hidden = tuple(item for number in range(size) if (item := found.group(f"h{number}")) is not None)
        filled = own == size and any(word in found.group() for word in _SAID)
        alike = size - own - len(hidden)
        if span.overlaps(near) and own >= 2 and own * 2 >= size and alike * 3 <= size and (hidden or filled):
            return _Coded(span, own, hidden, filled, alike)
    return None


def _signed(text: str, near: Span) -> tuple[str, list[int]]:
    """Return the folded text around a span with the signs that may hide a character kept, and where each came from."""
    chars, origins = [], []
    for offset in range(max(0, near.start - _WINDOW), min(len(text), near.end + _WINDOW)):
        folded = fold_char(text[offset])
        if not folded and (text[offset] in _SIGNS or text[offset] >= "\U0001f000"):
            folded = _SIGN
        for char in folded:
            chars.append(char)
            origins.append(offset)
    return "".join(chars), origins


def _goes_on(text: str, start: int, end: int) -> bool:
    """Whether letters at a border of the form belong to a longer word."""

    def letter(position: int) -> bool:
        return 0 <= position < len(text) and text[position].isascii() and text[position].isalnum()

    return (letter(start) and letter(start - 1)) or (letter(end - 1) and letter(end))


def _score(case: Case, coded: _Coded, name: Name) -> float:
    """Return how suspicious a coded form is: the more of the name is its own, and the plainer the code, the more."""
    if coded.filled:
        return 0.74
    share = coded.own / len(name.folded)
    spoken = any(item in {"某", "什么", "甚么", "啥"} for item in coded.hidden)
    score = (0.5 if coded.own < _SHORTEST else 0.68) + 0.1 * spoken + 0.06 * (share > 0.7)
    if case.goods_named or first_cue(case.view.whole, "coded", "cues"):
        return score + 0.08
    return score - 0.08 * (coded.own < _SHORTEST)


DETECTOR = MaskedRule()

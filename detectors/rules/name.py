"""The registered name or an alias, as it is or disguised by signs, spaces, emoji, letters or old characters."""

import re
from collections.abc import Iterable, Iterator

from detectors import words
from detectors.case import Case
from detectors.normalise import Gap, is_han
from detectors.numerals import figures
from detectors.profile import Name, Profile
from detectors.reading import LETTERED
from detectors.rulekit import Rule, example, kind_label, standing
from detectors.types import Clue, Example, Layer, Match, Needle, Span, Stage
from records.model import Text

_SPELT_OUT = ("~codes", "~emoji", "~explained", "~leet", "~leeti", "~picked")
_WEIGHT = {"title": 0.84, "description": 0.68, "seller": 0.48, **dict.fromkeys(_SPELT_OUT, 0.76)}
_SHORT_LATIN = 6
"""Shorter names of letters are looked for among figures beside their goods only."""
_BRAND = 0.88
_ATTRIBUTE = 0.66
_LOOSE = 3
_NUMBER = re.compile("[0-9]+")
_DIGITS = str.maketrans("0123456789", "零一二三四五六七八九")


class NameRule(Rule):
    """`name.exact`: the name stands there as registered. `name.alias`: an alias does.

    `name.disguised`: the name appears once signs, spaces, emoji or other script are taken out of it.
    A one-character name is only noticed here with goods named beside it.
    """

    name = "name"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return each name for the plain layer, and Chinese ones for the layer without other letters."""
        for number, name in enumerate(profile.names):
            yield Needle(Layer.PLAIN, name.folded, self.name, str(number))
            for form in _other_forms(name, profile):
                yield Needle(Layer.PLAIN, form, self.name, str(number))
            if name.han and len(name.folded) > 1:
                yield Needle(Layer.HAN, name.folded, self.name, str(number))

    def run(self, case: Case) -> Iterable[Clue]:
        """Return a clue for each place where a name stands on its own."""
        spans: list[Span] = []
        for match in sorted(
            case.mine(self.name), key=lambda m: (m.needle.layer is Layer.HAN, m.start - m.end, m.start)
        ):
            name = case.profile.names[int(match.needle.meta)]
            if any(match.span.overlaps(other) for other in spans) or not self._stands(case, match, name):
                continue
            spans.append(match.span)
            yield self._clue(case, match.span, name)

    def _stands(self, case: Case, match: Match, name: Name) -> bool:
        """Whether the match is one word or phrase, not a piece of others."""
        layer = case.field(match.span).layer(match.needle.layer)
        if layer is None:
            return False
        if not name.han and not _latin_border(layer.text, layer.gaps, match.start, match.end):
            return False
        if match.span.field in LETTERED and len(name.folded) < _SHORT_LATIN and not case.goods_named:
            return False
        if name.single:
            return _alone(layer.gaps, match, len(layer.text)) and bool(case.goods_named)
        if name.han and _of_other_words(case, match, layer.gaps):
            return False
        gaps = layer.gaps[match.start + 1 : match.end]
        evenly_split = len(set(gaps)) == 1 and len(gaps) > 1
        return max(gaps, default=Gap.NONE) < Gap.CLAUSE or evenly_split

    def _clue(self, case: Case, span: Span, name: Name) -> Clue:
        shown = case.excerpt(span)
        score = _score(case, span)
        disguised = shown.casefold() != name.original.casefold()
        plainly = case.field(span).plain
        start, end = plainly.locate(span.start, span.end)
        inflected = plainly.text[start:end] in _other_forms(name, case.profile)
        hidden = not inflected and (plainly.text[start:end] != name.folded or plainly.widest_gap(start, end) > Gap.NONE)
        where, right = case.where(span), kind_label(case.profile.right)
        rule, zh, en = "name.exact", "与{r}的名称相同", "is the same as the name of {r}"
        if disguised and hidden and not _ordinary_spacing(name, shown):
            rule, zh, en = (
                "name.disguised",
                "去除间隔的符号、空格或其他文字后,与{r}的名称相同",
                ("equals the name of {r} once signs, spaces or other letters are taken out"),
            )
            score = min(0.92, score + 0.06)
        elif span.field in case.view.readings:
            rule = "name.disguised"
        elif inflected:
            rule, zh, en = (
                "name.alias" if name.alias else "name.exact",
                f"与{{r}}登记的“{name.original}”只有单复数或数字写法之别",
                f"differs from “{name.original}”, recorded for {{r}}, only in the plural or in how figures are written",
            )
        elif name.alias:
            rule, zh, en = (
                "name.alias",
                f"与{{r}}登记的别名“{name.original}”相同",
                (f"is the same as “{name.original}”, recorded as another name of {{r}}"),
            )
        elif disguised:
            zh, en = (
                "经繁简、全半角、大小写等字形统一后,与{r}的名称相同",
                ("is the same as the name of {r} in another form of writing"),
            )
        tail = standing(case)
        return Clue(
            self.name,
            rule,
            score,
            Text(f"{where.zh}{zh.format(r=right.zh)};{tail.zh}。", f"{where.en} {en.format(r=right.en)}; {tail.en}."),
            span=span,
        )

    def examples(self) -> Iterable[Example]:
        """Invented names."""
        yield example("砚溪雁", "【旗舰】砚★溪★雁 茶叶 250克", rule="name.disguised", says=True, goods=("茶叶",))
        yield example("砚溪雁", "硯溪雁茶葉禮盒", rule="name.exact", says=True, goods=("茶叶",))
        yield example("砚溪雁", "清溪白雁 茶叶 250克", rule="name.exact", says=False, goods=("茶叶",))
        yield example("Dolvane", "Dolvaneers club shirt", rule="name.exact", says=False, goods=("服装",))


def _of_other_words(case: Case, match: Match, gaps: tuple[Gap, ...]) -> bool:
    """Whether a name with a space in it is only the end of a word and the beginning of the next: 烟岚 沟壑."""
    if match.end - match.start > _LOOSE or max(gaps[match.start + 1 : match.end], default=Gap.NONE) != Gap.SPACE:
        return False
    text, start = case.field(match.span).simplified, match.span.start
    return start > 0 and is_han(text[start - 1]) and bool(words.crossing(text, start, match.span.end))


def _score(case: Case, span: Span) -> float:
    if case.view.is_attribute(span.field, "brand"):
        return _BRAND
    return _WEIGHT.get(span.field, _ATTRIBUTE)


def _latin_border(text: str, gaps: tuple[Gap, ...], start: int, end: int) -> bool:
    """Whether a Latin needle begins and ends at word borders."""

    def latin(char: str) -> bool:
        return char.isascii() and char.isalnum()

    before = start == 0 or gaps[start] > Gap.INVISIBLE or not latin(text[start - 1]) or not latin(text[start])
    after = end == len(text) or gaps[end] > Gap.INVISIBLE or not latin(text[end]) or not latin(text[end - 1])
    return before and after


def _alone(gaps: tuple[Gap, ...], match: Match, length: int) -> bool:
    """Whether a one-character name is set off on both sides."""
    before = match.start == 0 or gaps[match.start] >= Gap.SYMBOL
    after = match.end == length or gaps[match.end] >= Gap.SYMBOL
    return before and after


def _other_forms(name: Name, profile: Profile) -> Iterator[str]:
    """Yield a name with its numbers in Chinese or its numerals as digits, and the plural of an indication's Latin name."""
    if written := figures(name.folded):
        yield written
    if any(char.isascii() and char.isdigit() for char in name.folded) and any(map(is_han, name.folded)):
        yield _NUMBER.sub(lambda number: _spoken(number.group()), name.folded)
        yield name.folded.translate(_DIGITS)
    if profile.is_gi and name.folded.isascii() and name.folded.isalpha():
        yield name.folded + "s"
        yield name.folded[:-1] + "ies" if name.folded.endswith("y") else name.folded + "es"


def _spoken(number: str) -> str:
    """Return a number of one or two digits as it is spoken: 22 → 二十二; longer ones digit by digit."""
    if len(number) != 2 or number[0] == "0":
        return number.translate(_DIGITS)
    tens, ones = number[0], number[1]
    return f"{'' if tens == '1' else tens}十{'' if ones == '0' else ones}".translate(_DIGITS)


def _ordinary_spacing(name: Name, shown: str) -> bool:
    """Whether the only difference is spaces or hyphens between the words of a Latin name."""
    if name.han:
        return False
    return not set(shown.casefold()) - set(name.original.casefold()) - set(" -'’.&·")


DETECTOR = NameRule()

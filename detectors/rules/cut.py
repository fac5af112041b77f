"""Marks of one word that are cut short, or whose letters are given in part: 岚鹿 for 岚鹿坡, Dolv, DLV, D什么v什么e."""

import re
from collections.abc import Iterable, Iterator

from detectors import words
from detectors.case import Case, first_cue
from detectors.english import is_english
from detectors.lexicon import words as lexicon
from detectors.normalise import Gap, is_han
from detectors.profile import Name, Profile
from detectors.rulekit import Rule, example, kind_label, marked, standing
from detectors.types import Clue, Example, Layer, Match, Needle, Span, Stage
from records.model import Text

_LATIN_FROM = 6
_HAN_SIZE = 3
_FEWEST = 3
_SURE = 5
_HIDES = "什么|甚么|某某|某|啥"
_GIVEN = re.compile(f"[a-z]{{1,4}}(?:(?:{_HIDES})[a-z]{{1,4}})+")
_FAMILY = ("家", "系", "牌", "标")
_NEAR = "家系牌标懂暗福同专撤原尾仿复刻"
"""Of what says that somebody's mark is meant (see `_called`), one character must be there."""
_VOWELS = frozenset("aeiou")
_COUNTED = {2: "两", 3: "三", 4: "四", 5: "五", 6: "六", 7: "七", 8: "八", 9: "九", 10: "十"}


class CutRule(Rule):
    """`cut.latin`: the beginning of a Latin mark of six letters and more, as a word of its own. `cut.consonants`: its
    consonants alone. `cut.letters`: some of its letters, the first and the last among them, 什么 or 某 for the rest.

    `cut.han`: the first two of three characters, no word, at the title's beginning and set off. The right's goods must be
    named for any of it, and what is short must be called somebody's (…家, …牌) or the page speak in code.
    """

    name = "cut"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return beginnings, consonants, and the piece that a name given in letters begins with."""
        if profile.is_gi:
            return
        for number, name in enumerate(profile.names):
            if name.han and len(name.folded) == _HAN_SIZE and not words.is_word(name.folded[:2]):
                yield Needle(Layer.PLAIN, name.folded[:2], self.name, f"{number} han")
            if not _cuttable(name):
                continue
            head = name.folded[: max(4, len(name.folded) // 2)]
            if not is_english(head):
                yield Needle(Layer.PLAIN, head, self.name, f"{number} latin")
            for part in _consonants(name.folded):
                yield Needle(Layer.PLAIN, part, self.name, f"{number} consonants", beside=_NEAR)
            for word in _HIDES.split("|"):
                yield Needle(Layer.PLAIN, name.folded[0] + word, self.name, f"{number} letters", beside=name.folded[-1])

    def run(self, case: Case) -> Iterable[Clue]:
        """Return the first clue of each way."""
        if case.profile.is_gi or not case.goods_named:
            return
        said: set[str] = set()
        for match in case.mine(self.name):
            number, how = match.needle.meta.split(" ")
            name = case.profile.names[int(number)]
            if how in said or match.span.field == "seller":
                continue
            found = _WAYS[how](case, match, name)
            if found is not None:
                said.add(how)
                yield self._clue(case, name, how, *found)

    def _clue(self, case: Case, name: Name, how: str, span: Span, score: float) -> Clue:
        where, right, tail = case.where(span), kind_label(case.profile.right), standing(case)
        told = {
            "han": Text("的前两字", "the first two characters of"),
            "latin": Text("的开头部分", "the beginning of"),
            "consonants": Text("的辅音字母", "the consonants of"),
            "letters": Text("的部分字母,其余以暗语代替", "some letters, and fillers for the rest, of"),
        }[how]
        return Clue(
            self.name,
            f"cut.{how}",
            round(score * (0.85 if span.field == "description" else 1.0), 4),
            Text(
                f"{where.zh}是{right.zh}的名称“{name.original}”{told.zh},用在“{case.goods_named}”上;{tail.zh}。",
                f"{where.en} is {told.en} “{name.original}”, the name of {right.en}, used for “{case.goods_named}”; {tail.en}.",
            ),
            span=span,
        )

    def examples(self) -> Iterable[Example]:
        """Invented names."""
        goods = ("围巾",)
        yield example("Dolvanera", "Dolvan家 羊毛围巾", rule="cut.latin", says=True, goods=goods, alert=True)
        yield example("Dolvanera", "Dolvan 汽车脚垫", rule="cut.latin", says=False, goods=goods, alert=False)
        yield example("Dolvanera", "DLV家 羊毛围巾 尾单", rule="cut.consonants", says=True, goods=goods, alert=True)
        yield example("Dolvanera", "DLV 羊毛围巾", rule="cut.consonants", says=False, goods=goods, alert=False)
        yield example("Dolvanera", "D什么V什么RA 羊毛围巾", rule="cut.letters", says=True, goods=goods, alert=True)
        yield example("Dolvanera", "A什么B 羊毛围巾", rule="cut.letters", says=False, goods=goods, alert=False)
        yield example("岚鹿坡", "岚鹿 羊毛围巾", rule="cut.han", says=True, goods=goods, alert=True)
        yield example("岚鹿坡", "冬日岚鹿谷 羊毛围巾", rule="cut.han", says=False, goods=goods, alert=False)


def _cuttable(name: Name) -> bool:
    """Whether the name is one word of letters, long enough and no English word."""
    plain = name.folded.isascii() and name.folded.isalpha() and " " not in name.original.strip()
    return plain and len(name.folded) >= _LATIN_FROM and not is_english(name.folded)


def _consonants(name: str) -> Iterator[str]:
    """Yield the first three consonants of a name, four and so on; nothing where it begins with a vowel."""
    kept = "".join(char for char in name if char not in _VOWELS)
    if name[0] not in _VOWELS:
        yield from (kept[:size] for size in range(_FEWEST, len(kept) + 1))


def _called(case: Case, span: Span) -> bool:
    """Whether what stands there is called somebody's, or the page speaks in code."""
    view = case.field(span)
    end = view.plain.locate(span.start, span.end)[1]
    joined = end < len(view.plain.text) and view.plain.gaps[end] <= Gap.INVISIBLE
    family = joined and any(word in view.plain.text[end : end + 2] for word in _FAMILY)
    return family or bool(first_cue(case.view.whole, "coded", "cues") or first_cue(case.view.whole, "fake", "cues"))


def _latin(case: Case, match: Match, name: Name) -> tuple[Span, float] | None:
    plain = case.field(match.span).plain
    start, end = plain.locate(match.span.start, match.span.end)
    while end < len(plain.text) and plain.text[start : end + 1] == name.folded[: end + 1 - start]:
        if plain.gaps[end] > Gap.INVISIBLE:
            break
        end += 1
    size = end - start
    if size >= len(name.folded) or not plain.is_word(start, end) or is_english(plain.text[start:end]):
        return None
    span = Span(match.span.field, *plain.original(start, end))
    if not (_called(case, span) or (size >= _SURE and marked(case, span))):
        return None
    return span, 0.62 if size >= _SURE else 0.58


def _by_consonants(case: Case, match: Match, name: Name) -> tuple[Span, float] | None:
    del name
    if not case.is_word(match.span) or not _called(case, match.span):
        return None
    several = sum(match.needle.text in view.plain.text for view in case.view) > 1
    return match.span, 0.58 if several or len(match.needle.text) > _FEWEST else 0.56


def _letters(case: Case, match: Match, name: Name) -> tuple[Span, float] | None:
    """Return where letters with fillers between them are some of the name's, in order, the first and last among them."""
    plain = case.field(match.span).plain
    for found in _GIVEN.finditer(plain.text):
        shown = re.sub(_HIDES, "", found.group())
        own = _in_order(shown, name.folded) and shown[0] == name.folded[0] and shown[-1] == name.folded[-1]
        if own and found.start() <= match.start < found.end() and len(shown) >= _FEWEST:
            counted = f"{_COUNTED.get(len(name.folded), '-')}个字母" in case.view.whole
            return Span(match.span.field, *plain.original(found.start(), found.end())), 0.68 if counted else 0.6
    return None


def _in_order(letters: str, name: str) -> bool:
    rest = iter(name)
    return all(letter in rest for letter in letters)


def _han(case: Case, match: Match, name: Name) -> tuple[Span, float] | None:
    view = case.field(match.span)
    plain, end = view.plain, match.end
    first = match.span.field == "title" and match.start == 0
    if not (first or marked(case, match.span)) or plain.text[end : end + 1] == name.folded[-1]:
        return None
    if words.crossing(view.simplified, match.span.start, match.span.end):
        return None
    rest = plain.text[end:]
    off = (
        not rest
        or plain.gaps[end] > Gap.INVISIBLE
        or rest.startswith((*_FAMILY, case.goods_named))
        or not is_han(rest[0])
    )
    return (match.span, 0.56) if off and not _elsewhere_branded(case, match.needle.text) else None


def _elsewhere_branded(case: Case, shown: str) -> bool:
    """Whether the page states a brand of its own, which is not what stands there."""
    brands = [view.plain.text for view in case.view.attribute_fields("brand")]
    return any(brand and brand not in lexicon("identity", "none") and shown != brand for brand in brands)


_WAYS = {"han": _han, "latin": _latin, "consonants": _by_consonants, "letters": _letters}

DETECTOR = CutRule()

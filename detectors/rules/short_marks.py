"""Marks of two characters: the characters swapped, with a filler between them, or one of them and the mark's initials."""

from collections.abc import Iterable

from detectors import words
from detectors.case import Case, first_cue
from detectors.normalise import Gap, is_han, key
from detectors.profile import Profile
from detectors.rulekit import Rule, example, kind_label, marked, standing
from detectors.sound import reading
from detectors.types import Clue, Example, Layer, Match, Needle, Span, Stage
from records.model import Text

_SIZE = 2
_FILLERS = ("小", "之", "的", "の", "大", "家", "记", "氏", "与", "和")
_SOLD = 18
_LIVE = "播铁客黄粉福漏链懂版柜说单厂令暗私拍"
"""Characters of which one stands in what is said where goods are sold in code (`coded.live`)."""
_HIDING = frozenset("*×✕某xX啥〇○口·家")


class ShortMarksRule(Rule):
    """`short.swapped`: both characters of a mark in the other order. `short.filled`: 小, 之, の or the like between them.

    `short.hidden`: one of them behind 某 or its initial, where goods are sold live or in code. `short.initials`: the mark's initials as a word, and one of its characters with something that hides the other. As
    the first word of the title or as a brand, beside the right's goods, and never as words of the dictionary.
    """

    name = "short_marks"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return the swapped form, the filled ones and the initials of each name of two characters."""
        for number, name in enumerate(profile.names):
            if not name.han or len(name.folded) != _SIZE or words.is_everyday(name.folded):
                continue
            first, last = name.folded[0], name.folded[1]
            if first != last and not words.is_word(last + first):
                yield Needle(Layer.PLAIN, last + first, self.name, f"{number} swapped")
            for filler in _FILLERS:
                if not words.is_word(first + filler + last):
                    yield Needle(Layer.PLAIN, first + filler + last, self.name, f"{number} filled")
            initials = f"{reading(first)[:1]}{reading(last)[:1]}"
            if len(initials) == _SIZE:
                for form in (
                    initials[0] + last,
                    first + initials[1],
                    f"某{last}",
                    f"{first}某",
                    f"{first}什么",
                    f"x{last}",
                    f"{first}x",
                ):
                    yield Needle(Layer.PLAIN, form, self.name, f"{number} hidden", beside=_LIVE)
                yield Needle(Layer.PLAIN, initials, self.name, f"{number} initials", beside=name.folded)

    def run(self, case: Case) -> Iterable[Clue]:
        """Return one clue where such a form stands as a brand."""
        if not case.sold:
            return
        for match in case.mine(self.name):
            number, rule = match.needle.meta.split(" ")
            name = case.profile.names[int(number)].folded
            if rule == "initials":
                at = _hidden(case, name) if case.is_word(match.span) and match.span.field != "seller" else None
                if at is not None:
                    yield self._clue(case, at, int(number), rule)
                    return
            elif _as_brand(case, match) and (rule != "hidden" or _live(case)):
                yield self._clue(case, match.span, int(number), rule)
                return

    def _clue(self, case: Case, span: Span, number: int, rule: str) -> Clue:
        name, where = case.profile.names[number], case.where(span)
        right, tail = kind_label(case.profile.right), standing(case)
        how = {
            "swapped": Text("两字对调", "its two characters swapped"),
            "filled": Text("中间插入虚字", "a filler between its characters"),
            "hidden": Text(
                "一字以“某”或首字母代替,页面有直播间暗语",
                "one character hidden behind 某 or its initial, on a page in code",
            ),
            "initials": Text("一字遮掩,页面另写有其拼音首字母", "one character hidden, and its initials on the page"),
        }[rule]
        coded = bool(first_cue(case.view.whole, "coded", "cues")) or marked(case, span)
        return Clue(
            self.name,
            f"short.{rule}",
            0.6 if coded else 0.57,
            Text(
                f"{where.zh}近似{right.zh}的名称“{name.original}”({how.zh}),用在“{case.sold}”上;{tail.zh}。",
                f"{where.en} is close to “{name.original}”, the name of {right.en} ({how.en}), used for “{case.sold}”; "
                f"{tail.en}.",
            ),
            span=span,
        )

    def examples(self) -> Iterable[Example]:
        """Invented names."""
        goods = ("围巾",)
        yield example("岚砾", "砾岚 羊毛围巾", rule="short.swapped", says=True, goods=goods, alert=True)
        yield example("岚砾", "岚小砾 羊毛围巾", rule="short.filled", says=True, goods=goods, alert=True)
        yield example("岚砾", "岚*家羊毛围巾 LL", rule="short.initials", says=True, goods=goods, alert=True)
        yield example("岚砾", "岚某 羊毛围巾 懂的来", rule="short.hidden", says=True, goods=goods, alert=True)
        yield example("岚砾", "L砾 羊毛围巾", rule="short.hidden", says=False, goods=goods, alert=False)
        yield example("岚砾", "砾岚 汽车脚垫", rule="short.swapped", says=False, goods=goods)
        yield example("岚砾", "山间砾岚色羊毛围巾", rule="short.swapped", says=False, goods=goods, alert=False)


def _as_brand(case: Case, match: Match) -> bool:
    """Whether it opens the title or is a brand, set off or before the goods, and lies across no other word."""
    view = case.field(match.span)
    if not (case.view.is_attribute(match.span.field, "brand") or (match.span.field == "title" and match.start == 0)):
        return False
    plain, text = view.plain, view.simplified
    if words.crossing(text, match.span.start, match.span.end) or words.natural(text, match.span.start, match.span.end):
        return False
    if plain.widest_gap(match.start, match.end) > Gap.INVISIBLE:
        return False
    rest = plain.text[match.end : match.end + _SOLD]
    return not rest or plain.gaps[match.end] >= Gap.SYMBOL or rest.startswith(case.sold) or not is_han(rest[0])


def _live(case: Case) -> bool:
    """Whether the page speaks in code, or sells live."""
    return bool(first_cue(case.view.whole + key(case.view.listing.seller), "coded", "live", "cues"))


def _hidden(case: Case, name: str) -> Span | None:
    """Return where one character of the name stands in the title beside something that hides the other, or None."""
    text = case.view.listing.title[:_SOLD]
    for at, char in enumerate(text):
        if char == name[0] and text[at + 1 : at + 2] in _HIDING and at + 1 < len(text):
            return Span("title", at, at + 2)
        if char == name[1] and at and text[at - 1] in _HIDING:
            return Span("title", at - 1, at + 1)
    return None


DETECTOR = ShortMarksRule()

"""Marks of two characters: one of them replaced by a character that is nearly the same in shape."""

from collections.abc import Iterable

from detectors import words
from detectors.case import Case
from detectors.normalise import Gap
from detectors.profile import Profile
from detectors.rulekit import Rule, example, kind_label, marked, standing
from detectors.shapes import twins
from detectors.types import Clue, Example, Layer, Match, Needle, Stage
from records.model import Text

_SIZE = 2


class TwinsRule(Rule):
    """`twins.lookalike`: a mark of two characters with one replaced by its near double, at the head of a title or as a brand.

    The right's goods or others of its classes must be named, and what is written be no dictionary word.
    """

    name = "twins"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return the name with each character replaced by each of its near doubles."""
        for number, name in enumerate(profile.names):
            if not name.han or len(name.folded) != _SIZE:
                continue
            first, last = name.folded[0], name.folded[1]
            forms = (*(other + last for other in twins(first)), *(first + other for other in twins(last)))
            for form in dict.fromkeys(forms):
                if not words.is_word(form):
                    yield Needle(Layer.PLAIN, form, self.name, str(number))

    def run(self, case: Case) -> Iterable[Clue]:
        """Return one clue where such a form stands as a brand."""
        for match in case.mine(self.name):
            if case.sold and _as_brand(case, match):
                yield self._clue(case, match)
                return

    def _clue(self, case: Case, match: Match) -> Clue:
        name = case.profile.names[int(match.needle.meta)]
        where, right, tail = case.where(match.span), kind_label(case.profile.right), standing(case)
        own, seen = next((a, b) for a, b in zip(name.folded, match.needle.text, strict=True) if a != b)
        return Clue(
            self.name,
            "twins.lookalike",
            0.6 if marked(case, match.span) else 0.57,
            Text(
                f"{where.zh}与{right.zh}的名称“{name.original}”只差一个形近字({own}→{seen}),"
                f"且用在“{case.sold}”上;{tail.zh}。",
                f"{where.en} differs from “{name.original}”, the name of {right.en}, by one character of nearly the same "
                f"shape ({own}→{seen}), and is used for “{case.sold}”; {tail.en}.",
            ),
            span=match.span,
        )

    def examples(self) -> Iterable[Example]:
        """Invented names."""
        goods = ("围巾",)
        yield example("岚程", "岚桯羊毛围巾 秋冬", rule="twins.lookalike", says=True, goods=goods, alert=True)
        yield example("岚程", "岚桯汽车脚垫", rule="twins.lookalike", says=False, goods=goods)
        yield example("岚程", "秋冬新款岚桯色羊毛围巾", rule="twins.lookalike", says=False, goods=goods, alert=False)


def _as_brand(case: Case, match: Match) -> bool:
    """Whether it begins the title or a word of it, or is marked, and lies across no other word."""
    if match.span.field in {"seller", "description"}:
        return False
    view = case.field(match.span)
    if words.crossing(view.simplified, match.span.start, match.span.end):
        return False
    begins = match.start == 0 or view.plain.gaps[match.start] >= Gap.SYMBOL
    return (begins or marked(case, match.span)) and view.plain.widest_gap(match.start, match.end) <= Gap.INVISIBLE


DETECTOR = TwinsRule()

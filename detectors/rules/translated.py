"""A Chinese mark put into English word by word."""

from collections.abc import Iterable

from detectors.case import Case
from detectors.meanings import in_english
from detectors.normalise import Gap
from detectors.profile import Profile
from detectors.rulekit import Rule, example, kind_label, standing
from detectors.types import Clue, Example, Layer, Match, Needle, Stage
from records.model import Text

_LONGEST = 4
_SHORTEST = 6
_SEVERAL = 3
_FIELDS = {"title": 1.0, "description": 0.85}


class TranslatedRule(Rule):
    """`translated.words`: what a Chinese mark of two to four characters means, in English words, beside its goods.

    Where these are fewer than three words, they may be anybody's: they must be all of a brand's name on the page.
    """

    name = "translated"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return the English words, joined, for each Chinese name; none that is a name of the right already."""
        if profile.is_gi:
            return
        known = {name.folded for name in profile.names}
        for number, name in enumerate(profile.names):
            if name.han and 1 < len(name.folded) <= _LONGEST:
                for row in in_english(name.folded):
                    text = "".join(row)
                    if len(text) >= _SHORTEST and text not in known:
                        yield Needle(Layer.PLAIN, text, self.name, f"{number} {len(row)}")

    def run(self, case: Case) -> Iterable[Clue]:
        """Return the first clue of the most words."""
        if case.profile.is_gi or not case.goods_named:
            return
        found = [match for match in case.mine(self.name) if self._stands(case, match)]
        for match in sorted(found, key=lambda match: -int(match.needle.meta.split(" ")[1]))[:1]:
            number, size = map(int, match.needle.meta.split(" "))
            name, where = case.profile.names[number], case.where(match.span)
            right, tail = kind_label(case.profile.right), standing(case)
            score = 0.74 if size >= _SEVERAL else 0.62
            yield Clue(
                self.name,
                "translated.words",
                round(score * _FIELDS.get(match.span.field, 0.95), 4),
                Text(
                    f"{where.zh}是{right.zh}的名称“{name.original}”的英文直译,用在“{case.goods_named}”上;{tail.zh}。",
                    f"{where.en} says in English what “{name.original}”, the name of {right.en}, means, used for "
                    f"“{case.goods_named}”; {tail.en}.",
                ),
                span=match.span,
            )

    def _stands(self, case: Case, match: Match) -> bool:
        view = case.field(match.span)
        start, end = view.plain.locate(match.span.start, match.span.end)
        if (
            not view.plain.is_word(start, end)
            or view.plain.widest_gap(start, end) >= Gap.CLAUSE
            or view.name == "seller"
        ):
            return False
        if int(match.needle.meta.split(" ")[1]) >= _SEVERAL:
            return True
        return case.view.is_attribute(view.name, "brand") and view.plain.text == match.needle.text

    def examples(self) -> Iterable[Example]:
        """Everyday words as marks."""
        goods, brand = ("围巾",), {"attributes": {"品牌": "Lighthouse"}}
        yield example(
            "灯塔", "Lighthouse 围巾", rule="translated.words", says=True, goods=goods, listing=brand, alert=True
        )
        yield example("灯塔", "lighthouse 图案围巾", rule="translated.words", says=False, goods=goods, alert=False)
        yield example(
            "鹿铃山", "Deer Bell Mountain 羊毛围巾", rule="translated.words", says=True, goods=goods, alert=True
        )


DETECTOR = TranslatedRule()

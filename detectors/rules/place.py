"""A place's name that stands for something else: a street, a person, or beside goods that are only part of another word."""

from collections.abc import Iterable

from detectors.case import Case
from detectors.lexicon import words as lexicon
from detectors.nice import far, goods_in
from detectors.rulekit import Rule, example, kind_label
from detectors.types import Clue, Effect, Example, Span, Stage
from records.model import Text
from records.terms import RightKind

_AFTER = 6
_AROUND = 4


class PlaceRule(Rule):
    """`place.address`: the place is part of a street's or school's name. `place.person`: a surname stands before the
    name and 作品, 老师 or the like after it. `place.longer_goods`: what was found ends inside a word for other goods (茶|具).

    Each lowers the finding that leans on it, and no other.
    """

    name = "place"
    stage = Stage.WEIGH

    def run(self, case: Case) -> Iterable[Clue]:
        """Return what lowers each finding."""
        for clue, span in case.text_finds:
            yield from self._longer(case, span)
            if clue.rule.startswith("gi."):
                for match in case.matches:
                    if match.span.overlaps(span) and match.needle.meta.startswith("place"):
                        yield from self._address(case, match.span, span)
                        yield from self._person(case, match.span, span)
            elif clue.detector == "name" and not case.goods_named:
                yield from self._person(case, span, span)

    def _address(self, case: Case, span: Span, target: Span) -> Iterable[Clue]:
        after = case.after(span, _AFTER)
        cue = next((word for word in lexicon("places", "addresses") if after.startswith(word)), "")
        if cue and not after.startswith(lexicon("places", "no_addresses")):
            words = Text(f"后接“{cue}”,是地址或机构名称,不是产地", f"is followed by “{cue}”: an address or institution")
            yield self._clue(case, "address", 0.85, span, target, words)

    def _person(self, case: Case, span: Span, target: Span) -> Iterable[Clue]:
        text = case.field(span).simplified
        before, after = text[max(0, span.start - 2) : span.start], case.after(span, _AFTER)
        cue = next((word for word in lexicon("persons", "after") if after.startswith(word)), "")
        first = len(before) < 2 or not before[0].isalnum() or before[0] in lexicon("persons", "roles_end")
        if cue and before and before[-1] in lexicon("persons", "surnames") and first:
            words = Text(
                f"前有姓氏“{before[-1]}”,后接“{cue}”,是人名",
                f"stands between the surname “{before[-1]}” and “{cue}”: a person's name",
            )
            yield self._clue(case, "person", 0.8, span, target, words)

    def _longer(self, case: Case, span: Span) -> Iterable[Clue]:
        text, nice = case.field(span).simplified, case.profile.right.nice_classes
        low = max(0, span.end - _AROUND)
        for word, start, end in goods_in(text[low : span.end + _AROUND]):
            inside = low + start < span.end < low + end and far((word,), nice) and not _its_goods(case, word)
            if inside and not _shorter(case, span, low + start):
                words = Text(f"末字是“{word}”一词的一部分,为另一种商品", f"ends inside “{word}”, which is other goods")
                yield self._clue(case, "longer_goods", 0.75, span, span, words)
                return

    def _clue(self, case: Case, rule: str, share: float, span: Span, target: Span, words: Text) -> Clue:
        where, right = case.where(span), kind_label(case.profile.right)
        return Clue(
            self.name,
            f"place.{rule}",
            share,
            Text(f"{where.zh}{words.zh},与{right.zh}无涉。", f"{where.en} {words.en}, and not of {right.en}."),
            effect=Effect.LOWER,
            span=span,
            target=target,
        )

    def examples(self) -> Iterable[Example]:
        """Invented places and products."""
        right = {"region": "砂陵省岚沟县", "goods": ("茶叶",), "nice_classes": (30,)}
        gi = RightKind.GI
        yield example(
            "岚沟茶", "岚沟路老店 茶 100g", rule="place.address", says=True, kind=gi, right=right, alert=False
        )
        yield example(
            "岚沟茶", "茶席布 王岚沟作品 送茶", rule="place.person", says=True, kind=gi, right=right, alert=False
        )
        yield example("岚沟茶", "岚沟窑茶具", rule="place.longer_goods", says=True, kind=gi, right=right, alert=False)
        yield example("岚沟茶", "岚沟街道 头茬 茶", rule="place.address", says=False, kind=gi, right=right, alert=True)


def _shorter(case: Case, span: Span, end: int) -> bool:
    """Whether another finding lies in the span and is whole before the longer word begins."""
    return any(other.overlaps(span) and other.end <= end for _, other in case.text_finds)


def _its_goods(case: Case, word: str) -> bool:
    return any(word in item or (item in word and len(item) > 1) for item in case.profile.goods)


DETECTOR = PlaceRule()

"""Strings that are no names: across the borders of other words, or everyday words used as such."""

from collections.abc import Iterable

from detectors import words
from detectors.case import Case
from detectors.lexicon import words as lexicon
from detectors.normalise import is_han
from detectors.rulekit import Rule, example, marked
from detectors.types import Clue, Effect, Example, Span, Stage
from records.model import Text
from records.terms import Outcome

_SHORT = 3
_RESEMBLING = frozenset({"edit", "sound", "split"})
_FITS = 0.5
_PAPER = 16


class CoincidenceRule(Rule):
    """`coincidence.across_words`: a short name is found only across the borders of dictionary words; cancelled.

    `coincidence.everyday_word`: the mark is an everyday word and nothing marks it as a brand; lowered, the more
    so where the goods are others. `coincidence.descriptive`: a mark of several Latin words stands in small letters
    as a description of other goods; lowered. `coincidence.other_right`: what resembles this name is the name of another right.
    """

    name = "coincidence"
    stage = Stage.WEIGH

    def run(self, case: Case) -> Iterable[Clue]:
        """Return a clue for each use that may be none."""
        for clue, span in case.text_finds:
            if clue.detector in _RESEMBLING and _named_otherwise(case, span):
                yield self._other_right(case, span)
            if _inside_longer(case, clue, span):
                continue
            if clue.rule == "name.exact" and _descriptive(case, span):
                yield self._descriptive(case, span)
            if clue.detector not in {"name", "gi_evocation"} or clue.rule == "name.disguised" or marked(case, span):
                continue
            written = case.field(span).simplified[span.start : span.end]
            if len(written) > _SHORT or not all(is_han(char) for char in written):
                continue
            crossed = words.crossing(case.field(span).simplified, span.start, span.end)
            if crossed:
                yield self._across(case, span, crossed)
            elif words.is_everyday(written):
                yield self._everyday(case, span)

    def _across(self, case: Case, span: Span, crossed: str) -> Clue:
        where = case.where(span)
        return Clue(
            self.name,
            "coincidence.across_words",
            0.9,
            Text(
                f"{where.zh}只是相邻词语的连缀(与“{crossed}”一词交叉),不是该名称。",
                f"{where.en} only arises across the border of another word (“{crossed}”); it is not the name.",
            ),
            effect=Effect.CANCEL,
            span=span,
            target=span,
        )

    def _other_right(self, case: Case, span: Span) -> Clue:
        where = case.where(span)
        return Clue(
            self.name,
            "coincidence.other_right",
            0.9,
            Text(
                f"{where.zh}是另一项权利的名称本身,与本权利的名称只是相近。",
                f"{where.en} is the very name of another right, and only resembles this one.",
            ),
            effect=Effect.CANCEL,
            span=span,
            target=span,
        )

    def _descriptive(self, case: Case, span: Span) -> Clue:
        where = case.where(span)
        return Clue(
            self.name,
            "coincidence.descriptive",
            0.6,
            Text(
                f"{where.zh}以小写书写,是描述商品的普通词组,没有品牌用法的标志,也未见该权利的商品。",
                f"{where.en} is written in small letters as words that describe; nothing marks it as a brand, and none "
                "of the right's goods is named.",
            ),
            effect=Effect.LOWER,
            span=span,
            target=span,
        )

    def _everyday(self, case: Case, span: Span) -> Clue:
        where = case.where(span)
        guessed = case.fit is not None and case.fit.value >= _FITS and not case.fit.word
        fits = bool(case.goods_named) or (case.fit is not None and case.fit.value >= _FITS)
        tail = Text("商品类别相符,仍需留意", "the goods are of the right's class, though")
        if not fits:
            tail = Text(
                "也没有品牌用法的标志,商品类别也不相符", "nothing marks it as a brand, and the goods are others"
            )
        return Clue(
            self.name,
            "coincidence.everyday_word",
            0.75 if not fits else 0.5 if guessed and not case.goods_named else 0.15,
            Text(f"{where.zh}是日常用语;{tail.zh}。", f"{where.en} is an everyday word; {tail.en}."),
            effect=Effect.LOWER,
            span=span,
            target=span,
        )

    def examples(self) -> Iterable[Example]:
        """Invented names beside dictionary words."""
        yield example(
            "海清",
            "上海清晨 装饰画",
            rule="coincidence.across_words",
            says=True,
            goods=("茶叶",),
            outcome=Outcome.EXCLUDED,
            alert=False,
        )
        yield example(
            "运河", "运河边的清晨 装饰画", rule="coincidence.everyday_word", says=True, goods=("茶叶",), alert=False
        )
        print_of = "framed photo of a golden heron at dawn"
        yield example("Golden Heron", print_of, rule="coincidence.descriptive", says=True, goods=("tea",), alert=False)
        yield example("Golden Heron", "Golden Heron tea", rule="coincidence.descriptive", says=False, goods=("tea",))
        yield example(
            "运河", "【运河】牌茶叶", rule="coincidence.everyday_word", says=False, goods=("茶叶",), alert=True
        )


def _named_otherwise(case: Case, span: Span) -> bool:
    """Whether another right's name covers the span as registered."""
    return any(
        other.field == span.field and other.start <= span.start and span.end <= other.end
        for other, right_id in case.named
        if right_id != case.profile.right.id
    )


def _descriptive(case: Case, span: Span) -> bool:
    """Whether words of a mark, registered with capitals, only describe other goods here.

    They stand in small letters, nothing marks them, no goods of the right are named, and an article or `of` stands
    before them, or a picture of what they mean is for sale, or the context model takes the goods for others.
    """
    shown = case.excerpt(span)
    if shown != shown.lower() or not shown.isascii() or " " not in shown or case.profile.title == shown:
        return False
    if marked(case, span) or case.goods_named:
        return False
    before = case.field(span).text[: span.start].lower().split()
    if before and before[-1] in lexicon("descriptive", "leading"):
        return True
    around = set(case.view.listing.title[:300].lower().replace(",", " ").split())
    if around & set(lexicon("descriptive", "pictures")) and _PAPER not in case.profile.right.nice_classes:
        return True
    return case.fit is not None and case.fit.value < _FITS


def _inside_longer(case: Case, clue: Clue, span: Span) -> bool:
    """Whether a whole, longer name was found around the span."""
    return any(
        other.overlaps(span) and other.end - other.start > max(_SHORT, span.end - span.start)
        for find, other in case.text_finds
        if find is not clue and find.detector == "name"
    )


DETECTOR = CoincidenceRule()

"""Strings that are no names: across the borders of other words, or everyday words used as such."""

from collections.abc import Iterable

from detectors import words
from detectors.case import Case
from detectors.identity import own_brand
from detectors.lexicon import words as lexicon
from detectors.normalise import Gap, is_han
from detectors.rulekit import Rule, example, marked
from detectors.types import Clue, Effect, Example, Match, Span, Stage
from detectors.usage import listed_as_ingredient
from records.model import Text
from records.terms import Outcome

_SHORT = 3
_RESEMBLING = frozenset({"edit", "sound", "split"})
_FITS = 0.5
_PAPER = 16
_LOOSE = 3
_PARTS = 2
_AROUND = 5


class CoincidenceRule(Rule):
    """`coincidence.across_words`: a short name is found only across the borders of dictionary words; cancelled.

    A longer one, too, where the goods are others or under another brand; `coincidence.two_phrases`: so where a space parts it.
    `coincidence.motif`: the mark is a word and says what goods look, smell or are made of (…造型, …萃取); lowered.
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
            if clue.detector == "gi_grammar" and (crossed := _goods_crossed(case, clue, span)):
                yield self._across(case, span, crossed)
            if clue.detector in {"name", "gi_evocation"} and not marked(case, span):
                yield from self._as_words(case, clue, span)

    def _as_words(self, case: Case, clue: Clue, span: Span) -> Iterable[Clue]:
        """Return a clue where an unmarked name is read as other words, or as the everyday word that it is."""
        written = case.field(span).simplified[span.start : span.end]
        if len(written) > _SHORT or clue.rule == "name.disguised":
            if crossed := _long_crossed(case, span, written):
                yield self._across(case, span, crossed)
            elif clue.rule == "name.disguised" and _two_phrases(case, span, written):
                yield self._phrases(case, span)
            return
        if not all(is_han(char) for char in written):
            return
        heads_shop = span.field == "seller" and span.start == 0
        if not heads_shop and (crossed := words.crossing(case.field(span).simplified, span.start, span.end)):
            yield self._across(case, span, crossed)
        elif words.is_plain(written) and (how := motif(case, span)):
            yield self._motif(case, span, how)
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

    def _phrases(self, case: Case, span: Span) -> Clue:
        where = case.where(span)
        return Clue(
            self.name,
            "coincidence.two_phrases",
            0.7,
            Text(
                f"{where.zh}由空格分开,分属前后两个短语,所售也不是该权利的商品或另有品牌。",
                f"{where.en} is parted by a space and belongs to two phrases; the goods are others, or under another brand.",
            ),
            effect=Effect.LOWER,
            span=span,
            target=span,
        )

    def _motif(self, case: Case, span: Span, how: str) -> Clue:
        where = case.where(span)
        return Clue(
            self.name,
            "coincidence.motif",
            0.85,
            Text(
                f"{where.zh}与“{how}”连用,按字面意思描述图案、形状、气味、原料或景物,没有作为品牌使用。",
                f"{where.en} stands with “{how}”: it says what something looks, smells or is made of, and is no brand here.",
            ),
            effect=Effect.LOWER,
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
        share = 0.75 if not fits else 0.5 if guessed and not case.goods_named else 0.15
        if fits and (brand := own_brand(case)) and not _before_goods(case, span):
            share = 0.6
            tail = Text(f"页面另有品牌“{brand}”", f"and the page states another brand, “{brand}”")
        if not fits:
            tail = Text(
                "也没有品牌用法的标志,商品类别也不相符", "nothing marks it as a brand, and the goods are others"
            )
        return Clue(
            self.name,
            "coincidence.everyday_word",
            share,
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
        lamp, brand = ("小夜灯",), {"attributes": {"品牌": "岚沟"}}
        for title, says in (("运河造型 小夜灯", True), ("运河小夜灯 造型可爱", False)):
            yield example("运河", title, rule="coincidence.motif", says=says, goods=lamp, listing=brand, alert=not says)
        yield example(
            "砚溪木匠",
            "百年砚溪木 匠心打造 茶台",
            rule="coincidence.across_words",
            says=True,
            goods=("茶台",),
            listing=brand,
            alert=False,
        )
        print_of = "framed photo of a golden heron at dawn"
        yield example("Golden Heron", print_of, rule="coincidence.descriptive", says=True, goods=("tea",), alert=False)
        yield example("Golden Heron", "Golden Heron tea", rule="coincidence.descriptive", says=False, goods=("tea",))
        for title, says in (("茶叶 运河边品一杯 袋装", True), ("运河茶叶 袋装", False)):
            rule = "coincidence.everyday_word"
            yield example("运河", title, rule=rule, says=True, goods=("茶叶",), listing=brand, alert=not says)
        yield example(
            "运河", "【运河】牌茶叶", rule="coincidence.everyday_word", says=False, goods=("茶叶",), alert=True
        )


def _goods_crossed(case: Case, clue: Clue, span: Span) -> str:
    """Return the word that crosses the goods of a loose pair of place and goods, or "": 挂锁|阳台 … 某地.

    Only where other words stand between them, and every place of such goods in the pair is crossed.
    """
    if clue.rule not in {"gi.place_product", "gi.place_goods"}:
        return ""
    view = case.field(span)
    within = [match for match in case.mine("gi_grammar") if match.span.overlaps(span)]
    places = [match for match in within if match.needle.meta.startswith("place")]
    goods = [match for match in within if match.needle.meta in {"product", "goods"}]
    if any(len(match.needle.text) > _SHORT for match in goods):
        return ""
    near = any(_between(one, other) < _LOOSE for one in places for other in goods)
    crossed = [words.running_on(view.simplified, match.span.start, match.span.end) for match in goods]
    return crossed[0] if crossed and all(crossed) and not near else ""


def _between(one: Match, other: Match) -> int:
    return max(one.span.start - other.span.end, other.span.start - one.span.end, 0)


def _long_crossed(case: Case, span: Span, written: str) -> str:
    """Return the word that crosses a border of a long name, or "": only where the goods are others or under another brand."""
    if not all(is_han(char) or char.isspace() for char in written) or not _elsewhere(case):
        return ""
    return words.crossing(case.field(span).simplified, span.start, span.end)


def _elsewhere(case: Case) -> bool:
    """Whether the page shows that what is sold is not the right's: another brand, or other goods."""
    other = not case.goods_named and case.fit is not None and case.fit.value < _FITS
    return other or bool(own_brand(case))


def _two_phrases(case: Case, span: Span, written: str) -> bool:
    """Whether one space parts a name into words that go on before or after it: 听山海 造物有灵."""
    parts = written.split(" ")
    if len(parts) != _PARTS or not all(len(part) > 1 and words.is_word(part) for part in parts):
        return False
    text = case.field(span).simplified
    on = is_han(text[span.end : span.end + 1] or " ") or is_han(text[max(0, span.start - 1) : span.start] or " ")
    return on and _elsewhere(case)


def motif(case: Case, span: Span) -> str:
    """Return the word beside a span by which it is used as a word, or "": 灯塔|造型, 图案是…, 配料:…."""
    plain = case.field(span).plain
    start, end = plain.locate(span.start, span.end)
    before, after = case.before(span, _AROUND), case.after(span, _AROUND)
    if end < len(plain.text) and plain.gaps[end] > Gap.INVISIBLE:
        after = ""
    if start > 0 and plain.gaps[start] > Gap.INVISIBLE:
        before = ""
    for cue in (*lexicon("motif", "after"), *lexicon("motif", "then")):
        if after.startswith(cue) and (len(cue) > 1 or next(iter(words.cut(after)))[0] == cue):
            return cue
    for cue in lexicon("motif", "before"):
        if before.endswith(cue) or (len(cue) > 1 and cue in before):
            return cue
    return listed_as_ingredient(case, span)


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


def _before_goods(case: Case, span: Span) -> bool:
    """Whether a word opens the title, or the right's goods follow it at once: as a brand's name would stand."""
    follows = case.after(span, _AROUND + _SHORT, clause=False)
    first = span.field == "title" and span.start == 0
    return first or follows.startswith((*case.profile.goods, *case.profile.products)) if case.profile.goods else first


def _inside_longer(case: Case, clue: Clue, span: Span) -> bool:
    """Whether a whole, longer name was found around the span."""
    return any(
        other.overlaps(span) and other.end - other.start > max(_SHORT, span.end - span.start)
        for find, other in case.text_finds
        if find is not clue and (find.detector == "name" or find.rule == "edit.inserted")
    )


DETECTOR = CoincidenceRule()

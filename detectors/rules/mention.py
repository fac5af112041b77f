"""Naming without claiming: goods that fit the brand's, a comparison, an ingredient, second-hand goods."""

import re
from collections.abc import Iterable

from detectors.case import Case, first_cue, given
from detectors.fitting import fit_after, fit_before, fitting_field, other_makers
from detectors.lexicon import words as lexicon
from detectors.normalise import Gap, key
from detectors.offer import accessory, goes_with, implement, supplier
from detectors.rulekit import Rule, example, kind_label
from detectors.speech import comparison, parts
from detectors.types import Clue, Effect, Example, Span, Stage
from detectors.usage import ingredient, only_ingredient
from records.model import Text

_REACH = 14
_NEAR = 2
_AROUND = 4
_NONE = re.compile("(?:没有?|无需?|不(?:用问|用要|提供|带|含|开|给|问|用|退)|缺|免|丢了?)$")
_LOST = ("没有", "没了", "已丢", "丢了", "弄丢", "遗失", "不在", "找不到", "未留", "没留", "不全")
_CUT_OFF = ("已剪", "剪了", "剪掉", "剪标")
_MANY = re.compile(r"(\d{1,5})(?:瓶|支|件|只|双|套|条|个|台|盒|箱|把)(?!装|入|全|齐|套|拼|颗|粒|积木)")
_STOCK = 8
_WORN = re.compile(
    r"[1-9]\d新|[五六七八九5-9]\.?[五5]?成新|^(?:出|转|转让|转卖)(?=\s)|(?<=[\s了])(?:出|转|转让|转卖)(?=\s|$)"
)
_AMOUNT = re.compile(r"(?:[一两二三几半]|\d+)?[袋盒罐瓶斤包箱只条](?:装)?$")


class MentionRule(Rule):
    """`mention.fits`: “for”, 适用于 before the name or a list that holds it, 通用 after it, or a field such as 适用型号; in
    full only where a part or another maker's goods are seen to be for sale. `mention.compared`: 比, 媲美.

    `mention.for_use`: a tool or vessel is sold, and the name says what it is for (切…, 可装…).
    `mention.ingredient`: named among the ingredients of other goods. `mention.second_hand`: used goods with papers.
    """

    name = "mention"
    stage = Stage.WEIGH

    def run(self, case: Case) -> Iterable[Clue]:
        """Return what lowers each use, and one clue for the listing."""
        for clue, span in case.text_finds:
            yield from self._fits(case, span)
            yield from self._goes_with(case, span)
            yield from self._for_use(case, span)
            yield from self._compared(case, clue, span)
            yield from self._ingredient(case, span)
        yield from self._second_hand(case)

    def _lower(self, case: Case, rule: str, share: float, span: Span, words: Text) -> Clue:
        where, right = case.where(span), kind_label(case.profile.right)
        return Clue(
            self.name,
            f"mention.{rule}",
            share,
            Text(
                f"{where.zh}{words.zh},属于指示性提及{right.zh}。",
                f"{where.en} {words.en}: it only refers to {right.en}.",
            ),
            effect=Effect.LOWER,
            span=span,
            target=span,
        )

    def _fits(self, case: Case, span: Span) -> Iterable[Clue]:
        cue, words = _fitting(case, span)
        if not cue:
            return
        other = other_makers(case)
        if other:
            words = Text(f"{words.zh}(“{other}”)", f"{words.en} (“{other}”)")
        yield self._lower(case, "fits", 0.85 if other else 0.35, span, words)

    def _goes_with(self, case: Case, span: Span) -> Iterable[Clue]:
        """A part or an accessory is for sale, and the name with its goods says what it goes with: 某某可用, 配某某."""
        part = accessory(case) if span.field == "title" else ""
        if not part:
            return
        cue = goes_with(case, span) or ("配" if case.before(span, _NEAR).endswith("配") else "")
        if cue:
            words = Text(
                f"与“{cue}”连用,所售“{part}”是与之配套的零件或附件", f"goes with “{cue}”: “{part}” is a part for it"
            )
            yield self._lower(case, "fits", 0.8, span, words)

    def _for_use(self, case: Case, span: Span) -> Iterable[Clue]:
        before, after = case.before(span, _REACH, clause=False), case.after(span, _REACH)
        holding = _AMOUNT.sub("", before)
        kept = next((word for word in ("装", "放", "存", "盛") if before.endswith(word)), "") if _keeps(case) else ""
        held = next((word for word in lexicon("packaging", "holds") if holding.endswith(word)), kept)
        cue = held or next((word for word in lexicon("reference", "purpose") if before.endswith(word)), "")
        user = next((word for word in lexicon("reference", "users") if after.startswith(word)), "")
        thing = (implement(case, holding=bool(held)) or (_keeps(case) if held else "")) if cue or user else ""
        if thing and cue and (not cue.isascii() or _word_before(case, span, cue)):
            words = Text(
                f"前有“{cue}”,所售“{thing}”是加工、盛放或使用它的物品",
                f"follows “{cue}”: what is for sale, “{thing}”, is a thing to make, keep or use it with",
            )
            yield self._lower(case, "for_use", 0.8, span, words)
        elif thing and user:
            words = Text(
                f"后接“{user}”,所售“{thing}”是供其使用的物品",
                f"is followed by “{user}”: what is for sale, “{thing}”, is a thing for them to use",
            )
            yield self._lower(case, "for_use", 0.8, span, words)

    def _compared(self, case: Case, clue: Clue, span: Span) -> Iterable[Clue]:
        for part in parts(case, clue, span):
            if cue := comparison(case, part):
                words = Text(f"前有“{cue}”,用于比较", f"follows “{cue}”, a comparison")
                yield self._lower(case, "compared", 0.75, part, words)
                return

    def _ingredient(self, case: Case, span: Span) -> Iterable[Clue]:
        cue = next(filter(None, (ingredient(case, part) for part in (span, *_places(case, span)))), "")
        if not cue:
            return
        firm, listed = supplier(case)
        words = Text(f"位于“{cue}”之后,为所用原料", f"stands after “{cue}”, as an ingredient")
        if firm in cue or cue in firm:
            words = Text(f"是供货方名称“{cue}”的一部分,所售为其他商品", f"is part of the supplier's name “{cue}”")
        if firm:
            known = Text("授权名单内的", "authorised ") if listed else Text("", "")
            words = Text(
                f"{words.zh},页面称由{known.zh}“{firm}”供货", f"{words.en}, said to come from the {known.en}“{firm}”"
            )
        share = 0.85 if listed else 0.7 if firm or only_ingredient(case) else 0.55
        yield self._lower(case, "ingredient", share, span, words)

    def _second_hand(self, case: Case) -> Iterable[Clue]:
        title = key(case.view.listing.title[:300] + case.view.listing.attributes.get("成色", "")[:20])
        shown = case.view.listing.title[:300] + "\n" + case.view.listing.description[:200]
        worn = _WORN.search(shown)
        cue = worn.group() if worn else first_cue(title, "secondhand", "cues")
        papers = _papers(case.view.whole) if cue else ""
        if not (cue and papers) or _for_trade(case, title):
            return
        yield Clue(
            self.name,
            "mention.second_hand",
            0.65,
            Text(
                f"页面称所售为用过或闲置之物(“{cue}”),并称有“{papers}”,可能是来源合法商品的转售。",
                f"The page offers used or spare goods (“{cue}”) with “{papers}”: it may be the resale of genuine goods.",
            ),
            effect=Effect.LOWER,
        )

    def examples(self) -> Iterable[Example]:
        """Invented names."""
        yield example("Dolvane", "Charger for Dolvane X2", rule="mention.fits", says=True, goods=("手机",), alert=False)
        yield example("岚鹿坡", "适用岚鹿坡X2 手机壳", rule="mention.fits", says=True, goods=("手机",), alert=False)
        yield example("砚溪雁", "清岭茶叶 不输砚溪雁", rule="mention.compared", says=True, goods=("茶叶",), alert=False)
        yield example("砚溪雁", "砚溪雁 茶叶 适合送礼", rule="mention.fits", says=False, goods=("茶叶",), alert=True)


def _fitting(case: Case, span: Span) -> tuple[str, Text]:
    """Return the word beside a name that says that goods fit it, and what to say of it; "" where there is none."""
    if fitting_field(span):
        return span.field, Text("位于说明配套对象的属性之中", "stands in an attribute that says what the goods go with")
    before = case.before(span, _REACH)
    for cue in lexicon("fitting", "before"):
        near = before.endswith(cue) if cue.isascii() else cue in before[-len(cue) - _NEAR :]
        if near and (not cue.isascii() or _word_before(case, span, cue)):
            return cue, Text(f"前有“{cue}”,说明商品与之配套", f"follows “{cue}”")
    if cue := fit_before(case, span):
        return cue, Text(f"位于“{cue}”之后的品牌列举之中,说明商品与之配套", f"stands in a list of brands after “{cue}”")
    if cue := fit_after(case, span):
        return cue, Text(f"其后(或所在列举之后)有“{cue}”,说明商品与之配套", f"“{cue}” follows it or its list")
    return "", Text("", "")


def _papers(text: str) -> str:
    """Return the papers of a purchase that a folded text offers, or ""; not such as are said to be missing."""
    for cue in lexicon("secondhand", "papers"):
        at = text.find(cue)
        before, after = text[max(0, at - _AROUND) : at], text[at + len(cue) : at + len(cue) + _AROUND]
        missing = bool(_NONE.search(before)) or after.startswith(_LOST) or any(word in after for word in _CUT_OFF)
        if at >= 0 and not missing:
            return cue
    return ""


def _for_trade(case: Case, title: str) -> bool:
    """Whether the goods are called imitations, or are stock: then no used thing of somebody's own is sold."""
    text = title + key(case.view.listing.description[:600])
    many = max((int(found.group(1)) for found in _MANY.finditer(text)), default=0) >= _STOCK
    told = first_cue(title, "secondhand", "stock") or first_cue(text, "secondhand", "many")
    return many or bool(told or first_cue(text, "fake", "cues"))


def _keeps(case: Case) -> str:
    """Return the thing to keep goods in that the title offers, or ""."""
    title = key(case.view.listing.title[:300])
    cue = first_cue(title, "reference", "storage")
    return "" if given(title, cue) else cue


def _places(case: Case, span: Span) -> list[Span]:
    """Return the places of the right that lie in a span."""
    return [m.span for m in case.matches if m.needle.meta.startswith("place") and m.span.overlaps(span)]


def _word_before(case: Case, span: Span, cue: str) -> bool:
    """Whether a Latin cue before the span is a word of its own."""
    plain = case.field(span).plain
    start = plain.locate(span.start, span.end)[0]
    begin = start - len(cue)
    return begin == 0 or plain.gaps[begin] > Gap.INVISIBLE or not plain.text[begin - 1].isascii()


DETECTOR = MentionRule()

"""The grammar of geographical indications: PLACE and PRODUCT in any order, with words between or in two fields."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from detectors import words
from detectors.case import Case
from detectors.grounds import shown as ground
from detectors.lexicon import words as lexicon
from detectors.normalise import Gap
from detectors.places import places_in
from detectors.profile import Profile
from detectors.rulekit import Rule, example, kind_label, standing
from detectors.sound import name_sounds
from detectors.types import Clue, Effect, Example, Layer, Match, Needle, Span, Stage
from detectors.usage import ingredient
from detectors.view import FieldView
from records.model import Text
from records.terms import RightKind

_REACH = {"title": 16}
_REACH_ELSEWHERE = 8
_SCORES = {"product": 0.74, "goods": 0.56}


@dataclass(frozen=True, slots=True)
class _Pair:
    """A place and a product in one field, folded positions."""

    place: Match
    goods: Match
    low: int
    high: int
    between: str


class GiGrammarRule(Rule):
    """`gi.place_product`: the place and the product of a GI stand near one another, not as the name itself.

    `gi.place_goods`: the place and one of the registered goods do. `gi.across_fields`: the place is in one field
    (title, attributes), the product in another. Place names count in short forms (down to county and 旗) and in
    pinyin. A place that is found only across the borders of other words is cancelled, and stays visible.
    """

    name = "gi_grammar"
    kinds = frozenset({RightKind.GI})
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return places (written and sounded), products and goods."""
        for place in profile.places:
            yield Needle(Layer.PLAIN, place, self.name, "place", "place")
            for sound in name_sounds(place):
                yield Needle(Layer.SOUND, sound, self.name, "place-sound", "place")
        for item in profile.products:
            yield Needle(Layer.PLAIN, item, self.name, "product", "goods")
        for good in profile.goods:
            if good not in profile.products:
                yield Needle(Layer.PLAIN, good, self.name, "goods", "goods")

    def run(self, case: Case) -> Iterable[Clue]:
        """Return the nearest pair of each field, else one across fields."""
        found = False
        for view in case.view:
            if view.name == "seller":
                continue
            pair = self._nearest(case, view)
            if pair is not None:
                found = True
                yield from self._clues(case, view, pair)
        if not found:
            yield from self._across(case)

    def _matches(self, case: Case, view: FieldView, *meta: str) -> list[Match]:
        return [match for match in case.mine(self.name, *meta) if match.span.field == view.name]

    def _places(self, case: Case, view: FieldView) -> list[Match]:
        """Return the place matches of a field; sounded ones only where letters were used."""
        written = self._matches(case, view, "place")
        sounded = [m for m in self._matches(case, view, "place-sound") if _lettered(view, m)]
        return written + sounded

    def _nearest(self, case: Case, view: FieldView) -> _Pair | None:
        pairs = []
        for meta in ("product", "goods"):
            for place, goods in product(self._places(case, view), self._matches(case, view, meta)):
                pair = _pair(view, place, goods)
                if pair is not None and not self._is_name(case, view, pair):
                    pairs.append((meta != "product", len(pair.between), pair.low, pair))
        return min(pairs, key=lambda item: item[:3])[3] if pairs else None

    def _is_name(self, case: Case, view: FieldView, pair: _Pair) -> bool:
        """Whether the pair is the registered name itself, which another detector reports."""
        text = view.plain.text[pair.low : pair.high]
        return any(text == name.folded for name in case.profile.names)

    def _clues(self, case: Case, view: FieldView, pair: _Pair) -> Iterable[Clue]:
        span = Span(view.name, *view.plain.original(pair.low, pair.high))
        meta = "product" if pair.goods.needle.meta == "product" else "goods"
        score = _SCORES[meta] * (1.0 if view.name == "title" else 0.9) - 0.01 * len(pair.between)
        place, goods = visible_pair(case, pair)
        where, right, tail = case.where(span), kind_label(case.profile.right), standing(case)
        yield Clue(
            self.name,
            f"gi.place_{meta}",
            round(score, 4),
            Text(
                f"{where.zh}同时含有{right.zh}所指地名“{place}”和商品“{goods}”;{tail.zh}。",
                f"{where.en} holds both the place “{place}” and the goods “{goods}” of {right.en}; {tail.en}.",
            ),
            span=span,
            ground=ground("gi", case.profile.right, case.options.today),
        )
        yield from self._coincidence(case, view, pair, span)

    def _coincidence(self, case: Case, view: FieldView, pair: _Pair, span: Span) -> Iterable[Clue]:
        low, high = pair.place.span.start, pair.place.span.end
        if not pair.between:
            low, high = min(low, pair.goods.span.start), max(high, pair.goods.span.end)
        crossed = words.crossing(view.simplified, low, high, prefix=True) if high - low <= 3 else ""
        if crossed:
            where = case.where(pair.place.span)
            yield Clue(
                self.name,
                "gi.place_across_words",
                0.9,
                Text(
                    f"{where.zh}只是相邻词语的连缀(与“{crossed}”一词交叉),不是地名。",
                    f"{where.en} only arises across the border of another word (“{crossed}”); it is not the place.",
                ),
                effect=Effect.CANCEL,
                span=pair.place.span,
                target=span,
            )

    def _across(self, case: Case) -> Iterable[Clue]:
        """Join a place in the title or an attribute with a product in another of them."""
        fields = [view for view in case.view if view.name not in {"seller", "description"}]
        fields = [view for view in fields if not case.view.is_attribute(view.name, "makers")]
        fields = [view for view in fields if not ingredient(case, Span(view.name, 0, 1))]
        for meta in ("product", "goods"):
            for left, right in product(fields, fields):
                places = [] if case.view.is_attribute(left.name, "origin") else self._places(case, left)
                goods = self._matches(case, right, meta)
                if left.name == right.name or not places or not goods:
                    continue
                yield self._joined(case, places[0].span, goods[0].span, meta)
                return

    def _joined(self, case: Case, place: Span, goods: Span, meta: str) -> Clue:
        here, there, right, tail = case.where(place), case.where(goods), kind_label(case.profile.right), standing(case)
        return Clue(
            self.name,
            "gi.across_fields",
            0.6 if meta == "product" else 0.5,
            Text(
                f"{here.zh}为{right.zh}所指地名,{there.zh}为其商品,两处合并后构成该名称;{tail.zh}。",
                f"{here.en} names the place and {there.en} the goods of {right.en}; together they make up the name; "
                f"{tail.en}.",
            ),
            span=place,
            ground=ground("gi", case.profile.right, case.options.today),
        )

    def examples(self) -> Iterable[Example]:
        """Invented places and products."""
        right = {"region": "砂陵省岚沟县", "goods": ("苦荞米",)}
        gi = RightKind.GI
        yield example("岚沟苦荞", "岚沟头茬特级 苦荞 500g", rule="gi.place_product", says=True, kind=gi, right=right)
        yield example("岚沟苦荞", "苦荞 岚沟特产", rule="gi.place_product", says=True, kind=gi, right=right)
        yield example("岚沟苦荞", "langou 苦荞", rule="gi.place_product", says=True, kind=gi, right=right)
        yield example("岚沟苦荞", "岚沟 旅游地图", rule="gi.place_product", says=False, kind=gi, right=right)


def visible_pair(case: Case, pair: _Pair) -> tuple[str, str]:
    """Return the place and the product as written."""
    return case.excerpt(pair.place.span), case.excerpt(pair.goods.span)


def _lettered(view: FieldView, match: Match) -> bool:
    text = view.text[match.span.start : match.span.end]
    return any(char.isascii() and char.isalpha() for char in text)


def _foreign(name: str, place: str) -> bool:
    """Whether a place between place and product is another one; 东北 and the like are not."""
    return name not in place and name not in lexicon("places", "macro")


def _pair(view: FieldView, place: Match, goods: Match) -> _Pair | None:
    """Return the pair where both stand near enough, in one clause outside titles, with no other place between."""
    plain = view.plain
    one = plain.locate(place.span.start, place.span.end)
    other = plain.locate(goods.span.start, goods.span.end)
    low, high = min(one[0], other[0]), max(one[1], other[1])
    inner = min(one[1], other[1]), max(one[0], other[0])
    if inner[1] < inner[0] or inner[1] - inner[0] > _REACH.get(view.name, _REACH_ELSEWHERE):
        return None
    if view.name != "title" and plain.widest_gap(low, high) >= Gap.CLAUSE:
        return None
    between = plain.text[inner[0] : inner[1]]
    if one[0] < other[0] and any(_foreign(found[0], place.needle.text) for found in places_in(between)):
        return None
    return _Pair(place, goods, low, high, between)


DETECTOR = GiGrammarRule()

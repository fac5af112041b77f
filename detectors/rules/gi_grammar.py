"""The grammar of geographical indications: PLACE and PRODUCT in any order, with words between or in two fields."""

from collections.abc import Iterable
from itertools import product

from detectors import words
from detectors.case import Case, first_cue
from detectors.lexicon import words as lexicon
from detectors.normalise import is_han
from detectors.pairs import CORE, TITLES, Pair, coded, kind, pair_of, stands
from detectors.places import stems
from detectors.profile import Profile
from detectors.reading import MARK
from detectors.rulekit import Rule, example, kind_label, standing
from detectors.sound import name_sounds
from detectors.spelling import needles as spelt_needles
from detectors.types import Clue, Effect, Example, Layer, Match, Needle, Span, Stage
from detectors.usage import ingredient
from detectors.view import FieldView
from records.model import Text
from records.terms import RightKind

_PLACES = ("place", "place-sound", "place-spelt", "place-near", "place-english", "place-coded")
_GOODS = {
    "product": 0.74,
    "product-sound": 0.66,
    "goods": 0.58,
    "goods-english": 0.57,
    "goods-kind": 0.57,
    CORE: 0.56,
}
"""What may be the goods of a pair → the pair's score; the first that is found counts."""
_WEAKER = {
    "place": 0.0,
    "place-sound": 0.0,
    "place-spelt": 0.02,
    "place-near": 0.04,
    "place-english": 0.04,
    "place-coded": 0.04,
}
_ACROSS = 200
_LAND = 4
"""Characters that may stand between a place and what lives there: 某某|大草原|放养."""


class GiGrammarRule(Rule):
    """`gi.place_product`: the place and the product of a GI stand near one another, not as the name itself.

    `gi.place_goods`: the place and one of the registered goods do, in Chinese or English. `gi.across_fields`: the place
    is in one field, the product in another. Place names count in short forms (down to county and 旗, 阿左旗), as homophones, in
    pinyin and other spellings, and with one of two characters hidden. A place that is found only across the borders of other words is cancelled, and stays visible.
    """

    name = "gi_grammar"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return places (written, sounded, spelt), products and goods."""
        for place in profile.places:
            yield Needle(Layer.PLAIN, place, self.name, "place", "place")
            for sound in name_sounds(place):
                yield Needle(Layer.SOUND, sound, self.name, f"place-sound {place}", "place")
            for skeleton in spelt_needles(place):
                yield Needle(Layer.SPELT, skeleton, self.name, f"place-spelt {place}", "place")
        for place in profile.nearby:
            yield Needle(Layer.PLAIN, place, self.name, "place-near", "place")
        for stem in dict.fromkeys(stem for place in profile.places if is_han(place[0]) for stem in stems(place)):
            for sound in name_sounds(stem):
                yield Needle(Layer.SOUND, sound, self.name, f"place-sound {stem}", "place")
        for place in (place for place in profile.places if place[-1] not in lexicon("places", "suffixes")):
            for form in coded(place):
                yield Needle(Layer.PLAIN, form, self.name, f"place-coded {place}", "place")
        for place in profile.abroad:
            yield Needle(Layer.PLAIN, place, self.name, "place-english", "place")
        yield from self._goods_needles(profile)

    def _goods_needles(self, profile: Profile) -> Iterable[Needle]:
        for item in profile.products:
            yield Needle(Layer.PLAIN, item, self.name, "product", "goods")
            for sound in name_sounds(item):
                yield Needle(Layer.SOUND, sound, self.name, f"product-sound {item}", "goods")
        for good in profile.goods:
            if good not in profile.products:
                yield Needle(Layer.PLAIN, good, self.name, "goods", "goods")
        for word in profile.kinds:
            if word not in profile.goods:
                yield Needle(Layer.PLAIN, word, self.name, "goods-kind", "goods")
        for word in profile.cores:
            yield Needle(Layer.PLAIN, word, self.name, CORE if word in profile.kin else f"{CORE} bare", "goods")
        for word in profile.translated:
            if word not in profile.products:
                yield Needle(Layer.PLAIN, word, self.name, "goods-english", "goods")

    def run(self, case: Case) -> Iterable[Clue]:
        """Return the nearest pair of each field, else one across fields."""
        found = False
        for view in case.view.every:
            if view.name in {"seller", f"{MARK}lead"}:  # parts in two fields are `gi.across_fields`
                continue
            pair = self._nearest(case, view)
            if pair is not None:
                found = True
                yield from self._clues(case, view, pair)
        if not found:
            yield from self._across(case)

    def _matches(self, case: Case, view: FieldView, *meta: str) -> list[Match]:
        """Return the field's matches of some kinds that stand there in earnest."""
        return [
            match
            for match in case.mine(self.name)
            if match.span.field == view.name and kind(match) in meta and stands(view, match)
        ]

    def _nearest(self, case: Case, view: FieldView) -> Pair | None:
        pairs = []
        for rank, meta in enumerate(_GOODS):
            for place, goods in product(self._matches(case, view, *_PLACES), self._matches(case, view, meta)):
                pair = pair_of(view, place, goods)
                if pair is not None and not self._is_name(case, view, pair):
                    pairs.append((rank, _WEAKER[kind(place)], len(pair.between), pair.low, pair))
        return min(pairs, key=lambda item: item[:4])[4] if pairs else None

    def _is_name(self, case: Case, view: FieldView, pair: Pair) -> bool:
        """Whether the pair is the registered name itself, which another detector reports."""
        text = view.plain.text[pair.low : pair.high]
        return any(text == name.folded for name in case.profile.names)

    def _clues(self, case: Case, view: FieldView, pair: Pair) -> Iterable[Clue]:
        span = Span(view.name, *view.plain.original(pair.low, pair.high))
        meta = kind(pair.goods)
        score = (_GOODS[meta] - _WEAKER[kind(pair.place)]) * (1.0 if view.name in TITLES else 0.9)
        score -= (0.005 if view.name in TITLES else 0.01) * len(pair.between) * (0.4 if pair.between.isascii() else 1.0)
        place, goods = case.excerpt(pair.place.span), case.excerpt(pair.goods.span)
        where, right, tail = case.where(span), kind_label(case.profile.right), standing(case)
        how = _how(pair.place, place)
        yield Clue(
            self.name,
            f"gi.place_{meta.split('-')[0]}",
            round(score, 4),
            Text(
                f"{where.zh}同时含有{right.zh}所指地名“{place}”{how.zh}和商品“{goods}”;{tail.zh}。",
                f"{where.en} holds both the place “{place}”{how.en} and the goods “{goods}” of {right.en}; {tail.en}.",
            ),
            span=span,
        )
        yield from self._coincidence(case, view, pair, span)

    def _coincidence(self, case: Case, view: FieldView, pair: Pair, span: Span) -> Iterable[Clue]:
        low, high = pair.place.span.start, pair.place.span.end
        if not pair.between:
            low, high = min(low, pair.goods.span.start), max(high, pair.goods.span.end)
        crossed = words.crossing(view.simplified, low, high, prefix=True) if high - low <= 3 else ""
        unit = view.simplified[high - 1 : high]
        if crossed and not (crossed[0] == unit and unit in lexicon("places", "suffixes")):
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
        """Join a place in one field with a product in another: title, attributes, the beginning of the description."""
        fields = [view for view in case.view if view.name != "seller"]
        fields = [view for view in fields if not case.view.is_attribute(view.name, "makers")]
        fields = [view for view in fields if not ingredient(case, Span(view.name, 0, 1))]
        for meta in tuple(_GOODS)[:-1]:
            for left, right in product(fields, fields):
                places = [] if case.view.is_attribute(left.name, "origin") else self._matches(case, left, *_PLACES)
                goods = self._matches(case, right, meta)
                if left.name == right.name or not places or not goods:
                    continue
                place = next((place for place in places if _opening(left, place, right, goods[0])), None)
                if place is None or case.view.is_attribute(right.name, "origin"):
                    continue
                yield self._joined(case, place.span, goods[0].span, meta)
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
        )

    def examples(self) -> Iterable[Example]:
        """Invented places and products."""
        right = {"region": "砂陵省岚沟县", "goods": ("苦荞米",)}
        gi = RightKind.GI
        yield example("岚沟苦荞", "岚沟头茬特级 苦荞 500g", rule="gi.place_product", says=True, kind=gi, right=right)
        yield example("岚沟苦荞", "苦荞 岚沟特产", rule="gi.place_product", says=True, kind=gi, right=right)
        yield example("岚沟苦荞", "langou 苦荞", rule="gi.place_product", says=True, kind=gi, right=right)
        yield example("岚沟苦荞", "Langou buckwheat 500g", rule="gi.place_goods", says=True, kind=gi, right=right)
        yield example("岚沟苦荞", "岚沟 旅游地图", rule="gi.place_product", says=False, kind=gi, right=right)
        league = {"region": "砂陵省岚砾勒盟", "goods": ("苦荞米",)}
        yield example("岚砾勒苦荞", "岚右旗 苦荞", rule="gi.place_product", says=True, kind=gi, right=league)
        yield example("岚砾勒苦荞", "Lanlil buckwheat", rule="gi.place_goods", says=True, kind=gi, right=league)


def _how(place: Match, shown: str) -> Text:
    """Say how the place is written, where it is not its usual name."""
    what = kind(place)
    if what == "place-english":
        return Text("(产区地名的英文说法)", " (its place's name put into English)")
    if what == "place-coded":
        meant = place.needle.meta.split(" ")[1]
        return Text(f"(以暗语写“{meant}”)", f" (“{meant}” in code)")
    if what == "place-near":
        return Text("(该产区的简称或所辖地名)", " (a short name of its area, or a place in it)")
    if what in {"place-sound", "place-spelt"}:
        meant = place.needle.meta.split(" ")[1]
        if all(map(is_han, shown)):
            return Text(f"(与“{meant}”同音)", f" (sounds like “{meant}”)")
        return Text(f"(即“{meant}”的字母拼写)", f" (“{meant}” in Latin letters or spelt by its sound)")
    return Text("", "")


def _grown(after: str) -> bool:
    """Whether the text after a place says that something lives or grows there: 草原放养的, 那边的."""
    return any(0 <= after.find(word) <= _LAND for word in lexicon("origin", "grown"))


def _opening(place_view: FieldView, place: Match, goods_view: FieldView, goods: Match) -> bool:
    """Whether neither part stands deep in a description, and a place there is said to be the origin."""
    if goods_view.name == "description" and goods.span.start > _ACROSS:
        return False
    if place_view.name != "description":
        return True
    start, end = place_view.plain.locate(place.span.start, place.span.end)
    before, after = place_view.plain.text[max(0, start - 8) : start], place_view.plain.text[end : end + 10]
    said = first_cue(before, "origin", "cues") or after.startswith(lexicon("origin", "after")) or _grown(after)
    return place.span.start <= _ACROSS and bool(said)


DETECTOR = GiGrammarRule()

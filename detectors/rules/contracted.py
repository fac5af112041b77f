"""Indications said for short: the first character of the place with the product, or the product without its last one."""

from collections.abc import Iterable, Iterator

from detectors import words
from detectors.case import Case
from detectors.normalise import Gap, is_han
from detectors.profile import Profile
from detectors.rulekit import Rule, example, kind_label, standing
from detectors.types import Clue, Example, Layer, Match, Needle, Stage
from detectors.wares import core
from records.model import Text
from records.terms import RightKind

_LONG_PRODUCT = 3
_COMMON_FIRST = frozenset("一二三四五六七八九十百千万大小新老高中上下东西南北前后正")
_FIELDS = {"title": 1.0, "seller": 0.6, "description": 0.85}
_AFTER = ("家", "片", "头", "王", "子", "米", "礼盒", "特产")


class ContractedRule(Rule):
    """`contracted.ends`: the first character of an indication's place with the last or first of its product (岚沟苦荞 → 岚荞).

    It must be set off as a word, be none of the dictionary, and its goods be named, or it must stand there twice.
    `contracted.place`: the first character of the place with all of the product. `contracted.product`: the place with
    the product but for its last character, where that is no word (…漪坛酒 → …漪坛). `contracted.last`: the place with the
    last character of the product.
    """

    name = "contracted"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return the short forms of each place and product."""
        for place in _places(profile):
            for item in profile.products:
                if len(item) > 1 and all(map(is_han, item)):
                    yield from (
                        Needle(Layer.PLAIN, form, self.name, f"{how} {place}{item}")
                        for how, form in _forms(place, item)
                    )

    def run(self, case: Case) -> Iterable[Clue]:
        """Return the first clue of each way."""
        said: set[str] = set()
        for match in case.mine(self.name):
            how, whole = match.needle.meta.split(" ")
            if how in said or match.span.field == "seller" or not self._stands(case, match, how, whole):
                continue
            said.add(how)
            yield self._clue(case, match, how, whole)

    def _stands(self, case: Case, match: Match, how: str, whole: str) -> bool:
        view = case.field(match.span)
        plain, text = view.plain, view.simplified
        if plain.widest_gap(match.start, match.end) > Gap.INVISIBLE or plain.text.startswith(whole, match.start):
            return False
        crossed = words.crossing(text, match.span.start, match.span.end)
        if crossed and not (how == "last" and crossed[0] == whole[-1]):
            return False
        if how in {"product", "last"}:
            return plain.text[match.end : match.end + 1] not in whole
        begins = match.start == 0 or plain.gaps[match.start] > Gap.INVISIBLE
        if how == "place":
            return begins
        rest = plain.text[match.end :]
        ends = not rest or plain.gaps[match.end] > Gap.INVISIBLE or rest.startswith(_AFTER)
        twice = sum(view.plain.text.count(match.needle.text) for view in case.view) > 1
        return begins and ends and (bool(case.goods_named) or twice)

    def _clue(self, case: Case, match: Match, how: str, whole: str) -> Clue:
        where, right, tail = case.where(match.span), kind_label(case.profile.right), standing(case)
        score = {"ends": 0.57, "place": 0.6, "product": 0.68, "last": 0.58}[how]
        return Clue(
            self.name,
            f"contracted.{how}",
            round(score * _FIELDS.get(match.span.field, 0.95), 4),
            Text(
                f"{where.zh}是“{whole}”的简缩说法,指向{right.zh};{tail.zh}。",
                f"{where.en} says “{whole}” for short and points to {right.en}; {tail.en}.",
            ),
            span=match.span,
        )

    def examples(self) -> Iterable[Example]:
        """Invented places and products."""
        right = {"region": "砂陵省岚沟县", "goods": ("苦荞米",)}
        gi = RightKind.GI
        yield example(
            "岚沟苦荞", "岚荞 苦荞米 500g", rule="contracted.ends", says=True, kind=gi, right=right, alert=True
        )
        yield example("岚沟苦荞", "晴岚荞麦色围巾", rule="contracted.ends", says=False, kind=gi, right=right)
        yield example("岚沟苦荞", "岚苦荞 500g", rule="contracted.place", says=True, kind=gi, right=right, alert=True)
        wine = {"region": "砂陵省岚沟县", "goods": ("黄酒",)}
        yield example(
            "岚沟漪坛酒", "岚沟漪坛 五年陈", rule="contracted.product", says=True, kind=gi, right=wine, alert=True
        )
        yield example("岚沟漪坛酒", "岚沟漪坛酒 五年陈", rule="contracted.product", says=False, kind=gi, right=wine)


def _places(profile: Profile) -> Iterator[str]:
    """Yield the places of the name itself: Chinese ones that it begins with."""
    for place in profile.places:
        if len(place) > 1 and all(map(is_han, place)) and any(name.folded.startswith(place) for name in profile.names):
            yield place


def _forms(place: str, item: str) -> Iterator[tuple[str, str]]:
    first = place[0]
    shorts = dict.fromkeys((first + item[-1], first + item[0])) if first not in _COMMON_FIRST else {}
    yield from (("ends", short) for short in shorts if not words.is_word(short))
    if not core(item) and not words.is_word(place + item[-1]):
        yield "last", place + item[-1]
    if first not in _COMMON_FIRST and not words.is_word(first + item[0]) and not words.is_word(first + item):
        yield "place", first + item
    if len(item) >= _LONG_PRODUCT and not words.is_word(item[:-1]):
        yield "product", place + item[:-1]


DETECTOR = ContractedRule()

"""A name that is cut in two: one part in one field, the other in another."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from detectors.case import Case
from detectors.normalise import Gap
from detectors.profile import Name, Profile
from detectors.rulekit import Rule, example, kind_label, standing
from detectors.types import Clue, Example, Layer, Match, Needle, Span, Stage
from records.model import Text

_SHORTEST = 4
_PART = 2


@dataclass(frozen=True, slots=True)
class _Pair:
    """The two parts of a name that was cut before its character `cut`."""

    name: Name
    cut: int
    head: Match
    tail: Match


class JoinedRule(Rule):
    """`joined.two_fields`: the halves of a mark of four characters and more stand as words of their own in two fields.

    The right's goods must be named. Not in the description, which may hold anything. `joined.end_to_start`: one part of
    a name of four characters and more ends the title, the other begins the description or an attribute.
    """

    name = "joined"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return both parts of each Chinese name that is long enough, for every place where it may be cut."""
        for number, name in enumerate(profile.names):
            if name.han and len(name.folded) >= _SHORTEST:
                for cut in range(_PART, len(name.folded) - _PART + 1):
                    yield Needle(Layer.PLAIN, name.folded[:cut], self.name, f"{number} {cut} head", "head")
                    yield Needle(Layer.PLAIN, name.folded[cut:], self.name, f"{number} {cut} tail", "tail")

    def run(self, case: Case) -> Iterable[Clue]:
        """Return the first pair of parts that meet, and the first pair of halves in two fields."""
        pairs = list(_pairs(case, self.name))
        meeting = next((pair for pair in pairs if _meet(case, pair)), None)
        if meeting is not None:
            yield self._end_to_start(case, meeting)
        halves = (pair for pair in pairs if case.goods_named and _two_halves(case, pair))
        apart = next(halves, None)
        if apart is not None:
            yield self._two_fields(case, apart.head.span, apart.tail.span)

    def _end_to_start(self, case: Case, pair: _Pair) -> Clue:
        here, there, right = case.where(pair.head.span), case.where(pair.tail.span), kind_label(case.profile.right)
        seller = standing(case)
        return Clue(
            self.name,
            "joined.end_to_start",
            0.74 if case.goods_named else 0.62,
            Text(
                f"{here.zh}与{there.zh}首尾相接,合为{right.zh}的名称“{pair.name.original}”;{seller.zh}。",
                f"{here.en} and {there.en} join to “{pair.name.original}”, the name of {right.en}; {seller.en}.",
            ),
            span=pair.head.span,
        )

    def _two_fields(self, case: Case, head: Span, tail: Span) -> Clue:
        here, there, right, seller = case.where(head), case.where(tail), kind_label(case.profile.right), standing(case)
        return Clue(
            self.name,
            "joined.two_fields",
            0.58,
            Text(
                f"{here.zh}与{there.zh}相连即为{right.zh}的名称;{seller.zh}。",
                f"{here.en} and {there.en}, put together, are the name of {right.en}; {seller.en}.",
            ),
            span=head,
        )

    def examples(self) -> Iterable[Example]:
        """An invented name."""
        goods = ("围巾",)
        tail = {"attributes": {"系列": "山坡"}}
        yield example(
            "岚鹿山坡", "岚鹿 围巾", rule="joined.two_fields", says=True, goods=goods, listing=tail, alert=True
        )
        yield example("岚鹿山坡", "山坡上的岚鹿 围巾", rule="joined.two_fields", says=False, goods=goods)
        rest = {"description": "山坡围巾 纯羊毛"}
        whole = {"description": "纯羊毛围巾 山坡上拍摄"}
        yield example("岚鹿山坡", "冬季 岚鹿", rule="joined.end_to_start", says=True, goods=goods, listing=rest)
        yield example("岚鹿山坡", "冬季 岚鹿", rule="joined.end_to_start", says=False, goods=goods, listing=whole)


def _pairs(case: Case, detector: str) -> Iterator[_Pair]:
    """Yield the two parts of one cut of a name wherever they stand in two fields, none of them the seller's name."""
    found = [match for match in case.mine(detector) if match.span.field != "seller"]
    for head, tail in product(found, found):
        cut, part = head.needle.meta.rsplit(" ", maxsplit=1)
        if part == "head" and tail.needle.meta == f"{cut} tail" and head.span.field != tail.span.field:
            number, place = map(int, cut.split(" "))
            yield _Pair(case.profile.names[number], place, head, tail)


def _meet(case: Case, pair: _Pair) -> bool:
    """Whether the head ends the title and the tail begins its field."""
    ends = pair.head.span.field == "title" and pair.head.end == len(case.field(pair.head.span).plain.text)
    return ends and pair.tail.start == 0


def _two_halves(case: Case, pair: _Pair) -> bool:
    """Whether the parts are the name's halves, each a word of its own outside the description."""
    spans = (pair.head, pair.tail)
    return pair.cut == len(pair.name.folded) // 2 and all(
        match.span.field != "description" and _apart(case, match) for match in spans
    )


def _apart(case: Case, match: Match) -> bool:
    """Whether a half is set off from other characters on both sides."""
    plain = case.field(match.span).plain
    start, end = plain.locate(match.span.start, match.span.end)
    before = start == 0 or plain.gaps[start] > Gap.INVISIBLE
    return before and (end == len(plain.text) or plain.gaps[end] > Gap.INVISIBLE)


DETECTOR = JoinedRule()

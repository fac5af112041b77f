"""A mark that is cut in two: one half in one field, the other in another."""

from collections.abc import Iterable
from itertools import product

from detectors.case import Case
from detectors.grounds import shown as ground
from detectors.normalise import Gap
from detectors.profile import Profile
from detectors.rulekit import Rule, example, kind_label, standing
from detectors.types import NAME_KINDS, Clue, Example, Layer, Match, Needle, Span, Stage
from records.model import Text
from records.terms import RightKind

_SHORTEST = 4


class JoinedRule(Rule):
    """`joined.two_fields`: the halves of a name of four characters and more stand as words of their own in two fields.

    The right's goods must be named. Not in the description, which may hold anything.
    """

    name = "joined"
    kinds = NAME_KINDS - {RightKind.GI}
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return the two halves of each Chinese name that is long enough."""
        for number, name in enumerate(profile.names):
            if name.han and len(name.folded) >= _SHORTEST:
                half = len(name.folded) // 2
                yield Needle(Layer.PLAIN, name.folded[:half], self.name, f"{number} head", "head")
                yield Needle(Layer.PLAIN, name.folded[half:], self.name, f"{number} tail", "tail")

    def run(self, case: Case) -> Iterable[Clue]:
        """Return the first pair of halves in two fields."""
        if not case.goods_named:
            return
        found = [m for m in case.mine(self.name) if m.span.field not in {"description", "seller"} and _apart(case, m)]
        for head, tail in product(found, found):
            number, part = head.needle.meta.split(" ")
            if part == "head" and tail.needle.meta == f"{number} tail" and head.span.field != tail.span.field:
                yield self._clue(case, head.span, tail.span)
                return

    def _clue(self, case: Case, head: Span, tail: Span) -> Clue:
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
            ground=ground("trademark", case.profile.right, case.options.today),
        )

    def examples(self) -> Iterable[Example]:
        """An invented name."""
        goods = ("围巾",)
        tail = {"attributes": {"系列": "山坡"}}
        yield example(
            "岚鹿山坡", "岚鹿 围巾", rule="joined.two_fields", says=True, goods=goods, listing=tail, alert=True
        )
        yield example("岚鹿山坡", "山坡上的岚鹿 围巾", rule="joined.two_fields", says=False, goods=goods)


def _apart(case: Case, match: Match) -> bool:
    """Whether a half is set off from other characters on both sides."""
    plain = case.field(match.span).plain
    start, end = plain.locate(match.span.start, match.span.end)
    before = start == 0 or plain.gaps[start] > Gap.INVISIBLE
    return before and (end == len(plain.text) or plain.gaps[end] > Gap.INVISIBLE)


DETECTOR = JoinedRule()

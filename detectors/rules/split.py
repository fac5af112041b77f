"""Split characters (女子 for 好), and names that end in one field and go on in the next."""

from collections.abc import Iterable

from detectors.case import Case
from detectors.normalise import Gap
from detectors.profile import Profile
from detectors.rulekit import Rule, example, kind_label, name_ground, standing
from detectors.shapes import split_variants
from detectors.types import NAME_KINDS, Clue, Example, Layer, Needle, Stage
from records.model import Text


class SplitRule(Rule):
    """`split.components`: the name is read once components are put together again.

    `split.across_fields`: one part of a name of four characters and more ends the title, the other begins the
    description or an attribute.
    """

    name = "split"
    kinds = NAME_KINDS
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return up to twenty-four split forms of each Chinese name of two characters and more."""
        for number, name in enumerate(profile.names):
            if name.han and len(name.folded) > 1:
                for variant in split_variants(name.folded):
                    yield Needle(Layer.PLAIN, variant, self.name, str(number))
                for cut in range(2, len(name.folded) - 1):
                    yield Needle(Layer.PLAIN, name.folded[:cut], self.name, f"{number} head {cut}")
                    yield Needle(Layer.PLAIN, name.folded[cut:], self.name, f"{number} tail {cut}")

    def run(self, case: Case) -> Iterable[Clue]:
        """Return a clue for each split form that lies within one phrase."""
        yield from self._across(case)
        for match in case.mine(self.name):
            if not match.needle.meta.isdigit():
                continue
            layer = case.field(match.span).plain
            if layer.widest_gap(match.start, match.end) >= Gap.CLAUSE:
                continue
            name = case.profile.names[int(match.needle.meta)]
            where, right, tail = case.where(match.span), kind_label(case.profile.right), standing(case)
            score = 0.86 if len(name.folded) > 2 else 0.6 if case.goods_named else 0.4
            yield Clue(
                self.name,
                "split.components",
                score,
                Text(
                    f"{where.zh}把拆开的偏旁合并后,与{right.zh}的名称“{name.original}”相同;{tail.zh}。",
                    f"{where.en} reads “{name.original}”, the name of {right.en}, once its components are put together; "
                    f"{tail.en}.",
                ),
                span=match.span,
                ground=name_ground(case),
            )

    def _across(self, case: Case) -> Iterable[Clue]:
        """Join the end of the title with the beginning of another field."""
        parts = [match for match in case.mine(self.name) if not match.needle.meta.isdigit()]
        heads = {m.needle.meta: m for m in parts if m.span.field == "title" and " head " in m.needle.meta}
        for tail in parts:
            head = heads.get(tail.needle.meta.replace(" tail ", " head "))
            if " tail " not in tail.needle.meta or head is None or tail.span.field in {"title", "seller"}:
                continue
            if head.end != len(case.field(head.span).plain.text) or tail.start != 0:
                continue
            name = case.profile.names[int(tail.needle.meta.split()[0])]
            here, there, right = case.where(head.span), case.where(tail.span), kind_label(case.profile.right)
            seller = standing(case)
            yield Clue(
                self.name,
                "split.across_fields",
                0.74 if case.goods_named else 0.62,
                Text(
                    f"{here.zh}与{there.zh}首尾相接,合为{right.zh}的名称“{name.original}”;{seller.zh}。",
                    f"{here.en} and {there.en} join to “{name.original}”, the name of {right.en}; {seller.en}.",
                ),
                span=head.span,
                ground=name_ground(case),
            )
            return

    def examples(self) -> Iterable[Example]:
        """Invented names."""
        yield example("好岭泉", "女子岭泉 山泉水", rule="split.components", says=True, goods=("矿泉水",))
        rest = {"description": "山坡围巾 纯羊毛"}
        whole = {"description": "纯羊毛围巾 山坡上拍摄"}
        yield example("岚鹿山坡", "冬季 岚鹿", rule="split.across_fields", says=True, goods=("围巾",), listing=rest)
        yield example("岚鹿山坡", "冬季 岚鹿", rule="split.across_fields", says=False, goods=("围巾",), listing=whole)
        yield example("好岭泉", "女子 岭南山泉水", rule="split.components", says=False, goods=("矿泉水",))


DETECTOR = SplitRule()

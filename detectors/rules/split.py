"""Split characters: the name with characters written as their components (女子 for 好)."""

from collections.abc import Iterable

from detectors.case import Case
from detectors.normalise import Gap
from detectors.profile import Profile
from detectors.rulekit import Rule, example, kind_label, standing
from detectors.shapes import split_variants
from detectors.types import Clue, Example, Layer, Needle, Stage
from records.model import Text


class SplitRule(Rule):
    """`split.components`: the name is read once components are put together again."""

    name = "split"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return up to twenty-four split forms of each Chinese name of two characters and more."""
        for number, name in enumerate(profile.names):
            if name.han and len(name.folded) > 1:
                for variant in split_variants(name.folded):
                    yield Needle(Layer.PLAIN, variant, self.name, str(number))

    def run(self, case: Case) -> Iterable[Clue]:
        """Return a clue for each split form that lies within one phrase."""
        for match in case.mine(self.name):
            layer = case.field(match.span).plain
            if layer.widest_gap(match.start, match.end) >= Gap.CLAUSE:
                continue
            name = case.profile.names[int(match.needle.meta)]
            where, right, tail = case.where(match.span), kind_label(case.profile.right), standing(case)
            score = 0.86 if len(name.folded) > 2 else 0.6 if case.sold else 0.4
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
            )

    def examples(self) -> Iterable[Example]:
        """Invented names."""
        yield example("好岭泉", "女子岭泉 山泉水", rule="split.components", says=True, goods=("矿泉水",))
        yield example("好岭泉", "女子 岭南山泉水", rule="split.components", says=False, goods=("矿泉水",))


DETECTOR = SplitRule()

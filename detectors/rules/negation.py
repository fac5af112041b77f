"""What the text says is *not* so: 非…产, 不是…, 与…无关."""

from collections.abc import Iterable

from detectors.case import Case, first_cue
from detectors.normalise import key
from detectors.rulekit import Rule, example
from detectors.speech import denial, parts
from detectors.types import Clue, Effect, Example, Stage
from records.model import Text
from records.terms import Outcome, RightKind


class NegationRule(Rule):
    """`negated.before`, `negated.after`: the name or place is denied in the same clause; that use is cancelled.

    A promise is no denial: “不是…包退” affirms.
    """

    name = "negation"
    stage = Stage.WEIGH

    def run(self, case: Case) -> Iterable[Clue]:
        """Return a clue for each denied use; none where the title calls the goods imitations (“高仿…非正品”)."""
        if first_cue(key(case.view.listing.title[:300]), "fake", "cues"):
            return
        for clue, span in case.text_finds:
            for part in parts(case, clue, span):
                cue, rule = denial(case, part)
                if cue:
                    where = case.where(part)
                    yield Clue(
                        self.name,
                        f"negated.{rule}",
                        0.95,
                        Text(
                            f"{where.zh}与否定词“{cue}”连用,表示并非如此,不作为涉嫌使用。",
                            f"{where.en} stands with the denial “{cue}”: the text says that it is not so.",
                        ),
                        effect=Effect.CANCEL,
                        span=part,
                        target=part,
                    )
                    break

    def examples(self) -> Iterable[Example]:
        """Invented names."""
        yield example(
            "砚溪雁", "本品不是砚溪雁 普通茶叶", rule="negated.before", says=True, outcome=Outcome.EXCLUDED, alert=False
        )
        yield example("砚溪雁", "砚溪雁茶叶 假一赔十 不是砚溪雁包退", rule="negated.before", says=False, alert=True)
        yield example("砚溪雁", "清岭茶叶 与砚溪雁无任何关联", rule="negated.after", says=True, alert=False)
        yield example("Dolvane", "Shirt, not affiliated with Dolvane", rule="negated.before", says=True, alert=False)
        yield example("Dolvane", "Knot Dolvane shirt", rule="negated.before", says=False)
        yield example("砚溪雁", "非砚溪雁不卖 茶叶", rule="negated.before", says=False, alert=True, goods=("茶叶",))
        yield example(
            "岚沟苦荞",
            "苦荞米 非岚沟产 500g",
            rule="negated.before",
            says=True,
            kind=RightKind.GI,
            right={"region": "砂陵省岚沟县"},
            alert=False,
        )


DETECTOR = NegationRule()

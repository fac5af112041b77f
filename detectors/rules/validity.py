"""Whether the right holds on the day: an expired or future right grounds nothing."""

from collections.abc import Iterable
from datetime import date

from detectors.case import Case
from detectors.rulekit import Rule, example, kind_label
from detectors.types import Clue, Effect, Example, Stage
from records.model import Text
from records.terms import Outcome


class ValidityRule(Rule):
    """`right.expired`, `right.not_yet`: the right's dates do not hold the day; the pair is excluded."""

    name = "validity"
    stage = Stage.WEIGH

    def run(self, case: Case) -> Iterable[Clue]:
        """Return one clue where the right does not hold."""
        right, day = case.profile.right, case.day
        label = kind_label(right)
        if right.valid_to is not None and right.valid_to < day:
            yield self._clue(
                "right.expired",
                Text(
                    f"{label.zh}的有效期至{right.valid_to},{day}当日已届满,不能作为依据。",
                    f"{label.en} was valid until {right.valid_to}; on {day} it no longer holds and grounds nothing.",
                ),
            )
        elif right.valid_from is not None and right.valid_from > day:
            yield self._clue(
                "right.not_yet",
                Text(
                    f"{label.zh}自{right.valid_from}起有效,{day}当日尚未生效,不能作为依据。",
                    f"{label.en} is valid from {right.valid_from}; on {day} it does not hold yet and grounds nothing.",
                ),
            )

    def _clue(self, rule: str, words: Text) -> Clue:
        return Clue(self.name, rule, 1.0, words, effect=Effect.CANCEL)

    def examples(self) -> Iterable[Example]:
        """One right that ended, one that holds."""
        ended = {"valid_to": date(2021, 5, 1)}
        yield example(
            "砚溪雁", "砚溪雁 茶叶", rule="right.expired", says=True, right=ended, outcome=Outcome.EXCLUDED, alert=False
        )
        yield example("砚溪雁", "砚溪雁 茶叶", rule="right.expired", says=False, outcome=Outcome.SUSPECTED)


DETECTOR = ValidityRule()

"""What the text says is *not* so: 非…产, 不是…, 与…无关."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from detectors.case import Case
from detectors.lexicon import words as lexicon
from detectors.rulekit import Rule, example
from detectors.types import NAME_KINDS, Clue, Effect, Example, Span, Stage
from records.model import Text
from records.terms import Outcome, RightKind

_FILLERS = "真正宗产自来于的是纯原版装本品地道"
_NOT_NEGATING = ("莫非", "除非", "是非", "无非")
_REACH = 9
_BEYOND = 14


@lru_cache(maxsize=1)
def _before() -> re.Pattern[str]:
    cues = "|".join(map(re.escape, lexicon("negation", "before")))
    return re.compile(rf"({cues})[{_FILLERS}]{{0,4}}$")


class NegationRule(Rule):
    """`negated.before`, `negated.after`: the name or place is denied in the same clause; that use is cancelled.

    A promise is no denial: “不是…包退” affirms.
    """

    name = "negation"
    kinds = NAME_KINDS
    stage = Stage.WEIGH

    def run(self, case: Case) -> Iterable[Clue]:
        """Return a clue for each denied use."""
        for clue, span in case.text_finds:
            for part in _parts(case, clue.rule, span):
                cue, rule = _denied(case, part)
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
                        target=span,
                    )
                    break

    def examples(self) -> Iterable[Example]:
        """Invented names."""
        yield example(
            "砚溪雁", "本品不是砚溪雁 普通茶叶", rule="negated.before", says=True, outcome=Outcome.EXCLUDED, alert=False
        )
        yield example("砚溪雁", "砚溪雁茶叶 假一赔十 不是砚溪雁包退", rule="negated.before", says=False, alert=True)
        yield example(
            "岚沟苦荞",
            "苦荞米 非岚沟产 500g",
            rule="negated.before",
            says=True,
            kind=RightKind.GI,
            right={"region": "砂陵省岚沟县"},
            alert=False,
        )


def _parts(case: Case, rule: str, span: Span) -> Iterator[Span]:
    """Return the places of a GI pair that lie inside the clue, else the clue's own span."""
    if rule.startswith("gi."):
        for match in case.matches:
            if match.needle.meta.startswith("place") and match.span.overlaps(span):
                yield match.span
    yield span


def _denied(case: Case, span: Span) -> tuple[str, str]:
    """Return the denying word and the rule's last part, or ("", "")."""
    before, after = case.before(span, _REACH), case.after(span, _BEYOND)
    if any(cue in case.after(span, _BEYOND, clause=False) for cue in lexicon("negation", "affirming")):
        return "", ""
    found = _before().search(before)
    if found and not before[: found.end(1)].endswith(_NOT_NEGATING) and "是不是" not in before:
        return found.group(1), "before"
    for cue in lexicon("negation", "after"):
        if after.startswith(cue) or after.removeprefix("品牌").startswith(cue):
            return cue, "after"
    return "", ""


DETECTOR = NegationRule()

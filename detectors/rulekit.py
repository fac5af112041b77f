"""What the plug-ins in `detectors/rules/` share: a base class, words for rights, and a maker of examples."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from detectors import kinds
from detectors.case import Case
from detectors.lexicon import words as lexicon
from detectors.profile import Profile
from detectors.types import ALL_KINDS, Clue, Example, Needle, Span, Stage
from records.model import Listing, Right, Text
from records.terms import Outcome, RightKind

_QUOTES = frozenset(
    "\"'[]()\u201c\u201d\u2018\u2019\u300c\u300d\u300e\u300f\u3010\u3011\u300a\u300b\u3008\u3009\uff08\uff09\u00ae\u2122"
)


class Rule:
    """A detector that asks for no needles and says nothing; plug-ins override what they need."""

    name = ""
    kinds = ALL_KINDS
    stage = Stage.WEIGH

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return the strings to look for on behalf of one right: none."""
        del profile
        return ()

    def run(self, case: Case) -> Iterable[Clue]:
        """Return what is noticed: nothing."""
        del case
        return ()

    def examples(self) -> Iterable[Example]:
        """Return what the contract suite runs: nothing, which the suite refuses."""
        return ()


def kind_label(right: Right) -> Text:
    """Return `商标“…”` and its English."""
    label = kinds.of(right).label
    return Text(f"{label.zh}“{right.name}”", f"{label.en} “{right.name}”")


def standing(case: Case) -> Text:
    """Say whether the seller is on the list of authorised sellers, as far as is known."""
    if not case.profile.sellers and not case.profile.authorizations:
        return Text("该权利未登记授权卖家", "no authorised sellers are on record for this right")
    return Text("卖家不在授权名单内", "the seller is not on the list of authorised sellers")


def example(
    name: str,
    title: str,
    *,
    says: bool,
    rule: str = "",
    kind: RightKind = RightKind.TRADEMARK,
    outcome: Outcome | None = None,
    alert: bool | None = None,
    right: dict[str, Any] | None = None,
    listing: dict[str, Any] | None = None,
    goods: tuple[str, ...] = (),
) -> Example:
    """Make an example from a right's name and a listing's title; `right` and `listing` give further fields."""
    fields: dict[str, Any] = {"goods": goods, "valid_from": date(2020, 1, 1), "valid_to": date(2040, 1, 1)}
    made = Right(id="example-right", kind=kind, name=name, **{**fields, **(right or {})})
    shown = Listing(id="example-listing", title=title, **(listing or {}))
    return Example(made, shown, says, rule, outcome, alert)


def marked(case: Case, span: Span) -> bool:
    """Whether quotes, ®, 牌, a brand field or the like mark the place as a brand."""
    if case.view.is_attribute(span.field, "brand"):
        return True
    text = case.field(span).text
    around = text[max(0, span.start - 1) : span.start] + text[span.end : span.end + 1]
    if any(char in _QUOTES for char in around):
        return True
    after, before = case.after(span, 4), case.before(span, 4)
    return any(after.startswith(cue) for cue in lexicon("brand_cues", "after")) or any(
        before.endswith(cue) for cue in lexicon("brand_cues", "before")
    )

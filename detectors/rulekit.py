"""What the plug-ins in `detectors/rules/` share: a base class, words for rights, and a maker of examples."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from detectors.case import Case
from detectors.profile import Profile
from detectors.types import ALL_KINDS, Clue, Example, Needle, Stage
from records.model import Listing, Right, Text
from records.terms import Outcome, RightKind

_KINDS = {
    RightKind.TRADEMARK: Text("商标", "the trademark"),
    RightKind.GI: Text("地理标志", "the geographical indication"),
    RightKind.DESIGN: Text("外观设计", "the design"),
    RightKind.WORK: Text("作品", "the work"),
    RightKind.PLANT_VARIETY: Text("植物新品种", "the plant variety"),
}


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
    label = _KINDS[right.kind]
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

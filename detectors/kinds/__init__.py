"""Kinds of right: what each is, which detectors run for it, which rules it leaves out, and what its reasons rest on.

One file a kind, which holds `KIND`; it is found by lying in this folder. The engine asks the kind for whom a detector
runs, for which rules count, and for the topic under which `detectors.grounds` finds a reason's provision. A kind that has
no file, or two, stops the start.
"""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from detectors.errors import BrokenKind, DuplicateKind
from detectors.lands import CN, laws
from guards.errors import both
from guards.plugins import modules_of
from records.model import Right, Text
from records.terms import GiRoute, RightKind

NAMES = (
    "edit", "joined", "jumbled", "masked", "name", "respelt", "seller_copy", "sound", "split",
    "coincidence", "goods", "material", "mention", "negation", "place", "unsold",
)  # fmt: skip
"""The detectors that look for a right's name, and those that weigh a name that was found."""
PICTURES = ("image_copy", "logo")
"""The detectors that compare pictures with the right's samples."""
STANDING = ("authorised", "validity")
"""The detectors that ask whether the right holds and who may use it: for every kind."""


_NOTHING = Text("", "")


@dataclass(frozen=True, slots=True)
class LegalTest:
    """What has to be shown under one law: `asks` in a sentence without its full stop.

    `route` and `territory` say where it is asked; None and "" are for what no other test of the kind fits. `evoked` is
    what a finding says of words that lean on the name (indications only). Not legal advice: a person decides.
    """

    title: Text
    asks: Text
    route: GiRoute | None = None
    territory: str = CN
    evoked: Text = _NOTHING


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of right.

    `detectors` are the names of those that run; one that no kind names runs where its own `kinds` say. `left_out` maps
    rules that do not apply to why. `topic` is what a reason rests on, `topics` maps rules (or, with a dot at the end,
    all of a family) to another topic; what is no reason rests on something only where `topics` names it.
    """

    kind: RightKind
    label: Text
    detectors: tuple[str, ...]
    topic: str
    tests: tuple[LegalTest, ...]
    topics: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)

    def topic_of(self, rule: str, *, reason: bool) -> str:
        """Return the topic of the provision behind a rule, "" where it needs none."""
        family = rule.split(".", maxsplit=1)[0] + "."
        return self.topics.get(rule) or self.topics.get(family) or (self.topic if reason else "")

    def test(self, right: Right) -> LegalTest:
        """Return the test that a right of this kind has to pass: its own route's, else the one for all others."""
        lands = laws(right.territory)
        fitting = [one for one in self.tests if one.territory in lands and one.route in {None, right.route}]
        return min(fitting, key=lambda one: one.route is None, default=self.tests[-1])


def checked(found: Iterable[tuple[str, object]]) -> Mapping[RightKind, Kind]:
    """Return the kinds by the word that rights carry.

    `found` are (module name, its `KIND`). Raises BrokenKind for a file without one, or a kind without a file,
    DuplicateKind where two files are about one kind.
    """
    known: dict[RightKind, tuple[str, Kind]] = {}
    for module, kind in found:
        if not isinstance(kind, Kind) or not kind.tests:
            raise BrokenKind(
                both(
                    f"{module} 中应有 KIND,且至少一项判断标准", f"expected {module} to hold KIND with at least one test"
                ),
                both(
                    "补上;detectors/kinds/__init__.py 逐一说明",
                    "add it; detectors/kinds/__init__.py describes each part",
                ),
            )
        if kind.kind in known:
            raise DuplicateKind(
                both(
                    f"两个文件都写 {kind.kind.value}:{known[kind.kind][0]} 与 {module}",
                    f"two files are about {kind.kind.value}: {known[kind.kind][0]} and {module}",
                ),
                both("合并为一个文件", "make them one file"),
            )
        known[kind.kind] = module, kind
    if missing := [kind.value for kind in RightKind if kind not in known]:
        raise BrokenKind(
            both(f"没有文件说明权利类型 {missing[0]}", f"no file is about the kind of right {missing[0]}"),
            both(f"补上 detectors/kinds/{missing[0]}.py", f"add detectors/kinds/{missing[0]}.py"),
        )
    return {kind: known[kind][1] for kind in RightKind}


@lru_cache(maxsize=1)
def discover() -> Mapping[RightKind, Kind]:
    """Import every file of this folder and return its kind. Raises as `checked` and `modules_of` do."""
    found = modules_of(sys.modules[__name__])
    return checked((module.__name__, getattr(module, "KIND", None)) for _, module in found)


def of(right: Right) -> Kind:
    """Return the kind of a right."""
    return discover()[right.kind]

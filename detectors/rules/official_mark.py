"""The official mark of geographical indications (地理标志专用标志): claimed by words, its code, the retired marks."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from detectors.case import Case, first_cue
from detectors.rulekit import Rule, example, kind_label
from detectors.sellers import permission
from detectors.types import Clue, Effect, Example, Span, Stage
from records.model import Authorization, Text
from records.terms import RightKind
from records.uscc import LENGTH, is_uscc

_CODE = re.compile(rf"(?<![0-9A-Za-z])[0-9A-Za-z]{{{LENGTH}}}(?![0-9A-Za-z])")
_CALLED = re.compile(r"信用代码[^0-9A-Za-z]{0,6}([0-9A-Za-z]{15,20})(?![0-9A-Za-z])")
_READ = 4_000


class OfficialMarkRule(Rule):
    """`mark.claimed`: the page says that the goods bear the official mark, and the seller is not on the list.

    `mark.code_missing`: no 统一社会信用代码 stands beside that claim. `mark.code_wrong`: one is printed whose check
    character does not fit. `mark.retired`: one of the marks that went out of use is named. Words only: the mark inside a
    picture is seen by `mark_seen` and `mark_use`. All of it weighs what was found of the right; none of it finds by itself.
    """

    name = "official_mark"
    stage = Stage.WEIGH

    def run(self, case: Case) -> Iterable[Clue]:
        """Return what the page says of the mark, where something of the right was found."""
        yield from self._retired(case)
        yield from self._wrong(case)
        cue = first_cue(case.view.whole, "official_mark", "claims")
        if not cue or permission(case).holds:
            return
        right = kind_label(case.profile.right)
        yield Clue(
            self.name,
            "mark.claimed",
            0.25,
            Text(
                f"页面以“{cue}”声称使用{right.zh}的专用标志,而卖家不在用标名单内。",
                f"The page claims the official mark of {right.en} (“{cue}”), and the seller is not on the list of its users.",
            ),
            effect=Effect.RAISE,
        )
        if not _prints_code(case) and not case.view.listing.seller_uscc:
            yield Clue(
                self.name,
                "mark.code_missing",
                0.0,
                Text(
                    "页面未见与专用标志一并标注的统一社会信用代码,请核对用标人。",
                    "No unified social credit code stands beside the claim; check who uses the mark.",
                ),
                effect=Effect.NOTE,
            )

    def _wrong(self, case: Case) -> Iterable[Clue]:
        for view in case.view:
            for found in _CALLED.finditer(view.text[:_READ]):
                if is_uscc(found.group(1).upper()):
                    continue
                span = Span(view.name, *found.span(1))
                where = case.where(span)
                yield Clue(
                    self.name,
                    "mark.code_wrong",
                    0.3,
                    Text(
                        f"{where.zh}不是有效的统一社会信用代码(长度、字符或校验位不符)。",
                        f"{where.en} is no valid unified social credit code (length, characters or check character).",
                    ),
                    effect=Effect.RAISE,
                    span=span,
                )
                return

    def _retired(self, case: Case) -> Iterable[Clue]:
        cue = first_cue(case.view.whole, "official_mark", "retired")
        if cue:
            yield Clue(
                self.name,
                "mark.retired",
                0.0,
                Text(
                    f"页面提到已停用的旧标志(“{cue}”),请核对其使用时间与依据(待核对)。",
                    f"The page names a mark that went out of use (“{cue}”); check when and on what ground it is used.",
                ),
                effect=Effect.NOTE,
            )

    def examples(self) -> Iterable[Example]:
        """Invented places, products and codes."""
        gi, right = RightKind.GI, {"region": "砂陵省岚沟县", "goods": ("苦荞米",)}
        title = "岚沟苦荞 500g 地理标志专用标志产品"
        yield example("岚沟苦荞", title, rule="mark.claimed", says=True, kind=gi, right=right, alert=True)
        yield example("岚沟苦荞", title, rule="mark.code_missing", says=True, kind=gi, right=right)
        with_code = {"description": "统一社会信用代码:91350100M000100Y43"}
        yield example("岚沟苦荞", title, rule="mark.code_missing", says=False, kind=gi, right=right, listing=with_code)
        yield example("岚沟苦荞", title, rule="mark.code_wrong", says=False, kind=gi, right=right, listing=with_code)
        wrong = {"description": "统一社会信用代码:91350100M000100Y44"}
        yield example("岚沟苦荞", title, rule="mark.code_wrong", says=True, kind=gi, right=right, listing=wrong)
        yield example("岚沟苦荞", "岚沟苦荞 500g", rule="mark.claimed", says=False, kind=gi, right=right)
        retired = "岚沟苦荞 农产品地理标志登记标志"
        yield example("岚沟苦荞", retired, rule="mark.retired", says=True, kind=gi, right=right)
        listed = {**right, "authorized_sellers": ("岚沟甲社",)}
        seller = {"seller": "岚沟甲社"}
        in_force = example("岚沟苦荞", title, rule="mark.claimed", says=False, kind=gi, right=listed, listing=seller)
        yield in_force
        over = Authorization("a1", "example-right", "岚沟甲社", valid_to=date(2021, 1, 1))
        yield replace(in_force, says=True, authorizations=(over,))


def _prints_code(case: Case) -> bool:
    """Whether the page prints a valid code."""
    return any(is_uscc(code.upper()) for view in case.view for code in _CODE.findall(view.text[:_READ]))


DETECTOR = OfficialMarkRule()

"""The official mark inside a picture, beside what else was found of a right: who uses it, its code, and whether it holds."""

from collections.abc import Iterable
from dataclasses import replace

from detectors.case import Case, first_cue
from detectors.emblem import Code, Mark
from detectors.normalise import key
from detectors.official import OVER_FROM, Placed, drawn, is_listed, marks, sightings, unlisted
from detectors.rulekit import Rule, kind_label
from detectors.types import Clue, Effect, Example, Stage
from records.model import Listing, Right, Text
from records.terms import RightKind

_MOST = 6
_SHARES = {Mark.CURRENT: 0.2}
_RETIRED = 0.1


class MarkUseRule(Rule):
    """`mark.seen`, `mark.retired_seen`: a mark is in a picture, where it is no reason by itself (see `mark_seen`).

    `mark.unlisted`: the seller is not on the list of users (raises; half where the page claims the mark in words too).
    `mark.seen_without_code`: none was read beneath a mark that is large enough for it. `mark.seen_wrong_code`: a code's
    check fails, read alike in two sizes; it only asks a person to look, for small print is often misread.
    `mark.seen_listed_code`: it is a listed user's, so the goods may be his. `mark.seen_other_code`: it is another's than
    the seller's own. `mark.verify`: marks are all that was found, so the origin is to be verified first.
    `mark.not_looked_for`: a limit was reached before all pictures were looked at. Without a list nothing is said of users.
    """

    name = "mark_use"
    stage = Stage.WEIGH

    def run(self, case: Case) -> Iterable[Clue]:
        """Return what is seen of the marks, where something of the right was found: of the first six."""
        if not case.finds:
            return
        found = list(marks(case))[:_MOST]
        for placed in found:
            yield from self._shown(case, placed)
            yield from self._code(case, placed)
        users = [one for one in found if one.seen.certain and not is_listed(case, one.seen.code)]
        if users and unlisted(case):
            yield self._unlisted(case, users[0])
        yield from self._open(case)
        if passed := len(sightings(case).passed):
            yield Clue(self.name, "mark.not_looked_for", 0.0, Text(
                f"有{passed}张图片未查找专用标志(超出数量或时间上限)。",
                f"In {passed} pictures the official mark was not looked for: the limit of number or time was reached.",
            ), effect=Effect.NOTE)  # fmt: skip

    def _open(self, case: Case) -> Iterable[Clue]:
        if all(clue.detector == "mark_seen" for clue in case.finds):
            yield Clue(self.name, "mark.verify", 0.0, Text(
                "除图片中的标志外未发现使用该地理标志名称本身:待核实产地,请核实产地证明、用标许可或进货凭证。",
                "Beside the mark in the picture, the indication's own name is not used: the origin is to be verified; a "
                "certificate of origin, a permission to use the mark or purchase papers would settle it.",
            ), effect=Effect.VERIFY)  # fmt: skip

    def _shown(self, case: Case, placed: Placed) -> Iterable[Clue]:
        current = placed.seen.mark is Mark.CURRENT
        rule = "mark.seen" if current else "mark.retired_seen"
        if any(clue.rule == rule and clue.image == placed.image for clue in case.found):
            return
        what = Text(f"涉嫌为{placed.name.zh}", f"suspected to be {placed.name.en}")
        if not placed.seen.certain:
            what = Text(f"与{placed.name.zh}部分相同", f"like {placed.name.en} in part")
        until = _standing(case, placed)
        text = Text(f"{placed.where.zh},{what.zh}{until.zh}。", f"{placed.where.en}: {what.en}{until.en}.")
        yield self._note(rule, placed, text)

    def _code(self, case: Case, placed: Placed) -> Iterable[Clue]:
        seen, own = placed.seen, case.view.listing.seller_uscc
        name, number = placed.name, placed.image + 1
        if seen.code_state is Code.MISSING and seen.mark is Mark.CURRENT:
            yield self._note("mark.seen_without_code", placed, Text(
                f"第{number}张图片中{name.zh}下方未识别到统一社会信用代码,请放大核对。",
                f"No unified social credit code was read beneath {name.en} in picture {number}; look at it enlarged.",
            ))  # fmt: skip
        elif seen.code_state is Code.WRONG:
            yield self._note("mark.seen_wrong_code", placed, Text(
                f"第{number}张图片中{name.zh}下方的代码识别为“{seen.code}”,校验位不符(GB 32100-2015);小字常有误识,请放大核对。",
                f"The code beneath {name.en} in picture {number} reads “{seen.code}”, and its check character does not fit "
                "(GB 32100-2015); small print is often misread, so look at it enlarged.",
            ))  # fmt: skip
        elif seen.code_state is Code.VALID and is_listed(case, seen.code):
            yield self._note("mark.seen_listed_code", placed, Text(
                f"第{number}张图片中{name.zh}下方的代码“{seen.code}”属于用标名单内的主体:商品可能来自该主体,请核对进货凭证。",
                f"The code “{seen.code}” beneath {name.en} in picture {number} is that of a listed user: the goods may come "
                "from him; check the purchase papers.",
            ))  # fmt: skip
        elif seen.code_state is Code.VALID and own and key(own) != key(seen.code):
            yield self._note("mark.seen_other_code", placed, Text(
                f"第{number}张图片中{name.zh}下方的代码“{seen.code}”与卖家的代码“{own}”不同,请核对用标人。",
                f"The code “{seen.code}” beneath {name.en} in picture {number} is not the seller's own “{own}”; check who "
                "uses the mark.",
            ))  # fmt: skip

    def _unlisted(self, case: Case, placed: Placed) -> Clue:
        right, name = kind_label(case.profile.right), placed.name
        share = _SHARES.get(placed.seen.mark, _RETIRED)
        claimed = bool(first_cue(case.view.whole, "official_mark", "claims"))
        return self._note("mark.unlisted", placed, Text(
            f"第{placed.image + 1}张图片使用{name.zh},而卖家不在{right.zh}的用标名单内。",
            f"Picture {placed.image + 1} uses {name.en}, and the seller is not on the list of users of {right.en}.",
        ), raised=share / 2 if claimed else share)  # fmt: skip

    def _note(self, rule: str, placed: Placed, text: Text, raised: float = 0.0) -> Clue:
        effect = Effect.RAISE if raised else Effect.NOTE
        return Clue(
            self.name, rule, raised, text, effect=effect, image=placed.image, region=placed.seen.box
        )  # fmt: skip

    def examples(self) -> Iterable[Example]:
        """Invented places and sellers; a ring with the mark's English words, and no picture."""
        right = Right(
            "example-right",
            RightKind.GI,
            "岚沟苦荞",
            goods=("苦荞米",),
            region="砂陵省岚沟县",
            authorized_sellers=("岚沟甲社",),
        )
        listing = Listing("example-listing", "岚沟苦荞 500g", seller="乙店", images=("a.png",))
        shown = {0: drawn("GEOGRAPHICAL INDICATION", "OF P.R.CHINA")}
        yield Example(right, listing, True, "mark.unlisted", alert=True, images=shown, read=True)
        yield Example(right, listing, False, "mark.seen", images={0: b"GIF89a"}, read=True)
        yield Example(replace(right, authorized_sellers=()), listing, False, "mark.unlisted", images=shown)


def _standing(case: Case, placed: Placed) -> Text:
    """Say of a mark that went before the current one since when it may not be used; "" for the current one."""
    mark = placed.seen.mark
    if mark is Mark.CURRENT:
        return Text("", "")
    if mark is Mark.AGRI:
        return Text(
            ";该标识是否及何时停用〔待核对〕,请核对使用依据",
            "; whether and since when it is out of use is to be checked, and on what ground it is used",
        )
    if case.day < OVER_FROM:
        return Text(";该标志已废止,过渡期至2020年12月31日", "; it was replaced, and might be used until 2020-12-31")
    return Text(
        ";该标志已废止,过渡期已于2020年12月31日届满,请核对商品的生产日期",
        "; it was replaced and might be used until 2020-12-31: check when the goods were made",
    )


DETECTOR = MarkUseRule()

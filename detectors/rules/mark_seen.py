"""The official mark of geographical indications inside a picture, where the page says which indication it stands for."""

from collections.abc import Iterable
from dataclasses import replace

from detectors.case import Case
from detectors.emblem import Mark
from detectors.official import Placed, drawn, is_listed, marks, unlisted
from detectors.pairs import kind, stands
from detectors.rulekit import Rule, kind_label
from detectors.speech import comparison, denial
from detectors.stated import stated_origin
from detectors.types import Clue, Effect, Example, Match, Stage
from detectors.usage import ingredient
from records.model import Listing, Right, Text
from records.terms import RightKind

_GOODS = frozenset({"product", "goods"})
_SCORES = {Mark.CURRENT: 0.56}
_RETIRED = 0.42


class MarkSeenRule(Rule):
    """`mark.seen`: the official mark is in a picture, the page names place and goods of the right, and its seller is not on
    the list of users. `mark.retired_seen`: the same of a mark that went before it, which counts less.

    A mark alone names no indication, so it is no reason by itself: the page must name the right's place (or state an
    origin in its area) and its product or goods, must not deny or compare with the place nor name another origin, and there must be a list. A
    mark with the code of a listed user beneath it is no reason: whoever sells a listed user's goods may show his package.
    What a mark says where something else was found of the right is said by `mark_use`.
    """

    name = "mark_seen"
    stage = Stage.FIND

    def run(self, case: Case) -> Iterable[Clue]:
        """Return the surest mark of each picture."""
        if case.emblems is None or not case.images or not unlisted(case) or not _tied(case):
            return
        said = set()
        for placed in marks(case):
            if placed.seen.certain and placed.image not in said and not is_listed(case, placed.seen.code):
                said.add(placed.image)
                yield self._clue(case, placed)

    def _clue(self, case: Case, placed: Placed) -> Clue:
        right = kind_label(case.profile.right)
        current = placed.seen.mark is Mark.CURRENT
        return Clue(
            self.name,
            "mark.seen" if current else "mark.retired_seen",
            _SCORES.get(placed.seen.mark, _RETIRED),
            Text(
                f"{placed.where.zh},涉嫌为{placed.name.zh};页面同时写有{right.zh}的地名和商品,而卖家不在用标名单内。请人工"
                "核对图样、产地与进货凭证。",
                f"{placed.where.en} and is suspected to be {placed.name.en}; the page names place and goods of {right.en}, and "
                "the seller is not on the list of users. A person should compare the picture, the origin and purchase papers.",
            ),
            effect=Effect.FIND,
            image=placed.image,
            region=placed.seen.box,
        )

    def examples(self) -> Iterable[Example]:
        """Invented places and sellers; a ring with the mark's English words, another ring, no picture."""
        sellers = ("岚沟甲社",)
        right = Right(
            "example-right",
            RightKind.GI,
            "岚沟苦荞",
            goods=("苦荞米",),
            region="砂陵省岚沟县",
            authorized_sellers=sellers,
        )
        listing = Listing(
            "example-listing", "苦荞米 500g", attributes={"产地": "岚沟县"}, seller="乙店", images=("a.png",)
        )
        shown = {0: drawn("GEOGRAPHICAL INDICATION", "OF P.R.CHINA")}
        yield Example(right, listing, True, "mark.seen", alert=True, images=shown, read=True)
        yield Example(right, listing, False, "mark.retired_seen", images={0: b"GIF89a"}, read=True)
        yield Example(right, replace(listing, seller=sellers[0]), False, "mark.seen", images=shown)


def _tied(case: Case) -> bool:
    """Whether the page says of its own goods that they are the right's: place and goods, and no other origin."""
    origin = stated_origin(case)
    if origin.elsewhere or not any(kind(match) in _GOODS for match in _earnest(case)):
        return False
    places = [match for match in _earnest(case) if kind(match) == "place" and not ingredient(case, match.span)]
    if any(denial(case, match.span)[0] or comparison(case, match.span) for match in places):
        return False
    return origin.local or bool(places)


def _earnest(case: Case) -> Iterable[Match]:
    """Yield the grammar's matches of whole words, the seller's name apart."""
    for match in case.mine("gi_grammar"):
        if match.span.field != "seller" and stands(case.field(match.span), match):
            yield match


DETECTOR = MarkSeenRule()

"""A seller's name that copies a mark, an indication or an authorised seller, and claims to be the official shop."""

from collections.abc import Iterable

from detectors.case import Case, first_cue
from detectors.normalise import key
from detectors.profile import Profile
from detectors.rulekit import Rule, example, kind_label, standing
from detectors.types import Clue, Example, Layer, Needle, Span, Stage
from records.model import Text

_SHORTEST = 3


class SellerCopyRule(Rule):
    """`seller.copies_name`: the seller's name holds the name of the right, with 旗舰, 官方 and the like or the right's goods.

    Silent where the seller is the owner or on the list, whatever the dates: those say so themselves.
    """

    name = "seller_copy"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return each name that is long enough."""
        for number, name in enumerate(profile.names):
            if len(name.folded) >= _SHORTEST:
                yield Needle(Layer.PLAIN, name.folded, self.name, str(number))

    def run(self, case: Case) -> Iterable[Clue]:
        """Return one clue where the seller's name copies."""
        seller = key(case.view.listing.seller)
        known = {
            *case.profile.sellers,
            key(case.profile.right.owner),
            *(key(a.seller) for a in case.profile.authorizations),
        }
        if not seller or seller in known:
            return
        for match in case.mine(self.name):
            if match.span.field != "seller" or not case.is_word(match.span):
                continue
            official = first_cue(seller, "shop", "official")
            if official or case.goods_named:
                yield self._clue(case, match.span, official)
                return

    def _clue(self, case: Case, span: Span, official: str) -> Clue:
        where, right, tail = case.where(span), kind_label(case.profile.right), standing(case)
        claim = Text(f",并自称“{official}”", f" and calls itself “{official}”") if official else Text("", "")
        return Clue(
            self.name,
            "seller.copies_name",
            0.62 if official else 0.5,
            Text(
                f"{where.zh}含有{right.zh}的名称{claim.zh};{tail.zh}。",
                f"{where.en} holds the name of {right.en}{claim.en}; {tail.en}.",
            ),
            span=span,
        )

    def examples(self) -> Iterable[Example]:
        """Invented sellers."""
        shop = {"seller": "砚溪雁官方旗舰店2"}
        listed = {"authorized_sellers": ("砚溪雁官方旗舰店2",)}
        rule = "seller.copies_name"
        yield example("砚溪雁", "茶叶 250克", rule=rule, says=True, goods=("茶叶",), listing=shop, alert=True)
        yield example("砚溪雁", "茶叶", rule=rule, says=False, goods=("茶叶",), listing=shop, right=listed, alert=False)


DETECTOR = SellerCopyRule()

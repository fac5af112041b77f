"""Who may use the right: the owner, the names in the rights file, dated authorisations."""

from collections.abc import Iterable, Sequence

from detectors.case import Case
from detectors.lexicon import words as lexicon
from detectors.normalise import key
from detectors.rulekit import Rule, example, kind_label
from detectors.sellers import own_name, permission
from detectors.stated import other_province
from detectors.types import Clue, Effect, Example, Span, Stage
from detectors.usage import only_ingredient
from records.model import Authorization, Listing, Right, Text
from records.terms import Outcome, RightKind

_CORE_MIN = 4


class AuthorisedRule(Rule):
    """`seller.authorised`: the seller's name (or licence number) is on the list on that day; the outcome follows.

    `seller.authorised_elsewhere`: it is, but the page's own origin field names another province or country than an
    indication's; then the authorisation does not decide.
    `seller.authorisation_over`: it was, but the dates have passed or not begun. `seller.resembles_authorised`:
    the name contains an authorised seller's name and is another. Names must be equal, but see `detectors.sellers.own_name`.
    """

    name = "authorised"
    stage = Stage.WEIGH

    def run(self, case: Case) -> Iterable[Clue]:
        """Return one clue about the seller, or none."""
        known = permission(case)
        if known.holds:
            place = other_province(case) if case.profile.is_gi and _named_as_origin(case) else ""
            yield self._outside(case, place) if place else self._authorised(case, known.valid)
        elif known.dated:
            yield self._over(case, known.dated[0])
        else:
            yield from self._resembles(case, key(case.view.listing.seller))

    def _authorised(self, case: Case, valid: Sequence[Authorization]) -> Clue:
        right, seller = kind_label(case.profile.right), case.view.listing.seller
        same = Text("", "")
        if own_name(seller) != key(seller):
            same = Text("(除平台名或分公司名外名称相同)", " (but for the name of a platform or a branch)")
        until = f",有效期至{valid[0].valid_to}" if valid and valid[0].valid_to else ""
        until_en = f" until {valid[0].valid_to}" if valid and valid[0].valid_to else ""
        return Clue(
            self.name,
            "seller.authorised",
            1.0,
            Text(
                f"卖家“{seller}”在{right.zh}的授权名单内{same.zh}{until}。",
                f"The seller “{seller}” is on the list of those authorised for {right.en}{same.en}{until_en}.",
            ),
            effect=Effect.AUTHORISE,
            span=_whole_seller(case),
        )

    def _outside(self, case: Case, place: str) -> Clue:
        right, seller = kind_label(case.profile.right), case.view.listing.seller
        return Clue(
            self.name,
            "seller.authorised_elsewhere",
            0.0,
            Text(
                f"卖家“{seller}”在{right.zh}的授权名单内,但页面标明产地为“{place}”;授权只及于产区内的商品,请核实。",
                f"The seller “{seller}” is on the list for {right.en}, but the page states the origin “{place}”: an "
                "authorisation covers goods of the area only; check this.",
            ),
            effect=Effect.NOTE,
            span=_whole_seller(case),
        )

    def _over(self, case: Case, item: Authorization) -> Clue:
        right, seller = kind_label(case.profile.right), case.view.listing.seller
        dates = f"{item.valid_from or '…'} – {item.valid_to or '…'}"
        return Clue(
            self.name,
            "seller.authorisation_over",
            0.1,
            Text(
                f"卖家“{seller}”对{right.zh}的授权期限为{dates},{case.day}当日不在期限内。",
                f"The seller “{seller}” was authorised for {right.en} from {dates}; {case.day} is outside that.",
            ),
            effect=Effect.RAISE,
            span=_whole_seller(case),
        )

    def _resembles(self, case: Case, seller: str) -> Iterable[Clue]:
        for listed in sorted(case.profile.sellers):
            core = _core(listed)
            if len(core) >= _CORE_MIN and core in seller:
                yield Clue(
                    self.name,
                    "seller.resembles_authorised",
                    0.1,
                    Text(
                        f"卖家名称“{case.view.listing.seller}”与授权名单内的卖家近似但不相同,请核对其主体信息。",
                        f"The seller's name “{case.view.listing.seller}” is close to that of an authorised seller but not "
                        "the same; check who it is.",
                    ),
                    effect=Effect.RAISE,
                    span=_whole_seller(case),
                )
                return

    def examples(self) -> Iterable[Example]:
        """Invented sellers."""
        right = {"authorized_sellers": ("砚溪茶业旗舰店",)}
        yield example(
            "砚溪雁",
            "砚溪雁 茶叶",
            rule="seller.authorised",
            says=True,
            right=right,
            goods=("茶叶",),
            listing={"seller": "砚溪茶业旗舰店"},
            outcome=Outcome.AUTHORISED,
            alert=False,
        )
        yield example(
            "砚溪雁",
            "砚溪雁 茶叶",
            rule="seller.authorised",
            says=False,
            right=right,
            goods=("茶叶",),
            listing={"seller": "砚溪茶业旗舰店2"},
            outcome=Outcome.SUSPECTED,
            alert=True,
        )
        for seller, says in (("砚溪茶业旗舰店(京东)", True), ("砚溪茶业旗舰店(特惠)", False)):
            shop = {"seller": seller}
            rule = "seller.authorised"
            yield example("砚溪雁", "砚溪雁 茶叶", rule=rule, says=says, right=right, listing=shop, alert=not says)
        yield example(
            "岚沟苦荞",
            "岚沟苦荞 500g",
            rule="seller.authorised_elsewhere",
            says=True,
            kind=RightKind.GI,
            right={**right, "region": "甘肃省岚沟县", "goods": ("苦荞米",)},
            listing={"seller": "砚溪茶业旗舰店", "attributes": {"产地": "陕西省"}},
            outcome=Outcome.SUSPECTED,
            alert=True,
        )
        made = Right("example-right", RightKind.TRADEMARK, "砚溪雁", authorized_sellers=("甲店",))
        past = Authorization("a1", "example-right", "甲店", valid_to=made.valid_to)
        yield Example(
            made,
            Listing("example-listing", "砚溪雁 茶叶", seller="甲店"),
            True,
            "seller.authorised",
            authorizations=(past,),
        )


def _named_as_origin(case: Case) -> bool:
    """Whether the indication is used for the goods themselves: not as their ingredient."""
    return bool(case.text_finds) and not only_ingredient(case)


def _core(seller: str) -> str:
    """Return a seller's name without what kind of shop or firm it is."""
    for suffix in lexicon("shop", "suffixes"):
        if seller.endswith(suffix):
            return seller.removesuffix(suffix)
    return seller


def _whole_seller(case: Case) -> Span | None:
    """Return the span of the seller's name."""
    view = case.view.fields.get("seller")
    return Span("seller", 0, len(view.text)) if view else None


DETECTOR = AuthorisedRule()

"""A seller's name that copies a mark, an indication or an authorised seller, and claims to be the official shop."""

from collections.abc import Iterable
from functools import lru_cache

from detectors import words
from detectors.case import Case, first_cue
from detectors.english import is_english
from detectors.lexicon import words as lexicon
from detectors.normalise import key
from detectors.places import units
from detectors.profile import Profile, latin_words
from detectors.rulekit import Rule, example, kind_label, standing
from detectors.sellers import forms
from detectors.types import Clue, Example, Layer, Needle, Span, Stage
from records.model import Text

_SHORTEST = 3
_OWN, _FIRM = 2, 4
_PLACE_REACH = 16


class SellerCopyRule(Rule):
    """`seller.copies_name`: the seller's name holds the name of the right, with 旗舰, 官方 and the like or the right's goods.

    `seller.copies_seller`: it holds the firm name of the owner or an authorised seller with another form of shop or one character
    changed, says no other place, and the right's goods are for sale.
    Silent where the seller is the owner or on the list, whatever the dates: those say so themselves.
    """

    name = "seller_copy"
    stage = Stage.FIND

    def needles(self, profile: Profile) -> Iterable[Needle]:
        """Return each name that is long enough."""
        for number, name in enumerate(profile.names):
            if len(name.folded) >= _SHORTEST:
                yield Needle(Layer.PLAIN, name.folded, self.name, str(number))
            first = next(iter(latin_words(name.original)), "")
            if len(first) > _FIRM and first != name.folded and not is_english(first):
                yield Needle(Layer.PLAIN, first, self.name, str(number))
        for number, known in enumerate(_known(profile)):
            if core := firm_core(known):
                yield Needle(Layer.PLAIN, core, self.name, f"firm {number}")

    def run(self, case: Case) -> Iterable[Clue]:
        """Return one clue where the seller's name copies."""
        seller = key(case.view.listing.seller)
        known = _known(case.profile)
        if not seller or not forms(case.view.listing.seller).isdisjoint(known):
            return
        for match in case.mine(self.name):
            if match.span.field != "seller" or not case.is_word(match.span):
                continue
            if match.needle.meta.startswith("firm "):
                firm = known[int(match.needle.meta.split(" ")[1])]
                if case.goods_named and _poses(seller, firm, match.needle.text):
                    yield self._firm(case, match.span, firm)
                    return
                continue
            official = first_cue(seller, "shop", "official")
            whole = match.needle.text == case.profile.names[int(match.needle.meta)].folded
            if (official and (whole or case.goods_named)) or (whole and case.goods_named):
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

    def _firm(self, case: Case, span: Span, firm: str) -> Clue:
        where, right, tail = case.where(span), kind_label(case.profile.right), standing(case)
        return Clue(
            self.name,
            "seller.copies_seller",
            0.57,
            Text(
                f"{where.zh}与{right.zh}的权利人或授权卖家“{firm}”的字号相同或几乎相同,而名称不同;{tail.zh}。",
                f"{where.en} is, or nearly is, the firm name of “{firm}”, who owns or may use {right.en}, under another "
                f"full name; {tail.en}.",
            ),
            span=span,
        )

    def examples(self) -> Iterable[Example]:
        """Invented sellers."""
        shop = {"seller": "砚溪雁官方旗舰店2"}
        listed = {"authorized_sellers": ("砚溪雁官方旗舰店2",)}
        rule = "seller.copies_name"
        firm = {"authorized_sellers": ("岚沟县滏陂河茶业有限公司",), "region": "砂陵省岚沟县"}
        for name, says in (
            ("岚沟滏陂河茶业分销部", True),
            ("岚沟县滏陂河茶叶有限公司", True),
            ("砾城滏陂河茶业", False),
        ):
            poses = {"seller": name}
            copied = "seller.copies_seller"
            yield example(
                "砚溪雁", "绿茶叶 茶叶", rule=copied, says=says, goods=("茶叶",), listing=poses, right=firm, alert=says
            )
        yield example("砚溪雁", "茶叶 250克", rule=rule, says=True, goods=("茶叶",), listing=shop, alert=True)
        yield example("砚溪雁", "茶叶", rule=rule, says=False, goods=("茶叶",), listing=shop, right=listed, alert=False)


def _known(profile: Profile) -> tuple[str, ...]:
    """Return the folded names of the owner and all authorised sellers, sorted."""
    dated = (key(item.seller) for item in profile.authorizations)
    return tuple(sorted(filter(None, {*profile.sellers, key(profile.right.owner), *dated})))


@lru_cache(maxsize=16_384)
def _without_place(name: str) -> tuple[str, str]:
    """Return a folded company's place (as far as units tell it, or the dictionary) and the rest."""
    end = 0
    for unit in units(name[:_PLACE_REACH])[:-1]:
        if name.startswith(unit.full, end) and not unit.full.endswith("村"):
            end += len(unit.full)
    if not end:
        end = next((size for size in (3, 2) if words.is_place(name[:size])), 0)
    return name[:end], name[end:]


@lru_cache(maxsize=16_384)
def firm_core(name: str) -> str:
    """Return the firm name of a folded company's name with its trade where it is short, or "" where both are shorter than four characters.

    >>> firm_core("岚沟县滏陂河果业有限公司"), firm_core("岚沟县果业有限公司")
    ('滏陂河', '')
    """
    rest = _without_place(name)[1]
    suffixes = (*lexicon("shop", "suffixes"), *lexicon("shop", "branches"))
    for suffix in () if rest.endswith(lexicon("shop", "trades")) else suffixes:
        if rest.endswith(suffix):
            rest = rest.removesuffix(suffix).removesuffix("专业")
            break
    trade = next((trade for trade in lexicon("shop", "trades") if rest.endswith(trade)), "")
    own = rest.removesuffix(trade)
    if not trade and name.endswith("合作社") and len(own) >= _FIRM:
        return own
    if not trade or len(own) < _OWN:
        return ""
    return own if len(own) > _OWN else own + trade if len(own + trade) >= _FIRM else ""


def _poses(seller: str, firm: str, core: str) -> bool:
    """Whether a seller's name says that it is the firm: nothing but the firm's own place before its core, a like trade after."""
    before, _, after = seller.partition(core)
    after = after.removeprefix("专业")
    place = _without_place(firm)[0]
    stem = next((unit.forms[-1] for unit in reversed(units(place)) if unit.forms), place)
    own_place = not before or before in place or place in before or stem == before
    trade = "" if core.endswith(lexicon("shop", "trades")) else firm.partition(core)[2]
    like = not trade or after[:1] == trade[:1] or any(after.startswith(item[:2]) for item in lexicon("shop", "trades"))
    return own_place and like


DETECTOR = SellerCopyRule()

"""Where the goods come from, as the page states it, against the area of a geographical indication."""

from collections.abc import Iterable

from detectors.case import Case
from detectors.lexicon import words as lexicon
from detectors.namelike import like_a_name
from detectors.places import Area, places_in
from detectors.rulekit import Rule, example, kind_label
from detectors.speech import comparison, denial, parts
from detectors.stated import Stated, stated_origin
from detectors.types import Clue, Effect, Example, Span, Stage
from detectors.usage import Packaging, leans_on_alias, only_ingredient, packaging
from records.model import Text
from records.terms import Outcome, RightKind

_EVASIVE = ("sound.", "split.", "name.disguised", "evocation.")
_LOOSE = ("gi.place_goods", "gi.across_fields")
_SETTLE = Text(
    "请核实产地证明、用标许可或进货凭证",
    "a certificate of origin, a permission to use the indication or purchase papers would settle it",
)


class OriginRule(Rule):
    """`origin.contradicted`: the page states another origin beside the name (raises).

    Only where the goods are the right's: not for an ingredient, packaging, or a mere alias without its goods
    (`origin.other_goods`, which lowers). `origin.elsewhere`: place and goods are only loosely joined and the origin is another (lowers).
    `origin.stated_local`, `origin.local_seller`, `origin.open`: an unlisted seller may lawfully use the place's
    name: verify the origin; the finding says what would settle it. `origin.shipping`: the place is where it ships
    from. `origin.other_place`: the goods carry another place's name. Disguised names and evocations are not excused.
    """

    name = "origin"
    stage = Stage.WEIGH

    def run(self, case: Case) -> Iterable[Clue]:
        """Return what the origin says, and what each place is used for."""
        if not case.text_finds:
            return
        yield from self._uses(case)
        stated = stated_origin(case)
        rules = {clue.rule for clue in case.finds}
        evasive = any(rule.startswith(_EVASIVE) for rule in rules)
        loose = rules <= set(_LOOSE) and not like_a_name(case)
        if only_ingredient(case) or packaging(case)[0] is Packaging.PRINTED:
            return  # where other goods, or empty bags, come from says nothing about the name
        if stated.elsewhere and leans_on_alias(case):
            yield self._other_goods(case, stated)
        elif stated.elsewhere and not _only_spoken_of(case):
            yield self._elsewhere(case, stated, loose=loose)
        elif not evasive:
            yield from self._verify(case, stated, loose=loose)

    def _elsewhere(self, case: Case, stated: Stated, *, loose: bool) -> Clue:
        right = kind_label(case.profile.right)
        if loose:
            return Clue(
                self.name,
                "origin.elsewhere",
                0.55,
                Text(
                    f"页面标明产地为“{stated.text}”,且未使用{right.zh}的名称本身。",
                    f"The page states the origin “{stated.text}” and does not use the name of {right.en} itself.",
                ),
                effect=Effect.LOWER,
            )
        return Clue(
            self.name,
            "origin.contradicted",
            0.4,
            Text(
                f"页面标明产地为“{stated.text}”,不在{right.zh}的产区内,与其名称相矛盾。",
                f"The page states the origin “{stated.text}”, outside the area of {right.en}: it contradicts the name.",
            ),
            effect=Effect.RAISE,
        )

    def _other_goods(self, case: Case, stated: Stated) -> Clue:
        right = kind_label(case.profile.right)
        return Clue(
            self.name,
            "origin.other_goods",
            0.5,
            Text(
                f"页面标明产地为“{stated.text}”,只用到{right.zh}的别名,且未出现其商品,可能是同名的另一种商品。",
                f"The page states the origin “{stated.text}”, uses only an alias of {right.en} and names none of its "
                "goods: it may be other goods of that name.",
            ),
            effect=Effect.LOWER,
        )

    def _verify(self, case: Case, stated: Stated, *, loose: bool) -> Iterable[Clue]:
        area, listing = case.profile.area, case.view.listing
        if stated.local:
            why = Text(
                f"页面标明产地为“{stated.text}”,在产区内",
                f"the page states the origin “{stated.text}”, inside the area",
            )
            rule = "stated_local"
        elif _near(area, case.view.seller_place):
            shown = listing.seller_location
            why = Text(f"卖家所在地为“{shown}”,在产区内", f"the seller's place is “{shown}”, inside the area")
            rule = "local_seller"
        elif loose:
            why = Text("页面未标明产地", "the page states no origin")
            rule = "open"
        else:
            return
        yield Clue(
            self.name,
            f"origin.{rule}",
            0.0,
            Text(
                f"{why.zh},卖家可能正当使用该地名:待核实产地,{_SETTLE.zh}。",
                f"Because {why.en}, the seller may lawfully use the place's name: the origin is to be verified; {_SETTLE.en}.",
            ),
            effect=Effect.VERIFY,
        )

    def _uses(self, case: Case) -> Iterable[Clue]:
        """Look at what each found place and product is used for."""
        for clue, span in case.text_finds:
            if not clue.rule.startswith("gi."):
                continue
            for match in case.matches:
                if not match.span.overlaps(span):
                    continue
                if match.needle.meta.startswith("place"):
                    yield from self._shipping(case, match.span, span)
                elif match.needle.meta in {"product", "goods"}:
                    yield from self._other_place(case, match.span, span)

    def _shipping(self, case: Case, place: Span, target: Span) -> Iterable[Clue]:
        after = case.after(place, 4)
        cue = next((word for word in lexicon("origin", "shipping") if after.startswith(word)), "")
        if cue:
            where = case.where(place)
            yield Clue(
                self.name,
                "origin.shipping",
                0.9,
                Text(
                    f"{where.zh}后接“{cue}”,是发货地,不是产地。",
                    f"{where.en} is followed by “{cue}”: where it ships from.",
                ),
                effect=Effect.CANCEL,
                span=place,
                target=target,
            )

    def _other_place(self, case: Case, goods: Span, target: Span) -> Iterable[Clue]:
        before = case.before(goods, 6)
        area = case.profile.area
        found = (
            item for item in places_in(before) if item[2] == len(before) and not _overlaps_own(area, before, item[1])
        )
        other = next((name for name, _, _ in found if _other(area, name)), "")
        if other:
            where = case.where(goods)
            yield Clue(
                self.name,
                "origin.other_place",
                0.8,
                Text(
                    f"{where.zh}前冠以另一地名“{other}”,所售为该地商品。",
                    f"{where.en} carries the name of another place, “{other}”.",
                ),
                effect=Effect.LOWER,
                span=goods,
                target=target,
            )

    def examples(self) -> Iterable[Example]:
        """Invented places and products."""
        right = {"region": "砂陵省岚沟县", "goods": ("苦荞米",)}
        gi, verify = RightKind.GI, Outcome.VERIFY_ORIGIN
        yield example(
            "岚沟苦荞",
            "岚沟苦荞 500g",
            rule="origin.contradicted",
            says=True,
            kind=gi,
            right=right,
            listing={"attributes": {"产地": "青海"}},
            outcome=Outcome.SUSPECTED,
            alert=True,
        )
        yield example(
            "岚沟苦荞",
            "岚沟苦荞 500g",
            rule="origin.local_seller",
            says=True,
            kind=gi,
            right=right,
            listing={"seller": "乙店", "seller_location": "砂陵省岚沟县"},
            outcome=verify,
            alert=True,
        )
        yield example(
            "岚沟苦荞",
            "青海苦荞 岚沟发货",
            rule="origin.shipping",
            says=True,
            kind=gi,
            right=right,
            alert=False,
        )
        yield example("岚沟苦荞", "岚沟苦荞 500g", rule="origin.contradicted", says=False, kind=gi, right=right)
        yield example(
            "岚沟岩茶",
            "红披风 调味料 500g",
            rule="origin.other_goods",
            says=True,
            kind=gi,
            right={"region": "砂陵省岚沟县", "goods": ("茶叶",), "aliases": ("红披风",)},
            listing={"attributes": {"产地": "四川"}},
            alert=False,
        )


def _other(area: Area, place: str) -> bool:
    """Whether a place is none of the area, nor a wide name such as 东北."""
    if place in lexicon("places", "macro"):
        return False
    return not any(place in form or form in place for form in area.near | area.wide)


def _overlaps_own(area: Area, before: str, start: int) -> bool:
    """Whether the characters that look like a place from `start` on begin inside one of the area's own names."""
    return any(at >= 0 and at < start < at + len(form) for form in area.near if (at := before.find(form)) >= 0)


def _only_spoken_of(case: Case) -> bool:
    """Whether every place of the name is denied or compared with: another origin contradicts nothing then."""
    return all(
        any(comparison(case, part) or denial(case, part)[0] for part in parts(case, clue, span))
        for clue, span in case.text_finds
    )


def _near(area: Area, place: str) -> bool:
    return bool(place) and area.speaks_of(place)


DETECTOR = OriginRule()

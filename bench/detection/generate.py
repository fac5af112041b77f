"""Listings for invented rights: families of evasion, and hard honest ones. Seeded."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from bench.detection.names import (
    FAR_GOODS,
    Indication,
    Mark,
    homophone,
    indications,
    lookalike,
    marks,
    pinyin,
)
from records.model import Listing, Right
from records.terms import GiRoute, RightKind

FILLERS = (
    "新款",
    "正品包邮",
    "2026年春季",
    "家用",
    "厂家直销",
    "送礼佳品",
    "热卖",
    "批发",
    "特价",
    "精选",
    "限时优惠",
    "现货速发",
)
ELSEWHERE = ("广东佛山", "浙江义乌", "河北石家庄", "山东临沂", "江苏南通")
SHOPS = ("惠万家小铺", "优品生活馆", "老张杂货", "天天特卖", "好物集市", "鑫源商贸")


@dataclass(frozen=True)
class Item:
    """One labelled pair: the listing, the right it is about, the family, and whether it should alert."""

    listing: Listing
    right_id: str
    family: str
    suspect: bool


Maker = Callable[[random.Random, Mark], dict[str, object] | None]
GiMaker = Callable[[random.Random, Indication], dict[str, object] | None]


def _fill(rng: random.Random, core: str) -> str:
    words = rng.sample(FILLERS, 2)
    return rng.choice((f"{words[0]} {core} {words[1]}", f"{core} {words[0]}", f"【{words[0]}】{core}{words[1]}"))


def _swap(name: str, position: int, other: str | None) -> str | None:
    return None if other is None else name[:position] + other + name[position + 1 :]


def _titled(rng: random.Random, name: str | None) -> dict[str, object] | None:
    return None if name is None else {"title": _fill(rng, name), "seller_location": rng.choice(ELSEWHERE)}


def _mark_families() -> dict[str, Maker]:
    def title(change: Callable[[random.Random, Mark], str | None]) -> Maker:
        def make(rng: random.Random, mark: Mark) -> dict[str, object] | None:
            name = change(rng, mark)
            return (
                None
                if name is None
                else {"title": _fill(rng, f"{name} {mark.goods}" if rng.random() < 0.6 else f"{name}{mark.goods}")}
            )

        return make

    def leet(rng: random.Random, mark: Mark) -> str | None:
        table = {"o": "0", "l": "1", "e": "3", "a": "4", "s": "5", "i": "1"}
        spots = [i for i, char in enumerate(mark.latin) if char in table]
        spot = rng.choice(spots) if spots else None
        return None if spot is None else f"{mark.latin[:spot]}{table[mark.latin[spot]]}{mark.latin[spot + 1 :]} "

    def typo(rng: random.Random, mark: Mark) -> str:
        spot = rng.randrange(1, len(mark.latin) - 1)
        return f" {mark.latin[:spot]}{mark.latin[spot]}{mark.latin[spot:]} "

    def swapped(rng: random.Random, mark: Mark, other: Callable[[random.Random, str], str | None]) -> str | None:
        position = rng.randrange(0 if len(mark.name) < 4 else 1, len(mark.name))
        return _swap(mark.name, position, other(rng, mark.name[position]))

    return {
        "exact": title(lambda _, m: m.name),
        "latin": title(lambda _, m: f" {m.latin.upper()} "),
        "symbols": title(lambda r, m: r.choice("★·丨-/·❤").join(m.name)),
        "zero_width": title(lambda _, m: "\u200b".join(m.name)),
        "emoji": title(lambda _, m: "🔥".join(m.name)),
        "spaced": title(lambda _, m: " ".join(m.name)),
        "letters_between": title(lambda r, m: r.choice("xoab").join(m.name)),
        "homophone": title(lambda r, m: swapped(r, m, homophone) if len(m.name) > 2 else None),
        "glyph": title(lambda r, m: swapped(r, m, lookalike) if len(m.name) > 2 else None),
        "mixed_pinyin": title(lambda r, m: swapped(r, m, lambda _, char: pinyin(char))),
        "full_pinyin": title(lambda _, m: " " + "".join(pinyin(c) for c in m.name) + " " if len(m.name) > 2 else None),
        "inserted": title(lambda r, m: m.name[:2] + r.choice("之小的子阿") + m.name[2:] if len(m.name) > 3 else None),
        "left_out": title(lambda _, m: m.name[:2] + m.name[3:] if len(m.name) > 4 else None),
        "digits": title(leet),
        "typo": title(typo),
        "brand_attribute": lambda r, m: {"title": _fill(r, m.goods), "attributes": {"品牌": m.name}},
        "description": lambda r, m: {
            "title": _fill(r, m.goods),
            "description": f"本店所售{m.name}{m.goods},质量保证,支持七天无理由退货。",
        },
        "imitation_words": lambda _, m: {"title": f"高仿 {m.name} {m.goods} 专柜品质"},
        "label_sale": lambda r, m: {"title": f"{m.name} 标签 吊牌 不干胶 印刷 {r.randrange(100, 900)}张"},
    }


def _mark_honest() -> dict[str, Maker]:
    return {
        "authorised": lambda r, m: {"title": _fill(r, f"{m.name} {m.goods}"), "seller": m.seller},
        "owner": lambda r, m: {"title": _fill(r, f"{m.name}{m.goods}"), "seller": m.owner},
        "negated": lambda r, m: {"title": f"{r.choice(FILLERS)}{m.goods} {r.choice(('不是', '并非', '非'))}{m.name}"},
        "unrelated_to": lambda r, m: {
            "title": _fill(r, m.goods),
            "description": f"自产自销的{m.goods},与{m.name}无关。",
        },
        "book": lambda r, m: {"title": f"{m.name}品牌故事 图书 {r.choice(('精装', '平装'))} 出版社正版"},
        "empty_box": lambda r, m: {"title": f"{m.name} 空盒 {r.choice(('包装盒', '空瓶'))} 收藏"},
        "fits": lambda r, m: {"title": f"{r.choice(('适用于', '适用', '兼容'))}{m.name}{m.goods} 通用配件"},
        "fits_latin": lambda r, m: {
            "title": f"{r.choice(('Replacement strap', 'Cover', 'Spare case'))} for {m.latin} M{r.randrange(2, 9)}"
        },
        "compared": lambda r, m: {
            "title": f"自家{m.goods} {r.choice(('不输', '媲美', '比'))}{m.name} {r.choice(FILLERS)}"
        },
        "second_hand": lambda _, m: {
            "title": f"二手闲置 {m.name} {m.goods} 自用",
            "description": "购买发票和小票都在,可查。",
        },
        "near_name": lambda r, m: {"title": _fill(r, f"{m.name[0]}{r.choice('家记氏')}{r.choice('坊园庄')} {m.goods}")},
        "goods_only": lambda r, m: {"title": _fill(r, m.goods)},
        "far_goods": lambda r, _: {"title": _fill(r, r.choice(FAR_GOODS))},
    }


def _gi_families() -> dict[str, GiMaker]:
    def away(r: random.Random) -> dict[str, str]:
        return {"seller_location": r.choice(ELSEWHERE)}

    return {
        "gi_exact": lambda r, g: {"title": _fill(r, g.name), **away(r)},
        "gi_contradicted": lambda r, g: {
            "title": _fill(r, g.name),
            "attributes": {"产地": r.choice(("青海", "甘肃", "河南省"))},
        },
        "gi_reordered": lambda r, g: {"title": _fill(r, f"{g.product} {g.place}特产"), **away(r)},
        "gi_interposed": lambda r, g: {
            "title": _fill(r, f"{g.place}{r.choice(('头茬', '农家自产', '特级 有机'))}{g.product}"),
            **away(r),
        },
        "gi_unit": lambda r, g: {"title": _fill(r, f"{g.place}{g.unit}{g.product}"), **away(r)},
        "gi_symbols": lambda r, g: {"title": _fill(r, "*".join(g.name)), **away(r)},
        "gi_homophone": lambda r, g: _titled(r, _swap(g.name, 0, homophone(r, g.name[0]))),
        "gi_mixed_pinyin": lambda r, g: {
            "title": _fill(r, "".join(pinyin(c) if i % 2 else c for i, c in enumerate(g.name))),
            **away(r),
        },
        "gi_place_pinyin": lambda r, g: {
            "title": _fill(r, f"{''.join(pinyin(c) for c in g.place)} {g.product}"),
            **away(r),
        },
        "gi_type": lambda r, g: {
            "title": _fill(r, f"{g.place}{r.choice(('型', '式', '风味', '风格', '同款'))}{g.product}"),
            **away(r),
        },
        "gi_imitation": lambda r, g: {"title": _fill(r, f"仿{g.name}")},
        "gi_two_fields": lambda r, g: {
            "title": _fill(r, f"{g.place}特产 礼盒装"),
            "attributes": {"品名": g.product},
            **away(r),
        },
        "gi_local": lambda r, g: {
            "title": _fill(r, f"{g.place}{g.product}"),
            "seller_location": f"{g.province}{g.place}{g.unit}",
        },
        "gi_description": lambda r, g: {
            "title": _fill(r, g.product),
            "description": f"精选{g.name},颗粒饱满,口感好。",
            **away(r),
        },
    }


def _gi_honest() -> dict[str, GiMaker]:
    return {
        "gi_authorised": lambda r, g: {"title": _fill(r, g.name), "seller": g.seller},
        "gi_negated": lambda r, g: {"title": f"{g.product} {r.choice(('非', '不是'))}{g.place}产 {r.choice(FILLERS)}"},
        "gi_other_place": lambda r, g: {
            "title": _fill(r, f"{r.choice(('青海', '甘肃', '陕西'))}{g.product}"),
            "seller_location": f"{g.province}{g.place}",
        },
        "gi_shipping": lambda r, g: {"title": f"青海{g.product} {g.place}发货 {r.choice(FILLERS)}"},
        "gi_book": lambda r, g: {"title": f"{g.name}种植研究 图书 {r.choice(('精装', '平装'))}"},
        "gi_empty_box": lambda r, g: {"title": f"{g.name} 空礼盒 通用包装 {r.randrange(2, 9)}个"},
        "gi_tool": lambda _, g: {"title": f"{g.name} 加工设备 全自动 烘干机"},
        "gi_travel": lambda r, g: {"title": f"{g.place}{g.unit} 一日游 门票 {r.choice(FILLERS)}"},
        "gi_place_only": lambda r, g: {"title": _fill(r, f"{g.place}{r.choice(FAR_GOODS)}")},
        "gi_product_only": lambda r, g: {"title": _fill(r, g.product), "attributes": {"产地": "陕西"}},
        "gi_ingredient": lambda r, g: {
            "title": _fill(r, "手工糕点 礼盒"),
            "attributes": {"配料": f"小麦粉、白砂糖、{g.name}、食用油"},
        },
        "gi_compared": lambda r, g: {"title": f"青海{g.product} 不输{g.name} {r.choice(FILLERS)}"},
    }


def _make(rng: random.Random, number: str, fields: dict[str, object]) -> Listing:
    given = {"seller": rng.choice(SHOPS), **fields}
    return Listing(id=number, **given)  # type: ignore[arg-type]


def right_of_mark(number: int, mark: Mark) -> Right:
    """Return the trademark right of an invented mark."""
    return Right(
        id=f"tm-{number}",
        kind=RightKind.TRADEMARK,
        name=mark.name,
        aliases=(mark.latin,),
        nice_classes=(mark.nice,),
        goods=(mark.goods,),
        owner=mark.owner,
        valid_from=date(2020, 1, 1),
        valid_to=date(2035, 1, 1),
        authorized_sellers=(mark.seller,),
    )


def right_of_gi(number: int, gi: Indication) -> Right:
    """Return the right of an invented indication."""
    return Right(
        id=f"gi-{number}",
        kind=RightKind.GI,
        name=gi.name,
        goods=(gi.goods,),
        region=f"{gi.province}{gi.place}{gi.unit}",
        valid_from=date(2020, 1, 1),
        authorized_sellers=(gi.seller,),
        route=tuple(GiRoute)[number % 4],
    )


def rights(rng: random.Random, count: int) -> tuple[list[tuple[Right, Mark]], list[tuple[Right, Indication]]]:
    """Return `count` invented marks and `count` indications with their rights."""
    return (
        [(right_of_mark(i, mark), mark) for i, mark in enumerate(marks(rng, count))],
        [(right_of_gi(i, gi), gi) for i, gi in enumerate(indications(rng, count))],
    )


def items(rng: random.Random, tms: list[tuple[Right, Mark]], gis: list[tuple[Right, Indication]]) -> Iterator[Item]:
    """Yield every family for every right that it can be made for."""
    for suspect, mark_makers, gi_makers in (
        (True, _mark_families(), _gi_families()),
        (False, _mark_honest(), _gi_honest()),
    ):
        for right, mark in tms:
            for family, make in mark_makers.items():
                yield from _item(rng, right, family, make(rng, mark), suspect=suspect)
        for right, gi in gis:
            for family, make_gi in gi_makers.items():
                yield from _item(rng, right, family, make_gi(rng, gi), suspect=suspect)


def _item(
    rng: random.Random, right: Right, family: str, fields: dict[str, object] | None, *, suspect: bool
) -> Iterator[Item]:
    if fields is not None:
        yield Item(_make(rng, f"{right.id}-{family}", fields), right.id, family, suspect)

"""Ways to lean on a name that say it for short, in part, in other letters or over several places; and what is none."""

from collections.abc import Callable

import pytest

from detectors.engine import Engine
from records.model import Hit, Listing, Right
from records.terms import RightKind

Make = Callable[..., Right]
Detect = Callable[..., list[Hit]]


@pytest.fixture
def far(gi: Make) -> Right:
    """An indication of a far place with a long name."""
    return gi("岚砾勒羊肉", region="砂陵自治区岚砾勒盟岚砾勒左旗", goods=("羊肉", "羊排"))


@pytest.fixture
def fruit(gi: Make) -> Right:
    """An indication of a fruit that is named for short by its last character."""
    return gi("岚沟长枣", goods=("鲜枣",))


@pytest.fixture
def wine(gi: Make) -> Right:
    """An indication that is named after the side of a mountain."""
    return gi("岚砾山东麓葡萄酒", region="砂陵省岚砾山东麓", goods=("葡萄酒", "干红葡萄酒"))


def _rules(hits: list[Hit]) -> set[str]:
    return {finding.rule for hit in hits for finding in hit.findings}


def _alerts(hits: list[Hit]) -> bool:
    return any(hit.alert for hit in hits)


@pytest.mark.parametrize(
    "title",
    [
        "东岚羊肉 草原羔羊 6斤",
        "东岚旗羊排 法切",
        "岚盟羊蝎子 2斤",
        "岚砾勒手把肉 带骨",
        "岚砾勒🐑肉 5斤",
        "Lanlil mutton 2kg",
        "Ланлил хонины мах 羊肉卷",
    ],
)
def test_a_far_place_for_short(far: Right, detect: Detect, title: str) -> None:
    assert _alerts(detect(far, title))


@pytest.mark.parametrize(
    "title", ["东岚 羊毛毡 手工", "岚盟 民宿 一日游", "澳洲羊蝎子 2斤", "小羊🐑毛毡 摆件", "Landlord mutton recipe"]
)
def test_what_is_no_far_place(far: Right, detect: Detect, title: str) -> None:
    assert not _alerts(detect(far, title))


@pytest.mark.parametrize("title", ["岚沟的枣 脆甜 5斤", "岚沟霜降后采摘新鲜长红枣 3斤", "岚沟大枣", "岚沟枣 500g"])
def test_a_product_by_its_last_character(fruit: Right, detect: Detect, title: str) -> None:
    assert _alerts(detect(fruit, title))


@pytest.mark.parametrize("title", ["岚沟老枣树木梳 手工", "岚沟椰枣 进口", "岚沟烧鸡 真空", "红枣 新疆 5斤"])
def test_other_goods_that_hold_that_character(fruit: Right, detect: Detect, title: str) -> None:
    assert not _alerts(detect(fruit, title))


@pytest.mark.parametrize(
    "title",
    [
        "岚砾东麓干红 赤霞珠 双支",
        "岚砾山干红葡萄酒",
        "Lanli Mountain East Foothill Cabernet Sauvignon 750ml",
        "岚砾山东麓赤霞珠 2021",
    ],
)
def test_a_mountain_without_its_side(wine: Right, detect: Detect, title: str) -> None:
    assert _alerts(detect(wine, title))


@pytest.mark.parametrize("title", ["岚砾山 徒步地图", "East Foothill trail running", "宁夏干红 赤霞珠 双支"])
def test_a_mountain_without_its_wine(wine: Right, detect: Detect, title: str) -> None:
    assert not _alerts(detect(wine, title))


def test_what_is_made_of_the_material(gi: Make, detect: Detect) -> None:
    right = gi("岚沟描金漆器", goods=("漆器",))
    assert _alerts(detect(right, "岚沟漆盒 首饰收纳"))
    assert _alerts(detect(right, "Langou Gilded Lacquerware box"))
    assert _alerts(detect(right, "岚沟手工古典描金首饰漆器"))
    assert not _alerts(detect(right, "岚沟木盒 首饰收纳"))
    assert not _alerts(detect(right, "油漆桶 岚沟发货"))


def test_a_place_in_english(gi: Make, detect: Detect) -> None:
    right = gi("白鹤湖绿茶", region="砂陵省白鹤湖镇", goods=("茶叶",))
    assert _alerts(detect(right, "White Crane Lake green tea 100g"))
    assert not _alerts(detect(right, "White Crane Lake landscape poster"))


def test_a_second_place_inside_the_name(gi: Make, detect: Detect) -> None:
    right = gi("岚沟滏陂砾黄芪", goods=("黄芪",))
    assert _alerts(detect(right, "滏陂砾黄芪片 250g"))


@pytest.mark.parametrize(
    ("title", "rule"),
    [
        ("Dolvane Alpine Peak 羊毛围巾", "words.inserted"),
        ("Peak Dolvane 羊毛围巾", "words.reordered"),
        ("Dolvane 羊毛围巾", "words.first"),
        ("D.Peak 羊毛围巾", "shortened.initial"),
        ("多尔瓦内 羊毛围巾", "respelt.characters"),
    ],
)
def test_a_latin_mark_of_two_words(mark: Make, detect: Detect, title: str, rule: str) -> None:
    hits = detect(mark("Dolvane Peak", goods=("围巾",)), title)
    assert rule in _rules(hits)
    assert _alerts(hits)


@pytest.mark.parametrize(
    "title", ["Peak 羊毛围巾", "Dolvane 汽车脚垫", "peak dolphin scarf", "多么 瓦楞 羊毛围巾", "speaker 围巾"]
)
def test_other_latin_words(mark: Make, detect: Detect, title: str) -> None:
    assert not _alerts(detect(mark("Dolvane Peak", goods=("围巾",)), title))


def test_english_words_in_another_order_need_the_goods(mark: Make, detect: Detect) -> None:
    right = mark("Golden Heron", goods=("茶叶",))
    assert _alerts(detect(right, "Heron Golden tea 100g"))
    assert not _alerts(detect(right, "heron print, golden frame"))
    assert not _alerts(detect(right, "Golden 茶叶 礼盒"))


@pytest.mark.parametrize("title", ["Sarni Dola 羊毛围巾", "Sarnidula 围巾", "Сарнидола 围巾", "ᠰᠠᠷᠨᠢᠳᠣᠯᠠ 羊毛围巾"])
def test_a_mongolian_mark_in_other_letters(mark: Make, detect: Detect, title: str) -> None:
    assert _alerts(detect(mark("砂尔尼朵拉", aliases=("SARNIDOLA",), goods=("围巾",)), title))


@pytest.mark.parametrize("title", ["Saranda 围巾", "sardine doll 围巾", "Сарнидола концерт", "serenade 围巾"])
def test_other_words_of_letters(mark: Make, detect: Detect, title: str) -> None:
    assert not _alerts(detect(mark("砂尔尼朵拉", aliases=("SARNIDOLA",), goods=("围巾",)), title))


@pytest.mark.parametrize(
    ("title", "rule"),
    [
        ("岚桯 拉杆箱 20寸", "twins.lookalike"),
        ("岚什么程 拉杆箱", "name.disguised"),
        ("岚の程 拉杆箱", "name.disguised"),
        ("岚N程家拉杆箱", "name.disguised"),
        ("岚禾呈 拉杆箱", "split.components"),
    ],
)
def test_a_mark_of_two_characters(mark: Make, detect: Detect, title: str, rule: str) -> None:
    hits = detect(mark("岚程", goods=("拉杆箱",)), title)
    assert rule in _rules(hits)
    assert _alerts(hits)


@pytest.mark.parametrize(
    "title", ["山岚 什么路程 拉杆箱", "岚色 行程 拉杆箱", "岚桯 汽车脚垫", "这是什么程序 拉杆箱", "岚T恤 程 拉杆箱赠品"]
)
def test_what_is_no_mark_of_two_characters(mark: Make, detect: Detect, title: str) -> None:
    assert not _alerts(detect(mark("岚程", goods=("拉杆箱",)), title))


def test_a_name_cut_over_fields(mark: Make, detect: Detect) -> None:
    right = mark("岚程", goods=("拉杆箱",))
    hits = detect(right, "拉杆箱 20寸", attributes={"品牌": "岚", "产品线": "程"})
    assert _alerts(hits)
    finding = next(finding for hit in hits for finding in hit.findings if finding.rule.startswith("name."))
    assert (finding.field, finding.text) == ("attributes.品牌", "岚")
    assert _alerts(detect(right, "拉杆箱 第二件半价 岚", description="程系列单品,轻便。"))
    assert not _alerts(detect(right, "拉杆箱 灰岚色", description="程序员通勤。"))
    assert not _alerts(detect(right, "拉杆箱 20寸", attributes={"品牌": "岚", "颜色": "程"}))
    two = mark("Dolvane Peak", goods=("围巾",))
    assert _alerts(detect(two, "羊毛围巾", attributes={"品牌": "Dolvane", "系列": "Peak"}))


def test_a_reading_tells_the_place_in_the_listing(mark: Make, detect: Detect) -> None:
    title = "新款 岚什么程 拉杆箱"
    (hit,) = detect(mark("岚程", goods=("拉杆箱",)), title)
    finding = next(finding for finding in hit.findings if finding.rule == "name.disguised")
    assert (finding.field, title[finding.start : finding.end]) == ("title", "岚什么程")
    assert finding.text == "岚什么程"
    assert "暗语" in finding.explanation.zh


@pytest.mark.parametrize(
    ("title", "rule"),
    [
        ("岚鹿 羊毛围巾", "shortened.head"),
        ("岚鹿工业级匠织 羊毛围巾", "shortened.parted"),
        ("鹿岚匠织 羊毛围巾", "edit.reordered"),
    ],
)
def test_a_mark_of_four_characters(mark: Make, detect: Detect, title: str, rule: str) -> None:
    hits = detect(mark("岚鹿匠织", goods=("围巾",)), title)
    assert rule in _rules(hits)
    assert _alerts(hits)


@pytest.mark.parametrize("title", ["岚鹿 汽车脚垫", "晨岚鹿影 羊毛围巾", "匠织 羊毛围巾", "山岚 鹿 围巾"])
def test_what_is_no_mark_of_four_characters(mark: Make, detect: Detect, title: str) -> None:
    assert not _alerts(detect(mark("岚鹿匠织", goods=("围巾",)), title))


def test_digits_in_a_short_latin_mark_need_the_goods(mark: Make, detect: Detect) -> None:
    right = mark("砚溪雁", aliases=("QIVOR",))
    assert "edit.digits" in _rules(detect(right, "Q1VOR 茶叶"))
    assert not _alerts(detect(right, "Q1VOR 汽车脚垫"))
    assert not _alerts(detect(right, "10V0R 茶叶"))


@pytest.mark.parametrize("seller", ["岚沟滏陂河果业分销部", "岚沟县滏陂河果品有限公司"])
def test_a_seller_that_poses_as_a_firm(gi: Make, detect: Detect, seller: str) -> None:
    right = gi("岚沟苹果", goods=("苹果",), authorized_sellers=("岚沟县滏陂河果业有限公司",))
    hits = detect(right, "高原苹果 大果", seller=seller)
    assert "seller.copies_seller" in _rules(hits)
    assert _alerts(hits)


@pytest.mark.parametrize(
    ("seller", "title"),
    [
        ("岚沟县滏陂河果业有限公司", "高原苹果 大果"),
        ("岚沟县砾崖果业有限公司", "高原苹果 大果"),
        ("砂河滏陂河果业分销部", "高原苹果 大果"),
        ("岚沟滏陂河果业分销部", "竹编篮子"),
    ],
)
def test_a_seller_of_another_firm(gi: Make, detect: Detect, seller: str, title: str) -> None:
    right = gi("岚沟苹果", goods=("苹果",), authorized_sellers=("岚沟县滏陂河果业有限公司",))
    assert "seller.copies_seller" not in _rules(detect(right, title, seller=seller))


@pytest.mark.parametrize(
    ("title", "alert"),
    [
        ("岚脆红三号 苹果苗", True),
        ("岚脆红Ⅲ号 苹果苗", True),
        ("岚脆红No.3 苹果苗", True),
        ("lancuihong3号 苹果苗", True),
        ("lancuihong-3 苹果苗", True),
        ("岚翠红3号 苹果苗", True),
        ("岚脆红苹果苗 两年生", True),
        ("岚脆红5号 苹果苗", False),
        ("岚脆红13号 苹果苗", False),
        ("lancuihong5号 苹果苗", False),
        ("岚脆红色卫衣", False),
        ("苹果苗 3号大棚", False),
    ],
)
def test_a_plant_variety(mark: Make, detect: Detect, title: str, *, alert: bool) -> None:
    right = mark("岚脆红3号", kind=RightKind.PLANT_VARIETY, goods=("苹果苗",))
    assert _alerts(detect(right, title)) is alert


def test_a_plural_is_called_one_and_no_disguise() -> None:
    right = Right(
        "gi", RightKind.GI, "岚沟苹果", aliases=("Langou Crimson Apple",), goods=("苹果",), region="砂陵省岚沟县"
    )
    [hit] = Engine([right]).detect(Listing("1", "Langou Crimson Apples 10kg"))
    first = hit.findings[0]
    assert first.rule == "name.alias"
    assert "只有单复数" in first.explanation.zh
    assert "Langou Crimson Apple" in first.explanation.en

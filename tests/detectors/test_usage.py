"""What a name is used for: packaging that bears it, other goods under an alias, ingredients, descriptions."""

from collections.abc import Callable

import pytest

from records.model import Hit, Right
from records.terms import Outcome

Make = Callable[..., Right]
Detect = Callable[..., list[Hit]]


def _rules(hits: list[Hit]) -> set[str]:
    return {finding.rule for hit in hits for finding in hit.findings}


@pytest.mark.parametrize(
    "title",
    [
        "岚沟苦荞包装袋 空袋 礼品袋",
        "岚沟苦荞 空礼盒 100个 批发",
        "岚沟苦荞 手提袋 定制包装",
        "苦荞包装盒 岚沟特产 空盒",
        "岚沟苦荞 标签 不干胶 500张",
        "岚沟苦荞 吊牌 防伪标",
    ],
)
def test_packaging_that_bears_an_indication_is_a_finding_of_its_own(gi: Make, detect: Detect, title: str) -> None:
    (hit,) = detect(gi(), title)
    assert "packaging.printed" in _rules([hit])
    assert hit.outcome is Outcome.SUSPECTED
    assert hit.alert


def test_packaging_sold_from_the_area_is_no_question_of_origin(gi: Make, detect: Detect) -> None:
    (hit,) = detect(gi(), "岚沟苦荞包装袋 空袋", seller_location="砂陵省岚沟县")
    assert hit.outcome is Outcome.SUSPECTED


def test_packaging_by_an_authorised_seller(gi: Make, detect: Detect) -> None:
    (hit,) = detect(gi(authorized_sellers=("甲店",)), "岚沟苦荞包装袋 空袋", seller="甲店")
    assert hit.outcome is Outcome.AUTHORISED
    assert not hit.alert


@pytest.mark.parametrize(
    "title",
    [
        "岚沟苦荞 空白包装袋 无印刷 100个",
        "岚沟苦荞 通用包装 空礼盒",
        "岚沟苦荞 空罐 收藏 旧物",
        "岚沟苦荞包装史 图书 出版社",
        "岚沟苦荞 素色纸袋 100个",
        "陶瓷空罐 包装罐 可装岚沟苦荞",
    ],
)
def test_blank_or_used_packaging_and_books_do_not_alert(gi: Make, detect: Detect, title: str) -> None:
    hits = detect(gi(), title)
    assert not any(hit.alert for hit in hits)
    assert "packaging.printed" not in _rules(hits)


@pytest.mark.parametrize(
    ("title", "alert"),
    [
        ("砚溪雁茶叶包装袋 空袋 100个", True),
        ("砚溪雁包装盒", True),
        ("砚溪雁 空礼盒 5个", False),
        ("砚溪雁 茶叶 礼盒包装", True),
        ("砚溪雁 茶叶 250克 包装盒", True),
        ("砚溪雁 茶叶 送手提袋", True),
    ],
)
def test_packaging_under_a_mark(mark: Make, detect: Detect, title: str, alert: bool) -> None:
    assert [hit.alert for hit in detect(mark(), title)] == [alert]


@pytest.fixture
def tea(gi: Make) -> Right:
    """An indication for tea with an alias that says nothing of tea or place."""
    return gi("滦渠岩茶", aliases=("红披风", "滦渠红茶"), goods=("茶叶", "乌龙茶"), region="砂陵省滦渠市")


@pytest.mark.parametrize(
    ("title", "fields", "rule"),
    [
        ("红披风花椒 500g", {}, "goods.other"),
        ("红披风花椒 特产", {"attributes": {"产地": "四川汉源"}}, "origin.other_goods"),
        ("红披风 调料 500g", {"attributes": {"产地": "四川"}}, "origin.other_goods"),
        ("红披风床单 四件套", {}, "goods.other"),
    ],
)
def test_an_alias_on_other_goods_is_lowered(
    tea: Right, detect: Detect, title: str, fields: dict[str, object], rule: str
) -> None:
    (hit,) = detect(tea, title, **fields)
    assert rule in _rules([hit])
    assert "origin.contradicted" not in _rules([hit])
    assert not hit.alert
    assert hit.outcome is Outcome.EXCLUDED


@pytest.mark.parametrize(
    ("title", "fields"),
    [
        ("红披风 250g 礼盒", {}),
        ("红披风岩茶 250g", {}),
        ("红披风 乌龙茶", {"attributes": {"产地": "广东"}}),
        ("红披风 特级", {"attributes": {"类别": "茶叶", "产地": "广东"}}),
        ("滦渠红茶 礼盒", {"attributes": {"产地": "广东"}}),
        ("滦渠岩茶", {"attributes": {"产地": "广东"}}),
    ],
)
def test_an_alias_on_its_own_goods_still_alerts(
    tea: Right, detect: Detect, title: str, fields: dict[str, object]
) -> None:
    (hit,) = detect(tea, title, **fields)
    assert hit.alert
    assert not {"goods.other", "origin.other_goods"} & _rules([hit])


@pytest.mark.parametrize(
    "fields",
    [
        {"attributes": {"配料": "岚沟苦荞、菊花"}},
        {"attributes": {"配料表": "岚沟苦荞、菊花", "产地": "安徽亳州"}},
        {"attributes": {"原料": "岚沟苦荞"}},
        {"description": "配料:岚沟苦荞、菊花、冰糖"},
        {"description": "本品成分:水、岚沟苦荞、盐。", "attributes": {"产地": "安徽"}},
    ],
)
def test_an_ingredient_truly_named(gi: Make, detect: Detect, fields: dict[str, object]) -> None:
    (hit,) = detect(gi(), "菊花苦荞茶 150g", **fields)
    assert "mention.ingredient" in _rules([hit])
    assert "origin.contradicted" not in _rules([hit])
    assert not hit.alert


def test_an_ingredient_that_makes_the_title_is_not_excused(gi: Make, detect: Detect) -> None:
    (hit,) = detect(gi(), "岚沟苦荞 菊花茶", attributes={"配料": "岚沟苦荞、菊花", "产地": "安徽"})
    assert hit.alert
    assert "origin.contradicted" in _rules([hit])


@pytest.mark.parametrize(
    ("title", "alert"),
    [
        ("framed photo print golden heron at sunset", False),
        ("watching a golden heron, sketch", False),
        ("the golden heron of the lake", False),
        ("poster golden heron 50x70", False),
        ("golden heron loose leaf 100g", True),
        ("GOLDEN HERON tea", True),
        ("Golden Heron tea bags", True),
        ("photo of golden heron tea", True),
        ("“golden heron” photo frame", True),
    ],
)
def test_words_that_describe_and_words_that_name(mark: Make, detect: Detect, title: str, alert: bool) -> None:
    hits = detect(mark("Golden Heron", goods=("tea",)), title)
    assert [hit.alert for hit in hits] == [alert]
    assert ("coincidence.descriptive" in _rules(hits)) is not alert

"""What keeps an honest trader from an alert, and what does not excuse anybody."""

from collections.abc import Callable

import pytest

from records.model import Hit, Right
from records.terms import GiRoute, Outcome

Make = Callable[..., Right]
Detect = Callable[..., list[Hit]]


def _rules(hits: list[Hit]) -> set[str]:
    return {finding.rule for hit in hits for finding in hit.findings}


@pytest.mark.parametrize(
    ("title", "rule"),
    [
        ("清岭茶 并非砚溪雁", "negated.before"),
        ("这不是真正的砚溪雁 普通茶叶", "negated.before"),
        ("普通茶叶 与砚溪雁无关", "negated.after"),
        ("清岭茶叶 媲美砚溪雁", "mention.compared"),
        ("适用于砚溪雁 茶叶罐盖", "mention.fits"),
        ("砚溪雁品牌故事 图书 出版社", "reference.book"),
        ("《牧人与砚溪雁:一份调查》", "reference.book"),
        ("砚溪雁 空礼盒 5个", "reference.packaging"),
        ("砚溪雁茶叶罐 陶瓷", "reference.container"),
        ("砚溪雁景区 门票 成人", "reference.travel"),
    ],
)
def test_honest_mentions_do_not_alert(mark: Make, detect: Detect, title: str, rule: str) -> None:
    hits = detect(mark(), title)
    assert rule in _rules(hits)
    assert not any(hit.alert for hit in hits)


@pytest.mark.parametrize(
    "title",
    [
        "砚溪雁茶叶 不是正品不要钱",
        "是不是砚溪雁茶叶一尝便知 砚溪雁茶叶",
        "砚溪雁茶叶 盒装 250克",
        "砚溪雁茶叶 送空礼盒",
        "性价比砚溪雁茶叶",
        "砚溪雁 茶叶 适合送礼",
        "砚溪雁 茶叶 真空包装 多规格",
    ],
)
def test_words_that_only_look_like_excuses_do_not_excuse(mark: Make, detect: Detect, title: str) -> None:
    assert any(hit.alert for hit in detect(mark(), title))


def test_second_hand_goods_with_papers(mark: Make, detect: Detect) -> None:
    right = mark("岚鹿坡", goods=("双肩包",))
    with_papers = detect(right, "二手 岚鹿坡 双肩包", description="小票发票都在")
    without = detect(right, "二手 岚鹿坡 双肩包")
    assert not with_papers[0].alert
    assert without[0].alert


@pytest.mark.parametrize(
    ("fields", "outcome", "rule"),
    [
        ({}, Outcome.SUSPECTED, "name.exact"),
        ({"seller_location": "砂陵省岚沟县"}, Outcome.VERIFY_ORIGIN, "origin.local_seller"),
        ({"seller_location": "岚沟"}, Outcome.VERIFY_ORIGIN, "origin.local_seller"),
        ({"seller_location": "砂陵省别县"}, Outcome.SUSPECTED, "name.exact"),
        ({"seller_location": "广东佛山"}, Outcome.SUSPECTED, "name.exact"),
        ({"origin": "砂陵省岚沟县"}, Outcome.VERIFY_ORIGIN, "origin.stated_local"),
        ({"attributes": {"产地": "岚沟县北乡"}}, Outcome.VERIFY_ORIGIN, "origin.stated_local"),
        ({"description": "产自岚沟县的山坡。"}, Outcome.VERIFY_ORIGIN, "origin.stated_local"),
        ({"attributes": {"产地": "青海"}}, Outcome.SUSPECTED, "origin.contradicted"),
        ({"attributes": {"产地": "青海"}, "seller_location": "岚沟"}, Outcome.SUSPECTED, "origin.contradicted"),
        ({"attributes": {"产地": "中国大陆"}}, Outcome.SUSPECTED, "name.exact"),
        ({"attributes": {"产地": "砂陵省"}}, Outcome.SUSPECTED, "name.exact"),
        ({"description": "产自甘肃。"}, Outcome.SUSPECTED, "origin.contradicted"),
    ],
)
def test_origin_decides_between_suspected_and_verify(
    gi: Make, detect: Detect, fields: dict[str, object], outcome: Outcome, rule: str
) -> None:
    (hit,) = detect(gi(), "岚沟苦荞 500g", **fields)
    assert hit.outcome is outcome
    assert hit.alert
    assert rule in _rules([hit])


def test_verify_says_what_would_settle_it(gi: Make, detect: Detect) -> None:
    (hit,) = detect(gi(), "岚沟苦荞", seller_location="岚沟县")
    finding = next(finding for finding in hit.findings if finding.rule == "origin.local_seller")
    assert "产地证明" in finding.explanation.zh
    assert "certificate of origin" in finding.explanation.en


@pytest.mark.parametrize("title", ["岚★沟★苦★荞", "岚gou苦荞", "仿岚沟苦荞", "岚沟风味苦荞"])
def test_a_disguise_or_evocation_is_not_excused_by_a_local_address(gi: Make, detect: Detect, title: str) -> None:
    (hit,) = detect(gi(), title, seller_location="砂陵省岚沟县")
    assert hit.outcome is Outcome.SUSPECTED
    assert hit.alert


def test_evocation_counts_even_with_the_true_origin_stated(gi: Make, detect: Detect) -> None:
    (hit,) = detect(gi(), "岚沟风味苦荞", attributes={"产地": "青海"})
    assert hit.alert
    assert "evocation.flavour" in _rules([hit])


@pytest.mark.parametrize(
    "title",
    [
        "青海苦荞 岚沟发货",
        "甘肃苦荞 岚沟仓",
        "苦荞米 非岚沟产",
        "不是岚沟苦荞",
        "岚沟 旅游门票",
        "岚沟手工布鞋",
        "甘肃苦荞 500g",
        "岚沟苦荞种植 图书",
    ],
)
def test_honest_uses_of_place_or_product(gi: Make, detect: Detect, title: str) -> None:
    assert not any(hit.alert for hit in detect(gi(), title))


def test_place_across_word_borders_is_cancelled_and_visible(gi: Make, detect: Detect) -> None:
    right = gi("海清苦荞", region="砂陵省海清县")
    (hit,) = detect(right, "上海清香苦荞")
    assert not hit.alert
    assert "gi.place_across_words" in _rules([hit])


def test_an_ingredient_truly_named_is_no_alert(gi: Make, detect: Detect) -> None:
    in_attribute = detect(gi(), "手工糕点", attributes={"配料": "面粉、岚沟苦荞、白砂糖"})
    in_text = detect(gi(), "手工糕点", description="配料:面粉、岚沟苦荞、白砂糖")
    assert not in_attribute[0].alert
    assert not in_text[0].alert


def test_an_everyday_word_needs_its_goods_or_a_brand_mark(mark: Make, detect: Detect) -> None:
    right = mark("运河", goods=("白酒",))
    assert not detect(right, "运河边的摄影作品")[0].alert
    assert detect(right, "运河 白酒 52度")[0].alert
    assert detect(right, "【运河】52度浓香型")[0].alert
    assert detect(right, "浓香型 52度", attributes={"品牌": "运河"})[0].alert


def test_printed_labels_are_worse_and_blank_boxes_are_not(mark: Make, detect: Detect) -> None:
    labels = detect(mark(), "砚溪雁 标签 不干胶 定制印刷")
    assert "packaging.printed" in _rules(labels)
    assert labels[0].alert
    assert not detect(mark(), "砚溪雁 空盒 通用包装")[0].alert


def test_another_right_s_own_name_is_no_resemblance(mark: Make, detect: Detect) -> None:
    rights = [mark("岚鹿山坡", id="one"), mark("岚鹿山陂", id="two")]
    hits = {hit.right_id: hit for hit in detect(rights, "岚鹿山陂 茶叶")}
    assert hits["two"].alert
    assert not hits["one"].alert
    assert "coincidence.other_right" in _rules([hits["one"]])


def test_a_name_in_the_shop_s_name_alone_does_not_alert(mark: Make, detect: Detect) -> None:
    (hit,) = detect(mark(), "保温杯", seller="砚溪雁小铺")
    assert not hit.alert


@pytest.mark.parametrize("route", list(GiRoute))
def test_grounds_differ_by_route(gi: Make, detect: Detect, route: GiRoute) -> None:
    (hit,) = detect(gi(route=route), "岚沟苦荞")
    ground = hit.findings[0].ground
    expected = {
        GiRoute.PROTECTED_PRODUCT: "地理标志产品保护办法",
        GiRoute.CERTIFICATION_MARK: "商标法",
        GiRoute.COLLECTIVE_MARK: "商标法",
        GiRoute.AGRI_GI: "农产品地理标志管理办法",
    }
    assert expected[route] in ground
    assert ground.endswith("〔待核对〕") is (route in {GiRoute.PROTECTED_PRODUCT, GiRoute.AGRI_GI}), (
        "those were not read"
    )

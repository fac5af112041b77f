"""Families of honest uses, each beside the cheap imitation of it that must still alert. Names are invented."""

from collections.abc import Callable
from typing import Any

import pytest

from records.model import Hit, Right

Make = Callable[..., Right]
Detect = Callable[..., list[Hit]]
Fields = dict[str, Any]
LISTED = "岚沟县青穗谷物有限公司"


def _alerts(hits: list[Hit]) -> bool:
    return any(hit.alert for hit in hits)


def _shown(hits: list[Hit]) -> list[tuple[float, list[str]]]:
    return [(hit.score, [f"{f.rule} {f.score}" for f in hit.findings]) for hit in hits]


@pytest.fixture
def wear(mark: Make) -> Right:
    """A mark for clothes and bags."""
    return mark("岚鹿坡", aliases=("Lanlupo",), goods=("连衣裙", "冲锋衣"), nice_classes=(18, 25))


@pytest.fixture
def cup(mark: Make) -> Right:
    """A mark that is an everyday word, for suitcases."""
    return mark("启航", goods=("行李箱", "双肩包"), nice_classes=(18,))


@pytest.fixture
def sound(mark: Make) -> Right:
    """A mark of Latin letters."""
    return mark("Dolvane Tern", goods=("耳机", "音箱"), nice_classes=(9,))


@pytest.fixture
def grain(gi: Make) -> Right:
    """An indication for a grain, with an authorised seller."""
    return gi("岚沟苦荞", goods=("苦荞米", "荞麦"), nice_classes=(30,), authorized_sellers=(LISTED,))


@pytest.fixture
def fruit(gi: Make) -> Right:
    """An indication for a fruit."""
    return gi("岚沟香杏", goods=("鲜杏", "杏子"), nice_classes=(31,), authorized_sellers=("岚沟县丰枝果业有限公司",))


@pytest.fixture
def tea(gi: Make) -> Right:
    """An indication for tea."""
    return gi("岚沟毛峰茶", goods=("茶叶", "绿茶"), nice_classes=(30,))


COMPARED = [
    ("岚鹿坡", "云衫冲锋衣 比岚鹿坡同款轻80克", {"attributes": {"品牌": "云衫"}}, False),
    ("岚鹿坡", "云衫 冲锋衣 较岚鹿坡基础款更透气", {}, False),
    ("岚鹿坡", "云衫 冲锋衣 与岚鹿坡对比测评", {"attributes": {"品牌": "云衫"}}, False),
    ("岚鹿坡", "云衫和岚鹿坡哪个好 冲锋衣实测", {"seller": "云衫户外旗舰店"}, False),
    ("岚鹿坡", "云衫冲锋衣", {"description": "自有品牌云衫。参数表:云衫 vs 岚鹿坡,静水压分别为一万和八千。"}, False),
    ("岚鹿坡", "云衫冲锋衣 岚鹿坡同价位对比", {"attributes": {"品牌": "云衫"}}, False),
    ("Dolvane Tern", "Kestrim earphones, lighter than Dolvane Tern", {}, False),
    ("Dolvane Tern", "Kestrim earphones vs Dolvane Tern", {"attributes": {"brand": "Kestrim"}}, False),
    ("岚鹿坡", "较市面岚鹿坡更便宜 冲锋衣 女", {}, True),
    ("岚鹿坡", "比专柜岚鹿坡便宜一半 冲锋衣", {}, True),
    ("岚鹿坡", "岚鹿坡 冲锋衣 比岚鹿坡专柜便宜", {}, True),
    ("岚鹿坡", "岚鹿坡 冲锋衣 性价比高", {}, True),
    ("岚鹿坡", "岚鹿坡平替 冲锋衣", {}, True),
    ("岚鹿坡", "岚鹿坡同款 冲锋衣", {"attributes": {"品牌": "云衫"}}, True),
    ("岚鹿坡", "岚鹿坡和正品一样 冲锋衣", {}, True),
    ("岚鹿坡", "岚鹿坡冲锋衣 哪个好看 任选", {}, True),
    ("Dolvane Tern", "Dolvane Tern earphones, better than ever", {}, True),
    ("Dolvane Tern", "Dolvane Tern 耳机 vs 专柜 无差别", {}, True),
]


@pytest.mark.parametrize(("name", "title", "fields", "alert"), COMPARED)
def test_comparisons(
    wear: Right, sound: Right, detect: Detect, name: str, title: str, fields: Fields, alert: bool
) -> None:
    hits = detect(wear if wear.name == name else sound, title, **fields)
    assert _alerts(hits) is alert, _shown(hits)


GI_COMPARED = [
    ("青海苦荞 5斤 较岚沟苦荞颗粒更大", {}, False),
    ("青海苦荞 和岚沟苦荞比 更筋道", {"attributes": {"产地": "青海"}}, False),
    ("陕北苦荞米 与岚沟苦荞哪个好吃", {"attributes": {"产地": "陕西榆林", "品牌": "塬上"}}, False),
    ("苦荞 5斤", {"description": "我家在青海。比岚沟苦荞便宜,口感不同。", "attributes": {"产地": "青海"}}, False),
    ("较普通岚沟苦荞更香 苦荞 5斤", {}, True),
    ("岚沟苦荞 比超市便宜 5斤", {}, True),
    ("岚沟苦荞平替 青海苦荞 5斤", {"attributes": {"产地": "青海"}}, True),
    ("比岚沟苦荞便宜 5斤装", {}, True),
]


@pytest.mark.parametrize(("title", "fields", "alert"), GI_COMPARED)
def test_comparisons_with_an_indication(grain: Right, detect: Detect, title: str, fields: Fields, alert: bool) -> None:
    hits = detect(grain, title, **fields)
    assert _alerts(hits) is alert, _shown(hits)


DENIED = [
    ("云衫冲锋衣", "有买家问是不是岚鹿坡,不是的,我们是自主品牌。", False),
    ("云衫冲锋衣", "总有人问和岚鹿坡是不是一家?不是,请勿混淆。", False),
    ("云衫冲锋衣", "本品非岚鹿坡,坏了包换。", False),
    ("云衫冲锋衣", "本店与岚鹿坡公司没有任何授权关系。", False),
    ("云衫冲锋衣", "不是岚鹿坡,请勿混淆,支持七天退货。", False),
    ("云衫冲锋衣", "客户问:是否为岚鹿坡?并不是。", False),
    ("云衫冲锋衣", "与岚鹿坡商标持有人无任何关联。", False),
    ("云衫冲锋衣", "This jacket has nothing to do with Lanlupo.", False),
    ("岚鹿坡冲锋衣", "不是岚鹿坡不卖。", True),
    ("岚鹿坡冲锋衣 与岚鹿坡无关", "", True),
    ("冲锋衣 不是岚鹿坡假一赔十", "", True),
    ("冲锋衣 如果不是岚鹿坡全额退款", "", True),
    ("冲锋衣 谁说不是岚鹿坡", "", True),
    ("冲锋衣 非岚鹿坡不选", "", True),
    ("冲锋衣 是不是岚鹿坡 一看便知", "", True),
    ("冲锋衣 是不是岚鹿坡?不是岚鹿坡包退", "", True),
    ("高仿冲锋衣 非岚鹿坡正品", "", True),
]


@pytest.mark.parametrize(("title", "description", "alert"), DENIED)
def test_denials(wear: Right, detect: Detect, title: str, description: str, alert: bool) -> None:
    hits = detect(wear, title, description=description)
    assert _alerts(hits) is alert, _shown(hits)


GI_DENIED = [
    ("苦荞米 5斤", "我们的苦荞来自青海,不是砂陵省岚沟的苦荞。", False),
    ("苦荞米 5斤 非岚沟产", "", False),
    ("苦荞米 5斤", "经常有人问,统一回复:本店苦荞产自山西,不是岚沟苦荞。", False),
    ("岚沟苦荞 5斤 不是岚沟的包退", "", True),
    ("苦荞 5斤 要不是岚沟苦荞你来找我", "", True),
]


@pytest.mark.parametrize(("title", "description", "alert"), GI_DENIED)
def test_denials_of_an_origin(grain: Right, detect: Detect, title: str, description: str, alert: bool) -> None:
    hits = detect(grain, title, description=description)
    assert _alerts(hits) is alert, _shown(hits)


INGREDIENTS = [
    ("荞香饼干 200g 含岚沟苦荞(青穗谷物供货)", {"attributes": {"品牌": "麦田里"}}, False),
    ("杂粮粥料 1kg 内含岚沟苦荞", {"description": f"其中苦荞采购自{LISTED},检测报告见图。"}, False),
    ("苦荞蛋糕 原料为岚沟苦荞 青穗谷物供应", {}, False),
    ("以岚沟苦荞为原料酿造的养生酒 500ml", {"description": f"原料由{LISTED}提供。"}, False),
    ("苦荞面包 用岚沟苦荞做 6个", {"attributes": {"配料表": f"小麦粉、岚沟苦荞({LISTED})、黄油"}}, False),
    ("苦荞酥饼 配料:岚沟苦荞(砂陵丰禾农业有限公司供货)、白糖", {}, False),
    ("手工糕点 礼盒", {"description": "配料:面粉、岚沟苦荞、白砂糖"}, False),
    ("岚沟苦荞 5斤 青穗谷物供货", {}, True),
    ("苦荞米 5斤", {"attributes": {"配料": "岚沟苦荞"}}, True),
    ("苦荞 500g", {"description": "选用岚沟苦荞,颗粒饱满。"}, True),
    ("礼盒 内含岚沟苦荞 5斤", {}, True),
    ("岚沟苦荞饼干 200g", {}, True),
    ("岚沟苦荞 送饼干 含岚沟苦荞", {}, True),
    ("岚沟苦荞 500g 送糕点", {"description": f"原料由{LISTED}提供。"}, True),
]


@pytest.mark.parametrize(("title", "fields", "alert"), INGREDIENTS)
def test_ingredients(grain: Right, detect: Detect, title: str, fields: Fields, alert: bool) -> None:
    hits = detect(grain, title, **fields)
    assert _alerts(hits) is alert, _shown(hits)


def test_the_explanation_names_the_supplier(grain: Right, detect: Detect) -> None:
    (hit,) = detect(grain, "荞香饼干 200g 含岚沟苦荞(青穗谷物供货)")
    said = [finding.explanation for finding in hit.findings if finding.rule == "mention.ingredient"]
    assert said
    assert "授权名单内" in said[0].zh
    assert "青穗谷物" in said[0].zh


SECOND_HAND = [
    ("岚鹿坡连衣裙 个人闲置 S码 有订单截图", "", False),
    ("闲置 岚鹿坡冲锋衣 穿过两次", "官网购入,订单记录可查。", False),
    ("岚鹿坡冲锋衣 95新 吊牌在", "", False),
    ("出一件岚鹿坡冲锋衣 专柜购入 小票在", "", False),
    ("二手 岚鹿坡连衣裙", "官方旗舰店购买,支持验货。", False),
    ("转让 岚鹿坡连衣裙 发票齐全", "", False),
    ("转让 岚鹿坡连衣裙 孩子用不上 发票盒子齐全", "", False),
    ("9成新 岚鹿坡冲锋衣 有京东订单", "", False),
    ("二手 岚鹿坡连衣裙", "", True),
    ("闲置转让 岚鹿坡连衣裙", "没有小票,不退不换。", True),
    ("闲置转让 岚鹿坡连衣裙 小票在", "仓里还有两百件,量大可谈。", True),
    ("二手 岚鹿坡连衣裙 发票在 30件", "", True),
    ("岚鹿坡连衣裙 全新现货 有小票", "", True),
    ("二手 高仿 岚鹿坡连衣裙 有小票", "", True),
    ("闲置 岚鹿坡连衣裙 尺码齐全 可批发 有吊牌在", "", True),
    ("岚鹿坡连衣裙 厂家货源 闲置库存 吊牌齐", "", True),
]


@pytest.mark.parametrize(("title", "description", "alert"), SECOND_HAND)
def test_second_hand(wear: Right, detect: Detect, title: str, description: str, alert: bool) -> None:
    hits = detect(wear, title, description=description)
    assert _alerts(hits) is alert, _shown(hits)


ABOUT_CROPS = [
    ("岚沟香杏 脱核机 全自动", {}, False),
    ("香杏选果机 岚沟果农定制款 按重量分选", {}, False),
    ("果袋 岚沟香杏套袋专用 防水", {}, False),
    ("岚沟香杏专用肥 水溶肥 40kg", {}, False),
    ("杏树农药 杀虫剂 岚沟香杏适用", {}, False),
    ("采摘工具 高枝剪 适合岚沟香杏", {}, False),
    ("去核器 适合岚沟香杏 不锈钢", {}, False),
    ("岚沟香杏采摘园 亲子票", {}, False),
    ("岚沟香杏园 研学 一日游", {}, False),
    ("岚沟香杏文化节 门票 成人票", {}, False),
    ("岚沟香杏栽培 视频课 12讲", {}, False),
    ("岚沟香杏种植技术 电子书 教材", {}, False),
    ("岚沟香杏品鉴会 报名", {}, False),
    ("岚沟香杏摄影展 展票", {}, False),
    ("收纳盒 可放岚沟香杏 透明", {}, False),
    ("水果纸箱 空白 装岚沟香杏用 无印字", {}, False),
    ("岚沟香杏 5斤 送收纳盒", {}, True),
    ("岚沟香杏 送采摘工具", {}, True),
    ("岚沟香杏 采摘园直发 5斤", {}, True),
    ("岚沟香杏 采摘园现摘 脆甜", {}, True),
    ("岚沟香杏 果园采摘体验 净重5斤 坏果包赔", {}, True),
    ("岚沟香杏 有机肥种植 5斤", {}, True),
    ("岚沟香杏 礼盒 果农直供", {}, True),
    ("岚沟香杏 8斤 送电子书", {}, True),
    ("岚沟香杏 选果机分选 大果 5斤", {}, True),
    ("岚沟香杏 套袋果 5斤装", {}, True),
]


@pytest.mark.parametrize(("title", "fields", "alert"), ABOUT_CROPS)
def test_things_about_the_crop(fruit: Right, detect: Detect, title: str, fields: Fields, alert: bool) -> None:
    hits = detect(fruit, title, **fields)
    assert _alerts(hits) is alert, _shown(hits)


ABOUT_TEA = [
    ("茶叶杀青机 小型 岚沟毛峰茶农可试机", False),
    ("炒茶机 炒岚沟毛峰茶用 电热", False),
    ("玻璃茶壶 泡岚沟毛峰茶 耐热", False),
    ("茶叶罐 陶瓷 可装岚沟毛峰茶", False),
    ("岚沟毛峰茶 茶艺课 线上课程", False),
    ("茶具套装 岚沟窑", False),
    ("岚沟路茶楼 代金券", False),
    ("岚沟毛峰茶 送茶具一套", True),
    ("岚沟毛峰茶 罐装 250g", True),
    ("礼盒装岚沟毛峰茶 送礼", True),
    ("岚沟毛峰茶 送茶壶", True),
    ("岚沟毛峰茶 手工炒茶 明前", True),
    ("冷泡岚沟毛峰茶 30包", True),
    ("岚沟毛峰茶 茶农直供 礼盒", True),
]


@pytest.mark.parametrize(("title", "alert"), ABOUT_TEA)
def test_things_about_tea(tea: Right, detect: Detect, title: str, alert: bool) -> None:
    hits = detect(tea, title)
    assert _alerts(hits) is alert, _shown(hits)


OTHER_CLASSES = [
    ("启航牌 挂面 800g", {}, False),
    ("【启航】轮胎 205/55R16", {}, False),
    ("启航 台历 2026", {}, False),
    ("香薰蜡烛", {"attributes": {"品牌": "启航"}}, False),
    ("启航牌 拉杆箱 20寸", {}, True),
    ("启航牌 挂面 送行李箱", {}, True),
    ("【启航】旅行包 大容量", {}, True),
    ("启航 高仿 行李箱", {}, True),
]


@pytest.mark.parametrize(("title", "fields", "alert"), OTHER_CLASSES)
def test_an_everyday_word_on_other_goods(cup: Right, detect: Detect, title: str, fields: Fields, alert: bool) -> None:
    hits = detect(cup, title, **fields)
    assert _alerts(hits) is alert, _shown(hits)


def test_a_made_up_mark_on_near_goods_still_alerts(wear: Right, detect: Detect) -> None:
    assert _alerts(detect(wear, "岚鹿坡 围巾 羊毛"))
    assert _alerts(detect(wear, "岚鹿坡 钱包 真皮"))


def test_an_authorised_seller_of_goods_from_another_province(gi: Make, detect: Detect) -> None:
    right = gi(region="甘肃省岚沟县", authorized_sellers=("甲店",))
    assert _alerts(detect(right, "岚沟苦荞 500g", seller="甲店", attributes={"产地": "陕西省榆林市"}))
    for place in ("甘肃省岚沟县", "甘肃", "中国", "岚沟", "见包装", "邻县"):
        assert not _alerts(detect(right, "岚沟苦荞 500g", seller="甲店", attributes={"产地": place})), place
    assert not _alerts(detect(right, "苦荞酥饼", seller="甲店", attributes={"配料": "面粉、岚沟苦荞", "产地": "陕西"}))

"""Each exemption beside its abuse: what an honest page says, and how a suspected one would borrow it."""

from collections.abc import Callable

import pytest

from detectors.sellers import own_name
from records.model import Hit, Right

Make = Callable[..., Right]
Detect = Callable[..., list[Hit]]


def _alerts(hits: list[Hit]) -> bool:
    return any(hit.alert for hit in hits)


@pytest.mark.parametrize(
    ("title", "description", "alert"),
    [
        ("求购 岚鹿坡 双肩包 成色好的来", "只收不卖,带价来", False),
        ("求购岚鹿坡双肩包?这里有 现货", "拍下即发", True),
        ("岚鹿坡双肩包真假怎么看", "本帖仅讨论,不卖货", False),
        ("岚鹿坡双肩包真假怎么看", "不卖假货,不售后", True),
        ("岚鹿坡双肩包 测评", "非卖品,渠道流出", True),
        ("岚鹿坡双肩包维修 换拉链", "第三方维修店,寄来修好寄回", False),
        ("岚鹿坡双肩包官方维修中心", "寄修", True),
        ("雨罩 适用甲牌、岚鹿坡、乙牌双肩包", "第三方配件", False),
        ("岚鹿坡双肩包 适用多场合", "通用", True),
        ("适用 岚鹿坡 原装正品双肩包", "新款", True),
        ("转让 岚鹿坡双肩包 只此一个", "订单截图可看", False),
        ("转让 岚鹿坡双肩包 30个", "订单截图可看", True),
        ("双肩包 大容量", "与岚鹿坡是两个品牌", False),
        ("双肩包 大容量", "无岚鹿坡授权,也不卖岚鹿坡", False),
        ("岚鹿坡双肩包", "没有岚鹿坡授权店的价格", True),
    ],
)
def test_an_excuse_holds_and_its_abuse_does_not(
    mark: Make, detect: Detect, title: str, description: str, *, alert: bool
) -> None:
    hits = detect(mark("岚鹿坡", goods=("双肩包",)), title, description=description)
    assert _alerts(hits) is alert


@pytest.mark.parametrize(
    ("seller", "same"),
    [
        ("砚溪茶业旗舰店(京东)", True),
        ("砚溪茶业旗舰店【天猫】", True),
        ("砚溪茶业旗舰店-抖音", True),
        ("砚溪茶業旗艦店", True),
        ("砚溪茶业旗舰店(特价)", False),
        ("砚溪茶业旗舰店(京东特价)", False),
        ("砚溪茶业官方旗舰店", False),
        ("砚溪茶业旗舰店2(京东)", False),
    ],
)
def test_a_platform_s_name_leaves_a_shop_the_same(seller: str, *, same: bool) -> None:
    assert (own_name(seller) == "砚溪茶业旗舰店") is same


@pytest.mark.parametrize("tail", ["分销部", "授权分公司", "经销分公司", "第二代理部", "分店", "直营分公司"])
def test_only_a_branch_is_the_company_itself(tail: str) -> None:
    assert own_name("砚溪茶业有限公司" + tail) != "砚溪茶业有限公司"
    assert own_name("砚溪茶业有限公司第二分公司") == "砚溪茶业有限公司"


def test_a_denial_cancels_its_own_place_only(gi: Make, detect: Detect) -> None:
    assert _alerts(detect(gi(), "岚沟苦荞 20斤 没有岚沟苦荞授权也一样香"))
    assert not _alerts(detect(gi(), "别处苦荞 并非岚沟苦荞"))


def test_a_share_makes_an_ingredient_of_other_goods_only(gi: Make, detect: Detect) -> None:
    right = gi(authorized_sellers=("岚沟县滏陂河粮业有限公司",))
    supplied = "岚沟苦荞由岚沟县滏陂河粮业有限公司供货"
    stated = {"配料": "小麦粉、岚沟苦荞20%"}
    assert not _alerts(detect(right, "饼干 岚沟苦荞20% 罐装", description=supplied, attributes=stated))
    assert _alerts(detect(right, "岚沟苦荞100% 罐装 500g", description=supplied))

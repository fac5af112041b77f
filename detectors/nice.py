"""The classes of the Nice Agreement in a few everyday words each (ours, not the official headings)."""

import tomllib
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

from records.model import Text

CLASSES: dict[int, Text] = {
    1: Text("化工原料 肥料 胶粘剂", "chemicals, fertiliser, glue"),
    2: Text("油漆 涂料 颜料 油墨", "paint, pigments, ink"),
    3: Text("化妆品 洗发水 洗衣液 香水 护肤品", "cosmetics, soap, perfume"),
    4: Text("燃料 润滑油 蜡烛 煤炭", "fuel, lubricants, candles"),
    5: Text("药品 保健品 膳食补充剂 消毒剂", "medicine, supplements"),
    6: Text("五金 金属制品 锁 钢材", "hardware, metal goods"),
    7: Text("机器 加工设备 发动机 采摘机", "machines, motors"),
    8: Text("手工工具 刀具 剪刀 剃须刀", "hand tools, cutlery"),
    9: Text("手机 电脑 耳机 充电器 软件 眼镜", "phones, computers, electronics"),
    10: Text("医疗器械 按摩器", "medical devices"),
    11: Text("灯具 空调 冰箱 电热水壶 厨房电器", "lamps, heating, kitchen appliances"),
    12: Text("汽车 自行车 电动车 轮胎 汽车配件", "vehicles and their parts"),
    13: Text("烟花 爆竹 火器", "fireworks"),
    14: Text("珠宝 首饰 手表 黄金", "jewellery, watches"),
    15: Text("乐器 吉他 钢琴", "musical instruments"),
    16: Text("图书 画册 文具 纸品 包装盒 包装袋", "books, stationery, paper, packaging"),
    17: Text("橡胶 塑料薄膜 密封 绝缘材料", "rubber, insulation"),
    18: Text("箱包 皮具 钱包 雨伞", "bags, leather goods, umbrellas"),
    19: Text("建材 木板 瓷砖 水泥", "building materials"),
    20: Text("家具 床垫 枕头 镜子", "furniture, pillows"),
    21: Text("厨具 杯子 茶具 餐具 清洁用具", "kitchenware, cups, cleaning tools"),
    22: Text("绳索 帐篷 麻袋 纤维原料", "ropes, tents, raw fibres"),
    23: Text("纱线 毛线 针织线", "yarn and thread"),
    24: Text("布料 床上用品 毛毯 被子 毛巾", "fabric, bedding, blankets"),
    25: Text("衣服 鞋 帽子 围巾 毛衣", "clothing, shoes, scarves"),
    26: Text("花边 纽扣 假发 刺绣", "lace, buttons, embroidery"),
    27: Text("地毯 壁纸 席子", "carpets, wallpaper"),
    28: Text("玩具 毛绒玩偶 游戏 健身器材", "toys, games, sports goods"),
    29: Text("牛肉 羊肉 肉干 牛奶 奶酪 鸡蛋 果干 坚果 食用油", "meat, dairy, dried fruit, nuts, oil"),
    30: Text("茶叶 大米 面粉 蜂蜜 糕点 调味料 咖啡", "tea, rice, flour, honey, pastry, spices"),
    31: Text("新鲜水果 蔬菜 种子 活动物 花卉 苗木", "fresh produce, seeds, live animals, plants"),
    32: Text("饮料 矿泉水 果汁 啤酒", "soft drinks, water, beer"),
    33: Text("白酒 葡萄酒 黄酒", "spirits, wine"),
    34: Text("香烟 打火机 电子烟", "tobacco"),
    35: Text("广告 商业管理 代理服务", "advertising, business services"),
    36: Text("保险 金融 房地产", "insurance, finance, property"),
    37: Text("维修 安装 清洗服务", "repair, installation"),
    38: Text("通信服务 流量卡", "telecommunications"),
    39: Text("旅游 门票 包车 机票 快递", "travel, tickets, transport"),
    40: Text("来料加工 定制加工", "custom processing"),
    41: Text("培训 课程 演出 娱乐", "training, entertainment"),
    42: Text("软件开发 设计服务 检测", "software, design services"),
    43: Text("酒店 民宿 餐厅 餐饮", "hotels, restaurants"),
    44: Text("美容 医疗 养殖服务", "beauty, medical, farming services"),
    45: Text("法律服务 商标注册 安保", "legal services, security"),
}
"""Nice class → everyday words for what it holds."""


@lru_cache(maxsize=1)
def _table() -> tuple[dict[str, frozenset[int]], tuple[frozenset[int], ...]]:
    raw = tomllib.loads(files("detectors").joinpath("data").joinpath("goods.toml").read_text(encoding="utf-8"))
    nouns: dict[str, frozenset[int]] = {}
    for number, row in raw["nouns"].items():
        for noun in row:
            nouns[noun] = nouns.get(noun, frozenset()) | {int(number)}
    return nouns, tuple(frozenset(row) for row in raw["near"])


def goods_in(text: str) -> tuple[tuple[str, int, int], ...]:
    """Return the everyday words for goods that a simplified text holds, with their spans; none inside a longer one.

    >>> [word for word, _, _ in goods_in("手机壳送耳机")]
    ['手机壳', '耳机']
    """
    found = [
        (noun, at, at + len(noun))
        for at, char in enumerate(text)
        for noun in _by_first().get(char, ())
        if text.startswith(noun, at)
    ]
    return tuple(
        sorted(
            (item for item in found if not any(_inside(item, other) for other in found)),
            key=lambda item: (item[1], item[2]),
        )
    )


@lru_cache(maxsize=1)
def _by_first() -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for noun in _table()[0]:
        table[noun[0]] = (*table.get(noun[0], ()), noun)
    return table


def _inside(item: tuple[str, int, int], other: tuple[str, int, int]) -> bool:
    return item != other and other[1] <= item[1] and item[2] <= other[2]


def class_of(noun: str) -> int:
    """Return the (lowest) class that an everyday word for goods belongs to. Raises KeyError for another word."""
    return min(_table()[0][noun])


def far(nouns: Iterable[str], nice: Iterable[int]) -> bool:
    """Whether none of the goods can be similar to any of the classes: no class of theirs is one, or near one."""
    own = set(nice)
    around = own.union(*(row for row in _table()[1] if row & own))
    return bool(own) and not any(_table()[0][noun] & around for noun in nouns)


def within(nouns: Iterable[str], nice: Iterable[int]) -> bool:
    """Whether one of the goods belongs to one of the classes."""
    own = set(nice)
    return any(_table()[0][noun] & own for noun in nouns)

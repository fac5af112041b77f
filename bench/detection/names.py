"""Invented names for the detection benchmark: marks, places, products, sellers. Seeded, no real name among them.

The tables here are the benchmark's own: the detectors read none of them. Sounds come from `text-unidecode`
(not pypinyin), look-alikes from glyphs of a serif font in bold (the detectors' table is of a sans serif, otherwise
compared).
"""

import random
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from text_unidecode import unidecode

CHARS = (
    "澜砚岚桥溪霁棠蘅柏屿汀渡鹭雁鹿狐鲸驹松竹枫荻芷菱禾穗稷豆瓷陶铜锡玉珀璃珊帛绮缎纱染织绣灯烛炉釜钟铃笛鼓琴弦墨笺帆桨舟楫塔亭阁榭廊轩"
    "坡岭峰崖壑谷涧瀑泉潭湾洲渚沙砾磐岩雾露霜雪虹霞晖暮晓朔望辰星斗槐榆桑柘椿楸榛栎藤萝苔蕨菡萏莲"
)
PLACE_CHARS = "岚砂陵沟滦渠砾塬峁坪堰埠圩墩碛淖洮沣泾涑滏滹沱岐岢岷嶂峪嵩崮嵫峄"
SYLLABLES = (
    "dol",
    "van",
    "ker",
    "mi",
    "tor",
    "ela",
    "bri",
    "sun",
    "gra",
    "pel",
    "no",
    "wen",
    "fal",
    "qui",
    "ras",
    "ti",
    "hol",
    "mar",
)
GI_GOODS = (
    "苦荞",
    "小米",
    "黄芪",
    "沙棘",
    "胡麻油",
    "羊肉",
    "蜂蜜",
    "红枣",
    "绿茶",
    "陈醋",
    "莜面",
    "山羊绒",
    "核桃",
    "苹果醋",
    "手工挂面",
    "黑木耳",
)
TM_GOODS = (
    ("茶叶", 30),
    ("围巾", 25),
    ("白酒", 33),
    ("手机壳", 9),
    ("蜂蜜", 30),
    ("毛毯", 24),
    ("牛肉干", 29),
    ("保温杯", 21),
    ("运动鞋", 25),
    ("洗发水", 3),
    ("台灯", 11),
    ("双肩包", 18),
    ("矿泉水", 32),
    ("枕头", 20),
    ("积木玩具", 28),
    ("钢笔", 16),
)
FAR_GOODS = ("汽车脚垫", "钓鱼竿", "机械键盘", "婴儿推车", "吉他琴弦", "油漆滚筒", "宠物笼子", "电钻")
FONT = "/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc"


@dataclass(frozen=True)
class Mark:
    """An invented trademark."""

    name: str
    latin: str
    goods: str
    nice: int
    owner: str
    seller: str


@dataclass(frozen=True)
class Indication:
    """An invented geographical indication."""

    name: str
    place: str
    province: str
    unit: str
    product: str
    goods: str
    seller: str


def _word(rng: random.Random, chars: str, size: int, taken: set[str]) -> str:
    while True:
        word = "".join(rng.sample(chars, size))
        if word not in taken and not _known(word):
            taken.add(word)
            return word


@lru_cache(maxsize=1)
def _dictionary() -> frozenset[str]:
    from importlib.resources import files

    text = files("jieba").joinpath("dict.txt").read_text(encoding="utf-8")
    return frozenset(line.split(" ")[0] for line in text.splitlines())


def _known(word: str) -> bool:
    return word in _dictionary() or any(word[i : i + 2] in _dictionary() for i in range(len(word) - 1))


def marks(rng: random.Random, count: int) -> list[Mark]:
    """Return invented trademarks of two to five characters, each with a Latin form."""
    taken: set[str] = set()
    made = []
    for number in range(count):
        size = (3, 4, 2, 3, 4, 5)[number % 6]
        name = _word(rng, CHARS, size, taken)
        latin = "".join(rng.sample(SYLLABLES, rng.choice((2, 3)))).capitalize()
        while latin in taken or len(latin) < 6:
            latin = "".join(rng.sample(SYLLABLES, 3)).capitalize()
        taken.add(latin)
        goods, nice = TM_GOODS[number % len(TM_GOODS)]
        made.append(Mark(name, latin, goods, nice, f"{name}实业有限公司", f"{name}官方旗舰店"))
    return made


def indications(rng: random.Random, count: int) -> list[Indication]:
    """Return invented geographical indications: a place of two or three characters and a product."""
    taken: set[str] = set()
    made = []
    for number in range(count):
        place = _word(rng, PLACE_CHARS, 3 if number % 4 == 3 else 2, taken)
        province = _word(rng, PLACE_CHARS, 2, taken) + "省"
        goods = GI_GOODS[number % len(GI_GOODS)]
        unit = ("县", "旗", "市")[number % 3]
        made.append(Indication(place + goods, place, province, unit, goods, goods, f"{place}{goods}专业合作社"))
    return made


@lru_cache(maxsize=1)
def _everyday() -> tuple[str, ...]:
    chars = []
    for high in range(0xB0, 0xD8):
        for low in range(0xA1, 0xFF):
            try:
                chars.append(bytes((high, low)).decode("gb2312"))
            except UnicodeDecodeError:
                continue
    return tuple(chars)


@lru_cache(maxsize=1)
def _by_sound() -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for char in _everyday():
        table.setdefault(unidecode(char).strip().lower(), []).append(char)
    return table


def pinyin(char: str) -> str:
    """Return a character's reading (text-unidecode)."""
    return str(unidecode(char)).strip().lower()


def homophone(rng: random.Random, char: str) -> str | None:
    """Return another everyday character of the same reading, or None."""
    others = [other for other in _by_sound().get(pinyin(char), []) if other != char]
    return rng.choice(others) if others else None


@lru_cache(maxsize=1)
def _glyphs() -> tuple[np.ndarray, dict[str, int]]:
    font = ImageFont.truetype(FONT, 28, index=2)
    rows = [_drawn(char, font) for char in _everyday()]
    matrix = np.stack(rows)
    return matrix, {char: row for row, char in enumerate(_everyday())}


def _drawn(char: str, font: ImageFont.FreeTypeFont) -> np.ndarray:
    image = Image.new("L", (32, 36), 0)
    ImageDraw.Draw(image).text((2, -2), char, fill=255, font=font)
    vector = np.asarray(image.reduce(2), dtype=np.float32).ravel()
    return vector / max(1e-6, float(np.linalg.norm(vector)))


def lookalike(rng: random.Random, char: str) -> str | None:
    """Return one of the three everyday characters whose rendered glyph is nearest, or None where none is near."""
    matrix, rows = _glyphs()
    if char not in rows:
        return None
    near = matrix @ matrix[rows[char]]
    order = np.argsort(-near)[1:4]
    close = [_everyday()[i] for i in order if near[i] > 0.8]
    return rng.choice(close) if close else None

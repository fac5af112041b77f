"""Round emblems for the benchmark of the official marks: drawn anew from what the announcements say, and look-alikes.

No genuine picture of any mark was at hand: forms, fonts and colours here are guesses within the descriptions, so a figure
measured on them says how the method copes with ring text, not how it copes with the marks as they are printed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Random = np.random.Generator
Colour = tuple[int, int, int]

_FONTS = sorted(Path("/usr/share/fonts").rglob("Noto*CJK*.ttc"))
_LATIN = sorted(Path("/usr/share/fonts").rglob("DejaVuS*.ttf"))
_CANVAS = 1_000
_RED, _GOLD, _GREEN, _ORANGE = (190, 20, 30), (200, 160, 60), (10, 120, 50), (230, 110, 20)
_YELLOW, _WHITE, _BLACK = (250, 240, 190), (255, 255, 255), (20, 20, 20)


@dataclass(frozen=True, slots=True)
class Emblem:
    """What an emblem says and how it is built. `upper` runs along the top, `lower` along the bottom."""

    name: str
    upper: str
    lower: str
    centre: str = ""
    flat: float = 1.0
    inks: tuple[tuple[Colour, Colour | None], ...] = ((_BLACK, None),)
    globe: bool = False


MARKS = (
    Emblem(
        "current",
        "中华人民共和国地理标志",
        "GEOGRAPHICAL INDICATION OF P.R.CHINA",
        "GI",
        inks=((_RED, None), (_RED, _WHITE), (_GOLD, _RED), (_BLACK, None), (_WHITE, _GREEN)),
        globe=True,
    ),
    Emblem(
        "pgi",
        "中华人民共和国地理标志保护产品",
        "PEOPLE'S REPUBLIC OF CHINA",
        "PGI",
        0.67,
        ((_BLACK, _YELLOW), (_GREEN, _YELLOW), (_BLACK, None)),
        globe=True,
    ),
    Emblem(
        "saic",
        "中华人民共和国国家工商行政管理总局商标局",
        "中国地理标志",
        "GI",
        inks=((_GREEN, _YELLOW), (_GREEN, None), (_YELLOW, _GREEN)),
    ),
    Emblem(
        "agri",
        "中华人民共和国农业部",
        "农产品地理标志",
        "AGI",
        inks=((_GREEN, _WHITE), (_ORANGE, _WHITE), (_WHITE, _GREEN)),
        globe=True,
    ),
)
"""The marks as described."""
OTHERS = (
    Emblem("green", "绿色食品", "GREEN FOOD CHINA", "A", inks=((_GREEN, None), (_WHITE, _GREEN))),
    Emblem("organic", "中国有机产品", "CERTIFIED ORGANIC PRODUCT", "GAP", inks=((_GREEN, _WHITE), (_ORANGE, _WHITE))),
    Emblem("hazard_free", "无公害农产品", "SAFE AGRICULTURAL PRODUCE", "OK", inks=((_GREEN, _YELLOW),)),
    Emblem("seal", "岚沟县惠民农业专业合作社", "91350100M000100Y43", "★", inks=((_RED, None),)),
    Emblem("ministry", "中华人民共和国农业农村部", "", "★", inks=((_RED, None),)),
    Emblem("republic", "中华人民共和国海关总署", "PEOPLE'S REPUBLIC OF CHINA", "★", inks=((_RED, None), (_GOLD, _RED))),
    Emblem("bureau", "岚沟县地理标志产品保护办公室", "", "★", inks=((_RED, None),)),
    Emblem("survey", "中国地理学会会员单位", "GEOGRAPHICAL SOCIETY OF CHINA", "GSC", inks=((_GREEN, _WHITE),)),
    Emblem("badge", "原产地直供 匠心品质", "QUALITY ASSURANCE", "100%", inks=((_GOLD, _RED), (_RED, _YELLOW))),
    Emblem("quality", "中国驰名商标", "CHINA WELL-KNOWN TRADEMARK", "R", inks=((_RED, _WHITE), (_GOLD, None))),
    Emblem("old_shop", "中华老字号", "CHINA TIME-HONORED BRAND", "ZH", inks=((_RED, None),)),
    Emblem("map", "中华人民共和国地图出版社", "SINOMAPS PRESS BEIJING", "M", inks=((_BLACK, None),)),
)
"""Emblems that are none of the marks, some with words of theirs."""


def _arc(
    sheet: Image.Image, text: str, font: ImageFont.FreeTypeFont, radius: float, span: float, ink: Colour, *, top: bool
) -> None:
    """Write a text along the circle around the sheet's middle: tops outward above, tops inward below."""
    if not text:
        return
    middle = sheet.size[0] / 2
    widths = [font.getlength(char) for char in text]
    share = span / sum(widths)
    angle = -span / 2
    for char, width in zip(text, widths, strict=True):
        angle += width * share / 2
        side = int(font.size * 1.7)
        tile = Image.new("RGBA", (side, side))
        ImageDraw.Draw(tile).text((side / 2, side / 2), char, font=font, fill=(*ink, 255), anchor="mm")
        turn = np.degrees(angle)
        tile = tile.rotate(-turn if top else turn, Image.Resampling.BICUBIC)
        x = middle + radius * np.sin(angle)
        y = middle - radius * np.cos(angle) if top else middle + radius * np.cos(angle)
        sheet.alpha_composite(tile, (max(0, round(x - side / 2)), max(0, round(y - side / 2))))
        angle += width * share / 2


def drawn(emblem: Emblem, rng: Random) -> Image.Image:
    """Return the emblem (RGBA, 1000 px wide): fonts, inks, rings and widths of the text by chance."""
    ink, ground = emblem.inks[int(rng.integers(len(emblem.inks)))]
    sheet = Image.new("RGBA", (_CANVAS, _CANVAS))
    pen = ImageDraw.Draw(sheet)
    rim, middle = 480, _CANVAS // 2
    band = float(rng.uniform(0.22, 0.30))
    inner = round(rim * (1 - band))
    box, core = (
        (middle - rim, middle - rim, middle + rim, middle + rim),
        (middle - inner, middle - inner, middle + inner, middle + inner),
    )
    bare = ground is None and rng.random() < 0.2
    if not bare:
        pen.ellipse(box, fill=(*ground, 255) if ground else None, outline=(*ink, 255), width=int(rng.integers(6, 18)))
    if bare or rng.random() < 0.7:
        pen.ellipse(core, outline=(*ink, 255), width=int(rng.integers(4, 12)))
    if emblem.globe:
        for step in (0.35, 0.7):
            pen.ellipse(
                (middle - inner * step, middle - inner, middle + inner * step, middle + inner),
                outline=(*ink, 255),
                width=5,
            )
            half = inner * (1 - step**2) ** 0.5
            for sign in (-1, 1):
                pen.line(
                    (middle - half, middle + sign * inner * step, middle + half, middle + sign * inner * step),
                    fill=(*ink, 255),
                    width=5,
                )
    else:
        pen.regular_polygon((middle, middle + inner // 3, inner // 3), int(rng.integers(3, 7)), fill=(*ink, 90))
    size = rim * band * float(rng.uniform(0.60, 0.74))
    chinese = str(_FONTS[int(rng.integers(len(_FONTS)))])
    radius = rim * (1 - band / 2)
    upper = min(np.radians(235), len(emblem.upper) * size * float(rng.uniform(1.0, 1.3)) / radius)
    size_up = min(size, upper * radius / max(1, len(emblem.upper)) / 0.98)
    _arc(sheet, emblem.upper, ImageFont.truetype(chinese, round(size_up)), radius, upper, ink, top=True)
    left = 2 * np.pi - upper - 0.35
    latin = emblem.lower.isascii()
    face = str(_LATIN[int(rng.integers(len(_LATIN)))]) if latin and rng.random() < 0.6 else chinese
    each = 0.72 if latin else 1.0
    span = min(left, max(1, len(emblem.lower)) * size * each * 0.95 / radius)
    low_size = min(size * 0.85, span * radius / max(1, len(emblem.lower)) / each)
    _arc(sheet, emblem.lower, ImageFont.truetype(face, max(8, round(low_size))), radius, span, ink, top=False)
    pen.text(
        (middle, middle),
        emblem.centre,
        font=ImageFont.truetype(chinese, round(inner * 0.55)),
        fill=(*ink, 255),
        anchor="mm",
    )
    return sheet.resize((_CANVAS, round(_CANVAS * emblem.flat)), Image.Resampling.BICUBIC)


def with_code(layer: Image.Image, code: str, rng: Random) -> Image.Image:
    """Return the emblem with a code printed beneath it."""
    w, h = layer.size
    size = round(w * float(rng.uniform(0.075, 0.1)))
    font = ImageFont.truetype(str(_FONTS[int(rng.integers(len(_FONTS)))]), size)
    sheet = Image.new("RGBA", (max(w, round(font.getlength(code)) + 8), h + 2 * size))
    sheet.alpha_composite(layer, ((sheet.size[0] - w) // 2, 0))
    ImageDraw.Draw(sheet).text((sheet.size[0] / 2, h + size), code, font=font, fill=(20, 20, 20, 255), anchor="mm")
    return sheet


def plain_round(rng: Random) -> Image.Image:
    """Return a clock face, a plate or a wheel (RGBA): round and without words."""
    sheet = Image.new("RGBA", (_CANVAS, _CANVAS))
    pen = ImageDraw.Draw(sheet)
    ink, paper = tuple(int(v) for v in rng.integers(0, 120, 3)), tuple(int(v) for v in rng.integers(150, 256, 3))
    pen.ellipse((20, 20, 980, 980), fill=(*paper, 255), outline=(*ink, 255), width=int(rng.integers(8, 40)))
    kind = int(rng.integers(3))
    if kind == 0:
        font = ImageFont.truetype(str(_FONTS[0]), 110)
        numerals: Sequence[str] = ("12", *map(str, range(1, 12)))
        for number, word in enumerate(numerals):
            angle = number * np.pi / 6
            pen.text(
                (500 + 380 * np.sin(angle), 500 - 380 * np.cos(angle)), word, font=font, fill=(*ink, 255), anchor="mm"
            )
        pen.line((500, 500, 700, 380), fill=(*ink, 255), width=24)
    elif kind == 1:
        pen.ellipse((200, 200, 800, 800), outline=(*ink, 255), width=8)
        for _ in range(40):
            x, y = rng.integers(300, 650, 2)
            pen.ellipse((x, y, x + 90, y + 60), fill=(*(int(v) for v in rng.integers(60, 255, 3)), 255))
    else:
        for number in range(24):
            angle = number * np.pi / 12
            pen.line((500, 500, 500 + 460 * np.sin(angle), 500 - 460 * np.cos(angle)), fill=(*ink, 255), width=14)
    return sheet


def named(emblem: Emblem, product: str) -> Emblem:
    """Return the emblem with another word in its middle."""
    return replace(emblem, centre=product)

"""Draws the rights' reference pictures into demo/data/images: `python -m demo.assets`. Run by hand when one changes.

The pictures are committed, so a reader needs neither the font nor this module. Logos are invented: a plain shape and
the mark's own letters.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from demo import data, drawing

FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"
INK = {
    "limoyuan": "#1f4d45",
    "tuonuanji": "#a4502a",
    "xiyeyuan": "#2b4f81",
    "suiyanzhai": "#5b3b22",
    "qirovane": "#6c3a5c",
}
WORDS = {
    "limoyuan": "砾漠鸢",
    "tuonuanji": "驼暖记",
    "xiyeyuan": "汐野原",
    "suiyanzhai": "穗砚斋",
    "qirovane": "Qirovane",
}
Mark = Callable[[ImageDraw.ImageDraw, str], None]


def _kite(draw: ImageDraw.ImageDraw, ink: str) -> None:
    draw.polygon([(180, 20), (290, 110), (180, 230), (70, 110)], outline=ink, width=14)
    draw.line([(180, 230), (150, 262), (205, 286), (170, 310)], fill=ink, width=8)
    draw.line([(70, 110), (290, 110)], fill=ink, width=10)


def _humps(draw: ImageDraw.ImageDraw, ink: str) -> None:
    draw.pieslice((50, 70, 190, 330), 180, 360, fill=ink)
    draw.pieslice((170, 70, 310, 330), 180, 360, fill=ink)
    draw.ellipse((150, 20, 210, 80), fill="#e0a030")
    draw.rectangle((50, 212, 310, 240), fill=ink)


def _waves(draw: ImageDraw.ImageDraw, ink: str) -> None:
    for row in range(3):
        for column in range(4):
            box = (30 + 75 * column, 60 + 80 * row, 105 + 75 * column, 140 + 80 * row)
            draw.arc(box, 180 if column % 2 else 0, 360 if column % 2 else 180, fill=ink, width=16)


def _ear(draw: ImageDraw.ImageDraw, ink: str) -> None:
    draw.line([(180, 310), (180, 60)], fill=ink, width=10)
    for step in range(4):
        y = 70 + 52 * step
        draw.ellipse((100, y, 170, y + 40), fill=ink)
        draw.ellipse((190, y, 260, y + 40), fill=ink)
    draw.rectangle((70, 290, 290, 314), fill=ink)


def _petals(draw: ImageDraw.ImageDraw, ink: str) -> None:
    for box in ((140, 20, 220, 170), (140, 160, 220, 310), (40, 120, 190, 210), (170, 120, 320, 210)):
        draw.ellipse(box, outline=ink, width=12)
    draw.ellipse((155, 140, 205, 190), fill="#d8a0b8")


MARKS: dict[str, Mark] = {
    "limoyuan": _kite,
    "tuonuanji": _humps,
    "xiyeyuan": _waves,
    "suiyanzhai": _ear,
    "qirovane": _petals,
}


def logo(name: str) -> Image.Image:
    """Draw one invented logo: a shape over the mark's letters, 360×440."""
    picture = Image.new("RGB", (360, 440), "white")
    draw = ImageDraw.Draw(picture)
    MARKS[name](draw, INK[name])
    size = 52 if WORDS[name].isascii() else 92
    font = ImageFont.truetype(FONT, size, index=2)
    draw.text((180, 378), WORDS[name], font=font, fill=INK[name], anchor="mm")
    return picture


def build(folder: Path) -> None:
    """Write every reference picture into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in MARKS:
        logo(name).quantize(32).save(folder / f"tm-{name}.png", optimize=True)
    for name, kind in (("design-lamp", "lamp"), ("work-dunes", "scene"), ("photo-honey", "bottle")):
        (folder / f"{name}.jpg").write_bytes(drawing.jpeg(drawing.product(kind, "reference-" + name), 90))


if __name__ == "__main__":
    build(data.IMAGES)
    sys.stdout.write(f"{data.IMAGES}\n")

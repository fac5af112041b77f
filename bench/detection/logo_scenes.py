"""Pictures for the logo benchmark: marks on photos, packages, cloth and screens, and pictures without them.

Drawn by Pillow from a seed. The learning of the embedding has its own maker (`learn_data`) and its own photos.
"""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

from bench.corpora import PIP, fetched
from bench.detection.marks import Drawing

SIDE = 800
EDITS = (
    "own",
    "others'",
    "recoloured",
    "light on dark",
    "gradient",
    "outline",
    "pale",
    "turned",
    "perspective",
    "blurred",
    "jpeg",
    "covered",
)
GROUNDS = ("photo", "package", "cloth", "plain", "screen")
_WHEEL = (
    "scikit_image-0.26.0-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
    "scikit-image==0.26.0",
    "74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af",
)
"""The file that pip brings, the package, and the file's SHA-256."""
_FOR_ANY_MACHINE = ("--only-binary", ":all:", "--platform", "manylinux_2_28_x86_64", "--python-version", "3.11")
"""Only its pictures are read, so that the same file serves everywhere."""
_PHOTOS = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png", "brick.png", "grass.png",
           "gravel.png", "coins.png", "hubble_deep_field.jpg", "ihc.png", "retina.jpg")  # fmt: skip
_CHINESE = (
    "新品上市 正品保证 买一送一 全国包邮 天然草本 香醇浓郁 匠心制作 送礼佳品 品质生活 限时特惠 净含量500克 厂家直销"
)

Random = np.random.Generator
Colour = tuple[int, int, int]


@lru_cache(maxsize=1)
def photos() -> tuple[Image.Image, ...]:
    """Return scikit-image's and scikit-learn's sample photos; the first package is fetched by pip once."""
    from sklearn.datasets import load_sample_images  # type: ignore[import-untyped]

    name, package, sha256 = _WHEEL
    with zipfile.ZipFile(fetched(name, [*PIP, *_FOR_ANY_MACHINE, package], sha256)) as wheel:
        made = [Image.open(io.BytesIO(wheel.read(f"skimage/data/{name}"))).convert("RGB") for name in _PHOTOS]
    return (*made, *(Image.fromarray(array) for array in load_sample_images().images))


@lru_cache(maxsize=16)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    found = sorted(Path("/usr/share/fonts").rglob("NotoSansCJK*")) + sorted(Path("/usr/share/fonts").rglob("Noto*CJK*"))
    return ImageFont.truetype(str(found[0]), size) if found else ImageFont.load_default(size)


def _any_colour(rng: Random) -> Colour:
    r, g, b = (int(value) for value in rng.integers(0, 256, 3))
    return r, g, b


def _photo(rng: Random) -> Image.Image:
    photo = photos()[int(rng.integers(len(photos())))]
    w, h = photo.size
    share = float(rng.uniform(0.5, 1.0))
    cut = int(w * share), int(h * share)
    x, y = int(rng.integers(0, w - cut[0] + 1)), int(rng.integers(0, h - cut[1] + 1))
    return photo.crop((x, y, x + cut[0], y + cut[1])).resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def _words(pen: ImageDraw.ImageDraw, rng: Random, box: tuple[int, int, int, int], lines: int) -> None:
    words = _CHINESE.split()
    for number in range(lines):
        size = int(rng.integers(16, 44))
        y = box[1] + (box[3] - box[1]) * number // max(1, lines)
        text = " ".join(words[int(rng.integers(len(words)))] for _ in range(2))
        pen.text((box[0] + int(rng.integers(0, 40)), y), text, fill=_any_colour(rng), font=_font(size))


def _package(rng: Random) -> Image.Image:
    base = (
        _photo(rng).filter(ImageFilter.GaussianBlur(4))
        if rng.random() < 0.5
        else Image.new("RGB", (SIDE, SIDE), "white")
    )
    pen = ImageDraw.Draw(base)
    left, top = (int(value) for value in rng.integers(60, 160, 2))
    body = (left, top, SIDE - left, SIDE - int(rng.integers(20, 90)))
    pen.rounded_rectangle(body, int(rng.integers(0, 60)), fill=_any_colour(rng))
    pen.rectangle((body[0], body[1] + 60, body[2], body[1] + int(rng.integers(70, 130))), fill=_any_colour(rng))
    _words(pen, rng, (body[0] + 10, (body[1] + body[3]) * 2 // 3, body[2], body[3]), int(rng.integers(1, 5)))
    shade = np.linspace(float(rng.uniform(0.7, 1)), float(rng.uniform(0.7, 1)), SIDE)[None, :, None]
    return Image.fromarray((np.asarray(base) * shade).astype(np.uint8))


def _cloth(rng: Random) -> Image.Image:
    y, x = np.mgrid[:SIDE, :SIDE]
    first, second = (np.array(_any_colour(rng), float) for _ in range(2))
    wave = np.sin(x * 2 * np.pi / rng.uniform(6, 60)) * np.sin(y * 2 * np.pi / rng.uniform(6, 60) + rng.uniform(0, 6))
    kind = wave if rng.random() < 0.5 else np.sign(wave)
    share = (0.5 + 0.5 * kind * rng.uniform(0.1, 0.6))[:, :, None]
    pixels = first * share + second * (1 - share) + rng.normal(0, rng.uniform(1, 12), (SIDE, SIDE, 1))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _plain(rng: Random) -> Image.Image:
    slope = np.linspace(0, 1, SIDE)[:, None, None] * np.ones((1, SIDE, 1))
    pixels = np.array(_any_colour(rng)) * slope + np.array(_any_colour(rng)) * (1 - slope)
    return Image.fromarray((pixels + rng.normal(0, 2, (SIDE, SIDE, 3))).clip(0, 255).astype(np.uint8))


def _screen(rng: Random) -> Image.Image:
    sheet = Image.new("RGB", (SIDE, SIDE), (245, 245, 245))
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((0, 0, SIDE, 70), fill=_any_colour(rng))
    for row in range(100, SIDE, 230):
        for column in range(20, SIDE - 200, 260):
            sheet.paste(_photo(rng).resize((240, 150)), (column, row))
            pen.text((column, row + 155), _CHINESE.split()[int(rng.integers(12))], fill="black", font=_font(22))
    return sheet


_MAKERS = {"photo": _photo, "package": _package, "cloth": _cloth, "plain": _plain, "screen": _screen}


def ground(kind: str, rng: Random) -> Image.Image:
    """Return a picture of 800 × 800 px of one of `GROUNDS`, without a mark."""
    return _MAKERS[kind](rng)


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture with a mark in it: the bytes, and the box (x, y, w, h) of the mark in pixels."""

    data: bytes
    box: tuple[int, int, int, int]


def _coloured(alpha: Image.Image, colour: Colour) -> Image.Image:
    layer = Image.new("RGBA", alpha.size, (*colour, 0))
    layer.putalpha(alpha)
    return layer


def _clear_of(base: Image.Image, box: tuple[int, int, int, int], rng: Random, *, light: bool = False) -> Colour:
    """Return a colour that stands out from what is under it."""
    under = np.asarray(base.crop(box).resize((8, 8)), float).reshape(-1, 3)
    for _ in range(40):
        colour = (255, 255, 255) if light else _any_colour(rng)
        if light or np.abs(under - np.array(colour)).max(axis=1).mean() > 90:
            return colour
    return (0, 0, 0) if under.mean() > 128 else (255, 255, 255)


def _dressed(
    edit: str, own: Drawing, other: Drawing, base: Image.Image, box: tuple[int, int, int, int], rng: Random
) -> Image.Image:
    """Return the drawing (RGBA) in the colours that an edit asks for."""
    if edit == "others'":
        return Image.fromarray(other)
    alpha = Image.fromarray(own[:, :, 3])
    if edit == "gradient":
        slope = np.linspace(0, 1, alpha.size[1])[:, None, None] * np.ones((1, alpha.size[0], 1))
        first, second = (np.array(_clear_of(base, box, rng)) for _ in range(2))
        return Image.fromarray(np.dstack([first * slope + second * (1 - slope), np.asarray(alpha)]).astype(np.uint8))
    if edit == "outline":
        inner = alpha.filter(ImageFilter.MinFilter(9))
        alpha = Image.fromarray(np.asarray(alpha) - np.minimum(np.asarray(inner), np.asarray(alpha)))
    if edit == "own":
        return _coloured(alpha, (0, 0, 0))
    return _coloured(alpha, _clear_of(base, box, rng, light=edit == "light on dark"))


def _shaped(layer: Image.Image, edit: str, rng: Random) -> Image.Image:
    """Turn a drawing a little (more where the edit is about that), or lean it."""
    angle = float(rng.choice([-1, 1]) * rng.uniform(8, 15)) if edit == "turned" else float(rng.uniform(-4, 4))
    layer = layer.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    if edit != "perspective":
        return layer
    w, h = layer.size
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], float)
    moved = corners + rng.uniform(-0.09, 0.09, (4, 2)) * np.array([w, h])
    rows = []
    for (x, y), (u, v) in zip(corners, moved, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    values = np.linalg.solve(np.array(rows), moved.ravel())
    return layer.transform(layer.size, Image.Transform.PERSPECTIVE, values.tolist(), Image.Resampling.BICUBIC)


def with_mark(own: Drawing, other: Drawing, kind: str, edit: str, share: float, rng: Random) -> Shown:
    """Return a picture of one ground with a mark `share` of its width, edited; JPEG bytes."""
    base = ground(kind, rng)
    shape = (other if edit == "others'" else own).shape
    scale = share * SIDE / max(shape[:2])
    size = max(2, round(shape[1] * scale)), max(2, round(shape[0] * scale))
    room = int(share * SIDE * 1.25)
    x, y = (int(value) for value in rng.integers(4, max(5, SIDE - room - 4), 2))
    box = (x, y, min(SIDE, x + room), min(SIDE, y + room))
    if edit == "light on dark" or (kind in {"photo", "cloth", "screen"} and rng.random() < 0.35):
        base = _plated(base, box, rng, dark=edit == "light on dark")
    layer = _shaped(
        _dressed(edit, own, other, base, box, rng).resize((2 * size[0], 2 * size[1]), Image.Resampling.LANCZOS),
        edit,
        rng,
    )
    layer = layer.resize((max(2, layer.size[0] // 2), max(2, layer.size[1] // 2)), Image.Resampling.BOX)
    if edit == "pale":
        layer.putalpha(layer.getchannel("A").point(lambda value: int(value * 0.55)))
    at = x + (room - layer.size[0]) // 2, y + (room - layer.size[1]) // 2
    base.paste(layer, at, layer)
    if edit == "covered":
        _cover(base, (*at, *layer.size), rng)
    return Shown(_finished(base, edit, share, rng), (*at, *layer.size))


def _plated(base: Image.Image, box: tuple[int, int, int, int], rng: Random, *, dark: bool) -> Image.Image:
    colour: Colour = tuple(int(value) for value in rng.integers(0, 110, 3)) if dark else _any_colour(rng)  # type: ignore[assignment]
    pen = ImageDraw.Draw(base)
    grown = tuple(value + sign * int(rng.integers(4, 30)) for value, sign in zip(box, (-1, -1, 1, 1), strict=True))
    pen.rounded_rectangle(grown, int(rng.integers(0, 40)), fill=colour)
    return base


def _cover(base: Image.Image, box: tuple[int, int, int, int], rng: Random) -> None:
    """Lay something over about a sixth of the mark, from one corner."""
    x, y, w, h = box
    part = int(w * rng.uniform(0.33, 0.42)), int(h * rng.uniform(0.33, 0.42))
    cx, cy = x + int(rng.choice([0, w - part[0]])), y + int(rng.choice([0, h - part[1]]))
    base.paste(_photo(rng).resize((max(1, part[0]), max(1, part[1]))), (cx, cy))


def _finished(base: Image.Image, edit: str, share: float, rng: Random) -> bytes:
    if edit == "blurred":
        base = base.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.012, 0.02)) * share * SIDE))
    base = ImageEnhance.Contrast(ImageEnhance.Brightness(base).enhance(float(rng.uniform(0.8, 1.15)))).enhance(
        float(rng.uniform(0.8, 1.1))
    )
    buffer = io.BytesIO()
    base.save(buffer, "JPEG", quality=int(rng.integers(25, 40)) if edit == "jpeg" else int(rng.integers(70, 93)))
    return buffer.getvalue()


def without_marks(kind: str, rng: Random) -> bytes:
    """Return a picture of one ground alone."""
    return _finished(ground(kind, rng), "", 0.1, rng)


def shapes_picture(rng: Random) -> bytes:
    """Return a picture full of Chinese words and plain shapes: rings, bars, stars, crosses."""
    base = _plain(rng)
    pen = ImageDraw.Draw(base)
    _words(pen, rng, (20, 20, SIDE, SIDE), 12)
    for _ in range(int(rng.integers(3, 14))):
        x, y = (int(value) for value in rng.integers(0, SIDE - 120, 2))
        r = int(rng.integers(20, 110))
        how = int(rng.integers(5))
        colour = _any_colour(rng)
        if how == 0:
            pen.ellipse((x, y, x + r, y + r), fill=colour)
        elif how == 1:
            pen.ellipse((x, y, x + r, y + r), outline=colour, width=max(2, r // 6))
        elif how == 2:
            pen.rounded_rectangle((x, y, x + 2 * r, y + r), r // 4, fill=colour)
        else:
            pen.regular_polygon((x + r, y + r, r), int(rng.integers(3, 9)), int(rng.integers(0, 90)), fill=colour)
    return _finished(base, "", 0.1, rng)


def choose(values: Sequence[str], rng: Random) -> str:
    """Return one of the values."""
    return values[int(rng.integers(len(values)))]


def sized(rng: Random) -> float:
    """Return a mark's share of the width, .06 to .40, small ones as often as large ones by ratio."""
    return float(np.exp(rng.uniform(np.log(0.06), np.log(0.40))))


def stacked(pixels: NDArray[np.uint8]) -> bytes:
    """Return RGBA pixels on white as PNG bytes with a margin: a reference picture as an office keeps it."""
    image = Image.fromarray(pixels)
    sheet = Image.new("RGB", (image.size[0] + 40, image.size[1] + 40), "white")
    sheet.paste(image, (20, 20), image)
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()

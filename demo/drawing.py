"""Procedural product pictures: the same words give the same picture, everywhere, with no font and no file.

A picture is a soft backdrop of random colours (so that two pictures differ in the large, as two photographs do) and a
simple thing in front of it. `altered` does to a picture what a copier does: crop, mirror, recompress, overlay.
Nothing here is a photograph, and no look of a real product is copied.
"""

import colorsys
import hashlib
import io
import random
from collections.abc import Callable, Mapping

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

SIDE = 480
"""Width and height of a finished picture in pixels."""

Colour = tuple[int, int, int]
Shape = Callable[[ImageDraw.ImageDraw, random.Random], None]


def product(kind: str, seed: str) -> Image.Image:
    """Draw a thing of `kind` (a key of `SHAPES`; unknown kinds draw a box) as 480×480 RGB, fixed by `seed`."""
    rng = random.Random(hashlib.sha256(f"{kind}/{seed}".encode()).digest())
    canvas = _backdrop(rng, 2 * SIDE)
    SHAPES.get(kind, _box)(ImageDraw.Draw(canvas), rng)
    return canvas.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def with_logo(scene: Image.Image, logo: Image.Image, seed: str) -> Image.Image:
    """Return `scene` with `logo` on the goods, sized and placed by `seed`."""
    rng = random.Random(hashlib.sha256(f"logo/{seed}".encode()).digest())
    width = int(SIDE * rng.uniform(0.38, 0.46))
    mark = logo.convert("RGB").resize((width, width * logo.height // logo.width), Image.Resampling.LANCZOS)
    result = scene.copy()
    result.paste(mark, (int((SIDE - width) * rng.uniform(0.42, 0.58)), int(SIDE * rng.uniform(0.36, 0.46))))
    return result


def altered(picture: Image.Image, how: str) -> Image.Image:
    """Return a copy changed the way copiers do it; `how` is a key of `ALTERATIONS` (KeyError for others)."""
    return ALTERATIONS[how](picture.convert("RGB"))


def jpeg(picture: Image.Image, quality: int = 82) -> bytes:
    """Return the picture as JPEG bytes."""
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def _colour(rng: random.Random, low: int = 30, high: int = 235, soft: float = 0.55) -> Colour:
    """Return a colour whose brightest channel lies in `low`..`high`; `soft` bounds its saturation (0..1)."""
    hue, saturation = rng.random(), rng.random() * soft
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, rng.randint(low, high) / 255)
    return (int(red * 255), int(green * 255), int(blue * 255))


def _backdrop(rng: random.Random, side: int) -> Image.Image:
    """Return a soft field of random colours, brighter than the things in front of it."""
    grid = Image.new("RGB", (4, 4))
    grid.putdata([_colour(rng, 70, 255, 0.3) for _ in range(16)])
    return grid.resize((side, side), Image.Resampling.BICUBIC)


def _frame(rng: random.Random, width: float, height: float) -> tuple[int, int, int, int]:
    """Return a box of about this share of the picture (0..1 each way), near the middle."""
    side = 2 * SIDE
    w, h = side * width * rng.uniform(0.86, 1.1), side * height * rng.uniform(0.86, 1.1)
    x, y = (side - w) * rng.uniform(0.3, 0.7), (side - h) * rng.uniform(0.4, 0.75)
    return int(x), int(y), int(x + w), int(y + h)


def _bands(draw: ImageDraw.ImageDraw, rng: random.Random, box: tuple[int, int, int, int]) -> None:
    """Draw two to five bands of colour across the box: a label's look."""
    left, top, right, bottom = box
    for _ in range(rng.randint(2, 5)):
        y = rng.randint(top, bottom - 8)
        draw.rectangle(
            (left, y, right, min(bottom, y + rng.randint(8, max(9, (bottom - top) // 5)))), fill=_colour(rng)
        )


def _dots(draw: ImageDraw.ImageDraw, rng: random.Random, box: tuple[int, int, int, int]) -> None:
    """Strew small discs over the box: grains, flowers, buttons."""
    left, top, right, bottom = box
    colour = _colour(rng)
    for _ in range(rng.randint(12, 40)):
        x, y, r = rng.randint(left, right), rng.randint(top, bottom), rng.randint(6, 26)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=colour if rng.random() < 0.6 else _colour(rng))


def _box(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    left, top, right, bottom = box = _frame(rng, 0.6, 0.5)
    slant = rng.randint(40, 110)
    draw.polygon(
        [(left, top), (left + slant, top - slant), (right + slant, top - slant), (right, top)], fill=_colour(rng)
    )
    draw.polygon(
        [(right, top), (right + slant, top - slant), (right + slant, bottom - slant), (right, bottom)],
        fill=_colour(rng),
    )
    draw.rectangle(box, fill=_colour(rng))
    _bands(draw, rng, box)


def _bag(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    left, top, right, bottom = box = _frame(rng, 0.5, 0.68)
    draw.polygon([(left + 30, top), (right - 30, top), (right, bottom), (left, bottom)], fill=_colour(rng))
    draw.rectangle((left + 30, top - 24, right - 30, top + 20), fill=_colour(rng))
    inner = (left + 50, top + 90, right - 50, bottom - 70)
    draw.rounded_rectangle(inner, 40, fill=_colour(rng, 150, 250))
    _dots(draw, rng, (box[0] + 110, top + 150, right - 110, bottom - 130))


def _bottle(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    left, top, right, bottom = _frame(rng, 0.34, 0.72)
    middle, neck = (left + right) // 2, (right - left) // 5
    glass = _colour(rng, 20, 140)
    draw.rounded_rectangle((left, top + 170, right, bottom), 60, fill=glass)
    draw.polygon(
        [(middle - neck, top + 40), (middle + neck, top + 40), (right - 30, top + 200), (left + 30, top + 200)],
        fill=glass,
    )
    draw.rectangle((middle - neck - 8, top - 10, middle + neck + 8, top + 60), fill=_colour(rng))
    _bands(draw, rng, (left, top + 260, right, bottom - 60))


def _tin(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    left, top, right, bottom = _frame(rng, 0.46, 0.58)
    draw.rectangle((left, top, right, bottom), fill=_colour(rng))
    draw.ellipse((left, bottom - 50, right, bottom + 50), fill=_colour(rng))
    _bands(draw, rng, (left, top + 60, right, bottom - 30))
    draw.ellipse((left, top - 50, right, top + 50), fill=_colour(rng, 120, 250))


def _cloth(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    left, top, right, bottom = box = _frame(rng, 0.72, 0.7)
    draw.polygon([(left, top + 60), (right - 90, top), (right, bottom - 50), (left + 80, bottom)], fill=_colour(rng))
    for _ in range(rng.randint(3, 8)):
        x, lean = rng.randint(left + 60, right - 80), rng.randint(-60, 60)
        draw.line((x, top + 50, x + lean, bottom - 40), fill=_colour(rng), width=rng.randint(8, 44))
    if rng.random() < 0.5:
        _dots(draw, rng, (box[0] + 100, top + 100, right - 120, bottom - 100))


def _book(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    left, top, right, bottom = box = _frame(rng, 0.5, 0.66)
    draw.rectangle((left + 16, top + 16, right + 16, bottom + 16), fill=(240, 240, 235))
    draw.rectangle(box, fill=_colour(rng))
    draw.rectangle((left, top, left + 36, bottom), fill=_colour(rng, 20, 120))
    draw.rectangle((left + 100, top + 90, right - 60, top + 220), fill=_colour(rng, 170, 250))
    draw.ellipse((left + 120, bottom - 320, right - 80, bottom - 80), fill=_colour(rng))


def _bowl(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    left, top, right, bottom = _frame(rng, 0.7, 0.44)
    draw.chord((left, top - (bottom - top), right, bottom), 0, 180, fill=_colour(rng))
    middle = (top + top - (bottom - top) + bottom - top) // 2
    draw.ellipse((left, middle - 110, right, middle + 110), fill=_colour(rng, 150, 250))
    _dots(draw, rng, (left + 120, middle - 60, right - 120, middle + 60))


def _device(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    box = left, top, right, bottom = _frame(rng, 0.66, 0.42)
    draw.rounded_rectangle(box, 50, fill=_colour(rng, 20, 120))
    draw.rounded_rectangle((left + 40, top + 40, right - 150, bottom - 40), 20, fill=_colour(rng, 120, 240))
    for i in range(rng.randint(1, 3)):
        draw.ellipse((right - 110, top + 40 + 100 * i, right - 40, top + 110 + 100 * i), fill=_colour(rng))


def _animal(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    left, top, right, bottom = _frame(rng, 0.6, 0.36)
    coat = _colour(rng, 60, 210)
    draw.ellipse((left, top, right, bottom), fill=coat)
    for i in range(4):
        x = left + 90 + i * (right - left - 220) // 3
        draw.rectangle((x, (top + bottom) // 2, x + 36, bottom + 170), fill=coat)
    draw.ellipse((right - 120, top - 170, right + 60, top + 20), fill=coat)
    for i in range(rng.randint(0, 2)):
        draw.ellipse((left + 110 + 180 * i, top - 70, left + 260 + 180 * i, top + 90), fill=coat)


def _scene(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    """Dunes under a sun: posters, maps and pictures for a wall."""
    side = 2 * SIDE
    x, y, r = rng.randint(120, side - 120), rng.randint(120, 320), rng.randint(50, 120)
    draw.ellipse((x - r, y - r, x + r, y + r), fill=_colour(rng, 170, 255))
    for i in range(rng.randint(3, 5)):
        base = side * (0.4 + 0.14 * i)
        points = [(px, int(base + rng.randint(-70, 70))) for px in range(0, side + 161, 160)]
        draw.polygon([*points, (side, side), (0, side)], fill=_colour(rng, 60, 220))


def _lamp(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    """A crescent on a stand."""
    left, top, right, bottom = _frame(rng, 0.4, 0.62)
    middle, wood = (left + right) // 2, _colour(rng, 40, 120)
    draw.rectangle((middle - 14, bottom - 260, middle + 14, bottom), fill=wood)
    draw.ellipse((left + 50, bottom - 50, right - 50, bottom + 30), fill=wood)
    draw.pieslice((left, top, right, top + (right - left)), 60, 300, fill=(250, 226, 150))
    draw.ellipse((left + 130, top + 40, right + 60, top + (right - left) - 50), fill=_colour(rng, 90, 160))


SHAPES: Mapping[str, Shape] = {
    "box": _box,
    "bag": _bag,
    "bottle": _bottle,
    "tin": _tin,
    "cloth": _cloth,
    "book": _book,
    "bowl": _bowl,
    "device": _device,
    "animal": _animal,
    "scene": _scene,
    "lamp": _lamp,
}
"""What can be drawn, by kind."""


def _watermark(picture: Image.Image) -> Image.Image:
    result = picture.copy()
    draw = ImageDraw.Draw(result, "RGBA")
    font = ImageFont.load_default(36)
    for y in range(40, result.height, 150):
        draw.text((30 + y % 90, y), "SHOP SAMPLE   SHOP SAMPLE", font=font, fill=(255, 255, 255, 130))
    return result


def _cropped(share: float) -> Callable[[Image.Image], Image.Image]:
    def crop(picture: Image.Image) -> Image.Image:
        dx, dy = int(picture.width * share / 2), int(picture.height * share / 2)
        return picture.crop((dx, dy, picture.width - dx, picture.height - dy))

    return crop


def _recompressed(picture: Image.Image) -> Image.Image:
    return Image.open(io.BytesIO(jpeg(picture.filter(ImageFilter.GaussianBlur(1)), 30))).convert("RGB")


def _screenshot(picture: Image.Image) -> Image.Image:
    frame = Image.new("RGB", (picture.width + 120, picture.height + 320), (246, 246, 246))
    frame.paste(picture, (60, 120))
    draw = ImageDraw.Draw(frame)
    draw.rectangle((0, 0, frame.width, 70), fill=(60, 64, 72))
    draw.rectangle((60, frame.height - 150, frame.width - 60, frame.height - 110), fill=(214, 90, 60))
    return frame


ALTERATIONS: Mapping[str, Callable[[Image.Image], Image.Image]] = {
    "same": lambda picture: picture,
    "resize": lambda picture: picture.resize((picture.width * 5 // 8, picture.height * 5 // 8)),
    "mirror": ImageOps.mirror,
    "crop10": _cropped(0.10),
    "crop25": _cropped(0.25),
    "watermark": _watermark,
    "jpeg30": _recompressed,
    "bright": lambda picture: ImageEnhance.Brightness(picture).enhance(1.25),
    "screenshot": _screenshot,
}
"""What a copier does to a picture, by name."""

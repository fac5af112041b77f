"""What copiers do to a picture. Each edit takes the picture and another one, and returns a new picture; nothing random.

Nothing here is shared with the detectors.
"""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

Edit = Callable[[Image.Image, Image.Image], Image.Image]


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    """Write a picture into bytes."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def crop(share: float, across: float = 0.4, down: float = 0.6) -> Edit:
    """Return an edit that cuts off a share of the area; `across` and `down` say from which sides."""

    def edit(image: Image.Image, _: Image.Image) -> Image.Image:
        w, h = image.size
        keep = (1 - share) ** 0.5
        x, y = int(w * (1 - keep) * across), int(h * (1 - keep) * down)
        return image.crop((x, y, x + int(w * keep), y + int(h * keep)))

    return edit


def text_over(image: Image.Image, _: Image.Image) -> Image.Image:
    """Write a line of large red text over it."""
    copy = image.copy()
    ImageDraw.Draw(copy).text((20, copy.size[1] // 3), "SALE 50% OFF", fill="red", font_size=copy.size[1] // 8)
    return copy


def watermark(image: Image.Image, _: Image.Image) -> Image.Image:
    """Lay a shop's pale text over all of it."""
    layer = Image.new("RGB", image.size, "black")
    pen = ImageDraw.Draw(layer)
    for row in range(0, image.size[1], 60):
        pen.text((row % 120, row), "shop 8888   shop 8888   shop 8888", fill="white", font_size=26)
    return Image.blend(image, Image.composite(layer, image, layer.convert("L")), 0.35)


def recolour(image: Image.Image, _: Image.Image) -> Image.Image:
    """Swap its colours."""
    r, g, b = ImageEnhance.Color(image).enhance(1.6).split()
    return Image.merge("RGB", (b, r, g))


def tint(image: Image.Image, _: Image.Image) -> Image.Image:
    """Make it brighter and yellowish, with less contrast, as filters of phones do."""
    soft = ImageEnhance.Contrast(ImageEnhance.Brightness(image).enhance(1.25)).enhance(0.7)
    return Image.blend(soft, Image.new("RGB", image.size, "#ffcc55"), 0.2)


def screenshot(image: Image.Image, _: Image.Image) -> Image.Image:
    """Show it in a shop's app on a phone."""
    sheet = Image.new("RGB", (540, 960), "#f4f4f4")
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((0, 0, 540, 70), fill="#cc3300")
    sheet.paste(image.resize((500, int(500 * image.size[1] / image.size[0]))), (20, 100))
    for row in range(640, 940, 40):
        pen.text((24, row), "In stock. Free delivery. 4.8 stars", fill="black", font_size=22)
    return sheet


def collage(image: Image.Image, other: Image.Image) -> Image.Image:
    """Make it one of four."""
    sheet = Image.new("RGB", (800, 600), "white")
    parts = (other, ImageOps.mirror(other), image, ImageOps.flip(other))
    for number, part in enumerate(parts):
        sheet.paste(part.resize((396, 296)), (404 * (number % 2), 304 * (number // 2)))
    return sheet


def inset(image: Image.Image, other: Image.Image) -> Image.Image:
    """Lay it over another picture, on 12 % of the area."""
    sheet = other.resize((900, 675))
    w = int(900 * 0.12**0.5)
    sheet.paste(image.resize((w, int(675 * 0.12**0.5))), (520, 60))
    return sheet


def perspective(shift: float = 0.14) -> Edit:
    """Return an edit that shows it as seen from a side, on a table's ground."""

    def edit(image: Image.Image, _: Image.Image) -> Image.Image:
        w, h = image.size
        goal = [(w * shift, h * shift * 0.6), (w * (1 - shift * 0.3), 0), (w, h), (0, h * (1 - shift * 0.5))]
        return image.transform(
            image.size, Image.Transform.PERSPECTIVE, _coefficients(goal, image.size), Image.Resampling.BICUBIC, fillcolor="#8a7f70"
        )

    return edit


def _coefficients(goal: list[tuple[float, float]], size: tuple[int, int]) -> list[float]:
    """Return Pillow's eight numbers that carry the picture's corners to `goal`."""
    w, h = size
    rows, values = [], []
    for (x, y), (u, v) in zip(goal, ((0, 0), (w, 0), (w, h), (0, h)), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return [float(value) for value in np.linalg.solve(np.array(rows, float), np.array(values, float))]


def masked(image: Image.Image, _: Image.Image) -> Image.Image:
    """Cover a third of it: a banner below, a sticker in a corner, mosaic over the middle."""
    copy = image.copy()
    w, h = copy.size
    pen = ImageDraw.Draw(copy)
    pen.rectangle((0, int(h * 0.82), w, h), fill="#d81e06")
    pen.ellipse((int(w * 0.68), int(h * 0.03), int(w * 0.97), int(h * 0.29)), fill="#ffd400")
    box = (int(w * 0.35), int(h * 0.38), int(w * 0.62), int(h * 0.62))
    part = copy.crop(box)
    copy.paste(part.resize((6, 6)).resize(part.size, Image.Resampling.NEAREST), box[:2])
    return copy


def framed(image: Image.Image, _: Image.Image) -> Image.Image:
    """Put a wide frame around it."""
    return ImageOps.expand(image, border=(image.size[0] // 8, image.size[1] // 6), fill="#204a87")


def both(first: Edit, second: Edit) -> Edit:
    """Return an edit that does two."""
    return lambda image, other: second(first(image, other), other)


def jpeg(quality: int) -> Edit:
    """Return an edit that loses detail as JPEG does."""
    return lambda image, _: Image.open(io.BytesIO(encoded(image, "JPEG", quality=quality))).convert("RGB")


def turned(degrees: float) -> Edit:
    """Return an edit that turns it, on white."""
    return lambda image, _: image.rotate(degrees, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)


def _mirror(image: Image.Image, _: Image.Image) -> Image.Image:
    return ImageOps.mirror(image)


def _small(image: Image.Image, _: Image.Image) -> Image.Image:
    return image.resize((image.size[0] // 2, image.size[1] // 2))


EDITS: dict[str, Edit] = {
    "resize 50 %": _small,
    "jpeg 30": jpeg(30),
    "blur": lambda image, _: image.filter(ImageFilter.GaussianBlur(1.5)),
    "aspect": lambda image, _: image.resize((image.size[0], int(image.size[1] * 0.8))),
    "crop 10 %": crop(0.10),
    "crop 25 %": crop(0.25),
    "crop 50 %": crop(0.50),
    "rotate 5": turned(5),
    "rotate 90": lambda image, _: image.rotate(90, expand=True),
    "mirror": _mirror,
    "grey": lambda image, _: ImageOps.grayscale(image).convert("RGB"),
    "tint": tint,
    "text over it": text_over,
    "watermark": watermark,
    "recolour": recolour,
    "invert": lambda image, _: ImageOps.invert(image),
    "frame": framed,
    "screenshot": screenshot,
    "4-collage": collage,
    "inset 12 %": inset,
    "perspective": perspective(),
    "masked": masked,
    "crop + mirror": both(crop(0.25), _mirror),
    "crop 50 % + jpeg": both(crop(0.50, 0.9, 0.1), jpeg(35)),
    "rotate 12 + text": both(turned(12), text_over),
    "mirror + recolour": both(_mirror, recolour),
    "perspective + mask": both(perspective(0.10), masked),
    "invert + crop": both(lambda image, _: ImageOps.invert(image), crop(0.25)),
    "mirror + screenshot": both(_mirror, screenshot),
    "small + watermark": both(_small, watermark),
    "recolour + collage": both(recolour, collage),
}
"""Name → edit; those with a + are two at once."""

"""Pictures for the detection benchmark: references, edits of them, and other pictures that must not match.

References are pieces of the two photos that scikit-learn packages and pictures drawn from a seed (scenes, products on
white, logos). Nothing here is shared with the detectors.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from bench.detection.edits import EDITS, Edit, encoded
from detectors.images import ReferenceBank
from detectors.types import ReferenceImage


@lru_cache(maxsize=1)
def photos() -> tuple[Image.Image, ...]:
    """Return eight pieces of two real photos, none overlapping another."""
    from sklearn.datasets import load_sample_images  # type: ignore[import-untyped]

    pieces = []
    for array in load_sample_images().images:
        whole = Image.fromarray(array)
        w, h = whole.size[0] // 2, whole.size[1] // 2
        pieces += [whole.crop((x, y, x + w, y + h)).resize((2 * w, 2 * h)) for x in (0, w) for y in (0, h)]
    return tuple(pieces)


def scene(seed: int, size: tuple[int, int] = (480, 360)) -> Image.Image:
    """Return a textured scene: soft ground, ellipses, bars, grain."""
    rng = np.random.default_rng(seed)
    ground = Image.fromarray(rng.integers(30, 225, (6, 8, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(ground)
    for _ in range(90):
        x, y = (int(rng.integers(0, side)) for side in size)
        w, h = (int(value) for value in rng.integers(5, 60, 2))
        colour = tuple(int(value) for value in rng.integers(0, 255, 3))
        (pen.ellipse if rng.random() < 0.5 else pen.rectangle)((x, y, x + w, y + h), fill=colour)
    grain = np.asarray(ground).astype(np.int16) + rng.integers(-10, 10, (size[1], size[0], 3), dtype=np.int16)
    return Image.fromarray(grain.clip(0, 255).astype(np.uint8))


def product(seed: int, side: int = 400) -> Image.Image:
    """Return a product on white: the same jar, another label and colour."""
    rng = np.random.default_rng(seed + 10_000)
    sheet = Image.new("RGB", (side, side), "white")
    pen = ImageDraw.Draw(sheet)
    body = tuple(int(value) for value in rng.integers(60, 200, 3))
    wide = int(rng.integers(150, 220))
    left = (side - wide) // 2
    pen.rounded_rectangle((left, 90, left + wide, 360), 24, fill=body)
    pen.rectangle((left + 16, 60, left + wide - 16, 95), fill=tuple(255 - value for value in body))
    label = rng.integers(0, 255, (int(rng.integers(4, 9)), int(rng.integers(4, 9)), 3), dtype=np.uint8)
    sheet.paste(Image.fromarray(label).resize((wide - 40, 130), Image.Resampling.NEAREST), (left + 20, 160))
    return sheet


def logo(seed: int, side: int = 240) -> Image.Image:
    """Return a flat emblem: a few shapes in two colours on white."""
    rng = np.random.default_rng(seed + 20_000)
    sheet = Image.new("RGB", (side, side), "white")
    pen = ImageDraw.Draw(sheet)
    for _ in range(int(rng.integers(3, 7))):
        points = [(int(x), int(y)) for x, y in rng.integers(20, side - 20, (int(rng.integers(3, 7)), 2))]
        pen.polygon(points, fill=tuple(int(value) for value in rng.integers(0, 200, 3)))
    return sheet


def plain(seed: int, side: int = 300) -> Image.Image:
    """Return a near-uniform picture: one colour, a faint slope, faint noise."""
    rng = np.random.default_rng(seed + 30_000)
    slope = np.linspace(0, float(rng.uniform(0, 6)), side)[:, None, None]
    pixels = rng.integers(0, 255, 3) + slope + rng.normal(0, float(rng.uniform(0, 3)), (side, side, 3))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


@dataclass
class ImageCard:
    """Found copies and tries by edit; wrong matches and pairs by kind of other picture."""

    found: dict[str, int] = field(default_factory=dict)
    tried: dict[str, int] = field(default_factory=dict)
    wrong: dict[str, int] = field(default_factory=dict)
    pairs: dict[str, int] = field(default_factory=dict)
    which: list[str] = field(default_factory=list)

    def table(self) -> str:
        """Return the card as lines of text."""
        lines = [f"{name:22} {self.found[name]:>4} of {self.tried[name]:>4}  copies found" for name in self.tried]
        lines += [
            f"{name:22} {self.wrong[name]:>4} of {self.pairs[name]:>4}  pairs wrongly matched" for name in self.pairs
        ]
        found, tried = sum(self.found.values()), sum(self.tried.values())
        wrong, pairs = sum(self.wrong.values()), sum(self.pairs.values())
        return "\n".join(
            [*lines, f"copies {found}/{tried} = {found / max(1, tried):.3f}; false {wrong} of {pairs} pairs"]
        )


def references(count: int, seed: int = 0) -> list[Image.Image]:
    """Return `count` references: the photos first, then scenes and products by turns."""
    drawn = [scene(seed + n) if n % 2 else product(seed + n) for n in range(max(0, count - len(photos())))]
    return [*photos()[:count], *drawn]


def others(count: int, seed: int) -> Iterator[tuple[str, Image.Image]]:
    """Yield pictures that copy none of the references, by kind."""
    for number in range(count):
        yield "scene", scene(seed + 500 + number)
        yield "product on white", product(seed + 500 + number)
        yield "logo", logo(seed + 500 + number)
        yield "near-uniform", plain(seed + 500 + number)


def measure_pictures(
    count: int = 16, negatives: int = 12, seed: int = 0, edits: dict[str, Edit] | None = None
) -> ImageCard:
    """Compare every edit of `count` references, and 4 × `negatives` other pictures, with a bank of references.

    The bank holds two logos and two near-uniform pictures besides. A match of another reference counts as wrong.
    """
    made = references(count, seed)
    extra = [logo(seed), logo(seed + 1), plain(seed), plain(seed + 1)]
    bank = ReferenceBank({str(n): [ReferenceImage(str(n), encoded(image))] for n, image in enumerate([*made, *extra])})
    card = ImageCard()
    for name, edit in (edits or EDITS).items():
        card.tried[name] = card.found[name] = 0
        for number, image in enumerate(made):
            matched = set(bank.scan(encoded(edit(image, scene(seed + 900 + number)), "JPEG", quality=85)))
            card.tried[name] += 1
            card.found[name] += str(number) in matched
            _wrong(card, "edited, other right", matched - {str(number)}, len(made) + 3, f"{name} of {number}")
    for kind, image in others(negatives, seed):
        _wrong(card, kind, set(bank.scan(encoded(image))), len(made) + 4, kind)
    return card


def _wrong(card: ImageCard, kind: str, matched: set[str], pairs: int, what: str) -> None:
    card.pairs[kind] = card.pairs.get(kind, 0) + pairs
    card.wrong[kind] = card.wrong.get(kind, 0) + len(matched)
    card.which += [f"{what} taken for {number}" for number in sorted(matched)]

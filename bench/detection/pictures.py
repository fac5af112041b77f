"""Pictures for the detection benchmark: references, edits of them, and other pictures that must not match.

References are pieces of the two photos that scikit-learn packages and pictures drawn from a seed (scenes, products on
white, logos). Nothing here is shared with the detectors. Prints the card of copies alone:
`python -m bench.detection.pictures [--references N] [--others N] [--seed N] [--jobs N]`.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing import get_context

import numpy as np
from PIL import Image, ImageDraw

from bench.detection.edits import EDITS, Edit, encoded
from bench.detection.interval import wilson
from bench.detection.measure import TUNE_SEED
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
    """Found copies and tries by edit; wrong matches and pairs by kind of other picture; which were wrong, which missed."""

    found: dict[str, int] = field(default_factory=dict)
    tried: dict[str, int] = field(default_factory=dict)
    wrong: dict[str, int] = field(default_factory=dict)
    pairs: dict[str, int] = field(default_factory=dict)
    which: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def table(self) -> str:
        """Return the card as lines of text, shares with their 95 % intervals."""
        lines = [_share(name, self.found[name], self.tried[name], "copies found") for name in self.tried]
        lines += [_share(name, self.wrong[name], self.pairs[name], "pairs wrongly matched") for name in self.pairs]
        found, tried = sum(self.found.values()), sum(self.tried.values())
        wrong, pairs = sum(self.wrong.values()), sum(self.pairs.values())
        low, high = wilson(found, tried)
        most = 10_000 * wilson(wrong, pairs)[1]
        lines.append(
            f"copies {found}/{tried} = {found / max(1, tried):.3f} ({low:.3f} to {high:.3f}); "
            f"false {wrong} of {pairs} pairs (at most {most:.1f} in 10,000)"
        )
        return "\n".join(lines)


def _share(name: str, found: int, tried: int, what: str) -> str:
    low, high = wilson(found, tried)
    return f"{name:22} {found:>4} of {tried:>6}  {low:.3f} to {high:.3f}  {what}"


def references(count: int, seed: int = 0) -> list[Image.Image]:
    """Return `count` references: the photos first, then scenes and products by turns."""
    drawn = [scene(seed + n) if n % 2 else product(seed + n) for n in range(max(0, count - len(photos())))]
    return [*photos()[:count], *drawn]


OTHERS: dict[str, Callable[[int], Image.Image]] = {
    "scene": scene,
    "product on white": product,
    "logo": logo,
    "near-uniform": plain,
}
"""Kinds of other pictures."""


def others(count: int, seed: int) -> Iterator[tuple[str, Image.Image]]:
    """Yield pictures that copy none of the references, by kind."""
    for number in range(count):
        for kind, draw in OTHERS.items():
            yield kind, draw(seed + 500 + number)


@dataclass(frozen=True)
class _Task:
    """An edit of a reference, or (edit empty) another picture of a kind; a number each."""

    edit: str
    kind: str
    number: int

    @property
    def what(self) -> str:
        return f"{self.edit} of {self.number}" if self.edit else f"{self.kind} {self.number}"


class _Bench:
    """A bank of references, and what is shown to it."""

    def __init__(self, count: int, seed: int, edits: dict[str, Edit]) -> None:
        self._made, self._seed, self._edits = references(count, seed), seed, edits
        extra = [logo(seed), logo(seed + 1), plain(seed), plain(seed + 1)]
        samples = enumerate([*self._made, *extra])
        self._bank = ReferenceBank({str(n): [ReferenceImage(str(n), encoded(image))] for n, image in samples})

    def matched(self, task: _Task) -> frozenset[str]:
        return frozenset(self._bank.scan(self._shown(task)))

    def _shown(self, task: _Task) -> bytes:
        if not task.edit:
            return encoded(OTHERS[task.kind](self._seed + 500 + task.number))
        other = scene(self._seed + 900 + task.number)
        return encoded(self._edits[task.edit](self._made[task.number], other), "JPEG", quality=85)


_BENCHES: list[_Bench] = []
"""The bench of a process of its own."""


def _begin(count: int, seed: int) -> None:
    import cv2

    cv2.setNumThreads(1)
    _BENCHES.append(_Bench(count, seed, EDITS))


def _matched(task: _Task) -> frozenset[str]:
    return _BENCHES[0].matched(task)


def measure_pictures(
    count: int = 16, negatives: int = 12, seed: int = 0, edits: dict[str, Edit] | None = None, jobs: int = 1
) -> ImageCard:
    """Compare every edit of `count` references, and 4 × `negatives` other pictures, with a bank of references.

    The bank holds two logos and two near-uniform pictures besides. A match of another reference counts as wrong.
    With `jobs` > 1 as many processes share the work; only the edits of `EDITS` can be asked for then.
    """
    tasks = [_Task(name, "edited, other right", n) for name in (edits or EDITS) for n in range(count)]
    tasks += [_Task("", kind, n) for n in range(negatives) for kind in OTHERS]
    if jobs == 1:
        bench = _Bench(count, seed, edits or EDITS)
        return _card(zip(tasks, map(bench.matched, tasks), strict=True), count)
    with ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (count, seed)) as pool:
        return _card(zip(tasks, pool.map(_matched, tasks, chunksize=8), strict=True), count)


def _card(answers: Iterable[tuple[_Task, frozenset[str]]], count: int) -> ImageCard:
    card = ImageCard()
    for task, matched in answers:
        right = frozenset([str(task.number)] if task.edit else [])
        if task.edit:
            card.tried[task.edit] = card.tried.get(task.edit, 0) + 1
            card.found[task.edit] = card.found.get(task.edit, 0) + bool(right & matched)
            card.missed += [] if right & matched else [task.what]
        card.pairs[task.kind] = card.pairs.get(task.kind, 0) + count + 4 - len(right)
        card.wrong[task.kind] = card.wrong.get(task.kind, 0) + len(matched - right)
        card.which += [f"{task.what} taken for {number}" for number in sorted(matched - right)]
    return card


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.detection.pictures")
    parser.add_argument("--references", type=int, default=16)
    parser.add_argument("--others", type=int, default=12, help="other pictures of each of four kinds")
    parser.add_argument("--seed", type=int, default=TUNE_SEED, help="default: the one that thresholds were chosen on")
    parser.add_argument("--edits", nargs="+", choices=sorted(EDITS), help="default: all")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args(arguments)
    edits = {name: EDITS[name] for name in given.edits or EDITS}
    began = time.perf_counter()
    card = measure_pictures(given.references, given.others, given.seed, edits, given.jobs)
    print(card.table())
    print("missed:", "; ".join(card.missed) or "none")
    print("wrong:", "; ".join(card.which) or "none")
    print(f"seed {given.seed}, {given.references + 4} references, {time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())

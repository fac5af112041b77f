"""Official marks in pictures: `python -m bench.detection.emblems [--part report] [--positives 120] [--negatives 200]`.

Emblems are drawn by `emblem_draw` on the grounds of the logo benchmark; rules and thresholds were chosen on the tuning
seed, and what is printed by default is of the other. Negatives are emblems with other words, round things without any,
photos (plates, coins, clocks among them) and pages full of words. No genuine specimen of a mark was at hand.
"""

import argparse
import io
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from bench.detection import emblem_draw as draw
from bench.detection import logo_scenes as scenes
from bench.detection.interval import wilson
from detectors.emblem import Code, EmblemReader, Seen
from detectors.reader import PictureReader
from detectors.rings import rings
from records.uscc import check_character

TUNE_SEED, REPORT_SEED = 20260311, 20260722
SIZES = (70, 100, 140, 200, 300)
"""Widths of the emblem in pixels, in pictures of 800."""
CODES = ("valid", "wrong", "missing")
_CODE_FROM = 140
_BODY = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True, slots=True)
class Case:
    """A picture, the mark in it ("" for none), its kind, the emblem's width, and what stands beneath."""

    data: bytes
    mark: str
    kind: str
    width: int = 0
    code: str = ""
    code_state: str = ""


def code(rng: draw.Random, *, valid: bool) -> str:
    """Return a made code: 18 characters, with or without the right check character."""
    body = "91" + "".join(str(n) for n in rng.integers(0, 10, 6)) + "".join(_BODY[n] for n in rng.integers(0, 31, 9))
    right = check_character(body)
    return body + (right if valid else _BODY[(_BODY.index(right) + 7) % 31])


def placed(emblem: Image.Image, kind: str, width: int, rng: draw.Random) -> bytes:
    """Return a ground with the emblem turned by up to 15°, at times leaning, on a plate of one colour or on what is there."""
    base = scenes.ground(kind, rng)
    scale = width / emblem.size[0]
    layer = emblem.resize((width, max(2, round(emblem.size[1] * scale))), Image.Resampling.LANCZOS)
    if rng.random() < 0.3:
        layer = _leaning(layer, rng)
    layer = layer.rotate(float(rng.uniform(-15, 15)), Image.Resampling.BICUBIC, expand=True)
    x = int(rng.integers(4, scenes.SIDE - layer.size[0] - 4))
    y = int(rng.integers(4, scenes.SIDE - layer.size[1] - 4))
    if rng.random() < 0.75:
        box = (x - 8, y - 8, x + layer.size[0] + 8, y + layer.size[1] + 8)
        pale = tuple(int(value) for value in rng.integers(175, 256, 3))
        ImageDraw.Draw(base).rounded_rectangle(box, 12, fill=pale)
    base.paste(layer, (x, y), layer)
    buffer = io.BytesIO()
    base.save(buffer, "JPEG", quality=int(rng.integers(60, 93)))
    return buffer.getvalue()


def _leaning(layer: Image.Image, rng: draw.Random) -> Image.Image:
    """Return a drawing seen at an angle: one side up to a sixth shorter than the other."""
    w, h = layer.size
    lean = float(rng.uniform(-0.08, 0.08)) * h
    corners = ((0, 0), (w, 0), (w, h), (0, h))
    moved = ((0, lean), (w, -lean), (w, h + lean), (0, h - lean))
    rows = [
        row
        for (x, y), (u, v) in zip(corners, moved, strict=True)
        for row in ([x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y])
    ]
    values = np.linalg.solve(np.array(rows, float), np.array(moved, float).ravel())
    return layer.transform(layer.size, Image.Transform.PERSPECTIVE, values.tolist(), Image.Resampling.BICUBIC)


def positives(count: int, seed: int) -> Iterator[Case]:
    """Yield pictures with a mark, all marks, sizes and grounds by turns."""
    for number in range(count):
        rng = np.random.default_rng((seed, 1, number))
        emblem = draw.MARKS[number % len(draw.MARKS)]
        width = SIZES[number // len(draw.MARKS) % len(SIZES)]
        state = CODES[int(rng.integers(len(CODES)))]
        made, beneath = draw.drawn(emblem, rng), ""
        if state != "missing":
            beneath = code(rng, valid=state == "valid")
            made = draw.with_code(made, beneath, rng)
            width = round(width * made.size[0] / 1_000)
        ground = scenes.GROUNDS[int(rng.integers(len(scenes.GROUNDS)))]
        yield Case(placed(made, ground, width, rng), emblem.name, emblem.name, width, beneath, state)


def negatives(count: int, seed: int) -> Iterator[Case]:
    """Yield pictures without a mark: other emblems, plain round things, grounds and pages."""
    for number in range(count):
        rng = np.random.default_rng((seed, 2, number))
        ground = scenes.GROUNDS[int(rng.integers(len(scenes.GROUNDS)))]
        turn = number % 8
        if turn < 4:
            emblem = draw.OTHERS[int(rng.integers(len(draw.OTHERS)))]
            yield Case(
                placed(draw.drawn(emblem, rng), ground, int(rng.choice(SIZES)), rng), "", f"other: {emblem.name}"
            )
        elif turn == 4:
            yield Case(placed(draw.plain_round(rng), ground, int(rng.choice(SIZES)), rng), "", "round")
        elif turn == 5:
            yield Case(scenes.shapes_picture(rng), "", "shapes and words")
        else:
            yield Case(scenes.without_marks(ground, rng), "", f"ground: {ground}")


def _line(name: str, hits: Sequence[bool]) -> str:
    low, high = wilson(sum(hits), len(hits))
    return f"{name:34} {sum(hits):>4} of {len(hits):>4} = {sum(hits) / max(1, len(hits)):.3f}  [{low:.3f}, {high:.3f}]"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said of a picture."""

    case: Case
    seen: tuple[Seen, ...]
    outlines: int
    gate: float
    spent: float

    @property
    def right(self) -> bool:
        """Whether the mark was seen, named as what it is, and certain."""
        return any(one.mark.value == self.case.mark and one.certain for one in self.seen)


def report(answers: Sequence[Answer]) -> str:
    """Return recall by mark and size, what was said of codes, false alarms by kind, and times, as lines."""
    shown, bare = [a for a in answers if a.case.mark], [a for a in answers if not a.case.mark]
    lines = [_line("marks seen and named", [a.right for a in shown])]
    lines += [_line(f"  {e.name}", [a.right for a in shown if a.case.mark == e.name]) for e in draw.MARKS]
    for low, high in zip(SIZES, (*SIZES[1:], 10_000), strict=True):
        lines.append(_line(f"  {low} px and more", [a.right for a in shown if low <= a.case.width < high]))
    lines.append(_line("another mark named instead", [bool(a.seen) and not a.right for a in shown]))
    lines += _codes([a for a in shown if a.right and a.case.width >= _CODE_FROM])
    lines.append(_line("false alarms, certain", [any(one.certain for one in a.seen) for a in bare]))
    lines.append(_line("false alarms, any", [bool(a.seen) for a in bare]))
    for kind in sorted({a.case.kind for a in bare}):
        lines.append(_line(f"  {kind}", [bool(a.seen) for a in bare if a.case.kind == kind]))
    lines.append(_line("pictures without a mark read at all", [a.outlines > 0 for a in bare]))
    plain = [a for a in bare if not a.outlines]
    for name, part in (("no outline", plain), ("outline, no mark", [a for a in bare if a.outlines]), ("mark", shown)):
        times = sorted(a.spent for a in part) or [0.0]
        lines.append(
            f"{name}: {1000 * sum(times) / len(times):.0f} ms a picture (half: {1000 * times[len(times) // 2]:.0f}, longest {1000 * times[-1]:.0f})"
        )
    lines.append(f"the gate alone: {1000 * sum(a.gate for a in answers) / max(1, len(answers)):.0f} ms a picture")
    return "\n".join(lines)


def _codes(answers: Sequence[Answer]) -> Iterator[str]:
    for state in CODES:
        part = [a for a in answers if a.case.code_state == state]
        said = [next(one for one in a.seen if one.mark.value == a.case.mark) for a in part]
        yield _line(f"code {state}: said so", [one.code_state.value == state for one in said])
        yield _line("  said to be wrong", [one.code_state is Code.WRONG for one in said])
        yield _line("  said to be missing", [one.code_state is Code.MISSING for one in said])
        if state == "valid":
            yield _line(
                "  read as another valid one",
                [one.code_state is Code.VALID and one.code != a.case.code for a, one in zip(part, said, strict=True)],
            )


def answered(reader: EmblemReader, case: Case) -> Answer:
    """Return what is seen in a picture, and how long it took (wall time, seconds)."""
    pixels = np.asarray(Image.open(io.BytesIO(case.data)).convert("RGB"), dtype=np.uint8)
    began = time.perf_counter()
    outlines = len(rings(pixels))
    gate = time.perf_counter() - began
    began = time.perf_counter()
    seen = reader.seen(case.data)
    return Answer(case, seen, outlines, gate, time.perf_counter() - began)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.detection.emblems")
    parser.add_argument("--part", choices=("tune", "report"), default="report")
    parser.add_argument("--positives", type=int, default=120)
    parser.add_argument("--negatives", type=int, default=200)
    parser.add_argument("--which", action="store_true", help="name the pictures that failed")
    given = parser.parse_args(arguments)
    seed = TUNE_SEED if given.part == "tune" else REPORT_SEED
    reader = EmblemReader(PictureReader())
    answers = []
    for case in (*positives(given.positives, seed), *negatives(given.negatives, seed)):
        answers.append(answered(reader, case))
        if len(answers) % 25 == 0:
            print(f"… {len(answers)}", file=sys.stderr, flush=True)
    print(f"official marks in pictures, part {given.part}, seed {seed}; drawn emblems, no genuine specimen")
    print(report(answers))
    if given.which:
        for a in answers:
            if (a.case.mark and not a.right) or (not a.case.mark and a.seen):
                print(
                    a.case.kind, a.case.width, a.outlines, [(s.mark.value, s.share, s.certain, s.words) for s in a.seen]
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())

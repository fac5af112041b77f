"""Marks in pictures: `python -m bench.detection.logos [--part report] [--positives 400] [--negatives 400] [--bank 200]`.

The network was learned on one part of the brands, weights and threshold fitted on a second, and what is printed by
default is of the third. `--fit` collects measures on the tuning part and writes `detectors/data/logo_verdict.json`.
"""

import argparse
import io
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import detectors
from bench.detection import logo_scenes as scenes
from bench.detection.interval import wilson
from bench.detection.logo_cases import Case, Registered, bank, negatives, positives
from bench.detection.logo_tune import verdict
from detectors.logo_search import Pixels, pyramid
from detectors.logo_verdict import THRESHOLD
from detectors.logos import LogoBank
from detectors.types import ReferenceImage

TUNE_SEED = 20260101
REPORT_SEED = 20260202
SIZES = (0.06, 0.09, 0.14, 0.22, 0.401)
VERDICT = Path(detectors.__file__).parent / "data" / "logo_verdict.json"


@dataclass
class Answer:
    """What was found in one picture: the best probability of the right mark in its place, and of any wrong one."""

    case: Case
    right: float = 0.0
    wrong: float = 0.0
    whose: str = ""
    measures: list[tuple[bool, NDArray[np.float64]]] = field(default_factory=list)


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the share of both boxes that they have in common."""
    wide = max(0.0, min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0]))
    high = max(0.0, min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1]))
    both = wide * high
    return both / max(1e-9, one[2] * one[3] + other[2] * other[3] - both)


def levels_of(data: bytes) -> list[Pixels]:
    """Return a picture's pyramid."""
    return pyramid(np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), dtype=np.uint8))


def banked(registered: Sequence[Registered]) -> LogoBank:
    """Return the bank of the registered drawings, black on white."""
    return LogoBank(
        {item.mark.brand: [ReferenceImage(item.mark.brand, scenes.stacked(item.mark.pixels))] for item in registered}
    )


def answered(made: LogoBank, case: Case) -> Answer:
    """Return what the bank finds in a picture; the right mark counts in its place only."""
    answer = Answer(case)
    names = [right for right, _ in made.marks()]
    for chance, fit in made.fits(levels_of(case.data)):
        good = names[fit.candidate.mark] == case.brand and overlap(fit.box, case.box) > 0.4
        answer.measures.append((good, fit.measures))
        if good:
            answer.right = max(answer.right, chance)
        elif chance > answer.wrong and names[fit.candidate.mark] != case.brand:
            answer.wrong, answer.whose = chance, names[fit.candidate.mark]
    return answer


def report(answers: Sequence[Answer], weak: frozenset[str]) -> str:
    """Return recall by size and by edit, and false positives by kind, as lines of text."""
    shown = [a for a in answers if a.case.brand]
    bare = [a for a in answers if not a.case.brand]
    lines = [_share("recall at the set threshold", [a.right >= THRESHOLD for a in shown])]
    strong = [a for a in shown if a.case.brand not in weak]
    lines.append(_share("  of marks not refused as weak", [a.right >= THRESHOLD for a in strong]))
    lines.append(_share("false positives, pictures", [a.wrong >= THRESHOLD for a in bare]))
    kinds = sorted({a.case.kind for a in bare})
    lines += [_share(f"  {kind}", [a.wrong >= THRESHOLD for a in bare if a.case.kind == kind]) for kind in kinds]
    lines.append(_share("another mark beside the right one", [a.wrong >= THRESHOLD for a in shown]))
    worst = sorted((a.wrong for a in bare), reverse=True)
    limit = worst[int(0.01 * len(worst))] if worst else 0.0
    lines.append(_share(f"recall where exactly 1 % fail ({limit:.3f})", [a.right > limit for a in shown]))
    for low, high in pairwise(SIZES):
        part = [a.right >= THRESHOLD for a in shown if low <= a.case.share < high]
        lines.append(_share(f"size {100 * low:.0f}-{100 * high:.0f} %", part))
    lines += [_share(edit, [a.right >= THRESHOLD for a in shown if a.case.kind == edit]) for edit in scenes.EDITS]
    lines += [
        _share(f"on {ground}", [a.right >= THRESHOLD for a in shown if a.case.note == ground])
        for ground in scenes.GROUNDS
    ]
    return "\n".join(lines)


def _share(name: str, hits: Sequence[bool]) -> str:
    low, high = wilson(sum(hits), len(hits))
    return f"{name:36} {sum(hits):>4} of {len(hits):>4} = {sum(hits) / max(1, len(hits)):.3f}  [{low:.3f}, {high:.3f}]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.detection.logos")
    parser.add_argument("--part", choices=("tune", "report"), default="report")
    parser.add_argument("--positives", type=int, default=400)
    parser.add_argument("--negatives", type=int, default=400)
    parser.add_argument("--bank", type=int, default=200)
    parser.add_argument("--fit", action="store_true", help="fit the verdict on the tuning part")
    parser.add_argument("--which", action="store_true", help="name the pictures that failed")
    given = parser.parse_args(arguments)
    part = "tune" if given.fit else given.part
    seed = TUNE_SEED if part == "tune" else REPORT_SEED
    registered = bank(part, given.bank)
    made = banked(registered)
    weak = frozenset(item.mark.brand for item in registered) - {right for right, _ in made.marks()}
    print(
        f"marks in pictures, part {part}, seed {seed}: {len(registered)} marks, {len(weak)} refused: {', '.join(sorted(weak))}"
    )
    began, answers = time.process_time(), []
    for case in (*positives(registered, given.positives, seed), *negatives(part, registered, given.negatives, seed)):
        answers.append(answered(made, case))
        if len(answers) % 50 == 0:
            print(f"… {len(answers)}", file=sys.stderr, flush=True)
    spent = time.process_time() - began
    if given.fit:
        VERDICT.write_text(
            json.dumps(verdict([answer.measures for answer in answers]), indent=1) + "\n", encoding="utf-8"
        )
    print(report(answers, weak))
    print(f"{len(answers)} pictures in {spent:.0f} s of processor time, drawing included")
    if given.which:
        print(
            "\n".join(
                f"{a.case.kind} {a.case.brand or '-'} {a.case.share:.2f} {a.case.note}: right {a.right:.2f}, wrong {a.wrong:.2f} {a.whose}"
                for a in answers
                if (a.case.brand and a.right < THRESHOLD) or a.wrong >= THRESHOLD
            )
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

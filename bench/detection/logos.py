"""Marks in pictures: `python -m bench.detection.logos [--part report] [--positives 400] [--negatives 400] [--bank 200]`.

The network was learned on one part of the brands, weights and threshold fitted on a second, and what is printed by
default is of the third. `--fit` collects measures on the tuning part and writes `detectors/data/logo_verdict.json`.
"""

import argparse
import io
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import detectors
from bench.detection import logo_scenes as scenes
from bench.detection.interval import wilson
from bench.detection.logo_cases import Case, Registered, bank, negatives, positives, strangers
from bench.detection.logo_tune import verdict
from bench.detection.marks import family
from detectors.logo_fit import Start
from detectors.logo_search import Pixels, pyramid
from detectors.logo_verdict import THRESHOLD
from detectors.logos import FINISHED, LogoBank
from detectors.types import ReferenceImage

TUNE_SEED = 20260101
REPORT_SEED = 20260811
SIZES = (0.06, 0.09, 0.14, 0.22, 0.401)
VERDICT = Path(detectors.__file__).parent / "data" / "logo_verdict.json"


STAGES = ("refused as weak", "not proposed", "lies badly at first sight", "laid wrong", "too unsure", "found")
"""How far the right mark came."""


@dataclass
class Answer:
    """What was found in one picture: the best probability of the right mark in its place, and of any wrong one."""

    case: Case
    right: float = 0.0
    wrong: float = 0.0
    whose: str = ""
    stage: str = ""
    seconds: float = 0.0
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
    answer, levels = Answer(replace(case, data=b"")), levels_of(case.data)
    names = [right for right, _ in made.marks()]
    began = time.process_time()
    starts = made.proposed(levels)
    fits = made.decided(starts[:FINISHED], levels)
    answer.seconds = time.process_time() - began
    for chance, fit in fits:
        whose, shared = names[fit.candidate.mark], overlap(fit.box, case.box)
        good = whose == case.brand and shared > 0.4
        if good:
            answer.right = max(answer.right, chance)
        elif chance > answer.wrong and whose != case.brand:
            answer.wrong, answer.whose = chance, whose
        # the right mark laid loosely, or its sister, is neither right nor wrong
        if good or not case.brand or family(whose) != family(case.brand) or shared == 0:
            answer.measures.append((good, fit.measures))
    if case.brand:
        answer.stage = _stage(answer, [_near(one, names, case) for one in starts], known=case.brand in names)
    return answer


def _near(start: Start, names: Sequence[str], case: Case) -> bool:
    """Whether a candidate is the right mark, near its place and size."""
    found, (x, y, w, h) = start.candidate, case.box
    long = max(w, h)
    away = max(abs(found.x - x - w / 2), abs(found.y - y - h / 2))
    return names[found.mark] == case.brand and away < 0.35 * long and 0.55 < found.side / long < 1.8


def _stage(answer: Answer, near: Sequence[bool], *, known: bool) -> str:
    """Return how far the right mark came."""
    reached = [
        answer.right >= THRESHOLD,
        any(good for good, _ in answer.measures),
        any(near[:FINISHED]),
        any(near),
        known,
    ]
    return STAGES[5 - reached.index(True)] if any(reached) else STAGES[0]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which pictures are made, and in how many processes they are looked at."""

    part: str
    bank: int
    positives: int
    negatives: int
    jobs: int = 1
    seed: int = REPORT_SEED

    def some(self, first: int) -> list[Answer]:
        """Return the answers to every `jobs`-th picture from the first on: what one process does."""
        registered = bank(self.part, self.bank)
        made = banked(registered)
        shown, bare = (range(first, count, self.jobs) for count in (self.positives, self.negatives))
        answers = []
        for case in (
            *positives(registered, shown, self.seed, every=self.part == "tune"),
            *negatives(strangers(self.part, registered), bare, self.seed),
        ):
            answers.append(answered(made, case))
            if len(answers) % 50 == 0:
                print(f"… {len(answers)} of process {first}", file=sys.stderr, flush=True)
        return answers

    def answers(self) -> list[Answer]:
        """Return the answers to all pictures, in an order that does not change."""
        if self.jobs == 1:
            return self.some(0)
        with ProcessPoolExecutor(self.jobs, mp_context=get_context("spawn")) as pool:
            return [answer for part in pool.map(self.some, range(self.jobs)) for answer in part]


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


def stages(answers: Sequence[Answer]) -> str:
    """Return how far the right marks came, those that others drew and the edited ones apart, as lines of text."""
    lines = []
    for name, others in (("others' drawings", True), ("edited", False)):
        part = [a.stage for a in answers if a.case.brand and (a.case.kind == "others'") is others]
        counts = Counter(part)
        lines.append(f"{name}: " + ", ".join(f"{stage} {counts[stage]}" for stage in STAGES))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.detection.logos")
    parser.add_argument("--part", choices=("tune", "report"), default="report")
    parser.add_argument("--positives", type=int, default=400)
    parser.add_argument("--negatives", type=int, default=400)
    parser.add_argument("--bank", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--fit", action="store_true", help="fit the verdict on the tuning part")
    parser.add_argument("--which", action="store_true", help="name the pictures that failed")
    given = parser.parse_args(arguments)
    part = "tune" if given.fit else given.part
    seed = TUNE_SEED if part == "tune" else REPORT_SEED
    registered = bank(part, given.bank)
    weak = frozenset(item.mark.brand for item in registered) - {right for right, _ in banked(registered).marks()}
    print(
        f"marks in pictures, part {part}, seed {seed}: {len(registered)} marks, {len(weak)} refused: {', '.join(sorted(weak))}"
    )
    answers = Asked(part, given.bank, given.positives, given.negatives, given.jobs, seed).answers()
    if given.fit:
        made = verdict([answer.measures for answer in answers])
        VERDICT.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
        print(f"{VERDICT.name} is written; measure with the tuning part or the report's anew")
        return 0
    print(report(answers, weak))
    print(stages(answers))
    spent = 1000 * sum(a.seconds for a in answers) / max(1, len(answers))
    print(f"{len(answers)} pictures, {spent:.0f} ms of processor time each")
    if given.which:
        print("\n".join(_failed(answers)))
    return 0


def _failed(answers: Sequence[Answer]) -> Iterator[str]:
    for a in answers:
        if (a.case.brand and a.right < THRESHOLD) or a.wrong >= THRESHOLD:
            found = f"right {a.right:.2f}, wrong {a.wrong:.2f} {a.whose}, {a.stage}"
            yield f"{a.case.kind} {a.case.brand or '-'} {a.case.share:.2f} {a.case.note}: {found}"


if __name__ == "__main__":
    sys.exit(main())

"""The logo stage's floor: real marks of the part that its verdict was fitted on, fetched from npm, few enough to be quick."""

from bench.detection.logo_cases import negatives, positives, small
from bench.detection.logos import Answer, answered, banked
from detectors.logo_verdict import THRESHOLD

_EACH = 24
_SEED = 41


def _answers() -> tuple[list[Answer], list[Answer]]:
    registered, strangers = small("tune", _EACH)
    made = banked(registered)
    shown = [answered(made, case) for case in positives(registered, range(_EACH), _SEED)]
    return shown, [answered(made, case) for case in negatives(strangers, range(_EACH), _SEED)]


def test_marks_are_found_and_strangers_are_not() -> None:
    shown, bare = _answers()
    found = sum(answer.right >= THRESHOLD for answer in shown)
    assert found >= 0.7 * _EACH, [(a.case.brand, a.case.kind, a.stage) for a in shown if a.right < THRESHOLD]
    wrong = [(a.case.note, a.whose) for a in bare if a.wrong >= THRESHOLD]
    assert len(wrong) <= 1, wrong

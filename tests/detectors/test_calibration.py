"""The map from scores to probabilities: monotone, honest on names that it was not fitted on."""

import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.detection import calibrate
from bench.detection.measure import REPORT_SEED, TUNE_SEED, measure
from detectors.calibration import calibrated, knots

SCORES = st.floats(0, 1)


@given(SCORES, SCORES)
def test_the_order_of_scores_is_kept(one: float, other: float) -> None:
    assert (one <= other) <= (calibrated(one) <= calibrated(other) + 1e-12)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_it_is_a_probability(raw: float) -> None:
    assert 0 < calibrated(raw) < 1


def test_the_threshold_means_the_same_before_and_after() -> None:
    assert calibrated(0.5) == pytest.approx(0.5)
    assert calibrated(0.499) < 0.5 <= calibrated(0.5) < calibrated(0.51)


def test_knots_rise_from_end_to_end() -> None:
    table = knots()
    assert [raw for raw, _ in table] == sorted({raw for raw, _ in table})
    assert [shown for _, shown in table] == sorted(shown for _, shown in table)
    assert (table[0][0], table[-1][0]) == (0.0, 1.0)


def test_the_file_names_its_seed_and_its_pairs() -> None:
    document = json.loads(files("detectors").joinpath("data/calibration.json").read_text(encoding="utf-8"))
    assert document["seed"] == TUNE_SEED != REPORT_SEED
    assert document["pairs"] > 1_000
    assert len(document["sha256"]) == 64


def test_each_kind_has_a_map_that_keeps_the_order_and_the_threshold() -> None:
    document = json.loads(files("detectors").joinpath("data/calibration.json").read_text(encoding="utf-8"))
    assert {"trademark", "gi"} <= set(document["kinds"])
    for kind in document["kinds"]:
        table = knots(kind)
        assert [shown for _, shown in table] == sorted(shown for _, shown in table)
        assert calibrated(0.5, kind) == pytest.approx(0.5)
    assert knots("no such kind") == knots()


def test_fitting_shrinks_towards_the_raw_score() -> None:
    nothing = dict(calibrate.fit([]))
    assert nothing[0.85] == pytest.approx(0.85, abs=calibrate.SLOPE)
    sure = dict(calibrate.fit([(0.85, True)] * 5_000))
    assert sure[0.85] == pytest.approx(calibrate.MOST + calibrate.SLOPE, abs=0.01)
    doubtful = dict(calibrate.fit([(0.85, n % 2 == 0) for n in range(2_000)]))
    assert doubtful[0.85] < 0.6


def test_a_kind_with_few_pairs_stays_near_the_map_of_all() -> None:
    many = [("gi", 0.85, True)] * 500 + [("gi", 0.15, False)] * 500 + [("plant_variety", 0.85, False)]
    maps = calibrate.document(many)["kinds"]
    assert isinstance(maps, dict)
    few, common = dict(maps["plant_variety"]["knots"]), dict(maps["gi"]["knots"])
    assert common[0.85] - 0.1 < few[0.85] < common[0.85]


def test_scores_are_nearly_right_on_other_names() -> None:
    assert measure(31, 8).calibration_error < 0.04
    assert measure(31, 8, calibrate=False).calibration_error > measure(31, 8).calibration_error

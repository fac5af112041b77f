"""Where the logo verdict's zero is set."""

import numpy as np
import pytest

from bench.detection.logo_tune import fit_rows, passed_by, scores


def test_the_zero_is_where_the_share_passes() -> None:
    worst = np.random.default_rng(4).exponential(2.0, 4000).tolist()
    zero = passed_by(worst, 0.008)
    assert 0.005 <= np.mean(np.array(worst) > zero) <= 0.011


def test_one_extreme_picture_hardly_moves_it() -> None:
    worst = np.random.default_rng(5).exponential(2.0, 400).tolist()
    assert passed_by([*worst, 60.0], 0.008) < passed_by(worst, 0.008) + 6


def test_no_picture_has_no_zero() -> None:
    with pytest.raises(IndexError):
        passed_by([], 0.008)


def test_measures_that_tell_are_weighed() -> None:
    rng = np.random.default_rng(6)
    rows = [(good, rng.normal(2.0 if good else 0.0, 1.0, 5)) for good in [True, False] * 200]
    told = scores(fit_rows(rows), rows)
    assert np.mean((told > 0) == np.array([good for good, _ in rows])) > 0.95

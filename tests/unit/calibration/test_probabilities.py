"""The quality of probabilities, against hand computation and known truths."""

from __future__ import annotations

import math

import numpy as np
import pytest

from questscore.calibration import probabilities as pr
from questscore.calibration.links import log_odds, sigmoid


def test_four_rows_by_hand() -> None:
    p, y = [0.9, 0.6, 0.4, 0.1], [1, 0, 1, 0]
    assert pr.brier(p, y) == pytest.approx((0.01 + 0.36 + 0.36 + 0.01) / 4)
    assert pr.brier_skill(p, y) == pytest.approx(1 - 0.185 / 0.25)
    assert pr.log_loss(p, y) == pytest.approx(-(2 * math.log(0.9) + 2 * math.log(0.4)) / 4)
    assert pr.calibration_in_the_large(p, y) == pytest.approx(0.0)
    assert pr.ece(p, y, bins=2) == pytest.approx((abs(1 - 1.5) + abs(1 - 0.5)) / 4)


def test_a_certain_mistake_is_finite() -> None:
    assert pr.log_loss([0.0], [1]) == pytest.approx(-math.log(1e-15))


def test_the_order_of_equal_probabilities_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    p, y = rng.integers(1, 5, 200) / 5, rng.integers(0, 2, 200)
    order = rng.permutation(200)
    assert pr.reliability(p, y) == pr.reliability(p[order], y[order])
    assert sum(b.rows for b in pr.reliability(p, y)) == 200


def test_reliability_says_what_was_seen() -> None:
    bins = pr.reliability([0.2] * 5 + [0.8] * 5, [1, 0, 0, 0, 0, 1, 1, 1, 1, 0], bins=2)
    assert [b.rows for b in bins] == [5, 5]
    assert [b.predicted for b in bins] == pytest.approx([0.2, 0.8])
    assert [b.observed.value for b in bins] == [0.2, 0.8]


def test_the_slope_of_predictions_twice_too_extreme_is_a_half() -> None:
    rng = np.random.default_rng(2)
    z = rng.normal(size=40_000)
    y = (rng.random(40_000) < sigmoid(z)).astype(float)
    assert pr.calibration_slope(sigmoid(z), y) == pytest.approx(1.0, abs=0.05)
    assert pr.calibration_slope(sigmoid(2 * z), y) == pytest.approx(0.5, abs=0.03)
    assert pr.ece(sigmoid(z), y) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("measure", [pr.brier, pr.log_loss, pr.ece, pr.calibration_in_the_large])
def test_without_rows_there_is_no_measure(measure: object) -> None:
    assert callable(measure)
    assert measure([], []) is None
    assert measure([math.nan], [1]) is None


def test_one_class_and_separation_have_no_skill_and_no_slope() -> None:
    assert pr.brier_skill([0.5, 0.5], [1, 1]) is None
    assert pr.calibration_slope([0.2, 0.8], [1, 1]) is None
    assert pr.calibration_slope([0.5, 0.5], [0, 1]) is None
    assert pr.calibration_slope([0.2, 0.8], [0, 1]) is None
    assert pr.calibration_slope([0.2, 0.8, 0.8], [1, 0, 1]) is None
    assert pr.calibration_slope([0.0, 1.0, 0.5, 0.5], [0, 1, 0, 1]) is None
    assert pr.reliability([], []) == []


def test_a_probability_is_one() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        pr.brier([1.5], [1])


def test_log_odds_and_back() -> None:
    p = np.array([1e-15, 0.25, 0.5, 1 - 1e-15])
    assert sigmoid(log_odds(p)) == pytest.approx(p, rel=1e-9)

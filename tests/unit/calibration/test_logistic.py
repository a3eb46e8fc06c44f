"""The small logistic regression: its optimum, its covariance, and what has no optimum."""

from __future__ import annotations

import numpy as np
import pytest

from questscore.calibration.links import sigmoid
from questscore.calibration.logistic import fit_logistic


def test_a_table_of_two_by_two_has_the_odds_ratio_in_closed_form() -> None:
    """12 of 20 with, 5 of 25 without: log odds ratio and Woolf's variance."""
    x = np.repeat([1.0, 1.0, 0.0, 0.0], [12, 8, 5, 20])[:, None]
    y = np.repeat([1.0, 0.0, 1.0, 0.0], [12, 8, 5, 20])
    found = fit_logistic(x, y)
    assert found.converged
    assert found.coefficients == pytest.approx([np.log(5 / 20), np.log((12 * 20) / (8 * 5))], abs=1e-6)
    assert found.covariance[1, 1] == pytest.approx(1 / 12 + 1 / 8 + 1 / 5 + 1 / 20, rel=1e-6)


def test_weights_are_repeated_rows_and_units_do_not_matter() -> None:
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(80, 2)), rng.integers(1, 4, 80)
    y = (rng.random(80) < sigmoid(x[:, 0])).astype(float)
    weighted = fit_logistic(x, y, w.astype(float))
    repeated = fit_logistic(np.repeat(x, w, axis=0), np.repeat(y, w))
    assert weighted.coefficients == pytest.approx(repeated.coefficients, abs=1e-6)
    scaled = fit_logistic(x * [1e-6, 1e3] + [5.0, -7.0], y, w.astype(float))
    assert scaled.coefficients[1:] * [1e-6, 1e3] == pytest.approx(weighted.coefficients[1:], abs=1e-5)
    assert fit_logistic(x, y, start=np.array([0.0, 3.0, -2.0])).loss == pytest.approx(fit_logistic(x, y).loss)


def test_separation_one_class_and_no_rows_end_where_they_must() -> None:
    x, y = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([0.0, 0.0, 1.0, 1.0])
    apart = fit_logistic(x, y)
    assert not apart.converged
    assert np.isfinite(apart.coefficients).all() and apart.coefficients[1] > 1.0
    held = fit_logistic(x, y, ridge=1.0)
    assert held.converged and 0.0 < held.coefficients[1] < 5.0
    alone = fit_logistic(x, np.zeros(4))
    assert np.isfinite(alone.coefficients).all() and alone.coefficients[0] < -10.0
    none = fit_logistic(np.empty((0, 1)), np.empty(0))
    assert (none.coefficients.tolist(), none.converged) == ([0.0, 0.0], False)


def test_a_constant_column_has_no_slope() -> None:
    x = np.column_stack([np.full(20, 3.0), np.arange(20.0)])
    y = (np.arange(20) % 3 == 0).astype(float)
    found = fit_logistic(x, y)
    assert found.coefficients[1] == 0.0 and found.covariance[1, 1] == 0.0
    assert found.coefficients[2] == pytest.approx(fit_logistic(x[:, 1:], y).coefficients[1], abs=1e-6)

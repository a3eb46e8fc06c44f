"""Whole points: what they keep, what they may not do, and what they cost."""

from __future__ import annotations

import numpy as np
import pytest

from questscore.calibration.integers import NICE, whole_points
from questscore.calibration.links import sigmoid
from questscore.calibration.logistic import fit_logistic
from questscore.calibration.solver import Fit, fit_points
from questscore.calibration.statistics import auc


def a_fit(seed: int, *, n: int = 1500, held: bool = False, table: bool = True) -> tuple[Fit, np.ndarray]:
    rng = np.random.default_rng(seed)
    design = rng.poisson(rng.gamma(0.7, 1.0, (n, 1)) * [2.0, 1.0, 3.0, 1.0, 2.0]).astype(float)
    true = np.array([10.0, 5.0, 2.0, -3.0, 0.0])
    z = np.arcsinh(design @ true / 5.0)
    happened = (rng.random(n) < sigmoid(z - 2.0)).astype(float)
    fit = fit_points(
        design,
        happened,
        signs=[1, 1, 1, -1, 1],
        prior=[5, 5, 5, -5, 5] if table else None,
        held=rng.gamma(1.0, 3.0, n) if held else None,
    )
    return fit, design


@pytest.mark.parametrize("maximum", [10, 20, 100])
@pytest.mark.parametrize("table", [True, False], ids=["table", "free"])
def test_whole_points_keep_signs_zeros_and_the_maximum_and_cost_little(maximum: int, table: bool) -> None:
    fit, design = a_fit(1, table=table)
    found = whole_points(fit, maximum=maximum)
    assert found.points.tolist() == np.round(found.points).tolist()
    assert 0.5 * maximum <= np.abs(found.points).max() <= maximum
    assert (found.points * fit.points >= 0.0).all()
    assert (found.points[fit.points == 0.0] == 0.0).all()
    assert fit.problem is not None
    y = fit.problem.outcomes
    exact, whole = auc(fit.score(design), y), auc(design @ found.points, y)
    assert exact is not None and whole is not None
    assert whole >= exact - (0.002 if maximum <= 10 else 0.001)


def test_no_single_point_more_or_less_is_better() -> None:
    """With at most 10 points and five rules three sweeps come to rest."""
    fit, design = a_fit(2)
    found = whole_points(fit, maximum=10)
    assert fit.problem is not None
    y = fit.problem.outcomes

    def loss(points: np.ndarray) -> float:
        return fit_logistic(np.arcsinh(design @ points / found.s0)[:, None], y).loss

    assert loss(found.points) == pytest.approx(found.loss, rel=1e-9)
    for k in np.flatnonzero(found.points):
        for step in (-1.0, 1.0):
            other = found.points + step * np.eye(5)[k]
            if abs(other[k]) <= 10.0:
                assert loss(other) >= found.loss * (1.0 - 1e-9)


def test_nice_numbers_are_nice_and_cost_a_thousandth_at_most() -> None:
    fit, _ = a_fit(3)
    plain, nice = whole_points(fit), whole_points(fit, nice=True)
    assert all(abs(p) in (0, *NICE) for p in nice.points)
    assert nice.loss < plain.loss * 1.001


def test_a_held_part_sets_the_unit() -> None:
    fit, _ = a_fit(4, held=True)
    found = whole_points(fit, maximum=10)
    assert (found.multiplier, found.s0) == (1.0, fit.s0)
    assert np.abs(found.points - fit.points).max() <= 3.5


def test_without_points_or_outcomes_rounding_is_all_there_is() -> None:
    none = fit_points(np.ones((4, 2)), np.ones(4), signs=[1, 1], prior=[2.6, 1.2])
    assert whole_points(none).points.tolist() == [3.0, 1.0]
    zero = fit_points(np.zeros((4, 2)), [0, 1, 0, 1], signs=[1, 1])
    assert whole_points(zero).points.tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match="at least 1"):
        whole_points(zero, maximum=0)


def test_separation_still_rounds() -> None:
    design = np.column_stack([np.repeat([1.0, 0.0], 20), np.tile([1.0, 0.0], 20)])
    fit = fit_points(design, np.repeat([1.0, 0.0], 20), signs=[1, 1], prior=[3.0, 3.0])
    found = whole_points(fit, maximum=10)
    assert np.isfinite(found.points).all() and found.points[0] > found.points[1]


@pytest.mark.parametrize("maximum", [7, 12, 90])
def test_nice_numbers_are_no_larger_than_the_largest_point(maximum: int) -> None:
    for seed in range(4):
        found = whole_points(a_fit(seed)[0], maximum=maximum, nice=True)
        assert np.abs(found.points).max() <= maximum

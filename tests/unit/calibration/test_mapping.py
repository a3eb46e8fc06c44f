"""The map to a probability: its truth, its words, its monotone curve, and odd scores."""

from __future__ import annotations

import math

import numpy as np
import pytest

from questscore.calibration.links import sigmoid
from questscore.calibration.mapping import ScoreMap, fit_map, pooled
from questscore.calibration.probabilities import ece


def a_sample(n: int, seed: int, alpha: float = -3.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    scores = rng.gamma(0.7, 40.0, n)
    return scores, (rng.random(n) < sigmoid(alpha + 1.3 * np.arcsinh(scores / 8.0))).astype(float)


def test_the_true_map_is_found() -> None:
    scores, happened = a_sample(40_000, 1)
    found = fit_map(scores, happened)
    assert found is not None
    at = np.array([0.0, 5.0, 20.0, 100.0, 300.0])
    truth = sigmoid(-3.0 + 1.3 * np.arcsinh(at / 8.0))
    assert found.probability(at) == pytest.approx(truth, abs=0.02)
    assert found.monotone(at[1:4]) == pytest.approx(truth[1:4], abs=0.06)
    given = fit_map(scores, happened, s0=8.0)
    assert given is not None and given.s0 == 8.0
    assert [given.alpha, given.beta] == pytest.approx([-3.0, 1.3], abs=0.1)
    error = ece(found.probability(scores), happened)
    assert error is not None and error < 0.01


def test_no_other_unit_is_likelier() -> None:
    scores, happened = a_sample(3000, 2)
    found = fit_map(scores, happened)
    assert found is not None

    def loss(one: ScoreMap | None) -> float:
        assert one is not None
        p = one.probability(scores)
        return float(-np.log(np.where(happened == 1.0, p, 1.0 - p)).sum())

    for factor in (0.3, 0.8, 1.25, 3.0):
        assert loss(found) <= loss(fit_map(scores, happened, s0=found.s0 * factor)) + 1e-3


@pytest.mark.parametrize("near", [-20.0, 0.0, 12.0, 300.0])
def test_that_many_points_more_double_the_odds(near: float) -> None:
    made = ScoreMap(alpha=-1.0, beta=0.8, s0=10.0)
    p, q = made.probability([near, near + made.doubling(near)])
    assert q / (1 - q) == pytest.approx(2.0 * p / (1 - p), rel=1e-12)


def test_the_monotone_curve_needs_a_thousand_of_each_class() -> None:
    scores, happened = a_sample(20_000, 3)
    positives, negatives = np.flatnonzero(happened == 1.0), np.flatnonzero(happened == 0.0)
    for count, there in ((999, False), (1000, True)):
        rows = np.concatenate([positives[:count], negatives[:3000]])
        found = fit_map(scores[rows], happened[rows])
        assert found is not None and bool(len(found.scores)) == there
    assert found is not None
    grid = np.linspace(-10.0, 2000.0, 500)
    for values in (found.monotone(grid), found.probability(grid)):
        assert (np.diff(values) >= 0.0).all() and values.min() >= 0.0 and values.max() <= 1.0


def naive_isotonic(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The max-min formula (Barlow et al. 1972): max over starts of the min over ends of the mean between."""
    n = len(x)
    mean = np.array(
        [
            [w[a : b + 1] @ y[a : b + 1] / w[a : b + 1].sum() if b >= a else np.nan for b in range(n)]
            for a in range(n)
        ]
    )
    return np.array([max(np.nanmin(mean[a, k:]) for a in range(k + 1)) for k in range(n)])


def test_pooling_is_the_max_min_formula() -> None:
    rng = np.random.default_rng(4)
    for _ in range(20):
        x, w = np.arange(12.0), rng.random(12) + 0.1
        y = rng.random(12) + 0.05 * x
        corners, values = pooled(x, y, w)
        assert np.interp(x, corners, values) == pytest.approx(naive_isotonic(x, y, w), abs=1e-12)


def test_equal_scores_are_one_whatever_their_order() -> None:
    x, y = np.array([1.0, 2.0, 2.0, 2.0, 3.0]), np.array([0.0, 1.0, 0.0, 1.0, 1.0])
    corners, values = pooled(x, y, np.ones(5))
    assert corners.tolist() == [1.0, 2.0, 3.0]
    assert values == pytest.approx([0.0, 2 / 3, 1.0])
    again = pooled(x[::-1], y[::-1], np.ones(5))
    assert [a.tolist() for a in again] == [corners.tolist(), values.tolist()]


def test_one_class_constant_scores_nan_and_separation() -> None:
    assert fit_map([1, 2], [1, 1]) is None
    assert fit_map([], []) is None
    assert fit_map([math.nan, 1.0], [0, 1]) is None
    for value in (0.0, 7.0):
        constant = fit_map([value] * 4, [1, 0, 0, 0])
        assert constant is not None
        assert constant.probability(value) == pytest.approx(0.25, abs=1e-6)
    apart = fit_map([1, 2, 3, 4], [0, 0, 1, 1])
    assert apart is not None
    p = apart.probability([1, 2, 3, 4, math.nan])
    assert p[1] < 0.5 < p[2] and math.isnan(p[4])


def test_a_score_that_ranks_the_wrong_way_gets_the_smallest_slope() -> None:
    found = fit_map([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 1, 0])
    assert found is not None
    assert found.beta == 0.05
    assert found.probability([1, 2, 3, 4, 5, 6]).mean() == pytest.approx(4 / 6, abs=1e-9)

"""The inner problem: closed forms, and optimality by its conditions."""

from __future__ import annotations

import numpy as np
import pytest

from questscore.calibration.quadratic import minimise_quadratic

INF = np.inf


def test_without_bounds_and_l1_it_is_the_newton_step() -> None:
    hessian = np.array([[2.0, 1.0], [1.0, 3.0]])
    at, gradient = np.array([1.0, -1.0]), np.array([0.5, 4.0])
    free = np.full(2, INF)
    x = minimise_quadratic(gradient, hessian, at, np.zeros(2), -free, free)
    assert x == pytest.approx(at - np.linalg.solve(hessian, gradient), abs=1e-9)


def test_a_diagonal_problem_is_soft_threshold_and_clip() -> None:
    gradient, at = np.array([-3.0, -0.5, 3.0, -9.0]), np.zeros(4)
    lower, upper = np.array([-INF, -INF, 0.0, -INF]), np.array([INF, INF, INF, 2.0])
    x = minimise_quadratic(gradient, np.eye(4), at, np.ones(4), lower, upper)
    assert x.tolist() == [2.0, 0.0, 0.0, 2.0]


@pytest.mark.parametrize("seed", range(40))
def test_at_the_end_no_coordinate_wants_to_move(seed: int) -> None:
    """Nearly collinear Hessians, some bounds, some L1: the subgradient conditions hold."""
    rng = np.random.default_rng(seed)
    k = 12
    root = rng.normal(size=(k, k)) * 10.0 ** rng.uniform(-3, 1, k)
    root[:, 1] = root[:, 0] * 1.5 + 1e-5 * root[:, 1]
    hessian = root.T @ root
    hessian += np.diag(1e-9 * np.diag(hessian))
    gradient = hessian @ rng.normal(size=k)
    l1 = np.where(rng.random(k) < 0.5, np.sqrt(np.diag(hessian)) * 0.1, 0.0)
    lower = np.where(rng.random(k) < 0.5, 0.0, -INF)
    upper = np.where(rng.random(k) < 0.3, 1.0, INF)
    at = np.clip(rng.normal(size=k), lower, upper)
    x = minimise_quadratic(gradient, hessian, at, l1, lower, upper)
    assert ((x >= lower) & (x <= upper)).all()
    slope = gradient + hessian @ (x - at)
    up = slope + np.where(x >= 0.0, l1, -l1)  # the slope when it grows
    down = -slope + np.where(x <= 0.0, l1, -l1)  # and when it falls
    tolerance = 1e-6 * np.sqrt(np.diag(hessian))
    assert (up >= -tolerance)[x < upper].all()
    assert (down >= -tolerance)[x > lower].all()

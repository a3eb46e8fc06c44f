"""The fit of points: at the optimum another solver finds, under every odd input, and by its laws."""

from __future__ import annotations

import math

import numpy as np
import pytest

from questscore.calibration.links import sigmoid
from questscore.calibration.objective import Objective, build
from questscore.calibration.solver import Fit, fit_points

Case = tuple[np.ndarray, np.ndarray, np.ndarray]


def a_log(n: int, rules: int, seed: int, losing: int = 0) -> Case:
    """Counts that share a frailty, outcomes from whole points; the first ``losing`` points are negative."""
    rng = np.random.default_rng(seed)
    often = rng.gamma(0.7, 1.0, (n, 1)) * rng.gamma(1.0, 1.0, rules) * 2.0
    design = rng.poisson(often) * rng.random((n, rules))
    points = rng.integers(0, 11, rules).astype(float)
    points[:losing] *= -1.0
    z = np.arcsinh(design @ points / 5.0)
    return design, (rng.random(n) < sigmoid(z - z.mean() - 1.0)).astype(float), points


def by_bfgs(problem: Objective, starts: list[np.ndarray]) -> float:
    """The least objective of L-BFGS-B, each point split into its positive and its negative part."""
    optimize = pytest.importorskip("scipy.optimize")
    count = problem.design.shape[1]
    low, high = problem.lower, problem.upper
    bounds = [(max(a, 0.0), max(b, 0.0)) for a, b in zip(low[:count], high[:count], strict=True)]
    bounds += [(max(-b, 0.0), max(-a, 0.0)) for a, b in zip(low[:count], high[:count], strict=True)]
    bounds += list(zip(low[count:], high[count:], strict=True))

    def objective(v: np.ndarray) -> tuple[float, np.ndarray]:
        theta = np.concatenate([v[:count] - v[count : 2 * count], v[2 * count :]])
        off = theta - problem.centre
        value = problem.unit * problem.loss(theta) + 0.5 * float(problem.quadratic @ off**2)
        x, z = problem.rows(theta, 0, len(problem.outcomes))
        residual = problem.weights * (sigmoid(z) - problem.outcomes)
        slope = problem.unit * (residual @ x) + problem.quadratic * off
        l1 = problem.l1[:count]
        value += float(l1 @ (v[:count] + v[count : 2 * count]))
        return value, np.concatenate([slope[:count] + l1, l1 - slope[:count], slope[count:]])

    best = math.inf
    for start in starts:
        parts = [np.maximum(start[:count], 0.0), np.maximum(-start[:count], 0.0), start[count:]]
        v = np.concatenate(parts)
        for _ in range(3):
            options = {"maxiter": 20_000, "maxfun": 50_000, "ftol": 1e-15, "gtol": 1e-10, "maxcor": 30}
            v = optimize.minimize(objective, v, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
        best = min(best, objective(v)[0])
    return best


@pytest.mark.parametrize("table", [True, False], ids=["table", "free"])
@pytest.mark.parametrize("free_signs", [False, True], ids=["signed", "any sign"])
@pytest.mark.parametrize(("n", "rules", "seed"), [(300, 4, 0), (300, 4, 1), (1000, 8, 2), (2000, 24, 3)])
def test_the_objective_is_that_of_l_bfgs_b(
    n: int, rules: int, seed: int, free_signs: bool, table: bool
) -> None:
    design, happened, points = a_log(n, rules, seed, losing=2)
    signs = np.zeros(rules) if free_signs else np.where(points < 0, -1.0, 1.0)
    prior = np.where(points < 0, -5.0, 5.0) if table else None
    fit = fit_points(design, happened, signs=signs, prior=prior)
    problem, starts = build(design, happened, np.ones(n), np.zeros(n), signs, prior, 1.0)
    assert fit.converged
    assert fit.objective == pytest.approx(problem.value(fit.theta), rel=1e-14)
    assert fit.objective == pytest.approx(by_bfgs(problem, starts), rel=1e-6)


def test_weights_and_what_is_held_reach_the_optimum_too() -> None:
    design, happened, _ = a_log(600, 5, 4)
    rng = np.random.default_rng(4)
    weights, held = rng.random(600) + 0.2, rng.gamma(1.0, 5.0, 600)
    for prior in (np.full(5, 3.0), None):
        fit = fit_points(design, happened, signs=np.ones(5), prior=prior, weights=weights, held=held)
        problem, starts = build(design, happened, weights, held, np.ones(5), prior, 1.0)
        assert fit.converged
        assert fit.objective == pytest.approx(by_bfgs(problem, starts), rel=1e-6)


@pytest.mark.parametrize("prior", [None, np.array([4.0, -2.0, 1.0])], ids=["free", "table"])
def test_no_small_move_within_the_signs_is_better(prior: np.ndarray | None) -> None:
    design, happened, _ = a_log(400, 3, 5, losing=1)
    fit = fit_points(design, happened, signs=[-1, 0, 1], prior=prior)
    assert fit.problem is not None
    rng = np.random.default_rng(5)
    for size in (1e-2, 1e-4):
        for move in rng.normal(size=(50, 6)):
            there = np.clip(
                fit.theta + size * move * np.maximum(np.abs(fit.theta), 0.1),
                fit.problem.lower,
                fit.problem.upper,
            )
            assert fit.problem.value(there) >= fit.objective - 1e-10 * abs(fit.objective)


def test_many_outcomes_give_the_true_ratios() -> None:
    rng = np.random.default_rng(6)
    design = rng.poisson(rng.gamma(1.0, 1.0, (60_000, 1)) * [2.0, 1.0, 3.0]).astype(float)
    z = -2.0 + 1.2 * np.arcsinh(design @ [2.0, 10.0, 0.0] / 4.0)
    fit = fit_points(design, rng.random(60_000) < sigmoid(z), signs=[1, 1, 1])
    assert fit.points / fit.points[1] == pytest.approx([0.2, 1.0, 0.0], abs=0.02)


def test_signs_are_respected_whatever_the_data_say() -> None:
    design, happened, _ = a_log(500, 4, 7)
    for prior in (None, np.full(4, 5.0)):
        fit = fit_points(design, happened, signs=[-1, 1, -1, 1], prior=prior)
        assert (fit.points * [-1, 1, -1, 1] >= 0.0).all()


def test_ten_outcomes_leave_the_table_nearly_as_it_is_and_thousands_do_not() -> None:
    design, happened, _ = a_log(20_000, 4, 8)
    table = np.array([1.0, 10.0, 1.0, 10.0])
    first = np.flatnonzero(np.cumsum(happened) == 10)[0] + 1
    few = fit_points(design[:first], happened[:first], signs=np.ones(4), prior=table, tau=0.5)
    many = fit_points(design, happened, signs=np.ones(4), prior=table)
    off = [np.abs(fit.points / fit.points.sum() - table / table.sum()).sum() for fit in (few, many)]
    assert off[0] < 0.5 * off[1]


def test_a_table_in_other_units_gives_the_points_in_those_units() -> None:
    design, happened, _ = a_log(500, 3, 9)
    held = np.random.default_rng(9).gamma(1.0, 2.0, 500)
    one = fit_points(design, happened, signs=[1, 1, 1], prior=[5, 5, 5], held=held)
    ten = fit_points(design, happened, signs=[1, 1, 1], prior=[50, 50, 50], held=10 * held)
    assert ten.points == pytest.approx(10 * one.points, rel=1e-4)
    assert ten.s0 == pytest.approx(10 * one.s0, rel=1e-3)


def test_without_a_table_a_column_in_other_units_gets_the_inverse_points() -> None:
    design, happened, _ = a_log(500, 3, 10)
    one = fit_points(design, happened, signs=[1, 1, 1])
    other = fit_points(design * [1.0, 100.0, 0.01], happened, signs=[1, 1, 1])
    assert other.points * [1.0, 100.0, 0.01] == pytest.approx(one.points, rel=1e-3, abs=1e-6)


def test_a_weight_of_three_is_three_rows() -> None:
    design, happened, _ = a_log(200, 2, 11)
    times = np.random.default_rng(11).integers(0, 4, 200)
    weighted = fit_points(design, happened, signs=[1, 1], prior=[2, 3], weights=times)
    repeated = fit_points(
        np.repeat(design, times, axis=0), np.repeat(happened, times), signs=[1, 1], prior=[2, 3]
    )
    assert weighted.objective == pytest.approx(repeated.objective, rel=1e-9)
    assert weighted.points == pytest.approx(repeated.points, rel=1e-4)


def test_a_warm_start_ends_where_a_cold_one_does_and_repeats_are_equal() -> None:
    design, happened, _ = a_log(500, 4, 12)
    cold = fit_points(design, happened, signs=np.ones(4), prior=np.full(4, 5.0))
    again = fit_points(design, happened, signs=np.ones(4), prior=np.full(4, 5.0))
    warm = fit_points(design, happened, signs=np.ones(4), prior=np.full(4, 5.0), start=cold)
    assert again.theta.tolist() == cold.theta.tolist()
    assert warm.objective == pytest.approx(cold.objective, rel=1e-10)


def defined(fit: Fit) -> bool:
    return bool(np.isfinite([*fit.points, fit.alpha, fit.beta, fit.s0]).all() and fit.s0 > 0.0)


@pytest.mark.parametrize("prior", [None, np.array([4.0, 2.0])], ids=["free", "table"])
def test_separation_keeps_the_points(prior: np.ndarray | None) -> None:
    """A rule that is the outcome: points stay finite and positive; undamped steps would zero the table."""
    rng = np.random.default_rng(13)
    happened = np.repeat([1.0, 0.0], 100)
    design = np.column_stack([happened, rng.poisson(1.0, 200)])
    fit = fit_points(design, happened, signs=[1, 1], prior=prior)
    assert defined(fit) and fit.points[0] > 0.0
    p = fit.probability(design)
    assert p[:100].min() > 0.6 > 0.4 > p[100:].max()


@pytest.mark.parametrize("outcome", [0.0, 1.0])
@pytest.mark.parametrize("prior", [None, np.array([4.0, 2.0])], ids=["free", "table"])
def test_one_class_changes_nothing(prior: np.ndarray | None, outcome: float) -> None:
    fit = fit_points(np.ones((5, 2)), np.full(5, outcome), signs=[1, 1], prior=prior)
    assert fit.status == "one class" and not fit.converged and defined(fit)
    assert fit.points.tolist() == ([0.0, 0.0] if prior is None else [4.0, 2.0])
    assert (fit.alpha > 0.0) == (outcome == 1.0)


@pytest.mark.parametrize("prior", [None, [4.0, 2.0]], ids=["free", "table"])
def test_no_row_and_one_row(prior: list[float] | None) -> None:
    for rows in (0, 1):
        fit = fit_points(np.ones((rows, 2)), np.ones(rows), signs=[1, 1], prior=prior)
        assert defined(fit) and fit.rows == rows
    assert fit_points(np.ones((2, 2)), [0, 1], signs=[1, 1], weights=[0, 0]).status == "no rows"


def test_a_column_of_zeros_keeps_its_prior_or_0() -> None:
    design, happened, _ = a_log(300, 3, 14)
    design[:, 1] = 0.0
    assert fit_points(design, happened, signs=[1, 1, 1]).points[1] == 0.0
    held = fit_points(design, happened, signs=[1, 1, 1], prior=[1, 7, 3])
    assert held.points[1] == pytest.approx(7.0, rel=1e-9)


def test_a_design_of_zeros_and_a_constant_score_give_the_base_rate() -> None:
    happened = np.array([1.0, 0.0, 0.0, 0.0])
    for design in (np.zeros((4, 2)), np.ones((4, 2)), np.empty((4, 0))):
        for prior in (None, np.full(design.shape[1], 3.0)):
            fit = fit_points(design, happened, signs=np.ones(design.shape[1]), prior=prior)
            assert defined(fit) and fit.converged
            assert fit.probability(design) == pytest.approx(np.full(4, 0.25), abs=1e-3)


def test_rows_with_nan_are_left_out() -> None:
    design, happened, _ = a_log(200, 2, 15)
    holed, missing = design.copy(), happened.copy()
    holed[3, 0], missing[8] = math.nan, math.nan
    fit = fit_points(holed, missing, signs=[1, 1], prior=[2, 3])
    kept = np.delete(np.arange(200), [3, 8])
    want = fit_points(design[kept], happened[kept], signs=[1, 1], prior=[2, 3])
    assert fit.theta.tolist() == want.theta.tolist()
    assert (fit.rows, int(fit.used.sum())) == (198, 198)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"signs": [1, 2]}, "signs"),
        ({"signs": [1]}, "signs"),
        ({"prior": [1.0, math.nan]}, "table"),
        ({"weights": [1.0, -1.0]}, "weight"),
        ({"held": [1.0]}, "rows"),
        ({"tau": 0.0}, "width"),
    ],
)
def test_arguments_that_cannot_be_are_refused(bad: dict[str, object], message: str) -> None:
    arguments: dict[str, object] = {"signs": [1, 1], **bad}
    with pytest.raises(ValueError, match=message):
        fit_points(np.ones((2, 2)), [0, 1], **arguments)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="row for each"):
        fit_points(np.ones(2), [0, 1], signs=[1])

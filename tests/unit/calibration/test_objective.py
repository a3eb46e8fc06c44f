"""The objective: its slope by differences, its Hessian row by row, whatever the chunks."""

from __future__ import annotations

import math

import numpy as np
import pytest

from questscore.calibration import objective
from questscore.calibration.objective import build

RNG = np.random.default_rng(1)
DESIGN = RNG.poisson(1.0, (90, 3)).astype(float)
HAPPENED = (RNG.random(90) < 0.4).astype(float)
WEIGHTS, HELD = RNG.random(90), RNG.random(90)
THETA = np.array([1.0, 2.0, 0.5, -0.3, 1.4, math.log(2.0)])


@pytest.mark.parametrize("prior", [None, np.array([2.0, 0.0, 4.0])], ids=["free", "table"])
def test_the_gradient_is_the_slope_of_the_value(prior: np.ndarray | None) -> None:
    made, _ = build(DESIGN, HAPPENED, WEIGHTS, HELD, np.ones(3), prior, 0.7)
    gradient, _ = made.expansion(THETA)
    slope = gradient + made.l1 * np.sign(THETA)
    for k in range(6):
        step = 1e-6 * np.eye(6)[k]
        rise = (made.value(THETA + step) - made.value(THETA - step)) / 2e-6
        assert slope[k] == pytest.approx(rise, rel=1e-6, abs=1e-8)


def test_the_penalty_of_a_table_is_the_one_that_is_said() -> None:
    """tau 0.5; the second rule has no points, so its width is 5 % of the largest."""
    made, _ = build(DESIGN, HAPPENED, WEIGHTS, HELD, np.ones(3), np.array([2.0, 0.0, 4.0]), 0.5)
    widths = 0.5 * np.array([2.0, 0.2, 4.0])
    want = 0.5 * (((THETA[:3] - [2.0, 0.0, 4.0]) / widths) ** 2).sum() + 0.5 * 0.4**2
    assert made.penalty(THETA) == pytest.approx(want)
    z = THETA[3] + 1.4 * np.arcsinh((HELD + DESIGN @ THETA[:3]) / 2.0)
    p = 1.0 / (1.0 + np.exp(-z))
    loss = -(WEIGHTS * np.log(np.where(HAPPENED == 1.0, p, 1.0 - p))).sum()
    assert made.value(THETA) == pytest.approx(loss + want)


def test_the_penalty_without_a_table_counts_in_units_of_each_column() -> None:
    made, starts = build(DESIGN, HAPPENED, WEIGHTS, np.zeros(90), np.ones(3), None, 1.0)
    sc = np.sqrt((WEIGHTS[:, None] * DESIGN**2).sum(axis=0) / WEIGHTS.sum())
    want = 3e-4 * (THETA[:3] * sc).sum() + 0.5e-4 * ((THETA[:3] * sc) ** 2).sum()
    assert made.penalty(THETA) == pytest.approx(want)
    assert made.unit == pytest.approx(1.0 / WEIGHTS.sum())
    assert [s[-1] for s in starts] == [0.0, 0.0]
    mean = [float(WEIGHTS @ made.score(s)) / WEIGHTS.sum() for s in starts]
    assert mean == pytest.approx([10.0, 100.0])  # s0 = 1 is 0.1 and 0.01 of it


def test_the_hessian_is_gauss_newton_and_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = build(DESIGN, HAPPENED, WEIGHTS, HELD, np.ones(3), np.array([2.0, 1.0, 4.0]), 1.0)
    whole = made.expansion(THETA)
    x = np.empty((90, 6))
    for k in range(6):
        step = 1e-6 * np.eye(6)[k]
        x[:, k] = (made.log_odds(THETA + step) - made.log_odds(THETA - step)) / 2e-6
    p = 1.0 / (1.0 + np.exp(-made.log_odds(THETA)))
    want = (x * (WEIGHTS * p * (1 - p))[:, None]).T @ x + np.diag(made.quadratic)
    assert whole[1] == pytest.approx(want, rel=1e-6, abs=1e-7)
    monkeypatch.setattr(objective, "_CHUNK", 7)
    parts = made.expansion(THETA)
    assert parts[0] == pytest.approx(whole[0], rel=1e-12, abs=1e-12)
    assert parts[1] == pytest.approx(whole[1], rel=1e-12, abs=1e-12)

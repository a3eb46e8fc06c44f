"""Draws of accounts, one-step refits held to full ones, and what the draws say of each rule."""

from __future__ import annotations

import numpy as np
import pytest

from questscore.calibration import bootstrap
from questscore.calibration.bootstrap import AccountDraws, interchangeable, one_step, stability
from questscore.calibration.links import sigmoid
from questscore.calibration.solver import fit_points

TRUE = np.array([10.0, 5.0, 2.0, 0.0])


def a_log(accounts: int, cutoffs: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of accounts at several cutoffs, out of order: what an account does, it does at each of them."""
    rng = np.random.default_rng(seed)
    who = np.tile(np.arange(accounts), cutoffs)
    often = rng.gamma(0.7, 1.0, (accounts, 1)) * rng.gamma(1.0, 1.0, (accounts, 4)) * [1.0, 2.0, 3.0, 2.0]
    design = rng.poisson(often[who]).astype(float)
    z = np.arcsinh(design @ TRUE / 5.0)
    happened = (rng.random(len(who)) < sigmoid(1.2 * z - 2.5)).astype(float)
    return design, happened, who


def test_draws_are_whole_accounts_and_of_their_seed() -> None:
    names = ["b", "a", "b", "c"]
    draws = AccountDraws.of(names, draws=50, seed=3)
    assert draws.counts.sum(axis=1).tolist() == [3] * 50
    for number in range(50):
        weights = draws.weights(number)
        assert weights[0] == weights[2]
    assert AccountDraws.of(names, 8, 3).counts.tolist() == draws.counts[:8].tolist()
    assert AccountDraws.of(names, 8, 4).counts.tolist() != draws.counts[:8].tolist()
    assert AccountDraws.of([], 2, 0).counts.shape == (2, 0)


@pytest.mark.parametrize("prior", [None, np.full(4, 5.0)], ids=["free", "table"])
def test_one_step_has_the_quantiles_of_full_refits(prior: np.ndarray | None) -> None:
    """5,000 subjects, 60 draws: quantiles within a third of a standard deviation of the draws."""
    design, happened, who = a_log(5000, 1, 1)
    fit = fit_points(design, happened, signs=np.ones(4), prior=prior)
    draws = AccountDraws.of(who, 60, seed=1)
    quick = one_step(fit, draws)
    full = [
        fit_points(design, happened, signs=np.ones(4), prior=prior, weights=draws.weights(b), start=fit)
        for b in range(60)
    ]
    slow = np.array([found.points for found in full])
    shares = [points / points.max(axis=1, keepdims=True) for points in (quick.points, slow)]
    spread = shares[1].std(axis=0) + 0.002
    for q in (0.05, 0.5, 0.95):
        gap = np.quantile(shares[0], q, axis=0) - np.quantile(shares[1], q, axis=0)
        assert (np.abs(gap) <= spread / 3.0).all()
    if prior is not None:  # without a table the penalty counts in units that move with the draw
        off = quick.objective - [found.objective for found in full]
        assert np.median(np.abs(off)) < 0.2  # beside the 1.92 that tells half-lives apart


def test_one_step_does_not_depend_on_the_order_of_rows_nor_on_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    design, happened, who = a_log(200, 3, 2)
    order = np.random.default_rng(2).permutation(600)
    fits = [
        fit_points(design[rows], happened[rows], signs=np.ones(4), prior=TRUE + 1.0)
        for rows in (np.arange(600), order)
    ]
    first = one_step(fits[0], AccountDraws.of(who, 5, seed=2))
    second = one_step(fits[1], AccountDraws.of(who[order], 5, seed=2))
    assert second.points == pytest.approx(first.points, rel=1e-5, abs=1e-6)
    monkeypatch.setattr(bootstrap, "_ROWS", 17)
    third = one_step(fits[0], AccountDraws.of(who, 5, seed=2))
    assert third.theta == pytest.approx(first.theta, rel=1e-9, abs=1e-9)


def test_rows_the_fit_left_out_are_left_out_of_the_draws() -> None:
    design, happened, who = a_log(100, 2, 3)
    holed = design.copy()
    holed[7, 1] = np.nan
    fit = fit_points(holed, happened, signs=np.ones(4), prior=TRUE + 1.0)
    other = fit_points(
        np.delete(design, 7, axis=0), np.delete(happened, 7), signs=np.ones(4), prior=TRUE + 1.0
    )
    draws = AccountDraws.of(who, 5, seed=3)
    want = AccountDraws(np.delete(draws.row, 7), draws.counts)
    assert one_step(fit, draws).theta.tolist() == one_step(other, want).theta.tolist()


def test_what_had_nothing_to_fit_is_repeated() -> None:
    fit = fit_points(np.ones((3, 1)), [1, 1, 1], signs=[1], prior=[2.0])
    assert one_step(fit, AccountDraws.of([1, 2, 3], 4, 0)).points.tolist() == [[2.0]] * 4


def test_several_rows_of_an_account_widen_the_interval() -> None:
    """The same rows read as accounts of their own look surer than they are."""
    design, happened, who = a_log(600, 1, 4)
    design, happened, who = np.tile(design, (4, 1)), np.tile(happened, 4), np.tile(who, 4)
    fit = fit_points(design, happened, signs=np.ones(4), prior=np.full(4, 5.0))
    by_account = one_step(fit, AccountDraws.of(who, 100, 4)).points.std(axis=0)
    by_row = one_step(fit, AccountDraws.of(np.arange(2400), 100, 4)).points.std(axis=0)
    assert (by_account[:3] > 1.5 * by_row[:3]).all()


def test_labels() -> None:
    rng = np.random.default_rng(5)
    draws = 3.0 * np.column_stack(
        [np.full(400, 10.0), rng.normal(5.0, 0.3, 400), rng.normal(4.0, 1.2, 400), rng.normal(1.0, 2.0, 400)]
    )
    draws[:, 3] = np.minimum(draws[:, 3], 30.0)
    found = stability([10.0, 5.0, 4.0, 1.0], draws)
    assert [f.label for f in found] == ["firm", "firm", "soft", "not distinguishable"]
    assert found[1].low == pytest.approx(5.0 - 1.645 * 0.3, abs=0.1)
    assert (found[0].low, found[0].high, found[0].positive) == (10.0, 10.0, 1.0)
    assert found[3].positive == (draws[:, 3] > 0.0).mean()


def test_a_width_of_half_the_value_is_no_longer_firm() -> None:
    """Beside a rule that never moves: from 4 to 5.9 is firm for 4, from 4 to 6.1 is not."""
    for high, label in ((5.9, "firm"), (6.1, "soft")):
        draws = np.column_stack([np.full(100, 20.0), np.where(np.arange(100) < 50, 4.0, high)])
        assert stability([20.0, 4.0], draws)[1].label == label


def test_labels_of_odd_draws() -> None:
    assert [s.label for s in stability([0.0, 0.0], np.zeros((5, 2)))] == ["not distinguishable"] * 2
    assert stability([3.0], np.empty((0, 1)))[0].label == "not distinguishable"
    assert stability([-3.0], np.full((5, 1), -1.0))[0] == bootstrap.PointStability(-3.0, -3.0, 0.0, "firm")


def test_rules_that_stand_in_for_each_other_are_found() -> None:
    rng = np.random.default_rng(6)
    a, b, c = rng.normal(size=(3, 300))
    draws = np.column_stack([a + 0.1 * c, b, -a + 0.1 * c, np.ones(300), -b])
    assert interchangeable(draws) == [(0, 2), (1, 4)]
    assert interchangeable(np.column_stack([a, b, a + b])) == []
    assert interchangeable(np.empty((0, 2))) == []


def test_three_rules_of_one_sum_are_one_group() -> None:
    rng = np.random.default_rng(7)
    draws = rng.normal(size=(300, 3))
    draws -= draws.mean(axis=1, keepdims=True)
    assert interchangeable(draws) == [(0, 1, 2)]


def test_columns_of_the_same_events_are_interchangeable() -> None:
    """Two rules that nearly always come together: the fit knows their sum, not the parts."""
    rng = np.random.default_rng(8)
    one = rng.poisson(rng.gamma(1.0, 2.0, 1500)).astype(float)
    design = np.column_stack([one, one + rng.poisson(0.05, 1500), rng.poisson(1.0, 1500)])
    happened = rng.random(1500) < sigmoid(np.arcsinh(design @ [3.0, 3.0, 2.0] / 4.0) - 2.5)
    fit = fit_points(design, happened, signs=np.ones(3), prior=np.full(3, 3.0))
    groups = interchangeable(one_step(fit, AccountDraws.of(np.arange(1500), 100, 8)).points)
    assert (0, 1) in groups

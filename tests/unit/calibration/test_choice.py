"""The choice of a candidate: the split by time, the one-standard-error rule, and whole fits."""

from __future__ import annotations

import numpy as np
import pytest

from questscore.calibration.choice import Candidate, choose, inner_split, one_standard_error
from questscore.calibration.links import sigmoid


def test_fitted_are_the_cutoffs_whose_window_closed_by_the_last() -> None:
    cutoffs = np.array([0, 10, 19, 20, 21, 50])
    fit, judge = inner_split(cutoffs, horizon=25, gap=5)
    assert fit.tolist() == [True, True, True, True, False, False]
    assert judge.tolist() == [False] * 5 + [True]
    fit, judge = inner_split([7, 7], horizon=1)
    assert not fit.any() and judge.all()
    assert [len(part) for part in inner_split([], 1)] == [0, 0]


def test_the_simplest_within_one_standard_error_is_taken() -> None:
    """Four accounts; the first candidate is worse by 1 a row in two of them, better in none."""
    better = np.zeros(4)
    table = np.column_stack([[0.4, 0.0, 0.0, 0.0], [0.1, 0.1, 0.1, 0.1], better])
    found = one_standard_error(["a", "b", "c"], table, np.arange(4))
    assert found is not None
    # a: mean 0.1 above, standard error 0.1; b: 0.1 above for certain
    assert [s.above for s in found.standings] == pytest.approx([0.1, 0.1, 0.0])
    assert [s.se for s in found.standings] == pytest.approx([0.1, 0.0, 0.0], abs=1e-12)
    assert (found.chosen, found.best) == ("a", "c")
    found = one_standard_error(["b", "c"], table[:, 1:], np.arange(4))
    assert found is not None and found.chosen == "c"


def test_rows_of_one_account_are_one_witness() -> None:
    """Three rows of one account and three of another: by account the error is larger than by row."""
    table = np.column_stack([[0.2, 0.2, 0.2, 0.0, 0.0, 0.0], np.zeros(6)])
    by_account = one_standard_error(["a", "b"], table, [1, 1, 1, 2, 2, 2])
    by_row = one_standard_error(["a", "b"], table, np.arange(6))
    assert by_account is not None and by_row is not None
    assert by_account.standings[0].se == pytest.approx(0.1)
    assert by_row.standings[0].se < 0.05
    assert (by_account.chosen, by_row.chosen) == ("a", "b")


def test_nan_losses_are_left_out_and_nothing_is_none() -> None:
    found = one_standard_error(["a"], [[np.nan], [0.5]], [1, 2])
    assert found is not None and found.standings[0].loss == 0.5
    assert one_standard_error(["a"], np.empty((0, 1)), []) is None


def a_log(seed: int, n: int = 3000) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    design = rng.poisson(rng.gamma(0.7, 1.0, (n, 1)) * rng.gamma(1.0, 1.0, (n, 3)) * 3.0).astype(float)
    cutoffs = np.repeat([0, 100], n // 2)
    accounts = np.tile(np.arange(n // 2), 2)
    return design, cutoffs, accounts, rng.random(n)


def test_a_rich_truth_beats_active_days_and_a_plain_truth_does_not() -> None:
    design, cutoffs, accounts, dice = a_log(1)
    days = (design > 0).sum(axis=1).astype(float)[:, None]
    candidates = [Candidate("A", days), Candidate("P", design, prior=np.full(3, 5.0)), Candidate("B", design)]
    fit, judge = inner_split(cutoffs, horizon=90)
    rich = dice < sigmoid(-2.0 + 1.5 * np.arcsinh(design @ [10.0, 0.0, 0.0] / 5.0))
    found = choose(candidates, rich, accounts, fit, judge)
    assert found is not None and found.chosen != "A"
    plain = dice < sigmoid(-2.0 + 1.5 * np.arcsinh(days[:, 0]))
    found = choose(candidates, plain, accounts, fit, judge)
    assert found is not None and found.chosen == "A"


def test_a_table_as_it_is_stands_among_the_candidates() -> None:
    design, cutoffs, accounts, dice = a_log(2)
    happened = dice < sigmoid(-2.0 + np.arcsinh(design @ [10.0, 5.0, 1.0] / 5.0))
    empty = np.empty((3000, 0))
    candidates = [
        Candidate("upside down", empty, held=design @ [1.0, 1.0, 30.0]),
        Candidate("right", empty, held=design @ [10.0, 5.0, 1.0]),
    ]
    found = choose(candidates, happened, accounts, *inner_split(cutoffs, horizon=90))
    assert found is not None and found.chosen == "right"


def test_what_cannot_be_judged_is_none() -> None:
    design, cutoffs, accounts, dice = a_log(3, 60)
    happened = dice < 0.5
    one = [Candidate("A", design)]
    assert choose(one, happened, accounts, *inner_split(np.zeros(60), horizon=1)) is None
    assert choose(one, np.ones(60), accounts, *inner_split(cutoffs, horizon=9)) is None
    with pytest.raises(ValueError, match="candidate"):
        choose([], happened, accounts, *inner_split(cutoffs, horizon=9))

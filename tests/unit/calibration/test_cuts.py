"""Cuts on arrays small enough to check by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from questscore.calibration.cuts import (
    Cost,
    by_capacity,
    by_cost,
    by_quantile,
    by_youden,
    churn_ratio,
    curve,
    quality,
    upper_fence,
)

SCORES = np.arange(10.0)
CHURNED = np.array([1, 1, 1, 0, 1, 0, 0, 0, 0, 0], dtype=bool)


def test_a_quantile_is_of_those_who_churned() -> None:
    found = by_quantile(SCORES, CHURNED, 0.5)
    assert found is not None
    assert found.value == 1.5
    assert by_quantile(SCORES, np.zeros(10, bool), 0.5) is None


def test_youdens_cut_flags_most_of_who_churned_and_fewest_of_who_stayed() -> None:
    assert by_youden(SCORES, CHURNED) == 5.0
    assert by_youden(SCORES, np.ones(10, bool)) is None


def test_a_capacity_is_never_exceeded() -> None:
    assert by_capacity(SCORES, 3) == 3.0
    assert by_capacity(np.array([1.0, 1.0, 1.0, 2.0]), 2) is None
    assert by_capacity(np.array([1.0, 1.0, 2.0]), 2) == 2.0
    assert by_capacity(SCORES, 10) == math.inf


def test_a_cost_flags_where_the_chance_of_churn_pays_for_the_contact() -> None:
    """A chance that falls from 1/2 at a score of 10 as the logistic of asinh of the score."""
    dice = np.random.default_rng(0)
    scores = dice.uniform(0, 60, 60_000)
    s0 = 0.1 * scores.mean()
    chance = 1 / (1 + np.exp(3 * (np.arcsinh(scores / s0) - np.arcsinh(10 / s0))))
    churned = dice.random(len(scores)) < chance
    assert by_cost(scores, churned, Cost(5, 10)) == pytest.approx(10, rel=0.03)
    dear, cheap = by_cost(scores, churned, Cost(8, 10)), by_cost(scores, churned, Cost(5, 10, success=0.9))
    assert dear is not None
    assert cheap is not None
    assert dear < cheap < 10.3
    assert by_cost(scores, ~churned, Cost(5, 10)) is None
    assert by_cost(scores, churned, Cost(10, 10)) == -math.inf
    assert by_cost(scores, churned, Cost(0, 10)) == math.inf


def test_the_curve_holds_what_every_cut_does() -> None:
    found = curve(SCORES, CHURNED)
    for place, cut in enumerate(found.threshold.tolist()):
        whole = quality(SCORES, CHURNED, cut)
        assert whole.recall is not None
        assert whole.flagged is not None
        assert found.recall[place] == whole.recall.value
        assert found.flagged[place] == whole.flagged.value
        if whole.precision is not None:
            assert found.precision[place] == whole.precision.value
    assert np.isnan(found.precision[0])


def test_the_fence_is_tukeys_where_some_stand_out_and_a_quantile_where_none_does() -> None:
    usual = np.linspace(50, 60, 196)
    some = np.append(usual, [500.0] * 4)
    fence, tukey = upper_fence(some) or (0.0, False)
    assert tukey
    assert 60 < fence < 500
    assert upper_fence(usual) == (float(np.quantile(usual, 0.90)), False)
    many = np.append(usual, [500.0] * 30)
    assert upper_fence(many) == (float(np.quantile(many, 0.95)), False)
    assert upper_fence(SCORES[:9]) is None


def test_a_ratio_of_risks_has_a_lower_end() -> None:
    scores, churned = np.repeat([0.0, 1.0], 1000), np.zeros(2000, dtype=bool)
    churned[:200], churned[1000:1100] = True, True
    found = churn_ratio(scores, churned, 1.0)
    assert found.value == 2.0
    assert 1.5 < found.low < 1.7
    assert churn_ratio(scores, churned, 0.0).value == 1.0
    churned[1000:] = False
    assert churn_ratio(scores, churned, 1.0).value == math.inf

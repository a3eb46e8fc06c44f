"""Scales, on numbers worked out by hand, and what no scale can be made of."""

from __future__ import annotations

import math

import pytest

from questscore.errors import ModelError
from questscore.model.scale import Linear, Logistic, Percentile, Saturating, optional_scale


@pytest.mark.parametrize(("x", "shown"), [(50, 0), (200, 100), (80, 20), (0, 0), (1e9, 100), (125, 50)])
def test_linear_takes_low_to_high_onto_0_to_100_and_clamps(x: float, shown: float) -> None:
    assert Linear(50, 200)(x) == shown


def test_a_linear_scale_may_run_downwards() -> None:
    """Days since the last login: 0 is best."""
    assert [Linear(30, 0)(days) for days in (0, 15, 30, 60)] == [100, 50, 0, 0]


@pytest.mark.parametrize(("x", "shown"), [(0, 0), (-7, 0), (100, 50), (300, 75), (900, 90), (25, 20)])
def test_saturating_is_half_way_at_half_and_never_negative(x: float, shown: float) -> None:
    assert Saturating(100)(x) == shown


def test_logistic_is_a_probability_in_percent() -> None:
    """1 / (1 + 3) is a quarter, where exp(-(intercept + slope x)) is 3."""
    assert Logistic(slope=2, intercept=-10)(5) == 50
    assert Logistic(slope=1, intercept=0)(-math.log(3)) == pytest.approx(25, abs=1e-12)
    assert Logistic(slope=1, intercept=0)(math.log(3)) == pytest.approx(75, abs=1e-12)


def test_logistic_with_s0_takes_the_inverse_hyperbolic_sine() -> None:
    """asinh(3/4) = ln(3/4 + 5/4) = ln 2, so that the odds are 2 : 1."""
    assert Logistic(slope=1, intercept=0, s0=4)(3) == pytest.approx(200 / 3, abs=1e-12)
    assert Logistic(slope=1, intercept=0, s0=4)(-3) == pytest.approx(100 / 3, abs=1e-12)


@pytest.mark.parametrize("x", [-1e308, -1e6, 1e6, 1e308])
def test_logistic_of_anything_is_between_0_and_100(x: float) -> None:
    for scale in (
        Logistic(slope=3, intercept=1),
        Logistic(slope=-3, intercept=1),
        Logistic(2.0**53, 0, 1e-9),
    ):
        assert 0 <= scale(x) <= 100


@pytest.mark.parametrize(
    ("x", "shown"), [(0, 0), (10, 12.5), (15, 25), (20, 50), (25, 75), (30, 87.5), (31, 100)]
)
def test_percentile_counts_what_is_below_and_half_of_what_is_equal(x: float, shown: float) -> None:
    """Of 10, 20, 20 and 30: two lie below 25.. and one below 20, which equals two: (1 + 2/2) / 4."""
    assert Percentile([30, 20, 10, 20])(x) == shown


def test_rounding_does_not_decide_a_tie_with_the_sample() -> None:
    assert Percentile([0.3])(0.1 + 0.2) == 50


@pytest.mark.parametrize(
    ("given", "where", "says"),
    [
        ({"kind": "linear", "low": 5, "high": 5}, "low", "equal"),
        ({"kind": "linear", "low": 5}, "high", "missing"),
        ({"kind": "linear", "low": 5, "high": "9"}, "high", "not a number"),
        ({"kind": "saturating", "half": 0}, "half", "above 0"),
        ({"kind": "saturating", "half": -3}, "half", "above 0"),
        ({"kind": "logistic", "slope": 1, "intercept": 0, "s0": 0}, "s0", "above 0"),
        ({"kind": "logistic", "slope": 1, "intercept": 0, "S0": 2}, "S0", "unknown key"),
        ({"kind": "percentile", "reference": []}, "reference", "list of numbers"),
        ({"kind": "percentile", "reference": [1, math.nan]}, "reference", "number"),
        ({"kind": "percentile", "reference": [1, True]}, "reference", "not a number"),
        ({"kind": "lineal", "low": 0, "high": 1}, "kind", "the nearest is 'linear'"),
        ({"low": 0, "high": 1}, "kind", "None is not a kind of scale"),
        ("linear", "", "is not a scale"),
    ],
)
def test_a_scale_that_cannot_be_says_where_and_why(given: object, where: str, says: str) -> None:
    with pytest.raises(ModelError) as caught:
        optional_scale(given)
    (problem,) = caught.value.problems
    assert (problem.where, says in problem.what, bool(problem.fix)) == (where, True, True)

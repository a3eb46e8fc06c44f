"""Levels: their order, what a number is classified as, and what keeps a level from flapping.

Levels through time, on events, are in ``tests/unit/engine/test_sticky_levels.py``.
"""

from __future__ import annotations

import importlib
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from questscore import Level, Levels
from questscore.errors import ModelError
from questscore.model.level import Margin, optional_margin, reached

pd = importlib.import_module("pandas")

THREE = Levels(Level("low", at_least=20), Level("mid", at_least=50), Level("high", at_least=90))


# -- classification


def test_a_level_holds_from_its_threshold_up_to_the_next() -> None:
    """[lower, next), on the unrounded score: 49.999 is not rounded up into the next level."""
    assert THREE.classify([-5, 0, 19.999, 20, 49.999, 50, 89.99999, 90, 1e6]) == [
        "base", "base", "base", "low", "low", "mid", "mid", "high", "high",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("threshold", "just", "not_yet"),
    [
        (0.0, -1e-9, -1.1e-9),
        (0.5, 0.5 - 1e-9, 0.5 - 1.1e-9),  # below 1 the slack is absolute
        (1000.0, 1000 - 1e-6, 1000 - 1.1e-6),  # above it, relative
        (-1000.0, -1000 - 1e-6, -1000 - 1.1e-6),
    ],
)
def test_rounding_never_decides_a_level(threshold: float, just: float, not_yet: float) -> None:
    """Reached at ``from - 1e-9 * max(1, |from|)``: ten times 0.1 reaches 1."""
    assert Levels(Level("in", at_least=threshold)).classify([just, not_yet]) == ["in", "base"]
    assert reached(sum([0.1] * 10), 1.0)


def test_classify_takes_any_numbers() -> None:
    """Usable on its own: a list, an array, integers, an iterator, and numbers as large as doubles are."""
    assert THREE.classify([]) == []
    assert THREE.classify(np.array([10, 95])) == ["base", "high"]
    assert THREE.classify(iter((True, 60))) == ["base", "mid"]
    assert THREE.classify([1e300, -1e300]) == ["high", "base"]


def test_an_unknown_number_has_no_level_nor_has_any_where_there_are_no_levels() -> None:
    assert THREE.classify([None, math.nan, 20]) == [None, None, "low"]
    assert Levels().classify([1]) == [None]


# -- order


def test_rank_is_the_order_written_with_the_base_level_just_under_the_first_threshold() -> None:
    levels = Levels(
        Level("gone", when="idle > 90"),
        Level("trial", when="trial"),
        Level("low", at_least=20),
        Level("vip", when="vip"),
        Level("high", at_least=90),
        below="visitor",
    )
    assert levels.order == ("gone", "trial", "visitor", "low", "vip", "high")
    assert levels.classify([10, 30, 100]) == ["visitor", "low", "high"]  # signals are not asked here


def test_with_conditions_only_the_base_level_is_the_highest() -> None:
    assert Levels(Level("gone", when="idle > 90")).order == ("gone", "base")


def test_passed_lists_the_levels_gone_through_in_the_direction_of_travel() -> None:
    assert THREE.passed("base", "high") == ("low", "mid", "high")
    assert THREE.passed("high", "base") == ("mid", "low", "base")
    assert THREE.passed("low", "mid") == ("mid",)
    assert THREE.passed("mid", "low") == ("low",)


def test_nothing_is_passed_on_the_way_to_or_from_no_level() -> None:
    assert THREE.passed(None, "high") == ("high",)
    assert THREE.passed("high", None) == ()


# -- margin


def test_a_margin_of_points_keeps_a_level_down_to_its_threshold_minus_the_margin() -> None:
    levels = Levels(*THREE, margin=15)
    assert levels.keeps("mid", 35) and not levels.keeps("mid", 34.999)
    assert levels.keeps("mid", 35 - 0.9e-9 * 35)  # with the same tolerance as a threshold
    assert levels.keeps("low", 5) and not levels.keeps("low", 4)


def test_a_margin_that_is_a_share_is_of_the_absolute_threshold() -> None:
    """10 % of 90 are 9 points; 10 % of -200 are 20 points downwards."""
    levels = Levels(Level("bad", at_least=-200), Level("high", at_least=90), margin="10%")
    assert levels.keeps("high", 81) and not levels.keeps("high", 80.9)
    assert levels.keeps("bad", -220) and not levels.keeps("bad", -220.1)
    assert optional_margin("10%") == Margin(0.1, share=True)
    assert [Margin(0.1, share=True).of(x) for x in (90, -200, 0)] == [9, 20, 0]


def test_the_base_level_and_conditions_have_no_margin() -> None:
    levels = Levels(Level("gone", when="idle > 90"), *THREE, margin=15)
    assert not levels.keeps("gone", 1000)
    assert not levels.keeps("base", 1000)
    assert not levels.keeps(None, 1000)


@pytest.mark.parametrize("value", [-1, "-5%", "10", "%", "ten%", "nan%", "1e400%", True, math.inf, [10]])
def test_what_is_no_margin_is_shown_one(value: object) -> None:
    with pytest.raises(ModelError) as caught:
        Levels(*THREE, margin=value)  # type: ignore[arg-type]
    assert caught.value.problems[0].where == "margin"


def test_a_margin_is_written_as_it_was_said() -> None:
    assert [str(optional_margin(m)) for m in (15, 2.5, "10%", " 2.5 %")] == ["15", "2.5", "10%", "2.5%"]


# -- what levels cannot mean


def problems(*levels: Level, **fields: object) -> list[tuple[str, str]]:
    with pytest.raises(ModelError) as caught:
        Levels(*levels, **fields)  # type: ignore[arg-type]
    assert all(p.fix for p in caught.value.problems)
    return [(p.where, p.what) for p in caught.value.problems]


def test_a_level_has_a_threshold_or_a_condition_and_not_both() -> None:
    with pytest.raises(ModelError, match="has neither of 'at_least' and 'when'"):
        Level("x")
    with pytest.raises(ModelError, match="has both of 'at_least' and 'when'"):
        Level("x", at_least=1, when="a > 1")


def test_thresholds_ascend_also_across_a_condition_between_them() -> None:
    found = problems(Level("a", at_least=50), Level("b", when="x > 1"), Level("c", at_least=50))
    assert found == [("[2].at_least", "50 is not above 50, the threshold before it")]


def test_level_names_are_different_from_each_other_and_from_the_base() -> None:
    assert problems(Level("a", at_least=1), Level("a", at_least=2)) == [("[1].name", "'a' is used twice")]
    assert problems(Level("base", at_least=1)) == [("[0].name", "'base' is the base level")]
    assert problems(Level("a", at_least=1), below="a") == [("[0].name", "'a' is the base level")]


def test_all_problems_of_levels_are_told_at_once() -> None:
    found = problems(Level("base", at_least=5), Level("a", at_least=4), Level("a", at_least=3))
    assert [where for where, _ in found] == ["[0].name", "[1].at_least", "[2].name", "[2].at_least"]


@pytest.mark.parametrize(
    "fields", [{"at_least": "20"}, {"at_least": True}, {"at_least": math.nan}, {"when": 3}]
)
def test_a_threshold_is_a_number_and_a_condition_an_expression(fields: dict[str, Any]) -> None:
    with pytest.raises(ModelError) as caught:
        Level("x", **fields)
    assert [p.where for p in caught.value.problems] == list(fields)


def test_classify_takes_numbers_of_any_library_and_missing_ones() -> None:
    numbers = [Decimal("20"), Fraction(101, 2), np.float32(90), 10**400, -(10**400), Decimal("NaN")]
    assert THREE.classify(numbers) == ["low", "mid", "high", "high", "base", None]  # type: ignore[arg-type]
    assert THREE.classify(pd.array([5, None], dtype="Int64")) == ["base", None]


@pytest.mark.parametrize(
    ("given", "where"),
    [
        (5, "values"),
        (None, "values"),
        ("20", "values"),
        ({"ada": 20}, "values"),
        ([5, "20"], "values[1]"),
        ([b"20"], "values[0]"),
        ([[20]], "values[0]"),
        ([object()], "values[0]"),
    ],
)
def test_classify_refuses_what_is_no_number(given: Any, where: str) -> None:
    with pytest.raises(ModelError) as caught:
        THREE.classify(given)
    assert [(p.where, bool(p.fix)) for p in caught.value.problems] == [(where, True)]

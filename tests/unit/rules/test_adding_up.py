"""How rules, groups, adjustments, bounds and a scale become one score."""

from __future__ import annotations

import math
from typing import Any

import pytest

from questscore import (
    ConditionRule,
    EventRule,
    Formula,
    Group,
    Linear,
    Logistic,
    Percentile,
    Rule,
    Saturating,
)
from unit.engine.both import a_model, adjust, both, ev, scored

LOG = [ev("a", "2026-03-01"), ev("a", "2026-03-02"), ev("b", "2026-03-03"), adjust("2026-03-04", 7)]


def value(*rules: Rule, **fields: Any) -> float | None:
    return scored(a_model(rules=rules, **fields), LOG, "2026-03-09").value


def a(worth: float, **fields: Any) -> EventRule:
    return EventRule(f"a {worth} {fields}", on="a", points=worth, **fields)


def b(worth: float, **fields: Any) -> EventRule:
    return EventRule(f"b {worth} {fields}", on="b", points=worth, **fields)


def test_the_score_is_the_sum_of_rules_and_adjustments() -> None:
    assert value(a(10), b(5)) == 20 + 5 + 7
    assert value() == 7


def test_a_group_bounds_the_sum_of_its_rules_and_not_each() -> None:
    habit = [Group("habit", maximum=22)]
    assert value(a(10, group="habit"), b(5, group="habit"), groups=habit) == 22 + 7
    assert value(a(10, group="habit"), b(-5, group="habit"), groups=habit) == 15 + 7
    assert value(a(10, group="habit"), b(5), groups=habit) == 20 + 5 + 7
    assert value(a(-10, group="g"), groups=[Group("g", minimum=-3)]) == -3 + 7


def test_a_weight_multiplies_the_bounded_sum() -> None:
    assert value(a(10, group="g"), groups=[Group("g", maximum=15, weight=2)]) == 30 + 7
    assert value(a(10, group="g"), groups=[Group("g", weight=-0.5)]) == -10 + 7
    assert value(a(10, group="g"), groups=[Group("g", weight=0)]) == 7


def test_a_group_without_rules_is_its_bounds_of_zero() -> None:
    assert value(groups=[Group("g", minimum=3, weight=2)]) == 6 + 7
    assert value(groups=[Group("g", maximum=3)]) == 7


def test_rule_bounds_come_before_group_bounds_before_the_models() -> None:
    """a: 20 bounded by 12; with b's 5 the group bounds 17 by 15; twice is 30, with 7 is 37, bounded by 33."""
    rules = a(10, group="g", maximum=12), b(5, group="g")
    groups = [Group("g", maximum=15, weight=2)]
    found = scored(a_model(rules=rules, groups=groups, maximum=33), LOG, "2026-03-09")
    assert [*found.points.values()] == [12, 5]
    assert (found.raw, found.value) == (37, 33)


def test_bounds_of_the_model_hold_for_everybody() -> None:
    log = [*LOG, ev("c", "2026-03-01", user="bob")]
    found = both(a_model(rules=[a(10)], minimum=5, maximum=25), log, "2026-03-09")
    assert [(s.raw, s.value) for s in found.values()] == [(27, 25), (0, 5)]


@pytest.mark.parametrize(
    ("scale", "shown"),
    [
        (Linear(0, 54), 50),
        (Linear(27, 30), 0),
        (Linear(0, 20), 100),
        (Linear(54, 0), 50),
        (Saturating(27), 50),
        (Saturating(81), 25),
        (Logistic(slope=1, intercept=-27), 50),
        (Logistic(slope=math.log(3), intercept=-26 * math.log(3)), 75),
        (Logistic(slope=1, intercept=0, s0=36), 100 * 2 / 3),  # asinh(27/36) = ln 2
        (Percentile([1, 27, 30, 40]), 37.5),
        (Percentile([27]), 50),
        (Percentile([28]), 0),
        (Percentile([5, 6]), 100),
    ],
)
def test_a_scale_shows_raw_points_as_0_to_100(scale: object, shown: float) -> None:
    """27 raw points, through each."""
    found = scored(a_model(rules=[a(10)], scale=scale), LOG, "2026-03-09")
    assert found.raw == 27
    assert found.value == pytest.approx(shown, abs=1e-9)


def test_a_scale_comes_after_the_bounds_of_the_model() -> None:
    found = scored(a_model(rules=[a(10)], scale=Linear(0, 40), maximum=20), LOG, "2026-03-09")
    assert (found.raw, found.value) == (27, 50)


def test_levels_are_of_the_scaled_score() -> None:
    levels = [{"name": "half", "at_least": 50}, {"name": "rich", "at_least": 60}]
    assert (
        scored(a_model(rules=[a(10)], scale=Linear(0, 54), levels=levels), LOG, "2026-03-09").level == "half"
    )
    assert scored(a_model(rules=[a(100)], levels=levels), LOG, "2026-03-09").level == "rich"
    assert scored(a_model(levels=levels, below="poor"), LOG, "2026-03-09").level == "poor"
    assert scored(a_model(rules=[a(10)]), LOG, "2026-03-09").level is None


@pytest.mark.parametrize("scale", [None, Linear(0, 1), Saturating(1), Logistic(1, 0), Percentile([1])])
def test_what_is_unknown_stays_unknown_through_groups_bounds_and_scale(scale: object) -> None:
    rule = ConditionRule("u", when="f > 0", points=1, missing="unknown", group="g")
    model = a_model(
        [Formula("f", expr="None")],
        [rule, a(10)],
        groups=[Group("g", minimum=1, maximum=2, weight=0)],
        minimum=0,
        maximum=5,
        scale=scale,
    )
    found = scored(model, LOG, "2026-03-09")
    assert (found.raw, found.value, found.points["u"], found.adjustments) == (None, None, None, 7)


def test_the_order_of_rules_and_groups_is_nothing_to_the_sum() -> None:
    rules = [a(0.1), a(0.2), b(0.3), b(-0.6)]
    forwards, backwards = value(*rules), value(*rules[::-1])
    assert forwards is not None and backwards is not None
    assert forwards == pytest.approx(7.3, abs=1e-12)
    assert forwards == pytest.approx(backwards, abs=1e-12)

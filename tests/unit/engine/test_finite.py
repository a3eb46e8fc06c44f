"""No overflow, NaN or infinity is ever a score, whatever finite numbers come in (RELIABILITY, row N4)."""

from __future__ import annotations

import math
import sys
from typing import Any

import pytest

import questscore
from questscore import (
    ConditionRule,
    Count,
    EventRule,
    Formula,
    Group,
    Linear,
    Logistic,
    Maximum,
    Mean,
    Minimum,
    Percentile,
    Rollup,
    Rule,
    Saturating,
    Score,
    SignalDefinition,
    TierRule,
    Total,
)
from questscore.model.time import Instant
from unit.engine.both import a_model, adjust, both, ev, points, scored, signal, t

HUGE = 1e308
TWICE = [ev("pay", "2026-03-01", x=HUGE), ev("pay", "2026-03-02", x=HUGE)]
BOTH_WAYS = [
    *TWICE,
    ev("pay", "2026-03-03", x=-HUGE),
    ev("pay", "2026-03-04", x=-HUGE),
    ev("pay", "2026-03-05", x=-HUGE),
]

MODELS: dict[str, dict[str, Any]] = {
    "total": {"signals": [Total("s", on="*", property="x")]},
    "total with a half-life": {"signals": [Total("s", on="*", property="x", half_life="100d")]},
    "mean": {"signals": [Mean("s", on="*", property="x")]},
    "minimum and maximum": {
        "signals": [Minimum("s", on="*", property="x"), Maximum("r", on="*", property="x")]
    },
    "formula": {"signals": [Maximum("m", on="*", property="x"), Formula("s", expr="m * 10 + m")]},
    "points of events": {"rules": [EventRule("r", on="*", points="x")]},
    "points of events, limited": {"rules": [EventRule("r", on="*", points="x", limit={"count": 5})]},
    "points of a condition": {
        "signals": [Maximum("m", on="*", property="x")],
        "rules": [ConditionRule(f"r{i}", when="m > 0", points="m") for i in range(3)],
    },
    "marginal tiers": {
        "signals": [Maximum("m", on="*", property="x")],
        "rules": [TierRule("r", signal="m", tiers=[[0, 2], [10, 50]], mode="marginal")],
    },
    "marginal tiers, both ways": {
        "signals": [Maximum("m", on="*", property="x")],
        "rules": [
            TierRule("up", signal="m", tiers=[[0, 50]], mode="marginal"),
            TierRule("down", signal="m", tiers=[[0, -50]], mode="marginal"),
        ],
    },
    "a group with a weight": {
        "groups": [Group("g", weight=100)],
        "rules": [EventRule("r", on="*", points="x", group="g", maximum=1e15)],
    },
    "a group of several": {
        "groups": [Group("g", weight=1000)],
        "rules": [EventRule(f"r{i}", on="pay", points="x", group="g", limit={"count": 1}) for i in range(3)],
    },
    "linear scale": {
        "rules": [EventRule("r", on="pay", points="x", limit={"count": 1})],
        "scale": Linear(0, 1e-300),
    },
    "saturating scale": {
        "rules": [EventRule("r", on="pay", points="x", limit={"count": 1})],
        "scale": Saturating(5),
    },
    "logistic scale": {
        "rules": [EventRule("r", on="pay", points="x", limit={"count": 1})],
        "scale": Logistic(slope=1000, intercept=-1000),
    },
    "percentile scale": {
        "rules": [EventRule("r", on="pay", points="x", limit={"count": 1})],
        "scale": Percentile([1, 2, 3]),
    },
    "a curve of a tiny unit": {"rules": [EventRule("r", on="*", points=5e-324, curve="sqrt")]},
    "bounds": {
        "rules": [EventRule("r", on="*", points="x", minimum=-5, maximum=5)],
        "minimum": -5,
        "maximum": 5,
    },
}


LOGS = (TWICE, BOTH_WAYS, TWICE[:1])


def finite(score: Score) -> bool:
    """Whether each number of a score is one; unknown and missing are None."""
    parts = [score.value, score.raw, score.adjustments, *score.points.values(), *score.signals.values()]
    return all(math.isfinite(part) for part in parts if isinstance(part, float))


@pytest.mark.parametrize("model", MODELS)
def test_what_is_too_large_is_no_infinity_and_no_crash(model: str) -> None:
    """A sum beyond the largest double is a number or none, and definition and engine agree on which."""
    for log in LOGS:
        (found,) = both(a_model(**MODELS[model]), log, "2026-03-06").values()
        assert finite(found), found


@pytest.mark.parametrize("model", ["formula", "linear scale", "saturating scale", "logistic scale", "bounds"])
def test_the_engine_is_not_even_heard(model: str) -> None:
    """A host that turns numpy's warnings into errors is not stopped by a number."""
    questscore.score(a_model(**MODELS[model]), TWICE[:1], t("2026-03-06"))


def test_adjustments_beyond_the_largest_number_are_finite_too() -> None:
    log = [adjust("2026-03-01", HUGE), adjust("2026-03-02", HUGE)]
    assert finite(scored(a_model(), log, "2026-03-06"))


def test_a_rollup_beyond_the_largest_number_is_finite_too() -> None:
    log = [ev("pay", "2026-03-01", user=user, x=HUGE) for user in ("ada", "bob")]
    signals: list[SignalDefinition] = [Maximum("m", on="*", property="x", scope="member")]
    signals += [
        Rollup("sum", of="m", by="sum"),
        Rollup("mean", of="m", by="mean"),
        Rollup("median", of="m", by="median"),
    ]
    assert finite(scored(a_model(signals, subject="account"), log, "2026-03-06"))


# -- what is at the edge but still a number is used exactly


EDGE_VALUES = [0, -0.0, 1, -1, 2**31, 2**53 - 1, 2**53, -(2**53), 5e-324, 1e308, True]


@pytest.mark.parametrize("value", EDGE_VALUES)
def test_one_number_is_used_exactly(value: float) -> None:
    log = [ev("pay", "2026-03-01", x=value)]
    assert signal(Total("s", on="*", property="x"), log, "2026-03-06") == value
    assert signal(Mean("s", on="*", property="x"), log, "2026-03-06") == value
    assert points(EventRule("r", on="*", points="x"), log, "2026-03-06") == value
    assert points(EventRule("r", on="*", points="x", limit={"count": 1}), log, "2026-03-06") == value


def test_no_count_wraps_around_at_the_ends_of_time() -> None:
    """The earliest and the latest instants there are, in one log: ages of 10,000 years are numbers."""
    first, last = Instant(t("0001-01-04")), Instant(t("9999-12-29"))
    log = [ev("login", first), ev("login", last)]
    rules: list[Rule] = [
        EventRule("half", on="*", points=8, half_life="100000d"),
        EventRule("fade", on="*", points=8, fade="100000d"),
        EventRule("steps", on="*", points=8, steps={"every": "1s", "factor": 0.5}),
        EventRule("cool", on="*", points=8, cooldown="100000d"),
    ]
    found = scored(a_model([Count("n", on="*", window="100000d")], rules), log, last)
    assert found.signals["n"] == 1
    assert found.points["steps"] == 8
    assert found.points["cool"] == 16
    assert found.points["half"] == pytest.approx(8 + 8 * 2 ** -((last - first) / (100_000 * 86_400_000_000)))
    assert found.points["fade"] == 8


@pytest.mark.parametrize("period", ["day", "week", "month", "quarter", "year"])
def test_calendar_windows_reach_the_ends_of_time(period: str) -> None:
    first, last = Instant(t("0001-01-04")), Instant(t("9999-12-29"))
    log = [ev("login", first), ev("login", last)]
    for at in (first, last):
        assert scored(a_model([Count("n", on="*", window=period)]), log, at).signals["n"] == 1


@pytest.mark.parametrize("evaluate", ["week", "month", "quarter", "year"])
def test_levels_are_looked_at_up_to_the_last_year(evaluate: str) -> None:
    """ "9999-12-30" is how some systems write "for ever"; the period after its own does not exist."""
    made = a_model(
        rules=[EventRule("r", on="*", points=10)],
        levels=[{"name": "in", "at_least": 5}],
        margin=1,
        evaluate=evaluate,
    )
    assert scored(made, [ev("login", "9998-06-01")], "9999-12-30").level == "in"


def test_an_offset_chain_that_leaves_the_calendar_is_no_crash() -> None:
    """Offsets add up: ten times 100,000 days before today is before the year 1."""
    signals: list[SignalDefinition] = [Count("f0", on="*", window="month", offset="100000d")]
    signals += [Formula(f"f{i}", expr=f"f{i - 1}", offset="100000d") for i in range(1, 10)]
    assert scored(a_model(signals), [ev("login", "2026-03-01")], "2026-03-02").signals["f9"] == 0


def test_a_giant_number_of_one_subject_does_not_drown_the_tiny_one_of_another() -> None:
    log = [ev("pay", "2026-03-01", user="ada", x=HUGE), ev("pay", "2026-03-01", user="bob", x=5e-324)]
    signals: list[SignalDefinition] = [
        Total("total", on="*", property="x"),
        Mean("mean", on="*", property="x"),
    ]
    rules: list[Rule] = [EventRule(f"r{i}", on="*", points="x") for i in range(3)]
    found = both(a_model(signals, rules), log, "2026-03-06")
    assert found["bob"].signals == {"total": 5e-324, "mean": 5e-324}
    assert found["bob"].value == 3 * 5e-324
    assert found["ada"].value == sys.float_info.max

"""Every built-in kind of signal and rule passes the checks that strangers must, with no expected failures."""

from __future__ import annotations

import pytest

from questscore import (
    ActivePeriods,
    Age,
    ConditionRule,
    Count,
    Distinct,
    EventRule,
    First,
    Formula,
    Funnel,
    Lag,
    Latest,
    Maximum,
    Mean,
    Milestones,
    Minimum,
    Rollup,
    Rule,
    ScoreModel,
    ScoreOf,
    Sessions,
    SignalDefinition,
    Since,
    Streak,
    TierRule,
    Total,
    rules,
    signals,
)
from questscore.testing.checks import check_rule, check_signal

LOGINS = Count("logins", on="login", window="7d")
INNER = ScoreModel(
    "inner",
    subject="user",
    signals=[LOGINS],
    rules=[
        EventRule("login", on="login", points=3, half_life="4d"),
        ConditionRule("often", when="logins > 2", points=5),
    ],
)
SIGNALS: tuple[SignalDefinition | tuple[SignalDefinition, ...], ...] = (
    Count("x", on="login", where="plan == 'pro'", window="7d", offset="day"),
    Total("x", property="amount", on="purchase", half_life="3d"),
    Mean("x", property="amount", on=["purchase", "login"], window="3d"),
    Minimum("x", property="amount", on="purchase", window="month"),
    Maximum("x", property="amount", on="purchase", where="amount < 30"),
    Latest("x", property="plan", on="*"),
    First("x", property="plan", on="login", offset="2d"),
    Distinct("x", property="plan", on="*", window="5d"),
    ActivePeriods("x", every="day", on="*", window="30d"),
    Streak("x", every="day", on="login", at_least=1),
    Since("x", on="purchase", unit="1h"),
    Age("x", on="login"),
    Sessions("x", gap="6h", on="*", window="7d"),
    Funnel("x", steps=["login", "invite", "purchase"], within="5d"),
    Milestones("x", of=["login", "invite"], within="3d"),
    Lag("x", first="login", then="purchase"),
    (Rollup("x", of="of_one", by="mean"), Count("of_one", on="login", scope="member", window="7d")),
    ScoreOf("x", model=INNER),
    (Formula("x", expr="coalesce(logins / every, 1) - 1"), LOGINS, Count("every", on="*", window="14d")),
    Count("x", on="login", scope="member", window="7d"),
)
RULES: tuple[Rule, ...] = (
    EventRule("x", on="login", points=5, half_life="3d", window="12d"),
    EventRule(
        "x", on="*", points="amount * 2", limit={"count": 2, "every": "day"}, cooldown="7h", window="20d"
    ),
    EventRule("x", on="login", points=-3, limit={"points": 7, "every": "week"}, minimum=-10, group="g"),
    EventRule("x", on="login", points=2, steps={"every": "3d", "factor": 0.5}, window="20d", curve="log2"),
    ConditionRule("x", when="logins > 2 or idle < 1", points="logins * 2"),
    ConditionRule("x", when="idle > 3", points=-4, missing="unknown"),
    TierRule("x", signal="logins", tiers=[[1, 2], [3, 5]], mode="cumulative"),
    TierRule("x", signal="idle", tiers=[[1, 2], [3, 5]], mode="marginal", missing="unknown"),
)


def name(part: object) -> str:
    return type(part[0] if isinstance(part, tuple) else part).__name__


@pytest.mark.parametrize("given", SIGNALS, ids=name)
def test_every_signal_kind(given: SignalDefinition | tuple[SignalDefinition, ...]) -> None:
    part, *beside = given if isinstance(given, tuple) else (given,)
    check_signal(part, beside=beside)


@pytest.mark.parametrize("part", RULES, ids=name)
def test_every_rule_kind(part: Rule) -> None:
    check_rule(part)


def test_no_kind_is_left_out() -> None:
    assert {name(given) for given in SIGNALS} == {kind.__name__ for kind in signals.KINDS}
    assert {name(part) for part in RULES} == {kind.__name__ for kind in rules.KINDS}

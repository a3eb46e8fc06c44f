"""Formula: an expression over signals; and offset, which every signal takes."""

from __future__ import annotations

import attrs
import pytest

from questscore import (
    ActivePeriods,
    Age,
    ConditionRule,
    Count,
    First,
    Formula,
    Funnel,
    Lag,
    Latest,
    Mean,
    Since,
    Streak,
    Total,
)
from questscore.language import Value
from unit.engine.both import ADA, a_model, adjust, both, ev, signal

LOG = [
    ev("visit", "2026-02-20"),
    ev("login", "2026-02-25", plan="pro"),
    ev("login", "2026-03-03"),
    ev("login", "2026-03-05", plan="Team"),
    ev("pay", "2026-03-06", amount=30),
]
SIGNALS = (
    Count("logins", on="login"),
    Count("visits", on="visit"),
    Total("paid", on="pay", property="amount"),
    Mean("mean", on="refund", property="amount"),
    Latest("plan", on="login", property="plan"),
)


@pytest.mark.parametrize(
    ("expr", "value"),
    [
        ("paid / logins", 10),
        ("paid / (visits - 1)", None),  # dividing by zero is missing
        ("paid + mean", None),  # and missing flows on
        ("coalesce(mean, 0) + paid", 30),
        ("mean > 0", 0),  # but a comparison with missing is False
        ("mean != 0", 0),
        ("is_missing(mean)", 1),
        ("logins > 2 and paid > 20", 1),
        ("(paid > 0) if visits > 0 else None", 1),
        ("plan", "Team"),
        ("lower(plan) == 'team'", 1),
        ("plan in ('pro', 'Team')", 1),
        ("plan + 1", None),
        ("plan if paid > 0 else logins", "Team"),
        ("weighted_mean(logins, 2, mean, 5, paid, 1)", 12),
        ("round(paid / 4)", 8),  # 7.5, half to even
        ("-logins // 2", -2),
        ("paid ** 400", None),  # overflow is missing
        ("7", 7),
        ("None", None),
        ("'text'", "text"),
    ],
)
def test_a_formula_is_an_expression_over_signals(expr: str, value: Value) -> None:
    assert both(a_model([*SIGNALS, Formula("f", expr=expr)]), LOG, "2026-03-07")[ADA].signals["f"] == value


def test_formulas_read_formulas_in_any_order_of_writing() -> None:
    signals = [Formula("top", expr="middle * 2"), Formula("middle", expr="logins + 1"), *SIGNALS]
    assert both(a_model(signals), LOG, "2026-03-07")[ADA].signals["top"] == 8


# -- offset


def test_an_offset_of_a_duration_is_the_value_as_of_then() -> None:
    """On 7 March the last week holds two logins; a week before, on 28 February, it held one."""
    signals = [
        Count("c7", on="login", window="7d"),
        Count("c7_before", on="login", window="7d", offset="7d"),
        Formula("change", expr="(c7 - c7_before) / c7_before"),
    ]
    found = both(a_model(signals), LOG, "2026-03-07")[ADA].signals
    assert (found["c7"], found["c7_before"], found["change"]) == (2, 1, 1)


def test_an_offset_of_a_period_is_the_value_as_of_just_before_it_began() -> None:
    """Last month's logins: as of the last microsecond of February, wherever in March one stands."""
    last_month = Count("n", on="login", window="month", offset="month")
    edge = [ev("login", "2026-02-28T23:59:59.999999"), ev("login", "2026-03-01")]
    for at in ("2026-03-01", "2026-03-07", "2026-03-31T23:59:59.999999"):
        assert signal(last_month, LOG + edge, at) == 2
    assert signal(last_month, LOG + edge, "2026-04-01") == 3


def test_a_period_of_offset_is_that_of_the_models_zone() -> None:
    """At 23:30 UTC on 28 February it is March in Paris."""
    log = [ev("login", "2026-02-10"), ev("login", "2026-02-28T23:15")]
    last_month = Count("n", on="login", offset="month")
    assert signal(last_month, log, "2026-02-28T23:30", timezone="Europe/Paris") == 1
    assert signal(last_month, log, "2026-02-28T23:30") == 0


def test_before_the_first_event_an_offset_signal_is_what_it_is_of_nothing() -> None:
    """A count is 0, a trait missing, a share 0; ages and times since are missing."""
    signals = [
        Count("count", on="login", offset="1d"),
        Latest("plan", on="login", property="plan", offset="1d"),
        Funnel("funnel", steps=["visit"], offset="1d"),
        Since("since", on="login", offset="1d"),
        Age("age", on="*", offset="1d"),
        Streak("streak", on="*", every="day", offset="1d"),
        Formula("formula", expr="count + 1"),
    ]
    assert dict(both(a_model(signals), LOG, "2026-02-20T12:00")[ADA].signals) == {
        "count": 0, "plan": None, "funnel": 0, "since": None, "age": None, "streak": 0, "formula": 1,
    }  # fmt: skip


def test_an_offset_signal_is_what_the_plain_one_was_then() -> None:
    """For every kind: the value on 7 March with an offset of 2 days is the plain value on 5 March."""
    kinds = [
        Count("s", on="login", half_life="2d"),
        Total("s", on="pay", property="amount"),
        First("s", on="login", property="plan"),
        Latest("s", on="login", property="plan"),
        ActivePeriods("s", on="*", every="week", window="month"),
        Streak("s", on="login", every="week"),
        Since("s", on="login"),
        Age("s", on="login"),
        Lag("s", first="visit", then="login"),
        Funnel("s", steps=["visit", "login", "pay"], within="30d"),
    ]
    for kind in kinds:
        assert signal(attrs.evolve(kind, offset="2d"), LOG, "2026-03-07") == signal(
            kind, LOG, "2026-03-05"
        ), kind


def test_offsets_add_up_through_formulas() -> None:
    """A formula of 2 days ago over a signal with an offset of 3 days looks 5 days back."""
    signals = [
        Count("then", on="login", offset="3d"),
        Formula("f", expr="then + 0", offset="2d"),
        Formula("g", expr="f + 0", offset="1d"),
        Count("five", on="login", offset="5d"),
        Count("six", on="login", offset="6d"),
    ]
    for day in range(1, 20):
        found = both(a_model(signals), LOG, f"2026-03-{day:02}")[ADA].signals
        assert (found["f"], found["g"]) == (found["five"], found["six"])


def test_an_offset_of_a_period_inside_one_of_a_duration_takes_the_period_of_then() -> None:
    """10 days before 7 March is 25 February; as of before February: nothing. 1 day before: February's."""
    signals = [
        Count("last_month", on="*", offset="month"),
        Formula("ten", expr="last_month", offset="10d"),
        Formula("one", expr="last_month", offset="1d"),
        Count("ten_ago", on="*", offset="10d"),
        Formula("before_ten", expr="ten_ago", offset="month"),
    ]
    found = both(a_model(signals), LOG, "2026-03-07")[ADA].signals
    assert (found["ten"], found["one"]) == (0, 2)
    assert found["before_ten"] == 0  # 10 days before the end of February is the 18th


def test_a_formula_with_an_offset_ages_with_it() -> None:
    signals = [Since("idle", on="login"), Formula("was_idle", expr="idle", offset="1d")]
    found = both(a_model(signals), LOG, "2026-03-07")[ADA].signals
    assert (found["idle"], found["was_idle"]) == (2, 1)


def test_what_is_asked_twice_with_different_offsets_is_not_mixed_up() -> None:
    """One signal, read now and through two formulas, has three values at one instant."""
    signals = [
        Count("n", on="login"),
        Formula("now", expr="n"),
        Formula("then", expr="n", offset="3d"),
        Formula("long_ago", expr="n", offset="2w"),
        Formula("all", expr="100 * now + 10 * then + long_ago"),
    ]
    assert both(a_model(signals), LOG, "2026-03-07")[ADA].signals["all"] == 320


def test_an_adjustment_is_no_event_of_a_signal_at_any_offset() -> None:
    log = [*LOG, adjust("2026-03-01", 5)]
    assert signal(Count("n", on="*", offset="1d"), log, "2026-03-08") == 5


def test_text_signals_work_in_conditions() -> None:
    signals = [Latest("plan", on="login", property="plan"), First("began", on="login", property="plan")]
    rules = [
        ConditionRule("grew", when="began == 'pro' and plan != began", points=10),
        ConditionRule("less", when="plan > began", points=1),  # by code points: "Team" stands before "pro"
        ConditionRule("text", when="plan", points="plan"),  # a text where a number is wanted is missing: 0
        ConditionRule("mixed", when="plan == 5 or plan != 5", points=100),  # text against number is False
    ]
    assert dict(both(a_model(signals, rules), LOG, "2026-03-07")[ADA].points) == {
        "grew": 10, "less": 0, "text": 0, "mixed": 0,
    }  # fmt: skip

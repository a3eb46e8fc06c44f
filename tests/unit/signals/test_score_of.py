"""ScoreOf: the score of another model, as a signal of this one."""

from __future__ import annotations

from questscore import (
    ConditionRule,
    Count,
    EventRule,
    Formula,
    Level,
    Levels,
    Linear,
    Rollup,
    ScoreModel,
    ScoreOf,
    TierRule,
)
from unit.engine.both import ACME, ADA, a_model, adjust, both, ev, reset

INNER = ScoreModel(
    "usage",
    subject="user",
    signals=[Count("n", on="login", window="day")],
    rules=[EventRule("logs in", on="login", points=10), ConditionRule("today", when="n > 0", points=5)],
    scale=Linear(0, 50),
)
LOG = [ev("login", "2026-03-01"), ev("login", "2026-03-01T12:00"), ev("visit", "2026-03-02")]


def test_it_is_the_scaled_score_and_rules_may_read_it() -> None:
    """20 points and 5 for today of 50: 50; a day later 20 of 50: 40."""
    made = a_model(
        [ScoreOf("usage", model=INNER)],
        [TierRule("uses", signal="usage", tiers=[[45, 100]], mode="highest")],
    )
    first, second = (both(made, LOG, at)[ADA] for at in ("2026-03-01T23:00", "2026-03-02T00:00"))
    assert (first.signals["usage"], first.value) == (50, 100)
    assert (second.signals["usage"], second.value) == (40, 0)


def test_it_has_its_own_calendar_and_not_the_outer_models() -> None:
    """23:30 UTC on the 1st: still that day in UTC, the 2nd in Tokyo."""
    in_tokyo = ScoreModel(
        "usage", subject="user", timezone="Asia/Tokyo", signals=INNER.signals, rules=INNER.rules
    )
    made = a_model(
        [ScoreOf("utc", model=INNER), ScoreOf("tokyo", model=in_tokyo)], timezone="America/New_York"
    )
    found = both(made, LOG, "2026-03-01T23:30")[ADA].signals
    assert (found["utc"], found["tokyo"]) == (50, 20)


def test_two_models_of_one_name_do_not_share_what_they_read() -> None:
    other = ScoreModel(
        "usage",
        subject="user",
        signals=[Count("n", on="visit")],
        rules=[ConditionRule("r", when="n > 0", points=7)],
    )
    found = both(a_model([ScoreOf("a", model=INNER), ScoreOf("b", model=other)]), LOG, "2026-03-02T12:00")[
        ADA
    ]
    assert (found.signals["a"], found.signals["b"]) == (40, 7)


def test_it_is_missing_before_the_first_event_and_known_from_an_adjustment_on() -> None:
    made = a_model([ScoreOf("before", model=INNER, offset="1d"), ScoreOf("now", model=INNER)])
    found = both(made, LOG, "2026-03-01T12:00")[ADA].signals
    assert (found["before"], found["now"]) == (None, 50)
    adjusted = both(made, [adjust("2026-02-01", 25, model="usage"), *LOG], "2026-03-01T12:00")[ADA].signals
    assert adjusted["before"] == 50


def test_it_is_missing_while_the_other_score_is_unknown() -> None:
    unknown = ScoreModel(
        "u",
        subject="user",
        signals=[Formula("f", expr="None")],
        rules=[
            ConditionRule("r", when="f > 0", points=1, missing="unknown"),
            EventRule("e", on="*", points=9),
        ],
    )
    made = a_model([ScoreOf("s", model=unknown)], [EventRule("mine", on="*", points=1)])
    found = both(made, LOG, "2026-03-03")[ADA]
    assert (found.signals["s"], found.value) == (None, 3)


def test_adjustments_that_name_a_model_are_that_models_only() -> None:
    log = [
        *LOG,
        adjust("2026-03-02", 10, model="usage"),
        adjust("2026-03-02", 3),
        reset("2026-03-01", model="a model"),
    ]
    found = both(a_model([ScoreOf("s", model=INNER)], [EventRule("e", on="*", points=1)]), log, "2026-03-03")[
        ADA
    ]
    assert found.signals["s"] == 2 * (20 + 13)
    assert (found.raw, found.adjustments) == (5, 3)  # the first login is void here: two events and 3 points


def test_levels_of_the_other_model_are_nothing_to_it() -> None:
    sticky = ScoreModel(
        "usage",
        subject="user",
        rules=INNER.rules[:1],
        levels=Levels(Level("a", at_least=5), margin=3, dwell="7d"),
    )
    assert both(a_model([ScoreOf("s", model=sticky)]), LOG, "2026-03-03")[ADA].signals["s"] == 20


def test_a_score_of_a_score_of_a_score() -> None:
    middle = ScoreModel("m", subject="user", signals=[ScoreOf("u", model=INNER, offset="1d")],
                        rules=[ConditionRule("r", when="u >= 0", points="u / 2")])  # fmt: skip
    found = both(a_model([ScoreOf("s", model=middle, offset="1d")]), LOG, "2026-03-03T12:00")[ADA].signals
    # one day back and one more: 1 March 12:00, when usage was 50
    assert found["s"] == 25


def test_an_account_model_in_an_account_model_brings_its_members() -> None:
    inner = ScoreModel(
        "breadth",
        subject="account",
        signals=[Count("n", on="login", scope="member"), Rollup("active", of="n", by="sum")],
        rules=[ConditionRule("r", when="active > 0", points="active")],
    )
    log = [*LOG, ev("login", "2026-03-02", user="bob")]
    made = a_model([ScoreOf("s", model=inner), Count("n", on="*")], subject="account")
    found = both(made, log, "2026-03-03")[ACME].signals
    assert (found["s"], found["n"]) == (3, 4)

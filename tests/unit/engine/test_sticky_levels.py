"""Levels through time: what margin and dwell keep, read as at an instant, by period and continuously."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

import pytest

from questscore import (
    ConditionRule,
    Count,
    Event,
    EventRule,
    Formula,
    Level,
    Levels,
    ScoreModel,
    history,
    reference,
)
from questscore.model.time import DAY, HOUR
from unit.engine.both import ADA, a_model, adjust, both, ev, scored, t

LEVELS = Levels(Level("active", at_least=100), Level("star", at_least=200))


def pay(when: str, amount: float, user: str = ADA) -> Event:
    return ev("pay", when, user=user, amount=amount)


def model(evaluate: str = "day", levels: Any = LEVELS, **fields: Any) -> ScoreModel:
    """The score is the sum of the amounts paid."""
    rule = EventRule("r", on="pay", points="amount", window=fields.pop("window", None))
    return a_model(fields.pop("signals", ()), [rule], evaluate=evaluate, levels=levels, **fields)


def moves(made: ScoreModel, log: list[Event], to: str = "2026-03-20") -> list[str]:
    """The changes of level as sentences; the level as at the end agrees in definition and engine."""
    found = reference.transitions(made, log, t(to))
    changes = [change for change in found if change.subject == ADA]
    assert both(made, log, to)[ADA].level == (changes[-1].after if changes else made.below)
    return [
        f"{dt.datetime.fromtimestamp(c.time // 10**6, dt.UTC):%d %b %H:%M} {c.before} -> {c.after} {c.cause}"
        for c in changes
    ]


# -- without margin and dwell


def test_without_margin_and_dwell_the_level_is_that_of_the_score_at_the_instant() -> None:
    """Whatever the evaluation instants: at 13:00 the payment of noon counts."""
    log = [pay("2026-03-01T12:00", 150)]
    assert scored(model(), log, "2026-03-01T13:00").level == "active"
    assert scored(model(evaluate="year"), log, "2026-03-01T13:00").level == "active"


def test_with_a_margin_it_is_the_one_left_by_the_last_evaluation_instant() -> None:
    """Looked at on the first instant of each day: at 13:00 nobody has looked yet."""
    log = [pay("2026-03-01T12:00", 150)]
    assert scored(model(margin=10), log, "2026-03-01T13:00").level == "base"
    assert scored(model(margin=10), log, "2026-03-02").level == "active"
    assert scored(model("month", margin=10), log, "2026-03-31").level == "base"
    assert scored(model("month", margin=10), log, "2026-04-01").level == "active"
    assert scored(model("continuous", margin=10), log, "2026-03-01T12:00").level == "active"


# -- margin


@pytest.mark.parametrize("evaluate", ["day", "continuous"])
def test_a_dip_inside_the_margin_keeps_the_level_and_a_real_fall_does_not(evaluate: str) -> None:
    """A level is left downwards only below its threshold minus the margin; 90 itself is still kept."""
    log = [pay("2026-03-01T12:00", 105), pay("2026-03-03T12:00", -10), pay("2026-03-05T12:00", -5)]
    later = "12:00" if evaluate == "continuous" else "00:00"
    first, second = ("01", "07") if evaluate == "continuous" else ("02", "08")
    assert moves(model(evaluate, margin=10), log) == [f"{first} Mar {later} base -> active event"]
    assert moves(model(evaluate, margin=10), [*log, pay("2026-03-07T12:00", -0.01)]) == [
        f"{first} Mar {later} base -> active event",
        f"{second} Mar {later} active -> base event",
    ]


def test_a_margin_holds_downwards_only() -> None:
    log = [pay("2026-03-01T12:00", 99.9), pay("2026-03-02T12:00", 0.1), pay("2026-03-03T12:00", 100)]
    assert moves(model(margin=50), log) == [
        "03 Mar 00:00 base -> active event",
        "04 Mar 00:00 active -> star event",
    ]


def test_once_left_the_score_is_classified_plainly() -> None:
    """From star at 250 down to 95: below 200 - 50, so it is left, and 95 is base, whatever active allows."""
    log = [pay("2026-03-01", 250), pay("2026-03-02T12:00", -155)]
    assert moves(model(margin=50), log) == [
        "01 Mar 00:00 base -> star event",
        "03 Mar 00:00 star -> base event",
    ]


def test_a_margin_is_of_the_level_one_is_in() -> None:
    """160 is within 50 of star's 200, so star is kept; 149 is not, and is active."""
    log = [pay("2026-03-01", 250), pay("2026-03-02T12:00", -90), pay("2026-03-03T12:00", -11)]
    assert moves(model(margin=50), log) == [
        "01 Mar 00:00 base -> star event",
        "04 Mar 00:00 star -> active event",
    ]


def test_a_margin_may_be_a_share_of_the_threshold() -> None:
    log = [pay("2026-03-01", 210), pay("2026-03-02T12:00", -30), pay("2026-03-03T12:00", -0.1)]
    assert moves(model(margin="10%"), log) == [
        "01 Mar 00:00 base -> star event",
        "04 Mar 00:00 star -> active event",
    ]


def test_a_condition_level_is_entered_and_left_whatever_the_margin() -> None:
    """Gone while nothing was paid for 3 days; looked at first, before the thresholds."""
    levels = [Level("gone", when="recent == 0"), *LEVELS]
    signals = [Count("recent", on="pay", window="3d")]
    log = [pay("2026-03-01", 150), pay("2026-03-08T12:00", -55)]
    assert moves(model(margin=10, levels=levels, signals=signals), log) == [
        "01 Mar 00:00 base -> active event",
        "04 Mar 00:00 active -> gone time",
        "09 Mar 00:00 gone -> base event",  # 95: the margin was active's, and that is long left
        "12 Mar 00:00 base -> gone time",
    ]


# -- dwell


def test_a_level_entered_is_left_after_the_dwell_at_the_earliest_in_either_direction() -> None:
    """Entered on the 2nd, so not before the 5th: neither upwards nor downwards."""
    up = [pay("2026-03-01T12:00", 150), pay("2026-03-02T12:00", 100)]
    assert moves(model(dwell="3d"), up) == [
        "02 Mar 00:00 base -> active event",
        "05 Mar 00:00 active -> star time",
    ]
    down = [pay("2026-03-01T12:00", 150), pay("2026-03-02T12:00", -100)]
    assert moves(model(dwell="3d"), down) == [
        "02 Mar 00:00 base -> active event",
        "05 Mar 00:00 active -> base time",
    ]


def test_a_continuous_model_is_looked_at_when_the_dwell_ends() -> None:
    """At noon of the 1st plus 36 hours, which is no event and no full hour of the grid."""
    log = [pay("2026-03-01T12:30", 150), pay("2026-03-01T14:00", -100)]
    assert moves(model("continuous", dwell="36h", resolution="1h"), log) == [
        "01 Mar 12:30 base -> active event",
        "03 Mar 00:30 active -> base time",
    ]


def test_the_base_level_at_the_start_has_no_dwell_and_the_one_come_back_to_has() -> None:
    log = [
        pay("2026-03-01", 50),
        pay("2026-03-02T12:00", 60),
        pay("2026-03-06T12:00", -60),
        pay("2026-03-07T12:00", 60),
    ]
    assert moves(model(dwell="3d"), log) == [
        "03 Mar 00:00 base -> active event",
        "07 Mar 00:00 active -> base event",
        "10 Mar 00:00 base -> active time",
    ]


def test_a_dip_shorter_than_the_dwell_is_never_seen() -> None:
    log = [pay("2026-03-01", 150), pay("2026-03-02", -100), pay("2026-03-03", 100)]
    assert moves(model(dwell="7d"), log) == ["01 Mar 00:00 base -> active event"]


def test_an_unknown_score_has_no_level_and_the_dwell_holds_that_change_too() -> None:
    """Known again, the level is entered at once: None has no dwell."""
    signals = [Formula("known", expr="1 if recent > 0 else None"), Count("recent", on="pay", window="2d")]
    rule = ConditionRule("u", when="known > 0", points=0, missing="unknown")
    made = a_model(
        signals, [EventRule("r", on="pay", points="amount"), rule], levels=LEVELS, dwell="5d", evaluate="day"
    )
    log = [pay("2026-03-01", 150), pay("2026-03-08T12:00", 1)]
    assert moves(made, log) == [
        "01 Mar 00:00 base -> active event",
        "06 Mar 00:00 active -> None time",  # unknown from the 3rd on
        "09 Mar 00:00 None -> active event",
        "14 Mar 00:00 active -> None time",
    ]


def test_margin_and_dwell_together() -> None:
    log = [pay("2026-03-01", 150), pay("2026-03-01T12:00", -55), pay("2026-03-02T12:00", -20)]
    made = model(margin=10, dwell="4d")
    assert moves(made, log) == ["01 Mar 00:00 base -> active event", "05 Mar 00:00 active -> base time"]


# -- when levels are looked at


def test_the_first_instant_of_a_period_is_local_and_includes_an_event_at_it() -> None:
    """Midnight in Paris is 23:00 UTC; the event at that microsecond counts."""
    made = model(margin=1, timezone="Europe/Paris")
    assert moves(made, [pay("2026-03-01T23:00", 150)]) == ["01 Mar 23:00 base -> active event"]
    assert moves(made, [pay("2026-03-01T23:00:00.000001", 150)]) == ["02 Mar 23:00 base -> active event"]


def test_weeks_are_looked_at_on_their_first_day() -> None:
    log = [pay("2026-03-03", 150)]  # a Tuesday
    assert moves(model("week", margin=1), log) == ["09 Mar 00:00 base -> active event"]
    assert moves(model("week", margin=1, week_start="thursday"), log) == ["05 Mar 00:00 base -> active event"]


def test_what_expires_is_found_between_the_grid_points_to_the_microsecond() -> None:
    """A window of 36 hours ends at a time that nobody looks at by himself."""
    made = model("continuous", window="36h", margin=1, resolution="6h")
    log = [pay("2026-03-01T12:34:56.789", 150)]
    assert moves(made, log, "2026-03-04") == [
        "01 Mar 12:34 base -> active event",
        "03 Mar 00:34 active -> base time",
    ]
    (_, left) = reference.transitions(made, log, t("2026-03-04"))
    assert left.time == log[0].time + 36 * HOUR


def test_points_that_fade_cross_a_threshold_where_arithmetic_says() -> None:
    """150 fading over 30 days are below 100 - 10 after 12 days: 150 x (1 - 12/30) = 90, and the tolerance."""
    rule = EventRule("r", on="pay", points="amount", fade="30d")
    made = a_model(rules=[rule], levels=LEVELS, margin=10, evaluate="continuous", resolution="1d")
    log = [pay("2026-03-01", 150)]
    (_, left) = reference.transitions(made, log, t("2026-03-20"))
    slack = 1e-9 * 90 / 150 * 30 * DAY  # the tolerance of a threshold, as time
    assert 0 < left.time - (log[0].time + 12 * DAY) <= slack + 1
    assert scored(made, log, left.time).level == "base"
    assert scored(made, log, left.time - 1).level == "active"


def test_each_subject_is_looked_at_from_its_own_first_event() -> None:
    """bob's payment comes before ada's: his instants are nothing to her dwell."""
    log = [pay("2026-03-01", 150, "bob"), pay("2026-03-10T12:00", 150)]
    found = both(model(dwell="30d"), log, "2026-03-11")
    assert {name: score.level for name, score in found.items()} == {"ada": "active", "bob": "active"}


def test_adjustments_move_levels_and_are_their_cause() -> None:
    log = [adjust("2026-03-01T12:00", 150), pay("2026-03-01T12:00", 1)]
    assert moves(model(margin=1), log) == ["02 Mar 00:00 base -> active adjustment"]


def test_before_the_first_event_there_is_nobody_to_have_a_level() -> None:
    made = model(margin=1)
    assert both(made, [pay("2026-03-01T12:00", 150)], "2026-03-01T11:59") == {}


# -- the engine's short cut is the definition


def random_log(rng: Random, subjects: int = 4) -> list[Event]:
    """Payments in and out over a month, some at midnight."""
    return [
        pay(
            f"2026-03-{rng.randint(1, 28):02}T{rng.choice(('00:00', '12:00', '23:59:59.999999'))}",
            rng.choice([-60, -30, -10, 20, 40, 90, 150]),
            f"u{rng.randrange(subjects)}",
        )
        for _ in range(rng.randint(1, 25))
    ]


@pytest.mark.parametrize("evaluate", ["day", "week", "month"])
@pytest.mark.parametrize(
    "fields", [{"margin": 25}, {"margin": "30%"}, {"dwell": "3d"}, {"dwell": "36h", "margin": 40}]
)
def test_the_level_as_at_any_instant_is_the_definitions(evaluate: str, fields: dict[str, Any]) -> None:
    """By period, with thresholds, a condition, and a window that lets points go."""
    levels = [Level("gone", when="recent == 0"), *LEVELS]
    rng = Random(f"{evaluate}{fields}")
    for _ in range(6):
        made = model(
            evaluate, levels, signals=[Count("recent", on="pay", window="6d")], window="10d", **fields
        )
        log = random_log(rng)
        for at in (max(e.time for e in log), t("2026-03-15"), t("2026-04-01"), t("2026-04-20T12:00")):
            both(made, log, at)


@pytest.mark.parametrize("fields", [{"margin": 25}, {"dwell": "36h"}, {"dwell": "50h", "margin": "20%"}])
def test_the_level_as_at_any_instant_is_the_definitions_continuously_too(fields: dict[str, Any]) -> None:
    rng = Random(str(fields))
    for _ in range(3):
        made = model("continuous", window="5d", resolution="12h", **fields)
        log = random_log(rng, 2)
        both(made, log, "2026-03-20T07:00")


def test_a_history_before_the_first_evaluation_instant_stands_in_the_base_level() -> None:
    """The score is looked at on the next midnight only, also where there is no midnight yet."""
    model = ScoreModel(
        "clubs",
        subject="user",
        rules=[EventRule("log in", on="login", points=7.5)],
        levels=Levels(Level("in", at_least=5), dwell="2d"),
    )
    found = history(model, [{"name": "login", "time": "2024-02-22T11:25:07Z", "user": "zoe"}])
    assert found.levels.tolist() == [["base"]]

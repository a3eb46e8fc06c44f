"""EventRule: points for every matching event, as they age, are limited, voided and bent."""

from __future__ import annotations

import math
from typing import Any

import pytest

from questscore import Active, Count, Event, EventRule, Limit, Steps, Total
from unit.engine.both import ADA, a_model, adjust, both, ev, points, reset, scored

LOG = [ev("task", f"2026-03-0{day}T12:00", size=day) for day in (1, 2, 3, 4)]  # Sunday to Wednesday, at noon


# -- what is awarded


def test_every_matching_event_pays() -> None:
    assert points(EventRule("r", on="task", points=50), LOG, "2026-03-09") == 200
    assert points(EventRule("r", on="task", points=-2.5), LOG, "2026-03-09") == -10
    assert points(EventRule("r", on="task", where="size > 2", points=50), LOG, "2026-03-09") == 100
    assert points(EventRule("r", on="other", points=50), LOG, "2026-03-09") == 0


def test_points_may_be_an_expression_over_the_event() -> None:
    assert points(EventRule("r", on="task", points="size * 10"), LOG, "2026-03-09") == 100
    assert points(EventRule("r", on="task", points="5 if weekday == 7 else 1"), LOG, "2026-03-09") == 8
    assert (
        points(EventRule("r", on="*", points="prop('size') if user == 'ada' else 0"), LOG, "2026-03-09") == 10
    )


def test_points_that_are_missing_or_text_pay_nothing() -> None:
    log = [ev("task", "2026-03-01", size="big"), ev("task", "2026-03-02"), ev("task", "2026-03-03", size=7)]
    assert points(EventRule("r", on="task", points="size"), log, "2026-03-09") == 7
    assert points(EventRule("r", on="task", points="log(size - 7)"), log, "2026-03-09") == 0


def test_an_event_worth_nothing_uses_nothing_up() -> None:
    """The first two are worth 0 and missing: the limit of one is still free for the third."""
    log = [ev("task", "2026-03-01", size=0), ev("task", "2026-03-02"), *LOG[2:]]
    once = EventRule("r", on="task", points="size", limit=Limit(count=1))
    assert points(once, log, "2026-03-09") == 3
    cooled = EventRule("r", on="task", points="size", cooldown="2d")
    assert points(cooled, log, "2026-03-09") == 3  # 3 March pays and cools the 4th down


# -- ageing


@pytest.mark.parametrize(
    ("ageing", "at", "left"),
    [
        ({"half_life": "1d"}, "2026-03-04T12:00", 8 + 4 + 2 + 1),
        ({"fade": "4d"}, "2026-03-04T12:00", 8 + 6 + 4 + 2),
        ({"fade": "2d"}, "2026-03-04T12:00", 8 + 4),
        ({"steps": {"every": "2d", "factor": 0.5}}, "2026-03-04T12:00", 8 + 8 + 4 + 4),
        ({"steps": Steps("2d", 0)}, "2026-03-04T12:00", 8 + 8),
        ({"window": "2d"}, "2026-03-04T12:00", 8 + 8),  # nothing at an age of exactly 2 d
        ({"window": "2d"}, "2026-03-04T11:59:59.999999", 8 + 8),
        ({"window": "week"}, "2026-03-04T12:00", 8 * 3),  # from Monday 2 March
        ({"window": "day"}, "2026-03-04T12:00", 8),
        ({"window": "day"}, "2026-03-05T00:00", 0),
        ({"half_life": "1d", "window": "2d"}, "2026-03-04T12:00", 8 + 4),
        ({"fade": "4d", "window": "day"}, "2026-03-04T13:00", 8 * (1 - 1 / 96)),
        ({"steps": {"every": "1h", "factor": 0.5}, "window": "3h"}, "2026-03-04T14:30", 2),
    ],
)
@pytest.mark.parametrize("worth", [8, -8])
def test_points_age_and_negative_ones_alike(
    ageing: dict[str, object], at: str, left: float, worth: float
) -> None:
    rule = EventRule("r", on="task", points=worth, **ageing)  # type: ignore[arg-type]
    paid = points(rule, LOG, at)
    assert paid == pytest.approx(math.copysign(left, worth), abs=1e-12)


def test_points_that_do_not_age_stay_for_ever() -> None:
    assert points(EventRule("r", on="task", points=8), LOG, "2126-03-09") == 32


# -- limits


def limited(
    *limits: Limit, at: str = "2026-03-09", log: list[Event] = LOG, worth: object = 10, **more: object
) -> float | None:
    return points(EventRule("r", on="task", points=worth, limit=list(limits), **more), log, at)  # type: ignore[arg-type]


def test_a_count_of_each_period_is_paid_to_the_first_that_come() -> None:
    twice = [
        e
        for day in (1, 2)
        for e in (ev("task", f"2026-03-0{day}T01:00", size=1), ev("task", f"2026-03-0{day}T02:00", size=5))
    ]
    assert limited(Limit(count=1), log=twice, worth="size") == 1
    assert limited(Limit(count=1, every="day"), log=twice, worth="size") == 2
    assert limited(Limit(count=1, every="week"), log=twice, worth="size") == 2  # Sunday 1, Monday 2
    assert limited(Limit(count=1, every="month"), log=twice, worth="size") == 1
    assert limited(Limit(count=3, every="month"), log=twice, worth="size") == 7


def test_the_period_of_a_limit_is_local() -> None:
    """22:30 and 23:30 UTC: one day in UTC, two in Paris."""
    late = [ev("task", "2026-03-01T22:30"), ev("task", "2026-03-01T23:30")]
    rule = EventRule("r", on="task", points=10, limit=Limit(count=1, every="day"))
    assert points(rule, late, "2026-03-09") == 10
    assert points(rule, late, "2026-03-09", timezone="Europe/Paris") == 20


def test_which_of_a_tie_is_paid_is_settled_by_canonical_order_and_not_by_arrival() -> None:
    tie = [ev("task", "2026-03-01", id="b", size=100), ev("task", "2026-03-01", id="a", size=1)]
    for log in (tie, tie[::-1]):
        assert limited(Limit(count=1), log=log, worth="size") == 1


def test_a_limit_per_value_of_a_property_is_a_cell_for_each() -> None:
    """1, 1.0 and True are one value; the text "1" is another; without the property nothing is paid."""
    log = [
        ev("task", f"2026-03-01T00:0{i}", kind=k)
        for i, k in enumerate([1, 1.0, True, "1", "a", "a", None, ""])
    ]
    assert limited(Limit(count=1, per="kind"), log=log) == 40
    assert limited(Limit(count=2, per="kind"), log=log) == 60
    assert limited(Limit(points=15, per="kind"), log=log) == 15 + 10 + 15 + 10


def test_a_limit_per_user_of_an_account_model() -> None:
    """A built-in name is as good as a property: the first task of each member."""
    log = [*LOG, ev("task", "2026-03-05", user="bob"), ev("task", "2026-03-06", user=None)]
    model = a_model(
        rules=[EventRule("r", on="task", points=10, limit=Limit(count=1, per="user"))], subject="account"
    )
    assert scored(model, log, "2026-03-09").value == 20


def test_a_limit_of_each_period_and_each_value() -> None:
    log = [ev("task", f"2026-03-0{day}T0{i}:00", kind=k) for day in (1, 2) for i, k in enumerate("aab")]
    assert limited(Limit(count=1, every="day", per="kind"), log=log) == 40
    assert limited(Limit(count=1, every="month", per="kind"), log=log) == 20


def test_gains_up_to_a_sum_and_losses_apart_from_them() -> None:
    log = [ev("task", f"2026-03-01T00:0{i}", size=s) for i, s in enumerate([70, -60, 70, -60, 5])]
    assert limited(Limit(points=100), log=log, worth="size") == 100 - 100
    assert limited(Limit(points=100), log=log[:3], worth="size") == 100 - 60


def test_limits_act_before_ageing() -> None:
    """Only the oldest pays, and it has aged: 10 after three half-lives is 1.25, not the best of four."""
    assert limited(Limit(count=1), at="2026-03-04T12:00", half_life="1d") == 1.25
    assert limited(Limit(points=10), at="2026-03-04T12:00", half_life="1d") == 1.25
    assert limited(Limit(count=1), at="2026-03-04T12:00", window="2d") == 0


def test_an_event_pays_what_every_limit_allows_and_uses_nothing_up_when_blocked() -> None:
    """One a day, three in all: the second of the 1st is blocked by the first limit, so the third is free."""
    log = [
        ev("task", when)
        for when in ("2026-03-01T01:00", "2026-03-01T02:00", "2026-03-02", "2026-03-03", "2026-03-04")
    ]
    assert limited(Limit(count=1, every="day"), Limit(count=3), log=log) == 30
    assert limited(Limit(count=3), Limit(count=1, every="day"), log=log) == 30  # in either order
    assert limited(Limit(points=15, every="day"), Limit(count=3), log=log) == 10 + 5 + 10


def test_an_event_after_the_instant_cannot_take_the_place_of_an_earlier_one() -> None:
    log = [ev("task", "2026-03-01T01:00"), ev("task", "2026-03-01T00:30")]
    assert limited(Limit(count=1, every="day"), at="2026-03-01T00:45", log=log) == 10


# -- cooldown


def test_a_cooldown_blocks_until_it_is_over_to_the_microsecond() -> None:
    log = [
        ev("task", w)
        for w in ("2026-03-01T00:00", "2026-03-01T00:29:59.999999", "2026-03-01T00:30", "2026-03-01T00:59")
    ]
    assert limited(log=log, cooldown="30m") == 20
    assert limited(log=log, cooldown="30m", half_life="30m", at="2026-03-01T00:30") == 15


def test_of_two_events_at_one_microsecond_only_the_first_pays_under_a_cooldown() -> None:
    tie = [ev("task", "2026-03-01", id="b", size=5), ev("task", "2026-03-01", id="a", size=2)]
    assert limited(log=tie, worth="size", cooldown="1s") == 2


def test_each_subject_has_a_cooldown_of_its_own() -> None:
    log = [ev("task", "2026-03-01", user=user) for user in ("ada", "bob")]
    found = both(a_model(rules=[EventRule("r", on="task", points=10, cooldown="1d")]), log, "2026-03-02")
    assert [score.value for score in found.values()] == [10, 10]


def test_a_blocked_event_starts_no_pause_and_uses_no_limit() -> None:
    """Every 2 days: the 1st and the 3rd pay. Two in all: the blocked 2nd did not use one up."""
    assert limited(Limit(count=2), cooldown="2d", worth="size") == 1 + 3
    assert (
        limited(Limit(count=1, every="week"), cooldown="2d", worth="size") == 1 + 3
    )  # 2 is cooling, 3 in the new week


# -- active


def test_outside_its_span_no_event_exists_for_the_rule() -> None:
    """[from, until): the start is in, the end is out; what lies outside uses no limit up."""
    span = Active(from_="2026-03-02T12:00:00Z", until="2026-03-04T12:00:00Z")
    assert points(EventRule("r", on="task", points="size", active=span), LOG, "2026-03-09") == 2 + 3
    once = EventRule("r", on="task", points="size", active=span, limit=Limit(count=1))
    assert points(once, LOG, "2026-03-09") == 2
    daily = EventRule("r", on="task", points=10, active=span, limit=Limit(count=1, every="day"))
    assert points(daily, LOG, "2026-03-09") == 20


def test_dates_of_a_span_are_local_midnights() -> None:
    log = [
        ev("task", "2026-02-28T22:59:59.999999"),
        ev("task", "2026-02-28T23:00"),
        ev("task", "2026-03-01T22:59:59"),
    ]
    rule = EventRule("r", on="task", points=10, active=Active(from_="2026-03-01", until="2026-03-02"))
    assert points(rule, log, "2026-03-09", timezone="Europe/Paris") == 20
    assert points(rule, log, "2026-03-09") == 10


def test_a_span_with_one_end_is_open_at_the_other() -> None:
    late = EventRule("r", on="task", points="size", active=Active(from_="2026-03-03"))
    early = EventRule("r", on="task", points="size", active=Active(until="2026-03-03"), half_life="1d")
    assert points(late, LOG, "2026-03-09") == 7
    assert points(early, LOG, "2026-03-03T12:00") == 0.25 + 1


# -- curve


def test_a_curve_gives_ever_less() -> None:
    """10 x log2(1 + n) of n events; 10 x sqrt(n); a negative unit bends downwards alike."""
    log = [ev("task", f"2026-03-01T00:00:{i:02}") for i in range(7)]
    assert points(EventRule("r", on="task", points=10, curve="log2"), log, "2026-03-02") == 30
    assert points(EventRule("r", on="task", points=10, curve="log2"), log[:1], "2026-03-02") == 10
    assert points(EventRule("r", on="task", points=10, curve="sqrt"), log[:4], "2026-03-02") == 20
    assert points(EventRule("r", on="task", points=-10, curve="sqrt"), log[:4], "2026-03-02") == -20
    assert points(EventRule("r", on="nothing", points=-10, curve="sqrt"), log, "2026-03-02") == 0


def test_a_curve_bends_the_aged_sum_of_what_was_let_through() -> None:
    """Three of four pay; after one day and a half-life of one day their sum is 15: 10 x log2(1 + 1.5)."""
    log = [ev("task", f"2026-03-01T00:00:00.00000{i}") for i in range(4)]
    rule = EventRule("r", on="task", points=10, curve="log2", half_life="1d", limit=Limit(count=3))
    assert points(rule, log, "2026-03-02") == pytest.approx(10 * math.log2(2.5), abs=1e-8)


def test_bounds_come_after_the_curve() -> None:
    log = [ev("task", f"2026-03-01T00:00:{i:02}") for i in range(9)]
    assert points(EventRule("r", on="task", points=10, curve="sqrt", maximum=25), log, "2026-03-02") == 25


# -- bounds, and all of it together


def test_bounds_hold_at_read_time_and_also_when_the_rule_pays_nothing() -> None:
    assert points(EventRule("r", on="task", points=50, maximum=120), LOG, "2026-03-09") == 120
    assert points(EventRule("r", on="task", points=50, maximum=120), LOG[:2], "2026-03-09") == 100
    assert points(EventRule("r", on="other", points=50, minimum=5), LOG, "2026-03-09") == 5
    assert points(EventRule("r", on="other", points=-50, maximum=-5), LOG, "2026-03-09") == -5


def test_a_bound_at_read_time_is_no_limit() -> None:
    """200 points bounded by 120 are still 200 inside: when half of them expire, 100 are left, not 20."""
    rule = EventRule("r", on="task", points=50, maximum=120, window="100h")
    assert points(rule, LOG, "2026-03-04T13:00") == 120
    assert points(rule, LOG, "2026-03-06T17:00") == 100


def test_every_option_together() -> None:
    """Of five tasks on two days the pause leaves four, the limit of 9 points a day 5 + 4 and 5 + 4.

    One day later the first day's are worth a half, the second's all; the bound takes what is above 13.
    """
    log = [ev("task", w, size=5) for w in ("2026-03-02", "2026-03-02T00:05", "2026-03-02T01:00")]
    log += [ev("task", w, size=5) for w in ("2026-03-03T00:00", "2026-03-03T01:00")]
    fields: dict[str, Any] = {
        "on": "task",
        "where": "size > 2",
        "points": "size",
        "steps": {"every": "24h", "factor": 0.5},
        "limit": [{"points": 9, "every": "day"}, {"count": 9}],
        "cooldown": "30m",
        "window": "week",
        "active": {"from": "2026-03-02"},
    }
    assert points(EventRule("r", **fields), log, "2026-03-03T01:00") == 4.5 + 9
    assert points(EventRule("r", **fields, maximum=13), log, "2026-03-03T01:00") == 13
    assert points(EventRule("r", **fields), log, "2026-03-09T00:00") == 0


# -- resets and adjustments


def test_a_reset_voids_what_was_earned_at_or_before_it() -> None:
    """By time, whatever the canonical order: an event at the very microsecond is voided too."""
    rule = EventRule("r", on="task", points="size")
    assert points(rule, [*LOG, reset("2026-03-02T12:00")], "2026-03-09") == 7
    assert points(rule, [*LOG, reset("2026-03-02T11:59:59.999999")], "2026-03-09") == 9
    assert points(rule, [*LOG, reset("2026-03-05")], "2026-03-09") == 0
    assert points(rule, [*LOG, reset("2026-03-05")], "2026-03-04T13:00") == 10  # not yet


def test_what_a_reset_voids_still_counts_towards_limits_and_cooldowns() -> None:
    """Otherwise a reset would be a way to be paid twice for one month."""
    log = [*LOG, reset("2026-03-01T13:00")]
    assert limited(Limit(count=1, every="month"), log=log, worth="size") == 0
    assert limited(Limit(count=2, every="month"), log=log, worth="size") == 2
    assert limited(Limit(count=1), log=log) == 0
    assert limited(log=log, worth="size", cooldown="36h") == 3  # the 1st still cools the 2nd down
    assert limited(Limit(points=15), log=log) == 5


def test_a_reset_starts_from_its_points_and_a_later_one_voids_these() -> None:
    model = a_model(rules=[EventRule("r", on="task", points=10)])
    log = [*LOG, reset("2026-03-02T13:00", 100)]
    assert (scored(model, log, "2026-03-09").adjustments, scored(model, log, "2026-03-09").value) == (
        100,
        120,
    )
    again = [*log, reset("2026-03-03T13:00")]
    assert (scored(model, again, "2026-03-09").adjustments, scored(model, again, "2026-03-09").value) == (
        0,
        10,
    )


def test_adjustments_before_a_reset_are_void_and_at_its_microsecond_too() -> None:
    """The names' canonical order (adjust before reset) is nothing to it; ids neither."""
    model = a_model()
    log = [
        adjust("2026-03-01", 5),
        adjust("2026-03-02", 7, user="ada"),
        reset("2026-03-02", 1),
        adjust("2026-03-03", 3),
    ]
    assert scored(model, log, "2026-03-09").adjustments == 4
    late = Event("questscore.adjust", log[2].time, user=ADA, id="zzz", properties={"points": 50})
    assert scored(model, [*log, late], "2026-03-09").adjustments == 4


def test_two_resets_at_one_microsecond_both_start_it_off() -> None:
    log = [reset("2026-03-02", 10), reset("2026-03-02", 5), *LOG]
    assert scored(a_model(rules=[EventRule("r", on="task", points=1)]), log, "2026-03-09").value == 15 + 3


@pytest.mark.parametrize(("amount", "added"), [(25, 25), (-0.5, -0.5), ("ten", 0), (None, 0), (True, 1)])
def test_an_adjustment_adds_its_finite_number(amount: object, added: float) -> None:
    assert scored(a_model(), [adjust("2026-03-01", amount, reason="call")], "2026-03-09").adjustments == added


def test_adjustments_and_resets_may_name_the_model_they_are_for() -> None:
    log = [
        *LOG,
        adjust("2026-03-01", 5, model="a model"),
        adjust("2026-03-01", 50, model="another"),
        adjust("2026-03-01", 500, model=""),
        adjust("2026-03-01", 5000, model=7),
        reset("2026-03-03", model="another"),
        adjust("2026-03-01", 7),
    ]
    found = scored(a_model(rules=[EventRule("r", on="task", points=10)]), log, "2026-03-09")
    assert (found.adjustments, found.value) == (12, 52)


def test_a_reset_voids_points_and_not_signals() -> None:
    model = a_model(
        [Count("n", on="task"), Total("size", on="task", property="size")],
        [EventRule("r", on="task", points=1)],
    )
    found = scored(model, [*LOG, reset("2026-03-05")], "2026-03-09")
    assert (found.signals["n"], found.signals["size"], found.points["r"]) == (4, 10, 0)


def test_someone_with_only_an_adjustment_or_a_reset_is_scored() -> None:
    found = both(a_model(), [adjust("2026-03-01", 5), reset("2026-03-01", user="bob")], "2026-03-09")
    assert {name: score.value for name, score in found.items()} == {"ada": 5, "bob": 0}
    assert both(a_model(), [adjust("2026-03-01", 5)], "2026-02-28") == {}


def test_a_reset_under_each_way_to_be_limited_and_to_age() -> None:
    """Of four tasks the first is void, by whichever way the engine adds the others up."""
    log = [*LOG, reset("2026-03-01T13:00")]
    at = "2026-03-04T12:00"
    assert points(EventRule("r", on="task", points=8, half_life="1d"), log, at) == 8 + 4 + 2
    assert points(EventRule("r", on="task", points=8, half_life="1d", limit=Limit(count=3)), log, at) == 4 + 2
    assert points(EventRule("r", on="task", points=8, curve="sqrt"), log + LOG[3:], at) == 16
    assert points(EventRule("r", on="task", points=8, window="week"), log, at) == 24

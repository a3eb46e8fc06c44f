"""Count and Total: how many, and how much, in a window, fresh events weighing more."""

from __future__ import annotations

import pytest

from questscore import Count, Event, Total
from unit.engine.both import ADA, a_model, both, ev, reset, signal, t

WEEK = [ev("login", f"2026-03-0{day}T12:00") for day in range(1, 8)]  # Sunday 1 to Saturday 7 March, at noon


def test_count_counts_matching_events_up_to_the_instant() -> None:
    assert signal(Count("n", on="login"), WEEK, "2026-03-04T12:00") == 4
    assert signal(Count("n", on="login"), WEEK, "2026-03-04T11:59:59.999999") == 3


def test_a_name_a_list_of_names_and_any_name() -> None:
    log = [*WEEK, ev("pay", "2026-03-02"), ev("visit", "2026-03-03"), reset("2026-03-01T13:00")]
    counts = [
        Count("one", on="login"),
        Count("two", on=["login", "pay"]),
        Count("any", on="*"),
        Count("no", on="x"),
    ]
    assert dict(both(a_model(counts), log, "2026-03-08")[ADA].signals) == {
        "one": 7,
        "two": 8,
        "any": 9,
        "no": 0,
    }


def test_a_condition_reads_properties_and_the_event_itself() -> None:
    log = [
        ev("pay", "2026-03-02T09:00", amount=5, plan="pro"),
        ev("pay", "2026-03-02T10:00", amount=50),
        ev("pay", "2026-03-08T09:00", amount="50", plan="pro"),  # digits in text are text
        ev("pay", "2026-03-08T23:00", plan=None),
    ]
    for where, count in {
        "amount > 10": 1,
        "amount == '50'": 1,
        "plan == 'pro'": 2,
        "plan != 'pro'": 0,  # a missing plan is not different from pro
        "is_missing(plan)": 2,
        "hour >= 10": 2,
        "weekday == 7": 2,
        "weekday == 1 and day == 2 and month == 3": 2,
        "user == 'ada' and account == 'acme' and event_name == 'pay'": 4,
    }.items():
        assert signal(Count("n", on="pay", where=where), log, "2026-03-09") == count, where


def test_names_of_the_event_hide_properties_and_prop_finds_them() -> None:
    log = [ev("pay", "2026-03-02T09:00", hour=99, **{"utm-source": "mail"})]
    assert signal(Count("n", on="pay", where="hour == 9"), log, "2026-03-03") == 1
    assert signal(Count("n", on="pay", where="prop('hour') == 99"), log, "2026-03-03") == 1
    assert signal(Count("n", on="pay", where="prop('utm-source') == 'mail'"), log, "2026-03-03") == 1


def test_local_parts_of_time_are_those_of_the_models_zone() -> None:
    """23:30 UTC on Sunday is 0:30 on Monday in Paris."""
    log = [ev("login", "2026-03-01T23:30")]
    at_night = Count("n", on="login", where="hour == 0 and weekday == 1 and day == 2")
    assert signal(at_night, log, "2026-03-03") == 0
    assert signal(at_night, log, "2026-03-03", timezone="Europe/Paris") == 1


# -- windows


def test_a_trailing_window_is_open_on_the_left_and_closed_on_the_right() -> None:
    """(t - 7d, t]: an event exactly seven days old has just left."""
    one = [ev("login", "2026-03-01T12:00")]
    week = Count("n", on="login", window="7d")
    assert signal(week, one, "2026-03-01T12:00") == 1
    assert signal(week, one, "2026-03-08T11:59:59.999999") == 1
    assert signal(week, one, "2026-03-08T12:00") == 0


def test_a_calendar_window_is_the_period_that_holds_the_instant_up_to_it() -> None:
    """March 2026 begins on a Sunday: the week from Monday has six of these days, that from Sunday seven."""
    at = "2026-03-07T13:00"
    assert signal(Count("n", on="login", window="day"), WEEK, at) == 1
    assert signal(Count("n", on="login", window="week"), WEEK, at) == 6
    assert signal(Count("n", on="login", window="week"), WEEK, at, week_start="sunday") == 7
    assert signal(Count("n", on="login", window="month"), WEEK, at) == 7
    assert signal(Count("n", on="login", window="month"), WEEK, "2026-04-01") == 0
    assert signal(Count("n", on="login", window="quarter"), WEEK, "2026-03-31") == 7
    assert signal(Count("n", on="login", window="quarter"), WEEK, "2026-04-01") == 0
    assert signal(Count("n", on="login", window="year"), WEEK, "2026-12-31T23:59:59.999999") == 7
    assert signal(Count("n", on="login", window="year"), WEEK, "2027-01-01") == 0


@pytest.mark.parametrize(
    ("timezone", "date", "first", "after", "length"),
    [
        ("America/New_York", "2026-03-08", "2026-03-08T05:00", "2026-03-09T04:00", 23),
        ("America/New_York", "2026-11-01", "2026-11-01T04:00", "2026-11-02T05:00", 25),
        ("Europe/London", "2026-03-29", "2026-03-29T00:00", "2026-03-29T23:00", 23),
        ("Europe/London", "2026-10-25", "2026-10-24T23:00", "2026-10-26T00:00", 25),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00", "2018-11-05T02:00", 23),
        ("Africa/Casablanca", "2024-03-10", "2024-03-09T23:00", "2024-03-11T00:00", 25),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00", "2011-12-31T10:00", 24),
    ],
)
def test_a_day_of_23_or_25_hours_holds_exactly_its_events(
    timezone: str, date: str, first: str, after: str, length: int
) -> None:
    """One event an hour, on the hour, from the day before to the day after."""
    start, end = t(first), t(after)
    log = [ev("tick", start + i * 3_600_000_000) for i in range(-24, 50)]
    today = Count("n", on="tick", window="day")
    assert signal(today, log, end - 1, timezone=timezone) == length, date
    assert signal(today, log, start, timezone=timezone) == 1
    assert signal(today, log, end, timezone=timezone) == 1


# -- fading


def test_with_a_half_life_an_event_counts_half_after_it() -> None:
    """Now 1, after 7 days 1/2, after 14 days 1/4."""
    log = [ev("login", f"2026-03-{day:02}") for day in (1, 8, 15)]
    assert signal(Count("n", on="login", half_life="7d"), log, "2026-03-15") == 1.75


def test_a_half_life_inside_a_window_is_both() -> None:
    log = [ev("login", f"2026-03-{day:02}") for day in (1, 8, 15)]
    assert signal(Count("n", on="login", half_life="7d", window="10d"), log, "2026-03-15") == 1.5


def test_after_a_thousand_half_lives_what_is_left_is_next_to_nothing_but_no_error() -> None:
    value = signal(Count("n", on="login", half_life="1s"), [ev("login", "2026-03-01")], "2036-03-01")
    assert value == 0


# -- totals


PAID = [
    ev("pay", "2026-03-01", amount=10),
    ev("pay", "2026-03-02", amount=2.5),
    ev("pay", "2026-03-03", amount="100"),
    ev("pay", "2026-03-04"),
    ev("pay", "2026-03-05", amount=True),
    ev("pay", "2026-03-06", amount=-3),
]


def test_total_sums_a_numeric_property_and_skips_events_without_it() -> None:
    """10 + 2.5 + 1 - 3: a text is not there, True is 1."""
    assert signal(Total("sum", on="pay", property="amount"), PAID, "2026-03-07") == 10.5


def test_total_of_nothing_is_exactly_zero() -> None:
    assert signal(Total("sum", on="pay", property="amount", window="day"), PAID, "2027-01-01") == 0
    assert signal(Total("sum", on="pay", property="nowhere"), PAID, "2027-01-01") == 0


def test_total_in_a_window_and_with_a_half_life() -> None:
    assert signal(Total("sum", on="pay", property="amount", window="week"), PAID, "2026-03-07") == 0.5
    aged = Total("sum", on="pay", property="amount", half_life="1d")
    assert signal(aged, PAID[:2], "2026-03-03") == 10 / 4 + 2.5 / 2


def test_total_of_a_nested_property_of_the_hour_and_of_a_name() -> None:
    log = [ev("pay", "2026-03-01T07:00", cart={"total": 3}), ev("pay", "2026-03-01T08:00", cart={"total": 4})]
    assert signal(Total("sum", on="pay", property="cart.total"), log, "2026-03-02") == 7
    assert signal(Total("sum", on="pay", property="hour"), log, "2026-03-02") == 15
    assert signal(Total("sum", on="pay", property="user"), log, "2026-03-02") == 0


def test_a_sum_of_whole_numbers_is_exact() -> None:
    """2^52 + 1 + 1 - 2^52: a sum in single precision, or one rounded on the way, is not 2."""
    log = [ev("pay", f"2026-03-01T00:00:0{i}", amount=v) for i, v in enumerate((2**52, 1, 1, -(2**52)))]
    found = both(a_model([Total("sum", on="pay", property="amount")]), log, "2026-03-02")[ADA]
    assert found.signals["sum"] == 2


# -- what is not counted twice


def test_an_event_with_an_id_counts_once_whatever_arrives() -> None:
    log = [
        ev("login", "2026-03-01", id="e1"),
        ev("login", "2026-03-01", id="e1"),
        ev("login", "2026-03-02", id="e1"),  # another time: a conflict, and the first stands
        ev("login", "2026-03-02", id="e2"),
        ev("login", "2026-03-02"),
        ev("login", "2026-03-02"),  # without an id two like events are two
    ]
    assert signal(Count("n", on="login"), log, "2026-03-03") == 4


def test_an_id_belongs_to_its_subject() -> None:
    log: list[Event] = [ev("login", "2026-03-01", id="e1"), ev("login", "2026-03-01", id="e1", user="bob")]
    found = both(a_model([Count("n", on="login")]), log, "2026-03-03")
    assert [found[who].signals["n"] for who in ("ada", "bob")] == [1, 1]
    of_acme = both(a_model([Count("n", on="login")], subject="account"), log, "2026-03-03")
    assert of_acme["acme"].signals["n"] == 1


def test_an_event_that_stands_before_its_duplicate_was_sent_counts_from_its_own_time() -> None:
    """As at an instant between the two, only the earlier one has happened."""
    log = [ev("login", "2026-03-05", id="e1", plan="b"), ev("login", "2026-03-01", id="e1", plan="a")]
    assert signal(Count("n", on="login", where="plan == 'a'"), log, "2026-03-03") == 1
    assert signal(Count("n", on="login", where="plan == 'b'"), log, "2026-03-06") == 0

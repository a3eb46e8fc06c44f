"""ActivePeriods, Streak and Sessions: on how many days, how many in a row, how many visits."""

from __future__ import annotations

import pytest

from questscore import ActivePeriods, Sessions, Streak
from unit.engine.both import ADA, a_model, both, ev, reset, signal, t

MINUTE = 60_000_000


# -- active periods


def test_a_day_with_several_events_is_one_active_day() -> None:
    log = [ev("login", f"2026-03-{day:02}T{hour:02}:00") for day in (1, 2, 2, 5) for hour in (0, 9, 23)]
    assert signal(ActivePeriods("n", on="login", every="day"), log, "2026-03-06") == 3
    assert signal(ActivePeriods("n", on="login", every="week"), log, "2026-03-06") == 2  # Sunday the 1st
    assert signal(ActivePeriods("n", on="login", every="week"), log, "2026-03-06", week_start="sunday") == 1
    assert signal(ActivePeriods("n", on="login", every="month"), log, "2026-03-06") == 1


def test_days_are_local_days() -> None:
    """22:30 and 23:30 UTC are one day in London and two in Paris in winter."""
    log = [ev("login", "2026-03-01T22:30"), ev("login", "2026-03-01T23:30")]
    daily = ActivePeriods("n", on="login", every="day")
    assert signal(daily, log, "2026-03-03", timezone="Europe/London") == 1
    assert signal(daily, log, "2026-03-03", timezone="Europe/Paris") == 2


def test_a_window_of_n_days_can_touch_n_plus_1_local_days() -> None:
    """(1 March 12:00, 3 March 12:00] is 48 hours and lies on three days."""
    log = [ev("login", f"2026-03-0{day}T{hour}:00") for day in (1, 2, 3) for hour in ("11", "13")]
    assert signal(ActivePeriods("n", on="login", every="day", window="2d"), log, "2026-03-03T12:00") == 3


def test_weeks_of_a_calendar_quarter() -> None:
    log = [ev("login", when) for when in ("2026-03-30", "2026-04-01", "2026-04-06", "2026-04-12")]
    assert signal(ActivePeriods("n", on="login", every="week", window="quarter"), log, "2026-04-30") == 2
    assert (
        signal(ActivePeriods("n", on="login", every="week"), log, "2026-04-30") == 2
    )  # 30 March - 5 April is one


def test_week_53_is_one_active_week_over_new_year() -> None:
    log = [
        ev("login", when) for when in ("2020-12-28", "2020-12-31", "2021-01-01", "2021-01-03", "2021-01-04")
    ]
    assert signal(ActivePeriods("n", on="login", every="week"), log, "2021-02-01") == 2
    assert signal(ActivePeriods("n", on="login", every="year"), log, "2021-02-01") == 2


def test_the_29th_of_february_is_a_day() -> None:
    log = [ev("login", when) for when in ("2024-02-28", "2024-02-29", "2024-03-01")]
    assert signal(ActivePeriods("n", on="login", every="day", window="2d"), log, "2024-03-01") == 2
    assert signal(ActivePeriods("n", on="login", every="day", window="month"), log, "2024-02-29") == 2


# -- streaks


@pytest.mark.parametrize(
    ("at", "length", "why"),
    [
        ("2026-03-03T10:00", 3, "the third of three days"),
        ("2026-03-03T09:59", 2, "today is not there yet, and yesterday's streak stands"),
        ("2026-03-04T23:59", 3, "a whole day may still come"),
        ("2026-03-05T00:00", 0, "a day was missed"),
        ("2026-03-06T10:00", 1, "begun anew"),
        ("2026-03-07T00:00", 1, "yesterday"),
        ("2026-03-08T00:00", 0, "over"),
        ("2026-02-28T00:00", None, "not seen yet"),
    ],
)
def test_a_streak_of_days_ends_today_or_yesterday(at: str, length: float | None, why: str) -> None:
    log = [ev("login", f"2026-03-0{day}T10:00") for day in (1, 2, 3, 6)]
    found = both(a_model([Streak("n", on="login", every="day")]), log, at)
    assert (found[ADA].signals["n"] if found else None) == length, why


def test_a_period_counts_when_it_holds_enough() -> None:
    """Twice a day: 2 on the 1st, 3 on the 2nd, 1 so far on the 3rd."""
    log = [
        ev("login", f"2026-03-0{d}T{h:02}:00")
        for d, hours in ((1, (1, 2)), (2, (1, 2, 3)), (3, (1,)))
        for h in hours
    ]
    assert signal(Streak("n", on="login", every="day", at_least=2), log, "2026-03-03T12:00") == 2
    assert signal(Streak("n", on="login", every="day", at_least=3), log, "2026-03-03T12:00") == 1
    assert signal(Streak("n", on="login", every="day", at_least=4), log, "2026-03-03T12:00") == 0


def test_streaks_of_weeks_over_new_year_and_of_months_over_february() -> None:
    weeks = [ev("login", when) for when in ("2020-12-21", "2021-01-03", "2021-01-04", "2021-01-17")]
    assert signal(Streak("n", on="login", every="week"), weeks, "2021-01-18") == 4
    months = [ev("login", when) for when in ("2024-01-31", "2024-02-29", "2024-03-31")]
    assert signal(Streak("n", on="login", every="month"), months, "2024-03-31") == 3
    assert signal(Streak("n", on="login", every="quarter"), months, "2024-06-30") == 1
    years = [ev("login", when) for when in ("2024-12-31", "2025-01-01", "2026-06-01")]
    assert signal(Streak("n", on="login", every="year"), years, "2026-06-01") == 3


def test_a_streak_is_not_broken_by_the_day_that_apia_left_out() -> None:
    """There was no 30 December 2011: nobody can have logged in on it, so a streak over it does break.

    Periods are the calendar's, and the calendar has a day without an instant; ``streak`` counts
    consecutive periods, each with events.
    """
    log = [ev("login", "2011-12-29T22:00"), ev("login", "2011-12-30T22:00")]  # local 29 and 31 December
    assert signal(Streak("n", on="login", every="day"), log, "2011-12-30T23:00", timezone="Pacific/Apia") == 1


def test_streaks_of_several_subjects_do_not_run_into_each_other() -> None:
    log = [ev("login", "2026-03-01"), ev("login", "2026-03-02"), ev("login", "2026-03-03", user="bob")]
    found = both(a_model([Streak("n", on="login", every="day")]), log, "2026-03-03T12:00")
    assert (found["ada"].signals["n"], found["bob"].signals["n"]) == (2, 1)


# -- sessions


def test_a_session_begins_after_a_pause_of_the_gap_or_more() -> None:
    """At 0, 29, 59 and 88 minutes: 59 comes 30 after 29, which is a pause; 88 comes 29 later."""
    log = [ev("click", t("2026-03-01") + m * MINUTE) for m in (0, 29, 59, 88)]
    assert signal(Sessions("n", on="click"), log, "2026-03-02") == 2
    assert signal(Sessions("n", on="click", gap="29m"), log, "2026-03-02") == 4
    assert signal(Sessions("n", on="click", gap="31m"), log, "2026-03-02") == 1


def test_the_previous_match_counts_wherever_it_lies() -> None:
    """An event just inside the window whose predecessor is just outside goes on with that session."""
    log = [ev("click", "2026-03-01T23:50"), ev("click", "2026-03-02T00:10"), ev("click", "2026-03-02T09:00")]
    assert signal(Sessions("n", on="click", window="day"), log, "2026-03-02T12:00") == 1
    assert signal(Sessions("n", on="click", window="12h"), log, "2026-03-02T12:00") == 1
    assert signal(Sessions("n", on="click"), log, "2026-03-02T12:00") == 2


def test_events_at_one_microsecond_are_one_session_and_other_events_no_pause() -> None:
    log = [ev("click", "2026-03-01"), ev("click", "2026-03-01", x=1), ev("other", "2026-03-01T00:20"),
           ev("click", "2026-03-01T00:40")]  # fmt: skip
    assert signal(Sessions("n", on="click"), log, "2026-03-02") == 2
    assert signal(Sessions("n", on="*"), log, "2026-03-02") == 1
    assert signal(Sessions("n", on="*"), [*log, reset("2026-03-01T00:30")], "2026-03-02") == 1


def test_the_first_event_ever_is_a_session_also_before_1970() -> None:
    log = [ev("click", "1960-01-01T00:00"), ev("click", "1960-01-01T00:30")]
    assert signal(Sessions("n", on="click"), log, "1960-01-02") == 2

"""Local days, weeks, months, quarters and years, where clocks and calendars are at their worst.

The instants are those of the IANA database, worked out by hand from its rules.
"""

from __future__ import annotations

import datetime as dt
from random import Random

import pytest

from questscore.errors import ModelError
from questscore.model.time import DAY, HOUR, MINUTE, WEEKDAYS, Calendar, Period, instant, iso, zone


def starts(calendar: Calendar, date: str) -> str:
    """When a local day begins, in UTC."""
    day = calendar.index_of_date(Period.DAY, dt.date.fromisoformat(date))
    return iso(calendar.start(Period.DAY, day)).removesuffix(":00Z")


def hours(calendar: Calendar, date: str) -> float:
    """How long a local day is, from its first instant to that of the next."""
    day = calendar.index_of_date(Period.DAY, dt.date.fromisoformat(date))
    return (calendar.start(Period.DAY, day + 1) - calendar.start(Period.DAY, day)) / HOUR


def date_of(calendar: Calendar, moment: str) -> str:
    """The local date that an instant is counted to."""
    return calendar.first_date(Period.DAY, calendar.index(Period.DAY, instant(moment))).isoformat()


# zone, date, its first instant (UTC), its length in hours, why
DAYS = [
    ("UTC", "2026-03-01", "2026-03-01T00:00", 24, "nothing happens"),
    ("America/New_York", "2026-03-08", "2026-03-08T05:00", 23, "spring: 2:00 becomes 3:00"),
    ("America/New_York", "2026-11-01", "2026-11-01T04:00", 25, "autumn: 1:00 to 2:00 happens twice"),
    ("Europe/London", "2026-03-29", "2026-03-29T00:00", 23, "spring"),
    ("Europe/London", "2026-10-25", "2026-10-24T23:00", 25, "autumn"),
    ("Australia/Lord_Howe", "2024-04-07", "2024-04-06T13:00", 24.5, "the only half-hour change"),
    ("Australia/Lord_Howe", "2024-10-06", "2024-10-05T13:30", 23.5, "and back"),
    ("Asia/Kathmandu", "2024-02-29", "2024-02-28T18:15", 24, "a leap day at +5:45"),
    ("Asia/Kathmandu", "1986-01-01", "1985-12-31T18:30", 23.75, "+5:30 became +5:45 at midnight: no 00:00"),
    ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00", 24, "the day before the one left out"),
    ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00", 0, "left out: a period without an instant"),
    ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00", 24, "follows the 29th at once"),
    (
        "America/Sao_Paulo",
        "2018-11-04",
        "2018-11-04T03:00",
        23,
        "midnight is skipped: the day begins at 1:00",
    ),
    ("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00", 25, "23:00 happens twice"),
    ("America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00", 24, "begins when midnight stays"),
    ("Africa/Casablanca", "2024-03-10", "2024-03-09T23:00", 25, "Ramadan: the clock goes back in spring"),
    ("Africa/Casablanca", "2024-04-14", "2024-04-14T00:00", 23, "and forward after it"),
    ("America/St_Johns", "2006-04-02", "2006-04-02T03:30", 23, "forward at 0:01"),
    ("America/St_Johns", "2006-10-28", "2006-10-28T02:30", 24, "back at 0:01: its last hour comes twice"),
    ("America/St_Johns", "2006-10-29", "2006-10-29T02:30", 25, "begins with the first of two midnights"),
    ("America/Havana", "2024-03-10", "2024-03-10T05:00", 23, "midnight is skipped"),
    ("America/Havana", "2024-11-03", "2024-11-03T04:00", 25, "midnight to 1:00 happens twice: the first"),
    ("Pacific/Kwajalein", "1993-08-22", "1993-08-21T12:00", 24, "crossed the date line: no 21 August"),
    ("America/Toronto", "1919-03-31", "1919-03-31T04:30", 23.5, "23:30 became 0:30 over midnight"),
]


@pytest.mark.parametrize(("timezone", "date", "first", "length", "why"), DAYS)
def test_a_day_begins_and_is_as_long_as_its_clock_says(
    timezone: str, date: str, first: str, length: float, why: str
) -> None:
    calendar = Calendar(timezone)
    assert starts(calendar, date) == first, why
    assert hours(calendar, date) == length, why


@pytest.mark.parametrize(("timezone", "date", "first", "length", "why"), DAYS)
def test_the_first_instant_is_in_its_day_and_the_one_before_is_not(
    timezone: str, date: str, first: str, length: float, why: str
) -> None:
    calendar = Calendar(timezone)
    if length:
        day = calendar.index_of_date(Period.DAY, dt.date.fromisoformat(date))
        start = instant(f"{first}Z")
        assert calendar.index(Period.DAY, start) == day, why
        assert calendar.index(Period.DAY, start - 1) < day, why


@pytest.mark.parametrize(
    ("moment", "date"),
    [
        ("2006-10-29T02:29:59.999999Z", "2006-10-28"),  # 23:59:59 in summer time
        ("2006-10-29T02:30:00Z", "2006-10-29"),  # midnight in summer time
        ("2006-10-29T02:30:59.999999Z", "2006-10-29"),
        ("2006-10-29T02:31:00Z", "2006-10-28"),  # 0:01 became 23:01 of the day before
        ("2006-10-29T03:29:59.999999Z", "2006-10-28"),
        ("2006-10-29T03:30:00Z", "2006-10-29"),  # midnight once more
    ],
)
def test_where_the_local_date_steps_back_an_instant_has_the_date_its_clock_shows(
    moment: str, date: str
) -> None:
    """St. John's until 2011: the 29th lasts a minute, then it is the 28th for 59 minutes, then the 29th."""
    assert date_of(Calendar("America/St_Johns"), moment) == date


def test_a_day_that_was_left_out_is_no_evaluation_instant_of_its_own() -> None:
    """The 30th of December 2011 and the 31st begin at one microsecond in Apia; it is listed once."""
    found = Calendar("Pacific/Apia").instants(
        Period.DAY, instant("2011-12-28T10:00:00Z"), instant("2012-01-01T10:00:00Z")
    )
    assert [iso(t) for t in found] == [
        "2011-12-29T10:00:00Z",
        "2011-12-30T10:00:00Z",
        "2011-12-31T10:00:00Z",
        "2012-01-01T10:00:00Z",
    ]


def test_instants_are_after_the_one_bound_and_up_to_the_other() -> None:
    """(after, until]: midnight itself is excluded on the left and included on the right."""
    utc = Calendar()
    first, second = instant("2026-03-01T00:00:00Z"), instant("2026-03-02T00:00:00Z")
    assert utc.instants(Period.DAY, first, second) == [second]
    assert utc.instants(Period.DAY, first - 1, second - 1) == [first]
    assert utc.instants(Period.DAY, first, second - 1) == []
    assert utc.instants(Period.DAY, second, first) == []


def test_instants_where_the_date_steps_back_ascend_and_are_each_in_the_bounds() -> None:
    """After the fold the clock shows the 28th again, whose first instant is long past."""
    calendar = Calendar("America/St_Johns")
    fold = instant("2006-10-29T02:31:00Z")
    assert [iso(t) for t in calendar.instants(Period.DAY, fold, fold + 2 * DAY)] == ["2006-10-30T03:30:00Z"]


# -- weeks


@pytest.mark.parametrize("start", WEEKDAYS)
def test_a_week_begins_on_the_day_it_is_told_to(start: str) -> None:
    """Seven days from there are one week, and the day before is another."""
    calendar = Calendar("UTC", start)
    date = calendar.first_date(Period.WEEK, calendar.index(Period.WEEK, instant("2026-03-04T12:00:00Z")))
    assert WEEKDAYS[date.weekday()] == start
    week = calendar.index_of_date(Period.WEEK, date)
    assert {calendar.index_of_date(Period.WEEK, date + dt.timedelta(days=i)) for i in range(7)} == {week}
    assert calendar.index_of_date(Period.WEEK, date - dt.timedelta(days=1)) == week - 1
    assert calendar.index_of_date(Period.WEEK, date + dt.timedelta(days=7)) == week + 1


def test_week_53_of_2020_reaches_into_2021_and_is_one_week() -> None:
    """ISO 2020-W53 is Monday 28 December to Sunday 3 January."""
    calendar = Calendar()
    week = {calendar.index_of_date(Period.WEEK, dt.date(2020, 12, d)) for d in range(28, 32)}
    week |= {calendar.index_of_date(Period.WEEK, dt.date(2021, 1, d)) for d in range(1, 4)}
    (number,) = week
    assert calendar.first_date(Period.WEEK, number) == dt.date.fromisocalendar(2020, 53, 1)
    assert calendar.index_of_date(Period.WEEK, dt.date(2021, 1, 4)) == number + 1
    assert calendar.index_of_date(Period.WEEK, dt.date(2020, 12, 27)) == number - 1


def test_weeks_from_monday_are_those_of_iso() -> None:
    """Over all dates of 1990 to 2030 two neighbours share a week exactly when ISO says so."""
    calendar, date = Calendar(), dt.date(1990, 1, 1)
    while date.year < 2030:
        after = date + dt.timedelta(days=1)
        together = date.isocalendar()[:2] == after.isocalendar()[:2]
        found = [calendar.index_of_date(Period.WEEK, d) for d in (date, after)]
        assert found[1] - found[0] == (0 if together else 1), date
        date = after


def test_a_sunday_week_holds_a_sunday_and_the_monday_after_it() -> None:
    monday, sunday = Calendar("UTC", "monday"), Calendar("UTC", "sunday")
    dates = dt.date(2026, 3, 1), dt.date(2026, 3, 2)  # a Sunday, a Monday
    assert len({monday.index_of_date(Period.WEEK, d) for d in dates}) == 2
    assert len({sunday.index_of_date(Period.WEEK, d) for d in dates}) == 1


# -- months, quarters, years


@pytest.mark.parametrize(
    ("period", "date", "days"),
    [
        (Period.MONTH, "2024-02-29", 29),
        (Period.MONTH, "2023-02-28", 28),
        (Period.MONTH, "1900-02-01", 28),  # not a leap year
        (Period.MONTH, "2000-02-01", 29),  # one
        (Period.MONTH, "2026-12-31", 31),
        (Period.QUARTER, "2024-03-31", 91),
        (Period.QUARTER, "2023-01-01", 90),
        (Period.QUARTER, "2026-12-31", 92),
        (Period.YEAR, "2024-12-31", 366),
        (Period.YEAR, "2023-01-01", 365),
        (Period.WEEK, "2024-02-29", 7),
    ],
)
def test_periods_have_the_days_of_the_calendar(period: Period, date: str, days: int) -> None:
    calendar = Calendar()
    index = calendar.index_of_date(period, dt.date.fromisoformat(date))
    assert calendar.start(period, index + 1) - calendar.start(period, index) == days * DAY


def test_quarters_begin_in_january_april_july_and_october() -> None:
    calendar = Calendar()
    months = [
        calendar.first_date(
            Period.QUARTER, calendar.index_of_date(Period.QUARTER, dt.date(2026, m, 28))
        ).month
        for m in range(1, 13)
    ]
    assert months == [1, 1, 1, 4, 4, 4, 7, 7, 7, 10, 10, 10]


@pytest.mark.parametrize("period", list(Period))
def test_the_period_after_number_i_has_number_i_plus_1(period: Period) -> None:
    """Over a year's end, a leap day and both changes of a clock."""
    calendar = Calendar("Europe/Paris")
    found = calendar.instants(period, instant("2023-11-30T00:00:00Z"), instant("2025-02-01T00:00:00Z"))
    numbers = [calendar.index(period, t) for t in found]
    assert numbers == list(range(numbers[0], numbers[0] + len(found)))
    assert [calendar.start(period, n) for n in numbers] == found
    assert [calendar.index(period, t - 1) for t in found] == [n - 1 for n in numbers]


def test_a_year_in_local_time_begins_hours_before_or_after_that_of_utc() -> None:
    found = {
        name: iso(Calendar(name).start(Period.YEAR, 2026))
        for name in ("Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago")
    }
    assert found == {
        "Pacific/Kiritimati": "2025-12-31T10:00:00Z",
        "UTC": "2026-01-01T00:00:00Z",
        "Pacific/Pago_Pago": "2026-01-01T11:00:00Z",
    }


@pytest.mark.parametrize(
    "timezone", ["America/St_Johns", "Africa/Casablanca", "Asia/Gaza", "America/Asuncion"]
)
def test_every_instant_is_at_or_after_the_start_of_its_period(timezone: str) -> None:
    """The law of `Calendar`, at random instants and at the edges of their days."""
    calendar, rng = Calendar(timezone), Random(5)
    for _ in range(300):
        t = rng.randrange(0, instant("2037-01-01T00:00:00Z"))
        edge = calendar.start(Period.DAY, calendar.index(Period.DAY, t))
        for moment in (t, edge, edge - 1, edge + MINUTE, edge + HOUR):
            for period in Period:
                start = calendar.start(period, calendar.index(period, moment))
                assert start <= moment
                assert calendar.index(period, start) == calendar.index(period, moment)
                assert calendar.index(period, start - 1) < calendar.index(period, start)


# -- names of zones


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Europe/Pariss", "Europe/Paris"),
        ("europe paris", "Europe/Paris"),
        ("Asia/Kathmando", "Asia/Kathmandu"),
    ],
)
def test_an_unknown_zone_is_told_the_nearest(name: str, near: str) -> None:
    with pytest.raises(ModelError, match="is not a known time zone") as caught:
        zone(name)
    assert near in str(caught.value)


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../UTC", "Europe", "a\0b", "x" * 10_000])
def test_what_is_no_name_of_a_zone_is_refused_and_not_opened(name: str) -> None:
    with pytest.raises(ModelError, match="is not a known time zone"):
        zone(name)

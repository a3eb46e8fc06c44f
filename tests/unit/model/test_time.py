"""How time is written: durations, spans, instants in every form, and what is no time at all."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from questscore.errors import ModelError
from questscore.model.time import (
    DAY,
    EARLIEST,
    HOUR,
    LATEST,
    Duration,
    Instant,
    Period,
    Span,
    TimeError,
    instant,
    iso,
)

# -- durations and spans


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("45s", 45), ("30m", 1800), ("12h", 43_200), ("7d", 604_800), ("2w", 1_209_600), (" 36h ", 129_600)],
)
def test_a_duration_is_a_whole_number_and_a_unit(text: str, seconds: int) -> None:
    assert Duration.of(text).us == seconds * 1_000_000


def test_a_timedelta_is_a_duration_too_and_a_day_has_24_hours() -> None:
    assert Duration.of(dt.timedelta(days=1)) == Duration.of("24h") == Duration.of("1d")
    assert Duration.of(dt.timedelta(microseconds=1)).us == 1


@pytest.mark.parametrize(
    "value",
    ["", "7", "d", "7 d", "7D", "1.5h", "-1d", "+1d", "1h30m", "1month", "٣d", "7d\n7d", 7, 7.0, True, None],
)  # fmt: skip
def test_what_is_no_duration_says_how_one_is_written(value: object) -> None:
    with pytest.raises(ModelError) as caught:
        Duration.of(value)
    assert "is not a duration" in str(caught.value)
    assert "'45s', '30m', '12h', '7d' or '2w'" in str(caught.value)


@pytest.mark.parametrize("value", ["0s", "0w", dt.timedelta(0), dt.timedelta(days=-1)])
def test_a_duration_is_positive(value: object) -> None:
    with pytest.raises(ModelError, match="not a positive duration"):
        Duration.of(value)


@pytest.mark.parametrize("value", ["100001d", "99999999999999999999w", dt.timedelta(days=100_001)])
def test_a_duration_ends_at_100_000_days(value: object) -> None:
    """Longer ones would leave the years that an instant can hold."""
    assert Duration.of("100000d").us == 100_000 * DAY
    with pytest.raises(ModelError, match=r"longer than 100,000 days"):
        Duration.of(value)


def test_a_span_is_a_duration_or_a_calendar_period_and_never_guessed() -> None:
    """``"7d"`` trails, ``"week"`` is the calendar's."""
    assert Span.of("7d").length == Duration(7 * DAY)
    assert Span.of("week").length is Period.WEEK
    assert Span.of(Period.DAY).length is Period.DAY
    assert Span.of(dt.timedelta(hours=1)).length == Duration(HOUR)


def test_a_misspelt_period_is_told_the_nearest() -> None:
    with pytest.raises(ModelError, match="the nearest is 'month'"):
        Period.of("months")
    with pytest.raises(ModelError, match="neither a duration nor a calendar period") as caught:
        Span.of("weeks")
    assert caught.value.problems[0].fix == "write 'week'"


# -- instants

NOON = 1_772_366_400_000_000  # 2026-03-01T12:00:00Z: 20,513 days and a half of 86,400 s


def test_the_number_of_noon_is_what_a_calendar_says() -> None:
    """1970 to 2025 are 56 years with 14 leap days; January and February 2026 are 59 days."""
    assert NOON == ((56 * 365 + 14 + 59) * 86_400 + 43_200) * 10**6


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-01T12:00:00Z",
        "2026-03-01T12:00:00z",
        "2026-03-01 12:00Z",
        " 2026-03-01t12:00:00.000Z ",
        "2026-03-01T12:00:00,0Z",
        "2026-03-01T12:00:00 Z",
        "2026-03-01T13:00:00+01:00",
        "2026-03-01T13:00:00+01",
        "2026-03-01T13:00:00+0100",
        "2026-03-01T17:45:00+05:45",
        "2026-03-01T08:30:00-03:30",
        "2026-03-02T02:00:00+14:00",
        "2026-03-01T12:00:30+00:00:30",
        dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC),
        dt.datetime(2026, 3, 1, 7, tzinfo=ZoneInfo("America/New_York")),
        dt.datetime(2026, 3, 1, 14, tzinfo=dt.timezone(dt.timedelta(hours=2))),
        pd.Timestamp("2026-03-01T12:00:00Z"),
        NOON,
        np.int64(NOON),
        Instant(NOON),
    ],
)
def test_one_instant_in_every_form(value: object) -> None:
    assert instant(value) == NOON


@pytest.mark.parametrize(
    ("value", "us"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1960-01-01T00:00:00Z", -3653 * DAY),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("1969-12-31T23:59:59.9999999Z", -1),  # what is finer is cut off, not rounded
        ("1970-01-01T00:00:00.0000009Z", 0),
        ("2026-03-01T12:00:00.1234567890123Z", NOON + 123_456),
        ("2026-03-01T12:00:00.5Z", NOON + 500_000),
        ("2026-03-01T23:59:59.999999999Z", NOON + 12 * HOUR - 1),
        ("2024-02-29T00:00:00Z", 19_782 * DAY),
    ],
)
def test_instants_before_1970_and_finer_than_a_microsecond(value: str, us: int) -> None:
    """1960 to 1969 are 3,653 days; 2024-02-29 is the 60th day after 54 years with 13 leap days."""
    assert instant(value) == us


def test_nanoseconds_of_a_timestamp_are_cut_off_like_those_of_a_text() -> None:
    """Downwards on both sides of 1970."""
    for text in ("2026-03-01T12:00:00.000000999Z", "1969-12-31T23:59:59.999999001Z"):
        assert instant(pd.Timestamp(text)) == instant(text)


def test_a_repeated_local_hour_is_told_apart_by_fold() -> None:
    """1:30 of 1 November 2026 happens twice in New York: at 5:30 and at 6:30 UTC."""
    zone = ZoneInfo("America/New_York")
    first = dt.datetime(2026, 11, 1, 1, 30, tzinfo=zone)
    assert iso(instant(first)) == "2026-11-01T05:30:00Z"
    assert iso(instant(first.replace(fold=1))) == "2026-11-01T06:30:00Z"


def test_integers_in_seconds_and_milliseconds_when_told_so() -> None:
    assert instant(1_772_366_400, unit="s") == NOON
    assert instant(1_772_366_400_000, unit="ms") == NOON
    assert instant(-1, unit="s") == -1_000_000


@pytest.mark.parametrize("value", [0, -1, 10**14 - 1, 1_772_366_400, 1_772_366_400_000, -NOON])
def test_an_integer_too_small_for_microseconds_is_not_guessed_at(value: int) -> None:
    """Seconds taken for microseconds would put every event into January 1970."""
    with pytest.raises(TimeError, match="unit='s' or unit='ms'"):
        instant(value)


def test_a_naive_time_is_an_error_unless_the_timezone_is_named() -> None:
    naive = dt.datetime(2026, 3, 1, 13)  # noqa: DTZ001
    for value in (naive, "2026-03-01T13:00:00"):
        with pytest.raises(TimeError, match="timezone"):
            instant(value)
        assert instant(value, timezone=ZoneInfo("Europe/Paris")) == NOON


def test_an_offset_in_the_text_wins_over_a_named_timezone() -> None:
    assert instant("2026-03-01T12:00:00Z", timezone=ZoneInfo("Asia/Tokyo")) == NOON


@pytest.mark.parametrize(
    "value", ["2016-12-31T23:59:60Z", "2016-12-31T23:59:60.5Z", "2015-06-30T20:59:60-03:00"]
)
def test_a_leap_second_is_rejected_by_name(value: str) -> None:
    """It has no epoch microsecond of its own; taking the next second would reorder events."""
    with pytest.raises(TimeError, match="leap second"):
        instant(value)


@pytest.mark.parametrize(
    "value",
    [
        "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T12:60:00Z",
        "2026-03-01T12:00:61Z", "0000-01-01T00:00:00Z", "2026-03-01T12:00:00+24:00",
        "2026-03-01T12:00:00+01:60",
    ],
)  # fmt: skip
def test_a_text_of_the_right_shape_that_names_no_time(value: str) -> None:
    with pytest.raises(TimeError, match=r"is no such time|is no offset"):
        instant(value)


@pytest.mark.parametrize(
    "value",
    ["", "now", "2026-W10-1T00", "20260301T120000", "12:00", "1772366400000000",
     "٢٠٢٦-03-01T12:00Z", "2026-03-01T12:00:00Zjunk", "2026-03-01T12:00:00Z\n2026-03-01T12:00:00Z",
     "x" * 10**6],
)  # fmt: skip
def test_a_text_of_another_shape_is_shown_how_to_write_a_time(value: str) -> None:
    with pytest.raises(TimeError) as caught:
        instant(value)
    assert "2026-03-01T09:30:00Z" in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "value", [None, True, False, 1.5, float(NOON), dt.date(2026, 3, 1), [NOON], {}, b"x"]
)
def test_what_is_no_time_at_all(value: object) -> None:
    with pytest.raises(TimeError, match="is not a time"):
        instant(value)


def test_a_numpy_boolean_is_no_time_either() -> None:
    with pytest.raises((TimeError, TypeError)):
        instant(np.True_, unit="s")


@pytest.mark.parametrize(
    "value",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-23:59",
        dt.datetime.max.replace(tzinfo=dt.timezone(dt.timedelta(hours=-12))),
        dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=12))),
        2**63,
        10**30,
    ],
)
def test_times_beyond_the_years_that_can_be_held(value: object) -> None:
    """Two days are kept free at both ends, so that the local time of every zone exists."""
    with pytest.raises(TimeError, match="beyond the years"):
        instant(value)


def test_the_first_and_the_last_instant_are_written_and_read() -> None:
    assert iso(EARLIEST) == "0001-01-03T00:00:00Z"
    assert iso(LATEST) == "9999-12-30T00:00:00Z"
    for us in (EARLIEST, LATEST, EARLIEST + 1, LATEST - 1, 0, -1):
        assert instant(iso(us)) == us
        assert instant(Instant(us)) == us


def test_a_date_is_told_which_instant_it_could_be() -> None:
    with pytest.raises(TimeError, match="is a date; say the instant, such as '2026-03-01T00:00:00Z'"):
        instant("2026-03-01")


@pytest.mark.parametrize(
    "value", ["20260301T120000Z", "2026-W09-7T12:00:00Z", "20260301T130000+0100", "2026-03-01T12Z"]
)
def test_the_rarer_forms_of_iso_8601_are_read_too(value: str) -> None:
    assert instant(value) == instant("2026-03-01T12:00:00Z")

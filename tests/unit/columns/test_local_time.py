"""Local time of many instants at once: the same as the calendar's, one by one, and as other libraries'.

``QUESTSCORE_ALL_ZONES=1`` compares every zone at a million instants with pyarrow and Polars (some minutes).
"""

from __future__ import annotations

import os
import zoneinfo
from random import Random

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from numpy.typing import NDArray

from questscore.columns.calendar import LocalTime
from questscore.model.time import HOUR, Calendar, Period, instant

ALL = bool(os.environ.get("QUESTSCORE_ALL_ZONES"))
END = instant("2038-01-01T00:00:00Z")
ZONES = (
    "UTC", "Africa/Cairo", "Africa/Casablanca", "Africa/El_Aaiun", "Africa/Juba", "Africa/Lagos",
    "America/Asuncion", "America/Caracas", "America/Godthab", "America/Havana", "America/Los_Angeles",
    "America/New_York", "America/Punta_Arenas", "America/Santiago", "America/Sao_Paulo", "America/St_Johns",
    "Antarctica/Casey", "Antarctica/Troll", "Asia/Amman", "Asia/Dhaka", "Asia/Gaza", "Asia/Kathmandu",
    "Asia/Kolkata", "Asia/Manila", "Asia/Pyongyang", "Asia/Tehran", "Asia/Tokyo", "Australia/Eucla",
    "Australia/Lord_Howe", "Australia/Sydney", "Europe/Dublin", "Europe/Istanbul", "Europe/London",
    "Europe/Moscow", "Europe/Paris", "Pacific/Apia", "Pacific/Chatham", "Pacific/Fakaofo",
    "Pacific/Kiritimati", "Pacific/Kwajalein",
)  # fmt: skip
Integers = NDArray[np.int64]


def sample(zone: str, size: int) -> Integers:
    """Random instants of 1970 to 2037, sorted."""
    seed = sum(zone.encode())
    return np.sort(np.random.default_rng(seed).integers(0, END, size))


def with_edges(calendar: Calendar, times: Integers) -> Integers:
    """And the first instants of some days, with their neighbours."""
    edges = [calendar.start(Period.DAY, calendar.index(Period.DAY, t)) for t in times[::8].tolist()]
    near = np.array([e + d for e in edges for d in (-1, 0, 1, HOUR, 2 * HOUR)], dtype=np.int64)
    return np.sort(np.concatenate([times, near]))


@pytest.mark.parametrize("zone", ZONES)
def test_columns_have_the_local_time_of_the_calendar(zone: str) -> None:
    """Offsets, period numbers and the parts of a date, at each of some hundred instants."""
    calendar = Calendar(zone, Random(zone).choice(("monday", "sunday", "thursday")))
    times = with_edges(calendar, sample(zone, 120))
    local = LocalTime(calendar, int(times[0]), int(times[-1]))
    one_by_one = [calendar.local(t) for t in times.tolist()]
    assert local.local(times).tolist() == [t + calendar.offset(t) for t in times.tolist()]
    for period in Period:
        found = local.index(period, times).tolist()
        assert found == [calendar.index(period, t) for t in times.tolist()], period
    assert local.part("hour", times).tolist() == [d.hour for d in one_by_one]
    assert local.part("weekday", times).tolist() == [d.isoweekday() for d in one_by_one]
    assert local.part("day", times).tolist() == [d.day for d in one_by_one]
    assert local.part("month", times).tolist() == [d.month for d in one_by_one]


@pytest.mark.parametrize("zone", sorted(zoneinfo.available_timezones()) if ALL else ZONES)
def test_other_libraries_have_the_same_local_time(zone: str) -> None:
    """No difference with pyarrow, which reads the zone files in its own way, nor with Polars."""
    times = sample(zone, 1_000_000 if ALL else 20_000)
    found = LocalTime(Calendar(zone), int(times[0]), int(times[-1])).local(times)
    aware = pa.array(times).cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us", zone))
    arrow = pc.local_timestamp(aware).cast(pa.int64()).to_numpy()
    assert np.count_nonzero(found != arrow) == 0
    if ALL:
        moments = pl.Series(times).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(zone)
        assert np.count_nonzero(found != moments.dt.replace_time_zone(None).cast(pl.Int64).to_numpy()) == 0


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Apia"])
def test_centuries_ago_and_ahead(zone: str) -> None:
    """Before standard time a place had its own offset, to the second; after 2100 the last rules go on."""
    calendar = Calendar(zone)
    times = np.array([instant(f"{year:04}-07-01T00:30:00Z") for year in range(2, 2300, 83)], dtype=np.int64)
    local = LocalTime(calendar, int(times[0]), int(times[-1]))
    for period in Period:
        assert local.index(period, times).tolist() == [calendar.index(period, t) for t in times.tolist()]


def test_a_span_without_a_change_needs_no_table_and_one_of_a_single_instant_works() -> None:
    calendar = Calendar("Europe/Paris")
    t = instant("2026-03-29T01:00:00Z")  # the very instant of the change
    for low, high in ((t, t), (t - 1, t), (t - 1, t - 1)):
        times = np.arange(low, high + 1)
        expected = [t + calendar.offset(t) for t in times.tolist()]
        assert LocalTime(calendar, low, high).local(times).tolist() == expected


@pytest.mark.parametrize(
    ("zone", "year", "monotone"),
    [
        ("America/St_Johns", 2006, False),  # back at 0:01
        ("America/St_Johns", 2012, True),  # back at 2:00
        ("Europe/Paris", 2026, True),
        ("America/Havana", 2024, True),  # back at 1:00 to 0:00 of the same day
        ("America/Sao_Paulo", 2018, True),  # back at 0:00 to 23:00: midnight itself is not shown before
        ("Pacific/Apia", 2011, True),
    ],
)
def test_where_a_local_date_steps_back_period_numbers_may_fall(zone: str, year: int, monotone: bool) -> None:
    low, high = instant(f"{year}-01-02T12:00:00Z"), instant(f"{year}-12-31T12:00:00Z")
    assert LocalTime(Calendar(zone), low, high).monotone is monotone
    minutes = np.arange(low, high, 60_000_000)
    assert (
        bool(np.all(np.diff(LocalTime(Calendar(zone), low, high).index(Period.DAY, minutes)) >= 0))
        is monotone
    )


def test_only_stretches_with_events_are_searched_for_clock_changes() -> None:
    """One event in the year 9999 costs no walk through eight thousand years, and changes no local date."""
    rng = np.random.default_rng(5)
    low, high = instant("2010-01-01T00:00:00Z"), instant("2031-01-01T00:00:00Z")
    far = [instant("2500-07-01T00:00:00Z"), instant("9999-12-29T00:00:00Z")]
    for name in ("Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca"):
        calendar = Calendar(name)
        for size in (1, 5, 40, 400):
            times = np.sort(np.append(rng.integers(low, high, size), far))
            last = int(times[-1])
            local = LocalTime(calendar, int(times[0]), last, times)
            expected = [calendar.index(Period.DAY, int(t)) for t in times]
            assert local.index(Period.DAY, times).tolist() == expected

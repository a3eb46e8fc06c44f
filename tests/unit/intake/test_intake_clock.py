"""Times in every form: one by one and as arrays, local and not, near and far."""

from __future__ import annotations

import datetime as dt
import random
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from questscore.errors import EventError
from questscore.intake.clock import Clock
from questscore.model.time import DAY, EARLIEST, LATEST, TimeError, instant, iso

EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001
ZONES = (
    "Europe/Paris",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Asia/Kathmandu",
)


@pytest.mark.parametrize("name", ZONES)
def test_local_times_as_an_array_are_what_datetime_makes_of_them(name: str) -> None:
    """Around changes: of repeated times the first, skipped ones as datetime moves them."""
    zone = ZoneInfo(name)
    rng = random.Random(name)
    low, high = (-70 * 365 * DAY, 67 * 365 * DAY)
    walls = [rng.randrange(low, high) for _ in range(2000)]
    for day in range(15_340, 17_000):  # 2012 to 2016, and the day that Apia skipped
        offsets = {
            (EPOCH + dt.timedelta(days=day, hours=h)).replace(tzinfo=zone).utcoffset() for h in (0, 12, 23)
        }
        if len(offsets) > 1:
            walls += [day * DAY + minute * 60_000_000 for minute in range(0, 24 * 60, 5)]
    got = Clock("us", zone).local(np.array(walls, dtype=np.int64)).tolist()
    for wall, us in zip(walls, got, strict=True):
        local = EPOCH + dt.timedelta(microseconds=wall)
        assert us == instant(local.replace(tzinfo=zone)), local


def test_the_repeated_hour_is_the_first_and_the_skipped_one_is_moved() -> None:
    """Paris, 25 October 2026 at 02:30 is 00:30 UTC; 29 March 2026 at 02:30 is 01:30 UTC."""
    clock = Clock.of("us", "Europe/Paris")
    assert iso(clock.read("2026-10-25T02:30:00")) == "2026-10-25T00:30:00Z"
    assert iso(clock.read(dt.datetime(2026, 3, 29, 2, 30))) == "2026-03-29T01:30:00Z"  # noqa: DTZ001
    assert iso(clock.read(dt.date(2026, 3, 29))) == iso(clock.read("2026-03-29")) == "2026-03-28T23:00:00Z"
    assert iso(clock.read("2026-10-25T02:30:00+02:00")) == "2026-10-25T00:30:00Z"


TEXTS = [
    "2026-03-01T09:30:00Z",
    "2026-03-01 09:30:00Z",
    "2026-03-01t09:30:00z",
    "2026-03-01T09:30Z",
    "2026-03-01T09:30:00.123Z",
    "2026-03-01T09:30:00.123456Z",
    "2026-03-01T09:30:00.1234567Z",
    "2026-03-01T09:30:00,5Z",
    "2026-03-01T09:30:00+0530",
    "2026-03-01T09:30:00-05:30",
    "2026-03-01T09:30:00.125+23:59",
    "2026-03-01T09:30:00.000001-00:01",
    "2026-03-01T09:30:00+24:00",
    "2026-03-01T09:30:00+12:60",
    "2026-03-01T09:30:00+1:000",
    "2026-03-01T09:30:00.1+2:00:00",
    "2026-03-01T09:30.50+02:00",
    "0001-01-03T09:30:00+12:00",
    "1960-02-29T23:59:59.999999Z",
    "0001-01-02T00:00:00Z",
    "9999-12-31T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "2026-03-01T24:00:00Z",
    "2026-06-30T23:59:60Z",
    "2026-W09-7T09:30:00Z",
    "2026-03-01_09:30:00Z",
    "20260301T093000Z    ",
    "2026-03-01T09:30:00 Z",
    "٢٠٢٦-03-01T09:30:00Z",
    "",
    "Z" * 20,
    "\ud800" * 20,
]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_the_fast_reading_of_texts_is_the_careful_one(text: str) -> None:
    """Equal to the definition in `questscore.model.time`, or refused as there."""
    try:
        want: int | None = instant(text)
    except TimeError:
        want = None
        with pytest.raises(EventError):
            Clock().read(text)
    assert Clock().quick(text) in (None, want)
    if want is not None:
        assert Clock().read(text) == want


@pytest.mark.parametrize("unit", ["us", "ms", "s"])
@pytest.mark.parametrize("dtype", [np.int64, np.uint64, np.int32, np.uint8])
def test_integers_as_an_array_are_what_they_are_one_by_one(unit: str, dtype: type[np.integer]) -> None:
    """In each unit and width; what is too small, too large or would overflow is no instant."""
    size = {"us": 1, "ms": 1000, "s": 10**6}[unit]
    around = [
        0,
        1,
        -1,
        10**14,
        LATEST // size,
        EARLIEST // size,
        1_700_000_000,
        2**63 - 1,
        -(2**63),
        2**64 - 1,
    ]
    limits = np.iinfo(dtype)
    values = [v + d for v in around for d in (-1, 0, 1) if limits.min <= v + d <= limits.max]
    us, good = Clock(unit).integers(np.array(values, dtype=dtype))
    for value, read, taken in zip(values, us.tolist(), good.tolist(), strict=True):
        try:
            assert read == instant(value, unit=unit)
            assert taken
        except TimeError:
            assert not taken


def test_options_that_mean_nothing() -> None:
    """Named with what would do."""
    for unit, zone, says in (
        ("ns", None, "write 'us', 'ms' or 's'"),
        (1, None, "not a unit"),
        ("us", "Europe/Pari", "'Europe/Paris'"),
        ("us", 3600, "IANA"),
    ):
        with pytest.raises(EventError, match=says):
            Clock.of(unit, zone)
    with pytest.raises(EventError, match="timezone='UTC'"):
        Clock().local(np.zeros(1, dtype=np.int64))
    assert Clock.of("us", dt.UTC) == Clock.of("us", "UTC")

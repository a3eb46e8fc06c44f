"""Where a clock steps back over midnight: the local date of an event may be later than that of a later one.

In St. John's, until 2011, the clock went back one hour at 0:01. On 29 October 2006 that was at 2:31 UTC: the
29th began at 2:30, lasted a minute, gave way to the 28th once more, and came back at 3:30.
"""

from __future__ import annotations

from typing import Any

import pytest

from questscore import (
    ActivePeriods,
    Count,
    Distinct,
    Event,
    EventRule,
    Funnel,
    Limit,
    Mean,
    Sessions,
    SignalDefinition,
    Streak,
    Total,
)
from questscore.language import Value
from unit.engine.both import ev, points, signal

ZONE = "America/St_Johns"
FRIDAY = ev("login", "2006-10-27T15:00", x=1)
SATURDAY = ev("login", "2006-10-28T15:00", x=2)
MINUTE_OF_SUNDAY = ev("login", "2006-10-29T02:30:30", x=4)
SATURDAY_AGAIN = ev("login", "2006-10-29T03:00", x=8)
SUNDAY = ev("login", "2006-10-29T15:00", x=16)
LOG = [FRIDAY, SATURDAY, MINUTE_OF_SUNDAY, SATURDAY_AGAIN, SUNDAY]

# when one looks -> the events whose local date is today's
LOOKS = {
    "2006-10-28T23:00": [SATURDAY],
    "2006-10-29T02:30:59.999999": [MINUTE_OF_SUNDAY],
    "2006-10-29T02:31": [SATURDAY],  # it is Saturday again, and the minute of Sunday is another day
    "2006-10-29T03:29": [SATURDAY, SATURDAY_AGAIN],
    "2006-10-29T03:30": [MINUTE_OF_SUNDAY],
    "2006-10-29T20:00": [MINUTE_OF_SUNDAY, SUNDAY],
}


def until(at: str) -> list[Event]:
    """The log as it is when one looks, which does not know that the clock goes back later."""
    return [event for event in LOG if event.time <= ev("x", at).time]


@pytest.mark.parametrize("at", LOOKS)
def test_today_is_what_the_clock_shows_whatever_came_between(at: str) -> None:
    today = LOOKS[at]
    amounts = [event.properties["x"] for event in today]
    assert signal(Count("n", on="login", window="day"), LOG, at, timezone=ZONE) == len(today)
    total = signal(Total("n", on="login", property="x", window="day"), LOG, at, timezone=ZONE)
    assert total == sum(a for a in amounts if isinstance(a, int))
    assert signal(Distinct("n", on="login", property="x", window="day"), LOG, at, timezone=ZONE) == len(today)
    assert signal(ActivePeriods("n", on="login", every="day", window="day"), LOG, at, timezone=ZONE) == 1
    assert signal(Mean("n", on="login", property="x", window="day"), LOG, at, timezone=ZONE) == total / len(
        today
    )


@pytest.mark.parametrize("at", LOOKS)
def test_points_in_a_window_of_a_day_are_those_of_today_with_limits_too(at: str) -> None:
    plain = EventRule("r", on="login", points=1, window="day")
    assert points(plain, LOG, at, timezone=ZONE) == len(LOOKS[at])
    limited = EventRule("r", on="login", points=1, window="day", limit=Limit(count=9))
    assert points(limited, LOG, at, timezone=ZONE) == len(LOOKS[at])
    cooled = EventRule("r", on="login", points=1, window="day", cooldown="1s")
    assert points(cooled, LOG, at, timezone=ZONE) == len(LOOKS[at])


@pytest.mark.parametrize("at", LOOKS)
def test_sessions_and_funnels_of_today(at: str) -> None:
    gap = Sessions("n", on="login", gap="1s", window="day")
    assert signal(gap, LOG, at, timezone=ZONE) == len(LOOKS[at])
    steps = Funnel("f", steps=["login"] * 3, window="day")
    assert signal(steps, LOG, at, timezone=ZONE) == len(LOOKS[at]) / 3


@pytest.mark.parametrize(
    ("at", "streak"),
    [
        ("2006-10-28T23:00", 2),  # Friday, Saturday
        ("2006-10-29T02:30:59", 3),
        ("2006-10-29T02:31", 2),  # Saturday again: Sunday has not come yet
        ("2006-10-29T03:29", 2),
        ("2006-10-29T03:30", 3),
        ("2006-10-30T15:00", 3),
        ("2006-10-31T15:00", 0),
    ],
)
def test_a_streak_is_up_to_the_day_that_the_clock_shows(at: str, streak: int) -> None:
    assert signal(Streak("n", on="login", every="day"), LOG, at, timezone=ZONE) == streak


def test_each_local_date_has_one_cell_of_a_limit_and_is_one_active_day() -> None:
    """Three dates hold five events: both parts of Saturday are one day, both parts of Sunday another."""
    daily = EventRule("r", on="login", points=1, limit=Limit(count=1, every="day"))
    assert points(daily, LOG, "2006-10-30T00:00", timezone=ZONE) == 3
    assert points(EventRule("r", on="login", points="x", limit=Limit(count=1, every="day")), LOG,
                  "2006-10-30T00:00", timezone=ZONE) == 1 + 2 + 4  # fmt: skip
    assert signal(ActivePeriods("n", on="login", every="day"), LOG, "2006-10-30T00:00", timezone=ZONE) == 3


@pytest.mark.parametrize("at", ["2006-10-29T02:31", "2006-10-29T03:29", "2006-10-29T03:00"])
def test_a_member_of_the_log_that_ends_before_the_clock_goes_back(at: str) -> None:
    """The log ends in the minute of Sunday; one looks when the clock shows Saturday again."""
    log = [FRIDAY, SATURDAY, MINUTE_OF_SUNDAY]
    assert signal(Count("n", on="login", window="day"), log, at, timezone=ZONE) == 1
    assert signal(Total("n", on="login", property="x", window="day"), log, at, timezone=ZONE) == 2
    assert signal(Sessions("n", on="login", window="day"), log, at, timezone=ZONE) == 1
    assert points(EventRule("r", on="login", points=1, window="day"), log, at, timezone=ZONE) == 1
    assert (
        points(EventRule("r", on="login", points=1, window="day", cooldown="1s"), log, at, timezone=ZONE) == 1
    )
    assert signal(Streak("n", on="login", every="day"), log, at, timezone=ZONE) == 2


@pytest.mark.parametrize("at", LOOKS)
def test_yesterday_is_before_the_first_instant_of_today(at: str) -> None:
    """As of the last microsecond before today began: on Saturday again, that is Friday."""
    friday = at < "2006-10-29T02:30" or "2006-10-29T02:31" <= at < "2006-10-29T03:30"
    yesterday = Count("n", on="login", offset="day")
    assert signal(yesterday, LOG, at, timezone=ZONE) == (1 if friday else 2)


def test_a_fold_that_stays_within_a_day_disturbs_nothing() -> None:
    """Havana goes back from 1:00 to 0:00: the date stays."""
    log = [ev("login", f"2024-11-03T0{hour}:30") for hour in (3, 4, 5, 6)]  # local 23:30, 0:30, 0:30, 1:30
    kinds: list[tuple[SignalDefinition, Value]] = [
        (Count("n", on="login", window="day"), 3),
        (Streak("n", on="login", every="day"), 2),
        (ActivePeriods("n", on="login", every="day"), 2),
    ]
    for kind, value in kinds:
        assert signal(kind, log, "2024-11-03T07:00", timezone="America/Havana") == value


@pytest.mark.parametrize("at", ["2006-10-29T03:30", "2006-10-29T12:00"])
def test_a_log_that_begins_after_the_clock_went_back(at: str) -> None:
    """Its first event, on Saturday again, lies after Sunday's first instant, and on Sunday is not today's.

    Nothing in the log tells that the clock went back: what is known of the zone must reach before it.
    """
    log = [SATURDAY_AGAIN]
    for window in ("day", "week"):
        fields: dict[str, Any] = {"timezone": ZONE, "week_start": "sunday"}
        assert signal(Count("n", on="login", window=window), log, at, **fields) == 0
        assert signal(Sessions("n", on="login", window=window), log, at, **fields) == 0
        assert points(EventRule("r", on="login", points=1, window=window), log, at, **fields) == 0
        assert (
            points(EventRule("r", on="login", points=1, window=window, cooldown="1s"), log, at, **fields) == 0
        )

"""Random event logs that sit on the edges of a model's windows, periods and clocks.

Lives here: when events happen, whose they are, what they carry and which are sent twice.
Lives elsewhere: the models (`models`), and what a valid event is (the library).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

NAMES = ("login", "pay", "task", "invite", "trial")
USERS = ("u0", "u1", "u2", "u3", "Zoë")
ACCOUNTS = ("a0", "a1", "à2")
RULE_MODELS = ("random", "inner", "somebody else's")


@frozen
class Place:
    """A time zone and local dates around which something happens to its clock or calendar."""

    timezone: str
    dates: tuple[dt.date, ...]


PLACES = (
    Place("UTC", (dt.date(2024, 2, 29), dt.date(2023, 12, 31), dt.date(2020, 12, 28))),
    Place("Europe/Paris", (dt.date(2024, 3, 31), dt.date(2024, 10, 27), dt.date(2024, 2, 29))),
    Place("America/New_York", (dt.date(2024, 3, 10), dt.date(2024, 11, 3), dt.date(2023, 1, 1))),
    Place("Australia/Lord_Howe", (dt.date(2024, 4, 7), dt.date(2024, 10, 6))),
    Place("Asia/Kathmandu", (dt.date(2024, 2, 29), dt.date(2024, 4, 1))),
    Place("America/Sao_Paulo", (dt.date(2017, 10, 15), dt.date(2018, 2, 18))),
    Place("Pacific/Apia", (dt.date(2011, 12, 30), dt.date(2011, 12, 31))),
    Place("America/St_Johns", (dt.date(2006, 10, 29), dt.date(2006, 4, 2))),
)


def microseconds(moment: dt.datetime) -> int:
    """Epoch microseconds of an aware moment."""
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)


def moment(us: int) -> dt.datetime:
    """The aware UTC moment of epoch microseconds."""
    return _EPOCH + dt.timedelta(microseconds=us)


def midnight(date: dt.date, timezone: str) -> int:
    """About the first instant of a local date (exactly, where no clock jumps over it)."""
    local = dt.datetime(date.year, date.month, date.day, tzinfo=ZoneInfo(timezone))
    return microseconds(local.astimezone(dt.UTC))


@frozen
class Stage:
    """Where and when a case plays: ``start`` and ``end`` (exclusive) bound the events.

    Args:
        place: The clock.
        start: Microseconds.
        end: Microseconds.
        durations: Lengths (microseconds) that the model names: windows, gaps, cooldowns and their like.
        moments: Instants that it names.
    """

    place: Place
    start: int
    end: int
    durations: tuple[int, ...]
    moments: tuple[int, ...] = ()

    def edge(self, rng: Random) -> int:
        """The start of a local day of the stage, a microsecond before or after, or an hour of its night."""
        days = max((self.end - self.start) // DAY, 1)
        first = moment(self.start).astimezone(ZoneInfo(self.place.timezone)).date()
        draw = rng.random()
        date = first + dt.timedelta(days=rng.randint(0, days))
        if draw < 0.25:
            date = date.replace(day=1)
        elif draw < 0.5:
            date = rng.choice(self.place.dates)
        elif draw < 0.6:
            date = dt.date(date.year, rng.choice([1, 4, 7, 10]), 1)
        us = midnight(date, self.place.timezone) + rng.choice([0, 0, 0, HOUR, 2 * HOUR, 23 * HOUR, HOUR // 2])
        return us + rng.choice([0, 0, -1, 1])

    def near(self, rng: Random, times: list[int]) -> int:
        """One of the times, or exactly (or all but exactly) one of the model's durations after it."""
        base = rng.choice(times)
        draw = rng.random()
        if draw < 0.35 or not self.durations:
            return base + rng.choice([0, 0, 0, 1, -1])
        return base + rng.choice(self.durations) + rng.choice([0, 0, 1, -1])


def random_times(rng: Random, stage: Stage, size: int) -> list[int]:
    """Event times: spread out, tied, at local midnights, and exactly a window apart."""
    times: list[int] = []
    for _ in range(size):
        draw = rng.random()
        if draw < 0.4 or not times:
            grain = rng.choice([1, 1, MINUTE, HOUR])
            us = stage.start + rng.randint(0, stage.end - stage.start - 1) // grain * grain
        elif draw < 0.45 and stage.moments:
            us = rng.choice(stage.moments) + rng.choice([0, 0, -1, 1])
        elif draw < 0.75:
            us = stage.near(rng, times)
        else:
            us = stage.edge(rng)
        times.append(us if stage.start <= us < stage.end else stage.start + us % (stage.end - stage.start))
    return times


def random_at(rng: Random, stage: Stage, times: list[int]) -> int:
    """The instant a case is read at: mostly after much of the log, often exactly on an edge."""
    late = sorted(times)[len(times) // 2 :] or [stage.start]
    draw = rng.random()
    if draw < 0.025:
        return min(times, default=stage.start) - rng.choice([1, DAY])
    if draw < 0.12:
        return rng.choice(times or [stage.start])
    if draw < 0.42:
        return stage.near(rng, late)
    if draw < 0.55:
        return max(late[-1], stage.edge(rng))
    if draw < 0.7:
        return late[-1] + rng.choice([0, 1, HOUR, DAY])
    return stage.start + int((stage.end - stage.start) * (0.4 + 0.9 * rng.random()))


def random_events(
    rng: Random, stage: Stage, times: list[int], subject: str, tidy: bool
) -> list[dict[str, Any]]:
    """Events as mappings, in the order of ``times``; some are sent again, the same or changed.

    ``tidy`` logs have no ids and no stray events: an engine may have a shorter way for them.
    """
    users = rng.sample(USERS, rng.choice([1, 2, 2, 3, 3, 5]))
    accounts = rng.sample(ACCOUNTS, rng.randint(1, len(ACCOUNTS)))
    names = rng.sample(NAMES, rng.randint(2, len(NAMES)))
    # Some logs have whole amounts, so that sums are exact; a few have giants, whose sums are beyond a double.
    amounts = rng.choices([random_amount, random_integer, random_giant], [58, 40, 2])[0]
    adjusted = rng.random() < 0.35
    events: list[dict[str, Any]] = []
    for us in times:
        reserved = adjusted and rng.random() < 0.12
        event: dict[str, Any] = {"name": rng.choice(names), "time": random_form(rng, us)}
        who = rng.random() * (0.89 if tidy else 1)
        if who < 0.94:
            event["user"] = rng.choice(users)
        if who > 0.94 or rng.random() < 0.9:
            event["account"] = rng.choice(accounts)
        elif rng.random() < 0.3:
            event["account"] = rng.choice(["", None])
        if reserved:
            event["name"], event["properties"] = _adjustment(rng)
        elif (properties := random_properties(rng, amounts)) or rng.random() < 0.7:
            event["properties"] = properties
        if not tidy and rng.random() < 0.6:
            event["id"] = (
                rng.choice(["", None]) if rng.random() < 0.1 else f"e{rng.randint(0, 3 * len(times))}"
            )
        events.append(event)
    if events and rng.random() < 0.4:
        twin = {**rng.choice(events)}
        twin.pop("id", None)
        events += [twin, {**twin, "properties": {**twin.get("properties", {}), "plan": "team", "amount": 9}}]
    if events and not tidy:
        for _ in range(rng.choice([0, 0, 1, 3, 6])):
            events.append(_again(rng, rng.choice(events), subject))
    return events


def random_form(rng: Random, us: int) -> object:
    """One instant in one of the forms it may have."""
    draw = rng.random()
    if draw < 0.7:
        return us
    aware = moment(us)
    if draw < 0.8:
        return aware.isoformat().replace("+00:00", "Z")
    if draw < 0.9:
        return aware.astimezone(dt.timezone(dt.timedelta(minutes=rng.choice([-210, 60, 345])))).isoformat()
    if draw < 0.92:
        return f"{aware.strftime('%Y-%m-%dT%H:%M:%S.%f')}987Z"
    return aware.astimezone(ZoneInfo("Europe/Paris")) if draw < 0.95 else aware


def _adjustment(rng: Random) -> tuple[str, dict[str, Any]]:
    properties: dict[str, Any] = {}
    if rng.random() < 0.3:
        properties["model"] = rng.choice(RULE_MODELS)
    if rng.random() < 0.55:
        properties |= {
            "points": rng.choice([25, -40, 3.5, 100, 0, 10, 60, "ten", None]),
            "reason": rng.choice(["call", "é"]),
        }
        return "questscore.adjust", properties
    if rng.random() < 0.5:
        properties["points"] = rng.choice([20, -7.5, 0])
    return "questscore.reset", properties


def _again(rng: Random, event: dict[str, Any], subject: str) -> dict[str, Any]:
    event.setdefault("id", "e0")
    copy = dict(event)
    draw = rng.random()
    if draw < 0.4:
        return copy
    if draw < 0.6:
        copy["properties"] = {**copy.get("properties", {}), "amount": rng.choice([1, 5, 77])}
    elif draw < 0.8:
        if isinstance(copy["time"], int):
            copy["time"] += rng.choice([-DAY, -1, 1, HOUR])
    elif draw < 0.9:
        copy["name"] = rng.choice(NAMES)
    else:
        other = "account" if subject == "user" else "user"
        copy[other] = rng.choice(ACCOUNTS if other == "account" else USERS)
    return copy


def random_integer(rng: Random) -> object:
    """A whole number."""
    return rng.randint(0, 60) if rng.random() < 0.9 else rng.choice([0, -3, 5, 5.0])


def random_giant(rng: Random) -> object:
    """A number near the end of what a double holds, among small ones."""
    return rng.choice([1e308, 1.5e308, 1e300, 5e-324, 7])


def random_amount(rng: Random) -> object:
    """A number, mostly; sometimes what stands where a number should."""
    draw = rng.random()
    if draw < 0.45:
        return rng.randint(0, 60)
    if draw < 0.65:
        return round(rng.random() * 60, 2)
    if draw < 0.78:
        return rng.choice([0.25, 12.5, 40.75, 7.0])
    if draw < 0.86:
        return rng.choice([-5, -0.0, 0.0, -12.3, 0.1, 0.2, 0.3])
    return rng.choice([None, True, False, "12", "", "many", float("nan")])


def random_properties(rng: Random, amounts: Callable[[Random], object]) -> dict[str, Any]:
    """Properties of one event, each missing now and then, nested or flat."""
    properties: dict[str, Any] = {}
    if rng.random() < 0.85:
        properties["amount"] = amounts(rng)
    if rng.random() < 0.75:
        properties["plan"] = rng.choice(["free", "pro", "team", "pro", "", "Pro", "équipe", None])
    if rng.random() < 0.5:
        total = amounts(rng) if rng.random() < 0.3 else rng.randint(0, 5)
        cart: dict[str, Any] = {"total": total}
        if rng.random() < 0.5:
            cart["deep"] = {"x": rng.choice([1, 2, 3.5, None])}
        properties |= {"cart": cart} if rng.random() < 0.7 else {"cart.total": total}
    if rng.random() < 0.25:
        properties["mixed"] = rng.choice([1, 2.5, True, False, "1", "pro", "", None, -0.0, 2**53, -(2**53)])
    if rng.random() < 0.25:
        properties["flag"] = rng.choice([True, False, None])
    if rng.random() < 0.2:
        properties["utm-source"] = rng.choice(["mail", "ad", "pro", "é", 7])
    if rng.random() < 0.05:
        properties |= {"hour": 99, "user": "hidden"}
    return properties

"""Instants, durations and calendar periods: the vocabulary of time.

Lives here: how time is written and what a local day, week, month, quarter or year is.
Lives elsewhere: what time it is. Nothing in questscore reads a clock; callers pass ``at``.
An instant is an ``int``: microseconds since 1970-01-01 UTC. Everything finer is cut off.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import enum
import re
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from attrs import field, frozen

from questscore.errors import ModelError, QuestscoreError, nearest, veiled

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

_UNITS = {"us": 1, "ms": 1000, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
_UTC = dt.UTC
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=_UTC)
EPOCH_ORDINAL = 719_163
_DURATION = re.compile(r"(\d+)(us|ms|[smhdw])", re.ASCII)
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s?"
    r"([Zz]|[+-]\d\d(?::?\d\d(?::\d\d)?)?)?",
    re.ASCII,
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# Two days inside what ``datetime`` can hold, so that every zone's local time exists.
EARLIEST = (dt.datetime(1, 1, 3, tzinfo=_UTC) - _EPOCH) // dt.timedelta(microseconds=1)
LATEST = (dt.datetime(9999, 12, 30, tzinfo=_UTC) - _EPOCH) // dt.timedelta(microseconds=1)
AFTER_ALL = 2**62
SMALLEST_MICROSECONDS = 10**14
LONGEST = 100_000 * DAY


class Instant(int):
    """An integer already known to be epoch microseconds, so that 1972 and before can pass again."""

    __slots__ = ()


class TimeError(QuestscoreError, ValueError):
    """A time that cannot be read as an instant; the message says why and what would do."""


@frozen(order=True)
class Duration:
    """A length of time, ``us`` microseconds, > 0; a day is 24 h.

    >>> Duration.of("36h").us == 36 * HOUR, str(Duration.of("36h")), str(Duration.of("14d"))
    (True, '36h', '14d')
    """

    us: int

    @classmethod
    def of(cls, value: object) -> Duration:
        """From ``"45s" "30m" "12h" "7d" "2w"``, a ``timedelta`` or a `Duration`."""
        if isinstance(value, Duration):
            return value
        fix = "write a number and a unit, such as '45s', '30m', '12h', '7d' or '2w'"
        if isinstance(value, dt.timedelta):
            us = value // dt.timedelta(microseconds=1)
        elif isinstance(value, str) and (match := _DURATION.fullmatch(value.strip())):
            us = int(match[1]) * _UNITS[match[2]] if len(match[1]) <= 16 else LONGEST + 1
        else:
            raise ModelError(f"{value!r} is not a duration", fix=fix)
        if us <= 0:
            raise ModelError(f"{value!r} is not a positive duration", fix=fix)
        if us > LONGEST:
            raise ModelError(f"{value!r} is longer than 100,000 days", fix="write a shorter duration")
        return cls(us)

    def __str__(self) -> str:
        sizes = [(unit, size) for unit, size in _UNITS.items() if unit != "w"]  # in days, as people say it
        unit, size = next((unit, size) for unit, size in reversed(sizes) if self.us % size == 0)
        return f"{self.us // size}{unit}"


class Period(enum.StrEnum):
    """A calendar period in the model's time zone."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @classmethod
    def of(cls, value: object) -> Period:
        """From its name."""
        try:
            return cls(value)  # type: ignore[arg-type]
        except ValueError:
            known = [p.value for p in cls]
            near = nearest(value, known) if isinstance(value, str) else None
            raise ModelError(
                f"{value!r} is not a calendar period" + (f"; the nearest is {near!r}" if near else ""),
                fix=f"write one of {', '.join(map(repr, known))}",
            ) from None


@frozen
class Span:
    """A window or an offset: a trailing duration or a calendar period, exactly one of the two."""

    length: Duration | Period

    @classmethod
    def of(cls, value: object) -> Span:
        """From the text of either, a ``timedelta``, a `Duration`, a `Period` or a `Span`."""
        if isinstance(value, Span):
            return value
        if isinstance(value, (Duration, dt.timedelta)):
            return cls(Duration.of(value))
        if isinstance(value, Period) or (isinstance(value, str) and value in Period.__members__.values()):
            return cls(Period.of(value))
        try:
            return cls(Duration.of(value))
        except ModelError as error:
            problem = error.problems[0]
            what = problem.what.replace("not a duration", "neither a duration nor a calendar period")
            word = isinstance(value, str) and value.strip().isalpha()
            near = nearest(value, [p.value for p in Period]) if word else None  # type: ignore[arg-type]
            fix = f"write {near!r}" if near else "write '7d' for seven days, 'week' for the calendar week"
            raise ModelError(what, fix=fix) from None

    def __str__(self) -> str:
        return str(self.length)


def _from_datetime(value: dt.datetime) -> int:
    return (value - _EPOCH) // dt.timedelta(microseconds=1)


def _zoned(value: dt.datetime, timezone: dt.tzinfo | None) -> dt.datetime:
    if value.tzinfo is not None and value.utcoffset() is not None:
        return value
    if timezone is None:
        raise TimeError(f"{value!s} has no time zone; pass an aware datetime or name the timezone")
    return value.replace(tzinfo=timezone)


def _from_iso(text: str, timezone: dt.tzinfo | None) -> int:
    match = _ISO.fullmatch(text.strip())
    if not match and _DATE.fullmatch(text.strip()):
        raise TimeError(f"{text!r} is a date; say the instant, such as '{text.strip()}T00:00:00Z'")
    if not match:
        with contextlib.suppress(ValueError):  # the rarer forms of ISO 8601: basic, week dates
            return _from_datetime(_zoned(dt.datetime.fromisoformat(text.strip()), timezone))
        raise TimeError(f"{text[:60]!r} is not an ISO 8601 time; write such as '2026-03-01T09:30:00Z'")
    year, month, day, hour, minute = (int(match[i]) for i in range(1, 6))
    second, fraction, zone = int(match[6] or 0), (match[7] or "")[:6].ljust(6, "0"), match[8]
    if second == 60:
        raise TimeError(f"{text[:60]!r} is a leap second, which has no instant here; write second 59")
    try:
        naive = dt.datetime(year, month, day, hour, minute, second, int(fraction))  # noqa: DTZ001
    except ValueError as error:
        raise TimeError(f"{text[:60]!r} is no such time: {error}") from None
    if zone is None:
        if timezone is None:
            raise TimeError(
                f"{text[:60]!r} has no offset; write one ('…Z', '…+02:00') or name the timezone it is in"
            )
        return _from_datetime(naive.replace(tzinfo=timezone))
    if zone in "Zz":
        return _from_datetime(naive.replace(tzinfo=_UTC))
    digits = zone[1:].replace(":", "")
    hours, minutes, seconds = int(digits[:2]), int(digits[2:4] or 0), int(digits[4:6] or 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        raise TimeError(f"{text[:60]!r} has the offset {zone}, which is no offset")
    offset = dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return _from_datetime((naive + offset if zone[0] == "-" else naive - offset).replace(tzinfo=_UTC))


_UNIT_SIZE = {"us": 1, "ms": 1000, "s": SECOND}


def instant(value: object, *, unit: str = "us", timezone: dt.tzinfo | None = None) -> Instant:
    """Epoch microseconds from any form an instant may have.

    Args:
        value: An aware ``datetime``, ISO 8601 text with an offset or ``Z``, or an integer.
        unit: What integers are in: ``"us"`` (then at least 10**14), ``"ms"`` or ``"s"``.
        timezone: Where naive times are local; without it a naive time is an error.

    Raises:
        TimeError: ``value`` is not an instant.

    >>> instant("2026-03-01T00:00:00+01:00") == instant("2026-02-28T23:00:00Z")
    True
    """
    if isinstance(value, Instant):
        return value
    if isinstance(value, bool) or value is None:
        raise TimeError(f"{value!r} is not a time")
    if isinstance(value, dt.datetime):
        try:
            us = _from_datetime(_zoned(value, timezone))
        except OverflowError:
            raise TimeError(f"{value!s} is beyond the years that can be held") from None
    elif isinstance(value, str):
        try:
            us = _from_iso(value, timezone)
        except OverflowError:
            raise TimeError(f"{value!r} is beyond the years that can be held") from None
    else:
        index = getattr(value, "__index__", None)
        if index is None or getattr(getattr(value, "dtype", None), "kind", "") == "b":  # numpy's boolean
            shown = repr(value) if isinstance(value, float) else veiled(value)
            raise TimeError(
                f"{shown} is not a time: an aware datetime, ISO 8601 text or integer microseconds is"
            )
        us = int(index()) * _UNIT_SIZE[unit]
        if us.bit_length() > 64:
            raise TimeError("an integer beyond the years that can be held")
        if unit == "us" and us < SMALLEST_MICROSECONDS:
            raise TimeError(
                f"{us} is too small for epoch microseconds; if it counts seconds or milliseconds,"
                " say unit='s' or unit='ms'"
            )
    if not EARLIEST <= us <= LATEST:
        raise TimeError(f"{str(value)[:60]!r} is beyond the years that can be held")
    return Instant(us)


def iso(us: int) -> str:
    """ISO 8601 text in UTC of an instant.

    >>> iso(1_700_000_000_000_000)
    '2023-11-14T22:13:20Z'
    """
    return (_EPOCH + dt.timedelta(microseconds=us)).isoformat().replace("+00:00", "Z")


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@lru_cache(maxsize=1)
def _zones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones()))


def zone(name: str) -> ZoneInfo:
    """The IANA zone of that name; a `ModelError` when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError, ModuleNotFoundError, TypeError):
        near = nearest(str(name), _zones())
        raise ModelError(
            f"{name!r} is not a known time zone" + (f"; the nearest is {near!r}" if near else ""),
            fix=f"write {near!r}" if near else "write an IANA name such as 'Europe/Paris' or 'UTC'",
        ) from None


@frozen
class Calendar:
    """Local days, weeks, months, quarters and years.

    Args:
        timezone: IANA name.
        week_start: ``"monday"`` (default) to ``"sunday"``.

    An instant's period is that of its local date; a period's first instant is the earliest whose
    local date lies in it. Indices are consecutive: the period after index i has index i + 1.

    >>> paris = Calendar("Europe/Paris")
    >>> iso(paris.start(Period.DAY, paris.index(Period.DAY, instant("2026-03-01T12:00:00Z"))))
    '2026-02-28T23:00:00Z'
    """

    timezone: str = "UTC"
    week_start: str = "monday"
    _cache: dict[object, int] = field(factory=dict, init=False, eq=False, repr=False, hash=False)

    @cached_property
    def tzinfo(self) -> dt.tzinfo:
        return _UTC if self.timezone == "UTC" else zone(self.timezone)

    @cached_property
    def week_shift(self) -> int:
        """Days from a Monday to the start of its week: ordinal 1 is a Monday."""
        return 1 + WEEKDAYS.index(self.week_start)

    def local(self, t: int) -> dt.datetime:
        """The local date and time of an instant."""
        return (_EPOCH + dt.timedelta(microseconds=t)).astimezone(self.tzinfo)

    def offset(self, t: int) -> int:
        """Microseconds that local time is ahead of UTC at ``t``."""
        delta = self.local(t).utcoffset()
        assert delta is not None  # noqa: S101
        return delta // dt.timedelta(microseconds=1)

    def index(self, period: Period, t: int) -> int:
        """Consecutive number of the period that holds ``t``."""
        return self.index_of_date(period, self.local(t).date())

    def index_of_date(self, period: Period, date: dt.date) -> int:
        """Consecutive number of the period that holds a local date."""
        match period:
            case Period.DAY:
                return date.toordinal()
            case Period.WEEK:
                return (date.toordinal() - self.week_shift) // 7
            case Period.MONTH:
                return date.year * 12 + date.month - 1
            case Period.QUARTER:
                return date.year * 4 + (date.month - 1) // 3
            case Period.YEAR:
                return date.year

    def first_date(self, period: Period, index: int) -> dt.date:
        """The first local date of a period."""
        match period:
            case Period.DAY:
                return dt.date.fromordinal(index)
            case Period.WEEK:
                return dt.date.fromordinal(index * 7 + self.week_shift)
            case Period.MONTH:
                return dt.date(index // 12, index % 12 + 1, 1)
            case Period.QUARTER:
                return dt.date(index // 4, index % 4 * 3 + 1, 1)
            case Period.YEAR:
                return dt.date(index, 1, 1)

    def start(self, period: Period, index: int) -> int:
        """The first instant of a period: the earliest whose local date lies in it."""
        key = (period, index)
        if key not in self._cache:
            try:
                self._cache[key] = self.start_of_date(self.first_date(period, index))
            except (ValueError, OverflowError):  # before the first year there is, or after the last
                self._cache[key] = AFTER_ALL if index > 0 else EARLIEST
        return self._cache[key]

    def start_of_date(self, date: dt.date) -> int:
        """The first instant of a local date."""
        midnight = dt.datetime(date.year, date.month, date.day, tzinfo=self.tzinfo)
        t = _from_datetime(midnight.astimezone(_UTC))
        if self.local(t).replace(tzinfo=None) == midnight.replace(tzinfo=None):
            return t
        low, high = t - 2 * DAY, t  # midnight was skipped: the date begins where the clock jumped
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.local(middle).date() >= date else (middle, high)
        return high

    def instants(self, period: Period, after: int, until: int) -> list[int]:
        """First instants of periods in ``(after, until]``, ascending."""
        found: list[int] = []
        index = self.index(period, after)
        while (t := self.start(period, index)) <= until:
            if t > after and (not found or t > found[-1]):
                found.append(t)
            index += 1
        return found

    def begun(self, period: Period, at: int) -> int:
        """The last first instant of a period at or before ``at``."""
        index = self.index(period, at)
        start = self.start(period, index)
        return start if start <= at else self.start(period, index - 1)


@lru_cache(maxsize=64)
def calendar(timezone: str, week_start: str) -> Calendar:
    """A shared `Calendar`, so that period starts are looked up once."""
    return Calendar(timezone, week_start)

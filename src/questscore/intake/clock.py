"""Clock: how a source writes its times, and reading them one by one or as arrays.

Lives here: fast readings of the usual forms, times without a zone, integers in a unit.
Lives elsewhere: what an instant is and which texts are one (`questscore.model.time`): whatever is
not read quickly goes there, so that the two cannot disagree.
"""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.errors import EventError, ModelError
from questscore.model.time import (
    DAY,
    EARLIEST,
    LATEST,
    SECOND,
    SMALLEST_MICROSECONDS,
    TimeError,
    instant,
    zone,
)

Micros = NDArray[np.int64]
Mask = NDArray[np.bool_]
UNITS = {"us": 1, "ms": 1000, "s": SECOND}
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LOCAL_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001
_MICROSECOND = dt.timedelta(microseconds=1)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,30}", re.ASCII)
CHECK = "check it, and the unit it is in"
# Texts that `datetime.fromisoformat` reads as `instant` does; it reads others that are no instant.
_USUAL = re.compile(
    r"\d{4}-\d\d-\d\d[T ](?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{3}|\.\d{6})?(?:Z|[+-]\d\d:[0-5]\d)", re.ASCII
).fullmatch


@frozen
class Clock:
    """How times are written in a source.

    Args:
        unit: What integers count: ``"us"`` (then at least 10**14), ``"ms"`` or ``"s"``.
        tzinfo: Where times without a zone, and dates, are local; None: such times are an error. Of a
            local time that a clock change repeats the first is meant, as ``datetime`` has it.

    >>> Clock.of("s").read(1_700_000_000) == Clock().read("2023-11-14T22:13:20Z")
    True
    """

    unit: str = "us"
    tzinfo: dt.tzinfo | None = None

    @classmethod
    def of(cls, unit: object = "us", timezone: object = None) -> Clock:
        """From the options of a reader; an `EventError` when they mean nothing."""
        if not isinstance(unit, str) or unit not in UNITS:
            raise EventError(f"{unit!r} is not a unit", where="unit", fix="write 'us', 'ms' or 's'")
        if timezone is None or isinstance(timezone, dt.tzinfo):
            return cls(unit, timezone)
        if not isinstance(timezone, str):
            raise EventError(
                f"{timezone!r} is not a time zone",
                where="timezone",
                fix="write an IANA name such as 'Europe/Paris' or 'UTC'",
            )
        try:
            return cls(unit, dt.UTC if timezone == "UTC" else zone(timezone))
        except ModelError as error:
            raise EventError(p.under("timezone") for p in error.problems) from None

    def quick(self, value: object) -> int | None:
        """The usual forms, fast; None for what has to be read with care, bad values included."""
        kind = type(value)
        try:
            if kind is str:
                if not _USUAL(value):  # type: ignore[call-overload]
                    return None
                gap = dt.datetime.fromisoformat(value) - _EPOCH  # type: ignore[arg-type]
            elif kind is dt.datetime:
                gap = value - _EPOCH  # type: ignore[operator]
            elif kind is int:
                us: int = value * UNITS[self.unit]  # type: ignore[operator]
                low = SMALLEST_MICROSECONDS if self.unit == "us" else EARLIEST
                return us if low <= us <= LATEST else None
            else:
                return None
        except (ValueError, TypeError, OverflowError):
            return None
        us = gap // _MICROSECOND
        return us if EARLIEST <= us <= LATEST else None

    def read(self, value: object) -> int:
        """Any form of an instant; an `EventError` under ``time`` when it is none."""
        quick = self.quick(value)
        if quick is not None:
            return quick
        is_date = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
        if is_date or (isinstance(value, str) and _DATE.fullmatch(value.strip())):
            if self.tzinfo is None:
                raise EventError(
                    f"{str(value)!r} is a date without a time zone",
                    where="time",
                    fix="name the timezone it is in",
                )
            value = f"{str(value).strip()}T00:00"
        try:
            return int(instant(value, unit=self.unit, timezone=self.tzinfo))
        except TimeError as error:
            fix = "" if ";" in str(error) else "pass an aware datetime, ISO text or microseconds"
            raise EventError(str(error), where="time", fix=CHECK if "beyond" in str(error) else fix) from None

    def read_text(self, cell: str) -> int:
        """A cell of a text file: ISO text or an integer."""
        quick = self.quick(cell)
        if quick is not None:
            return quick
        return self.read(int(cell) if _INTEGER.fullmatch(cell) else cell)

    def integers(self, values: NDArray[np.integer]) -> tuple[Micros, Mask]:
        """Instants from integers in ``unit``, and which of them are one; the others are 0."""
        size = UNITS[self.unit]
        low = SMALLEST_MICROSECONDS if size == 1 else -(-EARLIEST // size)
        good = (values >= low) & (values <= LATEST // size)
        return np.where(good, values, 0).astype(np.int64) * size, good

    def local(self, wall: Micros) -> Micros:
        """Instants from local times, counted as if they were UTC and within `EARLIEST` to `LATEST`.

        Offsets are looked up once a day, and once a time on days on which they change.
        """
        if self.tzinfo is None:
            raise EventError(
                "times without a time zone", where="time", fix="name the timezone they are in: timezone='UTC'"
            )
        if not len(wall):
            return wall
        days = wall // DAY
        first = int(days.min())
        present = np.zeros(int(days.max()) - first + 1, dtype=np.bool_)
        present[days - first] = True
        offsets = np.zeros(len(present), dtype=np.int64)
        changing = np.zeros(len(present), dtype=np.bool_)
        for day in np.flatnonzero(present).tolist():
            start = (first + day) * DAY
            offsets[day] = self._offset(start)
            changing[day] = any(self._offset(start + part) != offsets[day] for part in (DAY // 2, DAY - 1))
        instants: Micros = wall - offsets[days - first]
        careful = np.flatnonzero(changing[days - first])
        if len(careful):
            distinct, back = np.unique(wall[careful], return_inverse=True)
            read = np.array([t - self._offset(t) for t in distinct.tolist()], dtype=np.int64)
            instants[careful] = read[back]
        return instants

    def _offset(self, wall: int) -> int:
        local = (_LOCAL_EPOCH + dt.timedelta(microseconds=wall)).replace(tzinfo=self.tzinfo)
        return (local.utcoffset() or dt.timedelta(0)) // _MICROSECOND


def within(us: Micros) -> Mask:
    """Which microsecond counts are years that can be held."""
    good: Mask = (us >= EARLIEST) & (us <= LATEST)
    return good

"""Local time of many instants at once.

Lives here: offsets and period numbers as arrays.
Lives elsewhere: what a period is (model.time), which this equals instant by instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from questscore.model.time import DAY, EARLIEST, EPOCH_ORDINAL, HOUR, Calendar, Period

Integers = NDArray[np.int64]

# Zones change at most every few weeks; before and after these years only rules without surprises apply.
_DENSE = (-2_208_988_800_000_000, 4_102_444_800_000_000)
_STRETCH, _MARGIN = 30 * DAY, 2 * DAY


def _changes(calendar: Calendar, spans: Iterable[tuple[int, int]]) -> tuple[Integers, Integers]:
    """Instants at which the offset changes, and the offsets before, between and after; inside the spans."""
    instants: list[int] = []
    offsets: list[int] = []
    for low, high in spans:
        offset = calendar.offset(low)
        if not offsets:
            offsets.append(offset)
        elif offset != offsets[-1]:
            instants.append(low)  # it changed somewhere before, where nobody looks
            offsets.append(offset)
        t = low
        while t < high:
            following = min(t + (DAY if _DENSE[0] < t < _DENSE[1] else 7 * DAY), high)
            while calendar.offset(following) != offsets[-1]:
                before, after = t, following
                while after - before > 1:
                    middle = (before + after) // 2
                    before, after = (
                        (middle, after) if calendar.offset(middle) == offsets[-1] else (before, middle)
                    )
                instants.append(after)
                offsets.append(calendar.offset(after))
                t = after
            t = following
    return np.array(instants, dtype=np.int64), np.array(offsets, dtype=np.int64)


def _spans(low: int, high: int, times: Integers | None) -> Iterator[tuple[int, int]]:
    """The stretches of [low, high] in which there are times, a little wider; all of it without times."""
    if times is None:
        yield low, high
        return
    start = low
    while True:
        end = start + _STRETCH
        row = int(np.searchsorted(times, end, side="right"))
        while row < len(times) and times[row] <= end + _STRETCH:  # the next one is near: one stretch
            end = int(times[row]) + _STRETCH
            row = int(np.searchsorted(times, end, side="right"))
        yield start, min(end, high)
        if end >= high:
            return
        following = min(int(times[row]), high) if row < len(times) else high
        start = max(following - _MARGIN, end)


class LocalTime:
    """A calendar for the instants in [low, high].

    Args:
        calendar: The time zone and week start.
        low, high: The first and the last instant that will be asked for, microseconds.
        times: (n,) ascending: all that will be asked for beside these two; None: any instant between.
    """

    def __init__(self, calendar: Calendar, low: int, high: int, times: Integers | None = None) -> None:
        self.calendar = calendar
        if calendar.timezone == "UTC":
            self._instants, self._offsets = np.zeros(0, np.int64), np.zeros(1, np.int64)
        else:
            # a clock change just before the first instant may still repeat its date
            low = max(low - _MARGIN, EARLIEST - DAY)
            self._instants, self._offsets = _changes(calendar, _spans(low, high, times))

    @property
    def monotone(self) -> bool:
        """True when no clock change turns a local date back, so that period numbers never fall."""
        before = (self._instants - 1 + self._offsets[:-1]) // DAY
        return bool(np.all((self._instants + self._offsets[1:]) // DAY >= before))

    def local(self, time: Integers) -> Integers:
        """(n,) microseconds of local time since 1970-01-01 00:00 local."""
        if not len(self._instants):
            return time + self._offsets[0] if self._offsets[0] else time
        return time + self._offsets[np.searchsorted(self._instants, time, side="right")]

    def index(self, period: Period, time: Integers) -> Integers:
        """(n,) the consecutive number of the period that holds each instant."""
        day = self.local(time) // DAY
        if period is Period.DAY:
            return day + EPOCH_ORDINAL
        if period is Period.WEEK:
            return (day + (EPOCH_ORDINAL - self.calendar.week_shift)) // 7
        month = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12
        return month // {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}[period]

    def part(self, name: str, time: Integers) -> NDArray[np.float64]:
        """(n,) ``hour``, ``weekday`` (1 = Monday), ``day`` (of the month) or ``month``."""
        local = self.local(time)
        if name == "hour":
            return (local % DAY // HOUR).astype(np.float64)
        day = local // DAY
        if name == "weekday":
            return ((day + 3) % 7 + 1).astype(np.float64)
        date = day.astype("datetime64[D]")
        month = date.astype("datetime64[M]")
        if name == "day":
            return np.asarray((date - month.astype("datetime64[D]")).astype(np.float64) + 1)
        return (month.astype(np.int64) % 12 + 1).astype(np.float64)

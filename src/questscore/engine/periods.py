"""Periods: the numbers of calendar periods, looked up fast, and how long spans are at most.

Lives here: what an instant's period is, remembered by day.
Lives elsewhere: calendars (model).
"""

from __future__ import annotations

from collections.abc import Callable

from questscore.model.time import DAY, Calendar, Duration, Period, Span

LONGEST = {
    Period.DAY: 2 * DAY,
    Period.WEEK: 8 * DAY,
    Period.MONTH: 32 * DAY,
    Period.QUARTER: 93 * DAY,
    Period.YEAR: 367 * DAY,
}
"""How long a calendar period is at most, whatever clocks do."""


def length_of(span: Span) -> int:
    """How long a window or an offset is at most, in microseconds."""
    return span.length.us if isinstance(span.length, Duration) else LONGEST[span.length]


def index_of(calendar: Calendar, every: Period) -> Callable[[int], int]:
    """The consecutive number of the period that holds an instant; instants near each other are cheap."""
    days: dict[int, int | None] = {}
    index = calendar.index

    def find(time: int) -> int:
        day = time // DAY
        known = days.get(day)
        if known is not None:
            return known
        if day not in days:
            if len(days) > 4096:
                days.clear()
            first, last = index(every, day * DAY), index(every, day * DAY + DAY - 1)
            middle = all(index(every, day * DAY + hour * DAY // 24) == first for hour in range(24))
            days[day] = first if first == last and middle else None
            if days[day] is not None:
                return first
        return index(every, time)

    return find

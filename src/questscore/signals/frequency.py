"""ActivePeriods and Streak: in how many calendar periods something happened, and how many in a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from attrs import field, frozen

from questscore.aggregates.plan import Plan, Reader
from questscore.columns.vector import Vector
from questscore.language import Value
from questscore.model.definition import optional_span, period, whole
from questscore.model.event import Event
from questscore.model.signal import Context, SelectedSignal
from questscore.model.time import Period, Span
from questscore.signals.sums import windowed


@frozen
class ActivePeriods(SelectedSignal):
    """Frequency: the number of different calendar periods that hold a matching event of the window.

    Args:
        every: The period: ``"day"``, ``"week"``, ``"month"``, ``"quarter"`` or ``"year"``.
        window: A trailing duration or a calendar period; None: ever. n x 24 h can touch n + 1 local days.
    """

    kind: ClassVar[str] = "active_periods"
    every: Period = field(converter=period, kw_only=True)
    window: Span | None = field(default=None, converter=optional_span, kw_only=True)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        found = windowed(context.matching(events, self.selector), at, self.window, context.calendar)
        return float(len({context.calendar.index(self.every, event.time) for event in found}))

    def lower(self, plan: Plan) -> Reader:
        return plan.periods(self.selector, self.every, window=self.window)


@frozen
class Streak(SelectedSignal):
    """Consecutive periods that each hold ``at_least`` matching events, up to the current one, or to
    the one before while the current one is not there yet.

    Args:
        every: The period.
        at_least: How many matching events make a period count; >= 1.
    """

    kind: ClassVar[str] = "streak"
    every: Period = field(converter=period, kw_only=True)
    at_least: int = field(default=1, converter=whole, kw_only=True)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        matching = context.matching(events, self.selector)
        counts = Counter(context.calendar.index(self.every, event.time) for event in matching)
        current = context.calendar.index(self.every, at)
        if counts[current] < self.at_least:
            current -= 1
        length = 0
        while counts[current - length] >= self.at_least:
            length += 1
        return float(length)

    def lower(self, plan: Plan) -> Reader:
        matches = plan.matches(self.selector)

        def streak(at: int) -> Vector:
            found = matches(at)
            length = np.zeros(plan.size)
            if not len(found):
                return Vector(length, None, ())
            index = plan.period_index(self.every, found.time)
            new = np.flatnonzero(found.starts | np.append(True, index[1:] != index[:-1]))
            # one row a (unit, period) from here on; the local date may step back where a clock does
            unit, index, count = _merged(found.unit[new], index[new], np.diff(np.append(new, len(found))))
            current = plan.calendar.index(self.every, plan.moment(at))
            good = (count >= self.at_least) & (index <= current)
            unit, index = unit[good], index[good]
            broken = np.append(True, (unit[1:] != unit[:-1]) | (index[1:] != index[:-1] + 1))
            first = np.flatnonzero(broken)
            last = np.append(first[1:], len(unit)) - 1
            alive = np.isin(index[last], (current, current - 1)) if len(unit) else np.zeros(0, dtype=bool)
            length[unit[last[alive]]] = (last - first + 1)[alive]
            return Vector(length, None, ())

        return streak


def _merged(
    unit: np.ndarray[tuple[int], np.dtype[np.intp]],
    index: np.ndarray[tuple[int], np.dtype[np.int64]],
    count: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> tuple[
    np.ndarray[tuple[int], np.dtype[np.intp]],
    np.ndarray[tuple[int], np.dtype[np.int64]],
    np.ndarray[tuple[int], np.dtype[np.int64]],
]:
    if np.any((unit[1:] == unit[:-1]) & (index[1:] <= index[:-1])):
        order = np.lexsort((index, unit))
        unit, index, count = unit[order], index[order], count[order]
        starts = np.flatnonzero(np.append(True, (unit[1:] != unit[:-1]) | (index[1:] != index[:-1])))
        return unit[starts], index[starts], np.add.reduceat(count, starts)
    return unit, index, count

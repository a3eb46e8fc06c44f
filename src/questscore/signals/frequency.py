"""ActivePeriods and Streak: in how many calendar periods something happened, and how many in a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np
from attrs import field, frozen

from questscore.aggregates.plan import NEVER, Course, Indices, Integers, Mask, Matches, Plan, Reader
from questscore.columns.vector import Vector
from questscore.language import Value
from questscore.language.ranges import Range
from questscore.model.definition import optional_span, period, whole
from questscore.model.event import Event
from questscore.model.signal import Context, SelectedSignal
from questscore.model.time import Period, Span
from questscore.signals.sums import windowed
from questscore.tracks.base import Basic
from questscore.tracks.gauge import Gauge
from questscore.tracks.track import Track


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

    def follow(self, track: Track) -> Gauge:
        return track.periods(self.selector, self.every, window=self.window)


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
        def runs(found: Sequence[Matches], until: int | None) -> Sequence[Course]:
            unit, rows, index = found[0].unit, found[0].rows, plan.period_index(self.every, found[0].time)
            if np.any((unit[1:] == unit[:-1]) & (index[1:] < index[:-1])):  # a clock stepped back
                order = np.lexsort((index, unit))
                unit, rows, index = unit[order], rows[order], index[order]
            cell = np.flatnonzero(_changes(unit, index, 0))
            count = np.diff(np.append(cell, len(unit)))
            good = count >= self.at_least
            if until is not None:
                good &= index[cell] <= plan.calendar.index(self.every, until)
            cell = cell[good]
            unit, rows, index = unit[cell], rows[cell + self.at_least - 1], index[cell]
            place = np.arange(len(cell))
            begun = np.maximum.accumulate(np.where(_changes(unit, index, 1), place, 0))
            length = (place - begun + 1).astype(float)
            return Course(rows, unit, index, NEVER), Course(rows, unit, length, 0.0)

        read = plan.followed((self.selector,), runs)

        def streak(at: int) -> Vector:
            last, length = read(at)
            current = plan.calendar.index(self.every, plan.moment(at))
            return Vector((last >= current - 1) * length.astype(float), None, ())

        return streak

    def follow(self, track: Track) -> Gauge:
        index = track.index(self.every)
        return track.cell((self.selector,), lambda: _Runs(self.at_least, index))


class _Runs(Basic):
    """How long the run of periods is that each of the latest periods ends; older ones are let go."""

    __slots__ = ("_at_least", "_counts", "_index", "_runs")
    told = ("_at_least", "_index")
    kept = ("_counts", "_runs")
    numeric = True
    present = True

    def __init__(self, at_least: int, index: Callable[[int], int]) -> None:
        self._at_least, self._index = at_least, index
        self._counts: dict[int, int] = {}
        self._runs: dict[int, int] = {}

    def take(self, part: int, time: int, value: Value) -> None:
        now = self._index(time)
        if now not in self._counts:
            # a clock may step back over midnight into the period before, not further
            for old in [old for old in self._counts if old < now - 2]:
                del self._counts[old]
                self._runs.pop(old, None)
        count = self._counts[now] = self._counts.get(now, 0) + 1
        if count == self._at_least:
            while True:
                self._runs[now] = self._runs.get(now - 1, 0) + 1
                now += 1
                if now not in self._runs:
                    break

    def read(self, at: int) -> float:
        now = self._index(at)
        return float(self._runs.get(now) or self._runs.get(now - 1, 0))

    def range(self, at: int, until: int) -> Range:
        now = self.read(at)
        same = self._index(at) == self._index(until)
        return Range.exactly(now) if same else Range.between(0.0, max(now, *self._runs.values(), 0.0))


def _changes(unit: Indices, index: Integers, step: int) -> Mask:
    """(n,) True where a unit begins, or where its index is not the one before and a step."""
    new = (unit[1:] != unit[:-1]) | (index[1:] != index[:-1] + step)
    return np.append(np.ones(min(1, len(unit)), dtype=bool), new)

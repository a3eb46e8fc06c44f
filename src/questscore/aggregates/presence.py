"""Presence: with how many different periods or values a unit has rows in a window that moves on.

A cell is a unit and a period, or a unit and a value. It counts while its last row is in the window: a row
that comes begins its life where the row before has left, and a row that leaves ends it where none came after.
So the last row of each cell is all that is kept.

Lives here: counting living cells from one reading to the next.
Lives elsewhere: the same for a single reading (cells), the first row of a cell alone (deltas).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from questscore.aggregates.base import Selection
from questscore.aggregates.deltas import Cursor, Rows, Source
from questscore.aggregates.plan import Floats
from questscore.aggregates.running import Running
from questscore.columns.log import EventLog
from questscore.model.time import DAY, Duration, Period, Span

Cells = NDArray[np.signedinteger]

# Up to this many cells, a place for each is cheaper than to number those that occur.
_PLACES = 1 << 24

_DAYS = {Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 28, Period.QUARTER: 90, Period.YEAR: 365}
_ONE = np.int32(1)


def fit(size: int, every: Period, window: Span | None) -> bool:
    """Whether the periods that a window can hold are few enough for `RunningPeriods`."""
    if window is None:
        return True
    length = window.length
    days = length.us // DAY if isinstance(length, Duration) else _DAYS[length] + 3
    return (days // _DAYS[every] + 2) * size <= _PLACES


class RunningPeriods(Running):
    """The number of different calendar periods with a row in the window.

    Period numbers must not fall along the log.

    Args:
        selection, log: As for `Running`.
        source: The rows.
        every: The period.
    """

    def __init__(self, selection: Selection, log: EventLog, source: Source, every: Period) -> None:
        super().__init__(selection, log)
        self._source, self._every = source, every
        self._count = np.zeros(0, dtype=np.int32)
        self._last: dict[int, Rows] = {}  # by period that may be in the window, the last row of each unit
        self._spare: list[Rows] = []
        self._first = 0  # the first row of the window

    @cached_property
    def _cursor(self) -> Cursor:
        return Cursor(self._source.rows)

    def begin(self, at: int) -> None:
        self._count = np.zeros(self.size, dtype=np.int32)
        self._drop(list(self._last))

    def fill(self, low: int, high: int) -> None:
        self._first = low
        self.enter(low, high)

    def enter(self, low: int, high: int) -> None:
        for index, start, stop in self._pieces(low, high):
            part = self._cursor.over(start, stop)
            if part.start == part.stop:
                continue
            last = self._last.get(index)
            if last is None:
                last = self._opened(index)
            lived = last >= self._first
            last[self._source.unit(part)] = self._source.rows[part]  # the last assignment stands
            self._count += lived ^ (last >= self._first)

    def leave(self, low: int, high: int) -> None:
        self._first = high
        for index, start, stop in self._pieces(low, high):
            last = self._last.get(index)
            if last is not None:
                self._count -= (last >= start) & (last < stop)
            self._drop([old for old in self._last if old < index])

    def read(self) -> Floats:
        """(size,) counts."""
        return self._count.astype(np.float64)

    def _pieces(self, low: int, high: int) -> Iterator[tuple[int, int, int]]:
        """The rows in [low, high), period by period: its number, and where its rows begin and end."""
        calendar, time = self.selection.calendar, self.log.time
        while low < high:
            index = calendar.index(self._every, int(time[low]))
            stop = min(high, int(time.searchsorted(calendar.start(self._every, index + 1))))
            yield index, low, stop
            low = stop

    def _opened(self, index: int) -> Rows:
        if self.selection.window is None:
            self._drop(list(self._last))
        last = self._spare.pop() if self._spare else np.empty(self.size, dtype=self._source.rows.dtype)
        last.fill(-1)
        self._last[index] = last
        return last

    def _drop(self, indices: list[int]) -> None:
        self._spare += [self._last.pop(index) for index in indices]


class RunningCells(Running):
    """The number of different cells with a row in the window.

    Args:
        selection, log: As for `Running`.
        source: The rows.
        cells: Gives (n,) the number of the cell of each row of the source, and how many there may be.
    """

    def __init__(
        self, selection: Selection, log: EventLog, source: Source, cells: Callable[[], tuple[Cells, int]]
    ) -> None:
        super().__init__(selection, log)
        self._source, self._find = source, cells
        self._count = np.zeros(0, dtype=np.int32)
        self._first = 0  # the first row of the window

    @cached_property
    def _cells(self) -> tuple[Cells, int]:
        cells, count = self._find()
        if count > _PLACES:
            different, cells = np.unique(cells, return_inverse=True)
            count = len(different)
        return cells, count

    @cached_property
    def _cursors(self) -> tuple[Cursor, Cursor]:
        return Cursor(self._source.rows), Cursor(self._source.rows)

    def begin(self, at: int) -> None:
        self._count = np.zeros(self.size, dtype=np.int32)
        self._last = np.full(self._cells[1], -1, dtype=self._source.rows.dtype)  # the last row of each cell

    def fill(self, low: int, high: int) -> None:
        self._first = low
        self.enter(low, high)

    def enter(self, low: int, high: int) -> None:
        part, last = self._cursors[0].over(low, high), self._last
        cell, rows = self._cells[0][part].astype(np.intp), self._source.rows[part]
        dead = last[cell] < self._first
        last[cell] = rows  # the last assignment stands
        dead &= last[cell] == rows  # a cell of several rows comes to life once
        np.add.at(self._count, self._source.unit(part).compress(dead), _ONE)

    def leave(self, low: int, high: int) -> None:
        self._first = high
        part = self._cursors[1].over(low, high)
        cell, rows = self._cells[0][part].astype(np.intp), self._source.rows[part]
        np.subtract.at(self._count, self._source.unit(part).compress(self._last[cell] == rows), _ONE)

    def read(self) -> Floats:
        """(size,) counts."""
        return self._count.astype(np.float64)

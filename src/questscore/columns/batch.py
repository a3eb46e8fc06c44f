"""Batch: some rows of a log, and what expressions read there.

Lives here: columns of chosen rows, and choosing rows by a selector, chunk by chunk.
Lives elsewhere: the log, the expressions (vector).
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from questscore.columns.log import EventLog, Unit
from questscore.columns.table import Keys, PropertyColumn
from questscore.columns.vector import MISSING, Vector, holds
from questscore.model.selector import Selector
from questscore.model.time import Calendar

Indices = NDArray[np.intp]
Rows = Indices | slice
CHUNK = 1 << 18

# Up to so many names, to compare rows with each is cheaper than to look them up in a table.
_FEW = 16


def _keys(keys: Keys, rows: Rows) -> Vector:
    return Vector(np.nan, keys.codes[rows], keys.values)


def _property(column: PropertyColumn, rows: Rows) -> Vector:
    num: float | NDArray[np.float64] = np.nan if column.num is None else column.num[rows]
    if column.text is None:
        return Vector(num)
    return Vector(num, column.text.codes[rows], column.text.values)


class Batch:
    """Ascending rows of a log, each with its unit.

    Args:
        log: The log.
        unit: Whose numbers are computed.
        calendar: For the local parts of time.
        rows: Ascending row numbers, or a slice of consecutive ones.
    """

    def __init__(self, log: EventLog, unit: Unit, calendar: Calendar, rows: Rows) -> None:
        self.log, self._unit, self._calendar, self.rows = log, unit, calendar, rows
        self._columns: dict[tuple[str, bool], Vector] = {}

    def __len__(self) -> int:
        return self.rows.stop - self.rows.start if isinstance(self.rows, slice) else len(self.rows)

    @cached_property
    def unit(self) -> Indices:
        """(n,) the unit of each row."""
        return self._unit.codes[self.rows].astype(np.intp)

    @cached_property
    def time(self) -> NDArray[np.int64]:
        """(n,) microseconds, ascending."""
        return self.log.time[self.rows]

    @cached_property
    def numbers(self) -> Indices:
        """(n,) row numbers."""
        return np.arange(self.rows.start, self.rows.stop) if isinstance(self.rows, slice) else self.rows

    def name(self, name: str) -> Vector:
        """What an expression reads by that name: a built-in one, which hides, or a property."""
        key = (name, False)
        if key not in self._columns:
            self._columns[key] = self._built_in(name)
        return self._columns[key]

    def _built_in(self, name: str) -> Vector:
        table = self.log.table
        match name:
            case "event_name":
                return _keys(table.name, self.rows)
            case "user":
                return _keys(table.user, self.rows)
            case "account":
                return _keys(table.account, self.rows)
            case "hour" | "weekday" | "day" | "month":
                return Vector(self.log.local(self._calendar).part(name, self.time))
        return self.property(name)

    def property(self, name: str) -> Vector:
        """A property by any name."""
        key = (name, True)
        if key not in self._columns:
            column = self.log.table.properties.get(name)
            self._columns[key] = MISSING if column is None else _property(column, self.rows)
        return self._columns[key]

    def between(self, low: int, high: int) -> Batch:
        """The rows in [low, high); itself when these are all."""
        first, last = (
            (self.rows.start, self.rows.stop - 1)
            if isinstance(self.rows, slice)
            else (int(self.rows[0]), int(self.rows[-1]))
            if len(self.rows)
            else (low, low)
        )
        if first >= low and last < high:
            return self
        if isinstance(self.rows, slice):
            start, stop = max(self.rows.start, low), min(self.rows.stop, high)
            return Batch(self.log, self._unit, self._calendar, slice(start, max(start, stop)))
        i, j = np.searchsorted(self.rows, (low, high))
        return Batch(self.log, self._unit, self._calendar, self.rows[i:j])

    def where(self, keep: NDArray[np.bool_]) -> Batch:
        """The rows for which ``keep`` is True."""
        return Batch(self.log, self._unit, self._calendar, self.numbers[keep])

    def matching(self, selector: Selector) -> Batch:
        """The rows that fulfil the selector's condition, whatever their names."""
        if selector.where is None:
            return self
        return self.where(holds(selector.where, self.name, self.property, len(self)))


class Chunk:
    """A stretch of the log in which rows are chosen by name once for all selectors.

    Args:
        log: The log.
        start, stop: The rows.
        by_name: Whether the rows of so many single names will be asked for that sorting them pays.
    """

    def __init__(self, log: EventLog, start: int, stop: int, *, by_name: bool = False) -> None:
        self.log, self.start, self.stop, self._sorts = log, start, stop, by_name
        self._batches: dict[tuple[tuple[str, ...] | None, str, Calendar], Batch] = {}

    @property
    def _names(self) -> NDArray[np.unsignedinteger]:
        return self.log.short_names[self.start : self.stop]

    @cached_property
    def _by_name(self) -> tuple[Indices, Indices]:
        names = self._names
        order = np.argsort(names, kind="stable")
        ends = np.cumsum(np.bincount(names, minlength=len(self.log.table.name.values)))
        return order + self.start, np.append(0, ends)

    def _rows(self, selector: Selector | None) -> Rows:
        everything = slice(self.start, self.stop)
        if selector is None:
            return everything
        if selector.every_name:
            i, j = np.searchsorted(self.log.reserved, (self.start, self.stop))
            reserved = self.log.reserved[i:j]
            return np.delete(np.arange(self.start, self.stop), reserved - self.start) if j > i else everything
        values = self.log.table.name.values
        codes = [i for i, value in enumerate(values) if value in selector.on]
        if len(codes) == 1 and self._sorts:
            rows, ends = self._by_name
            return rows[ends[codes[0]] : ends[codes[0] + 1]]
        names = self._names
        if len(codes) <= _FEW:
            wanted = np.zeros(len(names), dtype=bool)
            for code in codes:
                wanted |= names == code
        else:
            table = np.zeros(len(values), dtype=bool)
            table[codes] = True
            wanted = table.take(names)
        return self.start + np.flatnonzero(wanted)

    def select(self, selector: Selector | None, unit: Unit, calendar: Calendar) -> Batch:
        """The matching rows that have such a unit; None selects all rows, reserved ones too."""
        key = None if selector is None else selector.on, unit.name, calendar
        if key not in self._batches:
            batch = Batch(self.log, unit, calendar, self._rows(selector))
            if unit.name == "member" and len(batch):
                batch = batch.where(unit.codes[batch.rows] >= 0)
            self._batches[key] = batch
        batch = self._batches[key]
        return batch if selector is None or not len(batch) else batch.matching(selector)

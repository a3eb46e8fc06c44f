"""First, Last, Trait, Gathered: what depends on the order of rows."""

from __future__ import annotations

import numpy as np
from attrs import define, field

from questscore.aggregates.base import Aggregate
from questscore.aggregates.plan import NEVER, Indices, Integers, Matches
from questscore.columns.batch import Batch
from questscore.columns.vector import MISSING, Vector


@define(eq=False, slots=False)
class Edge(Aggregate):
    """When the first or the last row was.

    Args:
        last: The last; else the first.
    """

    last: bool
    _time: Integers = field(init=False)

    def begin(self, at: int) -> None:
        self._time = np.full(self.size, NEVER)

    def add(self, batch: Batch) -> None:
        if self.last:
            self._time[batch.unit] = batch.time  # rows ascend in time, and the last assignment stands
            return
        new = self._time[batch.unit] == NEVER
        self._time[batch.unit[new][::-1]] = batch.time[new][::-1]

    def read(self) -> Integers:
        """(size,) instants, or `NEVER`."""
        return self._time


@define(eq=False, slots=False)
class Trait(Aggregate):
    """The property of the last or the first row that carries it.

    Args:
        property: Which property.
        last: The last such row; else the first.
    """

    property: str
    last: bool
    _row: Indices = field(init=False)

    def begin(self, at: int) -> None:
        self._row = np.full(self.size, -1, dtype=np.intp)

    def add(self, batch: Batch) -> None:
        vector = batch.name(self.property)
        carries = ~np.isnan(np.broadcast_to(vector.num, len(batch)))
        if vector.text is not None:
            carries = carries | (np.broadcast_to(vector.text, len(batch)) >= 0)
        unit, rows = batch.unit[carries], batch.numbers[carries]
        if not self.last:
            new = self._row[unit] < 0
            unit, rows = unit[new][::-1], rows[new][::-1]
        self._row[unit] = rows

    def read(self) -> Vector:
        """(size,) numbers or texts."""
        known = np.flatnonzero(self._row >= 0)
        rows = self._row[known]
        order = np.argsort(rows)
        batch = Batch(self.log, self.selection.unit, self.selection.calendar, rows[order])
        found = batch.name(self.property)
        if found is MISSING or not len(known):
            return Vector(np.full(self.size, np.nan))
        place = known[order]
        num = np.full(self.size, np.nan)
        num[place] = found.num
        if found.text is None:
            return Vector(num)
        text = np.full(self.size, -1, dtype=np.int32)
        text[place] = found.text
        return Vector(num, text, found.texts)


@define(eq=False, slots=False)
class Gathered(Aggregate):
    """The rows themselves, by unit and in canonical order."""

    _batches: list[tuple[Indices, Indices]] = field(init=False)
    _matches: Matches | None = field(init=False)

    def begin(self, at: int) -> None:
        self._batches = []
        self._matches = None

    def add(self, batch: Batch) -> None:
        self._batches.append((batch.unit, batch.numbers))
        self._matches = None

    def read(self) -> Matches:
        """All rows taken in, sorted."""
        if self._matches is None:
            none = np.zeros(0, dtype=np.intp)
            unit = np.concatenate([none, *(unit for unit, _ in self._batches)])
            rows = np.concatenate([none, *(rows for _, rows in self._batches)])
            self._batches = [(unit, rows)]
            order = np.argsort(unit, kind="stable")
            unit, rows = unit[order], rows[order]
            self._matches = Matches(unit, rows, self.log.time[rows], self.log.time)
        return self._matches

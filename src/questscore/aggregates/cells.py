"""Periods, Values: how many different periods or values a unit has."""

from __future__ import annotations

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from questscore.aggregates.base import Aggregate
from questscore.aggregates.plan import Floats, Indices, Integers
from questscore.columns.batch import Batch
from questscore.columns.calendar import LocalTime
from questscore.model.time import Period

# Up to this many, a counter for each (unit, text) is cheaper than sorting.
_COUNTED = 1 << 25
_NONE = np.iinfo(np.int64).min


def _pairs(unit: Indices, key: Integers) -> tuple[Indices, Integers]:
    """The different (unit, key) pairs, sorted."""
    if not len(unit):
        return unit, key
    low = key.min()
    width = int(key.max() - low) + 1
    pair = np.unique(unit.astype(np.int64) * width + (key - low))
    return (pair // width).astype(np.intp), pair % width + low


@define(eq=False, slots=False)
class Periods(Aggregate):
    """The number of different calendar periods with a row; with ``every`` None, 1 once there is a row.

    Rows come by time, so a (unit, period) cell is new when it is not the last one of its unit.

    Args:
        every: The period.
    """

    every: Period | None
    _count: Floats = field(init=False)
    _last: Integers = field(init=False)
    _loose: list[tuple[Indices, Integers]] = field(init=False)

    @property
    def _local(self) -> LocalTime:
        return self.log.local(self.selection.calendar)

    def begin(self, at: int) -> None:
        self._count = np.zeros(self.size)
        self._last = np.full(self.size, _NONE)
        self._loose = []

    def add(self, batch: Batch) -> None:
        if self.every is None:
            self._count[batch.unit] = 1
        elif self._local.monotone:
            self._mark(batch, self._local.index(self.every, batch.time))
        else:
            self._loose.append(_pairs(batch.unit, self._local.index(self.every, batch.time)))

    def _mark(self, batch: Batch, index: Integers) -> None:
        """Counts each cell of the batch that is not the last one of its unit."""
        last = self._last
        turns = np.flatnonzero(index[1:] != index[:-1]) + 1
        if len(turns) > len(batch) // 256:
            unit, index = _pairs(batch.unit, index)
            np.add.at(self._count, unit, last[unit] != index)
            last[unit] = index  # ascending within a unit: the latest period stands
            return
        for start, stop in zip([0, *turns], [*turns, len(batch)], strict=True):
            unit, now = batch.unit[start:stop], index[start]
            # repeated units all write the same, so a cell counts once
            self._count[unit] = self._count[unit] + (last[unit] != now)
            last[unit] = now

    def read(self) -> Floats:
        """(size,) counts."""
        if self._loose:
            unit, _ = _pairs(*(np.concatenate(part) for part in zip(*self._loose, strict=True)))
            return np.bincount(unit, minlength=self.size).astype(float)
        return self._count


@define(eq=False, slots=False)
class Values(Aggregate):
    """The number of different values of a property.

    Args:
        key: Which property; a number and a text are never one value.
    """

    key: str
    _cells: NDArray[np.int32] | None = field(init=False)
    _texts: list[tuple[Indices, Integers]] = field(init=False)
    _numbers: list[tuple[Indices, Floats]] = field(init=False)

    def begin(self, at: int) -> None:
        self._cells, self._texts, self._numbers = None, [], []

    def add(self, batch: Batch) -> None:
        vector = batch.name(self.key)
        num = np.broadcast_to(vector.num, len(batch))
        known = ~np.isnan(num)
        if known.any():
            self._numbers.append((batch.unit[known], num[known] + 0.0))  # -0.0 is 0.0
        if vector.text is None:
            return
        unit, text = self._said(batch)
        if self.size * len(vector.texts) > _COUNTED:
            self._texts.append(_pairs(unit, text))
            return
        if self._cells is None:
            self._cells = np.zeros((self.size, len(vector.texts)), dtype=np.int32)
        np.add.at(self._cells.reshape(-1), unit * len(vector.texts) + text, 1)

    def _said(self, batch: Batch) -> tuple[Indices, Integers]:
        codes = np.broadcast_to(np.asarray(batch.name(self.key).text, dtype=np.int64), len(batch))
        said = codes >= 0
        return (batch.unit, codes) if said.all() else (batch.unit[said], codes[said])

    def read(self) -> Floats:
        """(size,) counts."""
        count = np.zeros(self.size)
        if self._cells is not None:
            count += np.count_nonzero(self._cells, axis=1)
        if self._texts:
            unit, _ = _pairs(*(np.concatenate(part) for part in zip(*self._texts, strict=True)))
            count += np.bincount(unit, minlength=self.size)
        if self._numbers:
            unit, num = (np.concatenate(part) for part in zip(*self._numbers, strict=True))
            order = np.lexsort((num, unit))
            unit, num = unit[order], num[order]
            new = np.append(True, (unit[1:] != unit[:-1]) | (num[1:] != num[:-1]))
            count += np.bincount(unit[new], minlength=self.size)
        return count

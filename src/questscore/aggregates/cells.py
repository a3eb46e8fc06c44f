"""Periods, Values: how many different periods or values a unit has."""

from __future__ import annotations

import numpy as np
from attrs import define, field

from questscore.aggregates.base import Aggregate
from questscore.aggregates.plan import Floats, Indices, Integers
from questscore.columns.batch import Batch
from questscore.model.time import Period

# Up to this many flags, a flag for each (unit, text) is cheaper than sorting.
_FLAGS = 1 << 26
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

    Args:
        every: The period.
    """

    every: Period | None
    _count: Floats = field(init=False)
    _last: Integers = field(init=False)
    _loose: list[tuple[Indices, Integers]] = field(init=False)

    def begin(self, at: int) -> None:
        self._count = np.zeros(self.size)
        self._last = np.full(self.size, _NONE)
        self._loose = []

    def add(self, batch: Batch) -> None:
        if self.every is None:
            self._count[batch.unit] = 1
            return
        local = self.log.local(self.selection.calendar)
        index = local.index(self.every, batch.time)
        if not local.monotone:
            self._loose.append(_pairs(batch.unit, index))
            return
        turns = np.flatnonzero(index[1:] != index[:-1]) + 1
        if len(turns) > len(batch) // 256:
            unit, index = _pairs(batch.unit, index)
            np.add.at(self._count, unit, (self._last[unit] != index).astype(float))
            self._last[unit] = index  # ascending within a unit: the latest period stands
            return
        for start, stop in zip([0, *turns], [*turns, len(batch)], strict=True):
            if start == stop:
                continue
            unit, now = batch.unit[start:stop], index[start]
            # repeated units all write the same, so a period counts once
            self._count[unit] = self._count[unit] + (self._last[unit] != now)
            self._last[unit] = now

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
        property: Which property; a number and a text are never one value.
    """

    property: str
    _flags: np.ndarray[tuple[int, int], np.dtype[np.bool_]] | None = field(init=False)
    _texts: list[tuple[Indices, Integers]] = field(init=False)
    _numbers: list[tuple[Indices, Floats]] = field(init=False)

    def begin(self, at: int) -> None:
        self._flags, self._texts, self._numbers = None, [], []

    def add(self, batch: Batch) -> None:
        vector = batch.name(self.property)
        num = np.broadcast_to(vector.num, len(batch))
        known = ~np.isnan(num)
        if known.any():
            self._numbers.append((batch.unit[known], num[known] + 0.0))  # -0.0 is 0.0
        if vector.text is None:
            return
        codes = np.broadcast_to(vector.text, len(batch))
        said = codes >= 0
        unit, text = batch.unit[said], codes[said].astype(np.int64)
        if self.size * len(vector.texts) > _FLAGS:
            self._texts.append(_pairs(unit, text))
            return
        if self._flags is None:
            self._flags = np.zeros((self.size, len(vector.texts)), dtype=bool)
        self._flags[unit, text] = True

    def read(self) -> Floats:
        """(size,) counts."""
        count = np.zeros(self.size)
        if self._flags is not None:
            count += self._flags.sum(axis=1)
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

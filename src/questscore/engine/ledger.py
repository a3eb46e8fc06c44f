"""Ledger: adjustments and resets, as arrays.

Lives here: what `questscore.adjust` and `questscore.reset` events say for one model.
Lives elsewhere: what a reset voids of a rule's points (aggregates).
"""

from __future__ import annotations

import numpy as np

from questscore.aggregates.base import Shift
from questscore.aggregates.plan import NEVER, Floats, Indices, Integers
from questscore.aggregates.saturate import summed
from questscore.columns.batch import Batch
from questscore.columns.log import EventLog, Unit
from questscore.columns.vector import numbers
from questscore.model.event import RESET
from questscore.model.time import Calendar


class Ledger:
    """The adjustments and resets of a log that hold for a model.

    Args:
        log: The log.
        unit: Whose they are.
        model: The model's name; those that name another model are left out.
        shift: How far before the instant of reading it looks.
    """

    def __init__(self, log: EventLog, unit: Unit, model: str, shift: Shift) -> None:
        rows = log.reserved[unit.codes[log.reserved] >= 0]
        batch = Batch(log, unit, Calendar(), rows)
        named = batch.property("model")
        missing = np.isnan(np.broadcast_to(named.num, len(rows)))
        if named.text is not None:
            text = np.broadcast_to(named.text, len(rows))
            ours = [i for i, name in enumerate(named.texts) if name == model]
            missing = (missing & (text < 0)) | np.isin(text, ours)
        self._unit, self._time = batch.unit[missing], batch.time[missing]
        self._points = np.nan_to_num(numbers(batch.property("points"), len(rows))[missing])
        reset = [i for i, name in enumerate(log.table.name.values) if name == RESET]
        self._reset = np.isin(log.table.name.codes[rows], reset)[missing]
        self._size, self._shift = unit.size, shift

    @property
    def rows(self) -> Indices:
        """The unit of each adjustment and reset."""
        found: Indices = self._unit
        return found

    def __len__(self) -> int:
        """How many resets there are."""
        return int(np.count_nonzero(self._reset))

    def between(self, after: int, until: int) -> Indices:
        """The units with an adjustment or a reset in (after, until]."""
        rows = np.flatnonzero((self._time > after) & (self._time <= until))
        return np.asarray(self._unit[rows], dtype=np.intp)

    def resets(self, at: int) -> Integers:
        """(size,) the last reset of each unit, or `NEVER`."""
        last = np.full(self._size, NEVER)
        rows = np.flatnonzero(self._reset & (self._time <= self._shift.moment(at)))
        np.maximum.at(last, self._unit[rows], self._time[rows])
        return last

    def adjustments(self, at: int) -> Floats:
        """(size,) what adjustments after the last reset add, and what that reset started from."""
        if not len(self._unit):
            return np.zeros(self._size)
        last = self.resets(at)[self._unit]
        stands = np.where(self._reset, self._time == last, self._time > last)
        rows = np.flatnonzero(stands & (self._time <= self._shift.moment(at)))
        return summed(self._unit[rows], self._points[rows], self._size)

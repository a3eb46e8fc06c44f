"""Deltas: the rows at which a sum changes, found once for a whole log.

Lives here: sources, which are fed every row that a selector matches, whatever the window, and say with which
rows a sum changes, and how much.
Lives elsewhere: the sums that run over them (running), different periods and values in a window (presence).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from questscore.aggregates.base import Selection
from questscore.aggregates.limits import pays
from questscore.aggregates.plan import Awards, Floats, Indices, Integers, Mask, Matches
from questscore.aggregates.sums import amounts
from questscore.columns.batch import CHUNK, Batch
from questscore.columns.log import EventLog
from questscore.language import Expression
from questscore.model.time import Period

Rows = NDArray[np.signedinteger]

# Where periods have fewer rows than this, they are sorted instead of gone through.
_ROWS = 64


@frozen(eq=False)
class Deltas:
    """What rows change.

    Args:
        rows: (n,) ascending row numbers.
        unit: Gives the units of those in a slice.
        amount: Gives how much each of those in a slice adds; None: 1 each.
    """

    rows: Rows
    unit: Callable[[slice], Indices]
    amount: Callable[[slice], Floats] | None = None


class Cursor:
    """Where in ascending rows a reader stands, who goes on from where it stopped."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._row = self._place = 0

    def over(self, low: int, high: int) -> slice:
        """The places of the rows in [low, high), of which none stands twice."""
        rows = self._rows
        if low != self._row:
            self._place = int(rows.searchsorted(rows.dtype.type(low)))
        start = self._place
        ahead = rows[start : start + high - low]
        self._row, self._place = high, start + int(ahead.searchsorted(rows.dtype.type(high)))
        return slice(start, self._place)


@define(eq=False, slots=False)
class Source:
    """Rows of a log and what they change; `learn` is fed all rows of the selection, the window apart."""

    selection: Selection
    log: EventLog
    _buffer: Rows = field(init=False)
    _length: int = field(init=False, default=0)
    _recent: dict[tuple[int, int], Indices] = field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        # room for all rows: memory that is never written to is never taken
        self._buffer = np.empty(len(self.log), dtype=np.int32 if len(self.log) < 2**31 else np.int64)

    def learn(self, batch: Batch) -> None:
        """Takes in rows, in order."""
        self.keep(batch.numbers)

    def keep(self, rows: Indices) -> None:
        """Notes rows."""
        start, self._length = self._length, self._length + len(rows)
        self._buffer[start : self._length] = rows

    @property
    def rows(self) -> Rows:
        """All rows taken in."""
        return self._buffer[: self._length]

    def unit(self, part: slice) -> Indices:
        """The units of some of ``rows``; kept for whoever asks for the same ones next."""
        key = part.start, part.stop
        if key not in self._recent:
            if len(self._recent) > 3:
                self._recent.clear()
            self._recent[key] = _units(self, self.rows, part)
        return self._recent[key]

    @property
    def units(self) -> Indices:
        """The units of all ``rows``."""
        return _units(self, self.rows, slice(None))

    @property
    def entering(self) -> Deltas:
        """What rows bring when they come into the window, and take with them when they leave it."""
        return Deltas(self.rows, self.unit)

    def those(self, rows: Rows, amount: Floats | None) -> Deltas:
        """Deltas of some of the rows."""
        small = rows.astype(self._buffer.dtype)
        return Deltas(
            small, lambda part: _units(self, small, part), None if amount is None else amount.__getitem__
        )

    def by_period(self, every: Period) -> tuple[Integers, int]:
        """(n,) a number for the unit and the period of each row, and how many there may be."""
        index = self.log.local(self.selection.calendar).index(every, self.log.time[self.rows])
        index -= index[0] if len(index) else 0
        size = self.selection.unit.size
        return index * size + self.units, size * (int(index.max(initial=0)) + 1)

    def matches(self) -> Matches:
        """The rows by unit, and in canonical order within it."""
        unit = self.selection.unit.codes.take(self.rows)
        order = np.argsort(unit, kind="stable")
        rows = self.rows[order].astype(np.intp)
        return Matches(unit[order].astype(np.intp), rows, self.log.time[rows], self.log.time)


@define(eq=False, slots=False)
class Terms(Source):
    """The terms of a `Sum`: its arguments say which."""

    value: str | Expression | None = None
    tally: bool = False
    _amounts: Floats | None = field(init=False, default=None)

    def learn(self, batch: Batch) -> None:
        values, rows, start = amounts(batch, self.value), batch.numbers, self._length
        if values is not None:
            known = ~np.isnan(values)
            if not known.all():
                rows, values = rows[known], values[known]
        self.keep(rows)
        if values is not None and not self.tally:
            if self._amounts is None:
                self._amounts = np.empty(len(self._buffer))
            self._amounts[start : self._length] = values

    @property
    def entering(self) -> Deltas:
        return Deltas(self.rows, self.unit, None if self._amounts is None else self._amounts.__getitem__)


@define(eq=False, slots=False)
class Priced(Source):
    """Rows that bring what their names are worth.

    Args:
        worth: By code of a name.
    """

    worth: Floats

    @property
    def entering(self) -> Deltas:
        return Deltas(self.rows, self.unit, self._amount)

    def _amount(self, part: slice) -> Floats:
        return self.worth.take(self.log.short_names.take(self.rows[part]))


@define(eq=False, slots=False)
class Firsts(Source):
    """The first row of each unit."""

    _row: Rows | None = field(init=False, default=None)
    _left: int = field(init=False, default=0)

    def learn(self, batch: Batch) -> None:
        if self._row is None:
            self._left = self.selection.unit.size
            self._row = np.full(self._left, -1)
        if not self._left:
            return
        new = self._row[batch.unit] < 0
        unit, rows = batch.unit[new], batch.numbers[new]
        self._row[unit[::-1]] = rows[::-1]  # the last assignment stands
        rows = rows[self._row[unit] == rows]
        self._left -= len(rows)
        self.keep(rows)


class FirstOfPeriods:
    """The first row of each unit in each calendar period.

    Args:
        source: The rows; period numbers must not fall along them.
        every: The period.
    """

    def __init__(self, source: Source, every: Period) -> None:
        self.source, self._every = source, every

    @property
    def selection(self) -> Selection:
        """Which rows the source is fed with."""
        return self.source.selection

    @cached_property
    def entering(self) -> Deltas:
        """What rows bring."""
        rows, pieces = self.source.rows, self._pieces()
        if pieces is None:
            _, first = np.unique(self.source.by_period(self._every)[0], return_index=True)
            return self.source.those(rows[np.sort(first)], None)
        size = self.selection.unit.size
        seen, place = np.full(size, -1, dtype=np.int32), np.empty(size, dtype=np.intp)
        found = [rows[:0]]
        for number, start, stop in pieces:
            here = self.source.unit(slice(start, stop))
            new = np.flatnonzero(seen[here] != number)
            unit = here[new]
            place[unit[::-1]] = new[::-1]  # the last assignment stands
            found.append(rows[start + new[place[unit] == new]])
            seen[unit] = number
        return self.source.those(np.concatenate(found), None)

    def _pieces(self) -> list[tuple[int, int, int]] | None:
        """The number of a period and places [start, stop) of rows in it; None: they are too many."""
        rows, time, calendar = self.source.rows, self.source.log.time, self.selection.calendar
        found, start = list[tuple[int, int, int]](), 0
        number = 0
        while start < len(rows):
            end = calendar.start(self._every, calendar.index(self._every, int(time[rows[start]])) + 1)
            row = np.searchsorted(time, end)
            stop = int(np.searchsorted(rows, row.astype(rows.dtype)))
            found += [(number, at, min(at + CHUNK, stop)) for at in range(start, stop, CHUNK)]
            if len(found) * _ROWS > len(rows):
                return None
            start, number = stop, number + 1
        return found


@define(eq=False, slots=False)
class Said(Source):
    """Rows that carry a property, and its values as numbers; a number and a text are never one value."""

    key: str
    _num: list[Floats] = field(init=False, factory=list)
    _text: list[NDArray[np.int32]] = field(init=False, factory=list)
    _texts: int = field(init=False, default=0)

    def learn(self, batch: Batch) -> None:
        vector = batch.name(self.key)
        num = np.broadcast_to(vector.num, len(batch))
        text = np.broadcast_to(np.int32(-1) if vector.text is None else vector.text, len(batch))
        known = ~np.isnan(num) | (text >= 0)
        num, text = num[known], text[known]
        self._texts = max(self._texts, len(vector.texts))
        self._text.append(text)
        self._num.append(num[text < 0])
        self.keep(batch.numbers[known])

    @cached_property
    def cells(self) -> tuple[Rows, int]:
        """(n,) a number for the unit and the value of each row, and how many there may be."""
        code = np.concatenate([np.zeros(0, dtype=np.int32), *self._text])
        num = np.concatenate([np.zeros(0), *self._num])
        different, rank = np.unique(num + 0.0, return_inverse=True)  # -0.0 is 0.0
        if len(num):
            code[code < 0] = self._texts + rank
        size, count = self.selection.unit.size, self._texts + len(different)
        cell: Rows = code if size * count < 2**31 else code.astype(np.int64)
        cell *= size
        cell += self.selection.unit.codes.take(self.rows)
        return cell, size * count


def _units(source: Source | FirstOfPeriods, rows: Rows, part: slice) -> Indices:
    return source.selection.unit.codes.take(rows[part]).astype(np.intp)


class Merged:
    """Sources of the same units, each with a weight, as one; rows whose amounts cancel are left out."""

    def __init__(self, log: EventLog, parts: Sequence[tuple[Source | FirstOfPeriods, float]]) -> None:
        self._log, self._parts = log, parts

    @cached_property
    def entering(self) -> Deltas:
        """What rows bring."""
        parts = [(source.entering, weight) for source, weight in self._parts]
        cursors = [Cursor(found.rows) for found, _ in parts]
        most = min(sum(len(found.rows) for found, _ in parts), len(self._log))
        every, amounts, length = np.empty(most, dtype=parts[0][0].rows.dtype), np.empty(most), 0
        for start in range(0, len(self._log), CHUNK):
            stop = min(start + CHUNK, len(self._log))
            amount = np.zeros(stop - start)
            for (found, weight), cursor in zip(parts, cursors, strict=True):
                part = cursor.over(start, stop)
                own = (found.rows[part] - start).astype(np.intp)
                amount[own] += weight if found.amount is None else found.amount(part) * weight
            some = np.flatnonzero(amount != 0)
            room = slice(length, length + len(some))
            every[room], amounts[room], length = some + start, amount[some], room.stop
        every, source = every[:length], self._parts[0][0]
        return Deltas(every, lambda part: _units(source, every, part), amounts.__getitem__)


@define(eq=False, slots=False)
class Marked(Source):
    """Rows for which a mark holds that depends on the rows of the unit up to them."""

    marks: Callable[[Matches], Mask]

    @cached_property
    def entering(self) -> Deltas:
        found = self.matches()
        return self.those(np.sort(found.rows[self.marks(found)]), None)


@define(eq=False, slots=False)
class Paid(Source):
    """What limits and a cooldown let through of awards; what pays nothing is left out."""

    asked: Awards

    @cached_property
    def entering(self) -> Deltas:
        found, amount = pays(self.matches(), self.asked, self.log, self.selection)
        some = np.flatnonzero(amount != 0)
        some = some[np.argsort(found.rows[some])]
        return self.those(found.rows[some], amount[some])

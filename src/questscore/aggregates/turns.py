"""Turns: with which rows a cell comes to life in a window that moves on, and with which it dies.

A cell is a unit and a period, or a unit and a value. It is alive while one of its rows is in the window. Two
rows of a cell that follow each other are *joined* when some window holds both: then the first leaves without
ending the cell's life, and the second comes without beginning one. So a row is *fresh* when it is not joined
to the one before, and *final* when it is not joined to the one after, wherever the window is looked at.

Lives here: these flags, for many rows at once.
Lives elsewhere: which rows and cells there are (deltas).
"""

from __future__ import annotations

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.aggregates.base import Selection
from questscore.aggregates.plan import Integers, Mask
from questscore.columns.batch import CHUNK
from questscore.columns.log import EventLog
from questscore.model.time import DAY, Calendar, Duration, Period

Cells = NDArray[np.signedinteger]

_EVER = 2**62

# Up to this many cells, a place for each is cheaper than sorting; so are stretches of this many rows.
_PLACES, _ROWS = 1 << 25, 64

# What no period is longer than, a clock change included.
_AT_MOST = {
    Period.DAY: 2 * DAY,
    Period.WEEK: 8 * DAY,
    Period.MONTH: 32 * DAY,
    Period.QUARTER: 93 * DAY,
    Period.YEAR: 367 * DAY,
}


@frozen(eq=False)
class Turns:
    """Flags of n rows: which are fresh, and which final."""

    fresh: Mask
    final: Mask


@frozen(eq=False)
class Apart:
    """When two rows of a cell that follow each other are not joined.

    Args:
        log, calendar: Of the rows.
        lengths: Rows in different periods of one of these lengths are not.
        gap: Nor are rows this far apart, in microseconds; None: however far.
    """

    log: EventLog
    calendar: Calendar
    lengths: tuple[Period, ...]
    gap: int | None

    def joined(self, before: Integers, after: Integers) -> Mask:
        """(n,) whether rows at the instants ``before`` and ``after`` are joined."""
        same = np.ones(len(before), dtype=bool) if self.gap is None else after - before < self.gap
        local = self.log.local(self.calendar)
        for length in self.lengths:
            same &= local.index(length, before) == local.index(length, after)
        return same

    def until(self, time: int) -> int:
        """Rows from the instant ``time`` on are joined until this one, excluded."""
        ends = [self.calendar.start(one, self.calendar.index(one, time) + 1) for one in self.lengths]
        return min(ends if self.gap is None else [*ends, time + self.gap], default=_EVER)


def apart(log: EventLog, chosen: Selection, every: Period | None) -> Apart:
    """For cells that live in one calendar period each (None: in all time), in the window of a selection."""
    window = None if chosen.window is None else chosen.window.length
    lengths = {length for length in (every, window) if isinstance(length, Period)}
    gap = None
    if isinstance(window, Duration) and (every is None or window.us < _AT_MOST[every]):
        gap = window.us
    return Apart(log, chosen.calendar, tuple(lengths), gap)


def turns(rows: Cells, cells: Cells, count: int, edges: Apart, *, by_row: bool = True) -> Turns:
    """The flags of rows.

    Args:
        rows: (n,) ascending.
        cells: The cell of each row of the log or, not ``by_row``, (n,) of each of ``rows``.
        count: How many cells there are.
        edges: Which rows are not joined.
    """

    def cell(part: slice) -> Cells:
        return cells[rows[part]] if by_row else cells[part]

    stretches = _stretches(rows, edges)
    if count > _PLACES or stretches is None:
        return _sorted(cell(slice(None)), rows, edges)
    fresh, final = np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
    place = np.empty(count, dtype=np.int32)
    last = None if edges.gap is None else np.full(count, -1, dtype=np.int32)
    time = edges.log.time
    for start, stop in stretches:
        here, number = cell(slice(start, stop)), np.arange(start, stop, dtype=np.int32)
        place[here[::-1]] = number[::-1]  # the last assignment stands
        first = place[here] == number
        if last is None:
            fresh[start:stop] = first
            place[here] = number
            final[start:stop] = place[here] == number
            continue
        begins = np.flatnonzero(first)
        before = last[here[begins]]
        last[here] = number
        again = np.flatnonzero(before >= 0)
        joined = edges.joined(time[rows[before[again]]], time[rows[begins[again] + start]])
        first[begins[again[joined]]] = False
        final[before[again[~joined]]] = True
        fresh[start:stop] = first
    if last is not None:
        final[last[last >= 0]] = True
    return Turns(fresh, final)


def _stretches(rows: Cells, edges: Apart) -> list[tuple[int, int]] | None:
    """Places [start, stop) whose rows of one cell are joined, each to the next; None: they are too many."""
    time, found, start = edges.log.time, list[tuple[int, int]](), 0
    while start < len(rows):
        row = np.searchsorted(time, edges.until(int(time[rows[start]])))
        stop = max(start + 1, int(np.searchsorted(rows, row.astype(rows.dtype))))
        if edges.gap is not None:
            stop = min(stop, start + CHUNK)
        found.append((start, stop))
        if len(found) * _ROWS > len(rows):
            return None
        start = stop
    return found


def _sorted(cell: Cells, rows: Cells, edges: Apart) -> Turns:
    order = np.argsort(cell, kind="stable")
    fresh, final = np.ones(len(cell), dtype=bool), np.ones(len(cell), dtype=bool)
    if len(cell):
        cell, time = cell[order], edges.log.time[rows[order]]
        joined = (cell[1:] == cell[:-1]) & edges.joined(time[:-1], time[1:])
        fresh[order[1:]] = ~joined
        final[order[:-1]] = ~joined
    return Turns(fresh, final)

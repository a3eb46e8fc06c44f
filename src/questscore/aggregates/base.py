"""Aggregate: columnar state with an entry a unit, fed with rows and read at an instant.

Lives here: the base class, and which rows an aggregate wants.
Lives elsewhere: the aggregates (this package), feeding them (engine).
"""

from __future__ import annotations

import numpy as np
from attrs import define, frozen

from questscore.aggregates.plan import Integers, Mask
from questscore.columns.batch import Batch
from questscore.columns.log import EventLog, Unit
from questscore.model.selector import Selector
from questscore.model.signal import shifted
from questscore.model.time import Calendar, Duration, Period, Span


@frozen
class Shift:
    """How far before the instant of reading an aggregate looks: offsets, from the outermost in."""

    offsets: tuple[tuple[Span, Calendar], ...] = ()

    def moment(self, at: int) -> int:
        """The instant looked at when the score is read at ``at``."""
        for offset, calendar in self.offsets:
            at = shifted(at, offset, calendar)
        return at

    def then(self, offset: Span | None, calendar: Calendar) -> Shift:
        """This shift, followed by one more."""
        return self if offset is None else Shift((*self.offsets, (offset, calendar)))


@frozen(eq=False)
class Selection:
    """Which rows an aggregate is fed with.

    Args:
        selector: Which events; None: all rows, reserved ones too.
        unit: Whose numbers; rows that belong to none are left out.
        calendar: For local parts of time and calendar windows.
        shift: Rows after its moment are left out.
        window: And those before the window that ends there.
        since, until: And those outside [since, until).
    """

    selector: Selector | None
    unit: Unit
    calendar: Calendar
    shift: Shift = Shift()
    window: Span | None = None
    since: int | None = None
    until: int | None = None

    def bounds(self, at: int) -> tuple[int, int]:
        """The first and the last instant, both included, of the rows wanted at ``at``."""
        last = self.shift.moment(at)
        first = _EVER if self.since is None else self.since
        if self.window is not None:
            first = max(first, window_start(self.window, last, self.calendar))
        return first, last if self.until is None else min(last, self.until - 1)

    def steady(self, log: EventLog) -> bool:
        """Whether a row that has left the window stays out: but where clocks step back over midnight."""
        if self.window is None or isinstance(self.window.length, Duration):
            return True
        return log.local(self.calendar).monotone

    def heeded(self, batch: Batch, at: int) -> Batch:
        """Of rows within `bounds`, those in the window: all, but where clocks step back over midnight."""
        if self.window is None or self.steady(batch.log):
            return batch
        moment = self.shift.moment(at)
        return batch.where(inside(batch.log, self.calendar, self.window, batch.time, moment))


_EVER = -(2**62)


def window_start(window: Span, at: int, calendar: Calendar) -> int:
    """The first instant of the window that ends at ``at``."""
    if isinstance(window.length, Duration):
        return at - window.length.us + 1
    return calendar.start(window.length, calendar.index(window.length, at))


def inside(log: EventLog, calendar: Calendar, window: Span | None, time: Integers, at: int) -> Mask:
    """(n,) which instants at or before ``at`` lie in the window that ends there."""
    if window is None:
        return np.ones(len(time), dtype=bool)
    within = time >= window_start(window, at, calendar)
    local = log.local(calendar)
    if isinstance(window.length, Period) and not local.monotone:
        # a clock that steps back over midnight brings yesterday's date back
        within &= local.index(window.length, time) == calendar.index(window.length, at)
    return within


@define(eq=False, slots=False)
class Aggregate:
    """State with an entry a unit.

    `begin` empties it for a reading at an instant, `add` feeds it rows in time order, each row once. For a
    later instant `carry` moves the state on where it can; when rows have left the window, it begins anew.
    """

    selection: Selection
    log: EventLog

    @property
    def size(self) -> int:
        """How many units there are."""
        return self.selection.unit.size

    def begin(self, at: int) -> None:
        """Empties the state; what follows is read at ``at``."""
        raise NotImplementedError

    def carry(self, at: int) -> bool:
        """Moves the state on to a later instant; False when it must begin anew."""
        return True

    def add(self, batch: Batch) -> None:
        """Takes in rows that the selection wants."""
        raise NotImplementedError

"""Days: which events a subject had on which local day.

Lives here: counts by subject and day, and the gaps between active days.
Lives elsewhere: what is made of them (landmarks, gaming); scores never are (engine).
"""

from __future__ import annotations

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.columns.batch import CHUNK, Chunk
from questscore.columns.log import EventLog
from questscore.model.selector import Selector
from questscore.model.time import Calendar, Period


@frozen(eq=False)
class Days:
    """Active days, by subject and day.

    Args:
        unit: (m,) the subject, as a code of the log; ascending.
        day: (m,) the day's number, ascending within a subject.
        count: (m,) matching events on it.
        size: How many subjects the log has.
    """

    unit: NDArray[np.intp]
    day: NDArray[np.int64]
    count: NDArray[np.int64]
    size: int

    def gaps(self) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """From each active day to the subject's next: whose, and how many days."""
        same = self.unit[1:] == self.unit[:-1]
        return self.unit[1:][same], np.diff(self.day)[same]


def matching(log: EventLog, selector: Selector, calendar: Calendar) -> NDArray[np.intp]:
    """The rows of a log that a selector selects, ascending."""
    rows = [
        Chunk(log, start, min(start + CHUNK, len(log))).select(selector, log.subject, calendar).numbers
        for start in range(0, len(log), CHUNK)
    ]
    return np.concatenate(rows) if rows else np.zeros(0, np.intp)


def active_days(
    log: EventLog, selector: Selector, calendar: Calendar, after: int | None = None, until: int | None = None
) -> Days:
    """The days with a matching event in (after, until]."""
    rows = matching(log, selector, calendar)
    time = log.time[rows]
    low = 0 if after is None else int(np.searchsorted(time, after, side="right"))
    high = len(rows) if until is None else int(np.searchsorted(time, until, side="right"))
    rows, time = rows[low:high], time[low:high]
    unit = log.subject.codes[rows].astype(np.intp)
    day = log.local(calendar).index(Period.DAY, time)
    first = int(day.min()) if len(day) else 0
    width = int(day.max()) - first + 1 if len(day) else 1
    cell, count = np.unique(unit.astype(np.int64) * width + (day - first), return_counts=True)
    return Days((cell // width).astype(np.intp), cell % width + first, count, log.subject.size)

"""Bursts: how many events a subject packed into one hour.

Lives here: the busiest hour of each subject.
Lives elsewhere: days and regularity (calibration.gaming), what is made of it (quality).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from questscore.calibration.days import matching
from questscore.columns.log import EventLog
from questscore.model.selector import Selector
from questscore.model.time import HOUR, Calendar


def busiest_hour(
    log: EventLog, selector: Selector, calendar: Calendar, after: int, until: int
) -> NDArray[np.int64]:
    """(size,) the most matching events of each subject in any hour, (t - 1h, t], of (after, until]."""
    rows = matching(log, selector, calendar)
    rows = rows[slice(*np.searchsorted(log.time[rows], (after, until), side="right").tolist())]
    time, unit = log.time[rows], log.subject.codes[rows].astype(np.int64)
    order = np.argsort(unit, kind="stable")
    time, unit = time[order], unit[order]
    moments = np.unique(time)
    rank, low = np.searchsorted(moments, time), np.searchsorted(moments, time - HOUR, side="right")
    width = len(moments) + 1  # ranks in place of instants: the keys of many subjects stay small
    key = unit * width + rank
    count = np.searchsorted(key, key, side="right") - np.searchsorted(key, unit * width + low)
    most = np.zeros(log.subject.size, dtype=np.int64)
    np.maximum.at(most, unit, count)
    return most

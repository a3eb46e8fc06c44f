"""Order of rows and events.

Lives here: canonical order of a few events, a stable order of many codes.
Lives elsewhere: what canonical order is (model), whole logs in it (columns.log).
"""

from __future__ import annotations

from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from questscore.model.event import Event, canonical

_time = attrgetter("time")


def in_order(events: list[Event]) -> list[Event]:
    """The list, put into canonical order; the keys beyond time are made for ties only."""
    events.sort(key=_time)
    times = [event.time for event in events]
    if len(set(times)) < len(times):
        start = 0
        for stop in range(1, len(times) + 1):
            if stop == len(times) or times[stop] != times[start]:
                if stop - start > 1:
                    events[start:stop] = sorted(events[start:stop], key=canonical)
                start = stop
    return events


def by_code(codes: NDArray[np.integer]) -> NDArray[np.intp]:
    """(n,) a stable order of codes in [0, 2**32), by one or two counting sorts of 16 bits."""
    low = codes.astype(np.uint16)
    order = np.argsort(low, kind="stable")
    if len(codes) and int(codes.max()) >> 16:
        high = (codes >> 16).astype(np.uint16)
        order = order[np.argsort(high[order], kind="stable")]
    return order


def starts_of(codes: NDArray[np.integer]) -> NDArray[np.intp]:
    """Where each run of equal codes begins, of codes that are sorted."""
    opens = np.ones(len(codes), dtype=np.bool_)
    opens[1:] = codes[1:] != codes[:-1]
    return np.flatnonzero(opens)


def distinct(codes: NDArray[np.integer]) -> NDArray[np.integer]:
    """The different codes, ascending."""
    ordered = np.sort(codes)
    return ordered[starts_of(ordered)]

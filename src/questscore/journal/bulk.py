"""All subjects' rows at once.

Lives here: grouping a store's standing rows by subject.
Lives elsewhere: one subject's rows (journal), all rows as one table (table).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from questscore.journal.order import by_code, distinct, starts_of
from questscore.journal.packing import Integers
from questscore.journal.store import Store


def earliest(store: Store, since: int) -> tuple[list[int], list[int]]:
    """The subjects with standing rows from number ``since`` on, and the earliest time of each of these."""
    codes, times = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for segment, rows in store.standing(since):
        subject, time = segment.column("subject"), segment.column("time")
        if rows is not None:
            subject, time = subject[rows], time[rows]
        for found, part in zip((codes, times), _least(subject, time), strict=True):
            found.append(part)
    subjects, least = _least(np.concatenate(codes), np.concatenate(times))
    return subjects.tolist(), least.tolist()


def _least(codes: NDArray[np.integer], values: NDArray[np.integer]) -> tuple[Integers, Integers]:
    """The different codes, ascending, and the least value of each."""
    order = by_code(codes)
    ordered = codes[order]
    opens = starts_of(ordered)
    if not len(opens):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    least = np.minimum.reduceat(values[order], opens)
    return ordered[opens].astype(np.int64), least.astype(np.int64)


def grouped(store: Store, until: int) -> Iterator[tuple[int, list[int]]]:
    """Each subject with standing rows up to an instant, and the numbers of these rows."""
    codes, numbers = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for segment, rows in store.standing(until=until):
        places = np.arange(segment.size) if rows is None else rows
        codes.append(segment.column("subject")[places].astype(np.int64))
        numbers.append(places + segment.start)
    subject, row = np.concatenate(codes), np.concatenate(numbers)
    order = by_code(subject)
    subject, row = subject[order], row[order]
    for start, stop in pairwise([*starts_of(subject).tolist(), len(subject)]):
        yield int(subject[start]), row[start:stop].tolist()


def subjects_of(store: Store, until: int) -> list[int]:
    """The subjects with standing rows up to an instant."""
    found = [np.zeros(0, dtype=np.int64)]
    for segment, rows in store.standing(until=until):
        subject = segment.column("subject")
        found.append(distinct(subject if rows is None else subject[rows]).astype(np.int64))
    codes: list[int] = distinct(np.concatenate(found)).tolist()
    return codes

"""A journal's standing rows as one EventTable.

Lives here: packed columns unpacked into whole ones.
Lives elsewhere: which rows stand (store).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from questscore.columns.table import EventTable, Keys, PropertyColumn
from questscore.journal.dictionary import Dictionary
from questscore.journal.packing import Floats
from questscore.journal.store import Segment, Store
from questscore.journal.tail import Tail
from questscore.journal.texts import LazyTexts

Stretch = tuple[Segment, NDArray[np.intp] | None, slice]
Codes = NDArray[np.int32]


def table_of(
    store: Store,
    by_user: bool,
    subjects: Dictionary,
    others: Dictionary,
    names: Dictionary,
    until: int | None,
) -> EventTable:
    """The standing rows with a time up to ``until``, in the order they came."""
    parts: list[Stretch] = []
    size = 0
    for segment, rows in store.standing(until=until):
        more = segment.size if rows is None else len(rows)
        parts.append((segment, rows, slice(size, size + more)))
        size += more
    time = np.empty(size, dtype=np.int64)
    for segment, rows, at in parts:
        time[at] = _some(segment.column("time"), rows)
    subject = _keys(parts, size, "subject", subjects)
    other = _keys(parts, size, "other", others)
    user, account = (subject, other) if by_user else (other, subject)
    name = _keys(parts, size, "name", names)
    return EventTable(time, name, user, account, _ids(parts, size), _properties(parts, size))


def _some(column: NDArray[np.generic], rows: NDArray[np.intp] | None) -> NDArray[np.generic]:
    return column if rows is None else column[rows]


def _keys(parts: Sequence[Stretch], size: int, key: str, dictionary: Dictionary) -> Keys:
    codes = np.empty(size, dtype=np.int32)
    for segment, rows, at in parts:
        codes[at] = _some(segment.column(key), rows)
    codes -= 1
    return Keys(codes, dictionary.listed())


def _ids(parts: Sequence[Stretch], size: int) -> Keys | None:
    codes = np.full(size, -1, dtype=np.int32)
    pieces = []
    known = 0
    for segment, rows, at in parts:
        texts = list(segment.ids) if isinstance(segment, Tail) else segment.ids
        if not texts:
            continue
        there = segment.with_id()
        whole = rows is None and bool(np.all(there))
        places = np.flatnonzero(there) if rows is None else rows[there[rows]]
        pieces.append((texts, None if whole else places))
        codes[at][there if rows is None else there[rows]] = np.arange(known, known + len(places))
        known += len(places)
    return Keys(codes, LazyTexts.of(pieces)) if known else None


def _properties(parts: Sequence[Stretch], size: int) -> dict[str, PropertyColumn]:
    numbers: dict[str, Floats] = {}
    codes: dict[str, Codes] = {}
    dictionaries: dict[str, Dictionary] = {}
    order: dict[str, None] = {}
    for segment, rows, at in parts:
        for key, column in segment.numbers.items():
            order[key] = None
            if key not in numbers:
                numbers[key] = np.full(size, np.nan)
            numbers[key][at] = _some(column.whole(segment.size), rows)
        for key, words in segment.words.items():
            order[key] = None
            if key not in codes:
                codes[key], dictionaries[key] = np.full(size, -1, dtype=np.int32), Dictionary(empty=True)
            codes[key][at] = _some(words.whole(segment.size, dictionaries[key]), rows)
    return {
        key: PropertyColumn(
            numbers.get(key), Keys(codes[key], dictionaries[key].listed()) if key in codes else None
        )
        for key in order
    }

"""Several EventTables as one.

Lives here: merging their dictionaries, and rejections numbered through.
Lives elsewhere: duplicates among the events, and their order (columns).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from attrs import evolve

from questscore.columns.table import EventTable, Keys, PropertyColumn
from questscore.intake.coding import Coder, lookup


def concat(tables: Iterable[EventTable]) -> EventTable:
    """The events of all tables, in order; a rejection's row counts the rows of the tables before it too.

    Cost: one pass over the rows, and one Python step for each entry of a dictionary.

    >>> from questscore.intake import from_rows
    >>> one = from_rows([{"name": "login", "time": 10**15, "user": "ada"}])
    >>> two = from_rows([{"name": "login", "time": 10**15, "user": "bob", "plan": "pro"}])
    >>> both = concat([one, two])
    >>> both.name.values, [both.properties["plan"].at(row) for row in (0, 1)]
    (['login'], [None, 'pro'])
    """
    parts = list(tables)
    if len(parts) == 1:
        return parts[0]
    sizes = [len(part) for part in parts]
    properties = {name: None for part in parts for name in part.properties}
    ids = [part.id for part in parts]
    rejections = []
    before = 0
    for part in parts:
        rejections += [evolve(rejection, row=rejection.row + before) for rejection in part.rejections]
        before += len(part) + len(part.rejections)
    return EventTable(
        np.concatenate([np.zeros(0, dtype=np.int64), *(part.time for part in parts)]),
        _keys([part.name for part in parts], sizes),
        _keys([part.user for part in parts], sizes),
        _keys([part.account for part in parts], sizes),
        None if all(column is None for column in ids) else _keys(ids, sizes),
        {name: _property([part.properties.get(name) for part in parts], sizes) for name in properties},
        tuple(rejections),
    )


def _keys(columns: Sequence[Keys | None], sizes: Sequence[int]) -> Keys:
    coder = Coder()
    pieces = [np.zeros(0, dtype=np.int32)]
    seen: dict[int, np.ndarray[tuple[int], np.dtype[np.int32]]] = {}
    for column, size in zip(columns, sizes, strict=True):
        if column is None:
            pieces.append(np.full(size, -1, dtype=np.int32))
            continue
        # Slices of one table share their dictionary.
        if id(column.values) not in seen:
            seen[id(column.values)] = lookup(column.values, coder)
        pieces.append(seen[id(column.values)][column.codes])
    return Keys(np.concatenate(pieces), coder.texts())


def _property(columns: Sequence[PropertyColumn | None], sizes: Sequence[int]) -> PropertyColumn:
    nums = [None if column is None else column.num for column in columns]
    texts = [None if column is None else column.text for column in columns]
    num = None
    if any(part is not None for part in nums):
        num = np.concatenate(
            [np.full(size, np.nan) if part is None else part for part, size in zip(nums, sizes, strict=True)]
        )
    return PropertyColumn(num, None if all(part is None for part in texts) else _keys(texts, sizes))

"""Which events of a table repeat the content of rows that are held.

Lives here: "same content" over many rows at once.
Lives elsewhere: the same of two events (model.event.canonical), finding rows by id (index).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.columns.table import EventTable, PropertyColumn
from questscore.journal.dictionary import Dictionary
from questscore.journal.order import starts_of
from questscore.journal.packing import Floats, Integers
from questscore.journal.store import Segment, Store

Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]

# Fewer rows of one block are not worth unpacking it.
_MANY = 256


@frozen(eq=False)
class Given:
    """Events of a table: where they are in it, and their time and codes as a store has them."""

    table: EventTable
    rows: Indices
    time: Integers
    name: NDArray[np.int32]
    other: NDArray[np.int32]


def repeats(store: Store, held: Integers, given: Given) -> Mask:
    """(n,) whether a given event surely has the content of the row ``held``, whose subject and id it has.

    False says nothing where few of a block's rows are held: then it is not looked at.
    """
    same = np.zeros(len(held), dtype=np.bool_)
    order = np.argsort(held, kind="stable")
    for start, stop in pairwise([*starts_of(held[order] >> store.shift).tolist(), len(held)]):
        if stop - start >= _MANY:
            at = order[start:stop]
            same[at] = _same(store.segment(int(held[at[0]])), held[at] & store.mask, given, at)
    return same


def _same(segment: Segment, places: Indices, given: Given, at: Indices) -> Mask:
    same = np.asarray(segment.column("time")[places] == given.time[at])
    same &= segment.column("name")[places] == given.name[at]
    same &= segment.column("other")[places] == given.other[at]
    nothing = PropertyColumn(None, None)
    for key in {*given.table.properties, *segment.numbers, *segment.words}:
        column, rows = given.table.properties.get(key, nothing), given.rows[at]
        numbers, words = segment.numbers.get(key), segment.words.get(key)
        a = _missing(len(at)) if column.num is None else column.num[rows]
        b = _missing(len(at)) if numbers is None else numbers.whole(segment.size)[places].astype(np.float64)
        same &= (a.view(np.int64) == b.view(np.int64)) | (np.isnan(a) & np.isnan(b))
        none = np.full(len(at), -1, dtype=np.int32)
        dictionary = Dictionary(empty=True)
        x = none if words is None else words.whole(segment.size, dictionary)[places]
        text = column.text
        same &= x == (none if text is None else dictionary.translated(text.codes[rows], text.values) - 1)
    return same


def _missing(size: int) -> Floats:
    return np.full(size, np.nan)

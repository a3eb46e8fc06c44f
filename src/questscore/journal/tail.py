"""Tail: the newest rows of a journal, in columns that grow.

Lives here: the growing columns of one block's worth of rows.
Lives elsewhere: the same rows in few bytes, once they are all there (block); the chains of rows (chains).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from questscore.columns.table import EventTable
from questscore.journal.growing import NewNumbers, NewWords
from questscore.journal.order import distinct
from questscore.journal.packing import Floats, Integers
from questscore.model.event import PropertyValue

Rows = NDArray[np.intp] | slice
COLUMNS = ("time", "name", "subject", "other", "back")


class Tail:
    """Up to ``capacity`` rows, of which there are ``size``.

    Args:
        start: The number of the first row.
        capacity: How many rows there is room for.

    ``time``, ``name``, ``subject``, ``other`` and ``back`` hold the columns; the codes are those of the
    journal, and ``back`` is how many rows before it the subject's previous row stands, 0 when it has none.
    ``first`` and ``last`` are the earliest and the latest time.
    ``numbers`` and ``words`` are the properties, ``ids`` the ids of the first rows, None for none.
    """

    __slots__ = (
        "_columns", "_new", "_of_name", "back", "capacity", "dead", "first", "ids", "last", "name", "numbers",
        "other", "size",
        "start", "subject", "time", "words",
    )  # fmt: skip

    def __init__(self, start: int, capacity: int) -> None:
        self.start, self.capacity, self.size = start, capacity, 0
        self._columns: dict[str, NDArray[np.signedinteger]] = {
            key: np.zeros(capacity, dtype=np.int32) for key in COLUMNS
        }
        for key in ("time", "back"):
            self._columns[key] = np.zeros(capacity, dtype=np.int64)
        self.time, self.name, self.subject, self.other, self.back = (c.data for c in self._columns.values())
        self.first, self.last = 2**63 - 1, -(2**63)
        self.dead = bytearray()
        self.ids: list[str | None] = []
        self.numbers: dict[str, NewNumbers] = {}
        self.words: dict[str, NewWords] = {}
        # The properties that rows of a name have; and rows with properties that are not yet in it.
        self._of_name: dict[int, dict[str, None]] = {}
        self._new: list[tuple[str, Integers]] = []

    def column(self, key: str) -> NDArray[np.signedinteger]:
        """(size,) one of the columns."""
        return self._columns[key][: self.size]

    @property
    def room(self) -> int:
        """How many more rows it can take."""
        return self.capacity - self.size

    def append(
        self,
        time: Integers,
        name: NDArray[np.integer],
        subject: NDArray[np.integer],
        other: NDArray[np.integer],
        back: Integers,
        ids: Sequence[str | None] | None,
    ) -> int:
        """Takes rows; says where the first is, so that their properties can be put there."""
        start, stop = self.size, self.size + len(time)
        for column, values in zip(self._columns.values(), (time, name, subject, other, back), strict=True):
            column[start:stop] = values
        if self.dead:
            self.dead.extend(bytes(len(time)))
        if ids is not None:
            self.ids += [None] * (start - len(self.ids))
            self.ids += ids
        if stop > start:
            self.first, self.last = min(self.first, int(time.min())), max(self.last, int(time.max()))
        self.size = stop
        return start

    def take_properties(self, table: EventTable, rows: Rows, start: int) -> None:
        """The properties of some rows of a table, for the rows from ``start`` on."""
        for name, column in table.properties.items():
            if column.num is not None:
                values = column.num[rows]
                there = np.flatnonzero(values == values)
                if len(there):
                    self._add_numbers(name, there + start, values[there])
            if column.text is not None:
                codes = column.text.codes[rows]
                there = np.flatnonzero(codes >= 0)
                if len(there):
                    words = self._words(name)
                    self._new.append((name, there + start))
                    words.append(there + start, words.dictionary.translated(codes[there], column.text.values))

    def put(self, properties: Sequence[dict[str, PropertyValue]], start: int) -> None:
        """The properties of events, for the rows from ``start`` on."""
        found: dict[str, tuple[list[int], list[PropertyValue]]] = {}
        for row, some in enumerate(properties, start):
            if some:
                for name, value in some.items():
                    column = found.get(name)
                    if column is None:
                        column = found[name] = [], []
                    rows, values = column
                    rows.append(row)
                    values.append(value)
        for name, (rows, values) in found.items():
            last = rows[-1] + 1
            at = np.arange(rows[0], last) if last - rows[0] == len(rows) else np.array(rows)
            kinds = set(map(type, values))
            if str not in kinds:
                self._add_numbers(name, at, np.array(values, dtype=np.float64))
            elif len(kinds) == 1:
                self._add_words(name, at, cast("list[str]", values))
            else:
                is_text = np.array([isinstance(value, str) for value in values])
                self._add_words(name, at[is_text], [value for value in values if isinstance(value, str)])
                numbers = [value for value in values if not isinstance(value, str)]
                self._add_numbers(name, at[~is_text], np.array(numbers, dtype=np.float64))

    def _add_numbers(self, name: str, rows: Integers, values: Floats) -> None:
        column = self.numbers.get(name)
        if column is None:
            column = self.numbers[name] = NewNumbers()
        column.append(rows, values)
        self._new.append((name, rows))

    def _add_words(self, name: str, rows: Integers, texts: Sequence[str]) -> None:
        column = self._words(name)
        column.append(rows, column.dictionary.codes(texts))
        self._new.append((name, rows))

    def _words(self, name: str) -> NewWords:
        column = self.words.get(name)
        if column is None:
            column = self.words[name] = NewWords()
        return column

    def id_of(self, row: int) -> str | None:
        """The id of a row."""
        return self.ids[row] if row < len(self.ids) else None

    def with_id(self) -> NDArray[np.bool_]:
        """(size,) whether a row has an id."""
        found = np.zeros(self.size, dtype=np.bool_)
        found[: len(self.ids)] = [bool(id_) for id_ in self.ids]
        return found

    def properties(self, row: int, name: int) -> dict[str, PropertyValue]:
        """The properties of a row, which has that ``name``; numbers as floats."""
        for key, rows in self._new:
            for code in distinct(self.column("name")[rows]).tolist():
                self._of_name.setdefault(code, {})[key] = None
        self._new.clear()
        found: dict[str, PropertyValue] = {}
        for key in self._of_name.get(name, ()):
            for columns in (self.numbers, self.words):
                column = columns.get(key)
                value = None if column is None else column.at(row)
                if value is not None:
                    found[key] = value
        return found

    @property
    def nbytes(self) -> int:
        """How many bytes it holds."""
        columns = sum(column.nbytes for column in self._columns.values())
        properties = sum(column.nbytes for column in self.numbers.values())
        properties += sum(column.nbytes for column in self.words.values())
        ids = self.ids.__sizeof__() + sum(id_.__sizeof__() for id_ in self.ids if id_)
        return columns + properties + ids + len(self.dead)

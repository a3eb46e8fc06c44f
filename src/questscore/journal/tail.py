"""Tail: the newest rows of a journal, in columns that grow.

Lives here: the growing columns of one block's worth of rows.
Lives elsewhere: the same rows in few bytes, once they are all there (block); the chains of rows (journal).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from questscore.columns.table import EventTable
from questscore.journal.dictionary import Dictionary
from questscore.journal.packing import Floats, Integers
from questscore.journal.values import translation
from questscore.model.event import PropertyValue

Rows = NDArray[np.intp] | slice
COLUMNS = ("time", "name", "subject", "other", "back")


class Words:
    """One property's texts as they grow: codes by row, 0 for none."""

    __slots__ = ("codes", "dictionary", "view")

    def __init__(self, capacity: int) -> None:
        self.dictionary = Dictionary(empty=True)
        self.codes = np.zeros(capacity, dtype=np.int32)
        self.view = self.codes.data

    def whole(self, size: int, dictionary: Dictionary) -> NDArray[np.int32]:
        """(size,) the codes that another dictionary has for the texts, less one: -1 where there is none."""
        return translation(self.dictionary.texts, dictionary)[self.codes[:size]]


class Numbers:
    """One property's numbers as they grow: NaN for none."""

    __slots__ = ("values", "view")

    def __init__(self, capacity: int) -> None:
        self.values = np.full(capacity, np.nan)
        self.view = cast("memoryview[float]", self.values.data)

    def whole(self, size: int) -> Floats:
        """(size,) the values, NaN where there is none."""
        return self.values[:size]


class Tail:
    """Up to ``capacity`` rows, of which there are ``size``.

    Args:
        start: The number of the first row.
        capacity: How many rows there is room for.

    ``time``, ``name``, ``subject``, ``other`` and ``back`` hold the columns; the codes are those of the
    journal, and ``back`` is how many rows before it the subject's previous row stands, 0 when it has none.
    """

    __slots__ = (
        "_columns", "back", "capacity", "dead", "ids", "name", "numbers", "other", "size", "start",
        "subject", "time", "words",
    )  # fmt: skip

    def __init__(self, start: int, capacity: int) -> None:
        self.start, self.capacity, self.size = start, capacity, 0
        self._columns: dict[str, NDArray[np.signedinteger]] = {
            key: np.zeros(capacity, dtype=np.int32) for key in COLUMNS
        }
        for key in ("time", "back"):
            self._columns[key] = np.zeros(capacity, dtype=np.int64)
        self.time, self.name, self.subject, self.other, self.back = (c.data for c in self._columns.values())
        self.dead = bytearray()
        self.ids: list[str | None] = []
        self.numbers: dict[str, Numbers] = {}
        self.words: dict[str, Words] = {}

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
    ) -> slice:
        """Takes rows; says where they are now, so that their properties can be put there."""
        at = slice(self.size, self.size + len(time))
        for column, values in zip(self._columns.values(), (time, name, subject, other, back), strict=True):
            column[at] = values
        if self.dead:
            self.dead.extend(bytes(len(time)))
        if ids is not None:
            self.ids += [None] * (self.size - len(self.ids))
            self.ids += ids
        self.size = at.stop
        return at

    def take_properties(self, table: EventTable, rows: Rows, at: slice) -> None:
        """The properties of some rows of a table, for the rows ``at``."""
        for name, column in table.properties.items():
            if column.num is not None:
                values = column.num[rows]
                if name in self.numbers or not bool(np.all(np.isnan(values))):
                    self._numbers(name).values[at] = values
            if column.text is not None:
                codes = column.text.codes[rows]
                if name in self.words or bool(np.any(codes >= 0)):
                    words = self._words(name)
                    words.codes[at] = words.dictionary.translated(codes, column.text.values)

    def put(self, properties: Sequence[dict[str, PropertyValue]], start: int) -> None:
        """The properties of events, for the rows from ``start`` on."""
        numbers: dict[str, tuple[list[int], list[bool | int | float]]] = {}
        words: dict[str, tuple[list[int], list[str]]] = {}
        for row, found in enumerate(properties, start):
            for name, value in found.items():
                if isinstance(value, str):
                    rows, texts = words.get(name) or words.setdefault(name, ([], []))
                    rows.append(row)
                    texts.append(value)
                else:
                    rows, values = numbers.get(name) or numbers.setdefault(name, ([], []))
                    rows.append(row)
                    values.append(value)
        for name, (rows, values) in numbers.items():
            self._numbers(name).values[rows] = values
        for name, (rows, texts) in words.items():
            column = self._words(name)
            column.codes[rows] = column.dictionary.codes(texts)

    def _numbers(self, name: str) -> Numbers:
        found = self.numbers.get(name)
        if found is None:
            found = self.numbers[name] = Numbers(self.capacity)
        return found

    def _words(self, name: str) -> Words:
        found = self.words.get(name)
        if found is None:
            found = self.words[name] = Words(self.capacity)
        return found

    @property
    def first(self) -> int:
        """The earliest time."""
        return int(self.column("time").min())

    @property
    def last(self) -> int:
        """The latest time."""
        return int(self.column("time").max())

    def id_of(self, row: int) -> str | None:
        """The id of a row."""
        return self.ids[row] if row < len(self.ids) else None

    def with_id(self) -> NDArray[np.bool_]:
        """(size,) whether a row has an id."""
        found = np.zeros(self.size, dtype=np.bool_)
        found[: len(self.ids)] = [bool(id_) for id_ in self.ids]
        return found

    def properties(self, row: int, _name: int) -> dict[str, PropertyValue]:
        """The properties of a row; numbers as floats."""
        found: dict[str, PropertyValue] = {}
        for name, numbers in self.numbers.items():
            number = numbers.view[row]
            if number == number:
                found[name] = number
        for name, words in self.words.items():
            code = words.view[row]
            if code:
                found[name] = words.dictionary.texts[code] or ""
        return found

    @property
    def nbytes(self) -> int:
        """How many bytes it holds."""
        columns = sum(column.nbytes for column in self._columns.values())
        numbers = sum(column.values.nbytes for column in self.numbers.values())
        words = sum(column.codes.nbytes + column.dictionary.nbytes for column in self.words.values())
        ids = self.ids.__sizeof__() + sum(id_.__sizeof__() for id_ in self.ids if id_)
        return columns + numbers + words + ids + len(self.dead)

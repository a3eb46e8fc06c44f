"""Block: many rows of a journal that change no more, in few bytes.

Lives here: the packed columns, and one row's values.
Lives elsewhere: the rows while they still come (tail), how columns and values are packed (packing, values,
texts), the texts of the codes (dictionary).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import define, field
from numpy.typing import NDArray

from questscore.journal.packing import Column, nbytes, packed, unpacked
from questscore.journal.tail import COLUMNS, Tail
from questscore.journal.texts import PackedTexts
from questscore.journal.values import Numbers, Words
from questscore.model.event import PropertyValue

NEVER = -(2**63)


@define(eq=False)
class Block:
    """``size`` rows from row number ``start`` on; the columns are those of `Tail`.

    Args:
        numbers, words: The properties by name.
        dead: A byte a row, 1 where the row stands no more; empty while all stand.
        first, last: The earliest and the latest time; `NEVER` when only ``back`` is left of the rows.
    """

    start: int
    size: int
    time: Column
    name: Column
    subject: Column
    other: Column
    back: Column
    ids: PackedTexts | None
    numbers: Mapping[str, Numbers]
    words: Mapping[str, Words]
    dead: bytearray
    first: int
    last: int
    # The properties that rows of a name have: most have few of all there are.
    _of_name: Mapping[int, Sequence[tuple[str, Numbers | Words]]] = field(factory=dict)

    @classmethod
    def of(cls, tail: Tail) -> Block:
        """The rows of a full tail."""
        size = tail.size
        time, name, subject, other, back = (tail.column(key) for key in COLUMNS)
        ids: PackedTexts | None = None
        if tail.ids:
            ids = PackedTexts(tail.ids + [None] * (size - len(tail.ids)))
        block = cls(
            tail.start, size, packed(time, offset=True), packed(name), packed(subject), packed(other),
            packed(back, split=False), ids,
            {key: Numbers.of(*column.all(), size) for key, column in tail.numbers.items()},
            {key: Words.of(*c.all(), c.dictionary.texts, size) for key, c in tail.words.items()},
            tail.dead, tail.first, tail.last,
        )  # fmt: skip
        block._of_name = block._properties_of_names(name)
        return block

    def _properties_of_names(
        self, names: NDArray[np.int64]
    ) -> Mapping[int, Sequence[tuple[str, Numbers | Words]]]:
        found: dict[int, list[tuple[str, Numbers | Words]]] = {}
        for properties in (self.numbers, self.words):
            for key, column in properties.items():
                for name in np.flatnonzero(np.bincount(names[column.present()])).tolist():
                    found.setdefault(name, []).append((key, column))
        return found

    def column(self, key: str) -> NDArray[np.integer]:
        """(size,) one of the columns."""
        packed_: Column = getattr(self, key)
        return unpacked(packed_)

    def id_of(self, row: int) -> str | None:
        """The id of a row, counted from the first."""
        return None if self.ids is None else self.ids[row]

    def with_id(self) -> NDArray[np.bool_]:
        """(size,) whether a row has an id."""
        return np.zeros(self.size, dtype=np.bool_) if self.ids is None else self.ids.present()

    def properties(self, row: int, name: int) -> dict[str, PropertyValue]:
        """The properties of a row, counted from the first, which has that ``name``; numbers as floats."""
        found: dict[str, PropertyValue] = {}
        for key, column in self._of_name.get(name, ()):
            value = column.at(row)
            if value is not None:
                found[key] = value
        return found

    def clear(self) -> None:
        """Lets go of all but the way back: no row stands any more."""
        nothing = packed(np.zeros(self.size, dtype=np.int64))
        self.time = packed(np.full(self.size, NEVER))
        self.name = self.subject = self.other = nothing
        self.ids, self.numbers, self.words, self._of_name = None, {}, {}, {}
        self.dead = bytearray()
        self.first = self.last = NEVER

    @property
    def nbytes(self) -> int:
        """How many bytes it holds."""
        columns = (self.time, self.name, self.subject, self.other, self.back)
        properties: list[Numbers | Words] = [*self.numbers.values(), *self.words.values()]
        return (
            sum(map(nbytes, columns))
            + sum(column.nbytes for column in properties)
            + (0 if self.ids is None else self.ids.nbytes)
            + len(self.dead)
        )

"""EventTable: many events as columns.

Lives here: the columns, what was rejected on the way in, and events back as objects.
Lives elsewhere: filling it (intake, io), duplicates and canonical order (log).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from questscore.model.event import Event, PropertyValue
from questscore.model.time import Instant, iso

Codes = NDArray[np.int32]


@frozen(eq=False)
class Keys:
    """A dictionary-encoded text column.

    Args:
        codes: (n,) int32; a position in ``values``, or -1 where there is none.
        values: The distinct texts; not sorted, and some may be unused.
    """

    codes: Codes
    values: Sequence[str] = field(repr=False)

    def at(self, row: int) -> str | None:
        """The text of a row, or None."""
        code = int(self.codes[row])
        return None if code < 0 else self.values[code]

    def take(self, rows: NDArray[np.intp] | slice) -> Keys:
        """The same column, of some rows."""
        return Keys(self.codes[rows], self.values)

    @classmethod
    def empty(cls, size: int) -> Keys:
        """A column with no text in it."""
        return cls(np.full(size, -1, dtype=np.int32), ())


@frozen(eq=False)
class PropertyColumn:
    """One property of every event: a number, a text, or missing.

    Args:
        num: (n,) float64, NaN where the value is missing or text; None when no row has a number.
            Booleans are 0.0 and 1.0.
        text: The texts, code -1 where the value is missing or a number; None when no row has a text.
    """

    num: NDArray[np.float64] | None = field(repr=False)
    text: Keys | None = field(repr=False)

    def at(self, row: int) -> float | str | None:
        """The value of a row."""
        if self.text is not None and (value := self.text.at(row)) is not None:
            return value
        number = np.nan if self.num is None else float(self.num[row])
        return None if number != number else number

    def take(self, rows: NDArray[np.intp] | slice) -> PropertyColumn:
        """The same column, of some rows."""
        return PropertyColumn(
            None if self.num is None else self.num[rows],
            None if self.text is None else self.text.take(rows),
        )


@frozen
class Rejection:
    """An event that was not taken: its ``row`` (0-based), the ``field`` at fault, and why.

    ``line`` is the line of the file, 1-based, where there is one.
    """

    row: int
    field: str
    reason: str
    line: int | None = None

    def __str__(self) -> str:
        place = f"row {self.row}" if self.line is None else f"line {self.line}"
        return f"{place}: {self.field}: {self.reason}" if self.field else f"{place}: {self.reason}"


@frozen(eq=False)
class EventTable:
    """Events as columns, in the order they were read.

    Iterating gives `Event` objects. Two readings of one source are the same table, whatever its form.

    Args:
        time: (n,) int64 microseconds since 1970-01-01 UTC.
        name, user, account: (n,) texts; a name has no missing row.
        id: (n,) texts, or None when no event has an id.
        properties: Flat name to column of n rows.
        rejections: What was not taken, in row order.
    """

    time: NDArray[np.int64]
    name: Keys
    user: Keys
    account: Keys
    id: Keys | None = None
    properties: Mapping[str, PropertyColumn] = field(factory=dict)
    rejections: tuple[Rejection, ...] = ()

    def __len__(self) -> int:
        return len(self.time)

    def take(self, rows: NDArray[np.intp] | slice) -> EventTable:
        """The events of some rows, in that order; the rejections stay behind."""
        return EventTable(
            self.time[rows],
            self.name.take(rows),
            self.user.take(rows),
            self.account.take(rows),
            None if self.id is None else self.id.take(rows),
            {name: column.take(rows) for name, column in self.properties.items()},
        )

    def __iter__(self) -> Iterator[Event]:
        return (self.event(row) for row in range(len(self)))

    def event(self, row: int) -> Event:
        """One event as an object; numbers come back as floats."""
        properties: dict[str, PropertyValue] = {}
        for name, column in self.properties.items():
            value = column.at(row)
            if value is not None:
                properties[name] = value
        return Event(
            self.name.values[self.name.codes[row]],
            Instant(self.time[row]),
            self.user.at(row),
            self.account.at(row),
            properties,
            None if self.id is None else self.id.at(row),
        )

    def summary(self) -> str:
        """One line: how many events of what, from when to when, and how many were rejected."""
        parts = [f"{len(self):,} event{'s' * (len(self) != 1)}"]
        if len(self):
            counts = Counter(dict(enumerate(np.bincount(self.name.codes).tolist())))
            names = ", ".join(f"{self.name.values[code]} {n:,}" for code, n in counts.most_common(4) if n)
            parts += [names, f"{iso(int(self.time.min()))} to {iso(int(self.time.max()))}"]
        if self.rejections:
            parts.append(f"{len(self.rejections):,} rejected")
        return "; ".join(parts)

    def __repr__(self) -> str:
        return f"<EventTable: {self.summary()}>"

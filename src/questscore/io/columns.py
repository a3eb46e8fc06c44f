"""Columns of a table in memory: Python lists and numpy arrays, and putting a table together.

Lives here: the two doors every column of a source has, whatever holds it.
Lives elsewhere: Arrow columns (arrow), cells of a CSV file (csv_file), checking and encoding (intake).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.columns.table import EventTable
from questscore.errors import EventError
from questscore.intake import Assembly, Clock, Layout
from questscore.intake.layout import check_mapped
from questscore.intake.objects import add_objects, take_object_texts, take_object_times


class Column(Protocol):
    """A column of a source."""

    def take(self, parts: Assembly, field: str, source: str) -> None:
        """As the field ``field``; ``source`` is the column's own name, for errors."""

    def add(self, parts: Assembly, name: str | None) -> None:
        """As the property ``name``, or as many as are in it; None: it holds all properties by name."""


def assemble(columns: Mapping[str, Column], size: int, layout: Layout, clock: Clock) -> EventTable:
    """A table from its columns.

    Raises:
        EventError: A column that has to be there is not, or is of a type that cannot be what it has to be.
    """
    return collect(columns, size, layout, clock).table()


def collect(columns: Mapping[str, Column], size: int, layout: Layout, clock: Clock) -> Assembly:
    """The same, before good rows are told from bad ones."""
    parts = Assembly(size, clock, layout.dropped)
    fields = layout.on(list(columns))
    for field, source in fields.items():
        if field != "properties":
            columns[source].take(parts, field, source)
    for source, column in columns.items():
        if source not in fields.values() and source not in layout.dropped:
            column.add(parts, source)
    if "properties" in fields:
        columns[fields["properties"]].add(parts, None)
    if not layout.plain:
        _rename(parts, layout, columns)
    return parts


def _rename(parts: Assembly, layout: Layout, columns: Mapping[str, Column]) -> None:
    mapped = {theirs: ours for theirs, ours in layout.mapped().items() if theirs in layout.properties}
    check_mapped(mapped, [*columns, *(name for name in parts.properties if name not in columns)])
    given, parts.properties = parts.properties, {}
    for theirs, column in given.items():
        ours = layout.property_name(theirs)
        if ours is not None:
            parts.add_property(ours, column)


def wrong_type(field: str, source: str, kind: str) -> EventError:
    """A column that cannot be the field it has to be."""
    name = "" if source == field else f" (column {source!r})"
    if field == "time":
        return EventError(
            f"a column of type {kind} is no time{name}",
            where=field,
            fix="cast it to a timestamp, or to integers and say their unit",
        )
    if field == "properties":
        return EventError(
            f"a column of type {kind} holds no properties{name}", where=field, fix="map another column to it"
        )
    return EventError(
        f"a column of type {kind} is no text{name}",
        where=field,
        fix=f"cast it: {field} is text, also of numbers",
    )


@frozen
class ListColumn:
    """A column of Python objects, read one by one."""

    values: Sequence[object]

    def take(self, parts: Assembly, field: str, source: str) -> None:
        if field == "time":
            take_object_times(parts, self.values)
        else:
            take_object_texts(parts, field, self.values)

    def add(self, parts: Assembly, name: str | None) -> None:
        add_objects(parts, name, self.values)


@frozen
class ArrayColumn:
    """A numpy array of numbers, booleans or ``datetime64``; others are read as objects."""

    values: NDArray[Any]

    @classmethod
    def of(cls, values: NDArray[Any]) -> Column:
        """The column that reads ``values``."""
        if values.dtype.kind in "biufMm" and not isinstance(values, np.ma.MaskedArray):
            return cls(values)
        return ListColumn(values.tolist())

    def take(self, parts: Assembly, field: str, source: str) -> None:
        kind = self.values.dtype.kind
        if kind == "f" and np.isnan(self.values).all():
            ListColumn([None] * len(self.values)).take(parts, field, source)
        elif field == "time" and kind in "iu":
            parts.take_integer_times(self.values)
        elif field == "time" and kind == "M":
            parts.take_times(_microseconds(self.values), ~np.isnat(self.values), local=True)
        else:
            raise wrong_type(field, source, str(self.values.dtype))

    def add(self, parts: Assembly, name: str | None) -> None:
        kind = self.values.dtype.kind
        if name is None:
            raise wrong_type("properties", "properties", str(self.values.dtype))
        if kind in "Mm":
            rows = np.flatnonzero(~np.isnat(self.values))
            parts.add_unusable(name, rows, "datetime" if kind == "M" else "timedelta")
        else:
            parts.add_numbers(name, self.values)


def _microseconds(values: NDArray[Any]) -> NDArray[np.int64]:
    """Of ``datetime64`` in any unit, cut off; what would overflow stays beyond what can be held."""
    if np.datetime_data(values.dtype)[0] not in ("ns", "ps", "fs", "as"):
        # Two years that cannot be held either.
        low, high = (np.datetime64(year).astype(values.dtype) for year in ("-0001", "10001"))
        values = np.clip(values, low, high)
    return values.astype("datetime64[us]").astype(np.int64)

"""read_events: whatever holds events, as an EventTable.

Lives here: telling sources apart.
Lives elsewhere: reading each (csv_file, jsonl_file, parquet_file, arrow, frames, intake).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Protocol, TypeAlias

from questscore.columns.table import EventTable
from questscore.errors import EventError
from questscore.intake import Builder, Clock, Layout
from questscore.io.arrow import from_arrow
from questscore.io.csv_file import read_csv
from questscore.io.files import READABLE, form_of
from questscore.io.frames import from_mapping, from_pandas, is_pandas, is_polars
from questscore.io.jsonl_file import read_jsonl
from questscore.io.parquet_file import read_parquet
from questscore.model.event import Event


class ArrowStream(Protocol):
    """What speaks the Arrow PyCapsule protocol."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The capsule."""


Source: TypeAlias = EventTable | str | os.PathLike[str] | ArrowStream | Iterable[object]


def read_events(
    source: Source,
    columns: Mapping[str, str | None] | None = None,
    *,
    unit: str = "us",
    timezone: str | tzinfo | None = None,
    types: Mapping[str, str] | None = None,
    progress: Callable[[int], None] | None = None,
) -> EventTable:
    """Events from whatever holds them; a bad one becomes a `Rejection`, the good ones are kept.

    Args:
        source: A path ending in ``.csv``, ``.jsonl``, ``.ndjson`` (each also ``.gz``) or ``.parquet``; a
            pandas frame or anything that speaks the Arrow PyCapsule protocol (pyarrow, Polars, DuckDB); a
            mapping of columns; an iterable of `Event` or mappings; an `EventTable`, which is returned.
        columns: Our names to theirs: of the fields ``name time user account properties id`` and of
            properties (flat, ``"total": "cart.total"``); None leaves a column out.
        unit: What integer times count: ``"us"`` (then at least 10**14), ``"ms"`` or ``"s"``.
        timezone: Where times without a zone, and dates, are local: an IANA name or a ``tzinfo``.
        types: For CSV: property to ``"number"``, ``"boolean"`` or ``"text"``, where the cells would say
            otherwise.
        progress: Called now and then with the rows a file reader has done so far, and once at the end.

    Raises:
        EventError: The source is none, or an option means nothing; single bad events do not raise.
        MissingExtra: It needs pyarrow, which is not installed.

    In a table, and in a mapping without the key ``properties``, every other column is a property; a nested
    mapping has no other keys. A column ``properties`` is a struct, a map, or text that holds JSON objects.
    A property that no accepted event carries is not in the table.

    >>> table = read_events([{"name": "login", "time": "2026-03-01T09:00:00Z", "user": "ada", "plan": "pro"}])
    >>> table, table.properties["plan"].at(0)
    (<EventTable: 1 event; login 1; 2026-03-01T09:00:00Z to 2026-03-01T09:00:00Z>, 'pro')
    """
    if isinstance(source, EventTable):
        if columns is not None:
            raise EventError(
                "an EventTable has its columns already", where="columns", fix="leave columns= out"
            )
        return source
    layout, clock = Layout.of(columns), Clock.of(unit, timezone)
    if isinstance(source, (str, os.PathLike)):
        return _file(Path(source), layout, clock, types, progress)
    if types is not None:
        raise EventError(
            "types= is for CSV files; other sources say themselves what is a number",
            where="types",
            fix="leave it out, or convert the values",
        )
    if is_pandas(source):
        return from_pandas(source, layout, clock)
    if is_polars(source) or hasattr(source, "__arrow_c_stream__") or hasattr(source, "__arrow_c_array__"):
        return from_arrow(source, layout, clock)
    if isinstance(source, Mapping):
        return from_mapping(source, layout, clock)
    if (
        isinstance(source, (Event, bytes, bytearray))
        or hasattr(source, "read")
        or not isinstance(source, Iterable)
    ):
        raise EventError(
            f"a {type(source).__name__} is no source of events",
            fix="pass a path, a frame or Arrow table, a mapping of columns, or a list of events",
        )
    builder = Builder(clock=clock, layout=layout)
    builder.extend(source)
    builder.check_mapped()
    return builder.table()


def _file(
    path: Path,
    layout: Layout,
    clock: Clock,
    types: Mapping[str, str] | None,
    progress: Callable[[int], None] | None,
) -> EventTable:
    form = form_of(path)
    if form == "csv":
        return read_csv(path, layout, clock, types, progress)
    if types is not None:
        readable = ", ".join(suffix for suffix, kind in READABLE.items() if kind == "csv")
        raise EventError(f"types= is for {readable}", where="types", fix="leave it out", source=str(path))
    if form == "jsonl":
        return read_jsonl(path, layout, clock, progress)
    return read_parquet(path, layout, clock, progress)

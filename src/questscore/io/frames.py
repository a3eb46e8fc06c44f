"""Frames: pandas, and mappings of columns.

Lives here: which column of a frame is read how.
Lives elsewhere: Polars, DuckDB and others, which speak Arrow (arrow); the columns themselves (columns).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from questscore.columns.table import EventTable
from questscore.errors import EventError
from questscore.intake import Clock, Layout
from questscore.intake.layout import check_distinct
from questscore.io.arrow import ArrowColumn
from questscore.io.columns import ArrayColumn, Column, ListColumn, assemble
from questscore.io.extras import need


def is_pandas(source: object, kind: str = "DataFrame") -> bool:
    """True for a pandas frame, or a ``Series``; pandas is not imported for it."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(source, getattr(pandas, kind, ()))


def is_polars(source: object) -> bool:
    """True for a Polars frame; Polars is not imported for it."""
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(source, polars.DataFrame)


def from_pandas(frame: Any, layout: Layout, clock: Clock) -> EventTable:
    """The events of a pandas frame; a named level of its index is a column too.

    Raises:
        MissingExtra: There is no pyarrow.
        EventError: A column cannot be what it has to be.
    """
    names = list(frame.columns)
    odd = [name for name in names if not isinstance(name, str)]
    if odd:
        raise EventError(f"the column name {odd[0]!r} is not text", fix="name the columns by text")
    check_distinct(names)
    columns = {name: _series(frame[name]) for name in names}
    for level in frame.index.names:
        if isinstance(level, str) and level not in columns:
            columns[level] = _series(frame.index.get_level_values(level).to_series())
    return assemble(columns, len(frame), layout, clock)


def from_mapping(source: Mapping[Any, Any], layout: Layout, clock: Clock) -> EventTable:
    """The events of a mapping of columns; a text, a number or None beside them holds for every row.

    Raises:
        EventError: It is one event, or its columns are not of one length.
    """
    odd = [name for name in source if not isinstance(name, str)]
    if odd:
        raise EventError(f"the column name {odd[0]!r} is not text", fix="name the columns by text")
    sizes = {name: len(values) for name, values in source.items() if _is_column(values)}
    if layout.fields.get("time") not in sizes:
        if "time" in source or layout.fields.get("time") in source:
            raise EventError("a mapping with one time is one event", fix="pass a list of events: [event]")
        layout.on(list(source))
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{name!r} {size:,}" for name, size in list(sizes.items())[:12])
        raise EventError(f"the columns are not of one length: {listed}", fix="make them equally long")
    size = next(iter(sizes.values()))
    columns = {
        name: _any(name, values) if name in sizes else ListColumn([values] * size)
        for name, values in source.items()
    }
    return assemble(columns, size, layout, clock)


def _is_column(values: Any) -> bool:
    if isinstance(values, (str, bytes, Mapping)):
        return False
    arrow = hasattr(values, "__arrow_c_array__") or hasattr(values, "__arrow_c_stream__")
    return (isinstance(values, (list, tuple)) or arrow or hasattr(values, "__array__")) and hasattr(
        values, "__len__"
    )


def _any(name: str, values: Any) -> Column:
    if isinstance(values, (list, tuple)):
        return ListColumn(values)
    if is_pandas(values, "Series"):
        return _series(values)
    if hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__"):
        pa = need("pyarrow", extra="arrow", purpose="reading Arrow data")
        try:
            data = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array(values)
        except (pa.ArrowException, TypeError, ValueError):
            data = pa.chunked_array([pa.array(values)])
        return ArrowColumn.of(data)
    array = np.asanyarray(values)
    if array.ndim != 1:
        raise EventError(
            f"an array of {array.ndim} dimensions is no column", where=name, fix="pass one dimension"
        )
    return ArrayColumn.of(array)


def _series(series: Any) -> Column:
    """A pandas column: by Arrow where its type says what it holds, else object by object."""
    pa = need("pyarrow", extra="frames", purpose="reading pandas frames")
    pandas = sys.modules["pandas"]
    if series.dtype != object or pandas.api.types.infer_dtype(series, skipna=True) == "string":
        kind = pa.large_string() if series.dtype == object else None
        try:
            data = pa.array(series, type=kind, from_pandas=True)
            return ArrowColumn.of(data if isinstance(data, pa.ChunkedArray) else pa.chunked_array([data]))
        except (pa.ArrowException, TypeError, ValueError):
            pass
    there = pandas.notna(series).tolist()
    return ListColumn([value if ok else None for value, ok in zip(series.tolist(), there, strict=True)])

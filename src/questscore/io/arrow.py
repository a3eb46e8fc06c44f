"""Arrow: tables, record batches and whatever else speaks the Arrow PyCapsule protocol.

Lives here: Arrow columns of all types into dictionary-encoded texts, numbers and instants, without a
Python step a row.
Lives elsewhere: which rows are bad (intake), pandas frames (frames), Parquet (parquet_file).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.columns.table import EventTable, Keys, PropertyColumn
from questscore.errors import EventError
from questscore.intake import Assembly, Clock, Layout, Unreadable
from questscore.intake.clock import UNITS, Mask
from questscore.intake.coding import Coder, lookup
from questscore.intake.layout import check_distinct
from questscore.intake.objects import add_objects
from questscore.io.columns import assemble, wrong_type
from questscore.io.extras import need
from questscore.io.strict_json import parse
from questscore.model.event import MAX_DEPTH
from questscore.model.time import EARLIEST, LATEST


def from_arrow(source: Any, layout: Layout, clock: Clock) -> EventTable:
    """The events of a ``pyarrow`` table or any object with ``__arrow_c_stream__`` or ``__arrow_c_array__``.

    Raises:
        MissingExtra: There is no pyarrow.
        EventError: It is no table, or a column cannot be what it has to be.
    """
    pa = need("pyarrow", extra="arrow", purpose="reading Arrow data")
    try:
        if not hasattr(source, "__arrow_c_stream__") and hasattr(source, "to_arrow"):  # Polars before 1.3
            source = source.to_arrow()
        if isinstance(source, pa.Table):
            table = source
        elif hasattr(source, "__arrow_c_stream__"):
            table = pa.RecordBatchReader.from_stream(source).read_all()
        else:
            table = pa.Table.from_batches([pa.record_batch(source)])
    except (pa.ArrowException, TypeError, ValueError) as error:
        kind = type(source).__name__
        raise EventError(
            f"a {kind} is no Arrow table ({error})", fix="pass a table with named columns"
        ) from None
    check_distinct(table.column_names)
    try:
        columns = {name: ArrowColumn.of(table.column(name)) for name in table.column_names}
        return assemble(columns, table.num_rows, layout, clock)
    except pa.ArrowException as error:
        raise EventError(
            f"a column cannot be read ({error})", fix="cast it to text, numbers or timestamps"
        ) from None


@frozen
class ArrowColumn:
    """A ``pyarrow.ChunkedArray``."""

    data: Any

    @classmethod
    def of(cls, data: Any) -> ArrowColumn:
        """The column that reads ``data``, whose storage is looked at, whatever it is called."""
        pa = need("pyarrow", extra="arrow", purpose="reading Arrow data")
        while True:
            kind = data.type
            if isinstance(kind, pa.BaseExtensionType):
                data = pa.chunked_array([chunk.storage for chunk in data.chunks], type=kind.storage_type)
            elif pa.types.is_run_end_encoded(kind):
                data = need("pyarrow.compute", extra="arrow", purpose="reading Arrow data").run_end_decode(
                    data
                )
            elif pa.types.is_dictionary(kind) and not _is_text(pa, kind.value_type):
                data = data.cast(kind.value_type)
            else:
                return cls(data)

    @property
    def valid(self) -> Mask | None:
        """(n,) True where there is a value; None when there is one everywhere."""
        if not self.data.null_count:
            return None
        valid: Mask = self.data.is_valid().to_numpy()
        return valid

    def take(self, parts: Assembly, field: str, source: str) -> None:
        pa = need("pyarrow", extra="arrow", purpose="reading Arrow data")
        kind, size = self.data.type, len(self.data)
        if self.data.null_count == size:
            texts = Keys.empty(size)
        elif _is_text(pa, kind):
            texts = self.keys(source)
        elif field == "time":
            self._take_time(pa, parts, source)
            return
        else:
            raise wrong_type(field, source, str(kind))
        if field == "time":
            parts.take_text_times(texts)
        elif field == "name":
            parts.take_names(texts)
        else:
            parts.take_keys(field, texts)

    def _take_time(self, pa: Any, parts: Assembly, source: str) -> None:
        kind, valid = self.data.type, self.valid
        if pa.types.is_timestamp(kind):
            us = _scaled(_integers(self.data.cast(pa.int64())), kind.unit)
            parts.take_times(us, valid, local=not kind.tz)
        elif pa.types.is_date(kind):
            days = _integers(self.data.cast(pa.date32()).cast(pa.int32())).astype(np.int64)
            parts.take_times(_scaled(days * 86_400, "s"), valid, local=True)
        elif pa.types.is_integer(kind):
            parts.take_integer_times(_integers(self.data), valid)
        else:
            raise wrong_type("time", source, str(kind))

    def add(self, parts: Assembly, name: str | None, depth: int = 0) -> None:
        pa = need("pyarrow", extra="arrow", purpose="reading Arrow data")
        kind, types = self.data.type, pa.types
        label = "properties" if name is None else name
        if self.data.null_count == len(self.data):
            return
        if types.is_struct(kind):
            if depth > MAX_DEPTH:
                raise EventError("columns are nested too deep", where=label, fix="flatten them")
            for position, child in enumerate(self.data.flatten()):
                inner = kind.field(position).name
                flat = inner if name is None else f"{name}.{inner}"
                ArrowColumn.of(child).add(parts, flat, depth + 1)
        elif types.is_map(kind):
            add_objects(parts, name, [_mapping(pairs) for pairs in self.data.to_pylist()])
        elif name is None and _is_text(pa, kind):
            texts = self.keys(label)
            add_objects(parts, None, [parse(text) if text else None for text in texts.values], texts.codes)
        elif name is None:
            raise wrong_type("properties", label, str(kind))
        elif _is_text(pa, kind):
            parts.add_property(name, PropertyColumn(None, self.keys(label)))
        elif types.is_boolean(kind) or types.is_integer(kind):
            parts.add_numbers(name, _integers(self.data), self.valid)
        elif types.is_floating(kind):
            parts.add_numbers(name, self.data.to_numpy())
        elif types.is_decimal(kind):
            parts.add_property(name, PropertyColumn(_decimals(self.data), None))
        else:
            rows = np.flatnonzero(self.data.is_valid().to_numpy())
            parts.add_unusable(name, rows, _kind_name(pa, kind))

    def keys(self, source: str) -> Keys:
        """The texts, each distinct one once."""
        codes, values = _encoded(self.data)
        try:
            texts = values.to_pylist()
        except UnicodeDecodeError:
            raise EventError("a text that is not UTF-8", where=source, fix="write the column anew") from None
        if None in texts or len(set(texts)) < len(texts):
            coder = Coder()
            known = [text for text in texts if text is not None]
            merged = dict(zip(known, lookup(known, coder).tolist(), strict=False))
            by_code = np.array([merged.get(text, -1) for text in texts] + [-1], dtype=np.int32)
            return Keys(by_code[codes], coder.texts())
        return Keys(codes, texts)


def _is_text(pa: Any, kind: Any) -> bool:
    types = pa.types
    if types.is_dictionary(kind):
        return _is_text(pa, kind.value_type)
    views = hasattr(types, "is_string_view") and types.is_string_view(kind)
    return bool(types.is_string(kind) or types.is_large_string(kind) or views)


def _encoded(data: Any) -> tuple[NDArray[np.int32], Any]:
    """Codes, -1 where there is none, and the Arrow array they point into."""
    pa = need("pyarrow", extra="arrow", purpose="reading Arrow data")
    try:
        encoded = data.unify_dictionaries() if pa.types.is_dictionary(data.type) else data.dictionary_encode()
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        # Dictionaries that hold null or that this pyarrow cannot unify: the long way.
        encoded = pa.chunked_array([pa.array(data.to_pylist())]).dictionary_encode()
    pieces = [chunk.indices.cast(pa.int32()).fill_null(-1) for chunk in encoded.chunks]
    codes = np.concatenate([piece.to_numpy(zero_copy_only=False) for piece in pieces])
    return codes, encoded.chunk(0).dictionary


def _integers(data: Any) -> NDArray[Any]:
    """Integers and booleans as numpy has them, 0 where there is none."""
    values: NDArray[Any] = data.fill_null(0 if str(data.type) != "bool" else False).to_numpy()
    return values


def _scaled(raw: NDArray[np.int64], unit: str) -> NDArray[np.int64]:
    """Microseconds, cut off; what would overflow stays beyond the years that can be held."""
    if unit == "ns":
        return raw // 1000
    size = UNITS[unit]
    return np.clip(raw, EARLIEST // size - 1, LATEST // size + 1) * size if size > 1 else raw


def _decimals(data: Any) -> NDArray[np.float64]:
    codes, values = _encoded(data)
    numbers = [np.nan if value is None else float(value) for value in values.to_pylist()]
    return np.array([*numbers, np.nan])[codes]


def _mapping(pairs: list[tuple[object, object]] | None) -> object:
    if pairs is None:
        return None
    found = dict(pairs)
    return found if len(found) == len(pairs) else Unreadable("a map with a key twice; keep one")


def _kind_name(pa: Any, kind: Any) -> str:
    """What a value is in Python, as rows of objects would be told."""
    types = pa.types
    if types.is_nested(kind):
        return "list"
    for test, name in (
        (types.is_timestamp, "datetime"),
        (types.is_date, "date"),
        (types.is_time, "time"),
        (types.is_duration, "timedelta"),
    ):
        if test(kind):
            return name
    return "bytes" if "binary" in str(kind) else str(kind)

"""Arrow columns of every type, and Parquet files."""

from __future__ import annotations

import datetime as dt
import decimal
import gc
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from questscore.columns.table import EventTable
from questscore.errors import EventError
from questscore.io import read_events
from questscore.model.time import LATEST, instant

pa = importlib.import_module("pyarrow")
pq = importlib.import_module("pyarrow.parquet")

NOW = 1_700_000_000_000_000


def with_times(times: Any) -> Any:
    """A table of events at these times."""
    return pa.table({"name": ["x"] * len(times), "user": ["u"] * len(times), "time": times})


def with_property(values: Any) -> EventTable:
    """Events that carry these values as ``p``."""
    size = len(values)
    return read_events(
        pa.table({"name": ["x"] * size, "user": ["u"] * size, "time": [NOW] * size, "p": values})
    )


def values(table: EventTable, name: str = "p") -> list[object]:
    column = table.properties[name]
    return [column.at(row) for row in range(len(table))]


def test_timestamps_of_every_unit_are_cut_to_microseconds() -> None:
    """Downwards, before 1970 too; seconds and milliseconds that overflow are rejected, not wrapped round."""
    for unit, size in (("s", 10**6), ("ms", 10**3), ("us", 1)):
        raw = [-315_619_200 * 10**6 // size, NOW // size, None, 2**62, -(2**62)]
        table = read_events(with_times(pa.array(raw, pa.timestamp(unit, "UTC"))))
        assert table.time.tolist() == [-315_619_200 * 10**6, NOW]
        assert [r.row for r in table.rejections] == [2, 3, 4]
        assert {r.reason.rpartition("beyond")[2] for r in table.rejections[1:]} == {
            " the years that can be held; check it, and the unit it is in"
        }
    nanoseconds = pa.array([-1, -1000, -1001, 1999, 2**63 - 1], pa.timestamp("ns", "Asia/Tokyo"))
    assert read_events(with_times(nanoseconds)).time.tolist() == [-1, -1, -2, 1, (2**63 - 1) // 1000]


def test_naive_times_and_dates_need_a_zone() -> None:
    """And are local there: the repeated hour is the first one, a date is its midnight."""
    local = [dt.datetime(2026, 10, 25, 2, 30), dt.datetime(2026, 3, 29, 2, 30), None]  # noqa: DTZ001
    table = with_times(pa.array(local, pa.timestamp("ns")))
    with pytest.raises(EventError, match=r"(?s)time: .*timezone='UTC'"):
        read_events(table)
    read = read_events(table, timezone="Europe/Paris")
    assert read.time.tolist() == [instant("2026-10-25T00:30:00Z"), instant("2026-03-29T01:30:00Z")]
    for kind in (pa.date32(), pa.date64()):
        dates = with_times(pa.array([dt.date(2026, 3, 29), dt.date(1960, 1, 1), None], kind))
        with pytest.raises(EventError, match="timezone"):
            read_events(dates)
        read = read_events(dates, timezone=dt.UTC)
        assert read.time.tolist() == [instant("2026-03-29T00:00:00Z"), instant("1960-01-01T00:00:00Z")]
        assert len(read.rejections) == 1


def test_integer_and_text_times() -> None:
    """Integers in a unit, of any width; texts once a distinct one; dictionaries of either."""
    for kind in (pa.int32(), pa.uint32(), pa.int64(), pa.uint64()):
        table = with_times(pa.array([5, None, 1_700_000_000], kind))
        assert read_events(table, unit="s").time.tolist() == [5 * 10**6, NOW]
    texts = pa.array(["2023-11-14T22:13:20Z", None, "x", "2023-11-14T22:13:20Z"])
    for column in (texts, texts.dictionary_encode(), texts.cast(pa.large_string())):
        table = read_events(with_times(column))
        assert table.time.tolist() == [NOW, NOW]
        assert [r.row for r in table.rejections] == [1, 2]
    stamps = pa.array([NOW, NOW, None], pa.timestamp("us", "UTC")).dictionary_encode()
    assert read_events(with_times(stamps)).time.tolist() == [NOW, NOW]
    assert read_events(with_times(pa.array([2**64 - 1, LATEST], pa.uint64()))).time.tolist() == [LATEST]
    for column in (pa.array([1.5, 2.5]), pa.array([True, False]), pa.array([b"x", b"y"])):
        with pytest.raises(
            EventError, match=r"(?s)time: a column of type .* is no time.*cast it to a timestamp"
        ):
            read_events(with_times(column))


@pytest.mark.parametrize("field", ["name", "user", "account", "id"])
def test_a_key_that_is_no_text_is_an_error_of_the_column(field: str) -> None:
    """Rather than a rejection of every row; a column without a value is fine, whatever its type."""
    columns = {"name": ["x"], "time": [NOW], "user": ["u"], "account": ["a"], "id": ["i"]}
    for wrong in ([5], [2.5], pa.array([1]).dictionary_encode(), [b"x"], [["x"]]):
        with pytest.raises(EventError, match=rf"(?s){field}: a column of type .* is no text.*cast it"):
            read_events(pa.table({**columns, field: wrong}))
    for empty in (pa.array([None]), pa.array([None], pa.float64())):
        assert len(read_events(pa.table({**columns, field: empty}))) == (field != "name")


@pytest.mark.parametrize(
    ("column", "want"),
    [
        (pa.array([True, None, False]), [1.0, None, 0.0]),
        (pa.array([1, None, -128], pa.int8()), [1.0, None, -128.0]),
        (pa.array([2**53, None, 0], pa.uint64()), [2.0**53, None, 0.0]),
        (pa.array([1.5, None, np.nan], pa.float32()), [1.5, None, None]),
        (pa.array(np.array([1.5, 2, np.nan], dtype=np.float16)), [1.5, 2.0, None]),
        (pa.array([decimal.Decimal("0.10"), None, decimal.Decimal("1e20")]), [0.1, None, 1e20]),
        (
            pa.array([decimal.Decimal("-7.25"), None, decimal.Decimal(3)], pa.decimal256(60, 2)),
            [-7.25, None, 3.0],
        ),
        (pa.array(["a", "", None]), ["a", "", None]),
        (pa.array(["a", None, "a"]).dictionary_encode(), ["a", None, "a"]),
        (pa.array([3, None, 3]).dictionary_encode(), [3.0, None, 3.0]),
        (pa.DictionaryArray.from_arrays([0, 1, 2], ["a", "a", None]), ["a", "a", None]),
        (
            pa.DictionaryArray.from_arrays(pa.array([1, None, 1], pa.uint8()), ["unused", "b"]),
            ["b", None, "b"],
        ),
        (pa.RunEndEncodedArray.from_arrays([2, 3], [7, 8]), [7.0, 7.0, 8.0]),
    ],
    ids=lambda part: str(part.type) if hasattr(part, "type") else "",
)
def test_a_property_of_every_type(column: Any, want: list[object]) -> None:
    """Numbers, booleans as 0 and 1, texts; null and NaN are missing."""
    assert values(with_property(column)) == want
    assert values(with_property(pa.chunked_array([column.slice(0, 1), column.slice(1)]))) == want


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pa.array([[1], None]), "list"),
        (pa.array([b"x", None]), "bytes"),
        (pa.array([dt.date(2026, 1, 1), None]), "date"),
        (pa.array([dt.datetime(2026, 1, 1, tzinfo=dt.UTC), None]), "datetime"),
        (pa.array([dt.time(1), None]), "time"),
        (pa.array([dt.timedelta(1), None]), "timedelta"),
    ],
    ids=["list", "binary", "date", "timestamp", "time", "duration"],
)
def test_a_property_of_another_type_costs_the_rows_that_have_it(column: Any, kind: str) -> None:
    """With the words that rows of Python objects are rejected with; dropping the column is the way out."""
    table = with_property(column)
    (rejection,) = table.rejections
    rows = [{"name": "x", "user": "u", "time": NOW, "p": value} for value in column.to_pylist()]
    assert rejection == read_events(rows).rejections[0]
    assert rejection.reason.startswith(f"a {kind} is not")
    given = pa.table({"name": ["x"] * 2, "user": ["u"] * 2, "time": [NOW] * 2, "p": column})
    assert len(read_events(given, {"p": None})) == 2


def test_structs_and_maps_flatten_with_dots() -> None:
    """At any depth, in the column ``properties`` and elsewhere; two of one name are an error."""
    deep = pa.array([{"a": {"b": 1, "c": ["x"]}, "d": "t"}, None, {"a": None, "d": None}])
    table = with_property(deep)
    assert [r.field for r in table.rejections] == ["properties.p.a.c"]
    assert len(table) == 2
    ok = with_property(pa.array([{"a": {"b": 1}, "d": "t"}, None, {"a": None, "d": "s"}]))
    assert (values(ok, "p.a.b"), values(ok, "p.d")) == ([1.0, None, None], ["t", None, "s"])
    base: dict[str, list[Any]] = {"name": ["x"] * 3, "user": ["u"] * 3, "time": [NOW] * 3}
    for name, prefix in (("p", "p."), ("properties", "")):
        maps = pa.array([[("k", 1), ("l", 2)], None, [("k", 3)]], pa.map_(pa.string(), pa.int64()))
        read = read_events(pa.table({**base, name: maps}))
        assert (values(read, f"{prefix}k"), values(read, f"{prefix}l")) == (
            [1.0, None, 3.0],
            [2.0, None, None],
        )
        structs = read_events(pa.table({**base, name: pa.array([{"k": 1}, None, {"k": 3}])}))
        assert values(structs, f"{prefix}k") == [1.0, None, 3.0]
    twice = pa.array([[("k", 1), ("k", 2)]], pa.map_(pa.string(), pa.int64()))
    assert "twice" in with_property(twice).rejections[0].reason
    clash = pa.table({**{k: v[:1] for k, v in base.items()}, "a": pa.array([{"b": 1}]), "a.b": [2]})
    with pytest.raises(EventError, match=r"two columns flatten to the property 'a\.b'"):
        read_events(clash)
    for wrong in ([5], [["a"]], [b"x"]):
        with pytest.raises(EventError, match=r"properties: a column of type .* holds no properties"):
            read_events(pa.table({"name": ["x"], "user": ["u"], "time": [NOW], "properties": wrong}))


def test_tables_that_are_none() -> None:
    """Two columns of one name, a column instead of a table, text that is no UTF-8."""
    with pytest.raises(EventError, match="more than one column is named 'user'"):
        read_events(pa.table([["x"], [NOW], ["u"], ["v"]], names=["name", "time", "user", "user"]))
    with pytest.raises(EventError, match="is no Arrow table"):
        read_events(pa.chunked_array([[1, 2]]))
    broken = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")]
    )
    with pytest.raises(EventError, match="not UTF-8"):
        with_property(broken)


def test_empty_tables_and_files(tmp_path: Path) -> None:
    """No rows, no chunks, no row groups: no events."""
    schema = pa.schema(
        [("name", pa.string()), ("time", pa.timestamp("us", "UTC")), ("user", pa.string()), ("p", pa.int64())]
    )
    empty = schema.empty_table()
    pq.write_table(empty, tmp_path / "e.parquet")
    chunkless = pa.Table.from_batches([], schema)
    for source in (empty, chunkless, tmp_path / "e.parquet"):
        table = read_events(source)
        assert (len(table), table.rejections, dict(table.properties)) == (0, (), {})


def test_parquet_in_row_groups_reports_progress(tmp_path: Path) -> None:
    """Dictionary pages, null pages and several groups are one table."""
    size = 1000
    table = pa.table(
        {
            "entity": [f"u{i % 7}" for i in range(size)],
            "name": ["x"] * size,
            "time": pa.array(range(NOW, NOW + size), pa.timestamp("us", "UTC")),
            "account": [None if i < 500 else "acme" for i in range(size)],
        }
    )
    pq.write_table(table, tmp_path / "e.parquet", row_group_size=300, write_page_checksum=True)
    seen: list[int] = []
    read = read_events(tmp_path / "e.parquet", {"user": "entity"}, progress=seen.append)
    assert seen == [300, 600, 900, 1000]
    assert read.time.tolist() == list(range(NOW, NOW + size))
    assert sorted(read.user.values) == [f"u{i}" for i in range(7)]
    assert int((read.account.codes < 0).sum()) == 500


def test_a_flipped_byte_in_a_parquet_file_with_checksums_is_found(tmp_path: Path) -> None:
    """An error that names the file, or a file that still reads whole."""
    path = tmp_path / "e.parquet"
    pq.write_table(with_times([NOW] * 50), path, write_page_checksum=True)
    whole = path.read_bytes()
    for position in range(4, len(whole), 7):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 16]) + whole[position + 1 :])
        try:
            read_events(path)
        except EventError as error:
            assert "e.parquet" in str(error)


@pytest.mark.parametrize("make", [lambda t: t, lambda t: t.to_batches()[0], lambda t: t.to_reader()])
def test_the_source_may_go(make: Callable[[Any], Any]) -> None:
    """What is read is ours: no view of memory that someone frees."""
    table = read_events(make(pa.table({"name": ["x"], "user": ["u"], "time": [NOW], "p": [1.5]})))
    gc.collect()
    assert (table.time.tolist(), values(table)) == ([NOW], [1.5])

"""Frames and mappings of columns: pandas in all its types, Polars, DuckDB, arrays, and what is none."""

from __future__ import annotations

import decimal
import importlib
from typing import Any

import numpy as np
import pytest

from questscore.columns.table import EventTable
from questscore.errors import EventError
from questscore.io import read_events

pa = importlib.import_module("pyarrow")
pd = importlib.import_module("pandas")
pl = importlib.import_module("polars")

NOW = 1_700_000_000_000_000


def values(table: EventTable, name: str = "p") -> list[object]:
    column = table.properties[name]
    return [column.at(row) for row in range(len(table))]


def frame(**columns: Any) -> Any:
    """A pandas frame of three events."""
    return pd.DataFrame({"name": ["x"] * 3, "user": ["u"] * 3, "time": [NOW] * 3, **columns})


@pytest.mark.parametrize(
    ("column", "want"),
    [
        ([1, None, 3], [1.0, None, 3.0]),
        (pd.array([1, None, 3], dtype="Int64"), [1.0, None, 3.0]),
        (pd.array([True, None, False], dtype="boolean"), [1.0, None, 0.0]),
        (pd.array([0.5, None, 1], dtype="Float32"), [0.5, None, 1.0]),
        (pd.array(["a", None, "b"], dtype="string"), ["a", None, "b"]),
        (pd.Series(["a", np.nan, "b"], dtype=object), ["a", None, "b"]),
        (pd.Series([1, "a", None], dtype=object), [1.0, "a", None]),
        (pd.Series([True, 2, pd.NA], dtype=object), [1.0, 2.0, None]),
        (pd.Series(["\ud800", None, "b"], dtype=object), ["\ud800", None, "b"]),
        (pd.Series([decimal.Decimal("0.1"), None, 2], dtype=object), [0.1, None, 2.0]),
        (pd.Categorical(["b", None, "a"], categories=["z", "a", "b"]), ["b", None, "a"]),
        (pd.Categorical([2, None, 1]), [2.0, None, 1.0]),
        (pd.arrays.SparseArray([0, 1, 0]), [0.0, 1.0, 0.0]),
    ],
    ids=lambda part: str(getattr(part, "dtype", "")),
)
def test_pandas_columns_of_every_type(column: Any, want: list[object]) -> None:
    """NaN, None, NA and NaT are missing."""
    assert values(read_events(frame(p=column))) == want


def test_pandas_times() -> None:
    """Aware, naive with a zone, objects, NaT; nanoseconds are cut off."""
    aware = pd.to_datetime(["2023-11-14T22:13:20.000000999Z", None, "1960-01-01T00:00:00.000000999Z"])
    want = [NOW, -315_619_200_000_000]
    texts = aware.strftime("%Y-%m-%dT%H:%M:%SZ")
    for times in (
        aware,
        aware.tz_convert("Asia/Tokyo"),
        aware.astype(object),
        texts,
    ):
        table = read_events(frame(time=times))
        assert table.time.tolist() == want
        assert [(r.row, r.field) for r in table.rejections] == [(1, "time")]
    naive = aware.tz_localize(None)
    with pytest.raises(EventError, match="timezone"):
        read_events(frame(time=naive))
    assert read_events(frame(time=naive), timezone="UTC").time.tolist() == want
    with pytest.raises(EventError, match="no time"):
        read_events(frame(time=[1.5, 2.5, 3.5]))


def test_a_pandas_index_is_a_column_when_it_has_a_name() -> None:
    """An index without one, of any order, is not; duplicates and names that are no text are errors."""
    given = frame(p=[1, 2, 3])
    assert list(read_events(given[::-1]).properties) == ["p"]
    assert values(read_events(given[::-1])) == [3.0, 2.0, 1.0]
    assert read_events(given.set_index(["user", "time"])).user.at(0) == "u"
    with pytest.raises(EventError, match="more than one column is named 'p'"):
        read_events(pd.concat([given, given[["p"]]], axis=1))
    with pytest.raises(EventError, match="the column name 7 is not text"):
        read_events(given.rename(columns={"p": 7}))
    assert len(read_events(given.iloc[:0])) == 0


def test_user_ids_as_integers_are_an_error_and_an_empty_column_of_floats_is_none() -> None:
    """The first would be all rejections; the second is how pandas holds a column without a value."""
    with pytest.raises(EventError, match="user: a column of type int64 is no text"):
        read_events(frame(user=[1, 2, 3]))
    table = read_events(frame(account=[np.nan] * 3))
    assert (table.account.codes < 0).all()


def test_polars_and_what_is_not_collected() -> None:
    """A lazy frame is no table yet."""
    given = pl.DataFrame({"name": ["x"], "user": ["u"], "time": [NOW], "p": [{"a": 1}]})
    assert values(read_events(given), "p.a") == [1.0]
    for source in (given.lazy(), 7, None, b"x", "no such file.csv", object()):
        with pytest.raises(EventError):
            read_events(source)  # type: ignore[arg-type]


def test_duckdb_relations() -> None:
    """Speak Arrow, so they read as any table."""
    duckdb = importlib.import_module("duckdb")
    relation = duckdb.sql(
        "select 'x' as name, timestamptz '2023-11-14 22:13:20+00' as time, 'u' as \"user\","
        " 1.5::decimal(9,2) as p,"
        " {'a': 1} as s, map {'k': 't'} as m, 5::hugeint as h"
    )
    (event,) = read_events(relation)
    assert (event.time, event.properties) == (NOW, {"p": 1.5, "s.a": 1.0, "m.k": "t", "h": 5.0})


def test_a_mapping_of_columns_may_hold_a_constant() -> None:
    """A text beside columns holds for every row; columns of several libraries stand side by side."""
    table = read_events(
        {
            "name": "purchase",
            "time": np.array(["2023-11-14T22:13:20", "NaT"], dtype="datetime64[ns]"),
            "user": np.array(["ada", "bob"]),
            "amount": np.array([1, 2], dtype=np.int16),
            "ok": np.array([True, False]),
            "when": np.array(["NaT", "NaT"], dtype="datetime64[s]"),
            "odd": np.array([b"x", b"y"], dtype=object)[:2],
            "series": pl.Series([1.5, None]),
        },
        {"odd": None},
        timezone="UTC",
    )
    (event,) = table
    assert (event.name, event.time, event.properties) == (
        "purchase",
        NOW,
        {"amount": 1.0, "ok": 1.0, "series": 1.5},
    )
    masked = np.ma.MaskedArray([1, 2], mask=[False, True])
    both = read_events({"name": ("x", "x"), "time": [NOW, NOW], "user": "u", "p": masked})
    assert values(both) == [1.0, None]
    days = read_events(
        {"name": "x", "time": np.array([-1, 2**61], "datetime64[D]"), "user": "u"}, timezone="UTC"
    )
    assert (days.time.tolist(), len(days.rejections)) == ([-86_400_000_000], 1)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ({"name": "x", "time": NOW, "user": "u"}, "one event"),
        ({"name": ["x"], "user": ["u"]}, "no column 'time'"),
        ({}, "no column 'name'"),
        ({"name": ["x"], "time": [NOW, NOW], "user": ["u"]}, "not of one length"),
        ({"name": ["x"], "time": [NOW], "user": ["u"], 7: [1]}, "name 7 is not text"),
        ({"name": ["x"], "time": [NOW], "user": np.array([["u"]])}, "2 dimensions"),
        ({"name": ["x"], "time": [NOW], "user": np.array([1])}, "int64 is no text"),
        ({"name": ["x"], "time": np.array([1.5]), "user": ["u"]}, "float64 is no time"),
        ({"name": ["x"], "time": [NOW], "user": ["u"], "properties": np.array([1])}, "holds no properties"),
    ],
)
def test_a_mapping_that_is_no_table(source: dict[Any, Any], says: str) -> None:
    """One event, no time, columns of other lengths or types."""
    with pytest.raises(EventError, match=says):
        read_events(source)


def test_an_event_table_is_returned_as_it_is() -> None:
    """And has no columns to map."""
    table = read_events([])
    assert read_events(table) is table
    with pytest.raises(EventError, match="has its columns already"):
        read_events(table, {"user": "u"})

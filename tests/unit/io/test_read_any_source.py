"""Whatever holds the events, the table is the same: the same rows, properties and rejections."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from questscore.columns.table import EventTable
from questscore.errors import EventError
from questscore.io import read_events
from questscore.model.event import Event
from questscore.model.time import iso

pa = importlib.import_module("pyarrow")
pq = importlib.import_module("pyarrow.parquet")
pd = importlib.import_module("pandas")
pl = importlib.import_module("polars")

Column = list[Any]

COLUMNS: dict[str, Column] = {
    "name": ["login", "buy", "login", "questscore.adjust", "buy", "visit"],
    "time": [
        1_700_000_000_000_001,
        1_690_000_000_000_000,
        1_700_000_000_000_001,
        1_710_000_000_123_456,
        100_000_000_000_000,
        1_710_000_000_123_457,
    ],
    "user": ["ada", "bob", None, "ada", "Zoë 🚀", "eve"],
    "account": ["acme", None, "acme", None, None, "x" * 300],
    "id": [None, "e1", "e2", "e2", None, "é"],
    "amount": [None, 12.5, None, -0.1, 1e300, 5e-324],
    "seats": [3, None, None, 2**53, -(2**53), 0],
    "trial": [True, None, False, None, True, None],
    "plan": ["pro", "pro", None, "free", "null", "1e"],
    "cart.total": [1, 2, 3, None, None, 4],
    "nothing": [None] * 6,
}
SIZE = 6


def plain(table: EventTable) -> dict[str, Any]:
    """All that a table says, as lists."""
    rows = range(len(table))
    return {
        "time": table.time.tolist(),
        "name": [table.name.at(row) for row in rows],
        "user": [table.user.at(row) for row in rows],
        "account": [table.account.at(row) for row in rows],
        "id": None if table.id is None else [table.id.at(row) for row in rows],
        "properties": {
            name: [column.at(row) for row in rows] for name, column in sorted(table.properties.items())
        },
        "rejections": [(r.row, r.field, r.reason) for r in table.rejections],
    }


def rows(columns: dict[str, Column] = COLUMNS) -> list[dict[str, Any]]:
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def nested(row: dict[str, Any]) -> dict[str, Any]:
    fields = {key: row[key] for key in ("name", "time", "user", "account", "id")}
    total = row["cart.total"]
    inner = {key: value for key, value in row.items() if key not in fields and key != "cart.total"}
    return {**fields, "properties": {**inner, "cart": None if total is None else {"total": total}}}


def events(_: Path) -> object:
    return [Event(**nested(row)) for row in rows()]


def flat_mappings(_: Path) -> object:
    return iter(rows())


def nested_mappings(_: Path) -> object:
    return tuple({**nested(row), "time": iso(row["time"])} for row in rows())


def with_datetimes(_: Path) -> object:
    zone = dt.timezone(dt.timedelta(hours=-5))
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    moments = [(epoch + dt.timedelta(microseconds=us)).astimezone(zone) for us in COLUMNS["time"]]
    return rows({**COLUMNS, "time": moments})


def lists(_: Path) -> object:
    return COLUMNS


def arrays(_: Path) -> object:
    numbers = {name: np.array(COLUMNS[name], dtype=float) for name in ("amount", "seats", "trial")}
    texts = {name: np.array(COLUMNS[name], dtype=object) for name in ("name", "user", "plan")}
    return {**COLUMNS, **numbers, **texts, "time": np.array(COLUMNS["time"])}


def _write_csv(stream: Any) -> None:
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for row in rows():
        writer.writerow(
            "" if value is None else value for value in {**row, "time": iso(row["time"])}.values()
        )


def csv_file(path: Path) -> object:
    with (path / "events.csv").open("w", encoding="utf-8", newline="") as stream:
        _write_csv(stream)
    return str(path / "events.csv")


def packed_csv_file(path: Path) -> object:
    with gzip.open(path / "Events.CSV.gz", "wt", encoding="utf-8", newline="") as stream:
        _write_csv(stream)
    return path / "Events.CSV.gz"


def jsonl_file(path: Path) -> object:
    lines = [json.dumps(nested(row), ensure_ascii=False) for row in rows()]
    (path / "events.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return path / "events.jsonl"


def packed_ndjson_file(path: Path) -> object:
    with gzip.open(path / "events.ndjson.gz", "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows())
    return path / "events.ndjson.gz"


def arrow_table(_: Path) -> Any:
    when = pa.array(COLUMNS["time"], pa.timestamp("us", "Europe/Paris"))
    return pa.table({**COLUMNS, "time": when})


def parquet_file(path: Path) -> object:
    pq.write_table(arrow_table(path), path / "events.parquet", row_group_size=2)
    return path / "events.parquet"


def record_batch(path: Path) -> object:
    return arrow_table(path).to_batches()[0]


def arrow_nested(_: Path) -> object:
    table = pa.Table.from_pylist([nested(row) for row in rows()])
    return table


def arrow_map(_: Path) -> object:
    table = arrow_table(_)
    total = [None if value is None else [("total", value)] for value in COLUMNS["cart.total"]]
    return table.drop(["cart.total"]).append_column("cart", pa.array(total, pa.map_(pa.string(), pa.int64())))


def arrow_json(_: Path) -> object:
    inner = [json.dumps(nested(row)["properties"]) for row in rows()]
    return (
        arrow_table(_).select(["name", "time", "user", "account", "id"]).append_column("properties", [inner])
    )


def _cast(kinds: dict[Any, Any]) -> object:
    table = arrow_table(Path())
    return pa.table(
        {
            name: table[name].cast(kinds[table[name].type]) if table[name].type in kinds else table[name]
            for name in table.column_names
        }
    )


def arrow_dictionaries(_: Path) -> object:
    return _cast({pa.string(): pa.dictionary(pa.int8(), pa.string())})


def arrow_large(_: Path) -> object:
    return _cast({pa.string(): pa.large_string(), pa.int64(): pa.float64()})


def arrow_views(_: Path) -> object:
    return _cast({pa.string(): pa.string_view()})


def arrow_chunks(_: Path) -> object:
    table = arrow_table(_)
    pieces = [table.slice(0, 1), table.slice(1, 0), table.slice(1, 2), table.slice(3)]
    encoded = [
        piece.set_column(0, "name", piece["name"].combine_chunks().dictionary_encode()) for piece in pieces
    ]
    return pa.concat_tables(encoded)


def arrow_integers(_: Path) -> object:
    return pa.table({**COLUMNS, "time": pa.array(COLUMNS["time"], pa.uint64())})


def arrow_texts(_: Path) -> object:
    return pa.table({**COLUMNS, "time": [iso(us) for us in COLUMNS["time"]]})


def pandas_frame(_: Path) -> object:
    frame = pd.DataFrame(COLUMNS)
    frame["time"] = pd.to_datetime(frame["time"], unit="us", utc=True)
    return frame.iloc[::-1].sort_index().set_index("id")


def pandas_objects(_: Path) -> object:
    return pd.DataFrame(COLUMNS, dtype=object, index=[7, 7, 8, 9, 1, 2])


def pandas_categories(_: Path) -> object:
    frame = pd.DataFrame(COLUMNS)
    for name in ("name", "user", "account", "plan"):
        frame[name] = frame[name].astype("category")
    return frame


def pandas_arrow(_: Path) -> object:
    return arrow_table(_).to_pandas(types_mapper=pd.ArrowDtype)


def polars_frame(_: Path) -> object:
    return pl.DataFrame(COLUMNS).with_columns(pl.col("time").cast(pl.Datetime("us", "UTC")))


def polars_categories(_: Path) -> object:
    return pl.DataFrame(COLUMNS).with_columns(pl.col("name", "user", "account").cast(pl.Categorical))


def mapping_of_series(_: Path) -> object:
    return {
        **COLUMNS,
        "user": pl.Series(COLUMNS["user"]),
        "plan": pd.Series(COLUMNS["plan"]),
        "seats": pa.array(COLUMNS["seats"]),
    }


def a_table_again(_: Path) -> object:
    return read_events(rows())


SOURCES: list[Callable[[Path], object]] = [
    events,
    flat_mappings,
    nested_mappings,
    with_datetimes,
    lists,
    arrays,
    csv_file,
    packed_csv_file,
    jsonl_file,
    packed_ndjson_file,
    arrow_table,
    parquet_file,
    record_batch,
    arrow_nested,
    arrow_map,
    arrow_json,
    arrow_dictionaries,
    arrow_large,
    arrow_views,
    arrow_chunks,
    arrow_integers,
    arrow_texts,
    pandas_frame,
    pandas_objects,
    pandas_categories,
    pandas_arrow,
    polars_frame,
    polars_categories,
    mapping_of_series,
    a_table_again,
]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__)
def test_any_source_gives_the_same_table(source: Callable[[Path], object], tmp_path: Path) -> None:
    """Names, instants, keys and properties; what no row carries (``nothing``) is no property."""
    want = {name: values for name, values in COLUMNS.items() if name != "nothing"}
    table = plain(read_events(source(tmp_path)))  # type: ignore[arg-type]
    properties = {name: want.pop(name) for name in ("amount", "cart.total", "plan", "seats", "trial")}
    assert table == {**want, "properties": properties, "rejections": []}


BAD: dict[str, Column] = {
    "name": ["ok", None, "", "questscore.x", "ok", "ok", "ok", "ok", "ok", "ok", None, "ok"],
    "time": [10**15, 10**15, 10**15, 10**15, None, 5, 10**18, 10**15, 10**15, 10**15, 5, 10**15],
    "user": ["ada", "ada", "ada", "ada", "ada", "ada", "ada", None, "", "ada", None, "ada"],
    "account": [None, "x", None, None, None, None, None, "", None, None, None, "x"],
    "n": [1, 1, 1, 1, 1, 1, 1, 1, 1, 2**53 + 1, 2**60, 4],
    "x": [1.0, 2.0, None, None, 1.0, 1.0, 1.0, 1.0, float("-inf"), 1.0, float("inf"), float("nan")],
    "l": [None, None, None, None, None, None, None, None, None, None, None, [1]],
}
REASONS = [
    (1, "name", "None is not a name: non-empty text is; name the event"),
    (2, "name", "'' is not a name: non-empty text is; name the event"),
    (
        3,
        "name",
        "'questscore.x' is reserved: names that begin with 'questscore.' are;"
        " use another name; only 'questscore.adjust' and 'questscore.reset' have a meaning",
    ),
    (4, "time", "None is not a time; pass an aware datetime, ISO text or microseconds"),
    (
        5,
        "time",
        "5 is too small for epoch microseconds; if it counts seconds or milliseconds,"
        " say unit='s' or unit='ms'",
    ),
    (
        6,
        "time",
        "'1000000000000000000' is beyond the years that can be held; check it, and the unit it is in",
    ),
    (7, "user", "neither a user nor an account; say who did it"),
    (8, "properties.x", "an infinite number; leave it out, or pass a finite number"),
    (9, "properties.n", "an integer beyond 2^53; long numbers such as ids are text"),
    (10, "name", "None is not a name: non-empty text is; name the event"),
    (11, "properties.l", "a list is not a property value; pass None, a boolean, a number or text"),
]


@pytest.mark.parametrize(
    "read",
    [
        lambda: read_events(rows(BAD)),
        lambda: read_events(BAD),
        lambda: read_events(BAD | {"x": np.array(BAD["x"], dtype=float), "n": np.array(BAD["n"])}),
        lambda: read_events(pa.table(BAD)),
        lambda: read_events(pl.DataFrame(BAD)),
        lambda: read_events(pd.DataFrame(BAD).astype({"time": "Int64"})),
        lambda: read_events(pd.DataFrame(BAD, dtype=object)),
    ],
    ids=["rows", "lists", "arrays", "arrow", "polars", "pandas", "pandas objects"],
)
def test_any_source_gives_the_same_reasons(read: Callable[[], EventTable]) -> None:
    """One by one or as columns, a bad row is rejected with the same words, and the good ones are kept."""
    table = plain(read())
    assert table["rejections"] == REASONS
    assert table["name"] == ["ok"]


def test_columns_map_our_names_to_theirs_in_every_source(tmp_path: Path) -> None:
    """Fields and properties, nested ones by their flat name; None leaves a column out."""
    given = [
        {"what": "buy", "at": 10**15, "who": "ada", "user": 7, "price": 3, "junk": [1], "cart": {"sum": 2}}
    ]
    columns = {
        "name": "what",
        "time": "at",
        "user": "who",
        "amount": "price",
        "junk": None,
        "total": "cart.sum",
    }
    path = tmp_path / "events.jsonl"
    path.write_text(json.dumps(given[0]))
    for source in (given, path, pa.Table.from_pylist(given), pl.DataFrame(given), pd.DataFrame(given)):
        table = read_events(source, columns=columns)
        assert [event.properties for event in table] == [{"user": 7.0, "amount": 3.0, "total": 2.0}]
        assert table.user.at(0) == "ada"


@pytest.mark.parametrize("name", ["jsonl", "csv", "parquet", "arrow", "rows"])
def test_a_mapped_column_that_is_not_there_is_named_with_the_nearest(name: str, tmp_path: Path) -> None:
    """In every source: an error, not an empty column."""
    given = {"name": ["buy"], "time": [10**15], "customer": ["ada"], "user": ["x"], "price": [1]}
    table = pa.table(given)
    sources: dict[str, Any] = {"arrow": table, "rows": table.to_pylist()}
    for suffix in ("csv", "jsonl", "parquet"):
        sources[suffix] = tmp_path / f"e.{suffix}"
    sources["jsonl"].write_text(json.dumps(table.to_pylist()[0]))
    sources["csv"].write_text("name,time,customer,user,price\nbuy,1000000000000000,ada,x,1\n")
    pq.write_table(table, sources["parquet"])
    with pytest.raises(EventError, match=r"(?s)columns.user: there is no column 'custmer'; .*'customer'"):
        read_events(sources[name], columns={"user": "custmer"})
    with pytest.raises(EventError, match=r"(?s)columns.amount: there is no column 'prize'; .*'price'"):
        read_events(sources[name], columns={"amount": "prize"})

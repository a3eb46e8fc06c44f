"""Events and files of events that cannot be read, each with what must be said about it.

`ROWS` are single events that stand between two good ones; `CSV` and `LINES` are files with some bad rows;
`FILES` are broken as a whole.
"""

from __future__ import annotations

import datetime as dt
import decimal
from typing import Any

from attrs import field, frozen

NOON = dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)
GOOD: dict[str, Any] = {"name": "login", "time": NOON, "user": "ada", "properties": {"amount": 5}}


class Odd:
    """An object whose own methods fail."""

    def __repr__(self) -> str:
        raise RuntimeError("no words")

    def __float__(self) -> float:
        raise RuntimeError("no number")


@frozen
class Row:
    """A bad event: what is wrong, the event, the field at fault, and a part of the reason."""

    name: str
    event: object
    field: str
    says: str


def _with(name: str, key: str, value: object, says: str) -> Row:
    return Row(name, {**GOOD, key: value}, key, says)


def _property(name: str, properties: object, says: str, key: str = "amount") -> Row:
    where = f"properties.{key}" if key else "properties"
    return Row(name, {**GOOD, "properties": properties}, where, says)


def _without(name: str, key: str, field: str, says: str) -> Row:
    return Row(name, {k: v for k, v in GOOD.items() if k != key}, field, says)


_ROWS: tuple[Row, ...] = (
    _without("no name", "name", "name", "name"),
    _with("empty name", "name", "", "name"),
    _with("name is None", "name", None, "name"),
    _with("name is a number", "name", 7, "name"),
    _with("name is bytes", "name", b"login", "name"),
    _with("reserved name", "name", "questscore.other", "reserved"),
    _without("no time", "time", "time", "time"),
    _with("time is None", "time", None, "time"),
    _with("naive datetime", "time", dt.datetime(2024, 5, 1, 12), "time zone"),  # noqa: DTZ001
    _with("naive text", "time", "2024-05-01T12:00:00", "offset"),
    _with("a date", "time", dt.date(2024, 5, 1), "date"),
    _with("a date in text", "time", "2024-05-01", "date"),
    _with("seconds", "time", 1_714_564_800, "unit='s'"),
    _with("milliseconds", "time", 1_714_564_800_000, "unit='ms'"),
    _with("seconds with a fraction", "time", 1_714_564_800.5, "time"),
    _with("digits in text", "time", "1714564800000000", "ISO"),
    _with("time is true", "time", True, "time"),
    _with("time in words", "time", "yesterday", "ISO"),
    _with("no such day", "time", "2024-02-30T12:00:00Z", "no such time"),
    _with("no such month", "time", "2024-13-01T12:00:00Z", "no such time"),
    _with("25 o'clock", "time", "2024-05-01T25:00:00Z", "no such time"),
    _with("leap second", "time", "2024-06-30T23:59:60Z", "leap second"),
    _with("an offset of 99 hours", "time", "2024-05-01T12:00:00+99:00", "offset"),
    _with("before the years that can be held", "time", "0001-01-01T00:00:00+14:00", "years"),
    _with("beyond the years that can be held", "time", 10**18, "years"),
    _with("an integer of 100 digits", "time", 10**100, "years"),
    _with("an empty time", "time", "", "time"),
    _without("nobody", "user", "user", "neither"),
    Row("empty user and account", {**GOOD, "user": "", "account": ""}, "user", "neither"),
    _with("user is a number", "user", 17, "text"),
    _with("user is true", "user", True, "text"),
    _with("user is bytes", "user", b"ada", "text"),
    _with("account is a number", "account", 3.5, "text"),
    _with("account is a list", "account", ["acme"], "text"),
    _with("id is a number", "id", 17, "text"),
    _with("id is a table", "id", {"a": 1}, "text"),
    _property("infinity", {"amount": float("inf")}, "infinite"),
    _property("minus infinity", {"amount": float("-inf")}, "infinite"),
    _property("integer beyond 2^53", {"amount": 2**53 + 1}, "2^53"),
    _property("negative integer beyond 2^53", {"amount": -(2**60)}, "2^53"),
    _property("integer of 400 digits", {"amount": 10**400}, "2^53"),
    _property("decimal infinity", {"amount": decimal.Decimal("Infinity")}, "infinite"),
    _property("a list", {"amount": [1, 2]}, "list"),
    _property("a tuple", {"amount": (1, 2)}, "tuple"),
    _property("a set", {"amount": {1}}, "set"),
    _property("a date as a property", {"amount": dt.date(2024, 5, 1)}, "date"),
    _property("bytes", {"amount": b"5"}, "bytes"),
    _property("a complex number", {"amount": 1j}, "complex"),
    _property("an object that fails", {"amount": Odd()}, ""),
    _property("a list inside", {"cart": {"items": [1]}}, "list", "cart.items"),
    _property("infinity inside", {"cart": {"total": float("inf")}}, "infinite", "cart.total"),
    _property(
        "two that flatten to one name",
        {"cart.total": 1, "cart": {"total": 2}},
        "two properties",
        "cart.total",
    ),
    _property("a key that is a number", {7: 1}, "text", ""),
    _property("a key that is None", {None: 1}, "text", ""),
    _property("properties are a list", [("amount", 5)], "mapping", ""),
    _property("properties are text", "amount=5", "mapping", ""),
    _property("nested a thousand deep", None, "deep", ""),
    Row("an unknown field", {**GOOD, "usr": "ada"}, "usr", "user"),
    Row("a number instead of an event", 7, "", "mapping"),
    Row("None instead of an event", None, "", "mapping"),
    Row("text instead of an event", "login", "", "mapping"),
    Row("a pair instead of an event", ("login", NOON), "", "mapping"),
)


def _deep(depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {"x": 1}
    for _ in range(depth):
        made = {"a": made}
    return made


ROWS = tuple(
    Row(row.name, {**GOOD, "properties": _deep(1000)}, row.field, row.says) if row.says == "deep" else row
    for row in _ROWS
)


@frozen
class Rows:
    """A file in which some rows are bad.

    Args:
        name: What is wrong, in words.
        content: The file.
        kept: How many events are kept.
        bad: (line of the file, field, a part of the reason) of each rejection.
    """

    name: str
    content: str | bytes
    kept: int
    bad: tuple[tuple[int, str, str], ...]


HEAD = "name,time,user,amount\n"
FINE = "login,2024-05-01T12:00:00Z,ada,5\n"

CSV = (
    Rows("CSV: a row too short", f"{HEAD}{FINE}login,2024-05-01T12:00:00Z\n{FINE}", 2, ((3, "", "2"),)),
    Rows("CSV: a row too long", f"{HEAD}{FINE}{FINE[:-1]},6,7\n{FINE}", 2, ((3, "", "6"),)),
    Rows("CSV: no name", f"{HEAD}{FINE},2024-05-01T12:00:00Z,ada,5\n", 1, ((3, "name", "name"),)),
    Rows("CSV: no time", f"{HEAD}{FINE}login,,ada,5\n", 1, ((3, "time", "time"),)),
    Rows("CSV: a naive time", f"{HEAD}login,2024-05-01T12:00:00,ada,5\n{FINE}", 1, ((2, "time", "offset"),)),
    Rows("CSV: seconds", f"{HEAD}login,1714564800,ada,5\n{FINE}", 1, ((2, "time", "unit='s'"),)),
    Rows("CSV: nobody", f"{HEAD}{FINE}login,2024-05-01T12:00:00Z,,5\n", 1, ((3, "user", "neither"),)),
    Rows(
        "CSV: a reserved name",
        f"{HEAD}{FINE}questscore.x,2024-05-01T12:00:00Z,ada,5\n",
        1,
        ((3, "name", "reserved"),),
    ),
    Rows(
        "CSV: an infinite number",
        f"{HEAD}{FINE}login,2024-05-01T12:00:00Z,ada,1e999\n",
        1,
        ((3, "properties.amount", "infinite"),),
    ),
    Rows(
        "CSV: an integer beyond 2^53",
        f"{HEAD}{FINE}login,2024-05-01T12:00:00Z,ada,{2**53 + 1}\n",
        1,
        ((3, "properties.amount", "2^53"),),
    ),
    Rows(
        "CSV: three bad rows of five",
        f"{HEAD}{FINE},,,\n{FINE}login,soon,ada,5\nlogin,2024-05-01T12:00:00Z,,5\n",
        2,
        ((3, "name", ""), (5, "time", "ISO"), (6, "user", "")),
    ),
    Rows(
        "CSV: a bad row after a cell of two lines",
        f'{HEAD}"log\nin",2024-05-01T12:00:00Z,ada,5\nlogin,soon,ada,5\n',
        1,
        ((4, "time", "ISO"),),
    ),
)

OK = '{"name": "login", "time": "2024-05-01T12:00:00Z", "user": "ada"}\n'

LINES = (
    Rows("JSON Lines: a line that is cut off", f'{OK}{{"name": "login", \n{OK}', 2, ((2, "", "JSON"),)),
    Rows("JSON Lines: a line that is no object", f"{OK}[1, 2]\n{OK}", 2, ((2, "", "object"),)),
    Rows("JSON Lines: a number", f"{OK}7\n{OK}", 2, ((2, "", "object"),)),
    Rows("JSON Lines: NaN", f'{OK}{OK[:-2]}, "properties": {{"amount": NaN}}}}\n', 1, ((2, "", "NaN"),)),
    Rows(
        "JSON Lines: infinity",
        f'{OK}{OK[:-2]}, "properties": {{"amount": -Infinity}}}}\n',
        1,
        ((2, "", "Infinity"),),
    ),
    Rows(
        "JSON Lines: 1e999",
        f'{OK}{OK[:-2]}, "properties": {{"amount": 1e999}}}}\n',
        1,
        ((2, "properties.amount", "infinite"),),
    ),
    Rows("JSON Lines: a key twice", f'{OK}{OK[:-2]}, "user": "bob"}}\n', 1, ((2, "", "user"),)),
    Rows(
        "JSON Lines: an integer of 5,000 digits", f'{OK}{OK[:-2]}, "n": {"9" * 5000}}}\n', 1, ((2, "", ""),)
    ),
    Rows("JSON Lines: 100,000 brackets", f"{OK}{'[' * 100_000}\n{OK}", 2, ((2, "", ""),)),
    Rows(
        "JSON Lines: a list for a property",
        f'{OK}{OK[:-2]}, "properties": {{"a": [1]}}}}\n',
        1,
        ((2, "properties.a", "list"),),
    ),
    Rows(
        "JSON Lines: not UTF-8 in one line",
        OK.encode() + OK.replace("ada", "Zoë").encode("latin-1") + OK.encode(),
        2,
        ((2, "", "UTF-8"),),
    ),
    Rows("JSON Lines: two objects on a line", f"{OK}{OK[:-1]}{OK}", 1, ((2, "", "JSON"),)),
    Rows(
        "JSON Lines: a pretty-printed object",
        '{\n"name": "login"\n}\n' + OK,
        1,
        ((1, "", "JSON"), (2, "", "JSON"), (3, "", "JSON")),
    ),
)


@frozen
class File:
    """A file that is no source of events: its suffix, its content, a part of what must be said."""

    name: str
    suffix: str
    content: str | bytes
    says: str
    options: dict[str, Any] = field(factory=dict)


FILES = (
    File("CSV: empty", ".csv", "", "empty"),
    File("CSV: a header that means nothing", ".csv", "a,b,c\n1,2,3\n", "name"),
    File("CSV: no header", ".csv", FINE * 3, "name"),
    File("CSV: no column of times", ".csv", "name,user\nlogin,ada\n", "time"),
    File("CSV: no column of subjects", ".csv", "name,time\nlogin,2024-05-01T12:00:00Z\n", "user"),
    File("CSV: a column twice", ".csv", "name,time,user,user\nlogin,2024-05-01T12:00:00Z,ada,bob\n", "user"),
    File("CSV: semicolons", ".csv", "name;time;user\nlogin;2024-05-01T12:00:00Z;ada\n", "name"),
    File(
        "CSV: a quote that does not end", ".csv", f'{HEAD}"login,2024-05-01T12:00:00Z,ada,5\n{FINE}', "quote"
    ),
    File("CSV: UTF-16", ".csv", f"{HEAD}{FINE}".encode("utf-16"), "UTF-8"),
    File("CSV: Latin-1", ".csv", f"{HEAD}{FINE}".replace("ada", "Zoë").encode("latin-1"), "UTF-8"),
    File("CSV: a picture", ".csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "UTF-8"),
    File("CSV: a column that is not there", ".csv", f"{HEAD}{FINE}", "who", {"columns": {"user": "who"}}),
    File("CSV: a field that is not there", ".csv", f"{HEAD}{FINE}", "usr", {"columns": {"usr": "user"}}),
    File("CSV: an unknown type", ".csv", f"{HEAD}{FINE}", "amount", {"types": {"amount": "money"}}),
    File(
        "CSV: a type for a column that is not there",
        ".csv",
        f"{HEAD}{FINE}",
        "amont",
        {"types": {"amont": "text"}},
    ),
    File("CSV: an unknown unit", ".csv", f"{HEAD}{FINE}", "ns", {"unit": "ns"}),
    File("CSV: an unknown zone", ".csv", f"{HEAD}{FINE}", "Europe/Paris", {"timezone": "Europe/Pariss"}),
    File("JSON Lines: UTF-16", ".jsonl", OK.encode("utf-16"), "UTF-8"),
    File("JSON Lines: a picture", ".jsonl", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), ""),
    File("Parquet: empty", ".parquet", b"", "Parquet"),
    File("Parquet: text", ".parquet", f"{HEAD}{FINE}", "Parquet"),
    File("Parquet: only the first bytes", ".parquet", b"PAR1" + bytes(40), "Parquet"),
    File("an unknown suffix", ".xlsx", b"PK", ".csv"),
    File("no suffix", "", f"{HEAD}{FINE}", ".csv"),
    File("JSON", ".json", f"[{OK}]", ".jsonl"),
)

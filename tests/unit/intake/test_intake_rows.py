"""Rows of Python objects: the fast and the careful way take the same events, and nothing makes them raise."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import math
import random
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from questscore.columns.table import EventTable
from questscore.errors import EventError
from questscore.intake import Builder, Clock, Layout, Unreadable, from_rows
from questscore.model.event import Event

NOW = 1_700_000_000_000_000


def one(**fields: Any) -> EventTable:
    """A table of one event, with what it needs unless told otherwise."""
    return from_rows([{"name": "login", "time": NOW, "user": "ada", **fields}])


def reason(table: EventTable) -> tuple[str, str]:
    """Field and reason of the only rejection."""
    (rejection,) = table.rejections
    return rejection.field, rejection.reason


class Plan(enum.StrEnum):
    PRO = "pro"


class Stranger(Mapping[str, Any]):
    """A mapping that is no dict."""

    def __init__(self, inner: dict[str, Any]) -> None:
        self.inner = inner

    def __getitem__(self, key: str) -> Any:
        return self.inner[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.inner)

    def __len__(self) -> int:
        return len(self.inner)


VALUES = [
    None,
    True,
    False,
    0,
    -0.0,
    1,
    -1,
    2**31,
    2**53 - 1,
    2**53,
    -(2**53),
    2**53 + 1,
    2**63 - 1,
    -(2**63),
    10**400,
    1e308,
    5e-324,
    math.nan,
    math.inf,
    -math.inf,
    decimal.Decimal("1.5"),
    decimal.Decimal("NaN"),
    decimal.Decimal("Infinity"),
    np.float32(0.5),
    np.float64("nan"),
    np.int64(7),
    np.int64(2**60),
    np.uint64(2**64 - 1),
    np.bool_(True),
    np.str_("text"),
    np.array(3.5),
    np.array([1, 2]),
    "",
    "text",
    "a\0b",
    "\ud800",
    "\u202egnp.exe",
    "e\u0301",
    "x" * 1_000_000,
    Plan.PRO,
    b"bytes",
    1j,
    [1],
    (1,),
    {1},
    dt.date(2024, 5, 1),
    dt.datetime(2024, 5, 1, tzinfo=dt.UTC),
    {},
    {"": 1},
    {"a": {"b": {"c": 1}}},
    {"a": 1, "a.b": 2},
    {"a": {"b": 1}, "a.b": 2},
    {7: 1},
    object(),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{type(value).__name__} {str(value)[:20]!a}")
def test_a_value_is_taken_as_event_takes_it_or_rejected_as_event_refuses_it(value: object) -> None:
    """RELIABILITY N4 and H1: used exactly, or rejected with the field and the reason of `Event`."""
    for given in ({"p": value}, {"q": 1, "p": value, "r": "x"}, {"deep": {"er": value}}):
        for table in (one(properties=given), one(**given)):
            try:
                event = Event("login", NOW, "ada", properties=given)
            except EventError as error:
                field, why = reason(table)
                assert field == error.problems[0].where
                assert why.startswith(error.problems[0].what[:400])
                assert not table.properties
            else:
                (read,) = table
                want = {k: float(v) if not isinstance(v, str) else v for k, v in event.properties.items()}
                assert read.properties == want
                assert read.name == "login"


def test_values_in_fields_that_are_text_or_instants() -> None:
    """Any value in any field: an event or a rejection that names the field."""
    for field in ("name", "time", "user", "account", "id", "properties"):
        for value in VALUES:
            row = {"name": "login", "time": NOW, "user": "ada", "account": "acme", field: value}
            table = from_rows([row, Stranger(row)])
            if table.rejections:
                places = {rejection.field.split(".")[0] for rejection in table.rejections}
                assert places == {field}
                assert len({rejection.reason for rejection in table.rejections}) == 1
            else:
                assert len(table) == 2


def test_a_million_texts_of_enums_are_plain_texts_in_the_table() -> None:
    """A subclass of text becomes text, in names, keys and values."""
    table = from_rows([{"name": Plan.PRO, "time": NOW, "user": Plan.PRO, "properties": {Plan.PRO: Plan.PRO}}])
    texts = [*table.name.values, *table.user.values, *table.properties, table.properties["pro"].at(0)]
    assert [type(text) for text in texts] == [str] * 4
    assert set(texts) == {"pro"}


def test_a_row_that_is_left_in_the_middle_leaves_nothing_behind() -> None:
    """Good properties before a bad one are not in the table, and the next row is in its place."""
    rows = [
        {"name": "a", "time": NOW, "user": "u", "properties": {"x": 1, "y": "t", "z": [1]}},
        {"name": "b", "time": NOW, "user": "u", "properties": {"y": 2}},
        {"name": "c", "time": NOW, "user": "u", "properties": {"y": "s", "n": {"x": 1, "m": math.inf}}},
        {"name": "d", "time": NOW, "user": "u", "properties": {"y": "t"}},
    ]
    table = from_rows(rows)
    assert [(e.name, e.properties) for e in table] == [("b", {"y": 2.0}), ("d", {"y": "t"})]
    assert sorted(table.properties) == ["y"]
    assert [r.field for r in table.rejections] == ["properties.z", "properties.n.m"]


def test_an_unknown_key_beside_properties_is_rejected_with_the_nearest() -> None:
    """Without ``properties`` the same key is a property."""
    nested = {"name": "login", "time": NOW, "usr": "ada", "user": "ada", "properties": {}}
    assert reason(from_rows([nested]))[0] == "usr"
    assert "'user'" in reason(from_rows([nested]))[1]
    del nested["properties"]
    assert [event.properties for event in from_rows([nested])] == [{"usr": "ada"}]
    mapped = {**nested, "properties": None, "plan": "pro"}
    taken = from_rows([mapped], {"plan": "plan", "usr": None})
    assert [event.properties for event in taken] == [{"plan": "pro"}]


def test_a_missing_key_is_advised_on() -> None:
    """The key that is probably meant is in the reason."""
    assert "columns={'name': 'event'}" in reason(from_rows([{"event": "x", "time": NOW, "user": "u"}]))[1]
    assert "columns={'user': 'user_id'}" in reason(from_rows([{"name": "x", "time": NOW, "user_id": "u"}]))[1]
    assert "hint" not in reason(from_rows([{"name": "x", "time": NOW, "amount": 1}]))[1]


def test_mapped_keys_may_come_late_and_properties_may_be_renamed() -> None:
    """A key counts as there when one row has it; a name that two properties get is a rejection."""
    rows = [
        {"name": "x", "time": NOW, "account": "acme"},
        {"name": "x", "time": NOW, "who": "ada", "price": 3},
        {"name": "x", "time": NOW, "who": "ada", "price": 3, "amount": 4},
    ]
    table = from_rows(rows, {"user": "who", "amount": "price"})
    assert [(e.user, e.properties) for e in table] == [(None, {}), ("ada", {"amount": 3.0})]
    assert reason(table) == ("properties.amount", "two properties get this name; rename one of them")
    with pytest.raises(EventError, match="there is no column 'whom'"):
        from_rows(rows, {"user": "whom"})
    assert len(from_rows([], {"user": "whom"})) == 0


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"usr": "user"}, "write 'user'"),
        ({"user": 5}, "no pair of names"),
        ({"": "x"}, "no pair of names"),
        ({"a": "x", "b": "x"}, "mapped to 'a' and to 'b'"),
        (["user"], "a list is not a mapping"),
    ],
)
def test_a_mapping_of_columns_that_means_nothing(columns: Any, says: str) -> None:
    """An error, before anything is read."""
    with pytest.raises(EventError, match=says):
        from_rows([], columns)


def test_events_with_bad_properties_put_in_later_are_rejected() -> None:
    """An event is frozen, the dict in it is not."""
    event = Event("login", NOW, "ada")
    event.properties["x"] = math.inf
    assert reason(from_rows([event])) == (
        "properties.x",
        "an infinite number; leave it out, or pass a finite number",
    )


def test_a_builder_takes_more_rows_after_a_table() -> None:
    """Each table is what was taken so far; rejections count rows of both kinds."""
    builder = Builder(clock=Clock.of("s"), layout=Layout.of({"user": "u"}))
    builder.extend([{"name": "a", "time": 5, "u": "x"}, Unreadable("lost")])
    before = builder.table()
    builder.extend([{"name": "b", "time": 6, "u": "x", "p": 1}, None])
    after = builder.table()
    assert (len(before), len(after)) == (1, 2)
    assert str(after.rejections[0]) == "row 1: lost"
    assert [r.row for r in after.rejections] == [1, 3]
    assert after.time.tolist() == [5_000_000, 6_000_000]


def test_random_rows_are_what_events_are() -> None:
    """Row by row: `Event` and the table agree on who is taken, and on the content."""
    rng = random.Random(3)
    plain = [value for value in VALUES if not (isinstance(value, str) and len(value) > 100)]
    rows = []
    for _ in range(3000):
        keys = rng.sample(["a", "b", "c", "a.b", "c.d"], rng.randrange(4))
        rows.append(
            {
                "name": rng.choice(["login", "buy", "", "questscore.reset", "questscore.no", None]),
                "time": rng.choice([NOW, NOW + 1, "2024-05-01T00:00:00Z", 5, None, "x"]),
                "user": rng.choice(["ada", "bob", "", None, 7]),
                "account": rng.choice(["acme", "", None, None]),
                "id": rng.choice(["1", "", None, None, 3]),
                "properties": {key: rng.choice(plain) for key in keys},
            }
        )
    table = from_rows(rows)
    good, bad = iter(table), iter(table.rejections)
    for position, row in enumerate(rows):
        try:
            want = Event(**row)
        except EventError as error:
            rejection = next(bad)
            assert (rejection.row, rejection.field) == (position, error.problems[0].where)
        else:
            got = next(good)
            assert (got.name, got.time, got.user, got.account, got.id) == (
                want.name,
                want.time,
                want.user,
                want.account,
                want.id,
            )
            numbers = {k: v if isinstance(v, str) else float(v) for k, v in want.properties.items()}
            assert got.properties == numbers
    assert next(good, None) is None
    assert next(bad, None) is None

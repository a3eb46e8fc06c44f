"""What an event is, what makes one invalid, and the order in which events stand."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest

from questscore.errors import EventError
from questscore.model.event import Event, canonical, content
from unit.engine.both import ev

TIME = 1_772_366_400_000_000


def properties(**given: Any) -> dict[str, Any]:
    return dict(Event("a", TIME, user="ada", properties=given).properties)


def refused(**fields: Any) -> EventError:
    """The error of an event with these fields."""
    with pytest.raises(EventError) as caught:
        Event(**{"name": "a", "time": TIME, "user": "ada", **fields})
    return caught.value


# -- fields


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", None),
        ("name", 7),
        ("name", b"login"),
        ("time", None),
        ("time", "yesterday"),
        ("time", 1_772_366_400),
        ("time", 1.5),
        ("user", 7),
        ("user", b"ada"),
        ("user", ["ada"]),
        ("user", True),
        ("account", 3.5),
        ("account", {"name": "acme"}),
        ("id", 12),
        ("id", 1.0),
        ("properties", "plan=pro"),
        ("properties", ["plan"]),
        ("properties", 3),
    ],
)
def test_a_field_of_the_wrong_kind_is_an_error_that_names_it(field: str, value: object) -> None:
    error = refused(**{field: value})
    assert [problem.where for problem in error.problems] == [field]
    assert error.problems[0].fix


def test_somebody_must_have_done_it_and_an_empty_key_is_nobody() -> None:
    assert refused(user=None).problems[0].where == "user"
    assert "neither a user nor an account" in str(refused(user="", account=""))
    assert Event("a", TIME, account="acme").user is None
    assert Event("a", TIME, user="", account="acme").user is None


def test_an_empty_id_is_none() -> None:
    """It would otherwise make all events that lack an id one event."""
    assert Event("a", TIME, user="ada", id="").id is None


@pytest.mark.parametrize("name", ["questscore.", "questscore.adjusted", "questscore.Reset", "questscore.x"])
def test_names_that_begin_like_ours_are_reserved(name: str) -> None:
    assert "reserved" in str(refused(name=name))


def test_our_two_names_have_a_meaning_and_lookalikes_are_plain_names() -> None:
    assert Event("questscore.adjust", TIME, user="ada").reserved
    assert Event("questscore.reset", TIME, user="ada").reserved
    assert not Event("questscore", TIME, user="ada").reserved
    assert not Event("Questscore.adjust", TIME, user="ada").reserved


# -- properties


def test_nested_properties_flatten_with_dots_and_missing_ones_go() -> None:
    nested = {"cart": {"total": 3, "coupon": None, "deep": {"x": math.nan, "y": "z"}}, "empty": {}}
    assert properties(**nested) == {"cart.total": 3, "cart.deep.y": "z"}


@pytest.mark.parametrize(
    "colliding",
    [
        {"cart": {"total": 3}, "cart.total": 3},
        {"cart.total": None, "cart": {"total": 3}},  # a missing one has its name too
        {"a": {"b.c": 1}, "a.b": {"c": 2}},
        {"a": {"b": {"c": 1}, "b.c": 1}},
    ],
)
def test_two_properties_that_flatten_to_one_name_are_an_error(colliding: dict[str, Any]) -> None:
    """Even when they agree: the next pair will not."""
    error = refused(properties=colliding)
    assert "two properties flatten to this name" in str(error)
    assert error.problems[0].where in ("properties.cart.total", "properties.a.b.c")


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (True, True),
        (0, 0),
        (-1, -1),
        (1.5, 1.5),
        ("", ""),
        ("12", "12"),
        (2**53, 2**53),
        (-(2**53), -(2**53)),
        (1e308, 1e308),
        (5e-324, 5e-324),
        (-0.0, -0.0),
        (2**31, 2**31),
        (np.int64(3), 3),
        (np.float32(1.5), 1.5),
        (np.bool_(True), 1),
        (np.str_("pro"), "pro"),
        (Decimal("1.25"), 1.25),
        (Fraction(1, 4), 0.25),
    ],
)
def test_a_value_is_used_exactly(value: object, kept: object) -> None:
    """Whole numbers to 2^53, every finite double, texts; scalars of other libraries as what they are."""
    found = properties(k=value)["k"]
    assert found == kept
    assert type(found) in (bool, int, float, str)


@pytest.mark.parametrize("value", [None, math.nan, float("-nan"), np.nan, Decimal("NaN"), np.float32("nan")])
def test_none_and_nan_are_missing(value: object) -> None:
    assert properties(k=value) == {}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (math.inf, "infinite"),
        (-math.inf, "infinite"),
        (np.inf, "infinite"),
        (Decimal("Infinity"), "infinite"),
        (Decimal("1e400"), "infinite"),
        (2**53 + 1, "2^53"),
        (-(2**53) - 1, "2^53"),
        (2**63 - 1, "2^53"),
        (10**400, "2^53"),
        (np.int64(2**53 + 1), "2^53"),
        ([1], "list"),
        ((1,), "tuple"),
        ({1}, "set"),
        (b"x", "bytes"),
        (object(), "object"),
        (1j, "complex"),
        (np.array([1]), "ndarray"),
        (np.array([1.0, 2.0]), "ndarray"),
        (Decimal("sNaN"), "Decimal"),
        (np.timedelta64(1, "s"), "timedelta"),
        (np.datetime64("2026-03-01T09:00"), "datetime"),
    ],
)
def test_what_cannot_be_a_value_is_an_error_that_names_the_key_and_says_why(value: object, why: str) -> None:
    error = refused(properties={"cart": {"k": value}})
    assert error.problems[0].where == "properties.cart.k"
    assert why in error.problems[0].what


def test_properties_keep_the_order_in_which_they_were_given() -> None:
    assert list(properties(b=1, a={"y": 2, "x": 3}, c=None, d=4)) == ["b", "a.y", "a.x", "d"]


def test_a_key_is_text() -> None:
    assert "not text" in str(refused(properties={1: "x"}))
    assert "not text" in str(refused(properties={"a": {None: "x"}}))


def test_properties_nested_without_end_are_an_error_and_no_hang() -> None:
    endless: dict[str, Any] = {}
    endless["again"] = endless
    assert "too deep" in str(refused(properties=endless))


def test_an_event_keeps_its_own_copy_of_the_properties() -> None:
    """An event is a fact: what the caller does with its mapping later does not change it."""
    mine = {"amount": 1}
    event = Event("a", TIME, user="ada", properties=mine)
    mine["amount"] = 2
    assert event.properties == {"amount": 1}


# -- canonical order and content


def test_canonical_order_looks_at_one_thing_after_another() -> None:
    """Time, id, name, user, account, properties; each decides only where all before it tie."""
    ordered = [
        ev("z", TIME - 1, id="z", user="z"),
        ev("a", TIME, id=None, user="ada", account=None),  # no id stands before any id
        ev("a", TIME, id=None, user="ada", account="acme", x=1),  # as text, {"x": 1.0} stands before {}
        ev("a", TIME, id=None, user="ada", account="acme"),
        ev("a", TIME, id=None, user="bob", account="acme"),
        ev("b", TIME, id=None, user="ada", account=None),
        ev("b", TIME, id="1", user="ada"),
        ev("a", TIME, id="2", user="ada"),
        ev("a", TIME + 1, id=None, user=None, account="a"),
    ]
    for seed in range(20):
        shuffled = Random(seed).sample(ordered, len(ordered))
        assert sorted(shuffled, key=canonical) == ordered


def test_the_last_tie_is_settled_by_the_text_of_the_properties() -> None:
    """Sorted JSON with every number a double: ``{"n": 10.0}`` stands before ``{"n": 9.0}``."""
    nine, ten, text = ev("a", TIME, n=9), ev("a", TIME, n=10), ev("a", TIME, n="10")
    assert [content(e.properties) for e in (nine, ten, text)] == ['{"n": 9.0}', '{"n": 10.0}', '{"n": "10"}']
    assert sorted([nine, ten, text], key=canonical) == [text, ten, nine]


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ({"x": 1}, {"x": 1.0}, True),
        ({"x": True}, {"x": 1}, True),
        ({"x": 1, "y": 2}, {"y": 2, "x": 1}, True),
        ({"x": {"y": 1}}, {"x.y": 1}, True),
        ({"x": None}, {}, True),
        ({"x": math.nan}, {}, True),
        ({"x": "1"}, {"x": 1}, False),
        ({"x": ""}, {}, False),
        ({"x": 1}, {"x": 1 + 2**-52}, False),
        ({"x": 1}, {"y": 1}, False),
    ],
)
def test_same_content_is_what_the_properties_come_to(
    a: dict[str, Any], b: dict[str, Any], same: bool
) -> None:
    first, second = (Event("a", TIME, user="ada", properties=given) for given in (a, b))
    assert (canonical(first) == canonical(second)) is same

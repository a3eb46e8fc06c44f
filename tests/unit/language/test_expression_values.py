"""What expressions are worth, as a table; each line is read by row and over columns."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

from questscore.columns import vector
from questscore.language import FUNCTIONS, Value, number, parse, truth

ROW: dict[str, object] = {
    "amount": 12.5,
    "n": 7,
    "zero": 0,
    "paid": True,
    "plan": "Pro",
    "empty": "",
    "digits": "12",
    "gone": None,
    "nan": math.nan,
    "cart.total": 99,
    "huge": 1e308,
    "utm-source": "mail",
}

TABLE: list[tuple[str, Value]] = [
    # literals and names
    ("3", 3.0),
    ("-3", -3.0),
    ("1_000.5", 1000.5),
    ("0x10", 16.0),
    ("'a'", "a"),
    ("True", 1.0),
    ("False", 0.0),
    ("None", None),
    ("plan", "Pro"),
    ("paid", 1.0),
    ("nan", None),
    ("never_seen", None),
    ("cart.total", 99.0),
    ("cart . total", 99.0),
    ("amount\n  + n", 19.5),
    ('prop("utm-source")', "mail"),
    ('prop("never seen")', None),
    # arithmetic
    ("1 + 2 * 3", 7.0),
    ("(1 + 2) * 3", 9.0),
    ("7 // 2", 3.0),
    ("-7 // 2", -4.0),
    ("-7 % 3", 2.0),
    ("7 % -3", -2.0),
    ("n / 2", 3.5),
    ("2 ** 3 ** 2", 512.0),
    ("-2 ** 2", -4.0),
    ("-n", -7.0),
    ("paid + paid", 2.0),
    ("n / zero", None),
    ("n // zero", None),
    ("n % zero", None),
    ("zero / zero", None),
    ("zero ** -1", None),
    ("(-8) ** 0.5", None),
    ("(-n) ** (1 / 3)", None),
    ("huge * 10", None),
    ("huge + huge - huge", None),
    ("2 ** (n * 1000)", None),
    ("1 ** (n * 1000)", None),
    ("gone ** 0", None),
    ("1 ** gone", None),
    ("gone + 1", None),
    ("0 * gone", None),
    ("plan + 1", None),
    ("plan + plan", None),
    ("digits + 1", None),
    ("-plan", None),
    ("-gone", None),
    # comparison
    ("n > 5", 1.0),
    ("n == 7.0", 1.0),
    ("paid == 1", 1.0),
    ("1 < n < 10", 1.0),
    ("1 < n < 5", 0.0),
    ("1 < n > 5 != 6", 1.0),
    ("gone == gone", 0.0),
    ("gone != 1", 0.0),
    ("gone < 1", 0.0),
    ("nan != nan", 0.0),
    ("plan == 'Pro'", 1.0),
    ("plan != 'pro'", 1.0),
    ("'Pro' == plan", 1.0),
    ("plan < 'a'", 1.0),
    ("'é' > 'z'", 1.0),
    ("'\\uffff' < '\\U00010000'", 1.0),
    ("plan == 7", 0.0),
    ("plan != 7", 0.0),
    ("7 != plan", 0.0),
    ("digits == 12", 0.0),
    ("digits < 13", 0.0),
    ("plan == digits", 0.0),
    ("plan > digits", 1.0),
    ("plan == plan", 1.0),
    ("gone == plan", 0.0),
    # in
    ("n in [1, 7]", 1.0),
    ("n in (1, -7)", 0.0),
    ("-n in (1, -7)", 1.0),
    ("n not in [1, 7]", 0.0),
    ("n not in [1]", 1.0),
    ("paid in [True]", 1.0),
    ("paid in [2, True]", 1.0),
    ("plan in ['Pro', 'Team']", 1.0),
    ("plan not in ['Pro']", 0.0),
    ("plan not in ['Team']", 1.0),
    ("gone in [1]", 0.0),
    ("gone not in [1]", 0.0),
    ("plan in [1]", 0.0),
    ("plan not in [1]", 0.0),
    ("n not in ['7']", 0.0),
    # logic
    ("n and plan", 1.0),
    ("zero or empty", 0.0),
    ("gone or n", 1.0),
    ("n and gone", 0.0),
    ("not gone", 1.0),
    ("not empty", 1.0),
    ("not plan", 0.0),
    ("not n == 7", 0.0),
    ("paid > 0 if n > 0 else None", 1.0),
    ("paid > 0 if zero > 0 else None", None),
    ("plan if n else amount", "Pro"),
    ("plan if gone else amount", 12.5),
    # functions
    ("min(3, n, 5)", 3.0),
    ("max(n)", 7.0),
    ("max(n, gone)", None),
    ("min(n, plan)", None),
    ("abs(-n)", 7.0),
    ("abs(plan)", None),
    ("round(0.5)", 0.0),
    ("round(1.5)", 2.0),
    ("round(2.5)", 2.0),
    ("round(-0.4)", 0.0),
    ("round(huge)", 1e308),
    ("floor(-amount)", -13.0),
    ("ceil(amount)", 13.0),
    ("ceil(-0.5)", 0.0),
    ("sqrt(16)", 4.0),
    ("sqrt(-n)", None),
    ("exp(zero)", 1.0),
    ("exp(n * 1000)", None),
    ("log(1)", 0.0),
    ("log(zero)", None),
    ("log(-n)", None),
    ("log1p(zero)", 0.0),
    ("log1p(-1)", None),
    ("clip(n, 0, 5)", 5.0),
    ("clip(n, 8, 9)", 8.0),
    ("clip(n, 9, 5)", 5.0),
    ("clip(n, gone, 5)", None),
    ("coalesce(gone, plan, n)", "Pro"),
    ("coalesce(gone, nan)", None),
    ("coalesce(zero, 5)", 0.0),
    ("coalesce(empty, 'x')", ""),
    ("is_missing(gone)", 1.0),
    ("is_missing(nan)", 1.0),
    ("is_missing(empty)", 0.0),
    ("is_missing(n / zero)", 1.0),
    ("weighted_mean(10, 1, 20, 3)", 17.5),
    ("weighted_mean(10, 1, gone, 3)", 10.0),
    ("weighted_mean(10, 1, 20, gone)", 10.0),
    ("weighted_mean(n, 1, plan, 3)", 7.0),
    ("weighted_mean(plan, 1)", None),
    ("weighted_mean(n, zero)", None),
    ("weighted_mean(n, 1, n, -1)", None),
    ("weighted_mean(1, huge, 1, huge)", None),
    ("lower(plan)", "pro"),
    ("lower(n)", None),
    ("lower(gone)", None),
    ("startswith(plan, 'Pr')", 1.0),
    ("startswith(plan, 'pr')", 0.0),
    ("endswith(plan, 'o')", 1.0),
    ("contains(plan, 'r')", 1.0),
    ("contains(plan, '')", 1.0),
    ("contains('Professional', plan)", 1.0),
    ("contains(plan, plan)", 1.0),
    ("contains(digits, 1)", None),
    ("contains(n, '7')", None),
    ("contains(gone, 'x')", None),
    ("contains(lower(plan), 'p')", 1.0),
]


def column(value: object) -> vector.Vector:
    """The row's value between two missing ones."""
    value = number(value)
    if isinstance(value, str):
        return vector.Vector(math.nan, np.array([-1, 1, -1], "i4"), ("unused", value))
    cell = math.nan if value is None else value
    return vector.Vector(np.array([math.nan, cell, math.nan]))


def middle(found: vector.Vector) -> Value:
    if isinstance(found.text, np.ndarray) and found.text[1] >= 0:
        return found.texts[int(found.text[1])]
    if isinstance(found.text, int):
        return found.texts[found.text]
    value = float(vector.numbers(found, 3)[1])
    return None if math.isnan(value) else value


@pytest.mark.parametrize(("text", "want"), TABLE)
def test_a_value(text: str, want: Value) -> None:
    def look(name: str) -> Value:
        return number(ROW.get(name))

    def look_down(name: str) -> vector.Vector:
        return column(ROW.get(name))

    expression = parse(text)
    got = expression.evaluate(look, look)
    assert (got, type(got)) == (want, type(want))
    assert middle(vector.evaluate(expression, look_down, look_down, 3)) == want
    assert vector.holds(expression, look_down, look_down, 3)[1] == truth(want)


def test_every_function_is_in_the_table() -> None:
    assert not {name for name in FUNCTIONS if not any(f"{name}(" in text for text, _ in TABLE)}


def test_a_negative_zero_is_not_shown() -> None:
    for text in ("round(-0.4)", "ceil(-0.4)"):
        assert str(parse(text).evaluate(lambda name: None)) == "0.0"


def test_prop_without_a_way_to_read_properties_is_missing() -> None:
    assert parse('prop("x")').evaluate(lambda name: 1.0) is None


@pytest.mark.parametrize(
    ("raw", "want"),
    [
        (None, None),
        (math.nan, None),
        (math.inf, None),
        (True, 1.0),
        (3, 3.0),
        (10**400, None),
        ("", ""),
        ("3", "3"),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3.0),
        (np.bool_(True), 1.0),
        (np.float64("nan"), None),
    ],
)
def test_a_scalar_of_the_host_becomes_a_value(raw: object, want: Value) -> None:
    got = number(raw)
    assert (got, type(got)) == (want, type(want))


def test_what_is_no_scalar_is_refused() -> None:
    with pytest.raises(TypeError, match="not list"):
        number([1])


@pytest.mark.parametrize("value", [None, 0.0, -0.0, ""])
def test_what_is_false(value: Value) -> None:
    assert not truth(value)


@pytest.mark.parametrize("value", [1.0, -0.5, "a", "0"])
def test_what_is_true(value: Value) -> None:
    assert truth(value)


def test_an_expression_is_its_text() -> None:
    one, same, other = parse("a + cart.b"), parse("  a + cart.b\n"), parse('a + prop("x y")')
    assert one == same and hash(one) == hash(same) and one != other
    assert (str(one), one.names, one.properties) == ("a + cart.b", frozenset(["a", "cart.b"]), frozenset())
    assert (other.names, other.properties) == (frozenset(["a"]), frozenset(["x y"]))
    assert pickle.loads(pickle.dumps(one)).evaluate(lambda name: 1.5) == 3.0  # noqa: S301

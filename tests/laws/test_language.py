"""Over columns an expression is worth, row by row, what it is worth by itself."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from questscore.columns.vector import Vector, constant, evaluate, holds, numbers, truth
from questscore.errors import ModelError
from questscore.language import Value, number, parse
from questscore.language import truth as true

NAMES = ["a", "b.c", "d", "unknown"]
WORDS = ["", "a", "A", "b", "ab", "Ba", "é", "1"]
NUMBERS = ["0", "1", "2", "3.5", "0.1", "1e308", "True", "False", "-1", "-0.5", "7"]

names = st.sampled_from([*NAMES[:-1] * 3, NAMES[-1]])
leaves = st.one_of(
    names,
    names,
    names,
    st.sampled_from(NAMES).map('prop("{}")'.format),
    st.sampled_from([*NUMBERS, "None"]),
    st.sampled_from(WORDS).map(repr),
)
lists = st.one_of(
    st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=12),
    st.lists(st.sampled_from(WORDS).map(repr), min_size=1),
).map(lambda items: f"[{', '.join(items)}]")


def filled(template: str, inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*[inner] * template.count("{}")).map(lambda parts: template.format(*parts))


SIGNS = ["+", "-", "*", "/", "//", "%"]
COMPARED = ["==", "!=", "<", "<=", ">", ">="]
TEMPLATES = [
    *["({} if {} else {})", "(-{})", "(not {})", "({} and {})", "({} or {} or {})", "clip({}, {}, {})"],
    *[f"{name}({{}})" for name in ("abs", "round", "floor", "ceil", "sqrt", "is_missing", "lower", "min")],
    *[f"{name}({{}}, {{}})" for name in ("min", "max", "contains", "startswith", "endswith", "coalesce")],
    *["coalesce({}, {}, {})", "max({}, {}, {})", "weighted_mean({}, {})", "weighted_mean({}, {}, {}, {})"],
    *[f"({{}} {sign} {{}})" for sign in SIGNS],
]


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    compared = st.sampled_from(COMPARED)
    listed = st.tuples(inner, st.sampled_from(["in", "not in"]), lists)
    return st.one_of(
        st.sampled_from(TEMPLATES).flatmap(lambda template: filled(template, inner)),
        st.tuples(inner, compared, inner).map(_unless_none),
        st.tuples(inner, compared, inner, compared, inner).map(_unless_none),
        listed.map(lambda parts: "({} {} {})".format(*parts)),
    )


def _unless_none(parts: tuple[str, ...]) -> str:
    return f"({' '.join('unknown' if part == 'None' else part for part in parts)})"


expressions = st.one_of(grown(names), grown(leaves), st.recursive(leaves, grown, max_leaves=14))
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 8),
    st.sampled_from([0.5, 2.5, -1.5, 0.1, 1e308, -1e308, 5e-324, -0.0, math.nan]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(WORDS),
)
kinds = st.sampled_from(
    [
        values,
        values,
        st.sampled_from(WORDS),
        st.one_of(st.none(), st.sampled_from(WORDS)),
        st.integers(-3, 8),
        st.none(),
    ]
)
Table = dict[str, tuple[list[Value], Vector]]


@st.composite
def columns(draw: st.DrawFn, size: int) -> tuple[list[Value], Vector]:
    """Some values and a column that holds them, in one of the forms that it may have."""
    if draw(st.integers(0, 4)) == 0:
        value = number(draw(values))
        return [value] * size, constant(value)
    cells = [number(cell) for cell in draw(st.lists(draw(kinds), min_size=size, max_size=size))]
    num = np.array([cell if isinstance(cell, float) else math.nan for cell in cells], dtype=np.float64)
    texts = draw(st.permutations([*WORDS, "unused", *["more"] * draw(st.sampled_from([0, 40]))]))
    codes = np.array([texts.index(c) if isinstance(c, str) else -1 for c in cells], dtype=np.int32)
    plain = draw(st.booleans())
    return cells, Vector(
        math.nan if plain and np.isnan(num).all() else num,
        None if plain and (codes < 0).all() else codes,
        texts,
    )


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, Table]:
    size = draw(st.sampled_from([0, 1, 3, 6, 10]))
    return size, {name: draw(columns(size)) for name in NAMES if name != "unknown"}


def readers(table: Table) -> tuple[Callable[[str], Vector], Callable[[int], Callable[[str], Value]]]:
    nothing = constant(None)
    return (
        lambda name: table[name][1] if name in table else nothing,
        lambda row: lambda name: table[name][0][row] if name in table else None,
    )


def at(vector: Vector, row: int, size: int) -> Value:
    code = vector.text if vector.text is None or isinstance(vector.text, int) else int(vector.text[row])
    value = float(numbers(vector, size)[row])
    if code is not None and code >= 0:
        assert math.isnan(value), "a text and a number at once"
        return vector.texts[code]
    assert not math.isinf(value)
    return None if math.isnan(value) else value


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(expressions, tables())
def test_columns_say_what_rows_say(text: str, sized: tuple[int, Table]) -> None:
    size, table = sized
    expression = parse(text)
    column, row = readers(table)
    found = evaluate(expression, column, column, size)
    want = [expression.evaluate(row(i), row(i)) for i in range(size)]
    assert [at(found, i, size) for i in range(size)] == want
    flags = [true(value) for value in want]
    assert truth(found, size).tolist() == flags
    assert holds(expression, column, column, size).tolist() == flags


EVERY: list[Value] = [
    None,
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    2.5,
    -7.0,
    1e308,
    5e-324,
    "",
    "a",
    "A",
    "ab",
    "b",
    "é",
    "1",
]


def _column(cells: list[Value]) -> tuple[list[Value], Vector]:
    texts = ["unused", *(cell for cell in reversed(EVERY) if isinstance(cell, str))]
    num = np.array([cell if isinstance(cell, float) else math.nan for cell in cells])
    codes = np.array([texts.index(c) if isinstance(c, str) else -1 for c in cells], dtype=np.int32)
    return cells, Vector(num, codes, texts)


@pytest.mark.parametrize(
    "template",
    [
        *TEMPLATES,
        *[f"{{}} {sign} {{}}" for sign in COMPARED],
        "{} < {} != {}",
        *["{} in [1, -0.0]", "{} not in [1, 2.5]", "{} in ['', 'a']", "{} not in ['a']"],
    ],
)
def test_every_operator_on_every_pair_of_values(template: str) -> None:
    size = len(EVERY) ** 2
    table: Table = {
        "a": _column([left for left in EVERY for _ in EVERY]),
        "b.c": _column(EVERY * len(EVERY)),
        "d": _column([EVERY[row * 7 // 3 % len(EVERY)] for row in range(size)]),
    }
    column, row = readers(table)
    holes = template.count("{}")
    for filling in (["a", "b.c", "d", "a"], ["b.c", "1", "a", "2.5"], ["'a'", "b.c", "1", "d"]):
        expression = parse(template.format(*filling[:holes]))
        found = evaluate(expression, column, None, size)
        assert [at(found, i, size) for i in range(size)] == [expression.evaluate(row(i)) for i in range(size)]


@pytest.mark.parametrize("text", ["exp(a)", "log(a)", "log1p(a)", "a ** d", "a ** 3", "a ** -0.5", "2 ** a"])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(sized=tables())
def test_what_libraries_round_differently_agrees_closely(text: str, sized: tuple[int, Table]) -> None:
    size, table = sized
    expression = parse(text)
    column, row = readers(table)
    found = evaluate(expression, column, None, size)
    for i in range(size):
        want, got = expression.evaluate(row(i)), at(found, i, size)
        if isinstance(want, float) and isinstance(got, float):
            assert math.isclose(want, got, rel_tol=1e-9, abs_tol=1e-300)
        else:
            assert want == got


@settings(max_examples=500, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40),
        st.lists(st.sampled_from([*"ab1.+-*/%()[],'=<>! \n", "in", " not ", " if ", " else ", "None"])).map(
            "".join
        ),
    )
)
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        expression = parse(text)
    except ModelError as error:
        assert error.problems[0].what.startswith("column ")
    else:
        assert parse(str(expression)).tree == expression.tree

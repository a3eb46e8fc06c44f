"""A compiled expression gives for every row what the definition gives, to the bit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from questscore.language import Value, truth
from questscore.language.closures import compiled, condition
from questscore.language.evaluate import evaluate
from questscore.language.functions import TABLE
from questscore.language.tree import Arithmetic, Call, Compare, Literal, Name, Node, Prop, Within
from support.trees import NAMES, trees, values

Row = dict[str, Value]


def leaf(node: Name | Prop) -> Callable[[Row], Value]:
    """Names as they are; a property of a name under another key."""
    key = node.name if isinstance(node, Name) else f"prop {node.name}"
    return lambda row: row.get(key)


def agree(node: Node, rows: list[Row]) -> None:
    value, holds = compiled(node, leaf), condition(node, leaf)
    for row in rows:
        want = evaluate(node, row.get, lambda name, row=row: row.get(f"prop {name}"))  # type: ignore[misc]
        assert repr(value(row)) == repr(want)  # repr tells the sign of zero, and the type
        assert holds(row) is truth(want)


rows = st.fixed_dictionaries({key: values for name in NAMES for key in (name, f"prop {name}")})


@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(trees, st.lists(rows, min_size=1, max_size=4))
def test_closures_say_what_the_definition_says(node: Node, rows: list[Row]) -> None:
    agree(node, rows)


EVERY: list[Value] = [
    *[None, 0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -7.0, 30.0, 1e308, -1e308, 5e-324],
    *["", "a", "A", "ab", "b", "é", "1"],
]
PAIRS: list[Row] = [{"a": left, "t": right} for left in EVERY for right in EVERY]


@pytest.mark.parametrize("sign", ["+", "-", "*", "/", "//", "%", "**"])
def test_every_pair_of_operands(sign: str) -> None:
    agree(Arithmetic(sign, Name("a"), Name("t")), PAIRS)
    for value in EVERY:
        agree(Arithmetic(sign, Name("a"), Literal(value)), PAIRS)
        agree(Arithmetic(sign, Literal(value), Name("a")), PAIRS)


@pytest.mark.parametrize("sign", ["==", "!=", "<", "<=", ">", ">="])
def test_every_pair_compared(sign: str) -> None:
    agree(Compare(Name("a"), ((sign, Name("t")),)), PAIRS)
    agree(Compare(Name("a"), (("<=", Name("t")), (sign, Name("a")))), PAIRS)
    for value in EVERY:
        agree(Compare(Name("a"), ((sign, Literal(value)),)), PAIRS)
        agree(Compare(Literal(value), ((sign, Name("a")),)), PAIRS)


@pytest.mark.parametrize("options", [(1.0,), (0.0, 2.5), (-0.0,), ("",), ("a", "1")])
@pytest.mark.parametrize("negated", [False, True])
def test_every_value_looked_up(options: tuple[float, ...] | tuple[str, ...], negated: bool) -> None:
    agree(Within(Name("a"), options, negated), PAIRS)


@pytest.mark.parametrize(
    ("function", "count"),
    [(name, count) for name, function in TABLE.items() for count in (1, 2, 3, 4) if function.accepts(count)],
)
def test_every_function_of_every_pair(function: str, count: int) -> None:
    for arguments in (
        (Name("a"), Name("t"), Name("a"), Name("t")),
        (Name("a"), Literal(2.5), Name("t"), Literal(-1.0)),
        (Name("t"), Literal("a"), Literal("b"), Name("a")),
    ):
        agree(Call(function, arguments[:count]), PAIRS)

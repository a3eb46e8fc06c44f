"""The range of an expression holds its value for all values in the ranges of its names."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from questscore.language import Value, truth
from questscore.language.evaluate import evaluate
from questscore.language.functions import TABLE
from questscore.language.ranges import Range, spanned
from questscore.language.tree import Arithmetic, Call, Compare, Name, Node, Not
from support.trees import NAMES, NUMBERS, numbers, trees, values, words

bounds = st.one_of(numbers, st.sampled_from([-math.inf, math.inf]))
texts = st.one_of(st.frozensets(words, max_size=3), st.none())


@st.composite
def ranges(draw: st.DrawFn, name: str = "") -> Range:
    """A range that holds something; mostly numbers alone for the names that are mostly numbers."""
    sort = draw(st.sampled_from(["constant", "numbers", "numbers", "numbers", "mixed"]))
    if sort == "constant":
        return Range.exactly(draw(values))
    if name in NUMBERS or draw(st.booleans()):
        low, high = sorted((draw(bounds), draw(bounds)))
        if low != high or math.isfinite(low):
            found = Range.between(low, high)
            if sort == "numbers":
                return found
            return found.union(Range(missing=draw(st.booleans()), texts=draw(texts)))
    return Range(missing=draw(st.booleans()), texts=draw(texts)).union(Range.exactly(draw(words)))


@st.composite
def members(draw: st.DrawFn, held: Range) -> Value:
    """A value of the range, often at an end."""
    sorts: list[st.SearchStrategy[Value]] = []
    if held.missing:
        sorts.append(st.none())
    if held.texts is None:
        sorts.append(words)
    elif held.texts:
        sorts.append(st.sampled_from(sorted(held.texts)))
    if held.numeric:
        low, high = max(held.low, -1.7976931348623157e308), min(held.high, 1.7976931348623157e308)
        inside = [x for x in (low, high, 0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324) if low <= x <= high]
        sorts += [st.sampled_from(inside), st.sampled_from(inside)]
        if low < high:
            sorts.append(st.floats(low, high))
    return draw(st.one_of(sorts))


Case = tuple[dict[str, Range], list[dict[str, Value]]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A range for each name, and rows of values that they hold."""
    spans = {name: draw(ranges(name)) for name in NAMES}
    row = st.fixed_dictionaries({name: members(held) for name, held in spans.items()})
    return spans, draw(st.lists(row, min_size=1, max_size=6))


def sound(node: Node, case: Case) -> None:
    spans, rows = case
    found = spanned(node, spans.__getitem__)
    for row in rows:
        value = evaluate(node, row.__getitem__)
        assert found.contains(value), f"{value!r} of {row} is not in {found}"
        assert found.truth in (None, truth(value))


@settings(max_examples=700, deadline=None, suppress_health_check=list(HealthCheck))
@given(trees, cases())
def test_a_range_holds_every_value(node: Node, case: Case) -> None:
    sound(node, case)


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(trees, st.fixed_dictionaries(dict.fromkeys(NAMES, values)))
def test_constants_have_one_value_exactly(node: Node, row: dict[str, Value]) -> None:
    found = spanned(node, lambda name: Range.exactly(row[name]))
    assert found.constant
    assert repr(found.only()) == repr(evaluate(node, row.__getitem__))


ONE_OPERATION: list[Node] = [
    *[Arithmetic(sign, Name("a"), Name("b")) for sign in ("+", "-", "*", "/", "//", "%", "**")],
    *[Compare(Name("a"), ((sign, Name("b")),)) for sign in ("==", "!=", "<", "<=", ">", ">=")],
    *[Not(Compare(Name("t"), ((sign, Name("u")),))) for sign in ("==", "!=", "<", ">=")],
    *[
        Call(name, tuple(map(Name, ("tua" if function.takes is str else "abc")[: max(2, function.least)])))
        for name, function in TABLE.items()
        if function.accepts(max(2, function.least))
    ],
    *[Call(name, (Name("a"),)) for name, function in TABLE.items() if function.accepts(1)],
]


@pytest.mark.parametrize("node", ONE_OPERATION, ids=str)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases())
def test_one_operation_holds_every_value(node: Node, case: Case) -> None:
    sound(node, case)


@pytest.mark.parametrize("function", ["exp", "log", "log1p"])
@settings(max_examples=400, deadline=None)
@given(x=st.floats(-745.5, 710.0), steps=st.integers(1, 40))
def test_neighbours_stay_within_where_a_library_may_waver(function: str, x: float, steps: int) -> None:
    points = [x]
    for _ in range(steps):
        points.append(math.nextafter(points[-1], math.inf))
    node = Call(function, (Name("a"),))
    held = spanned(node, lambda name: Range.between(points[0], points[-1]))
    for point in points:
        assert held.contains(evaluate(node, {"a": point}.__getitem__))


@settings(max_examples=300, deadline=None)
@given(ranges(), ranges(), st.data())
def test_a_union_holds_what_either_holds(one: Range, other: Range, data: st.DataObject) -> None:
    both = one.union(other)
    assert both.contains(data.draw(members(one)))
    assert both.contains(data.draw(members(other)))
    assert both == other.union(one)

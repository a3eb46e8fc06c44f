"""Expressions made into functions: what they ask of a row, and how often."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter

import pytest

from questscore.language import Value, parse
from questscore.language.closures import compiled, condition
from questscore.language.tree import Name, Prop

Row = dict[str, Value]


class Readers:
    """Leaves that tell which places were asked for, and which names a row was read for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.read: list[str] = []

    def __call__(self, node: Name | Prop) -> Callable[[Row], Value]:
        self.asked.append(node.name)

        def read(row: Row) -> Value:
            self.read.append(node.name)
            return row[node.name]

        return read


def test_a_row_may_be_anything_that_leaves_can_read() -> None:
    places = ["actions", "days"]
    value = compiled(parse("actions * days / 30").tree, lambda leaf: itemgetter(places.index(leaf.name)))
    assert value([12.0, 5.0]) == 2.0
    assert value([12.0, None]) is None


def test_a_property_is_asked_for_as_one() -> None:
    kinds: list[type] = []

    def leaf(node: Name | Prop) -> Callable[[Row], Value]:
        kinds.append(type(node))
        return itemgetter(node.name)

    value = compiled(parse('prop("utm-source") == source').tree, leaf)
    assert value({"utm-source": "mail", "source": "mail"}) == 1.0
    assert kinds == [Prop, Name]


@pytest.mark.parametrize(
    ("text", "row", "want"),
    [
        ("actions > 0", {"actions": 1.0}, True),
        ("actions > 0", {"actions": 0.0}, False),
        ("actions > 0", {"actions": None}, False),
        ("actions > 0", {"actions": "1"}, False),
        ("0 < actions", {"actions": 1.0}, True),
        ("actions != 3", {"actions": "3"}, False),
        ("rating == 'happy'", {"rating": "happy"}, True),
        ("rating == 'happy'", {"rating": None}, False),
        ("rating not in ['happy']", {"rating": 3.0}, False),
        ("rating", {"rating": ""}, False),
        ("rating", {"rating": "0"}, True),
        ("idle < 7 or is_missing(idle)", {"idle": None}, True),
    ],
)
def test_a_condition_is_true_or_false_and_its_value_one_or_zero(text: str, row: Row, want: bool) -> None:
    tree = parse(text).tree
    assert condition(tree, Readers())(row) is want
    if text != "rating":
        assert repr(compiled(tree, Readers())(row)) == repr(float(want))


def test_leaves_are_asked_for_when_compiled_and_read_when_called() -> None:
    readers = Readers()
    value = compiled(parse("a + b * a").tree, readers)
    assert (readers.asked, readers.read) == (["a", "b", "a"], [])
    value({"a": 1.0, "b": 2.0})
    assert sorted(readers.asked) == sorted(readers.read) == ["a", "a", "b"]


def test_nothing_is_read_beyond_what_decides() -> None:
    readers = Readers()
    both = condition(parse("a > 1 and b > 1").tree, readers)
    assert both({"a": 0.0}) is False
    either = condition(parse("a > 1 or b > 1 or c > 1").tree, readers)
    assert either({"a": 2.0}) is True
    assert set(readers.read) == {"a"}


def test_a_branch_that_no_row_takes_is_not_asked_for() -> None:
    readers = Readers()
    assert compiled(parse("a if 2 > 1 else b").tree, readers)({"a": 3.0}) == 3.0
    assert readers.asked == ["a"]


def test_the_middle_of_a_chain_is_read_once() -> None:
    """Nested chains would else double their work at each depth."""
    text = "a"
    for _ in range(15):
        text = f"(0 <= {text} < 2)"
    readers = Readers()
    assert compiled(parse(text).tree, readers)({"a": 1.0}) == 1.0
    assert readers.read == ["a"]


def test_what_has_no_answer_whatever_the_row_reads_nothing() -> None:
    readers = Readers()
    for text in ("a / 0", "a // 0.0", "a % 0", "'x' + a", "a * (1 / 0)"):
        assert compiled(parse(text).tree, readers)({"a": 1.0}) is None
    assert condition(parse("a > 1 / 0").tree, readers)({"a": 1.0}) is False
    assert readers.read == []

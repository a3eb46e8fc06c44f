"""What is particular to columns: shapes, constants, dictionaries, and work that does not grow with rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import overload

import numpy as np
import pytest

from questscore.columns.vector import Vector, constant, evaluate, holds, numbers, truth
from questscore.language import parse

AMOUNT = Vector(np.array([5.0, 20.0, np.nan, 0.0]))
PLAN = Vector(math.nan, np.array([2, 0, -1, 2], dtype=np.int32), ("pro", "unused", "free"))
COUNTRY = Vector(math.nan, np.array([0, 1, 1, -1], dtype=np.int32), ("free", "pro"))


def look(name: str) -> Vector:
    return {"amount": AMOUNT, "plan": PLAN, "country": COUNTRY}.get(name, constant(None))


def over(text: str) -> Vector:
    return evaluate(parse(text), look, look, 4)


def words(vector: Vector) -> list[str | None]:
    assert isinstance(vector.text, np.ndarray)
    return [None if code < 0 else vector.texts[code] for code in vector.text]


@pytest.mark.parametrize(
    "text", ["1 + 2 * 3", "unknown > 1", "lower('A') == 'a'", "not unknown", "coalesce(unknown, 'x')"]
)
def test_what_reads_no_column_stays_one_value(text: str) -> None:
    found = over(text)
    assert isinstance(found.num, float) and not isinstance(found.text, np.ndarray)


def test_constants_fill_the_rows_asked_for() -> None:
    assert numbers(constant(3.0), 2).tolist() == [3.0, 3.0]
    assert np.isnan(numbers(constant("a"), 2)).all()
    assert truth(constant("a"), 3).tolist() == [True] * 3
    assert truth(constant(None), 0).tolist() == []
    assert holds(parse("1 < 2"), look, None, 2).tolist() == [True, True]


def test_scalars_of_numpy_are_constants() -> None:
    vector = Vector(np.float64(3), None)
    assert type(vector.num) is float and truth(vector, 1).tolist() == [True]


def test_comparisons_of_two_text_columns_go_by_the_texts_and_not_by_their_codes() -> None:
    assert holds(parse("plan == country"), look, None, 4).tolist() == [True, True, False, False]
    assert holds(parse("plan != country"), look, None, 4).tolist() == [False, False, False, False]
    assert holds(parse("plan <= country"), look, None, 4).tolist() == [True, True, False, False]


def test_branches_merge_dictionaries_without_repeats() -> None:
    merged = over("plan if amount > 5 else country")
    assert words(merged) == ["free", "pro", "pro", None]
    assert sorted(merged.texts) == ["free", "pro"]
    mixed = over("coalesce(plan, amount, 'none')")
    assert words(mixed) == ["free", "pro", "none", "free"]
    assert words(over("lower(plan)")) == ["free", "pro", None, "free"]


def test_a_dictionary_longer_than_the_column_reads_the_same() -> None:
    long = Vector(math.nan, np.array([70, 3, -1], dtype=np.int32), [f"w{i}" for i in range(100)])
    for text, want in (
        ("x != 'w3'", [True, False, False]),
        ("x in ['w3']", [False, True, False]),
        ("x", [True, True, False]),
    ):
        assert holds(parse(text), lambda name: long, None, 3).tolist() == want
    found = evaluate(parse("contains(x, '7')"), lambda name: long, None, 3)
    assert str(numbers(found, 3)) == "[ 1.  0. nan]"


def test_numbers_and_texts_share_a_column() -> None:
    mixed = over("plan if amount > 5 else amount")
    assert words(mixed) == [None, "pro", None, None]
    assert str(numbers(mixed, 4)) == "[ 5. nan nan  0.]"
    assert truth(mixed, 4).tolist() == [True, True, False, False]


def test_no_rows() -> None:
    none = Vector(np.empty(0), np.empty(0, dtype=np.int32), ())
    for text in (
        "x > 1",
        "x == 'a'",
        "x if x else 'b'",
        "contains(x, x)",
        "weighted_mean(x, x)",
        "x in ['a']",
    ):
        assert holds(parse(text), lambda name: none, None, 0).shape == (0,)


def test_a_column_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="amount: an array of shape"):
        evaluate(parse("amount > 1"), look, None, 5)


def test_prop_reads_through_its_own_lookup() -> None:
    assert numbers(evaluate(parse('prop("amount") + 1'), look, look, 4), 4)[0] == 6.0
    assert evaluate(parse('prop("amount") + 1'), look, None, 4).num != 0.0


def test_each_name_is_asked_for_once() -> None:
    asked: list[str] = []

    def asking(name: str) -> Vector:
        asked.append(name)
        return look(name)

    evaluate(parse("(amount - amount) / amount + prop('amount')"), asking, asking, 4)
    assert asked == ["amount", "amount"]


def test_nothing_is_infinite_and_inputs_are_not_written() -> None:
    before = numbers(AMOUNT, 4).copy()
    for text in (
        "amount / 0",
        "1 / amount",
        "exp(amount * 100)",
        "log(amount)",
        "amount ** -1",
        "amount * 1e308",
    ):
        assert not np.isinf(numbers(over(text), 4)).any()
    assert np.array_equal(numbers(AMOUNT, 4), before, equal_nan=True)


class Counted(Sequence[str]):
    """A dictionary that counts how often it is read."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.reads = 0

    def __len__(self) -> int:
        return len(self.texts)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        self.reads += 1
        return self.texts[index]


@pytest.mark.parametrize(
    "text",
    [
        "x == 'w3'",
        "x > x",
        "x in ['w1']",
        "lower(x)",
        "contains(x, '1')",
        "contains(x, x)",
        "startswith('w1', x)",
        "x if x else 1",
        "coalesce(x, 'a')",
        "not x",
    ],
)
@pytest.mark.parametrize("unused", [0, 1_000_000])
def test_texts_are_read_by_distinct_text_and_not_by_row(text: str, unused: int) -> None:
    texts = Counted([f"w{i}" for i in range(10)] + [""] * unused)
    column = Vector(math.nan, np.arange(50_000, dtype=np.int32) % 10, texts)
    evaluate(parse(text), lambda name: column, None, 50_000)
    assert texts.reads <= 50


@pytest.mark.parametrize("compute", [lambda v: evaluate(parse("x"), lambda _: v, None, 4)])
def test_a_bare_name_is_the_column_itself(compute: Callable[[Vector], Vector]) -> None:
    assert compute(AMOUNT) is AMOUNT

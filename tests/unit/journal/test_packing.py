"""Packed columns give back what was packed, bit by bit, in the bytes that hold it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from questscore.journal.growing import NewNumbers, NewWords
from questscore.journal.packing import nbytes, packed, packed_numbers, unpacked, unsigned
from questscore.journal.values import Numbers, Words

WIDTHS = st.sampled_from([1, 7, 8, 9, 16, 17, 24, 25, 32, 33, 40, 41, 48, 49, 62])
DOUBLES = st.sampled_from([0.0, -0.0, 1.0, -128.0, 300.0, 70_000.0, 2.0**40, 0.5, 0.1, 1e300, 5e-324])


@given(st.data(), WIDTHS, st.booleans(), st.booleans())
def test_whole_numbers_come_back(data: st.DataObject, bits: int, offset: bool, split: bool) -> None:
    least = -(2**bits) if offset else 0
    values = np.array(
        data.draw(st.lists(st.integers(least, 2**bits), min_size=1, max_size=20)), dtype=np.int64
    )
    column = packed(values, offset=offset, split=split)
    assert [column[i] for i in range(len(values))] == values.tolist()
    assert unpacked(column).tolist() == values.tolist()


def test_the_extremes_of_time_come_back() -> None:
    values = np.array([-(2**63), 2**63 - 1, 0])
    assert [packed(values, offset=True)[i] for i in range(3)] == values.tolist()


@pytest.mark.parametrize(
    ("largest", "split", "width"),
    [
        (200, True, 1), (300, True, 2), (70_000, True, 3), (70_000, False, 4), (2**24, True, 4),
        (2**33, True, 5), (2**41, True, 6), (2**33, False, 8), (2**50, True, 8),
    ],
)  # fmt: skip
def test_whole_numbers_take_the_bytes_that_hold_them(largest: int, split: bool, width: int) -> None:
    assert nbytes(packed(np.array([0, 1, largest, 2]), split=split)) == 4 * width


def test_what_is_above_a_base_and_what_is_all_the_same_takes_less() -> None:
    assert nbytes(packed(np.array([10**15, 10**15 + 200]), offset=True)) == 2
    assert nbytes(packed(np.full(1000, 7))) == 8


@given(st.lists(DOUBLES, min_size=1, max_size=12))
def test_doubles_come_back_to_the_sign_of_zero(values: list[float]) -> None:
    given_ = np.array(values)
    found = packed_numbers(given_).astype(np.float64)
    assert found.view(np.int64).tolist() == given_.view(np.int64).tolist()


def test_unsigned_is_as_narrow_as_can_be() -> None:
    kinds = [unsigned(np.array([0, most])).dtype.name for most in (255, 256, 70_000, 2**40)]
    assert kinds == ["uint8", "uint16", "uint32", "uint64"]
    assert unsigned(np.zeros(0, dtype=np.int64)).tolist() == []


@given(st.dictionaries(st.integers(0, 40), DOUBLES, min_size=1), st.integers(41, 400))
def test_numbers_of_a_block_are_there_where_they_are(found: dict[int, float], size: int) -> None:
    rows = sorted(found)
    numbers = Numbers.of(np.array(rows), np.array([found[row] for row in rows]), size)
    growing = NewNumbers()
    for row in rows:
        growing.append(np.array([row]), np.array([found[row]]))
    for column in (numbers, growing):
        read = [column.at(row) for row in range(size)]
        assert [str(value) for value in read] == [str(found.get(row)) for row in range(size)]
        whole = column.whole(size).tolist()
        assert [str(found.get(row, math.nan)) for row in range(size)] == [str(float(v)) for v in whole]
    assert numbers.present().tolist() == rows


@given(
    st.dictionaries(st.integers(0, 40), st.sampled_from(["", "a", "b", "Zoë"]), min_size=1),
    st.integers(41, 400),
)
def test_texts_of_a_block_are_there_where_they_are(found: dict[int, str], size: int) -> None:
    rows = sorted(found)
    growing = NewWords()
    for row in rows:
        growing.append(np.array([row]), growing.dictionary.codes([found[row]]))
    words = Words.of(*growing.all(), growing.dictionary.texts, size)
    for column in (words, growing):
        assert [column.at(row) for row in range(size)] == [found.get(row) for row in range(size)]
    assert words.present().tolist() == rows


def test_most_rows_with_a_value_are_dense_and_few_are_not() -> None:
    some = np.arange(0, 1000, 2)
    values = some.astype(np.float64) * 0.1
    assert Numbers.of(some, values, 1000).rows is None
    assert Numbers.of(some[:20], values[:20], 1000).nbytes == 20 * (2 + 8)
    assert Numbers.of(some[:20], np.ones(20), 1000).nbytes == 20 * 2 + 1

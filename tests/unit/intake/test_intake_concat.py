"""Tables put together are the table of all rows."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from questscore.columns.table import EventTable
from questscore.intake import concat, from_rows

ROWS: list[dict[str, Any]] = [
    {"name": "login", "time": 10**15, "user": "ada"},
    {"name": "buy", "time": 10**15 + 1, "account": "acme", "amount": 3, "plan": "pro", "id": "1"},
    {"name": "buy", "time": "soon", "user": "ada"},
    {"name": "login", "time": 10**15 + 2, "user": "bob", "plan": 5, "amount": None},
    {"name": "buy", "time": 10**15 + 3, "user": "ada", "plan": "free", "id": ""},
    {"name": "visit", "time": 10**15 + 4, "user": "cy", "account": "acme", "plan": "pro", "id": "2"},
]


def told(table: EventTable) -> list[object]:
    return [*table, *table.rejections]


@pytest.mark.parametrize("cuts", [(0, 6), (3,), (1, 2, 3, 4, 5), (2, 2, 4)])
def test_a_cut_source_is_the_whole_one(cuts: tuple[int, ...]) -> None:
    """Events, properties, ids and the rows of rejections."""
    edges = [0, *cuts, len(ROWS)]
    parts = [from_rows(ROWS[a:b]) for a, b in pairwise(edges)]
    whole, again = from_rows(ROWS), concat(parts)
    assert told(again) == told(whole)
    assert sorted(again.properties) == sorted(whole.properties)
    assert len(set(again.name.values)) == len(again.name.values)


def test_slices_of_one_table_share_their_dictionary() -> None:
    """And nothing at all is an empty table."""
    whole = from_rows(ROWS)
    parts = [whole.take(slice(0, 2)), whole.take(np.array([4, 2, 3]))]
    assert [e.time for e in concat(parts)] == [10**15 + d for d in (0, 1, 4, 2, 3)]
    assert len(concat([])) == 0
    assert concat([]).id is None
    assert concat([whole]) is whole

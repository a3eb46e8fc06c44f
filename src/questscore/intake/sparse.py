"""Properties as they grow, kept only in the rows that have them.

Lives here: the growing property, the fast way for ordinary values, flattening of ordinary mappings.
Lives elsewhere: what is said about values that are not ordinary (careful, model).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from questscore.columns.table import Keys, PropertyColumn
from questscore.intake.coding import Coder
from questscore.model.event import LARGEST_INTEGER, MAX_DEPTH


class Sparse:
    """One property as it grows: its rows and values, numbers apart from texts."""

    __slots__ = ("number_rows", "numbers", "text_codes", "text_rows", "texts")

    def __init__(self) -> None:
        self.number_rows = array("q")
        self.numbers = array("d")
        self.text_rows = array("q")
        self.text_codes = array("i")
        self.texts = Coder()

    def put(self, row: int, value: float | str) -> None:
        """``value`` at ``row``; rows ascend."""
        if isinstance(value, str):
            self.text_rows.append(row)
            self.text_codes.append(self.texts[value])
        else:
            self.number_rows.append(row)
            self.numbers.append(value)

    def undo(self, row: int) -> None:
        """Forgets what was put at ``row``, the newest."""
        if self.number_rows and self.number_rows[-1] == row:
            self.number_rows.pop()
            self.numbers.pop()
        if self.text_rows and self.text_rows[-1] == row:
            self.text_rows.pop()
            self.text_codes.pop()

    def column(self, size: int) -> PropertyColumn:
        """The property of ``size`` rows."""
        num: NDArray[np.float64] | None = None
        text: Keys | None = None
        if self.number_rows:
            num = np.full(size, np.nan)
            num[np.array(self.number_rows)] = np.array(self.numbers)
        if self.text_rows:
            codes = np.full(size, -1, dtype=np.int32)
            codes[np.array(self.text_rows)] = np.array(self.text_codes, dtype=np.int32)
            text = Keys(codes, self.texts.texts())
        return PropertyColumn(num, text)


def columns_of(properties: Mapping[str, Sparse], size: int) -> dict[str, PropertyColumn]:
    """All properties that have a value in some row."""
    return {
        name: sparse.column(size)
        for name, sparse in properties.items()
        if sparse.number_rows or sparse.text_rows
    }


def putter(properties: dict[str, Sparse]) -> Callable[[Mapping[str, object], int], bool]:
    """A function that puts a row's ordinary values into ``properties``, or says False and puts none.

    Ordinary are None, texts, booleans, finite numbers that need no check, and dicts of these.

    >>> found: dict[str, Sparse] = {}
    >>> put = putter(found)
    >>> put({"plan": "pro", "cart": {"total": 3}}, 0), put({"plan": "pro", "cart": [3]}, 1)
    (True, False)
    >>> found["cart.total"].numbers.tolist(), found["plan"].text_rows.tolist()
    ([3.0], [0])
    """

    def put_flat(values: Mapping[str, object], row: int) -> bool:
        for key, value in values.items():
            kind = type(value)
            if value is None or (kind is float and value != value):
                continue
            sparse = properties.get(key)
            if sparse is None:
                if type(key) is not str or kind is dict:
                    break
                sparse = properties[key] = Sparse()
            if kind is str:
                sparse.text_codes.append(sparse.texts[value])  # type: ignore[index]
                sparse.text_rows.append(row)
            elif (
                (kind is float and value - value == 0.0)  # type: ignore[operator]
                or (kind is int and -LARGEST_INTEGER <= value <= LARGEST_INTEGER)  # type: ignore[operator]
                or kind is bool
            ):
                sparse.numbers.append(value)  # type: ignore[arg-type]
                sparse.number_rows.append(row)
            else:
                break
        else:
            return True
        for sparse in properties.values():
            sparse.undo(row)
        return False

    def put(values: Mapping[str, object], row: int) -> bool:
        if put_flat(values, row):
            return True
        if dict not in map(type, values.values()):
            return False
        flat = _unnested(values, 0)
        return flat is not None and put_flat(flat, row)

    return put


def _unnested(values: Mapping[str, object], depth: int) -> dict[str, object] | None:
    """The values by flat name, or None where a key has to be looked at with care."""
    flat: dict[str, object] = {}
    if depth >= MAX_DEPTH:
        return None
    for key, value in values.items():
        if type(key) is not str:
            return None
        named: dict[str, object] = {key: value}
        if type(value) is dict:
            inside = _unnested(value, depth + 1)
            if inside is None:
                return None
            named = {f"{key}.{name}": inner for name, inner in inside.items()}
        if named.keys() & flat.keys():
            return None
        flat |= named
    return flat

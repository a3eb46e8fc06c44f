"""Dictionary encoding: texts as small integers, and properties kept only where they are.

Lives here: the dictionaries that number texts in the order first seen, and the growing property.
Lives elsewhere: whether a text or a value may stand where it stands (rows, assembly).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from questscore.columns.table import Codes, Keys, PropertyColumn


class Coder(dict[str, int]):
    """Text to code, in the order first seen; a text it has not met gets the next code.

    >>> coder = Coder()
    >>> [coder[text] for text in ("login", "click", "login")], coder.texts()
    ([0, 1, 0], ['login', 'click'])
    """

    def __missing__(self, text: str) -> int:
        code = self[text] = len(self)
        return code

    def texts(self) -> list[str]:
        """The texts by code."""
        return list(self)

    def codes(self, column: Sequence[str]) -> Codes:
        """(n,) codes of a column."""
        return np.fromiter(map(self.__getitem__, column), dtype=np.int32, count=len(column))


class KeyCoder(Coder):
    """The same for users, accounts and ids, of which an empty one is none: code -1."""

    def __init__(self) -> None:
        super().__init__({"": -1})

    def __missing__(self, text: str) -> int:
        code = self[text] = len(self) - 1
        return code

    def texts(self) -> list[str]:
        return list(self)[1:]


def keys(codes: Iterable[int] | Codes, coder: Coder) -> Keys:
    """A column from its codes and the dictionary that gave them."""
    if not isinstance(codes, np.ndarray):
        codes = np.array(codes if isinstance(codes, array) else list(codes), dtype=np.int32)
    return Keys(codes, coder.texts())


def lookup(old: Sequence[str], coder: Coder) -> Codes:
    """Codes by old code, and -1 last, so that the code -1 finds it too."""
    return np.append(coder.codes(old), np.int32(-1)).astype(np.int32)


def without_empty(column: Keys) -> Keys:
    """The same column, with none where the text is empty."""
    if "" not in column.values:
        return column
    empty = [code for code, text in enumerate(column.values) if not text]
    return Keys(np.where(np.isin(column.codes, empty), np.int32(-1), column.codes), column.values)


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

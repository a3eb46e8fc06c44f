"""One property's values while they come, in pieces in the order of their rows.

Lives here: growing numbers and texts; they are asked as `values.Numbers` and `values.Words` are.
Lives elsewhere: the same once no more come (values), the rows (tail).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from questscore.journal.dictionary import Dictionary
from questscore.journal.packing import Floats
from questscore.journal.values import Codes, Rows, translation

Value = TypeVar("Value", np.float64, np.int32)


class Pieces(Generic[Value]):
    """Values of some rows; each piece comes after all before it.

    >>> some: Pieces[np.float64] = Pieces(np.float64)
    >>> some.append(np.array([3, 7]), np.array([0.5, 1.5]))
    >>> float(some.find(7) or 0), some.find(4)
    (1.5, None)
    """

    __slots__ = ("_firsts", "_lasts", "_none", "_rows", "_values")

    def __init__(self, kind: type[Value]) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        self._rows: list[Rows] = []
        self._values: list[NDArray[Value]] = []
        self._none: NDArray[Value] = np.zeros(0, dtype=kind)

    def append(self, rows: Rows, values: NDArray[Value]) -> None:
        """Takes the values of some rows, ascending, at least one."""
        self._firsts.append(int(rows[0]))
        self._lasts.append(int(rows[-1]))
        self._rows.append(rows)
        self._values.append(values)

    def find(self, row: int) -> Value | None:
        """The value of a row, None when it has none."""
        k = bisect_right(self._firsts, row) - 1
        if k < 0 or row > self._lasts[k]:
            return None
        rows = self._rows[k]
        place = row - self._firsts[k]
        if self._lasts[k] - self._firsts[k] >= len(rows):  # not one after the other
            place = bisect_left(rows, row)
            if rows[place] != row:
                return None
        value: Value = self._values[k][place]
        return value

    def all(self) -> tuple[Rows, NDArray[Value]]:
        """The rows that have a value, and their values."""
        rows = np.concatenate([np.zeros(0, dtype=np.int64), *self._rows])
        return rows, np.concatenate([self._none, *self._values])

    @property
    def nbytes(self) -> int:
        """How many bytes it holds."""
        return sum(rows.nbytes + values.nbytes for rows, values in zip(self._rows, self._values, strict=True))


class NewNumbers(Pieces[np.float64]):
    """Numbers as they come."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(np.float64)

    def at(self, row: int) -> float | None:
        """The value of a row, None where there is none."""
        value = self.find(row)
        return None if value is None else float(value)

    def whole(self, size: int) -> Floats:
        """(size,) the values of all rows, NaN where there is none."""
        column = np.full(size, np.nan)
        rows, values = self.all()
        column[rows] = values
        return column


class NewWords(Pieces[np.int32]):
    """Texts as they come, by codes of a dictionary of their own."""

    __slots__ = ("dictionary",)

    def __init__(self) -> None:
        super().__init__(np.int32)
        self.dictionary = Dictionary(empty=True)

    def at(self, row: int) -> str | None:
        """The value of a row, None where there is none."""
        code = self.find(row)
        return None if code is None else self.dictionary.texts[code] or ""

    def whole(self, size: int, dictionary: Dictionary) -> Codes:
        """(size,) the codes, less one, that a dictionary has for the texts of all rows; -1: none."""
        column = np.full(size, -1, dtype=np.int32)
        rows, codes = self.all()
        column[rows] = translation(self.dictionary.texts, dictionary)[codes]
        return column

    @property
    def nbytes(self) -> int:
        """How many bytes it holds."""
        return super().nbytes + self.dictionary.nbytes

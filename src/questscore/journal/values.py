"""Values: one property's numbers, or its texts, in the rows of a block that have them.

Lives here: dense and sparse storage, a value by row and all of them as columns.
Lives elsewhere: the rows (block), narrow kinds of numbers (packing).
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.journal.dictionary import Dictionary
from questscore.journal.packing import Floats, nbytes, packed_numbers
from questscore.journal.texts import PackedTexts, Texts

Codes = NDArray[np.integer]
Rows = NDArray[np.integer]
# How many times the bytes of the sparse form the dense one may take, which is read faster.
_DENSE = 2
_MANY_TEXTS = 1024


@frozen(eq=False)
class Numbers:
    """Doubles: of every row, NaN for none, or of the rows that are listed."""

    rows: memoryview | None
    values: memoryview

    @classmethod
    def of(cls, values: Floats) -> Numbers | None:
        """(n,) NaN where there is none; None when there is none at all."""
        rows = np.flatnonzero(values == values)
        if not len(rows):
            return None
        if len(rows) == len(values):
            return cls(None, packed_numbers(values).data)
        narrow = packed_numbers(values[rows])
        # NaN needs floats; those of four bytes hold each integer of two
        kind = narrow.dtype if narrow.dtype.kind == "f" else np.dtype("f4" if narrow.itemsize <= 2 else "f8")
        if _is_dense(len(rows), len(values), narrow.itemsize, kind.itemsize):
            return cls(None, values.astype(kind).data)
        return cls(rows.astype(_kind(len(values))).data, narrow.data)

    def at(self, row: int) -> float | None:
        if self.rows is None:
            value = float(self.values[row])
            return value if value == value else None
        place = bisect_left(self.rows, row)
        if place == len(self.rows) or self.rows[place] != row:
            return None
        return float(self.values[place])

    def whole(self, size: int) -> NDArray[np.number]:
        """(size,) the values of all rows, NaN where there is none."""
        if self.rows is None:
            return np.asarray(self.values)
        column = np.full(size, np.nan)
        column[np.asarray(self.rows)] = np.asarray(self.values)
        return column

    def present(self) -> Rows:
        """The rows that have a value."""
        if self.rows is not None:
            return np.asarray(self.rows)
        values = np.asarray(self.values)
        return np.flatnonzero(values == values)

    @property
    def nbytes(self) -> int:
        return nbytes(self.values) + (0 if self.rows is None else self.rows.nbytes)


@frozen(eq=False)
class Words:
    """Texts: a code for every row, 0 for none, or for the rows that are listed; ``texts`` by code."""

    rows: memoryview | None
    codes: memoryview
    texts: Texts

    @classmethod
    def of(cls, codes: Codes, texts: list[str | None]) -> Words | None:
        """(n,) codes, 0 where there is none; None when there is none at all."""
        rows = np.flatnonzero(codes)
        if not len(rows):
            return None
        narrow = codes.astype(_kind(len(texts)))
        kept: Texts = PackedTexts(texts) if len(texts) > _MANY_TEXTS else texts
        if _is_dense(len(rows), len(codes), narrow.itemsize, narrow.itemsize):
            return cls(None, narrow.data, kept)
        return cls(rows.astype(_kind(len(codes))).data, narrow[rows].data, kept)

    def at(self, row: int) -> str | None:
        if self.rows is None:
            code = self.codes[row]
            return (self.texts[code] or "") if code else None
        place = bisect_left(self.rows, row)
        if place == len(self.rows) or self.rows[place] != row:
            return None
        return self.texts[self.codes[place]] or ""

    def whole(self, size: int, dictionary: Dictionary) -> NDArray[np.int32]:
        """(size,) the codes, less one, that a dictionary has for the texts of all rows; -1: none."""
        codes: NDArray[np.int32] = translation(self.texts, dictionary)[np.asarray(self.codes)]
        if self.rows is None:
            return codes
        column = np.full(size, -1, dtype=np.int32)
        column[np.asarray(self.rows)] = codes
        return column

    def present(self) -> Rows:
        """The rows that have a value."""
        return np.flatnonzero(np.asarray(self.codes)) if self.rows is None else np.asarray(self.rows)

    @property
    def nbytes(self) -> int:
        texts = self.texts.nbytes if isinstance(self.texts, PackedTexts) else 8 * len(self.texts)
        return nbytes(self.codes) + texts + (0 if self.rows is None else self.rows.nbytes)


def translation(texts: Texts, dictionary: Dictionary) -> NDArray[np.int32]:
    """The codes, less one, that a dictionary has for texts by code, of which the first is none."""
    code_of = dictionary.codes([None, *(texts[code] or "" for code in range(1, len(texts)))])
    code_of -= 1
    return code_of


def _is_dense(some: int, all_: int, sparse_width: int, dense_width: int) -> bool:
    return all_ * dense_width <= _DENSE * some * (2 + sparse_width)


def _kind(size: int) -> np.dtype[np.unsignedinteger]:
    """The narrowest kind for codes or rows below ``size``."""
    return np.dtype("u1" if size <= 2**8 else "u2" if size <= 2**16 else "u4")

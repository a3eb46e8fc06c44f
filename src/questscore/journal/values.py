"""One property's numbers, or its texts, in the rows of a block that have them.

Lives here: dense and sparse storage, a value by row and all of them as columns.
Lives elsewhere: the rows (block), values that still come (growing), narrow kinds of numbers (packing).
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.journal.dictionary import Dictionary
from questscore.journal.packing import Floats, nbytes, packed_numbers
from questscore.journal.texts import PackedTexts, Texts

Codes = NDArray[np.int32]
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
    def of(cls, rows: Rows, values: Floats, size: int) -> Numbers:
        """The values of some rows, ascending, of a block of ``size``."""
        narrow = packed_numbers(values)
        if len(rows) == size:
            return cls(None, narrow.data)
        # NaN needs floats; those of four bytes hold each integer of two
        kind = narrow.dtype if narrow.dtype.kind == "f" else np.dtype("f4" if narrow.itemsize <= 2 else "f8")
        if _is_dense(len(rows), size, nbytes(narrow), kind.itemsize):
            dense = np.full(size, np.nan, dtype=kind)
            dense[rows] = narrow
            return cls(None, dense.data)
        return cls(rows.astype(_kind(size)).data, narrow.data)

    def at(self, row: int) -> float | None:
        """The value of a row, None where there is none."""
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
        """How many bytes it holds."""
        return nbytes(self.values) + (0 if self.rows is None else self.rows.nbytes)


@frozen(eq=False)
class Words:
    """Texts: a code for every row, 0 for none, or for the rows that are listed; ``texts`` by code."""

    rows: memoryview | None
    codes: memoryview
    texts: Texts

    @classmethod
    def of(cls, rows: Rows, codes: Codes, texts: list[str | None], size: int) -> Words:
        """The codes of some rows, ascending, of a block of ``size``."""
        narrow = codes.astype(_kind(len(texts)))
        kept: Texts = PackedTexts(texts) if len(texts) > _MANY_TEXTS else texts
        if _is_dense(len(rows), size, narrow.nbytes, narrow.itemsize):
            dense = np.zeros(size, dtype=narrow.dtype)
            dense[rows] = narrow
            return cls(None, dense.data, kept)
        return cls(rows.astype(_kind(size)).data, narrow.data, kept)

    def at(self, row: int) -> str | None:
        """The value of a row, None where there is none."""
        if self.rows is None:
            code = self.codes[row]
            return (self.texts[code] or "") if code else None
        place = bisect_left(self.rows, row)
        if place == len(self.rows) or self.rows[place] != row:
            return None
        return self.texts[self.codes[place]] or ""

    def whole(self, size: int, dictionary: Dictionary) -> Codes:
        """(size,) the codes, less one, that a dictionary has for the texts of all rows; -1: none."""
        codes: Codes = translation(self.texts, dictionary)[np.asarray(self.codes)]
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
        """How many bytes it holds."""
        texts = self.texts.nbytes if isinstance(self.texts, PackedTexts) else 8 * len(self.texts)
        return nbytes(self.codes) + texts + (0 if self.rows is None else self.rows.nbytes)


def translation(texts: Texts, dictionary: Dictionary) -> Codes:
    """The codes, less one, that a dictionary has for texts by code, of which the first is none."""
    every = list(texts)
    code_of = dictionary.codes([None, *(text or "" for text in every[1:])])
    code_of -= 1
    return code_of


def _is_dense(some: int, size: int, sparse_bytes: int, dense_width: int) -> bool:
    return size * dense_width <= _DENSE * (2 * some + sparse_bytes)


def _kind(size: int) -> np.dtype[np.unsignedinteger]:
    """The narrowest kind for codes or rows below ``size``."""
    return np.dtype("u1" if size <= 2**8 else "u2" if size <= 2**16 else "u4")

"""Columns in as few bytes as hold their values exactly.

Lives here: packed whole numbers and doubles.
Lives elsewhere: what they mean (block).
A packed column is indexed for one value, at about the cost of a list, and unpacked for all of them.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Numbers = NDArray[np.number]


class Column(Protocol):
    """Whole numbers by position."""

    def __getitem__(self, position: int, /) -> int: ...


@frozen(eq=False)
class Above:
    """Whole numbers that are ``base`` and what stands in a narrower column."""

    base: int
    low: memoryview

    def __getitem__(self, position: int) -> int:
        return self.base + self.low[position]


@frozen(eq=False)
class Split:
    """Whole numbers above ``base`` whose last ``shift`` bits and others stand in two narrow columns."""

    base: int
    low: memoryview
    high: memoryview
    shift: int

    def __getitem__(self, position: int) -> int:
        return self.base + self.low[position] + (self.high[position] << self.shift)


def packed(values: NDArray[np.signedinteger], *, offset: bool = False, split: bool = True) -> Column:
    """Whole numbers >= 0 packed.

    Args:
        values: (n,), at least one.
        offset: They are kept as what they are above the least, and may be negative.
        split: Take 3, 5 or 6 bytes where they do; else 4 or 8, which are read twice as fast.

    >>> column = packed(np.array([3, 70_000, 5]))
    >>> column[1], unpacked(column).tolist(), nbytes(column)
    (70000, [3, 70000, 5], 9)
    """
    low, high = int(values.min()), int(values.max())
    if low == high:
        return np.broadcast_to(np.int64(low), len(values)).data
    base = low if offset else 0
    above = values - np.int64(base) if base else values
    bits = (high - base).bit_length()
    for width, low_kind, high_kind in _WIDTHS:
        if bits <= width and (split or high_kind is None):
            kind = np.dtype(low_kind)
            first = above.astype(kind).data
            if high_kind is not None:
                shift = kind.itemsize * 8
                return Split(base, first, (above >> shift).astype(high_kind).data, shift)
            return Above(base, first) if base else first
    return values.astype(np.int64).data


_WIDTHS = (
    (8, "u1", None),
    (16, "u2", None),
    (24, "u2", "u1"),
    (32, "u4", None),
    (40, "u4", "u1"),
    (48, "u4", "u2"),
)


def unpacked(column: Column) -> NDArray[np.integer]:
    """All values of a packed column, in whatever width holds them."""
    if not isinstance(column, Above | Split):
        return np.asarray(column)
    whole = np.asarray(column.low).astype(np.int64)
    if isinstance(column, Split):
        whole += np.asarray(column.high).astype(np.int64) << column.shift
    whole += column.base
    return whole


def unsigned(values: NDArray[np.signedinteger]) -> NDArray[np.unsignedinteger]:
    """Whole numbers >= 0 in the narrowest kind of its own that holds them."""
    largest = int(values.max()) if len(values) else 0
    return values.astype(np.min_scalar_type(largest))


def packed_numbers(values: Floats) -> Numbers:
    """Doubles in the narrowest kind that gives back each of them; NaN is there as a float only.

    >>> [packed_numbers(np.array(v)).dtype.name for v in ([1.0, 300.0], [0.5], [0.1], [-0.0])]
    ['int16', 'float32', 'float64', 'float32']
    """
    if len(values) > 1 and _same(values, values[:1]):
        return np.broadcast_to(packed_numbers(values[:1]), len(values))
    with np.errstate(over="ignore", invalid="ignore"):
        narrow = values.astype(np.float32)
    fits = _same(narrow.astype(np.float64), values)
    low, high = (float(values.min()), float(values.max())) if len(values) else (np.nan, np.nan)
    for kind in ("i1", "i2") if fits else ("i4",):
        info = np.iinfo(kind)
        if info.min <= low and high <= info.max:
            whole: NDArray[np.signedinteger] = values.astype(kind)
            if _same(whole.astype(np.float64), values):
                return whole
    return narrow if fits else values.copy()


def _same(a: Floats, b: Floats) -> bool:
    """Whether all are the same, the sign of zero included; NaN is NaN."""
    return bool(np.all((a == b) & (np.signbit(a) == np.signbit(b)) | (np.isnan(a) & np.isnan(b))))


def nbytes(column: object) -> int:
    """How many bytes a packed column holds."""
    if isinstance(column, Above):
        return column.low.nbytes
    if isinstance(column, Split):
        return column.low.nbytes + column.high.nbytes
    if isinstance(column, memoryview):
        return column.itemsize if column.strides == (0,) else column.nbytes
    if isinstance(column, np.ndarray):
        return int(column.itemsize) if column.strides == (0,) else int(column.nbytes)
    raise TypeError(f"{type(column).__name__} is no packed column")

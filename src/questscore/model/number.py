"""Numbers that stay numbers: sums that saturate where a double ends.

Lives here: the exact sum, and the largest number there is.
Lives elsewhere: sums over arrays (aggregates, engine).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable

LARGEST = sys.float_info.max
_DOWN, _UP = 2.0**-64, 2.0**64


def finite(value: float) -> float:
    """The number, or the largest there is of its sign; what is no number at all is 0.

    >>> finite(1.5), finite(float("inf")) == LARGEST
    (1.5, True)
    """
    if math.isfinite(value):
        return value
    return 0.0 if math.isnan(value) else math.copysign(LARGEST, value)


def total(values: Iterable[float]) -> float:
    """The exact sum, rounded once; beyond the largest number, that number.

    >>> total([0.1] * 10), total([]), total([1e308, 1e308]) == LARGEST, total([1e308, 1e308, -1e308])
    (1.0, 0.0, True, 1e+308)
    """
    found = list(values)
    try:
        return math.fsum(found)
    except OverflowError:  # also when the sum itself would fit
        scaled = math.fsum(value * _DOWN for value in found)
        return finite(scaled * _UP) if abs(scaled) < LARGEST * _DOWN else math.copysign(LARGEST, scaled)

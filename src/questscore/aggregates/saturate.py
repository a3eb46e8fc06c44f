"""Sums over arrays that saturate where a double ends, as ``model.number`` says of one.

Lives here: what to do when a sum is too large, which is looked at only then.
Lives elsewhere: the definition (model.number).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from questscore.aggregates.plan import Floats, Indices
from questscore.model.number import LARGEST

DOWN, UP = 2.0**-64, 2.0**64
HUGE = 1e280
"""Terms beyond this may overflow when they are added up; terms below it never do."""


def finite(values: Floats) -> Floats:
    """(n,) the numbers, or the largest there are; NaN stays."""
    return np.clip(values, -LARGEST, LARGEST)


def scaled_up(values: Floats) -> Floats:
    """(n,) sums of terms times `DOWN`, as sums of the terms."""
    return np.clip(values, -LARGEST * DOWN, LARGEST * DOWN) * UP


def summed(unit: Indices, values: Floats, size: int) -> Floats:
    """(size,) the sum of the values of each unit."""
    total = np.bincount(unit, weights=values, minlength=size).astype(np.float64)
    if np.isfinite(total).all():
        return total
    scaled = np.bincount(unit, weights=values * DOWN, minlength=size).astype(np.float64)
    return np.where(np.isfinite(total), total, scaled_up(scaled))


def added(parts: Sequence[Floats], size: int) -> Floats:
    """(size,) the sum of the parts; NaN where one of them is."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = parts[0] + 0.0 if parts else np.zeros(size)  # nothing is 0.0, never -0.0
        for part in parts[1:]:
            total += part
        if np.isfinite(total).all() or not any(np.abs(part).max(initial=0) > HUGE for part in parts):
            return total
        scaled = np.zeros(size)
        for part in parts:
            scaled = scaled + part * DOWN
        return np.where(np.isfinite(total), total, scaled_up(scaled))

"""Levels of many scores at once.

Lives here: classification and the step from one evaluation instant to the next, over arrays.
Lives elsewhere: what a level is (model.level), when levels are looked at (as_at).
A level is a code: its place in ``levels.order``, -1 for none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from questscore.aggregates.plan import NEVER, Floats, Integers, Mask
from questscore.model.level import Levels

Codes = NDArray[np.signedinteger]


def kind(levels: Levels) -> type[np.int8] | type[np.int64]:
    """What holds any of the codes."""
    return np.int8 if len(levels.order) < 127 else np.int64


def edges(thresholds: Floats) -> Floats:
    """From where on each threshold counts as reached: rounding never decides one."""
    return thresholds - 1e-9 * np.maximum(1.0, np.abs(thresholds))


def plain(levels: Levels, value: Floats, holds: Sequence[Mask]) -> Codes:
    """(n,) the level of each score, whatever came before.

    Args:
        levels: The levels.
        value: (n,) scores; NaN: unknown, and so without a level.
        holds: For each ``when`` level, in the order written, (n,) whether its condition holds.
    """
    if not len(levels):
        return np.full(len(value), -1, dtype=np.int8)
    order = levels.order
    steps = [level for level in levels if level.at_least is not None]
    codes = np.array([order.index(name) for name in (levels.below, *(level.name for level in steps))])
    codes = codes.astype(kind(levels))
    reached = np.zeros_like(codes, shape=len(value))
    for edge in edges(np.array([level.at_least for level in steps], float)).tolist():
        np.add(reached, value >= edge, out=reached)
    code: Codes = reached
    if not np.array_equal(codes, np.arange(len(codes))):
        code = codes[reached]
    conditional = [order.index(level.name) for level in levels if level.when is not None]
    for place, held in reversed(list(zip(conditional, holds, strict=True))):
        code = np.where(held, place, code)
    unknown = np.isnan(value)
    return np.where(unknown, -1, code) if unknown.any() else code


def step(levels: Levels, current: Codes, since: Integers, at: int, value: Floats, target: Codes) -> Codes:
    """(n,) the level after an evaluation instant, given the one before and when it was entered.

    Args:
        levels: The levels, with margin and dwell.
        current: (n,) the level before.
        since: (n,) when it was entered; `NEVER` where dwell does not hold it.
        at: The instant.
        value: (n,) scores.
        target: (n,) the level of the score alone.
    """
    order = levels.order
    after = target
    if levels.margin is not None:
        floor = np.full(len(order) + 1, np.inf)  # below it a level is left downwards; the last is "none"
        by_score = np.zeros(len(order) + 1, dtype=bool)
        by_score[order.index(levels.below)] = True
        for level in levels:
            if level.at_least is not None:
                code = order.index(level.name)
                by_score[code] = True
                floor[code] = edges(np.array([level.at_least - levels.margin.of(level.at_least)]))[0]
        falls = by_score[target] & (target < current)
        after = np.where(falls & (value >= floor[current]), current, after)
    if levels.dwell is not None:
        held = (since != NEVER) & (at < np.where(since == NEVER, 0, since) + levels.dwell.us)
        after = np.where(held, current, after)
    return after

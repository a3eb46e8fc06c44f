"""Rollup: what the members of an account come to together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, cast

import numpy as np
from attrs import field, frozen

from questscore.aggregates.plan import Floats, Indices, Plan, Reader
from questscore.aggregates.saturate import summed
from questscore.columns.vector import Vector, numbers
from questscore.language import Value
from questscore.language.ranges import Range
from questscore.model.definition import one_of, text
from questscore.model.event import Event
from questscore.model.number import total
from questscore.model.signal import Context, SignalDefinition
from questscore.tracks.gauge import Gauge
from questscore.tracks.state import State
from questscore.tracks.track import Track

By = Literal["sum", "mean", "median", "minimum", "maximum", "count"]


def _by(value: By) -> By:
    return cast(By, one_of(value, ("sum", "mean", "median", "minimum", "maximum", "count")))


@frozen
class Rollup(SignalDefinition):
    """A member signal over the account's members, those left out for whom it is missing (or text).

    The members are the users with an event in that account at or before the instant, whatever the
    member signal's own offset.

    Args:
        of: A signal with ``scope="member"``.
        by: ``sum``, ``mean``, ``median``, ``minimum``, ``maximum`` or ``count``; of nothing, ``sum`` and
            ``count`` are 0 and the rest is missing.
    """

    kind: ClassVar[str] = "rollup"
    over_members: ClassVar[bool] = True
    of: str = field(converter=text, kw_only=True)
    by: By = field(converter=_by, kw_only=True)

    def reads(self) -> tuple[tuple[str, str], ...]:
        return ((self.of, "of"),)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        found = [member.signal(self.of, at) for member in context.members(at)]
        values = [value for value in found if isinstance(value, float)]
        return rolled_up(self.by, values)

    def lower(self, plan: Plan) -> Reader:
        members, owner, present = plan.members()
        value_of = members.signal(self.of)

        def rollup(at: int) -> Vector:
            values = numbers(value_of(at), members.size)
            counted = np.flatnonzero(present(at) & ~np.isnan(values))
            result = _rolled(self.by, values[counted], owner[counted], plan.size)
            return Vector(result, None, ())

        return rollup

    def follow(self, track: Track) -> Gauge:
        members, present = track.members()
        of = members.signal(self.of)

        def rollup(state: State, at: int) -> Value:
            found = [of.read(member, at) for member in present(state)]
            return rolled_up(self.by, [value for value in found if isinstance(value, float)])

        def span(state: State, at: int, until: int) -> Range:
            return _range_of(self.by, [of.range(member, at, until) for member in present(state)])

        return Gauge(rollup, span, numeric=True)


def _range_of(by: By, ranges: Sequence[Range]) -> Range:
    if any(one.missing or one.textual or not one.numeric for one in ranges):
        return Range.anything()
    if by == "count" or not ranges:
        return Range.exactly(rolled_up(by, [one.low for one in ranges]))
    lows, highs = [one.low for one in ranges], [one.high for one in ranges]
    low, high = (total(lows), total(highs)) if by == "sum" else (min(lows), max(highs))
    return Range.between(low - 1e-9 * abs(low), high + 1e-9 * abs(high))


def rolled_up(by: By, values: Sequence[float]) -> Value:
    """What the numbers of the members come to."""
    if by == "count":
        return float(len(values))
    if by == "sum":
        return total(values)
    if not values:
        return None
    match by:
        case "mean":
            return total(values) / len(values)
        case "median":
            return _middle(values)
        case "minimum":
            return min(values)
        case "maximum":
            return max(values)


def _middle(values: Sequence[float]) -> float:
    ranked = sorted(values)
    low, high = ranked[(len(ranked) - 1) // 2], ranked[len(ranked) // 2]
    return low if low == high else low / 2 + high / 2


def _rolled(by: By, values: Floats, owner: Indices, size: int) -> Floats:
    count = np.bincount(owner, minlength=size).astype(float)
    if by == "count":
        return count
    if by in ("sum", "mean"):
        found = summed(owner, values, size)
        return found if by == "sum" else np.where(count > 0, found / np.maximum(count, 1), np.nan)
    order = np.lexsort((values, owner))
    values, result = values[order], np.full(size, np.nan)
    some = np.flatnonzero(count)
    size_of = count[some].astype(np.intp)
    start = np.cumsum(size_of) - size_of
    low, high = {
        "minimum": (start, start),
        "maximum": (start + size_of - 1, start + size_of - 1),
        "median": (start + (size_of - 1) // 2, start + size_of // 2),
    }[by]
    result[some] = np.where(low == high, values[low], values[low] / 2 + values[high] / 2)
    return result

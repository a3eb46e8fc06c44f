"""Two signals: one that is also fast, and one with its definition alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

import numpy as np
from attrs import field, frozen

from questscore import Context, Event, Selector, SignalDefinition, Span
from questscore.aggregates.plan import Plan, Reader
from questscore.columns.vector import Vector

DAY = 86_400_000_000


@frozen
class WeekendShare(SignalDefinition):
    """The share, 0 to 1, of the matching events of the last days that are on a local Saturday or Sunday.

    Missing where there is none.

    Args:
        on: The name of the events; ``"*"``: any.
        days: How many days back.
    """

    kind: ClassVar[str] = "weekend_share"
    on: str = field(default="*", kw_only=True)
    days: int = field(default=28, kw_only=True)

    def selects(self) -> tuple[tuple[str, Selector], ...]:
        return (("", Selector(self.on)),)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> float | None:
        recent = [e for e in context.matching(events, self.on) if e.time > at - self.days * DAY]
        free = [e for e in recent if context.calendar.local(e.time).isoweekday() >= 6]
        return len(free) / len(recent) if recent else None

    def lower(self, plan: Plan) -> Reader:
        window = Span.of(f"{self.days}d")
        every = plan.sum(Selector(self.on), window=window)
        free = plan.sum(Selector(self.on, "weekday >= 6"), window=window)

        def share(at: int) -> Vector:
            count = np.asarray(every(at).num, dtype=np.float64)
            return Vector(np.where(count > 0, free(at).num / np.maximum(count, 1), np.nan))

        return share


@frozen
class LongestSilence(SignalDefinition):
    """The longest time between two neighbouring matching events so far, in days; missing before the second.

    Args:
        on: The name of the events; ``"*"``: any.
    """

    kind: ClassVar[str] = "longest_silence"
    # a silence is known when it ends, with an event: only then is the definition asked again
    moves_with_time: ClassVar[bool] = False
    on: str = field(default="*", kw_only=True)

    def selects(self) -> tuple[tuple[str, Selector], ...]:
        return (("", Selector(self.on)),)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> float | None:
        times = [event.time for event in context.matching(events, self.on)]
        return max(((b - a) / DAY for a, b in pairwise(times)), default=None)

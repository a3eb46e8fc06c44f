"""A rule: points for coming back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import ClassVar

from attrs import field, frozen

from questscore import Context, Duration, Event, Rule, Selector


def _duration(value: object) -> Duration:
    return Duration.of(value)


@frozen
class Comeback(Rule):
    """Points for each matching event that ends a silence, unless a reset has voided it.

    Args:
        on: The name of the events.
        after: How long the silence was at least.
        points: What each comeback pays.
    """

    kind: ClassVar[str] = "comeback"
    on: str = field(kw_only=True)
    after: Duration = field(default=Duration.of("14d"), converter=_duration, kw_only=True)
    points: float = field(default=10.0, kw_only=True)

    def selects(self) -> tuple[tuple[str, Selector], ...]:
        return (("", Selector(self.on)),)

    def naive(
        self, events: Sequence[Event], values: Mapping[str, float | str | None], at: int, context: Context
    ) -> float:
        times = [event.time for event in context.matching(events, self.on)]
        backs = [after for before, after in pairwise(times) if after - before >= self.after.us]
        reset = context.reset(at)
        return self.points * sum(reset is None or back > reset for back in backs)

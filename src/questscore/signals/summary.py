"""Mean, Minimum and Maximum of a numeric property."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from attrs import field, frozen

from questscore.aggregates.plan import Plan, Reader
from questscore.columns.vector import Vector
from questscore.language import Value
from questscore.language.ranges import Range
from questscore.model.definition import optional_span, text
from questscore.model.event import Event
from questscore.model.number import total
from questscore.model.signal import Context, SelectedSignal
from questscore.model.time import Span
from questscore.signals.sums import numbers_of, windowed
from questscore.tracks.gauge import Gauge
from questscore.tracks.state import State
from questscore.tracks.track import Track


@frozen
class _Summary(SelectedSignal):
    property: str = field(converter=text, kw_only=True)
    window: Span | None = field(default=None, converter=optional_span, kw_only=True)

    def properties(self) -> tuple[str, ...]:
        return (self.property,)

    def values(self, events: Sequence[Event], at: int, context: Context) -> list[float]:
        """The numbers in the window."""
        found = windowed(context.matching(events, self.selector), at, self.window, context.calendar)
        return [value for _, value in numbers_of(found, self.property, context.calendar)]


@frozen
class Mean(_Summary):
    """The mean of a numeric property over the matching events in the window; missing without any.

    Args:
        property: What is averaged; events without it as a number are skipped.
        window: A trailing duration or a calendar period; None: ever.
    """

    kind: ClassVar[str] = "mean"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        values = self.values(events, at, context)
        return total(values) / len(values) if values else None

    def lower(self, plan: Plan) -> Reader:
        total = plan.sum(self.selector, self.property, window=self.window)
        count = plan.tally(self.selector, self.property, window=self.window)

        def mean(at: int) -> Vector:
            size = count(at).num
            with np.errstate(invalid="ignore"):
                return Vector(np.where(size, total(at).num / np.maximum(size, 1), np.nan), None, ())

        return mean

    def follow(self, track: Track) -> Gauge:
        total = track.sum(self.selector, self.property, window=self.window)
        count = track.tally(self.selector, self.property, window=self.window)

        def mean(state: State, at: int) -> Value:
            size, found = count.read(state, at), total.read(state, at)
            return found / size if isinstance(size, float) and isinstance(found, float) and size else None

        def span(state: State, at: int, until: int) -> Range:
            stays = count.range(state, at, until).constant and total.range(state, at, until).constant
            return Range.exactly(mean(state, at)) if stays else Range.anything()

        def turns(state: State, at: int) -> int:
            return min(count.turns(state, at), total.turns(state, at))

        return Gauge(mean, span, turns, numeric=True)


@frozen
class Minimum(_Summary):
    """The least value of a numeric property over the matching events in the window; missing without any.

    Args:
        property, window: As for `Mean`.
    """

    kind: ClassVar[str] = "minimum"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return min(self.values(events, at, context), default=None)

    def lower(self, plan: Plan) -> Reader:
        return plan.extreme(self.selector, self.property, largest=False, window=self.window)

    def follow(self, track: Track) -> Gauge:
        return track.extreme(self.selector, self.property, largest=False, window=self.window)


@frozen
class Maximum(_Summary):
    """The largest value of a numeric property over the matching events in the window; missing without any.

    Args:
        property, window: As for `Mean`.
    """

    kind: ClassVar[str] = "maximum"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return max(self.values(events, at, context), default=None)

    def lower(self, plan: Plan) -> Reader:
        return plan.extreme(self.selector, self.property, largest=True, window=self.window)

    def follow(self, track: Track) -> Gauge:
        return track.extreme(self.selector, self.property, largest=True, window=self.window)

"""Distinct: how many different values of a property."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from attrs import field, frozen

from questscore.aggregates.plan import Plan, Reader
from questscore.language import Value
from questscore.model.definition import optional_span, text
from questscore.model.event import Event
from questscore.model.selector import read
from questscore.model.signal import Context, SelectedSignal
from questscore.model.time import Span
from questscore.signals.sums import windowed
from questscore.tracks.gauge import Gauge
from questscore.tracks.track import Track


@frozen
class Distinct(SelectedSignal):
    """Breadth: the number of different values of a property over the matching events in the window.

    Args:
        property: Which property; events without it are skipped. 1, 1.0 and True are one value.
        window: A trailing duration or a calendar period; None: ever.
    """

    kind: ClassVar[str] = "distinct"
    property: str = field(converter=text, kw_only=True)
    window: Span | None = field(default=None, converter=optional_span, kw_only=True)

    def properties(self) -> tuple[str, ...]:
        return (self.property,)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        found = windowed(context.matching(events, self.selector), at, self.window, context.calendar)
        return float(len({read(event, self.property, context.calendar) for event in found} - {None}))

    def lower(self, plan: Plan) -> Reader:
        return plan.distinct(self.selector, self.property, window=self.window)

    def follow(self, track: Track) -> Gauge:
        return track.distinct(self.selector, self.property, window=self.window)

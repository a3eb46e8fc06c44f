"""Latest and First: a property as it was last (first) said: a plan, a rating, a number of seats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from attrs import field, frozen

from questscore.aggregates.plan import Plan, Reader
from questscore.language import Value
from questscore.model.definition import text
from questscore.model.event import Event
from questscore.model.selector import read
from questscore.model.signal import Context, SelectedSignal
from questscore.tracks.gauge import Gauge
from questscore.tracks.track import Track


@frozen
class _Trait(SelectedSignal):
    property: str = field(converter=text, kw_only=True)

    def properties(self) -> tuple[str, ...]:
        return (self.property,)


def _said(events: Sequence[Event], name: str, context: Context) -> Value:
    values = (read(event, name, context.calendar) for event in events)
    return next((value for value in values if value is not None), None)


@frozen
class Latest(_Trait):
    """The property of the last matching event, in canonical order, that carries it; number or text.

    Args:
        property: Which property; missing while no matching event carries it.
    """

    kind: ClassVar[str] = "latest"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return _said(context.matching(events, self.selector)[::-1], self.property, context)

    def lower(self, plan: Plan) -> Reader:
        return plan.trait(self.selector, self.property, last=True)

    def follow(self, track: Track) -> Gauge:
        return track.trait(self.selector, self.property, last=True)


@frozen
class First(_Trait):
    """The property of the first matching event, in canonical order, that carries it; number or text.

    Args:
        property: Which property; missing while no matching event carries it.
    """

    kind: ClassVar[str] = "first"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return _said(context.matching(events, self.selector), self.property, context)

    def lower(self, plan: Plan) -> Reader:
        return plan.trait(self.selector, self.property, last=False)

    def follow(self, track: Track) -> Gauge:
        return track.trait(self.selector, self.property, last=False)

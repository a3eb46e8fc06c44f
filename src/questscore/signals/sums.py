"""Count and Total: how many matching events, and the sum of a property of theirs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from attrs import field, frozen

from questscore.aggregates.plan import Plan, Reader
from questscore.language import Value
from questscore.model.definition import optional_duration, optional_span, text
from questscore.model.event import Event
from questscore.model.number import total
from questscore.model.selector import read
from questscore.model.signal import Context, SelectedSignal, inside
from questscore.model.time import Calendar, Duration, Span
from questscore.tracks.gauge import Gauge
from questscore.tracks.track import Track


def windowed(events: Iterable[Event], at: int, window: Span | None, calendar: Calendar) -> list[Event]:
    """The events inside the window that ends at ``at``."""
    return [event for event in events if inside(event.time, at, window, calendar)]


def numbers_of(events: Iterable[Event], name: str, calendar: Calendar) -> list[tuple[Event, float]]:
    """The events that carry the property as a number, with it."""
    pairs = ((event, read(event, name, calendar)) for event in events)
    return [(event, value) for event, value in pairs if isinstance(value, float)]


def aged(age: int, half_life: Duration | None) -> float:
    """What is left of 1 after ``age`` microseconds."""
    return 1.0 if half_life is None else 2.0 ** (-age / half_life.us)


@frozen
class Count(SelectedSignal):
    """How many matching events the window holds; with ``half_life``, each worth 2^(-age/half_life).

    Args:
        window: A trailing duration, (t - window, t], or a calendar period up to t; None: ever.
        half_life: After how long an event counts one half.

    >>> Count("logins_7d", on="login", window="7d").window
    Span(length=Duration(us=604800000000))
    """

    kind: ClassVar[str] = "count"
    window: Span | None = field(default=None, converter=optional_span, kw_only=True)
    half_life: Duration | None = field(default=None, converter=optional_duration, kw_only=True)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        found = windowed(context.matching(events, self.selector), at, self.window, context.calendar)
        return total(aged(at - event.time, self.half_life) for event in found)

    def lower(self, plan: Plan) -> Reader:
        return plan.sum(self.selector, window=self.window, half_life=self.half_life)

    def follow(self, track: Track) -> Gauge:
        return track.sum(self.selector, window=self.window, half_life=self.half_life)


@frozen
class Total(SelectedSignal):
    """The sum of a numeric property over the matching events in the window, weighted as in `Count`.

    Args:
        property: What is summed; events without it as a number are skipped.
        window, half_life: As for `Count`.
    """

    kind: ClassVar[str] = "total"
    property: str = field(converter=text, kw_only=True)
    window: Span | None = field(default=None, converter=optional_span, kw_only=True)
    half_life: Duration | None = field(default=None, converter=optional_duration, kw_only=True)

    def properties(self) -> tuple[str, ...]:
        return (self.property,)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        found = windowed(context.matching(events, self.selector), at, self.window, context.calendar)
        return total(
            value * aged(at - event.time, self.half_life)
            for event, value in numbers_of(found, self.property, context.calendar)
        )

    def lower(self, plan: Plan) -> Reader:
        return plan.sum(self.selector, self.property, window=self.window, half_life=self.half_life)

    def follow(self, track: Track) -> Gauge:
        return track.sum(self.selector, self.property, window=self.window, half_life=self.half_life)

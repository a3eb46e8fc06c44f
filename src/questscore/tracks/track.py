"""Track: what a kind may ask for to be followed one event at a time, and what it gets.

Lives here: the protocol between kinds and the engine's path of one event.
Lives elsewhere: the state behind it (this package), putting a model together (engine).

A kind's ``follow(track)`` mirrors its ``lower(plan)``: it asks for what it needs and returns a `Gauge`.
A kind without it is replayed by its definition.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from questscore.aggregates.plan import Awards
from questscore.language import Expression
from questscore.model.selector import Selector
from questscore.model.time import Calendar, Duration, Period, Span
from questscore.tracks.gauge import Gauge
from questscore.tracks.state import Cell, Moment, State


class Track(Protocol):
    """What a followed kind may ask for. Readings get the instant that the kind looks at, offsets applied."""

    @property
    def calendar(self) -> Calendar:
        """The model's calendar."""

    def index(self, every: Period) -> Callable[[int], int]:
        """The consecutive number of the period that holds an instant, looked up fast."""

    def looks_back(self, span: Span | None) -> None:
        """Notes that a cell of the kind's own needs single events of that long before an instant."""

    def sum(
        self,
        selector: Selector,
        property: str | None = None,
        *,
        window: Span | None = None,
        half_life: Duration | None = None,
    ) -> Gauge:
        """The number of matching events, or the sum of a numeric property of theirs."""

    def tally(self, selector: Selector, property: str, *, window: Span | None = None) -> Gauge:
        """The number of matching events that carry the property as a number."""

    def extreme(
        self, selector: Selector, property: str, *, largest: bool, window: Span | None = None
    ) -> Gauge:
        """The largest or least value of a numeric property; None without any."""

    def trait(self, selector: Selector, property: str, *, last: bool) -> Gauge:
        """The property of the last (first) matching event that carries it."""

    def distinct(self, selector: Selector, property: str, *, window: Span | None = None) -> Gauge:
        """The number of different values of a property."""

    def periods(self, selector: Selector, every: Period, *, window: Span | None = None) -> Gauge:
        """The number of different calendar periods with a matching event."""

    def first(self, selector: Selector) -> Moment:
        """When the first matching event was."""

    def last(self, selector: Selector) -> Moment:
        """When the last matching event was."""

    def cell(
        self, selectors: Sequence[Selector], make: Callable[[], Cell], *, window: Span | None = None
    ) -> Gauge:
        """A cell of the kind's own, given each matching event with the place of its selector.

        An event that several selectors match is given once for each, the last first. With a calendar
        period as ``window`` there is a cell for each period; a duration is the cell's own affair, told
        here for how far it looks back.
        """

    def awards(self, asked: Awards) -> Gauge:
        """The sum of what is left of the points of matching events; what a reset voided is not."""

    def signal(self, name: str) -> Gauge:
        """Another signal, read at the same moment; from a member, an unscoped one is the account's."""

    def expression(self, expression: Expression) -> Gauge:
        """An expression over signals, read at the same moment."""

    def condition(self, expression: Expression) -> Gauge:
        """Whether an expression over signals is true, read at the same moment."""

    def members(self) -> tuple[Track, Callable[[State], Sequence[State]]]:
        """The track of the members, and the states of those that exist."""

    def scored(self, model: object) -> Gauge:
        """The scaled score of another model on the same events; None when unknown or without events."""


@runtime_checkable
class Followed(Protocol):
    """A kind with a form for one event at a time beside its definition."""

    def follow(self, track: Track) -> Gauge:
        """Asks the track for what it needs and returns what reads it."""

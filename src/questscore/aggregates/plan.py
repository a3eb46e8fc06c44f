"""Plan: what a kind may ask for when it is lowered, and what it gets.

Lives here: the protocol between kinds and the engine.
Lives elsewhere: the aggregates behind it (this package), how they are driven (engine).

A kind's ``lower(plan)`` asks for aggregates and returns a `Reader`. Asking twice for the same thing
gives the same aggregate. A reader is called with the instant at which the score is read; the plan
knows how far offsets shift it, and ``moment`` tells.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.columns.vector import Vector
from questscore.language import Expression
from questscore.model.award import Active, Ageing, Limit
from questscore.model.selector import Selector
from questscore.model.time import Calendar, Duration, Period, Span

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Numbers: TypeAlias = Floats | Integers
Indices: TypeAlias = NDArray[np.intp]
Term: TypeAlias = tuple[int | None, int | None]
Mask: TypeAlias = NDArray[np.bool_]

NEVER = np.iinfo(np.int64).min
"""Stands for "no such instant" in arrays of instants."""

Reader: TypeAlias = Callable[[int], Vector]
"""At the instant at which the score is read, one value a unit."""
Times: TypeAlias = Callable[[int], Integers]
"""At the instant at which the score is read, one instant a unit, or `NEVER`."""


@frozen(eq=False)
class Matches:
    """Matching events of every unit, sorted by unit and, within it, in canonical order.

    Args:
        unit: (n,) which unit.
        rows: (n,) which row of the log; ascending within a unit.
        time: (n,) microseconds.
        log_time: The time of every row of the log.
    """

    unit: Indices
    rows: Indices
    time: Integers
    log_time: Integers

    def __len__(self) -> int:
        return len(self.unit)

    @cached_property
    def starts(self) -> Mask:
        """(n,) True at the first event of each unit."""
        return np.append(np.ones(min(1, len(self)), bool), self.unit[1:] != self.unit[:-1])

    @property
    def scale(self) -> int:
        """What a unit's keys are apart."""
        return len(self.log_time)

    @cached_property
    def key(self) -> Integers:
        """(n,) ascending; comparable with the keys of other matches of the same log."""
        return self.unit.astype(np.int64) * self.scale + self.rows

    def time_of(self, key: Integers) -> Integers:
        """The instants of the events with these keys."""
        return self.log_time[key % self.scale]


@frozen(eq=False)
class Course:
    """What a number of each unit is from some of its events on.

    Args:
        rows: (n,) which row of the log.
        unit: (n,) which unit; its rows stand in canonical order.
        values: (n,) the number from that row on.
        none: The number before the first.
    """

    rows: NDArray[np.signedinteger]
    unit: NDArray[np.signedinteger]
    values: Numbers
    none: float

    def by_row(self) -> Course:
        """The same, the rows ascending."""
        if bool(np.all(self.rows[1:] >= self.rows[:-1])):
            return self
        order = np.argsort(self.rows, kind="stable")
        return Course(self.rows[order], self.unit[order], self.values[order], self.none)

    def start(self, size: int) -> Numbers:
        """(size,) the number of each unit before its first."""
        found = np.empty_like(self.values, shape=size)
        found[:] = self.none
        return found

    def latest(self, size: int) -> Numbers:
        """(size,) the number of each unit after all rows."""
        found = self.start(size)
        found[self.unit] = self.values  # the last assignment stands
        return found


Courses: TypeAlias = Callable[[Sequence[Matches], int | None], Sequence[Course]]
"""From the matches of some selectors, one course or several: up to one moment, or (None) for all that follow;
what holds from an event on must not depend on later ones."""


@frozen
class Awards:
    """What an event rule asks for: which events, what each is awarded, and what becomes of it."""

    selector: Selector
    points: float | Expression
    ageing: Ageing
    limits: tuple[Limit, ...] = ()
    cooldown: Duration | None = None
    active: Active | None = None
    term: Term = (None, None)
    """[start, end) in which what is paid counts; before and after, events use up limits alone."""

    @property
    def limited(self) -> bool:
        """Whether what one event pays depends on others."""
        return bool(self.limits) or self.cooldown is not None

    def bounds(self, calendar: Calendar) -> Term:
        """[start, end) of the events that matter."""
        start, end = (None, None) if self.active is None else self.active.bounds(calendar)
        if self.limited:
            return start, end
        first, last = self.term
        starts = [time for time in (start, first) if time is not None]
        ends = [time for time in (end, last) if time is not None]
        return max(starts, default=None), min(ends, default=None)


class Plan(Protocol):
    """What a lowered kind may ask for. Shapes: (size,), one entry a unit (subject, or member)."""

    @property
    def size(self) -> int:
        """How many units there are."""

    @property
    def calendar(self) -> Calendar:
        """The model's calendar."""

    def moment(self, at: int) -> int:
        """The instant looked at when the score is read at ``at``."""

    def sum(
        self,
        selector: Selector,
        property: str | None = None,
        *,
        window: Span | None = None,
        half_life: Duration | None = None,
    ) -> Reader:
        """The number of matching events, or the sum of a numeric property of theirs."""

    def tally(self, selector: Selector, property: str, *, window: Span | None = None) -> Reader:
        """The number of matching events that carry the property as a number."""

    def extreme(
        self, selector: Selector, property: str, *, largest: bool, window: Span | None = None
    ) -> Reader:
        """The largest or least value of a numeric property; NaN without any."""

    def trait(self, selector: Selector, property: str, *, last: bool) -> Reader:
        """The property of the last (first) matching event that carries it."""

    def distinct(self, selector: Selector, property: str, *, window: Span | None = None) -> Reader:
        """The number of different values of a property."""

    def periods(self, selector: Selector, every: Period, *, window: Span | None = None) -> Reader:
        """The number of different calendar periods with a matching event."""

    def first(self, selector: Selector) -> Times:
        """When the first matching event was."""

    def last(self, selector: Selector) -> Times:
        """When the last matching event was."""

    def matches(self, selector: Selector, *, window: Span | None = None) -> Callable[[int], Matches]:
        """The matching events themselves, for what depends on their order."""

    def marked(
        self, selector: Selector, marks: Callable[[Matches], Mask], *, window: Span | None = None
    ) -> Reader:
        """The number of matching events in the window that are marked.

        ``marks`` sees matching events wherever they lie; an event's mark must not depend on later ones.
        """

    def followed(
        self, selectors: Sequence[Selector], courses: Courses, *, window: Span | None = None
    ) -> Callable[[int], Sequence[Numbers]]:
        """The numbers of courses, (size,) each, as of the moment of an instant.

        Events that have left the window may or may not be among those that the courses are made of.
        """

    def period_index(self, every: Period, time: Integers) -> Integers:
        """The consecutive number of the period that holds each instant."""

    def inside(self, time: Integers, at: int, window: Span | None) -> Mask:
        """Which instants lie in the window that ends at the moment of ``at``."""

    def awards(self, asked: Awards) -> Reader:
        """The sum of what is left of the points of matching events; what a reset voided is not."""

    def signal(self, name: str) -> Reader:
        """Another signal, read at the same moment; from a member, an unscoped one is the account's."""

    def members(self) -> tuple[Plan, Indices, Callable[[int], Mask]]:
        """The plan of the members, the subject of each, and which of them exist at an instant."""

    def scored(self, model: object) -> Reader:
        """The scaled score of another model on the same units; NaN when unknown or without events."""


@runtime_checkable
class Lowered(Protocol):
    """A signal kind with a fast form beside its definition."""

    def lower(self, plan: Plan) -> Reader:
        """Asks the plan for aggregates and returns what reads them."""

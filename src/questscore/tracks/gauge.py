"""Gauge: a value of a state at an instant, and when it may change by itself.

Lives here: the gauge, and the kinds of gauges that a sheet reads or keeps in ways of their own.
Lives elsewhere: the state (state), the cells in it (this package), reading many gauges together (engine).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from math import nan
from typing import Self, TypeAlias

from attrs import frozen

from questscore.language import Value
from questscore.language.ranges import Range
from questscore.tracks.state import FEW, FOREVER, NEVER, Moment, Numbers, Read, State

Turns: TypeAlias = Callable[[State, int], int]
Refresh: TypeAlias = Callable[[State, int], int]
"""Reads a value anew and keeps it in the state; gives the bits of what is read from it if it changed."""


def at_once(state: State, at: int) -> int:
    """Of what may change at any instant."""
    return at


def never(state: State, at: int) -> int:
    """Of what only events change, or the signals that it is made of."""
    return FOREVER


def earlier(first: Turns, second: Turns) -> Turns:
    """When either of two changes."""
    if first is second or second is never:
        return first
    if first is never:
        return second
    if first is at_once or second is at_once:
        return at_once
    return lambda state, at: min(first(state, at), second(state, at))


def never_yet(state: State) -> int:
    """The moment of what never was."""
    return NEVER


def _anything(state: State, at: int, until: int) -> Range:
    return Range.anything()


@frozen(eq=False)
class Gauge:
    """A value of a state.

    Args:
        read: At an instant, the value.
        range: What it may be at any instant of [at, until] when nothing more happens.
        turns: The first instant at which what was just read at ``at`` may be another value.
        names: The signals of the sheet that it is made of and nothing else; None: it is made of other things.
        numeric: Whether it surely never is a text.
        present: Whether it surely is a number, never missing.
        of_numbers: The same from the numbers of a state alone, where they tell it.
    """

    read: Read
    range: Callable[[State, int, int], Range] = _anything
    turns: Turns = at_once
    names: frozenset[str] | None = None
    numeric: bool = False
    present: bool = False
    of_numbers: Callable[[Numbers], Value] | None = None

    def keeper(self, place: int, turn: int, after: int) -> Refresh:
        """Reads it and keeps the number (NaN when missing) and when it turns, at places in the state.

        Args:
            place: Of the number.
            turn: Of the moment.
            after: Bits of what is read from it.
        """
        read, turns = self.read, self.turns

        def refresh(state: State, at: int) -> int:
            value, numbers = read(state, at), state.numbers
            state.moments[turn] = turns(state, at)
            if value == numbers[place]:
                return 0
            numbers[place] = value if isinstance(value, float) else nan
            return after

        return refresh

    def text_keeper(self, place: int, turn: int, after: int) -> Refresh:
        """The same of what may be a text, kept among the texts."""
        read, turns = self.read, self.turns

        def refresh(state: State, at: int) -> int:
            value = read(state, at)
            state.moments[turn] = turns(state, at)
            if state.texts[place] == value:
                return 0
            state.texts[place] = value
            return after

        return refresh


@frozen(eq=False)
class Flat(Gauge):
    """A gauge that reads one number and nothing else.

    Args:
        place: Of the number.
    """

    place: int = 0


@frozen(eq=False)
class Decaying(Gauge):
    """A gauge that reads one number, as aged since a landmark.

    Args:
        place: Of the number.
        landmark: Place of the moment.
        per: Half-lives a microsecond.
    """

    place: int = 0
    landmark: int = 0
    per: float = 0.0


@frozen(eq=False)
class Elapsed(Gauge):
    """A gauge that reads how long ago something was, which grows by itself; missing while it never was.

    Args:
        since: When it was.
        unit: Microseconds that count 1.
    """

    since: Moment = never_yet
    unit: int = 1

    def reaches(self, limit: float) -> Turns:
        """When a comparison with a number next turns, which it does once at most when nothing happens."""
        since, unit = self.since, self.unit
        ahead = limit * unit * (1.0 - 1e-12) - 1.0  # sooner than any rounding
        length = FOREVER if ahead >= FOREVER else int(max(ahead, 0.0))

        def turns(state: State, at: int) -> int:
            time = since(state)
            if time == NEVER:
                return FOREVER
            if at - time < length:
                return min(time + length, FOREVER)
            return FOREVER if (at - time) / unit > limit else at

        return turns


@frozen(eq=False)
class Celled(Gauge):
    """A gauge that reads a cell.

    Args:
        cell: Its place.
    """

    cell: int = 0

    def keeper(self, place: int, turn: int, after: int) -> Refresh:
        own = self.cell

        def refresh(state: State, at: int) -> int:
            numbers = state.numbers
            value, state.moments[turn] = state.cells[own].glance(at)
            if value == numbers[place]:
                return 0
            numbers[place] = value if isinstance(value, float) else nan
            return after

        return refresh


@frozen(eq=False)
class Counted(Gauge):
    """A gauge that reads how many events there were in a window.

    Args:
        queue: Place of their instants.
        begin: Place of the moment that says how many of these have left the window.
        length: Of the window, microseconds.
    """

    queue: int = 0
    begin: int = 0
    length: int = 0

    @classmethod
    def of(cls, queue: int, begin: int, length: int) -> Self:
        """With what its places tell."""

        def drop(state: State, at: int) -> int:
            times, moments = state.queues[queue], state.moments
            first = bisect_right(times, at - length, moments[begin])
            size = len(times)
            if first > FEW and first * 2 > size:
                del times[:first]
                size, first = size - first, 0
            moments[begin] = first
            return size - first

        def span(state: State, at: int, until: int) -> Range:
            now = drop(state, at)
            times = state.queues[queue]
            left = len(times) - bisect_right(times, until - length, state.moments[begin])
            return Range.between(float(left), float(now))

        def turns(state: State, at: int) -> int:
            times, first = state.queues[queue], state.moments[begin]
            return times[first] + length if first < len(times) else FOREVER

        return cls(
            lambda state, at: float(drop(state, at)),
            span,
            turns,
            numeric=True,
            present=True,
            queue=queue,
            begin=begin,
            length=length,
        )

    def keeper(self, place: int, turn: int, after: int) -> Refresh:
        queue, begin, length = self.queue, self.begin, self.length

        def refresh(state: State, at: int) -> int:
            times, moments, numbers = state.queues[queue], state.moments, state.numbers
            first, size, turned = moments[begin], len(times), moments[turn]
            if at >= turned or turned == FOREVER:
                first = bisect_right(times, at - length, first)
                if first > FEW and first * 2 > size:
                    del times[:first]
                    size, first = size - first, 0
                moments[begin] = first
                moments[turn] = times[first] + length if first < size else FOREVER
            count = size - first
            if numbers[place] == count:
                return 0
            numbers[place] = count
            return after

        return refresh

"""Gauge: a value of a state at an instant, and when it may change by itself.

Lives here: the gauge, and the kinds of gauges that a sheet reads or keeps in ways of their own.
Lives elsewhere: the state (state), the cells in it (this package), reading many gauges together (engine).
"""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from typing import TypeAlias

from attrs import frozen

from questscore.language import Value
from questscore.language.ranges import Range
from questscore.tracks.state import FOREVER, NEVER, Moment, Numbers, Read, State

Turns: TypeAlias = Callable[[State, int], int]
Refresh: TypeAlias = Callable[[State, int], int]
"""Reads a value anew and keeps it in the state; gives the bits of what is read from it if it changed."""
Drop: TypeAlias = Callable[[State, int], None]
"""Lets go of what left a window."""


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


def _nothing(state: State, at: int) -> None:
    """Of what time never changes."""


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
class Standing(Gauge):
    """A gauge whose number stands in the state at all times: events change it as they come, time at turns.

    Args:
        place: Of the number.
        turn: Place of the moment at which time changes the number next, or before that.
        drop: Sets both as of an instant.
    """

    place: int = 0
    turn: int = 0
    drop: Drop = _nothing


@frozen(eq=False)
class Queued(Standing):
    """The same of how many instants of a queue are in a window.

    Args:
        begin: Place of the moment that says how many have left it.
    """

    begin: int = 0

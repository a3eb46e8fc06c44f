"""State: what is known of one subject while its events come one at a time, and how it is read.

Lives here: the state, the cells in it, and `Gauge`, a value of it at an instant.
Lives elsewhere: the cells themselves (this package), what a model compiles to (engine).

A state takes events in order of time and is read at instants at or after the last one taken; a reading
may drop what left a window, so that readings ascend too.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable
from typing import Protocol, Self, TypeAlias

from attrs import frozen

from questscore.language import Value
from questscore.language.ranges import Range
from questscore.model.event import Event

NEVER = -(2**62)
"""Stands for "no such instant" among moments."""
FOREVER = 2**62
"""Stands for "at no instant any more"."""

Plain: TypeAlias = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]
"""What JSON holds: the form in which a state is saved."""


Numbers: TypeAlias = "array[float]"
Moments: TypeAlias = "array[int]"
# Arrays, for what is read together then lies together in memory.


class Cell(Protocol):
    """A part of a state that is more than a number: what depends on a window or on order."""

    def take(self, part: int, time: int, value: Value) -> None:
        """Takes in a matching event.

        Args:
            part: Which of the cell's selectors matched, from 0.
            time: When.
            value: What was read from the event, where something is.
        """

    def read(self, at: int) -> Value:
        """The value as of ``at``, which never steps back."""

    def range(self, at: int, until: int) -> Range:
        """What it may be at any instant of [at, until] when nothing more happens."""

    def turns(self, at: int) -> int:
        """The first instant at which what was read at ``at`` may be another value, when nothing more happens."""

    def copy(self) -> Self:
        """Another one like it, to be changed on its own."""

    def saved(self) -> Plain:
        """What it holds, as of JSON."""

    def restore(self, saved: Plain) -> None:
        """Takes back what `saved` gave, in a new cell of the same kind."""


class Gate(Protocol):
    """Which of a rule's events pay under its limits and cooldown."""

    def pay(self, time: int, award: float, event: Event) -> float:
        """What an event pays of its award."""

    def copy(self) -> Self:
        """Another one like it, to be changed on its own."""

    def saved(self) -> Plain:
        """What it holds, as of JSON."""

    def restore(self, saved: Plain) -> None:
        """Takes back what `saved` gave, in a new one of the same kind."""


class Board:
    """The last reading of a state, so that the next one reads anew only what changed.

    Args:
        values: The signals.
        points: The points of rules that are more than a number; NaN where unknown.
        turns: For each signal and then each such rule, from when on it may change by itself.
        dirty: Bits of the signals and rules that events changed since.
    """

    __slots__ = ("dirty", "points", "turns", "values")

    def __init__(self) -> None:
        self.values: list[Value] = []
        self.points: Numbers = array("d")
        self.turns: Moments = array("q")
        self.dirty = -1  # all of them


class State:
    """One subject (or member): numbers, moments and cells, each with the place its plan gave it."""

    __slots__ = (
        "board",
        "cells",
        "events",
        "gates",
        "huge",
        "members",
        "moments",
        "numbers",
        "owner",
        "pending",
        "queues",
        "ranges",
        "values",
    )

    def __init__(self) -> None:
        self.numbers: Numbers = array("d")
        self.moments: Moments = array("q")
        self.queues: list[deque[int]] = []  # instants of the events in a window, ascending
        self.cells: list[Cell] = []
        self.gates: list[Gate] = []
        self.members: list[dict[str, State]] = []  # by user
        self.pending: list[deque[Event]] = []  # events that an offset does not see yet
        self.events: list[Event] = []  # all of them, where a kind has only a definition
        self.owner: State | None = None  # of a member: its account
        self.board = Board()
        self.values: list[Value] = []  # the signals, as they are being read
        self.ranges: list[Range] = []
        self.huge = False  # numbers so large that only the definition adds them up

    def copy(self) -> State:
        """Another one like it, to be changed on its own."""
        other = State()
        other.numbers = self.numbers[:]
        other.moments = self.moments[:]
        other.queues = [queue.copy() for queue in self.queues]
        other.cells = [cell.copy() for cell in self.cells]
        other.gates = [gate.copy() for gate in self.gates]
        other.members = [{user: state.copy() for user, state in group.items()} for group in self.members]
        for group in other.members:
            for member in group.values():
                member.owner = other
        other.pending = [queue.copy() for queue in self.pending]
        other.events = self.events[:]
        other.owner = self.owner
        other.huge = self.huge
        return other


Read: TypeAlias = Callable[[State, int], Value]
Moment: TypeAlias = Callable[[State], int]
"""An instant that a state knows, or `NEVER`."""
Step: TypeAlias = Callable[[State, int, Event], None]
"""Takes an event, given with its time, into a state."""


def _at_once(state: State, at: int) -> int:
    return at


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
    """

    read: Read
    range: Callable[[State, int, int], Range] = _anything
    turns: Callable[[State, int], int] = _at_once
    names: frozenset[str] | None = None


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

"""State: what is known of one subject while its events come one at a time, and how it is read.

Lives here: the state, and what the parts of it can do.
Lives elsewhere: values of it at an instant (gauge), its cells (this package), following a model (engine).

A state takes events in order of time and is read at instants at or after the last one taken; a reading
may drop what left a window, so that readings ascend too.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable
from typing import Protocol, Self, TypeAlias

from questscore.language import Value
from questscore.language.ranges import Range
from questscore.model.event import Event

NEVER = -(2**62)
"""Stands for "no such instant" among moments."""
FOREVER = 2**62
"""Stands for "at no instant any more"."""
FEW = 16
"""How many entries that left a window may stay in an array before they are cut off."""

Plain: TypeAlias = bool | int | float | str | list["Plain"] | dict[str, "Plain"] | None
"""What JSON holds: the form in which a state is saved."""


Numbers: TypeAlias = "array[float]"
Moments: TypeAlias = "array[int]"
# Arrays, for what is read together then lies together in memory.


class Cell(Protocol):
    """A part of a state that is more than a number: what depends on a window or on order."""

    def take(self, part: int, time: int, value: Value) -> float | None:
        """Takes in a matching event.

        Args:
            part: Which of the cell's selectors matched, from 0.
            time: When.
            value: What was read from the event, where something is.

        Returns:
            What a cell that a `Standing` gauge reads comes to with it, before what left the window is let
            go; else None.
        """

    def read(self, at: int) -> Value:
        """The value as of ``at``, which never steps back."""

    def range(self, at: int, until: int) -> Range:
        """What it may be at any instant of [at, until] when nothing more happens."""

    def glance(self, at: int) -> tuple[Value, int]:
        """The value, and the first instant at which it may be another one when nothing more happens."""

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


class State:
    """One subject (or member): numbers, moments and cells, each with the place its plan gave it."""

    __slots__ = (
        "cells",
        "dirty",
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
        "steps",
        "texts",
        "turn",
    )

    def __init__(self) -> None:
        self.numbers: Numbers = array("d")
        self.moments: Moments = array("q")
        self.dirty = -1  # bits of what events changed since it was last read: all of it
        self.turn = NEVER  # when time first changes what was read last, or before that
        self.steps = Steps()
        self.queues: list[Moments] = []  # instants of the events in a window, ascending
        self.cells: list[Cell] = []
        self.texts: list[Value] = []  # signals, as last read, that are not surely numbers
        self.gates: list[Gate] = []
        self.members: list[dict[str, State]] = []  # by user
        self.pending: list[deque[Event]] = []  # events that an offset does not see yet
        self.events: list[Event] = []  # all of them, where a kind has only a definition
        self.owner: State | None = None  # of a member: its account
        self.ranges: list[Range] = []
        self.huge = False  # numbers so large that only the definition adds them up

    def copy(self) -> State:
        """Another one like it, to be changed on its own."""
        other = State.__new__(State)
        other.numbers = self.numbers[:]
        other.moments = self.moments[:]
        other.dirty = self.dirty
        other.turn = self.turn
        other.steps = self.steps
        other.queues = [queue[:] for queue in self.queues]
        other.cells = [cell.copy() for cell in self.cells]
        other.texts = self.texts[:]
        other.gates = [gate.copy() for gate in self.gates]
        other.members = [{user: state.copy() for user, state in group.items()} for group in self.members]
        for group in other.members:
            for member in group.values():
                member.owner = other
        other.pending = [queue.copy() for queue in self.pending]
        other.events = self.events[:]
        other.owner = self.owner
        other.ranges = []
        other.huge = self.huge
        return other


Read: TypeAlias = Callable[[State, int], Value]
Moment: TypeAlias = Callable[[State], int]
"""An instant that a state knows, or `NEVER`."""


class Noted:
    """A moment that stands at a place in the state."""

    __slots__ = ("place",)

    def __init__(self, place: int) -> None:
        self.place = place

    def __call__(self, state: State) -> int:
        return state.moments[self.place]


Step: TypeAlias = Callable[[State, int, Event], None]
"""Takes an event, given with its time, into a state."""


class Steps(dict[str, tuple[tuple[Step, ...], int]]):
    """By an event's name: what takes it in, and bits of what it changes; ``others`` for names not in it."""

    others: tuple[tuple[Step, ...], int] = (), 0

    def __missing__(self, name: str) -> tuple[tuple[Step, ...], int]:
        return self.others

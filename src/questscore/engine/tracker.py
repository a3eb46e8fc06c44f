"""Tracker: a model put together to follow subjects one event at a time.

Lives here: the model compiled once, and states taken through events and readings.
Lives elsewhere: the steps (follow, layout), how rules add up (sheet), whose state is kept (scorer).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from operator import attrgetter, lt

from questscore.engine.follow import Following, set_aside
from questscore.engine.layout import LAST, READ, Layout
from questscore.engine.sheet import Reads, Sheet
from questscore.model.event import RESET, Event, canonical
from questscore.model.plugin import RAISING, Faults, has_plugins
from questscore.model.score_model import ScoreModel
from questscore.tracks.state import State

_time = attrgetter("time")


def _among_equals(event: Event) -> tuple[bool, tuple[int, str, str, str, str, str]]:
    return event.name == RESET, canonical(event)


def in_order(events: Iterable[Event]) -> list[Event]:
    """Events in the order in which a state takes them: canonical, a reset after all else of its instant."""
    ordered = sorted(events, key=_time)
    times = list(map(_time, ordered))
    if all(map(lt, times, times[1:])):
        return ordered
    found: list[Event] = []
    for _, group in groupby(ordered, _time):
        together = list(group)
        found += together if len(together) == 1 else sorted(together, key=_among_equals)
    return found


class Tracker:
    """A model, to be followed one event at a time.

    A state takes events in the order of `in_order`, and is read at instants that never step back and that
    are at or after every event taken.
    """

    def __init__(self, model: ScoreModel, *, faults: Faults = RAISING) -> None:
        self.model = model
        self.followed = has_plugins(model, "follow")
        """Whether a plugin is followed one event at a time by a form of its own."""
        self.layout = Layout(faults)
        feed = self.layout.feed()
        self.sheet = Sheet(Following(model, self.layout, feed, lambda track: Sheet(track).gauge()))
        self.layout.finish(self.sheet.touched)
        self.read: Reads = self.sheet.read
        """The score as of an instant."""
        self.take: Callable[[State, Event], None] = self._taker()
        """Takes the next event into a state."""

    @property
    def lookback(self) -> int:
        """How far back what is read at an instant depends on single events, in microseconds."""
        return self.layout.lookback

    @property
    def endless(self) -> tuple[str, ...]:
        """What depends on all events there ever were, in words."""
        return tuple(dict.fromkeys(self.layout.endless))

    def fresh(self) -> State:
        """The state of a subject without events."""
        return self.layout.fresh()

    def _taker(self) -> Callable[[State, Event], None]:
        def take(state: State, event: Event) -> None:
            state.moments[LAST] = time = event.time
            steps, touched = state.steps[event.name]
            for step in steps:
                step(state, time, event)
            state.dirty |= touched

        def aside(state: State, event: Event) -> None:
            set_aside(layout, state, event)
            take(state, event)

        layout = self.layout
        return aside if layout.keeps or layout.pending > 0 else take

    def follow(self, state: State, events: Iterable[Event]) -> State:
        """The state after events in order."""
        take = self.take
        for event in events:
            take(state, event)
        return state

    def late(self, state: State, time: int) -> bool:
        """Whether an event at that instant comes too late for a state, which must then be made anew."""
        return time <= state.moments[LAST]

    def readable(self, state: State, at: int) -> bool:
        """Whether a state can be read at an instant: not before what it took, or was read at."""
        return at >= state.moments[LAST] and at >= state.moments[READ]

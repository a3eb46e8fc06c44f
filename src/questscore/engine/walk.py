"""Walk: one subject's levels through time, under margin and dwell, by period or continuously.

Lives here: from a state and a level at an instant to the changes of level after it while one model is in
service, spans in which nothing can change leapt over.
Lives elsewhere: the definition (reference), going on under the next model (route), audiences (within), all
subjects at once by period (timeline), who is walked (moves).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from attrs import frozen

from questscore.engine.layout import LAST
from questscore.engine.tracker import Tracker, in_order
from questscore.model.event import Event
from questscore.model.result import Score, Transition
from questscore.model.time import AFTER_ALL, Period
from questscore.reference import UNSCORED, Subject, step
from questscore.tracks.state import NEVER, State

FEW = 12
"""So many instants are looked at one by one; for more it pays to ask first whether anything can change."""


@frozen
class Pause:
    """Where a walk can be taken up again: a level at an evaluation instant, with the state up to it.

    ``leg`` says which of a route's legs the state is of.
    """

    previous: int
    level: str | None
    since: int | None
    state: State
    leg: int = 0


class Past(Protocol):
    """What is known of subjects."""

    def events(self, subject: str, after: int | None, until: int | None) -> Sequence[Event]:
        """A subject's retained events after one instant and up to another; None: all of them."""

    def begin(self, subject: str, watched: str | None = None) -> Pause | None:
        """From where a subject is walked at the earliest, with a state of its own; None: it has no event.

        ``watched`` is an audience; None: levels.
        """

    def defined(self, subject: str, at: int) -> Subject | None:
        """A subject as definitions see it, with its events up to an instant; None: not all are retained."""


@frozen(eq=False)
class Leg:
    """A model in service for a span of time, and what it knows of subjects.

    Args:
        tracker: The model.
        past: What it knows.
        start: The first instant; None: from the first event on.
        stop: When the next one comes into service; None: never.
    """

    tracker: Tracker
    past: Past
    start: int | None = None
    stop: int | None = None


class Walk:
    """A subject's level, and how it changes from an instant on.

    Args:
        leg: The model, while it is in service.
        name: The subject.
        start: From where; before the first event, a fresh state and the base level.
        until: The last event that counts; None: all do.
    """

    def __init__(self, leg: Leg, name: str, start: Pause, until: int | None = None) -> None:
        self._leg, self._tracker, self._name = leg, leg.tracker, name
        self._past, self._until = leg.past, until
        self._levels = leg.tracker.model.levels
        self._place = start.leg
        self.state = start.state
        self.level: str | None = start.level
        self.since, self.previous = start.since, start.previous
        self._events, self._next = in_order(self._past.events(name, start.previous, until)), 0
        self._active = self._adjusted = False  # whether anything happened since the last evaluation instant
        self._pause: Pause | None = None
        self.found: list[Transition] = []

    def to(self, end: int) -> list[Transition]:
        """Walks to an instant, included, and gives the changes up to it.

        Continuously, a change inside a cell that ends later holds only if nothing happens before the
        cell's end: to walk on, begin at the `pause`.
        """
        if isinstance(self._tracker.model.evaluate, Period):
            self._by_period(self._tracker.model.evaluate, end)
        else:
            self._continuously(self._tracker.model.resolution.us, end)
        return self.found

    def more(self) -> None:
        """Heeds the events that came after all there were."""
        events = in_order(self._past.events(self._name, self.last, self._until))
        self._events, self._next = [*self._events[self._next :], *events], 0

    @property
    def changes(self) -> bool:
        """Whether there is anything that can change."""
        return len(self._levels) > 0

    @property
    def idle(self) -> bool:
        """Whether nothing is left that happens later."""
        return self._next == len(self._events)

    @property
    def last(self) -> int:
        """The last event there is; `previous` where that is later."""
        return max(self.previous, self._events[-1].time) if self._events else self.previous

    def pause(self) -> Pause:
        """From where to walk on later: the last instant at which all is settled, whatever comes."""
        return self._pause or Pause(self.previous, self.level, self.since, self.state, self._place)

    # -- one instant --------------------------------------------------------------------------------

    def _take_until(self, at: int) -> None:
        events = self._events
        while self._next < len(events) and events[self._next].time <= at:
            event = events[self._next]
            self._next += 1
            self._tracker.take(self.state, event)
            self._active = True
            if event.reserved and event.properties.get("model") in (None, self._tracker.model.name):
                self._adjusted = True

    def _read(self, state: State, at: int) -> Score:
        if state.moments[LAST] == NEVER:
            return UNSCORED
        if state.huge:
            until = at if self._until is None else min(at, self._until)
            defined = self._past.defined(self._name, until)
            if defined is not None:
                return defined.score(self._name, at)
        return self._tracker.read(state, at)

    def _after(self, at: int, reading: Score) -> str | None:
        return step(self._levels, self.level, self.since, at, reading.level, reading.value)

    def _passed(self, after: str | None) -> tuple[str, ...]:
        return self._levels.passed(self.level, after)

    def _kept(self) -> int | None:
        """The instant until which the level is kept whatever happens."""
        dwell = self._levels.dwell
        if dwell is None or self.since is None or self.level not in self._levels.order:
            return None
        return self.since + dwell.us

    def _look(self, at: int) -> None:
        self._take_until(at)
        reading = self._read(self.state, at)
        after = self._after(at, reading)
        if after != self.level:
            cause = "adjustment" if self._adjusted else "event" if self._active else "time"
            if self._leg.start is not None and self.previous < self._leg.start:
                cause = "model"
            passed = self._passed(after)
            self.found.append(Transition(self._name, at, self.level, after, reading.value, cause, passed))
            self.level, self.since = after, (None if after is None else at)
        self._active = self._adjusted = False
        self.previous = at

    def stays(self, until: int) -> bool:
        """Whether the level surely stays through ``until`` when nothing more happens."""
        if self.previous >= until:
            return True
        kept = self._kept()
        if kept is not None and until < kept:
            return True
        if self.state.moments[LAST] == NEVER:
            return self.level is None
        may, least = self._tracker.sheet.may_stand(self.state, self.previous, until)
        may.discard(self.level)
        if not may:
            return True
        order, levels = self._levels.order, self._levels
        if None in may or self.level not in order or not levels.keeps(self.level, least):
            return False
        threshold = {level.name for level in levels if level.when is None} | {levels.below}
        return all(
            name in threshold and order.index(name) < order.index(self.level)
            for name in may
            if name is not None
        )

    def quiet(self, spans: Sequence[int]) -> int:
        """Until when, of ever longer spans from now, the level surely stays when nothing more happens."""
        quiet = self.previous
        for span in spans:
            if not self.stays(self.previous + span):
                break
            quiet = self.previous + span
        return quiet

    # -- by period ----------------------------------------------------------------------------------

    def _by_period(self, every: Period, end: int) -> None:
        instants = self._tracker.model.calendar.instants(every, self.previous, end)
        i = 0
        while i < len(instants):
            self._take_until(self.previous)
            following = self._events[self._next].time if self._next < len(self._events) else AFTER_ALL
            quiet = i
            while quiet < len(instants) and instants[quiet] < following:
                quiet += 1
            self._leap(instants[i:quiet])
            i = quiet
            if i < len(instants):
                self._look(instants[i])
                i += 1

    def _leap(self, instants: Sequence[int]) -> None:
        """Looks at instants between which nothing happens; but not where nothing can change."""
        if len(instants) > FEW:
            # the first look settles what happened before it
            self._look(instants[0])
            rest = instants[1:]
            if self.stays(rest[-1]):
                self.previous = rest[-1]
                return
            middle = len(rest) // 2
            self._leap(rest[:middle])
            self._leap(rest[middle:])
            return
        for at in instants:
            self._look(at)

    # -- continuously -------------------------------------------------------------------------------

    def _continuously(self, grid: int, end: int) -> None:
        start, stop = self._leg.start, AFTER_ALL if self._leg.stop is None else self._leg.stop
        if start is not None and self.previous < start <= end:
            self._look(start)
        while True:
            self._take_until(self.previous)
            following = self._events[self._next].time if self._next < len(self._events) else AFTER_ALL
            following = min(following, stop)
            if not self._pass_time(grid, following, end):
                return
            if following > end:
                return
            self._look(following)

    def _pass_time(self, grid: int, following: int, end: int) -> bool:
        """Looks at all instants before ``following``, the next event; False when the end is reached."""
        leap = 1
        while True:
            turn = self._kept()
            far = following if turn is None or turn <= self.previous else min(following, turn)
            cell = min((self.previous // grid + 1) * grid, far)
            # the rest of a cell that goes on beyond the end is looked at again once the end is later
            limit = far - 1 if far <= end else end // grid * grid
            jump = min((self.previous // grid + leap) * grid, limit)
            if jump >= min(cell, far - 1) and jump > self.previous and self.stays(jump):
                self.previous = jump
                leap *= 4
                continue
            if leap > 1:
                leap = max(1, leap // 8)
                continue
            if not self._cross(cell, end):
                return False
            if cell == following:
                return True
            if cell > end:
                return False
            self._look(cell)

    def _cross(self, following: int, end: int) -> bool:
        """The changes inside one cell, found by halving; False when one lies beyond the end."""
        while following - 1 > self.previous:
            if self.stays(following - 1):
                return True
            if self._differs(following - 1) is None:
                return True
            low, high = self.previous, following - 1
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if self._differs(middle) is None else (low, middle)
            if high > end:
                return False
            if following > end and self._pause is None:
                self._pause = Pause(self.previous, self.level, self.since, self.state.copy(), self._place)
            self._look(high)
        return True

    def _differs(self, at: int) -> Score | None:
        """The score at an instant ahead where the level would be another one, None where it would stay."""
        reading = self._read(self.state.copy(), at)
        return reading if self._after(at, reading) != self.level else None

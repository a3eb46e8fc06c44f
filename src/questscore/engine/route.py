"""Route: the models in service one after the other, and subjects' walks along them.

Lives here: where a walk begins, is taken up again, and goes on when the next model comes into service.
Lives elsewhere: a walk while one model is in service (walk, within), who is walked (moves).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from questscore.engine.layout import LAST
from questscore.engine.tracker import in_order
from questscore.engine.walk import Leg, Pause, Walk
from questscore.model.result import Transition
from questscore.model.time import Period
from questscore.tracks.state import NEVER

Make = Callable[[Leg, str, Pause, int | None], Walk]
"""What makes a walk along a leg: of levels, or within an audience."""


class Route:
    """The legs of a scorer, in order of their starts, along which one thing is watched.

    Args:
        legs: At least one.
        make: What makes a walk along one of them.
        watched: An audience; None: levels.
    """

    def __init__(self, legs: Sequence[Leg], make: Make = Walk, watched: str | None = None) -> None:
        self.legs, self._make, self.watched = legs, make, watched

    @property
    def changes(self) -> bool:
        """Whether there is anything that can change."""
        return self.watched is not None or any(len(leg.tracker.model.levels) for leg in self.legs)

    def place(self, at: int) -> int:
        """Which leg is in service at an instant."""
        return max(i for i, leg in enumerate(self.legs) if leg.start is None or leg.start <= at)

    def begin(self, subject: str) -> Pause | None:
        """From where a subject is walked at the earliest, with a state of its own; None: it has no event."""
        first = self.legs[0].past.begin(subject, self.watched)
        if first is None or len(self.legs) == 1:
            return first
        place = self.place(first.previous + 1)
        if place == 0:
            return first
        if first.state.moments[LAST] == NEVER:  # its first event of all is of that model's time
            own = self.legs[place].past.begin(subject, self.watched)
            assert own is not None  # noqa: S101
            return Pause(own.previous, own.level, own.since, own.state, place)
        return self._at(place, subject, first.previous, first.level, first.since)

    def _at(
        self,
        place: int,
        subject: str,
        at: int,
        level: str | None,
        since: int | None,
        until: int | None = None,
    ) -> Pause:
        """A pause on a leg, with all that it sees by then; ``until`` is the last event that counts."""
        leg = self.legs[place]
        own = leg.past.begin(subject, self.watched)
        if own is None or own.previous >= at:  # it sees nothing yet
            return Pause(at, level, since, leg.tracker.fresh(), place)
        last = at if until is None else min(at, until)
        events = in_order(leg.past.events(subject, own.previous, last))
        return Pause(at, level, since, leg.tracker.follow(own.state, events), place)

    def resumed(self, subject: str, begin: Pause, told: Sequence[Transition], at: int) -> Pause:
        """A pause at an instant up to which ``told`` tells all changes."""
        level, since = begin.level, begin.since
        for change in told:
            if change.time <= at:
                level, since = change.after, (None if change.after is None else change.time)
        return self._at(self.place(at), subject, at, level, since)

    def walk(self, subject: str, pause: Pause, until: int | None = None) -> Walk | Journey:
        """A walk from a pause on; ``until`` is the last event that counts."""
        if len(self.legs) == 1:
            return self.along(0, subject, pause, until)
        return Journey(self, subject, pause, until)

    def along(self, place: int, subject: str, pause: Pause, until: int | None) -> Walk:
        """A walk along one leg."""
        return self._make(self.legs[place], subject, pause, until)

    def further(self, subject: str, walk: Walk, place: int, until: int | None) -> Walk:
        """The walk along the next leg after one that has come to its end."""
        at = self.legs[place + 1].start
        assert at is not None  # noqa: S101
        pause = self._at(place + 1, subject, at - 1, walk.level, walk.since, until)
        return self.along(place + 1, subject, pause, until)

    def settled(self, advanced: int | None) -> int | None:
        """The last evaluation instant that all subjects share, up to the instant advanced to."""
        if advanced is None:
            return None
        place = self.place(advanced)
        leg = self.legs[place]
        model = leg.tracker.model
        if not isinstance(model.evaluate, Period):
            found = advanced // model.resolution.us * model.resolution.us
        else:
            found = model.calendar.begun(model.evaluate, advanced)
        if leg.start is None or found >= leg.start:
            return found
        before = self.legs[place - 1].tracker.model
        # continuously, a cell that this model ends shows other changes than the whole one did
        return leg.start - 1 if isinstance(before.evaluate, Period) else self.settled(leg.start - 1)


class Journey:
    """A walk that goes on under the next model when it comes into service: like a `Walk` otherwise."""

    def __init__(self, route: Route, name: str, start: Pause, until: int | None = None) -> None:
        self._route, self._name, self._until = route, name, until
        self._place = start.leg
        self._walk = route.along(start.leg, name, start, until)
        self.found: list[Transition] = []

    def to(self, end: int) -> list[Transition]:
        """Walks to an instant, included, and gives the changes up to it."""
        while True:
            stop = self._route.legs[self._place].stop
            here = end if stop is None else min(end, stop - 1)
            known = len(self._walk.found)
            self.found += self._walk.to(here)[known:]
            if stop is None or end < stop:
                return self.found
            self._walk = self._route.further(self._name, self._walk, self._place, self._until)
            self._place += 1

    def more(self) -> None:
        """Heeds the events that came after all there were."""
        self._walk.more()

    @property
    def level(self) -> str | None:
        return self._walk.level

    @property
    def since(self) -> int | None:
        return self._walk.since

    @property
    def previous(self) -> int:
        return self._walk.previous

    @property
    def changes(self) -> bool:
        """Whether there is anything that can change."""
        return self._route.changes

    @property
    def idle(self) -> bool:
        """Whether nothing is left that happens later."""
        return self._walk.idle

    @property
    def last(self) -> int:
        """The last event there is; `previous` where that is later."""
        return self._walk.last

    def pause(self) -> Pause:
        """From where to walk on later."""
        return self._walk.pause()

    def quiet(self, spans: Sequence[int]) -> int:
        """Until when, of ever longer spans from now, the level surely stays when nothing more happens."""
        stop, quiet = self._route.legs[self._place].stop, self._walk.quiet(spans)
        return quiet if stop is None else min(quiet, max(stop - 1, self.previous))

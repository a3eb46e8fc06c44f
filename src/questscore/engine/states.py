"""States: each subject's state as it is now, made from its events when it is first asked for.

A subject with many events has a second state beside it, without the last few of them: where an event comes a
little late, only these are taken again.

Lives here: which states are kept, and when one must be made anew.
Lives elsewhere: states and how they take events (tracker), the events (journal).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Generic, TypeVar

from questscore.engine.layout import LAST
from questscore.engine.tracker import Tracker, in_order
from questscore.model.event import Event
from questscore.tracks.state import State

MANY = 512
"""So many events are not taken again where that can be helped."""
NEAR = 64
"""How many of the last events are, at least."""

T = TypeVar("T")
Fetch = Callable[[str, int | None, int | None], Sequence[Event]]
"""A subject's settled events after one instant and up to another; None: from the first, to the last."""


class Recent(dict[str, T], Generic[T]):
    """A mapping that keeps what was asked for lately: at least ``size`` entries, at most twice as many."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self._older: dict[str, T] = {}

    def __bool__(self) -> bool:
        return len(self) > 0 or len(self._older) > 0

    def find(self, key: str) -> T | None:
        """The entry, None when there is none any more."""
        found = self.get(key)
        if found is None and self._older:
            found = self._older.pop(key, None)
            if found is not None:
                self.keep(key, found)
        return found

    def keep(self, key: str, value: T) -> None:
        """Adds an entry; old ones may go."""
        if len(self) >= self._size and key not in self:
            self._older = dict(self)
            self.clear()
        self[key] = value

    def drop(self, key: str) -> None:
        """Forgets an entry."""
        self.pop(key, None)
        self._older.pop(key, None)

    def drop_all(self, keys: Collection[str]) -> None:
        """Forgets entries, of a set or a mapping that may be much larger than this one."""
        for kept in (self, self._older):
            for key in [key for key in kept if key in keys]:
                del kept[key]


class States:
    """The states of subjects, over the events that ``fetch`` gives.

    Args:
        tracker: The model.
        fetch: A subject's events.
        start: The state in which a subject's events begin: fresh, or with older events folded in.
        size: How many states are kept at least.
    """

    def __init__(
        self, tracker: Tracker, fetch: Fetch, start: Callable[[str], State], size: int = 1 << 16
    ) -> None:
        self._tracker, self._fetch, self._start = tracker, fetch, start
        self.now: Recent[State] = Recent(size)
        self._earlier: Recent[State] = Recent(size)  # never read
        self.behind: dict[str, int] = {}  # subjects with events not taken yet: the earliest of them

    def touch(self, subject: str, time: int) -> None:
        """Notes that an event came that the subject's state has not taken."""
        earlier = self._earlier.find(subject)
        if earlier is not None and self._tracker.late(earlier, time):
            self._earlier.drop(subject)
        if subject in self.now or self.now.find(subject) is not None:
            known = self.behind.get(subject)
            self.behind[subject] = time if known is None else min(known, time)

    def drop(self, subject: str) -> None:
        """Forgets a subject's state: it must be made anew."""
        self.now.drop(subject)
        self._earlier.drop(subject)
        self.behind.pop(subject, None)

    def folded(self, subject: str) -> None:
        """Notes that old events of the subject are no longer retained."""
        if subject in self.behind:
            self.drop(subject)  # what it has yet to take goes
        self._earlier.drop(subject)

    def current(self, subject: str) -> State:
        """The state with all of the subject's events."""
        state = self.now.find(subject)
        if state is not None and subject in self.behind:
            earliest = self.behind.pop(subject)
            if self._tracker.late(state, earliest):
                state = None
            else:
                self._tracker.follow(state, in_order(self._fetch(subject, state.moments[LAST], None)))
        if state is None:
            state = self.until(subject, None)
            self.now.keep(subject, state)
            self.behind.pop(subject, None)
        return state

    def until(self, subject: str, at: int | None) -> State:
        """A state of its own with the events up to an instant."""
        earlier = self._earlier.find(subject)
        if earlier is not None and (at is None or earlier.moments[LAST] <= at):
            state, after = earlier.copy(), earlier.moments[LAST]
        else:
            state, after = self._start(subject), None
        events = in_order(self._fetch(subject, after, at))
        if at is None and len(events) > MANY:
            near = len(events) - NEAR
            while near and events[near - 1].time == events[near].time:
                near -= 1
            self._tracker.follow(state, events[:near])
            self._earlier.keep(subject, state.copy())
            events = events[near:]
        return self._tracker.follow(state, events)

    def readable(self, subject: str, at: int) -> State:
        """A state that can be read at an instant, with the events up to it."""
        state = self.current(subject)
        if self._tracker.readable(state, at):
            return state
        return self.until(subject, at)

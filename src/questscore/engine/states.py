"""States: each subject's state as it is now, made from its events when it is first asked for.

Lives here: which states are kept, and when one must be made anew.
Lives elsewhere: states and how they take events (tracker), the events (journal).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from questscore.engine.layout import LAST
from questscore.engine.tracker import Tracker, in_order
from questscore.model.event import Event
from questscore.tracks.state import State

T = TypeVar("T")
Fetch = Callable[[str, int | None, int | None], Sequence[Event]]
"""A subject's settled events after one instant and up to another; None: from the first, to the last."""


class Recent(dict[str, T], Generic[T]):
    """A mapping that keeps what was asked for lately: at least ``size`` entries, at most twice as many."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self._older: dict[str, T] = {}

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

    def drop_all(self) -> None:
        """Forgets all of them."""
        self.clear()
        self._older.clear()


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
        self.behind: dict[str, int] = {}  # subjects with events not taken yet: the earliest of them

    def touch(self, subject: str, time: int) -> None:
        """Notes that an event came that the subject's state has not taken."""
        if subject in self.now or self.now.find(subject) is not None:
            known = self.behind.get(subject)
            self.behind[subject] = time if known is None else min(known, time)

    def drop(self, subject: str) -> None:
        """Forgets a subject's state: it must be made anew."""
        self.now.drop(subject)
        self.behind.pop(subject, None)

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
        return self._tracker.follow(self._start(subject), in_order(self._fetch(subject, None, at)))

    def readable(self, subject: str, at: int) -> State:
        """A state that can be read at an instant, with the events up to it."""
        state = self.current(subject)
        if self._tracker.readable(state, at):
            return state
        return self.until(subject, at)

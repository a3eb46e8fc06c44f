"""Folds: what is left of events that are no longer retained.

Lives here: each subject's state with its old events taken in, and its level at the end of them.
Lives elsewhere: the events that are retained (journal), taking them into states (tracker).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from attrs import frozen

from questscore.engine.layout import LAST
from questscore.engine.route import Route
from questscore.engine.states import Fetch
from questscore.engine.tracker import Tracker, in_order
from questscore.engine.walk import Pause
from questscore.model.event import Event
from questscore.model.result import Transition
from questscore.model.time import DAY, Period
from questscore.model.trigger import OUTSIDE
from questscore.reference import Subject
from questscore.tracks.state import NEVER, State

Known = Callable[[str, int], list[Transition] | None]
"""A subject's changes after an instant, where they need not be found again."""


@frozen
class Final:
    """Changes after an instant that nothing can change any more, and whether all were told as they are."""

    after: int
    changes: Sequence[Transition]
    told: bool


@frozen
class Fold:
    """A subject's old events, folded.

    Args:
        state: With every event that is gone.
        standing: By audience (None: the levels), where it stood at ``walked`` and since when.
        walked: The evaluation instant up to which that is final.
    """

    state: State
    standing: Mapping[str | None, tuple[str | None, int | None]]
    walked: int


class Folds:
    """The folded events of all subjects, and what is walked from them on: a `Past`.

    Args:
        tracker: The model.
        fetch: A subject's retained events.
        first: A subject's first retained event; None when there is none.
        retain: How long events are retained, microseconds; None: for ever.

    What can be read from the horizon on depends on single events of the model's look-back before it; older
    ones are folded. Folding goes in strides, so that many events share its cost.
    """

    def __init__(
        self, tracker: Tracker, fetch: Fetch, first: Callable[[str], int | None], retain: int | None
    ) -> None:
        self._tracker, self._fetch, self._first = tracker, fetch, first
        self.retain = retain
        self.gone: int | None = None  # events at or before are folded
        self.folds: dict[str, Fold] = {}

    def first(self, subject: str) -> int | None:
        """The time of a subject's first retained event; None when there is none."""
        return self._first(subject)

    def events(self, subject: str, after: int | None, until: int | None) -> Sequence[Event]:
        """A subject's retained events after one instant and up to another; None: all of them."""
        return self._fetch(subject, after, until)

    def defined(self, subject: str, at: int) -> Subject | None:
        """A subject as definitions see it, with its events up to an instant; None: not all are retained."""
        if subject in self.folds:
            return None
        tracker = self._tracker
        return Subject(tracker.model, self._fetch(subject, None, at), None, tracker.layout.faults)

    def horizon(self, now: int | None) -> int | None:
        """The earliest instant that can be read, and that events may have."""
        return None if self.retain is None or now is None else now - self.retain

    def stride(self, now: int) -> tuple[int, int] | None:
        """What to fold next: up to which event, and the evaluation instant up to which levels are final."""
        if self.retain is None:
            return None
        walked = self._evaluation_before(now - self.retain)
        gone = walked - self._tracker.lookback
        if self.gone is not None and gone - self.gone < max(self.retain // 8, DAY):
            return None
        return gone, walked

    def _evaluation_before(self, horizon: int) -> int:
        model = self._tracker.model
        if not isinstance(model.evaluate, Period):
            grid = model.resolution.us
            return (horizon - 1) // grid * grid
        return model.calendar.begun(model.evaluate, horizon - 1)

    def fold(
        self, subject: str, gone: int, walked: int, routes: Iterable[tuple[Route, Known]]
    ) -> list[Final]:
        """Folds a subject's events up to ``gone``.

        Args:
            subject: Who.
            gone: The last event's time at most.
            walked: The evaluation instant up to which levels are final.
            routes: Those that end on this one's leg, each with what knows changes without a walk.

        Returns:
            For each route, its changes up to ``walked``.
        """
        state = self.state(subject)
        self._tracker.follow(state, in_order(self._fetch(subject, None, gone)))
        if state.moments[LAST] != NEVER:  # a model that sees only what is new may have seen nothing
            self._tracker.read(state, max(walked, state.moments[LAST]))  # lets go of what left its windows
        standing: dict[str | None, tuple[str | None, int | None]] = {}
        found = []
        for route, known in routes:
            begin = route.begin(subject)
            assert begin is not None  # noqa: S101
            told = known(subject, begin.previous)
            changes = told or []
            if told is None and route.changes:
                changes = route.walk(subject, begin).to(walked)
            found.append(Final(begin.previous, changes, told is not None))
            level, since = begin.level, begin.since
            if changes:
                level = changes[-1].after
                since = None if level is None else changes[-1].time
            standing[route.watched] = level, since
        self.folds[subject] = Fold(state, standing, walked)
        return found

    def state(self, subject: str) -> State:
        """The state in which a subject's retained events begin, to be changed on its own."""
        fold = self.folds.get(subject)
        return self._tracker.fresh() if fold is None else fold.state.copy()

    def begin(self, subject: str, watched: str | None = None) -> Pause | None:
        """From where a subject is walked, as to an audience or (None) its levels; None: it has no event."""
        fold = self.folds.get(subject)
        levels = self._tracker.model.levels
        outset = OUTSIDE if watched is not None else levels.below if len(levels) else None
        if fold is None:
            first = self._first(subject)
            return None if first is None else Pause(first - 1, outset, None, self._tracker.fresh())
        level, since = fold.standing.get(watched, (outset, None))
        events = in_order(self._fetch(subject, None, fold.walked))
        return Pause(fold.walked, level, since, self._tracker.follow(fold.state.copy(), events))

    def take_in(self, other: Folds) -> None:
        """The folds of other subjects."""
        self.folds.update(
            (name, Fold(f.state.copy(), f.standing, f.walked)) for name, f in other.folds.items()
        )
        ends = [end for end in (self.gone, other.gone) if end is not None]
        self.gone = max(ends, default=None)

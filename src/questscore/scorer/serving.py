"""Serving: one model in service, and what it knows of the subjects.

Lives here: the events that it sees, its states and its folds.
Lives elsewhere: the events (journal), states and folds themselves (engine), which model is in service when
(publication).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from questscore.columns.table import EventTable
from questscore.engine.folds import Folds
from questscore.engine.layout import LAST
from questscore.engine.states import States
from questscore.engine.tracker import Tracker
from questscore.journal import Journal
from questscore.model.event import Event
from questscore.model.publication import Service
from questscore.tracks.state import NEVER


class Serving:
    """A model while it is in service.

    Args:
        service: The model, from when on, and since when it sees events.
        journal: All events.
        retain: How long events are retained, microseconds; None: for ever.
        tracker: The model, put together.
    """

    def __init__(self, service: Service, journal: Journal, retain: int | None, tracker: Tracker) -> None:
        self.service, self.model, self.tracker = service, service.model, tracker
        self.start = NEVER if service.start is None else service.start
        self.since = NEVER if service.since is None else service.since
        self._journal = journal
        whole = service.since is None
        self.folds = Folds(
            tracker, journal.events if whole else self._seen, journal.first if whole else self._first, retain
        )
        self.states = States(tracker, self.folds.events, self.folds.state)

    def _seen(self, subject: str, after: int | None, until: int | None) -> Sequence[Event]:
        last = self.since - 1
        return self._journal.events(subject, last if after is None else max(after, last), until)

    def _first(self, subject: str) -> int | None:
        return min((event.time for event in self._seen(subject, None, None)), default=None)

    def knows(self, subject: str, at: int) -> bool:
        """Whether the model has seen an event of a subject by an instant."""
        fold = self.folds.folds.get(subject)
        if fold is not None and fold.state.moments[LAST] != NEVER:
            return True
        first = self.folds.first(subject)
        return first is not None and first <= at

    def table(self, until: int | None = None) -> EventTable:
        """The retained events up to an instant that the model sees."""
        table = self._journal.table(until)
        if self.since == NEVER:
            return table
        return table.take(np.flatnonzero(table.time >= self.since))

"""Apart: the levels of a log's subjects, each walked by itself.

Lives here: walks over columns, where levels are looked for continuously.
Lives elsewhere: one walk (walk), all subjects at once by period (timeline), walks of a scorer (moves).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from operator import attrgetter

from questscore.columns.log import EventLog
from questscore.engine.folds import Folds
from questscore.engine.replay import rows_of
from questscore.engine.tracker import Tracker
from questscore.engine.walk import Leg, Walk
from questscore.model.event import Event
from questscore.model.plugin import Faults
from questscore.model.score_model import ScoreModel

_time = attrgetter("time")


def walks(model: ScoreModel, log: EventLog, at: int, faults: Faults) -> Iterator[tuple[int, Walk]]:
    """Each unit that has an event, with its walk as far as an instant, at or after the last event."""
    own: Sequence[Event] = ()

    def fetch(subject: str, after: int | None, until: int | None) -> Sequence[Event]:
        start = 0 if after is None else bisect_right(own, after, key=_time)
        return own[start : len(own) if until is None else bisect_right(own, until, key=_time)]

    tracker = Tracker(model, faults=faults)
    past = Folds(tracker, fetch, lambda subject: own[0].time, None)
    leg = Leg(tracker, past)
    for unit, rows in enumerate(rows_of(log, log.subject)):
        if len(rows):
            own = [log.table.event(row) for row in rows.tolist()]
            start = past.begin(log.names[unit])
            assert start is not None  # noqa: S101
            walk = Walk(leg, log.names[unit], start)
            walk.to(at)
            yield unit, walk

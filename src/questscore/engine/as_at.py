"""As at: the scores of all subjects at one instant.

Lives here: from a table of events to arrays of scores.
Lives elsewhere: reading at instants, levels that margin and dwell left (timeline), result tables (results).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.aggregates.plan import Indices
from questscore.columns.log import EventLog, settle
from questscore.columns.table import EventTable
from questscore.columns.vector import Vector
from questscore.engine.scoring import Scores
from questscore.engine.timeline import Timeline, left
from questscore.model.plugin import RAISING, Faults
from questscore.model.score_model import ScoreModel
from questscore.model.time import Period


@frozen(eq=False)
class AsAt:
    """Scores at an instant, by unit of the log.

    Args:
        log: The settled events.
        scores: Arrays with an entry a unit.
        level: (size,) codes of the levels, margin and dwell heeded.
        units: The units that are scored, by name.
        names: Their names, sorted.
    """

    log: EventLog
    scores: Scores
    level: NDArray[np.int64]
    units: Indices
    names: Sequence[str]

    def signal(self, name: str) -> Vector:
        """A signal of the units that are scored, in the order of their names."""
        return self.scores.signals[name].take(self.units)


def as_at(
    model: ScoreModel, table: EventTable, at: int, faults: Faults = RAISING, *, heed: bool = True
) -> AsAt:
    """The scores of every subject with an event at or before ``at``; ``heed``: margin and dwell too."""
    steps = heed and model.levels.sticky and isinstance(model.evaluate, Period)
    log = settle(table, model.subject, at)
    return read(Timeline(model, log, steps=steps, faults=faults), at, heed=heed)


def read(timeline: Timeline, at: int, *, heed: bool = True) -> AsAt:
    """The scores of a log's subjects as of an instant, at or after its last event."""
    sticky = heed and timeline.model.levels.sticky and len(timeline.log)
    level = left(timeline, at) if sticky else None
    scores = timeline.read(at)
    units, names = timeline.present
    return AsAt(timeline.log, scores, scores.level if level is None else level, units, names)

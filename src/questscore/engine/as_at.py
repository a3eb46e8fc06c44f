"""As at: the scores of all subjects at one instant.

Lives here: from a table of events to arrays of scores, and the level that margin and dwell left.
Lives elsewhere: the plan and how rules add up (plan, scoring), result tables (results).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.aggregates.plan import NEVER, Indices, Integers
from questscore.columns.batch import CHUNK
from questscore.columns.log import EventLog, settle
from questscore.columns.table import EventTable
from questscore.columns.vector import Vector
from questscore.engine.levels import step
from questscore.engine.plan import Run, View
from questscore.engine.replay import subjects
from questscore.engine.scoring import Scores, Scoring, scored
from questscore.model.score_model import ScoreModel
from questscore.model.time import Period
from questscore.reference import Walk


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
        found, units = self.scores.signals[name], self.units
        num = found.num[units] if isinstance(found.num, np.ndarray) else found.num
        text = found.text[units] if isinstance(found.text, np.ndarray) else found.text
        return Vector(num, text, found.texts)


def as_at(model: ScoreModel, table: EventTable, at: int) -> AsAt:
    """The scores of every subject with an event at or before ``at``."""
    log = settle(table, model.subject, at)
    run = Run(log, scored)
    scoring = Scoring(View(run, model, log.subject))
    units, names = _present(log)
    level = _left(model, log, run, scoring, at) if model.levels.sticky and len(log) else None
    run.read_at(at)
    scores = scoring.read(at)
    return AsAt(log, scores, scores.level if level is None else level, units, names)


def _present(log: EventLog) -> tuple[Indices, list[str]]:
    seen = np.zeros(log.subject.size, dtype=bool)
    for start in range(0, len(log), CHUNK):
        seen[log.subject.codes[start : start + CHUNK]] = True
    units = np.flatnonzero(seen)
    names = [log.names[unit] for unit in units.tolist()]
    order = sorted(range(len(names)), key=names.__getitem__)
    return units[order], [names[i] for i in order]


def _left(model: ScoreModel, log: EventLog, run: Run, scoring: Scoring, at: int) -> NDArray[np.int64]:
    """The levels that the last evaluation instant left."""
    order = model.levels.order
    if not isinstance(model.evaluate, Period):
        walks = (Walk(own, "", at) for own in subjects(log, log.subject, model, of_account=False))
        return np.array([-1 if walk.level is None else order.index(walk.level) for walk in walks], np.int64)
    size = log.subject.size
    level = np.full(size, order.index(model.levels.below))
    since = np.full(size, NEVER)
    born = _born(log)
    for instant in model.calendar.instants(model.evaluate, int(log.time[0]) - 1, at):
        run.read_at(instant)
        scores = scoring.read(instant)
        after = step(model.levels, level, since, instant, scores.value, scores.level)
        moved = (after != level) & (born <= instant)
        since[moved] = np.where(after[moved] < 0, NEVER, instant)
        level[moved] = after[moved]
    return level


def _born(log: EventLog) -> Integers:
    """(size,) each subject's first event; later than everything where there is none."""
    born = np.full(log.subject.size, np.iinfo(np.int64).max)
    born[log.subject.codes[::-1]] = log.time[::-1]
    return born

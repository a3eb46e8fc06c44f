"""Sweep: the changes of level of all subjects at once, by period, from an instant on.

Lives here: levels that were told taken up again over columns, and when that is cheaper than one by one.
Lives elsewhere: one subject at a time (walk, moves), reading columns at instants (timeline).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from questscore.aggregates.plan import NEVER
from questscore.columns.log import settle
from questscore.columns.table import EventTable
from questscore.engine.timeline import Standing, Timeline, told
from questscore.model.plugin import RAISING, Faults
from questscore.model.result import Transition
from questscore.model.score_model import ScoreModel
from questscore.model.time import Period

# About how long things take, in microseconds: only their proportions matter.
_EVENT, _SUBJECT = 4.0, 100.0
_ROW, _CELL = 0.15, 0.5
_FEW = 500


class Sweep:
    """The changes of all subjects of a journal, found together.

    Args:
        model: What a score is; evaluated by period.
        subjects, rows: How many there are.
        table: Makes the table of the events up to an instant.
        faults: What becomes of a plugin's failure.
    """

    def __init__(
        self,
        model: ScoreModel,
        subjects: int,
        rows: int,
        table: Callable[[int], EventTable],
        faults: Faults = RAISING,
    ) -> None:
        self._model, self._subjects, self._rows, self._table = model, subjects, rows, table
        self._faults = faults

    def pays(self, due: int, settled: int | None, to: int) -> bool:
        """Whether a sweep is cheaper than to walk those that are due."""
        model, evaluate = self._model, self._model.evaluate
        if not isinstance(evaluate, Period) or due < _FEW:
            return False
        instants = 100 if settled is None else len(model.calendar.instants(evaluate, settled, to))
        each = due * (_SUBJECT + _EVENT * self._rows / max(self._subjects, 1))
        return self._rows * _ROW + instants * self._subjects * _CELL < each

    def find(
        self, settled: int | None, standing: Mapping[str, Sequence[Transition]], to: int
    ) -> list[Transition]:
        """The changes of level after one evaluation instant and up to another instant, by time and subject.

        Args:
            settled: The evaluation instant; None: from the beginning.
            standing: The changes of each subject up to it.
            to: The last instant.
        """
        log = settle(self._table(to), self._model.subject, to)
        timeline = Timeline(self._model, log, faults=self._faults)
        levels = Standing(timeline)
        if settled is not None:
            _take_up(levels, timeline, standing, settled)
        instants = [at for at in timeline.evaluations(to) if settled is None or at > settled]
        return told(timeline, [levels.look(at, timeline.read(at)) for at in instants])


def _take_up(
    levels: Standing, timeline: Timeline, standing: Mapping[str, Sequence[Transition]], settled: int
) -> None:
    order = {name: code for code, name in enumerate(timeline.model.levels.order)}
    unit_of = {name: unit for unit, name in enumerate(timeline.log.names)}
    level, since = levels.level.copy(), np.full(len(levels.level), NEVER)
    for subject, changes in standing.items():
        unit = unit_of.get(subject)
        if unit is None:
            continue
        for change in changes:
            if change.time <= settled:
                level[unit] = -1 if change.after is None else order[change.after]
                since[unit] = NEVER if change.after is None else change.time
    levels.resume(level, since, settled)

"""Sweep: the changes of level of all subjects at once, by period, from an instant on.

Lives here: levels that were told taken up again over columns, going on under the next model, and when that is
cheaper than one by one.
Lives elsewhere: one subject at a time (walk, moves), reading columns at instants (timeline).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from attrs import frozen

from questscore.aggregates.plan import NEVER
from questscore.columns.log import settle
from questscore.columns.table import EventTable
from questscore.engine.timeline import Standing, Timeline, told
from questscore.model.plugin import RAISING, Faults
from questscore.model.publication import Service
from questscore.model.result import Transition
from questscore.model.score_model import ScoreModel
from questscore.model.time import Period

# About how long things take, in microseconds: only their proportions matter.
_EVENT, _SUBJECT = 4.0, 100.0
_ROW, _CELL = 0.15, 0.5
_FEW = 500


@frozen(eq=False)
class Sight:
    """A model in service, and what it sees.

    Args:
        service: The model, from when on, and since when it sees events.
        table: Makes the table of the events up to an instant.
    """

    service: Service
    table: Callable[[int], EventTable]

    @property
    def model(self) -> ScoreModel:
        """The model."""
        return self.service.model

    @property
    def start(self) -> int:
        """The first instant of its time; `NEVER` when it was there from the beginning."""
        return NEVER if self.service.start is None else self.service.start

    @property
    def base(self) -> str | None:
        """The level in which a subject begins."""
        return self.model.levels.below if len(self.model.levels) else None


class Sweep:
    """The changes of all subjects of a journal, found together.

    Args:
        sights: The models in service, one after the other.
        subjects, rows: How many there are.
        faults: What becomes of a plugin's failure.
    """

    def __init__(self, sights: Sequence[Sight], subjects: int, rows: int, faults: Faults = RAISING) -> None:
        self._sights, self._subjects, self._rows, self._faults = sights, subjects, rows, faults

    def _ahead(self, settled: int | None, to: int) -> list[Sight]:
        """The models in service from an instant, at which one of them may end, to another."""
        first = 0
        if settled is not None:
            first = max((i for i, sight in enumerate(self._sights) if sight.start <= settled), default=0)
        return [sight for sight in self._sights[first:] if sight.start <= to]

    def possible(self, settled: int | None, to: int) -> bool:
        """Whether levels are by period, and known of subjects of which a model in service sees nothing."""
        ahead = self._ahead(settled, to)
        if not ahead or not all(isinstance(sight.model.evaluate, Period) for sight in ahead):
            return False
        if all(sight.service.since is None for sight in ahead):
            return True
        # then each of them was told to have none, for it had one and nothing kept it; of those that it sees
        # the base level is known where all models have the same
        (base, *others) = {sight.base for sight in self._sights}
        return not others and base is not None and len(ahead) == 1 and ahead[0].model.levels.dwell is None

    def pays(self, due: int, settled: int | None, to: int) -> bool:
        """Whether a sweep is possible, and cheaper than to walk those that are due."""
        if due < _FEW or not self.possible(settled, to):
            return False
        model = self._ahead(settled, to)[-1].model
        assert isinstance(model.evaluate, Period)  # noqa: S101
        instants = 100 if settled is None else len(model.calendar.instants(model.evaluate, settled, to))
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
        ahead = self._ahead(settled, to)
        log = settle(ahead[0].table(to), ahead[0].model.subject, to)
        found: list[Transition] = []
        levels: Standing | None = None
        for place, sight in enumerate(ahead):
            after = sight.start - 1 if place or settled is None else settled
            until = ahead[place + 1].start - 1 if place + 1 < len(ahead) else to
            evaluate, calendar = sight.model.evaluate, sight.model.calendar
            assert isinstance(evaluate, Period)  # noqa: S101
            after = max(after, int(log.time[0]) - 1) if len(log) else until
            instants = calendar.instants(evaluate, after, until)
            timeline = Timeline(sight.model, log, steps=len(instants) > 1, faults=self._faults)
            current = Standing(timeline)
            if levels is not None:
                _go_on(levels, current, timeline, sight)
            elif settled is not None:
                self._take_up(current, timeline, standing, settled)
            levels = current
            looked = [levels.look(at, timeline.read(at)) for at in instants]
            found += told(timeline, looked, current.names, sight.service.start)
        return found

    def _take_up(
        self, levels: Standing, timeline: Timeline, told: Mapping[str, Sequence[Transition]], settled: int
    ) -> None:
        names = np.full(len(timeline.born), None, dtype=object)
        for sight in self._sights:
            names[timeline.born >= sight.start] = sight.base
        since, places = np.full(len(names), NEVER), {name: i for i, name in enumerate(timeline.log.names)}
        for subject, changes in told.items():
            unit, before = places.get(subject), [change for change in changes if change.time <= settled]
            if unit is not None and before:
                names[unit], since[unit] = before[-1].after, before[-1].time
        levels.resume(names.tolist(), since, settled)


def _go_on(before: Standing, levels: Standing, timeline: Timeline, sight: Sight) -> None:
    """Levels under the next model, as the one before left them; who comes later begins in the base level."""
    names = np.array([*before.names, None], dtype=object)[before.level]
    later = timeline.born >= sight.start
    names[later] = sight.base
    levels.resume(names.tolist(), np.where(later, NEVER, before.since), sight.start - 1)

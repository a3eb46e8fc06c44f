"""Sweep: the changes of level of all subjects at once, by period, from an instant on.

Lives here: levels that were told taken up again over columns, going on under the next model, and when that is
cheaper than one by one.
Lives elsewhere: one subject at a time (walk, moves), reading columns at instants (timeline).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from questscore.aggregates.plan import NEVER, Integers
from questscore.columns.log import EventLog, settle
from questscore.columns.table import EventTable
from questscore.engine.timeline import Standing, Timeline, base, begin, first_seen, told
from questscore.model.plugin import RAISING, Faults
from questscore.model.publication import Service
from questscore.model.result import Transition
from questscore.model.time import Period

# About how long things take, in microseconds: only their proportions matter.
_EVENT, _SUBJECT = 4.0, 100.0
_ROW, _CELL = 0.15, 0.5
_FEW = 500


class Sweep:
    """The changes of all subjects of a journal, found together.

    Args:
        services: The models in service, one after the other.
        subjects, rows: How many there are.
        table: Makes the table of all events up to an instant.
        faults: What becomes of a plugin's failure.
    """

    def __init__(
        self,
        services: Sequence[Service],
        subjects: int,
        rows: int,
        table: Callable[[int], EventTable],
        faults: Faults = RAISING,
    ) -> None:
        self._services, self._subjects, self._rows = services, subjects, rows
        self._table, self._faults = table, faults

    def _ahead(self, settled: int | None, to: int) -> list[Service]:
        """The models in service from an instant, at which one of them may end, to another."""
        first = 0
        if settled is not None:
            begun = [i for i, service in enumerate(self._services) if begin(service) <= settled]
            first = max(begun, default=0)
        return [service for service in self._services[first:] if begin(service) <= to]

    def possible(self, settled: int | None, to: int) -> bool:
        """Whether levels are looked at by period."""
        ahead = self._ahead(settled, to)
        return bool(ahead) and all(isinstance(service.model.evaluate, Period) for service in ahead)

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
        ahead, table = self._ahead(settled, to), self._table(to)
        whole = settle(table, ahead[0].model.subject, to)
        born = first_seen(whole)
        found: list[Transition] = []
        levels: Standing | None = None
        for place, service in enumerate(ahead):
            after = begin(service) - 1 if place or settled is None else settled
            until = begin(ahead[place + 1]) - 1 if place + 1 < len(ahead) else to
            evaluate, calendar = service.model.evaluate, service.model.calendar
            assert isinstance(evaluate, Period)  # noqa: S101
            after = max(after, int(whole.time[0]) - 1) if len(whole) else until
            instants = calendar.instants(evaluate, after, until)
            log = whole
            if service.since is not None:
                seen = table.take(np.flatnonzero(table.time >= service.since))
                log = settle(seen, service.model.subject, to)
            timeline = Timeline(service.model, log, steps=len(instants) > 1, faults=self._faults)
            current = Standing(timeline, born)
            if levels is not None:
                current.go_on(levels, service)
            elif settled is not None:
                self._take_up(current, whole, born, standing, settled)
            levels = current
            looked = [levels.look(at, timeline.read(at)) for at in instants]
            found += told(timeline, looked, levels, service.start)
        return found

    def _take_up(
        self,
        levels: Standing,
        log: EventLog,
        born: Integers,
        told: Mapping[str, Sequence[Transition]],
        settled: int,
    ) -> None:
        names = np.full(len(born), None, dtype=object)
        for service in self._services:
            names[born >= begin(service)] = base(service)
        since, places = np.full(len(born), NEVER), {name: i for i, name in enumerate(log.names)}
        for subject, changes in told.items():
            unit, before = places.get(subject), [change for change in changes if change.time <= settled]
            if unit is not None and before:
                names[unit], since[unit] = before[-1].after, before[-1].time
        levels.resume(names.tolist(), since, settled)

"""Sweep: the changes of level of all subjects at once, by period, from an instant on.

Lives here: what was told taken up again over columns, going on under the next model, and when that is cheaper
than one by one.
Lives elsewhere: one subject at a time (walk, moves), levels and audiences at instants (timeline, inside).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter

import numpy as np
from attrs import evolve

from questscore.aggregates.plan import NEVER, Integers
from questscore.columns.log import EventLog, settle
from questscore.columns.table import EventTable
from questscore.engine.inside import Inside, heeding, lasting, watched
from questscore.engine.tenure import tenures
from questscore.engine.timeline import Part, Standing, base, begin, first_seen, told
from questscore.model.plugin import RAISING, Faults
from questscore.model.publication import Service
from questscore.model.result import Transition
from questscore.model.time import Period
from questscore.model.trigger import INSIDE, OUTSIDE

# About how long things take, in microseconds: only their proportions matter.
_EVENT, _SUBJECT = 4.0, 100.0
_ROW, _CELL = 0.15, 0.5
_FEW = 500
_time = attrgetter("time")


class Sweep:
    """The changes of all subjects of a journal, found together: of their levels, or as to an audience.

    Args:
        services: The models in service, one after the other.
        subjects, rows: How many there are.
        table: Makes the table of all events up to an instant.
        faults: What becomes of a plugin's failure.
        audience: Which one is watched; None: levels are.
    """

    def __init__(
        self,
        services: Sequence[Service],
        subjects: int,
        rows: int,
        table: Callable[[int], EventTable],
        faults: Faults = RAISING,
        audience: str | None = None,
    ) -> None:
        self._services, self._subjects, self._rows = services, subjects, rows
        self._table, self._faults, self._audience = table, faults, audience

    def watching(self, audience: str | None) -> Sweep:
        """The same, for an audience."""
        return Sweep(self._services, self._subjects, self._rows, self._table, self._faults, audience)

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
        """The changes after one evaluation instant and up to another instant, by time and subject.

        Args:
            settled: The evaluation instant; None: from the beginning.
            standing: The changes of each subject up to it.
            to: The last instant.
        """
        found: list[Transition] = []
        if settled is None or not self._heeding(self._ahead(settled, to)):
            for part in self._parts(settled, standing, to):
                found += told(*part)
            return found
        # levels that heed the past are not among what was told of the audience
        for part in self._parts(None, {}, to):
            found += told(*part)
        return [change for change in found if change.time > settled]

    def members(self, at: int) -> list[str]:
        """Who is in the audience, sorted."""
        timeline, _, standing, _ = [*self._parts(None, {}, at, now=True)][-1]
        inside = np.flatnonzero((standing.level == standing.names.index(INSIDE)) & (standing.born <= at))
        return sorted(timeline.log.names[unit] for unit in inside.tolist())

    def _heeding(self, services: Sequence[Service]) -> bool:
        return any(heeding(service.model, self._audience) for service in services)

    def _lasting(self, services: Sequence[Service]) -> bool:
        return any(lasting(service.model, self._audience) for service in services)

    def _parts(
        self,
        settled: int | None,
        standing: Mapping[str, Sequence[Transition]],
        to: int,
        *,
        now: bool = False,
    ) -> Iterator[Part]:
        """What `told` takes, model by model; ``now``: only where all stand at the end is wanted."""
        ahead, table = self._ahead(settled, to), self._table(to)
        whole = settle(table, ahead[0].model.subject, to)
        born, heeds = first_seen(whole), self._heeding(ahead)
        at_once = now and not heeds and not self._lasting(ahead)
        found = tenures(
            ahead, table, whole, settled=settled, steps=False if at_once else None, faults=self._faults
        )
        if at_once:  # the last look of all decides
            last = max((tenure.looked[-1] for tenure in found if tenure.looked), default=None)
            found = [evolve(one, looked=[at for at in one.looked if at == last]) for one in found]
        levels: Standing | None = None
        current: Standing | None = None
        for tenure in found:
            service, timeline = tenure.service, tenure.timeline
            before, current = current, Standing(timeline, born)
            if self._audience is not None:
                if heeds:
                    left, levels = levels, current
                    if left is not None:
                        levels.go_on(left, service)
                own = levels if service.model.levels.sticky else None
                current = Inside(timeline, watched(service.model, self._audience), own, born)
            if before is not None:
                current.go_on(before, service)
            elif settled is not None:
                self._take_up(current, whole, born, standing, settled)
            moves = []
            for at in tenure.looked:
                scores = timeline.read(at)
                if levels is not None:
                    levels.look(at, scores)
                moves.append(current.look(at, scores))
            yield timeline, moves, current, service.start

    def _take_up(
        self,
        current: Standing,
        log: EventLog,
        born: Integers,
        told: Mapping[str, Sequence[Transition]],
        settled: int,
    ) -> None:
        names = np.full(len(born), None, dtype=object)
        for service in self._services:
            outset = base(service.model) if self._audience is None else OUTSIDE
            names[born >= begin(service)] = outset
        since, places = np.full(len(born), NEVER), {name: i for i, name in enumerate(log.names)}
        for subject, changes in told.items():
            count = bisect_right(changes, settled, key=_time) if changes[-1].time > settled else len(changes)
            unit = places.get(subject) if count else None
            if unit is not None:
                names[unit], since[unit] = changes[count - 1].after, changes[count - 1].time
        current.resume(names.tolist(), since, settled)

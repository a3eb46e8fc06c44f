"""Run: the aggregates of a plan, fed together.

Lives here: holding each aggregate once, and one pass over the log for all that want rows.
Lives elsewhere: the aggregates, who asks for them (plan), how rules add up to a score (scoring).
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar, cast

import numpy as np
from attrs import frozen

from questscore.aggregates.base import Aggregate, Selection, Shift
from questscore.aggregates.deltas import Source
from questscore.aggregates.limits import Limited
from questscore.aggregates.plan import Reader
from questscore.aggregates.running import Running
from questscore.columns.batch import CHUNK, Batch, Chunk
from questscore.columns.log import EventLog, Unit
from questscore.engine.ledger import Ledger
from questscore.model.plugin import RAISING, Faults
from questscore.model.score_model import ScoreModel
from questscore.model.selector import Selector
from questscore.model.time import Calendar

A = TypeVar("A", bound=Aggregate)
R = TypeVar("R", bound=Running)
S = TypeVar("S", bound=Source)
T = TypeVar("T")

# Up to so many names, to look for the rows of each is cheaper than to sort them all by name.
_SINGLES = 8


class Run:
    """The aggregates of a plan over one log, fed together and read at one instant after another.

    Args:
        log: The log.
        scored: Reads a model's score through a view; given from above, where rules add up.
        steps: Whether many instants are to be read: then what each row changes is worked out once, for the
            whole log, and a reading costs what lies between it and the one before.
        faults: What becomes of a plugin's failure; where it is not to raise, definitions alone are asked.
    """

    def __init__(
        self,
        log: EventLog,
        scored: Callable[..., Reader],
        *,
        steps: bool = False,
        faults: Faults = RAISING,
    ) -> None:
        self.log, self.scored, self.steps, self.faults = log, scored, steps, faults
        self._aggregates: dict[Hashable, Aggregate] = {}
        self._running: dict[Hashable, Running] = {}
        self._sources: dict[Hashable, Source] = {}
        self._unlearned: list[Source] = []
        self._opening: list[Callable[[], None]] = []
        self._readers: dict[Hashable, Reader] = {}
        self._kept: dict[Hashable, object] = {}
        self._values: dict[Hashable, object] = {}
        self._spans: dict[Aggregate, tuple[int, int]] = {}
        self._at = 0

    def want(self, key: Hashable, make: Callable[[], A]) -> A:
        """The aggregate with that key, made the first time it is asked for."""
        if key not in self._aggregates:
            self._aggregates[key] = make()
        return cast(A, self._aggregates[key])

    def moving(self, key: Hashable, make: Callable[[], R]) -> R:
        """The running aggregate with that key, made the first time it is asked for."""
        if key not in self._running:
            self._running[key] = make()
        return cast(R, self._running[key])

    def source(self, key: Hashable, make: Callable[[], S]) -> S:
        """The source with that key, made the first time it is asked for."""
        if key not in self._sources:
            self._sources[key] = made = make()
            self._unlearned.append(made)
        return cast(S, self._sources[key])

    def open_later(self, make: Callable[[], None]) -> None:
        """Has aggregates made when the first instant is read, as until then they may turn out needless."""
        self._opening.append(make)

    def reader(self, key: Hashable, make: Callable[[], Reader]) -> Reader:
        """The reader with that key; what it read at an instant is kept until the next `read_at`."""
        if key not in self._readers:
            read = make()
            self._readers[key] = lambda at: self.once((key, at), lambda: read(at))
        return self._readers[key]

    def once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """A value computed once an instant."""
        if key not in self._values:
            self._values[key] = compute()
        return cast(T, self._values[key])

    def kept(self, key: Hashable, compute: Callable[[], T]) -> T:
        """A value computed once for the whole run."""
        if key not in self._kept:
            self._kept[key] = compute()
        return cast(T, self._kept[key])

    def ledger(self, model: ScoreModel, unit: Unit, shift: Shift) -> Ledger:
        """The adjustments and resets that a model's subjects had."""
        key = ("ledger", model.name, unit.name, shift)
        return self.kept(key, lambda: Ledger(self.log, unit, model.name, shift))

    def read_at(self, at: int) -> None:
        """Brings every aggregate to an instant; for a later one than before, by what changed alone.

        What was read before may change with it: take a copy of what is to stay.
        """
        self._values.clear()
        while self._opening:
            self._opening.pop()()
        self._learn()
        self._feed([task for a in self._aggregates.values() for task in self._moves(a, at)], at)
        rows: dict[int, int] = {}

        def row(time: int) -> int:
            if time not in rows:
                rows[time] = int(np.searchsorted(self.log.time, time))
            return rows[time]

        for running in self._running.values():
            running.move(at, row)
        self._at = at

    def _learn(self) -> None:
        """Shows the whole log to the sources that have not seen it."""
        tasks = []
        for source in self._unlearned:
            since, until = source.selection.since, source.selection.until
            low = 0 if since is None else int(np.searchsorted(self.log.time, since))
            high = len(self.log) if until is None else int(np.searchsorted(self.log.time, until))
            tasks.append(_Task(source.selection, source.learn, low, high))
        self._unlearned = []
        self._feed(tasks)

    def _rows(self, aggregate: Aggregate, at: int) -> tuple[int, int]:
        first, last = aggregate.selection.bounds(at)
        low = int(np.searchsorted(self.log.time, first, side="left"))
        return low, max(low, int(np.searchsorted(self.log.time, last, side="right")))

    def _moves(self, aggregate: Aggregate, at: int) -> list[_Task]:
        if isinstance(aggregate, Limited):  # its rows are gathered already
            aggregate.begin(at)
            return []
        low, high = self._rows(aggregate, at)
        old_low, old_high = self._spans.get(aggregate, (low, low))
        goes_on = aggregate in self._spans and at >= self._at and low == old_low and old_high <= high
        self._spans[aggregate] = (low, high)
        if not goes_on or not aggregate.carry(at):
            aggregate.begin(at)
            old_high = low
        return [_Task(aggregate.selection, aggregate.add, old_high, high)]

    def _feed(self, tasks: Sequence[_Task], at: int | None = None) -> None:
        """Hands rows to whoever wants them, chunk by chunk; ``at``: those in the window at an instant."""
        tasks = [task for task in tasks if task.low < task.high]
        edges = sorted({edge for task in tasks for edge in (task.low, task.high)})
        for low, high in itertools.pairwise(edges):
            groups: dict[tuple[Selector | None, str, Calendar], list[_Task]] = defaultdict(list)
            for task in tasks:
                if task.low <= low and high <= task.high:
                    chosen = task.selection
                    groups[chosen.selector, chosen.unit.name, chosen.calendar].append(task)
            singles = {chosen.on for chosen, _, _ in groups if chosen is not None and len(chosen.on) == 1}
            for start in range(low, high, CHUNK) if groups else ():
                chunk = Chunk(self.log, start, min(start + CHUNK, high), by_name=len(singles) > _SINGLES)
                for group in groups.values():
                    chosen = group[0].selection
                    batch = chunk.select(chosen.selector, chosen.unit, chosen.calendar)
                    for task in group:
                        part = batch if at is None else task.selection.heeded(batch, at)
                        if len(part):
                            task.take(part)


@frozen(eq=False)
class _Task:
    """Rows [low, high) of which a selection's are taken in."""

    selection: Selection
    take: Callable[[Batch], None]
    low: int
    high: int

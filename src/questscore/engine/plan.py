"""Compiled plan: the aggregates a model needs, each once, and the readers over them.

Lives here: `Run`, which holds the aggregates and feeds them in one pass over the log, and `View`,
through which a kind asks for them.
Lives elsewhere: the aggregates, the kinds, how rules add up to a score (scoring).
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar, cast

import numpy as np
from attrs import evolve, frozen

from questscore.aggregates.base import Aggregate, Selection, Shift, inside
from questscore.aggregates.cells import Periods, Values
from questscore.aggregates.limits import Limited
from questscore.aggregates.order import Edge, Gathered, Trait
from questscore.aggregates.plan import NEVER, Awards, Indices, Integers, Lowered, Mask, Matches, Reader, Times
from questscore.aggregates.sums import Extreme, Sum
from questscore.columns.batch import CHUNK, Batch, Chunk
from questscore.columns.log import EventLog, Unit
from questscore.columns.vector import Vector
from questscore.engine.ledger import Ledger
from questscore.engine.replay import replayed, subjects
from questscore.language import Expression
from questscore.model.award import Ageing
from questscore.model.score_model import ScoreModel
from questscore.model.selector import Selector
from questscore.model.time import Calendar, Duration, Period, Span
from questscore.reference import Subject

A = TypeVar("A", bound=Aggregate)
T = TypeVar("T")
_PLAIN = Ageing()
_ANY = Selector("*")


class Run:
    """The aggregates of a plan over one log, fed together and read at one instant after another."""

    def __init__(self, log: EventLog, scored: Callable[[View], Reader]) -> None:
        self.log = log
        self.scored = scored  # how a model's score is read; given from above, where rules add up
        self._aggregates: dict[Hashable, Aggregate] = {}
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
        tasks = [task for aggregate in self._aggregates.values() for task in self._moves(aggregate, at)]
        self._feed(at, tasks)
        anew = [task for a in self._aggregates.values() if not a.sound for task in self._begin(a, at)]
        self._feed(at, anew)
        self._at = at

    def _rows(self, aggregate: Aggregate, at: int) -> tuple[int, int]:
        first, last = aggregate.selection.bounds(at)
        low = int(np.searchsorted(self.log.time, first, side="left"))
        return low, max(low, int(np.searchsorted(self.log.time, last, side="right")))

    def _begin(self, aggregate: Aggregate, at: int) -> list[_Task]:
        low, high = self._spans[aggregate] = self._rows(aggregate, at)
        aggregate.begin(at)
        return [_Task(aggregate, aggregate.add, low, high)]

    def _moves(self, aggregate: Aggregate, at: int) -> list[_Task]:
        if aggregate not in self._spans or at < self._at:
            return self._begin(aggregate, at)
        (old_low, old_high), (low, high) = self._spans[aggregate], self._rows(aggregate, at)
        stays = low == old_low or (aggregate.reversible and aggregate.selection.steady(self.log))
        if not (old_low <= low <= old_high <= high and stays and aggregate.carry(at)):
            return self._begin(aggregate, at)
        self._spans[aggregate] = (low, high)
        return [
            _Task(aggregate, aggregate.add, old_high, high),
            _Task(aggregate, aggregate.remove, old_low, low),
        ]

    def _feed(self, at: int, tasks: Sequence[_Task]) -> None:
        tasks = [task for task in tasks if task.low < task.high and not isinstance(task.aggregate, Limited)]
        edges = sorted({edge for task in tasks for edge in (task.low, task.high)})
        for low, high in itertools.pairwise(edges):
            groups: dict[Hashable, list[_Task]] = defaultdict(list)
            for task in tasks:
                if task.low <= low and high <= task.high:
                    chosen = task.aggregate.selection
                    groups[chosen.selector, chosen.unit.name, chosen.calendar].append(task)
            for start in range(low, high, CHUNK) if groups else ():
                chunk = Chunk(self.log, start, min(start + CHUNK, high))
                for group in groups.values():
                    chosen = group[0].aggregate.selection
                    batch = chunk.select(chosen.selector, chosen.unit, chosen.calendar)
                    for task in group:
                        part = task.aggregate.selection.heeded(batch, at)
                        if len(part):
                            task.feed(part)


@frozen(eq=False)
class _Task:
    """Rows [low, high) that an aggregate takes in or gives back."""

    aggregate: Aggregate
    feed: Callable[[Batch], None]
    low: int
    high: int


class View:
    """What one model's kinds see of a run: a `Plan` for one unit, looking back by one shift."""

    def __init__(
        self, run: Run, model: ScoreModel, unit: Unit, shift: Shift | None = None, *, of_account: bool = False
    ) -> None:
        self.run, self.model, self.unit = run, model, unit
        self.shift = Shift() if shift is None else shift
        self._of_account = of_account  # unscoped signals are the account's

    @property
    def size(self) -> int:
        return self.unit.size

    @property
    def calendar(self) -> Calendar:
        return self.model.calendar

    def moment(self, at: int) -> int:
        return self.shift.moment(at)

    def _selection(
        self,
        selector: Selector | None,
        window: Span | None = None,
        bounds: tuple[int | None, int | None] = (None, None),
    ) -> tuple[Selection, Hashable]:
        chosen = Selection(selector, self.unit, self.calendar, self.shift, window, *bounds)
        return chosen, (selector, self.unit.name, self.calendar, self.shift, window, bounds)

    def sum(
        self,
        selector: Selector,
        property: str | None = None,
        *,
        window: Span | None = None,
        half_life: Duration | None = None,
    ) -> Reader:
        ageing = _PLAIN if half_life is None else Ageing(half_life)
        made = self._sum(selector, property, ageing, window)
        return lambda at: Vector(made.read())

    def _sum(
        self,
        selector: Selector,
        value: str | Expression | None,
        ageing: Ageing,
        window: Span | None,
        active: tuple[int | None, int | None] = (None, None),
        resets: Callable[[int], Integers | None] | None = None,
    ) -> Sum:
        """One sum for whoever asks for the same: a count, and a rule that pays the same points for each."""
        chosen, key = self._selection(selector, window, active)
        voided = None if resets is None else self.model.name
        return self.run.want(
            ("sum", key, value, ageing, voided),
            lambda: Sum(chosen, self.run.log, value, ageing, resets=resets),
        )

    def tally(self, selector: Selector, property: str, *, window: Span | None = None) -> Reader:
        chosen, key = self._selection(selector, window)
        made = self.run.want(
            ("tally", key, property), lambda: Sum(chosen, self.run.log, property, tally=True)
        )
        return lambda at: Vector(made.read())

    def extreme(
        self, selector: Selector, property: str, *, largest: bool, window: Span | None = None
    ) -> Reader:
        chosen, key = self._selection(selector, window)
        made = self.run.want(
            ("extreme", key, property, largest), lambda: Extreme(chosen, self.run.log, property, largest)
        )
        return lambda at: Vector(made.read())

    def trait(self, selector: Selector, property: str, *, last: bool) -> Reader:
        chosen, key = self._selection(selector)
        made = self.run.want(
            ("trait", key, property, last), lambda: Trait(chosen, self.run.log, property, last)
        )
        return lambda at: made.read()

    def distinct(self, selector: Selector, property: str, *, window: Span | None = None) -> Reader:
        chosen, key = self._selection(selector, window)
        made = self.run.want(("values", key, property), lambda: Values(chosen, self.run.log, property))
        return lambda at: Vector(made.read())

    def periods(self, selector: Selector, every: Period, *, window: Span | None = None) -> Reader:
        chosen, key = self._selection(selector, window)
        made = self.run.want(("periods", key, every), lambda: Periods(chosen, self.run.log, every))
        return lambda at: Vector(made.read())

    def _edge(self, selector: Selector | None, last: bool) -> Times:
        chosen, key = self._selection(selector)
        made = self.run.want(("edge", key, last), lambda: Edge(chosen, self.run.log, last))
        return lambda at: made.read()

    def first(self, selector: Selector) -> Times:
        return self._edge(selector, last=False)

    def last(self, selector: Selector) -> Times:
        return self._edge(selector, last=True)

    def seen(self) -> Times:
        """When the first event of each unit was, reserved ones too."""
        return self._edge(None, last=False)

    def matches(self, selector: Selector, *, window: Span | None = None) -> Callable[[int], Matches]:
        chosen, key = self._selection(selector, window)
        made = self.run.want(("gathered", key), lambda: Gathered(chosen, self.run.log))
        return lambda at: made.read()

    def awards(self, asked: Awards) -> Reader:
        ledger = self.run.ledger(self.model, self.unit, self.shift)
        resets = ledger.resets if len(ledger) else None
        active = (None, None) if asked.active is None else asked.active.bounds(self.calendar)
        points = asked.points
        if not asked.limits and asked.cooldown is None:
            value = None if isinstance(points, float) else points
            ageing = evolve(asked.ageing, window=None)
            total = self._sum(asked.selector, value, ageing, asked.ageing.window, active, resets)
            return lambda at: Vector(total.read() * points if isinstance(points, float) else total.read())
        chosen, key = self._selection(asked.selector, None, active)
        if isinstance(points, float) and resets is None and _first_of_period(asked):
            every = asked.limits[0].every
            count = self.run.want(("periods", key, every), lambda: Periods(chosen, self.run.log, every))
            return lambda at: Vector(count.read() * points)
        rows = self.run.want(("gathered", key), lambda: Gathered(chosen, self.run.log))
        windowed, _ = self._selection(asked.selector, asked.ageing.window, active)
        limited = self.run.want(
            ("limited", key, asked, resets is None or self.model.name),
            lambda: Limited(windowed, self.run.log, asked, rows, resets),
        )
        return lambda at: Vector(limited.read())

    def period_index(self, every: Period, time: Integers) -> Integers:
        return self.run.log.local(self.calendar).index(every, time)

    def inside(self, time: Integers, at: int, window: Span | None) -> Mask:
        return inside(self.run.log, self.calendar, window, time, self.moment(at))

    def signal(self, name: str) -> Reader:
        signal = self.model.signal[name]
        if self._of_account and signal.scope is None:
            account = View(self.run, self.model, self.run.log.subject, self.shift)
            read, owner = account.signal(name), self.unit.owner
            return lambda at: read(at).take(owner)
        view = View(
            self.run,
            self.model,
            self.unit,
            self.shift.then(signal.offset, self.calendar),
            of_account=self._of_account,
        )
        return self.run.reader(
            ("signal", id(self.model), self.unit.name, self.shift, name),
            lambda: (
                signal.lower(view)
                if isinstance(signal, Lowered)
                else replayed(view.units(), view.moment, signal)
            ),
        )

    def members(self) -> tuple[View, Indices, Callable[[int], Mask]]:
        unit = self.run.log.member
        view = View(self.run, self.model, unit, self.shift, of_account=True)
        first = view.first(_ANY)
        return view, unit.owner, lambda at: first(at) != NEVER

    def scored(self, model: object) -> Reader:
        assert isinstance(model, ScoreModel)  # noqa: S101
        other = View(self.run, model, self.unit, self.shift)
        score, seen = self.run.scored(other), other.seen()
        return lambda at: Vector(np.where(seen(at) == NEVER, np.nan, score(at).num))

    def units(self) -> list[Subject]:
        """Every unit's events as objects, for kinds that have only a definition."""
        key = ("units", id(self.model), self.unit.name, self._of_account)
        return self.run.kept(
            key, lambda: subjects(self.run.log, self.unit, self.model, of_account=self._of_account)
        )


def _first_of_period(asked: Awards) -> bool:
    plain = asked.ageing.plain and asked.ageing.window is None and asked.cooldown is None
    return plain and len(asked.limits) == 1 and asked.limits[0].count == 1 and asked.limits[0].per is None

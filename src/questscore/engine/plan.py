"""Compiled plan: the aggregates a model needs, and the readers over them.

Lives here: `View`, through which a kind asks for aggregates.
Lives elsewhere: which of them serve one reading and which many (requests), awards that are added up together
(pool), holding and feeding them (run), the kinds, how rules add up to a score (scoring).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from attrs import evolve

from questscore.aggregates.base import Shift, inside
from questscore.aggregates.cells import Values
from questscore.aggregates.deltas import Marked, Paid, Said
from questscore.aggregates.limits import Limited
from questscore.aggregates.order import Gathered, Trait
from questscore.aggregates.plan import (
    NEVER,
    Awards,
    Courses,
    Floats,
    Indices,
    Integers,
    Mask,
    Matches,
    Numbers,
    Reader,
    Times,
)
from questscore.aggregates.presence import RunningCells
from questscore.aggregates.running import RunningLatest
from questscore.aggregates.sums import Extreme
from questscore.columns.log import Unit
from questscore.columns.vector import Vector
from questscore.engine.guarded import lowered, lowering
from questscore.engine.pool import first_of_period, pooled
from questscore.engine.replay import kept, replayed, subjects
from questscore.engine.requests import PLAIN, Bounds, Requests
from questscore.engine.run import Run
from questscore.model.award import Ageing
from questscore.model.score_model import ScoreModel
from questscore.model.selector import Selector
from questscore.model.signal import SignalDefinition
from questscore.model.time import Duration, Period, Span
from questscore.reference import Subject

_ANY = Selector("*")


class View(Requests):
    """What one model's kinds see of a run: a `Plan` for one unit, looking back by one shift."""

    def __init__(
        self, run: Run, model: ScoreModel, unit: Unit, shift: Shift | None = None, *, of_account: bool = False
    ) -> None:
        super().__init__(run, model, unit, Shift() if shift is None else shift)
        self._of_account = of_account  # unscoped signals are the account's

    def sum(
        self,
        selector: Selector,
        property: str | None = None,
        *,
        window: Span | None = None,
        half_life: Duration | None = None,
    ) -> Reader:
        ageing = PLAIN if half_life is None else Ageing(half_life)
        read = self.summed(selector, property, ageing, window)
        return lambda at: Vector(read())

    def tally(self, selector: Selector, property: str, *, window: Span | None = None) -> Reader:
        read = self.summed(selector, property, PLAIN, window, tally=True)
        return lambda at: Vector(read())

    def extreme(
        self, selector: Selector, property: str, *, largest: bool, window: Span | None = None
    ) -> Reader:
        chosen, key = self.selected(selector, window)
        made = self.run.want(
            ("extreme", key, property, largest), lambda: Extreme(chosen, self.run.log, property, largest)
        )
        return lambda at: Vector(made.read())

    def trait(self, selector: Selector, property: str, *, last: bool) -> Reader:
        chosen, key = self.selected(selector)
        made = self.run.want(
            ("trait", key, property, last), lambda: Trait(chosen, self.run.log, property, last)
        )
        return lambda at: made.read()

    def distinct(self, selector: Selector, property: str, *, window: Span | None = None) -> Reader:
        chosen, key = self.selected(selector, window)
        key, log = ("values", key, property), self.run.log
        if self.runs(chosen):
            every, name = self.selected(selector)
            said = self.run.source(("said", name, property), lambda: Said(every, log, property))
            read = self.run.moving(key, lambda: RunningCells(chosen, log, said, lambda: said.cells)).read
        else:
            read = self.run.want(key, lambda: Values(chosen, log, property)).read
        return lambda at: Vector(read())

    def periods(self, selector: Selector, every: Period, *, window: Span | None = None) -> Reader:
        read = self.counted(selector, every, window)
        return lambda at: Vector(read())

    def first(self, selector: Selector) -> Times:
        return self.edge(selector, last=False)

    def last(self, selector: Selector) -> Times:
        return self.edge(selector, last=True)

    def seen(self) -> Times:
        """When the first event of each unit was, reserved ones too."""
        return self.edge(None, last=False)

    def matches(self, selector: Selector, *, window: Span | None = None) -> Callable[[int], Matches]:
        chosen, key = self.selected(selector, window)
        made = self.run.want(("gathered", key), lambda: Gathered(chosen, self.run.log))
        return lambda at: made.read()

    def marked(
        self, selector: Selector, marks: Callable[[Matches], Mask], *, window: Span | None = None
    ) -> Reader:
        chosen, _ = self.selected(selector, window)
        if self.runs(chosen):
            key = ("marked", object())
            source = self.run.source(key, lambda: Marked(chosen, self.run.log, marks))
            read = self.added(key, chosen, source)
            return lambda at: Vector(read())
        matches = self.matches(selector)

        def marked(at: int) -> Vector:
            found = matches(at)
            kept = found.unit[marks(found) & self.inside(found.time, at, window)]
            return Vector(np.bincount(kept, minlength=self.size).astype(float))

        return marked

    def followed(
        self, selectors: Sequence[Selector], courses: Courses, *, window: Span | None = None
    ) -> Callable[[int], Sequence[Numbers]]:
        log = self.run.log
        if self.run.steps and log.local(self.calendar).monotone:
            chosen, _ = self.selected(None)
            rows = [self.terms(selector, None, (None, None)) for selector in selectors]
            running = self.run.moving(
                ("followed", object()),
                lambda: RunningLatest(chosen, log, lambda: courses([one.matches() for one in rows], None)),
            )
            return lambda at: running.read()
        matches = [self.matches(selector, window=window) for selector in selectors]

        def latest_now(at: int) -> Sequence[Numbers]:
            found = courses([read(at) for read in matches], self.moment(at))
            return [course.latest(self.size) for course in found]

        return latest_now

    def awards(self, asked: Awards) -> Reader:
        ledger = self.run.ledger(self.model, self.unit, self.shift)
        resets = ledger.resets if len(ledger) else None
        active = asked.bounds(self.calendar)
        if self.run.steps and (award := pooled(self, asked, active, resets)) is not None:
            return award
        points, log = asked.points, self.run.log
        if not asked.limits and asked.cooldown is None:
            value = None if isinstance(points, float) else points
            ageing = evolve(asked.ageing, window=None)
            total = self.summed(asked.selector, value, ageing, asked.ageing.window, active, resets)
            return lambda at: Vector(total() * points if isinstance(points, float) else total())
        chosen, key = self.selected(asked.selector, None, active)
        if isinstance(points, float) and resets is None and first_of_period(asked):
            count = self._firsts(asked, active)
            return lambda at: Vector(count() * points)
        windowed, _ = self.selected(asked.selector, asked.ageing.window, active)
        key = ("limited", key, asked, resets is None or self.model.name)
        if self.runs(windowed):
            source = self.run.source(("paid", key), lambda: Paid(chosen, log, asked))
            read = self.added(key, windowed, source, evolve(asked.ageing, window=None), resets)
            return lambda at: Vector(read())
        rows = self.run.want(("gathered", key), lambda: Gathered(chosen, log))
        limited = self.run.want(key, lambda: Limited(windowed, log, asked, rows, resets))
        return lambda at: Vector(limited.read())

    def _firsts(self, asked: Awards, active: Bounds) -> Callable[[], Floats]:
        """How many periods have their first event in the term of awards."""
        first, last = active
        start, end = asked.term
        every, ends = asked.limits[0].every, [at for at in (last, end) if at is not None]
        count = self.counted(asked.selector, every, None, (first, min(ends, default=None)))
        if start is None:
            return count
        before = self.counted(asked.selector, every, None, (first, min([start, *ends])))
        return lambda: count() - before()

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
                lowered(signal, form, view, self.run.log, self.unit)
                if (form := lowering(signal, self.run.faults)) is not None
                else view.replayed(signal)
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

    def replayed(self, signal: SignalDefinition) -> Reader:
        """The definition of a signal, run on every unit's events."""
        if signal.moves_with_time:
            return replayed(self.units(), self.moment, signal)
        return kept(self.units(), self.moment, signal, self.run.log, self.unit)

    def units(self) -> list[Subject]:
        """Every unit's events as objects, for kinds that have only a definition."""
        key = ("units", id(self.model), self.unit.name, self._of_account)
        return self.run.kept(
            key,
            lambda: subjects(
                self.run.log, self.unit, self.model, of_account=self._of_account, faults=self.run.faults
            ),
        )

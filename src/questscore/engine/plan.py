"""Compiled plan: the aggregates a model needs, and the readers over them.

Lives here: `View`, through which a kind asks for aggregates, and which of them serve one reading or many.
Lives elsewhere: holding and feeding them (run), the kinds, how rules add up to a score (scoring).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import TypeAlias

import numpy as np
from attrs import evolve

from questscore.aggregates.base import Selection, Shift, inside
from questscore.aggregates.cells import Periods, Values
from questscore.aggregates.deltas import (
    FirstOfPeriods,
    Firsts,
    Marked,
    Merged,
    Paid,
    Said,
    Source,
    Terms,
)
from questscore.aggregates.limits import Limited
from questscore.aggregates.order import Edge, Gathered, Trait
from questscore.aggregates.plan import (
    NEVER,
    Awards,
    Course,
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
from questscore.aggregates.presence import RunningCells, RunningPeriods, fit
from questscore.aggregates.running import RunningLatest, RunningSum, Weighted
from questscore.aggregates.sums import Extreme, Sum
from questscore.columns.log import Unit
from questscore.columns.vector import Vector
from questscore.engine.guarded import lowered, lowering
from questscore.engine.replay import kept, replayed, subjects
from questscore.engine.run import Run
from questscore.language import Expression
from questscore.model.award import Ageing
from questscore.model.score_model import ScoreModel
from questscore.model.selector import Selector
from questscore.model.signal import SignalDefinition
from questscore.model.time import Calendar, Duration, Period, Span
from questscore.reference import Subject

Bounds: TypeAlias = tuple[int | None, int | None]
Resets: TypeAlias = Callable[[int], Integers | None]
Value: TypeAlias = str | Expression | None

_PLAIN = Ageing()
_ANY = Selector("*")


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
        bounds: Bounds = (None, None),
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
        read = self._sum(selector, property, ageing, window)
        return lambda at: Vector(read())

    def _runs(self, chosen: Selection) -> bool:
        """Whether the rows that count are a stretch of the log, whose ends move on with the instants."""
        return self.run.steps and chosen.steady(self.run.log)

    def _terms(
        self, selector: Selector | None, value: Value, active: Bounds, *, tally: bool = False
    ) -> Terms:
        chosen, key = self._selection(selector, None, active)
        return self.run.source(
            ("terms", key, value, tally), lambda: Terms(chosen, self.run.log, value, tally)
        )

    def _firsts(self, selector: Selector | None, active: Bounds = (None, None)) -> Firsts:
        chosen, key = self._selection(selector, None, active)
        return self.run.source(("first", key), lambda: Firsts(chosen, self.run.log))

    def _sum(
        self,
        selector: Selector,
        value: Value,
        ageing: Ageing,
        window: Span | None,
        active: Bounds = (None, None),
        resets: Resets | None = None,
        *,
        tally: bool = False,
    ) -> Callable[[], Floats]:
        """One sum for whoever asks for the same: a count, and a rule that pays the same points for each."""
        chosen, key = self._selection(selector, window, active)
        key = ("sum", key, value, ageing, tally, None if resets is None else self.model.name)
        log = self.run.log
        if self._runs(chosen):
            terms = self._terms(selector, value, active, tally=tally)
            return self._added(key, chosen, terms, ageing, resets)
        return self.run.want(key, lambda: Sum(chosen, log, value, ageing, tally, resets)).read

    def _added(
        self,
        key: Hashable,
        chosen: Selection,
        source: Source | FirstOfPeriods,
        ageing: Ageing = _PLAIN,
        resets: Resets | None = None,
    ) -> Callable[[], Floats]:
        parts = [Weighted(source)]
        return self.run.moving(key, lambda: RunningSum(chosen, self.run.log, parts, ageing, resets)).read

    def tally(self, selector: Selector, property: str, *, window: Span | None = None) -> Reader:
        read = self._sum(selector, property, _PLAIN, window, tally=True)
        return lambda at: Vector(read())

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
        key, log = ("values", key, property), self.run.log
        if self._runs(chosen):
            every, name = self._selection(selector)
            said = self.run.source(("said", name, property), lambda: Said(every, log, property))
            read = self.run.moving(key, lambda: RunningCells(chosen, log, said, lambda: said.cells)).read
        else:
            read = self.run.want(key, lambda: Values(chosen, log, property)).read
        return lambda at: Vector(read())

    def periods(self, selector: Selector, every: Period, *, window: Span | None = None) -> Reader:
        read = self._periods(selector, every, window)
        return lambda at: Vector(read())

    def _periods(
        self, selector: Selector, every: Period | None, window: Span | None, active: Bounds = (None, None)
    ) -> Callable[[], Floats]:
        chosen, key = self._selection(selector, window, active)
        key, log = ("periods", key, every), self.run.log
        if every is None and self.run.steps:
            return self._added(key, chosen, self._firsts(selector, active))
        if every is not None and self._runs(chosen) and log.local(self.calendar).monotone:
            rows = self._terms(selector, None, active)
            if fit(self.size, every, window):
                return self.run.moving(key, lambda: RunningPeriods(chosen, log, rows, every)).read
            return self.run.moving(
                key, lambda: RunningCells(chosen, log, rows, lambda: rows.by_period(every))
            ).read
        return self.run.want(key, lambda: Periods(chosen, log, every)).read

    def _edge(self, selector: Selector | None, last: bool) -> Times:
        chosen, key = self._selection(selector)
        key, log = ("edge", key, last), self.run.log
        if not self.run.steps:
            read = self.run.want(key, lambda: Edge(chosen, log, last)).read
            return lambda at: read()
        source = self._terms(selector, None, (None, None)) if last else self._firsts(selector)

        def times() -> list[Course]:
            rows = source.rows
            return [Course(rows, chosen.unit.codes[rows], log.time[rows], NEVER)]

        latest = self.run.moving(key, lambda: RunningLatest(chosen, log, times))
        return lambda at: latest.read()[0].astype(np.int64, copy=False)

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

    def marked(
        self, selector: Selector, marks: Callable[[Matches], Mask], *, window: Span | None = None
    ) -> Reader:
        chosen, _ = self._selection(selector, window)
        if self._runs(chosen):
            key = ("marked", object())
            source = self.run.source(key, lambda: Marked(chosen, self.run.log, marks))
            read = self._added(key, chosen, source)
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
            chosen, _ = self._selection(None)
            rows = [self._terms(selector, None, (None, None)) for selector in selectors]
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
        if self.run.steps and (award := self._award(asked, active, resets)) is not None:
            return award
        points, log = asked.points, self.run.log
        if not asked.limits and asked.cooldown is None:
            value = None if isinstance(points, float) else points
            ageing = evolve(asked.ageing, window=None)
            total = self._sum(asked.selector, value, ageing, asked.ageing.window, active, resets)
            return lambda at: Vector(total() * points if isinstance(points, float) else total())
        chosen, key = self._selection(asked.selector, None, active)
        if isinstance(points, float) and resets is None and _first_of_period(asked):
            count = self._periods(asked.selector, asked.limits[0].every, None, active)
            return lambda at: Vector(count() * points)
        windowed, _ = self._selection(asked.selector, asked.ageing.window, active)
        key = ("limited", key, asked, resets is None or self.model.name)
        if self._runs(windowed):
            source = self.run.source(("paid", key), lambda: Paid(chosen, log, asked))
            read = self._added(key, windowed, source, evolve(asked.ageing, window=None), resets)
            return lambda at: Vector(read())
        rows = self.run.want(("gathered", key), lambda: Gathered(chosen, log))
        limited = self.run.want(key, lambda: Limited(windowed, log, asked, rows, resets))
        return lambda at: Vector(limited.read())

    def _award(self, asked: Awards, active: Bounds, resets: Resets | None) -> Award | None:
        """The awards as terms that may be added up with those of other rules, where rounding allows it."""
        points, log = asked.points, self.run.log
        plain = asked.ageing.window is None and asked.ageing.fade is None and asked.ageing.steps is None
        if not (plain and isinstance(points, float) and _MODERATE[0] <= abs(points) <= _MODERATE[1]):
            return None
        amounts = [points, *(limit.points for limit in asked.limits if limit.points is not None)]
        if asked.ageing.plain and not all(amount.is_integer() for amount in amounts):
            return None
        chosen, key = self._selection(asked.selector, None, active)
        source: Source | FirstOfPeriods
        if not asked.limits and asked.cooldown is None:
            source = self._terms(asked.selector, None, active)
        elif not _first_of_period(asked):
            source = self.run.source(("paid", key, asked), lambda: Paid(chosen, log, asked))
            points = 1.0
        elif (every := asked.limits[0].every) is None:
            source = self._firsts(asked.selector, active)
        elif log.local(self.calendar).monotone:
            source = FirstOfPeriods(self._terms(asked.selector, None, active), every)
        else:
            return None
        award = Award(self, source, points, asked.ageing, resets)
        self.run.open_later(award.open)
        return award

    def together(self, awards: Sequence[Award]) -> list[Reader]:
        """What reads the sum of awards: those that age alike become one sum."""
        kinds: dict[Ageing, list[Award]] = defaultdict(list)
        for award in awards:
            kinds[award.ageing].append(award)
        return [Award.joined(found) for found in kinds.values()]

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
                if (form := lowering(signal)) is not None
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
            key, lambda: subjects(self.run.log, self.unit, self.model, of_account=self._of_account)
        )


# Sums of awards of such sizes stay as exact as each of them.
_MODERATE = (2.0**-10, 2.0**20)


class Award:
    """Reads the points of one rule's awards, or of several that age alike, added up as they come."""

    def __init__(
        self,
        view: View,
        source: Source | FirstOfPeriods,
        points: float,
        ageing: Ageing,
        resets: Resets | None,
    ) -> None:
        self.view, self.ageing, self.resets = view, ageing, resets
        self.parts = [(source, points)]
        self._sum: RunningSum | None = None
        self.taken = False

    @classmethod
    def joined(cls, awards: Sequence[Award]) -> Award:
        """One for all of them."""
        first = awards[0]
        if len(awards) == 1:
            return first
        made = cls(first.view, *first.parts[0], first.ageing, first.resets)
        made.parts = [part for award in awards for part in award.parts]
        for award in awards:
            award.taken = True
        first.view.run.open_later(made.open)
        return made

    def open(self) -> None:
        """Makes the sum, unless another one has taken it in."""
        if not self.taken:
            chosen, _ = self.view._selection(None)
            log, (source, points) = self.view.run.log, self.parts[0]
            parts = [Weighted(Merged(log, self.parts)) if self.parts[1:] else Weighted(source, points)]
            self._sum = self.view.run.moving(
                ("award", object()),
                lambda: RunningSum(chosen, log, parts, self.ageing, self.resets),
            )

    def __call__(self, at: int) -> Vector:
        assert self._sum is not None  # noqa: S101
        return Vector(self._sum.read())


def _first_of_period(asked: Awards) -> bool:
    plain = asked.ageing.plain and asked.ageing.window is None and asked.cooldown is None
    plain &= asked.term == (None, None)
    return plain and len(asked.limits) == 1 and asked.limits[0].count == 1 and asked.limits[0].per is None

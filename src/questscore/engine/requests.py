"""Requests: the aggregates that one model asks a run for.

Lives here: which aggregate serves one reading, and which serves many, for what several kinds ask for.
Lives elsewhere: what a kind may ask for (plan), awards of several rules (pool), holding and feeding (run).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeAlias

from questscore.aggregates.base import Selection, Shift
from questscore.aggregates.cells import Periods
from questscore.aggregates.deltas import Firsts, Source, Terms
from questscore.aggregates.order import Edge
from questscore.aggregates.plan import Floats, Integers, Times
from questscore.aggregates.presence import RunningCells, RunningPeriods, fit
from questscore.aggregates.running import RunningEdge, RunningSum, Weighted
from questscore.aggregates.sums import Sum
from questscore.columns.log import Unit
from questscore.engine.run import Run
from questscore.language import Expression
from questscore.model.award import Ageing
from questscore.model.score_model import ScoreModel
from questscore.model.selector import Selector
from questscore.model.time import Calendar, Period, Span

Bounds: TypeAlias = tuple[int | None, int | None]
Resets: TypeAlias = Callable[[int], Integers | None]
Value: TypeAlias = str | Expression | None

PLAIN = Ageing()


class Requests:
    """Asks a run for aggregates of one unit, looking back by one shift; for the same thing, the same one.

    Args:
        run, model, unit: What is asked, for which model, and whose numbers are computed.
        shift: How far before the instant of reading it looks.
    """

    def __init__(self, run: Run, model: ScoreModel, unit: Unit, shift: Shift) -> None:
        self.run, self.model, self.unit, self.shift = run, model, unit, shift

    @property
    def size(self) -> int:
        """How many units there are."""
        return self.unit.size

    @property
    def calendar(self) -> Calendar:
        """The model's calendar."""
        return self.model.calendar

    def moment(self, at: int) -> int:
        """The instant looked at when the score is read at ``at``."""
        return self.shift.moment(at)

    def selected(
        self,
        selector: Selector | None,
        window: Span | None = None,
        bounds: Bounds = (None, None),
    ) -> tuple[Selection, Hashable]:
        """Which rows are wanted, and a key for them."""
        chosen = Selection(selector, self.unit, self.calendar, self.shift, window, *bounds)
        return chosen, (selector, self.unit.name, self.calendar, self.shift, window, bounds)

    def runs(self, chosen: Selection) -> bool:
        """Whether the rows that count are a stretch of the log, whose ends move on with the instants."""
        return self.run.steps and chosen.steady(self.run.log)

    def terms(self, selector: Selector | None, value: Value, active: Bounds, *, tally: bool = False) -> Terms:
        """The rows of a selector and what each adds to a sum."""
        chosen, key = self.selected(selector, None, active)
        return self.run.source(
            ("terms", key, value, tally), lambda: Terms(chosen, self.run.log, value, tally)
        )

    def firsts(self, selector: Selector | None, active: Bounds = (None, None)) -> Firsts:
        """The first row of each unit."""
        chosen, key = self.selected(selector, None, active)
        return self.run.source(("first", key), lambda: Firsts(chosen, self.run.log))

    def summed(
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
        chosen, key = self.selected(selector, window, active)
        key = ("sum", key, value, ageing, tally, None if resets is None else self.model.name)
        log = self.run.log
        if self.runs(chosen):
            terms = self.terms(selector, value, active, tally=tally)
            return self.added(key, chosen, terms, ageing, resets)
        return self.run.want(key, lambda: Sum(chosen, log, value, ageing, tally, resets)).read

    def added(
        self,
        key: Hashable,
        chosen: Selection,
        source: Source,
        ageing: Ageing = PLAIN,
        resets: Resets | None = None,
    ) -> Callable[[], Floats]:
        """A sum of what a source gives."""
        parts = [Weighted(source)]
        return self.run.moving(key, lambda: RunningSum(chosen, self.run.log, parts, ageing, resets)).read

    def counted(
        self, selector: Selector, every: Period | None, window: Span | None, active: Bounds = (None, None)
    ) -> Callable[[], Floats]:
        """The number of different periods with a row; without a period, 1 once there is a row."""
        chosen, key = self.selected(selector, window, active)
        key, log = ("periods", key, every), self.run.log
        if every is None and self.run.steps:
            return self.added(key, chosen, self.firsts(selector, active))
        if every is not None and self.runs(chosen) and log.local(self.calendar).monotone:
            rows = self.terms(selector, None, active)
            if fit(self.size, every, window):
                return self.run.moving(key, lambda: RunningPeriods(chosen, log, rows, every)).read
            return self.run.moving(
                key, lambda: RunningCells(chosen, log, rows, lambda: rows.by_period(every))
            ).read
        return self.run.want(key, lambda: Periods(chosen, log, every)).read

    def edge(self, selector: Selector | None, last: bool) -> Times:
        """When the first or the last row was."""
        chosen, key = self.selected(selector)
        key, log = ("edge", key, last), self.run.log
        if not self.run.steps:
            read = self.run.want(key, lambda: Edge(chosen, log, last)).read
            return lambda at: read()
        source = self.terms(selector, None, (None, None)) if last else self.firsts(selector)
        edge = self.run.moving(key, lambda: RunningEdge(chosen, log, source))
        return lambda at: edge.read()

"""Sum, Extreme: numbers of rows, added up or compared."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from attrs import define, field

from questscore.aggregates.base import Aggregate
from questscore.aggregates.plan import Floats, Indices, Integers, Mask
from questscore.aggregates.saturate import DOWN, HUGE, scaled_up
from questscore.columns.batch import Batch
from questscore.columns.vector import evaluate, numbers
from questscore.language import Expression
from questscore.model.award import Ageing


def factors(ageing: Ageing, age: Integers) -> Floats:
    """(n,) what is left, in [0, 1], of points earned ``age`` >= 0 microseconds ago; the window apart."""
    if ageing.half_life is not None:
        return np.asarray(np.exp2(age * (-1.0 / ageing.half_life.us)))
    if ageing.fade is not None:
        return np.maximum(0.0, 1 - age / ageing.fade.us)
    if ageing.steps is not None:
        return np.power(ageing.steps.factor, (age // ageing.steps.every.us).astype(np.float64))
    return np.ones(len(age))


def amounts(batch: Batch, value: str | Expression | None) -> Floats | None:
    """(n,) what each row adds, NaN for nothing: a property's numbers or an expression's; None: 1 each."""
    if value is None:
        return None
    if isinstance(value, str):
        return numbers(batch.name(value), len(batch))
    return numbers(evaluate(value, batch.name, batch.property, len(batch)), len(batch))


@define(eq=False, slots=False)
class Sum(Aggregate):
    """A sum over rows: of 1, of a numeric property or of an expression's values, each aged.

    Args:
        value: What is summed: None: 1; a property; or an expression over properties.
        ageing: How it ages; the window is the selection's.
        tally: Count the rows that have a number, instead of summing it.
        resets: At an instant, the last reset of each unit: rows at or before it are left out.
    """

    value: str | Expression | None = None
    ageing: Ageing = field(factory=Ageing)
    tally: bool = False
    resets: Callable[[int], Integers | None] | None = None
    _sum: Floats = field(init=False)
    _huge: Floats | None = field(init=False)  # terms that could overflow when added up, scaled down
    _moment: int = field(init=False)
    _voided: Integers | None = field(init=False)

    def begin(self, at: int) -> None:
        self._sum = np.zeros(self.size)
        self._huge = None
        self._moment = self.selection.shift.moment(at)
        self._voided = None if self.resets is None else self.resets(at)

    def carry(self, at: int) -> bool:
        return self.ageing.plain and self.resets is None

    def add(self, batch: Batch) -> None:
        unit, values = batch.unit, amounts(batch, self.value)
        keep: Mask | None = None if values is None else ~np.isnan(values)
        if self._voided is not None:
            stands = batch.time > self._voided[unit]
            keep = stands if keep is None else keep & stands
        if self.tally:
            values = None
        if not self.ageing.plain:
            left = factors(self.ageing, self._moment - batch.time)
            values = left if values is None else values * left
        if keep is not None and not keep.all():
            unit = unit[keep]
            values = None if values is None else values[keep]
        if values is None:
            np.add.at(self._sum, unit, 1.0)
            return
        if self.value is not None and (np.abs(values).max(initial=0.0) > HUGE or self._huge is not None):
            unit, values = self._set_apart(unit, values)
        np.add.at(self._sum, unit, values)

    def _set_apart(self, unit: Indices, values: Floats) -> tuple[Indices, Floats]:
        """Takes terms that could overflow into a sum of their own; the others are left to add."""
        large = np.abs(values) > HUGE
        if self._huge is None:
            self._huge = np.zeros(self.size)
        np.add.at(self._huge, unit[large], values[large] * DOWN)
        return unit[~large], values[~large]

    def read(self) -> Floats:
        """(size,) the sums; of no rows, 0."""
        if self._huge is None:
            return self._sum
        return np.where(self._huge == 0, self._sum, scaled_up(self._huge + self._sum * DOWN))


@define(eq=False, slots=False)
class Extreme(Aggregate):
    """The largest or the least value of a numeric property.

    Args:
        property: Which property.
        largest: The largest; else the least.
    """

    property: str
    largest: bool
    _value: Floats = field(init=False)

    def begin(self, at: int) -> None:
        self._value = np.full(self.size, -np.inf if self.largest else np.inf)

    def add(self, batch: Batch) -> None:
        values = numbers(batch.name(self.property), len(batch))
        known = ~np.isnan(values)
        (np.maximum if self.largest else np.minimum).at(self._value, batch.unit[known], values[known])

    def read(self) -> Floats:
        """(size,) the values, NaN without any."""
        return np.where(np.isinf(self._value), np.nan, self._value)

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


class _Mass:
    """How much is in a sum from which terms are taken out again, so that rounding is noticed.

    A sum of no terms is exactly 0. Where little is left of much, what rounding lost of the much could
    show in the little: then the sum must be made anew.
    """

    def __init__(self, size: int) -> None:
        self.terms = np.zeros(size)
        self._now, self._most = np.zeros(size), np.zeros(size)

    def age(self, left: float) -> None:
        self._now *= left
        self._most *= left

    def forget(self, units: Mask) -> None:
        for state in (self.terms, self._now, self._most):
            state[units] = 0.0

    def take(self, unit: Indices, amounts: Floats, sign: float) -> None:
        np.add.at(self.terms, unit, sign)
        np.add.at(self._now, unit, amounts * sign)
        np.maximum(self._most, self._now, out=self._most)
        empty = self.terms == 0
        self._now[empty] = self._most[empty] = 0.0

    @property
    def sound(self) -> bool:
        return not bool(np.any(self._now < 1e-5 * self._most))


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
    _mass: _Mass | None = field(init=False)

    @property
    def reversible(self) -> bool:
        return self._huge is None  # what such terms leave behind is not worth the trouble

    def begin(self, at: int) -> None:
        self._sum = np.zeros(self.size)
        self._huge = None
        self._moment = self.selection.shift.moment(at)
        self._voided = None if self.resets is None else self.resets(at)
        counts = self.value is None and self.ageing.plain
        windowed = self.selection.window is not None
        self._mass = _Mass(self.size) if windowed and not (counts or self.tally) else None

    def carry(self, at: int) -> bool:
        if self.ageing.fade is not None or self.ageing.steps is not None:
            return False
        before, self._moment = self._moment, self.selection.shift.moment(at)
        if self.ageing.half_life is not None:
            left = 2.0 ** ((before - self._moment) / self.ageing.half_life.us)
            self._sum = self._sum * left
            if self._huge is not None:
                self._huge = self._huge * left
            if self._mass is not None:
                self._mass.age(left)
        if self.resets is not None and self._voided is not None:
            voided = self.resets(at)
            again = np.asarray(voided != self._voided)
            self._sum[again] = 0.0
            if self._huge is not None:
                self._huge[again] = 0.0
            if self._mass is not None:
                self._mass.forget(again)
            self._voided = voided
        return True

    @property
    def sound(self) -> bool:
        return self._mass is None or self._mass.sound

    def add(self, batch: Batch) -> None:
        self._apply(batch, 1.0)

    def remove(self, batch: Batch) -> None:
        self._apply(batch, -1.0)

    def _apply(self, batch: Batch, sign: float) -> None:
        unit, values = batch.unit, self._values(batch)
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
            np.add.at(self._sum, unit, sign)
            return
        if self.value is not None and (np.abs(values).max(initial=0.0) > HUGE or self._huge is not None):
            unit, values = self._set_apart(unit, values)
        np.add.at(self._sum, unit, values if sign > 0 else -values)
        if self._mass is not None:
            self._mass.take(unit, np.abs(values), sign)
            if sign < 0:
                self._sum[self._mass.terms == 0] = 0.0

    def _set_apart(self, unit: Indices, values: Floats) -> tuple[Indices, Floats]:
        """Takes terms that could overflow into a sum of their own; the others are left to add."""
        large = np.abs(values) > HUGE
        if self._huge is None:
            self._huge = np.zeros(self.size)
        np.add.at(self._huge, unit[large], values[large] * DOWN)
        return unit[~large], values[~large]

    def _values(self, batch: Batch) -> Floats | None:
        if self.value is None:
            return None
        if isinstance(self.value, str):
            return numbers(batch.name(self.value), len(batch))
        return numbers(evaluate(self.value, batch.name, batch.property, len(batch)), len(batch))

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

"""ConditionRule: points while a condition over signals holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Literal, cast

import numpy as np
from attrs import field, frozen

from questscore.aggregates.plan import Floats, Mask, Plan, Reader
from questscore.columns.vector import Vector, evaluate, holds, numbers
from questscore.errors import Problem
from questscore.language import Expression, Value
from questscore.language import truth as is_true
from questscore.language.ranges import Range
from questscore.model.definition import expression, one_of, points
from questscore.model.event import Event
from questscore.model.number import finite
from questscore.model.result import Line
from questscore.model.rule import Reading, Rule
from questscore.model.signal import Context
from questscore.tracks.gauge import Gauge, earlier
from questscore.tracks.state import Numbers, State
from questscore.tracks.track import Track

Missing = Literal["unknown"] | None


def optional_missing(value: Missing) -> Missing:
    """``"unknown"`` or None."""
    return None if value is None else cast(Missing, one_of(value, ("unknown",)))


def any_missing(vectors: Sequence[Vector], size: int) -> Mask:
    """(size,) where any of them is missing; text is not."""
    found = np.zeros(size, dtype=bool)
    for vector in vectors:
        missing = np.isnan(vector.num)
        found |= missing if vector.text is None else missing & (np.asarray(vector.text) < 0)
    return found


@frozen
class ConditionRule(Rule):
    """Points while the condition holds; taken back when it stops.

    Args:
        when: A condition over signals.
        points: A number, or an expression over signals; missing pays 0.
        missing: ``"unknown"``: while a signal it names is missing, its points and the score are unknown.
    """

    kind: ClassVar[str] = "condition"

    when: Expression = field(converter=expression, kw_only=True)
    points: float | Expression = field(converter=points, kw_only=True)
    missing: Missing = field(default=None, converter=optional_missing, kw_only=True)

    def wrong(self) -> list[Problem]:
        return Rule.wrong(self) + [
            Problem(where, "prop(…) reads events, and there is none here", "name a signal")
            for where, part in (("when", self.when), ("points", self.points))
            if isinstance(part, Expression) and part.properties
        ]

    def reads(self) -> tuple[tuple[str, str], ...]:
        worth = self.points.names if isinstance(self.points, Expression) else ()
        return (
            *((name, "when") for name in sorted(self.when.names)),
            *((n, "points") for n in sorted(worth)),
        )

    def naive(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> float | None:
        if self.missing == "unknown" and any(values[name] is None for name, _ in self.reads()):
            return None
        if not is_true(self.when.evaluate(values.__getitem__)):
            return 0.0
        if isinstance(self.points, float):
            return self.points
        worth = self.points.evaluate(values.__getitem__)
        return worth if isinstance(worth, float) else 0.0

    def lines(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> tuple[Line, ...]:
        worth = self.naive(events, values, at, context)
        read = ", ".join(f"{name} = {shown(values[name])}" for name in dict(self.reads()))
        return (Line(f"{self.when} ({read})" if read else str(self.when), worth),) if worth else ()

    def changes(self, before: Reading, after: Reading) -> tuple[Line, ...]:
        if before.points == after.points:
            return ()
        held, holds = (is_true(self.when.evaluate(r.values.__getitem__)) for r in (before, after))
        what = "condition met" if holds else "condition lost"
        if held and holds:
            what = "points changed while it held"
        read = ", ".join(
            f"{name} = {turned(before.values[name], after.values[name])}" for name in dict(self.reads())
        )
        return (Line(f"{what}: {self.when} ({read})", finite(after.points - before.points)),)

    def lower(self, plan: Plan) -> Reader:
        read = {name: plan.signal(name) for name, _ in self.reads()}

        def condition(at: int) -> Vector:
            values = {name: reader(at) for name, reader in read.items()}
            held = holds(self.when, values.__getitem__, None, plan.size)
            if isinstance(self.points, float):
                paid: Floats = np.multiply(held, self.points)
            else:
                worth = evaluate(self.points, values.__getitem__, None, plan.size)
                paid = np.multiply(held, numbers(worth, plan.size))
                paid[np.isnan(paid)] = 0.0
            paid += 0.0  # nothing is 0.0, never -0.0
            if self.missing == "unknown":
                paid[any_missing(list(values.values()), plan.size)] = np.nan
            return Vector(paid, None, ())

        return condition

    def follow(self, track: Track) -> Gauge:
        holds = track.condition(self.when)
        worth = None if isinstance(self.points, float) else track.expression(self.points)
        fixed = self.points if isinstance(self.points, float) else 0.0
        needed = [track.signal(name) for name in dict(self.reads())] if self.missing == "unknown" else []
        held, nothing = holds.read, 0.0

        def known(state: State, at: int) -> Value:
            if not held(state, at):
                return nothing
            if worth is None:
                return fixed
            paid = worth.read(state, at)
            return paid if isinstance(paid, float) else nothing

        def perhaps(state: State, at: int) -> Value:
            return None if any(gauge.read(state, at) is None for gauge in needed) else known(state, at)

        def span(state: State, at: int, until: int) -> Range:
            met = holds.range(state, at, until)
            pays = Range.exactly(fixed) if worth is None else paid_range(worth.range(state, at, until))
            if met.truth is None:
                pays = pays.union(Range.exactly(0.0))
            found = Range.exactly(0.0) if met.truth is False else pays
            if any(gauge.range(state, at, until).missing for gauge in needed):
                found = found.union(Range.exactly(None))
            return found

        # whether a signal is missing changes with its value, or with events, never by time alone
        turns = holds.turns if worth is None else earlier(holds.turns, worth.turns)
        over_signals = holds.names is not None and (worth is None or worth.names is not None)
        names = frozenset(dict(self.reads())) if over_signals else None
        over = None if needed else _over(holds.of_numbers, fixed if worth is None else worth.of_numbers)
        return Gauge(perhaps if needed else known, span, turns, names, numeric=True, of_numbers=over)


def _over(
    held: Callable[[Numbers], Value] | None, worth: float | Callable[[Numbers], Value] | None
) -> Callable[[Numbers], Value] | None:
    """What a rule pays, from numbers alone."""
    if held is None or worth is None:
        return None
    holds, nothing = held, 0.0
    if isinstance(worth, float):
        fixed = worth
        return lambda numbers: fixed if holds(numbers) else nothing
    pays = worth

    def paid(numbers: Numbers) -> Value:
        if not holds(numbers):
            return nothing
        found = pays(numbers)
        return found if isinstance(found, float) else nothing

    return paid


def paid_range(worth: Range) -> Range:
    """What may be paid for a value: nothing for a missing one or a text."""
    if not worth.numeric:
        return Range.exactly(0.0)
    numbers = Range.between(worth.low, worth.high)
    return numbers.union(Range.exactly(0.0)) if worth.missing or worth.textual else numbers


def shown(value: Value) -> str:
    """A signal's value in a line of an explanation."""
    if value is None:
        return "missing"
    return repr(value) if isinstance(value, str) else f"{value:.6g}"


def turned(before: Value, after: Value) -> str:
    """A signal's value at two instants in a line of an explanation: ``3 -> 6``, or ``3`` where it stayed."""
    then, now = shown(before), shown(after)
    return now if then == now else f"{then} -> {now}"

"""ConditionRule: points while a condition over signals holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, cast

import numpy as np
from attrs import field, frozen

from questscore.aggregates.plan import Mask, Plan, Reader
from questscore.columns.vector import Vector, constant, evaluate, numbers, truth
from questscore.errors import Problem
from questscore.language import Expression, Value
from questscore.language import truth as is_true
from questscore.model.definition import expression, one_of, points
from questscore.model.event import Event
from questscore.model.result import Line
from questscore.model.rule import Rule
from questscore.model.signal import Context

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

    def lower(self, plan: Plan) -> Reader:
        read = {name: plan.signal(name) for name, _ in self.reads()}

        def condition(at: int) -> Vector:
            values = {name: reader(at) for name, reader in read.items()}
            holds = truth(evaluate(self.when, values.__getitem__, None, plan.size), plan.size)
            if isinstance(self.points, float):
                worth = constant(self.points)
            else:
                worth = evaluate(self.points, values.__getitem__, None, plan.size)
            paid = np.nan_to_num(numbers(worth, plan.size), nan=0.0)
            paid = np.where(holds, paid, 0.0)
            if self.missing == "unknown":
                paid[any_missing(list(values.values()), plan.size)] = np.nan
            return Vector(paid, None, ())

        return condition


def shown(value: Value) -> str:
    """A signal's value in a line of an explanation."""
    if value is None:
        return "missing"
    return repr(value) if isinstance(value, str) else f"{value:.6g}"

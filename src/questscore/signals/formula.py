"""Formula: an expression over other signals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from attrs import field, frozen

from questscore.aggregates.plan import Plan, Reader
from questscore.columns.vector import evaluate
from questscore.errors import ModelError
from questscore.language import Expression, Value
from questscore.model.definition import expression
from questscore.model.event import Event
from questscore.model.signal import Context, SignalDefinition
from questscore.tracks.gauge import Gauge
from questscore.tracks.track import Track


@frozen
class Formula(SignalDefinition):
    """An expression over signals; the signals may be formulas, but not in a circle.

    Args:
        expr: The expression, such as ``"(c7 - c7_before) / c7_before"``.
    """

    kind: ClassVar[str] = "formula"
    expr: Expression = field(converter=expression, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.expr.properties:
            raise ModelError(
                "prop(…) reads events, and there is none here", where="expr", fix="name a signal"
            )

    def reads(self) -> tuple[tuple[str, str], ...]:
        return tuple((name, "expr") for name in sorted(self.expr.names))

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return self.expr.evaluate(lambda name: context.signal(name, at))

    def lower(self, plan: Plan) -> Reader:
        read = {name: plan.signal(name) for name in self.expr.names}
        return lambda at: evaluate(self.expr, lambda name: read[name](at), None, plan.size)

    def follow(self, track: Track) -> Gauge:
        return track.expression(self.expr)

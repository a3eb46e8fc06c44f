"""EventRule: points for every matching event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

import numpy as np
from attrs import field, frozen

from questscore.aggregates.plan import Awards, Plan, Reader
from questscore.aggregates.saturate import finite as finite_array
from questscore.columns.vector import Vector
from questscore.errors import ModelError, Problem
from questscore.language import Expression, Value
from questscore.language.ranges import Range
from questscore.model.award import (
    Active,
    Ageing,
    Curve,
    Limit,
    Steps,
    bend,
    limits,
    optional_active,
    optional_curve,
    optional_steps,
    paid,
)
from questscore.model.definition import names, optional_duration, optional_expression, optional_span, points
from questscore.model.event import Event
from questscore.model.number import finite, total
from questscore.model.result import Line
from questscore.model.rule import Reading, Rule
from questscore.model.selector import Selector, read, reader
from questscore.model.signal import Context, inside
from questscore.model.time import Calendar, Duration, Span
from questscore.tracks.gauge import Gauge
from questscore.tracks.state import State
from questscore.tracks.track import Track


class Entry(NamedTuple):
    """What became of one matching event: awarded, paid after limits, and what is left now."""

    event: Event
    awarded: float
    paid: float
    voided: bool
    expired: bool
    left: float


@frozen
class EventRule(Rule):
    """Points for every matching event; they may age, be limited, or bring ever less.

    Args:
        on, where: Which events: a name, a list or ``"*"``, and a condition over their properties.
        points: A number, or an expression over the event's properties; 0 or missing pays nothing.
        half_life, fade, steps: One way to age: 2^(-age/h), max(0, 1 - age/d), factor^floor(age/every).
        window: Nothing at age >= window, beside ageing or alone.
        limit: One limit or a list; an event pays what every one allows.
        cooldown: An event pays only when the last one that paid is at least that long ago.
        active: Only events in [from, until) exist for the rule.
        curve: ``"log2"`` or ``"sqrt"``: points x f(aged sum / points).

    >>> EventRule("created a task", on="task_created", points=50, half_life="30d").ageing.half_life
    Duration(us=2592000000000)
    """

    kind: ClassVar[str] = "event"

    on: tuple[str, ...] = field(converter=names, kw_only=True)
    where: Expression | None = field(default=None, converter=optional_expression, kw_only=True)
    points: float | Expression = field(converter=points, kw_only=True)
    half_life: Duration | None = field(default=None, converter=optional_duration, kw_only=True)
    fade: Duration | None = field(default=None, converter=optional_duration, kw_only=True)
    steps: Steps | None = field(default=None, converter=optional_steps, kw_only=True)
    window: Span | None = field(default=None, converter=optional_span, kw_only=True)
    limit: tuple[Limit, ...] = field(default=(), converter=limits, kw_only=True)
    cooldown: Duration | None = field(default=None, converter=optional_duration, kw_only=True)
    active: Active | None = field(default=None, converter=optional_active, kw_only=True)
    curve: Curve | None = field(default=None, converter=optional_curve, kw_only=True)
    ageing: Ageing = field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        Rule.__attrs_post_init__(self)
        ageing = Ageing(self.half_life, self.fade, self.steps, self.window)
        object.__setattr__(self, "ageing", ageing)

    def wrong(self) -> list[Problem]:
        problems = Rule.wrong(self)
        try:
            Ageing(self.half_life, self.fade, self.steps)
        except ModelError as error:
            problems += error.problems
        if self.curve is not None and not (isinstance(self.points, float) and self.points):
            what = f"points = {str(self.points)!r} under a curve"
            problems.append(Problem("points", what, "write a number that is not 0"))
        return problems

    @property
    def selector(self) -> Selector:
        """Which events it is about."""
        return Selector(self.on, self.where)

    def selects(self) -> tuple[tuple[str, Selector], ...]:
        return (("", self.selector),)

    def properties(self) -> tuple[tuple[str, str], ...]:
        found = [(limit.per, "limit.per") for limit in self.limit if limit.per is not None]
        if isinstance(self.points, Expression):
            found += [(name, "points") for name in sorted(self.points.names | self.points.properties)]
        return tuple(found)

    def ledger(self, events: Sequence[Event], at: int, context: Context) -> list[Entry]:
        """What became of each matching event that was awarded anything."""
        return self._entries(self._earned(events, context), at, context)

    def _earned(self, events: Sequence[Event], context: Context) -> list[tuple[Event, float, float]]:
        """Each event with what it was awarded and what it pays, whatever becomes of it later."""
        calendar = context.calendar
        start, end = (None, None) if self.active is None else self.active.bounds(calendar)
        awarded = [
            (event, award)
            for event in context.matching(events, self.selector)
            if (start is None or event.time >= start) and (end is None or event.time < end)
            if (award := self._award(event, calendar))
        ]
        if not self.limit and self.cooldown is None:
            return [(event, award, award) for event, award in awarded]
        pays = paid(
            [event.time for event, _ in awarded],
            [award for _, award in awarded],
            [[_cell(event, limit, calendar) for event, _ in awarded] for limit in self.limit],
            self.limit,
            self.cooldown,
        )
        return [(event, award, pay) for (event, award), pay in zip(awarded, pays, strict=True)]

    def _entries(
        self, earned: Sequence[tuple[Event, float, float]], at: int, context: Context
    ) -> list[Entry]:
        calendar, reset = context.calendar, context.reset(at)
        entries = []
        for event, award, pay in earned:
            voided = reset is not None and event.time <= reset
            expired = not inside(event.time, at, self.window, calendar)
            left = 0.0 if voided or expired else pay * self.ageing.factor(at - event.time)
            entries.append(Entry(event, award, pay, voided, expired, left))
        return entries

    def _award(self, event: Event, calendar: Calendar) -> float:
        if isinstance(self.points, float):
            return self.points
        value = self.points.evaluate(*reader(event, calendar))
        return value if isinstance(value, float) else 0.0

    def naive(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> float | None:
        return self._bent(total(entry.left for entry in self.ledger(events, at, context)))

    def _bent(self, points: float) -> float:
        if self.curve is None or not isinstance(self.points, float):
            return points
        return finite(self.points * bend(self.curve, finite(points / self.points)))

    def lines(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> tuple[Line, ...]:
        return self._told("awarded for", [], self.ledger(events, at, context))

    def changes(self, before: Reading, after: Reading) -> tuple[Line, ...]:
        earned = self._earned(after.events, after.context)
        old = [item for item in earned if item[0].time <= before.at]  # later events change no earlier pay
        return self._told(
            "new:",
            self._entries(old, before.at, before.context),
            self._entries(earned, after.at, after.context),
        )

    def _told(self, gained: str, before: Sequence[Entry], entries: Sequence[Entry]) -> tuple[Line, ...]:
        """Lines from one ledger to a later one, which begins with the same events."""
        new = entries[len(before) :]
        was = [entry.left for entry in before] + [entry.paid for entry in new]
        fate = list(zip(entries, was, strict=True))
        parts = [
            (f"{gained} {len(new):,} × {self._said()}", [(e, e.awarded) for e in new]),
            ("lost to limits", [(e, e.paid - e.awarded) for e in new]),
            ("lost to a reset", [(e, -w) for e, w in fate if e.voided]),
            (f"older than {self.window}", [(e, -w) for e, w in fate if e.expired and not e.voided]),
            ("lost to ageing", [(e, e.left - w) for e, w in fate if not (e.expired or e.voided)]),
        ]
        lines = []
        for label, amounts in parts:
            behind = [(e.event, amount) for e, amount in amounts if amount]
            if behind:
                lines.append(Line(label, total(a for _, a in behind), tuple(e for e, _ in behind)))
        if self.curve is not None:
            then, now = (total(e.left for e in ledger) for ledger in (before, entries))
            if bent := total([self._bent(now), -now, -self._bent(then), then]):
                lines.append(Line(f"{self.curve} curve", bent))
        return tuple(lines)

    def _said(self) -> str:
        which = "any event" if self.on == ("*",) else ", ".join(self.on)
        return which if self.where is None else f"{which} where {self.where}"

    def lower(self, plan: Plan) -> Reader:
        awards = plan.awards(self._asked())
        if self.curve is None or not isinstance(self.points, float):
            return awards
        curve, unit = self.curve, self.points

        def bent(at: int) -> Vector:
            with np.errstate(over="ignore"):
                x = finite_array(np.maximum(awards(at).num / unit, 0.0))
                bends = np.log2(1 + x) if curve == "log2" else np.sqrt(x)
                return Vector(finite_array(unit * bends), None, ())

        return bent

    def _asked(self) -> Awards:
        return Awards(self.selector, self.points, self.ageing, self.limit, self.cooldown, self.active)

    def follow(self, track: Track) -> Gauge:
        awards = track.awards(self._asked())
        if self.curve is None or not isinstance(self.points, float):
            return awards
        read, of, unit = awards.read, awards.range, self.points

        def bend_of(points: float) -> float:
            return self._bent(points if points / unit > 0 else 0.0)

        def bent_at(state: State, at: int) -> Value:
            points = read(state, at)
            return bend_of(points) if isinstance(points, float) else None

        def span(state: State, at: int, until: int) -> Range:
            found = of(state, at, until)
            if not (found.low - found.low == 0.0 and found.high - found.high == 0.0):
                return Range.anything()
            ends = bend_of(found.low), bend_of(found.high)
            return Range.between(min(ends), max(ends))

        return Gauge(bent_at, span, awards.turns, numeric=True)


def _cell(event: Event, limit: Limit, calendar: Calendar) -> tuple[int | None, Value] | None:
    value = None if limit.per is None else read(event, limit.per, calendar)
    if limit.per is not None and value is None:
        return None
    return (None if limit.every is None else calendar.index(limit.every, event.time), value)

"""Funnel, Milestones and Lag: how far along a path a subject has come, and how long a step took."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from attrs import field, frozen

from questscore.aggregates.plan import NEVER, Plan, Reader
from questscore.columns.vector import Vector
from questscore.language import Value
from questscore.model.definition import duration, optional_duration, optional_span
from questscore.model.event import Event
from questscore.model.selector import Selector, selector, selectors
from questscore.model.signal import Context, SignalDefinition
from questscore.model.time import Duration, Span
from questscore.signals.recency import ANY
from questscore.signals.sums import windowed


@frozen
class Funnel(SignalDefinition):
    """The largest k/n such that different events, in canonical order, match steps 1 to k.

    Args:
        steps: n selectors: event names, lists of them, or tables with ``on`` and ``where``.
        within: How long after the first step the last may be; None: any time.
        window: Where all the events lie; None: ever.
    """

    kind: ClassVar[str] = "funnel"
    steps: tuple[Selector, ...] = field(converter=selectors, kw_only=True)
    within: Duration | None = field(default=None, converter=optional_duration, kw_only=True)
    window: Span | None = field(default=None, converter=optional_span, kw_only=True)

    def selects(self) -> tuple[tuple[str, Selector], ...]:
        return tuple((f"steps[{i}]", step) for i, step in enumerate(self.steps))

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        limit = None if self.within is None else self.within.us
        began: list[int | None] = [None] * len(self.steps)  # latest start of a run that reached step i
        deepest = 0
        for event in windowed(events, at, self.window, context.calendar):
            for i in reversed(range(len(self.steps))):
                if not self.steps[i].matches(event, context.calendar):
                    continue
                start = event.time if i == 0 else began[i - 1]
                if start is None or (limit is not None and event.time - start > limit):
                    continue
                before = began[i]
                began[i] = start if before is None else max(before, start)
                deepest = max(deepest, i + 1)
        return deepest / len(self.steps)

    def lower(self, plan: Plan) -> Reader:
        steps = [plan.matches(step, window=self.window) for step in self.steps]

        def funnel(at: int) -> Vector:
            depth = np.zeros(plan.size)
            found = steps[0](at)
            key, origin = found.key, found.key  # each event that reached the step, and its latest start
            depth[found.unit] = 1
            for i, step in enumerate(steps[1:], start=2):
                found = step(at)
                before = np.searchsorted(key, found.key) - 1
                begun = np.append(np.maximum.accumulate(origin), -1)[before]
                ok = begun // found.scale == found.unit  # keys grow with the unit, so a maximum stays in it
                if self.within is not None:
                    ok[ok] = found.time[ok] - found.time_of(begun[ok]) <= self.within.us
                key, origin = found.key[ok], begun[ok]
                depth[found.unit[ok]] = i
            return Vector(depth / len(self.steps), None, ())

        return funnel


@frozen
class Milestones(SignalDefinition):
    """The share of the selectors that were matched at least once; 0 before the first event.

    Args:
        of: The selectors.
        within: How long after the subject's first event of any name a match may be; None: any time.
    """

    kind: ClassVar[str] = "milestones"
    of: tuple[Selector, ...] = field(converter=selectors, kw_only=True)
    within: Duration | None = field(default=None, converter=optional_duration, kw_only=True)

    def selects(self) -> tuple[tuple[str, Selector], ...]:
        return tuple((f"of[{i}]", one) for i, one in enumerate(self.of))

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        seen = context.matching(events, "*")
        if self.within is not None:
            seen = [event for event in seen if event.time - seen[0].time <= self.within.us]
        return sum(bool(context.matching(seen, one)) for one in self.of) / len(self.of)

    def lower(self, plan: Plan) -> Reader:
        firsts = [plan.first(one) for one in self.of]
        born = plan.first(ANY)

        def milestones(at: int) -> Vector:
            done = np.zeros(plan.size)
            start = born(at)
            for first in firsts:
                times = first(at)
                met = times != NEVER
                if self.within is not None:
                    met[met] = times[met] - start[met] <= self.within.us
                done += met
            return Vector(done / len(self.of), None, ())

        return milestones


@frozen
class Lag(SignalDefinition):
    """Time from the first ``first`` to the first ``then`` at or after it; missing until then.

    Args:
        first, then: Selectors; one event may be both.
        unit: What 1 stands for; a day unless told.
    """

    kind: ClassVar[str] = "lag"
    first: Selector = field(converter=selector, kw_only=True)
    then: Selector = field(converter=selector, kw_only=True)
    unit: Duration = field(default=Duration.of("1d"), converter=duration, kw_only=True)

    def selects(self) -> tuple[tuple[str, Selector], ...]:
        return (("first", self.first), ("then", self.then))

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        begun = context.matching(events, self.first)[:1]
        ended = [e for e in context.matching(events, self.then) if begun and e.time >= begun[0].time]
        return (ended[0].time - begun[0].time) / self.unit.us if ended else None

    def lower(self, plan: Plan) -> Reader:
        begun = plan.first(self.first)
        ends = plan.matches(self.then)

        def lag(at: int) -> Vector:
            start, found = begun(at), ends(at)
            known = start[found.unit] != NEVER
            late = np.flatnonzero(known & (found.time >= start[found.unit]))[::-1]
            value = np.full(plan.size, np.nan)
            # from the last to the first, so that the first stands
            value[found.unit[late]] = (found.time[late] - start[found.unit[late]]) / self.unit.us
            return Vector(value, None, ())

        return lag

"""TierRule: points by the band that a signal is in."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, cast

import numpy as np
from attrs import field, frozen

from questscore.aggregates.plan import Floats, Indices, Plan, Reader
from questscore.aggregates.saturate import added
from questscore.aggregates.saturate import finite as finite_array
from questscore.columns.vector import Vector, numbers
from questscore.errors import ModelError, Problem
from questscore.language import Value
from questscore.language.ranges import Range
from questscore.model.definition import number, one_of, text
from questscore.model.event import Event
from questscore.model.level import reached
from questscore.model.number import finite, total
from questscore.model.result import Line
from questscore.model.rule import Reading, Rule
from questscore.model.signal import Context
from questscore.rules.condition import Missing, any_missing, optional_missing, shown, turned
from questscore.tracks.gauge import Gauge
from questscore.tracks.state import State
from questscore.tracks.track import Track

Mode = Literal["highest", "cumulative", "marginal"]


def _mode(value: Mode) -> Mode:
    return cast(Mode, one_of(value, ("highest", "cumulative", "marginal")))


def _tiers(value: Sequence[Sequence[float]]) -> tuple[tuple[float, float], ...]:
    fix = "write [[from, points], …] with ascending from"
    if not isinstance(value, (list, tuple)) or not value:
        raise ModelError(f"{value!r} is not a list of tiers", fix=fix)
    found: list[tuple[float, float]] = []
    problems: list[Problem] = []
    for i, item in enumerate(value):
        if not isinstance(item, (list, tuple)) or len(item) != 2:
            problems.append(Problem(f"[{i}]", f"{item!r} is not a tier", fix))
            continue
        try:
            tier = (number(item[0]), number(item[1]))
        except ModelError as error:
            problems += error.under(f"[{i}]").problems
            continue
        if found and tier[0] <= found[-1][0]:
            what = f"{tier[0]:g} is not above {found[-1][0]:g}, the tier before it"
            problems.append(Problem(f"[{i}]", what, "write tiers in ascending order"))
        found.append(tier)
    if problems:
        raise ModelError(problems)
    return tuple(found)


@frozen
class TierRule(Rule):
    """Points by the band [from, next) that a signal is in; 0 below the first, when missing, and for a text.

    Args:
        signal: Which signal.
        tiers: (from, points) pairs, ascending; rounding never decides whether one is reached.
        mode: ``highest``: the band's points; ``cumulative``: the sum of the bands reached; ``marginal``:
            points are a rate per unit inside each band.
        missing: ``"unknown"``: while the signal is missing, its points and the score are unknown.
    """

    kind: ClassVar[str] = "tier"

    signal: str = field(converter=text, kw_only=True)
    tiers: tuple[tuple[float, float], ...] = field(converter=_tiers, kw_only=True)
    mode: Mode = field(converter=_mode, kw_only=True)
    missing: Missing = field(default=None, converter=optional_missing, kw_only=True)

    def reads(self) -> tuple[tuple[str, str], ...]:
        return ((self.signal, "signal"),)

    def naive(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> float | None:
        value = values[self.signal]
        if not isinstance(value, float):
            return None if value is None and self.missing == "unknown" else 0.0
        held = [(start, worth) for start, worth in self.tiers if reached(value, start)]
        match self.mode:
            case "highest":
                return held[-1][1] if held else 0.0
            case "cumulative":
                return total(worth for _, worth in held)
            case "marginal":
                return self._marginal(value)

    def bands(self) -> list[tuple[float, float, float]]:
        """(from, next, points); the last band has no end."""
        ends = [start for start, _ in self.tiers[1:]] + [math.inf]
        return [(start, end, worth) for (start, worth), end in zip(self.tiers, ends, strict=True)]

    def lines(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> tuple[Line, ...]:
        worth = self.naive(events, values, at, context)
        return (Line(f"{self.signal} = {shown(values[self.signal])} ({self.mode})", worth),) if worth else ()

    def changes(self, before: Reading, after: Reading) -> tuple[Line, ...]:
        if before.points == after.points:
            return ()
        read = f"{self.signal} = {turned(before.values[self.signal], after.values[self.signal])}"
        label = f"{read} (marginal)" if self.mode == "marginal" else f"band: {read} ({self.mode})"
        return (Line(label, finite(after.points - before.points)),)

    def lower(self, plan: Plan) -> Reader:
        read = plan.signal(self.signal)
        starts = np.array([start for start, _ in self.tiers])
        edges = starts - 1e-9 * np.maximum(1.0, np.abs(starts))
        worths = [worth for _, worth in self.tiers]
        if self.mode == "cumulative":
            worths = list(itertools.accumulate(worths))
        ladder = np.array([0.0, *worths])

        def tier(at: int) -> Vector:
            vector = read(at)
            values = numbers(vector, plan.size)
            if self.mode == "marginal":
                known = np.nan_to_num(values, nan=-np.inf, neginf=-np.inf)
                with np.errstate(over="ignore"):
                    inside = [
                        finite_array(worth * finite_array(np.maximum(0.0, np.minimum(known, end) - start)))
                        for start, end, worth in self.bands()
                    ]
                paid = added(inside, plan.size)
            else:
                paid = ladder[_reached(edges, values)]
            if self.missing == "unknown":
                paid[any_missing([vector], plan.size)] = np.nan
            return Vector(paid, None, ())

        return tier

    def follow(self, track: Track) -> Gauge:
        gauge = track.signal(self.signal)
        read, of = gauge.read, gauge.range
        edges = [start - 1e-9 * max(1.0, abs(start)) for start, _ in self.tiers]
        worths = [worth for _, worth in self.tiers]
        if self.mode == "cumulative":
            worths = [total(worths[: i + 1]) for i in range(len(worths))]
        ladder = [0.0, *worths]
        unknown = None if self.missing == "unknown" else 0.0

        def paid(value: Value) -> Value:
            if not isinstance(value, float):
                return unknown if value is None else 0.0
            return self._marginal(value) if self.mode == "marginal" else ladder[bisect_right(edges, value)]

        def span(state: State, at: int, until: int) -> Range:
            values = of(state, at, until)
            if values.textual:
                return Range.anything()
            if not values.numeric:
                return Range.exactly(unknown)
            if self.mode == "marginal":
                return self._marginal_range(values, unknown)
            steps = ladder[bisect_right(edges, values.low) : bisect_right(edges, values.high) + 1]
            found = Range.between(min(steps), max(steps))
            return found.union(Range.exactly(unknown)) if values.missing else found

        over = gauge.of_numbers
        return Gauge(
            lambda state, at: paid(read(state, at)),
            span,
            gauge.turns,
            gauge.names,
            numeric=True,
            of_numbers=None if over is None else lambda numbers: paid(over(numbers)),
        )

    def _marginal(self, value: float) -> float:
        return total(
            finite(worth * finite(max(0.0, min(value, end) - start))) for start, end, worth in self.bands()
        )

    def _marginal_range(self, values: Range, unknown: float | None) -> Range:
        inner = [start for start, _ in self.tiers if values.low < start < values.high]
        if not (values.low - values.low == 0.0 and values.high - values.high == 0.0):
            return Range.anything()
        ends = [self._marginal(value) for value in (values.low, *inner, values.high)]
        slack = 1e-9 * max(map(abs, ends))
        found = Range.between(min(ends) - slack, max(ends) + slack)
        return found.union(Range.exactly(unknown)) if values.missing else found


def _reached(edges: Floats, values: Floats) -> Indices:
    """(n,) how many of the ascending edges each value reaches; NaN none."""
    if len(edges) > 8:
        return np.searchsorted(edges, np.nan_to_num(values, nan=-np.inf), side="right")
    count = np.zeros(len(values), dtype=np.int8)
    for edge in edges.tolist():
        np.add(count, values >= edge, out=count)
    return count.astype(np.intp)

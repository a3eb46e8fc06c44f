"""Scoring: signals, points, groups, bounds and scale of one model, over all units at once.

Lives here: how rules add up to a score.
Lives elsewhere: the aggregates and signals behind it (plan), levels through time (as_at).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.aggregates.plan import Floats, Mask, Reader
from questscore.aggregates.saturate import added, finite
from questscore.columns.vector import Vector, holds, numbers
from questscore.engine.guarded import lowered, lowering
from questscore.engine.levels import plain
from questscore.engine.plan import View
from questscore.engine.pool import Award, together
from questscore.engine.replay import replayed_rule
from questscore.model.level import Level
from questscore.model.rule import Rule
from questscore.model.scale import Linear, Logistic, Percentile, Saturating, Scale


@frozen(eq=False)
class Scores:
    """Everything about all units at one instant; NaN: unknown.

    Args:
        value, raw, adjustments: (size,).
        points: (size,) by rule, bounds applied; without the rules that were only added up.
        signals: By name.
        level: (size,) codes of the levels of the scores alone.
    """

    value: Floats
    raw: Floats
    adjustments: Floats
    points: Mapping[str, Floats]
    signals: Mapping[str, Vector]
    level: NDArray[np.int64]


def clamped(values: Floats, low: float | None, high: float | None) -> Floats:
    """Within the bounds; NaN stays."""
    return values if low is None and high is None else np.clip(values, low, high)


class Scoring:
    """A model's readers over one view.

    Args:
        view: What it reads.
        apart: Whether the points of each rule are wanted; else rules that are plain sums become one sum.
    """

    def __init__(self, view: View, *, apart: bool = True) -> None:
        self.view, model = view, view.model
        self._signals = {signal.name: view.signal(signal.name) for signal in model.columns}
        self._rules = [(rule, self._reader(rule)) for rule in model.rules]
        self._sums: list[Reader] = []
        if not apart:
            alike = {rule.name: reader for rule, reader in self._rules if _unbound(rule, reader)}
            self._rules = [(rule, reader) for rule, reader in self._rules if rule.name not in alike]
            self._sums = together([award for award in alike.values() if isinstance(award, Award)])
        self._ledger = view.run.ledger(model, view.unit, view.shift)

    def _reader(self, rule: Rule) -> Reader:
        if (form := lowering(rule, self.view.run.faults)) is not None:
            return lowered(rule, form, self.view, self.view.run.log, self.view.unit)
        return replayed_rule(self.view.units(), self.view.moment, rule, tuple(self._signals))

    def read(self, at: int) -> Scores:
        """The scores as of ``at``, after `Run.read_at` of the same instant."""
        model, size = self.view.model, self.view.size
        signals = {name: reader(at) for name, reader in self._signals.items()}
        points = {
            rule.name: clamped(numbers(reader(at), size), rule.minimum, rule.maximum)
            for rule, reader in self._rules
        }
        adjustments = self._ledger.adjustments(at)
        parts = [adjustments] if len(self._ledger.rows) else []
        for group in model.groups:
            inside = added([points[rule.name] for rule, _ in self._rules if rule.group == group.name], size)
            with np.errstate(over="ignore"):
                parts.append(finite(group.weight * clamped(inside, group.minimum, group.maximum)))
        parts += [numbers(read(at), size) for read in self._sums]
        raw = added(parts + [points[rule.name] for rule, _ in self._rules if rule.group is None], size)
        value = clamped(raw, model.minimum, model.maximum)
        if model.scale is not None:
            value = scaled(model.scale, value)
        held = [self._holds(level, signals) for level in model.levels if level.when is not None]
        return Scores(value, raw, adjustments, points, signals, plain(model.levels, value, held))

    def _holds(self, level: Level, signals: Mapping[str, Vector]) -> Mask:
        assert level.when is not None  # noqa: S101
        return holds(level.when, signals.__getitem__, None, self.view.size)


def _unbound(rule: Rule, reader: Reader) -> bool:
    """Whether a rule's points are a sum of its awards and go into the score as they are."""
    free = rule.group is None and rule.minimum is None and rule.maximum is None
    return free and isinstance(reader, Award)


def scored(view: View) -> Reader:
    """The scaled score of a view's model, as a reader."""
    scoring = Scoring(view, apart=False)
    return lambda at: Vector(scoring.read(at).value)


def scaled(scale: Scale, x: Floats) -> Floats:
    """(n,) what is shown for raw scores; NaN stays."""
    with np.errstate(over="ignore"):
        return _scaled(scale, x)


def _scaled(scale: Scale, x: Floats) -> Floats:
    match scale:
        case Linear(low=low, high=high):
            return np.clip(100 * finite((x - low) / (high - low)), 0, 100)
        case Saturating(half=half):
            x = np.maximum(x, 0)
            return 100 * (x / finite(x + half))
        case Logistic(slope=slope, intercept=intercept, s0=s0):
            z = finite(intercept + slope * (x if s0 is None else np.arcsinh(finite(x / s0))))
            small = np.exp(-np.abs(z))  # never overflows
            return 100 * np.where(z >= 0, 1 / (1 + small), small / (1 + small))
        case Percentile(reference=reference):
            sample, slack = np.array(reference), 1e-12 * np.maximum(1.0, np.abs(x))
            below = np.searchsorted(sample, x - slack, side="left")
            not_above = np.searchsorted(sample, x + slack, side="right")
            return np.where(np.isnan(x), np.nan, 100 * (below + not_above) / 2 / len(sample))

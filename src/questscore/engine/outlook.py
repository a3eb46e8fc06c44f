"""Outlook: what a score may come to be when nothing more happens.

Lives here: the range of one model's score, and of its levels, over a span of time.
Lives elsewhere: the score at an instant (sheet), the ranges of signals and of points (the kinds).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TypeAlias

from questscore.language import Value
from questscore.language.ranges import Range
from questscore.model.number import finite
from questscore.model.rule import Group, clamp
from questscore.model.scale import Scale
from questscore.model.score_model import ScoreModel
from questscore.tracks.gauge import Gauge
from questscore.tracks.state import State

Spans: TypeAlias = Sequence[Callable[[State, int, int], Range]]


class Outlook:
    """What may come of the score of one model.

    Args:
        model: The model.
        signals: The ranges of its signals, each after those that it is made of.
        points: Those of its rules.
        added: Place of what adjustments add.
        when: The levels with a condition.
        edges: The scores at which the other levels begin, ascending.
        reached: The base level, and those levels.
        value: The score as of an instant, whatever was read before.
    """

    def __init__(
        self,
        model: ScoreModel,
        signals: Spans,
        points: Spans,
        added: int,
        when: Sequence[tuple[str, Gauge]],
        edges: Sequence[float],
        reached: Sequence[str | None],
        value: Callable[[State, int], Value],
    ) -> None:
        self._model, self._signals, self._points, self._added = model, signals, points, added
        self._when, self._edges, self._reached, self._value = when, edges, reached, value

    def range(self, state: State, at: int, until: int) -> Range:
        """What the score may be at any instant of [at, until] when nothing more happens."""
        if state.huge:
            return Range.anything()  # the definition alone adds up such numbers
        ranges = state.ranges = []
        for of in self._signals:
            ranges.append(of(state, at, until))
        paid = [of(state, at, until) for of in self._points]
        if any(not one.numeric for one in paid):
            return Range.exactly(None)  # points that are surely unknown make the score so
        if all(one.constant for one in paid):
            return Range.exactly(self._value(state, at))  # as it was added up, to the bit
        model = self._model
        added = state.numbers[self._added]
        loose = [one for one, rule in zip(paid, model.rules, strict=True) if rule.group is None]
        low, high = added + sum(one.low for one in loose), added + sum(one.high for one in loose)
        for group in model.groups:
            own = [one for one, rule in zip(paid, model.rules, strict=True) if rule.group == group.name]
            ends = [
                _weighed(group, sum(one.low for one in own)),
                _weighed(group, sum(one.high for one in own)),
            ]
            low, high = low + min(ends), high + max(ends)
        if not (low - low == 0.0 and high - high == 0.0):
            return Range.anything()
        slack = 1e-12 * (abs(low) + abs(high))
        low, high = (clamp(end, model.minimum, model.maximum) for end in (low - slack, high + slack))
        if model.scale is not None:
            low, high = _scaled(model.scale, low, high)
        found = Range.between(low, high)
        return found.union(Range.exactly(None)) if any(one.missing for one in paid) else found

    def apart(self, state: State, at: int, until: int) -> Range:
        """The same, inside the outlook of another model over the same state."""
        held = state.ranges
        found = self.range(state, at, until)
        state.ranges = held
        return found

    def may_stand(self, state: State, at: int, until: int) -> tuple[set[str | None], float]:
        """The levels that scores alone may give in [at, until], and the least score there may be."""
        value = self.range(state, at, until)
        found: set[str | None] = set()
        if value.missing:
            found.add(None)
        if not value.numeric:
            return {None}, value.low
        for name, gauge in self._when:
            holds = None if state.huge else gauge.range(state, at, until).truth
            if holds:
                return found | {name}, value.low
            if holds is None:
                found.add(name)
        first, last = bisect_right(self._edges, value.low), bisect_right(self._edges, value.high)
        return found | set(self._reached[first : last + 1]), value.low


def _weighed(group: Group, inside: float) -> float:
    return finite(group.weight * clamp(inside, group.minimum, group.maximum))


def _scaled(scale: Scale, low: float, high: float) -> tuple[float, float]:
    """The ends of what is shown: every scale is monotone."""
    ends = scale(low), scale(high)
    slack = 1e-9 * max(1.0, abs(ends[0]), abs(ends[1]))
    return min(ends) - slack, max(ends) + slack

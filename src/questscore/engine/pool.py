"""Pool: awards of several rules, added up as they come.

Where the points of each rule are not asked for, rules that are plain sums of awards that age alike become one
sum, and those that pay a number for an event of some name become a price list.

Lives here: which awards may be pooled, and the sum of those that are.
Lives elsewhere: rows and what they bring (aggregates), other awards (plan), how rules add up (scoring).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from questscore.aggregates.deltas import FirstOfPeriods, Merged, Paid, Priced, Source
from questscore.aggregates.plan import Awards, Floats, Reader
from questscore.aggregates.running import RunningSum, Weighted
from questscore.columns.vector import Vector
from questscore.engine.requests import Bounds, Requests, Resets
from questscore.model.award import Ageing
from questscore.model.selector import Selector

Part: TypeAlias = tuple[Source | FirstOfPeriods, float]

# Sums of awards of such sizes stay as exact as each of them.
_MODERATE = (2.0**-10, 2.0**20)


class Award:
    """Reads the points of one rule's awards, or of several that age alike.

    Args:
        requests: What it asks for rows.
        asked: The awards of each rule.
        active: Per rule, which events matter.
        resets: At an instant, the last reset of each unit.
    """

    def __init__(
        self, requests: Requests, asked: Sequence[Awards], active: Sequence[Bounds], resets: Resets | None
    ) -> None:
        self.requests, self.asked, self.active, self._resets = requests, asked, active, resets
        self._sum: RunningSum | None = None
        self._taken = False
        requests.run.open_later(self._open)

    @property
    def ageing(self) -> Ageing:
        """How the points age."""
        return self.asked[0].ageing

    @classmethod
    def joined(cls, awards: Sequence[Award]) -> Award:
        """One for all of them, which age alike."""
        first = awards[0]
        if len(awards) == 1:
            return first
        for award in awards:
            award._taken = True
        asked = [one for award in awards for one in award.asked]
        active = [one for award in awards for one in award.active]
        return cls(first.requests, asked, active, first._resets)

    def _open(self) -> None:
        """Makes the sum, unless another one has taken it in."""
        if self._taken:
            return
        requests, log = self.requests, self.requests.run.log
        prices: dict[Bounds, dict[Selector, float]] = defaultdict(dict)
        parts: list[Part] = []
        for asked, active in zip(self.asked, self.active, strict=True):
            assert isinstance(asked.points, float)  # noqa: S101
            if len(self.asked) > 1 and _by_name(asked):
                prices[active][asked.selector] = prices[active].get(asked.selector, 0.0) + asked.points
            else:
                parts.append(_part(requests, asked, active))
        parts += [(_priced(requests, listed, active), 1.0) for active, listed in prices.items()]
        chosen, _ = requests.selected(None)
        source, points = parts[0]
        whole = Weighted(Merged(log, parts)) if parts[1:] else Weighted(source, points)
        self._sum = requests.run.moving(
            ("award", object()), lambda: RunningSum(chosen, log, [whole], self.ageing, self._resets)
        )

    def __call__(self, at: int) -> Vector:
        assert self._sum is not None  # noqa: S101
        return Vector(self._sum.read())


def pooled(requests: Requests, asked: Awards, active: Bounds, resets: Resets | None) -> Award | None:
    """The awards as terms that may be added up with those of other rules, where rounding allows it."""
    points, ageing = asked.points, asked.ageing
    plain = ageing.window is None and ageing.fade is None and ageing.steps is None
    if not (plain and isinstance(points, float) and _MODERATE[0] <= abs(points) <= _MODERATE[1]):
        return None
    amounts = [points, *(limit.points for limit in asked.limits if limit.points is not None)]
    if ageing.plain and not all(amount.is_integer() for amount in amounts):
        return None
    if first_of_period(asked) and asked.term != (None, None):
        return None
    by_period = first_of_period(asked) and asked.limits[0].every is not None
    if by_period and not requests.run.log.local(requests.calendar).monotone:
        return None
    return Award(requests, [asked], [active], resets)


def together(awards: Sequence[Award]) -> list[Reader]:
    """What reads the sum of awards: those that age alike become one sum."""
    kinds: dict[Ageing, list[Award]] = defaultdict(list)
    for award in awards:
        kinds[award.ageing].append(award)
    return [Award.joined(found) for found in kinds.values()]


def first_of_period(asked: Awards) -> bool:
    """Whether what is paid is a number for the first event of each period, or ever; in the term, if any."""
    plain = asked.ageing.plain and asked.ageing.window is None and asked.cooldown is None
    return plain and len(asked.limits) == 1 and asked.limits[0].count == 1 and asked.limits[0].per is None


def _by_name(asked: Awards) -> bool:
    """Whether an event pays for its name alone."""
    return not asked.limited and asked.selector.where is None and not asked.selector.every_name


def _part(requests: Requests, asked: Awards, active: Bounds) -> Part:
    """The rows that pay, and what their amounts are multiplied by."""
    assert isinstance(asked.points, float)  # noqa: S101
    if not asked.limited:
        return requests.terms(asked.selector, None, active), asked.points
    if not first_of_period(asked):
        chosen, key = requests.selected(asked.selector, None, active)
        log = requests.run.log
        return requests.run.source(("paid", key, asked), lambda: Paid(chosen, log, asked)), 1.0
    every = asked.limits[0].every
    if every is None:
        return requests.firsts(asked.selector, active), asked.points
    return FirstOfPeriods(requests.terms(asked.selector, None, active), every), asked.points


def _priced(requests: Requests, prices: dict[Selector, float], active: Bounds) -> Priced:
    """The rows of all names that have a price."""
    log = requests.run.log
    worth: Floats = np.zeros(len(log.table.name.values))
    for code, name in enumerate(log.table.name.values):
        worth[code] = sum(points for selector, points in prices.items() if name in selector.on)
    named = Selector(sorted({name for selector in prices for name in selector.on}))
    chosen, key = requests.selected(named, None, active)
    return requests.run.source(("priced", key, tuple(prices.items())), lambda: Priced(chosen, log, worth))

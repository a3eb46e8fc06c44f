"""Limits: which of a rule's events pay under its limits and cooldown, one event at a time.

Lives here: the counters of one subject.
Lives elsewhere: the definition (model.award), the same over columns (aggregates).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from questscore.language import Value
from questscore.model.award import ROUNDING, Limit
from questscore.model.event import Event
from questscore.tracks.base import Basic

Rooms: TypeAlias = dict[int, dict[tuple[Value, bool], float]]
"""What each cell may still pay, by period and by (value of ``per``, gains)."""
Index: TypeAlias = Callable[[int], int]
Reading: TypeAlias = Callable[[Event], Value]


class Limits(Basic):
    """Lets through what limits and a cooldown allow, of events in canonical order."""

    __slots__ = ("_cooldown", "_free", "_limits", "_rooms")
    told = ("_cooldown", "_limits")
    kept = ("_free", "_rooms")

    def __init__(
        self, limits: Sequence[tuple[Limit, Index | None, Reading | None]], cooldown: int | None
    ) -> None:
        self._limits = limits
        self._cooldown = cooldown
        self._free = -(2**62)  # from when on an event may pay
        self._rooms: list[Rooms] = [{} for _ in limits]

    def pay(self, time: int, award: float, event: Event) -> float:
        """What an event pays of its award."""
        if time < self._free:
            return 0.0
        amount = abs(award)
        gain = award > 0
        used: list[tuple[dict[tuple[Value, bool], float], tuple[Value, bool], float]] = []
        for (limit, index, reading), rooms in zip(self._limits, self._rooms, strict=True):
            value = None
            if reading is not None and (value := reading(event)) is None:
                return 0.0
            cells = self._cells(rooms, 0 if index is None else index(time))
            if limit.count is not None:
                key = (value, False)
                left = cells.get(key, float(limit.count))
                if left < 1:
                    return 0.0
                used.append((cells, key, left))
            else:
                assert limit.points is not None  # noqa: S101
                key = (value, gain)
                left = cells.get(key, limit.points)
                if left <= ROUNDING * limit.points:
                    return 0.0
                amount = min(amount, left)
                used.append((cells, key, left))
        for (limit, _, _), (cells, key, left) in zip(self._limits, used, strict=True):
            cells[key] = left - (1.0 if limit.count is not None else amount)
        if self._cooldown is not None:
            self._free = time + self._cooldown
        return amount if gain else -amount

    @staticmethod
    def _cells(rooms: Rooms, index: int) -> dict[tuple[Value, bool], float]:
        found = rooms.get(index)
        if found is None:
            # a clock may step back over midnight into the period before, not further
            for old in [old for old in rooms if old < index - 1]:
                del rooms[old]
            found = rooms[index] = {}
        return found

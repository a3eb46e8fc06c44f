"""Sums one event at a time: in a trailing window, aged, or faded.

Lives here: cells that add up amounts, and when rounding makes them add up anew.
Lives elsewhere: sums that never lose a term (numbers of a state; engine), amounts under limits (limits).
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import deque

from questscore.language import Value
from questscore.language.ranges import Range
from questscore.model.award import Ageing
from questscore.model.number import total
from questscore.tracks.base import Basic
from questscore.tracks.state import FEW, FOREVER, Moments, Numbers

FARTHEST = 512.0
"""Half-lives from the landmark beyond which weights are scaled down, long before they overflow."""


class WindowSum(Basic):
    """The sum of the amounts of the last ``length`` microseconds; with a half-life, aged.

    A sum of no terms is exactly 0; where little is left of much, the sum is made anew, so that what
    rounding lost of the much never shows in the little.
    """

    __slots__ = ("_amounts", "_begin", "_landmark", "_length", "_mass", "_most", "_per", "_sum", "_times")
    told = ("_length", "_per")
    kept = ("_amounts", "_begin", "_landmark", "_mass", "_most", "_sum", "_times")
    numeric = True
    present = True

    def __init__(self, length: int, half_life: int | None) -> None:
        self._length = length
        self._per = 0.0 if half_life is None else 1.0 / half_life
        self._times: Moments = array("q")
        self._amounts: Numbers = array("d")
        self._begin = 0  # those before have left the window
        self._landmark = 0
        self._sum = self._mass = self._most = 0.0

    def take(self, part: int, time: int, value: Value) -> float | None:
        if not isinstance(value, float):
            return None
        if self._per:
            value = value * self._weight(time)
        self._times.append(time)
        self._amounts.append(value)
        self._sum += value
        self._mass += value if value > 0 else -value
        if self._mass > self._most:
            self._most = self._mass
        return self._sum

    def _weight(self, time: int) -> float:
        if self._begin == len(self._times):
            self._landmark = time
        age = (time - self._landmark) * self._per
        if age > FARTHEST:
            scale = 2.0**-age
            self._amounts = array("d", [amount * scale for amount in self._amounts])
            self._landmark, age = time, 0.0
            self._anew()
        return float(2.0**age)

    def _anew(self) -> None:
        left = self._amounts[self._begin :]
        self._sum = total(left)
        self._mass = self._most = total(map(abs, left))

    def _drop(self, at: int) -> None:
        times, begin, edge = self._times, self._begin, at - self._length
        if begin == len(times) or times[begin] > edge:
            return
        end = bisect_right(times, edge, begin)
        amounts = self._amounts
        for i in range(begin, end):
            amount = amounts[i]
            self._sum -= amount
            self._mass -= amount if amount > 0 else -amount
        if end == len(times):
            del times[:], amounts[:]
            end = 0
            self._sum = self._mass = self._most = 0.0
        elif end > FEW and end * 2 > len(times):
            del times[:end], amounts[:end]
            end = 0
        self._begin = end
        if self._mass < 1e-5 * self._most:
            self._anew()

    def read(self, at: int) -> float:
        self._drop(at)
        return self._sum * 2.0 ** ((self._landmark - at) * self._per) if self._per else self._sum

    def glance(self, at: int) -> tuple[float, int]:
        self._drop(at)
        if self._begin == len(self._times):
            return self._sum, FOREVER
        return (self.read(at), at) if self._per else (self._sum, self._times[self._begin] + self._length)

    def range(self, at: int, until: int) -> Range:
        now = self.read(at)
        if self._begin == len(self._times) or self._times[self._begin] > until - self._length:
            then = self._sum * 2.0 ** ((self._landmark - until) * self._per) if self._per else now
            return Range.between(min(now, then), max(now, then))
        left = 2.0 ** ((self._landmark - at) * self._per) if self._per else 1.0
        amounts = self._amounts[self._begin :]
        gains = total(amount for amount in amounts if amount > 0) * left
        losses = total(amount for amount in amounts if amount < 0) * left
        return _about(losses, gains)


def _about(low: float, high: float) -> Range:
    """A range with room for what rounding adds to its ends."""
    return Range.between(low - 1e-9 * abs(low), high + 1e-9 * abs(high))


class Faded(Basic):
    """The sum of amounts that fade or lose a part with every step, each kept until nothing is left of it."""

    __slots__ = ("_ageing", "_entries", "_length")
    told = ("_ageing", "_length")
    kept = ("_entries",)
    numeric = True
    present = True

    def __init__(self, ageing: Ageing, window: int | None) -> None:
        self._ageing = ageing
        ends = [end for end in (window, None if ageing.fade is None else ageing.fade.us) if end is not None]
        self._length = min(ends, default=None)
        self._entries: deque[tuple[int, float]] = deque()

    def take(self, part: int, time: int, value: Value) -> None:
        if isinstance(value, float):
            self._entries.append((time, value))

    def read(self, at: int) -> float:
        entries, factor = self._entries, self._ageing.factor
        if self._length is not None:
            while entries and entries[0][0] <= at - self._length:
                entries.popleft()
        return total(amount * factor(at - time) for time, amount in entries)

    def range(self, at: int, until: int) -> Range:
        factor = self._ageing.factor
        left = [amount * factor(at - time) for time, amount in self._entries]
        return _about(total(a for a in left if a < 0), total(a for a in left if a > 0))


class Aged(Basic):
    """The sum of amounts, with a half-life aged: in a calendar period, which starts anew each time."""

    __slots__ = ("_landmark", "_per", "_sum")
    told = ("_per",)
    kept = ("_landmark", "_sum")
    numeric = True
    present = True

    def __init__(self, half_life: int | None) -> None:
        self._per = 0.0 if half_life is None else 1.0 / half_life
        self._landmark: int | None = None
        self._sum = 0.0

    def take(self, part: int, time: int, value: Value) -> None:
        if not isinstance(value, float):
            return
        if not self._per:
            self._sum += value
            return
        if self._landmark is None:
            self._landmark = time
        age = (time - self._landmark) * self._per
        if age > FARTHEST:
            self._sum *= 2.0**-age
            self._landmark, age = time, 0.0
        self._sum += value * 2.0**age

    def read(self, at: int) -> float:
        if self._landmark is None:
            return self._sum
        return float(self._sum * 2.0 ** ((self._landmark - at) * self._per))

    def range(self, at: int, until: int) -> Range:
        now, then = self.read(at), self.read(until)
        return Range.between(min(now, then), max(now, then))

"""Values one event at a time: which there were, the largest and least, and in how many periods.

Lives here: cells that compare or tell apart what events carry.
Lives elsewhere: sums (sums), what depends on order (the kinds themselves, in signals).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from questscore.language import Value
from questscore.language.ranges import Range
from questscore.tracks.base import Basic
from questscore.tracks.state import FOREVER, Cell, Plain


class Seen(Basic):
    """The number of different values."""

    __slots__ = ("_seen",)
    kept = ("_seen",)
    numeric = True
    present = True

    def __init__(self) -> None:
        self._seen: set[Value] = set()

    def take(self, part: int, time: int, value: Value) -> None:
        if value is not None:
            self._seen.add(value)

    def read(self, at: int) -> float:
        return float(len(self._seen))

    def turns(self, at: int) -> int:
        return FOREVER

    def range(self, at: int, until: int) -> Range:
        return Range.exactly(self.read(at))


class Recent(Basic):
    """The number of different values of the last ``length`` microseconds, each with its last instant."""

    __slots__ = ("_last", "_length")
    told = ("_length",)
    kept = ("_last",)
    numeric = True
    present = True

    def __init__(self, length: int) -> None:
        self._length = length
        self._last: dict[Value, int] = {}

    def take(self, part: int, time: int, value: Value) -> float | None:
        if value is None:
            return None
        last = self._last
        last.pop(value, None)  # the latest stand last
        last[value] = time
        return len(last)

    def glance(self, at: int) -> tuple[float, int]:
        last, edge = self._last, at - self._length
        while last:
            value = next(iter(last))
            time = last[value]
            if time > edge:
                return float(len(last)), time + self._length
            del last[value]
        return 0.0, FOREVER

    def read(self, at: int) -> float:
        return self.glance(at)[0]

    def range(self, at: int, until: int) -> Range:
        now = self.read(at)
        left = sum(time > until - self._length for time in self._last.values())
        return Range.between(float(left), now)


class Turns(Basic):
    """The number of different periods; a clock may step back over midnight into the one before."""

    __slots__ = ("_before", "_count", "_index", "_last")
    told = ("_index",)
    kept = ("_before", "_count", "_last")
    numeric = True
    present = True

    def __init__(self, index: Callable[[int], int]) -> None:
        self._index = index
        self._count = 0
        self._last: int | None = None
        self._before: int | None = None

    def take(self, part: int, time: int, value: Value) -> None:
        index = self._index(time)
        if index in (self._last, self._before):
            return
        self._count += 1
        if self._last is None or index > self._last:
            self._before, self._last = self._last, index
        else:
            self._before = index

    def read(self, at: int) -> float:
        return float(self._count)

    def turns(self, at: int) -> int:
        return FOREVER

    def range(self, at: int, until: int) -> Range:
        return Range.exactly(self.read(at))


class Extreme(Basic):
    """The largest or least number, in a window of ``length`` microseconds or (None) ever."""

    __slots__ = ("_entries", "_length", "_sign")
    told = ("_length", "_sign")
    kept = ("_entries",)
    numeric = True

    def __init__(self, length: int | None, *, largest: bool) -> None:
        self._length = length
        self._sign = 1.0 if largest else -1.0
        self._entries: deque[tuple[int, float]] = deque()  # each smaller than the one before

    def take(self, part: int, time: int, value: Value) -> None:
        if not isinstance(value, float):
            return
        entries, value = self._entries, value * self._sign
        if self._length is None:
            if not entries or value > entries[0][1]:
                entries.clear()
                entries.append((time, value))
            return
        while entries and entries[-1][1] <= value:
            entries.pop()
        entries.append((time, value))

    def read(self, at: int) -> Value:
        entries = self._entries
        if self._length is not None:
            while entries and entries[0][0] <= at - self._length:
                entries.popleft()
        return entries[0][1] * self._sign if entries else None

    def turns(self, at: int) -> int:
        if self._length is None or not self._entries:
            return FOREVER
        return self._entries[0][0] + self._length

    def range(self, at: int, until: int) -> Range:
        now = self.read(at)
        stays = self._length is None or now is None or self._entries[0][0] > until - self._length
        return Range.exactly(now) if stays else Range.anything()


class Trait(Basic):
    """What an event said last, or first."""

    __slots__ = ("_last", "_value")
    told = ("_last",)
    kept = ("_value",)

    def __init__(self, *, last: bool) -> None:
        self._last = last
        self._value: Value = None

    def take(self, part: int, time: int, value: Value) -> None:
        if self._last or self._value is None:
            self._value = value

    def read(self, at: int) -> Value:
        return self._value

    def turns(self, at: int) -> int:
        return FOREVER

    def range(self, at: int, until: int) -> Range:
        return Range.exactly(self._value)


class PerPeriod(Basic):
    """A cell for each calendar period: what is read is that of the period that holds the instant."""

    __slots__ = ("_cells", "_index", "_make")
    told = ("_index", "_make")
    kept = ("_cells",)

    def __init__(self, make: Callable[[], Cell], index: Callable[[int], int]) -> None:
        self._make, self._index = make, index
        self._cells: dict[int, Cell] = {}

    def take(self, part: int, time: int, value: Value) -> None:
        index = self._index(time)
        if index not in self._cells:
            # a clock may step back over midnight into the period before, not further
            for old in [old for old in self._cells if old < index - 1]:
                del self._cells[old]
            self._cells[index] = self._make()
        self._cells[index].take(part, time, value)

    def _at(self, at: int) -> Cell:
        found = self._cells.get(self._index(at))
        return self._make() if found is None else found

    def read(self, at: int) -> Value:
        return self._at(at).read(at)

    def range(self, at: int, until: int) -> Range:
        now = self._at(at).range(at, until)
        if self._index(at) == self._index(until):
            return now
        found = now.union(self._make().range(until, until))
        for cell in self._cells.values():
            found = found.union(cell.range(at, until))
        return found

    def saved(self) -> Plain:
        return None  # a state is saved when what its windows hold is past

    def restore(self, saved: Plain) -> None:
        """Nothing: it starts anew."""

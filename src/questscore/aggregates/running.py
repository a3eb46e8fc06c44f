"""RunningSum, RunningLatest: numbers that move on from one reading to the next by what changed between.

Each row is touched when it comes into the window and when it leaves it, however many readings there are.

Lives here: the state, and moving it.
Lives elsewhere: which rows change what (deltas), how a single reading adds up (sums).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from attrs import evolve
from numpy.typing import NDArray

from questscore.aggregates.base import Selection
from questscore.aggregates.deltas import Cursor, Deltas, FirstOfPeriods, Merged, Source
from questscore.aggregates.plan import NEVER, Course, Floats, Indices, Integers, Mask, Numbers
from questscore.aggregates.saturate import DOWN, HUGE, scaled_up
from questscore.aggregates.sums import factors
from questscore.columns.log import EventLog
from questscore.model.award import Ageing


class Running:
    """State with an entry a unit that is moved from one instant to a later one, or begun anew.

    Args:
        selection: Which rows count at an instant.
        log: The log.
    """

    def __init__(self, selection: Selection, log: EventLog) -> None:
        self.selection, self.log = selection, log
        self._span: tuple[int, int] | None = None  # the rows that count
        self._moment = 0

    @property
    def size(self) -> int:
        """How many units there are."""
        return self.selection.unit.size

    def move(self, at: int, row: Callable[[int], int]) -> None:
        """Brings the state to a reading at an instant; ``row``: the first row at or after another one."""
        moment = self.selection.shift.moment(at)
        first, last = self.selection.bounds(at)
        low = row(first)
        high = max(low, row(last + 1))
        old, before = self._span, self._moment
        self._span, self._moment = (low, high), moment
        if old is None or moment < before or not (old[0] <= low <= old[1] <= high):
            self.begin(at)
        elif self.carry(at, before):
            self.enter(old[1], high)
            self.leave(old[0], low)
            if self.sound:
                return
            self.begin(at)
        else:
            self.begin(at)
        self.fill(low, high)

    @property
    def sound(self) -> bool:
        """False when what was taken out again could show in what is left: it must begin anew."""
        return True

    def begin(self, at: int) -> None:
        """Empties the state."""
        raise NotImplementedError

    def carry(self, at: int, before: int) -> bool:
        """Moves the state on from the moment ``before``; False when it must begin anew."""
        return True

    def fill(self, low: int, high: int) -> None:
        """Takes in the rows in [low, high) when there are none yet."""
        self.enter(low, high)

    def enter(self, low: int, high: int) -> None:
        """Takes in the rows in [low, high)."""
        raise NotImplementedError

    def leave(self, low: int, high: int) -> None:
        """Takes out the rows in [low, high)."""


class _Mass:
    """How much is in a sum from which terms are taken out again, so that rounding is noticed.

    A sum of no terms is exactly 0. Where little is left of much, what rounding lost of the much could
    show in the little: then the sum must be made anew.
    """

    def __init__(self, size: int) -> None:
        self._terms = np.zeros(size)
        self._now, self._most = np.zeros(size), np.zeros(size)
        self.sound = True

    def age(self, left: float) -> None:
        self._now *= left
        self._most *= left

    def forget(self, units: Mask) -> None:
        for state in (self._terms, self._now, self._most):
            state[units] = 0.0

    def add(self, unit: NDArray[np.signedinteger], amounts: Floats) -> None:
        np.add.at(self._terms, unit, 1.0)
        np.add.at(self._now, unit, amounts)
        self._most[unit] = np.maximum(self._most[unit], self._now[unit])

    def remove(self, unit: NDArray[np.signedinteger], amounts: Floats) -> Indices:
        """Takes terms out; the units that have none left."""
        np.add.at(self._terms, unit, -1.0)
        np.add.at(self._now, unit, -amounts)
        empty: Indices = unit[self._terms[unit] == 0].astype(np.intp)
        self._now[empty] = self._most[empty] = 0.0
        self.sound &= not bool(np.any(self._now[unit] < 1e-5 * self._most[unit]))
        return empty


class Weighted:
    """A source, and what each of its amounts is multiplied by."""

    def __init__(self, source: Source | FirstOfPeriods | Merged, weight: float = 1.0) -> None:
        self.source, self.weight = source, weight

    @cached_property
    def entering(self) -> tuple[Deltas, Cursor]:
        """What comes, and where the reader stands in it."""
        return self.source.entering, Cursor(self.source.entering.rows)

    @cached_property
    def leaving(self) -> tuple[Deltas, Cursor]:
        """What goes, and where the reader stands in it."""
        return self.source.entering, Cursor(self.source.entering.rows)


class RunningSum(Running):
    """A sum of what sources give for the rows that count, each aged.

    Args:
        selection, log: As for `Running`.
        parts: What is added up.
        ageing: How it ages; the window is the selection's.
        resets: At an instant, the last reset of each unit: rows at or before it are left out.
    """

    def __init__(
        self,
        selection: Selection,
        log: EventLog,
        parts: Sequence[Weighted],
        ageing: Ageing | None = None,
        resets: Callable[[int], Integers | None] | None = None,
    ) -> None:
        super().__init__(selection, log)
        self._parts, self._ageing, self._resets = parts, Ageing() if ageing is None else ageing, resets
        self._sum, self._grains = np.zeros(0), np.zeros(0, dtype=np.int64)
        self._huge: Floats | None = None  # terms that could overflow when added up, scaled down
        self._mass: _Mass | None = None
        self._voided: Integers | None = None

    @property
    def sound(self) -> bool:
        return self._mass is None or self._mass.sound

    @cached_property
    def _counts(self) -> bool:
        """Whether all terms are whole numbers of a moderate size, so that adding them loses nothing."""
        return self._ageing.plain and all(
            part.entering[0].amount is None and part.weight.is_integer() and abs(part.weight) < 2**20
            for part in self._parts
        )

    @cached_property
    def _grain(self) -> float | None:
        """What whole numbers of the sum stand for, where terms are counted in grains.

        A power of two that is small beside 1 and beside the least of the terms: rounding them to it is too
        little to show, and what was added is taken out again without a trace.
        """
        terms = [part.entering[0] for part in self._parts]
        if self.selection.window is None or self._counts or not self._ageing.plain or len(terms) != 1:
            return None
        if terms[0].amount is None or not len(terms[0].rows):
            return None
        every = slice(0, len(terms[0].rows))
        sizes = np.abs(terms[0].amount(every) * self._parts[0].weight)
        most = float(np.bincount(terms[0].unit(every), weights=sizes).max())
        least = float(np.min(sizes, where=sizes > 0, initial=1.0))
        grain = 2.0 ** (math.frexp(max(min(most, HUGE), 1.0))[1] - 62)
        return grain if grain <= 2.0**-40 and grain <= 2.0**-32 * least else None

    def begin(self, at: int) -> None:
        self._sum, self._grains = (
            np.zeros(self.size),
            np.zeros(0 if self._grain is None else self.size, np.int64),
        )
        self._huge = None
        lossless = self.selection.window is None or self._counts or self._grain is not None
        self._mass = None if lossless else _Mass(self.size)
        self._voided = None if self._resets is None else self._resets(at)

    def carry(self, at: int, before: int) -> bool:
        if self._huge is not None or self._ageing.fade is not None or self._ageing.steps is not None:
            return False
        if self._ageing.half_life is not None:
            left = 2.0 ** ((before - self._moment) / self._ageing.half_life.us)
            self._sum *= left
            if self._mass is not None:
                self._mass.age(left)
        if self._resets is not None and self._voided is not None:
            voided = self._resets(at)
            again = np.asarray(voided != self._voided)
            self._sum[again] = 0.0
            if self._grain is not None:
                self._grains[again] = 0
            if self._mass is not None:
                self._mass.forget(again)
            self._voided = voided
        return True

    def enter(self, low: int, high: int) -> None:
        for part in self._parts:
            unit, values = self._terms(*part.entering, low, high, part.weight)
            if self._grain is not None:
                np.add.at(self._grains, unit, self._whole(values))
                continue
            if isinstance(values, np.ndarray) and (
                self._huge is not None or np.abs(values).max(initial=0.0) > HUGE
            ):
                unit, values = self._set_apart(unit, values)
            np.add.at(self._sum, unit, values)
            if self._mass is not None:
                self._mass.add(unit, np.broadcast_to(np.abs(values), len(unit)))

    def leave(self, low: int, high: int) -> None:
        for part in self._parts if low < high else ():
            unit, values = self._terms(*part.leaving, low, high, part.weight)
            if self._grain is not None:
                np.subtract.at(self._grains, unit, self._whole(values))
                continue
            np.add.at(self._sum, unit, -values)
            if self._mass is not None:
                taken = np.broadcast_to(np.abs(values), len(unit))
                self._sum[self._mass.remove(unit, taken)] = 0.0

    def _whole(self, values: Floats | float) -> Integers:
        assert self._grain is not None  # noqa: S101
        return np.rint(np.divide(values, self._grain)).astype(np.int64)

    def _terms(
        self, deltas: Deltas, cursor: Cursor, low: int, high: int, weight: float
    ) -> tuple[Indices, Floats | float]:
        part = cursor.over(low, high)
        unit = deltas.unit(part)
        values: Floats | float = weight
        if deltas.amount is not None:
            values = deltas.amount(part) if weight == 1.0 else deltas.amount(part) * weight
        if self._ageing.plain and self._voided is None:
            return unit, values
        time = self.log.time[deltas.rows[part]]
        if not self._ageing.plain:
            values = factors(self._ageing, self._moment - time) * values
        if self._voided is not None:
            stands = time > self._voided[unit]
            unit, values = unit[stands], values[stands] if isinstance(values, np.ndarray) else values
        return unit, values

    def _set_apart(self, unit: Indices, values: Floats) -> tuple[Indices, Floats]:
        """Takes terms that could overflow into a sum of their own; the others are left to add."""
        large = np.abs(values) > HUGE
        if self._huge is None:
            self._huge = np.zeros(len(self._sum))
        np.add.at(self._huge, unit[large], values[large] * DOWN)
        return unit[~large], values[~large]

    def read(self) -> Floats:
        """(size,) the sums; of no rows, 0. A later move may change them."""
        if self._grain is not None:
            return np.multiply(self._grains, self._grain)
        if self._huge is None:
            return self._sum
        return np.where(self._huge == 0, self._sum, scaled_up(self._huge + self._sum * DOWN))


class RunningEdge(Running):
    """When the last row of a source was.

    Args:
        selection, log: As for `Running`.
        source: The rows.
    """

    def __init__(self, selection: Selection, log: EventLog, source: Source) -> None:
        super().__init__(selection, log)
        self._source = source
        self._time = np.zeros(0, dtype=np.int64)

    @cached_property
    def _cursor(self) -> Cursor:
        return Cursor(self._source.rows)

    def begin(self, at: int) -> None:
        self._time = np.full(self.size, NEVER)

    def enter(self, low: int, high: int) -> None:
        part = self._cursor.over(low, high)
        # rows ascend in time, and the last assignment stands
        self._time[self._source.unit(part)] = self.log.time.take(self._source.rows[part])

    def read(self) -> Integers:
        """(size,) instants, or `NEVER`. A later move may change them."""
        return self._time


class RunningLatest(Running):
    """The numbers of each unit as of the last rows that gave it any.

    Args:
        selection, log: As for `Running`; the window is left out.
        courses: Which rows give which numbers, asked once.
    """

    def __init__(self, selection: Selection, log: EventLog, courses: Callable[[], Sequence[Course]]) -> None:
        super().__init__(evolve(selection, window=None), log)
        self._find = courses
        self._states: list[tuple[Course, Cursor, Numbers]] = []

    @cached_property
    def _courses(self) -> list[Course]:
        return [course.by_row() for course in self._find()]

    def begin(self, at: int) -> None:
        size = self.size
        self._states = [(course, Cursor(course.rows), course.start(size)) for course in self._courses]

    def enter(self, low: int, high: int) -> None:
        for course, cursor, state in self._states:
            part = cursor.over(low, high)
            state[course.unit[part]] = course.values[part]  # the last assignment stands

    def read(self) -> Sequence[Numbers]:
        """(size,) numbers of each course. A later move may change them."""
        return [state for _, _, state in self._states]

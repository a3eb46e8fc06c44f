"""Page: what the walk of a history finds at some instants, as arrays.

Lives here: the rows of a stretch of instants, filled one after another, also under different models.
Lives elsewhere: the walk over instants (history), result tables (results).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.aggregates.plan import Floats, Indices, Integers
from questscore.columns.vector import Vector
from questscore.engine.levels import Codes
from questscore.engine.scoring import Scores
from questscore.model.result import Transition

Values = NDArray[np.float64] | NDArray[np.object_]


@frozen(eq=False)
class Stretch:
    """What a walk found at some instants of a grid, one after another; k instants, n subjects.

    Args:
        times: (k,) the instants.
        names: n subjects, sorted.
        scores: (k, n), NaN where unknown or before the first event.
        order: The names of the levels.
        levels: (k, n) places in ``order``, -1 for none.
        tell: Makes the changes of level after the stretch before, by time and subject.
        born: (n,) the first instant of the grid at which each is scored.
        signals: By name, (k, n) numbers, NaN where missing; or, where texts occur, objects with None.
        points: By rule, (k, n), bounds applied; NaN where unknown. Empty unless they were asked for.
    """

    times: Integers
    names: Sequence[str]
    scores: Floats
    order: tuple[str, ...]
    levels: Codes
    tell: Callable[[], list[Transition]]
    born: Integers
    signals: Mapping[str, Values]
    points: Mapping[str, Floats]


@frozen(eq=False)
class Frame:
    """What the pages of one history share.

    Args:
        units: The units of its n subjects, by name.
        names, born, order: As of a `Stretch`.
        signals, points: The names of those asked for.
    """

    units: Indices
    names: Sequence[str]
    born: Integers
    order: tuple[str, ...]
    signals: Sequence[str]
    points: Sequence[str]


class Page:
    """Rows that are being filled, in order.

    Args:
        frame: Their columns.
        times: Their instants.
    """

    def __init__(self, frame: Frame, times: Sequence[int]) -> None:
        self._frame, self._times, self._row = frame, times, 0
        self._units: Indices | slice = frame.units
        shape = (len(times), len(frame.units))
        self._scores = np.empty(shape)
        self._levels: Codes = np.empty(shape, np.int8 if len(frame.order) < 127 else np.int64)
        self._signals: dict[str, Values] = {name: np.empty(shape) for name in frame.signals}
        self._points = {name: np.empty(shape) for name in frame.points}

    def turn(self, born: Integers, levels: Sequence[str]) -> None:
        """From here on a model is read of which each unit has seen something since ``born``.

        Args:
            born: (size,) of each unit.
            levels: The names of its levels, by code.
        """
        frame = self._frame
        everyone = np.array_equal(frame.units, np.arange(len(born)))
        self._units = slice(None) if everyone else frame.units
        self._born = born[frame.units]
        self._unborn = np.arange(len(frame.units))  # those who have seen nothing by the last row
        self._codes: Codes | None = None
        if tuple(levels) != frame.order[: len(levels)]:
            place = {name: code for code, name in enumerate(frame.order)}
            self._codes = np.array([*(place.get(name, -1) for name in levels), -1], self._levels.dtype)

    @property
    def due(self) -> int:
        """The instant of the next row."""
        return self._times[self._row]

    @property
    def full(self) -> bool:
        """Whether every row is filled."""
        return self._row == len(self._times)

    def write(self, found: Scores, level: Codes) -> None:
        """Fills the next row; where a subject had no event by then, with nothing."""
        row, units = self._row, self._units
        unborn = self._unborn = self._unborn[self._born[self._unborn] > self._times[row]]
        self._scores[row] = found.value[units]
        self._scores[row, unborn] = np.nan
        self._levels[row] = level[units] if self._codes is None else self._codes[level[units]]
        self._levels[row, unborn] = -1
        for name, column in self._points.items():
            if name in found.points:
                np.add(found.points[name][units], 0.0, out=column[row])  # nothing is 0.0, never -0.0
                column[row, unborn] = np.nan
            else:
                column[row] = np.nan
        for name in self._signals:
            self._write_signal(name, row, found, unborn)
        self._row += 1

    def _write_signal(self, name: str, row: int, found: Scores, unborn: Indices) -> None:
        values, vector = self._signals[name], found.signals.get(name)
        if vector is not None and vector.text is not None and values.dtype != object:
            values[row:] = np.nan
            values = self._signals[name] = objects(values)
        if vector is None:
            values[row] = np.nan if values.dtype != object else None
        elif values.dtype != object:
            values[row] = vector.num if isinstance(vector.num, float) else vector.num[self._units]
            values[row, unborn] = np.nan
        else:
            values[row] = _spelt(vector, len(found.value))[self._units]
            values[row, unborn] = None

    def stretch(self, tell: Callable[[], list[Transition]]) -> Stretch:
        """What was filled in."""
        frame, times = self._frame, np.array(self._times, dtype=np.int64)
        return Stretch(
            times,
            frame.names,
            self._scores,
            frame.order,
            self._levels,
            tell,
            frame.born,
            self._signals,
            self._points,
        )


def objects(values: Values) -> NDArray[np.object_]:
    """The numbers as objects, NaN as None."""
    found = values.astype(object)
    found[np.isnan(values.astype(np.float64))] = None
    return found


def _spelt(vector: Vector, size: int) -> NDArray[np.object_]:
    found = objects(np.broadcast_to(vector.num, size))
    if vector.text is not None:
        code = np.broadcast_to(vector.text, size)
        said = np.flatnonzero(code >= 0)
        found[said] = np.array([*vector.texts, None], dtype=object)[code[said]]
    return found

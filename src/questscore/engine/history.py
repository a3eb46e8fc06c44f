"""History: scores, levels and changes of level on a grid of instants.

Lives here: the grid, and one walk over it that serves the model's own evaluation instants too.
Lives elsewhere: reading at an instant (timeline), result tables (results).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.aggregates.plan import Floats, Integers
from questscore.columns.log import settle
from questscore.columns.table import EventTable
from questscore.columns.vector import Vector
from questscore.engine.levels import Codes, kind
from questscore.engine.scoring import Scores
from questscore.engine.timeline import Moves, Standing, Timeline, told
from questscore.model.plugin import RAISING, Faults
from questscore.model.result import Transition
from questscore.model.score_model import ScoreModel
from questscore.model.time import Duration, Period, Span
from questscore.reference import Walk

Values = NDArray[np.float64] | NDArray[np.object_]


@frozen(eq=False)
class Stretch:
    """What a walk found at some instants of a grid, one after another; k instants, n subjects.

    Args:
        times: (k,) the instants.
        names: n subjects, sorted.
        scores: (k, n), NaN where unknown or before the first event.
        levels: (k, n) codes of the model's levels in their order, -1 for none.
        tell: Makes the model's own changes of level after the stretch before, by time and subject.
        born: (n,) the first event of each.
        signals: By name, (k, n) numbers, NaN where missing; or, where texts occur, objects with None.
        points: By rule, (k, n), bounds applied; NaN where unknown. Empty unless they were asked for.
    """

    times: Integers
    names: Sequence[str]
    scores: Floats
    levels: Codes
    tell: Callable[[], list[Transition]]
    born: Integers
    signals: Mapping[str, Values]
    points: Mapping[str, Floats]


def grid(model: ScoreModel, every: Span, start: int, end: int) -> list[int]:
    """The first instant of each period in (start, end], or start + a multiple of a duration; then ``end``."""
    if isinstance(every.length, Duration):
        found = list(range(start + every.length.us, end + 1, every.length.us))
    else:
        found = model.calendar.instants(every.length, start, end)
    return found if found and found[-1] == end else [*found, end]


def walked(
    model: ScoreModel,
    table: EventTable,
    instants: Sequence[int],
    *,
    signals: Sequence[str] = (),
    points: bool = False,
    size: int | None = None,
    faults: Faults = RAISING,
) -> Iterator[Stretch]:
    """Scores and levels at ascending instants, and all changes of level up to the last.

    Args:
        model, table: What is read, and of which events.
        instants: At least one.
        signals: Which signals are wanted too.
        points: Whether the points of each rule are.
        size: How many instants a stretch has at most; None: one stretch of all.
        faults: What becomes of a plugin's failure.
    """
    end, size = instants[-1], len(instants) if size is None else size
    timeline = Timeline(model, settle(table, model.subject, end), apart=points, faults=faults)
    looked = timeline.evaluations(end) if len(model.levels) else []
    replay = None if isinstance(model.evaluate, Period) or not len(model.levels) else Replay(timeline, end)
    standing, done, before = Standing(timeline), 0, _EVER
    for start in range(0, len(instants), size):
        wanted = instants[start : start + size]
        due = looked[done : bisect_right(looked, wanted[-1])]
        done += len(due)
        sheet, moves, row = _Sheet(timeline, wanted, signals, points), list[Moves](), 0
        marks = set(due)
        for at in sorted(marks.union(wanted)):
            found = timeline.read(at)
            if at in marks:
                moves.append(standing.look(at, found))
            if at == wanted[row]:
                sheet.write(row, found, standing.level if model.levels.sticky else found.level)
                row = min(row + 1, len(wanted) - 1)
        if replay is None:
            yield sheet.stretch(partial(told, timeline, moves, standing))
        else:
            if model.levels.sticky:
                sheet.levels = replay.levels(sheet.times)
            yield sheet.stretch(partial(replay.between, before, wanted[-1]))
        before = wanted[-1]


_EVER = -(2**62)


class _Sheet:
    """A stretch that is being filled."""

    def __init__(
        self, timeline: Timeline, times: Sequence[int], signals: Sequence[str], points: bool
    ) -> None:
        model, (units, self._names) = timeline.model, timeline.present
        self.times = np.array(times, dtype=np.int64)
        everyone = np.array_equal(units, np.arange(timeline.log.subject.size))
        self._units = slice(None) if everyone else units
        self._born = timeline.born[units]
        self._unborn = np.arange(len(units))  # those without an event by the last instant written
        self._shape = (len(times), len(units))
        self._scores = np.empty(self._shape)
        self.levels: Codes = np.empty(self._shape, kind(model.levels))
        self._signals: dict[str, Values] = {name: np.empty(self._shape) for name in signals}
        self._points = {rule.name: np.empty(self._shape) for rule in model.rules if points}

    def write(self, row: int, found: Scores, level: Codes) -> None:
        """Fills the row of an instant; where a subject had no event by then, with nothing."""
        unborn = self._unborn = self._unborn[self._born[self._unborn] > self.times[row]]
        units = self._units
        self._scores[row] = found.value[units]
        self._scores[row, unborn] = np.nan
        self.levels[row] = level[units]
        self.levels[row, unborn] = -1
        for name, column in self._points.items():
            np.add(found.points[name][units], 0.0, out=column[row])  # nothing is 0.0, never -0.0
            column[row, unborn] = np.nan
        for name, values in self._signals.items():
            vector = found.signals[name]
            if vector.text is not None and values.dtype != object:
                values = self._signals[name] = objects(values)
            if values.dtype != object:
                values[row] = vector.num if isinstance(vector.num, float) else vector.num[units]
                values[row, unborn] = np.nan
            else:
                values[row] = _spelt(vector, len(found.value))[units]
                values[row, unborn] = None

    def stretch(self, tell: Callable[[], list[Transition]]) -> Stretch:
        """What was filled in."""
        return Stretch(
            self.times, self._names, self._scores, self.levels, tell, self._born, self._signals, self._points
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


class Replay:
    """Changes of level where they are looked for continuously: each subject's, replayed."""

    def __init__(self, timeline: Timeline, end: int) -> None:
        model = timeline.model
        units, names = timeline.present
        own = timeline.subjects()
        self._order, self._below = model.levels.order, model.levels.below
        self._kind = kind(model.levels)
        self._born = timeline.born[units]
        self._walks = [
            Walk(own[unit], name, end).found for unit, name in zip(units.tolist(), names, strict=True)
        ]

    def levels(self, times: Integers) -> Codes:
        """(k, n) the levels that were left at instants, -1 before a subject's first event."""
        held = np.empty((len(times), len(self._walks)), dtype=self._kind)
        for column, changes in enumerate(self._walks):
            names = [self._below, *(change.after for change in changes)]
            codes = np.array([-1 if name is None else self._order.index(name) for name in names])
            places = np.searchsorted([change.time for change in changes], times, side="right")
            held[:, column] = np.where(times >= self._born[column], codes[places], -1)
        return held

    def between(self, after: int, until: int) -> list[Transition]:
        """The changes in (after, until], by time and subject."""
        found = [change for changes in self._walks for change in changes if after < change.time <= until]
        return sorted(found, key=lambda change: (change.time, change.subject))

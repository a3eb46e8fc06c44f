"""History: scores, levels and changes of level on a grid of instants.

Lives here: the grid, and one walk over it that serves the model's own evaluation instants too.
Lives elsewhere: reading at an instant (timeline), result tables (results).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.columns.log import settle
from questscore.columns.table import EventTable
from questscore.engine.replay import subjects
from questscore.engine.timeline import Moves, Standing, Timeline, told
from questscore.model.result import Transition
from questscore.model.score_model import ScoreModel
from questscore.model.time import Duration, Period, Span
from questscore.reference import Walk


@frozen(eq=False)
class Gone:
    """What a walk over a grid found; k instants, n subjects.

    Args:
        names: n subjects, sorted.
        scores: (k, n), NaN where unknown or before the first event.
        levels: (k, n) codes of the model's levels in their order, -1 for none.
        tell: Makes the model's own changes of level, by time and subject.
        born: (n,) the first event of each.
    """

    names: Sequence[str]
    scores: NDArray[np.float64]
    levels: NDArray[np.int8] | NDArray[np.int64]
    tell: Callable[[], list[Transition]]
    born: NDArray[np.int64]


def grid(model: ScoreModel, every: Span, start: int, end: int) -> list[int]:
    """The first instant of each period in (start, end], or start + a multiple of a duration; then ``end``."""
    if isinstance(every.length, Duration):
        found = list(range(start + every.length.us, end + 1, every.length.us))
    else:
        found = model.calendar.instants(every.length, start, end)
    return found if found and found[-1] == end else [*found, end]


def walked(model: ScoreModel, table: EventTable, instants: Sequence[int]) -> Gone:
    """Scores and levels at ascending instants, and all changes of level up to the last."""
    end = instants[-1]
    timeline = Timeline(model, settle(table, model.subject, end))
    units, names = timeline.present
    scores = np.empty((len(instants), len(units)))
    levels = np.empty((len(instants), len(units)), dtype=np.int8 if len(model.levels) < 127 else np.int64)
    born = timeline.born[units]
    looked = set(timeline.evaluations(end)) if len(model.levels) else set()
    standing, moves = Standing(timeline), list[Moves]()
    row_of = {at: row for row, at in enumerate(instants)}
    for at in sorted(looked.union(instants)):
        found = timeline.read(at)
        if at in looked:
            moves.append(standing.look(at, found))
        if at in row_of:
            code = standing.level if model.levels.sticky and looked else found.level
            row, unborn = row_of[at], np.flatnonzero(born > at)
            scores[row], levels[row] = found.value[units], code[units]
            scores[row, unborn], levels[row, unborn] = np.nan, -1
    if len(model.levels) and not isinstance(model.evaluate, Period):
        changes = _continuous(timeline, end, instants, levels, names)
        return Gone(names, scores, levels, lambda: changes, born)
    return Gone(names, scores, levels, lambda: told(timeline, moves), born)


def _continuous(
    timeline: Timeline,
    end: int,
    instants: Sequence[int],
    levels: NDArray[np.int8] | NDArray[np.int64],
    names: Sequence[str],
) -> list[Transition]:
    """The changes of level found by replaying each subject; sticky levels are filled in from them."""
    model, log = timeline.model, timeline.log
    column = {name: i for i, name in enumerate(names)}
    order = model.levels.order
    changes = []
    times = np.array(instants)
    for unit, own in enumerate(subjects(log, log.subject, model, of_account=False)):
        name = log.names[unit]
        if name not in column:
            continue
        walk = Walk(own, name, end)
        changes += walk.found
        if model.levels.sticky:
            codes = [order.index(model.levels.below)]
            codes += [-1 if c.after is None else order.index(c.after) for c in walk.found]
            held = np.array(codes)[np.searchsorted([c.time for c in walk.found], times, side="right")]
            levels[:, column[name]] = np.where(times >= timeline.born[unit], held, -1)
    return sorted(changes, key=lambda change: (change.time, change.subject))

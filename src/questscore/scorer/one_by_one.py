"""One by one: the history of subjects of which each is followed by itself.

Lives here: one pass over a subject's events for all instants, where old events are folded, or where a plugin
must be followed event by event.
Lives elsewhere: the same over columns (engine), one instant (readings), changes of level (engine).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from questscore.engine.history import level_order
from questscore.engine.layout import LAST
from questscore.engine.moves import in_time
from questscore.engine.page import Values
from questscore.engine.tracker import in_order
from questscore.model.result import Score, Transition
from questscore.model.score_model import ScoreModel
from questscore.results.history import History
from questscore.scorer.course import Course
from questscore.scorer.serving import Serving
from questscore.scorer.tables import number
from questscore.tracks.state import NEVER


def one_by_one(course: Course, instants: Sequence[int], signals: Sequence[str], points: bool) -> History:
    """The history of all subjects at ascending instants.

    Args:
        course: The models in service.
        instants: At least one.
        signals: Which signals are wanted too.
        points: Whether the points of each rule are.
    """
    names, spans, last = sorted(course.names()), _spans(course, instants), instants[-1]
    models = [serving.model for serving, _ in spans]
    order = level_order(models, [one.model for one in course.servings if one.start <= last])
    rules = dict.fromkeys(rule.name for model in models for rule in model.rules if points)
    sheet, changes = _Sheet(instants, names, order, signals, tuple(rules)), list[Transition]()
    for column, subject in enumerate(names):
        moves, base = _moves(course, subject, last)
        times = [move.time for move in moves]
        changes += moves
        for serving, rows in spans:
            sticky = serving.model.levels.sticky
            for row, score in _read(serving, subject, instants, rows):
                level = score.level
                if sticky:
                    place = bisect_right(times, instants[row])
                    level = moves[place - 1].after if place else base
                sheet.write(row, column, score, level)
    return sheet.history(models[-1], in_time(changes))


class _Sheet:
    """The cells of a history, that are filled in any order; those of subjects not seen yet stay empty."""

    def __init__(
        self,
        instants: Sequence[int],
        names: Sequence[str],
        order: tuple[str, ...],
        signals: Sequence[str],
        rules: Sequence[str],
    ) -> None:
        self._times, self._names, self._order = np.array(instants, dtype=np.int64), names, order
        self._code: dict[str | None, int] = {name: i for i, name in enumerate(order)} | {None: -1}
        shape = (len(instants), len(names))
        self._scores, self._codes = np.full(shape, np.nan), np.full(shape, -1, dtype=np.int64)
        self._known = np.zeros(shape, dtype=np.bool_)
        self._signals = {name: np.full(shape, None, dtype=object) for name in signals}
        self._points = {name: np.full(shape, np.nan) for name in rules}

    def write(self, row: int, column: int, score: Score, level: str | None) -> None:
        """Fills a cell."""
        self._known[row, column] = True
        self._scores[row, column] = number(score.value)
        self._codes[row, column] = self._code[level]
        for name, values in self._signals.items():
            values[row, column] = score.signals.get(name)
        for name, points in self._points.items():
            points[row, column] = number(score.points.get(name))

    def history(self, model: ScoreModel, changes: Sequence[Transition]) -> History:
        """What was filled in, of those who are scored at all."""
        seen = np.flatnonzero(self._known.any(axis=0))
        return History(
            model.name,
            model.version,
            self._times,
            [self._names[i] for i in seen.tolist()],
            self._scores[:, seen],
            self._order,
            self._codes[:, seen],
            lambda: changes,
            self._times[self._known[:, seen].argmax(axis=0)],
            {name: _plain(values[:, seen]) for name, values in self._signals.items()},
            {name: points[:, seen] for name, points in self._points.items()},
        )


def blocks(whole: History, size: int | None) -> Iterator[History]:
    """A history, so many instants at a time; None: as it is."""
    if size is None:
        yield whole
        return
    before = NEVER
    for start in range(0, len(whole), size):
        rows = slice(start, start + size)
        times = whole.times[rows]
        own = [change for change in whole.transitions if before < change.time <= times[-1]]
        yield whole.part(rows, own)
        before = int(times[-1])


def _spans(course: Course, instants: Sequence[int]) -> list[tuple[Serving, range]]:
    """The places of the instants at which each model is in service."""
    ends = [bisect_left(instants, serving.start) for serving in course.servings[1:]]
    return [
        (serving, range(start, end))
        for serving, start, end in zip(course.servings, [0, *ends], [*ends, len(instants)], strict=True)
        if start < end
    ]


def _moves(course: Course, subject: str, last: int) -> tuple[list[Transition], str | None]:
    """A subject's changes of level up to an instant, and where it stood before them."""
    route = course.moves.route
    begin = route.begin(subject) if route.changes else None
    if begin is None:
        return [], None
    return route.walk(subject, begin).to(last), begin.level


def _read(
    serving: Serving, subject: str, instants: Sequence[int], rows: range
) -> Iterator[tuple[int, Score]]:
    """The scores at instants of a model's time, from the first at which it knows the subject."""
    first, last = instants[rows[0]], instants[rows[-1]]
    if not serving.knows(subject, last):
        return
    tracker, state = serving.tracker, serving.states.until(subject, first)
    events, taken = in_order(serving.folds.events(subject, first, last)), 0
    for row in rows:
        at = instants[row]
        while taken < len(events) and events[taken].time <= at:
            tracker.take(state, events[taken])
            taken += 1
        if state.moments[LAST] == NEVER:
            continue
        own = serving.folds.defined(subject, at) if state.huge else None
        yield row, tracker.read(state, at, subject) if own is None else own.score(subject, at)


def _plain(values: NDArray[np.object_]) -> Values:
    """Numbers as numbers, where no text occurs."""
    if any(isinstance(value, str) for value in values.ravel().tolist()):
        return values
    return values.astype(np.float64)

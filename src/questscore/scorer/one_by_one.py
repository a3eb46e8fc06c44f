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
from questscore.results.history import History
from questscore.scorer.course import Course
from questscore.scorer.serving import Serving
from questscore.scorer.tables import number
from questscore.tracks.state import NEVER


def one_by_one(
    course: Course,
    instants: Sequence[int],
    signals: Sequence[str],
    points: bool,
) -> History:
    """The history of all subjects at ascending instants.

    Args:
        course: The models in service.
        instants: At least one.
        signals: Which signals are wanted too.
        points: Whether the points of each rule are.
    """
    names, last = sorted(course.names()), instants[-1]
    shape = (len(instants), len(names))
    spans = _spans(course, instants)
    models = [serving.model for serving, _ in spans]
    order = level_order(models, [one.model for one in course.servings if one.start <= last])
    code: dict[str | None, int] = {name: i for i, name in enumerate(order)} | {None: -1}
    scores, codes = np.full(shape, np.nan), np.full(shape, -1, dtype=np.int64)
    found: dict[str, NDArray[np.object_]] = {name: np.full(shape, None, dtype=object) for name in signals}
    rules = dict.fromkeys(rule.name for model in models for rule in model.rules if points)
    paid = {name: np.full(shape, np.nan) for name in rules}
    born, changes = np.full(len(names), NEVER), list[Transition]()
    for column, subject in enumerate(names):
        moves, base = _moves(course, subject, last)
        changes += moves
        times = [move.time for move in moves]
        for serving, rows in spans:
            sticky = serving.model.levels.sticky
            for row, score in _read(serving, subject, instants, rows):
                if born[column] == NEVER:
                    born[column] = instants[row]
                scores[row, column], level = number(score.value), score.level
                if sticky:
                    place = bisect_right(times, instants[row])
                    level = moves[place - 1].after if place else base
                codes[row, column] = code[level]
                for name, values in found.items():
                    values[row, column] = score.signals.get(name)
                for name, numbers in paid.items():
                    numbers[row, column] = number(score.points.get(name))
    seen = np.flatnonzero(born != NEVER)
    told, model = in_time(changes), course.at(last).model
    return History(
        model.name,
        model.version,
        np.array(instants, dtype=np.int64),
        [names[i] for i in seen.tolist()],
        scores[:, seen],
        order,
        codes[:, seen],
        lambda: told,
        born[seen],
        {name: _plain(values[:, seen]) for name, values in found.items()},
        {name: numbers[:, seen] for name, numbers in paid.items()},
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

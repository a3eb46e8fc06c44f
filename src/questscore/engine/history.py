"""History: scores, levels and changes of level on a grid of instants.

Lives here: the grid, and one walk over it, through every model in service, that serves the models' own
evaluation instants too.
Lives elsewhere: reading at an instant and levels left at one (timeline), the arrays (page), result tables
(results).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from questscore.aggregates.plan import Integers
from questscore.columns.log import EventLog, settle
from questscore.columns.table import EventTable
from questscore.engine.apart import walks
from questscore.engine.page import Frame, Page, Stretch
from questscore.engine.tenure import Tenure, tenures
from questscore.engine.timeline import (
    UNBORN,
    Moves,
    Part,
    Standing,
    Timeline,
    base,
    begin,
    by_name,
    first_seen,
    told,
)
from questscore.model.plugin import RAISING, Faults
from questscore.model.publication import Service
from questscore.model.result import Transition
from questscore.model.score_model import ScoreModel
from questscore.model.time import Duration, Span


def grid(model: ScoreModel, every: Span, start: int, end: int) -> list[int]:
    """The first instant of each period in (start, end], or start + a multiple of a duration; then ``end``."""
    if isinstance(every.length, Duration):
        found = list(range(start + every.length.us, end + 1, every.length.us))
    else:
        found = model.calendar.instants(every.length, start, end)
    return found if found and found[-1] == end else [*found, end]


def walked(
    services: Sequence[Service],
    table: EventTable,
    instants: Sequence[int],
    *,
    signals: Sequence[str] = (),
    points: bool = False,
    size: int | None = None,
    faults: Faults = RAISING,
    changes: Sequence[Transition] | None = None,
) -> Iterator[Stretch]:
    """Scores and levels at ascending instants, and all changes of level up to the last.

    Args:
        services: The models in service, one after the other.
        table: Of which events.
        instants: At least one.
        signals: Which signals are wanted too.
        points: Whether the points of each rule are.
        size: How many instants a stretch has at most; None: one stretch of all.
        faults: What becomes of a plugin's failure.
        changes: All changes of level, by time; None where there is one model, or all look by period.
    """
    size = len(instants) if size is None else size
    whole = settle(table, services[0].model.subject, instants[-1])
    legs = tenures(services, table, whole, steps=True, apart=points, faults=faults)
    first = legs[0].timeline
    born = first.born if first.log is whole else first_seen(whole)
    replay: Replay | None = None
    if changes is not None or (len(legs) == 1 and first.replayed):
        given = _replayed(first, instants[-1]) if changes is None else changes
        replay = Replay([leg.service for leg in legs], whole, born, given)
    frame = _frame(legs, whole, instants, signals, points)
    leveled = replay is None and any(len(leg.service.model.levels) for leg in legs)
    page, place, told_by, parts = Page(frame, instants[:size]), size, _EVER, list[Part]()
    before: Standing | None = None
    for leg in legs:
        model, timeline, moves = leg.service.model, leg.timeline, list[Moves]()
        standing = Standing(timeline, None if timeline.log is whole else born)
        if before is not None:
            standing.go_on(before, leg.service)
        before = standing
        sticky, heeding = model.levels.sticky, replay or standing
        names = heeding.names if sticky else model.levels.order
        page.turn(timeline.born, names)
        looked = set(leg.looked if leveled else ())
        for at in sorted(looked.union(_of(leg, instants))):
            found = timeline.read(at)
            if at in looked:
                moves.append(standing.look(at, found))
            if at != page.due:
                continue
            if replay is not None:
                replay.to(at)
            page.write(found, heeding.level if sticky else found.level)
            if not page.full:
                continue
            if replay is None:
                tell = partial(_tell, [*parts, (timeline, moves, standing, leg.service.start)])
            else:
                tell = partial(replay.between, told_by, at)
            yield page.stretch(tell)
            if place >= len(instants):
                return
            page, place, told_by = Page(frame, instants[place : place + size]), place + size, at
            parts, moves = [], []
            page.turn(timeline.born, names)
        parts.append((timeline, moves, standing, leg.service.start))


_EVER = -(2**62)


def _of(leg: Tenure, instants: Sequence[int]) -> Sequence[int]:
    """Those of the instants, ascending, at which a model is in service."""
    return instants[bisect_left(instants, leg.start) : bisect_right(instants, leg.until)]


def _frame(
    legs: Sequence[Tenure], log: EventLog, instants: Sequence[int], signals: Sequence[str], points: bool
) -> Frame:
    scored = np.full(log.subject.size, UNBORN)
    for leg in legs:
        wanted = np.array([*_of(leg, instants), UNBORN])
        scored = np.minimum(scored, wanted[np.searchsorted(wanted, leg.timeline.born)])
    units, names = by_name(np.flatnonzero(scored != UNBORN), log.names)
    read = [leg.service.model for leg in legs if _of(leg, instants)]
    order = level_order(read, [leg.service.model for leg in legs])
    rules = dict.fromkeys(rule.name for model in read for rule in model.rules if points)
    return Frame(units, names, scored[units], order, signals, tuple(rules))


def level_order(read: Sequence[ScoreModel], known: Sequence[ScoreModel]) -> tuple[str, ...]:
    """The names of the levels of models that are read, and of those that one before may have left.

    Margin and dwell keep what a model before left until the next one is first looked at.
    """
    left = known if any(model.levels.sticky for model in read) else ()
    return tuple(dict.fromkeys(name for model in (*read, *left) for name in model.levels.order))


def _tell(parts: Sequence[Part]) -> list[Transition]:
    return [change for part in parts for change in told(*part)]


def _replayed(timeline: Timeline, end: int) -> list[Transition]:
    """Changes of level where they are looked for continuously: each subject's by itself."""
    found = walks(timeline.model, timeline.log, end, timeline.faults)
    return sorted((move for _, walk in found for move in walk.found), key=lambda m: (m.time, m.subject))


class Replay:
    """The levels of all units by changes that are known.

    Args:
        services: The models in service.
        log: The units.
        born: (size,) when each was first seen.
        changes: By time.
    """

    def __init__(
        self, services: Sequence[Service], log: EventLog, born: Integers, changes: Sequence[Transition]
    ) -> None:
        known = dict.fromkeys(name for service in services for name in service.model.levels.order)
        self.names = tuple(known)
        self._code: dict[str | None, int] = {name: code for code, name in enumerate(known)} | {None: -1}
        self._unit = {name: unit for unit, name in enumerate(log.names)}
        self._changes, self._next = changes, 0
        self.level = np.full(len(born), -1, dtype=np.int64)
        for service in services:
            self.level[born >= begin(service)] = self._code[base(service.model)]

    def to(self, at: int) -> None:
        """Goes on to the levels as of an instant."""
        while self._next < len(self._changes) and self._changes[self._next].time <= at:
            change = self._changes[self._next]
            self.level[self._unit[change.subject]] = self._code[change.after]
            self._next += 1

    def between(self, after: int, until: int) -> list[Transition]:
        """The changes in (after, until], by time and subject."""
        return [change for change in self._changes if after < change.time <= until]

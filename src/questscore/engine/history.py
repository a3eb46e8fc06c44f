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
from attrs import frozen

from questscore.aggregates.plan import Integers
from questscore.columns.log import EventLog, settle
from questscore.columns.table import EventTable
from questscore.engine.page import Frame, Page, Stretch
from questscore.engine.timeline import (
    UNBORN,
    Moves,
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
from questscore.reference import Walk


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
    legs = _legs(services, whole, table, instants, faults, apart=points)
    first = legs[0].timeline
    born = first.born if first.log is whole else first_seen(whole)
    replay: Replay | None = None
    if changes is not None or (len(legs) == 1 and first.replayed):
        given = _replayed(first, instants[-1]) if changes is None else changes
        replay = Replay([leg.service for leg in legs], whole, born, given)
    frame = _frame(legs, whole, signals, points)
    leveled = replay is None and any(len(leg.service.model.levels) for leg in legs)
    page, place, told_by, parts = Page(frame, instants[:size]), size, _EVER, list[_Part]()
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
        for at in sorted(looked.union(leg.wanted)):
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


@frozen(eq=False)
class _Leg:
    """A model while it is in service: instants of the grid, and those at which it looks at levels."""

    service: Service
    timeline: Timeline
    wanted: Sequence[int]
    looked: Sequence[int]


def _legs(
    services: Sequence[Service],
    whole: EventLog,
    table: EventTable,
    instants: Sequence[int],
    faults: Faults,
    *,
    apart: bool,
) -> list[_Leg]:
    end, found = instants[-1], list[_Leg]()
    own = [services[0], *(service for service in services[1:] if begin(service) <= end)]
    for service, after in zip(own, [*own[1:], None], strict=True):
        start, until = begin(service), end if after is None else begin(after) - 1
        log = whole
        if service.since is not None:
            seen = table.take(np.flatnonzero(table.time >= service.since))
            log = settle(seen, service.model.subject, end)
        timeline = Timeline(service.model, log, apart=apart, faults=faults)
        wanted = instants[bisect_left(instants, start) : bisect_right(instants, until)]
        first = int(whole.time[0]) if len(whole) else until + 1
        looked = timeline.evaluations(max(start, first) - 1, until)
        found.append(_Leg(service, timeline, wanted, looked))
    return found


def _frame(legs: Sequence[_Leg], log: EventLog, signals: Sequence[str], points: bool) -> Frame:
    scored = np.full(log.subject.size, UNBORN)
    for leg in legs:
        wanted = np.array([*leg.wanted, UNBORN])
        scored = np.minimum(scored, wanted[np.searchsorted(wanted, leg.timeline.born)])
    units, names = by_name(np.flatnonzero(scored != UNBORN), log.names)
    read = [leg.service.model for leg in legs if leg.wanted]
    order = level_order(read, [leg.service.model for leg in legs])
    rules = dict.fromkeys(rule.name for model in read for rule in model.rules if points)
    return Frame(units, names, scored[units], order, signals, tuple(rules))


def level_order(read: Sequence[ScoreModel], known: Sequence[ScoreModel]) -> tuple[str, ...]:
    """The names of the levels of models that are read, and of those that one before may have left.

    Margin and dwell keep what a model before left until the next one is first looked at.
    """
    left = known if any(model.levels.sticky for model in read) else ()
    return tuple(dict.fromkeys(name for model in (*read, *left) for name in model.levels.order))


_Part = tuple[Timeline, Sequence[Moves], Standing, int | None]
"""What `told` takes."""


def _tell(parts: Sequence[_Part]) -> list[Transition]:
    return [change for part in parts for change in told(*part)]


def _replayed(timeline: Timeline, end: int) -> list[Transition]:
    """Changes of level where they are looked for continuously: each subject's, replayed."""
    own, (units, names) = timeline.subjects(), timeline.present
    walks = (Walk(own[unit], name, end) for unit, name in zip(units.tolist(), names, strict=True))
    return sorted((move for walk in walks for move in walk.found), key=lambda m: (m.time, m.subject))


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
            self.level[born >= begin(service)] = self._code[base(service)]

    def to(self, at: int) -> None:
        """Goes on to the levels as of an instant."""
        while self._next < len(self._changes) and self._changes[self._next].time <= at:
            change = self._changes[self._next]
            self.level[self._unit[change.subject]] = self._code[change.after]
            self._next += 1

    def between(self, after: int, until: int) -> list[Transition]:
        """The changes in (after, until], by time and subject."""
        return [change for change in self._changes if after < change.time <= until]

"""Timeline: a model's scores at one instant after another, and its levels through them.

Lives here: reading a plan at ascending instants, and the state that margin and dwell need.
Lives elsewhere: the plan and how rules add up (plan, scoring), one step of levels (levels), results.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.aggregates.base import Shift
from questscore.aggregates.plan import NEVER, Indices, Integers, Mask
from questscore.columns.batch import CHUNK
from questscore.columns.log import EventLog
from questscore.engine.apart import walks
from questscore.engine.ledger import Ledger
from questscore.engine.levels import Codes, step
from questscore.engine.plan import View
from questscore.engine.run import Run
from questscore.engine.scoring import Scores, Scoring, scored
from questscore.model.plugin import RAISING, Faults
from questscore.model.publication import Service
from questscore.model.result import Transition
from questscore.model.score_model import ScoreModel
from questscore.model.time import Period

UNBORN = np.iinfo(np.int64).max


def begin(service: Service) -> int:
    """The first instant of a model's time; `NEVER` when it was there from the beginning."""
    return NEVER if service.start is None else service.start


def base(model: ScoreModel) -> str | None:
    """The level in which a subject begins."""
    return model.levels.below if len(model.levels) else None


def first_seen(log: EventLog) -> Integers:
    """(size,) each subject's first event; `UNBORN` where there is none."""
    codes, times = log.subject.codes, log.time
    born = np.full(log.subject.size, UNBORN)
    seen = np.zeros(len(born), dtype=bool)
    for start in range(0, len(log), CHUNK):
        part = codes[start : start + CHUNK].astype(np.intp)
        new = np.flatnonzero(~seen[part])[::-1]
        born[part[new]] = times[start + new]  # the last assignment stands: that of the first row
        seen[part[new]] = True
        if len(new) and seen.all():
            break
    return born


def evaluations(model: ScoreModel, after: int, to: int) -> list[int]:
    """The instants in (after, to] at which levels are looked at, where that is by period."""
    evaluate = model.evaluate
    return model.calendar.instants(evaluate, after, to) if isinstance(evaluate, Period) else []


def by_name(units: Indices, names: Sequence[str]) -> tuple[Indices, list[str]]:
    """Units sorted by their names, and the names."""
    own = [names[unit] for unit in units.tolist()] if len(units) < len(names) else list(names)
    if own == sorted(own):
        return units, own
    order = sorted(range(len(own)), key=own.__getitem__)
    return units[order], [own[i] for i in order]


class Timeline:
    """A model over a log, to be read at instants; ascending ones cost what changes between them.

    Args:
        model, log: What is read, and of what.
        steps: Many instants are to be read; else the first reading is the only cheap one.
        apart: Whether the points of each rule are wanted.
        faults: What becomes of a plugin's failure.
    """

    def __init__(
        self,
        model: ScoreModel,
        log: EventLog,
        *,
        steps: bool = True,
        apart: bool = True,
        faults: Faults = RAISING,
    ) -> None:
        self.model, self.log, self.faults = model, log, faults
        self._run = Run(log, scored, steps=steps, faults=faults)
        self._scoring = Scoring(View(self._run, model, log.subject), apart=apart)

    def read(self, at: int) -> Scores:
        """The scores as of an instant; a later reading may overwrite them."""
        self._run.read_at(at)
        return self._scoring.read(at)

    @cached_property
    def born(self) -> Integers:
        """(size,) each subject's first event; `UNBORN` where there is none."""
        return first_seen(self.log)

    @cached_property
    def present(self) -> tuple[Indices, list[str]]:
        """The units with an event, by name, and their names."""
        return by_name(np.flatnonzero(self.born != UNBORN), self.log.names)

    @property
    def replayed(self) -> bool:
        """Whether levels are looked for continuously, which takes each subject's replay."""
        return len(self.model.levels) > 0 and not isinstance(self.model.evaluate, Period)


@frozen(eq=False)
class Moves:
    """Changes of level at one instant: which units, from and to which level (codes), and their scores."""

    at: int
    previous: int
    units: Indices
    before: Codes
    after: Codes
    score: NDArray[np.float64]


class Standing:
    """The levels of all units, from one evaluation instant to the next.

    Args:
        timeline: Their scores.
        born: (size,) when each unit was first seen, which may be before the model sees anything of it: then
            its score is unknown; None: by the timeline's own log.
    """

    def __init__(self, timeline: Timeline, born: Integers | None = None) -> None:
        self._timeline, self._levels = timeline, timeline.model.levels
        self.born = timeline.born if born is None else born
        self._own, outset = self.known
        self.names = self._own
        """The names of the levels, by code."""
        size = timeline.log.subject.size
        code = -1 if outset is None else self._own.index(outset)
        self.level: Codes = np.full(size, code, dtype=np.int8 if len(self._own) < 127 else np.int64)
        self.since: Integers = np.full(size, NEVER)  # when the level was entered, where dwell holds it
        self._previous = int(timeline.log.time[0]) - 1 if len(timeline.log) else 0

    @property
    def known(self) -> tuple[tuple[str, ...], str | None]:
        """The names of the model's own levels, and the one in which a subject begins."""
        return self._levels.order, base(self._timeline.model)

    def passed(self, before: str | None, after: str | None) -> tuple[str, ...]:
        """The levels that a change goes through."""
        return self._levels.passed(before, after)

    def target(self, at: int, scores: Scores, level: Codes, since: Integers, unseen: Mask | None) -> Codes:
        """(size,) the level after an evaluation instant.

        Args:
            at: The instant.
            scores: The scores as of it.
            level, since: (size,) the level before, and when it was entered.
            unseen: (size,) of whom the model has seen nothing; None: of nobody.
        """
        value, target = scores.value, scores.level
        if unseen is not None:
            value, target = np.where(unseen, np.nan, value), np.where(unseen, -1, target)
        return step(self._levels, level, since, at, value, target)

    def resume(self, names: Sequence[str | None], since: Integers, previous: int) -> None:
        """Goes on after an evaluation instant.

        Args:
            names: (size,) the levels it left, also those of a model that was replaced.
            since: (size,) when they were entered; `NEVER` where nothing holds them.
            previous: The instant.
        """
        own = self._own
        self.names = (*own, *sorted({name for name in names if name is not None} - {*own}))
        code = {None: -1} | {name: i for i, name in enumerate(self.names)}
        self.level = np.array([code[name] for name in names], dtype=np.int64)
        self.since, self._previous = np.where(self.level < 0, NEVER, since), previous

    def go_on(self, before: Standing, service: Service) -> None:
        """Goes on where the model before was left when this one, ``service``, came into service.

        Who comes later begins in the base level.
        """
        names = np.array([*before.names, None], dtype=object)[before.level]
        later = self.born >= begin(service)
        names[later] = self.known[1]
        self.resume(names.tolist(), np.where(later, NEVER, before.since), begin(service) - 1)

    def look(self, at: int, scores: Scores) -> Moves:
        """The changes at an evaluation instant, given the scores as of it."""
        unseen = None if self.born is self._timeline.born else self._timeline.born > at
        level, since = self.level, self.since
        if len(self.names) > len(self._own):  # those of a model that was replaced nothing keeps
            known = level < len(self._own)
            level, since = np.where(known, level, -1), np.where(known, since, NEVER)
        after = self.target(at, scores, level, since, unseen)
        units = np.flatnonzero(after != self.level)
        units = units[self.born[units] <= at]
        value = scores.value[units]
        if unseen is not None:
            value = np.where(unseen[units], np.nan, value)
        moves = Moves(at, self._previous, units, self.level[units], after[units], value)
        self.since[units] = np.where(moves.after < 0, NEVER, at)
        self.level[units] = moves.after
        self._previous = at
        return moves


def left(timeline: Timeline, at: int) -> Codes:
    """(size,) the levels that the last evaluation instant up to ``at`` left."""
    model = timeline.model
    if not isinstance(model.evaluate, Period):
        code = {None: -1} | {name: i for i, name in enumerate(model.levels.order)}
        found = np.full(timeline.log.subject.size, -1)
        for unit, walk in walks(model, timeline.log, at, timeline.faults):
            found[unit] = code[walk.level]
        return found
    standing = Standing(timeline)
    for instant in evaluations(model, int(timeline.log.time[0]) - 1, at):
        standing.look(instant, timeline.read(instant))
    return standing.level


Part = tuple[Timeline, Sequence[Moves], Standing, int | None]
"""What was found along a model: what `told` takes."""


def told(
    timeline: Timeline, moves: Sequence[Moves], standing: Standing, start: int | None = None
) -> list[Transition]:
    """Changes of level as objects, by time and subject.

    Args:
        timeline, moves, standing: What was found, along what.
        start: When the model came into service after another.
    """
    log = timeline.log
    ledger = Ledger(log, log.subject, timeline.model.name, Shift())
    order = (*standing.names, None)
    found = []
    for move in moves:
        low, high = np.searchsorted(log.time, (move.previous, move.at), side="right")
        active = np.isin(move.units, log.subject.codes[low:high])
        adjusted = np.isin(move.units, ledger.between(move.previous, move.at))
        published = np.zeros(len(move.units), dtype=bool)
        if start is not None and move.previous < start:
            published = standing.born[move.units] <= start
        for k, unit in enumerate(move.units.tolist()):
            before, after = order[move.before[k]], order[move.after[k]]
            cause = "adjustment" if adjusted[k] else "event" if active[k] else "time"
            if published[k]:
                cause = "model"
            score = None if np.isnan(move.score[k]) else float(move.score[k])
            passed = standing.passed(before, after)
            found.append(Transition(log.names[unit], move.at, before, after, score, cause, passed))
    return sorted(found, key=lambda change: (change.time, change.subject))

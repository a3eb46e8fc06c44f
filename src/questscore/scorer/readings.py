"""Readings: scores of one subject or of all, under whichever model is in service at an instant.

Lives here: which model reads, from a subject's state or from columns, and what levels that heed the past add.
Lives elsewhere: models in service (course), states and columns (engine), who may ask (scorer).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from attrs import evolve

from questscore import api
from questscore.engine.moves import in_time
from questscore.engine.sweep import Sweep
from questscore.errors import EventError, veiled
from questscore.journal import Journal
from questscore.model.definition import SpanLike
from questscore.model.plugin import Faults
from questscore.model.result import Score
from questscore.reference import Subject
from questscore.results.history import History
from questscore.results.table import ScoreTable
from questscore.scorer.course import Course
from questscore.scorer.serving import Serving
from questscore.scorer.tables import history_of, instants_of, table_of
from questscore.tracks.state import NEVER, State


class Readings:
    """What is read of the events of a journal.

    Args:
        course: The models in service.
        journal: The events.
        faults: What becomes of a plugin's failure.
    """

    def __init__(self, course: Course, journal: Journal, faults: Faults) -> None:
        self._course, self._journal, self._faults = course, journal, faults

    # -- one subject --------------------------------------------------------------------------------

    def score(self, subject: str, at: int) -> Score:
        """The score of a subject that the model in service knows."""
        return self._read(self._course.at(at), subject, at)

    def under(self, serving: Serving, subject: str, at: int) -> Score | None:
        """The score under one of the models, in service or not; None when it has seen nothing."""
        return self._read(serving, subject, at) if serving.knows(subject, at) else None

    def _read(self, serving: Serving, subject: str, at: int) -> Score:
        return self.of_state(serving, subject, serving.states.readable(subject, at), at)

    def of_state(self, serving: Serving, subject: str, state: State, at: int) -> Score:
        """The score that a state of the subject gives."""
        own = serving.folds.defined(subject, at) if state.huge else None
        sticky = serving.model.levels.sticky
        if own is not None:
            score = own.score(subject, at)
            return evolve(score, level=self._course.stands.level(subject, at)) if sticky else score
        score = serving.tracker.read(state, at, subject)
        return score.at_level(self._course.stands.level(subject, at)) if sticky else score

    def defined(self, subject: str, at: int) -> Subject:
        """A subject as definitions see it, with its events up to an instant.

        Raises:
            EventError: Some of its events are no longer retained.
        """
        own = self._course.at(at).folds.defined(subject, at)
        if own is None:
            raise EventError(
                f"{veiled(subject)} has events that are no longer retained",
                where="subject",
                fix="explain from the whole log, or raise retain",
            )
        return own

    def level_at(self, subject: str) -> Callable[[int], str | None] | None:
        """Levels that heed what models in service before left; None when there was one model alone."""
        return None if self._course.alone else lambda at: self._course.stands.level(subject, at)

    # -- all of them --------------------------------------------------------------------------------

    def _columnar(self, serving: Serving) -> bool:
        """Whether all events are at hand as columns, and no plugin that may fail is followed without them."""
        return not serving.folds.folds and not (self._faults.lenient and serving.tracker.followed)

    def table(self, at: int) -> ScoreTable:
        """The scores of all subjects."""
        serving = self._course.at(at)
        if self._columnar(serving) and (self._course.alone or not serving.model.levels.sticky):
            return api.table_at(serving.model, serving.table(at), at, self._faults)
        names = [subject for subject in sorted(self._course.names()) if serving.knows(subject, at)]
        scores = [self._read(serving, subject, at) for subject in names]
        return table_of(serving.model, at, scores, self._journal.mark())

    def history(
        self,
        every: SpanLike,
        first: int | None,
        last: int | None,
        periods: int | None,
        signals: bool | Sequence[str],
        points: bool,
    ) -> Iterator[History]:
        """A history: one, or blocks of ``periods`` instants each; None: from the first event, to the last."""
        newest, table = self._course.last, self._journal.table()
        empty = not len(table) and not self._course.folded
        if last is None or empty or (self._course.alone and self._columnar(newest)):
            model, table = newest.model, newest.table()
            return api.histories(model, table, every, first, last, signals, points, periods, self._faults)
        start = int(table.time.min()) if first is None else first
        return iter(self._of_tables(every, start, last, periods, signals, points))

    def _of_tables(
        self,
        every: SpanLike,
        first: int,
        last: int,
        periods: int | None,
        signals: bool | Sequence[str],
        points: bool,
    ) -> list[History]:
        course = self._course
        models = [one.model for one in dict.fromkeys(map(course.at, (first, *course.starts(first, last))))]
        wanted = api.chosen_signals(models, signals)
        instants = instants_of(course.at(last).model, every, first, last)
        size = len(instants) if periods is None else periods
        found: list[History] = []
        born: dict[str, int] = {}
        changes, before = in_time(course.standing(last)), NEVER
        for i in range(0, len(instants), size):
            tables = [self.table(at) for at in instants[i : i + size]]
            own = [change for change in changes if before < change.time <= tables[-1].at]
            found.append(history_of(models, tables, own, wanted, points, born))
            before = tables[-1].at
        return found

    def sweep(self) -> Sweep | None:
        """What finds the changes of level of all subjects at once; None where columns do not tell them."""
        servings = self._course.servings
        if not all(map(self._columnar, servings)):
            return None
        services = [serving.service for serving in servings]
        journal = self._journal
        return Sweep(services, len(journal.subjects), journal.mark(), journal.table, self._faults)

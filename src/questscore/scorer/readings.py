"""Readings: scores of one subject or of all, under whichever model is in service at an instant.

Lives here: which model reads, from a subject's state or from columns, and what levels that heed the past add.
Lives elsewhere: models in service (course), states and columns (engine), who may ask (scorer).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from attrs import evolve

from questscore import api
from questscore.engine.history import walked
from questscore.engine.inside import heeding, lasting, watched
from questscore.engine.moves import in_time
from questscore.engine.sweep import Sweep
from questscore.errors import EventError, veiled
from questscore.journal import Journal
from questscore.language import Value
from questscore.model.definition import SpanLike
from questscore.model.plugin import Faults
from questscore.model.publication import Service, in_span
from questscore.model.result import Score, Transition
from questscore.model.score_model import ScoreModel
from questscore.model.time import Period
from questscore.model.trigger import INSIDE, Audience
from questscore.reference import Subject, member
from questscore.results.history import History
from questscore.results.table import ScoreTable
from questscore.scorer.course import Course
from questscore.scorer.one_by_one import blocks, one_by_one
from questscore.scorer.serving import Serving
from questscore.scorer.tables import table_of
from questscore.tracks.state import State


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

    @property
    def _services(self) -> list[Service]:
        return [serving.service for serving in self._course.servings]

    @property
    def _together(self) -> bool:
        """Whether the levels of all subjects are found together, from columns and by period."""
        services = self._services
        by_period = all(isinstance(service.model.evaluate, Period) for service in services)
        return by_period and all(map(self._columnar, self._course.servings))

    def table(self, at: int) -> ScoreTable:
        """The scores of all subjects."""
        serving = self._course.at(at)
        alone = self._course.alone or not serving.model.levels.sticky
        if self._columnar(serving) and (alone or self._together):
            levels = None if alone else self._levels(at)
            return api.table_at(serving.model, serving.table(at), at, self._faults, levels)
        names = [subject for subject in sorted(self._course.names()) if serving.knows(subject, at)]
        scores = [self._read(serving, subject, at) for subject in names]
        return table_of(serving.model, at, scores, self._journal.mark())

    def _levels(self, at: int) -> list[str | None]:
        """The levels of all subjects that are scored, by name, through all models in service."""
        (found,) = walked(self._services, self._journal.table(at), [at], faults=self._faults)
        order = (*found.order, None)
        return [order[code] for code in found.levels[0].tolist()]

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
        course, newest = self._course, self._course.last
        services, table = self._services, self._journal.table()
        if last is None or course.alone or not (len(table) or course.folded):
            services, table = [Service(newest.model)], newest.table()
        if last is None or all(map(self._columnar, course.servings)):
            changes = None if len(services) == 1 or self._together else self._changes
            return api.histories(
                services, table, every, first, last, signals, points, periods, self._faults, changes
            )
        start, last = api.span(table, first, last)
        instants = api.gridded(course.at(last).model, every, start, last, periods)
        models = [service.model for service in in_span(services, start, last)]
        wanted = api.chosen_signals(models, signals)
        return blocks(one_by_one(course, instants, wanted, points), periods)

    def _changes(self, until: int) -> list[Transition]:
        """All changes of level, each subject's by itself."""
        return in_time(self._course.standing(until))

    def members(self, audience: str, at: int, touched: Callable[[], Mapping[str, int]]) -> list[str]:
        """Who is in an audience, sorted.

        Args:
            audience, at: Which one, when.
            touched: Gives the subjects with events since the last advance, each with the earliest's time.
        """
        course, sweep, looked = self._course, self.sweep(), self._course.looked(at)
        if looked is not None and audience in course.watches:
            told = course.told(audience, looked[1], touched())
            if told is not None:
                return told
        if sweep is not None and sweep.pays(len(self._journal.subjects), None, at):
            return sweep.watching(audience).members(at)
        if looked is None or any(_depends(serving.model, audience) for serving in course.servings):
            return course.within(audience, at)
        serving, look = looked
        rule = watched(serving.model, audience)
        if rule is None:
            return []
        known = (name for name in course.names() if serving.knows(name, look))
        return sorted(name for name in known if self._meets(rule, serving, name, look))

    def _meets(self, audience: Audience, serving: Serving, subject: str, at: int) -> bool:
        score = self._read(serving, subject, at)
        values: dict[str, Value] = {**score.signals, "score": score.value, "level": score.level}
        return member(audience, False, values) == INSIDE

    def sweep(self) -> Sweep | None:
        """What finds the changes of level of all subjects at once; None where columns do not tell them."""
        servings = self._course.servings
        if not all(map(self._columnar, servings)):
            return None
        journal = self._journal
        return Sweep(self._services, len(journal.subjects), journal.mark(), journal.table, self._faults)


def _depends(model: ScoreModel, audience: str) -> bool:
    """Whether who is in an audience at an instant takes more than the scores at it."""
    return heeding(model, audience) or lasting(model, audience)

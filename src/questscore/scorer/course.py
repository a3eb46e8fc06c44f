"""Course: the models in service one after the other, and what is watched along them.

Lives here: which model reads when, replacing it, changes of level and of audiences, folding old events.
Lives elsewhere: one model in service (serving), walks (engine), what follows from changes (triggers).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from questscore.engine.moves import Moves, Stands
from questscore.engine.route import Journey, Make, Route
from questscore.engine.sweep import Sweep
from questscore.engine.tracker import Tracker
from questscore.engine.walk import Leg, Walk
from questscore.engine.within import Within
from questscore.journal import Journal
from questscore.model.publication import Publication, Service
from questscore.model.result import Transition
from questscore.model.score_model import ScoreModel
from questscore.model.time import Period
from questscore.model.trigger import INSIDE, OUTSIDE
from questscore.rules.term import followed
from questscore.scorer.serving import Serving
from questscore.triggers.desk import Change

_OUT = (OUTSIDE, None)
PutTogether = Callable[[ScoreModel], Tracker]


class Course:
    """The models in service over one journal.

    Args:
        publications: Which models, from when on.
        journal: All events.
        retain: How long events are retained, microseconds; None: for ever.
        put_together: Makes the tracker of a model.
        gone: How many of the services were left behind with the events of their time.
    """

    def __init__(
        self,
        publications: Sequence[Publication],
        journal: Journal,
        retain: int | None,
        put_together: PutTogether,
        gone: int = 0,
    ) -> None:
        self.publications = tuple(publications)
        self._journal, self._retain, self._put_together, self.gone = journal, retain, put_together, gone
        services: tuple[Service, ...] = ()
        for publication in publications:
            services = followed(services, publication)
        self.servings = [self._serving(service) for service in services[gone:]]
        self._lay_out()
        self.moves = Moves(self._route())
        self.watches = {name: Moves(self._route(name)) for name in self._watched()}

    def _serving(self, service: Service) -> Serving:
        return Serving(service, self._journal, self._retain, self._put_together(service.model))

    def _lay_out(self) -> None:
        stops = [serving.service.start for serving in self.servings[1:]]
        starts = [None, *stops]
        self._legs = tuple(
            Leg(serving.tracker, serving.folds, start, stop)
            for serving, start, stop in zip(self.servings, starts, [*stops, None], strict=True)
        )
        self.stands = Stands(Route(self._legs))

    def _route(self, audience: str | None = None) -> Route:
        if audience is None:
            return Route(self._legs)
        make: Make = partial(
            Within, audience=audience, level_at=self.stands.level, levels_until=self._levels_until
        )
        return Route(self._legs, make, audience)

    def _levels_until(self, subject: str, until: int) -> Walk | Journey:
        route = Route(self._legs)
        start = route.begin(subject)
        assert start is not None  # noqa: S101
        return route.walk(subject, start, until)

    def _watched(self) -> list[str]:
        """The audiences that triggers wait for."""
        triggers = [trigger for one in self.publications for trigger in one.model.triggers]
        return list(dict.fromkeys(one.audience for one in triggers if one.audience is not None))

    @property
    def last(self) -> Serving:
        """The newest model."""
        return self.servings[-1]

    @property
    def alone(self) -> bool:
        """Whether there is one model, of which nothing was before."""
        return len(self.servings) == 1

    def at(self, at: int) -> Serving:
        """The model in service at an instant."""
        found = self.servings[0]
        for serving in self.servings[1:]:
            if serving.start <= at:
                found = serving
        return found

    def starts(self, after: int, until: int) -> list[int]:
        """When other models come into service in a span."""
        return [one.start for one in self.servings[1:] if after < one.start <= until]

    def model_at(self, at: int) -> ScoreModel:
        """The model that was published for an instant, also where what is of its time is gone."""
        found = self.publications[0].model
        for publication in self.publications[1:]:
            if publication.at is None or publication.at <= at:
                found = publication.model
        return found

    @property
    def folded(self) -> bool:
        """Whether some events are retained no longer."""
        return any(serving.folds.folds for serving in self.servings)

    def names(self) -> set[str]:
        """All subjects."""
        return {*self._journal.subjects, *(name for one in self.servings for name in one.folds.folds)}

    # -- what comes in ------------------------------------------------------------------------------

    def touch(self, subject: str, time: int) -> None:
        """A subject has a new event."""
        for serving in self.servings:
            serving.states.touch(subject, time)
        self.stands.touch(subject, time)

    def touch_others(self, subject: str, time: int) -> None:
        """A subject has a new event, which the newest model's state has taken or noted."""
        for serving in self.servings[:-1]:
            serving.states.touch(subject, time)
        self.stands.touch(subject, time)

    def drop(self, subject: str) -> None:
        """The subject's events are no longer what they were."""
        for serving in self.servings:
            serving.states.drop(subject)
        self.stands.drop(subject)

    def forget(self, subject: str) -> None:
        """As if the subject had never been seen."""
        self.drop(subject)
        for serving in self.servings:
            serving.folds.folds.pop(subject, None)
        for moves in (self.moves, *self.watches.values()):
            moves.forget(subject)

    def publish(self, publication: Publication) -> None:
        """Another model comes into service.

        Raises:
            ModelError: It cannot follow.
        """
        services = followed([serving.service for serving in self.servings], publication)
        made, kept = self._serving(services[-1]), len(services) - 1
        self.servings = [*self.servings[:kept], made]
        self.publications = (*self.publications, publication)
        self._lay_out()
        names = self.names()
        self.moves.replaced(self._route(), names)
        advanced = self.moves.advanced
        for audience in self._watched():
            if audience in self.watches:
                self.watches[audience].replaced(self._route(audience), names)
            else:
                self.watches[audience] = Moves(self._route(audience))
                self.watches[audience].resume(advanced, names)

    # -- what changes -------------------------------------------------------------------------------

    def advance(self, to: int, touched: Mapping[str, int], sweep: Sweep | None) -> list[Change]:
        """All changes up to an instant that were not told, by time and subject."""
        watching = [(None, self.moves), *self.watches.items()]
        found: list[Change] = []
        for i, (audience, moves) in enumerate(watching):
            try:
                told = moves.advance(to, touched, sweep and sweep.watching(audience))
            except BaseException:
                for _, other in watching[: i + 1]:
                    other.take_back()
                raise
            found += [Change(move, audience) for move in told]
        return sorted(found, key=_in_time) if self.watches else found

    def standing(self, until: int) -> list[Transition]:
        """The changes of level up to an instant."""
        route, found = self.moves.route, list[Transition]()
        for subject in self.names():
            start = route.begin(subject)
            if start is not None and route.changes:
                found += route.walk(subject, start).to(until)
        return found

    def looked(self, at: int) -> tuple[Serving, int] | None:
        """The last evaluation instant up to an instant, with the model that looked; None: not by period."""
        for serving in reversed(self.servings):
            if serving.start <= at:
                evaluate = serving.model.evaluate
                if not isinstance(evaluate, Period):
                    return None
                look = serving.model.calendar.begun(evaluate, at)
                if look >= serving.start:
                    return serving, look
                at = serving.start - 1
        return None

    def told(self, audience: str, look: int, touched: Mapping[str, int]) -> list[str] | None:
        """Who is in an audience at an evaluation instant, where the last advance told, sorted; else None."""
        moves = self.watches.get(audience)
        if moves is None or not moves.tells(look, touched):
            return None
        folds = self.servings[0].folds.folds.items()
        inside = {name for name, fold in folds if fold.standing.get(audience, _OUT)[0] == INSIDE}
        for name, changes in moves.told.items():
            (inside.add if changes[-1].after == INSIDE else inside.discard)(name)
        return sorted(inside)

    def within(self, audience: str, at: int) -> list[str]:
        """Who is in an audience, each walked there, sorted."""
        route, found = self._route(audience), list[str]()
        for subject in self.names():
            start = route.begin(subject)
            if start is not None and start.previous < at:
                walk = route.walk(subject, start)
                walk.to(at)
                if walk.level == INSIDE:
                    found.append(subject)
        return sorted(found)

    # -- events that are retained no longer ---------------------------------------------------------

    def fold(self, now: int, touched: Callable[[], Mapping[str, int]]) -> None:
        """Folds events that are no longer retained, every now and then.

        Models that were replaced are left behind first, once nothing that can be read is of their time.

        Args:
            now: The latest instant there is.
            touched: Gives the subjects with new events since the last advance, each with the earliest's time.
        """
        last = self.last
        stride = last.folds.stride(now)
        if stride is None or (len(self.servings) > 1 and stride[1] < last.start):
            return
        gone, walked = stride
        alone = self.alone
        subjects = {name for name, _ in self._journal.due(gone + 1)} if alone else self.names()
        watching = (self.moves, *self.watches.values())
        others = {one.name for serving in self.servings for one in serving.model.audiences}
        since = touched()
        routes = [(moves.route, moves.known(walked, since)) for moves in watching]
        routes += [(self._route(audience), _unknown) for audience in sorted(others - set(self.watches))]
        for subject in subjects:
            begin = self.moves.route.begin(subject)
            if begin is None or begin.previous >= walked:
                continue  # nothing of it is that old
            final = last.folds.fold(subject, gone, walked, routes)
            for moves, own in zip(watching, final, strict=False):
                moves.settle(subject, own, walked)
            self.stands.drop(subject)
            last.states.folded(subject)
        last.folds.gone = gone
        self._journal.drop(gone + 1)
        if not alone:
            self.gone += len(self.servings) - 1
            self.servings = [last]
            self._lay_out()
            for audience, moves in [(None, self.moves), *self.watches.items()]:
                moves.route = self._route(audience)
                moves.resume(moves.advanced, self.names())

    def take_in(self, other: Course, subjects: Collection[str]) -> None:
        """The folds of another one, and what it told."""
        for mine, theirs in zip(self.servings, other.servings, strict=True):
            mine.folds.take_in(theirs.folds)
            for subject in theirs.folds.folds:
                self.drop(subject)
        self.moves.take_in(other.moves, subjects)
        for audience, moves in self.watches.items():
            moves.take_in(other.watches[audience], subjects)


def _in_time(change: Change) -> tuple[int, str, bool, str]:
    move = change.transition
    return move.time, move.subject, not move.retracted, change.audience or ""


def _unknown(subject: str, after: int) -> None:
    """Nothing is known of changes that nobody waits for."""

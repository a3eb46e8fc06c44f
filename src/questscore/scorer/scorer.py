"""Scorer: a model and the events so far, kept in memory: taken in one by one, read at any instant.

Lives here: the object a host keeps, its arguments and its lock.
Lives elsewhere: the events (journal), what is read of them (readings), what became of them (reports),
states (engine), snapshots (stored).
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from questscore import api, snapshot
from questscore.columns.table import EventTable
from questscore.engine.explain import Explainer
from questscore.engine.explain_change import changed, published
from questscore.engine.forecast import forecast
from questscore.engine.layout import LAST, READ
from questscore.engine.tracker import Tracker
from questscore.errors import EventError, ModelError, SnapshotError, UnknownSubject, nearest, veiled
from questscore.intake import from_rows
from questscore.io import Source, read_events
from questscore.journal import Journal, Outcome
from questscore.model.definition import DurationLike, SpanLike
from questscore.model.event import Event
from questscore.model.firing import Firing
from questscore.model.plugin import Faults, PluginFault
from questscore.model.publication import Mode, Publication
from questscore.model.result import Explanation, Forecast, Score, Transition
from questscore.model.score_model import ScoreModel
from questscore.model.time import Duration, Instant, TimeError, instant, iso
from questscore.results.history import History
from questscore.results.ingest import IngestReport
from questscore.results.table import ScoreTable
from questscore.scorer import reports, stored
from questscore.scorer.course import Course
from questscore.scorer.readings import Readings
from questscore.snapshot import Part
from questscore.tracks.state import NEVER
from questscore.triggers.desk import Desk, Handler

_STANDS = Outcome.APPLIED


class Scorer:
    """A model in service: events go in, in any order; scores, changes of level and reasons come out.

    Everything it says is what `score`, `history` and `explain` say of the same events at the same instant,
    in whatever order and batches they came. It may be called from several threads: calls take turns, so that
    a reading sees whole batches.

    Args:
        model: What a score is.
        retain: How long single events are kept, counted back from `now`; older ones are folded into what is
            known of their subject. None: for ever.
        on_plugin_error: What becomes of a plugin that fails: ``"raise"`` raises a `PluginError`;
            ``"missing"`` makes its signal missing (its rule pays nothing) and notes it in `plugin_errors`.

    Raises:
        ModelError: ``retain`` is shorter than the model looks back, or a kind needs every event there was.

    >>> from questscore import Event, EventRule, ScoreModel
    >>> scorer = Scorer(ScoreModel("demo", subject="user", rules=[EventRule("log in", on="login", points=5)]))
    >>> scorer.ingest(Event("login", "2026-03-01T09:00:00Z", user="ada", id="a1")).applied
    1
    >>> scorer.score("ada").value
    5.0
    """

    def __init__(
        self,
        model: ScoreModel,
        retain: DurationLike | None = None,
        on_plugin_error: Literal["raise", "missing"] = "raise",
    ) -> None:
        if not isinstance(model, ScoreModel):
            raise ModelError(f"a {type(model).__name__} is no ScoreModel", fix="pass load_model(…) of it")
        if on_plugin_error not in ("raise", "missing"):
            raise ModelError(
                f"{on_plugin_error!r} is not known", where="on_plugin_error", fix="write 'raise' or 'missing'"
            )
        self.model = model
        self._lock = threading.RLock()
        self._on_plugin_error: Literal["raise", "missing"] = on_plugin_error
        self._faults = Faults(lenient=on_plugin_error == "missing")
        tracker = self._put_together(model)
        self._retain = None if retain is None else _retained(tracker, retain)
        self._by_user = model.subject == "user"
        self._desk = Desk()
        self._journal = Journal(model.subject)
        self._now: int | None = None
        self._assemble([Publication(model)])

    def _put_together(self, model: ScoreModel) -> Tracker:
        return Tracker(model, faults=self._faults)

    def _assemble(self, publications: Sequence[Publication], gone: int = 0) -> None:
        """Puts the parts together around the journal."""
        self._course = Course(publications, self._journal, self._retain, self._put_together, gone)
        self._readings = Readings(self._course, self._journal, self._faults)
        self._mark = self._journal.mark()
        self._unheard: dict[str, int] = {}
        self._set_last()

    def _set_last(self) -> None:
        """Has the newest model at hand, which most readings are under."""
        course, last = self._course, self._course.last
        self.model = course.publications[-1].model
        self._tracker, self._states = last.tracker, last.states
        self._hot, self._behind = last.states.now, last.states.behind
        self._sticky = last.model.levels.sticky
        self._alone = course.alone
        self._start, self._since = NEVER if self._alone else last.start, last.since

    @property
    def now(self) -> int | None:
        """The later of the last accepted event and the last `advance`; None before both."""
        return self._now

    @property
    def horizon(self) -> int | None:
        """The earliest instant that can be read, and that an event may have; None: any."""
        return self._course.last.folds.horizon(self._now)

    @property
    def plugin_errors(self) -> tuple[PluginFault, ...]:
        """What plugins did wrong under ``on_plugin_error="missing"``: the last 100 different faults."""
        with self._lock:
            return self._faults.noted

    @property
    def publications(self) -> tuple[Publication, ...]:
        """Which model was in service from when on."""
        return self._course.publications

    def __len__(self) -> int:
        """How many subjects there are."""
        with self._lock:
            return len(self._course.names())

    def __contains__(self, subject: object) -> bool:
        with self._lock:
            known = isinstance(subject, str)
            return known and (subject in self._journal.subjects or subject in self._course.names())

    def __repr__(self) -> str:
        now = "" if self._now is None else f", now {iso(self._now)}"
        size = f"{len(self):,} subject{'s' * (len(self) != 1)}"
        return f"<Scorer {self.model.name!r} version {self.model.version}: {size}{now}>"

    # -- events in ----------------------------------------------------------------------------------

    def ingest(self, events: Source | Event | Mapping[str, object]) -> IngestReport:
        """Takes events in, in any order; each goes where it belongs in time.

        Of several events of a subject with one id the first in canonical order stands, whenever it comes.

        Args:
            events: An `Event`, a mapping that is one, an `EventTable`, or whatever `read_events` takes.

        Returns:
            What became of each.
        """
        if type(events) is Event:
            with self._lock:
                return self._take(events)
        if isinstance(events, Event):
            events = [events]
        table = from_rows([events]) if isinstance(events, Mapping) else read_events(events)
        with self._lock:
            return self._take_table(table)

    def _take(self, event: Event) -> IngestReport:
        subject = event.user if self._by_user else event.account
        if subject is None:
            return reports.UNATTRIBUTED
        time, now = event.time, self._now
        if self._retain is not None and now is not None and time < now - self._retain:
            return reports.too_late(now - self._retain)
        outcome = self._journal.add(event)
        if outcome is _STANDS:
            state = self._hot.get(subject)
            behind = self._behind and subject in self._behind
            if state is not None and time > state.moments[LAST] and not behind and time >= self._since:
                self._tracker.take(state, event)
            elif self._hot:
                self._states.touch(subject, time)
            if self._sticky or not self._alone:
                self._course.touch_others(subject, time)
            if now is None or time > now:
                self._now = time
                if self._retain is not None:
                    self._fold()
                return reports.APPLIED
            return reports.APPLIED if time == now else reports.LATE
        if outcome is Outcome.DUPLICATE:
            return reports.DUPLICATE
        if outcome is Outcome.REPLACED:
            self._course.drop(subject)
        return reports.CONFLICT

    def _take_table(self, table: EventTable) -> IngestReport:
        codes = (table.user if self._by_user else table.account).codes
        usable = codes >= 0
        late = np.zeros(len(table), dtype=np.bool_)
        horizon = self.horizon
        if horizon is not None:
            late = usable & (table.time < horizon)
            usable &= ~late
        whole = bool(usable.all())
        rows = None if whole else np.flatnonzero(usable)
        mark = self._journal.mark()
        taken = self._journal.extend(table, rows)
        if self._hot or self._sticky or not self._alone:
            for subject, earliest in self._journal.touched(mark).items():
                self._course.touch(subject, earliest)
        usable[taken.duplicates] = usable[taken.conflicts] = False
        accepted = table.time if usable.all() else table.time[usable]
        now = self._now
        earlier = 0 if now is None else int(np.count_nonzero(accepted < now))
        report = reports.of_table(
            table, taken, int(np.count_nonzero(codes < 0)), earlier, np.flatnonzero(late), horizon or 0
        )
        if len(accepted):
            newest = int(accepted.max())
            if now is None or newest > now:
                self._move_clock(newest)
        return report

    def _touched(self) -> dict[str, int]:
        """The subjects with events since the last `advance`, also those before a `load`."""
        found = self._journal.touched(self._mark)
        for subject, time in self._unheard.items():
            found[subject] = min(time, found.get(subject, time))
        return found

    def _move_clock(self, time: int) -> None:
        self._now = time
        if self._retain is not None:
            self._fold()

    def _fold(self) -> None:
        """Folds events that are no longer retained, every now and then."""
        assert self._now is not None  # noqa: S101
        before = len(self._course.servings)
        self._course.fold(self._now, self._touched)
        if self.horizon is not None:
            self._desk.drop(self.horizon)
        if len(self._course.servings) != before:
            self._set_last()

    # -- readings -----------------------------------------------------------------------------------

    def score(self, subject: str, at: object = None) -> Score:
        """One subject's score.

        Args:
            subject: Who.
            at: The instant, in any form an event's time may have; by default `now`.

        Raises:
            UnknownSubject: The subject has no event at or before ``at``.
            EventError: ``at`` is no instant, or before what is retained.
        """
        with self._lock:
            moment: int | None
            if at is None:
                moment = self._now
            elif type(at) is Instant and self._retain is None:
                moment = at
            else:
                moment = self._moment(at)
            try:
                state = self._hot.get(subject)
            except TypeError:  # a list, say
                raise self._unknown(subject, moment) from None
            if state is None or moment is None or (self._behind and subject in self._behind):
                return self._score(subject, moment)
            moments = state.moments
            if moment < moments[LAST] or moment < moments[READ] or moment < self._start:
                return self._score(subject, moment)
            if state.huge or self._sticky:
                return self._readings.of_state(self._course.last, subject, state, moment)
            return self._tracker.read(state, moment, subject)

    def _score(self, subject: str, at: int | None) -> Score:
        return self._readings.score(subject, self._known(subject, at))

    def scores(self, at: object = None) -> ScoreTable:
        """The scores of all subjects with an event at or before an instant; by default `now`."""
        with self._lock:
            moment = self._now if at is None else self._moment(at)
            if moment is None:
                return api.score(self.model, [])
            return self._readings.table(moment)

    def history(
        self,
        every: SpanLike = "day",
        start: object = None,
        end: object = None,
        *,
        signals: bool | Sequence[str] = False,
        points: bool = False,
    ) -> History:
        """Scores and levels of all subjects through time, as the function `history` gives them.

        Args:
            every: A calendar period: its first instants in (start, end]; or a duration: start + each
                multiple. Then ``end``.
            start, end: Instants; by default the first retained event's time, and `now`.
            signals: True for all signals, or the names of some: their values at each instant too.
            points: Whether the points of each rule are wanted too.
        """
        (found,) = self._history(every, start, end, None, signals, points)
        return found

    def history_blocks(
        self,
        every: SpanLike = "day",
        start: object = None,
        end: object = None,
        *,
        periods: int = 30,
        signals: bool | Sequence[str] = False,
        points: bool = False,
    ) -> Iterator[History]:
        """The `history`, some instants at a time, as the function `history_blocks` gives it.

        It is that of the events there are when it is called, whatever comes while it is read; so where some
        are no longer retained, all blocks are made at once.

        Args:
            every, start, end, signals, points: As for `history`.
            periods: How many instants a block has at most.
        """
        return self._history(every, start, end, periods, signals, points)

    def _history(
        self,
        every: SpanLike,
        start: object,
        end: object,
        periods: int | None,
        signals: bool | Sequence[str],
        points: bool,
    ) -> Iterator[History]:
        with self._lock:
            last = self._now if end is None else self._moment(end, "end")
            first = None if start is None else self._moment(start, "start")
            if first is None:
                first = self.horizon
            return self._readings.history(every, first, last, periods, signals, points)

    # -- changes ------------------------------------------------------------------------------------

    def advance(self, to: object) -> list[Transition]:
        """Every change of level up to an instant that was not told before, by time and subject.

        Changes stand at their own instants, whether an event or time alone caused them. A change that was
        told and no longer stands, because a late event changed the past, comes once more with
        ``retracted=True``. The first call tells all of the past.

        Args:
            to: An instant at or after the last one.

        Raises:
            EventError: ``to`` lies before the last one.
        """
        with self._lock:
            moment = instant_of(to, "to")
            advanced = self._course.moves.advanced
            if advanced is not None and moment < advanced:
                raise EventError(
                    f"{iso(moment)} is before {iso(advanced)}, advanced to already",
                    where="to",
                    fix="advance to the same instant or a later one",
                )
            touched, mark = self._touched(), self._journal.mark()
            changes = self._course.advance(moment, touched, self._readings.sweep())
            self._mark, self._unheard = mark, {}
            self._desk.hear(changes, self._course.model_at, advanced)
            if self._now is None or moment > self._now:
                self._move_clock(moment)
        self._deliver()
        return [change.transition for change in changes if change.audience is None]

    def forecast(self, subject: str, at: object = None) -> Forecast:
        """When a subject's level next changes if nothing more happens, and what one more event would do.

        Args:
            subject: Who.
            at: The instant; by default `now`.

        Raises:
            UnknownSubject: The subject has no event at or before ``at``.
        """
        with self._lock:
            moment = self._known(subject, self._now if at is None else self._moment(at))
            serving, route = self._course.at(moment), self._course.moves.route
            start = route.begin(subject)
            assert start is not None  # noqa: S101
            walk = route.walk(subject, start, moment)
            events = serving.folds.events(subject, None, moment)
            state = serving.states.until(subject, moment - 1)
            return forecast(serving.tracker, subject, walk, state, events, moment)

    # -- triggers and audiences ---------------------------------------------------------------------

    def firings(self, since: object = None) -> list[Firing]:
        """What triggers met, by time and subject; drafts and held ones too.

        Args:
            since: Those at or after an instant; by default all that are retained.
        """
        with self._lock:
            return self._desk.firings(None if since is None else instant_of(since, "since"))

    def members(self, audience: str, at: object = None) -> list[str]:
        """Who is in an audience, as the last evaluation instant left it: subjects, sorted.

        Args:
            audience: The name of one of the model's audiences.
            at: The instant; by default `now`.

        Raises:
            ModelError: The model has no such audience.
        """
        with self._lock:
            moment = self._now if at is None else self._moment(at)
            model = self.model if moment is None else self._course.at(moment).model
            known = [one.name for one in model.audiences]
            if audience not in known:
                near = nearest(audience, known) if isinstance(audience, str) else None
                raise ModelError(
                    f"{audience!r} is no audience of {model!r}",
                    where="audience",
                    fix=f"write {near!r}" if near else "name one of the model's audiences",
                )
            return [] if moment is None else self._readings.members(audience, moment, self._touched)

    def on(self, action: str, handler: Handler) -> None:
        """Has a handler called with each `Firing` of an action, drafts and held ones left out.

        It is called after `advance` or `release`, without the lock, and again after the next one when it
        raises: a firing may be delivered twice, always with the same id.

        Args:
            action: What triggers name.
            handler: What takes the firing; it replaces the one before. What it raises is noted in the
                firing's ``error``; a KeyboardInterrupt and its like pass through, and with them what
                `advance` told is lost to its caller (`history` and `firings` still have it).

        Raises:
            EventError: The handler cannot be called.
        """
        if not isinstance(action, str) or not callable(handler):
            raise EventError(
                f"{handler!r} cannot be called" if isinstance(action, str) else f"{action!r} is no action",
                where="handler" if isinstance(action, str) else "action",
                fix="pass the name of an action, and a function that takes a Firing",
            )
        with self._lock:
            self._desk.handlers[action] = handler

    def release(self, ids: str | Firing | Iterable[str | Firing]) -> list[Firing]:
        """Lets held firings go; gives those that do, by time.

        Args:
            ids: Of firings, or firings. One that is not held any more, whose change was taken back, or that
                its trigger's pause forbids (counted from the last firing, later ones too), stays as it is.

        Raises:
            EventError: What is no id at all.
        """
        with self._lock:
            names = [one.id for one in self._desk.release(_ids(ids))]
        self._deliver()
        with self._lock:
            return [one for one in self._desk.firings() if one.id in names]

    def _deliver(self) -> None:
        """Calls handlers with what waits for them, each once."""
        with self._lock:
            waiting = self._desk.waiting()
        for name in waiting:
            with self._lock:
                task = self._desk.take(name)
            if task is None:
                continue
            firing, handler = task
            error: BaseException | None = None
            try:
                handler(firing)
            except BaseException as raised:
                error = raised
                if not isinstance(raised, Exception):
                    raise
            finally:
                with self._lock:
                    self._desk.done(name, error)

    # -- another model ------------------------------------------------------------------------------

    def publish(self, model: ScoreModel, at: object, mode: Mode = "replay") -> Publication:
        """Replaces the model in service from an instant on; earlier instants are read under those before.

        Args:
            model: The new one, of the same subjects.
            at: From when on: an instant that may be past or to come.
            mode: ``"replay"``: the new model is over all events. ``"from"``: it sees those at or after ``at``
                alone. ``"freeze"``: what the event rules of the model before awarded until ``at`` stays and
                ages on as they said, and everything else is the new model's.

        Returns:
            What was added to `publications`. Changes of level that it causes have ``cause="model"``, and what
            they fire is held.

        Raises:
            ModelError: The model cannot follow the one in service: it scores other subjects, ``at`` lies
                before the publication before it, it looks back further than is retained, events it would
                score anew are folded (then ``"from"`` alone works), or under ``"freeze"`` its time zone or
                week is another.
            EventError: ``at`` is no instant, or lies before what is retained.
        """
        if not isinstance(model, ScoreModel):
            raise ModelError(f"a {type(model).__name__} is no ScoreModel", fix="pass load_model(…) of it")
        with self._lock:
            publication = Publication(model, self._moment(at), mode)
            if mode != "from" and self._course.folded:
                raise ModelError(
                    "some events are no longer retained, and so cannot be scored anew",
                    where="mode",
                    fix="publish with mode='from', or load the whole log into a new scorer",
                )
            if self._retain is not None:
                _retained(self._put_together(model), dt.timedelta(microseconds=self._retain))
            self._course.publish(publication)
            self._set_last()
            return publication

    # -- reasons ------------------------------------------------------------------------------------

    def explain(self, subject: str, at: object = None) -> Explanation:
        """Why a subject's score is what it is: a tree in which the children of each node add up to it.

        Args:
            subject: Who.
            at: The instant; by default `now`.

        Raises:
            UnknownSubject: The subject has no event at or before ``at``.
            EventError: Some of its events are no longer retained.
        """
        with self._lock:
            moment = self._known(subject, self._now if at is None else self._moment(at))
            own = self._readings.defined(subject, moment)
            return Explainer(own, moment, self._readings.level_at(subject)).tree(subject)

    def explain_change(self, subject: str, start: object, end: object) -> Explanation:
        """Why a subject's score changed between two instants: lines that add up to the difference.

        Args:
            subject: Who.
            start, end: Instants, in order.

        Raises:
            UnknownSubject: The subject has no event at or before ``end``.
            EventError: Some of its events are no longer retained.
        """
        with self._lock:
            first = self._moment(start, "start")
            last = self._known(subject, self._moment(end, "end"))
            then, now = self._course.at(first), self._course.at(last)
            own, level_at = self._readings.defined(subject, last), self._readings.level_at(subject)
            tree = changed(own, subject, first, last, level_at)
            if then is now:
                return tree
            scores = (self._readings.under(serving, subject, first) for serving in (then, now))
            before, as_now = (0.0 if score is None else score.value for score in scores)
            end = self._readings.score(subject, last).value
            return published(tree, subject, then.model, now.model, before, as_now, end)

    # -- the log as a whole -------------------------------------------------------------------------

    def forget(self, subject: str) -> int:
        """As if the subject had never been seen, ids included: what is sent again counts again.

        Returns:
            How many retained events went.

        Raises:
            UnknownSubject: There is no such subject.
        """
        with self._lock:
            if subject not in self:
                raise self._unknown(subject, None)
            self._course.forget(subject)
            self._desk.forget(subject)
            self._faults.forget(subject)
            self._unheard.pop(subject, None)
            return self._journal.forget(subject)

    def merge(self, other: Scorer) -> IngestReport:
        """Takes in all that another scorer of the same model knows; the other stays as it is.

        Events with an id that both have count once. What either told of changes of level counts as told.

        Raises:
            ModelError: The models differ, or both have folded events of one subject.
        """
        if not isinstance(other, Scorer):
            raise ModelError(f"a {type(other).__name__} is no Scorer", where="other", fix="pass a Scorer")
        if other is self:
            raise ModelError("a scorer cannot be merged with itself", where="other", fix="pass another one")
        first, second = sorted((self, other), key=id)
        with first._lock, second._lock:
            self._check_mergeable(other)
            report = self._take_table(other._journal.table())
            self._course.take_in(other._course, other._course.names())
            self._desk.take_in(other._desk)
            if other._now is not None and (self._now is None or other._now > self._now):
                self._move_clock(other._now)
            return report

    def _check_mergeable(self, other: Scorer) -> None:
        if stored.publications_of(self.publications) != stored.publications_of(other.publications):
            raise ModelError(
                f"{other.model!r} is not {self.model!r}, or was not published alike",
                where="other",
                fix="merge scorers of one model",
            )
        if self._retain != other._retain:
            raise ModelError(
                "the two retain events for different times", where="other", fix="give both the same retain"
            )
        if self._course.gone != other._course.gone:
            raise ModelError(
                "one has left behind a model that the other has in service",
                where="other",
                fix="advance both to the same instant first",
            )
        for one, two in ((self, other), (other, self)):
            for serving in one._course.servings:
                for subject in serving.folds.folds:
                    if subject in two:
                        raise ModelError(
                            f"{veiled(subject)} is in both, and one has folded its old events",
                            where="other",
                            fix="merge before events are folded, or scorers of different subjects",
                        )

    # -- a file -------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Writes everything to one file, which `load` reads; an older file is replaced whole or not at all.

        Raises:
            SnapshotError: The system refuses; what was there stays.
            ModelError: The model has no text form.
        """
        with self._lock:
            header: dict[str, str | int] = {
                "kind": stored.KIND,
                "model": self.model.name,
                "version": self.model.version,
                "digest": stored.digest(self.model),
            }
            parts: dict[str, Part] = {f"journal.{name}": p for name, p in self._journal.parts().items()}
            parts["publications"] = stored.publications_of(self.publications)
            parts["scorer"] = {
                "now": self._now,
                "retain": self._retain,
                "on_plugin_error": self._on_plugin_error,
            }
            parts |= stored.course_of(self._course) | stored.touched_of(self._touched())
            parts["desk"] = stored.desk_of(self._desk)
            snapshot.write(path, header, parts)

    @classmethod
    def load(cls, path: str | Path, model: ScoreModel | None = None, replay: bool = False) -> Scorer:
        """The scorer that `save` wrote.

        Args:
            path: The file.
            model: The model to go on with; by default the one in the file.
            replay: Go on with another model than the one in the file: all its events are scored anew, and
                no change of level counts as told.

        Raises:
            SnapshotError: The file is damaged, or is of another model and ``replay`` is not set, or some of
                its events are no longer retained and so cannot be replayed.
        """
        header, parts = snapshot.read(path)
        if header.get("kind") != stored.KIND:
            raise SnapshotError("it holds no scorer", fix="load a file that save wrote", source=str(path))
        chosen = stored.model_in(parts) if model is None else model
        own = model is None or stored.check(header, parts, str(path), model, replay)
        saved = stored.settings_in(parts)
        retain = None if saved.retain is None else dt.timedelta(microseconds=saved.retain)
        scorer = cls(chosen, retain, saved.on_plugin_error)
        scorer._journal = Journal.from_parts(chosen.subject, stored.journal_in(parts))
        scorer._now = saved.now
        if own:
            scorer._assemble(stored.publications_in(parts, chosen), stored.gone_in(parts))
            stored.restore_course(scorer._course, parts)
            scorer._unheard = stored.touched_in(parts)
            scorer._desk = stored.desk_in(parts)
        else:
            scorer._assemble([Publication(chosen)])
            scorer._mark = 0
        return scorer

    # -- helpers ------------------------------------------------------------------------------------

    def _moment(self, at: object, where: str = "at") -> int:
        moment = instant_of(at, where)
        horizon = self.horizon
        if horizon is not None and moment < horizon:
            raise EventError(
                f"{iso(moment)} is before what is retained, since {iso(horizon)}",
                where=where,
                fix="read a later instant, or raise retain",
            )
        return moment

    def _known(self, subject: str, at: int | None) -> int:
        if at is None or not isinstance(subject, str) or not self._course.at(at).knows(subject, at):
            raise self._unknown(subject, at)
        return at

    def _unknown(self, subject: str, at: int | None) -> UnknownSubject:
        names = self._journal.subjects
        when = "" if at is None else f"at or before {iso(at)}"
        service = None if at is None else self._course.at(at).service
        if service is not None and service.since is not None and subject in self:
            when += (
                f" and since {iso(service.since)}, from when on version {service.model.version} sees events"
            )
        return UnknownSubject.of(subject, when, names)


def _ids(given: object) -> list[str]:
    some = [given] if isinstance(given, (str, Firing)) else given
    if not isinstance(some, Iterable):
        raise EventError(f"{given!r} is no id", where="ids", fix="pass ids of firings that are held")
    return [one.id if isinstance(one, Firing) else one for one in some]


def instant_of(at: object, where: str) -> int:
    """An instant in any form, microseconds."""
    try:
        return instant(at)
    except TimeError as error:
        raise EventError(
            str(error), where=where, fix="pass an aware datetime, ISO text or microseconds"
        ) from None


def _retained(tracker: Tracker, retain: DurationLike) -> int:
    try:
        length = Duration.of(retain)
    except ModelError as error:
        raise error.under("retain") from None
    if tracker.endless:
        raise ModelError(
            f"{tracker.endless[0]} needs every event there was", where="retain", fix="leave retain out"
        )
    if length.us < tracker.lookback:
        least = Duration(tracker.lookback)
        raise ModelError(
            f"{length} is shorter than the model looks back", where="retain", fix=f"retain at least {least}"
        )
    return length.us

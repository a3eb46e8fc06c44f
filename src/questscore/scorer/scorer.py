"""Scorer: a model and the events so far, kept in memory: taken in one by one, read at any instant.

Lives here: the object a host keeps, its arguments and its lock.
Lives elsewhere: the events (journal), subjects' states (engine), snapshots (stored), results.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from attrs import evolve
from numpy.typing import NDArray

from questscore import api, snapshot
from questscore.columns.table import EventTable, Rejection
from questscore.engine.explain import Explainer
from questscore.engine.explain_change import changed
from questscore.engine.folds import Folds
from questscore.engine.forecast import forecast
from questscore.engine.layout import LAST, READ
from questscore.engine.moves import Moves, Stands, in_time
from questscore.engine.route import Route
from questscore.engine.states import States
from questscore.engine.sweep import Sweep
from questscore.engine.tracker import Tracker
from questscore.engine.walk import Leg
from questscore.errors import EventError, ModelError, SnapshotError, UnknownSubject, nearest
from questscore.intake import from_rows
from questscore.io import Source, read_events
from questscore.journal import Journal, Outcome
from questscore.model.definition import DurationLike, SpanLike
from questscore.model.event import Event
from questscore.model.plugin import Faults, PluginFault
from questscore.model.publication import Publication
from questscore.model.result import Explanation, Forecast, Score, Transition
from questscore.model.score_model import ScoreModel
from questscore.model.time import Duration, Instant, TimeError, instant, iso
from questscore.reference import Subject
from questscore.reference import Walk as DefinedWalk
from questscore.results.history import History
from questscore.results.ingest import IngestReport
from questscore.results.table import ScoreTable
from questscore.scorer import stored
from questscore.scorer.tables import history_of, instants_of, table_of
from questscore.snapshot import Part
from questscore.tracks.state import NEVER, State

_STANDS = Outcome.APPLIED
_APPLIED = IngestReport(received=1, applied=1)
_LATE = IngestReport(received=1, applied=1, late=1)
_DUPLICATE = IngestReport(received=1, duplicate=1)
_CONFLICT = IngestReport(received=1, conflict=1, conflicts=(0,))
_UNATTRIBUTED = IngestReport(received=1, unattributed=1)


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
        self._tracker = Tracker(model, faults=self._faults)
        self._retain = None if retain is None else _retained(self._tracker, retain)
        self._by_user = model.subject == "user"
        self._sticky = model.levels.sticky
        self._journal = Journal(model.subject)
        self._now: int | None = None
        self._assemble()

    def _assemble(self) -> None:
        """Puts the parts together around the journal."""
        journal, tracker = self._journal, self._tracker
        self._folds = Folds(tracker, journal.events, journal.first, self._retain)
        self._states = States(tracker, journal.events, self._folds.state)
        self._hot = self._states.now
        self._behind = self._states.behind
        self._legs = (Leg(tracker, self._folds),)
        self._moves = Moves(Route(self._legs))
        self._stands = Stands(Route(self._legs))
        self._mark = journal.mark()

    @property
    def now(self) -> int | None:
        """The later of the last accepted event and the last `advance`; None before both."""
        return self._now

    @property
    def horizon(self) -> int | None:
        """The earliest instant that can be read, and that an event may have; None: any."""
        return self._folds.horizon(self._now)

    @property
    def plugin_errors(self) -> tuple[PluginFault, ...]:
        """What plugins did wrong under ``on_plugin_error="missing"``: the last 100 different faults."""
        with self._lock:
            return self._faults.noted

    @property
    def publications(self) -> tuple[Publication, ...]:
        """Which model was in service from when on."""
        return (Publication(self.model),)

    def __len__(self) -> int:
        """How many subjects there are."""
        with self._lock:
            return len(self._names())

    def __contains__(self, subject: object) -> bool:
        with self._lock:
            return subject in self._journal.subjects or subject in self._folds.folds

    def __repr__(self) -> str:
        now = "" if self._now is None else f", now {iso(self._now)}"
        return f"<Scorer {self.model.name!r} version {self.model.version}: {len(self):,} subjects{now}>"

    # -- events in ----------------------------------------------------------------------------------

    def ingest(self, events: Source | Event | Mapping[str, object]) -> IngestReport:
        """Takes events in, in any order; each goes where it belongs in time.

        Of several events of a subject with one id the first in canonical order stands, whenever it comes.

        Args:
            events: An `Event`, a mapping, an `EventTable`, or whatever `read_events` takes.

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
            return _UNATTRIBUTED
        time, now = event.time, self._now
        if self._retain is not None and now is not None and time < now - self._retain:
            return _too_late(IngestReport(received=1, too_late=1), [0], self._horizon_reason())
        outcome = self._journal.add(event)
        if outcome is _STANDS:
            state = self._hot.get(subject)
            if state is not None and time > state.moments[LAST] and not self._behind:
                self._tracker.take(state, event)
            elif self._hot:
                self._states.touch(subject, time)
            if self._sticky:
                self._stands.touch(subject, time)
            if now is None or time > now:
                self._now = time
                if self._retain is not None:
                    self._fold()
                return _APPLIED
            return _APPLIED if time == now else _LATE
        if outcome is Outcome.DUPLICATE:
            return _DUPLICATE
        if outcome is Outcome.REPLACED:
            self._states.drop(subject)
            self._stands.drop(subject)
        return _CONFLICT

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
        if self._hot or self._sticky:
            for subject, earliest in self._journal.touched(mark).items():
                self._states.touch(subject, earliest)
                self._stands.touch(subject, earliest)
        usable[taken.duplicates] = usable[taken.conflicts] = False
        accepted = table.time if usable.all() else table.time[usable]
        now = self._now
        report = IngestReport(
            received=len(table) + len(table.rejections),
            applied=taken.applied,
            duplicate=len(taken.duplicates),
            conflict=len(taken.conflicts),
            unattributed=int(np.count_nonzero(codes < 0)),
            rejected=len(table.rejections),
            late=0 if now is None else int(np.count_nonzero(accepted < now)),
            rejections=table.rejections,
            conflicts=tuple(_given(table, taken.conflicts)),
        )
        if late.any():
            refused = _given(table, np.flatnonzero(late))
            report = _too_late(evolve(report, too_late=len(refused)), refused, self._horizon_reason())
        if len(accepted):
            newest = int(accepted.max())
            if now is None or newest > now:
                self._move_clock(newest)
        return report

    def _move_clock(self, time: int) -> None:
        self._now = time
        if self._retain is not None:
            self._fold()

    def _fold(self) -> None:
        """Folds events that are no longer retained, every now and then."""
        assert self._now is not None  # noqa: S101
        stride = self._folds.stride(self._now)
        if stride is None:
            return
        gone, walked = stride
        for subject, _ in list(self._journal.due(gone + 1)):
            for begun, final in self._folds.fold(subject, gone, walked, [self._moves.route]):
                self._moves.settle(subject, begun, final, walked)
            self._stands.drop(subject)
            if subject in self._behind:
                self._states.drop(subject)  # what it has yet to take goes
        self._folds.gone = gone
        self._journal.drop(gone + 1)

    def _horizon_reason(self) -> str:
        return (
            f"older than what is retained, since {iso(self.horizon or 0)}; raise retain to take such events"
        )

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
            state = self._hot.get(subject)
            if state is None or moment is None or self._behind:
                return self._score(subject, moment)
            moments = state.moments
            if moment < moments[LAST] or moment < moments[READ]:
                return self._score(subject, moment)
            if state.huge or self._sticky:
                return self._scored(subject, state, moment)
            reading = self._tracker.read(state, moment)
            return Score.lazy(
                subject, reading.value, reading.raw, reading.level, reading.adjustments, reading
            )

    def _score(self, subject: str, at: int | None) -> Score:
        at = self._known(subject, at)
        return self._scored(subject, self._states.readable(subject, at), at)

    def _scored(self, subject: str, state: State, at: int) -> Score:
        own = self._folds.defined(subject, at) if state.huge else None
        if own is not None:
            score = own.score(subject, at)
            return evolve(score, level=DefinedWalk(own, subject, at).level) if self._sticky else score
        reading = self._tracker.read(state, at)
        level = self._stands.level(subject, at) if self._sticky else reading.level
        return Score.lazy(subject, reading.value, reading.raw, level, reading.adjustments, reading)

    def scores(self, at: object = None) -> ScoreTable:
        """The scores of all subjects with an event at or before an instant; by default `now`."""
        with self._lock:
            moment = self._now if at is None else self._moment(at)
            if moment is None:
                return api.score(self.model, [])
            if self._columnar:
                return api.score(self.model, self._journal.table(moment), moment)
            return self._table(moment)

    @property
    def _columnar(self) -> bool:
        """Whether all events are at hand as columns, and no kind may fail."""
        return not self._folds.folds and (self._on_plugin_error == "raise" or not self._tracker.plugged)

    def _table(self, at: int) -> ScoreTable:
        names = [subject for subject in sorted(self._names()) if self._seen(subject, at)]
        scores = [self._scored(subject, self._states.readable(subject, at), at) for subject in names]
        return table_of(self.model, at, scores, self._journal.mark())

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

        It is that of the events there are when it is called, whatever comes while it is read.

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
            if self._columnar:
                model, table = self.model, self._journal.table()
                if periods is not None:
                    return api.history_blocks(
                        model, table, every, first, last, periods=periods, signals=signals, points=points
                    )
                found = api.history(model, table, every, first, last, signals=signals, points=points)
                return iter((found,))
            return iter(self._folded_history(every, first, last, periods, signals, points))

    def _folded_history(
        self,
        every: SpanLike,
        first: int | None,
        last: int | None,
        periods: int | None,
        signals: bool | Sequence[str],
        points: bool,
    ) -> list[History]:
        assert first is not None and last is not None  # noqa: S101
        wanted = api.chosen_signals(self.model, signals)
        instants = instants_of(self.model, every, first, last)
        size = len(instants) if periods is None else periods
        found: list[History] = []
        changes, before = self._standing(last), NEVER
        for i in range(0, len(instants), size):
            tables = [self._table(at) for at in instants[i : i + size]]
            own = [change for change in changes if before < change.time <= tables[-1].at]
            found.append(history_of(self.model, tables, own, wanted, points))
            before = tables[-1].at
        return found

    def _standing(self, until: int) -> list[Transition]:
        found: list[Transition] = []
        for subject in self._names():
            start = self._folds.begin(subject)
            if start is not None and len(self.model.levels):
                found += self._moves.route.walk(subject, start).to(until)
        return in_time(found)

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
            advanced = self._moves.advanced
            if advanced is not None and moment < advanced:
                raise EventError(
                    f"{iso(moment)} is before {iso(advanced)}, advanced to already",
                    where="to",
                    fix="advance to the same instant or a later one",
                )
            touched, self._mark = self._journal.touched(self._mark), self._journal.mark()
            sweep = None
            if self._columnar:
                subjects, rows = len(self._journal.subjects), self._journal.mark()
                sweep = Sweep(self.model, subjects, rows, self._journal.table)
            found = self._moves.advance(moment, touched, sweep)
            if self._now is None or moment > self._now:
                self._move_clock(moment)
            return found

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
            start = self._folds.begin(subject)
            assert start is not None  # noqa: S101
            walk = self._moves.route.walk(subject, start, moment)
            events = self._journal.events(subject, None, moment)
            return forecast(self._tracker, subject, walk, self._states.until(subject, moment), events, moment)

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
            return Explainer(self._subject(subject, moment), moment).tree(subject)

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
            return changed(self._subject(subject, last), subject, first, last)

    def _subject(self, subject: str, at: int) -> Subject:
        """A subject as definitions see it, with its events up to an instant."""
        own = self._folds.defined(subject, at)
        if own is None:
            raise EventError(
                f"{subject!r} has events that are no longer retained",
                where="subject",
                fix="explain from the whole log, or raise retain",
            )
        return own

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
            self._folds.folds.pop(subject, None)
            self._states.drop(subject)
            self._stands.drop(subject)
            self._moves.forget(subject)
            return self._journal.forget(subject)

    def merge(self, other: Scorer) -> IngestReport:
        """Takes in all that another scorer of the same model knows; the other stays as it is.

        Events with an id that both have count once. What either told of changes of level counts as told.

        Raises:
            ModelError: The models differ, or both have folded events of one subject.
        """
        if other is self:
            raise ModelError("a scorer cannot be merged with itself", where="other", fix="pass another one")
        first, second = sorted((self, other), key=id)
        with first._lock, second._lock:
            self._check_mergeable(other)
            report = self._take_table(other._journal.table())
            self._folds.take_in(other._folds)
            self._moves.take_in(other._moves, other._names())
            for subject in other._folds.folds:
                self._states.drop(subject)
                self._stands.drop(subject)
            if other._now is not None and (self._now is None or other._now > self._now):
                self._move_clock(other._now)
            return report

    def _check_mergeable(self, other: Scorer) -> None:
        if stored.digest(self.model) != stored.digest(other.model):
            raise ModelError(
                f"{other.model!r} is not {self.model!r}", where="other", fix="merge scorers of one model"
            )
        if self._retain != other._retain:
            raise ModelError(
                "the two retain events for different times", where="other", fix="give both the same retain"
            )
        for one, two in ((self, other), (other, self)):
            for subject in one._folds.folds:
                if subject in two:
                    raise ModelError(
                        f"{subject!r} is in both, and one has folded its old events",
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
            parts["moves"] = stored.moves_of(self._moves)
            parts["folds"] = stored.folds_of(self._folds)
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
        scorer._assemble()
        if own:
            stored.restore_folds(scorer._folds, scorer._tracker, parts.json("folds"))
            stored.restore_moves(scorer._moves, parts.json("moves"), list(scorer._names()))
        else:
            scorer._mark = 0
        return scorer

    # -- helpers ------------------------------------------------------------------------------------

    def _names(self) -> set[str]:
        return {*self._journal.subjects, *self._folds.folds}

    def _seen(self, subject: str, at: int) -> bool:
        if subject in self._folds.folds:
            return True
        first = self._journal.first(subject)
        return first is not None and first <= at

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
        if at is None or not isinstance(subject, str) or not self._seen(subject, at):
            raise self._unknown(subject, at)
        return at

    def _unknown(self, subject: str, at: int | None) -> UnknownSubject:
        names = self._journal.subjects
        near = nearest(subject, names) if isinstance(subject, str) and len(names) < 10_000 else None
        hint = f"; the nearest {self.model.subject} is {near!r}" if near and near != subject else ""
        when = "" if at is None else f" at or before {iso(at)}"
        return UnknownSubject(f"{subject!r} has no event{when}{hint}")


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


def _given(table: EventTable, rows: NDArray[np.intp]) -> list[int]:
    """Rows of a table as they were given, those rejected among them."""
    if table.rejections:
        rejected = [rejection.row for rejection in table.rejections]
        rows = np.delete(np.arange(len(table) + len(rejected)), rejected)[rows]
    return [int(row) for row in rows]


def _too_late(report: IngestReport, rows: Sequence[int], reason: str) -> IngestReport:
    refused = tuple(Rejection(row, "time", reason) for row in rows)
    return evolve(report, refused=refused)

"""Snapshots: what was known of each subject at a cutoff, and what it did afterwards.

Lives here: who is looked at, reading the design at cutoffs through the engine, labels known by an instant.
Lives elsewhere: the columns and their variants (design), outcomes and their windows (outcomes), the fit.

A row reads events with time < cutoff that were known at the cutoff: the model is read at cutoff - 1 us, of a
table without what arrived later. Nothing after the cutoff can reach a column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from questscore.calibration.design import Design, HalfLife, Term, designed, quiet
from questscore.calibration.outcomes import Happenings, Integers, Outcome, arrivals, happenings
from questscore.columns.log import settle
from questscore.columns.table import EventTable
from questscore.engine.history import walked
from questscore.engine.page import Stretch
from questscore.errors import EventError, ModelError
from questscore.io import Source, read_events
from questscore.model.definition import DurationLike
from questscore.model.publication import Service
from questscore.model.score_model import ScoreModel
from questscore.model.time import DAY, Duration, Period, TimeError, instant, iso
from questscore.signals import ActivePeriods, Age, Since

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
_SEEN, _KNOWN, _IDLE, _DAYS = (f"calibration: {name}" for name in ("seen", "known for", "idle", "days"))


@frozen(eq=False)
class Reader:
    """A table's events as they were known at each cutoff.

    Args:
        table: All events.
        arrived: (events,) when each was known.
        cutoffs: Ascending instants.
    """

    table: EventTable
    arrived: Integers
    cutoffs: tuple[int, ...]

    def read(
        self, model: ScoreModel, signals: Sequence[str] = (), *, points: bool = True
    ) -> Iterator[tuple[int, Stretch]]:
        """Each cutoff's place, and the model read just before it, one cutoff at a time."""
        late = self.arrived > self.table.time
        after, arrived = self.table.time[late], self.arrived[late]
        whole: list[int] = []
        apart: list[int] = []
        for place, cutoff in enumerate(self.cutoffs):
            hidden = bool(np.any((after < cutoff) & (arrived > cutoff)))
            (apart if hidden else whole).append(place)
        if whole:
            yield from zip(whole, self._walk(self.table, model, whole, signals, points), strict=True)
        for place in apart:
            known = self.table.take(np.flatnonzero(self.arrived <= self.cutoffs[place]))
            yield from zip([place], self._walk(known, model, [place], signals, points), strict=True)

    def _walk(
        self,
        table: EventTable,
        model: ScoreModel,
        places: Sequence[int],
        signals: Sequence[str],
        points: bool,
    ) -> Iterator[Stretch]:
        instants = [self.cutoffs[place] - 1 for place in places]
        return walked([Service(model)], table, instants, signals=signals, points=points, size=1)


@frozen(eq=False)
class Snapshots:
    """Rows of (cutoff, subject), by cutoff and name, each with its columns and what came after.

    Args:
        design: The columns.
        outcome: What was looked for after the cutoff.
        cutoffs: k instants, ascending.
        end: The end of the data: what was not known by then is not known.
        lookback: Microseconds before a cutoff in which a subject must have been seen; None: ever.
        subjects: The names of the rows' subjects, sorted.
        cutoff: (n,) which of the cutoffs.
        subject: (n,) which of the subjects: an account of rows that belong together.
        known: (n,) when it was first known that what is looked for happened in the window; `NEVER` without.
        count: (n,) how often it happened in the window.
        idle: (n,) days since the last active day's events, infinite without any.
        days: (n,) active days.
        tenure: (n,) days since the first event.
        table: (n,) the score of the model as it is.
        held: (n,) raw points of the rules that are held, and of adjustments.
        notes: What was left out, and how many rows that were.
    """

    design: Design
    outcome: Outcome
    cutoffs: tuple[int, ...]
    end: int
    lookback: int | None
    subjects: tuple[str, ...]
    cutoff: NDArray[np.intp]
    subject: NDArray[np.intp]
    known: Integers
    count: Integers
    idle: Floats
    days: Floats
    tenure: Floats
    table: Floats
    held: Floats
    notes: Mapping[str, int]
    _reader: Reader
    _places: tuple[NDArray[np.intp], ...]
    _columns: dict[str, Floats] = field(factory=dict)

    def __len__(self) -> int:
        return len(self.cutoff)

    @property
    def at(self) -> Integers:
        """(n,) the cutoffs themselves."""
        return np.array(self.cutoffs, dtype=np.int64)[self.cutoff]

    def stayed(self, by: int | None = None) -> Flags:
        """(n,) whether the subject stayed, as far as was known by an instant; by the end of the data."""
        seen = self.known <= (self.end if by is None else by)
        return seen if self.outcome.stays_when_seen else ~seen

    def active(self, window: DurationLike = "30d") -> Flags:
        """(n,) whether the subject had an active day in that long before the cutoff."""
        return self.idle < Duration.of(window).us / DAY

    def of(self, cutoffs: Iterable[int]) -> Flags:
        """(n,) the rows of these cutoffs."""
        return np.isin(self.at, list(cutoffs))

    def before(self, cutoff: int) -> Flags:
        """(n,) the rows whose window had ended by a cutoff: what a fit that is tested there may use."""
        return self.at + self.outcome.span <= cutoff

    def read(self, half_lives: Iterable[HalfLife]) -> None:
        """Reads the columns at these half-lives, those that were not read before, in one pass."""
        wanted = [h for h in dict.fromkeys(half_lives) if not self._has(self.design.terms([h]))]
        if not wanted:
            return
        variant, found = self.design.variant(wanted), dict[str, Floats]()
        for half_life in (None, *wanted):  # a block each, which goes back to the system when it is let go
            names = {self.design.label(term) for term in self.design.terms([half_life])} - found.keys()
            own = [rule.name for rule in variant.rules if rule.name in names]
            found.update(zip(own, np.empty((len(own), len(self))), strict=True))
        for place, stretch in self._reader.read(variant):
            self._fill(found, place, stretch)
        self._columns.update(found)

    def _fill(self, found: Mapping[str, Floats], place: int, stretch: Stretch) -> None:
        """Writes a cutoff's rows of the variant's rules."""
        rows = slice(*np.searchsorted(self.cutoff, (place, place + 1)).tolist())
        for name, values in found.items():
            values[rows] = stretch.points[name][0, self._places[place]]

    def _has(self, terms: Iterable[Term]) -> bool:
        return all(self.design.label(term) in self._columns for term in terms)

    def matrix(self, half_lives: Sequence[HalfLife]) -> Floats:
        """(n, terms) the columns at one half-life or several, in the order of `Design.terms`.

        Law: a model with points u for the terms (`Design.calibrated`) has raw points
        ``held + matrix @ u`` at the cutoff less 1 us, to 1e-9 of the sum of absolute terms.
        """
        self.read(half_lives)
        terms = self.design.terms(half_lives)
        found = np.empty((len(self), len(terms)), order="F")
        for place, term in enumerate(terms):
            np.multiply(self._columns[self.design.label(term)], term.column.scale, out=found[:, place])
        return found

    def let_go(self, but: Iterable[HalfLife]) -> None:
        """Forgets the columns read at other half-lives than these; asked for, they are read again."""
        kept = {self.design.label(term) for half_life in but for term in self.design.terms([half_life])}
        for label in set(self._columns) - kept:
            del self._columns[label]

    def recent(self, window: DurationLike) -> Flags:
        """(n, columns) whether each rule pays anything for what happened in that long before the cutoff."""
        length = Duration.of(window)
        variant = self.design.recent(length)
        found = {rule.name: np.empty(len(self)) for rule in variant.rules}
        for place, stretch in self._reader.read(variant):
            self._fill(found, place, stretch)
        return np.column_stack([found[rule.name] != 0.0 for rule in variant.rules])

    def __repr__(self) -> str:
        if not self.cutoffs:
            return "<Snapshots: no cutoff>"
        span = f"{iso(self.cutoffs[0])} to {iso(self.cutoffs[-1])}"
        return (
            f"<Snapshots: {len(self):,} rows, {len(self.subjects):,} subjects at {len(self.cutoffs)} cutoffs,"
            f" {span}; {int(self.stayed().sum()):,} stayed>"
        )


def some_events(source: Source) -> EventTable:
    """The events, of which there is one at least."""
    table = read_events(source)
    if not len(table):
        raise EventError("there are no events", where="events", fix="pass a log of what subjects did")
    return table


def named(subjects: str | Iterable[str]) -> frozenset[str]:
    """Subjects by name; a text alone is one of them."""
    return frozenset((subjects,) if isinstance(subjects, str) else subjects)


def moments(cutoffs: object) -> tuple[int, ...]:
    """Instants in any form, ascending, each once."""
    given = cutoffs if isinstance(cutoffs, Iterable) and not isinstance(cutoffs, str) else (cutoffs,)
    try:
        return tuple(sorted({int(instant(value)) for value in given}))
    except TimeError as error:
        raise EventError(
            str(error), where="cutoffs", fix="pass aware datetimes, ISO texts or microseconds"
        ) from None


def every(last: int, step: DurationLike, number: int) -> tuple[int, ...]:
    """So many instants, a step apart, up to the last; ascending."""
    return tuple(last - place * Duration.of(step).us for place in reversed(range(number)))


def snapshots(
    model: ScoreModel,
    events: Source,
    outcome: Outcome,
    cutoffs: object,
    *,
    half_lives: Sequence[DurationLike | None] | None = None,
    lookback: DurationLike | None = None,
    known: str | None = None,
    exclude: Iterable[str] = (),
    end: object = None,
    active: object = None,
    signs: Mapping[str, int] | None = None,
) -> Snapshots:
    """What was known of each subject at cutoffs, and what it did afterwards.

    Args:
        model: Whose rules are the columns.
        events: An `EventTable`, or whatever `read_events` takes.
        outcome: What is looked for.
        cutoffs: Instants; those whose window is not over by the end of the data are dropped.
        half_lives: Read at once; others are read when they are asked for. The horizon unless told.
        lookback: A subject is looked at when its last event is younger than that; any, unless told.
        known: The property that says when an event was known; its own time unless told.
        exclude: Subjects that are never looked at (internal ones, tests).
        end: The end of the data; by default when the last event was known.
        active: Which events make an active day; those that bring points, unless told.
        signs: See `designed`.

    A subject is looked at from its first event that was known by the cutoff on; not after a date of churn
    that was known by then; and not while its score is unknown.

    Raises:
        EventError: No cutoff can be used, or an option means nothing.
    """
    table = some_events(events)
    arrived = arrivals(table, known)
    last = _end(end, arrived)
    asked = moments(cutoffs)
    usable = tuple(cutoff for cutoff in asked if outcome.closed(cutoff, last))
    if not usable:
        raise EventError(
            f"no window of {Duration(outcome.span)} is over by the end of the data, {iso(last)}",
            where="cutoffs",
            fix="choose earlier cutoffs or a shorter horizon",
        )
    design = designed(model, active=active, signs=signs)
    lives = [outcome.horizon] if half_lives is None else [_half_life(h) for h in half_lives]
    behind = None if lookback is None else Duration.of(lookback).us
    reader = Reader(table, arrived, usable)
    log = settle(table, model.subject)
    what = happenings(outcome, log, model.calendar, known)
    return _gathered(
        design,
        outcome,
        reader,
        what,
        names=log.names,
        lives=lives,
        lookback=behind,
        exclude=named(exclude),
        end=last,
        open_windows=len(asked) - len(usable),
        strangers=0 if outcome.dates is None else len({*outcome.dates.subjects} - {*log.names}),
    )


def _half_life(value: DurationLike | None) -> HalfLife:
    try:
        return None if value is None else Duration.of(value)
    except ModelError as error:
        raise error.under("half_lives") from None


def _end(end: object, arrived: Integers) -> int:
    if end is None:
        return int(arrived.max()) if len(arrived) else 0
    try:
        return instant(end)
    except TimeError as error:
        raise EventError(str(error), where="end", fix="pass an instant") from None


@frozen(eq=False)
class _Part:
    """The rows of one cutoff: where they stand in its stretch, which subjects they are, and columns."""

    places: NDArray[np.intp]
    names: Sequence[str]
    columns: Mapping[str, Floats]
    read: Mapping[str, Floats]
    known: Integers
    count: Integers


def _signals(design: Design) -> tuple[Since | Age | ActivePeriods, ...]:
    on, where = design.active.on, design.active.where
    return (
        Since(_SEEN, on="*", never="missing"),
        Age(_KNOWN, on="*"),
        Since(_IDLE, on=on, where=where, never="missing"),
        ActivePeriods(_DAYS, on=on, where=where, every=Period.DAY),
    )


def _gathered(
    design: Design,
    outcome: Outcome,
    reader: Reader,
    what: Happenings,
    *,
    names: Sequence[str],
    lives: Sequence[HalfLife],
    lookback: int | None,
    exclude: frozenset[str],
    end: int,
    open_windows: int,
    strangers: int,
) -> Snapshots:
    """Passes over the cutoffs: the columns, the model's own score, what is held, and what came after."""
    signals = _signals(design)
    variant = design.variant(lives, signals)
    code = {name: place for place, name in enumerate(names)}
    parts: dict[int, _Part] = {}
    notes = {"excluded": 0, "gone before the cutoff": 0, "score unknown": 0}

    def scores(model: ScoreModel) -> dict[int, Floats]:
        return {place: one.scores[0].copy() for place, one in reader.read(model, points=False)}

    # one after another: what a pass holds while it reads is large
    plain, rest = scores(quiet(design.model)), scores(design.rest)
    for place, own in reader.read(variant, [signal.name for signal in signals]):
        cutoff = reader.cutoffs[place]
        columns = {name: np.asarray(values[0], dtype=np.float64) for name, values in own.signals.items()}
        columns |= {"table": plain[place], "held": rest[place]}
        unit = np.array([code[name] for name in own.names], dtype=np.intp)
        keep = ~np.isnan(columns[_SEEN])
        if lookback is not None:
            keep &= np.rint(np.nan_to_num(columns[_SEEN]) * DAY) + 1 < lookback
        out = np.array([name in exclude for name in own.names], dtype=bool)
        gone = what.before(cutoff)[unit] if not outcome.stays_when_seen else np.zeros(len(unit), bool)
        unknown = np.isnan(columns["table"]) | np.isnan(columns["held"])
        for note, lost in zip(tuple(notes), (out, gone, unknown), strict=True):
            notes[note] += int(np.count_nonzero(keep & lost))
            keep &= ~lost
        places = np.flatnonzero(keep)
        known, count = what.window(cutoff + outcome.gap, cutoff + outcome.span)
        parts[place] = _Part(
            places,
            [own.names[i] for i in places.tolist()],
            {name: values[places] for name, values in columns.items()},
            {name: values[0, places] for name, values in own.points.items()},
            known[unit[places]],
            count[unit[places]],
        )
    found = [parts[place] for place in range(len(reader.cutoffs))]
    subjects = tuple(sorted({name for part in found for name in part.names}))
    row = {name: place for place, name in enumerate(subjects)}

    def column(name: str) -> Floats:
        return np.concatenate([part.columns[name] for part in found])

    idle = column(_IDLE)
    return Snapshots(
        design=design,
        outcome=outcome,
        cutoffs=reader.cutoffs,
        end=end,
        lookback=lookback,
        subjects=subjects,
        cutoff=np.repeat(np.arange(len(found)), [len(part.names) for part in found]),
        subject=np.array([row[name] for part in found for name in part.names], dtype=np.intp),
        known=np.concatenate([part.known for part in found]),
        count=np.concatenate([part.count for part in found]),
        idle=np.where(np.isnan(idle), np.inf, idle),
        days=column(_DAYS),
        tenure=column(_KNOWN),
        table=column("table"),
        held=column("held"),
        notes={
            "cutoffs whose window is open": open_windows,
            "subjects with a date and no event": strangers,
            **notes,
        },
        reader=reader,
        places=tuple(part.places for part in found),
        columns={
            rule.name: np.concatenate([part.read[rule.name] for part in found]) for rule in variant.rules
        },
    )

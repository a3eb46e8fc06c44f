"""Outcomes: what is to be foretold, and whether it happened after a cutoff.

Lives here: activity, silence and dated outcomes; when each was known; which windows are closed.
Lives elsewhere: who is looked at and what was known before the cutoff (snapshots), the fit.

A window is [cutoff + gap, cutoff + gap + horizon). A cutoff can be used only when its window ends by the end
of the data: an open window is dropped, never read as "did not happen".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.calibration.days import matching
from questscore.columns.log import EventLog
from questscore.columns.table import EventTable
from questscore.errors import EventError, ModelError, veiled
from questscore.io.extras import need
from questscore.io.frames import is_pandas
from questscore.model.definition import DurationLike, optional_moment
from questscore.model.selector import Selector, selector
from questscore.model.time import Calendar, Duration, Instant, TimeError, instant

Integers = NDArray[np.int64]
Moment: TypeAlias = Instant | dt.date
NEVER = np.iinfo(np.int64).max
"""When something that never happened was known."""


@frozen
class Dates:
    """Subjects and when it happened to each, and when that was known; rows of equal place belong together."""

    subjects: tuple[str, ...]
    moments: tuple[Moment, ...]
    known: tuple[Moment, ...] | None = None


@frozen
class Outcome:
    """Something that happens, or does not, in a window after a cutoff.

    Args:
        horizon: How long the window is.
        gap: Microseconds between the cutoff and the window; >= 0.
        events: The events it is about; None where there are dates.
        dates: Dated outcomes from a table; None where it is about events.
        leaves: Whether the outcome is that a subject leaves: silence, or a date of churn.

    What points are to be high for is called *staying* everywhere: that the event happens or, of dates of
    churn, that none does.
    """

    horizon: Duration
    gap: int = 0
    events: Selector | None = None
    dates: Dates | None = None
    leaves: bool = False

    @property
    def span(self) -> int:
        """Microseconds from the cutoff to the end of its window."""
        return self.gap + self.horizon.us

    def closed(self, cutoff: int, end: int) -> bool:
        """Whether the window of a cutoff is over by the end of the data."""
        return cutoff + self.span <= end

    @property
    def stays_when_seen(self) -> bool:
        """Whether what is looked for means that the subject stays."""
        return not (self.leaves and self.dates is not None)

    def __str__(self) -> str:
        gap = f", beginning {Duration(self.gap)} after it" if self.gap else ""
        if self.events is None:
            what = "a date of leaving" if self.leaves else "a date"
        else:
            names = "event" if self.events.every_name else " or ".join(self.events.on)
            what = names if self.events.where is None else f"{names} where {self.events.where}"
            what = f"no {what}" if self.leaves else f"any {what}"
        return f"{what} in the {self.horizon} after the cutoff{gap}"


def activity(what: object, horizon: DurationLike = "90d", *, gap: DurationLike | None = None) -> Outcome:
    """That an event happens within the horizon; or, of a table, that a date lies in it (a renewal, say).

    Args:
        what: An event name, a list of names, ``"*"``, or a table with ``on`` and ``where``; or subjects and
            instants: a mapping of subject to instant (or to several), pairs (subject, instant), triples
            (subject, instant, known), mappings of these in that order, or an Arrow table or frame with two or
            three such columns. A date counts from its local midnight; ``known`` is when it was recorded.
        horizon: How long after the cutoff.
        gap: How long after the cutoff the window begins; at once unless told.

    Raises:
        ModelError: It selects nothing, or the horizon is no duration.
        EventError: The table is none, or one of its instants.

    >>> print(activity("login", "30d"))
    any login in the 30d after the cutoff
    """
    return _outcome(what, horizon, gap, leaves=False)


def churn(what: object, horizon: DurationLike = "90d", *, gap: DurationLike | None = None) -> Outcome:
    """That no event happens within the horizon; or, of a table, that a date of leaving lies in it.

    A subject with a date of leaving that was known by a cutoff is not looked at from there on.
    The arguments and errors are those of `activity`.

    >>> print(churn("login", "30d"))
    no login in the 30d after the cutoff
    """
    return _outcome(what, horizon, gap, leaves=True)


def _outcome(what: object, horizon: DurationLike, gap: DurationLike | None, *, leaves: bool) -> Outcome:
    try:
        length = Duration.of(horizon)
    except ModelError as error:
        raise error.under("horizon") from None
    try:
        wait = 0 if gap is None else Duration.of(gap).us
    except ModelError as error:
        raise error.under("gap") from None
    if _selects(what):
        return Outcome(length, wait, selector(what), None, leaves)
    return Outcome(length, wait, None, dated(what), leaves)


def _selects(what: object) -> bool:
    if isinstance(what, (str, Selector)) or (isinstance(what, Mapping) and "on" in what):
        return True
    return isinstance(what, (list, tuple)) and bool(what) and all(isinstance(item, str) for item in what)


def dated(source: object) -> Dates:
    """Subjects and instants from a table of them, in any form that `activity` takes.

    Raises:
        EventError: A row is no subject with an instant; the message says which.
    """
    subjects: list[str] = []
    moments: list[Moment] = []
    known: list[Moment] = []
    wide = 0
    for place, row in enumerate(_rows(source)):
        if not 2 <= len(row) <= 3 or not isinstance(row[0], str):
            raise EventError(
                f"a row of {len(row)} is no subject with an instant",
                where=f"[{place}]",
                fix="write (subject, instant), or (subject, instant, known)",
            )
        subjects.append(row[0])
        moments.append(_moment(row[1], place))
        known.append(_moment(row[-1], place))
        wide += len(row) == 3
    if wide not in (0, len(subjects)):
        raise EventError(
            "some rows say when they were known and some do not", fix="say it in all, or in none"
        )
    return Dates(tuple(subjects), tuple(moments), tuple(known) if wide else None)


def _moment(value: object, place: int) -> Moment:
    try:
        found = optional_moment(value)
    except ModelError:
        found = None
    if found is None:
        raise EventError(
            f"{veiled(value)} is no instant",
            where=f"[{place}]",
            fix="write an aware datetime, ISO text, microseconds, or a date",
        )
    return found


def _rows(source: object) -> Iterable[Sequence[object]]:
    if isinstance(source, Mapping):
        for subject, found in source.items():
            several = isinstance(found, (list, tuple, set, frozenset))
            yield from ((subject, moment) for moment in (found if several else [found]))
        return
    if is_pandas(source) or hasattr(source, "__arrow_c_stream__"):
        columns = need("pyarrow", extra="arrow", purpose="reading Arrow data").table(source).columns
        yield from zip(*(column.to_pylist() for column in columns), strict=True)
        return
    if isinstance(source, str) or not isinstance(source, Iterable):
        raise EventError(
            f"a {type(source).__name__} is neither events nor dates",
            where="outcome",
            fix="pass an event name, or pairs (subject, instant)",
        )
    for row in source:
        if isinstance(row, Mapping):
            yield tuple(row.values())
        else:
            yield row if isinstance(row, (list, tuple)) else (row,)


def arrivals(table: EventTable, known: str | None) -> Integers:
    """(n,) when each event was known: the instant in that property, and the event's own time without one.

    Raises:
        EventError: The property of an event is no instant, or no event carries it.
    """
    if known is None:
        return table.time
    column = table.properties.get(known)
    if column is None:
        raise EventError(
            f"no event carries {known!r}",
            where="known",
            fix="name the property that says when events arrived",
        )
    found = table.time.copy()
    try:
        if column.num is not None:
            rows = np.flatnonzero(~np.isnan(column.num))
            values, inverse = np.unique(column.num[rows], return_inverse=True)
            found[rows] = np.array([instant(int(value)) for value in values.tolist()], np.int64)[inverse]
        if column.text is not None:
            rows = np.flatnonzero(column.text.codes >= 0)
            codes, inverse = np.unique(column.text.codes[rows], return_inverse=True)
            texts = [instant(column.text.values[code]) for code in codes.tolist()]
            found[rows] = np.array(texts, dtype=np.int64)[inverse]
    except TimeError:
        raise EventError(
            f"the {known!r} of an event is no instant",
            where="known",
            fix="write ISO text, or integer microseconds",
        ) from None
    return found


@frozen(eq=False)
class Happenings:
    """All that an outcome looks for, by subject of a log, in the order of time.

    Args:
        time: (m,) when it happened, ascending.
        known: (m,) when that was known.
        unit: (m,) which subject, as a code of the log.
        size: How many subjects the log has.
    """

    time: Integers
    known: Integers
    unit: NDArray[np.intp]
    size: int

    def window(self, low: int, high: int) -> tuple[Integers, Integers]:
        """(size,) when it was first known that it happened in [low, high), `NEVER` without; and how often."""
        first, last = np.searchsorted(self.time, (low, high))
        own = self.unit[first:last]
        when = np.full(self.size, NEVER)
        np.minimum.at(when, own, self.known[first:last])
        return when, np.bincount(own, minlength=self.size)

    def before(self, cutoff: int) -> NDArray[np.bool_]:
        """(size,) to whom it had happened by the cutoff, as far as was known then."""
        found = np.zeros(self.size, dtype=bool)
        last = np.searchsorted(self.time, cutoff, side="right")
        found[self.unit[:last][self.known[:last] <= cutoff]] = True
        return found


def happenings(outcome: Outcome, log: EventLog, calendar: Calendar, known: str | None = None) -> Happenings:
    """All that the outcome looks for, among the settled events of a log or in its own dates.

    Args:
        outcome: What is looked for.
        log: The events; its subjects are those that are told apart.
        calendar: For dates and for conditions over local time.
        known: The property that says when an event was known.
    """
    if outcome.events is None:
        return _of_dates(outcome.dates or Dates((), ()), log, calendar)
    found = matching(log, outcome.events, calendar)
    arrived = arrivals(log.table, known)
    unit = log.subject.codes[found].astype(np.intp)
    return Happenings(log.time[found], arrived[found], unit, log.subject.size)


def _of_dates(dates: Dates, log: EventLog, calendar: Calendar) -> Happenings:
    code = {name: place for place, name in enumerate(log.names)}

    def instants(moments: Sequence[Moment]) -> Integers:
        found = [calendar.start_of_date(m) if isinstance(m, dt.date) else int(m) for m in moments]
        return np.array(found, dtype=np.int64)

    time = instants(dates.moments)
    known = time if dates.known is None else instants(dates.known)
    unit = np.array([code.get(name, -1) for name in dates.subjects], dtype=np.intp)
    rows = np.argsort(time, kind="stable")
    rows = rows[unit[rows] >= 0]
    return Happenings(time[rows], known[rows], unit[rows], log.subject.size)

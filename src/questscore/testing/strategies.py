"""Hypothesis strategies: events, models and histories of models, for tests of hosts and plugins.

Lives here: single events, and logs that look like life: regular days, sessions, bursts, ties, silences, days
on which the clocks change, ends of windows.
Lives elsewhere: drawing models (drawn_models), what is chosen from (vocabulary).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Literal

from attrs import evolve, field, frozen

from questscore.errors import MissingExtra
from questscore.model.event import ADJUST, RESERVED, Event, PropertyValue, canonical
from questscore.model.score_model import ScoreModel
from questscore.model.time import DAY, HOUR, MINUTE, SECOND, Calendar, Duration, Period, instant
from questscore.testing.vocabulary import NAMES, PROPERTIES, Values, Vocabulary

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise MissingExtra(
        f"drawing events and models needs hypothesis, which cannot be imported ({error})\n"
        '  fix: pip install "questscore[testing]"'
    ) from None

from questscore.testing.drawn_models import models

__all__ = ["events", "histories", "models"]

START = "2026-01-01T00:00:00Z"
Does = Literal["regular", "session", "tie", "silence", "edge", "apart"]
DOES: tuple[Does, ...] = ("regular", "session", "tie", "silence", "edge", "apart")


@st.composite
def events(
    draw: st.DrawFn,
    *,
    names: Sequence[str] = NAMES,
    properties: Values = PROPERTIES,
    users: Sequence[str] = ("ada", "bob"),
    accounts: Sequence[str] = ("acme", "blue"),
    start: object = START,
    span: str | dt.timedelta = "90d",
) -> Event:
    """One valid event, some with an id, a user or an account only; it shrinks to a bare first one.

    Args:
        draw: Hypothesis gives it.
        names: What it may be called.
        properties: What it may carry: name to values. Each property is there or not.
        users, accounts: Who; leave one empty to have none.
        start, span: When: an instant, and how long after it at most.

    >>> from hypothesis import find
    >>> find(events(names=["pay"]), lambda event: event.properties.get("amount") == 5).properties
    {'amount': 5}
    """
    first = instant(start)
    time = first + draw(st.integers(0, Duration.of(span).us))
    pairs: list[tuple[str | None, str | None]] = [(user, None) for user in users]
    pairs += [(None, account) for account in accounts]
    pairs += [(user, account) for user in users for account in accounts]
    user, account = draw(st.sampled_from(pairs))
    own = draw(st.none() | st.integers(0, 9).map("e{}".format))
    return Event(draw(st.sampled_from(names)), time, user, account, draw(_carried(properties)), own)


def _carried(properties: Values) -> st.SearchStrategy[dict[str, PropertyValue]]:
    """Properties, each there or not."""
    each = {name: st.sampled_from(values) for name, values in properties.items()}
    return st.fixed_dictionaries({}, optional=each)


@frozen
class Deed:
    """What is done at one instant: a place among the names, and what is carried."""

    name: str
    properties: dict[str, PropertyValue]
    other: str | None
    named: bool


@frozen
class Phase:
    """A stretch of a life: what is done, how far apart, and where."""

    does: Does
    deeds: list[Deed]
    gap: int
    where: int

    def played(self, now: int, calendar: Calendar, changes: Sequence[int]) -> tuple[list[int], int]:
        """The instants of the deeds from ``now`` on, as many as there are, and where life stands then."""
        times = len(self.deeds)
        match self.does:
            case "regular":
                gap = (DAY, 7 * DAY, 12 * HOUR)[self.where % 3]
                return [now + i * gap for i in range(times)], now + times * gap
            case "session":
                gap = (MINUTE, SECOND, 30 * MINUTE, 30 * MINUTE - 1)[self.where % 4]
                return [now + i * gap for i in range(times)], now + times * gap + DAY
            case "tie":
                return [now] * min(times, 3), now + HOUR
            case "silence":
                return [], now + times * (DAY, 7 * DAY)[self.where % 2]
            case "edge":
                return _edges(now, calendar, changes, times, self.where)
            case "apart":
                return [now, now + self.gap + self.where % 3 - 1][:times], now + self.gap + HOUR


def _edges(
    now: int, calendar: Calendar, changes: Sequence[int], times: int, where: int
) -> tuple[list[int], int]:
    """A local midnight and a microsecond before it, or around the next change of the clocks."""
    later = [change for change in changes if change > now]
    if where % 2 and later:
        around = (-HOUR, -1, 0, HOUR)
        return [later[0] + around[(where + i) % 4] for i in range(min(times, 4))], later[0] + 2 * HOUR
    midnight = calendar.start(Period.DAY, calendar.index(Period.DAY, now) + 1)
    return [midnight - 1, midnight][: min(times, 2)], midnight + HOUR


def clock_changes(calendar: Calendar, start: int, end: int) -> list[int]:
    """The instants in [start, end) at which local time jumps.

    >>> from questscore.model.time import iso
    >>> year = instant("2026-01-01T00:00:00Z"), instant("2027-01-01T00:00:00Z")
    >>> [iso(t) for t in clock_changes(Calendar("Europe/Paris"), *year)]
    ['2026-03-29T01:00:00Z', '2026-10-25T01:00:00Z']
    """
    found = []
    for day in range(start, end, DAY):
        low, high = day, min(day + DAY, end)
        if calendar.offset(low) != calendar.offset(high):
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (
                    (middle, high) if calendar.offset(middle) == calendar.offset(low) else (low, middle)
                )
            found.append(high)
    return found


def histories(
    model: ScoreModel,
    *,
    names: Sequence[str] | None = None,
    properties: Values | None = None,
    subjects: int = 3,
    start: object = None,
    span: str | dt.timedelta = "60d",
    size: int = 40,
    adjustments: bool = True,
    repeats: bool = True,
) -> st.SearchStrategy[list[Event]]:
    """A log for a model: lives of its subjects, of regular days, sessions, bursts of ties, silences and ends.

    Events sit where things go wrong: at local midnights and a microsecond before, around changes of the
    clocks, exactly (or all but exactly) one of the model's windows apart. They are in order of time, but that
    what is sent again comes last. It shrinks to fewer subjects, phases and events with fewer properties.

    Args:
        model: Whose events.
        names: What events are called; by default what the model selects.
        properties: What they carry, name to values; by default what the model reads, with values near those
            it compares with.
        subjects: How many at most.
        start: The instant at which the log begins; by default ten days before the clocks of the model's time
            zone change in 2026, if they do.
        span: How long the log is at most.
        size: How many events a subject has at most.
        adjustments: Whether points are adjusted and reset now and then.
        repeats: Whether events with an id are sent again, some with another content.

    >>> from hypothesis import given, settings
    >>> from questscore import Count
    >>> model = ScoreModel("m", subject="user", signals=[Count("pays", on="pay", where="amount > 10")])
    >>> @settings(max_examples=5, database=None)
    ... @given(histories(model, adjustments=False))
    ... def holds(log):
    ...     assert all(event.name == "pay" for event in log)
    >>> holds()
    """
    words = Vocabulary.of(model)
    chosen = _Life(
        evolve(words, names=tuple(names or words.names), properties=properties or words.properties),
        model.subject,
        model.calendar,
        _beginning(model.calendar) if start is None else instant(start),
        Duration.of(span).us,
        size,
        adjustments,
    )
    return _log(chosen, st.lists(_life(chosen), max_size=subjects), repeats)


@st.composite
def _log(
    draw: st.DrawFn, life: _Life, lives: st.SearchStrategy[list[list[Event]]], repeats: bool
) -> list[Event]:
    log = [
        evolve(event, **{life.subject: f"s{number}", "id": event.id and f"s{number}-{event.id}"})
        for number, own in enumerate(draw(lives))
        for event in own
    ]
    log.sort(key=canonical)
    named = [event for event in log if event.id is not None]
    if repeats and named:
        for event in draw(st.lists(st.sampled_from(named), max_size=3)):
            log.append(evolve(event, properties=draw(life.carried)))
    return log


def _beginning(calendar: Calendar) -> int:
    year = int(instant(START))
    return next((change - 10 * DAY for change in clock_changes(calendar, year, year + 365 * DAY)), year)


@frozen
class _Life:
    """What the lives of a log have in common."""

    words: Vocabulary
    subject: str
    calendar: Calendar
    start: int
    span: int
    size: int
    adjustments: bool
    changes: list[int] = field(init=False)
    hours: st.SearchStrategy[int] = field(init=False)
    carried: st.SearchStrategy[dict[str, PropertyValue]] = field(init=False)
    phases: st.SearchStrategy[list[Phase]] = field(init=False)

    @changes.default
    def _changes(self) -> list[int]:
        return clock_changes(self.calendar, self.start, self.start + self.span)

    @hours.default
    def _beginnings(self) -> st.SearchStrategy[int]:
        return st.integers(0, self.span // HOUR // 2)

    @carried.default
    def _its_properties(self) -> st.SearchStrategy[dict[str, PropertyValue]]:
        return _carried(self.words.properties)

    @phases.default
    def _phases(self) -> st.SearchStrategy[list[Phase]]:
        others = ("u0", "u1", "u2") if self.subject == "account" else (None, "acme")
        names = [*self.words.names] * 4 + [*RESERVED] * self.adjustments
        deed = st.builds(
            Deed,
            st.sampled_from(names),
            self.carried,
            st.sampled_from(others),
            st.booleans(),
        )
        lengths = st.sampled_from([DAY, *self.words.lengths])
        deeds = st.lists(deed, min_size=1, max_size=6)
        phase = st.builds(Phase, st.sampled_from(DOES), deeds, lengths, st.integers(0, 5))
        return st.lists(phase, min_size=1, max_size=4)


@st.composite
def _life(draw: st.DrawFn, life: _Life) -> list[Event]:
    """One subject's events: phases, one after another, until they end or the log does."""
    now = life.start + draw(life.hours) * HOUR
    found: list[Event] = []
    for phase in draw(life.phases):
        times, now = phase.played(now, life.calendar, life.changes)
        for time, deed in zip(times, phase.deeds, strict=False):
            if life.start <= time <= life.start + life.span and len(found) < life.size:
                found.append(_event(life, time, deed, len(found)))
    return found


def _event(life: _Life, time: int, deed: Deed, number: int) -> Event:
    user, account = ("s", deed.other) if life.subject == "user" else (deed.other, "s")
    properties: dict[str, PropertyValue] = dict(deed.properties)
    if deed.name in RESERVED:
        properties = {"points": 10 if deed.name == ADJUST else 5}
    return Event(deed.name, time, user, account, properties, str(number) if deed.named else None)

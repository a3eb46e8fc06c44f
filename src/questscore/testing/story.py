"""Story: what a subject does, told day by day, and what its score ought to be then.

Lives here: telling, and the expectations, which fail with the reasons of the score.
Lives elsewhere: the numbers (api), the fixture that makes stories in pytest (pytest_plugin).
"""

from __future__ import annotations

import calendar as months
import datetime as dt
import re
from collections.abc import Mapping
from typing import NoReturn

from questscore.api import explain, history, score
from questscore.errors import EventError, nearest
from questscore.language import Value
from questscore.model.definition import SpanLike
from questscore.model.event import Event, canonical
from questscore.model.result import Explanation, Score, Transition
from questscore.model.score_model import ScoreModel
from questscore.model.time import Calendar, Duration, Period, Span, TimeError, instant, iso
from questscore.testing.difference import TOLERANCE, said, same

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MONTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}
_SHOWN = 40


class Story:
    """What subjects do, told in the order one would say it; every time is given, no clock is read.

    A story stands at an instant, `now`, for each subject apart: `does` puts events there, `after` and
    `falls_silent` move on, `on` goes to a date. Each returns the story, so that a life reads as a sentence.
    What is expected is said the same way; an expectation that fails shows the reasons of the score.

    An instant is any form of an event's time; local text without an offset; or a date, which is its local
    midnight. Local is the story's time zone.

    Args:
        model: What a score is.
        start: The instant at which every subject's story begins.
        subject: Whose story; `subject` turns to another.
        timezone: An IANA name; by default the model's.

    >>> from questscore import EventRule, Level, Levels, ScoreModel
    >>> model = ScoreModel(
    ...     "habit",
    ...     subject="user",
    ...     rules=[EventRule("comes back", on="login", points=10, half_life="30d")],
    ...     levels=Levels(Level("regular", at_least=50)),
    ... )
    >>> story = Story(model, start="2026-03-01T09:00", subject="ada")
    >>> story.does("login", every="day", for_="2w").falls_silent(for_="60d")
    <Story of 'ada', now 2026-05-14T09:00:00Z: 14 events>
    >>> story.expect_level("regular", at="2026-03-15").expect_level("base")
    <Story of 'ada', now 2026-05-14T09:00:00Z: 14 events>
    >>> [str(change) for change in story.transitions()][-1]
    '2026-04-22T00:00:00Z ada: regular -> base (time)'
    """

    def __init__(
        self, model: ScoreModel, *, start: object, subject: str | None = None, timezone: str | None = None
    ) -> None:
        self.model = model
        self._calendar = Calendar(timezone) if timezone is not None else model.calendar
        self._start = self._instant(start, "start")
        self._subject = subject
        self._nows: dict[str, int] = {}
        self._events: list[Event] = []

    # -- telling ------------------------------------------------------------------------------------

    def subject(self, name: str) -> Story:
        """Turns to a subject: to where its story stood, or to the start."""
        self._subject = name
        return self

    def does(
        self,
        name: str,
        properties: Mapping[str, object] | None = None,
        *,
        every: SpanLike | None = None,
        for_: SpanLike | None = None,
        times: int | None = None,
        user: str | None = None,
        account: str | None = None,
        id: str | None = None,
        **more: object,
    ) -> Story:
        """An event now; or with ``every`` many, from now on, after which the story has moved on.

        Args:
            name: What happens.
            properties, more: What the event carries.
            every: A calendar period (the same local time of each day, week, …) or a duration.
            for_: For how long; or
            times: how many times.
            user, account: Who beside the subject.
            id: The event's id; of a series, ids are made from it: ``id-0``, ``id-1`` and so on.
        """
        subject, now = self._known(), self.now
        instants = [now]
        if every is not None:
            instants, self._nows[subject] = self._series(now, Span.of(every), for_, times)
        elif for_ is not None or times is not None:
            raise EventError("says how long or often, and not how far apart", where="every", fix="say every")
        keys = {"user": user, "account": account}
        if keys[self.model.subject] not in (None, subject):
            raise EventError(
                "another subject of the model", where=self.model.subject, fix="turn to it with subject(…)"
            )
        keys[self.model.subject] = subject
        for number, time in enumerate(instants):
            own = f"{id}-{number}" if id is not None and every is not None else id
            held = {**(properties or {}), **more}
            self._events.append(Event(name, time, keys["user"], keys["account"], held, own))
        return self

    def after(self, length: SpanLike) -> Story:
        """Later by a duration (a day is 24 h), or by a calendar period at the same local time."""
        self._nows[self._known()] = self._later(self.now, Span.of(length), 1)
        return self

    def falls_silent(self, *, for_: SpanLike) -> Story:
        """Nothing happens for so long: `after` by another name."""
        return self.after(for_)

    def on(self, when: object) -> Story:
        """At an instant; at a date, its local midnight. Back in time is fine: order never matters."""
        self._nows[self._known()] = self._instant(when, "when")
        return self

    def fork(self) -> Story:
        """A story that begins with this one and then goes its own way."""
        other = Story(self.model, start=self._start, subject=self._subject)
        other._calendar = self._calendar
        other._nows, other._events = {**self._nows}, [*self._events]
        return other

    # -- reading ------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """Where the subject's story stands, microseconds."""
        return self._nows.get(self._known(), self._start)

    @property
    def events(self) -> tuple[Event, ...]:
        """All that happened, in canonical order."""
        return tuple(sorted(self._events, key=canonical))

    def score(self, at: object = None) -> Score:
        """The subject's score, by default now.

        Raises:
            UnknownSubject: It has no event by then.
        """
        return score(self.model, self._events, self._at(at))[self._known()]

    def explain(self, at: object = None) -> Explanation:
        """Why the score is what it is."""
        return explain(self.model, self._events, self._known(), self._at(at))

    def transitions(self, to: object = None) -> list[Transition]:
        """The subject's changes of level up to an instant, by default now."""
        if not self._events:
            return []
        end = self._at(to)
        told = history(self.model, self._events, "day", end, end).transitions
        return [change for change in told if change.subject == self._known()]

    # -- expecting ----------------------------------------------------------------------------------

    def expect_score(self, value: float | None, at: object = None, within: float = TOLERANCE) -> Story:
        """That the score is ``value``; None: unknown.

        Args:
            value: The score.
            at: The instant; by default now.
            within: How far off it may be, as a share of the larger number, and of at least 1.
        """
        __tracebackhide__ = True
        found = self.score(at)
        if not same(_number(found.value), _number(value), within):
            self._fail(found, at, f"score {said(found.value, value)}")
        return self

    def expect_level(self, level: str | None, at: object = None) -> Story:
        """That the subject is in a level then."""
        __tracebackhide__ = True
        found = self.score(at)
        if found.level != level:
            self._fail(found, at, f"level {said(found.level, level)}{self._near(level)}")
        return self

    def expect_signal(self, signal: str, value: Value, at: object = None, within: float = TOLERANCE) -> Story:
        """That a signal has a value then; None: missing."""
        __tracebackhide__ = True
        found = self.score(at)
        known = _named(found.signals, signal, "signal")
        if not same(_number(known), _number(value), within):
            self._fail(found, at, f"signal {signal!r}: {said(known, value)}")
        return self

    def expect_reason(
        self, rule: str, points: float | None, at: object = None, within: float = TOLERANCE
    ) -> Story:
        """That a rule pays so many points then, its bounds applied; None: unknown."""
        __tracebackhide__ = True
        found = self.score(at)
        known = _named(found.points, rule, "rule")
        if not same(_number(known), _number(points), within):
            self._fail(found, at, f"rule {rule!r}: {said(known, points)}")
        return self

    def expect_transition(self, before: str | None, after: str | None, at: object) -> Story:
        """That the level changes at an instant exactly; at a date, some time on that local day."""
        __tracebackhide__ = True
        first = last = self._instant(at, "at")
        if (date := _date(at)) is not None:
            last = self._calendar.start_of_date(date + dt.timedelta(days=1)) - 1
        changes = self.transitions(max(last, self.now))
        if not any((c.before, c.after) == (before, after) and first <= c.time <= last for c in changes):
            span = iso(first) if first == last else f"{iso(first)} to {iso(last)}"
            raise AssertionError(
                f"{self._known()}: no change from {before!r} to {after!r} at {span}; {_listed(changes)}"
            )
        return self

    def expect_path(self, *levels: str | None, to: object = None) -> Story:
        """That these are the levels gone through up to an instant, the first one included; by default now."""
        __tracebackhide__ = True
        changes = self.transitions(to)
        path = (changes[0].before if changes else self.score(to).level, *(c.after for c in changes))
        if path != levels:
            went = f"went {_arrows(path)}, expected {_arrows(levels)}"
            raise AssertionError(f"{self._known()} up to {iso(self._at(to))}: {went}; {_listed(changes)}")
        return self

    # -- helpers ------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        who = f" of {self._subject!r}, now {iso(self.now)}" if self._subject is not None else ""
        return f"<Story{who}: {len(self._events):,} events>"

    def __str__(self) -> str:
        """The events, a line each, with their local times."""
        lines = [
            " ".join(
                [
                    self._calendar.local(e.time).isoformat(" "),
                    " ".join(key for key in (e.account, e.user) if key),
                    e.name,
                    *(f"{key}={value!r}" for key, value in e.properties.items()),
                ]
            )
            for e in self.events
        ]
        more = [f"… and {len(lines) - _SHOWN:,} more"] if len(lines) > _SHOWN else []
        return "\n".join([*lines[:_SHOWN], *more])

    def _known(self) -> str:
        if self._subject is None:
            raise EventError("no subject yet", where="subject", fix="say whose story it is: subject('…')")
        return self._subject

    def _instant(self, value: object, where: str) -> int:
        date = _date(value)
        if date is not None:
            return self._calendar.start_of_date(date)
        try:
            return instant(value, timezone=self._calendar.tzinfo)
        except TimeError as error:
            raise EventError(
                str(error), where=where, fix="write such as '2026-03-01' or '2026-03-01T09:30'"
            ) from None

    def _at(self, at: object) -> int:
        return self.now if at is None else self._instant(at, "at")

    def _series(
        self, now: int, every: Span, for_: SpanLike | None, times: int | None
    ) -> tuple[list[int], int]:
        """The instants of a series, and where it leaves the story."""
        if (for_ is None) == (times is None):
            raise EventError("neither or both of for_ and times", where="every", fix="give one of the two")
        if times is not None:
            return [self._later(now, every, k) for k in range(times)], self._later(now, every, times)
        assert for_ is not None  # noqa: S101
        length = Span.of(for_)
        # beside a calendar period a week is seven local days, however long
        local = isinstance(every.length, Period) and isinstance(length.length, Duration)
        end = self._local_later(now, length) if local else self._later(now, length, 1)
        found: list[int] = []
        while (time := self._later(now, every, len(found))) < end:
            found.append(time)
        return found, end

    def _later(self, time: int, span: Span, steps: int) -> int:
        if isinstance(span.length, Duration):
            return time + steps * span.length.us
        local = self._calendar.local(time)
        if span.length in _MONTHS:
            ahead = local.year * 12 + local.month - 1 + steps * _MONTHS[span.length]
            year, month = divmod(ahead, 12)
            day = min(local.day, months.monthrange(year, month + 1)[1])
            moved = local.replace(year=year, month=month + 1, day=day, tzinfo=None)
        else:
            days = steps * (7 if span.length is Period.WEEK else 1)
            moved = local.replace(tzinfo=None) + dt.timedelta(days=days)
        return instant(moved, timezone=self._calendar.tzinfo)

    def _local_later(self, time: int, span: Span) -> int:
        assert isinstance(span.length, Duration)  # noqa: S101
        local = self._calendar.local(time).replace(tzinfo=None)
        return instant(local + dt.timedelta(microseconds=span.length.us), timezone=self._calendar.tzinfo)

    def _near(self, level: str | None) -> str:
        order = self.model.levels.order
        if level is None or level in order:
            return ""
        near = nearest(level, order)
        return "; there is no such level" + (f", the nearest is {near!r}" if near else "")

    def _fail(self, found: Score, at: object, what: str) -> NoReturn:
        __tracebackhide__ = True
        signals = ", ".join(f"{name} = {value!r}" for name, value in found.signals.items())
        lines = [
            f"{found.subject} at {iso(self._at(at))}: {what}",
            "",
            str(self.explain(at)),
            f"level: {found.level}",
            *([f"signals: {signals}"] if signals else []),
        ]
        raise AssertionError("\n".join(lines))


def _date(value: object) -> dt.date | None:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value.strip()):
        try:
            return dt.date.fromisoformat(value.strip())
        except ValueError as error:
            raise EventError(
                f"{value!r} is no such date: {error}", fix="write such as '2026-03-01'"
            ) from None
    return None


def _number(value: object) -> object:
    """Booleans are the numbers 0 and 1."""
    return float(value) if isinstance(value, bool | int) else value


def _named(values: Mapping[str, Value], name: str, what: str) -> Value:
    if name in values:
        return values[name]
    near = nearest(name, values)
    raise AssertionError(f"no {what} {name!r}" + (f"; the nearest is {near!r}" if near else ""))


def _arrows(levels: tuple[str | None, ...]) -> str:
    return " -> ".join(str(level) for level in levels) or "nowhere"


def _listed(changes: list[Transition]) -> str:
    if not changes:
        return "the level never changes"
    return "the changes of level are\n" + "\n".join(f"  {change}" for change in changes)

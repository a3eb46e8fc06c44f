"""The definition of every number, in plain Python.

Lives here: what a score is, one subject at a time: short, slow, without numpy. Every engine is held
equal to this module. Each kind of signal and rule is asked for its ``naive``.
Lives elsewhere: the kinds (signals, rules), the vocabulary (model), anything fast (engine).
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from functools import cached_property

from attrs import evolve

from questscore.errors import ModelError
from questscore.language import Value, number, truth
from questscore.model.event import ADJUST, RESET, Event, canonical
from questscore.model.level import Levels
from questscore.model.number import finite, total
from questscore.model.result import Score, Transition
from questscore.model.rule import clamp
from questscore.model.score_model import ScoreModel
from questscore.model.selector import Selector
from questscore.model.signal import shifted
from questscore.model.time import Calendar, Period


def settled(events: Iterable[Event]) -> list[Event]:
    """One subject's events in canonical order; of several with one id, the first."""
    seen: set[str] = set()
    kept = []
    for event in sorted(events, key=canonical):
        if event.id is None or event.id not in seen:
            kept.append(event)
        if event.id is not None:
            seen.add(event.id)
    return kept


def by_subject(model: ScoreModel, events: Iterable[Event]) -> dict[str, list[Event]]:
    """Settled events by subject; unattributed events are left out."""
    found: dict[str, list[Event]] = {}
    for event in events:
        subject = event.user if model.subject == "user" else event.account
        if subject is not None:
            found.setdefault(subject, []).append(event)
    return {subject: settled(found[subject]) for subject in sorted(found)}


class Subject:
    """One subject (or one member of an account) under a model: the context of its definitions."""

    def __init__(self, model: ScoreModel, events: Sequence[Event], account: Subject | None = None) -> None:
        self.model = model
        self.calendar: Calendar = model.calendar
        self.timezone = model.timezone
        self.week_start = model.week_start
        self._all = list(events)
        self._plain = [event for event in events if not event.reserved]
        self._account = account
        self._values: dict[tuple[str, int], Value] = {}

    def before(self, at: int, *, reserved: bool = False) -> list[Event]:
        """Its events at or before ``at``."""
        events = self._all if reserved else self._plain
        return events[: bisect.bisect_right(events, at, key=lambda event: event.time)]

    def matching(self, events: Sequence[Event], selector: Selector | str | Sequence[str]) -> list[Event]:
        chosen = selector if isinstance(selector, Selector) else Selector(selector)
        return [event for event in events if chosen.matches(event, self.calendar)]

    def signal(self, name: str, at: int) -> Value:
        signal = self.model.signal[name]
        if self._account is not None and signal.scope is None:
            return self._account.signal(name, at)
        if (name, at) not in self._values:
            moment = shifted(at, signal.offset, self.calendar)
            self._values[name, at] = number(signal.naive(self.before(moment), moment, self))
        return self._values[name, at]

    @cached_property
    def _members(self) -> list[Subject]:
        users = sorted({event.user for event in self._plain if event.user is not None})
        return [
            Subject(self.model, [event for event in self._all if event.user == user], account=self)
            for user in users
        ]

    def members(self, at: int) -> list[Subject]:
        return [member for member in self._members if member.before(at)]

    def scored(self, model: object, at: int) -> float | None:
        if not isinstance(model, ScoreModel):
            raise ModelError(f"{model!r} is not a ScoreModel", fix="pass a ScoreModel")
        other = self.under(model)
        return other.score("", at).value if other.before(at, reserved=True) else None

    def under(self, model: ScoreModel) -> Subject:
        """The same events under another model."""
        return Subject(model, self._all)

    def _adjusting(self, at: int, name: str) -> list[Event]:
        return [e for e in self.before(at, reserved=True) if e.name == name and self.concerned(e)]

    def concerned(self, event: Event) -> bool:
        """Whether an adjustment or a reset holds for this model."""
        return event.properties.get("model") in (None, self.model.name)

    def reset(self, at: int) -> int | None:
        return max((event.time for event in self._adjusting(at, RESET)), default=None)

    def adjusting(self, at: int) -> list[tuple[Event, float]]:
        """The adjustments after the last reset, and what that reset started from, each with its points."""
        reset = self.reset(at)
        started = [e for e in self._adjusting(at, RESET) if e.time == reset]
        added = [e for e in self._adjusting(at, ADJUST) if reset is None or e.time > reset]
        amounts = [(event, event.properties.get("points")) for event in started + added]
        return [(event, float(a)) for event, a in amounts if isinstance(a, (int, float))]

    def adjustments(self, at: int) -> float:
        """What adjustments add."""
        return total(amount for _, amount in self.adjusting(at))

    def score(self, name: str, at: int) -> Score:
        """The score as of ``at``; the level is that of the score alone, without margin and dwell."""
        model, events = self.model, self.before(at)
        values = {signal.name: self.signal(signal.name, at) for signal in model.columns}
        points: dict[str, float | None] = {}
        for rule in model.rules:
            paid = rule.naive(events, values, at, self)
            points[rule.name] = None if paid is None else clamp(float(paid), rule.minimum, rule.maximum)
        added = self.adjustments(at)
        raw = self._raw(points, added)
        value = raw
        if value is not None:
            value = clamp(value, model.minimum, model.maximum)
            value = value if model.scale is None else model.scale(value)
        level = level_of(model.levels, value, values)
        return Score(name, value, raw, level, points, added, values)

    def _raw(self, points: dict[str, float | None], added: float) -> float | None:
        known = {name: paid for name, paid in points.items() if paid is not None}
        if len(known) < len(points):
            return None
        parts = [added]
        for group in self.model.groups:
            inside = total(known[rule.name] for rule in self.model.rules if rule.group == group.name)
            parts.append(finite(group.weight * clamp(inside, group.minimum, group.maximum)))
        return total(parts + [known[rule.name] for rule in self.model.rules if rule.group is None])


def level_of(levels: Levels, value: float | None, values: dict[str, Value]) -> str | None:
    """The level of a score and its signals, whatever came before."""
    if value is None or not len(levels):
        return None
    for level in levels:
        if level.when is not None and truth(level.when.evaluate(values.__getitem__)):
            return level.name
    return levels.of_score(value)


def step(
    levels: Levels, current: str | None, since: int | None, at: int, target: str | None, value: float | None
) -> str | None:
    """The level after an evaluation instant, given the one before and when it was entered.

    ``target`` and ``value`` are the level of the score alone, and the score.
    """
    if since is not None and levels.dwell is not None and at < since + levels.dwell.us:
        return current
    order = levels.order
    if target is None or current is None or value is None or target == current:
        return target
    threshold = {level.name for level in levels if level.when is None} | {levels.below}
    falls = target in threshold and order.index(target) < order.index(current)
    return current if falls and levels.keeps(current, value) else target


class Walk:
    """One subject's levels through time, from its first event on, under margin and dwell."""

    def __init__(self, subject: Subject, name: str, to: int) -> None:
        self.events = subject.before(to, reserved=True)
        # what happens later is not there yet, though the cell that holds the end is read to its own end
        self.subject = Subject(subject.model, self.events)
        self.name, self.to = name, to
        self.levels = subject.model.levels
        self.level: str | None = self.levels.below if len(self.levels) else None
        self.since: int | None = None  # when the level was entered; None: dwell does not hold it
        self.found: list[Transition] = []
        if self.events and len(self.levels):
            self._by_period() if isinstance(subject.model.evaluate, Period) else self._continuous()

    def _after(self, at: int) -> tuple[str | None, Score]:
        score = self.subject.score(self.name, at)
        return step(self.levels, self.level, self.since, at, score.level, score.value), score

    def _look(self, at: int, previous: int) -> None:
        after, score = self._after(at)
        if after == self.level:
            return
        span = [event for event in self.events if previous < event.time <= at]
        adjusted = any(e.reserved and self.subject.concerned(e) for e in span)
        cause = "adjustment" if adjusted else "event" if span else "time"
        passed = self.levels.passed(self.level, after)
        self.found.append(Transition(self.name, at, self.level, after, score.value, cause, passed))
        self.level, self.since = after, (None if after is None else at)

    def _by_period(self) -> None:
        previous = self.events[0].time - 1
        evaluate = self.subject.model.evaluate
        assert isinstance(evaluate, Period)  # noqa: S101
        for at in self.subject.calendar.instants(evaluate, previous, self.to):
            self._look(at, previous)
            previous = at

    def _continuous(self) -> None:
        grid = self.subject.model.resolution.us
        times = sorted({event.time for event in self.events})
        at: int = times[0]
        previous = at - 1
        while at <= self.to:
            self._look(at, previous)
            previous = at
            while True:
                dwell = self.levels.dwell
                ends = [] if dwell is None or self.since is None else [self.since + dwell.us]
                later = [*times[bisect.bisect_right(times, previous) :][:1], (at // grid + 1) * grid]
                following = min(t for t in later + ends if t > previous)
                if self._after(following - 1)[0] == self.level:
                    break
                low, high = previous, following - 1  # the level differs at high, not at low
                while high - low > 1:
                    middle = (low + high) // 2
                    low, high = (middle, high) if self._after(middle)[0] == self.level else (low, middle)
                if high > self.to:
                    return
                self._look(high, previous)
                previous = high
            at = following


def transitions(model: ScoreModel, events: Iterable[Event], to: int) -> list[Transition]:
    """All changes of level up to ``to``, by time and subject."""
    found = [
        change
        for name, own in by_subject(model, (event for event in events if event.time <= to)).items()
        for change in Walk(Subject(model, own), name, to).found
    ]
    return sorted(found, key=lambda change: (change.time, change.subject))


def score(model: ScoreModel, events: Iterable[Event], at: int) -> dict[str, Score]:
    """The score of every subject with an event at or before ``at``, by subject."""
    table = {}
    for name, own in by_subject(model, (event for event in events if event.time <= at)).items():
        subject = Subject(model, own)
        table[name] = subject.score(name, at)
        if model.levels.sticky:
            table[name] = evolve(table[name], level=Walk(subject, name, at).level)
    return table

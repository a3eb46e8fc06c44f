"""The definition of every number, in plain Python.

Lives here: what a score is, one subject at a time: short, slow, without numpy. Every engine is held
equal to this module. Each kind of signal and rule is asked for its ``naive``.
Lives elsewhere: the kinds (signals, rules), the vocabulary (model), anything fast (engine).
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from attrs import evolve

from questscore.errors import ModelError
from questscore.language import Value, number, truth
from questscore.model.event import ADJUST, RESET, Event, canonical
from questscore.model.level import Levels
from questscore.model.number import finite, total
from questscore.model.plugin import RAISING, Faults, plugged, sealed
from questscore.model.publication import Service, in_force
from questscore.model.result import Score, Transition
from questscore.model.rule import Rule, clamp
from questscore.model.score_model import ScoreModel
from questscore.model.selector import Selector
from questscore.model.signal import SignalDefinition, shifted
from questscore.model.time import Calendar, Period
from questscore.model.trigger import INSIDE, OUTSIDE, Audience


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

    def __init__(
        self,
        model: ScoreModel,
        events: Sequence[Event],
        account: Subject | None = None,
        faults: Faults = RAISING,
    ) -> None:
        self.model, self.faults = model, faults
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
            self._values[name, at] = self.value(signal, shifted(at, signal.offset, self.calendar))
        return self._values[name, at]

    def value(self, signal: SignalDefinition, moment: int) -> Value:
        """What a signal's definition gives at the instant that its offset looks at."""
        if plugged(signal):
            return self.faults.value(signal, self._shown(moment), moment, self, self.whose)
        return number(signal.naive(self.before(moment), moment, self))

    def paid(self, rule: Rule, values: Mapping[str, Value], at: int) -> float | None:
        """The points that a rule's definition gives, before its bounds; None: unknown."""
        if plugged(rule):
            return self.faults.points(rule, self._shown(at), values, at, self, self.whose)
        paid = rule.naive(self.before(at), values, at, self)
        return None if paid is None else float(paid)

    @cached_property
    def _sealed(self) -> tuple[Event, ...]:
        return tuple(map(sealed, self._plain))

    def _shown(self, at: int) -> Sequence[Event]:
        """Its events at or before ``at``, as plugins see them."""
        return self._sealed[: len(self.before(at))]

    def whose(self) -> str | None:
        """The subject's name; of a member, its account's. None before its first event."""
        if self._account is not None:
            return self._account.whose()
        first = self._all[0] if self._all else None
        return None if first is None else first.user if self.model.subject == "user" else first.account

    @cached_property
    def _members(self) -> list[Subject]:
        users = sorted({event.user for event in self._plain if event.user is not None})
        return [
            Subject(self.model, [event for event in self._all if event.user == user], self, self.faults)
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
        return Subject(model, self._all, None, self.faults)

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
        model = self.model
        values = {signal.name: self.signal(signal.name, at) for signal in model.columns}
        points: dict[str, float | None] = {}
        for rule in model.rules:
            paid = self.paid(rule, values, at)
            points[rule.name] = None if paid is None else clamp(paid, rule.minimum, rule.maximum)
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

    ``target`` and ``value`` are the level of the score alone, and the score. A level that these levels do not
    know, of a model that was replaced, is kept by nothing.
    """
    order = levels.order
    if current is None or current not in order:
        return target
    if since is not None and levels.dwell is not None and at < since + levels.dwell.us:
        return current
    if target is None or value is None or target == current:
        return target
    threshold = {level.name for level in levels if level.when is None} | {levels.below}
    falls = target in threshold and order.index(target) < order.index(current)
    return current if falls and levels.keeps(current, value) else target


UNSCORED = Score("", None, None, None, {}, 0.0, {})
"""The score of a subject of which the model in service has seen nothing yet."""


class Served:
    """One subject under the models in service, each in its span of time."""

    def __init__(
        self, services: Sequence[Service], events: Sequence[Event], faults: Faults = RAISING
    ) -> None:
        self.services, self.events, self.faults = services, events, faults
        self._subjects: dict[int, Subject] = {}

    def subject(self, at: int) -> Subject:
        """It under the model in service at an instant, with the events that this one sees."""
        place = in_force(self.services, at)
        if place not in self._subjects:
            service = self.services[place]
            since = service.since
            seen = [event for event in self.events if since is None or event.time >= since]
            self._subjects[place] = Subject(service.model, seen, None, self.faults)
        return self._subjects[place]

    def score(self, name: str, at: int) -> Score:
        """Its score, and what the level of that score alone is."""
        subject = self.subject(at)
        return subject.score(name, at) if subject.before(at, reserved=True) else UNSCORED

    def spans(self, to: int) -> Iterator[tuple[Service, int]]:
        """Each service, and the last instant up to ``to`` at which it is in force."""
        for i, service in enumerate(self.services):
            following = self.services[i + 1].start if i + 1 < len(self.services) else None
            yield service, to if following is None else min(to, following - 1)

    def following(self, at: int) -> int | None:
        """When the next model comes into service."""
        starts = [service.start for service in self.services if service.start is not None]
        return min((start for start in starts if start > at), default=None)


class Through:
    """What holds of one subject through time, looked at on evaluation instants, from its first event on."""

    def __init__(self, subject: Subject | Served, name: str, to: int, now: str | None) -> None:
        served = (
            Served((Service(subject.model),), subject.before(to, reserved=True), subject.faults)
            if isinstance(subject, Subject)
            else subject
        )
        # what happens later is not there yet, though the cell that holds the end is read to its own end
        self.events = [event for event in served.events if event.time <= to]
        self.served = Served(served.services, self.events, served.faults)
        self.name, self.to, self.now = name, to, now
        self.since: int | None = None  # when it came to hold; None: dwell does not hold it
        self.found: list[Transition] = []
        if self.events:
            previous = self.events[0].time - 1
            for service, end in self.served.spans(to):
                if self.events[0].time <= end:
                    by_period = isinstance(service.model.evaluate, Period)
                    previous = (self._by_period if by_period else self._continuous)(service, previous, end)

    def after(self, at: int) -> tuple[str | None, Score]:
        """What holds after an evaluation instant, and the score then."""
        raise NotImplementedError

    def dwells(self, at: int) -> int | None:
        """The instant until which what holds is kept."""
        return None

    def passed(self, at: int, after: str | None) -> tuple[str, ...]:
        """What is gone through."""
        return ()

    def _look(self, at: int, previous: int) -> None:
        after, score = self.after(at)
        if after == self.now:
            return
        span = [event for event in self.events if previous < event.time <= at]
        subject = self.served.subject(at)
        published = any(previous < s.start <= at for s in self.served.services if s.start is not None)
        adjusted = any(e.reserved and subject.concerned(e) for e in span)
        cause = "model" if published else "adjustment" if adjusted else "event" if span else "time"
        passed = self.passed(at, after)
        self.found.append(Transition(self.name, at, self.now, after, score.value, cause, passed))
        self.now, self.since = after, (None if after is None else at)

    def _by_period(self, service: Service, previous: int, end: int) -> int:
        evaluate, start = service.model.evaluate, service.start
        assert isinstance(evaluate, Period)  # noqa: S101
        after = previous if start is None else max(previous, start - 1)
        for at in service.model.calendar.instants(evaluate, after, end):
            self._look(at, previous)
            previous = at
        return previous

    def _continuous(self, service: Service, previous: int, end: int) -> int:
        grid = service.model.resolution.us
        times = sorted({event.time for event in self.events})
        at: int = times[0] if service.start is None else max(times[0], service.start)
        while at <= end:
            self._look(at, previous)
            previous = at
            while True:
                ends = [self.dwells(previous), self.served.following(previous)]
                later = [*times[bisect.bisect_right(times, previous) :][:1], (at // grid + 1) * grid]
                following = min(t for t in later + ends if t is not None and t > previous)
                if self.after(following - 1)[0] == self.now:
                    break
                low, high = previous, following - 1  # it differs at high, not at low
                while high - low > 1:
                    middle = (low + high) // 2
                    low, high = (middle, high) if self.after(middle)[0] == self.now else (low, middle)
                if high > end:
                    return previous
                self._look(high, previous)
                previous = high
            at = following
        return previous


class Walk(Through):
    """One subject's levels through time, from its first event on, under margin and dwell."""

    def __init__(self, subject: Subject | Served, name: str, to: int) -> None:
        services = (Service(subject.model),) if isinstance(subject, Subject) else subject.services
        events = subject.before(to, reserved=True) if isinstance(subject, Subject) else subject.events
        levels = services[in_force(services, events[0].time)].model.levels if events else Levels()
        base = levels.below if len(levels) else None
        if any(len(service.model.levels) for service in services):
            super().__init__(subject, name, to, base)
        else:
            super().__init__(Served(services, ()), name, to, base)

    @property
    def level(self) -> str | None:
        """The level that is left."""
        return self.now

    def after(self, at: int) -> tuple[str | None, Score]:
        score = self.served.score(self.name, at)
        levels = self.served.subject(at).model.levels
        return step(levels, self.now, self.since, at, score.level, score.value), score

    def dwells(self, at: int) -> int | None:
        dwell = self.served.subject(at).model.levels.dwell
        return None if dwell is None or self.since is None else self.since + dwell.us

    def passed(self, at: int, after: str | None) -> tuple[str, ...]:
        return self.served.subject(at).model.levels.passed(self.now, after)


class Membership(Through):
    """Whether one subject is in an audience, through time: ``found`` has changes between the two words."""

    def __init__(self, subject: Subject | Served, name: str, audience: str, to: int) -> None:
        self.audience = audience
        super().__init__(subject, name, to, OUTSIDE)

    def after(self, at: int) -> tuple[str | None, Score]:
        score = self.served.score(self.name, at)
        model = self.served.subject(at).model
        audience = next((one for one in model.audiences if one.name == self.audience), None)
        if audience is None or score is UNSCORED:
            return OUTSIDE, score
        level = Walk(self.served, self.name, at).level if model.levels.sticky else score.level
        values: dict[str, Value] = {**score.signals, "score": score.value, "level": level}
        return member(audience, self.now == INSIDE, values), score


def member(audience: Audience, inside: bool, values: Mapping[str, Value]) -> str:
    """Where a subject stands after an evaluation instant with these signals, ``score`` and ``level``."""
    enters = truth(audience.enter.evaluate(values.__getitem__))
    if audience.leave is None:
        return INSIDE if enters else OUTSIDE
    leaves = truth(audience.leave.evaluate(values.__getitem__))
    stays = inside if enters == leaves else enters
    return INSIDE if stays else OUTSIDE


def transitions(model: ScoreModel | Sequence[Service], events: Iterable[Event], to: int) -> list[Transition]:
    """All changes of level up to ``to``, by time and subject."""
    services = (Service(model),) if isinstance(model, ScoreModel) else model
    own = by_subject(services[0].model, (event for event in events if event.time <= to))
    found = [change for name in own for change in Walk(Served(services, own[name]), name, to).found]
    return sorted(found, key=lambda change: (change.time, change.subject))


def score(model: ScoreModel | Sequence[Service], events: Iterable[Event], at: int) -> dict[str, Score]:
    """The score of every subject with an event at or before ``at`` that the model sees, by subject."""
    services = (Service(model),) if isinstance(model, ScoreModel) else model
    table = {}
    for name, own in by_subject(services[0].model, (event for event in events if event.time <= at)).items():
        served = Served(services, own)
        found = served.score(name, at)
        if found is not UNSCORED:
            sticky = served.subject(at).model.levels.sticky
            table[name] = evolve(found, level=Walk(served, name, at).level) if sticky else found
    return table


def members(
    model: ScoreModel | Sequence[Service], events: Iterable[Event], audience: str, at: int
) -> list[str]:
    """Who is in an audience at an instant, sorted."""
    services = (Service(model),) if isinstance(model, ScoreModel) else model
    own = by_subject(services[0].model, (event for event in events if event.time <= at))
    return [name for name in own if Membership(Served(services, own[name]), name, audience, at).now == INSIDE]

"""Checks of the definition: what ``naive`` gives, and that it depends on what it is given alone.

Lives here: the checks that ask ``naive`` itself, or the reference, and no engine.
Lives elsewhere: the engines held to it (_engines), what a class says (_declared).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

import attrs
from attrs import evolve

from questscore.language import Value
from questscore.model.event import Event, PropertyValue
from questscore.model.plugin import Shown, points_of, sealed, value_of
from questscore.model.rule import Rule
from questscore.model.signal import SignalDefinition
from questscore.model.time import DAY, Instant
from questscore.reference import Subject
from questscore.testing._cases import OTHER, Part, has_instants
from questscore.testing._specimen import Specimen, expect, expect_same

ERA = 1461 * 7 * DAY
"""28 years: whole weeks, after which a calendar in UTC repeats itself."""


def _values(it: Specimen, given: object) -> Value:
    return points_of(given) if isinstance(it.part, Rule) else value_of(given)


def finite(it: Specimen) -> None:
    """It gives a finite number, a text (a signal) or None, at every instant."""
    for seed in (1, 2):
        events = it.log(seed)
        for at in it.instants(events, seed):
            for subject in it.contexts(events).values():
                try:
                    _values(it, it.naive(subject, at))
                except (TypeError, ValueError) as error:
                    expect(False, str(error))


def deterministic(it: Specimen) -> None:
    """Asked again, in another order, of an equal object, it gives the same to the bit."""
    events = it.log(3)
    instants = it.instants(events, 3)

    def answers(names: Sequence[str], part: Part, times: Sequence[int]) -> dict[tuple[str, int], object]:
        chosen = evolve(it, part=part)
        own = chosen.contexts(events, chosen.model())
        return {(name, at): chosen.naive(own[name], at) for at in times for name in names}

    names = sorted(it.contexts(events))
    first = answers(names, it.part, instants)
    again = answers(names[::-1], attrs.evolve(it.part), instants[::-1])
    for key, value in first.items():
        expect(_bits(again[key]) == _bits(value), f"asked twice it gives {value!r}, then {again[key]!r}")


def _bits(value: object) -> object:
    return value.hex() if isinstance(value, float) else value


def changes_nothing_given(it: Specimen) -> None:
    """The events, their properties and the values that it is given are the same after it as before."""
    events = it.log(4)
    at = events[-1].time + 1
    for subject in it.contexts(events).values():
        given = [Event(*_held(event)) for event in subject.before(at)]
        before = [repr(_held(event)) for event in given]
        values = it.values(subject, at)
        known = dict(values)
        try:
            it.naive(subject, at, given, values)
        except attrs.exceptions.FrozenInstanceError as error:
            raise AssertionError("it changes the context, or an event, that it is given") from error
        expect([repr(_held(event)) for event in given] == before, "it changes the events that it is given")
        expect(values == known, "it changes the values that it is given")
        shown = tuple(map(sealed, subject.before(at)))
        try:
            it.naive(subject, at, shown, MappingProxyType(known))
        except Exception as error:
            expect(False, f"it wants to change what it is given: {type(error).__name__}: {error}")


def _held(event: Event) -> tuple[str, Instant, str | None, str | None, dict[str, PropertyValue], str | None]:
    return event.name, event.time, event.user, event.account, dict(event.properties), event.id


class _Watched(Subject):
    """A context that notes the signals it is asked for."""

    asked: set[str]
    _depth = 0

    def signal(self, name: str, at: int) -> Value:
        if not self._depth:
            self.asked.add(name)
        self._depth += 1
        try:
            return super().signal(name, at)
        finally:
            self._depth -= 1

    def members(self, at: int) -> list[Subject]:
        found = super().members(at)
        if self._depth:
            return found
        watched = [_Watched(self.model, one.before(at, reserved=True), self) for one in found]
        for one in watched:
            one.asked = self.asked
        return [*watched]


class _Read(Mapping[str, Value]):
    """Values that note which of them are read, in whatever way."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = values
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Value:
        self.asked.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def declares_what_it_reads(it: Specimen) -> None:
    """Each signal that it asks for is among its ``reads()``, so that circles are found."""
    events, model, part = it.log(5), it.model(), it.part
    declared = {name for name, _ in part.reads()}
    at = events[-1].time + 1
    for own in it.contexts(events).values():
        watched = _Watched(model, own.before(at, reserved=True))
        watched.asked = set()
        if isinstance(part, Rule):
            values = _Read(it.values(own, at))
            part.naive(own.before(at), values, at, Shown(watched, at))
            watched.asked |= values.asked
        elif part.scope is None:
            part.naive(own.before(at), at, Shown(watched, at))
        more = sorted(watched.asked - declared)
        expect(not more, f"it reads the signal {', '.join(map(repr, more))}, and reads() does not say so")


def moves_with_events_only(it: Specimen) -> None:
    """A signal that says so gives the same at every instant until there is a new event."""
    part = it.part
    if not isinstance(part, SignalDefinition) or part.moves_with_time:
        return
    events = it.log(6)
    for subject in it.contexts(events).values():
        for at in it.instants(events, 6):
            own = subject.before(at)
            for later in (1, DAY // 2, 45 * DAY, 400 * DAY):
                now = part.naive(own, at, Shown(subject, at))
                then = part.naive(own, at + later, Shown(subject, at + later))
                says = "it says moves_with_time = False, and time alone changes"
                expect(_bits(now) == _bits(then), f"{says} {now!r} to {then!r}")


def few_events(it: Specimen) -> None:
    """Without any event, and with a single one, it gives a value like any other."""
    events = it.log(7)
    at = events[-1].time
    lonely = Subject(it.model(), [])
    try:
        if not isinstance(it.part, SignalDefinition) or it.part.scope is None:
            _values(it, it.naive(lonely, at))
        for event in events[:12]:
            for when in (event.time, event.time + DAY):
                for subject in it.contexts([event]).values():
                    _values(it, it.naive(subject, when))
                expect_same(it.scored([event], when), it.defined([event], when), "with a single event, score")
    except Exception as error:
        if isinstance(error, AssertionError):
            raise
        raise AssertionError(f"without events, or with one, {type(error).__name__}: {error}") from error


def unseen_properties(it: Specimen) -> None:
    """Events without properties, with others, and of other names are no trouble."""
    odd: list[dict[str, PropertyValue]] = [{}, {"unheard of": 1}, {"amount": "text"}, {"plan": 2.5}]
    events = [
        evolve(event, properties=odd[i % 4], name=OTHER if i % 5 == 0 else event.name)
        for i, event in enumerate(it.log(8))
        if not event.reserved
    ]
    at = events[-1].time + 1
    try:
        found = it.defined(events, at)
    except Exception as error:
        says = f"where properties are missing or of another type, {type(error).__name__}: {error}"
        raise AssertionError(says) from error
    expect_same(it.scored(events, at), found, "where properties are missing or of another type, score")


def other_subjects(it: Specimen) -> None:
    """What others do makes no difference, in which order ever they are looked at."""
    events = it.log(9)
    if it.source is None:  # others than those of the other checks
        events = [evolve(event, user=f"{event.user} the other") for event in events]
    at = events[-1].time + 1
    whole = it.scored(events, at)
    for name in sorted(whole):
        own = [e for e in events if (e.user if it.subject == "user" else e.account) == name]
        alone = it.defined(own, at)
        expect_same({name: whole[name]}, alone, "beside other subjects, score")
        expect_same({name: it.defined(events, at)[name]}, alone, "beside other subjects, the definition")


def later_events(it: Specimen) -> None:
    """What happens after an instant makes no difference there."""
    events = it.log(10)
    for at in it.instants(events, 10):
        before = [event for event in events if event.time <= at]
        expect_same(it.defined(events, at), it.defined(before, at), "with later events, the definition")
        expect_same(it.scored(events, at), it.defined(before, at), "with later events, score")


def time_shift(it: Specimen) -> None:
    """Everything 28 years later reads the same: in UTC these are whole weeks and the same calendar."""
    if any(has_instants(part) for part in it.parts()):
        return  # an instant among its fields means something else then
    events, model = it.log(11), it.model(timezone="UTC")
    moved = [evolve(event, time=Instant(event.time + ERA)) for event in events]
    for at in it.instants(events, 11):
        expected = it.defined(events, at, model)
        expect_same(it.defined(moved, at + ERA, model), expected, "28 years later, the definition")
        expect_same(it.scored(moved, at + ERA, model), expected, "28 years later, score")


CHECKS: tuple[Callable[[Specimen], None], ...] = (
    finite,
    deterministic,
    changes_nothing_given,
    declares_what_it_reads,
    moves_with_events_only,
    few_events,
    unseen_properties,
    other_subjects,
    later_events,
    time_shift,
)

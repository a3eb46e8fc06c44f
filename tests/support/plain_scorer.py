"""PlainScorer: what a `questscore.Scorer` must say, by the definition alone.

Lives here: a list of events, and everything a scorer answers computed anew from it by `questscore.reference`.
Lives elsewhere: the definition itself; who compares the two (`play`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve

from questscore import Event, EventError, Score, ScoreModel, Transition, reference
from questscore.model.event import canonical
from questscore.model.publication import Publication, Service, in_force
from questscore.model.time import Duration, Span
from questscore.rules.term import services
from support.transitions import same
from support.triggering import PlainDesk


class PlainScorer:
    """A scorer that remembers every event it accepted and nothing else.

    Args:
        model: What a score is.
        retain: Microseconds after which an event comes too late; None: never.
    """

    def __init__(self, model: ScoreModel, retain: int | None = None) -> None:
        self.model, self.retain = model, retain
        self.now: int | None = None
        self.advanced: int | None = None
        self.told: list[Transition] = []
        self.publications = [Publication(model)]
        self.crossed: dict[str, list[Transition]] = {}  # by audience, what was told
        self.desk = PlainDesk()
        self._own: dict[str, list[Event]] = {}

    @property
    def services(self) -> tuple[Service, ...]:
        """What reads scores when."""
        return services(self.publications)

    def service(self, at: int) -> Service:
        """What reads scores at an instant."""
        return self.services[in_force(self.services, at)]

    def publish(self, publication: Publication) -> None:
        """Another model comes into service."""
        self.publications.append(publication)
        self.model = publication.model

    @property
    def _audiences(self) -> list[str]:
        found = [t.audience for one in self.publications for t in one.model.triggers]
        return list(dict.fromkeys(name for name in found if name is not None))

    # -- events -----------------------------------------------------------------------------------------

    @property
    def horizon(self) -> int | None:
        """The earliest instant that can be read and accepted."""
        return None if self.retain is None or self.now is None else self.now - self.retain

    @property
    def subjects(self) -> list[str]:
        """Who has an event, sorted."""
        return sorted(self._own)

    def events(self, subject: str | None = None, until: int | None = None) -> list[Event]:
        """Standing events, of one subject or of all, up to an instant."""
        chosen = self._own.values() if subject is None else [self._own.get(subject, [])]
        settled = (event for own in chosen for event in reference.settled(own))
        return [event for event in settled if until is None or event.time <= until]

    def ingest(self, events: Iterable[object]) -> Counter[str]:
        """Takes events in; how many were what, by the names of an `IngestReport`."""
        counts: Counter[str] = Counter()
        horizon, then = self.horizon, self.now
        for given in events:
            counts["received"] += 1
            word, event = self._judge(given, horizon)
            counts[word] += 1
            if event is not None:
                self.now = event.time if self.now is None else max(self.now, event.time)
                counts["late"] += word == "applied" and then is not None and event.time < then
        return counts

    def _judge(self, given: object, horizon: int | None) -> tuple[str, Event | None]:
        """What becomes of one event; the event too when it stands from now on."""
        try:
            event = given if isinstance(given, Event) else _made(given)
        except (EventError, TypeError):
            return "rejected", None
        subject = event.user if self.model.subject == "user" else event.account
        if subject is None:
            return "unattributed", None
        if horizon is not None and event.time < horizon:
            return "too_late", None
        own = self._own.setdefault(subject, [])
        known = [e for e in reference.settled(own) if e.id == event.id] if event.id is not None else []
        own.append(event)
        if not known:
            return "applied", event
        if canonical(event) == canonical(known[0]):
            return "duplicate", None
        return "conflict", event if canonical(event) < canonical(known[0]) else None

    def forget(self, subject: str) -> int:
        """As if never seen; how many standing events went."""
        size = len(self.events(subject))
        del self._own[subject]
        self.told = [move for move in self.told if move.subject != subject]
        self.crossed = {
            name: [move for move in told if move.subject != subject] for name, told in self.crossed.items()
        }
        self.desk.forget(subject)
        return size

    def merge(self, other: PlainScorer) -> Counter[str]:
        """Takes in all that another has, and what it told."""
        counts = self.ingest(other.events())
        self.told += [move for move in other.told if not any(same(move, known) for known in self.told)]
        for audience, told in other.crossed.items():
            own = self.crossed.setdefault(audience, [])
            own += [move for move in told if not any(same(move, known) for known in own)]
        for name, firing in other.desk.firings.items():
            known = self.desk.firings.get(name)
            if known is None or (known.held and not firing.held):
                self.desk.firings[name] = firing
                self.desk.rearm[name] = other.desk.rearm[name]
                self.desk.about[name] = other.desk.about[name]
        self.advanced = max((x for x in (self.advanced, other.advanced) if x is not None), default=None)
        self.now = max((x for x in (self.now, other.now) if x is not None), default=None)
        return counts

    # -- readings ---------------------------------------------------------------------------------------

    def score(self, subject: str, at: int) -> Score | None:
        """One subject's score, None when it has no event by then."""
        return reference.score(self.services, self._own.get(subject, []), at).get(subject)

    def scores(self, at: int) -> dict[str, Score]:
        """The scores of all."""
        return reference.score(self.services, self.events(), at)

    def instants(self, every: str, start: int, end: int) -> list[int]:
        """The grid of a history."""
        length = Span.of(every).length
        if isinstance(length, Duration):
            found = list(range(start + length.us, end + 1, length.us))
        else:
            found = self.service(end).model.calendar.instants(length, start, end)
        return found if found and found[-1] == end else [*found, end]

    def moves(self, to: int) -> list[Transition]:
        """All changes of level up to an instant."""
        return reference.transitions(self.services, self.events(), to)

    def members(self, audience: str, at: int) -> list[str]:
        """Who is in an audience."""
        return reference.members(self.services, self.events(), audience, at)

    def _crossings(self, audience: str, to: int) -> list[Transition]:
        found = []
        for subject in self.subjects:
            served = reference.Served(self.services, self.events(subject, to))
            found += reference.Membership(served, subject, audience, to).found
        return found

    def level(self, subject: str, at: int) -> str | None:
        """The level that the last evaluation instant up to ``at`` left."""
        return reference.Walk(reference.Served(self.services, self.events(subject)), subject, at).level

    def subject(self, subject: str) -> reference.Subject:
        """One subject under the model."""
        return reference.Subject(self.model, self.events(subject))

    def advance(self, to: int) -> list[Transition]:
        """What changed since it was last told: taken back, or new, by time, subject and in that order."""
        self.told, found = _told(self.told, self.moves(to))
        heard: list[tuple[Transition, str | None]] = [(move, None) for move in found]
        for audience in self._audiences:
            told = self.crossed.get(audience, [])
            self.crossed[audience], crossed = _told(told, self._crossings(audience, to))
            heard += [(move, audience) for move in crossed]
        self.desk.hear(heard, self.services, self.advanced)
        self.desk.deliver()
        self.advanced = to
        self.now = to if self.now is None else max(self.now, to)
        return found


def _told(told: list[Transition], standing: list[Transition]) -> tuple[list[Transition], list[Transition]]:
    """What is told from now on, and what must be said for that."""
    gone = [move for move in told if not any(same(move, other) for other in standing)]
    new = [move for move in standing if not any(same(move, other) for other in told)]
    kept = [move for move in told if move not in gone]
    found = [*(evolve(move, retracted=True) for move in gone), *new]
    return (
        sorted([*kept, *new], key=lambda move: (move.time, move.subject)),
        sorted(found, key=lambda move: (move.time, move.subject, not move.retracted)),
    )


def _made(given: object) -> Event:
    if not isinstance(given, Mapping):
        raise EventError(f"{given!r} is no event")
    fields: dict[str, Any] = dict(given)
    return Event(**fields)

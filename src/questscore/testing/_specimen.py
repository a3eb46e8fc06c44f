"""Specimen: a signal or rule under test, in a model of its own, and its numbers through every door.

Lives here: the model around the part, and what the part is worth by the definition and by each engine.
Lives elsewhere: the events (_cases), what is checked about the numbers (_declared, _definition, _engines).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal, TypeAlias

import attrs
from attrs import evolve, frozen

from questscore import reference
from questscore.api import score
from questscore.codec.registry import RULES, SIGNALS
from questscore.errors import ModelError
from questscore.language import Value
from questscore.model.definition import build
from questscore.model.event import Event
from questscore.model.plugin import Shown
from questscore.model.rule import Group, Rule
from questscore.model.score_model import ScoreModel
from questscore.model.signal import SignalDefinition
from questscore.reference import Subject
from questscore.rules import ConditionRule, EventRule
from questscore.signals import Count, Rollup, Since
from questscore.testing._cases import Part
from questscore.testing._cases import instants as _instants
from questscore.testing._cases import log as _log

Values: TypeAlias = Mapping[str, Value]
"""By subject."""
Events: TypeAlias = Callable[[int], Iterable[Event]]
"""From a seed, events."""

TOLERANCE = 1e-9
BYSTANDER, ROLLED = "kit_bystander", "kit_rollup"


class CheckFailed(AssertionError):
    """A check that does not hold."""


def expect(holds: object, says: str) -> None:
    """Fails with these words where something does not hold."""
    if not holds:
        raise CheckFailed(says)


def same(found: Value, expected: Value) -> bool:
    """Whether two values are one, by the tolerance of the contract."""
    if isinstance(found, float) and isinstance(expected, float):
        return abs(found - expected) <= TOLERANCE * max(1.0, abs(found), abs(expected))
    return type(found) is type(expected) and found == expected


def expect_same(found: Values, expected: Values, says: str) -> None:
    """Fails where two answers differ, with the first subject that shows it."""
    expect(set(found) == set(expected), f"{says}: the subjects are {sorted(found)}, not {sorted(expected)}")
    for subject, value in expected.items():
        other = found[subject]
        expect(same(other, value), f"{says}: {other!r} for {subject!r}, where the definition gives {value!r}")


@frozen(eq=False)
class Specimen:
    """A part under test.

    Args:
        part: The signal or rule.
        beside: The signals that it reads, and what else its model needs.
        subject: Whom the model scores.
        source: Makes events from a seed; None: such as fit the part.
    """

    part: Part
    beside: tuple[SignalDefinition, ...]
    subject: Literal["user", "account"]
    source: Events | None

    @property
    def kind(self) -> str:
        """What the part is called in messages."""
        return type(self.part).__qualname__

    def parts(self) -> list[Part]:
        """The part, what it reads, and what models inside are made of."""
        return list(_within((self.part, *self.beside)))

    def model(
        self, part: Part | None = None, *, without: bool = False, timezone: str = "Europe/Paris"
    ) -> ScoreModel:
        """The part in a model, beside signals and rules that have nothing to do with it.

        Args:
            part: Another one instead.
            without: Leave the part out, and what reads it.
            timezone: Of the calendar.
        """
        chosen = self.part if part is None else part
        signals: list[SignalDefinition] = [*self.beside, Count(BYSTANDER, on="*", half_life="3d")]
        rules: list[Rule] = [EventRule("kit_rule", on="*", points=2, half_life="5d")]
        if not without and isinstance(chosen, Rule):
            rules.append(chosen)
        elif not without and isinstance(chosen, SignalDefinition):
            signals.append(chosen)
            if chosen.scope == "member":
                signals.append(Rollup(ROLLED, of=chosen.name, by="maximum"))
            elif chosen.name.isidentifier():
                rules.append(ConditionRule("kit reader", when=f"not is_missing({chosen.name})", points=7))
        named = chosen.group if isinstance(chosen, Rule) else None
        groups = [] if named is None else [Group(named)]
        return ScoreModel(
            "kit", subject=self.subject, timezone=timezone, signals=signals, rules=rules, groups=groups
        )

    def log(self, seed: int) -> list[Event]:
        """Events that fit the part, in order of time."""
        if self.source is not None:
            given = sorted(self.source(seed), key=lambda event: event.time)
            expect(given, "the events that were given are none")
            return [evolve(event, id=event.id or f"kit {i}") for i, event in enumerate(given)]
        return _log(self.parts(), seed, reserved=isinstance(self.part, Rule))

    def instants(self, events: Sequence[Event], seed: int, count: int = 6) -> list[int]:
        """Instants at which it is worth a look."""
        return _instants(events, self.part, seed, count)

    # -- what the part is worth ---------------------------------------------------------------------

    def of(self, signals: Mapping[str, Value], points: Mapping[str, float | None]) -> Value:
        """The part among the signals and points of a subject."""
        if isinstance(self.part, Rule):
            return points[self.part.name]
        return signals[self.column]

    @property
    def column(self) -> str:
        """The signal of a subject that shows what a signal is worth."""
        member = isinstance(self.part, SignalDefinition) and self.part.scope == "member"
        return ROLLED if member else self.part.name

    def defined(self, events: Iterable[Event], at: int, model: ScoreModel | None = None) -> Values:
        """By the definition."""
        found = reference.score(self.model() if model is None else model, events, at)
        return {name: self.of(one.signals, one.points) for name, one in found.items()}

    def scored(self, events: Iterable[Event], at: int, model: ScoreModel | None = None) -> Values:
        """By the function ``score``, over columns."""
        found = score(self.model() if model is None else model, list(events), at)
        return {row.subject: self.of(row.signals, row.points) for row in found}

    def contexts(self, events: Iterable[Event], model: ScoreModel | None = None) -> dict[str, Subject]:
        """Each subject as definitions see it."""
        model = self.model() if model is None else model
        return {name: Subject(model, own) for name, own in reference.by_subject(model, events).items()}

    def naive(
        self,
        subject: Subject,
        at: int,
        events: Sequence[Event] | None = None,
        values: Mapping[str, Value] | None = None,
    ) -> object:
        """What the definition gives, as it is; of a member signal, for the first member.

        Args:
            subject, at: Whose, and as of when.
            events, values: What it is given instead of the subject's own.
        """
        part = self.part
        if isinstance(part, SignalDefinition) and part.scope == "member":
            members = subject.members(at)
            if not members:
                return None
            subject = members[0]
        own = subject.before(at) if events is None else events
        if isinstance(part, Rule):
            given = self.values(subject, at) if values is None else values
            return part.naive(own, given, at, Shown(subject, at))
        return part.naive(own, at, Shown(subject, at))

    def values(self, subject: Subject, at: int) -> dict[str, Value]:
        """The signals that a rule is given, by name."""
        return {signal.name: subject.signal(signal.name, at) for signal in subject.model.columns}


def _within(parts: Iterable[Part]) -> Iterator[Part]:
    for part in parts:
        yield part
        model = getattr(part, "model", None)
        if isinstance(model, ScoreModel):
            yield from _within((*model.signals, *model.rules))


@contextmanager
def known(cls: type[Part]) -> Iterator[None]:
    """While inside, model files may name the kind of a class, registered or not."""
    if issubclass(cls, SignalDefinition):
        with SIGNALS.lent(cls):
            yield
    elif issubclass(cls, Rule):
        with RULES.lent(cls):
            yield


# -- examples ---------------------------------------------------------------------------------------

_GUESSES: Mapping[str, object] = {
    "name": "example",
    "on": "login",
    "property": "amount",
    "every": "week",
    "points": 5,
    "window": "7d",
    "half_life": "7d",
    "within": "7d",
}
BESIDE: tuple[SignalDefinition, ...] = (Count("logins", on="login", window="7d"), Since("idle", on="login"))


def example_of(kind: Part | type[Part]) -> Part:
    """An object of a class whose fields can be guessed; an object as it is.

    Raises:
        TypeError: They cannot be guessed.
    """
    if not inspect.isclass(kind):
        if isinstance(kind, (SignalDefinition, Rule)):
            return kind
        raise TypeError(f"{kind!r} is no signal and no rule")
    fields: tuple[attrs.Attribute[object], ...] = getattr(kind, "__attrs_attrs__", ())
    needed = [a.alias or a.name for a in fields if a.init and a.default is attrs.NOTHING]
    unknown = [name for name in needed if name not in _GUESSES]
    cause: Exception | None = None
    if not unknown:
        try:
            return build(kind, {name: _GUESSES[name] for name in needed})
        except (ModelError, TypeError, ValueError) as error:
            cause = error
    why = f"what {', '.join(unknown)} may be is not known" if unknown else str(cause)
    says = f"there is no example of {kind.__qualname__}: {why}; pass one, such as {kind.__qualname__}('x', …)"
    raise TypeError(says) from cause

"""Plugin: kinds that others wrote, what they are shown, and what becomes of them when they fail.

Lives here: telling such kinds from the built-in ones, events and contexts that cannot be changed, what a
definition may give, and `Faults`: the host's choice between an error and a missing value.
Lives elsewhere: registering kinds (codec), their fast forms under guard (engine), the error (errors).

A failure is anything raised, `BaseException` included: only KeyboardInterrupt, SystemExit and GeneratorExit,
which are aimed at the host's program, go through.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Complex, Real
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn, Protocol, SupportsFloat, runtime_checkable

from attrs import evolve, frozen

from questscore.errors import PluginError
from questscore.language import Value
from questscore.model.event import Event, PropertyValue
from questscore.model.result import Line
from questscore.model.score_model import ScoreModel
from questscore.model.selector import Selector
from questscore.model.time import Calendar, iso

if TYPE_CHECKING:
    from questscore.model.rule import Rule
    from questscore.model.signal import Context, SignalDefinition

STOP = (KeyboardInterrupt, SystemExit, GeneratorExit)
"""What is never held against a plugin: its host is told to stop."""
MOST = 100
"""So many different faults are remembered; then those that were not seen for longest go."""
_LONGEST = 300


def passes(cause: BaseException) -> bool:
    """Whether something raised is not a failure of the plugin at work: a stop, or another's failure, told."""
    return isinstance(cause, STOP) or (isinstance(cause, PluginError) and cause.told)


def plugged(part: SignalDefinition | Rule) -> bool:
    """Whether a signal or rule is of a kind that questscore did not bring."""
    return not type(part).__module__.startswith("questscore.")


def has_plugins(model: ScoreModel, door: str | None = None) -> bool:
    """Whether a model, or one whose score it reads, has such a part; ``door``: with that form of its own."""
    inner = [signal.model for signal in model.signals if isinstance(signal, _Scoring)]
    own = [*filter(plugged, model.signals), *filter(plugged, model.rules)]
    return any(door is None or has_own(type(part), door) for part in own) or any(
        has_plugins(one, door) for one in inner if isinstance(one, ScoreModel)
    )


@runtime_checkable
class _Scoring(Protocol):
    """A signal that is the score of another model."""

    @property
    def model(self) -> object: ...


def has_own(cls: type, door: str) -> bool:
    """Whether a class has a fast form (``"lower"`` or ``"follow"``) of the definition that it has.

    A class that overrides ``naive`` and inherits the fast form of another definition has none.
    """
    for base in cls.__mro__:
        if door in vars(base):
            return vars(base)[door] is not None
        if "naive" in vars(base):
            return False
    return False


# -- what a plugin is shown -----------------------------------------------------------------------


class Sealed(dict[str, PropertyValue]):
    """Properties that cannot be changed."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("the properties of an event cannot be changed")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[dict[str, PropertyValue]], tuple[dict[str, PropertyValue]]]:
        return dict, (dict(self),)


def sealed(event: Event) -> Event:
    """An equal event whose properties cannot be changed."""
    if type(event.properties) is Sealed:
        return event
    made, put = object.__new__(Event), object.__setattr__
    for name in ("name", "time", "user", "account", "id"):
        put(made, name, getattr(event, name))
    put(made, "properties", Sealed(event.properties))
    return made


@frozen(eq=False)
class Shown:
    """A context as plugins see it: it cannot be changed, and tells nothing of what lies ahead.

    Args:
        context: Behind it.
        until: The instant that the plugin is asked about.
    """

    _context: Context
    _until: int

    @property
    def calendar(self) -> Calendar:
        return self._context.calendar

    @property
    def timezone(self) -> str:
        return self._context.timezone

    @property
    def week_start(self) -> str:
        return self._context.week_start

    def matching(self, events: Sequence[Event], selector: Selector | str | Sequence[str]) -> list[Event]:
        return self._context.matching(events, selector)

    def signal(self, name: str, at: int) -> Value:
        return self._context.signal(name, self._past(at))

    def members(self, at: int) -> Sequence[Context]:
        return tuple(Shown(member, self._until) for member in self._context.members(self._past(at)))

    def scored(self, model: object, at: int) -> float | None:
        return self._context.scored(model, self._past(at))

    def reset(self, at: int) -> int | None:
        return self._context.reset(self._past(at))

    def _past(self, at: int) -> int:
        if at > self._until:
            raise ValueError(f"it asks about {iso(at)}, though it is asked about {iso(self._until)}")
        return at


# -- what a plugin may give -----------------------------------------------------------------------


def value_of(given: object) -> Value:
    """What a signal's definition gave, as a value; NaN is missing.

    Raises:
        TypeError: It is neither a number, a text nor None.
        ValueError: It is infinite.
    """
    if given is None:
        return None
    if isinstance(given, str):
        return str.__str__(given)  # a text of another class, such as a member of an enumeration, is its text
    found = _number(given)
    return None if math.isnan(found) else found


def points_of(given: object) -> float | None:
    """What a rule's definition gave, as points; None when they are unknown.

    Raises:
        TypeError: It is neither a number nor None.
        ValueError: It is infinite or NaN.
    """
    if given is None:
        return None
    if isinstance(given, str):
        raise TypeError("it gave a text, where points are a number or None")
    found = _number(given)
    if math.isnan(found):
        raise ValueError("it gave NaN, where points are finite, or None when unknown")
    return found


def _number(given: object) -> float:
    real = not isinstance(given, Complex) or isinstance(given, Real)  # numpy would drop the rest
    if not (isinstance(given, SupportsFloat) and real) or hasattr(given, "__len__"):
        raise TypeError(f"it gave a {type(given).__name__}, where a number, a text or None is due")
    try:
        found = float(given)
    except OverflowError:
        found = math.inf
    if math.isinf(found):
        raise ValueError("it gave an infinite number")
    return found


def _line(given: object) -> Line:
    if not isinstance(given, Line) or not isinstance(given.label, str):
        raise TypeError(f"it gave {given!r}, where a Line with a label is due")
    value, events = _number(given.value), tuple(given.events)
    if math.isnan(value):
        raise ValueError(f"it gave {given!r}, where a Line with a finite value is due")
    if not all(isinstance(event, Event) for event in events):
        raise TypeError(f"it gave {given!r}, whose events are none")
    return Line(given.label, value, events)


# -- what becomes of a failure --------------------------------------------------------------------


@frozen
class PluginFault:
    """What a plugin did wrong while the host chose ``on_plugin_error="missing"``.

    Args:
        name: The signal or rule.
        subject: Whose number it was, where that is known.
        cause: What was raised or given, in words.
        count: How often.
    """

    name: str
    subject: str | None
    cause: str
    count: int = 1


class Faults:
    """The host's choice: a plugin's failure raises, or makes its value missing and is noted.

    Args:
        lenient: Whether it makes its value missing.
    """

    def __init__(self, *, lenient: bool = False) -> None:
        self.lenient = lenient
        self._noted: dict[tuple[str, str | None, str], PluginFault] = {}

    @property
    def noted(self) -> tuple[PluginFault, ...]:
        """The failures that made a value missing, the last one last; `MOST` different ones at most."""
        return tuple(self._noted.values())

    def forget(self, subject: str) -> None:
        """Drops what is noted of a subject, or has its name among its words."""
        gone = [key for key in self._noted if key[1] == subject or subject in key[2]]
        for key in gone:
            del self._noted[key]

    def fail(
        self, part: SignalDefinition | Rule, door: str, subject: str | None, cause: BaseException
    ) -> None:
        """Notes a failure, or raises it.

        Args:
            part: The signal or rule.
            door: The method that failed.
            subject: Whose number it was, where that is known.
            cause: What was raised.
        """
        told = in_words(cause)
        if not self.lenient:
            of = "" if subject is None else f" for {subject!r}"
            error = PluginError(
                f"{door} of {type(part).__qualname__} failed{of}: {told}",
                where=f"{_sort(part)} {part.name!r}",
                fix="mend the plugin; a Scorer with on_plugin_error='missing' does without its value",
                subject=subject,
            )
            error.told = True
            raise error from cause
        key = (part.name, subject, told)
        known = self._noted.pop(key, None)
        fault = PluginFault(*key) if known is None else evolve(known, count=known.count + 1)
        self._noted[key] = fault
        if len(self._noted) > MOST:
            del self._noted[next(iter(self._noted))]

    def value(
        self,
        signal: SignalDefinition,
        events: Sequence[Event],
        at: int,
        context: Context,
        subject: Callable[[], str | None],
    ) -> Value:
        """The value that the definition of a plugin gives; ``events`` are sealed."""
        try:
            return value_of(signal.naive(events, at, Shown(context, at)))
        except BaseException as cause:
            if passes(cause):
                raise
            self.fail(signal, "naive", subject(), cause)
        return None

    def points(
        self,
        rule: Rule,
        events: Sequence[Event],
        values: Mapping[str, Value],
        at: int,
        context: Context,
        subject: Callable[[], str | None],
    ) -> float | None:
        """The points that the definition of a plugin gives; a failure that is noted pays nothing."""
        try:
            return points_of(rule.naive(events, MappingProxyType(values), at, Shown(context, at)))
        except BaseException as cause:
            if passes(cause):
                raise
            self.fail(rule, "naive", subject(), cause)
        return 0.0

    def lines(
        self, rule: Rule, door: str, tell: Callable[[], Iterable[Line]], subject: str | None
    ) -> tuple[Line, ...]:
        """What a plugin says of its points; nothing where that fails."""
        try:
            return tuple(map(_line, tell()))
        except BaseException as cause:
            if passes(cause):
                raise
            self.fail(rule, door, subject, cause)
        return ()


RAISING = Faults()
"""Every failure raises."""


def _sort(part: SignalDefinition | Rule) -> str:
    return "rule" if hasattr(part, "group") else "signal"


def in_words(cause: BaseException) -> str:
    """What was raised, its type and its words."""
    return f"{type(cause).__name__}: {_words(cause)}".removesuffix(": ")


def _words(cause: BaseException) -> str:
    try:
        said = str(cause)
    except BaseException as error:  # an exception that cannot even be shown
        if passes(error):
            raise
        said = "(it cannot be shown)"
    return said if len(said) <= _LONGEST else said[:_LONGEST] + "…"

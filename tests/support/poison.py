"""Signals and rules that fail in every way there is, by the text in ``how``.

Lives here: kinds that fail in their definition, over columns, or one event at a time.
Lives elsewhere: kinds that give wrong numbers (wrong_plugins), kinds that are right (plugins).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from questscore import Context, Event, PluginError, Rule, Selector, SignalDefinition
from questscore.aggregates.plan import Matches, Plan, Reader
from questscore.columns.vector import Vector
from questscore.language import Value
from questscore.language.ranges import Range
from questscore.tracks.gauge import Gauge
from questscore.tracks.state import Plain, State
from questscore.tracks.track import Track

ANY = Selector("*")


class Alarm(BaseException):
    """No Exception, and yet a failure."""


class Mute(Exception):
    """An exception that cannot be shown."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


def _raises(events: Sequence[Event], context: Any) -> Value:
    raise ValueError("out of order")


def _alarms(events: Sequence[Event], context: Any) -> Value:
    raise Alarm("ring")


def _mute(events: Sequence[Event], context: Any) -> Value:
    raise Mute


def _endless(events: Sequence[Event], context: Any) -> Value:
    return _endless(events, context)


def _writes_property(events: Sequence[Event], context: Any) -> Value:
    events[0].properties["amount"] = 1e6
    return 1.0


def _drops_properties(events: Sequence[Event], context: Any) -> Value:
    for event in context.matching(events, "*"):
        event.properties.clear()
    return 1.0


def _writes_event(events: Sequence[Event], context: Any) -> Value:
    events[0].name = "other"  # type: ignore[misc]
    return 1.0


def _sorts(events: Any, context: Any) -> Value:
    events.sort()
    return 1.0


def _raises_ours(events: Sequence[Event], context: Any) -> Value:
    raise PluginError("of its own")


def _changes_the_context(events: Sequence[Event], context: Any) -> Value:
    context.timezone = "Asia/Tokyo"
    return 1.0


def _takes_the_calendar(events: Sequence[Event], context: Any) -> Value:
    del context.calendar
    return 1.0


NAIVE: dict[str, Callable[[Sequence[Event], Any], Any]] = {
    "raises": _raises,
    "raises no Exception": _alarms,
    "raises what cannot be shown": _mute,
    "recurses for ever": _endless,
    "raises a PluginError": _raises_ours,
    "gives a list": lambda events, context: [1.0],
    "gives an array": lambda events, context: np.ones(1),
    "gives infinity": lambda events, context: float("-inf"),
    "gives a complex number": lambda events, context: np.complex64(1),
    "gives a huge integer": lambda events, context: 10**400,
    "gives an object": lambda events, context: object(),
    "asks for an unknown signal": lambda events, context: context.signal("nobody", 0),
    "asks about the future": lambda events, context: context.signal("logins", 2 * 10**15),
    "changes the context": _changes_the_context,
    "takes the calendar away": _takes_the_calendar,
    "writes a property": _writes_property,
    "drops properties": _drops_properties,
    "writes to an event": _writes_event,
    "sorts the events": _sorts,
}


@frozen
class BadSignal(SignalDefinition):
    """A signal whose definition fails for subjects with an event named ``on``."""

    kind: ClassVar[str] = "test_bad_signal"
    how: str = field(default="raises", kw_only=True)
    on: str = field(default="pay", kw_only=True)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        if not context.matching(events, self.on):
            return 7.0
        found: Value = NAIVE[self.how](events, context)
        return found


@frozen
class BadRule(Rule):
    """A rule whose definition fails for subjects with an event named ``on``."""

    kind: ClassVar[str] = "test_bad_rule"
    how: str = field(default="raises", kw_only=True)
    on: str = field(default="pay", kw_only=True)

    def naive(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> float | None:
        if not context.matching(events, self.on):
            return 7.0
        if self.how == "writes a value":
            values["logins"] = 1e6  # type: ignore[index]
        if self.how == "gives NaN":
            return float("nan")
        if self.how == "gives a text":
            return "many"  # type: ignore[return-value]
        found: float | None = NAIVE[self.how](events, context)
        return found


def _add_in_place(plan: Plan) -> Reader:
    read = plan.sum(Selector("login"))

    def added(at: int) -> Vector:
        found = read(at)
        found.num += 1e6  # type: ignore[misc]
        return found

    return added


def _write_moments(plan: Plan) -> Reader:
    first = plan.first(ANY)

    def written(at: int) -> Vector:
        first(at)[:] = 0
        return Vector(1.0)

    return written


def _write_rows(plan: Plan) -> Reader:
    matches = plan.matches(Selector("login"))

    def written(at: int) -> Vector:
        matches(at).time[:] = 0
        return Vector(1.0)

    return written


def _bad_marks(plan: Plan) -> Reader:
    def marks(found: Matches) -> Any:
        raise ValueError("no marks")

    return plan.marked(Selector("login"), marks)


def _compile(plan: Plan) -> Reader:
    raise ValueError("out of order")


def _constant(make: Callable[[int], Any]) -> Callable[[Plan], Reader]:
    return lambda plan: lambda at: make(plan.size)


def _fail(at: int) -> Vector:
    raise Alarm("ring")


LOWER: dict[str, Callable[[Plan], Any]] = {
    "raises when put together": _compile,
    "raises when read": lambda plan: _fail,
    "gives no reader": lambda plan: 7,
    "gives a float": _constant(lambda size: 1.0),
    "gives another shape": _constant(lambda size: Vector(np.ones(size + 1))),
    "gives a table": _constant(lambda size: Vector(np.ones((size, 2)))),
    "gives a masked array": _constant(lambda size: Vector(np.ma.MaskedArray(np.ones(size), True))),
    "gives objects": _constant(lambda size: Vector(np.full(size, None, dtype=object))),
    "gives infinity": _constant(lambda size: Vector(np.full(size, np.inf))),
    "gives codes of nothing": _constant(lambda size: Vector(np.ones(size), np.ones(size, np.int32))),
    "adds in place": _add_in_place,
    "writes moments": _write_moments,
    "writes rows": _write_rows,
    "marks nothing": _bad_marks,
}


@frozen
class BadColumns(SignalDefinition):
    """A signal that fails over columns."""

    kind: ClassVar[str] = "test_bad_columns"
    how: str = field(default="raises when read", kw_only=True)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return 1.0

    def lower(self, plan: Plan) -> Reader:
        found: Reader = LOWER[self.how](plan)
        return found


class BadCell:
    """A cell that fails as it is told to."""

    def __init__(self, how: str) -> None:
        self.how = how
        if how == "cell cannot be made":
            raise ValueError("out of order")

    def take(self, part: int, time: int, value: Value) -> None:
        if self.how == "cell cannot take":
            raise ValueError("out of order")

    def read(self, at: int) -> Value:
        if self.how == "cell cannot be read":
            raise Alarm("ring")
        return float("inf") if self.how == "cell gives infinity" else 1.0

    def range(self, at: int, until: int) -> Range:
        if self.how in UNSAVED:
            return Range.anything()
        raise ValueError("no range")

    def glance(self, at: int) -> tuple[Value, int]:
        return self.read(at), at

    def copy(self) -> BadCell:
        return self

    def saved(self) -> Plain:
        if self.how == "cell cannot be saved":
            raise ValueError("out of order")
        return object() if self.how == "cell is saved as an object" else None  # type: ignore[return-value]

    def restore(self, saved: Plain) -> None:
        pass


UNSAVED = ("cell cannot be saved", "cell is saved as an object")
CELLS = ("cell cannot be made", "cell cannot take", "cell cannot be read", "cell gives infinity")


def _no_gauge(track: Track) -> Gauge:
    raise ValueError("out of order")


def _gauge(read: Callable[[State, int], Any], **fields: Any) -> Callable[[Track], Gauge]:
    return lambda track: Gauge(read, **fields)


def _unreadable(state: State, at: int) -> Value:
    raise Alarm("ring")


def _celled(how: str) -> Callable[[Track], Gauge]:
    return lambda track: track.cell((ANY,), lambda: BadCell(how))


FOLLOW: dict[str, Callable[[Track], Any]] = {
    "raises when put together": _no_gauge,
    "gives no gauge": lambda track: 7,
    "raises when read": _gauge(_unreadable),
    "gives a list": _gauge(lambda state, at: [1.0]),
    "gives infinity": _gauge(lambda state, at: float("inf")),
    "gives a text against its word": _gauge(lambda state, at: "many", numeric=True),
    **{how: _celled(how) for how in CELLS},
}


@frozen
class BadSteps(SignalDefinition):
    """A signal that fails when it is followed one event at a time."""

    kind: ClassVar[str] = "test_bad_steps"
    how: str = field(default="raises when read", kw_only=True)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return 1.0

    def follow(self, track: Track) -> Gauge:
        found: Gauge = _celled(self.how)(track) if self.how in UNSAVED else FOLLOW[self.how](track)
        return found

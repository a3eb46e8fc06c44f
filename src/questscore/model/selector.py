"""Selector: which events something is about.

Lives here: a selector, and how a name in an expression reads an event.
Lives elsewhere: the expressions (language), selectors over columns (columns).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import field, frozen

from questscore.errors import ModelError, Problem
from questscore.language import Expression, Value, number, truth
from questscore.model.definition import Definition, build, names, optional_expression
from questscore.model.event import Event
from questscore.model.time import Calendar


def read(event: Event, name: str, calendar: Calendar) -> Value:
    """What ``name`` is for this event: a built-in name, which hides, or a property; None when missing."""
    match name:
        case "event_name":
            return event.name
        case "user":
            return event.user
        case "account":
            return event.account
        case "hour":
            return float(calendar.local(event.time).hour)
        case "weekday":
            return float(calendar.local(event.time).isoweekday())
        case "day":
            return float(calendar.local(event.time).day)
        case "month":
            return float(calendar.local(event.time).month)
    return number(event.properties.get(name))


def reader(event: Event, calendar: Calendar) -> tuple[Callable[[str], Value], Callable[[str], Value]]:
    """What `Expression.evaluate` wants for an event: names, and properties by any name."""
    return (lambda name: read(event, name, calendar)), (lambda name: number(event.properties.get(name)))


@frozen
class Selector(Definition):
    """Events by name and condition.

    Args:
        on: An event name, a list of them, or ``"*"`` (every name that is not reserved).
        where: A condition over the event's properties, or None.
    """

    on: tuple[str, ...] = field(converter=names)
    where: Expression | None = field(default=None, converter=optional_expression)

    @property
    def every_name(self) -> bool:
        """True for ``"*"``."""
        return self.on == ("*",)

    def matches(self, event: Event, calendar: Calendar) -> bool:
        """Whether the event is one of these."""
        if event.reserved or not (self.every_name or event.name in self.on):
            return False
        return self.where is None or truth(self.where.evaluate(*reader(event, calendar)))


def selector(value: object) -> Selector:
    """A selector from itself, a name, a list of names, or a table with ``on`` and ``where``."""
    if isinstance(value, (Selector, Mapping)):
        return build(Selector, value)
    if isinstance(value, (str, list, tuple)):
        return Selector(value)
    raise ModelError(f"{value!r} selects no events", fix="write an event name or { on = …, where = … }")


def selectors(value: object) -> tuple[Selector, ...]:
    """A non-empty list of selectors; each problem with its position."""
    if not isinstance(value, (list, tuple)) or not value:
        raise ModelError(
            f"{value!r} is not a list of selectors", fix="write a list, such as ['trial', 'paid']"
        )
    found: list[Selector] = []
    problems: list[Problem] = []
    for position, item in enumerate(value):
        try:
            found.append(selector(item))
        except ModelError as error:
            problems += error.under(f"[{position}]").problems
    if problems:
        raise ModelError(problems)
    return tuple(found)

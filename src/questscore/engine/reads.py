"""Reads: what names and expressions read from one event.

Lives here: a property of an event as a value, an expression as a function of an event.
Lives elsewhere: expressions themselves (language), the steps that call these (layout, follow).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from questscore.language import Expression
from questscore.language.closures import compiled, condition
from questscore.language.functions import number
from questscore.language.tree import Name, Prop
from questscore.model.event import EVENT_NAMES, Event
from questscore.model.selector import Selector, read
from questscore.model.time import Calendar

Reading: TypeAlias = Callable[[Event], "float | str | None"]


def leaf(calendar: Calendar) -> Callable[[Name | Prop], Reading]:
    """How names in an expression read an event."""

    def of(node: Name | Prop) -> Reading:
        if isinstance(node, Name) and node.name in EVENT_NAMES:
            return reading(node.name, calendar)
        return _property(node.name)

    return of


def reading(name: str, calendar: Calendar) -> Reading:
    """How a name reads an event: a built-in name, which hides, or a property."""
    if name in EVENT_NAMES:
        return lambda event: read(event, name, calendar)
    return _property(name)


def _property(name: str) -> Reading:
    def get(event: Event) -> float | str | None:
        value = event.properties.get(name)
        if value is None or isinstance(value, (float, str)):
            return value
        return number(value)

    return get


def worth(expression: Expression, calendar: Calendar) -> Reading:
    """An expression over an event's properties."""
    return compiled(expression.tree, leaf(calendar))


def parts_of(
    selectors: Sequence[Selector], calendar: Calendar
) -> Callable[[str], Sequence[tuple[int, Callable[[Event], bool] | None]]]:
    """For an event's name, which of the selectors it may match, the last first, and on what condition."""
    made = [None if s.where is None else condition(s.where.tree, leaf(calendar)) for s in selectors]
    known: dict[str, list[tuple[int, Callable[[Event], bool] | None]]] = {}
    named = {name for s in selectors for name in s.on} - {"*"}

    def matching(name: str | None) -> list[tuple[int, Callable[[Event], bool] | None]]:
        return [
            (i, made[i])
            for i in reversed(range(len(selectors)))
            if selectors[i].every_name or name in selectors[i].on
        ]

    for name in named:
        known[name] = matching(name)
    others = matching(None)
    return lambda name: known.get(name, others)

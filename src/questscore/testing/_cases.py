"""Cases: events that fit a signal or a rule, from a seed.

Lives here: which names, properties and lengths of time a part is about, and small logs made of them: bursts,
ties, silences, a daylight-saving night, adjustments and resets.
Lives elsewhere: the model around the part (_specimen), what is checked (_declared, _definition, _engines),
strategies for Hypothesis (strategies).
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

import attrs

from questscore.language.tree import Compare, Literal, Name, Node, Prop, Within
from questscore.model.event import ADJUST, EVENT_NAMES, RESET, Event, PropertyValue
from questscore.model.rule import Rule
from questscore.model.selector import Selector
from questscore.model.signal import SignalDefinition
from questscore.model.time import DAY, HOUR, MINUTE, Duration, Instant, Period, instant

Part: TypeAlias = SignalDefinition | Rule

BEGIN = instant("2026-03-20T06:00:00Z")
USERS = (("ada", "acme"), ("bob", "acme"), ("cyd", "moon"))
"""Users and their accounts."""
NAMES = ("login", "purchase", "invite")
OTHER = "seen by nobody else"
LONGEST = 400 * DAY
_PERIODS = {
    Period.DAY: DAY,
    Period.WEEK: 7 * DAY,
    Period.MONTH: 30 * DAY,
    Period.QUARTER: 91 * DAY,
    Period.YEAR: 365 * DAY,
}
_UNITS = {"minutes": MINUTE, "hours": HOUR, "days": DAY, "weeks": 7 * DAY}
"""What a number counts whose field is named so."""
_VALUES: tuple[PropertyValue, ...] = (0, 1, 2, 2, 3.5, 40, -1.25, True, "a", "b", "pro")


def selectors(parts: Iterable[Part]) -> list[Selector]:
    """Every selector of some parts, and those that a field named ``on`` says."""
    found = [selector for part in parts for _, selector in part.selects()]
    for part in parts:
        on = getattr(part, "on", None)
        if isinstance(on, str) or (isinstance(on, tuple) and all(isinstance(name, str) for name in on)):
            found.append(Selector(on))
    return found


def names(parts: Sequence[Part]) -> list[str]:
    """The event names that some parts are about; a few usual ones where they tell none."""
    found = {name for selector in selectors(parts) for name in selector.on} - {"*"}
    return sorted(found) or list(NAMES)


def properties(parts: Sequence[Part]) -> dict[str, list[PropertyValue]]:
    """The properties that some parts read, each with values that it may have."""
    found: dict[str, list[PropertyValue]] = {}
    for part in parts:
        for read in part.properties():
            found.setdefault(read if isinstance(read, str) else read[0], [])
    for selector in selectors(parts):
        if selector.where is not None:
            for name in selector.where.names | selector.where.properties:
                found.setdefault(name, [])
            for name, values in _compared(selector.where.tree):
                found.setdefault(name, []).extend(values)
    for name in EVENT_NAMES:
        found.pop(name, None)
    return {name: [*_VALUES, *3 * found[name]] for name in sorted(found)} or {"amount": list(_VALUES)}


def _compared(node: Node) -> Iterator[tuple[str, list[PropertyValue]]]:
    """Properties and the literals that they are compared with."""
    if isinstance(node, Compare):
        sides = [node.first, *(side for _, side in node.rest)]
        literals = [side.value for side in sides if isinstance(side, Literal) and side.value is not None]
        for side in sides:
            if isinstance(side, (Name, Prop)):
                yield side.name, [*literals, *(one + 1 for one in literals if isinstance(one, float))]
    elif isinstance(node, Within) and isinstance(node.item, (Name, Prop)):
        yield node.item.name, [option for option in node.options if option is not None]
    for value in _fields(node):
        for inner in value if isinstance(value, tuple) else (value,):
            if isinstance(inner, Node):
                yield from _compared(inner)


def lengths(part: object) -> list[int]:
    """The lengths of time among the fields of a part, microseconds, ascending; of a period the usual one."""
    return sorted({min(length, LONGEST) for length in _lengths(part)})


def _lengths(value: object) -> Iterator[int]:
    if isinstance(value, Duration):
        yield value.us
    elif isinstance(value, Period):
        yield _PERIODS[value]
    elif isinstance(value, dt.timedelta):
        yield max(1, value // dt.timedelta(microseconds=1))
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _lengths(item)
    elif not isinstance(value, (Selector, Event)):
        for field in _attributes(value):
            item = getattr(value, field.name)
            unit = next((us for word, us in _UNITS.items() if field.name.endswith(word)), None)
            if unit is not None and isinstance(item, (int, float)) and 0 < item * unit < LONGEST:
                yield max(1, int(item * unit))
            yield from _lengths(item)


def has_instants(value: object) -> bool:
    """Whether a field holds an instant or a date, which means something else at another time."""
    if isinstance(value, (Instant, dt.date)):
        return True
    if isinstance(value, (tuple, list)):
        return any(map(has_instants, value))
    return not isinstance(value, Event) and any(map(has_instants, _fields(value)))


def _attributes(value: object) -> tuple[attrs.Attribute[object], ...]:
    found: tuple[attrs.Attribute[object], ...] = getattr(type(value), "__attrs_attrs__", ())
    return found


def _fields(value: object) -> list[object]:
    return [getattr(value, field.name) for field in _attributes(value)]


def log(parts: Sequence[Part], seed: int, *, reserved: bool = False, each: int = 11) -> list[Event]:
    """Events of a few users that fit some parts, in canonical order of time.

    Args:
        parts: What they are to fit.
        seed: The same one gives the same events.
        reserved: Whether there are adjustments and resets too.
        each: About how many events a user has.
    """
    dice = random.Random(seed)  # noqa: S311
    known, carried = [*names(parts), *names(parts), OTHER], properties(parts)
    steps = [6 * HOUR, *(max(1, length // 4) for part in parts for length in lengths(part))]
    found: list[Event] = []
    for user, account in USERS:
        at = BEGIN + dice.randrange(8) * 6 * HOUR
        for _ in range(each + dice.randrange(4)):
            at += dice.choice(steps) * dice.choice((0, 0, 1, 1, 2, 4))
            values = {name: dice.choice(own) for name, own in carried.items() if dice.random() < 0.8}
            found.append(Event(dice.choice(known), Instant(at), user, account, values, f"e{len(found)}"))
        if reserved:
            middle = [event for event in found if event.user == user]
            time = middle[len(middle) // 2].time
            found.append(Event(RESET, Instant(time), user, account, {"points": 2}, f"e{len(found)}"))
            found.append(Event(ADJUST, Instant(time + 1), user, account, {"points": 3}, f"e{len(found)}"))
    return sorted(found, key=lambda event: event.time)


def instants(events: Sequence[Event], part: Part, seed: int, count: int) -> list[int]:
    """Ascending instants at which something may just have changed: at events, and lengths of time after."""
    dice = random.Random(seed)  # noqa: S311
    last = events[-1].time
    found = {last, last + 1}
    away = [0, *lengths(part)]
    while len(found) < count:
        found.add(dice.choice(events).time + dice.choice(away) + dice.choice((-1, 0, 0, 1, DAY)))
    return sorted(found)

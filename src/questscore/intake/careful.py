"""One row read with care: the parts of an event, or the reason why it is none.

Lives here: which keys of a mapping are what, and advice about keys that are missing or unknown.
Lives elsewhere: what a valid name, key, value or time is (model, clock); they are asked one by one, in
the order in which `Event` asks them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from attrs import frozen

from questscore.errors import EventError
from questscore.intake.clock import Clock
from questscore.intake.layout import Layout, likely
from questscore.intake.reasons import NOBODY
from questscore.model.event import MAX_DEPTH, Event, PropertyValue, checked_key, checked_name, flattened

T = TypeVar("T")


@frozen
class Unreadable:
    """A row that was lost before it became a mapping, such as a line that is no JSON."""

    reason: str


@frozen
class Parts:
    """What an event is made of, checked."""

    name: str
    time: int
    user: str | None
    account: str | None
    properties: dict[str, PropertyValue]
    id: str | None


def read_event(layout: Layout, clock: Clock, given: object) -> Parts:
    """The parts of the event that ``given`` is.

    Raises:
        EventError: It is none; the problem names the field.

    >>> read_event(Layout.of({"user": "who"}), Clock(), {"name": "buy", "time": 10**15, "who": "ada"}).user
    'ada'
    """
    if isinstance(given, Event):
        whole: dict[object, object] = {
            "properties": given.properties,
            "name": given.name,
            "time": given.time,
            "user": given.user,
        }
        return _read(Layout.of(None), clock, whole | {"account": given.account, "id": given.id})
    if isinstance(given, Unreadable):
        raise EventError(given.reason)
    if not isinstance(given, Mapping):
        raise EventError(
            f"a {type(given).__name__} is neither an Event nor a mapping",
            fix="pass mappings with the keys 'name', 'time', and 'user' or 'account'",
        )
    try:
        return _read(layout, clock, given)
    except EventError as error:
        problem = error.problems[0]
        if problem.where in layout.fields and given.get(layout.fields[problem.where]) is None:
            hint = layout.hint(problem.where, given)
            if hint:
                raise EventError(problem.what, where=problem.where, fix=hint) from None
        raise


def _read(layout: Layout, clock: Clock, given: Mapping[object, object]) -> Parts:
    def value(field: str) -> object:
        return given.get(layout.fields[field]) if field in layout.fields else None

    name = _asked("name", checked_name, value("name"))
    time = _asked("time", clock.read, value("time"))
    user = _asked("user", checked_key, value("user"), "user")
    account = _asked("account", checked_key, value("account"), "account")
    properties = _properties(layout, given)
    id_ = _asked("id", checked_key, value("id"), "id")
    if user is None and account is None:
        raise EventError([NOBODY])
    return Parts(name, time, user, account, properties, id_)


def _asked(where: str, read: Callable[..., T], *arguments: object) -> T:
    """``read(*arguments)``; what a value's own methods raise is a problem of that value."""
    try:
        return read(*arguments)
    except EventError:
        raise
    except Exception as error:
        raise EventError(
            f"a value that cannot be read ({type(error).__name__})", where=where, fix="pass a plain value"
        ) from None


def names_in(layout: Layout, given: Mapping[object, object]) -> set[str]:
    """All that ``columns`` may name in a mapping: its keys, and the flat names of properties."""
    inner = given.get(layout.fields.get("properties"))
    return {*_flat_names(given), *(_flat_names(inner) if isinstance(inner, Mapping) else ())}


def _flat_names(given: Mapping[object, object], prefix: str = "", depth: int = 0) -> Iterator[str]:
    for key, value in given.items():
        if isinstance(key, str):
            yield f"{prefix}{key}"
            if isinstance(value, Mapping) and depth < MAX_DEPTH:
                yield from _flat_names(value, f"{prefix}{key}.", depth + 1)


def _properties(layout: Layout, given: Mapping[object, object]) -> dict[str, PropertyValue]:
    """What is a property in a mapping, flat and under our names."""
    known = set(layout.fields.values())
    at_properties = layout.fields.get("properties")
    if at_properties is None or at_properties not in given:
        return _flat(layout, {key: value for key, value in given.items() if key not in known})
    inner = given[at_properties]
    if not isinstance(inner, (Mapping, type(None))):
        kind = type(inner).__name__
        raise EventError(f"a {kind} is not a mapping", where="properties", fix="pass a mapping")
    others: dict[object, object] = {}
    for key, value in given.items():
        if key in layout.properties:
            others[key] = value
        elif key not in known and key not in layout.dropped:
            raise _unknown(str(key), known)
    for key in others:
        if key in (inner or {}):
            raise _twice(key)
    return _flat(layout, {**(inner or {}), **others} if others else inner or {})


def _flat(layout: Layout, properties: Mapping[object, object]) -> dict[str, PropertyValue]:
    properties = without(properties, layout.dropped)
    try:
        flat = flattened(properties)
    except EventError:
        raise
    except Exception:
        for key, value in properties.items():
            _asked(f"properties.{key}", flattened, {key: value})
        raise
    # `flattened` gives properties last first.
    flat = dict(reversed(flat.items()))
    return flat if layout.plain else _renamed(layout, flat)


def without(
    properties: Mapping[object, object], dropped: frozenset[str], prefix: str = ""
) -> Mapping[object, object]:
    """The properties but those whose flat name is dropped, before anything is said about their values.

    >>> without({"cart": {"items": [1], "total": 2}}, frozenset(["cart.items"]))
    {'cart': {'total': 2}}
    """
    if not dropped or prefix.count(".") > MAX_DEPTH:
        return properties
    return {
        key: without(value, dropped, f"{prefix}{key}.") if isinstance(value, Mapping) else value
        for key, value in properties.items()
        if f"{prefix}{key}" not in dropped
    }


def _unknown(key: str, known: set[str]) -> EventError:
    near = likely(key, known)
    return EventError(
        "no such field of an event" + (f"; the nearest is {near!r}" if near else ""),
        where=key,
        fix="put it inside 'properties', or map it with columns=",
    )


def _twice(name: object) -> EventError:
    return EventError("two properties get this name", where=f"properties.{name}", fix="rename one of them")


def _renamed(layout: Layout, flat: dict[str, PropertyValue]) -> dict[str, PropertyValue]:
    renamed: dict[str, PropertyValue] = {}
    for theirs, value in flat.items():
        ours = layout.property_name(theirs)
        if ours in renamed:
            raise _twice(ours)
        if ours is not None:
            renamed[ours] = value
    return renamed

"""Event: one thing that a user or an account did, and the order in which events stand.

Lives here: what an event is, what makes one invalid, canonical order, and "same content".
Lives elsewhere: reading many events from files and frames (intake, io), columns of them.
"""

from __future__ import annotations

import json
import math
import numbers
from collections.abc import Mapping
from decimal import Decimal
from operator import index as as_integer
from typing import TypeAlias

from attrs import field, frozen

from questscore.errors import EventError, veiled
from questscore.model.time import Instant, TimeError, instant

PropertyValue: TypeAlias = bool | int | float | str
Properties: TypeAlias = Mapping[str, PropertyValue]

RESERVED_PREFIX = "questscore."
ADJUST = "questscore.adjust"
RESET = "questscore.reset"
RESERVED = (ADJUST, RESET)
# Readable wherever a property is; they hide properties of the same name.
EVENT_NAMES = ("event_name", "user", "account", "hour", "weekday", "day", "month")
LARGEST_INTEGER = 2**53
MAX_DEPTH = 32


def checked_name(value: object) -> str:
    """The event's name, or an `EventError` under ``name``."""
    if not isinstance(value, str) or not value:
        found = "''" if isinstance(value, str) else veiled(value)
        raise EventError(f"{found} is not a name: non-empty text is", where="name", fix="name the event")
    if value.startswith(RESERVED_PREFIX) and value not in RESERVED:
        raise EventError(
            f"{value!r} is reserved: names that begin with {RESERVED_PREFIX!r} are",
            where="name",
            fix=f"use another name; only {ADJUST!r} and {RESET!r} have a meaning",
        )
    return value


def checked_key(value: object, where: str) -> str | None:
    """A user, account or id: text or None; an empty one counts as none."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise EventError(
            f"{veiled(value)} is not text", where=where, fix=f"pass {where} as text, such as '42' for 42"
        )
    return value or None


def checked_value(key: str, value: object) -> PropertyValue | None:
    """One property's value, None when it is missing; an `EventError` that names the key otherwise."""
    if value is None or isinstance(value, (str, bool)):
        return str.__str__(value) if isinstance(value, str) else value  # an enum member: its value
    where = f"properties.{key}"
    if isinstance(value, numbers.Integral) and hasattr(value, "__index__"):
        whole = as_integer(value)
        if abs(whole) > LARGEST_INTEGER:
            raise EventError(
                "an integer beyond 2^53",
                where=where,
                fix="long numbers such as ids are text",
            )
        return whole
    if type(value).__module__ == "numpy" and hasattr(value, "item") and not hasattr(value, "__setitem__"):
        value = value.item()  # a numpy scalar; arrays, of no dimension too, are none
    if isinstance(value, bool):
        return value
    if isinstance(value, (numbers.Real, Decimal)):  # decimals and fractions are numbers too, as doubles
        try:
            real = float(value)
        except OverflowError:
            real = math.inf
        except (TypeError, ValueError):
            raise _no_value(value, where) from None
        if math.isinf(real):
            raise EventError("an infinite number", where=where, fix="leave it out, or pass a finite number")
        return None if math.isnan(real) else real
    raise _no_value(value, where)


def _no_value(value: object, where: str) -> EventError:
    return EventError(
        f"a {type(value).__name__} is not a property value",
        where=where,
        fix="pass None, a boolean, a number or text",
    )


def flattened(properties: Mapping[object, object]) -> dict[str, PropertyValue]:
    """Properties by flat name (``cart.total``) in the order given, without missing ones."""
    flat: dict[str, PropertyValue] = {}
    seen: set[str] = set()
    stack: list[tuple[str, object, int]] = []

    def push(prefix: str, mapping: Mapping[object, object], depth: int) -> None:
        if depth > MAX_DEPTH:
            raise EventError("properties are nested too deep", where="properties", fix="flatten them")
        inside: list[tuple[str, object, int]] = []
        for key, value in mapping.items():
            if not isinstance(key, str):
                raise EventError(f"the key {key!r} is not text", where="properties", fix="name it by text")
            inside.append((f"{prefix}{key}", value, depth))
        stack.extend(reversed(inside))

    push("", properties, 0)
    while stack:
        key, value, depth = stack.pop()
        if isinstance(value, Mapping):
            push(f"{key}.", value, depth + 1)
            continue
        if key in seen:
            raise EventError(
                "two properties flatten to this name", where=f"properties.{key}", fix="rename one of them"
            )
        seen.add(key)
        checked = checked_value(key, value)
        if checked is not None:
            flat[key] = checked
    return flat


def _sketch(value: PropertyValue | None) -> str:
    """A value by its type, and a text by its length too."""
    if value is None:
        return "None"
    return f"<str of {len(value)}>" if isinstance(value, str) else f"<{type(value).__name__}>"


def _time(value: object) -> Instant:
    try:
        return instant(value)
    except TimeError as error:
        raise EventError(
            str(error), where="time", fix="pass an aware datetime, ISO text or microseconds"
        ) from None


def _user(value: object) -> str | None:
    return checked_key(value, "user")


def _account(value: object) -> str | None:
    return checked_key(value, "account")


def _id(value: object) -> str | None:
    return checked_key(value, "id")


def _properties(value: object) -> dict[str, PropertyValue]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise EventError(
            f"a {type(value).__name__} is not a mapping", where="properties", fix="pass a mapping"
        )
    return flattened(value)


@frozen(hash=False, repr=False)
class Event:
    """Something that happened once, at an instant.

    Its ``repr``, which may end in a log, says who did it and the properties by type and length alone.

    Args:
        name: What happened; non-empty text.
        time: An aware ``datetime``, ISO 8601 text with an offset, or epoch microseconds; kept as the last.
        user: Who did it.
        account: For which account; at least one of user and account.
        properties: Text to None, bool, int, float or text; nested mappings flatten with dots.
        id: Idempotency key within one subject; empty or None: never a duplicate.

    Raises:
        EventError: A field cannot be what it says; the error names it.

    >>> Event("login", "2026-03-01T09:00:00Z", user="ada", properties={"cart": {"total": 3}}).properties
    {'cart.total': 3}
    """

    name: str = field(converter=checked_name)
    time: Instant = field(converter=_time)
    user: str | None = field(default=None, converter=_user)
    account: str | None = field(default=None, converter=_account)
    properties: dict[str, PropertyValue] = field(factory=dict, converter=_properties)
    id: str | None = field(default=None, converter=_id)

    def __attrs_post_init__(self) -> None:
        if self.user is None and self.account is None:
            raise EventError("neither a user nor an account", where="user", fix="say who did it")

    def __repr__(self) -> str:
        inner = ", ".join(f"{key!r}: {_sketch(value)}" for key, value in self.properties.items())
        keys = (f"{key}={_sketch(getattr(self, key))}" for key in ("user", "account"))
        head = f"name={self.name!r}, time={int(self.time)}, {', '.join(keys)}"
        return f"Event({head}, properties={{{inner}}}, id={_sketch(self.id)})"

    @property
    def reserved(self) -> bool:
        """True for adjustments and resets."""
        return self.name.startswith(RESERVED_PREFIX)


def content(properties: Properties) -> str:
    """Properties as sorted JSON, every number and boolean a double: what "same content" compares."""
    doubles = {
        key: value if isinstance(value, str) else float(value)
        for key, value in properties.items()
        if value == value
    }
    return json.dumps(doubles, sort_keys=True)


def canonical(event: Event) -> tuple[int, str, str, str, str, str]:
    """The key of canonical order, which settles every tie.

    >>> a = Event("login", 10**15, user="ada")
    >>> b = Event("click", 10**15, user="ada")
    >>> [e.name for e in sorted([a, b], key=canonical)]
    ['click', 'login']
    """
    return (
        event.time,
        event.id or "",
        event.name,
        event.user or "",
        event.account or "",
        content(event.properties),
    )

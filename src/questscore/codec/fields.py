"""The fields of a class as a model file sees them.

Lives here: their keys, types and defaults.
Lives elsewhere: reading (structure), writing (unstructure) and describing them (json_schema).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias, cast, get_type_hints

import attrs

Field: TypeAlias = "attrs.Attribute[Any]"


def fields(cls: type) -> dict[str, Field]:
    """By key, the fields that are given when an object is made.

    >>> from questscore.model.award import Active
    >>> list(fields(Active))
    ['from', 'until']
    """
    return _fields(cls)


@cache
def _fields(cls: Any) -> dict[str, Field]:
    return {(a.alias or a.name).rstrip("_"): a for a in attrs.fields(cls) if a.init}


def hints(cls: type) -> dict[str, Any]:
    """By name, the types of the fields; none for a class whose annotations cannot be looked up."""
    return _hints(cls)


@cache
def _hints(cls: Any) -> dict[str, Any]:
    try:
        return get_type_hints(cls)
    except (NameError, TypeError, AttributeError):  # a class that was made inside a function, say
        return {}


def converter(field: Field) -> Callable[[object], object] | None:
    """What makes a value of the field from what is written."""
    return cast("Callable[[object], object] | None", field.converter)


def default(field: Field) -> object:
    """What the field is when it is left out, converted; ``attrs.NOTHING`` when it must be given."""
    value: Any = field.default
    if isinstance(value, attrs.Factory):  # type: ignore[arg-type]
        value = attrs.NOTHING if value.takes_self else value.factory()
    convert = converter(field)
    return value if value is attrs.NOTHING or not callable(convert) else convert(value)

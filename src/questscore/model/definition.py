"""Definition: the base of everything a model is made of, and how raw values become typed ones.

Lives here: the base class, and one strict converter for each sort of field. Nothing is coerced in
silence: ``True`` is no number, ``3.7`` no count, ``"abc"`` no list.
Lives elsewhere: what the fields mean (signal, rule, level), models as text (codec).
"""

from __future__ import annotations

import datetime as dt
import functools
import numbers
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeAlias, TypeVar, cast

import attrs

from questscore.errors import ModelError, Problem, nearest
from questscore.language import Expression, parse
from questscore.model.event import RESERVED_PREFIX
from questscore.model.time import Duration, Instant, Period, Span, TimeError, instant

DurationLike: TypeAlias = str | dt.timedelta | Duration
SpanLike: TypeAlias = DurationLike | Period | Span
NamesLike: TypeAlias = str | Iterable[str]
ExpressionLike: TypeAlias = str | Expression
T = TypeVar("T")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Definition:
    """Base of every part of a model: a frozen attrs class whose errors name the field at fault.

    A subclass is decorated with ``attrs.frozen`` and gives its fields converters; when building one
    fails, every field is tried, so that the `ModelError` lists all problems of the object at once.
    """

    __slots__ = ()

    @classmethod
    def __attrs_init_subclass__(cls) -> None:
        name = "__attrs_init__" if "__attrs_init__" in cls.__dict__ else "__init__"
        plain = cast("Callable[..., None]", getattr(cls, name))

        @functools.wraps(plain)
        def __init__(self: Definition, *args: object, **kwargs: object) -> None:
            try:
                plain(self, *args, **kwargs)
            except ModelError:
                problems = _field_problems(cls, args, kwargs)
                if not problems:
                    raise
                raise ModelError(problems) from None

        setattr(cls, name, __init__)


def _field_problems(cls: type, args: tuple[object, ...], kwargs: dict[str, object]) -> list[Problem]:
    fields = [a for a in attrs.fields(cls) if a.init]
    positional = [a.alias for a in fields if not a.kw_only]
    given = dict(zip(positional, args, strict=False)) | kwargs
    problems: list[Problem] = []
    for attribute in fields:
        convert = attribute.converter
        if attribute.alias in given and callable(convert):
            try:
                convert(given[attribute.alias])
            except ModelError as error:
                problems += error.under(attribute.alias.rstrip("_")).problems
    return problems


def text(value: str) -> str:
    """Non-empty text."""
    if not isinstance(value, str) or not value.strip():
        raise ModelError(f"{value!r} is not a name", fix="write text, in quotes")
    return value


def optional_text(value: str | None) -> str | None:
    """Non-empty text, or None."""
    return None if value is None else text(value)


def names(value: NamesLike) -> tuple[str, ...]:
    """Event names: a name, a list of them, or ``"*"``."""
    fix = "write an event name, a list of event names, or '*'"
    found = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Iterable) else ()
    if not found or isinstance(value, Mapping):
        raise ModelError(f"{value!r} is no event name", fix=fix)
    for name in found:
        if not isinstance(name, str) or not name:
            raise ModelError(f"{name!r} is no event name", fix=fix)
        if name.startswith(RESERVED_PREFIX):
            raise ModelError(
                f"{name!r} is reserved", fix="adjustments and resets count by themselves; name another event"
            )
    if "*" in found and len(found) > 1:
        raise ModelError("'*' stands beside other names", fix="write '*' alone, or only the names")
    return tuple(dict.fromkeys(found))


def expression(value: ExpressionLike) -> Expression:
    """An expression, from its text."""
    if isinstance(value, Expression):
        return value
    if not isinstance(value, str):
        raise ModelError(f"{value!r} is not an expression", fix="write it as text, such as 'amount > 10'")
    return parse(value)


def optional_expression(value: ExpressionLike | None) -> Expression | None:
    """An expression, or None."""
    return None if value is None else expression(value)


def number(value: float) -> float:
    """A finite number; booleans and digits in text are none."""
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ModelError(f"{value!r} is not a number", fix="write a number, such as 50 or -2.5")
    if not abs(value) <= 2**53:
        raise ModelError(f"{_short(value)} is not a number that can be used", fix="write one within ±2^53")
    return float(value)


def _short(value: object) -> str:
    if isinstance(value, int) and value.bit_length() > 200:
        return "an integer of many digits"
    shown = repr(value)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def optional_number(value: float | None) -> float | None:
    """A finite number, or None."""
    return None if value is None else number(value)


def points(value: float | ExpressionLike) -> float | Expression:
    """Points: a number, or an expression that gives one."""
    return expression(value) if isinstance(value, (str, Expression)) else number(value)


def whole(value: int) -> int:
    """A whole number of at least 1."""
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ModelError(f"{value!r} is not a whole number of at least 1", fix="write such as 1 or 3")
    return value


def duration(value: DurationLike) -> Duration:
    """A positive duration."""
    return Duration.of(value)


def optional_duration(value: DurationLike | None) -> Duration | None:
    """A positive duration, or None."""
    return None if value is None else Duration.of(value)


def optional_span(value: SpanLike | None) -> Span | None:
    """A duration or calendar period, or None."""
    return None if value is None else Span.of(value)


def period(value: str) -> Period:
    """A calendar period."""
    return Period.of(value)


def optional_period(value: str | None) -> Period | None:
    """A calendar period, or None."""
    return None if value is None else Period.of(value)


def optional_moment(value: object) -> Instant | dt.date | None:
    """An instant in any form, or a date (its local midnight), or None."""
    if value is None or (isinstance(value, dt.date) and not isinstance(value, dt.datetime)):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            pass
    try:
        return instant(value)
    except TimeError as error:
        raise ModelError(str(error), fix="write such as 2026-03-01 or '2026-03-01T09:00:00Z'") from None


def one_of(value: object, known: tuple[str, ...]) -> str:
    """One of a few words."""
    if not isinstance(value, str) or value not in known:
        near = nearest(value, known) if isinstance(value, str) else None
        what = f"{value!r} is not known here" + (f"; the nearest is {near!r}" if near else "")
        raise ModelError(what, fix=f"write one of {', '.join(map(repr, known))}")
    return value


def scope(value: Literal["member"] | None) -> Literal["member"] | None:
    """``"member"`` or None."""
    return None if value is None else cast(Literal["member"], one_of(value, ("member",)))


def build(cls: type[T], value: object) -> T:
    """An object of ``cls`` from itself or from a mapping of its fields, with unknown keys refused."""
    if isinstance(value, cls):
        return value
    if not isinstance(value, Mapping):
        raise ModelError(f"{value!r} is not a table of {cls.__name__}", fix="write its fields by name")
    fields = {a.alias.rstrip("_"): a for a in attrs.fields(cast("type[Any]", cls)) if a.init}
    problems, given = [], {}
    for key, item in value.items():
        if key in fields:
            given[fields[key].alias] = item
            continue
        near = nearest(str(key), fields)
        problems.append(
            Problem(
                str(key),
                f"unknown key {key!r}" + (f"; the nearest is {near!r}" if near else ""),
                f"write {near!r}" if near else f"known keys: {', '.join(fields)}",
            )
        )
    for name, attribute in fields.items():
        if attribute.default is attrs.NOTHING and attribute.alias not in given:
            problems.append(Problem(name, f"{name!r} is missing", f"give {name!r}"))
    if problems:
        problems += _field_problems(cls, (), given)
        raise ModelError(problems)
    return cls(**given)


def bounds(low: float | None, high: float | None) -> list[Problem]:
    """The problem of a lower bound above the upper."""
    if low is None or high is None or low <= high:
        return []
    return [Problem("minimum", f"{low:g} is above the maximum {high:g}", "swap the two")]

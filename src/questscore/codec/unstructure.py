"""From a model to plain tables: the least text that reads back as the same model.

Lives here: one cattrs hook for each type of the model's vocabulary, and which fields can be left out.
Lives elsewhere: the way back (structure), the text of files (formats).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from math import inf, nextafter
from typing import Any, cast

from cattrs import Converter

from questscore import rules
from questscore.codec.fields import Field, converter, default, fields
from questscore.errors import ModelError
from questscore.language import Expression
from questscore.model.award import limits
from questscore.model.definition import Definition, names
from questscore.model.level import BASE, Levels, Margin
from questscore.model.rule import Rule
from questscore.model.score_model import ScoreModel
from questscore.model.selector import Selector
from questscore.model.signal import SignalDefinition
from questscore.model.time import Duration, Instant, Period, Span, iso

_ONE_OR_MANY: tuple[object, ...] = (names, limits)
"""Converters that take one thing as well as a list of them."""
_LAST = {*fields(SignalDefinition), *fields(Rule)} - {"name"}


def to_mapping(model: ScoreModel) -> dict[str, Any]:
    """The plain text form of a model; what is as it would be by default is left out.

    Laws: ``load_model(to_mapping(model)) == model``.

    Raises:
        ModelError: Something in it has no text form, such as a duration of part of a second.

    >>> from questscore.signals import Count
    >>> to_mapping(ScoreModel("m", subject="user", signals=[Count("n", on=["login"])]))
    {'name': 'm', 'subject': 'user', 'signals': [{'name': 'n', 'kind': 'count', 'on': 'login'}]}
    """
    if not isinstance(model, ScoreModel):
        raise ModelError(f"a {type(model).__name__} is no ScoreModel", fix="pass a ScoreModel")
    return cast("dict[str, Any]", _converter.unstructure(model))


def plain(value: object) -> Any:
    """The plain text form of any value of a field."""
    return _converter.unstructure(value)


def _table(part: Definition) -> dict[str, Any]:
    """A part as a table, by the keys of its fields."""
    cls = type(part)
    table: dict[str, Any] = {}
    for key, field in _ordered(cls):
        value = getattr(part, field.name)
        if value == default(field):
            continue
        if converter(field) in _ONE_OR_MANY and len(value) == 1:
            value = value[0]
        try:
            table[key] = _converter.unstructure(value)
        except ModelError as error:
            raise error.under(key) from None
    kind = getattr(cls, "kind", "")
    if not kind or cls in rules.KINDS:
        return table
    head = {"name": table.pop("name")} if "name" in table else {}
    return {**head, "kind": kind, **table}


def _ordered(cls: type) -> tuple[tuple[str, Field], ...]:
    """Keys and fields in the order in which they are written: what all kinds have in common comes last."""
    found = list(fields(cls).items())
    if issubclass(cls, (SignalDefinition, Rule)):
        found.sort(key=lambda pair: (pair[0] != "name", pair[0] in _LAST))
    return tuple(found)


def _model(model: ScoreModel) -> dict[str, Any]:
    table = _table(model)
    if model.below == BASE:
        table.pop("below", None)
    if not model.levels:  # they know margin and dwell too, so none differ from none
        table.pop("levels", None)
    return table


def _items(items: Iterable[object]) -> list[Any]:
    found = []
    for position, item in enumerate(items):
        try:
            found.append(_converter.unstructure(item))
        except ModelError as error:
            raise error.under(f"[{position}]") from None
    return found


def _selector(selector: Selector) -> object:
    table = _table(selector)
    return table if selector.where is not None else table["on"]


def _number(value: float) -> float:
    return int(value) if value.is_integer() and abs(value) <= 2**53 else value


def _margin(margin: Margin) -> object:
    if not margin.share:
        return _number(margin.amount)
    percent = margin.amount * 100
    near = [
        *(round(percent, digits) for digits in range(17)),
        nextafter(percent, inf),
        nextafter(percent, -inf),
    ]
    # the percentage whose hundredth is the very share
    return f"{_number(next((p for p in near if p / 100 == margin.amount), percent))}%"


_converter = Converter()
_HOOKS: dict[type, Callable[[Any], object]] = {
    Definition: _table,
    ScoreModel: _model,
    Levels: _items,
    Selector: _selector,
    Margin: _margin,
    Expression: str,
    Duration: str,
    Span: lambda span: _converter.unstructure(span.length),
    Period: lambda period: period.value,
    Instant: iso,
    dt.datetime: lambda time: time.isoformat(),
    dt.date: lambda date: date.isoformat(),
    dt.timedelta: lambda length: str(Duration.of(length)),
    float: _number,
    tuple: _items,
    list: _items,
    frozenset: lambda items: sorted(_converter.unstructure(item) for item in items),
    set: lambda items: sorted(_converter.unstructure(item) for item in items),
}

for _type, _hook in _HOOKS.items():
    _converter.register_unstructure_hook(_type, _hook)

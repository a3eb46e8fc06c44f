"""Values by type alone: what fields without a converter of their own are read with.

Lives here: one cattrs hook for each plain type and each type of the model's vocabulary; nothing is
coerced: ``3.7`` is no ``int``, ``True`` no ``float``, ``"abc"`` no ``list[str]``.
Lives elsewhere: fields with converters (model), tables (structure).
"""

from __future__ import annotations

import collections.abc as abc
import datetime as dt
import enum
from collections.abc import Callable
from typing import Any, get_args, get_origin

from cattrs import Converter
from cattrs.strategies import configure_union_passthrough

from questscore.errors import ModelError
from questscore.language import Expression
from questscore.model import definition as of
from questscore.model.level import Margin, optional_margin
from questscore.model.selector import Selector, selector
from questscore.model.time import Duration, Period, Span

_LISTS: tuple[object, ...] = (list, tuple, set, frozenset, abc.Sequence, abc.Set)


def _exactly(kind: type, word: str) -> Callable[[object, Any], object]:
    def read(value: object, wanted: Any) -> object:
        if issubclass(wanted, enum.Enum):
            return of.one_of(value, tuple(member.value for member in wanted)) and wanted(value)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ModelError(f"{value!r} is not {word}", fix=f"write {word}")
        return value

    return read


def _through(convert: Callable[[Any], object]) -> Callable[[object, object], object]:
    return lambda value, _: convert(value)


_READERS: dict[type, Callable[[object, object], object]] = {
    str: _exactly(str, "text"),
    int: _exactly(int, "a whole number"),
    bool: _exactly(bool, "true or false"),
    float: _through(of.number),
    dt.timedelta: lambda value, _: dt.timedelta(microseconds=of.duration(value).us),  # type: ignore[arg-type]
    Duration: _through(of.duration),
    Period: _through(of.period),
    Span: _through(of.optional_span),
    Expression: _through(of.expression),
    Selector: _through(selector),
    Margin: _through(optional_margin),
}


def strict_converter() -> Converter:
    """A cattrs converter that refuses where cattrs would coerce.

    >>> strict_converter().structure([1, 2], list[int])
    [1, 2]
    """
    converter = Converter(forbid_extra_keys=True, detailed_validation=False)
    for kind, read in _READERS.items():
        converter.register_structure_hook(kind, read)
    converter.register_structure_hook_func(lambda kind: get_origin(kind) in _LISTS, _lists(converter))
    configure_union_passthrough(str | bool | int | float | None, converter)
    return converter


def _lists(converter: Converter) -> Callable[[object, Any], object]:
    def read(value: object, kind: Any) -> object:
        made, items = get_origin(kind), get_args(kind)
        if not isinstance(value, (list, tuple)):
            raise ModelError(f"{value!r} is not a list", fix="write a list")
        if made is tuple and items[-1] is not Ellipsis:
            if len(items) != len(value):
                raise ModelError(f"{value!r} is not a list of {len(items)}", fix=f"write {len(items)} items")
        else:
            items = (items[0],) * len(value)
        found = []
        for i, (item, each) in enumerate(zip(value, items, strict=True)):
            try:
                found.append(converter.structure(item, each))
            except ModelError as error:
                raise error.under(f"[{i}]") from None
        return {abc.Sequence: tuple, abc.Set: frozenset}.get(made, made)(found)

    return read

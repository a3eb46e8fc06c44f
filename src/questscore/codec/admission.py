"""Admission: what a class must be to become a kind of signal or rule.

Lives here: each requirement, in the order in which they are told, with what to do about it.
Lives elsewhere: the kinds by name (registry), whether its numbers are right (the checks of testing).
"""

from __future__ import annotations

import collections.abc as abc
import inspect
import types
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import attrs
from cattrs.errors import StructureHandlerNotFoundError

from questscore.codec.fields import converter, fields, hints
from questscore.codec.strict import strict_converter
from questscore.model.definition import Definition
from questscore.model.rule import Rule
from questscore.model.signal import SignalDefinition

_GENERIC: tuple[object, ...] = (
    *(list, tuple, set, frozenset, dict, abc.Sequence, abc.Set, abc.Mapping),
    *(Union, types.UnionType, Annotated),
)
_ASKED = {
    SignalDefinition: ("events", "at", "context"),
    Rule: ("events", "values", "at", "context"),
}
_FORMS = {"lower": ("plan",), "follow": ("track",)}
_LATER = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)


_reader = cache(strict_converter)


def refusal(cls: Any) -> tuple[str, str] | None:
    """Why a class cannot be a kind, and the fix; None when it can."""
    base = next((b for b in _ASKED if isinstance(cls, type) and issubclass(cls, b)), None)
    if base is None or cls is base:
        return "is no SignalDefinition and no Rule", "let it inherit from one of the two"
    if "__attrs_attrs__" not in vars(cls):
        return "is not an attrs class", "decorate it with @attrs.frozen"
    if any(a.name == "kind" for a in attrs.fields(cls)):
        return "has a field named 'kind'", "write kind: ClassVar[str] = '…'"
    if not isinstance(cls.kind, str) or not cls.kind.strip():
        return "has no kind", "write kind: ClassVar[str] = '…'"
    if vars(base)["naive"] is inspect.getattr_static(cls, "naive"):
        return "has no naive definition", f"write naive as {base.__name__} asks for it"
    return _methods(cls, base) or _fields(cls)


def _methods(cls: type, base: type) -> tuple[str, str] | None:
    asked = {"naive": _ASKED[base], **{name: of for name, of in _FORMS.items() if hasattr(cls, name)}}
    for name, parameters in asked.items():
        method = inspect.getattr_static(cls, name)
        if method is None and name != "naive":
            continue  # switched off
        wanted = f"def {name}(self, {', '.join(parameters)})"
        if not inspect.isfunction(method):
            return f"has a {name} that is no plain method", f"write {wanted}"
        if any(later(method) for later in _LATER):
            what = f"has a {name} that does not return its result at once"
            return what, f"write {wanted}, without async and yield"
        try:
            inspect.signature(method).bind(None, *parameters)
        except TypeError:
            found = f"{name}{inspect.signature(method)}"
            return f"has a {name} with another signature: {found}", f"write {wanted}"
    return None


def _fields(cls: type) -> tuple[str, str] | None:
    types_of = hints(cls)
    for key, field in fields(cls).items():
        if converter(field) is not None:
            continue
        if field.type is None:
            return f"has a field {key!r} without a type", f"annotate {key}, or give it a converter"
        if field.name not in types_of:
            what = f"has a field {key!r} whose type {field.type!r} cannot be looked up"
            return what, "import what its annotations name when the module runs, or give it a converter"
        if (culprit := _unreadable(types_of[field.name])) is not None:
            name = getattr(culprit, "__name__", str(culprit))
            what = f"has a field {key!r} that cannot be read from text: nothing makes a {name}"
            return what, f"give {key} a converter from text, numbers or lists"
    return None


def _unreadable(hint: Any) -> Any:
    """The part of a type that no value in a file can become; None when there is none."""
    origin, parts = get_origin(hint), get_args(hint)
    if hint in (Any, None, type(None), Ellipsis) or origin is Literal:
        return None
    if origin in _GENERIC:
        parts = parts[:1] if origin is Annotated else parts
        return next((found for part in parts if (found := _unreadable(part)) is not None), None)
    if isinstance(hint, type) and issubclass(hint, Definition):
        return None
    if hint is bytes:
        return hint
    try:
        _reader().get_structure_hook(hint)
    except StructureHandlerNotFoundError:
        return hint
    return None

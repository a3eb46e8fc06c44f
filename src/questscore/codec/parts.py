"""From tables to the parts of a model: signals, rules, groups, levels, triggers, audiences.

Lives here: which class a table means, and everything that is wrong with one part at once.
Lives elsewhere: what a field may hold (model, signals, rules), values without a converter (strict), the
kinds by name (registry), the model as a whole (structure).

A part that cannot be read leaves something to check the others against: the same part without the
fields at fault or, failing that, its name. So one mistake is one problem.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast

from questscore.codec.fields import converter, fields, hints
from questscore.codec.registry import RULES, SIGNALS
from questscore.codec.strict import strict_converter
from questscore.errors import ModelError, Problem, nearest
from questscore.model.definition import Definition, build
from questscore.model.level import Level
from questscore.model.rule import Group, Rule
from questscore.model.score_model import ScoreModel
from questscore.model.signal import SignalDefinition
from questscore.model.trigger import Audience

D = TypeVar("D", bound=Definition)

READER = strict_converter()
"""Makes any type of a model from plain values."""

_SAYS = {"event": ("on",), "condition": ("when",), "tier": ("signal", "tiers")}
"""The keys that say which of the built-in kinds a rule is."""


class Unread(ModelError):
    """A part that cannot be read; ``rest`` is what of it can, for the others to be checked against."""

    rest: Definition | None = None


def _unread(problems: Iterable[Problem], rest: Definition | None) -> Unread:
    error = Unread(problems)
    error.rest = rest
    return error


def unknown_key(key: str, known: Iterable[str]) -> Problem:
    """The problem of a key that means nothing, with the nearest that does."""
    if near := nearest(key, known):
        return Problem(key, f"unknown key {key!r}; the nearest is {near!r}", f"write {near!r}")
    return Problem(key, f"unknown key {key!r}", f"known keys: {', '.join(known)}")


def _part(value: object, cls: type[D]) -> D:
    """A part, from a table of its fields."""
    if isinstance(value, cls) or not isinstance(value, Mapping):
        return build(cls, value)
    given, problems = _typed(cls, value)
    spoiled = {_head(problem) for problem in problems}
    try:
        made = build(cls, given)
        if not problems:
            return made
    except ModelError as error:
        problems += (p for p in error.problems if _head(p) not in spoiled)
    except Exception as error:  # whatever a plugin's validators raise
        if not problems:
            what = f"{cls.__name__} refuses these values: {type(error).__name__}: {error}"
            problems.append(Problem("", what, f"see the documentation of {cls.__name__}"))
    raise _unread(problems, _rest(cls, given, {_head(problem) for problem in problems}))


def _typed(cls: type, table: Mapping[str, object]) -> tuple[dict[str, object], list[Problem]]:
    """The table with those values read that the class does not convert by itself."""
    given = dict(table)
    problems: list[Problem] = []
    for key, kind in _untyped(cls).items():
        if key in given and (kind is not ScoreModel or isinstance(given[key], Mapping)):
            try:
                given[key] = READER.structure(given[key], kind)
            except ModelError as error:
                problems += error.under(key).problems
            except Exception:  # whatever cattrs raises for what is not of the type
                name = getattr(kind, "__name__", str(kind))
                problems.append(Problem(key, f"{given[key]!r} is not of type {name}", f"write a {name}"))
    return given, problems


def _untyped(cls: type) -> dict[str, Any]:
    """By key, the types of the fields that hold a model or have no converter."""
    types = {key: hints(cls).get(field.name, Any) for key, field in fields(cls).items()}
    return {
        key: kind
        for key, kind in types.items()
        if kind is ScoreModel or (converter(fields(cls)[key]) is None and kind is not Any)
    }


def _head(problem: Problem) -> str:
    return problem.where.split(".")[0].split("[")[0]


def _rest(cls: type[Definition], table: Mapping[str, object], bad: set[str]) -> Definition | None:
    """The part without the fields at fault or, failing that, something of its name."""
    good: dict[str, Any] = {k: v for k, v in table.items() if k not in bad and k != "kind"}
    if "scope" in bad:
        good["scope"] = "member"  # all that it can be
    stands: list[Callable[[], Definition]] = [lambda: build(cls, good)]
    name = cast(str, table.get("name"))
    if issubclass(cls, SignalDefinition):
        stands.append(lambda: SignalDefinition(name, scope=good.get("scope")))
    elif issubclass(cls, Group):
        stands.append(lambda: Group(name))
    elif issubclass(cls, Level):
        stands.append(lambda: Level(name, when="True"))
    elif issubclass(cls, Audience):
        stands.append(lambda: Audience(name, enter="True"))
    for stand in stands:
        with contextlib.suppress(Exception):
            return stand()
    return None


def _signal(value: object, _: object) -> SignalDefinition:
    if not isinstance(value, Mapping):
        return build(SignalDefinition, value)
    try:
        cls = SIGNALS.find(value["kind"]) if "kind" in value else None
    except ModelError as error:
        raise _of_no_kind(SignalDefinition, value, error.problems) from None
    if cls is None:
        kinds = ", ".join(kind.kind for kind in SIGNALS)
        missing = Problem("kind", "'kind' is missing", f"give one of {kinds}")
        raise _of_no_kind(SignalDefinition, value, [missing])
    return _part({k: v for k, v in value.items() if k != "kind"}, cls)


def _rule(value: object, _: object) -> Rule:
    if not isinstance(value, Mapping):
        return build(Rule, value)
    if "kind" in value:
        try:
            cls = RULES.find(value["kind"])
        except ModelError as error:
            raise _of_no_kind(Rule, value, error.problems) from None
        return _part({k: v for k, v in value.items() if k != "kind"}, cls)
    kinds = [kind for kind, keys in _SAYS.items() if any(value.get(key) is not None for key in keys)]
    if len(kinds) == 1:
        return _part(value, RULES.find(kinds[0]))
    if kinds:
        said = " and ".join(f"{next(k for k in _SAYS[kind] if k in value)!r}" for kind in kinds)
        what = f"has {said}, which are rules of different kinds"
        problems = [Problem("", what, "keep one; a condition on the event itself is 'where'")]
    else:
        what = "has none of 'on' (event rule), 'when' (condition rule), 'signal' and 'tiers' (tier rule)"
        problems = [Problem("", what, "give the key of the rule that is meant")]
        known = sorted({key for kind in _SAYS for key in fields(RULES.find(kind))})
        problems += (unknown_key(key, known) for key in value if key not in known)
    raise _of_no_kind(Rule, value, problems)


def _of_no_kind(base: type[Definition], table: Mapping[str, object], found: Iterable[Problem]) -> Unread:
    """What is wrong with a part of which only what all kinds have in common can be read."""
    try:
        rest = _part({k: v for k, v in table.items() if k in fields(base)}, base)
    except Unread as error:
        return _unread([*found, *error.problems], error.rest)
    return _unread(found, rest)


READER.register_structure_hook_func(lambda cls: isinstance(cls, type) and issubclass(cls, Definition), _part)
READER.register_structure_hook_func(lambda cls: cls is SignalDefinition, _signal)
READER.register_structure_hook_func(lambda cls: cls is Rule, _rule)

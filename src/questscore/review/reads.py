"""Reads: which properties of which events a model reads, and what it takes them for.

Lives here: the list, from selectors, signals and points.
Lives elsewhere: whether events carry them (data), what expressions mean (language).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal as Choices

from attrs import frozen

from questscore.language import Expression
from questscore.language.tree import (
    Arithmetic,
    Call,
    Choice,
    Compare,
    Literal,
    Logic,
    Name,
    Negate,
    Node,
    Not,
    Prop,
    Within,
)
from questscore.model.event import EVENT_NAMES
from questscore.model.score_model import ScoreModel
from questscore.model.selector import Selector
from questscore.rules import EventRule
from questscore.signals import Maximum, Mean, Minimum, Total

Wants = Choices["number", "text", "any"]
_NUMERIC = (Total, Mean, Minimum, Maximum)


@frozen
class Read:
    """A property that the model reads of events.

    Args:
        event: The name of the events; ``"*"`` for any.
        property: Which property.
        wants: What it is taken for.
    """

    event: str
    property: str
    wants: Wants


def reads(model: ScoreModel) -> list[Read]:
    """What a model reads of which events, each event and property once, sorted."""
    found: dict[tuple[str, str], set[Wants]] = {}
    for event, name, wants in _all(model):
        if name not in EVENT_NAMES:
            found.setdefault((event, name), set()).add(wants)
    return [Read(event, name, _one(wants)) for (event, name), wants in sorted(found.items())]


def _one(wants: set[Wants]) -> Wants:
    told = wants - {"any"}
    return told.pop() if len(told) == 1 else "any"


def _all(model: ScoreModel) -> Iterator[tuple[str, str, Wants]]:
    for signal in model.signals:
        wants: Wants = "number" if isinstance(signal, _NUMERIC) else "any"
        selectors = [selector for _, selector in signal.selects()]
        yield from _conditions(selectors)
        yield from ((on, name, wants) for s in selectors for on in s.on for name in signal.properties())
    for rule in model.rules:
        selectors = [selector for _, selector in rule.selects()]
        yield from _conditions(selectors)
        taken = taken_for(rule.points) if isinstance(rule, EventRule) else {}
        names = {name for name, _ in rule.properties()}
        yield from ((on, n, taken.get(n, "any")) for s in selectors for on in s.on for n in sorted(names))


def _conditions(selectors: Iterable[Selector]) -> Iterator[tuple[str, str, Wants]]:
    for selector in selectors:
        for name, wants in taken_for(selector.where).items():
            yield from ((on, name, wants) for on in selector.on)


def taken_for(expression: Expression | float | None) -> dict[str, Wants]:
    """What each name of an expression is taken for.

    >>> from questscore.language import parse
    >>> taken_for(parse("plan == 'pro' and seats * 2 > 10 and not trial"))
    {'plan': 'text', 'seats': 'number', 'trial': 'any'}
    """
    if not isinstance(expression, Expression):
        return {}
    found: dict[str, set[Wants]] = {}
    _walk(expression.tree, "any", found)
    return {name: _one(wants) for name, wants in sorted(found.items())}


def _walk(node: Node, wants: Wants, found: dict[str, set[Wants]]) -> None:
    match node:
        case Name(name=name) | Prop(name=name):
            found.setdefault(name, set()).add(wants)
        case Negate(operand=operand):
            _walk(operand, "number", found)
        case Arithmetic(left=left, right=right):
            _walk(left, "number", found)
            _walk(right, "number", found)
        case Compare(first=first, rest=rest):
            compared = [first, *(operand for _, operand in rest)]
            told = {_literal(one) for one in compared} - {None}
            against = told.pop() if len(told) == 1 else None
            for one in compared:
                _walk(one, against or "any", found)
        case Within(item=item, options=options):
            _walk(item, "text" if isinstance(options[0], str) else "number", found)
        case Logic(operands=parts) | Call(arguments=parts):
            for part in parts:
                _walk(part, "any", found)
        case Not(operand=operand):
            _walk(operand, "any", found)
        case Choice(condition=condition, then=then, otherwise=otherwise):
            for part in (condition, then, otherwise):
                _walk(part, "any", found)


def _literal(node: Node) -> Wants | None:
    if isinstance(node, Literal):
        return "text" if isinstance(node.value, str) else "number"
    return "number" if isinstance(node, (Arithmetic, Negate)) else None

"""What drawn models and events talk about, and what a model has to say about its own events.

Lives here: the names, properties and lengths of time that strategies choose from.
Lives elsewhere: choosing (strategies, drawn_models).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import attrs
from attrs import frozen

from questscore.language import Expression
from questscore.language.tree import Compare, Literal, Name, Prop, Within
from questscore.model.event import EVENT_NAMES, PropertyValue
from questscore.model.score_model import ScoreModel
from questscore.model.selector import Selector
from questscore.model.time import Duration

Values = Mapping[str, Sequence[PropertyValue]]
"""Properties by name, each with values it may have; the first is the simplest."""

NAMES = ("login", "pay", "task", "invite")
PROPERTIES: Values = {
    "amount": (0, 1, 5, 12.5, 40, -3),
    "plan": ("free", "pro", "team"),
    "cart.total": (0, 1, 2.5, 7),
    "flag": (False, True),
    "utm-source": ("mail", "ad"),
}
ZONES = (
    "UTC",
    "Europe/Paris",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
)
DURATIONS = ("1d", "7d", "30d", "12h", "30m", "36h", "45s")
_NUMBERS = (0, 1, 5, 12.5, -3)


@frozen
class Vocabulary:
    """What events may be called and what they may carry, and lengths of time at whose ends something happens.

    Args:
        names: Event names, at least one.
        properties: What they carry.
        lengths: Microseconds.
    """

    names: tuple[str, ...]
    properties: Values
    lengths: tuple[int, ...] = ()

    @classmethod
    def of(cls, model: ScoreModel) -> Vocabulary:
        """The names, properties and lengths that a model names, with values near those it compares with.

        >>> from questscore import Count
        >>> pays = Count("pays", on=["pay", "order"], where="plan == 'pro' and amount > 10", window="7d")
        >>> words = Vocabulary.of(ScoreModel("m", subject="user", signals=[pays]))
        >>> words.names, words.properties["plan"], words.properties["amount"]
        (('order', 'pay'), ('pro', 'other'), (10.0, 9.0, 11.0, 0, 1, 5, 12.5, -3))
        """
        names: set[str] = set()
        read: set[str] = set()
        compared: dict[str, list[PropertyValue]] = {}
        lengths: set[int] = set()
        for part in _parts(model):
            match part:
                case Duration():
                    lengths.add(part.us)
                case Expression():
                    for name, value in _comparisons(part.tree):
                        compared.setdefault(name, []).append(value)
                case ScoreModel():
                    read.update(name for signal in part.signals for name in signal.properties())
                    read.update(name for rule in part.rules for name, _ in rule.properties())
                    for _, selector in _selectors(part):
                        names.update(selector.on)
                        if selector.where is not None:
                            read.update(selector.where.names | selector.where.properties)
        chosen = tuple(sorted(names - {"*"})) or NAMES
        properties = {name: _values(compared.get(name, [])) for name in sorted(read - {*EVENT_NAMES})}
        return cls(chosen, properties, tuple(sorted(lengths)))


def _selectors(model: ScoreModel) -> Iterator[tuple[str, Selector]]:
    for signal in model.signals:
        yield from signal.selects()
    for rule in model.rules:
        yield from rule.selects()


def _parts(thing: object) -> Iterator[object]:
    """A part of a model and all that it is made of, models whose score is a signal among them."""
    yield thing
    if not isinstance(thing, Expression):
        yield from (part for value in _held(thing) for part in _parts(value))
    if isinstance(thing, Sequence) and not isinstance(thing, str):
        for item in thing:
            yield from _parts(item)


def _comparisons(node: object) -> Iterator[tuple[str, PropertyValue]]:
    """The names that an expression compares with constants, and the constants."""
    if isinstance(node, Compare):
        sides = [node.first, *(side for _, side in node.rest)]
        for one, other in (*pairwise(sides), *pairwise(sides[::-1])):
            if isinstance(one, Name | Prop) and isinstance(other, Literal) and other.value is not None:
                yield one.name, other.value
    if isinstance(node, Within) and isinstance(node.item, Name | Prop):
        for option in node.options:
            yield node.item.name, option
    for part in _children(node):
        yield from _comparisons(part)


def _children(node: object) -> Iterator[object]:
    for value in (node,) if isinstance(node, tuple) else _held(node):
        yield from value if isinstance(value, tuple) else (value,)


def _held(thing: object) -> Iterator[object]:
    """The values of an attrs object's fields."""
    cls: type = type(thing)
    if attrs.has(cls):
        yield from (getattr(thing, own.name) for own in attrs.fields(cls))


def _values(compared: Sequence[PropertyValue]) -> tuple[PropertyValue, ...]:
    """Values for a property that is compared with these."""
    texts = [value for value in compared if isinstance(value, str)]
    if texts:
        return (*dict.fromkeys(texts), "other")
    near = [number + step for number in compared if not isinstance(number, str) for step in (0, -1, 1)]
    return tuple(dict.fromkeys([*near, *_NUMBERS]))

"""Seats: where the signals of a sheet stand in a state once they are read, and expressions over them.

Lives here: reading a signal's seat, and when an expression over seats may change by itself.
Lives elsewhere: reading signals into their seats (sheet), expressions (language).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter

from attrs import frozen

from questscore.engine.layout import Layout
from questscore.language import Expression, Value
from questscore.language.closures import compiled, condition
from questscore.language.functions import COMPARISONS
from questscore.language.ranges import spanned
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
from questscore.tracks.gauge import Elapsed, Gauge, Turns, at_once, earlier, never
from questscore.tracks.state import Numbers, Read, State


@frozen(eq=False)
class Seat:
    """Where a signal stands.

    Args:
        layout: Of the state.
        index: Which of the sheet's signals it is.
        place: Of the number (NaN when missing) or, where it may be a text, of the text.
        own: What it was read with.
        entries: The entries of the feed that it depends on.
    """

    layout: Layout
    index: int
    place: int
    own: Gauge
    entries: frozenset[int]

    @property
    def elapsed(self) -> Elapsed | None:
        """What it was read with, where it grows all the time."""
        return self.own if isinstance(self.own, Elapsed) else None

    def read(self) -> Callable[[State], Value]:
        """What reads it."""
        place, of = self.place, self.of_numbers()
        return (lambda state: state.texts[place]) if of is None else (lambda state: of(state.numbers))

    def of_numbers(self) -> Callable[[Numbers], Value] | None:
        """What reads it from the numbers of a state; None where it may be a text."""
        place = self.place
        if self.own.present:
            return itemgetter(place)

        def number(numbers: Numbers) -> float | None:
            found = numbers[place]
            return found if found == found else None

        return number if self.own.numeric else None

    def gauge(self, name: str) -> Gauge:
        """The signal, as read before."""
        read, index = self.read(), self.index
        if self.elapsed is not None:
            self.layout.saw(self.entries)
        return Gauge(
            lambda state, at: read(state),
            lambda state, at, until: state.ranges[index],
            never if self.elapsed is None else at_once,
            frozenset((name,)),
            self.own.numeric,
            self.own.present,
            self.of_numbers(),
        )


def over_seats(expression: Expression, seats: Mapping[str, Seat], *, truth: bool = False) -> Gauge:
    """The value of an expression over signals that are read before or, with ``truth``, whether it holds."""
    tree, index = expression.tree, {name: seats[name].index for name in expression.names}
    growing = {name: gauge for name in expression.names if (gauge := seats[name].elapsed) is not None}
    for name in growing:
        seats[name].layout.saw(seats[name].entries)
    read, of = _read(tree, seats, truth)
    turns: Turns = never
    for turning in _turns(tree, growing):
        turns = earlier(turns, turning)
    return Gauge(
        read,
        lambda state, at, until: spanned(tree, lambda name: state.ranges[index[name]]),
        turns,
        expression.names,
        truth or _numeric(tree),
        truth,
        of,
    )


def _read(
    tree: Node, seats: Mapping[str, Seat], truth: bool
) -> tuple[Read, Callable[[Numbers], Value] | None]:
    """What reads a tree, and the same of numbers alone where no name may be a text."""
    names: dict[str, Callable[[Numbers], Value]] = {}

    def of_numbers(node: Name | Prop) -> Callable[[Numbers], Value]:
        return names[node.name] if isinstance(node, Name) else lambda numbers: None

    def of_state(node: Name | Prop) -> Callable[[State], Value]:
        return seats[node.name].read() if isinstance(node, Name) else lambda state: None

    for name in _names(tree):
        if (of := seats[name].of_numbers()) is not None:
            names[name] = of
    if len(names) == len(_names(tree)):
        over: Callable[[Numbers], Value]
        over = (
            _held_against(tree, seats) or condition(tree, of_numbers) if truth else compiled(tree, of_numbers)
        )
        return (lambda state, at: over(state.numbers)), over
    value_of = condition(tree, of_state) if truth else compiled(tree, of_state)
    return (lambda state, at: value_of(state)), None


def _held_against(tree: Node, seats: Mapping[str, Seat]) -> Callable[[Numbers], bool] | None:
    """Whether a comparison of a number that is never missing with another one holds."""
    match tree:
        case Compare(first=Name(name=name), rest=((sign, Literal(value=float() as limit)),)):
            place, holds = seats[name].place, COMPARISONS[sign]
            return (lambda numbers: holds(numbers[place], limit)) if seats[name].own.present else None
    return None


def _turns(node: Node, growing: Mapping[str, Elapsed]) -> Iterable[Turns]:
    """When parts of a tree may change by themselves: where what grows is compared with a number, once."""
    match node:
        case Name(name=name):
            return [at_once] if name in growing else []
        case Compare(first=first, rest=rest):
            compared = [first, *(operand for _, operand in rest)]
            others = [one for one in compared if not (isinstance(one, Name) and one.name in growing)]
            if len(others) + 1 == len(compared) and all(isinstance(one, Literal) for one in others):
                (name,) = (one.name for one in compared if isinstance(one, Name))
                limits = [one.value for one in others if isinstance(one, Literal)]
                return [growing[name].reaches(limit) for limit in limits if isinstance(limit, float)]
    return [turns for part in _parts(node) for turns in _turns(part, growing)]


def _names(node: Node) -> frozenset[str]:
    if isinstance(node, Name):
        return frozenset((node.name,))
    return frozenset(name for part in _parts(node) for name in _names(part))


def _parts(node: Node) -> tuple[Node, ...]:
    match node:
        case Negate(operand=operand) | Not(operand=operand):
            return (operand,)
        case Arithmetic(left=left, right=right):
            return (left, right)
        case Compare(first=first, rest=rest):
            return (first, *(operand for _, operand in rest))
        case Within(item=item):
            return (item,)
        case Logic(operands=operands):
            return operands
        case Choice(condition=chosen, then=then, otherwise=otherwise):
            return (chosen, then, otherwise)
        case Call(arguments=arguments):
            return arguments
    return ()


def _numeric(node: Node) -> bool:
    """Whether a tree surely gives no text."""
    match node:
        case Literal(value=value):
            return not isinstance(value, str)
        case Choice(then=then, otherwise=otherwise):
            return _numeric(then) and _numeric(otherwise)
    return isinstance(node, (Negate, Arithmetic, Compare, Within, Logic, Not))

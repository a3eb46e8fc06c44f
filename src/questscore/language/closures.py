"""An expression as nested functions, made once and then called for one row after another.

Lives here: turning a tree into functions, each made for its shape: a comparison with a literal, arithmetic
with a literal, a list that is looked up. What reads nothing is worked out beforehand.
Lives elsewhere: what the operators and functions mean (`functions`), the definition that this is held to
(`evaluate`), and how a row gives the value of a name (the host).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Generic, TypeAlias, TypeVar, assert_never

from questscore.language.evaluate import evaluate
from questscore.language.functions import COMPARISONS, TABLE, arithmetic, truth
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
    Value,
    Within,
)

T = TypeVar("T")
Read: TypeAlias = Callable[[T], Value]
Test: TypeAlias = Callable[[T], bool]
Leaf: TypeAlias = Callable[[Name | Prop], Callable[[T], Value]]
"""Gives for a name what reads it from a row: a finite float, a text or None, as `number` makes them."""

_TOTAL: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
_DIVIDING: dict[str, Callable[[float, float], float]] = {
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
_COMMUTING = ("+", "*")
_TURNED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def compiled(node: Node, leaf: Leaf[T]) -> Read[T]:
    """What gives the value of ``node`` for a row.

    Args:
        node: The tree.
        leaf: Asked for each place in it where a name or a property stands.

    Laws: for every row ``compiled(node, leaf)(row) == evaluate(node, name, prop)`` where ``name`` and
    ``prop`` look up what the leaves read from that row.

    >>> from questscore.language import parse
    >>> points = compiled(parse("actions * days / 30").tree, lambda leaf: operator.itemgetter(leaf.name))
    >>> points({"actions": 12.0, "days": 5.0}), points({"actions": 12.0, "days": None})
    (2.0, None)
    """
    return _Compiler(leaf).value(_folded(node))


def condition(node: Node, leaf: Leaf[T]) -> Test[T]:
    """What tells whether ``node`` is true for a row: `truth` of what `compiled` gives, in less time."""
    return _Compiler(leaf).test(_folded(node))


class _Compiler(Generic[T]):
    """Walks a folded tree. ``value`` makes what gives values, ``test`` what gives their truth."""

    def __init__(self, leaf: Leaf[T]) -> None:
        self.leaf = leaf

    def value(self, node: Node) -> Read[T]:
        match node:
            case Literal():
                return _always(node.value)
            case Name() | Prop():
                return self.leaf(node)
            case Negate():
                return _negated(self.value(node.operand))
            case Arithmetic():
                return self.arithmetic(node)
            case Compare() | Within() | Logic() | Not() | Call(function="is_missing"):
                test = self.test(node)
                return lambda row: 1.0 if test(row) else 0.0
            case Choice():
                chosen = self.test(node.condition)
                then, otherwise = self.value(node.then), self.value(node.otherwise)
                return lambda row: then(row) if chosen(row) else otherwise(row)
            case Call():
                return _called(node.function, [self.value(argument) for argument in node.arguments])
            case _:
                assert_never(node)

    def test(self, node: Node) -> Test[T]:
        match node:
            case Compare():
                return self.comparison(node)
            case Within():
                return _within(node, self.value(node.item))
            case Logic():
                tests = [self.test(operand) for operand in node.operands]
                return _every(tests) if node.operator == "and" else _some(tests)
            case Not():
                test = self.test(node.operand)
                return lambda row: not test(row)
            case Call(function="is_missing"):
                read = self.value(node.arguments[0])
                return lambda row: read(row) is None
            case _:
                read = self.value(node)
                return lambda row: bool(read(row))

    def arithmetic(self, node: Arithmetic) -> Read[T]:
        sign, left, right = node.operator, node.left, node.right
        if isinstance(left, Literal) and sign in _COMMUTING:
            left, right = right, left
        if sign in _TOTAL or sign in _DIVIDING:
            operate = _TOTAL.get(sign) or _DIVIDING[sign]
            if isinstance(right, Literal):
                if not isinstance(right.value, float) or (sign in _DIVIDING and right.value == 0.0):
                    return _always(None)
                return _with_number(operate, self.value(left), right.value)
            combine = _divided if sign in _DIVIDING else _combined
            return combine(operate, self.value(left), self.value(right))
        base, exponent = self.value(left), self.value(right)
        return lambda row: arithmetic(sign, base(row), exponent(row))

    def comparison(self, node: Compare) -> Test[T]:
        if len(node.rest) > 1:
            rest = [(COMPARISONS[sign], self.value(operand)) for sign, operand in node.rest]
            return _chained(self.value(node.first), rest)
        first, (sign, second) = node.first, node.rest[0]
        if isinstance(first, Literal):
            first, sign, second = second, _TURNED[sign], first
        if isinstance(second, Literal):
            return _against(sign, self.value(first), second.value)
        return _chained(self.value(first), [(COMPARISONS[sign], self.value(second))])


def _always(value: Value) -> Read[T]:
    return lambda row: value


def _never(row: object) -> bool:
    return False


# Arithmetic. A float less itself is 0.0, unless it is infinite.


def _negated(operand: Read[T]) -> Read[T]:
    return lambda row: -value if isinstance(value := operand(row), float) else None


def _combined(operate: Callable[[float, float], float], left: Read[T], right: Read[T]) -> Read[T]:
    def combined(row: T) -> Value:
        a, b = left(row), right(row)
        if isinstance(a, float) and isinstance(b, float):
            result = operate(a, b)
            if result - result == 0.0:
                return result
        return None

    return combined


def _divided(operate: Callable[[float, float], float], left: Read[T], right: Read[T]) -> Read[T]:
    def divided(row: T) -> Value:
        a, b = left(row), right(row)
        if isinstance(a, float) and isinstance(b, float) and b != 0.0:
            result = operate(a, b)
            if result - result == 0.0:
                return result
        return None

    return divided


def _with_number(operate: Callable[[float, float], float], left: Read[T], right: float) -> Read[T]:
    def combined(row: T) -> Value:
        a = left(row)
        if isinstance(a, float):
            result = operate(a, right)
            if result - result == 0.0:
                return result
        return None

    return combined


# Conditions


def _against(sign: str, left: Read[T], right: Value) -> Test[T]:
    if right is None:
        return _never
    if sign == "==":  # nothing equals a value of another type
        return lambda row: left(row) == right
    holds = COMPARISONS[sign]
    if isinstance(right, str):
        return lambda row: isinstance(value := left(row), str) and holds(value, right)
    return lambda row: isinstance(value := left(row), float) and holds(value, right)


def _chained(first: Read[T], rest: Sequence[tuple[Callable[[object, object], bool], Read[T]]]) -> Test[T]:
    def holds(row: T) -> bool:
        left = first(row)
        for compare, operand in rest:
            right = operand(row)
            if isinstance(left, float):
                if not isinstance(right, float):
                    return False
            elif not (isinstance(left, str) and isinstance(right, str)):
                return False
            if not compare(left, right):
                return False
            left = right
        return True

    return holds


def _within(node: Within, item: Read[T]) -> Test[T]:
    options = frozenset(node.options)
    if not node.negated:
        return lambda row: item(row) in options
    kind = type(node.options[0])
    return lambda row: isinstance(value := item(row), kind) and value not in options


def _every(tests: Sequence[Test[T]]) -> Test[T]:
    if len(tests) == 2:
        first, second = tests
        return lambda row: first(row) and second(row)

    def holds(row: T) -> bool:
        for test in tests:  # noqa: SIM110
            if not test(row):
                return False
        return True

    return holds


def _some(tests: Sequence[Test[T]]) -> Test[T]:
    if len(tests) == 2:
        first, second = tests
        return lambda row: first(row) or second(row)

    def holds(row: T) -> bool:
        for test in tests:  # noqa: SIM110
            if test(row):
                return True
        return False

    return holds


# Functions

_EXTREMES: dict[str, Callable[..., Value]] = {"min": min, "max": max}


def _called(name: str, arguments: Sequence[Read[T]]) -> Read[T]:
    function = TABLE[name]
    if name == "coalesce":
        return _coalesced(arguments)
    if function.takes is object:
        return lambda row: function([read(row) for read in arguments])
    if len(arguments) == 1:
        return _of_one(function.takes, function.compute, arguments[0])
    compute = _EXTREMES.get(name, function.compute)
    if len(arguments) == 2:
        return _of_two(function.takes, compute, *arguments)
    return _of_several(function.takes, compute, arguments)


def _coalesced(arguments: Sequence[Read[T]]) -> Read[T]:
    def coalesced(row: T) -> Value:
        for read in arguments:
            value = read(row)
            if value is not None:
                return value
        return None

    return coalesced


# Functions of numbers or of texts alone give a finite number or a text, or raise; with several arguments they
# never raise.


def _of_one(takes: type, compute: Callable[..., Value], argument: Read[T]) -> Read[T]:
    def called(row: T) -> Value:
        value = argument(row)
        if not isinstance(value, takes):
            return None
        try:
            return compute(value)
        except (ValueError, OverflowError):
            return None

    return called


def _of_two(takes: type, compute: Callable[..., Value], first: Read[T], second: Read[T]) -> Read[T]:
    def called(row: T) -> Value:
        a, b = first(row), second(row)
        return compute(a, b) if isinstance(a, takes) and isinstance(b, takes) else None

    return called


def _of_several(takes: type, compute: Callable[..., Value], arguments: Sequence[Read[T]]) -> Read[T]:
    def called(row: T) -> Value:
        values = []
        for read in arguments:
            value = read(row)
            if not isinstance(value, takes):
                return None
            values.append(value)
        return compute(*values)

    return called


# Folding


def _folded(node: Node) -> Node:
    """The same tree with a literal for every part that reads nothing."""
    parts: tuple[Node, ...]
    match node:
        case Literal() | Name() | Prop():
            return node
        case Negate():
            node = Negate(_folded(node.operand))
            parts = (node.operand,)
        case Arithmetic():
            node = Arithmetic(node.operator, _folded(node.left), _folded(node.right))
            parts = (node.left, node.right)
        case Compare():
            node = Compare(_folded(node.first), tuple((sign, _folded(other)) for sign, other in node.rest))
            parts = (node.first, *(other for _, other in node.rest))
        case Within():
            node = Within(_folded(node.item), node.options, node.negated)
            parts = (node.item,)
        case Logic():
            parts = tuple(_folded(operand) for operand in node.operands)
            node = Logic(node.operator, parts)
        case Not():
            node = Not(_folded(node.operand))
            parts = (node.operand,)
        case Choice():
            chosen = _folded(node.condition)
            if isinstance(chosen, Literal):
                return _folded(node.then if truth(chosen.value) else node.otherwise)
            return Choice(chosen, _folded(node.then), _folded(node.otherwise))
        case Call():
            parts = tuple(_folded(argument) for argument in node.arguments)
            node = Call(node.function, parts)
        case _:
            assert_never(node)
    return Literal(evaluate(node, lambda name: None)) if all(isinstance(p, Literal) for p in parts) else node

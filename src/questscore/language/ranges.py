"""What an expression may be worth when each of its names lies in a range.

Lives here: `Range`, a set of values told by its bounds, and the range of a tree (interval arithmetic).
Lives elsewhere: the one value of a tree (`evaluate`), and what a signal may be over a span of time (the
kinds). A range is never too small; it may be too large, as each place of a name varies on its own.

Rounding needs no care in what IEEE 754 rounds correctly: such operations keep order, so that their results at
the ends of a range bound all in between. The C library's ``exp``, ``log`` and ``log1p`` get a margin.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import assert_never

from attrs import frozen

from questscore.language.functions import COMPARISONS, TABLE, arithmetic, number
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

_LARGEST = sys.float_info.max
_LEAST = math.ulp(0.0)  # the least positive number
_NO_TEXT: frozenset[str] = frozenset()


@frozen
class Range:
    """A set of values: some numbers, some texts, and perhaps missing.

    Args:
        low: Least number; -inf: no bound.
        high: Largest number; inf: no bound. Below ``low``: there is no number.
        missing: Whether missing is one of the values.
        texts: The texts, None for every text.

    >>> Range.between(0, 5).union(Range.exactly(None))
    Range(low=0.0, high=5.0, missing=True, texts=frozenset())
    """

    low: float = math.inf
    high: float = -math.inf
    missing: bool = False
    texts: frozenset[str] | None = _NO_TEXT

    @classmethod
    def exactly(cls, value: Value) -> Range:
        """One value, read as `number` reads it."""
        value = number(value)
        if value is None:
            return _MISSING
        return cls(texts=frozenset((value,))) if isinstance(value, str) else cls(value, value)

    @classmethod
    def between(cls, low: float, high: float) -> Range:
        """Every number from ``low`` to ``high``, both included; infinities leave out a bound.

        Raises:
            ValueError: No finite number lies there.
        """
        if not (low <= high and low < math.inf and high > -math.inf):
            raise ValueError(f"no number lies between {low} and {high}")
        return cls(float(low), float(high))

    @classmethod
    def anything(cls) -> Range:
        """Every value."""
        return _ANYTHING

    @property
    def numeric(self) -> bool:
        """Whether a number is among the values."""
        return self.low <= self.high

    @property
    def textual(self) -> bool:
        """Whether a text is among the values."""
        return self.texts is None or bool(self.texts)

    @property
    def constant(self) -> bool:
        """Whether there is exactly one value; `only` tells which."""
        if self.texts is None or self.low < self.high:
            return False
        return (self.low == self.high) + self.missing + len(self.texts) == 1

    def only(self) -> Value:
        """The one value there is.

        Raises:
            ValueError: There is not exactly one (see `constant`).
        """
        if not self.constant:
            raise ValueError(f"{self} is not one value")
        if self.numeric:
            return self.low
        return next(iter(self.texts)) if self.texts else None

    @property
    def truth(self) -> bool | None:
        """Whether its values are true, None when some are and some are not.

        >>> Range.between(1, 5).truth, Range.between(0, 5).truth, Range.exactly(None).truth
        (True, None, False)
        """
        true = self.numeric and not self.low == self.high == 0.0
        false = self.missing or self.low <= 0.0 <= self.high
        true = true or self.texts is None or any(self.texts)
        return _outcome(true, false or self.texts is None or "" in self.texts)

    def union(self, other: Range) -> Range:
        """The least range with the values of both."""
        if not (self.numeric and other.numeric):
            low, high = (self.low, self.high) if self.numeric else (other.low, other.high)
        else:
            low, high = min(self.low, other.low), max(self.high, other.high)
        texts = None if self.texts is None or other.texts is None else self.texts | other.texts
        return Range(low, high, self.missing or other.missing, texts)

    def contains(self, value: Value) -> bool:
        """Whether ``value``, read as `number` reads it, is one of the values."""
        value = number(value)
        if value is None:
            return self.missing
        if isinstance(value, str):
            return self.texts is None or value in self.texts
        return self.low <= value <= self.high


_NOTHING = Range()
_MISSING = Range(missing=True)
_ANYTHING = Range(-math.inf, math.inf, True, None)
_TRUE, _FALSE, _EITHER = Range(1.0, 1.0), Range(0.0, 0.0), Range(0.0, 1.0)


def spanned(node: Node, name: Callable[[str], Range]) -> Range:
    """What ``node`` may be worth.

    Args:
        node: The tree. There is no event: each ``prop(...)`` in it is missing.
        name: The range of a name.

    Laws: holds ``evaluate(node, lookup)`` for every ``lookup`` whose values lie in the ranges of their
    names; is that one value when the ranges are constant.

    >>> from questscore.language import parse
    >>> ranges = {"actions": Range.between(2, 8), "days": Range.exactly(3.0)}
    >>> spanned(parse("actions * days / 2").tree, ranges.__getitem__)
    Range(low=3.0, high=12.0, missing=False, texts=frozenset())
    """
    match node:
        case Literal():
            return Range.exactly(node.value)
        case Name():
            return name(node.name)
        case Prop():
            return _MISSING
        case Negate():
            operand = spanned(node.operand, name)
            low, high = _ends(operand)
            return _numbers([operand], -high, -low)
        case Arithmetic():
            return _arithmetic(node.operator, spanned(node.left, name), spanned(node.right, name))
        case Compare() | Within() | Logic() | Not():
            return _flag(_decided(node, name))
        case Choice():
            chosen = _decided(node.condition, name)
            if chosen is not None:
                return spanned(node.then if chosen else node.otherwise, name)
            return spanned(node.then, name).union(spanned(node.otherwise, name))
        case Call():
            return _called(node.function, [spanned(argument, name) for argument in node.arguments])
        case _:
            assert_never(node)


def _decided(node: Node, name: Callable[[str], Range]) -> bool | None:
    """Whether ``node`` is true, None when it may be and may not be."""
    match node:
        case Compare():
            outcomes = []
            left = spanned(node.first, name)
            for sign, operand in node.rest:
                right = spanned(operand, name)
                outcomes.append(_compared(sign, left, right))
                left = right
            return _all(outcomes)
        case Within():
            return _within(spanned(node.item, name), node)
        case Logic():
            outcomes = [_decided(operand, name) for operand in node.operands]
            return _all(outcomes) if node.operator == "and" else _not(_all(map(_not, outcomes)))
        case Not():
            return _not(_decided(node.operand, name))
        case _:
            return spanned(node, name).truth


# Truth


def _outcome(true: bool, false: bool) -> bool | None:
    return None if true and false else true


def _flag(outcome: bool | None) -> Range:
    return _EITHER if outcome is None else _TRUE if outcome else _FALSE


def _not(outcome: bool | None) -> bool | None:
    return None if outcome is None else not outcome


def _all(outcomes: Iterable[bool | None]) -> bool | None:
    found = set(outcomes)
    return False if False in found else None if None in found else True


def _compared(sign: str, left: Range, right: Range) -> bool | None:
    true = False
    false = left.missing or right.missing
    false = false or (left.numeric and right.textual) or (left.textual and right.numeric)
    if left.numeric and right.numeric:
        outcome = _compared_numbers(sign, left, right)
        true, false = outcome is not False, false or outcome is not True
    if left.textual and right.textual:
        outcome = _compared_texts(sign, left.texts, right.texts)
        true, false = true or outcome is not False, false or outcome is not True
    return _outcome(true, false)


def _compared_numbers(sign: str, left: Range, right: Range) -> bool | None:
    if sign in ("==", "!="):
        equal = left.low <= right.high and right.low <= left.high
        different = not left.low == left.high == right.low == right.high
        return _outcome(equal, different) if sign == "==" else _outcome(different, equal)
    test = COMPARISONS[sign]
    one, other = test(left.low, right.high), test(left.high, right.low)
    return one if one == other else None


def _compared_texts(sign: str, left: frozenset[str] | None, right: frozenset[str] | None) -> bool | None:
    if left is None or right is None:
        return None
    if sign in ("==", "!="):
        equal, different = not left.isdisjoint(right), len(left | right) > 1
        return _outcome(equal, different) if sign == "==" else _outcome(different, equal)
    test = COMPARISONS[sign]
    one, other = test(min(left), max(right)), test(max(left), min(right))
    return one if one == other else None


def _within(item: Range, node: Within) -> bool | None:
    if isinstance(node.options[0], str):
        foreign = item.missing or item.numeric
        among = any(option in node.options for option in item.texts) if item.texts is not None else True
        beyond = item.texts is None or not item.texts.issubset(node.options)
    else:
        foreign = item.missing or item.textual
        among = any(item.contains(option) for option in node.options)
        beyond = item.low < item.high or (item.numeric and not among)
    return _outcome(beyond, among or foreign) if node.negated else _outcome(among, beyond or foreign)


# Numbers. Unbounded means up to the largest number: what is beyond is missing.


def _numbers(operands: Sequence[Range], low: float, high: float, missing: bool = False) -> Range:
    """The numbers in [low, high], and missing where an operand may be no number or a bound is infinite."""
    if low == math.inf or high == -math.inf or not all(operand.numeric for operand in operands):
        return _MISSING
    missing = missing or any(operand.missing or operand.textual for operand in operands)
    missing = missing or math.isinf(low) or math.isinf(high)
    return Range(max(low, -_LARGEST), min(high, _LARGEST), missing)


def _ends(operand: Range) -> tuple[float, float]:
    return max(operand.low, -_LARGEST), min(operand.high, _LARGEST)


_MONOTONE: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}


def _any_number(operands: Sequence[Range]) -> Range:
    return _numbers(operands, -math.inf, math.inf)


def _arithmetic(sign: str, left: Range, right: Range) -> Range:
    if left.constant and right.constant:
        return Range.exactly(arithmetic(sign, left.only(), right.only()))
    if not (left.numeric and right.numeric):
        return _MISSING
    if sign in _MONOTONE:
        corners = [_MONOTONE[sign](a, b) for a in _ends(left) for b in _ends(right)]
        return _numbers([left, right], min(corners), max(corners))
    return _quotient(left, right) if sign == "/" else _any_number([left, right])


def _quotient(left: Range, right: Range) -> Range:
    low, high = _ends(right)
    sides = ((low, min(high, -_LEAST)), (max(low, _LEAST), high))
    corners = [a / b for side in sides if side[0] <= side[1] for a in _ends(left) for b in side]
    if not corners:
        return _MISSING
    return _numbers([left, right], min(corners), max(corners), low <= 0.0 <= high)


# Functions

_DOMAIN = {"sqrt": 0.0, "log": _LEAST, "log1p": math.nextafter(-1.0, 0.0), "exp": -_LARGEST}
"""The least number that has an answer."""


def _called(function: str, arguments: Sequence[Range]) -> Range:
    if all(argument.constant for argument in arguments):
        return Range.exactly(TABLE[function]([argument.only() for argument in arguments]))
    first = arguments[0]
    match function:
        case "is_missing":
            return _flag(_outcome(first.missing, first.numeric or first.textual))
        case "coalesce":
            return _coalesced(arguments)
        case "weighted_mean":
            return Range(-math.inf, math.inf, missing=True)
        case "lower":
            texts = None if first.texts is None else frozenset(map(str.lower, first.texts))
            return Range(missing=first.missing or first.numeric, texts=texts)
        case "startswith" | "endswith" | "contains":
            if not all(argument.textual for argument in arguments):
                return _MISSING
            foreign = any(argument.missing or argument.numeric for argument in arguments)
            return Range(0.0, 1.0, missing=foreign)
    if not all(argument.numeric for argument in arguments):
        return _MISSING
    if function in _DOMAIN:
        return _curved(function, first)
    lows, highs = zip(*map(_ends, arguments), strict=True)
    if function == "abs":
        least = 0.0 if lows[0] <= 0.0 <= highs[0] else min(abs(lows[0]), abs(highs[0]))
        return _numbers(arguments, least, max(abs(lows[0]), abs(highs[0])))
    # what is left grows with each of its arguments
    return _numbers(arguments, _at(function, lows), _at(function, highs))


def _at(function: str, arguments: Sequence[float]) -> float:
    value = TABLE[function](arguments)
    return value if isinstance(value, float) else math.inf  # inside its domain only overflow has no answer


def _coalesced(arguments: Sequence[Range]) -> Range:
    result = Range(missing=True)
    for argument in arguments:
        result = Range(result.low, result.high, False, result.texts).union(argument)
        if not argument.missing:
            break
    return result


def _curved(function: str, operand: Range) -> Range:
    """Of a function that grows over its domain, which is [`_DOMAIN`, inf)."""
    low, high = _ends(operand)
    least = _DOMAIN[function]
    if high < least:
        return _MISSING
    low_value, high_value = _at(function, [max(low, least)]), _at(function, [high])
    if function != "sqrt":
        low_value, high_value = _loosened(min(low_value, _LARGEST), high_value)
    return _numbers([operand], low_value, high_value, low < least)


def _loosened(low: float, high: float) -> tuple[float, float]:
    """A few units in the last place further apart, each end on its side of zero."""
    below = low - abs(low) * 2.0**-50 - 4 * _LEAST
    above = high + abs(high) * 2.0**-50 + 4 * _LEAST
    return below if low < 0.0 else max(below, 0.0), above if high > 0.0 else min(above, 0.0)

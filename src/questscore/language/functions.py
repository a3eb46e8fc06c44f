"""What the operators and functions of the language mean, one value at a time.

Lives here: values and their truth, arithmetic, comparison, and the table of functions with their arities.
Lives elsewhere: walking a tree (`evaluate`), and the same over columns (``questscore.columns.vector``).

Everything is total: what has no answer is missing (None), nothing raises and nothing is infinite.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, SupportsFloat

from attrs import frozen

from questscore.language.tree import Value

LARGEST_EXPONENT = 1024.0
"""``x ** y`` is missing where ``abs(y)`` is above this."""


def number(raw: object) -> Value:
    """A host's scalar as a `Value`: booleans and integers become doubles; NaN and infinities are missing.

    Raises:
        TypeError: ``raw`` is neither a number, a text nor None.

    >>> number(True), number(float("nan")), number("7")
    (1.0, None, '7')
    """
    if raw is None or isinstance(raw, str):
        return raw
    if type(raw) is float:
        return raw if math.isfinite(raw) else None
    if not isinstance(raw, SupportsFloat):
        raise TypeError(f"a value is a number, a text or None, not {type(raw).__name__}")
    try:
        value = float(raw)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None


def truth(value: Value) -> bool:
    """Missing, 0 and the empty text are false, all else is true."""
    return bool(value)


def _power(base: float, exponent: float) -> float:
    return math.pow(base, exponent) if abs(exponent) <= LARGEST_EXPONENT else math.nan


_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": _power,
}
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def arithmetic(sign: str, left: Value, right: Value) -> Value:
    """``left sign right`` of two numbers; missing for anything else and where there is no finite answer."""
    if not isinstance(left, float) or not isinstance(right, float):
        return None
    return _finite(_ARITHMETIC[sign], left, right)


def compare(sign: str, left: Value, right: Value) -> bool:
    """Two numbers, or two texts by code points; False (for ``!=`` too) when missing or of two types."""
    if isinstance(left, float):
        return isinstance(right, float) and COMPARISONS[sign](left, right)
    return isinstance(left, str) and isinstance(right, str) and COMPARISONS[sign](left, right)


def _finite(compute: Callable[..., Value], *arguments: Value) -> Value:
    try:
        value = compute(*arguments)
    except (ValueError, OverflowError, ZeroDivisionError):
        return None
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _coalesce(*values: Value) -> Value:
    return next((value for value in values if value is not None), None)


def _weighted_mean(*values: Value) -> Value:
    total = weights = 0.0
    for value, weight in zip(values[::2], values[1::2], strict=True):
        if isinstance(value, float) and isinstance(weight, float):
            total += value * weight
            weights += weight
    return total / weights if math.isfinite(weights) else None


@frozen
class Function:
    """A function of the language.

    Args:
        usage: How it is written, for messages.
        takes: The type every argument must have (else the result is missing), or ``object``: it sees all.
        compute: The value; an error of arithmetic in it is missing.
        least: Fewest arguments.
        most: Most arguments, None for any number.
        pairs: Whether arguments come two by two.
    """

    usage: str
    takes: type
    compute: Callable[..., Value]
    least: int = 1
    most: int | None = 1
    pairs: bool = False

    def accepts(self, count: int) -> bool:
        """Whether it can be called with ``count`` arguments."""
        return self.least <= count <= (self.most or count) and not (self.pairs and count % 2)

    def __call__(self, arguments: Sequence[Value]) -> Value:
        if self.takes is not object and not all(isinstance(value, self.takes) for value in arguments):
            return None
        return _finite(self.compute, *arguments)


TABLE: dict[str, Function] = {
    "abs": Function("abs(x)", float, abs),
    "round": Function("round(x)", float, lambda x: float(round(x))),
    "floor": Function("floor(x)", float, lambda x: float(math.floor(x))),
    "ceil": Function("ceil(x)", float, lambda x: float(math.ceil(x))),
    "sqrt": Function("sqrt(x)", float, math.sqrt),
    "exp": Function("exp(x)", float, math.exp),
    "log": Function("log(x)", float, math.log),
    "log1p": Function("log1p(x)", float, math.log1p),
    "min": Function("min(a, b, ...)", float, lambda *xs: min(xs), most=None),
    "max": Function("max(a, b, ...)", float, lambda *xs: max(xs), most=None),
    "clip": Function("clip(x, low, high)", float, lambda x, low, high: min(max(x, low), high), 3, 3),
    "weighted_mean": Function("weighted_mean(v1, w1, v2, w2, ...)", object, _weighted_mean, 2, None, True),
    "coalesce": Function("coalesce(a, b, ...)", object, _coalesce, most=None),
    "is_missing": Function("is_missing(x)", object, lambda x: float(x is None)),
    "lower": Function("lower(text)", str, str.lower),
    "startswith": Function("startswith(text, part)", str, lambda a, b: float(a.startswith(b)), 2, 2),
    "endswith": Function("endswith(text, part)", str, lambda a, b: float(a.endswith(b)), 2, 2),
    "contains": Function("contains(text, part)", str, lambda a, b: float(b in a), 2, 2),
}

FUNCTIONS: frozenset[str] = frozenset(TABLE) | {"prop"}
"""The function names; a signal may not be named like one."""

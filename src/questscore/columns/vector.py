"""Expressions over whole columns: what ``questscore.language`` says of one row, for every row at once.

Lives here: `Vector`, and the evaluator with numpy. Numbers are worked on by row, texts by dictionary entry;
a part of an expression that reads no column stays one value. Nothing here loops over rows.
Lives elsewhere: what operators and functions mean (``questscore.language.functions`` is the definition, and
what is one value is computed there), and which column a name stands for (the host).

Laws: row by row equal to ``Expression.evaluate``, except that ``exp``, ``log``, ``log1p`` and ``**`` agree to
1e-9 relative: numpy and the C library round them differently.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any, assert_never

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from questscore.language import Expression, Value
from questscore.language.functions import COMPARISONS, LARGEST_EXPONENT, TABLE, arithmetic, compare
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

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.int32]
Numbers = Floats | float  # NaN where there is none; a float stands for every row
Flags = Bools | bool  # likewise


def _plain_number(num: Numbers) -> Numbers:
    return num if isinstance(num, np.ndarray) else float(num)


def _plain_code(text: Codes | int | None) -> Codes | int | None:
    return text if text is None or isinstance(text, np.ndarray) else int(text)


@frozen(eq=False)
class Vector:
    """One value for each row. A row has a number or a text, or is missing; arrays are read, never written.

    Args:
        num: (n,) float64, finite, or NaN where there is no number; a float when it is that for all rows.
        text: (n,) int32 codes into ``texts``, -1 where there is no text; an int when it is that for all
            rows; None when no row is text.
        texts: The dictionary; unsorted, and entries may be unused.
    """

    num: Numbers = field(converter=_plain_number)
    text: Codes | int | None = field(default=None, converter=_plain_code)
    texts: Sequence[str] = ()

    def take(self, rows: NDArray[np.intp]) -> Vector:
        """The values of some rows, in that order."""
        num = self.num[rows] if isinstance(self.num, np.ndarray) else self.num
        text = self.text[rows] if isinstance(self.text, np.ndarray) else self.text
        return Vector(num, text, self.texts)


Lookup = Callable[[str], Vector]


def constant(value: Value) -> Vector:
    """The same value for every row."""
    if isinstance(value, str):
        return Vector(math.nan, 0, (value,))
    return Vector(math.nan if value is None else value)


MISSING = constant(None)


def evaluate(expression: Expression, name: Lookup, prop: Lookup | None, size: int) -> Vector:
    """The value of ``expression`` for each of ``size`` rows.

    Args:
        expression: What to evaluate.
        name: The column of a name, asked once for each name; ``constant(None)`` for an unknown one.
        prop: The column of a property by any name, for ``prop(...)``; None: these are missing.
        size: Rows. An array of another length from ``name`` or ``prop`` is a ValueError.
    """
    with np.errstate(all="ignore"):
        return _Evaluator(name, prop, size).value(expression.tree)


def holds(expression: Expression, name: Lookup, prop: Lookup | None, size: int) -> Bools:
    """Whether ``expression`` is true, for each row: (size,) bool. ``truth`` of ``evaluate``, in less time."""
    with np.errstate(all="ignore"):
        return _full(_Evaluator(name, prop, size).test(expression.tree), size)


def truth(vector: Vector, size: int) -> Bools:
    """(size,) bool: missing, 0 and the empty text are false."""
    return _full(_truth(vector), size)


def numbers(vector: Vector, size: int) -> Floats:
    """(size,) float64: the numbers, NaN for text and missing. May be the vector's own array."""
    return vector.num if isinstance(vector.num, np.ndarray) else np.full(size, vector.num, dtype=np.float64)


def _full(flags: Flags, size: int) -> Bools:
    return np.full(size, flags, dtype=np.bool_) if isinstance(flags, bool) else flags


class _Evaluator:
    """Walks a tree. ``value`` gives values, ``test`` their truth: comparisons need no detour over floats."""

    def __init__(self, name: Lookup, prop: Lookup | None, size: int) -> None:
        self.lookups = {Name: name, Prop: prop}
        self.size = size
        self.read: dict[Name | Prop, Vector] = {}

    def value(self, node: Node) -> Vector:
        match node:
            case Literal():
                return constant(node.value)
            case Name() | Prop():
                return self.column(node)
            case Negate():
                return Vector(-self.value(node.operand).num)
            case Arithmetic():
                left = self.value(node.left)
                return Vector(_arithmetic(node.operator, left.num, self.value(node.right).num))
            case Compare() | Within() | Logic() | Not():
                return _flags(self.test(node))
            case Choice():
                condition = self.test(node.condition)
                if isinstance(condition, bool):
                    return self.value(node.then if condition else node.otherwise)
                return _merge(condition, self.value(node.then), self.value(node.otherwise))
            case Call():
                return _call(node.function, [self.value(argument) for argument in node.arguments])
            case _:
                assert_never(node)

    def test(self, node: Node) -> Flags:
        match node:
            case Compare():
                return self.chain(node)
            case Within():
                return _within(self.value(node.item), node)
            case Logic():
                flags = self.test(node.operands[0])
                for operand in node.operands[1:]:
                    more = self.test(operand)
                    flags = _both(flags, more) if node.operator == "and" else _either(flags, more)
                return flags
            case Not():
                return _not(self.test(node.operand))
            case _:
                return _truth(self.value(node))

    def chain(self, node: Compare) -> Flags:
        flags: Flags = True
        left = self.value(node.first)
        for sign, operand in node.rest:
            right = self.value(operand)
            flags = _both(flags, _compare(sign, left, right))
            left = right
        return flags

    def column(self, node: Name | Prop) -> Vector:
        if node not in self.read:
            lookup = self.lookups[type(node)]
            found = MISSING if lookup is None else lookup(node.name)
            for part in (found.num, found.text):
                if isinstance(part, np.ndarray) and part.shape != (self.size,):
                    raise ValueError(f"{node.name}: an array of shape {part.shape} for {self.size} rows")
            self.read[node] = found
        return self.read[node]


# Numbers


def _flags(flags: Flags) -> Vector:
    return Vector(float(flags) if isinstance(flags, bool) else flags.astype(np.float64))


def _not(flags: Flags) -> Flags:
    return not flags if isinstance(flags, bool) else ~flags


def _both(left: Flags, right: Flags) -> Flags:
    if isinstance(left, bool):
        return right if left else False
    return _both(right, left) if isinstance(right, bool) else left & right


def _either(left: Flags, right: Flags) -> Flags:
    if isinstance(left, bool):
        return True if left else right
    return _either(right, left) if isinstance(right, bool) else left | right


def _scalar(value: Value) -> float:
    return value if isinstance(value, float) else math.nan


def _value(num: float) -> Value:
    return None if num != num else float(num)


def _finite(result: Floats) -> Floats:
    """``result``, a new array, with NaN in place of infinities."""
    result[np.isinf(result)] = np.nan
    return result


def _power(base: Any, exponent: Any) -> Floats:
    # numpy has nan ** 0 == 1 ** nan == 1
    outside = np.isnan(base) | np.isnan(exponent) | (np.abs(exponent) > LARGEST_EXPONENT)
    return np.where(outside, np.nan, np.power(base, exponent))


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "//": np.floor_divide,
    "%": np.remainder,
    "**": _power,
}


def _arithmetic(sign: str, left: Numbers, right: Numbers) -> Numbers:
    if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
        return math.nan if _absent(left) or _absent(right) else _finite(_ARITHMETIC[sign](left, right))
    return _scalar(arithmetic(sign, _value(left), _value(right)))


def _absent(num: Numbers) -> bool:
    return not isinstance(num, np.ndarray) and num != num


_ELEMENTWISE: dict[str, Callable[..., Any]] = {
    "abs": np.abs,
    # adding 0.0 makes -0.0 the 0.0 that Python's integers give
    "round": lambda x: np.rint(x) + 0.0,
    "floor": lambda x: np.floor(x) + 0.0,
    "ceil": lambda x: np.ceil(x) + 0.0,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "log": np.log,
    "log1p": np.log1p,
    "clip": lambda x, low, high: np.minimum(np.maximum(x, low), high),
}
_EXTREMES = {"min": np.minimum, "max": np.maximum}


def _numeric(function: str, parts: list[Numbers]) -> Vector:
    if not any(isinstance(part, np.ndarray) for part in parts):
        return constant(TABLE[function]([_value(float(part)) for part in parts]))
    if function == "weighted_mean":
        return _weighted_mean(parts)
    if any(map(_absent, parts)):
        return MISSING
    if function in _EXTREMES:
        extreme: Any = parts[0]
        for part in parts[1:]:
            extreme = _EXTREMES[function](extreme, part)
        return Vector(extreme)
    return Vector(_finite(_ELEMENTWISE[function](*parts)))


def _weighted_mean(parts: list[Numbers]) -> Vector:
    total: Any = 0.0
    weights: Any = 0.0
    for value, weight in zip(parts[::2], parts[1::2], strict=True):
        both = ~(np.isnan(value) | np.isnan(weight))
        total = total + np.where(both, np.multiply(value, weight), 0.0)
        weights = weights + np.where(both, weight, 0.0)
    return Vector(_finite(np.where(np.isfinite(weights), total / weights, np.nan)))


# Texts


def _used(codes: Codes | int, texts: Sequence[str]) -> list[int]:
    """The codes that occur, without -1."""
    if not isinstance(codes, np.ndarray):
        return [codes] if codes >= 0 else []
    if len(texts) > len(codes):
        found: list[int] = np.unique(codes[codes >= 0]).tolist()
        return found
    seen = np.zeros(len(texts) + 1, dtype=np.bool_)
    seen[codes] = True
    return np.flatnonzero(seen[:-1]).tolist()


def _looked_up(
    codes: Codes, texts: Sequence[str], of: Callable[[Iterable[str]], Iterable[Any]], none: float
) -> NDArray[Any]:
    """For each row what ``of`` makes of its text, ``none`` where there is no text.

    ``of`` maps texts to as many values and is given each entry once: all, or only the used ones where the
    dictionary is longer than the column.
    """
    if len(texts) <= len(codes):
        return np.array([*of(texts), none]).take(codes)
    used = _used(codes, texts)
    if not used:
        return np.full(len(codes), none)
    values = np.array([*of(texts[code] for code in used), none])
    positions = np.searchsorted(used, codes)
    positions[codes < 0] = -1
    return values.take(positions)


def _word(vector: Vector) -> str | None:
    """The text that a constant is."""
    code = vector.text
    return vector.texts[code] if isinstance(code, int) and code >= 0 else None


def _recode(vector: Vector, words: dict[str, int], spell: Callable[[str], str] = str) -> Codes | int:
    """The codes of ``vector`` in the dictionary ``words``, which takes up what is new in it."""
    codes = vector.text
    if codes is None:
        return -1
    table = np.full(len(vector.texts) + 1, -1, dtype=np.int32)
    for code in _used(codes, vector.texts):
        table[code] = words.setdefault(spell(vector.texts[code]), len(words))
    return table.take(codes) if isinstance(codes, np.ndarray) else int(table[codes])


def _merge(condition: Bools, then: Vector, otherwise: Vector) -> Vector:
    num: Numbers = math.nan
    if not (_absent(then.num) and _absent(otherwise.num)):
        num = np.where(condition, then.num, otherwise.num)
    if then.text is None and otherwise.text is None:
        return Vector(num)
    words: dict[str, int] = {}
    codes = np.where(condition, _recode(then, words), _recode(otherwise, words)).astype(np.int32, copy=False)
    return Vector(num, codes, tuple(words))


def _lower(vector: Vector) -> Vector:
    if vector.text is None:
        return MISSING
    words: dict[str, int] = {}
    codes = _recode(vector, words, str.lower)
    return Vector(math.nan, codes, tuple(words))


def _search(function: str, whole: Vector, part: Vector) -> Vector:
    """``contains``, ``startswith`` and ``endswith`` of two texts, of which one is not constant."""
    compute = TABLE[function].compute
    if isinstance(whole.text, np.ndarray) and isinstance(part.text, np.ndarray):
        width = len(part.texts)
        both = (whole.text >= 0) & (part.text >= 0)
        pairs, rows = np.unique(
            whole.text[both].astype(np.int64) * width + part.text[both], return_inverse=True
        )
        found = [compute(whole.texts[pair // width], part.texts[pair % width]) for pair in pairs.tolist()]
        num = np.full(len(both), np.nan)
        num[both] = np.array(found, dtype=np.float64)[rows]
        return Vector(num)
    if isinstance(whole.text, np.ndarray) and (word := _word(part)) is not None:
        return Vector(
            _looked_up(whole.text, whole.texts, lambda ts: map(compute, ts, repeat(word)), math.nan)
        )
    if isinstance(part.text, np.ndarray) and (word := _word(whole)) is not None:
        return Vector(_looked_up(part.text, part.texts, lambda ts: map(compute, repeat(word), ts), math.nan))
    return MISSING


# Truth and comparison


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": np.equal,
    # np.not_equal is true of NaN
    "!=": lambda left, right: np.less(left, right) | np.greater(left, right),
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def _truth(vector: Vector) -> Flags:
    return _either(_compare_numbers("!=", vector.num, 0.0), _compare_texts("!=", vector, constant("")))


def _present(vector: Vector) -> Flags:
    num, text = vector.num, vector.text
    number: Flags = ~np.isnan(num) if isinstance(num, np.ndarray) else num == num
    return number if text is None else _either(number, text >= 0)


def _compare(sign: str, left: Vector, right: Vector) -> Flags:
    return _either(_compare_numbers(sign, left.num, right.num), _compare_texts(sign, left, right))


def _compare_numbers(sign: str, left: Numbers, right: Numbers) -> Flags:
    if _absent(left) or _absent(right):
        return False
    if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
        flags: Bools = _COMPARISONS[sign](left, right)
        return flags
    return compare(sign, float(left), float(right))


def _compare_texts(sign: str, left: Vector, right: Vector) -> Flags:
    if left.text is None or right.text is None:
        return False
    test = COMPARISONS[sign]
    if isinstance(left.text, np.ndarray) and isinstance(right.text, np.ndarray):
        words: dict[str, int] = {}
        here, there = _recode(left, words), _recode(right, words)
        ranks = np.zeros(len(words) + 1, dtype=np.int32)
        ranks[[words[word] for word in sorted(words)]] = np.arange(len(words))
        flags: Bools = _COMPARISONS[sign](ranks[here], ranks[there])
        return flags & (left.text >= 0) & (right.text >= 0)
    if isinstance(left.text, np.ndarray):
        if (word := _word(right)) is None:
            return False
        return _looked_up(left.text, left.texts, lambda ts: map(test, ts, repeat(word)), False)
    if isinstance(right.text, np.ndarray):
        if (word := _word(left)) is None:
            return False
        return _looked_up(right.text, right.texts, lambda ts: map(test, repeat(word), ts), False)
    return compare(sign, _word(left), _word(right))


def _within(item: Vector, node: Within) -> Flags:
    if isinstance(node.options[0], str):
        options = frozenset(node.options)
        if isinstance(item.text, np.ndarray):
            wanted = not node.negated
            return _looked_up(item.text, item.texts, lambda ts: ((t in options) is wanted for t in ts), False)
        word = _word(item)
        return word is not None and (word in options) is not node.negated
    if not isinstance(item.num, np.ndarray):
        return item.num == item.num and (item.num in node.options) is not node.negated
    flags = np.isin(item.num, node.options)
    return ~flags & ~np.isnan(item.num) if node.negated else flags


# Functions


def _call(function: str, arguments: list[Vector]) -> Vector:
    if all(not isinstance(part, np.ndarray) for vector in arguments for part in (vector.num, vector.text)):
        return constant(TABLE[function]([_constant_value(vector) for vector in arguments]))
    match function:
        case "is_missing":
            return _flags(_not(_present(arguments[0])))
        case "coalesce":
            return _coalesce(arguments)
        case "lower":
            return _lower(arguments[0])
        case "contains" | "startswith" | "endswith":
            return _search(function, *arguments)
        case _:
            return _numeric(function, [vector.num for vector in arguments])


def _constant_value(vector: Vector) -> Value:
    word = _word(vector)
    return _value(float(vector.num)) if word is None else word


def _coalesce(arguments: list[Vector]) -> Vector:
    result = arguments[0]
    for vector in arguments[1:]:
        present = _present(result)
        if isinstance(present, bool):
            result = result if present else vector
        elif not present.all():
            result = _merge(present, result, vector)
    return result

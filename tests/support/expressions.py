"""Random expressions of the model language, over an event's properties or over signals.

Lives here: the grammar of what may be said, with weights that favour what distinguishes two evaluators
(edges, missing values, mixed types). Lives elsewhere: the language itself, and the models (`models`)
that these expressions are put into.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from attrs import frozen

TEXTS = ("pro", "free", "team", "Pro", "équipe", "", "x")


@frozen
class Vocabulary:
    """The names an expression may use: always numbers, always texts, or now one and now the other."""

    numbers: Sequence[str]
    texts: Sequence[str] = ()
    either: Sequence[str] = ()
    literals: Sequence[str] = ("0", "1", "2", "3", "5", "7", "10", "20", "2.5", "0.5", "40", "0.1")


PROPERTIES = Vocabulary(
    numbers=(
        "amount",
        "amount",
        "amount",
        "cart.total",
        "cart.total",
        "cart.deep.x",
        "hour",
        "weekday",
        "day",
    ),
    texts=("plan", "plan", "event_name", "user", "account", "prop('utm-source')"),
    either=("mixed", "flag", "prop('cart.total')", "month", "nowhere"),
)


def number(rng: Random, words: Vocabulary, depth: int = 2) -> str:
    """A numeric expression, in parentheses where they are needed."""
    if depth <= 0 or rng.random() < 0.25:
        return _leaf(rng, words)
    sort = rng.choice(_NUMERIC)
    return sort(rng, words, depth - 1)


def text(rng: Random, words: Vocabulary) -> str:
    """A textual expression."""
    if not words.texts:
        return _quoted(rng)
    draw = rng.random()
    name = rng.choice(words.texts)
    if draw < 0.4:
        return name
    if draw < 0.75:
        return f"lower({name})"
    if draw < 0.9 and words.either:
        return rng.choice(words.either)
    return f"({name} if {boolean(rng, words, 0)} else {_quoted(rng)})"


def boolean(rng: Random, words: Vocabulary, depth: int = 2) -> str:
    """An expression that is true, false or missing."""
    draw = rng.random()
    if depth > 0 and draw < 0.4:
        left, right = boolean(rng, words, depth - 1), boolean(rng, words, depth - 1)
        if draw < 0.16:
            return f"({left} and {right})"
        if draw < 0.3:
            return f"({left} or {right})"
        return f"(not {left})"
    return rng.choice(_BOOLEAN)(rng, words, max(depth - 1, 0))


def _leaf(rng: Random, words: Vocabulary) -> str:
    draw = rng.random()
    if draw < 0.66 or not words.either:
        return rng.choice(words.numbers) if draw < 0.85 else rng.choice(words.literals)
    return rng.choice(words.either) if draw < 0.76 else rng.choice(words.literals)


def _quoted(rng: Random) -> str:
    return repr(rng.choice(TEXTS))


def _binary(operator: str) -> Callable[[Random, Vocabulary, int], str]:
    def make(rng: Random, words: Vocabulary, depth: int) -> str:
        return f"({number(rng, words, depth)} {operator} {number(rng, words, depth)})"

    return make


def _unary(before: str, after: str = ")") -> Callable[[Random, Vocabulary, int], str]:
    return lambda rng, words, depth: f"{before}{number(rng, words, depth)}{after}"


def _many(name: str) -> Callable[[Random, Vocabulary, int], str]:
    def make(rng: Random, words: Vocabulary, depth: int) -> str:
        arguments = [number(rng, words, depth - 1) for _ in range(rng.randint(2, 3))]
        return f"{name}({', '.join(arguments)})"

    return make


def _power(rng: Random, words: Vocabulary, depth: int) -> str:
    exponent = rng.choice(["2", "2", "3", "0.5", "-1", "0", f"clip({_leaf(rng, words)}, -2, 2)"])
    return f"({_leaf(rng, words)} ** {exponent})"


def _choice(rng: Random, words: Vocabulary, depth: int) -> str:
    other = "None" if rng.random() < 0.3 else number(rng, words, depth - 1)
    return f"({number(rng, words, depth - 1)} if {boolean(rng, words, depth - 1)} else {other})"


def _clip(rng: Random, words: Vocabulary, depth: int) -> str:
    low = rng.choice(["0", "-5", "1", "-20"])
    return f"clip({number(rng, words, depth)}, {low}, {rng.choice(['5', '10', '40', _leaf(rng, words)])})"


def _weighted(rng: Random, words: Vocabulary, depth: int) -> str:
    pairs = [
        f"{number(rng, words, 0)}, {rng.choice(['1', '2', '0', '0.5', _leaf(rng, words)])}" for _ in range(2)
    ]
    return f"weighted_mean({', '.join(pairs)})"


def _truth(rng: Random, words: Vocabulary, depth: int) -> str:
    return rng.choice(["True", "False", boolean(rng, words, 0), boolean(rng, words, 0)])


_NUMERIC: tuple[Callable[[Random, Vocabulary, int], str], ...] = (
    *(_binary(operator) for operator in ("+", "+", "-", "-", "*", "*", "/", "/", "//", "%")),
    _power,
    _unary("(-", ")"),
    *(_unary(f"{name}(") for name in ("abs", "round", "floor", "ceil", "sqrt", "log", "log1p")),
    _unary("exp(clip(", ", -5, 5))"),
    *(_many(name) for name in ("min", "max", "coalesce")),
    _clip,
    _weighted,
    _choice,
    _choice,
    _truth,
)

_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


def _compare(rng: Random, words: Vocabulary, depth: int) -> str:
    return f"({number(rng, words, depth)} {rng.choice(_COMPARISONS)} {_side(rng, words, depth)})"


def _side(rng: Random, words: Vocabulary, depth: int) -> str:
    return rng.choice(words.literals) if rng.random() < 0.7 else number(rng, words, depth)


def _chain(rng: Random, words: Vocabulary, depth: int) -> str:
    first, second = rng.choice(_COMPARISONS[:4]), rng.choice(_COMPARISONS)
    return f"({rng.choice(words.literals)} {first} {_leaf(rng, words)} {second} {_side(rng, words, depth)})"


def _equal_text(rng: Random, words: Vocabulary, depth: int) -> str:
    return f"({text(rng, words)} {rng.choice(['==', '!=', '==', '!=', '<', '>='])} {_other(rng, words)})"


def _other(rng: Random, words: Vocabulary) -> str:
    return _quoted(rng) if rng.random() < 0.75 else text(rng, words)


def _member(rng: Random, words: Vocabulary, depth: int) -> str:
    how = rng.choice(["in", "not in"])
    opening, closing = rng.choice([("(", ")"), ("[", "]")])
    if words.texts and rng.random() < 0.5:
        items, what = [repr(t) for t in rng.sample(TEXTS, rng.randint(2, 3))], text(rng, words)
    else:
        items, what = rng.sample(list(words.literals), rng.randint(2, 4)), _leaf(rng, words)
    return f"({what} {how} {opening}{', '.join(items)}{closing})"


def _has(rng: Random, words: Vocabulary, depth: int) -> str:
    name = rng.choice(["startswith", "endswith", "contains"])
    part = repr(rng.choice(["p", "o", "é", "", "am", "u"]))
    return f"{name}({text(rng, words)}, {part if rng.random() < 0.8 else text(rng, words)})"


def _missing(rng: Random, words: Vocabulary, depth: int) -> str:
    return f"is_missing({number(rng, words, depth) if rng.random() < 0.6 else text(rng, words)})"


def _bare(rng: Random, words: Vocabulary, depth: int) -> str:
    return _leaf(rng, words) if rng.random() < 0.6 else text(rng, words)


_BOOLEAN: tuple[Callable[[Random, Vocabulary, int], str], ...] = (
    *(_compare,) * 8,
    _chain,
    _equal_text,
    _equal_text,
    _member,
    _member,
    _has,
    _has,
    _missing,
    _bare,
)

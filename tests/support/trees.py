"""Random trees of the expression language, and values for their names, for Hypothesis.

Lives here: trees as such, also of shapes that no text gives, weighted so that most of them are numbers.
Lives elsewhere: random expressions as text (`expressions`).
"""

from __future__ import annotations

from hypothesis import strategies as st

from questscore.language.functions import TABLE
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

NUMBERS = ("a", "b", "c")
TEXTS = ("t", "u")
NAMES = (*NUMBERS, *TEXTS)
"""The names in trees: the former are mostly numbers, the latter mostly texts."""

words = st.sampled_from(["", "a", "A", "b", "ab", "é"])
edges = st.sampled_from(
    [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 2.5, -1.5, 3.0, 10.0, 30.0, 710.0, 1023.0, 1e308, -1e308, 5e-324]
)
numbers = st.one_of(
    edges,
    st.integers(-5, 12).map(float),
    st.floats(-100.0, 100.0),
    st.floats(allow_nan=False, allow_infinity=False),
)
values = st.one_of(st.none(), numbers, words)
signs = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
operators = st.sampled_from([*"+-*/" * 2, "//", "%", "**"])


def _weighted(*choices: tuple[int, st.SearchStrategy[Node]]) -> st.SearchStrategy[Node]:
    pool = [strategy for weight, strategy in choices for _ in range(weight)]
    return st.integers(0, len(pool) - 1).flatmap(pool.__getitem__)


_textual: st.SearchStrategy[Node] = st.one_of(
    st.sampled_from(TEXTS).map(Name),
    words.map(Literal),
    st.sampled_from(TEXTS).map(lambda name: Call("lower", (Name(name),))),
)
leaves = _weighted(
    (7, st.sampled_from(NUMBERS).map(Name)),
    (3, numbers.map(Literal)),
    (1, _textual),
    (1, st.one_of(st.just(Literal(None)), st.sampled_from(NAMES).map(Prop))),
)


def _grown(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    either = _weighted((5, inner), (1, _textual))
    pairs = st.tuples(signs, inner)
    options = st.one_of(
        st.lists(numbers, min_size=1, max_size=4).map(tuple),
        st.lists(words, min_size=1, max_size=4).map(tuple),
    )
    several = st.lists(either, min_size=2, max_size=4).map(tuple)
    return _weighted(
        (1, st.builds(Negate, inner)),
        (4, st.builds(Arithmetic, operators, inner, inner)),
        (2, st.builds(Compare, inner, st.lists(pairs, min_size=1, max_size=3).map(tuple))),
        (1, st.builds(Compare, _textual, st.tuples(st.tuples(signs, _textual)))),
        (1, st.builds(Within, either, options, st.booleans())),
        (1, st.builds(Logic, st.sampled_from(["and", "or"]), several)),
        (1, st.builds(Not, either)),
        (1, st.builds(Choice, either, either, either)),
        (5, st.sampled_from(sorted(TABLE)).flatmap(lambda name: _calls(name, inner))),
    )


def _calls(name: str, inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    function = TABLE[name]
    argument = _textual if function.takes is str else inner
    counts = [count for count in range(1, 5) if function.accepts(count)]
    arguments = st.sampled_from(counts).flatmap(lambda count: st.tuples(*[argument] * count))
    return arguments.map(lambda found: Call(name, found))


trees: st.SearchStrategy[Node] = st.one_of(_grown(leaves), st.recursive(leaves, _grown, max_leaves=12))

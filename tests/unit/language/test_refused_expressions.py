"""Texts that are no expressions: each is refused at its column, with a fix, quickly and without a warning."""

from __future__ import annotations

import warnings

import pytest

from questscore.errors import ModelError
from questscore.language import parse

# (text, column, a part of what is said or of the fix)
REFUSED: list[tuple[str, int, str]] = [
    ("", 1, "empty"),
    ("  ", 3, "empty"),
    # other languages' operators
    ("a = 1", 3, "write =="),
    ("a == 1 && b", 8, "write and"),
    ("a || b", 3, "write or"),
    ("!a", 1, "write not"),
    ("a === 1", 3, "write =="),
    ("a !== 1", 3, "write !="),
    ("a <> 1", 3, "write !="),
    ("a => 1", 3, "write >="),
    ("a =< 1", 3, "write <="),
    ("a ≥ 1", 3, "write >="),
    ("a × 2", 3, "write *"),
    ("a AND b", 3, "write and"),
    ("NOT(a)", 1, "write not"),
    ("a == “x”", 6, "straight quotes"),
    ("a & b", 3, "write and"),
    ("a | b", 3, "write or"),
    ("a ^ b", 3, "**"),
    ("~a", 1, "write not"),
    ("a << 2", 3, "<<"),
    ("a >> 2", 3, ">>"),
    ("a @ b", 3, "@"),
    ("+a", 1, "plus sign"),
    ("a++", 4, "not an expression"),
    ("a ? b : c", 3, "'?'"),
    ("a; b", 2, "one expression"),
    ("a # b", 3, "comment"),
    ("a \\ b", 3, "language"),
    ("true", 1, "write True"),
    ("a == null", 6, "write None"),
    # None
    ("plan is None", 6, "is_missing"),
    ("1is None", 5, "is_missing"),
    ("plan is not None", 6, "is_missing"),
    ("plan == None", 9, "write is_missing(plan)"),
    ("None == plan", 1, "write is_missing(plan)"),
    ("plan != None", 9, "write not is_missing(plan)"),
    ("1 < None < 3", 5, "is_missing(1)"),
    # lists
    ("x in 'text'", 6, "contains('text', x)"),
    ("x in y", 6, "list of literals"),
    ("x in ('a')", 7, "list of literals"),
    ("x in []", 6, "empty list"),
    ("x in [1, 'a']", 10, "one list for each type"),
    ("x in ['a', True]", 12, "one list for each type"),
    ("x in [1, None]", 10, "is_missing(x)"),
    ("x in [y]", 7, "literals only"),
    ("x in [1 + 1]", 7, "literals only"),
    ("x in [-'a']", 7, "literals only"),
    ("x in [--1]", 7, "literals only"),
    ("x in [[1]]", 7, "literals only"),
    ("x in [*y]", 7, "literals only"),
    ("x in {1, 2}", 6, "write a list"),
    ("x in ['a' 'b']", 10, "comma"),
    ("1 < x in [2]", 1, "join two comparisons with and"),
    ("[1]", 1, "only after in"),
    ("(1, 2)", 1, "only after in"),
    ("a, b", 1, "only after in"),
    # texts and numbers
    ("'abc", 1, "not closed"),
    ("'ab\nc'", 1, "not closed"),
    ("'''a'''", 1, "three quotes"),
    ("f'{a}'", 1, "prefix"),
    ('a + F"{a}"', 5, "prefix"),
    ("b'a'", 1, "prefix"),
    ("'\ud800'", 2, "surrogate"),
    ("'\\ud800'", 1, "surrogate"),
    ("'\\x'", 1, "not an expression"),
    ("'" + "a" * 1001 + "'", 1, "1,000 characters"),
    ("x == '" + "\\x61" * 1001 + "'", 6, "1,000 characters"),
    ("3j", 1, "3j"),
    ("...", 1, "Ellipsis"),
    ("1e400", 1, "too large"),
    ("-9007199254740993", 2, "2**53"),
    ("007", 1, "leading zeros"),
    ("x ** 1025", 6, "exponent"),
    ("x ** -1025", 6, "exponent"),
    ("9" * 4000, 1, "2**53"),
    ("9" * 5000, 4097, "4,096 bytes"),
    # calls
    ("maximum(1)", 1, "nearest function is 'max'"),
    ("qqqqqqqq(1)", 1, "weighted_mean"),
    ("eval('1')", 1, "unknown function"),
    ("__import__('os')", 1, "__import__"),
    ("getattr(a, 'b')", 1, "unknown function"),
    ("mаx(1, 2)", 1, "nearest function is 'max'"),
    ("a.b(1)", 1, "only the functions"),
    ("'a'.upper()", 1, "only the functions"),
    ("'{0.__class__}'.format(a)", 1, "only the functions"),
    ("min(1)(2)", 1, "only the functions"),
    ("round(x, ndigits=2)", 17, "named arguments"),
    ("min(*x)", 5, "star"),
    ("min(**x)", 1, "named arguments"),
    ("round(x, 2)", 1, "write round(x)"),
    ("min()", 1, "0 arguments"),
    ("clip(x, 1)", 1, "clip(x, low, high)"),
    ("weighted_mean(1)", 1, "1 argument"),
    ("weighted_mean(1, 2, 3)", 1, "3 arguments"),
    ("contains('a')", 1, "contains(text, part)"),
    ("prop()", 1, "prop"),
    ("prop(a)", 1, "prop"),
    ("prop('a', 'b')", 1, "prop"),
    ("prop(1)", 1, "prop"),
    # the rest of Python
    ("lambda: 1", 1, "lambda"),
    ("(lambda: 1)()", 2, "lambda"),
    ("(a := 1)", 4, "assigned"),
    ("[a for a in b]", 4, "'for'"),
    ("min(a for a in b)", 7, "'for'"),
    ("1for", 1, "not an expression"),
    ("{a: b}", 1, "'{'"),
    ("a[0]", 1, "square brackets"),
    ("a[1:2]", 4, "':'"),
    ("a['__class__']", 1, "square brackets"),
    ("().__class__", 4, "__class__"),
    ("().x", 1, "dot"),
    ("(1).real", 1, "dot"),
    ("'a'.b", 1, "dot"),
    ("a.__class__.__bases__", 3, "__class__"),
    ("__builtins__", 1, "__builtins__"),
    ("__debug__", 1, "__debug__"),
    ("await a", 1, "await"),
    ("yield", 1, "yield"),
    ("import os", 1, "import"),
    ("cart.class == 1", 6, 'prop("...")'),
    ("a b", 3, "not an expression"),
    ("a +", 4, "not an expression"),
    ("a if b", 1, "else"),
    (")", 1, "not an expression"),
    ("a > (b", 5, "not an expression"),
    # look-alikes
    ("ﬁrst > 1", 1, 'prop("ﬁrst")'),
    ("a + 𝐱", 5, 'prop("𝐱")'),
    ("ｐaid", 1, "mistaken"),
    ("e\u0301t\u00e9 > 1", 1, "mistaken"),
    ("x ＝＝ 1", 3, "language"),
    ("１ + 1", 1, "not an expression"),
    # odd characters
    ("a\0b", 2, "U+0000"),
    ("a\u00a0+ 1", 2, "U+00A0"),
    ("a\u200b > 1", 2, "U+200B"),
    ("\ufeffa", 1, "U+FEFF"),
    ("a\u202e > 1", 2, "U+202E"),
    ("a > 😀", 5, "😀"),
    # bounds
    ("(" * 10_000, 4097, "4,096 bytes"),
    ("(" * 2000, 65, "64 deep"),
    ("(" * 65 + "1" + ")" * 65, 65, "64 deep"),
    ("-" * 100_000 + "1", 4097, "4,096 bytes"),
    ("-" * 4000 + "1", 1, ""),
    ("not " * 1000 + "1", 1, ""),
    ("-" * 33 + "a", 33, "32 deep"),
    ("'" + "a" * 1_000_000 + "'", 4097, "4,096 bytes"),
    ("é" * 3000, 2049, "4,096 bytes"),
    ("1 if a else " * 300 + "1", 1, ""),
    ("2 ** " * 800 + "1", 1, ""),
    ("a " * 2000, 1, ""),
    ("a and " * 255 + "a", 1531, "256 parts"),
    ("a < " * 300 + "a", 1, "256 parts"),
    ("a + " * 33 + "a", 1, "32 deep"),
    ("abs(" * 40 + "1" + ")" * 40, 129, "32 deep"),
]
SOME_COLUMN = {
    "-" * 4000 + "1",
    "not " * 1000 + "1",
    "1 if a else " * 300 + "1",
    "2 ** " * 800 + "1",
    "a " * 2000,
}
SOME_COLUMN |= {"a < " * 300 + "a", "'\\x'", "1for", "a if b", "a +", "a++"}


@pytest.mark.parametrize(("text", "column", "said"), REFUSED, ids=lambda value: ascii(value)[:30])
def test_a_text_is_refused(text: str, column: int, said: str) -> None:
    with warnings.catch_warnings(record=True) as warned, pytest.raises(ModelError) as caught:
        warnings.simplefilter("always")
        parse(text)
    (problem,) = caught.value.problems
    place, _, what = problem.what.partition(": ")
    if text in SOME_COLUMN:  # Python's parser places these, or gives up on them, in its own way
        assert 1 <= int(place.removeprefix("column ")) <= len(text) + 1
    else:
        assert place == f"column {column}"
    assert said in f"{what} {problem.fix}"
    assert problem.fix and not warned


def test_columns_count_characters_of_the_text_as_given() -> None:
    for text, column in (("  é == 'ü' and None == x", 16), ("a >\n  1 and\n x in y", 19)):
        with pytest.raises(ModelError, match=f"^column {column}:"):
            parse(text)


def test_a_problem_takes_its_place_from_the_layer_above() -> None:
    with pytest.raises(ModelError) as caught:
        parse("a = 1")
    assert str(caught.value.under("when")).startswith(
        "when: column 3: '=' is not part of the language\n  fix: "
    )


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(ModelError, match="not int"):
        parse(5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "1if x else 2",
        "'\\d' == x",
        "r'\\d' == x",
        "a and " * 254 + "a",
        "a + " * 31 + "a",
        "-" * 31 + "a",
        "(" * 64 + "a" + ")" * 64,
        "'" + "a" * 1000 + "'",
        "9007199254740992",
        "x ** 1024",
        "été > ひらがな",
        "__typename == 'a'",
        "a._b.c",
        "cart.none",
        "min > 2",
        "x in [" + "1, " * 1000 + "]",
    ],
    ids=lambda text: text[:20],
)
def test_just_inside_the_bounds(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parse(text)

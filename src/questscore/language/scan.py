"""The first look at an expression's text: characters and words, each refusal with its place.

Lives here: what can be told before there is a tree: foreign operators and quotes, Python's other words,
identifiers that Python would silently rename, and brackets nested too deeply to hand to a parser.
Lives elsewhere: the grammar (`parse`). Nothing relies on this module for safety: the tree has its own list
of what is allowed. It is here for messages, and for what a Python tree no longer shows.
"""

from __future__ import annotations

import keyword
import re
import unicodedata

_OWN_WORDS = {"and", "or", "not", "in", "if", "else", "True", "False", "None"}
_FOREIGN_WORDS = frozenset(keyword.kwlist) - _OWN_WORDS
_MISSPELT = {"true": "True", "false": "False", "none": "None", "null": "None"}
_PREFIXES = {"b", "br", "rb", "f", "fr", "rf", "t", "tr", "rt"}
_DEEPEST_BRACKET = 64

_TEXT = re.compile(r"""'(?:[^'\\\r\n]|\\[^\r\n])*'|"(?:[^"\\\r\n]|\\[^\r\n])*\"""")
_NUMBER = re.compile(r"\.?\d(?:[eE][+-]|[\w.])*")
_OPERATOR = re.compile(r"===|!==|=>|=<|<>|&&|\|\||:=|->|<<|>>|\*\*|//|==|!=|<=|>=|.", re.DOTALL)
_OPERATORS = {*"+-*/%<>()[],.", "//", "**", "==", "!=", "<=", ">="}
_INSTEAD = {
    "&&": "and",
    "||": "or",
    "!": "not",
    "===": "==",
    "!==": "!=",
    "<>": "!=",
    "=>": ">=",
    "=<": "<=",
    "&": "and",
    "|": "or",
    "~": "not",
    "^": "** for a power",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "×": "*",
    "÷": "/",
    "−": "-",
    "–": "-",
    "=": "== to compare; a function takes no named arguments",
    ":=": "== to compare; nothing can be assigned here",
    "{": "a list: [1, 2]",
    "#": "it without a comment",
    ";": "one expression only",
} | dict.fromkeys("“”„‘’‚«»", "straight quotes")


class Refused(Exception):
    """What is refused, where in the stripped text (``offset``, 0-based), and the fix."""

    def __init__(self, offset: int, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.offset = offset
        self.what = what
        self.fix = fix


def scan(text: str) -> None:
    """Look at every character of ``text`` once.

    Raises:
        Refused: Something that can be no part of an expression.
    """
    position = depth = 0
    while position < len(text):
        start, first = position, text[position]
        if first in " \t\r\n\f":
            position += 1
        elif first.isidentifier():
            position = _word(text, start)
        elif found := _NUMBER.match(text, start):
            position = found.end()
        elif first in "'\"":
            position = _text(text, start)
        else:
            position = _operator(text, start)
            depth += (first in "([") - (first in ")]")
            if depth > _DEEPEST_BRACKET:
                raise Refused(start, f"brackets nested more than {_DEEPEST_BRACKET} deep", "split it up")


def _word(text: str, start: int) -> int:
    end = start + 1
    while end < len(text) and ("a" + text[end]).isidentifier():
        end += 1
    word = text[start:end]
    if unicodedata.normalize("NFKC", word) != word:
        raise Refused(
            start, f"the name {word!r} can be mistaken for another", f'write prop("{word}") if it is meant'
        )
    if word == "is":
        raise Refused(start, "'is' is no comparison", "write is_missing(x) for a missing value, == otherwise")
    if word in _FOREIGN_WORDS or (len(word) > 4 and word.startswith("__") and word.endswith("__")):
        raise Refused(
            start, f"'{word}' is not part of the language", 'a property is read by any name with prop("...")'
        )
    if word in _MISSPELT and text[start - 1 : start] != ".":
        raise Refused(start, f"'{word}' is no value", f"write {_MISSPELT[word]}")
    if text[end : end + 1] in ("'", '"') and word.lower() in _PREFIXES:
        raise Refused(start, f"a text with the prefix {word}", "write a plain text")
    return end


def _text(text: str, start: int) -> int:
    if text.startswith(("'''", '"""'), start):
        raise Refused(start, "three quotes in a row", "write a text between single quotes")
    found = _TEXT.match(text, start)
    if found is None:
        raise Refused(start, "a text that is not closed on its line", "end it with the quote it began with")
    following = text[found.end() :].lstrip()
    if following[:1] in ("'", '"'):
        raise Refused(found.end(), "two texts with nothing in between", "put a comma there")
    return found.end()


def _operator(text: str, start: int) -> int:
    found = _OPERATOR.match(text, start)
    sign = found.group() if found else text[start]
    if sign not in _OPERATORS:
        shown = repr(sign) if sign.isprintable() else f"the character U+{ord(sign):04X}"
        raise Refused(
            start,
            f"{shown} is not part of the language",
            f"write {_INSTEAD[sign]}" if sign in _INSTEAD else "leave it out",
        )
    return start + len(sign)

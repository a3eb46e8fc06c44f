"""What may be in a model at all: how much, how deep, and values of which types.

Lives here: the bounds on a source, checked before anything in it is understood.
Lives elsewhere: bounds of one expression (language), of one field (model).

A hostile source costs at most what an honest one of the greatest size costs.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterable, Mapping

from attrs import define, evolve, field

from questscore.errors import ModelError, Problem
from questscore.language import Expression
from questscore.model.definition import Definition
from questscore.model.level import Margin
from questscore.model.time import Duration, Span

LARGEST = 256 * 1024
"""Bytes of a file; characters of all texts of a mapping."""
DEEPEST = 32
"""Tables and lists inside each other, the model itself included."""
MOST_NODES = 10_000
"""Values, tables and lists included."""
MOST_DOTS = 256
"""Dots on one line of TOML: reading a dotted key takes time that grows with their square."""
ALL_DOTS = 20_000
"""Dots in all of TOML: a value may stand inside as many tables as its key has dots."""
MOST_PROBLEMS = 200
"""Told of one source."""
LARGEST_INTEGER = 2**63 - 1

_LEAVES = (str, int, float, type(None), dt.date, dt.timedelta)
_OBJECTS = (Definition, Expression, Duration, Span, Margin)


class Beyond(float):
    """A number as it was written that no double can hold, or none at all; fields refuse it.

    >>> Beyond("1e999")
    1e999
    """

    def __new__(cls, text: str) -> Beyond:
        made = super().__new__(cls, math.nan)
        made.text = text
        return made

    text: str

    def __repr__(self) -> str:
        return self.text


def real(text: str) -> float:
    """A number from its text."""
    value = float(text)
    return value if math.isfinite(value) else Beyond(text)


def integer(text: str) -> int | float:
    """A whole number from its decimal text, whatever its length."""
    return int(text) if len(text) <= 30 else Beyond(text)


class Table(dict[str, object]):
    """A table as it was read, with the keys that stood in it more than once."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        left = Counter(key for key, _ in pairs) - Counter(list(self))
        self.twice = tuple(left)


class _Unusable:
    """Stands where a value was that no model can hold, after its problem was noted."""

    def __repr__(self) -> str:
        return "\N{REPLACEMENT CHARACTER}unusable\N{REPLACEMENT CHARACTER}"


UNUSABLE = _Unusable()


def too_deep(where: str = "") -> ModelError:
    """The error of a source that is nested beyond the bound."""
    return ModelError(f"is nested more than {DEEPEST} deep", where=where, fix="write a flatter model")


def too_many(where: str = "") -> ModelError:
    """The error of a source that holds more than the bound."""
    return ModelError(
        f"holds more than {MOST_NODES:,} values", where=where, fix="split it into several models"
    )


def bounded(source: object) -> tuple[object, list[Problem]]:
    """A copy of plain dicts, lists and values, and what in it cannot be part of a model.

    Raises:
        ModelError: It is deeper or larger than the bounds.
    """
    walk = _Walk()
    return walk.copy(source, ()), walk.problems


@define
class _Walk:
    nodes: int = 0
    characters: int = 0
    problems: list[Problem] = field(factory=list)

    def copy(self, value: object, path: tuple[str, ...]) -> object:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise too_many()
        if isinstance(value, (Mapping, list, tuple)) and len(path) >= DEEPEST:
            raise too_deep(place(path))
        if isinstance(value, Mapping):
            return self._table(value, path)
        if isinstance(value, (list, tuple)):
            return [self.copy(item, (*path, f"[{i}]")) for i, item in enumerate(value)]
        if problem := self._unusable(value):
            self._note(path, problem, "write text, a number, a list or a table")
            return UNUSABLE
        return value

    def _table(self, value: Mapping[object, object], path: tuple[str, ...]) -> dict[str, object]:
        for key in getattr(value, "twice", ()):
            self._note((*path, f".{key}"), f"the key {key!r} stands here twice", "keep one of the two")
        copied = {}
        for key, item in value.items():
            if isinstance(key, str) and self._unusable(key) is None:
                copied[str(key)] = self.copy(item, (*path, f".{key}"))
            else:
                shown = self._unusable(key) or repr(key)
                self._note(path, f"a key is not text: {shown}", "write it in quotes, or another key")
        return copied

    def _unusable(self, value: object) -> str | None:
        if isinstance(value, str):
            self.characters += len(value)
            if self.characters > LARGEST:
                kib = LARGEST // 1024
                raise ModelError(f"holds more than {kib} KiB of text", fix="split it into several models")
            if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
                return "a text with half a character (a lone surrogate)"
        elif isinstance(value, int) and abs(value) > LARGEST_INTEGER:
            return "an integer beyond ±2^63"
        elif not isinstance(value, (*_LEAVES, *_OBJECTS)):
            return f"a value of type {type(value).__name__!r}"
        return None

    def _note(self, path: tuple[str, ...], what: str, fix: str) -> None:
        self.problems.append(Problem(place(path), what, fix))


def place(path: tuple[str, ...]) -> str:
    """``rules[3].when`` from its steps."""
    return "".join(path).removeprefix(".")


def told(problems: Iterable[Problem]) -> list[Problem]:
    """The problems as they are reported: each short and printable, and not without end."""
    found = list(problems)
    if (more := len(found) - MOST_PROBLEMS) > 0:
        found[MOST_PROBLEMS:] = [Problem("", f"{more:,} more problems", "correct those above first")]
    return [_short(problem) for problem in found]


def _short(problem: Problem) -> Problem:
    return evolve(
        problem,
        where=_cut(problem.where, 200),
        what=_cut(problem.what, 400),
        fix=_cut(problem.fix, 800) or "correct it or leave it out",
    )


def _cut(text: str, most: int) -> str:
    if len(text) > most:
        text = f"{text[: most // 2]} … {text[-(most // 2) :]}"
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)

"""Why an event is not taken: one wording for events that come as objects and as columns.

Lives here: the text of a rejection, and the faults found in columns, from which each row keeps one.
Lives elsewhere: what is wrong with a name, a key or a value (model); finding it in columns (assembly).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.columns.table import Rejection
from questscore.errors import EventError, Problem

T = TypeVar("T")
LONGEST_REASON = 400
Rows = NDArray[np.intp]
# The order in which an event's fields are looked at; the first at fault is the one reported.
_RANK = {"": 0, "name": 1, "time": 2, "user": 3, "account": 4, "id": 6}
_PROPERTY_RANK = 5
_NOBODY_RANK = 7
NOBODY = Problem("user", "neither a user nor an account", "say who did it")


def phrase(problem: Problem) -> str:
    """A problem and its fix as one line.

    >>> phrase(NOBODY)
    'neither a user nor an account; say who did it'
    """
    text = f"{problem.what}; {problem.fix}" if problem.fix else problem.what
    return text if len(text) <= LONGEST_REASON else f"{text[:LONGEST_REASON]}…"


def attempt(read: Callable[..., T], *arguments: object) -> T | Problem:
    """``read(*arguments)``, or what it has against its last argument.

    Values come from strangers: whatever their own methods raise is a problem of theirs, not a crash of ours.

    >>> from questscore.model.event import checked_name
    >>> attempt(checked_name, "login"), attempt(checked_name, "").where
    ('login', 'name')
    """
    try:
        return read(*arguments)
    except EventError as error:
        return error.problems[0]
    except Exception as error:
        kind = type(arguments[-1]).__name__
        return Problem("", f"a {kind} that cannot be read ({type(error).__name__})")


def problem_of(check: Callable[..., object], *arguments: object) -> Problem | None:
    """What ``check(*arguments)`` has against its last argument, or None."""
    found = attempt(check, *arguments)
    return found if isinstance(found, Problem) else None


@frozen
class _Fault:
    rank: int
    field: str
    rows: Rows
    why: Callable[[int], str]


class Faults:
    """What is wrong with the rows of one source; a row has one reason, of its first field at fault.

    >>> faults = Faults()
    >>> faults.add("user", np.array([1, 2]), "not text")
    >>> faults.add("name", np.array([2]), "empty")
    >>> [str(rejection) for rejection in faults.rejections(3)]
    ['row 1: user: not text', 'row 2: name: empty']
    """

    def __init__(self) -> None:
        self._found: list[_Fault] = []

    def add(self, field: str, rows: Rows, why: str | Callable[[int], str]) -> None:
        """``rows`` are bad in ``field``; ``why`` is the reason, or gives it for a row when it is wanted."""
        if len(rows):
            rank = _RANK.get(field, _PROPERTY_RANK)
            self._found.append(_Fault(rank, field, rows, why if callable(why) else lambda _: why))

    def add_nobody(self, rows: Rows) -> None:
        """``rows`` say neither a user nor an account; looked at after every field."""
        self._found.append(_Fault(_NOBODY_RANK, NOBODY.where, rows, lambda _: phrase(NOBODY)))

    def rejections(self, size: int, line: Callable[[int], int] | None = None) -> list[Rejection]:
        """One rejection a bad row, in row order; ``line`` says where in its file a row stands."""
        if not any(len(fault.rows) for fault in self._found):
            return []
        first = np.full(size, -1, dtype=np.intp)
        # What is written last stands: the lowest rank and, of properties, the last, as in `flattened`.
        ordered = sorted(self._found, key=lambda fault: -fault.rank)
        for position, fault in enumerate(ordered):
            first[fault.rows] = position
        found = []
        for row in np.flatnonzero(first >= 0).tolist():
            fault = ordered[first[row]]
            found.append(Rejection(row, fault.field, fault.why(row), line(row) if line else None))
        return found

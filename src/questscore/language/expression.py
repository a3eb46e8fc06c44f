"""An expression as its owner holds it: the text, the tree and the names it reads.

Lives here: `Expression`, and checking its names against those a host knows.
Lives elsewhere: making one from text (`parse`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from attrs import field, frozen

from questscore.errors import Problem, nearest
from questscore.language.evaluate import evaluate
from questscore.language.functions import FUNCTIONS
from questscore.language.tree import Node, Value


@frozen(str=False)
class Expression:
    """One expression of a model, ready to be evaluated; equal when the texts are.

    Args:
        text: As written, without surrounding space.
        tree: What it means.
        names: The identifiers it reads, dotted ones whole; not those inside ``prop(...)``.
        properties: The names it reads through ``prop("...")``.

    Laws: evaluation is pure, total (what has no answer is None) and bounded in time.
    """

    text: str
    tree: Node = field(eq=False, repr=False)
    names: frozenset[str] = field(eq=False, repr=False)
    properties: frozenset[str] = field(eq=False, repr=False)

    def evaluate(self, name: Callable[[str], Value], prop: Callable[[str], Value] | None = None) -> Value:
        """The value where ``name`` and ``prop`` give the values of names (None: missing).

        Without ``prop`` every ``prop(...)`` is missing.
        """
        return evaluate(self.tree, name, prop)

    def __str__(self) -> str:
        return self.text


def check_names(
    expression: Expression, known: Collection[str], *, what: str = "signal", allow_prop: bool = False
) -> list[Problem]:
    """A problem for each name not in ``known``, sorted by name; and for ``prop(...)`` unless allowed."""
    problems = [_unknown(name, known, what) for name in sorted(expression.names.difference(known))]
    if expression.properties and not allow_prop:
        first = min(expression.properties)
        problems.append(
            Problem(
                "",
                f'prop("{first}") reads a property of an event, and there is no event here',
                f"name a {what}, or declare one that reads the property",
            )
        )
    return problems


def _unknown(name: str, known: Collection[str], what: str) -> Problem:
    if name in FUNCTIONS:
        return Problem("", f"'{name}' is a function and not a {what}", f"write {name}(...)")
    near = nearest(name, known)
    declare = f"declare a {what} named '{name}'"
    if near is None:
        return Problem("", f"unknown name '{name}'", declare)
    return Problem(
        "", f"unknown name '{name}'; the nearest {what} is '{near}'", f"write '{near}', or {declare}"
    )

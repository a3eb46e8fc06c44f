"""The nodes of an expression, as data.

Lives here: the closed set of node kinds. A tree holds nothing that can be called.
Lives elsewhere: reading text into nodes (`parse`), and what a node is worth (`evaluate`, and for whole
columns at once ``questscore.columns.vector``).
"""

from __future__ import annotations

from attrs import frozen

Value = float | str | None
"""What an expression is worth: a finite number (booleans are 1.0 and 0.0), a text, or None when missing."""


@frozen
class Literal:
    """A number, a text or None."""

    value: Value


@frozen
class Name:
    """A signal or a property; ``cart.total`` is one name."""

    name: str


@frozen
class Prop:
    """``prop("utm-source")``: a property by any name."""

    name: str


@frozen
class Negate:
    """``-operand``"""

    operand: Node


@frozen
class Arithmetic:
    """``left operator right``, of ``+ - * / // % **``."""

    operator: str
    left: Node
    right: Node


@frozen
class Compare:
    """``first < a <= b``: every neighbouring pair must hold. Operators are ``== != < <= > >=``."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@frozen
class Within:
    """``item in [options]`` or, negated, ``item not in [options]``; options are of one type, at least one."""

    item: Node
    options: tuple[float, ...] | tuple[str, ...]
    negated: bool


@frozen
class Logic:
    """``a and b and c``, or the same with ``or``."""

    operator: str
    operands: tuple[Node, ...]


@frozen
class Not:
    """``not operand``"""

    operand: Node


@frozen
class Choice:
    """``then if condition else otherwise``"""

    condition: Node
    then: Node
    otherwise: Node


@frozen
class Call:
    """A function of `functions.TABLE` and as many arguments as it takes."""

    function: str
    arguments: tuple[Node, ...]


Node = Literal | Name | Prop | Negate | Arithmetic | Compare | Within | Logic | Not | Choice | Call

"""What comes out: scores, reasons and changes of level, as plain objects.

Lives here: `Score`, `Line`, `Explanation`, `Transition`.
Lives elsewhere: tables of scores (results), how the numbers come about (reference, engine).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Protocol, TypeVar

from attrs import field, frozen

from questscore.language import Value
from questscore.model.event import Event
from questscore.model.time import iso

_SHOWN = 120  # lines of an explanation in a notebook

ROUNDING = "rounding"
"""The label of the line that makes floating-point sums exact; not shown while it reads 0.00."""


Held = TypeVar("Held", contravariant=True)
_new = object.__new__


class Filling(Protocol[Held]):
    """What can tell more of a score later, from what it held then."""

    def points(self, held: Held) -> dict[str, float | None]:
        """Points by rule."""

    def adjustments(self, held: Held) -> float:
        """What adjustments and resets add."""

    def signals(self, held: Held) -> dict[str, Value]:
        """Signals by name."""


@frozen(slots=False)
class Score:
    """One subject's score at an instant, and all that led to it.

    Args:
        subject: Who was scored.
        value: The score after bounds and scale; None when it is unknown.
        raw: The sum before the model's bounds and scale; None when it is unknown.
        level: The level, or None.
        points: Points by rule; None where they are unknown.
        adjustments: What adjustments and resets add.
        signals: Signals by name; None where missing.
    """

    subject: str
    value: float | None
    raw: float | None
    level: str | None
    points: Mapping[str, float | None]
    adjustments: float
    signals: Mapping[str, Value]

    @staticmethod
    def lazy(
        subject: str,
        value: float | None,
        raw: float | None,
        level: str | None,
        fill: Filling[Held],
        held: Held,
    ) -> Score:
        """A score of which the rest is filled in when it is first asked for."""
        score = _new(Score)
        own = score.__dict__
        own["subject"], own["value"], own["raw"], own["level"] = subject, value, raw, level
        own["_told"] = fill, held
        return score

    def at_level(self, level: str | None) -> Score:
        """The same score at another level."""
        score = _new(Score)
        score.__dict__.update(self.__dict__, level=level)
        return score

    def __getattr__(self, name: str) -> object:
        # only what is not there yet comes here
        told: tuple[Filling[object], object] | None = self.__dict__.get("_told")
        if told is None or name not in ("points", "adjustments", "signals"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        fill, held = told
        found: object
        if name == "points":
            found = fill.points(held)
        else:
            found = fill.signals(held) if name == "signals" else fill.adjustments(held)
        self.__dict__[name] = found
        return found


def printable(text: str, longest: int = 100) -> str:
    """The text on one line, what a terminal would obey shown as an escape, and cut where it is long."""
    cut = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def escaped(text: str) -> str:
    """The text for HTML."""
    from html import escape  # loads every named character there is, for notebooks alone

    return escape(text)


def html(text: str) -> str:
    """The text for a notebook."""
    return f"<pre>{escaped(text)}</pre>"


@frozen
class Line:
    """One summand of a rule's points, with the events behind it."""

    label: str
    value: float
    events: tuple[Event, ...] = ()


@frozen
class Explanation:
    """Why a number is what it is: a tree in which the children of each node add up to it.

    Args:
        label: What the number is.
        value: The number; None when it is unknown.
        children: Its summands; ``math.fsum`` of their values equals ``value``.
    """

    label: str
    value: float | None
    children: tuple[Explanation, ...] = ()
    _own: tuple[Event, ...] = field(default=(), repr=False, eq=False)

    def events(self) -> tuple[Event, ...]:
        """The events behind this line and the lines below it, each once, in canonical order."""
        from questscore.model.event import canonical

        found: dict[int, Event] = {}
        for node in self.walk():
            found.update((id(event), event) for event in node._own)
        return tuple(sorted(found.values(), key=canonical))

    def walk(self) -> Iterator[Explanation]:
        """This node and all below it, from the top down."""
        yield self
        for child in self.children:
            yield from child.walk()

    def check(self) -> bool:
        """True when every node whose value is known is the ``math.fsum`` of its children."""
        return all(
            node.value is None
            or not node.children
            or math.fsum(c.value for c in node.children if c.value is not None) == node.value
            for node in self.walk()
        )

    def _rows(self, depth: int = 0) -> Iterator[tuple[int, str, str]]:
        value = "unknown" if self.value is None else f"{self.value:,.2f}"
        yield depth, printable(self.label), "0.00" if value == "-0.00" else value
        for child in self.children:
            if child.label != ROUNDING or abs(child.value or 0.0) >= 0.005:
                yield from child._rows(depth + 1)

    def __str__(self) -> str:
        rows = list(self._rows())
        width = max(2 * depth + len(label) for depth, label, _ in rows)
        digits = max(len(value) for _, _, value in rows)
        return "\n".join(
            f"{'  ' * depth}{label:<{width - 2 * depth}}  {value:>{digits}}" for depth, label, value in rows
        )

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><td style='text-align:left;padding-left:{depth * 1.5 + 0.5}em'>{escaped(label)}</td>"
            f"<td style='text-align:right'>{value}</td></tr>"
            for depth, label, value in islice(self._rows(), _SHOWN)
        )
        return f"<table>{cells}</table>"


@frozen
class Transition:
    """A change of level, at the instant at which it happened.

    Args:
        subject: Whose level changed.
        time: When, epoch microseconds.
        before, after: The levels; None where there is none.
        score: The score at ``time``; None when unknown.
        cause: The first that applies of ``model``, ``adjustment``, ``event``, ``time``.
        passed: The levels gone through, in the direction of travel, ending with ``after``.
        retracted: True when a late event undid a change told before.
    """

    subject: str
    time: int
    before: str | None
    after: str | None
    score: float | None
    cause: str
    passed: tuple[str, ...] = ()
    retracted: bool = False

    def __str__(self) -> str:
        return f"{iso(self.time)} {self.subject}: {self.before} -> {self.after} ({self.cause})"


@frozen
class Gain:
    """What one more event that a rule pays for would do.

    Args:
        score: The score then; None when unknown.
        level: The level of that score.
        needed: How many such events reach a higher level; None: not within a hundred.
        reached: That level.
    """

    score: float | None
    level: str | None
    needed: int | None = None
    reached: str | None = None


@frozen
class Forecast:
    """What comes if nothing more happens, and what one more event would do.

    Args:
        time: When the level next changes, epoch microseconds; None: not within the years looked ahead.
        before, after: From and to which level; equal when it does not change.
        gains: By event rule, what one more event that it pays for would do.
    """

    time: int | None
    before: str | None
    after: str | None
    gains: Mapping[str, Gain]

"""Rule: the base of everything that turns signals or events into points; and groups of rules.

Lives here: the base classes, and what a rule is asked with about a change. No kind is known here.
Lives elsewhere: the kinds (rules), how rules add up to a score (reference, engine).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from attrs import field, frozen

from questscore.errors import ModelError, Problem
from questscore.language import Value
from questscore.model.definition import Definition, bounds, number, optional_number, optional_text, text
from questscore.model.event import Event
from questscore.model.number import finite
from questscore.model.result import Line
from questscore.model.selector import Selector
from questscore.model.signal import Context


def clamp(value: float, low: float | None, high: float | None) -> float:
    """``value`` within its bounds; a bound of None is none."""
    if low is not None and value < low:
        return low
    return high if high is not None and value > high else value


@frozen
class Reading:
    """What a rule was read from at one instant, and what it paid.

    Args:
        events, values, at, context: As for `Rule.naive`.
        points: What it paid then, before ``minimum`` and ``maximum``; known.
    """

    events: Sequence[Event]
    values: Mapping[str, Value]
    at: int
    context: Context
    points: float


@frozen
class Rule(Definition):
    """Points for a subject at an instant.

    Subclass it with ``attrs.frozen``, give it a ``kind``, say the parameters as fields and write `naive`.

    Args:
        name: What the column of points is called.
        minimum, maximum: Bounds on its points when they are read, also when it pays nothing.
        group: The group whose bounds and weight it shares.
    """

    kind: ClassVar[str] = ""

    name: str = field(converter=text)
    minimum: float | None = field(default=None, converter=optional_number, kw_only=True)
    maximum: float | None = field(default=None, converter=optional_number, kw_only=True)
    group: str | None = field(default=None, converter=optional_text, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if problems := self.wrong():
            raise ModelError(problems)

    def wrong(self) -> list[Problem]:
        """What does not fit between its fields; a kind adds its own."""
        return bounds(self.minimum, self.maximum)

    def naive(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> float | None:
        """The definition, before ``minimum`` and ``maximum``.

        Args:
            events: One subject's events at or before ``at``, in canonical order, no reserved ones. Neither
                they nor their properties can be changed.
            values: The signals by name, which cannot be changed either.
            at: The instant, microseconds.
            context: Calendar and resets.

        Returns:
            Finite points, or None when they are unknown.
        """
        raise NotImplementedError(f"{type(self).__name__} has no naive definition")

    def lines(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> tuple[Line, ...]:
        """What makes up the points before the bounds, as lines that add up to them."""
        return ()

    def changes(self, before: Reading, after: Reading) -> tuple[Line, ...]:
        """What changed the points before the bounds, as lines that add up to the difference.

        Both readings are of one subject, ``before`` the earlier one. A kind that says nothing of its own
        has one line, and none where the points are the same.
        """
        if before.points == after.points:
            return ()
        label = f"points: {before.points:.6g} -> {after.points:.6g}"
        return (Line(label, finite(after.points - before.points)),)

    def selects(self) -> tuple[tuple[str, Selector], ...]:
        """The selectors it has, each with its place."""
        return ()

    def properties(self) -> tuple[tuple[str, str], ...]:
        """The event properties it reads outside its selectors: (name, the field that names it)."""
        return ()

    def reads(self) -> tuple[tuple[str, str], ...]:
        """The signals it reads: (name, the field that names it)."""
        return ()


@frozen
class Group(Definition):
    """Rules that share bounds and a weight: weight x clamp(sum of its rules).

    Args:
        name: What rules call it.
        minimum, maximum: Bounds on the sum of its rules.
        weight: What the bounded sum is multiplied with.
    """

    name: str = field(converter=text)
    minimum: float | None = field(default=None, converter=optional_number, kw_only=True)
    maximum: float | None = field(default=None, converter=optional_number, kw_only=True)
    weight: float = field(default=1.0, converter=number, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if problems := bounds(self.minimum, self.maximum):
            raise ModelError(problems)

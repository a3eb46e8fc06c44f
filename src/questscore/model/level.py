"""Levels: from a score to the name of a level, with what keeps it from flapping.

Lives here: levels, their order, classification of numbers, margin and dwell as rules on one step.
Lives elsewhere: when levels are looked at (score_model, reference, engine).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any, ClassVar

from attrs import define, field, frozen

from questscore.errors import ModelError, Problem, veiled
from questscore.language import Expression
from questscore.model.definition import (
    Definition,
    DurationLike,
    build,
    number,
    optional_duration,
    optional_expression,
    optional_number,
    text,
)
from questscore.model.time import Duration

BASE = "base"
_SHARE = re.compile(r"(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*%", re.ASCII)


def reached(value: float, threshold: float) -> bool:
    """Whether a threshold counts as reached: rounding never decides one."""
    return value >= threshold - 1e-9 * max(1.0, abs(threshold))


@frozen
class Level(Definition):
    """A named level, held from a score on or while a condition holds.

    Args:
        name: What it is called.
        at_least: The score from which on it is held, unrounded.
        when: A condition over signals; exactly one of the two.
    """

    name: str = field(converter=text)
    at_least: float | None = field(default=None, converter=optional_number, kw_only=True)
    when: Expression | None = field(default=None, converter=optional_expression, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if (self.at_least is None) == (self.when is None):
            what = "neither" if self.at_least is None else "both"
            raise ModelError(
                f"has {what} of 'at_least' and 'when'", where="at_least", fix="give exactly one of the two"
            )


@frozen
class Margin:
    """How far below its threshold a level is kept: points, or a share of the threshold."""

    amount: float
    share: bool = False

    def of(self, threshold: float) -> float:
        """In points, >= 0."""
        return self.amount * abs(threshold) if self.share else self.amount

    def __str__(self) -> str:
        return f"{self.amount * 100:g}%" if self.share else f"{self.amount:g}"


def optional_margin(value: Margin | float | str | None) -> Margin | None:
    """A margin: points >= 0, or text such as ``"10%"``."""
    if value is None or isinstance(value, Margin):
        return value
    share = _SHARE.fullmatch(value.strip()) if isinstance(value, str) else None
    amount = float(share[1]) / 100 if share else math.nan if isinstance(value, str) else number(value)
    if not (math.isfinite(amount) and amount >= 0):
        raise ModelError(
            f"{value!r} is not a margin", fix="write points such as 15, or a share such as '10%'"
        )
    return Margin(amount, share is not None)


def _plain(value: object, place: int) -> float | None:
    """A number of any library as a float; None where it is missing."""
    if value is None or type(value).__name__ == "NAType":  # pandas' own missing value
        return None
    try:
        if isinstance(value, (str, bytes)):
            raise TypeError
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        what = f"{veiled(value)} is no number"
        raise ModelError(what, where=f"values[{place}]", fix="pass numbers; None is unknown") from None
    except OverflowError:
        return math.inf if value > 0 else -math.inf  # type: ignore[operator]
    return None if math.isnan(found) else found


def _levels(value: Iterable[object]) -> tuple[Level, ...]:
    found: list[Level] = []
    problems: list[Problem] = []
    for position, item in enumerate(value):
        try:
            found.append(build(Level, item))
        except ModelError as error:
            problems += error.under(f"[{position}]").problems
    if problems:
        raise ModelError(problems)
    return tuple(found)


@define(frozen=True, init=False, slots=False)
class Levels(Definition):
    """All levels of a model, in the order written.

    Args:
        levels: `Level` objects (or tables of their fields), thresholds ascending.
        below: The base level, held below the first threshold.
        margin: Points, or a share such as ``"10%"``: how far below its threshold a level is kept.
        dwell: How long a level is kept at least.

    >>> Levels(Level("low", at_least=20), Level("high", at_least=60)).classify([5, 20, 60.5])
    ['base', 'low', 'high']
    """

    levels: tuple[Level, ...] = field(converter=_levels)
    below: str = field(default=BASE, converter=text)
    margin: Margin | None = field(default=None, converter=optional_margin)
    dwell: Duration | None = field(default=None, converter=optional_duration)
    # Where all layers meet it is put here, and gives Thresholds: see questscore.calibration.churned.
    from_churned: ClassVar[Callable[..., Any]]

    def __init__(
        self,
        *levels: Level,
        below: str = BASE,
        margin: Margin | float | str | None = None,
        dwell: DurationLike | None = None,
    ) -> None:
        self.__attrs_init__(levels, below, margin, dwell)

    def __attrs_post_init__(self) -> None:
        problems = []
        names: set[str] = set()
        last: float | None = None
        for position, level in enumerate(self.levels):
            where = f"[{position}]"
            if level.name in names:
                problems.append(
                    Problem(f"{where}.name", f"{level.name!r} is used twice", "rename one of them")
                )
            if level.name == self.below:
                problems.append(
                    Problem(f"{where}.name", f"{level.name!r} is the base level", "rename it, or set 'below'")
                )
            names.add(level.name)
            if level.at_least is not None:
                if last is not None and level.at_least <= last:
                    problems.append(
                        Problem(
                            f"{where}.at_least",
                            f"{level.at_least:g} is not above {last:g}, the threshold before it",
                            "write levels in ascending order",
                        )
                    )
                last = level.at_least
        if problems:
            raise ModelError(problems)

    def __len__(self) -> int:
        return len(self.levels)

    def __iter__(self) -> Iterator[Level]:
        return iter(self.levels)

    @property
    def sticky(self) -> bool:
        """True when the level depends on the levels before it."""
        return self.margin is not None or self.dwell is not None

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Names by rank: as written, with the base level just under the first threshold."""
        names = [level.name for level in self.levels]
        first = next((i for i, level in enumerate(self.levels) if level.at_least is not None), len(names))
        return (*names[:first], self.below, *names[first:])

    def of_score(self, score: float) -> str:
        """The level of a score by thresholds alone."""
        name = self.below
        for level in self.levels:
            if level.at_least is not None and reached(score, level.at_least):
                name = level.name
        return name

    def classify(self, values: Iterable[float | None]) -> list[str | None]:
        """The level of each number by thresholds alone; ``when`` levels need signals and are passed over.

        An unknown number (None, NaN) has no level, nor has any where there are no levels: None.

        Raises:
            ModelError: What is given is not numbers.
        """
        if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
            what = f"a {type(values).__name__} is no list of numbers"
            raise ModelError(what, where="values", fix="pass such as [5, 20, 60.5]")
        known = [_plain(value, place) for place, value in enumerate(values)]
        return [None if value is None or not self.levels else self.of_score(value) for value in known]

    def keeps(self, name: str | None, score: float) -> bool:
        """Whether the margin keeps a subject with this score in the level, when it would fall."""
        level = next((lv for lv in self.levels if lv.name == name), None)
        if self.margin is None or level is None or level.at_least is None:
            return False
        return reached(score, level.at_least - self.margin.of(level.at_least))

    def passed(self, before: str | None, after: str | None) -> tuple[str, ...]:
        """The levels gone through from one to the other, ending with ``after``."""
        if after is None:
            return ()
        order = self.order
        if before not in order:  # None, or a level of another model
            return (after,)
        i, j = order.index(before), order.index(after)
        return order[i + 1 : j + 1] if j > i else tuple(reversed(order[j:i]))


def optional_levels(value: object) -> Levels:
    """Levels from themselves, or from a list of levels or of tables of their fields."""
    if value is None:
        return Levels()
    if isinstance(value, Levels):
        return value
    if isinstance(value, (list, tuple)):
        found = _levels(value)  # a problem of one is told under its position
        levels = object.__new__(Levels)
        with suppress(ModelError):  # of all of them the model tells, which knows the base level
            levels.__attrs_init__(found)
        return levels
    raise ModelError(f"{value!r} is not a list of levels", fix="write [[levels]] tables")

"""What happens to an event's points: limits, cooldown, ageing, the span in which a rule is active.

Lives here: the vocabulary of event rules, and the definition of who pays under limits.
Lives elsewhere: the rule itself (rules), the same over columns (aggregates).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Hashable, Sequence
from typing import Literal, cast

from attrs import field, frozen

from questscore.errors import ModelError, Problem
from questscore.model.definition import (
    Definition,
    build,
    duration,
    number,
    one_of,
    optional_duration,
    optional_moment,
    optional_number,
    optional_period,
    optional_span,
    optional_text,
    whole,
)
from questscore.model.time import HOUR, Calendar, Duration, Instant, Period, Span

Curve = Literal["log2", "sqrt"]
ROUNDING = 1e-14
"""What is left of a limit counts as nothing up to this share of it: rounding never decides who pays."""


def optional_curve(value: Curve | None) -> Curve | None:
    """``"log2"``, ``"sqrt"`` or None."""
    return None if value is None else cast(Curve, one_of(value, ("log2", "sqrt")))


def bend(curve: Curve, x: float) -> float:
    """log2(1 + x), or the square root of x; ``x`` >= 0."""
    return math.log2(1 + x) if curve == "log2" else math.sqrt(x)


def _optional_whole(value: int | None) -> int | None:
    return None if value is None else whole(value)


@frozen
class Limit(Definition):
    """How much of each cell pays: the first ``count`` events, or gains (and losses) up to ``points``.

    Args:
        count: How many matching events pay; or
        points: up to how many points gains go and, apart from them, losses down to minus as many.
        every: A cell is a calendar period; None: all of time.
        per: And a value of this property; an event without it pays nothing.
    """

    count: int | None = field(default=None, converter=_optional_whole)
    points: float | None = field(default=None, converter=optional_number)
    every: Period | None = field(default=None, converter=optional_period)
    per: str | None = field(default=None, converter=optional_text)

    def __attrs_post_init__(self) -> None:
        if (self.count is None) == (self.points is None):
            what = "neither" if self.count is None else "both"
            raise ModelError(f"has {what} of 'count' and 'points'", fix="give exactly one of the two")
        if self.points is not None and self.points <= 0:
            raise ModelError(f"{self.points:g} is not above 0", where="points", fix="write a positive number")


def limits(value: object) -> tuple[Limit, ...]:
    """None, one limit or a list of them, as objects or tables."""
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)):
        return (build(Limit, value),)
    found: list[Limit] = []
    problems: list[Problem] = []
    for position, item in enumerate(value):
        try:
            found.append(build(Limit, item))
        except ModelError as error:
            problems += error.under(f"[{position}]").problems
    if problems:
        raise ModelError(problems)
    return tuple(found)


def _factor(value: float) -> float:
    factor = number(value)
    if not 0 <= factor <= 1:
        raise ModelError(
            f"{factor:g} is not between 0 and 1", fix="write what is left after each step, such as 0.5"
        )
    return factor


@frozen
class Steps(Definition):
    """Ageing in steps: factor^floor(age / every).

    Args:
        every: How long a step is.
        factor: What is left after each, 0 to 1.
    """

    every: Duration = field(converter=duration)
    factor: float = field(converter=_factor)


def optional_steps(value: object) -> Steps | None:
    """Steps, or a table of their fields, or None."""
    return None if value is None else build(Steps, value)


def _ends_before(start: Instant | dt.date, end: Instant | dt.date) -> bool:
    """Whether the span is empty in every time zone."""
    if isinstance(start, dt.date):
        if isinstance(end, dt.date):
            return start >= end
        return Calendar().start_of_date(start) - 14 * HOUR >= end
    return start >= (Calendar().start_of_date(end) + 12 * HOUR if isinstance(end, dt.date) else end)


@frozen
class Active(Definition):
    """The span in which a rule is in force: events in [from, until) exist for it.

    Args:
        from_, until: Instants, or dates (their local midnight); at least one.
    """

    from_: Instant | dt.date | None = field(default=None, converter=optional_moment)
    until: Instant | dt.date | None = field(default=None, converter=optional_moment)

    def __attrs_post_init__(self) -> None:
        if self.from_ is None and self.until is None:
            raise ModelError("has neither 'from' nor 'until'", fix="give at least one of the two")
        if self.from_ is not None and self.until is not None and _ends_before(self.from_, self.until):
            raise ModelError("'until' is not after 'from'", where="until", fix="swap the two")

    def bounds(self, calendar: Calendar) -> tuple[int | None, int | None]:
        """Both ends as instants."""
        ends = (self.from_, self.until)
        start, end = (calendar.start_of_date(e) if isinstance(e, dt.date) else e for e in ends)
        return start, end


def optional_active(value: object) -> Active | None:
    """An active span, or a table of its fields, or None."""
    return None if value is None else build(Active, value)


@frozen
class Ageing(Definition):
    """What is left of points after a time: at most one way to age, and a window.

    Args:
        half_life: 2^(-age/half_life).
        fade: max(0, 1 - age/fade).
        steps: factor^floor(age/every).
        window: Nothing at age >= window; a calendar period: only in the current one.
    """

    half_life: Duration | None = field(default=None, converter=optional_duration)
    fade: Duration | None = field(default=None, converter=optional_duration)
    steps: Steps | None = field(default=None, converter=optional_steps)
    window: Span | None = field(default=None, converter=optional_span)

    def __attrs_post_init__(self) -> None:
        ways = [name for name in ("half_life", "fade", "steps") if getattr(self, name) is not None]
        if len(ways) > 1:
            raise ModelError(
                f"ages in {len(ways)} ways: {' and '.join(ways)}", where=ways[1], fix="keep one of them"
            )

    @property
    def plain(self) -> bool:
        """True when points stay as they are, but for a window."""
        return self.half_life is None and self.fade is None and self.steps is None

    def factor(self, age: int) -> float:
        """What is left, in [0, 1], of points earned ``age`` >= 0 microseconds ago; the window apart.

        >>> Ageing(half_life="30d").factor(60 * 86_400_000_000)
        0.25
        """
        if self.half_life is not None:
            return float(2.0 ** (-age / self.half_life.us))
        if self.fade is not None:
            return max(0.0, 1 - age / self.fade.us)
        if self.steps is not None:
            return float(self.steps.factor ** (age // self.steps.every.us))
        return 1.0


def paid(
    times: Sequence[int],
    awards: Sequence[float],
    cells: Sequence[Sequence[Hashable | None]],
    limits: Sequence[Limit],
    cooldown: Duration | None,
) -> list[float]:
    """What each event pays of what it was awarded.

    Args:
        times, awards: The matching events with an award, in canonical order.
        cells: By limit, the cell of each event; None where it has none and so pays nothing.
        limits: What every one must allow.
        cooldown: How long ago the last event that paid must be.

    An event that is blocked uses nothing up, of the other limits neither.
    """
    left: list[dict[Hashable, float]] = [{} for _ in limits]  # what each cell may still pay
    last: int | None = None
    result = []
    for i, (time, award) in enumerate(zip(times, awards, strict=True)):
        amount = abs(award)
        if cooldown is not None and last is not None and time - last < cooldown.us:
            amount = 0.0
        keys: list[tuple[Hashable, bool] | None] = []
        for limit, own, rooms in zip(limits, cells, left, strict=True):
            # gains and losses are limited apart, but share a count
            key = None if own[i] is None else (own[i], limit.count is None and award > 0)
            keys.append(key)
            if key is None:
                amount = 0.0
            elif limit.points is not None:
                room = rooms.setdefault(key, limit.points)
                amount = min(amount, room) if room > ROUNDING * limit.points else 0.0
            elif limit.count is not None and rooms.setdefault(key, limit.count) < 1:
                amount = 0.0
        if amount > 0:
            last = time
            for limit, used, rooms in zip(limits, keys, left, strict=True):
                rooms[used] -= 1 if limit.points is None else amount
        result.append(math.copysign(amount, award))
    return result

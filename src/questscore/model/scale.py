"""Scales: from raw points to what is shown.

Lives here: the four scales, on one number.
Lives elsewhere: the same over arrays (engine).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, TypeAlias

from attrs import field, frozen

from questscore.errors import ModelError, nearest
from questscore.model.definition import Definition, build, number, optional_number
from questscore.model.number import finite


@frozen
class Linear(Definition):
    """``low`` to ``high`` becomes 0 to 100, clamped."""

    kind: ClassVar[str] = "linear"
    low: float = field(converter=number)
    high: float = field(converter=number)

    def __attrs_post_init__(self) -> None:
        if self.low == self.high:
            raise ModelError("low and high are equal", where="low", fix="let them differ")

    def __call__(self, x: float) -> float:
        return min(max(100 * finite((x - self.low) / (self.high - self.low)), 0.0), 100.0)


@frozen
class Saturating(Definition):
    """100 x / (x + half) of x = max(raw, 0): half way at ``half``, never quite 100."""

    kind: ClassVar[str] = "saturating"
    half: float = field(converter=number)

    def __attrs_post_init__(self) -> None:
        if self.half <= 0:
            raise ModelError(f"{self.half:g} is not above 0", where="half", fix="write a positive number")

    def __call__(self, x: float) -> float:
        x = max(x, 0.0)
        return 100 * (x / finite(x + self.half))


@frozen
class Logistic(Definition):
    """100 / (1 + exp(-(intercept + slope x))), with asinh(x / s0) for x when there is an ``s0``."""

    kind: ClassVar[str] = "logistic"
    slope: float = field(converter=number)
    intercept: float = field(converter=number)
    s0: float | None = field(default=None, converter=optional_number)

    def __attrs_post_init__(self) -> None:
        if self.s0 is not None and self.s0 <= 0:
            raise ModelError(f"{self.s0:g} is not above 0", where="s0", fix="write a positive number")

    def __call__(self, x: float) -> float:
        z = finite(self.intercept + self.slope * (x if self.s0 is None else math.asinh(finite(x / self.s0))))
        # exp of a large number overflows: both branches take exp of what is at most 0
        return 100 / (1 + math.exp(-z)) if z >= 0 else 100 * (math.exp(z) / (1 + math.exp(z)))


def _reference(value: object) -> tuple[float, ...]:
    if not isinstance(value, (list, tuple)) or not value:
        raise ModelError(
            f"{value!r} is not a list of numbers", fix="write the frozen sample, such as [0, 10]"
        )
    return tuple(sorted(number(v) for v in value))


@frozen
class Percentile(Definition):
    """100 x (values below x + half the values equal to x) / values, of a frozen sample."""

    kind: ClassVar[str] = "percentile"
    reference: tuple[float, ...] = field(converter=_reference)

    def __call__(self, x: float) -> float:
        slack = 1e-12 * max(1.0, abs(x))  # rounding never decides a tie
        below = sum(v < x - slack for v in self.reference)
        not_above = sum(v <= x + slack for v in self.reference)
        return 100 * (below + not_above) / 2 / len(self.reference)


Scale: TypeAlias = Linear | Saturating | Logistic | Percentile
SCALES: dict[str, type[Scale]] = {cls.kind: cls for cls in (Linear, Saturating, Logistic, Percentile)}


def optional_scale(value: object) -> Scale | None:
    """A scale from itself or from a table with its ``kind``; None for none."""
    if value is None or isinstance(value, Linear | Saturating | Logistic | Percentile):
        return value
    if not isinstance(value, Mapping):
        raise ModelError(
            f"{value!r} is not a scale", fix="write such as { kind = 'linear', low = 0, high = 300 }"
        )
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in SCALES:
        near = nearest(kind, SCALES) if isinstance(kind, str) else None
        raise ModelError(
            f"{kind!r} is not a kind of scale" + (f"; the nearest is {near!r}" if near else ""),
            where="kind",
            fix=f"write one of {', '.join(map(repr, SCALES))}",
        )
    return build(SCALES[kind], {key: item for key, item in value.items() if key != "kind"})

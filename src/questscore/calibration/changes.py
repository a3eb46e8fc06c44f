"""changes: two calibrations compared rule by rule, and which differences are more than noise.

Lives here: the difference of each rule's points with its interval, of the half-lives, and their table.
Lives elsewhere: whether a calibration still holds (drift, recalibrate), intervals of one fit (bootstrap).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.calibration.calibration import Calibration
from questscore.calibration.half_life import HalfLifeChoice
from questscore.calibration.statistics import Floats, Interval, normal_quantile
from questscore.io.write import Columns
from questscore.model.result import html, printable
from questscore.model.time import iso
from questscore.results.columnar import Columnar

_DRAWN = 0.9  # what the two quantiles of the draws hold
_TOP = 100.0


@frozen
class RuleChange:
    """The points of one rule in two calibrations, the largest of each being 100.

    Args:
        rule: Its name; of several half-lives the points are added up.
        first, second: The points with the middle 90 % of the draws, without ends where nothing was fitted;
            None where the calibration lacks the rule.
        difference: The second less the first; None where one of them has no interval.
    """

    rule: str
    first: Interval | float | None
    second: Interval | float | None
    difference: Interval | None

    @property
    def more_than_noise(self) -> bool | None:
        """Whether the interval of the difference leaves 0 out; None where there is none."""
        return None if self.difference is None else not self.difference.low <= 0.0 <= self.difference.high


@frozen
class HalfLifeChange:
    """The half-lives of two calibrations in words, and whether their 95 % intervals lie apart.

    ``apart`` is None where one of them was not estimated and they differ.
    """

    first: str
    second: str
    apart: bool | None


@frozen(eq=False, repr=False)
class Changes(Columnar):
    """Two calibrations of the same rules, rule by rule.

    Args:
        name: The first model's. first, second: Nothing later than these instants was known to them.
        level: Of all intervals of differences together.
        half_life: How points age. rules: In the order of the first, then those that only the second has.
    """

    name: str
    first: int
    second: int
    level: float
    half_life: HalfLifeChange
    rules: tuple[RuleChange, ...]

    @property
    def beyond_noise(self) -> tuple[str, ...]:
        """The rules whose points differ by more than noise."""
        return tuple(one.rule for one in self.rules if one.more_than_noise)

    def columns(self) -> Columns:
        """A row a rule."""
        found: dict[str, list[object]] = {"rule": [one.rule for one in self.rules]}
        for name in ("first", "second", "difference"):
            parts = [_parts(getattr(one, name)) for one in self.rules]
            for place, part in enumerate((name, f"{name}_low", f"{name}_high")):
                found[part] = [values[place] for values in parts]
        found["more_than_noise"] = [one.more_than_noise for one in self.rules]
        return found

    def to_dict(self) -> dict[str, object]:
        """The same as plain values."""
        columns = self.columns()
        return {
            "model": self.name,
            "first": iso(self.first),
            "second": iso(self.second),
            "level": self.level,
            "half_life": {
                "first": self.half_life.first,
                "second": self.half_life.second,
                "apart": self.half_life.apart,
            },
            "rules": [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)],
        }

    def __str__(self) -> str:
        said = {True: "changed", False: "within noise", None: "noise unknown"}
        rows = [
            ["", iso(self.first)[:10], iso(self.second)[:10], "difference", ""],
            ["half-life", self.half_life.first, self.half_life.second, "", said[self.half_life.apart]],
        ]
        for one in self.rules:
            gap = "" if one.difference is None else _shown(one.difference, "+")
            known = said[one.more_than_noise] if one.first is not None and one.second is not None else ""
            rows.append([printable(one.rule, 40), _shown(one.first), _shown(one.second), gap, known])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        head = f"calibrations of {printable(self.name, 40)}, points of each rule beside the largest"
        return "\n".join([head, *(f"  {line}" for line in lines)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html(str(self))


def _parts(found: Interval | float | None) -> tuple[float | None, float | None, float | None]:
    if isinstance(found, Interval):
        return found.value, found.low, found.high
    return found, None, None


def _shown(found: Interval | float | None, sign: str = "") -> str:
    if found is None:
        return "none"
    if isinstance(found, Interval):
        return f"{found.value:{sign}.0f} ({found.low:{sign}.0f} to {found.high:{sign}.0f})"
    return f"{found:{sign}.0f}"


def changes(first: Calibration, second: Calibration, *, level: float = 0.95) -> Changes:
    """Two calibrations compared rule by rule.

    Args:
        first, second: Of the same rules, usually the earlier one first; rules are matched by name.
        level: With no change at all, the chance that no rule is said to have changed, at the least.

    A score times a constant is the same score, so each calibration's points are brought to a largest of 100
    first: what is compared is what a rule counts beside the others. The interval of a difference joins those
    of its two parts, each widened from 90 % to its share of ``level`` as if it were normal; calibrations that
    share subjects differ less by chance than it says. Source: Zou and Donner 2008 (joined limits).

    Raises:
        ValueError: ``level`` is not inside (0, 1).
    """
    before, after = _points(first), _points(second)
    names = [*before, *(name for name in after if name not in before)]
    both = sum(isinstance(before.get(n), Interval) and isinstance(after.get(n), Interval) for n in names)
    wider = normal_quantile(1.0 - (1.0 - level) / max(both, 1)) / normal_quantile(_DRAWN)
    return Changes(
        name=first.model.name,
        first=first.card.by,
        second=second.card.by,
        level=level,
        half_life=_half_lives(first, second),
        rules=tuple(
            RuleChange(name, a := before.get(name), b := after.get(name), _difference(a, b, wider))
            for name in names
        ),
    )


def _difference(
    first: Interval | float | None, second: Interval | float | None, wider: float
) -> Interval | None:
    if not (isinstance(first, Interval) and isinstance(second, Interval)):
        return None
    value = second.value - first.value
    down = math.hypot(second.value - second.low, first.high - first.value)
    up = math.hypot(second.high - second.value, first.value - first.low)
    return Interval(value, value - wider * down, value + wider * up)


def _points(found: Calibration) -> Mapping[str, Interval | float]:
    """By rule, its points with the middle 90 % of the draws, the largest fitted ones being 100."""
    fitted = found.fitted
    rules = list(dict.fromkeys(term.column.name for term in fitted.terms))
    place = np.array([rules.index(term.column.name) for term in fitted.terms], dtype=np.intp)
    moved = fitted.moved if len(fitted.moved) else np.zeros(len(place), dtype=bool)
    whole = np.bincount(place, weights=fitted.points, minlength=len(rules))
    fits = np.isin(np.arange(len(rules)), place[moved])
    top = float(np.abs(whole[fits] if fits.any() else whole).max(initial=0.0))
    values = (whole * (_TOP / top if top > 0.0 else 0.0)).tolist()
    if fitted.refits is None:
        return dict(zip(rules, values, strict=True))
    low, high = _middle(fitted.refits.points, place[moved], len(rules))
    return {
        name: Interval(value, min(low[k], value), max(high[k], value)) if fits[k] else value
        for k, (name, value) in enumerate(zip(rules, values, strict=True))
    }


def _middle(draws: Floats, place: NDArray[np.intp], size: int) -> tuple[list[float], list[float]]:
    """The middle 90 % of the draws (draws, terms) of each rule, the largest of every draw being 100."""
    added = np.zeros((len(draws), size))
    np.add.at(added.T, place, draws.T)
    tops = np.abs(added).max(axis=1, keepdims=True, initial=0.0)
    scaled = np.divide(_TOP * added, tops, out=np.zeros_like(added), where=tops > 0.0)
    low, high = np.quantile(scaled, ((1.0 - _DRAWN) / 2.0, (1.0 + _DRAWN) / 2.0), axis=0)
    return low.tolist(), high.tolist()


def _half_lives(first: Calibration, second: Calibration) -> HalfLifeChange:
    a, b = first.profile, second.profile
    apart = False if first.half_lives == second.half_lives else None
    if a is not None and b is not None and a.low and a.high and b.low and b.high:
        apart = a.high < b.low or b.high < a.low
    return HalfLifeChange(_lives(first, a), _lives(second, b), apart)


def _lives(found: Calibration, profile: HalfLifeChoice | None) -> str:
    said = " and ".join("none" if h is None else str(h) for h in found.half_lives)
    if profile is None or profile.low is None or profile.high is None or len(found.half_lives) > 1:
        return said
    return f"{said} ({profile.low:.0f} to {profile.high:.0f} d)"

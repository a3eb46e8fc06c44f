"""Cuts: where a score is cut in two, on plain arrays.

Lives here: cuts by a quantile of who churned, by Youden, by cost and by capacity; the curve over all cuts;
the upper fence.
Lives elsewhere: whose scores they are (landmarks), which cut is taken and what is refused (thresholds).

Below a cut is flagged. ``scores``: (n,), in the unit of the score; ``churned``: (n,) booleans.
"""

from __future__ import annotations

import math

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.calibration.links import link
from questscore.calibration.logistic import fit_logistic
from questscore.calibration.statistics import Interval, quantile_interval, wilson, youden

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@frozen
class Cost:
    """What a contact costs and what it may bring, in one currency.

    Args:
        contact: The cost of a contact.
        value: What a subject that is kept is worth.
        success: The share of contacts that keep a subject that would have left; in (0, 1].
    """

    contact: float
    value: float
    success: float = 1.0

    @property
    def least(self) -> float:
        """The chance of churn from which on a contact pays."""
        return self.contact / (self.value * self.success)


def by_quantile(scores: Floats, churned: Flags, q: float) -> Interval | None:
    """The score that a share ``q`` of those who churned lie below, with an interval by order statistics."""
    return quantile_interval(scores[churned], q)


def by_youden(scores: Floats, churned: Flags) -> float | None:
    """The cut of the largest difference between the shares flagged of who churned and of who stayed."""
    found = youden(scores, (~churned).astype(np.float64))
    return None if found is None else found.threshold


def by_cost(scores: Floats, churned: Flags, cost: Cost) -> float | None:
    """The score below which the chance of churn is at least `Cost.least`; infinite where it is everywhere.

    The chance is a logistic curve in asinh(score / s0); None where it does not fall as the score rises.
    """
    s0 = scale_of(scores)
    fit = fit_logistic(link(scores, s0)[:, None], churned.astype(np.float64), ridge=1e-3)
    intercept, slope = fit.coefficients.tolist()
    if not 0.0 < cost.least < 1.0:
        return -math.inf if cost.least >= 1.0 else math.inf
    if slope >= 0.0:
        return None
    z = (math.log(cost.least / (1.0 - cost.least)) - intercept) / slope
    return s0 * math.sinh(max(-700.0, min(700.0, z)))


def by_capacity(scores: Floats, number: int) -> float | None:
    """The highest cut that flags at most so many of these subjects; None where it flags none."""
    if number >= len(scores):
        return math.inf
    ordered = np.sort(scores)
    cut = float(ordered[number])
    return cut if ordered[0] < cut else None


def scale_of(scores: Floats) -> float:
    """A tenth of the mean size of the scores that are not 0: where asinh turns from a line to a logarithm."""
    sizes = np.abs(scores[scores != 0.0])
    return 0.1 * float(sizes.mean()) if len(sizes) else 1.0


def upper_fence(scores: Floats) -> tuple[float, bool] | None:
    """The score from which on subjects stand out, and whether it is Tukey's fence; None for fewer than 10.

    The fence is Q3 + 1.5 IQR of asinh(score / s0). Where it leaves less than 0.5 % or more than 10 % above,
    it is the 95 % quantile, or the 90 % quantile of fewer than 200. Source: Tukey 1977.
    """
    if len(scores) < 10:
        return None
    s0 = scale_of(scores)
    low, high = np.quantile(link(scores, s0), (0.25, 0.75)).tolist()
    fence = s0 * math.sinh(min(700.0, high + 1.5 * (high - low)))
    above = float(np.mean(scores >= fence))
    if 0.005 <= above <= 0.10:
        return fence, True
    return float(np.quantile(scores, 0.95 if len(scores) >= 200 else 0.90)), False


@frozen
class Quality:
    """What a cut does to some rows: shares with Wilson's intervals, None where they are of nothing.

    Args:
        recall: Of those who churned, the share below.
        precision: Of those below, the share that churned.
        flagged: Of all, the share below.
    """

    recall: Interval | None
    precision: Interval | None
    flagged: Interval | None


def quality(scores: Floats, churned: Flags, cut: float) -> Quality:
    """What a cut does to these rows."""
    below = scores < cut
    caught = int(np.count_nonzero(below & churned))
    return Quality(
        wilson(caught, int(churned.sum())), wilson(caught, int(below.sum())), wilson(below.sum(), len(scores))
    )


@frozen(eq=False)
class Curve:
    """Every cut there is: (m,) thresholds, ascending, and what each does."""

    threshold: Floats
    recall: Floats
    precision: Floats
    flagged: Floats


def curve(scores: Floats, churned: Flags) -> Curve:
    """What every observed score does as a cut; precision is NaN where nothing lies below."""
    threshold, place = np.unique(scores, return_inverse=True)
    lost = np.bincount(place, weights=churned, minlength=len(threshold))
    rows = np.bincount(place, minlength=len(threshold))
    caught, below = np.cumsum(lost) - lost, np.cumsum(rows) - rows
    with np.errstate(invalid="ignore", divide="ignore"):
        return Curve(threshold, caught / lost.sum(), caught / below, below / rows.sum())


@frozen
class Ratio:
    """How many times likelier churn is below a cut than above it, and the lower end of its interval."""

    value: float
    low: float


def churn_ratio(scores: Floats, churned: Flags, cut: float) -> Ratio:
    """The risk below over the risk above, with 95 % confidence; infinite where no one above churned.

    Source: Katz 1978, with halves added.
    """
    below = scores < cut
    a, n = float(np.count_nonzero(below & churned)), float(below.sum())
    b, m = float(np.count_nonzero(~below & churned)), float(len(scores) - n)
    if not n or not m:
        return Ratio(1.0, 0.0)
    value = math.inf if b == 0.0 else (a / n) / (b / m)
    p, q = (a + 0.5) / (n + 0.5), (b + 0.5) / (m + 0.5)
    spread = math.sqrt(1 / (a + 0.5) - 1 / (n + 0.5) + 1 / (b + 0.5) - 1 / (m + 0.5))
    return Ratio(value, math.exp(math.log(p / q) - 1.96 * spread))

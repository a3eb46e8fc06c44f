"""DeLong's interval of an AUC and of the difference of two, by row or by account.

Lives here: the structural components of an AUC and the variances made of them.
Lives elsewhere: the AUC itself and the other ranking measures (statistics).

As everywhere in this package, rows with a NaN are left out and what is not defined is None.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike, NDArray

from questscore.calibration.statistics import (
    Floats,
    as_outcomes,
    finite_rows,
    midranks,
    normal_quantile,
    wilson,
)


@frozen
class Auc:
    """An AUC with its standard error and interval, and the rows behind it (``outcomes`` of ``rows``).

    ``se`` is 0 at an AUC of 0 or 1; the interval is not a point even there.
    """

    value: float
    se: float
    low: float
    high: float
    rows: int
    outcomes: int


@frozen
class AucDifference:
    """The first AUC less the second on the same rows, its standard error, interval and two-sided p-value."""

    value: float
    se: float
    low: float
    high: float
    p: float


def delong(
    scores: ArrayLike, outcomes: ArrayLike, *, accounts: ArrayLike | None = None, level: float = 0.95
) -> Auc | None:
    """The AUC with an interval that is symmetric on the logit scale; None with one class only.

    Args:
        scores: (n,). outcomes: (n,), 0 or 1.
        accounts: (n,), a number an account. Rows of one account (several cutoffs) are then one observation.

    At an AUC of 0 or 1, or with one row in a class, where the variance says nothing, the end is Wilson's for
    as many trials as the rarer class has rows. Sources: DeLong, DeLong and Clarke-Pearson 1988; Sun and
    Xu 2014 (midranks); Obuchowski 1997 (clusters); Pepe 2003 (logit interval).
    """
    s, y, who = finite_rows(scores, outcomes, _numbers(accounts, scores))
    happened = as_outcomes(y)
    positives, negatives = int(happened.sum()), int((~happened).sum())
    if positives == 0 or negatives == 0:
        return None
    value, parts = _components(s, happened)
    se = math.sqrt(_variance(parts, happened, None if accounts is None else who))
    rarer = min(positives, negatives)
    rough = wilson(value * rarer, rarer, level)
    if rough is not None and (se == 0.0 or not 0.0 < value < 1.0 or rarer == 1):
        return Auc(value, se, rough.low, rough.high, len(s), positives)
    middle = math.log(value / (1.0 - value))
    half = normal_quantile(level) * se / (value * (1.0 - value))
    low, high = (0.5 * (1.0 + math.tanh(end / 2.0)) for end in (middle - half, middle + half))
    return Auc(value, se, low, high, len(s), positives)


def delong_difference(
    scores: ArrayLike,
    others: ArrayLike,
    outcomes: ArrayLike,
    *,
    accounts: ArrayLike | None = None,
    level: float = 0.95,
) -> AucDifference | None:
    """The AUC of ``scores`` less that of ``others`` on the same rows; None with one class only.

    Args as for `delong`. Laws: exchanging the two scores changes the sign and nothing else; equal rankings
    give 0 with p = 1. Source: DeLong, DeLong and Clarke-Pearson 1988, section 4.
    """
    a, b, y, who = finite_rows(scores, others, outcomes, _numbers(accounts, scores))
    happened = as_outcomes(y)
    if not happened.any() or happened.all():
        return None
    (first, mine), (second, theirs) = _components(a, happened), _components(b, happened)
    gap = mine - theirs
    se = math.sqrt(_variance(gap, happened, None if accounts is None else who))
    value, z = first - second, normal_quantile(level)
    p = 2.0 * NormalDist().cdf(-abs(value) / se) if se > 0.0 else float(value == 0.0)
    return AucDifference(value, se, value - z * se, value + z * se, p)


def _numbers(accounts: ArrayLike | None, like: ArrayLike) -> ArrayLike:
    """A number for each account, or zeros."""
    if accounts is None:
        return np.zeros(np.shape(like))
    return np.unique(np.asarray(accounts), return_inverse=True)[1].astype(np.float64)


def _components(scores: Floats, happened: NDArray[np.bool_]) -> tuple[float, Floats]:
    """The AUC, and for each row (n,) the share of the other class on its right side, less the AUC."""
    positives, negatives = int(happened.sum()), int((~happened).sum())
    ranks = midranks(scores)
    parts = np.empty(len(scores))
    parts[happened] = (ranks[happened] - midranks(scores[happened])) / negatives
    parts[~happened] = 1.0 - (ranks[~happened] - midranks(scores[~happened])) / positives
    value = float(parts[happened].mean())
    return value, parts - value


def _variance(parts: Floats, happened: NDArray[np.bool_], who: Floats | None) -> float:
    """The variance of an AUC, or of a difference, from its centred components; by row, or by account."""
    if who is None:
        total = 0.0
        for side in (happened, ~happened):
            n = int(side.sum())
            total += float(parts[side] @ parts[side]) / (n * max(n - 1, 1))
        return total
    weight = np.where(happened, 1.0 / happened.sum(), 1.0 / (~happened).sum())
    _, row = np.unique(who, return_inverse=True)
    sums = np.bincount(row, weights=weight * parts)
    return float(sums @ sums) * len(sums) / max(len(sums) - 1, 1)

"""Statistics of scores, outcomes, shares and samples: ranking, intervals, quantiles, moved distributions.

Lives here: AUC, average precision, lift, Youden's J, rank correlation; Wilson's and Newcombe's intervals; the
order-statistic interval of a quantile; the population stability index and the chi-square tail it needs.
Lives elsewhere: the interval of an AUC and of the difference of two (delong); the quality of probabilities
(probabilities); what is concluded from them (guards, drift, choice).

Everywhere: rows with a NaN or an infinity in any column are left out; an outcome is 0 or 1; what is not
defined on the rows that are left (an AUC with one class only, say) is None, never an error nor a warning.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@frozen
class Interval:
    """An estimate and the two ends of its interval, all in the unit of the estimate."""

    value: float
    low: float
    high: float


def finite_rows(*columns: ArrayLike | None) -> list[Floats]:
    """The columns as float64 arrays (n,), without the rows in which any is NaN or infinite.

    A column that is None (weights not given) becomes ones.

    Raises:
        ValueError: the columns differ in length, or one is no plain column.
    """
    arrays = [None if c is None else np.asarray(c, dtype=np.float64) for c in columns]
    shapes = {a.shape for a in arrays if a is not None}
    if len(shapes) != 1 or len(shape := shapes.pop()) != 1:
        raise ValueError("the columns are not of one length")
    full = [np.ones(shape) if a is None else a for a in arrays]
    kept = np.logical_and.reduce([np.isfinite(a) for a in full])
    return [a[kept] for a in full]


def as_outcomes(outcomes: Floats) -> NDArray[np.bool_]:
    """Outcomes as booleans.

    Raises:
        ValueError: one is neither 0 nor 1.
    """
    happened: NDArray[np.bool_] = outcomes == 1.0
    if not np.all(happened | (outcomes == 0.0)):
        raise ValueError("an outcome is 0 or 1")
    return happened


def summed(groups: NDArray[np.intp], values: Floats, size: int) -> Floats:
    """The sum of ``values`` (n,) in each of ``size`` groups, given the group number (n,) of each."""
    return np.bincount(groups, weights=values, minlength=size).astype(np.float64)


def normal_quantile(level: float) -> float:
    """The z of a two-sided interval: 1.96 for 0.95.

    Raises:
        ValueError: ``level`` is not inside (0, 1).
    """
    if not 0.0 < level < 1.0:
        raise ValueError("a level lies between 0 and 1, such as 0.95")
    return NormalDist().inv_cdf(0.5 + level / 2.0)


def auc(scores: ArrayLike, outcomes: ArrayLike, weights: ArrayLike | None = None) -> float | None:
    """The chance that a row with the outcome scores above one without it, ties counted half.

    Args:
        scores: (n,), any unit. outcomes: (n,), 0 or 1. weights: (n,), >= 0.

    Returns None where a class has no weight. Laws: rising functions of the scores change nothing;
    ``auc(-scores) == 1 - auc(scores)``. Source: Mann and Whitney 1947; Hanley and McNeil 1982.

    >>> auc([1, 2, 2, 3], [0, 0, 1, 1])
    0.875
    """
    s, y, w = finite_rows(scores, outcomes, weights)
    happened, lost = _by_score(s, y, w)
    total = happened.sum() * lost.sum()
    below = np.cumsum(lost) - 0.5 * lost
    return float((happened * below).sum() / total) if total > 0.0 else None


def _by_score(s: Floats, y: Floats, w: Floats) -> tuple[Floats, Floats]:
    """The weight with and without the outcome at each different score, ascending."""
    _, at = np.unique(s, return_inverse=True)
    happened = as_outcomes(y)
    size = int(at.max()) + 1 if len(at) else 0
    return summed(at, w * happened, size), summed(at, w * ~happened, size)


def average_precision(scores: ArrayLike, outcomes: ArrayLike) -> float | None:
    """The area under the precision-recall steps: the mean precision over the rows with the outcome.

    Rows of one score come in together, so their order does not matter. None without any outcome; a constant
    score gives the base rate. Source: the step-wise sum of (R_k - R_k-1) P_k over falling thresholds.

    >>> average_precision([3, 2, 1], [1, 0, 1])
    0.8333333333333333
    """
    s, y, w = finite_rows(scores, outcomes, None)
    happened, lost = _by_score(s, y, w)
    found = np.cumsum(happened[::-1])
    flagged = found + np.cumsum(lost[::-1])
    if not len(found) or found[-1] == 0.0:
        return None
    return float((happened[::-1] * found / flagged).sum() / found[-1])


@frozen
class Lift:
    """A slice of the rows, best scores first.

    ``rows`` and ``outcomes`` are counts, fractional where a tie is split; ``rate`` is outcomes / rows;
    ``lift`` is the rate over the base rate; ``captured`` is the share of all outcomes here and above.
    """

    rows: float
    outcomes: float
    rate: float
    lift: float
    captured: float


def lift_by_decile(scores: ArrayLike, outcomes: ArrayLike, slices: int = 10) -> list[Lift]:
    """Equal slices of the rows from the highest score down; rows of one score are split pro rata.

    Empty where there is no row or no outcome. Law: the outcomes of the slices add up to all of them.

    >>> [slice.lift for slice in lift_by_decile([4, 3, 2, 1], [1, 1, 0, 0], slices=2)]
    [2.0, 0.0]
    """
    s, y, w = finite_rows(scores, outcomes, None)
    happened, lost = _by_score(s, y, w)
    if happened.sum() == 0.0:
        return []
    found = np.concatenate([[0.0], np.cumsum(happened[::-1])])
    seen = np.concatenate([[0.0], np.cumsum((happened + lost)[::-1])])
    edges = np.linspace(0.0, len(s), slices + 1)
    at = np.interp(edges, seen, found)  # linear inside a tie: pro rata
    rows, base = len(s) / slices, found[-1] / len(s)
    return [
        Lift(
            rows,
            got := float(at[k + 1] - at[k]),
            got / rows,
            float(got / rows / base),
            float(at[k + 1] / at[-1]),
        )
        for k in range(slices)
    ]


@frozen
class Youden:
    """The cut that maximises J = sensitivity + specificity - 1, flagging rows at or above ``threshold``."""

    threshold: float
    j: float
    sensitivity: float
    specificity: float


def youden(scores: ArrayLike, outcomes: ArrayLike) -> Youden | None:
    """Youden's cut among the observed scores, the lowest of equals; None with one class only.

    It is the rule for costs that are equal at this prevalence, and swings about twice as much in sampling as
    a quantile of one class. Source: Youden 1950.
    """
    s, y, w = finite_rows(scores, outcomes, None)
    happened, lost = _by_score(s, y, w)
    positives, negatives = happened.sum(), lost.sum()
    if positives == 0.0 or negatives == 0.0:
        return None
    hit = 1.0 - (np.cumsum(happened) - happened) / positives
    quiet = (np.cumsum(lost) - lost) / negatives
    best = int(np.argmax(np.round(hit + quiet, 12)))  # equal up to rounding is equal
    return Youden(
        float(np.unique(s)[best]), float(hit[best] + quiet[best] - 1.0), float(hit[best]), float(quiet[best])
    )


def midranks(values: Floats) -> Floats:
    """Ranks from 1, ties sharing the mean of theirs. ``values``: (n,), finite."""
    _, at, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2.0)[at], dtype=np.float64)


def spearman(a: ArrayLike, b: ArrayLike) -> float | None:
    """The correlation of midranks; None where either column is constant or fewer than two rows are left.

    >>> spearman([1, 2, 3], [10, 20, 15])
    0.5
    """
    x, y = finite_rows(a, b)
    if len(x) < 2:
        return None
    x, y = midranks(x), midranks(y)
    x, y = x - x.mean(), y - y.mean()
    norm = math.sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / norm if norm > 0.0 else None


def wilson(count: float, total: float, level: float = 0.95) -> Interval | None:
    """A share and its interval by Wilson's score method; None when ``total`` is 0. Source: Wilson 1927.

    >>> found = wilson(0, 10)
    >>> found.low, round(found.high, 4)
    (0.0, 0.2775)
    """
    if not total > 0.0:
        return None
    z, p = normal_quantile(level), count / total
    scale = 1.0 + z * z / total
    middle = (p + z * z / (2.0 * total)) / scale
    half = z * math.sqrt(p * (1.0 - p) / total + z * z / (4.0 * total * total)) / scale
    low = 0.0 if count <= 0.0 else max(0.0, middle - half)
    return Interval(p, low, 1.0 if count >= total else min(1.0, middle + half))


def newcombe(
    count: float, total: float, other_count: float, other_total: float, level: float = 0.95
) -> Interval | None:
    """The difference of two independent shares, ``count/total - other_count/other_total``, with its interval.

    None when a total is 0. Source: Newcombe 1998, method 10 (Wilson's limits joined).

    >>> found = newcombe(56, 70, 48, 80)
    >>> round(found.value, 4), round(found.low, 4), round(found.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    a, b = wilson(count, total, level), wilson(other_count, other_total, level)
    if a is None or b is None:
        return None
    value = a.value - b.value
    low = value - math.hypot(a.value - a.low, b.high - b.value)
    return Interval(value, low, value + math.hypot(a.high - a.value, b.value - b.low))


def quantile_interval(values: ArrayLike, q: float, level: float = 0.95) -> Interval | None:
    """A quantile with an interval that holds whatever the distribution: two order statistics.

    Their ranks l < u are the narrowest about n q for which each tail of a binomial (n, q) holds at most
    (1 - level) / 2. An end that no rank reaches is infinite: the sample is too small to bound it.
    The value is the linear one (``numpy.quantile``). None without values. Source: Conover 1999, section 3.2.

    Raises:
        ValueError: ``q`` is not inside (0, 1).

    >>> quantile_interval(range(1, 101), 0.5)
    Interval(value=50.5, low=40.0, high=61.0)
    """
    if not 0.0 < q < 1.0:
        raise ValueError("a quantile lies between 0 and 1")
    (x,) = finite_rows(values)
    n = len(x)
    if n == 0:
        return None
    x.sort()
    k = np.arange(n + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    below = np.cumsum(np.exp(logs[n] - logs[k] - logs[n - k] + k * math.log(q) + (n - k) * math.log1p(-q)))
    tail = (1.0 - level) / 2.0
    # low = x_(l) fails when fewer than l values lie below the quantile: P(B <= l - 1) <= tail
    lower = int(np.searchsorted(below, tail, side="right"))
    # high = x_(u) fails when at least u do: P(B >= u) <= tail
    upper = int(np.searchsorted(below, 1.0 - tail, side="left")) + 1
    return Interval(
        float(np.quantile(x, q)),
        float(x[lower - 1]) if lower >= 1 else -math.inf,
        float(x[upper - 1]) if upper <= n else math.inf,
    )


def chi_square_tail(x: float, df: float) -> float:
    """P(chi-square with ``df`` > 0 degrees of freedom >= ``x``).

    By the series of the lower incomplete gamma function for small ``x`` and Lentz's continued fraction of the
    upper one beyond, to about 1e-14. Source: Abramowitz and Stegun 1964, 6.5.29 and 6.5.31.

    >>> round(chi_square_tail(3.841458820694124, 1), 12)
    0.05
    """
    if not x > 0.0:
        return 1.0
    a, h = df / 2.0, x / 2.0
    front = math.exp(a * math.log(h) - h - math.lgamma(a)) if math.isfinite(h) else 0.0
    if front == 0.0:
        return 1.0 if h < a else 0.0
    if h < a + 1.0:
        term = total = 1.0 / a
        k = a
        while term > total * 1e-17:
            k += 1.0
            term *= h / k
            total += term
        return max(0.0, 1.0 - total * front)
    tiny = 1e-300
    b = h + 1.0 - a
    c, d = 1.0 / tiny, 1.0 / b
    fraction = d
    for i in range(1, 10_000):
        step = -i * (i - a)
        b += 2.0
        d = 1.0 / (step * d + b or tiny)
        c = b + step / c or tiny
        fraction *= d * c
        if abs(d * c - 1.0) < 1e-16:
            break
    return min(1.0, front * fraction)


@frozen
class Shift:
    """How far a distribution moved: the index, its p-value under no change, and the bins it was cut in."""

    psi: float
    p: float
    bins: int


def psi(before: ArrayLike, after: ArrayLike, bins: int = 10) -> Shift | None:
    """The population stability index of ``after`` (m,) against ``before`` (n,), with a p-value.

    Bins hold equal shares of ``before``, ties merged; half a row is added to each, so that an empty one stays
    finite. Under no change psi x n m / (n + m) is about chi-square with bins - 1 degrees of freedom; the
    customary bounds 0.10 and 0.25 have no error rates. None when a sample is empty; one bin gives 0 and 1.
    Source: Yurdakul and Naranjo 2020.
    """
    (a,), (b,) = finite_rows(before), finite_rows(after)
    n, m = len(a), len(b)
    if n == 0 or m == 0:
        return None
    edges = np.unique(np.quantile(a, np.linspace(0.0, 1.0, bins + 1)[1:-1], method="inverted_cdf"))
    edges = edges[edges < a.max()]
    size = len(edges) + 1
    was = (np.bincount(np.searchsorted(edges, a), minlength=size) + 0.5) / (n + 0.5 * size)
    now = (np.bincount(np.searchsorted(edges, b), minlength=size) + 0.5) / (m + 0.5 * size)
    value = float(((now - was) * np.log(now / was)).sum())
    return Shift(value, chi_square_tail(value * n * m / (n + m), size - 1) if size > 1 else 1.0, size)

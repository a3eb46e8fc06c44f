"""How good predicted probabilities are: error, skill, calibration, reliability.

Lives here: Brier, log-loss, expected calibration error, calibration in the large and slope, reliability bins.
Lives elsewhere: ranking measures, which need no probability (statistics); fitting one (mapping).

Arguments are ``p`` (n,), predicted probabilities in [0, 1], and ``y`` (n,), outcomes 0 or 1. Rows with a NaN
are left out; what is not defined on the rest is None, never an error nor a warning.
"""

from __future__ import annotations

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike, NDArray

from questscore.calibration.links import log_odds
from questscore.calibration.logistic import fit_logistic
from questscore.calibration.statistics import (
    Floats,
    Interval,
    as_outcomes,
    finite_rows,
    midranks,
    summed,
    wilson,
)


def _rows(p: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    """The two columns, checked."""
    probabilities, outcomes = finite_rows(p, y)
    as_outcomes(outcomes)
    if not np.all((probabilities >= 0.0) & (probabilities <= 1.0)):
        raise ValueError("a probability lies between 0 and 1")
    return probabilities, outcomes


def brier(p: ArrayLike, y: ArrayLike) -> float | None:
    """The mean squared error of the probabilities. None without rows. Source: Brier 1950."""
    probabilities, outcomes = _rows(p, y)
    return float(np.mean((probabilities - outcomes) ** 2)) if len(outcomes) else None


def brier_skill(p: ArrayLike, y: ArrayLike) -> float | None:
    """1 - Brier / Brier of the base rate of these rows: 1 is perfect, 0 no better than the base rate.

    None where all outcomes are equal. Source: Murphy 1973.

    >>> brier_skill([0.5, 0.5], [0, 1]), brier_skill([0, 1], [0, 1])
    (0.0, 1.0)
    """
    probabilities, outcomes = _rows(p, y)
    spread = float(outcomes.var()) if len(outcomes) else 0.0
    return 1.0 - float(np.mean((probabilities - outcomes) ** 2)) / spread if spread > 0.0 else None


def log_loss(p: ArrayLike, y: ArrayLike) -> float | None:
    """The mean of -log of the probability given to what happened, probabilities kept 1e-15 off 0 and 1."""
    probabilities, outcomes = _rows(p, y)
    if not len(outcomes):
        return None
    given = np.where(outcomes == 1.0, probabilities, 1.0 - probabilities)
    return float(-np.log(np.maximum(given, 1e-15)).mean())


@frozen
class ReliabilityBin:
    """Rows of like probability: how many, the mean prediction, and the share that had the outcome."""

    rows: int
    predicted: float
    observed: Interval


def _bins(probabilities: Floats, bins: int) -> NDArray[np.intp]:
    """The bin of each row: equal mass by midrank, so rows of one probability stay together."""
    places = (midranks(probabilities) - 0.5) / max(len(probabilities), 1)
    return np.minimum((places * bins).astype(np.intp), bins - 1)


def reliability(p: ArrayLike, y: ArrayLike, bins: int = 10, level: float = 0.95) -> list[ReliabilityBin]:
    """Bins of equal mass, by rising probability, with Wilson intervals; empty bins are left out.

    Law: the order of the rows does not matter, for equal probabilities share a bin.
    """
    probabilities, outcomes = _rows(p, y)
    which = _bins(probabilities, bins)
    found = []
    for k in range(bins):
        rows = which == k
        observed = wilson(float(outcomes[rows].sum()), int(rows.sum()), level)
        if observed is not None:
            found.append(ReliabilityBin(int(rows.sum()), float(probabilities[rows].mean()), observed))
    return found


def ece(p: ArrayLike, y: ArrayLike, bins: int = 10) -> float | None:
    """The expected calibration error: mean |observed - predicted| over equal-mass bins, by their rows.

    None without rows. Source: Naeini, Cooper and Hauskrecht 2015, with bins of equal mass.

    >>> ece([0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0])
    0.0
    """
    probabilities, outcomes = _rows(p, y)
    if not len(outcomes):
        return None
    off = summed(_bins(probabilities, bins), outcomes - probabilities, bins)
    return float(np.abs(off).sum() / len(outcomes))


def calibration_in_the_large(p: ArrayLike, y: ArrayLike) -> float | None:
    """The observed share less the mean prediction: positive where the predictions are too low."""
    probabilities, outcomes = _rows(p, y)
    return float(outcomes.mean() - probabilities.mean()) if len(outcomes) else None


def calibration_slope(p: ArrayLike, y: ArrayLike) -> float | None:
    """The slope of a logistic regression of the outcomes on the log-odds predicted; 1 is right.

    Below 1 the predictions are too extreme. None with one class only, constant predictions, or predictions
    that separate the classes (the slope is then infinite). Source: Cox 1958.
    """
    probabilities, outcomes = _rows(p, y)
    z = log_odds(np.clip(probabilities, 1e-15, 1.0 - 1e-15))
    happened = outcomes == 1.0
    if not happened.any() or happened.all() or z.min() == z.max():
        return None
    a, b = z[happened], z[~happened]
    if a.min() >= b.max() or a.max() <= b.min():
        return None
    return float(fit_logistic(z[:, None], outcomes).coefficients[1])

"""What each behaviour alone says about retention: with and without it, adjusted for activity, and its sign.

Lives here: the figures of one behaviour and whether the data speak against its declared sign.
Lives elsewhere: which rows have the behaviour (the design of a snapshot), free fits and their draws (solver,
bootstrap). The figures describe: they do not say that the behaviour causes anything.
"""

from __future__ import annotations

import math

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike

from questscore.calibration.logistic import fit_logistic
from questscore.calibration.statistics import (
    Interval,
    as_outcomes,
    auc,
    finite_rows,
    newcombe,
    normal_quantile,
    wilson,
)

_PRIOR = 2.5  # standard deviation of the log odds ratios of the adjusted fit
_CONFLICT = 0.9


@frozen
class Behaviour:
    """A behaviour and what came of the rows with it and without it.

    Attributes:
        rows: With the behaviour in the last horizon. share: Of all rows.
        retained_with, retained_without: The share with the outcome, with Wilson's interval; None of no row.
        difference: Of the two, with Newcombe's interval; None where one is.
        odds_ratio: Of the outcome with against without, at the same number of active days, with its interval;
            None where every row or no row has the behaviour, or with one class only.
        own_auc: Of the behaviour's amount alone; None with one class only.
    """

    rows: int
    share: float
    retained_with: Interval | None
    retained_without: Interval | None
    difference: Interval | None
    odds_ratio: Interval | None
    own_auc: float | None


def behaviour(
    did: ArrayLike, amount: ArrayLike, active_days: ArrayLike, outcomes: ArrayLike, level: float = 0.95
) -> Behaviour:
    """The figures of one behaviour.

    Args:
        did: (n,), 1 where the row has the behaviour in the last horizon, else 0.
        amount: (n,), how much of it, as its rule counts. active_days: (n,), days with any event, aged or not.
        outcomes: (n,), 0 or 1. Rows with a NaN are left out; rows of one account count as rows.

    The odds ratio is that of a logistic regression of the outcome on ``did`` and log(1 + active days), with
    a normal prior of standard deviation 2.5 on each per standard deviation of the column: finite under
    separation, hardly felt otherwise. Its interval is Wald's. Source of the prior: Gelman, Jakulin, Pittau
    and Su 2008.
    """
    flag, size, days, y = finite_rows(did, amount, active_days, outcomes)
    has, happened = as_outcomes(flag), as_outcomes(y)
    rows, others = int(has.sum()), int((~has).sum())
    kept, lost = int((has & happened).sum()), int((~has & happened).sum())
    return Behaviour(
        rows,
        rows / len(y) if len(y) else 0.0,
        wilson(kept, rows, level),
        wilson(lost, others, level),
        newcombe(kept, rows, lost, others, level),
        _odds_ratio(flag, days, y, level) if rows and others and 0 < kept + lost < len(y) else None,
        auc(size, y),
    )


def _odds_ratio(flag: ArrayLike, days: ArrayLike, y: ArrayLike, level: float) -> Interval:
    """exp of the coefficient of ``flag``, adjusted for the days."""
    columns = np.column_stack([flag, np.log1p(np.maximum(days, 0.0))])
    found = fit_logistic(columns, np.asarray(y, dtype=np.float64), ridge=_PRIOR**-2)
    value, half = found.coefficients[1], normal_quantile(level) * math.sqrt(found.covariance[1, 1])
    return Interval(math.exp(value), math.exp(value - half), math.exp(value + half))


def sign_conflicts(signs: ArrayLike, draws: ArrayLike) -> list[float | None]:
    """The share of free draws that speak against each declared sign, where it is 90 % or more; else None.

    Args:
        signs: (J,), 1, -1 or 0, as declared. draws: (draws, J), points refitted with every sign free.

    A conflict is shown, never acted on: nothing flips a sign by itself. A rule without a declared sign, and
    one whose draws are all 0, has none.

    >>> sign_conflicts([1, -1, 0], [[-2.0, -1.0, 3.0], [-1.0, 2.0, -3.0]])
    [1.0, None, None]
    """
    declared, drawn = np.asarray(signs, dtype=np.float64), np.asarray(draws, dtype=np.float64)
    if not len(drawn):
        return [None] * len(declared)
    against = (drawn * declared < 0.0).mean(axis=0)
    return [float(share) if share >= _CONFLICT else None for share in against]

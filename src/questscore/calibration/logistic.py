"""A small logistic regression: damped Newton on a few columns, always finite.

Lives here: the fit used for the map to a probability, calibration slopes and adjusted odds ratios.
Lives elsewhere: the fit of points, which has signs, a prior and a bent link (solver).
"""

from __future__ import annotations

import math

import numpy as np
from attrs import field, frozen

from questscore.calibration.links import losses, sigmoid
from questscore.calibration.statistics import Floats

_STEPS = 50
_LARGEST = 50.0  # of a coefficient of a standardised column; separation runs into it instead of to infinity


@frozen(eq=False)
class Logistic:
    """A fitted logistic regression.

    ``coefficients`` (k + 1,) in log-odds per unit of each column, the intercept first; ``covariance``
    (k + 1, k + 1) is the inverse Hessian; ``loss`` is the weighted sum of -log likelihood, penalty apart.
    """

    coefficients: Floats = field()
    covariance: Floats = field(repr=False)
    loss: float
    converged: bool


def fit_logistic(
    columns: Floats,
    outcomes: Floats,
    weights: Floats | None = None,
    *,
    ridge: float = 0.0,
    start: Floats | None = None,
) -> Logistic:
    """Minimises the weighted -log likelihood + ridge / 2 x sum of squared standardised slopes.

    Args:
        columns: (n, k), finite. outcomes: (n,), 0 or 1. weights: (n,), >= 0, default ones.
        ridge: >= 0; r stands for a normal prior of standard deviation 1 / sqrt(r) on each slope per standard
            deviation of its column; the intercept is free.
        start: (k + 1,), where to begin; default zeros.

    Constant columns get a slope of 0. Where the likelihood has no maximum (one class, separation) slopes and
    intercept stop at 50 a standard deviation and ``converged`` is False.
    """
    n, k = columns.shape
    w = np.ones(n) if weights is None else weights
    total = float(w.sum())
    if not total > 0.0:
        return Logistic(np.zeros(k + 1), np.zeros((k + 1, k + 1)), 0.0, False)
    means = w @ columns / total
    spread = np.sqrt(w @ (columns - means) ** 2 / total)
    used = spread > 1e-12 * np.maximum(np.abs(means), 1e-300)
    scale = np.where(used, spread, 1.0)
    x = np.column_stack([np.ones(n), np.where(used, (columns - means) / scale, 0.0)])
    penalty = np.concatenate([[0.0], np.full(k, ridge)])
    fixed = np.concatenate([[False], ~used])
    back = np.eye(k + 1)  # from standardised coefficients to those of the columns as given
    back[1:, 1:] = np.diag(np.where(used, 1.0 / scale, 0.0))
    back[0, 1:] = np.where(used, -means / scale, 0.0)
    theta = np.zeros(k + 1)
    if start is not None:
        theta[1:] = start[1:] * np.where(used, scale, 0.0)
        theta[0] = start[0] + start[1:] @ means

    def objective(at: Floats) -> float:
        return float(w @ losses(x @ at, outcomes) + 0.5 * penalty @ at**2)

    value, converged = objective(theta), False
    hessian = np.eye(k + 1)
    for _ in range(_STEPS):
        p = sigmoid(x @ theta)
        gradient = x.T @ (w * (p - outcomes)) + penalty * theta
        hessian = (x * (w * p * (1.0 - p))[:, None]).T @ x + np.diag(penalty + 1e-9)
        hessian[fixed, fixed] += 1.0
        step = -np.linalg.solve(hessian, gradient)
        if -0.5 * float(gradient @ step) <= 1e-13 * value:
            converged = bool(np.abs(theta).max() < _LARGEST)
            break
        fraction, taken = 1.0, theta
        while fraction > 1e-10:
            taken = np.clip(theta + fraction * step, -_LARGEST, _LARGEST)
            if (lower := objective(taken)) < value:
                break
            fraction /= 2.0
        else:
            break
        theta, value = taken, lower
    inside = np.linalg.inv(hessian)
    inside[fixed, :] = inside[:, fixed] = 0.0
    loss = value - 0.5 * float(penalty @ theta**2)
    return Logistic(back @ theta, back @ inside @ back.T, loss if math.isfinite(loss) else 0.0, converged)

"""The fit of points: a projected, proximal Newton descent with step halving, on numpy alone.

Lives here: `fit_points` and the `Fit` it returns.
Lives elsewhere: what is minimised (objective), the inner problem (quadratic), rounding (integers), the map to
a probability (mapping), resampling (bootstrap).
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from attrs import field, frozen
from numpy.typing import ArrayLike, NDArray

from questscore.calibration.links import link, sigmoid
from questscore.calibration.objective import Objective, build
from questscore.calibration.quadratic import minimise_quadratic
from questscore.calibration.statistics import Floats, as_outcomes

Status = Literal["converged", "steps", "one class", "no rows"]
_STEPS = 60
_FALL = 1e-12
_HALVINGS = 30
_FAIR = 0.25


@frozen(eq=False)
class Fit:
    """Points and link of a fitted score; P = sigmoid(alpha + beta asinh((held + D points) / s0)).

    Attributes:
        points: (J,), in points. alpha: log-odds at score 0. beta: log-odds per unit of the link.
        s0: In points, > 0; 1 where nothing sets the scale (no table and nothing held).
        objective: The least value found; with a table a sum over rows, without one a mean.
        loss: The weighted sum of -log likelihood over the rows, penalties apart.
        rows, outcomes: How many rows were used, and how many of them had the outcome.
        status: ``"converged"``; ``"steps"``: stopped after 60 steps with the best so far; ``"one class"`` or
            ``"no rows"``: there was nothing to fit, and points are the table's, or 0.
        theta: (J + 3,), the points, alpha, beta and log s0 in one. used: (n,), the rows that had no NaN.
        problem: What was minimised, on the rows used; None where there was nothing to fit.
    """

    points: Floats
    alpha: float
    beta: float
    s0: float
    objective: float
    loss: float
    rows: int
    outcomes: int
    status: Status
    theta: Floats = field(repr=False)
    problem: Objective | None = field(repr=False)
    used: NDArray[np.bool_] = field(repr=False)

    @property
    def converged(self) -> bool:
        """Whether the objective stopped falling."""
        return self.status == "converged"

    def score(self, design: Floats, held: Floats | None = None) -> Floats:
        """held + D points, of rows (m, J); (m,), in points."""
        return np.asarray(design @ self.points + (0.0 if held is None else held))

    def log_odds(self, design: Floats, held: Floats | None = None) -> Floats:
        """alpha + beta asinh(S / s0), of rows (m, J); (m,)."""
        return np.asarray(self.alpha + self.beta * link(self.score(design, held), self.s0))

    def probability(self, design: Floats, held: Floats | None = None) -> Floats:
        """P of rows (m, J); (m,), inside [0, 1]."""
        return sigmoid(self.log_odds(design, held))


def fit_points(
    design: ArrayLike,
    outcomes: ArrayLike,
    *,
    signs: ArrayLike,
    prior: ArrayLike | None = None,
    tau: float = 1.0,
    weights: ArrayLike | None = None,
    held: ArrayLike | None = None,
    start: Fit | None = None,
) -> Fit:
    """The points, and the link, that make the outcomes most likely, within the signs and near the table.

    Args:
        design: (n, J), what each rule would pay for 1 point. Rows with a NaN anywhere are left out.
        outcomes: (n,), 0 or 1. weights: (n,), >= 0, default ones.
        signs: (J,), 1: points >= 0; -1: points <= 0; 0: free.
        prior: (J,), the user's table; None, or all zeros: no table.
        tau: Width of the prior, as a share of each of its values (5 % of the largest at least); > 0.
        held: (n,), a part of the score that is not fitted, in points.
        start: A fit of the same problem on other weights, to begin from instead of the two usual starts.

    Raises:
        ValueError: shapes that do not fit, a sign other than 1, -1 and 0, an outcome other than 0 and 1, a
            negative weight, a ``tau`` that is not positive, or a prior that is not finite.

    Laws: with a table, multiplying it (and ``held``) by c multiplies points and s0 by c; without one, a
    column times c gets points divided by c. A column of zeros keeps its prior, or 0.
    At equal objectives of the two starts the first stands, so the same input gives the same fit.

    >>> rng = np.random.default_rng(0)
    >>> design = rng.poisson(2.0, (4000, 2)).astype(float)
    >>> happened = rng.random(4000) < sigmoid(-2 + np.arcsinh(design @ [1.0, 3.0]))
    >>> fit = fit_points(design, happened, signs=[1, 1], prior=[2.0, 2.0])
    >>> fit.status, bool(2.0 < fit.points[1] / fit.points[0] < 4.0)
    ('converged', True)
    """
    d, y, w, h, sign, table = _checked(design, outcomes, signs, prior, tau, weights, held)
    used = np.isfinite(d).all(axis=1) & np.isfinite(y) & np.isfinite(w) & np.isfinite(h)
    if not used.all():
        d, y, w, h = d[used], y[used], w[used], h[used]
    happened = as_outcomes(y)
    rows, count, total = len(y), int(happened.sum()), float(w.sum())
    with_outcome = float(w[happened].sum())
    if total == 0.0 or with_outcome in (0.0, total):
        points = np.zeros(len(sign)) if table is None else table
        share = (with_outcome + 0.5) / (total + 1.0)
        alpha = math.log(share / (1.0 - share))
        theta = np.concatenate([points, [alpha, 1.0, 0.0]])
        status: Status = "one class" if total > 0.0 else "no rows"
        return Fit(points, alpha, 1.0, 1.0, math.nan, math.nan, rows, count, status, theta, None, used)
    problem, starts = build(d, y, w, h, sign, table, tau)
    if start is not None:
        starts = [np.clip(start.theta, problem.lower, problem.upper)]
    value, theta, done = min((descend(problem, at) for at in starts), key=lambda found: found[0])
    return Fit(
        theta[:-3].copy(),
        float(theta[-3]),
        float(theta[-2]),
        math.exp(theta[-1]),
        value,
        problem.loss(theta),
        rows,
        count,
        "converged" if done else "steps",
        theta,
        problem,
        used,
    )


def descend(problem: Objective, theta: Floats) -> tuple[float, Floats, bool]:
    """The objective and the theta that Newton steps from ``theta`` end at, and whether they came to rest.

    Each step goes to the minimum of the quadratic model within the bounds, halved until the objective itself
    falls by a fair share of what the slope promises: near separation a whole step would throw the table away,
    and where the link bends strongly whole steps zigzag. Source: Lee, Sun and Saunders 2014, section 2.3.
    """
    value = problem.value(theta)
    for _ in range(_STEPS):
        gradient, hessian = problem.expansion(theta)
        target = minimise_quadratic(gradient, hessian, theta, problem.l1, problem.lower, problem.upper)
        promised = float(gradient @ (target - theta) + problem.l1 @ (np.abs(target) - np.abs(theta)))
        best, lower = theta, value
        for fraction in 0.5 ** np.arange(_HALVINGS):
            taken = np.clip(theta + fraction * (target - theta), problem.lower, problem.upper)
            reached = problem.value(taken)
            if reached < lower:
                best, lower = taken, reached
            if reached <= value + _FAIR * fraction * promised:
                break
        fall, value, theta = value - lower, lower, best
        if fall <= _FALL * abs(value):
            return value, theta, True
    return value, theta, False


def _checked(
    design: ArrayLike,
    outcomes: ArrayLike,
    signs: ArrayLike,
    prior: ArrayLike | None,
    tau: float,
    weights: ArrayLike | None,
    held: ArrayLike | None,
) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats | None]:
    """The arguments as arrays of the right shapes."""
    d = np.asarray(design, dtype=np.float64)
    if d.ndim != 2:
        raise ValueError("a design has a row for each outcome and a column for each rule")
    n, count = d.shape
    y = np.asarray(outcomes, dtype=np.float64)
    w = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    h = np.zeros(n) if held is None else np.asarray(held, dtype=np.float64)
    sign = np.asarray(signs, dtype=np.float64)
    table = None if prior is None else np.asarray(prior, dtype=np.float64)
    if not y.shape == w.shape == h.shape == (n,):
        raise ValueError(f"the design has {n} rows; outcomes, weights and what is held must have as many")
    if sign.shape != (count,) or not np.isin(sign, (-1.0, 0.0, 1.0)).all():
        raise ValueError(f"signs are 1, -1 or 0, one for each of the {count} columns")
    if table is not None and (table.shape != (count,) or not np.isfinite(table).all()):
        raise ValueError(f"a table has one finite number for each of the {count} columns")
    if np.any(w < 0.0):
        raise ValueError("a weight is not negative")
    if not tau > 0.0:
        raise ValueError("the width of the prior is positive")
    return d, y, w, h, sign, table if table is not None and table.any() else None

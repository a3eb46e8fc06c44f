"""What the fit of points minimises: likelihood of the outcomes, plus a prior table or a small penalty.

Lives here: the model of a row, the two forms of the objective, its gradient and Gauss-Newton Hessian.
Lives elsewhere: the minimisation (solver, quadratic), the columns (the design of a snapshot).

A row's score is S = held + sum_j u_j D_j; its log-odds z = alpha + beta asinh(S / s0). The parameters are
theta = (u_1 .. u_J, alpha, beta, log s0).

* with a table p: sum of losses + 1/2 (beta - 1)^2 + 1/2 sum_j ((u_j - p_j) / width_j)^2, where width_j is
  tau max(|p_j|, 0.05 max|p|);
* without: mean loss + l1 sum_j |u_j| sc_j + l2/2 sum_j (u_j sc_j)^2, with sc_j the root mean square of D_j
  in units of s0. Nothing sets the scale of the points then, so s0 is fixed at 1, unless a held part sets it.
"""

from __future__ import annotations

import math

import numpy as np
from attrs import frozen

from questscore.calibration.links import link, losses, sigmoid, slope
from questscore.calibration.statistics import Floats

L1, L2 = 3e-4, 1e-4
BETA = (0.05, 8.0)
STARTS = (0.1, 0.01)  # of s0, as shares of the mean score
_ALPHA = 1000.0
_S0 = (1e-4, 1e2)  # of log s0, as shares of the mean score
_RIDGE = 1e-9
_CHUNK = 16_384  # rows whose columns stay in cache


@frozen(eq=False)
class Objective:
    """The function of theta (J + 3,) that is minimised, on fixed rows.

    ``design`` (n, J), ``outcomes``, ``weights``, ``held`` (n,); ``averaged``: the losses count as their
    weighted mean, not as their sum; ``l1``, ``quadratic``, ``centre``, ``lower``, ``upper`` (J + 3,) are the
    penalties l1 |theta| + quadratic / 2 (theta - centre)^2 and the bounds.
    """

    design: Floats
    outcomes: Floats
    weights: Floats
    held: Floats
    averaged: bool
    l1: Floats
    quadratic: Floats
    centre: Floats
    lower: Floats
    upper: Floats

    @property
    def unit(self) -> float:
        """What the sum of losses is multiplied by: 1, or 1 / total weight."""
        return 1.0 / float(self.weights.sum()) if self.averaged else 1.0

    def score(self, theta: Floats) -> Floats:
        """S of each row (n,)."""
        return np.asarray(self.design @ theta[:-3] + self.held)

    def log_odds(self, theta: Floats) -> Floats:
        """z of each row (n,)."""
        alpha, beta, s0 = theta[-3], theta[-2], math.exp(theta[-1])
        return np.asarray(alpha + beta * link(self.score(theta), s0))

    def loss(self, theta: Floats) -> float:
        """The weighted sum of losses, penalties apart."""
        return float(self.weights @ losses(self.log_odds(theta), self.outcomes))

    def penalty(self, theta: Floats) -> float:
        """What the penalties add."""
        return float(self.l1 @ np.abs(theta) + 0.5 * self.quadratic @ (theta - self.centre) ** 2)

    def value(self, theta: Floats) -> float:
        """The objective."""
        return self.unit * self.loss(theta) + self.penalty(theta)

    def rows(self, theta: Floats, start: int, stop: int) -> tuple[Floats, Floats]:
        """Of rows start to stop: the slope dz/dtheta (m, J + 3) and the log-odds z (m,)."""
        chosen = slice(start, stop)
        alpha, beta, s0 = theta[-3], theta[-2], math.exp(theta[-1])
        design = self.design[chosen]
        scores = design @ theta[:-3] + self.held[chosen]
        linked, bend = link(scores, s0), beta * slope(scores, s0)
        x = np.empty((len(scores), len(theta)))
        np.multiply(design, bend[:, None], out=x[:, :-3])
        x[:, -3] = 1.0
        x[:, -2] = linked
        x[:, -1] = -bend * scores
        return x, alpha + beta * linked

    def expansion(self, theta: Floats) -> tuple[Floats, Floats]:
        """Gradient (J + 3,) and Gauss-Newton Hessian (J + 3, J + 3) of all but the L1 term."""
        size = len(theta)
        gradient, hessian = np.zeros(size), np.zeros((size, size))
        for start in range(0, len(self.outcomes), _CHUNK):
            x, z = self.rows(theta, start, start + _CHUNK)
            y, w = self.outcomes[start : start + _CHUNK], self.weights[start : start + _CHUNK]
            p = sigmoid(z)
            gradient += (w * (p - y)) @ x
            hessian += x.T @ (x * (w * p * (1.0 - p))[:, None])
        return self.with_penalty(theta, self.unit * gradient, self.unit * hessian)

    def with_penalty(self, theta: Floats, gradient: Floats, hessian: Floats) -> tuple[Floats, Floats]:
        """Adds the quadratic penalties and a ridge that is small beside each diagonal element."""
        diagonal = np.diag(hessian) + self.quadratic
        ridge = np.where(diagonal > 0.0, _RIDGE * diagonal, 1.0)
        return gradient + self.quadratic * (theta - self.centre), hessian + np.diag(self.quadratic + ridge)


def build(
    design: Floats,
    outcomes: Floats,
    weights: Floats,
    held: Floats,
    signs: Floats,
    prior: Floats | None,
    tau: float,
) -> tuple[Objective, list[Floats]]:
    """The objective on these rows, finite and at least one, and the two points to start from."""
    count, total = design.shape[1], float(weights.sum())
    spread = np.sqrt(weights @ design**2 / total)
    u = _start(spread, held, signs, prior, weights)
    mean = float(weights @ np.abs(design @ u + held)) / total
    if mean <= 0.0:
        mean = 1.0
    absorbed = prior is None and not held.any()
    if absorbed:  # s0 = 1, and the points in its unit
        u, mean = u / mean, 1.0
    base = float(np.clip(weights @ outcomes / total, 1e-6, 1.0 - 1e-6))

    l1, quadratic, centre = np.zeros(count + 3), np.zeros(count + 3), np.zeros(count + 3)
    lower = np.concatenate([np.where(signs > 0, 0.0, -np.inf), [-_ALPHA, BETA[0], math.log(mean * _S0[0])]])
    upper = np.concatenate([np.where(signs < 0, 0.0, np.inf), [_ALPHA, BETA[1], math.log(mean * _S0[1])]])
    if prior is None:
        scaled = spread if absorbed else spread / (STARTS[0] * mean)
        l1[:count], quadratic[:count] = L1 * scaled, L2 * scaled**2
        lower[:count], upper[:count] = np.where(spread > 0.0, (lower[:count], upper[:count]), 0.0)
        if absorbed:
            lower[-1] = upper[-1] = 0.0
    else:
        width = tau * np.maximum(np.abs(prior), 0.05 * np.abs(prior).max())
        quadratic[:count], centre[:count] = width**-2.0, prior
        quadratic[-2] = centre[-2] = 1.0
    made = Objective(
        design,
        outcomes,
        weights,
        held,
        prior is None,
        l1,
        quadratic,
        centre,
        lower,
        upper,
    )
    starts = []
    for share in STARTS:
        points, s0 = (u / share, 1.0) if absorbed else (u, share * mean)
        linked = float(weights @ link(design @ points + held, s0)) / total
        alpha = math.log(base / (1.0 - base)) - linked
        starts.append(np.clip(np.concatenate([points, [alpha, 1.0, math.log(s0)]]), lower, upper))
    return made, starts


def _start(spread: Floats, held: Floats, signs: Floats, prior: Floats | None, weights: Floats) -> Floats:
    """Where the points begin: the table, as far as the signs allow, or equal shares of the score."""
    if prior is not None:
        return np.where(signs * prior < 0.0, 0.0, prior)
    size = math.sqrt(float(weights @ held**2) / float(weights.sum())) or 1.0
    share = np.divide(size / max(len(spread), 1), spread, out=np.zeros_like(spread), where=spread > 0.0)
    return np.where(signs < 0, -share, share)

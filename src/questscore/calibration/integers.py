"""Whole points: the integers nearest in likelihood to fitted points.

Lives here: the search over multipliers, the polish by one point, the snap to nice numbers.
Lives elsewhere: the points themselves (solver), the map to a probability (mapping).
"""

from __future__ import annotations

import math

import numpy as np
from attrs import frozen

from questscore.calibration.links import link
from questscore.calibration.logistic import Logistic, fit_logistic
from questscore.calibration.solver import Fit
from questscore.calibration.statistics import Floats

NICE = (1, 2, 3, 5, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100)
_MULTIPLIERS = 25
_LEAST = 0.55  # of the maximum, for the largest point
_SWEEPS = 3
_SNAP = 1e-3  # the relative rise of the loss that nice numbers may cost


@frozen(eq=False)
class IntegerPoints:
    """Whole points and what they cost.

    ``points`` (J,), whole numbers as float64; ``multiplier``: what the fitted points were multiplied with
    before rounding; ``s0``: the link's unit in the new points; ``loss`` and ``fitted_loss``: the weighted sum
    of -log likelihood with these points and with the fitted ones, alpha and beta refitted to each.
    """

    points: Floats
    multiplier: float
    s0: float
    loss: float
    fitted_loss: float


class _Rows:
    """The rows of a fit, and the loss of any points on them with alpha and beta refitted."""

    def __init__(self, fit: Fit, design: Floats, outcomes: Floats, weights: Floats, held: Floats) -> None:
        self.design, self.outcomes, self.weights, self.held = design, outcomes, weights, held
        self.link = Logistic(np.array([fit.alpha, fit.beta]), np.eye(2), math.nan, False)

    def loss(self, points: Floats, s0: float) -> float:
        """The weighted loss; each refit starts from the last one's alpha and beta."""
        linked = link(self.design @ points + self.held, s0)
        self.link = fit_logistic(linked[:, None], self.outcomes, self.weights, start=self.link.coefficients)
        return self.link.loss


def whole_points(fit: Fit, *, maximum: int = 100, nice: bool = False) -> IntegerPoints:
    """Rounds fitted points to whole ones of at most ``maximum``, at the least loss of likelihood.

    25 multipliers bring the largest point to between 0.55 and 1 times ``maximum``; each is rounded and alpha
    and beta refitted; the best is polished, one point up or down a rule, in at most three sweeps, never
    changing a sign nor reviving a 0. With ``nice``, points then go to 1, 2, 3, 5, 10, 15, 20, 25 ... 100,
    each as long as the loss has risen by less than 0.1 % in all.

    Where a part of the score is held, its points set the unit: the only multiplier is 1, and points may
    exceed ``maximum``. A fit that had nothing to fit, or no points, is rounded alone.

    Raises:
        ValueError: ``maximum`` is below 1.

    Source: FasterRisk (Liu, Zhong, Li, Seltzer and Rudin 2022) for the multipliers.
    """
    if maximum < 1:
        raise ValueError("the largest point is at least 1")
    top = float(np.abs(fit.points).max(initial=0.0))
    if fit.problem is None or top == 0.0:
        return IntegerPoints(np.round(fit.points), 1.0, fit.s0, math.nan, math.nan)
    problem = fit.problem
    rows = _Rows(fit, problem.design, problem.outcomes, problem.weights, problem.held)
    fitted_loss = rows.loss(fit.points, fit.s0)
    multipliers = np.geomspace(_LEAST * maximum, maximum, _MULTIPLIERS) / top
    if problem.held.any():
        multipliers = np.ones(1)
    tried = [(rows.loss(np.round(k * fit.points), k * fit.s0), float(k)) for k in multipliers]
    loss, multiplier = min(tried)
    s0, points = multiplier * fit.s0, np.round(multiplier * fit.points)
    top = max(float(maximum), float(np.abs(points).max()))
    points, loss = _polished(rows, points, s0, loss, top)
    if nice:
        points, loss = _snapped(rows, points, s0, loss, top)
    return IntegerPoints(points + 0.0, multiplier, s0, loss, fitted_loss)


def _polished(rows: _Rows, points: Floats, s0: float, loss: float, top: float) -> tuple[Floats, float]:
    """Moves of one point that lower the loss, rule by rule."""
    for _ in range(_SWEEPS):
        moved = False
        for k in np.flatnonzero(points):
            for step in (-1.0, 1.0):
                other = points.copy()
                other[k] += step
                if other[k] * points[k] < 0.0 or abs(other[k]) > top or points[k] == 0.0:
                    continue
                reached = rows.loss(other, s0)
                if reached < loss * (1.0 - 1e-12):
                    points, loss, moved = other, reached, True
        if not moved:
            break
    return points, loss


def _snapped(rows: _Rows, points: Floats, s0: float, loss: float, top: float) -> tuple[Floats, float]:
    """Points among the nice numbers up to ``top``, the largest first, as far as the loss allows."""
    allowed, nice = loss * (1.0 + _SNAP), [number for number in NICE if number <= top]
    for k in np.argsort(-np.abs(points), kind="stable"):
        size = abs(points[k])
        if size == 0.0 or size > NICE[-1]:
            continue
        near = sorted(nice, key=lambda number: abs(number - size))[:2]
        tried = []
        for number in near:
            other = points.copy()
            other[k] = math.copysign(number, points[k])
            tried.append((rows.loss(other, s0), other))
        reached, other = min(tried, key=lambda found: found[0])
        if reached < allowed:
            points, loss = other, reached
    return points, loss

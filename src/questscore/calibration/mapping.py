"""From a score to a probability: a logistic curve of asinh(S / s0), and a monotone one where data suffice.

Lives here: `fit_map`, the map, and what it says in words ("+20 points double the odds").
Lives elsewhere: the quality of probabilities (probabilities), the scale of a model (rules).
"""

from __future__ import annotations

import math

import numpy as np
from attrs import field, frozen
from numpy.typing import ArrayLike

from questscore.calibration.links import inverse, link, losses, sigmoid
from questscore.calibration.logistic import fit_logistic
from questscore.calibration.objective import BETA
from questscore.calibration.statistics import Floats, as_outcomes, finite_rows

ENOUGH = 1000  # rows of each class for a monotone curve
_SHARES = (1e-3, 1e2)  # of the mean |S|, between which s0 is sought
_NARROW = 0.02  # of log s0, where the search ends
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


@frozen(eq=False)
class ScoreMap:
    """P = sigmoid(alpha + beta asinh(S / s0)), rising in S.

    ``alpha``: log-odds at score 0; ``beta`` in [0.05, 8]; ``s0``: in points, > 0. ``scores`` and ``steps``
    (k,): corners of the monotone curve, or empty. A model's logistic scale with the same three numbers shows
    100 P.
    """

    alpha: float
    beta: float
    s0: float
    scores: Floats = field(factory=lambda: np.empty(0), repr=False)
    steps: Floats = field(factory=lambda: np.empty(0), repr=False)

    def probability(self, scores: ArrayLike) -> Floats:
        """P of each score, any shape; NaN of NaN."""
        s = np.asarray(scores, dtype=np.float64)
        return sigmoid(self.alpha + self.beta * link(s, self.s0))

    def monotone(self, scores: ArrayLike) -> Floats:
        """P by the monotone curve, level beyond the scores seen; the logistic one where there is none."""
        if not len(self.scores):
            return self.probability(scores)
        return np.asarray(np.interp(np.asarray(scores, dtype=np.float64), self.scores, self.steps))

    def doubling(self, near: float) -> float:
        """How many points more than ``near`` double the odds; exact, more the higher ``near`` lies.

        >>> round(ScoreMap(alpha=-2.0, beta=1.0, s0=1.0).doubling(near=100.0), 1)
        100.0
        """
        doubled = link(np.asarray(near, dtype=np.float64), self.s0) + math.log(2.0) / self.beta
        return float(inverse(doubled, self.s0) - near)

    def sentence(self, near: float) -> str:
        """What the map says near a score, for people.

        >>> ScoreMap(alpha=-2.0, beta=1.0, s0=1.0).sentence(near=20)
        'near score 20 each +20 points double the odds'
        """
        points = self.doubling(near)
        shown = f"{points:.0f}" if points >= 10.0 else f"{points:.2g}"
        return f"near score {near:g} each +{shown} points double the odds"


def fit_map(
    scores: ArrayLike, outcomes: ArrayLike, weights: ArrayLike | None = None, s0: float | None = None
) -> ScoreMap | None:
    """The map that makes the outcomes likeliest at these scores.

    Args:
        scores: (n,), as the model gives them, in points. outcomes: (n,), 0 or 1. weights: (n,), >= 0.
        s0: Kept where given; else sought between a thousandth and a hundred times the mean |score|.

    With 1,000 rows of each class the monotone curve is fitted too. A constant score gets the base rate at
    every score, with the smallest slope. None with one class only.
    """
    s, y, w = finite_rows(scores, outcomes, weights)
    happened = as_outcomes(y)
    if not w[happened].sum() > 0.0 or not w[~happened].sum() > 0.0:
        return None
    mean = float(w @ np.abs(s) / w.sum())
    if s0 is None:
        s0 = _best_unit(s, y, w, mean) if mean > 0.0 else 1.0
    alpha, beta, _ = _fit(s, y, w, s0)
    if min(int(happened.sum()), int((~happened).sum())) < ENOUGH:
        return ScoreMap(alpha, beta, s0)
    return ScoreMap(alpha, beta, s0, *pooled(s, y, w))


def _fit(s: Floats, y: Floats, w: Floats, s0: float) -> tuple[float, float, float]:
    """Alpha, beta within its bounds, and the loss, at one s0."""
    linked = link(s, s0)
    found = fit_logistic(linked[:, None], y, w)
    alpha, beta = (float(c) for c in found.coefficients)
    if BETA[0] <= beta <= BETA[1]:
        return alpha, beta, found.loss
    beta = min(max(beta, BETA[0]), BETA[1])
    alpha = _intercept(beta * linked, y, w)
    return alpha, beta, float(w @ losses(alpha + beta * linked, y))


def _intercept(z: Floats, y: Floats, w: Floats) -> float:
    """The alpha at which the mean of sigmoid(alpha + z) is that of the outcomes, by halving."""
    want = float(w @ y)
    low, high = -float(np.abs(z).max()) - 50.0, float(np.abs(z).max()) + 50.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if float(w @ sigmoid(middle + z)) < want else (low, middle)
    return 0.5 * (low + high)


def _best_unit(s: Floats, y: Floats, w: Floats, mean: float) -> float:
    """The s0 of the least loss: the best of a coarse grid, then golden sections around it."""
    grid = np.log(mean) + np.linspace(math.log(_SHARES[0]), math.log(_SHARES[1]), 9)
    best = int(np.argmin([_fit(s, y, w, math.exp(x))[2] for x in grid]))
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)])
    a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_a, at_b = (_fit(s, y, w, math.exp(x))[2] for x in (a, b))
    while high - low > _NARROW:
        if at_a <= at_b:
            high, b, at_b = b, a, at_a
            a = high - _GOLDEN * (high - low)
            at_a = _fit(s, y, w, math.exp(a))[2]
        else:
            low, a, at_a = a, b, at_b
            b = low + _GOLDEN * (high - low)
            at_b = _fit(s, y, w, math.exp(b))[2]
    return math.exp(0.5 * (low + high))


def pooled(scores: Floats, outcomes: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """The rising step function of least squares: the corners' scores and values (k,), two corners a level.

    Rows of one score are one; neighbours that fall are pooled. Values are means of outcomes, so they stay in
    [0, 1]. Source: Ayer, Brunk, Ewing, Reid and Silverman 1955 (pool adjacent violators).

    >>> pooled(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 0.0]), np.ones(3))
    (array([1., 2., 3.]), array([0. , 0.5, 0.5]))
    """
    different, at = np.unique(scores, return_inverse=True)
    mass = np.bincount(at, weights=weights).tolist()
    total = np.bincount(at, weights=weights * outcomes).tolist()
    blocks: list[tuple[float, float, int]] = []  # mass, total, first place
    for place, (m, t) in enumerate(zip(mass, total, strict=True)):
        if m == 0.0:
            continue
        first = place
        while blocks and blocks[-1][1] * m >= t * blocks[-1][0]:
            m, t, first = m + blocks[-1][0], t + blocks[-1][1], blocks[-1][2]
            blocks.pop()
        blocks.append((m, t, first))
    ends = [first - 1 for _, _, first in blocks[1:]] + [len(different) - 1]
    corners, values = list[float](), list[float]()
    for (m, t, first), last in zip(blocks, ends, strict=True):
        for place in sorted({first, last}):
            corners.append(float(different[place]))
            values.append(t / m)
    return np.array(corners), np.array(values)

"""The inner problem of a proximal Newton step: a quadratic with bounds and an L1 term.

Lives here: `minimise_quadratic`. Lives elsewhere: where gradient and Hessian come from (objective), and how
long a step is (solver).
"""

from __future__ import annotations

import numpy as np

from questscore.calibration.statistics import Floats

_SWEEPS = 500
_ENOUGH = (
    1e-10  # the largest scaled step of a last sweep, |d_k| sqrt(H_kk), beside the largest |x_k| sqrt(H_kk)
)


def minimise_quadratic(
    gradient: Floats, hessian: Floats, at: Floats, l1: Floats, lower: Floats, upper: Floats
) -> Floats:
    """The x that minimises g'(x - at) + (x - at)'H(x - at) / 2 + sum l1 |x| within [lower, upper].

    Args:
        gradient: (k,), at ``at``. hessian: (k, k), symmetric, positive definite.
        at, l1, lower, upper: (k,); ``at`` lies within the bounds; l1 >= 0; bounds may be infinite.

    Cyclic coordinate descent with clipping and soft threshold finds which coordinates stand on a bound or on
    zero; between sweeps the others go straight to the minimum of their piece, leaving one behind at
    each edge they meet. Both only ever fall, so the end is the minimum whichever was faster.
    Source: Friedman, Hastie and Tibshirani 2010; Lee, Sun and Saunders 2014.
    """
    x, slope = at.copy(), gradient.copy()
    curvature = np.diag(hessian).copy()
    root = np.sqrt(curvature)
    for _ in range(_SWEEPS):
        largest = 0.0
        for k in range(len(x)):
            target = x[k] - slope[k] / curvature[k]
            if l1[k] > 0.0:
                target = np.sign(target) * max(abs(target) - l1[k] / curvature[k], 0.0)
            step = min(max(target, lower[k]), upper[k]) - x[k]
            if step != 0.0:
                x[k] += step
                slope += hessian[k] * step
                largest = max(largest, abs(step) * root[k])
        if largest <= _ENOUGH * max(1.0, float(np.abs(x * root).max())):
            break
        _jump(x, slope, hessian, l1, lower, upper)
    return x


def _jump(x: Floats, slope: Floats, hessian: Floats, l1: Floats, lower: Floats, upper: Floats) -> None:
    """Moves what is off its bounds and off zero to the minimum of its piece; what meets an edge stays."""
    free = np.flatnonzero((x > lower) & (x < upper) & ((l1 == 0.0) | (x != 0.0)))
    sign = np.sign(x) * (l1 > 0.0)
    low = np.where(sign > 0.0, np.maximum(lower, 0.0), lower)
    high = np.where(sign < 0.0, np.minimum(upper, 0.0), upper)
    while len(free):
        step = -np.linalg.solve(hessian[np.ix_(free, free)], slope[free] + l1[free] * sign[free])
        edge = np.where(step > 0.0, high[free], low[free])
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.where(step != 0.0, (edge - x[free]) / step, np.inf)
        first = int(np.argmin(reach))
        moved = x[free] + min(1.0, float(reach[first])) * step
        if reach[first] <= 1.0:
            moved[first] = edge[first]
        slope += hessian[:, free] @ (moved - x[free])
        x[free] = moved
        if reach[first] > 1.0:
            return
        free = np.delete(free, first)

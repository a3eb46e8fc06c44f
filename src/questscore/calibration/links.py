"""The two curves between a score and a probability: asinh of the score, then the logistic function.

Lives here: both curves, their inverses and slopes, and the log-likelihood of an outcome.
Lives elsewhere: fitting (solver, logistic, mapping).

A score S becomes l(S) = asinh(S / s0): linear well below s0, logarithmic well above, odd, and defined
everywhere. A straight link lets heavy users bend the fit; with this one the score itself stays additive.
Source of the curve: Johnson 1949; of its use for counts, Burbidge, Magee and Robb 1988.
"""

from __future__ import annotations

import numpy as np

from questscore.calibration.statistics import Floats


def link(scores: Floats, s0: float) -> Floats:
    """asinh(S / s0). ``scores``: any shape; ``s0``: > 0, in the unit of the scores. Unitless.

    >>> [round(float(x), 2) for x in link(np.array([0.0, 1.0, 100.0]), 1.0)]
    [0.0, 0.88, 5.3]
    """
    return np.arcsinh(scores / s0)


def slope(scores: Floats, s0: float) -> Floats:
    """d l / d S = 1 / sqrt(S^2 + s0^2), per point."""
    return 1.0 / np.hypot(scores, s0)


def inverse(values: Floats, s0: float) -> Floats:
    """The score whose link is given: s0 sinh(l). Law: ``inverse(link(S, s0), s0)`` is S."""
    return s0 * np.sinh(values)


def sigmoid(z: Floats) -> Floats:
    """1 / (1 + e^-z), without overflow at either end."""
    return 0.5 * (1.0 + np.tanh(0.5 * z))


def log_odds(p: Floats) -> Floats:
    """log(p / (1 - p)). ``p``: inside (0, 1). Law: ``sigmoid(log_odds(p))`` is p."""
    return np.log(p) - np.log1p(-p)


def losses(z: Floats, y: Floats) -> Floats:
    """-log of the probability that log-odds ``z`` (n,) give to the outcomes ``y`` (n,), without overflow."""
    return np.logaddexp(0.0, z) - y * z

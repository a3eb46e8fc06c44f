"""The link and the logistic curve: inverses, slopes and the far ends."""

from __future__ import annotations

import numpy as np
import pytest

from questscore.calibration import links

S = np.array([-300.0, -1.0, 0.0, 0.5, 20.0, 1e6])


@pytest.mark.parametrize("s0", [0.1, 1.0, 30.0])
def test_the_link_is_odd_inverted_and_has_the_slope_it_says(s0: float) -> None:
    z = links.link(S, s0)
    assert links.link(-S, s0) == pytest.approx(-z)
    assert links.inverse(z, s0) == pytest.approx(S, rel=1e-9)
    step = 1e-6 * np.maximum(np.abs(S), s0)
    rise = (links.link(S + step, s0) - links.link(S - step, s0)) / (2 * step)
    assert links.slope(S, s0) == pytest.approx(rise, rel=1e-4)


def test_losses_are_minus_log_likelihoods_and_finite_far_out() -> None:
    z = np.array([-2.0, 0.0, 3.0])
    for y in (0.0, 1.0):
        p = links.sigmoid(z)
        want = -np.log(p if y else 1 - p)
        assert links.losses(z, np.full(3, y)) == pytest.approx(want)
    assert links.losses(np.array([1e4, -1e4]), np.array([0.0, 1.0])).tolist() == [1e4, 1e4]
    assert links.sigmoid(np.array([-1e4, 1e4])).tolist() == [0.0, 1.0]

"""DeLong's intervals: against the definition by pairs, by account, at the ends, and in coverage."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest

from questscore.calibration.delong import delong, delong_difference
from questscore.calibration.statistics import auc


def by_pairs(s: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The structural components V10 and V01 of DeLong et al. 1988, equation 3."""
    won = np.sign(s[y == 1][:, None] - s[y == 0][None, :]) / 2 + 0.5
    return won.mean(axis=1), won.mean(axis=0)


def a_sample(seed: int, n: int = 70) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    common = rng.normal(size=n) + y
    return np.round(common + rng.normal(size=n), 1), np.round(common + rng.normal(size=n), 1), y


def test_the_variance_is_the_one_of_the_paper() -> None:
    a, b, y = a_sample(1)
    v10, v01 = by_pairs(a, y)
    found = delong(a, y)
    assert found is not None
    assert found.value == pytest.approx(v10.mean(), abs=1e-13)
    assert found.se**2 == pytest.approx(v10.var(ddof=1) / len(v10) + v01.var(ddof=1) / len(v01), rel=1e-12)
    w10, w01 = by_pairs(b, y)
    gap = delong_difference(a, b, y)
    assert gap is not None
    covariance = np.cov(v10, w10) / len(v10) + np.cov(v01, w01) / len(v01)
    assert gap.se**2 == pytest.approx(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1], rel=1e-12)
    assert gap.p == pytest.approx(2 * NormalDist().cdf(-abs(gap.value) / gap.se))


def test_exchanging_the_scores_changes_the_sign_alone() -> None:
    a, b, y = a_sample(2)
    one, other = delong_difference(a, b, y), delong_difference(b, a, y)
    assert one is not None and other is not None
    assert (one.value, one.low, one.p) == pytest.approx((-other.value, -other.high, other.p))
    same = delong_difference(a, 2 * a + 1, y)
    assert same is not None
    assert (same.value, same.se, same.p) == (0.0, 0.0, 1.0)


def test_every_row_its_own_account_is_nearly_the_plain_variance() -> None:
    a, _, y = a_sample(3, 400)
    plain, own = delong(a, y), delong(a, y, accounts=np.arange(400))
    assert plain is not None and own is not None
    assert own.se == pytest.approx(plain.se, rel=0.01)


def test_repeated_rows_of_an_account_bring_no_certainty() -> None:
    """Each row four times, as one account: the interval is that of the rows once."""
    a, _, y = a_sample(4, 300)
    once = delong(a, y, accounts=np.arange(300))
    four = delong(np.tile(a, 4), np.tile(y, 4), accounts=[f"a{i}" for i in range(300)] * 4)
    assert once is not None and four is not None
    assert four.se == pytest.approx(once.se, rel=1e-9)
    assert four.value == pytest.approx(once.value, abs=1e-13)


def test_clusters_agree_with_resampling_accounts() -> None:
    rng = np.random.default_rng(5)
    who = np.repeat(np.arange(150), 3)
    base = rng.normal(size=150)[who]
    s = base + 0.3 * rng.normal(size=450)
    y = (base + rng.normal(size=450) > 0).astype(int)
    found = delong(s, y, accounts=who)
    assert found is not None
    draws = [auc(s, y, np.bincount(rng.integers(0, 150, 150), minlength=150)[who]) for _ in range(600)]
    assert found.se == pytest.approx(float(np.std(np.array(draws, dtype=float))), rel=0.1)


def test_perfect_separation_and_a_single_row_of_a_class_keep_a_wide_interval() -> None:
    found = delong([1, 2, 3, 4], [0, 0, 1, 1])
    assert found is not None
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low < 0.5
    alone = delong([1, 2, 3, 4], [0, 1, 0, 0])
    assert alone is not None
    assert alone.high - alone.low > 0.5


def test_one_class_nan_and_nothing_are_none() -> None:
    assert delong([1, 2], [1, 1]) is None
    assert delong([], []) is None
    assert delong([math.nan, 1], [0, 1]) is None
    assert delong_difference([1, 2], [2, 1], [0, 0]) is None
    constant = delong([1, 1, 1, 1], [0, 1, 0, 1])
    assert constant is not None
    assert (constant.value, constant.low < 0.5 < constant.high) == (0.5, True)


def test_the_interval_covers_at_50_outcomes() -> None:
    """Two normal populations one standard deviation apart, so that the AUC is known."""
    rng = np.random.default_rng(6)
    y = np.repeat([1, 0], [50, 150])
    truth, held = NormalDist().cdf(1 / math.sqrt(2)), 0
    for _ in range(800):
        found = delong(rng.normal(size=200) + y, y)
        assert found is not None
        held += found.low <= truth <= found.high
    assert 0.92 <= held / 800 <= 0.97

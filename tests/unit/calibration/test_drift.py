"""Refit, remap or leave: each bound from both sides."""

from __future__ import annotations

import numpy as np
import pytest

from questscore.calibration.delong import delong
from questscore.calibration.drift import LevelCheck, auc_drop, level_check, psi_by_band, verdict
from questscore.calibration.statistics import Interval, Shift

STEADY = Interval(0.001, -0.01, 0.012)


def check(off: float, base: float = 0.1) -> LevelCheck:
    """A period of base rate ``base``, predicted too low by ``off``."""
    found = level_check(np.full(1000, base - off), np.arange(1000) < 1000 * base)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("drop", "action"),
    [
        (Interval(0.021, 0.001, 0.041), "refit"),
        (Interval(0.019, 0.001, 0.037), "leave"),
        (Interval(0.03, -0.001, 0.061), "leave"),
        (Interval(-0.05, -0.07, -0.03), "leave"),
        (None, "leave"),
    ],
)
def test_a_drop_that_is_large_and_sure_asks_for_a_refit(drop: Interval | None, action: str) -> None:
    found = verdict(drop, [], {})
    assert found.action == action and found.reasons


@pytest.mark.parametrize(
    ("offs", "action"),
    [
        ((0.021, 0.021), "remap"),
        ((-0.021, -0.03), "remap"),
        ((0.021, 0.019), "leave"),
        ((0.09, 0.09, 0.0), "leave"),
        ((0.0, 0.03, 0.03), "remap"),
        ((0.09,), "leave"),
    ],
)
def test_two_periods_off_ask_for_a_remap(offs: tuple[float, ...], action: str) -> None:
    assert verdict(STEADY, [check(off) for off in offs], {}).action == action


def test_the_bound_grows_with_the_base_rate() -> None:
    assert check(0.09, base=0.5).exceeded is False
    assert check(0.11, base=0.5).exceeded is True
    assert check(0.05, base=0.05).bound == 0.02


def test_a_missing_period_is_no_period_that_is_off() -> None:
    assert verdict(STEADY, [check(0.05), None], {}).action == "leave"
    assert level_check([], []) is None


def test_a_refit_comes_before_a_remap_and_looks_are_told_beside() -> None:
    found = verdict(
        Interval(0.05, 0.02, 0.08),
        [check(0.05), check(0.05)],
        {1.0: Shift(0.26, 0.0009, 10), 2.0: Shift(0.24, 0.0001, 10), 3.0: Shift(0.5, 0.002, 10)},
        {1.0: "the first year"},
    )
    assert found.action == "refit"
    assert found.looks == ("scores of the first year moved: PSI 0.26, p = 0.0009",)


def test_the_drop_of_independent_samples() -> None:
    rng = np.random.default_rng(1)
    y = np.repeat([1, 0], [200, 800])
    before, now = delong(rng.normal(size=1000) + 1.5 * y, y), delong(rng.normal(size=1000) + 0.7 * y, y)
    assert before is not None and now is not None
    drop = auc_drop(before, now)
    assert drop is not None
    assert drop.value == pytest.approx(before.value - now.value)
    assert drop.high - drop.low == pytest.approx(2 * 1.96 * np.hypot(before.se, now.se), rel=1e-3)
    assert verdict(drop, [], {}).action == "refit"
    assert auc_drop(before, None) is None


def test_growth_moves_the_scores_of_all_and_of_no_band() -> None:
    """Newcomers score lower; there are more of them now, and within each band nothing moved."""
    rng = np.random.default_rng(2)
    old_bands, new_bands = np.repeat([0, 1], [500, 2500]), np.repeat([0, 1], [2500, 500])
    old, new = rng.normal(size=3000) + 2 * old_bands, rng.normal(size=3000) + 2 * new_bands
    found = psi_by_band(old, new, old_bands, new_bands)
    assert all(shift.p > 0.001 or shift.psi < 0.25 for shift in found.values())
    everyone = psi_by_band(old, new, np.zeros(3000), np.zeros(3000))[0.0]
    assert everyone.psi > 0.25 and everyone.p < 0.001
    assert verdict(None, [], {0.0: everyone}).looks
    assert psi_by_band([1.0], [2.0], [0], [1]) == {}

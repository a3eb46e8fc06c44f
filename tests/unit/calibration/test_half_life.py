"""The half-life from the outcomes: the parabola, the flags, and what a simulated log gives back."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from questscore.calibration.bootstrap import AccountDraws
from questscore.calibration.half_life import choose_half_life, half_life_grid, lowest
from questscore.calibration.links import sigmoid
from questscore.calibration.solver import fit_points


def test_the_grid_stays_between_a_day_and_seven_tenths_of_the_history() -> None:
    assert half_life_grid(6, 1000) == (1.0, 1.5, 3.0, 4.5, 6.0, 12.0, 24.0, math.inf)
    assert half_life_grid(90, 100) == (7.5, 15.0, 22.5, 45.0, 67.5, math.inf)
    assert half_life_grid(90, 5) == (90, math.inf)


def test_a_parabola_in_log_h_is_found_exactly() -> None:
    lives = [5.0, 10.0, 15.0, 30.0, 90.0]
    for truth in (11.0, 17.0, 28.0, 50.0):
        best, value = lowest(lives, (np.log(lives) - math.log(truth)) ** 2 * 7.0 + 3.0)
        assert value == pytest.approx(truth, rel=1e-9)
        assert lives[best - 1] < truth < lives[best + 1]


def test_at_an_end_and_beside_no_ageing_the_grid_point_stands() -> None:
    assert lowest([5.0, 10.0, 20.0], np.array([1.0, 2.0, 3.0])) == (0, 5.0)
    assert lowest([5.0, 10.0, math.inf], np.array([3.0, 1.0, 3.0])) == (1, 10.0)
    assert lowest([5.0, 10.0, math.inf], np.array([3.0, 2.0, 1.0])) == (2, math.inf)
    assert lowest([5.0, 10.0, 20.0], np.ones(3)) == (0, 5.0)


def test_one_more_reading_takes_the_grid_out_of_the_answer() -> None:
    """A profile that is no parabola: steep below the minimum, flat above."""
    asked: list[float] = []
    design, happened = a_log(2000, 30.0, seed=7)

    def reading(life: float) -> np.ndarray:
        asked.append(life)
        return design(life)

    coarse, fine = (
        choose_half_life(
            reading,
            happened,
            np.arange(2000),
            horizon=60.0,
            history=360.0,
            signs=[1],
            prior=[5.0],
            draws=40,
            grid=[8.0, 24.0, 72.0, 216.0],
            refine=refine,
        )
        for refine in (False, True)
    )
    assert asked == [8.0, 24.0, 72.0, 216.0] * 2 + [coarse.value]
    exact = {
        life: fit_points(design(life), happened, signs=[1], prior=[5.0]).objective for life in range(15, 61)
    }
    truth = min(exact, key=lambda life: exact[life])
    assert abs(fine.value - truth) <= abs(coarse.value - truth) and fine.value == pytest.approx(
        truth, rel=0.05
    )


def a_log(
    accounts: int, truth: float, seed: int, strength: float = 1.5
) -> tuple[Callable[[float], np.ndarray], np.ndarray]:
    """Daily activity over 360 days in spells, and outcomes from what is left of it at the true half-life."""
    rng = np.random.default_rng(seed)
    days = np.arange(360)
    level = np.zeros((accounts, 360))
    for _ in range(4):
        begin, length = rng.integers(0, 360, accounts), rng.exponential(60.0, accounts)
        on = (days >= begin[:, None]) & (days < (begin + length)[:, None])
        level += on * rng.gamma(1.0, 0.2, (accounts, 1))
    events = rng.random((accounts, 360)) < np.minimum(level, 0.9)
    age = 360.0 - days

    def design(life: float) -> np.ndarray:
        left: np.ndarray = events @ 2.0 ** (-age / life)
        return left[:, None]

    z = np.arcsinh(design(truth)[:, 0] / 0.5)
    y = (rng.random(accounts) < sigmoid(strength * (z - z.mean()) - 1.0)).astype(float)
    return design, y


@pytest.mark.parametrize("truth", [7.0, 30.0, 90.0])
def test_the_true_half_life_lies_within_the_interval(truth: float) -> None:
    design, happened = a_log(4000, truth, seed=int(truth))
    found = choose_half_life(
        design, happened, np.arange(4000), horizon=60.0, history=360.0, signs=[1], prior=[5.0], draws=40
    )
    assert found.low is not None and found.high is not None
    assert found.low <= truth <= found.high
    assert found.value == pytest.approx(truth, rel=0.25)
    assert found.flags == ()
    lives = [life for life, _ in found.profile]
    assert lives == sorted(lives) and set(half_life_grid(60.0, 360.0)) <= set(lives)


def test_the_interval_of_one_step_draws_is_that_of_full_refits() -> None:
    """5,000 subjects: the ends differ by less than a quarter of the width."""
    design, happened = a_log(5000, 30.0, seed=6)
    lives = half_life_grid(60.0, 360.0)[1:6]
    found = choose_half_life(
        design,
        happened,
        np.arange(5000),
        horizon=60.0,
        history=360.0,
        signs=[1],
        prior=[5.0],
        draws=40,
        grid=lives,
        refine=False,
    )
    draws, columns = AccountDraws.of(np.arange(5000), 40, seed=0), [design(life) for life in lives]
    starts = [fit_points(column, happened, signs=[1], prior=[5.0]) for column in columns]
    minima = []
    for b in range(40):
        fits = [
            fit_points(column, happened, signs=[1], prior=[5.0], weights=draws.weights(b), start=start)
            for column, start in zip(columns, starts, strict=True)
        ]
        minima.append(lowest(lives, np.array([fit.objective for fit in fits]))[1])
    low, high = np.quantile(minima, (0.025, 0.975), method="inverted_cdf")
    assert found.low == pytest.approx(low, abs=(high - low) / 4.0)
    assert found.high == pytest.approx(high, abs=(high - low) / 4.0)


def test_a_truth_beyond_the_grid_is_flagged() -> None:
    design, happened = a_log(3000, 4.0, seed=1)
    found = choose_half_life(
        design, happened, np.arange(3000), horizon=360.0, history=360.0, signs=[1], draws=40
    )
    assert (found.value, found.flags) == (30.0, ("edge",))


def test_outcomes_of_pure_chance_have_a_flat_profile() -> None:
    design, _ = a_log(1500, 30.0, seed=2)
    happened = (np.random.default_rng(2).random(1500) < 0.3).astype(float)
    found = choose_half_life(
        design, happened, np.arange(1500), horizon=60.0, history=360.0, signs=[1], prior=[5.0], draws=40
    )
    assert "flat" in found.flags


def test_forty_nine_outcomes_estimate_nothing_and_fifty_do() -> None:
    design, _ = a_log(500, 30.0, seed=3)
    for outcomes, flags in ((49, ("few",)), (50, None)):
        happened = np.zeros(500)
        happened[np.argsort(-design(30.0)[:, 0])[: 2 * outcomes : 2]] = 1.0
        found = choose_half_life(
            design, happened, np.arange(500), horizon=60.0, history=360.0, signs=[1], prior=[5.0], draws=40
        )
        if flags:
            assert (found.value, found.low, found.flags, found.profile) == (60.0, None, flags, ())
        else:
            assert found.low is not None and "few" not in found.flags


def test_the_same_seed_gives_the_same_choice_and_progress_is_told() -> None:
    design, happened = a_log(400, 30.0, seed=4)
    told: list[float] = []
    first, second = (
        choose_half_life(
            design,
            happened,
            np.arange(400),
            horizon=60.0,
            history=360.0,
            signs=[1],
            draws=40,
            seed=9,
            progress=told.append,
        )
        for _ in range(2)
    )
    assert first == second
    assert told[: len(told) // 2] == pytest.approx(np.arange(1, 11) / 10)


def test_columns_of_zeros_and_separation_are_defined() -> None:
    coin = np.tile([1.0, 0.0], 100)
    nothing = choose_half_life(
        lambda life: np.zeros((200, 1)), coin, np.arange(200), horizon=30, history=90, signs=[1], draws=40
    )
    assert "flat" in nothing.flags and nothing.low is not None
    apart = choose_half_life(
        lambda life: coin[:, None] * life if math.isfinite(life) else coin[:, None],
        coin,
        np.arange(200),
        horizon=30,
        history=90,
        signs=[1],
        prior=[3.0],
        draws=40,
    )
    assert apart.value > 0.0 and all(math.isfinite(total) for _, total in apart.profile)


def test_one_class_no_row_and_bad_arguments() -> None:
    none = choose_half_life(
        lambda life: np.ones((0, 1)), [], [], horizon=30.0, history=90.0, signs=[1], draws=40
    )
    assert (none.value, none.flags) == (30.0, ("few",))
    with pytest.raises(ValueError, match="40 draws"):
        choose_half_life(lambda life: [[1.0]], [1], [1], horizon=3, history=9, signs=[1], draws=39)
    design, happened = a_log(400, 30.0, seed=5)
    with pytest.raises(ValueError, match="ascends"):
        choose_half_life(
            design, happened, np.arange(400), horizon=3, history=9, signs=[1], grid=[9.0, 3.0], draws=40
        )

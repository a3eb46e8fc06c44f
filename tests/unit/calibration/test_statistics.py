"""Statistics against their definitions, printed tables and published examples; the odd inputs are defined."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from questscore.calibration import statistics as st

NAN = math.nan


def by_pairs(s: np.ndarray, y: np.ndarray, w: np.ndarray) -> float:
    """AUC as it is defined: over all pairs."""
    won = np.sign(s[y == 1][:, None] - s[y == 0][None, :]) / 2 + 0.5
    weight = w[y == 1][:, None] * w[y == 0][None, :]
    return float((won * weight).sum() / weight.sum())


def test_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    rng = np.random.default_rng(1)
    s, y, w = rng.integers(0, 9, 80).astype(float), rng.integers(0, 2, 80), rng.random(80)
    assert st.auc(s, y) == pytest.approx(by_pairs(s, y, np.ones(80)), abs=1e-13)
    assert st.auc(s, y, w) == pytest.approx(by_pairs(s, y, w), abs=1e-13)
    got, mirrored = st.auc(s, y), st.auc(-s, y)
    assert got is not None and mirrored == pytest.approx(1 - got, abs=1e-13)
    assert st.auc(np.exp(s), y) == got


def test_a_whole_weight_is_that_many_rows() -> None:
    assert st.auc([1, 2, 2, 3], [0, 1, 0, 1], [2, 1, 3, 1]) == st.auc(
        [1, 1, 2, 2, 2, 2, 3], [0, 0, 1, 0, 0, 0, 1]
    )


@pytest.mark.parametrize(
    ("measure", "expected"),
    [(st.auc, 0.5), (st.average_precision, 0.25), (st.spearman, None)],
)
def test_a_constant_score_is_defined(measure: Callable[..., float | None], expected: float | None) -> None:
    assert measure([2, 2, 2, 2], [1, 0, 0, 0]) == expected


@pytest.mark.parametrize("measure", [st.auc, st.average_precision, st.spearman, st.youden])
def test_what_is_not_defined_is_none(measure: Callable[..., object]) -> None:
    assert measure([], []) is None
    assert measure([NAN], [1]) is None
    assert measure([1.0], [0]) is None
    if measure is not st.average_precision:
        assert measure([1.0, 2.0], [1, 1]) is None
    assert measure([1.0, 2.0], [0, 0]) is None


def test_rows_with_a_nan_are_left_out() -> None:
    assert st.auc([1, NAN, 2, 3], [0, 1, NAN, 1]) == 1.0
    assert st.lift_by_decile([NAN, 1], [1, 1], 1)[0].rows == 1.0


def test_an_outcome_is_0_or_1_and_columns_have_one_length() -> None:
    with pytest.raises(ValueError, match="0 or 1"):
        st.auc([1, 2], [0, 2])
    with pytest.raises(ValueError, match="one length"):
        st.auc([1, 2], [0])


def test_average_precision_over_ties_does_not_depend_on_the_order() -> None:
    s, y = np.array([3, 2, 2, 2, 1]), np.array([0, 1, 0, 1, 1])
    order = [4, 3, 2, 1, 0]
    # at 3: nothing found; at 2: two of four; at 1: three of five
    assert st.average_precision(s, y) == pytest.approx((2 * 2 / 4 + 3 / 5) / 3, abs=1e-15)
    assert st.average_precision(s[order], y[order]) == st.average_precision(s, y)


def test_lift_splits_a_tie_pro_rata() -> None:
    """Two rows on top, eight equal ones with four outcomes: each lower slice holds its share of the eight."""
    slices = st.lift_by_decile([9, 9, *[1] * 8], [1, 0, *[1, 0] * 4], slices=5)
    assert [s.outcomes for s in slices] == pytest.approx([1, 1, 1, 1, 1])
    slices = st.lift_by_decile([9, *[1] * 9], [1, *[0] * 9], slices=2)
    assert [s.outcomes for s in slices] == [1.0, 0.0]
    assert slices[0].lift == 2.0
    assert slices[1].captured == 1.0
    assert st.lift_by_decile([1, 2], [0, 0]) == []


def test_youden_takes_the_lowest_of_equal_cuts() -> None:
    found = st.youden([1, 2, 3, 4], [0, 1, 0, 1])
    assert found == st.Youden(2.0, 0.5, 1.0, 0.5)


def test_spearman_is_the_textbook_one() -> None:
    """Intelligence and hours of television of ten people: -29/165."""
    iq = [106, 100, 86, 101, 99, 103, 97, 113, 112, 110]
    hours = [7, 27, 2, 50, 28, 29, 20, 12, 6, 17]
    assert st.spearman(iq, hours) == pytest.approx(-29 / 165, abs=1e-14)


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_is_that_of_newcombe_1998(count: int, total: int, low: float, high: float) -> None:
    found = st.wilson(count, total)
    assert found is not None
    assert [found.low, found.high] == pytest.approx([low, high], abs=5e-5)


@pytest.mark.parametrize(
    ("shares", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0000),
    ],
)
def test_newcombe_is_his_method_10(shares: tuple[int, int, int, int], low: float, high: float) -> None:
    found = st.newcombe(*shares)
    assert found is not None
    assert [found.low, found.high] == pytest.approx([low, high], abs=5e-5)


def test_shares_of_nothing_have_no_interval() -> None:
    assert st.wilson(0, 0) is None
    assert st.newcombe(0, 0, 1, 2) is None
    with pytest.raises(ValueError, match="level"):
        st.wilson(1, 2, level=1.0)


@pytest.mark.parametrize(("n", "low", "high"), [(6, 1, 6), (10, 2, 9), (20, 6, 15), (100, 40, 61)])
def test_the_interval_of_a_median_is_that_of_the_sign_test_tables(n: int, low: int, high: int) -> None:
    found = st.quantile_interval(np.arange(1, n + 1), 0.5)
    assert found is not None
    assert (found.low, found.high) == (low, high)


def test_a_sample_too_small_bounds_nothing() -> None:
    assert st.quantile_interval([1, 2, 3, 4, 5], 0.5) == st.Interval(3.0, -math.inf, math.inf)
    assert st.quantile_interval([], 0.5) is None
    with pytest.raises(ValueError, match="quantile"):
        st.quantile_interval([1.0], 1.0)


def test_the_interval_of_a_quantile_covers() -> None:
    rng = np.random.default_rng(2)
    held = 0
    for sample in rng.random((1000, 40)):
        found = st.quantile_interval(sample, 0.75)
        assert found is not None
        held += found.low <= 0.75 <= found.high
    assert 0.94 <= held / 1000 <= 0.985


@pytest.mark.parametrize(
    ("x", "df", "p"),
    [
        (3.841, 1, 0.05),
        (11.070, 5, 0.05),
        (18.307, 10, 0.05),
        (43.773, 30, 0.05),
        (10.828, 1, 0.001),
        (27.877, 9, 0.001),
        (45.315, 20, 0.001),
        (2.558, 10, 0.99),
        (0.554, 5, 0.99),
        (124.342, 100, 0.05),
    ],
)
def test_the_chi_square_tail_is_that_of_the_printed_tables(x: float, df: int, p: float) -> None:
    assert st.chi_square_tail(x, df) == pytest.approx(p, rel=2e-3)


@pytest.mark.parametrize("x", [0.01, 0.5, 1.9, 2.1, 7.0, 60.0, 700.0])
def test_the_chi_square_tail_of_two_and_four_degrees_is_in_closed_form(x: float) -> None:
    assert st.chi_square_tail(x, 2) == pytest.approx(math.exp(-x / 2), rel=1e-12)
    assert st.chi_square_tail(x, 4) == pytest.approx(math.exp(-x / 2) * (1 + x / 2), rel=1e-12)
    assert st.chi_square_tail(x, 1) == pytest.approx(math.erfc(math.sqrt(x / 2)), rel=1e-12)


def test_the_ends_of_the_chi_square_tail() -> None:
    assert st.chi_square_tail(0.0, 3) == st.chi_square_tail(-1.0, 3) == 1.0
    assert st.chi_square_tail(math.inf, 3) == st.chi_square_tail(1e6, 3) == 0.0


def test_psi_is_the_sum_over_bins() -> None:
    """Half of the rows each before; three to one after: (with half a row in each bin) two equal terms."""
    found = st.psi([1] * 50 + [2] * 50, [1] * 75 + [2] * 25, bins=2)
    assert found is not None
    now, was = np.array([75.5, 25.5]) / 101, np.array([0.5, 0.5])
    assert found.psi == pytest.approx(float(((now - was) * np.log(now / was)).sum()), abs=1e-14)
    assert found.bins == 2
    assert found.p == pytest.approx(math.erfc(math.sqrt(found.psi * 50 / 2)), rel=1e-9)


def test_psi_of_no_change_is_about_chi_square() -> None:
    rng = np.random.default_rng(3)
    p = [st.psi(rng.normal(size=400), rng.normal(size=300)) for _ in range(400)]
    small = np.mean([found is not None and found.p < 0.05 for found in p])
    assert 0.02 <= small <= 0.08


def test_psi_of_odd_samples() -> None:
    assert st.psi([], [1.0]) is None
    assert st.psi([1.0, NAN], [NAN]) is None
    assert st.psi([3.0] * 9, [4.0] * 5) == st.Shift(0.0, 1.0, 1)

"""Validation: always later than what was fitted, and honest about what it is compared with."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from questscore import EventError
from questscore.calibration.outcomes import activity
from questscore.calibration.report import Report
from questscore.calibration.statistics import Floats
from questscore.calibration.validate import validate
from questscore.model.time import DAY
from support.retention import MODEL, day, product

OUTCOME = activity(["work", "look"], "30d")
TESTS = (day(150), day(200))


def validated(rows: list[dict[str, object]], **options: object) -> Report:
    given = {"tests": TESTS, "training": 3, "step": "15d", "half_lives": ["20d"], **options}
    return validate(MODEL, rows, OUTCOME, **given)  # type: ignore[arg-type]


@cache
def usual() -> Report:
    return validated(product())


def test_a_fit_uses_only_cutoffs_whose_window_was_over_by_the_test() -> None:
    for one in usual().cutoffs:
        assert one.trained
        assert max(one.trained) + 30 * DAY <= one.cutoff


def test_nothing_after_a_test_cutoff_changes_what_was_fitted_for_it() -> None:
    rows = product()
    early = [row for row in rows if int(str(row["time"])) < TESTS[0]]
    other = [row for row in product(seed=9) if int(str(row["time"])) >= TESTS[0]]
    again = validated(early + other).cutoffs[0]
    first = usual().cutoffs[0]
    assert np.array_equal(again.fitted.points, first.fitted.points)
    assert again.fitted.half_lives == first.fitted.half_lives
    assert again.figures.stayed != first.figures.stayed


def test_a_random_split_is_no_headline_and_is_named_where_it_stands_beside() -> None:
    with pytest.raises(EventError, match="is no headline"):
        validated(product(), split="random")
    found = validated(product(), split="also random")
    assert found.random is not None
    assert "not by time (rows drawn at random): AUC" in repr(found)
    assert found.mean == usual().mean
    assert usual().random is None


def test_it_is_compared_with_the_table_active_days_rfm_and_recency() -> None:
    for one in (*(cutoff.figures for cutoff in usual().cutoffs), usual().pooled):
        assert set(one.against) == {"the table", "active days", "RFM logistic", "recency"}
        assert one.auc is not None
        for name, gap in one.against.items():
            other = one.others[name]
            assert gap is not None
            assert other is not None
            assert gap.value == pytest.approx(one.auc.value - other.value)


def test_the_mean_stands_beside_the_worst_cutoff() -> None:
    aucs = [one.figures.auc.value for one in usual().cutoffs if one.figures.auc is not None]
    assert usual().mean == pytest.approx(np.mean(aucs))
    assert usual().worst == min(aucs)
    assert f"AUC: mean {np.mean(aucs):.3f}, worst cutoff {min(aucs):.3f}" in repr(usual())
    assert usual().pooled.rows == sum(one.figures.rows for one in usual().cutoffs)


def test_a_challenger_sees_earlier_rows_and_is_judged_on_later_ones() -> None:
    seen: list[tuple[int, int]] = []

    def worst(earlier: Floats, stayed: Floats, later: Floats) -> Floats:
        assert len(earlier) == len(stayed)
        seen.append((len(earlier), len(later)))
        return np.zeros(len(later))

    found = validated(product(), challengers={"none": worst})
    assert [n for _, n in seen] == [one.figures.rows for one in found.cutoffs]
    gap = found.pooled.against["none"]
    assert gap is not None
    assert gap.value > 0.2


def test_a_table_that_cannot_be_bettered_is_not_recommended_against() -> None:
    """Twenty users say too little to recommend anything."""
    small = validated(product(users=25, seed=3), tests=[day(200)])
    assert not small.recommended
    assert "are NOT recommended" in repr(small)


def test_a_report_is_a_table() -> None:
    frame = usual().to_pandas()
    assert len(frame) == 3
    assert frame["cutoff"].tolist()[-1] == "pooled"
    assert {"auc", "auc_low", "active", "against_the_table", "brier", "ece"} <= set(frame.columns)


def test_one_class_alone_gives_a_defined_report() -> None:
    found = validate(MODEL, product(), activity("never", "30d"), tests=TESTS, half_lives=["20d"])
    assert found.mean is None
    assert found.worst is None
    assert not found.recommended
    assert "mean unknown" in repr(found)


def test_a_test_with_nothing_over_before_it_is_an_error() -> None:
    with pytest.raises(EventError, match="was over by the cutoff 2025-01-2"):
        validated(product(), tests=[day(20)])

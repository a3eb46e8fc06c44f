"""The short form of ``python -m benchmarks.calibration``: the cheap part of what must be reached."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from benchmarks.calibration.protocol import DATA, METHODS, STUDIES, Study

from questscore import Duration
from questscore.calibration.fitting import TABLE, Options, fit_table
from questscore.calibration.outcomes import activity
from questscore.calibration.snapshots import Snapshots, moments, snapshots
from questscore.calibration.statistics import Floats, auc
from questscore.io import read_events
from questscore.model.time import DAY

pytestmark = pytest.mark.skipif(
    not all(study.path.exists() for study in STUDIES),
    reason=f"the event logs are not there: {DATA} is not part of this repository, and may not be published",
)
BY_NAME = {study.name: study for study in STUDIES}
HAND, GBM = METHODS[2], METHODS[-1]


@cache
def at_tests(name: str) -> Snapshots:
    """The rows of the test cutoffs alone."""
    study = BY_NAME[name]
    return snapshots(study.model(), study.read(), study.what(), study.cutoffs, lookback=study.lookback)


def mean_auc(rows: Snapshots, score: Floats) -> float:
    """The mean AUC over the cutoffs."""
    stayed = rows.stayed()
    found = [auc(score[own], stayed[own]) for own in (rows.of([cutoff]) for cutoff in rows.cutoffs)]
    return float(np.mean([value for value in found if value is not None]))


def uncalibrated(study: Study) -> float:
    """Of the table with half-life H, once-a-day limits and an active-day rule."""
    rows, horizon = at_tests(study.name), Duration.of(study.horizon)
    worth = [term.column.prior for term in rows.design.terms([horizon])]
    return mean_auc(rows, rows.matrix([horizon]) @ worth)


@pytest.mark.parametrize("name", BY_NAME)
def test_the_protocol_is_the_one_that_was_printed(name: str) -> None:
    """The hand-set table gives the AUC that others measured: the same rows, labels and ageing."""
    study = BY_NAME[name]
    assert mean_auc(at_tests(study.name), at_tests(study.name).table) == pytest.approx(
        study.printed[HAND], abs=4e-4
    )


def test_the_default_before_any_data_is_near_gradient_boosting() -> None:
    gaps = [study.printed[GBM] - uncalibrated(study) for study in STUDIES]
    assert float(np.mean(gaps)) <= 0.013
    assert max(gaps) <= 0.027


@pytest.mark.parametrize("name", ["org accounts", "ovs"])
def test_fitted_points_reach_what_they_must_on_the_small_logs(name: str) -> None:
    """With whole points and a half-life from data, fitted on what was over before each test cutoff."""
    study = BY_NAME[name]
    events = study.read()
    rows, first = study.rows(events), int(events.time.min())
    stayed, found = rows.stayed(), []
    for test in study.cutoffs:
        trained = study.trained(test, first)
        fitted = fit_table(
            rows,
            rows.of(trained),
            by=test,
            options=Options(draws=0, candidates=(TABLE,)),
            history=(max(trained) - first) / DAY,
        )
        own = rows.of([test])
        found.append(auc(fitted.score(rows)[own], stayed[own]))
    assert float(np.mean([value for value in found if value is not None])) >= study.least[0]


def test_39_weeks_in_and_39_out_on_a_sample() -> None:
    study = BY_NAME["cdnow"]
    events = read_events(DATA / "cdnow_sample.csv", columns={"user": "entity"})
    (cutoff,) = moments("1997-10-01T00:00:00Z")
    trained = snapshots(
        study.model(), events, study.what(), [cutoff - n * DAY for n in (90, 135)], end=cutoff
    )
    options = Options(draws=0, candidates=(TABLE,))
    fitted = fit_table(trained, np.ones(len(trained), bool), by=cutoff, options=options, history=183.0)
    rows = snapshots(
        study.model(), events, activity("purchase", "273d"), [cutoff], end="1998-07-01T00:00:00Z"
    )
    assert mean_auc(rows, fitted.score(rows)) >= 0.778

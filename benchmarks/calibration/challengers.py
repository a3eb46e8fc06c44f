"""Other methods on the same rows: gradient boosting and BG/NBD, where their libraries are installed.

Lives here: each method behind one shape: earlier columns, who stayed, later columns -> scores.
Lives elsewhere: the rows (protocol), the measuring (``__main__``). ``pip install lightgbm lifetimes``.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import warnings
from collections.abc import Sequence
from contextlib import redirect_stdout

import numpy as np
from numpy.typing import NDArray

from questscore import Duration
from questscore.calibration.snapshots import Snapshots

Floats = NDArray[np.float64]


def missing() -> list[str]:
    """The libraries that are not installed."""
    return [name for name in ("lightgbm", "lifetimes") if importlib.util.find_spec(name) is None]


def boosting(earlier: Floats, stayed: Floats, later: Floats) -> Floats:
    """LightGBM near its defaults."""
    lightgbm = importlib.import_module("lightgbm")
    settings = {
        "objective": "binary",
        "learning_rate": 0.03,
        "num_leaves": 15,
        "min_child_samples": 20,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "feature_fraction": 0.8,
        "seed": 0,
        "num_threads": 1,
        "verbose": -1,
    }
    model = lightgbm.train(settings, lightgbm.Dataset(earlier, stayed), num_boost_round=300)
    return np.asarray(model.predict(later), dtype=np.float64)


def features(rows: Snapshots, half_lives: Sequence[str]) -> Floats:
    """(n, k) the rules at several half-lives, and recency, frequency and tenure."""
    lives = [*(Duration.of(h) for h in half_lives), None]
    idle = np.minimum(rows.idle, 1e4)
    return np.column_stack(
        [rows.matrix(lives), idle, rows.days, rows.tenure, rows.days / (rows.tenure + 1.0)]
    )


def expected_events(rows: Snapshots, earlier: NDArray[np.bool_], later: NDArray[np.bool_]) -> Floats:
    """BG/NBD expected events in the horizon, of active days; NaN where its likelihood has no maximum."""
    lifetimes = importlib.import_module("lifetimes")
    repeats = np.maximum(rows.days - 1.0, 0.0)
    age = np.maximum(rows.tenure, 1e-3)
    recency = np.where(repeats > 0, np.clip(age - rows.idle, 0.0, age), 0.0)
    usable = np.isfinite(rows.idle)
    for penalty in (0.0, 0.001, 0.01, 0.1):
        fitter = lifetimes.BetaGeoFitter(penalizer_coef=penalty)
        use = earlier & usable
        try:
            with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
                warnings.simplefilter("ignore")
                fitter.fit(repeats[use], recency[use], age[use])
                horizon = rows.outcome.horizon.us / 86_400_000_000
                found = fitter.conditional_expected_number_of_purchases_up_to_time(
                    horizon, repeats[later], recency[later], age[later]
                )
        except lifetimes.utils.ConvergenceError:
            continue
        return np.nan_to_num(np.asarray(found, dtype=np.float64), nan=-1.0)
    return np.full(int(later.sum()), np.nan)

"""One behaviour at a time: hand counts, adjustment for activity, signs, and odd inputs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from questscore.calibration.behaviours import behaviour, sign_conflicts
from questscore.calibration.links import sigmoid
from questscore.calibration.statistics import newcombe, wilson


def test_the_shares_are_the_hand_counts() -> None:
    did = np.repeat([1, 1, 0, 0], [30, 10, 20, 40])
    happened = np.repeat([1, 0, 1, 0], [30, 10, 20, 40])
    found = behaviour(did, did, np.ones(100), happened)
    assert (found.rows, found.share) == (40, 0.4)
    assert found.retained_with == wilson(30, 40)
    assert found.retained_without == wilson(20, 60)
    assert found.difference == newcombe(30, 40, 20, 60)
    assert found.own_auc == pytest.approx(0.5 + 0.5 * (30 / 50 - 10 / 50))
    assert found.odds_ratio is not None
    # days are constant, so the ratio is the plain one, a little towards 1 by the prior
    assert found.odds_ratio.value == pytest.approx((30 * 40) / (10 * 20), rel=0.05)
    assert found.odds_ratio.low < found.odds_ratio.value < found.odds_ratio.high


def test_a_behaviour_of_active_people_without_effect_has_an_adjusted_ratio_of_1() -> None:
    """Activity makes both; with and without differ much, at equal activity they do not."""
    rng = np.random.default_rng(1)
    days = rng.poisson(rng.gamma(0.7, 8.0, 6000)).astype(float)
    did = rng.random(6000) < sigmoid(np.log1p(days) - 2.0)
    happened = rng.random(6000) < sigmoid(1.5 * np.log1p(days) - 3.0)
    found = behaviour(did, did, days, happened)
    assert found.difference is not None and found.difference.low > 0.15
    assert found.odds_ratio is not None
    assert found.odds_ratio.low < 1.0 < found.odds_ratio.high


def test_a_behaviour_that_is_the_outcome_has_a_finite_ratio() -> None:
    flag = np.repeat([1, 0], 50)
    found = behaviour(flag, flag, np.ones(100), flag)
    assert found.odds_ratio is not None
    assert 10.0 < found.odds_ratio.value < math.inf and math.isfinite(found.odds_ratio.high)
    assert found.own_auc == 1.0


def test_nobody_everybody_one_class_and_nothing() -> None:
    nobody = behaviour([0, 0, 0], [0, 0, 0], [1, 2, 3], [1, 0, 1])
    assert (nobody.rows, nobody.retained_with, nobody.difference, nobody.odds_ratio) == (0, None, None, None)
    assert nobody.own_auc == 0.5
    everybody = behaviour([1, 1], [1, 2], [1, 2], [1, 0])
    assert (everybody.retained_without, everybody.odds_ratio) == (None, None)
    one = behaviour([1, 0], [1, 0], [1, 2], [1, 1])
    assert (one.odds_ratio, one.own_auc) == (None, None)
    none = behaviour([], [], [], [])
    assert (none.rows, none.share, none.retained_with) == (0, 0.0, None)
    assert behaviour([1, math.nan], [1, 1], [1, 1], [1, 1]).rows == 1


def test_a_sign_is_in_conflict_from_nine_tenths_of_the_draws() -> None:
    draws = np.ones((100, 4))
    draws[:90, 0] = draws[:89, 1] = -1.0
    draws[:, 3] = 0.0
    assert sign_conflicts([1, 1, -1, 1], draws) == [0.9, None, 1.0, None]
    assert sign_conflicts([1, -1], np.empty((0, 2))) == [None, None]

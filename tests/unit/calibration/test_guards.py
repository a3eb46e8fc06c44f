"""Each guard: numbers that trip it, and numbers that come close and do not."""

from __future__ import annotations

import numpy as np
import pytest

from questscore.calibration import guards
from questscore.calibration.guards import Finding
from questscore.calibration.statistics import Interval


def outcomes(positives: int, negatives: int) -> np.ndarray:
    return np.repeat([1.0, 0.0], [positives, negatives])


def level(finding: Finding | None) -> tuple[str, str] | None:
    return None if finding is None else (finding.name, finding.level)


@pytest.mark.parametrize(
    ("positives", "negatives", "found"),
    [
        (0, 500, ("no outcomes", "refuse")),
        (9, 500, ("no outcomes", "refuse")),
        (500, 9, ("no outcomes", "refuse")),
        (10, 500, ("few outcomes", "warn")),
        (500, 49, ("few outcomes", "warn")),
        (50, 500, None),
    ],
)
def test_few_outcomes(positives: int, negatives: int, found: tuple[str, str] | None) -> None:
    assert level(guards.outcomes_enough(outcomes(positives, negatives))) == found


def test_missing_outcomes_do_not_count() -> None:
    finding = guards.outcomes_enough([*outcomes(49, 500), *[np.nan] * 50])
    assert finding is not None and finding.figures == {"outcomes": 49.0}
    nobody = guards.outcomes_enough([])
    assert nobody is not None and level(nobody) == ("no outcomes", "refuse")
    assert "is the horizon too long?" in nobody.message
    assert "horizon" not in str(guards.outcomes_enough([1.0]))


def test_a_rule_of_nineteen_accounts_is_thin_and_of_twenty_is_not() -> None:
    """Rows are two an account, so that rows would be enough; five of the accounts have the outcome."""
    accounts = np.repeat(np.arange(40), 2)
    happened = (accounts < 5).astype(float)
    present = np.column_stack([accounts < 19, accounts < 20])
    assert guards.thin_rules(present, happened, accounts).tolist() == [True, False]


def test_a_rule_with_four_outcomes_is_thin_and_with_five_is_not() -> None:
    accounts = np.arange(100)
    present = np.ones((100, 1), dtype=bool)
    for count, thin in ((4, True), (5, False)):
        found = guards.thin_rules(present, accounts < count, accounts)
        assert found.tolist() == [thin]


def test_thin_rules_are_named() -> None:
    with_table = guards.thin(["login", "invite"], [False, True], with_table=True)
    assert [(f.name, f.level) for f in with_table] == [("thin rule", "note")]
    assert with_table[0].message.startswith("invite: ") and "those of the table" in with_table[0].message
    assert "no points" in guards.thin(["invite"], [True], with_table=False)[0].message
    assert guards.thin_rules(np.empty((0, 2), dtype=bool), [], []).tolist() == [True, True]


@pytest.mark.parametrize(
    ("count", "table", "found"),
    [(79, False, "refuse"), (79, True, "note"), (80, False, None), (80, True, None)],
)
def test_too_many_rules(count: int, table: bool, found: str | None) -> None:
    finding = guards.rules_for_outcomes(outcomes(count, 900), 8, table)
    assert (finding.level if finding else None) == found


@pytest.mark.parametrize(
    ("auc", "beta", "trips"),
    [
        (0.981, 1.0, True),
        (0.979, 1.0, False),
        (0.8, 8.0, True),
        (0.8, 0.05, True),
        (0.8, 7.9, False),
        (0.8, 0.06, False),
        (None, 8.0, True),
        (None, 1.0, False),
    ],
)
def test_separation(auc: float | None, beta: float, trips: bool) -> None:
    assert level(guards.separation(auc, beta)) == (("separation", "warn") if trips else None)


def test_suspicious_rules() -> None:
    found = guards.suspicious_rules(["a", "b", "c", "d"], [0.951, 0.04, 0.949, None], 0.98)
    assert [(f.level, f.message.split()[0]) for f in found] == [("warn", "a"), ("warn", "b")]
    found = guards.suspicious_rules(["a", "b"], [0.795, 0.78], 0.80)
    assert [(f.level, f.message.split()[0]) for f in found] == [("note", "a")]
    assert guards.suspicious_rules(["alone"], [0.8], 0.8) == []
    assert guards.suspicious_rules([], [], 0.80, earlier=0.76) == []
    collapsed = guards.suspicious_rules([], [], 0.80, earlier=0.74)
    assert [f.level for f in collapsed] == ["warn"]


def test_not_better() -> None:
    worse = guards.not_better("the hand-set table", Interval(0.004, -0.006, 0.014))
    assert level(worse) == ("not better", "warn")
    assert worse is not None and "hand-set table" in worse.message and "+0.004" in worse.message
    assert guards.not_better("the hand-set table", Interval(0.0, -0.0049, 0.0049)) is None
    assert guards.not_better("active days", None) is None


def test_seasonality() -> None:
    """Training rates of mean 0.2 and standard deviation 0.02."""
    training = [0.18, 0.20, 0.22]
    assert level(guards.seasonality(training, 0.261)) == ("seasonality", "warn")
    assert level(guards.seasonality(training, 0.139)) == ("seasonality", "warn")
    assert guards.seasonality(training, 0.259) is None
    assert guards.seasonality(training, 0.141) is None
    assert guards.seasonality([0.2], 0.9) is None
    assert guards.seasonality([0.2, 0.2], 0.2) is None
    assert level(guards.seasonality([0.2, 0.2], 0.21)) == ("seasonality", "warn")
    assert guards.seasonality([0.2, np.nan], np.nan) is None

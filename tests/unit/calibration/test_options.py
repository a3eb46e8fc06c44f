"""Options of calibration: what means nothing is told at once, by its name and with a fix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from questscore import Levels, QuestscoreError, activity, calibrate, recalibrate, validate
from questscore.calibration.outcomes import dated
from support.retention import MODEL, product

LOG = product(users=60)
DOORS: dict[str, Callable[..., object]] = {
    "calibrate": lambda model=MODEL, **given: calibrate(model, LOG, activity("*", "30d"), **given),
    "validate": lambda model=MODEL, **given: validate(model, LOG, activity("*", "30d"), **given),
    "from_churned": lambda model=MODEL, **given: Levels.from_churned(model, LOG, **given),
}
FITS = ("calibrate", "validate")
ALL = tuple(DOORS)
WRONG: list[tuple[tuple[str, ...], str, Any]] = [
    (ALL, "number", "six"),
    (ALL, "number", 0),
    (ALL, "number", 1.5),
    (ALL, "step", "month"),
    (ALL, "exclude", 5),
    (ALL, "active", 5),
    (ALL, "seed", None),
    (ALL, "seed", -1),
    (ALL, "seed", "x"),
    (FITS, "horizon", 30),
    (FITS, "lookback", 5),
    (FITS, "signs", 5),
    (FITS, "signs", {"nobody's": 1}),
    (FITS, "half_lives", 5),
    (FITS, "half_lives", "30d"),
    (FITS, "half_lives", ["thirty"]),
    (FITS, "candidates", []),
    (FITS, "candidates", 5),
    (FITS, "candidates", ["free"]),
    (FITS, "maximum", 0),
    (FITS, "maximum", "x"),
    (FITS, "progress", 5),
    (("calibrate",), "draws", -1),
    (("calibrate",), "draws", True),
    (("validate",), "training", 0),
    (("validate",), "recent", "x"),
    (("from_churned",), "silence", 30),
    (("from_churned",), "window", "x"),
    (("from_churned",), "by", "magic"),
    (("from_churned",), "quantile", "0.75"),
    (("from_churned",), "quantile", 1.0),
    (("from_churned",), "names", ["low", "high"]),
    (("from_churned",), "cost", 5),
    (("from_churned",), "capacity", "many"),
    (("from_churned",), "flagged", 5),
]


@pytest.mark.parametrize(
    ("door", "name", "value"), [(door, name, value) for doors, name, value in WRONG for door in doors]
)
def test_an_option_that_means_nothing_is_told_by_its_name(door: str, name: str, value: Any) -> None:
    with pytest.raises(QuestscoreError) as caught:
        DOORS[door](**{name: value})
    problem = caught.value.problems[0]  # type: ignore[attr-defined]
    assert (problem.where, bool(problem.what), bool(problem.fix)) == (name, True, True)


@pytest.mark.parametrize("door", ALL)
@pytest.mark.parametrize("model", [None, "model.toml", {"name": "m"}, LOG])
def test_what_is_no_model_is_told(door: str, model: Any) -> None:
    with pytest.raises(QuestscoreError, match=r"is no ScoreModel\n  fix: "):
        DOORS[door](model=model)


def test_what_is_no_calibration_is_told() -> None:
    with pytest.raises(QuestscoreError, match=r"is no Calibration\n  fix: "):
        recalibrate(MODEL, LOG, activity("*", "30d"))  # type: ignore[arg-type]


def test_dates_of_outcomes_may_be_rows_with_names() -> None:
    instant = "2026-06-01T00:00:00Z"
    rows = [{"subject": "ada", "time": instant}, {"subject": "bob", "time": instant}]
    assert dated(rows) == dated([("ada", instant), ("bob", instant)])

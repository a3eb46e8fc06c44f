"""ConditionRule: points while a condition over signals holds."""

from __future__ import annotations

import pytest

from questscore import ConditionRule, Count, Formula, Latest, Mean, Rule, Since
from unit.engine.both import ADA, a_model, both, ev, scored

LOG = [
    ev("login", "2026-03-01"),
    ev("login", "2026-03-02", plan="pro"),
    ev("login", "2026-03-03"),
]
SIGNALS = (
    Count("logins_2d", on="login", window="2d"),
    Since("idle", on="login"),
    Mean("stars", on="rate", property="stars"),
    Latest("plan", on="login", property="plan"),
)


def paid(at: str = "2026-03-03", **rule: object) -> float | None:
    made = ConditionRule("r", **rule)  # type: ignore[arg-type]
    return both(a_model(SIGNALS, [made]), LOG, at)[ADA].points["r"]


def test_it_pays_while_the_condition_holds_and_takes_back_when_it_stops() -> None:
    often = {"when": "logins_2d > 1", "points": 150}
    assert [paid(at, **often) for at in ("2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04")] == [
        0,
        150,
        150,
        0,
    ]


def test_points_may_be_negative_and_an_expression_over_signals() -> None:
    assert paid(when="idle >= 1", points=-100, at="2026-03-04") == -100
    assert paid(when="logins_2d > 0", points="logins_2d * 10 - idle") == 20
    assert paid(when="logins_2d > 0", points="-5 if plan == 'pro' else 5") == -5


def test_points_that_are_missing_or_text_are_none() -> None:
    assert paid(when="logins_2d > 0", points="stars * 2") == 0
    assert paid(when="logins_2d > 0", points="plan") == 0
    assert paid(when="logins_2d > 0", points="1 / 0") == 0


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ("True", True),
        ("False", False),
        ("None", False),
        ("0", False),
        ("0.5", True),
        ("''", False),
        ("'no'", True),
        ("stars", False),
        ("stars > 1", False),
        ("stars <= 1", False),
        ("stars != 1", False),
        ("not stars > 1", True),
        ("is_missing(stars)", True),
        ("plan", True),
        ("plan == 'pro'", True),
        ("not plan", False),
        ("plan > 5", False),
        ("logins_2d == 2 and plan in ['pro', 'team']", True),
    ],
)
def test_a_condition_is_true_when_it_is_neither_missing_nor_zero_nor_empty(when: str, holds: bool) -> None:
    assert paid(when=when, points=1) == float(holds)


# -- unknown


def test_a_missing_value_pays_nothing_unless_it_makes_the_score_unknown() -> None:
    assert paid(when="stars < 3", points=-50) == 0
    assert paid(when="stars < 3", points=-50, missing="unknown") is None


def test_an_unknown_rule_makes_raw_score_and_level_unknown_and_leaves_the_others_alone() -> None:
    rules: list[Rule] = [
        ConditionRule("sure", when="logins_2d > 0", points=10),
        ConditionRule("unsure", when="stars > 3", points=10, missing="unknown"),
    ]
    model = a_model(
        SIGNALS, rules, levels=[{"name": "in", "at_least": 5}, {"name": "never", "when": "1 > 0"}]
    )
    found = scored(model, LOG, "2026-03-03")
    assert (found.value, found.raw, found.level) == (None, None, None)
    assert (found.points, found.adjustments) == ({"sure": 10, "unsure": None}, 0)
    rated = scored(model, [*LOG, ev("rate", "2026-03-03", stars=5)], "2026-03-03")
    assert (rated.value, rated.level) == (20, "never")


def test_it_is_unknown_for_those_only_for_whom_the_signal_is_missing() -> None:
    model = a_model(SIGNALS, [ConditionRule("r", when="stars > 3", points=10, missing="unknown")])
    log = [*LOG, ev("rate", "2026-03-01", user="bob", stars=5), ev("rate", "2026-03-01", user="cyd", stars=1)]
    found = both(model, log, "2026-03-03")
    assert {name: score.value for name, score in found.items()} == {"ada": None, "bob": 10, "cyd": 0}


def test_every_signal_it_names_counts_also_where_it_would_not_have_been_looked_at() -> None:
    """Named in ``points``, or behind an ``or`` that is settled: missing is missing."""
    assert paid(when="logins_2d > 0", points="coalesce(stars, 1)", missing="unknown") is None
    assert paid(when="logins_2d > 0 or stars > 3", points=1, missing="unknown") is None
    assert paid(when="is_missing(stars)", points=1, missing="unknown") is None


def test_what_is_missing_inside_a_formula_is_the_formulas_business() -> None:
    signals = [*SIGNALS, Formula("rated", expr="coalesce(stars, 3)"), Formula("twice", expr="stars * 2")]
    rules = [
        ConditionRule(name, when=f"{name} > 1", points=1, missing="unknown") for name in ("rated", "twice")
    ]
    assert scored(a_model(signals, rules), LOG, "2026-03-03").points == {"rated": 1, "twice": None}


def test_a_text_is_not_missing() -> None:
    assert paid(when="plan > 3", points=1, missing="unknown") == 0


def test_unknown_points_have_no_bounds() -> None:
    assert paid(when="stars > 3", points=1, missing="unknown", minimum=5) is None
    assert paid(when="logins_2d > 9", points=1, missing="unknown", minimum=5) == 5

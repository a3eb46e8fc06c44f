"""The design: columns of any model, and a model from points, told by the definition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from questscore import (
    ConditionRule,
    Count,
    Duration,
    EventRule,
    EventTable,
    Group,
    ModelError,
    Rule,
    ScoreModel,
    Selector,
    Since,
    TierRule,
    dump_model,
    load_model,
    read_events,
    reference,
    score,
)
from questscore.calibration.design import designed
from questscore.calibration.outcomes import activity
from questscore.calibration.snapshots import every, snapshots
from questscore.model.time import DAY, instant

START = int(instant("2026-01-01T00:00:00Z"))
RULES: tuple[Rule, ...] = (
    EventRule("log in", on="login", points=5, half_life="3d"),
    EventRule("pay", on="pay", where="amount > 10", points=20, limit={"count": 2, "every": "week"}),
    EventRule("spend", on="pay", points="amount / 3", fade="40d", cooldown="36h"),
    EventRule("complain", on="complain", points=-7, window="30d", group="weighted"),
    EventRule("worthless so far", on="invite", points=0),
    EventRule("bent", on="login", points=3, curve="sqrt"),
    EventRule("clipped", on="pay", points=4, limit={"points": 6, "every": "week"}),
    EventRule("bounded", on="login", points=4, maximum=9),
    EventRule("grouped", on="login", points=2, group="bounded"),
    ConditionRule("often", when="logins > 2", points=15, group="weighted"),
    ConditionRule("quiet", when="idle > 7", points="-idle / 2"),
    TierRule("by logins", signal="logins", tiers=((1, 2), (3, 9)), mode="highest"),
    TierRule("more logins", signal="logins", tiers=((1, 2), (3, 9)), mode="cumulative"),
    TierRule("each login", signal="logins", tiers=((0, 0.2), (5, 0.1)), mode="marginal"),
)
HELD = {"bent", "clipped", "bounded", "grouped"}


def a_model(*rules: Rule) -> ScoreModel:
    """A model of these rules."""
    return ScoreModel(
        "demo",
        subject="user",
        timezone="Europe/Paris",
        signals=[Count("logins", on="login", window="14d"), Since("idle", on="*")],
        rules=rules or RULES,
        groups=[Group("weighted", weight=0.5), Group("bounded", maximum=7)],
        scale={"kind": "saturating", "half": 50},
        minimum=0,
    )


def some_events(seed: int, subjects: int = 12, days: int = 120) -> EventTable:
    """Random events of a few users, adjustments and resets among them."""
    dice = np.random.default_rng(seed)
    names = ["login"] * 6 + ["pay", "pay", "complain", "invite", "questscore.adjust", "questscore.reset"]
    rows: list[dict[str, object]] = []
    for _ in range(subjects * 25):
        name = names[int(dice.integers(len(names)))]
        row: dict[str, object] = {
            "user": f"u{dice.integers(subjects)}",
            "name": name,
            "time": START + int(dice.integers(days * DAY)),
        }
        if name == "pay":
            row["amount"] = int(dice.integers(1, 40))
        if name == "questscore.adjust":
            row["points"] = int(dice.integers(-9, 9))
        if name != "questscore.reset" or dice.random() < 0.2:
            rows.append(row)
    return read_events(rows)


def days(number: int) -> Duration:
    return Duration.of(f"{number}d")


@pytest.mark.parametrize("lives", [[days(20)], [days(5), None], [days(4), days(30), days(90)]])
def test_a_calibrated_models_raw_points_are_those_of_the_columns(
    lives: list[Duration | None], tmp_path: Path
) -> None:
    """Whatever the points, by the engine and by the definition, and through text."""
    events, model = some_events(1), a_model()
    rows = snapshots(model, events, activity("login", "20d"), every(START + 100 * DAY, "30d", 3))
    dice = np.random.default_rng(2)
    points = np.round(dice.normal(0, 9, len(rows.design.terms(lives))), 2)
    points[::5] = 0.0
    expected = rows.held + rows.matrix(lives) @ points
    fitted = rows.design.calibrated(lives, points.tolist())
    dump_model(fitted, tmp_path / "fitted.json")
    again = load_model(tmp_path / "fitted.json")
    assert again == fitted
    absolute = np.abs(rows.held) + np.abs(rows.matrix(lives)) @ np.abs(points)
    for place, cutoff in enumerate(rows.cutoffs):
        own = rows.cutoff == place
        names = [rows.subjects[i] for i in rows.subject[own].tolist()]
        table = score(again, events, cutoff - 1)
        assert np.all(np.abs([table[n].raw for n in names] - expected[own]) <= 1e-9 * absolute[own] + 1e-9)
        naive = reference.score(fitted, events, cutoff - 1)
        assert [naive[name].raw for name in names] == pytest.approx(expected[own].tolist(), abs=1e-7)


def test_the_tables_points_give_back_the_tables_score_where_ageing_is_the_same() -> None:
    plain = [
        EventRule("log in", on="login", points=5, half_life="20d", limit={"count": 1, "every": "day"}),
        *(rule for rule in RULES if not isinstance(rule, EventRule)),
        *(rule for rule in RULES if rule.name in HELD),
    ]
    model, events = a_model(*plain), some_events(3)
    rows = snapshots(model, events, activity("login", "20d"), START + 90 * DAY)
    terms = rows.design.terms([days(20)])
    worth = [0.0 if term.column.proposed else term.column.prior for term in terms]
    table = score(model, events, START + 90 * DAY - 1)
    names = [rows.subjects[i] for i in rows.subject.tolist()]
    raw = np.maximum(rows.held + rows.matrix([days(20)]) @ worth, 0.0)
    assert raw == pytest.approx([table[name].raw for name in names], abs=1e-9)
    assert rows.table == pytest.approx([table[name].value for name in names], abs=1e-9)


def test_curves_clipped_limits_and_bounds_are_held_and_listed() -> None:
    design = designed(a_model())
    assert set(design.held) == HELD
    assert [column.name for column in design.columns if column.name in HELD] == []
    assert "bounded" in design.held["grouped"]


def test_signs_are_the_tables_unless_told() -> None:
    design = designed(a_model(), signs={"log in": 0})
    assert {c.name: c.sign for c in design.columns} == {
        "log in": 0,
        "pay": 1,
        "spend": 1,
        "complain": -1,
        "worthless so far": 0,
        "often": 1,
        "quiet": 1,
        "by logins": 1,
        "more logins": 1,
        "each login": 1,
    } | {"active day": 1}
    with pytest.raises(ModelError, match="nearest rule is 'log in'"):
        designed(a_model(), signs={"log on": 1})
    with pytest.raises(ModelError, match="write 1, -1 or 0"):
        designed(a_model(), signs={"log in": 2})


def test_an_active_day_is_one_with_an_event_that_brings_points() -> None:
    good = EventRule("log in", on="login", points=5)
    bad = EventRule("complain", on="complain", points=-5)
    paid = EventRule("pay", on=["pay", "renew"], where="amount > 10", points=5)
    assert designed(a_model(good, bad)).active == Selector("login")
    both = Selector(
        ["login", "pay", "renew"],
        "(event_name in ['login']) or (event_name in ['pay', 'renew'] and (amount > 10))",
    )
    assert designed(a_model(good, bad, paid)).active == both
    assert designed(a_model(RULES[9])).active == Selector("*")


def test_no_active_day_is_proposed_where_a_rule_says_the_same() -> None:
    once = EventRule("log in", on="login", points=5, limit={"count": 1, "every": "day"})
    assert [c.name for c in designed(a_model(once)).columns] == ["log in"]
    twice = EventRule("log in", on="login", points=5, limit={"count": 2, "every": "day"})
    assert [c.name for c in designed(a_model(twice)).columns] == ["log in", "active day"]


def test_a_rule_of_the_table_stays_with_no_points_and_a_proposed_one_goes() -> None:
    design = designed(a_model(RULES[0], RULES[4], RULES[9]))
    lives = [days(3), days(30)]
    idle = "worthless so far"
    both = [name for name in ("log in", idle) for _ in lives]
    assert [t.column.name for t in design.terms(lives)] == [*both, "often", "active day", "active day"]
    names = [[r.name for r in design.calibrated(lives, u).rules] for u in ([0] * 7, [1, 2, 0, 0, 3, 0, 4])]
    assert names == [["log in", idle, "often"], ["log in (3d)", "log in (30d)", idle, "often", "active day"]]

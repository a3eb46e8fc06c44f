"""What the doors refuse, and what they tell beside the numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import questscore
from questscore import (
    Count,
    EventError,
    EventRule,
    Group,
    Level,
    Levels,
    ModelError,
    Percentile,
    QuestscoreError,
    ScoreModel,
    ScoreOf,
    Scorer,
    TierRule,
    reference,
)
from questscore.columns.log import settle
from questscore.engine.plan import View
from questscore.engine.run import Run
from questscore.engine.scoring import Scoring, scored
from unit.engine.both import a_model, adjust, ev, points

LOG = [ev("login", "2026-03-01"), ev("login", "2026-03-03")]


@pytest.mark.parametrize("door", [questscore.score, questscore.history])
def test_a_path_or_a_mapping_is_no_model(door: Any) -> None:
    for model in ("model.toml", {"name": "m"}):
        with pytest.raises(ModelError, match=r"is no ScoreModel\n  fix: pass load_model"):
            door(model, LOG)


def test_swapped_arguments_are_told_apart() -> None:
    door: Any = questscore.score
    with pytest.raises(ModelError, match="the events are one"):
        door(LOG, a_model())


def test_a_log_of_which_nothing_can_be_used_is_no_empty_table() -> None:
    with pytest.raises(EventError, match=r"none of 2 events can be used; row 0: time: .*has no offset"):
        questscore.score(a_model(), [{"name": "login", "time": "2026-03-01T09:00:00", "user": "ada"}] * 2)


def test_the_report_names_events_and_properties_that_the_log_lacks() -> None:
    rules = [
        EventRule("a", on="login", points="minutes"),
        EventRule("b", on="pay", where="plan == 'pro' and hour > 3", points=1),
    ]
    report = questscore.score(a_model(rules=rules), LOG).report
    assert (report.unseen, report.unread) == (("pay",), ("minutes", "plan"))


def test_the_report_names_what_a_model_within_the_model_asks_of_the_log_in_vain() -> None:
    inner = a_model(rules=[EventRule("r", on="purchase", where="basket > 2", points="price")])
    between = a_model([ScoreOf("buyer", model=inner), Count("n", on="refund")])
    report = questscore.score(a_model([ScoreOf("deep", model=between)]), LOG).report
    assert (report.unseen, report.unread) == (("purchase", "refund"), ("basket", "price"))


def test_a_history_tells_every_change_of_level_whatever_its_grid() -> None:
    model = a_model(
        rules=[EventRule("r", on="login", points=100)],
        levels=Levels(Level("in", at_least=60)),
        evaluate="day",
    )
    log = [ev("login", "2026-03-01T00:00"), ev("login", "2026-03-03")]
    start = log[0].time
    plain = questscore.history(model, log)
    assert [str(change) for change in plain.transitions] == ["2026-03-01T00:00:00Z ada: base -> in (event)"]
    for grid in ({"start": start}, {"every": "12h", "start": start}, {"every": "month"}):
        again = questscore.history(model, log, **grid)
        assert list(again.transitions) == list(plain.transitions)


def test_a_limit_of_points_is_exact_for_whole_numbers_however_large() -> None:
    log = [ev("pay", "2026-03-01", v=10**10 - 10), ev("pay", "2026-03-02", v=4), ev("pay", "2026-03-03", v=4)]
    rule = EventRule("r", on="pay", points="v", limit={"points": 10**10}, cooldown="1h")
    assert points(rule, log, "2026-03-04") == 10**10 - 2
    log = [ev("pay", "2026-03-01", v=10**9 - 1), ev("pay", "2026-03-02", v=5)]
    assert points(EventRule("r", on="pay", points="v", limit={"points": 10**9}), log, "2026-03-04") == 10**9


def test_tenths_that_fill_a_limit_leave_nothing_to_pay() -> None:
    """Ten tenths are one, also in floating point: the eleventh pays nothing and uses no cooldown up."""
    log = [ev("pay", f"2026-03-{day:02}", v=0.1) for day in range(1, 12)]
    rule = EventRule("r", on="pay", points="v", limit=[{"points": 1}, {"count": 11}])
    assert points(rule, log, "2026-03-20") == pytest.approx(1, abs=1e-12)


def test_a_percentile_tells_large_whole_numbers_apart() -> None:
    rule = EventRule("r", on="pay", points="v")
    model = a_model(rules=[rule], scale=Percentile([1e10, 1e10 + 5]))
    assert questscore.score(model, [ev("pay", "2026-03-01", v=1e10)])["ada"].value == 25


def test_all_that_does_not_fit_in_a_rule_and_a_model_is_told_at_once() -> None:
    with pytest.raises(ModelError) as caught:
        EventRule("a", on="b", points="v", curve="log2", half_life="1d", fade="1d", minimum=3, maximum=1)
    assert [p.where for p in caught.value.problems] == ["minimum", "fade", "points"]
    with pytest.raises(ModelError) as caught:
        TierRule("t", signal="s", tiers=[[5, 1], [3, 1], [2, "x"]], mode="all")  # type: ignore[list-item, arg-type]
    assert [p.where for p in caught.value.problems] == ["tiers[1]", "tiers[2]", "mode"]
    with pytest.raises(ModelError) as caught:
        ScoreModel(
            "m",
            subject="user",
            minimum=5,
            maximum=1,
            rules=[EventRule("r", on="a", points=1, group="nope")],
        )
    wheres = [p.where for p in caught.value.problems]
    assert wheres == ["minimum", "rules[0].group"]


def test_an_adjustment_for_another_model_is_no_adjustment_here() -> None:
    levels = Levels(Level("in", at_least=60))
    model = a_model(rules=[EventRule("r", on="login", points=100)], levels=levels)
    login, other = ev("login", "2026-03-01T12:00"), adjust("2026-03-01T13:00", 5, model="another")
    ours = adjust("2026-03-01T13:00", 5)
    for log, cause in (([login, other], "event"), ([login, ours], "adjustment")):
        (change,) = questscore.history(model, log, end="2026-03-03T00:00:00Z").transitions
        (wanted,) = reference.transitions(model, log, change.time)
        assert change.cause == wanted.cause == cause


def test_nothing_is_never_less_than_nothing() -> None:
    """Who has lost no points has 0.0 from a rule that takes some, which is not printed as -0.00."""
    ways: list[dict[str, Any]] = [
        {},
        {"half_life": "3d"},
        {"window": "3d"},
        {"fade": "3d"},
        {"limit": {"count": 1, "every": "day"}},
        {"curve": "log2"},
        {"minimum": -3},
        {"group": "g"},
    ]
    groups = [Group("g", weight=-1), Group("h")]
    signals = [Count("n", on="login", window="1d")]
    rules = [EventRule(str(i), on="fail", points=-5, **way) for i, way in enumerate(ways)]
    rules.append(EventRule("good", on="done", points=5, group="g"))
    tier = TierRule("tier", signal="n", tiers=[[0, -2]], mode="marginal")
    for model in [*(a_model(signals, [rule], groups=groups) for rule in rules), a_model(signals, [tier])]:
        scorer = Scorer(model)
        scorer.ingest(LOG)
        at = "2026-04-01T00:00:00Z"
        past = questscore.history(model, LOG, end=at, points=True)
        found = questscore.score(model, LOG, at)
        for table in (found, scorer.scores(at)):
            numbers = [table.scores, table.raw, table.points, past.scores, *(past.points or {}).values()]
            assert not any((np.signbit(each) & (each == 0)).any() for each in numbers)
        assert "-0.0" not in str(found)


def test_a_count_and_a_rule_over_the_same_events_are_one_sum() -> None:
    signals = [Count("n", on="login", window="7d")]
    rules = [
        EventRule("five", on="login", points=5, window="7d"),
        EventRule("six", on="login", points=6, window="7d"),
    ]
    log = settle(questscore.read_events(LOG), "user")
    run = Run(log, scored)
    Scoring(View(run, a_model(signals, rules), log.subject))
    assert len(run._aggregates) == 1


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"start": "yesterday"}, "start"),
        ({"end": "2026-03-01"}, "end"),
        ({"signals": 5}, "signals"),
        ({"signals": ["logins", 5]}, "signals"),
        ({"every": 7}, "every"),
    ],
)
def test_what_a_history_cannot_be_asked_is_told_by_its_argument(given: dict[str, Any], where: str) -> None:
    model = a_model(signals=[Count("logins", on="login")])
    with pytest.raises(QuestscoreError) as caught:
        questscore.history(model, LOG, **given)
    assert isinstance(caught.value, (EventError, ModelError))
    assert [(p.where, bool(p.fix)) for p in caught.value.problems] == [(where, True)]


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ({"start": "2099-01-01T00:00:00Z"}, "name both"),
        ({"end": "2001-01-01T00:00:00Z"}, "name both"),
        ({"start": "2099-01-01T00:00:00Z", "end": "2098-01-01T00:00:00Z"}, "swap the two"),
    ],
)
def test_only_what_was_given_is_to_be_swapped(given: dict[str, Any], fix: str) -> None:
    model = a_model(levels=None)
    with pytest.raises(EventError, match=f"start: .* is after the end, .*\n  fix: {fix}"):
        questscore.history(model, LOG, **given)

"""How raw values become the fields of a model: strictly, and with every problem of an object at once."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any

import pytest

from questscore import (
    Active,
    ActivePeriods,
    Audience,
    ConditionRule,
    Count,
    EventRule,
    Funnel,
    Group,
    Lag,
    Level,
    Levels,
    Milestones,
    Rollup,
    ScoreModel,
    ScoreOf,
    Selector,
    Since,
    Streak,
    TierRule,
    Total,
    Trigger,
    dump_model,
    load_model,
)
from questscore.errors import ModelError, Problem
from questscore.model.award import Limit
from questscore.model.definition import build, names, number, optional_moment, whole
from questscore.model.selector import selector, selectors


def problems(make: Any, *args: object, **fields: object) -> list[Problem]:
    """What is wrong; each problem with a fix."""
    with pytest.raises(ModelError) as caught:
        make(*args, **fields)
    assert all(problem.fix for problem in caught.value.problems), str(caught.value)
    return list(caught.value.problems)


def wheres(make: Any, *args: object, **fields: object) -> list[str]:
    """Where the problems stand."""
    return [problem.where for problem in problems(make, *args, **fields)]


# -- nothing is coerced in silence


@pytest.mark.parametrize(
    "value",
    ["5", True, None, [5], math.nan, math.inf, 2**53 + 2, -(2**60), pytest.param(10**400, id="huge"), b"5"],
)
def test_a_number_is_a_finite_number_within_two_to_the_53(value: Any) -> None:
    assert wheres(number, value) == [""]


def test_a_number_within_the_bounds_is_itself() -> None:
    assert [number(v) for v in (0, -2.5, 2**53, 5e-324)] == [0, -2.5, 2**53, 5e-324]


@pytest.mark.parametrize("value", [0, -1, 1.0, 3.7, "3", True, None])
def test_a_count_is_a_whole_number_of_at_least_one(value: Any) -> None:
    assert wheres(whole, value) == [""]


@pytest.mark.parametrize(
    "value", ["", [], (), None, 7, ["a", ""], ["a", 7], {"a": 1}, b"ab", ["*", "a"], [None]]
)
def test_what_is_no_event_name_or_list_of_them(value: Any) -> None:
    assert wheres(names, value) == [""]


def test_event_names_are_one_or_several_and_each_once() -> None:
    assert names("a") == ("a",)
    assert names(["b", "a", "b"]) == ("b", "a")
    assert names("*") == ("*",)


@pytest.mark.parametrize("name", ["questscore.adjust", "questscore.reset", "questscore.other"])
def test_no_selector_may_name_a_reserved_event(name: str) -> None:
    assert "reserved" in problems(Count, "n", on=["a", name])[0].what
    assert wheres(selector, {"on": name}) == ["on"]


def test_a_moment_is_a_date_or_an_instant() -> None:
    day = dt.date(2026, 3, 1)
    assert optional_moment("2026-03-01") == optional_moment(day) == day
    assert optional_moment("2026-03-01T00:00:00Z") == optional_moment(dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
    assert optional_moment(None) is None
    for value in ("2026-02-30", "2026-3-1", "soon", 20260301, dt.datetime(2026, 3, 1), True):  # noqa: DTZ001
        assert wheres(optional_moment, value) == [""]


def test_selectors_are_names_lists_of_names_or_tables() -> None:
    found = selectors(["a", ["b", "c"], {"on": "d", "where": "x > 1"}, Selector("*")])
    assert [s.on for s in found] == [("a",), ("b", "c"), ("d",), ("*",)]
    assert str(found[2].where) == "x > 1"


def test_each_broken_selector_of_a_list_is_told_with_its_place() -> None:
    found = wheres(Funnel, "f", steps=["a", 7, {"on": "b", "were": "x > 1"}, {"where": "x >"}])
    assert found == ["steps[1]", "steps[2].were", "steps[3].on", "steps[3].where"]
    assert wheres(Milestones, "m", of=[]) == ["of"]
    assert wheres(Milestones, "m", of="a") == ["of"]  # a bare name is no list: its letters are no events
    assert wheres(Lag, "l", first=None, then={}) == ["first", "then.on"]


# -- all problems of an object at once, with its fields by the names they have in text


CASES: list[tuple[Any, dict[str, Any], list[str]]] = [
    (
        Count,
        {"name": "", "on": "", "window": "7 days", "half_life": 0},
        ["name", "on", "window", "half_life"],
    ),
    (Total, {"name": "t", "on": "a", "property": ""}, ["property"]),
    (Total, {"name": "t", "on": "a", "property": 7}, ["property"]),
    (Count, {"name": "c", "on": "a", "where": "x = 1"}, ["where"]),
    (Count, {"name": "c", "on": "a", "where": 1}, ["where"]),
    (Count, {"name": "c", "on": "a", "offset": "fortnight"}, ["offset"]),
    (Count, {"name": "c", "on": "a", "scope": "user"}, ["scope"]),
    (ActivePeriods, {"name": "p", "on": "a", "every": "7d"}, ["every"]),
    (Streak, {"name": "s", "on": "a", "every": "day", "at_least": 0}, ["at_least"]),
    (Since, {"name": "s", "on": "a", "never": "zero", "unit": "day"}, ["unit", "never"]),
    (Rollup, {"name": "r", "of": "x", "by": "average"}, ["by"]),
    (ScoreOf, {"name": "s", "model": {"name": "x"}}, ["model"]),
    (EventRule, {"name": "r", "on": "a", "points": True}, ["points"]),
    (EventRule, {"name": "r", "on": "a", "points": "amount *"}, ["points"]),
    (
        EventRule,
        {"name": "r", "on": "a", "points": 1, "limit": [{"count": 1}, {"points": 0}, {"cout": 1}]},
        ["limit[1].points", "limit[2].cout"],
    ),
    (EventRule, {"name": "r", "on": "a", "points": 1, "limit": 3}, ["limit"]),
    (EventRule, {"name": "r", "on": "a", "points": 1, "steps": {"every": "7d"}}, ["steps.factor"]),
    (EventRule, {"name": "r", "on": "a", "points": 1, "active": {"form": "2026-03-01"}}, ["active.form"]),
    (EventRule, {"name": "r", "on": "a", "points": 1, "active": {"from": "soon"}}, ["active.from"]),
    (
        EventRule,
        {"name": "r", "on": "a", "points": 1, "curve": "log", "cooldown": "day"},
        ["cooldown", "curve"],
    ),
    (EventRule, {"name": "r", "on": "a", "points": 1, "minimum": 5, "maximum": 4}, ["minimum"]),
    (EventRule, {"name": "r", "on": "a", "points": 0, "curve": "sqrt"}, ["points"]),
    (EventRule, {"name": "r", "on": "a", "points": "amount", "curve": "sqrt"}, ["points"]),
    (
        ConditionRule,
        {"name": "r", "when": "", "points": None, "missing": "zero"},
        ["when", "points", "missing"],
    ),
    (ConditionRule, {"name": "r", "when": "prop('x') > 1", "points": 1}, ["when"]),
    (ConditionRule, {"name": "r", "when": "a > 1", "points": "prop('x')"}, ["points"]),
    (TierRule, {"name": "r", "signal": "a", "tiers": [], "mode": "best"}, ["tiers", "mode"]),
    (TierRule, {"name": "r", "signal": "a", "tiers": [[1, 5], [1, 6]], "mode": "highest"}, ["tiers[1]"]),
    (TierRule, {"name": "r", "signal": "a", "tiers": [[1, 5], [2]], "mode": "highest"}, ["tiers[1]"]),
    (TierRule, {"name": "r", "signal": "a", "tiers": [[1, "5"]], "mode": "highest"}, ["tiers[0]"]),
    (TierRule, {"name": "r", "signal": "a", "tiers": {"1": 5}, "mode": "highest"}, ["tiers"]),
    (Group, {"name": "g", "minimum": 5, "maximum": 4}, ["minimum"]),
    (Group, {"name": "", "weight": "2"}, ["name", "weight"]),
    (Trigger, {"name": "t", "action": "mail"}, ["level"]),
    (Trigger, {"name": "t", "action": "mail", "level": "a", "audience": "b"}, ["level"]),
    (Trigger, {"name": "t", "action": "mail", "audience": "b", "on": "rise"}, ["on"]),
    (
        Trigger,
        {
            "name": "t",
            "action": "",
            "level": "a",
            "on": "entr",
            "status": "on",
            "rearm": "never",
            "notify": 1,
        },
        ["on", "action", "status", "rearm", "notify"],
    ),
    (Audience, {"name": "a", "enter": "score >", "leave": 3}, ["enter", "leave"]),
]


@pytest.mark.parametrize(("make", "fields", "expected"), CASES)
def test_every_field_at_fault_is_named(make: Any, fields: dict[str, Any], expected: list[str]) -> None:
    assert wheres(make, **fields) == expected


@pytest.mark.parametrize(
    ("make", "fields"),
    [
        (Level, {"name": "x", "at_least": True}),
        (Level, {"name": 5, "at_least": 1}),
        (Limit, {"count": "1"}),
        (Active, {"from": 5}),
        (Group, {"weigth": 2, "name": "g"}),
        (Group, {}),
    ],
)
def test_a_table_is_as_strict_as_an_object(make: Any, fields: dict[str, Any]) -> None:
    assert problems(build, make, fields)


def test_an_unknown_key_is_told_the_nearest_and_a_missing_one_by_name() -> None:
    found = problems(build, Group, {"nmae": "g"})
    assert [(p.where, p.what) for p in found] == [
        ("nmae", "unknown key 'nmae'; the nearest is 'name'"),
        ("name", "'name' is missing"),
    ]


def test_a_table_that_is_none_is_an_error_and_not_a_traceback() -> None:
    for value in (None, 7, "name", ["name"]):
        assert "is not a table of Group" in problems(build, Group, value)[0].what


# -- the model's own fields


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": " "}, ["name"]),
        ({"version": 3}, ["version"]),
        ({"subject": "acount"}, ["subject"]),
        ({"timezone": "Paris"}, ["timezone"]),
        ({"timezone": None}, ["timezone"]),
        ({"week_start": "Monday"}, ["week_start"]),
        ({"week_start": 1}, ["week_start"]),
        ({"evaluate": "hourly"}, ["evaluate"]),
        ({"evaluate": "1h"}, ["evaluate"]),
        ({"resolution": "hour"}, ["resolution"]),
        ({"signals": "count"}, ["signals"]),
        ({"signals": [{"name": "a"}]}, ["signals[0]"]),
        ({"rules": [None]}, ["rules[0]"]),
        ({"groups": [{"name": "g", "wait": 1}, 5]}, ["groups[0].wait", "groups[1]"]),
        ({"scale": {"kind": "linear", "low": 1, "high": 1}}, ["scale.low"]),
        ({"levels": [{"name": "a", "at_least": "1"}]}, ["levels[0].at_least"]),
        (
            {"levels": [{"name": "a", "at_least": 2}, {"name": "a", "at_least": 1}]},
            ["levels[1].name", "levels[1].at_least"],
        ),
        ({"levels": "high"}, ["levels"]),
        ({"below": ""}, ["below"]),
        ({"margin": -1}, ["margin"]),
        ({"dwell": "day"}, ["dwell"]),
        ({"minimum": 1, "maximum": 0}, ["minimum"]),
        ({"triggers": {"name": "t"}}, ["triggers"]),
        ({"events": ["pay"]}, ["events"]),
        ({"events": {"pay": "amount"}}, ["events.pay"]),
        ({"events": {"pay": ["amount", 7]}}, ["events.pay"]),
        (
            {"timezone": "Mars", "week_start": "someday", "minimum": "0"},
            ["timezone", "week_start", "minimum"],
        ),
    ],
)
def test_every_field_of_a_model_is_checked_and_all_are_told(
    fields: dict[str, Any], expected: list[str]
) -> None:
    assert wheres(ScoreModel, **{"name": "m", "subject": "user", **fields}) == expected


def test_a_misspelt_word_is_told_the_nearest() -> None:
    found = problems(ScoreModel, "m", subject="acount", timezone="Europe/Pariss", evaluate="weekly")
    assert ["'account'" in found[0].what, "Europe/Paris" in found[1].what, "'week'" in found[2].what] == [
        True
    ] * 3


def test_levels_and_their_options_may_stand_on_the_model_or_on_levels() -> None:
    """Text says them on the model, Python on either: both read alike after."""
    own = Levels(Level("a", at_least=1), below="none", margin="10%", dwell="1d")
    on_levels = ScoreModel("m", subject="user", levels=own)
    on_model = ScoreModel(
        "m", subject="user", levels=[{"name": "a", "at_least": 1}], below="none", margin="10%", dwell="1d"
    )
    assert on_levels == on_model
    assert (on_levels.below, str(on_levels.margin), str(on_levels.dwell)) == ("none", "10%", "1d")
    assert on_model.levels.sticky and on_model.levels.below == "none"


def test_a_level_may_be_named_base_where_the_base_level_is_not(tmp_path: Path) -> None:
    """The model looks at names once it knows its base level, wherever that was said."""
    named = [{"name": "base", "at_least": 1}, {"name": "more", "at_least": 2}]
    model = ScoreModel("m", subject="user", levels=named, below="low")
    assert model.levels.order == ("low", "base", "more")
    dump_model(model, tmp_path / "m.toml")
    assert load_model(tmp_path / "m.toml") == model
    found = problems(ScoreModel, "m", subject="user", levels=[*named, named[0]], below="more")
    assert {(p.where, p.what) for p in found} == {
        ("levels[1].name", "'more' is the base level"),
        ("levels[2].name", "'base' is used twice"),
        ("levels[2].at_least", "1 is not above 2, the threshold before it"),
    }


def test_a_definition_cannot_be_changed_and_equals_another_of_the_same_text() -> None:
    rule = EventRule("r", on="a", points=5, half_life="7d")
    assert rule == EventRule("r", on=["a"], points=5.0, half_life=dt.timedelta(days=7))
    assert rule != EventRule("r", on="a", points=5, half_life="8d")
    with pytest.raises(AttributeError):
        rule.points = 6  # type: ignore[misc]

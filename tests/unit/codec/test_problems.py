"""Everything that is wrong with a model is told at once, each thing once, with its full path."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from questscore import Count, EventRule, Group, ModelError, SignalDefinition
from questscore.codec import load_model
from unit.codec.whole import SMALL, WHOLE, Table


def problems(table: object) -> dict[str, str]:
    """What and fix, by place."""
    with pytest.raises(ModelError) as caught:
        load_model(table)  # type: ignore[arg-type]
    assert all(problem.what and problem.fix for problem in caught.value.problems)
    return {problem.where: f"{problem.what}; {problem.fix}" for problem in caught.value.problems}


def whole(**changes: object) -> Table:
    """`WHOLE` with other values, by place: ``rules__0__limit__1__every="hour"``; None takes a key away."""
    table = copy.deepcopy(WHOLE)
    for place, value in changes.items():
        holder: Any = table
        *steps, last = [int(step) if step.isdigit() else step for step in place.split("__")]
        for step in steps:
            holder = holder[step]
        if value is None:
            del holder[last]
        else:
            holder[last] = value
    return table


def test_many_problems_of_many_parts_at_once() -> None:
    """Fourteen mistakes, fourteen problems, no more."""
    table = whole(
        subjct="account",
        timezone="Europe/Pari",
        evaluate="hourly",
        signals__0__windw="7d",
        signals__3__property=None,
        signals__14__steps=["trial", {"on": "pay", "where": "amount >"}],
        signals__19__model__rules=[{"name": "r", "on": "*", "points": True}],
        signals__20__expr="logins / max(1, dayz)",
        rules__0__limit=[{"count": 3.7}, {"points": 4, "every": "hour"}],
        rules__1__where="amount > 'a",
        rules__4__when="logins > 5 and",
        groups__0__weight="2",
        levels__2__at_least="60",
        triggers__0__level="hihg",
    )
    assert set(problems(table)) == {
        "subjct",
        "timezone",
        "evaluate",
        "signals[0].windw",
        "signals[3].property",
        "signals[14].steps[1].where",
        "signals[19].model.rules[0].points",
        "signals[20].expr",
        "rules[0].limit[0].count",
        "rules[0].limit[1].every",
        "rules[1].where",
        "rules[4].when",
        "groups[0].weight",
        "levels[2].at_least",
        "triggers[0].level",
    }


PLACES: list[tuple[str, dict[str, Any]]] = [
    ("version", {"version": 3}),
    ("minimum", {"minimum": "inf"}),
    ("dwell", {"dwell": 3}),
    ("margin", {"margin": "10"}),
    ("below", {"below": ""}),
    ("resolution", {"resolution": "1 h"}),
    ("week_start", {"week_start": "Sunday"}),
    ("scale.kind", {"scale__kind": "log"}),
    ("scale.slope", {"scale__slope": None}),
    ("scale.half", {"scale__half": 3}),
    ("events.trial", {"events__trial": "x"}),
    ("signals", {"signals": "abc"}),
    ("signals[0]", {"signals__0": "login"}),
    ("signals[0].kind", {"signals__0__kind": "cuont"}),
    ("signals[0].kind", {"signals__0__kind": None}),
    ("signals[0].kind", {"signals__0__kind": ["count"]}),
    ("signals[3].name", {"signals__3__name": "round"}),
    ("signals[1].on", {"signals__1__on": "questscore.reset"}),
    ("signals[10].at_least", {"signals__10__at_least": 3.7}),
    ("signals[10].at_least", {"signals__10__at_least": True}),
    ("signals[14].steps", {"signals__14__steps": "abc"}),
    ("signals[14].steps[0]", {"signals__14__steps": [5]}),
    ("signals[16].then.wher", {"signals__16__then": {"on": "pay", "wher": "x"}}),
    ("signals[18].of", {"signals__18__of": "logins"}),
    ("signals[18].by", {"signals__18__by": "sun"}),
    ("signals[19].model", {"signals__19__model": "other.toml"}),
    ("signals[19].model.name", {"signals__19__model__name": None}),
    ("signals[19].model.rules[0].on", {"signals__19__model__rules__0__on": []}),
    ("signals[20]", {"signals__20__expr": "trend + 1"}),
    ("rules[0].active.from", {"rules__0__active__from": "2024-13-01"}),
    ("rules[0].active.from", {"rules__0__active__from": "2024-01-01T00:00:00"}),
    ("rules[0].active.form", {"rules__0__active__form": "2024-01-01"}),
    ("rules[0].fade", {"rules__0__fade": "30d"}),
    ("rules[0].minimum", {"rules__0__minimum": 1000}),
    ("rules[0].group", {"rules__0__group": "usge"}),
    ("rules[1].limit", {"rules__1__limit": {}}),
    ("rules[1].limit.count", {"rules__1__limit": {"count": 0}}),
    ("rules[2].steps.factor", {"rules__2__steps__factor": 2}),
    ("rules[3].points", {"rules__3__points": 0}),
    ("rules[3].name", {"rules__3__name": "steps"}),
    ("rules[6].tiers", {"rules__6__tiers": "abc"}),
    ("rules[6].tiers[1]", {"rules__6__tiers": [[1, 2], [1, 3]]}),
    ("rules[6].mode", {"rules__6__mode": None}),
    ("rules[6].signal", {"rules__6__signal": "dayz"}),
    ("levels[1].at_least", {"levels__1__at_least": None}),
    ("levels[2].at_least", {"levels__2__at_least": 10}),
    ("levels[0].when", {"levels__0__when": "idel > 3"}),
    ("triggers[0].rearm", {"triggers__0__rearm": "never"}),
    ("triggers[1].notify", {"triggers__1__notify": "no"}),
    ("triggers[1].audience", {"triggers__1__audience": "sliping"}),
    ("audiences[0].leave", {"audiences__0__leave": "leval == 'high'"}),
]


@pytest.mark.parametrize(("where", "changes"), PLACES, ids=lambda value: str(value)[:60])
def test_one_mistake_is_one_problem_at_its_place(where: str, changes: dict[str, Any]) -> None:
    """What depends on the broken part does not complain as well."""
    assert list(problems(whole(**changes))) == [where]


def test_what_reads_a_part_without_a_name_does_not_complain() -> None:
    """A name that is misspelt as a key could be any of those that are missing."""
    found = problems(whole(signals__0__nmae="logins", signals__0__name=None))
    assert set(found) == {"signals[0].name", "signals[0].nmae"}
    assert "'name'" in found["signals[0].nmae"]
    for part in ("groups", "levels", "audiences"):
        changes = {f"{part}__0__name": None}
        assert set(problems(whole(**changes))) == {f"{part}[0].name"}
    assert set(problems(whole(signals__17__name=None))) == {"signals[17].name"}


def test_what_is_wrong_with_two_parts_for_two_reasons_is_told_twice() -> None:
    """A part whose optional field is broken is checked against the others all the same."""
    found = problems(whole(rules__5__minimum="x", rules__5__when="trand > 1", rules__5__group="usge"))
    assert set(found) == {"rules[5].minimum", "rules[5].when", "rules[5].group"}
    assert "'trend'" in found["rules[5].when"]


@pytest.mark.parametrize(
    ("rule", "places", "says"),
    [
        ({"name": "r", "points": 5}, {""}, "'on' (event rule), 'when' (condition rule)"),
        ({"name": "r", "whn": "logins > 1", "points": 5}, {"", ".whn"}, "give the key"),
        ({"name": "r", "on": "a", "when": "logins > 1", "points": 5}, {""}, "'on' and 'when'"),
        ({"name": "r", "on": "a", "signal": "logins", "points": 5}, {""}, "'on' and 'signal'"),
        ({"name": "", "points": 5, "group": 3}, {"", ".name", ".group"}, "event rule"),
        ({"name": "r", "tiers": [[1, 2]], "mode": "highest"}, {".signal"}, ""),
        ({"name": "r", "kind": "tiers"}, {".kind"}, ""),
        ({"name": "r", "kind": "tier", "on": "a"}, {".on", ".signal", ".tiers", ".mode"}, ""),
        ("login", {""}, "table"),
    ],
)
def test_a_rule_says_its_kind_by_its_keys(rule: object, places: set[str], says: str) -> None:
    found = problems(whole(rules__0=rule))
    assert set(found) == {f"rules[0]{place}" for place in places}
    assert says in next(iter(found.values()))


def test_a_built_in_kind_may_be_written_out() -> None:
    rule = {"name": "r", "kind": "event", "on": "login", "points": 5}
    assert load_model({**SMALL, "rules": [rule]}) == load_model(SMALL)


def test_the_nearest_key_kind_and_name_are_offered() -> None:
    found = problems(whole(signals__0__windw="7d", signals__1__kind="totl", rules__6__signal="dayz"))
    assert "'window'" in found["signals[0].windw"]
    assert "'total'" in found["signals[1].kind"]
    assert "'days'" in found["rules[6].signal"]


def test_long_values_are_quoted_in_part() -> None:
    """A message stays readable, and on one line, whatever it is about."""
    junk = "x\n\x1b[31m" * 2000
    found = problems({**SMALL, "week_start": junk, junk: 1, "timezone": ["UTC"] * 900})
    assert len(found) == 3
    for where, what in found.items():
        assert len(where) < 300
        assert len(what) < 1500
        assert (where + what).isprintable()


def test_problems_without_end_are_cut_short() -> None:
    """The first hundred of a list, two hundred of a model; then how many more."""
    rule = {"name": 3, "on": 4, "points": True}
    found = problems({**SMALL, "rules": [rule] * 1000})
    assert found["rules"].startswith("966 more were not looked at")
    found = problems(SMALL | {f"key {i}": 1 for i in range(1000)})
    assert len(found) == 201
    assert found[""].startswith("800 more problems")


@pytest.mark.parametrize("source", [7, None, ["a"], 3.7, b"name", object()])
def test_what_is_no_source_at_all(source: object) -> None:
    with pytest.raises(ModelError, match="no source of a model"):
        load_model(source)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({1, 2}, "of type 'set'"),
        (b"bytes", "of type 'bytes'"),
        (object(), "of type 'object'"),
        (10**400, "2^63"),
        (10**5000, "2^63"),
        ("\ud800", "surrogate"),
        (1j, "of type 'complex'"),
    ],
    ids=["set", "bytes", "object", "10^400", "10^5000", "surrogate", "complex"],
)
def test_values_that_no_model_can_hold(value: object, says: str) -> None:
    """Told once, at the place, with everything else that is wrong."""
    found = problems(whole(rules__0__limit__0__count=value, rules__1__fade="x"))
    assert set(found) == {"rules[0].limit[0].count", "rules[1].fade"}
    assert says in found["rules[0].limit[0].count"]
    found = problems({**SMALL, "signals": [{"name": value, "kind": "count", "on": "a"}], "maximum": "x"})
    assert set(found) == {"signals[0].name", "maximum"}


@pytest.mark.parametrize(
    "key", [1, None, True, 10**5000, ("a",), "\ud800", 1.5], ids=lambda key: type(key).__name__
)
def test_keys_that_are_no_text(key: object) -> None:
    found = problems({**SMALL, "groups": [{"name": "a", key: 1}], "maximum": "x"})
    assert set(found) == {"groups[0]", "maximum"}
    assert "a key is not text" in found["groups[0]"]


def test_bare_parts_are_not_kinds() -> None:
    """The base classes say nothing, so no text means them."""
    assert SignalDefinition("a").kind == ""
    assert set(problems({**SMALL, "signals": [{"name": "a", "kind": ""}]})) == {"signals[0].kind"}


def test_a_missing_value_is_the_default_where_there_is_one() -> None:
    """As in Python, where ``window=None`` says what is so anyway."""
    signal = {"name": "a", "kind": "count", "on": "x", "window": None, "where": None}
    assert load_model({**SMALL, "signals": [signal], "scale": None}).signals == (Count("a", on="x"),)
    found = problems({**SMALL, "signals": [signal | {"on": None}], "levels": None, "events": None})
    assert set(found) == {"signals[0].on", "levels", "events"}


def test_ready_parts_of_the_wrong_sort_are_refused() -> None:
    found = problems(
        {**SMALL, "rules": [Group("g"), EventRule("r", on="a", points=1)], "groups": [Count("c", on="a")]}
    )
    assert set(found) == {"rules[0]", "groups[0]"}


def test_every_place_is_a_path_that_can_be_followed() -> None:
    """Places are made of keys and positions only."""
    for where, changes in PLACES:
        for place in problems(whole(**changes)):
            assert re.fullmatch(r"\w+(\[\d+\]|\.\w+)*", place), where

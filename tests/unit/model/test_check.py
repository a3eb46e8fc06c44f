"""Whether the parts of a model fit together: each problem with its place, what was found and the fix."""

from __future__ import annotations

from typing import Any

import pytest

from questscore import (
    Audience,
    ConditionRule,
    Count,
    Distinct,
    EventRule,
    Formula,
    Funnel,
    Group,
    Lag,
    Latest,
    Level,
    Levels,
    Limit,
    ModelError,
    Problem,
    Rollup,
    ScoreModel,
    ScoreOf,
    TierRule,
    Total,
    Trigger,
)
from unit.engine.both import a_model

LOGINS = Count("logins_7d", on="login", window="7d")
OF_MEMBER = Count("of_member", on="login", scope="member")


def problems(**fields: Any) -> list[Problem]:
    """What is wrong with a model of these parts."""
    with pytest.raises(ModelError) as caught:
        a_model(**fields)
    assert all(problem.fix for problem in caught.value.problems), str(caught.value)
    return list(caught.value.problems)


def problem(**fields: Any) -> tuple[str, str, str]:
    """Where, what and the fix of the only problem."""
    (found,) = problems(**fields)
    return found.where, found.what, found.fix


# -- names


@pytest.mark.parametrize(
    "text",
    ["score", "level", "event_name", "user", "account", "hour", "weekday", "day", "month"],
)
def test_a_signal_cannot_take_a_name_that_has_a_meaning(text: str) -> None:
    where, what, _ = problem(signals=[Count(text, on="a")])
    assert (where, what) == ("signals[0].name", f"{text!r} has a meaning of its own")


@pytest.mark.parametrize("text", ["min", "prop", "weighted_mean", "is_missing", "clip"])
def test_a_signal_cannot_be_named_like_a_function(text: str) -> None:
    where, what, _ = problem(signals=[Count(text, on="a")])
    assert (where, what) == ("signals[0].name", f"{text!r} is a function of the language")


@pytest.mark.parametrize("text", ["and", "or", "not", "in", "if", "else", "True", "False", "None", "is"])
def test_a_signal_cannot_be_named_like_a_word_of_the_language(text: str) -> None:
    assert problem(signals=[Count(text, on="a")])[0] == "signals[0].name"


@pytest.mark.parametrize(
    ("part", "items"),
    [
        ("signals", [Count("x", on="a"), Count("y", on="a"), Total("x", on="a", property="p")]),
        (
            "rules",
            [
                EventRule("x", on="a", points=1),
                EventRule("y", on="a", points=1),
                EventRule("x", on="b", points=2),
            ],
        ),
        ("groups", [Group("x"), Group("y"), Group("x")]),
        (
            "audiences",
            [
                Audience("x", enter="score > 1"),
                Audience("y", enter="score > 1"),
                Audience("x", enter="score > 2"),
            ],
        ),
    ],
)
def test_no_two_parts_of_a_kind_have_one_name(part: str, items: list[Any]) -> None:
    where, what, _ = problem(**{part: items})
    assert (where, what) == (f"{part}[2].name", f"'x' is the name of {part}[0] too")


def test_a_rule_may_be_called_what_a_signal_is_called() -> None:
    """They are different columns."""
    assert a_model([Count("x", on="a")], [EventRule("x", on="a", points=1)])


# -- what names what


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"rules": [ConditionRule("r", when="login_7d > 5", points=1)]}, "rules[0].when"),
        ({"rules": [ConditionRule("r", when="1 > 0", points="login_7d * 2")]}, "rules[0].points"),
        ({"rules": [TierRule("r", signal="login_7d", tiers=[[1, 1]], mode="highest")]}, "rules[0].signal"),
        ({"levels": Levels(Level("a", when="login_7d == 0"))}, "levels[0].when"),
        ({"audiences": [Audience("a", enter="login_7d > 1")]}, "audiences[0].enter"),
        ({"audiences": [Audience("a", enter="score > 1", leave="login_7d > 1")]}, "audiences[0].leave"),
    ],
)
def test_an_unknown_signal_is_told_the_nearest(fields: dict[str, Any], place: str) -> None:
    where, what, fix = problem(signals=[LOGINS], **fields)
    assert where == place
    assert "'login_7d'" in what and "the nearest" in what and "'logins_7d'" in what
    assert fix.startswith("write 'logins_7d'")


def test_an_unknown_signal_without_a_near_one_is_told_to_be_declared() -> None:
    where, _, fix = problem(signals=[LOGINS, Formula("f", expr="zzz + 1")])
    assert (where, fix) == ("signals[1].expr", "declare a signal named 'zzz'")


def test_every_unknown_name_of_an_expression_is_told() -> None:
    found = problems(rules=[ConditionRule("r", when="aa > 1 and bb > 1", points="cc")])
    assert [(p.where, p.what) for p in found] == [
        ("rules[0].when", "unknown signal 'aa'"),
        ("rules[0].when", "unknown signal 'bb'"),
        ("rules[0].points", "unknown signal 'cc'"),
    ]


def test_the_score_is_no_signal_and_no_rule_may_ask_for_it() -> None:
    """It would be what it is made of."""
    assert problem(rules=[ConditionRule("r", when="score > 5", points=1)])[0] == "rules[0].when"
    assert problem(levels=Levels(Level("a", when="score > 5")))[0] == "levels[0].when"


def test_an_undeclared_group_is_told_the_nearest() -> None:
    where, what, _ = problem(
        groups=[Group("habit")], rules=[EventRule("r", on="a", points=1, group="habbit")]
    )
    assert (where, what) == ("rules[0].group", "unknown group 'habbit'; the nearest is 'habit'")


def test_expressions_over_signals_read_no_events() -> None:
    assert problem(levels=Levels(Level("a", when="prop('plan') == 'pro'")))[0] == "levels[0].when"
    assert problem(audiences=[Audience("a", enter="prop('plan') == 'pro'")])[0] == "audiences[0].enter"
    with pytest.raises(ModelError, match="reads events"):
        Formula("f", expr="prop('plan')")


# -- circles


def test_a_formula_of_itself_is_a_circle() -> None:
    where, what, _ = problem(signals=[Formula("a", expr="a + 1")])
    assert (where, what) == ("signals[0]", "a circle: a -> a")


def test_a_circle_through_several_signals_is_told_whole_and_once() -> None:
    signals = [
        Formula("start", expr="a"),
        Formula("a", expr="b + logins_7d"),
        Formula("b", expr="c"),
        Formula("c", expr="a"),
        LOGINS,
    ]
    assert [(p.where, p.what) for p in problems(signals=signals)] == [
        ("signals[3]", "a circle: a -> b -> c -> a")
    ]


def test_a_circle_through_a_rollup_is_one_too() -> None:
    signals = [
        Rollup("total", of="share", by="sum"),
        Formula("share", expr="of_member / total", scope="member"),
        OF_MEMBER,
    ]
    assert "a circle" in problem(subject="account", signals=signals)[1]


def test_a_diamond_is_no_circle() -> None:
    signals = [
        Formula("top", expr="l + r"),
        Formula("l", expr="x"),
        Formula("r", expr="x"),
        Count("x", on="a"),
    ]
    assert a_model(signals)


def test_a_thousand_formulas_in_a_row_are_checked_without_recursion() -> None:
    """A chain is legal, however long; a model file must not exhaust the stack of its host."""
    chain = [Formula(f"f{i}", expr=f"f{i + 1} + 1") for i in range(1500)]
    assert a_model([*chain, Count("f1500", on="a")])
    assert "a circle" in problem(signals=[*chain, Formula("f1500", expr="f0")])[1]


# -- members


def test_members_exist_in_accounts_only() -> None:
    where, what, _ = problem(signals=[OF_MEMBER])
    assert (where, what) == ("signals[0].scope", "members exist in accounts only")


def test_a_rollup_needs_accounts() -> None:
    found = problems(signals=[OF_MEMBER, Rollup("r", of="of_member", by="sum")])
    assert [(p.where, p.what) for p in found] == [
        ("signals[0].scope", "members exist in accounts only"),
        ("signals[1].kind", "a rollup needs subject = 'account'"),
    ]


def test_a_rollup_is_of_a_member_signal() -> None:
    where, what, fix = problem(subject="account", signals=[LOGINS, Rollup("r", of="logins_7d", by="sum")])
    assert (where, what) == ("signals[1].of", "'logins_7d' is not a member signal")
    assert fix == "give 'logins_7d' scope = 'member'"


def test_a_rollup_of_an_unknown_signal_is_told_the_nearest_member_signal() -> None:
    where, what, _ = problem(subject="account", signals=[OF_MEMBER, Rollup("r", of="ofmember", by="sum")])
    assert (where, what) == ("signals[1].of", "unknown signal 'ofmember'; the nearest is 'of_member'")


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"rules": [ConditionRule("r", when="of_member > 1", points=1)]}, "rules[0].when"),
        ({"rules": [TierRule("r", signal="of_member", tiers=[[1, 1]], mode="highest")]}, "rules[0].signal"),
        ({"levels": Levels(Level("a", when="of_member == 0"))}, "levels[0].when"),
        ({"audiences": [Audience("a", enter="of_member > 1")]}, "audiences[0].enter"),
    ],
)
def test_a_member_signal_is_read_through_a_rollup_only(fields: dict[str, Any], place: str) -> None:
    assert problem(subject="account", signals=[OF_MEMBER], **fields)[0] == place


def test_an_unscoped_formula_cannot_read_a_member_signal_and_a_member_formula_can_read_both() -> None:
    where, _, fix = problem(subject="account", signals=[OF_MEMBER, Formula("f", expr="of_member")])
    assert (where, fix) == ("signals[1].expr", "read it through a rollup signal of it")
    member = Formula("f", expr="of_member / logins_7d", scope="member")
    assert a_model([OF_MEMBER, LOGINS, member], subject="account")


def test_another_models_score_is_that_of_the_same_kind_of_subject() -> None:
    of_users = ScoreModel("inner", subject="user")
    of_accounts = ScoreModel("inner", subject="account")
    where, what, _ = problem(signals=[ScoreOf("s", model=of_accounts)])
    assert (where, what) == ("signals[0].model", "model 'inner' scores accounts, and users are asked for")
    assert problem(subject="account", signals=[ScoreOf("s", model=of_users)])[0] == "signals[0].model"
    assert (
        problem(subject="account", signals=[ScoreOf("s", model=of_accounts, scope="member")])[0]
        == "signals[0].model"
    )
    assert a_model([ScoreOf("s", model=of_users, scope="member")], subject="account")


# -- declared events


EVENTS = {"pay": ["amount", "plan"], "visit": ["page", "plan"]}


@pytest.mark.parametrize(
    ("fields", "place", "name"),
    [
        ({"signals": [Count("c", on="pay", where="amuont > 1")]}, "signals[0].where", "amuont"),
        ({"signals": [Count("c", on="pay", where="prop('amuont') > 1")]}, "signals[0].where", "amuont"),
        ({"signals": [Total("t", on="pay", property="amuont")]}, "signals[0].property", "amuont"),
        ({"signals": [Latest("t", on=["pay", "visit"], property="seats")]}, "signals[0].property", "seats"),
        ({"signals": [Distinct("d", on="visit", property="amount")]}, "signals[0].property", "amount"),
        (
            {"signals": [Funnel("f", steps=["a", {"on": "pay", "where": "x > 1"}])]},
            "signals[0].steps[1].where",
            "x",
        ),
        (
            {"signals": [Lag("l", first="a", then={"on": "pay", "where": "x > 1"})]},
            "signals[0].then.where",
            "x",
        ),
        ({"rules": [EventRule("r", on="pay", points="amuont / 10")]}, "rules[0].points", "amuont"),
        ({"rules": [EventRule("r", on="pay", where="x > 1", points=1)]}, "rules[0].where", "x"),
        (
            {"rules": [EventRule("r", on="pay", points=1, limit=Limit(count=1, per="paln"))]},
            "rules[0].limit.per",
            "paln",
        ),
    ],
)
def test_an_undeclared_property_of_a_declared_event_is_an_error(
    fields: dict[str, Any], place: str, name: str
) -> None:
    where, what, fix = problem(events=EVENTS, **fields)
    assert where == place
    assert what.startswith(f"unknown property {name!r}")
    assert "add it under events" in fix


def test_a_declared_property_and_the_names_of_the_event_itself_are_known() -> None:
    where = "amount > 1 and plan == 'pro' and hour > 9 and event_name == 'pay' and prop('plan') == 'pro'"
    assert a_model([Count("c", on="pay", where=where)], events=EVENTS)
    assert a_model([Count("c", on=["pay", "visit"], where="page == 'x' and amount > 1")], events=EVENTS)


def test_an_event_that_is_not_declared_may_carry_anything() -> None:
    """Nor can anything be said where one of the names, or any name, is meant."""
    for on in ("other", ["pay", "other"], "*"):
        assert a_model([Count("c", on=on, where="whatever > 1")], events=EVENTS)


# -- triggers and audiences


def test_a_trigger_names_a_level_or_an_audience_that_there_is() -> None:
    levels = Levels(Level("active", at_least=1), below="idle")
    triggers = [
        Trigger("t", level="activ", action="mail"),
        Trigger("u", audience="vip", action="mail"),
        Trigger("v", level="idle", action="mail"),
    ]
    found = problems(
        levels=levels, triggers=triggers, audiences=[Audience("vips", enter="level == 'active'")]
    )
    assert [(p.where, p.what) for p in found] == [
        ("triggers[0].level", "unknown level 'activ'; the nearest is 'active'"),
        ("triggers[1].audience", "unknown audience 'vip'; the nearest is 'vips'"),
    ]


# -- all at once


def test_all_problems_of_a_model_are_told_at_once_with_their_places() -> None:
    found = problems(
        signals=[Count("min", on="a"), Formula("f", expr="g"), Formula("g", expr="f"), Count("min", on="b")],
        rules=[EventRule("r", on="a", points=1, group="x"), ConditionRule("r", when="nope", points=1)],
        levels=Levels(Level("l", when="nope")),
        triggers=[Trigger("t", level="m", action="mail")],
    )
    assert sorted(p.where for p in found) == [
        "levels[0].when",
        "rules[0].group",
        "rules[1].name",
        "rules[1].when",
        "signals[0].name",
        "signals[2]",  # the circle f -> g -> f, where it closes
        "signals[3].name",  # like signals[0]
        "signals[3].name",  # and like a function
        "triggers[0].level",
    ]


def test_the_message_is_where_what_and_fix_for_each() -> None:
    with pytest.raises(ModelError) as caught:
        a_model([LOGINS], [ConditionRule("r", when="login_7d > 5", points=1)])
    assert str(caught.value) == (
        "rules[0].when: unknown signal 'login_7d'; the nearest is 'logins_7d'\n"
        "  fix: write 'logins_7d', or declare a signal named 'login_7d'"
    )

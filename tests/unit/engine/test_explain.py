"""Explanations: trees that add up to the score exactly, with what was lost as lines of their own."""

from __future__ import annotations

import math
from typing import Any

import pytest

import questscore
from questscore import (
    ConditionRule,
    Count,
    Event,
    EventRule,
    Explanation,
    Formula,
    Group,
    Latest,
    Level,
    Levels,
    Limit,
    Linear,
    Mean,
    Rollup,
    Rule,
    Saturating,
    ScoreModel,
    ScoreOf,
    TierRule,
    Total,
    UnknownSubject,
    explain,
)
from questscore.model.result import ROUNDING
from support.cases import numbered
from support.compare import equal
from unit.engine.both import ACME, ADA, a_model, adjust, both, ev, reset, t

LOG = [ev("task", f"2026-03-0{day}T12:00", size=day) for day in (1, 2, 3, 4)]


def tree(
    model: ScoreModel, log: list[Event] = LOG, at: str = "2026-03-09", subject: str = ADA
) -> Explanation:
    """The explanation, which adds up to the score that the table has."""
    made = explain(model, log, subject, t(at))
    assert made.check(), str(made)
    score = questscore.score(model, log, t(at))[subject]
    if score.value is None:
        assert made.value is None
    else:
        assert made.value == pytest.approx(score.value, rel=1e-9, abs=1e-9)
    return made


def lines(node: Explanation) -> dict[str, float | None]:
    """Label to value of what is right below, roundings apart."""
    return {child.label: child.value for child in node.children if child.label != ROUNDING}


def of_rule(log: list[Event] = LOG, at: str = "2026-03-09", **fields: Any) -> dict[str, float | None]:
    """The lines of one event rule."""
    (child,) = tree(
        a_model(rules=[EventRule("r", **{"on": "task", "points": 10, **fields})]), log, at
    ).children
    assert child.label == "r"
    return lines(child)


def find(node: Explanation, label: str) -> Explanation:
    """The line that begins like this."""
    (found,) = [line for line in node.walk() if line.label.startswith(label)]
    return found


# -- lines of an event rule


def test_what_was_awarded_says_how_many_events_of_what() -> None:
    assert of_rule() == {"awarded for 4 × task": 40}
    assert of_rule(where="size > 2") == {"awarded for 2 × task where size > 2": 20}
    assert of_rule(on=["task", "pay"]) == {"awarded for 4 × task, pay": 40}
    assert of_rule(on="*") == {"awarded for 4 × any event": 40}
    assert of_rule(on="pay") == {}


@pytest.mark.parametrize(
    ("fields", "lost"),
    [
        ({"limit": Limit(count=3)}, {"lost to limits": -10}),
        ({"limit": Limit(points=25)}, {"lost to limits": -15}),
        ({"cooldown": "2d"}, {"lost to limits": -20}),
        ({"window": "2d"}, {"older than 2d": -20}),
        ({"window": "week"}, {"older than week": -10}),
        ({"half_life": "1d"}, {"lost to ageing": 10 + 5 + 2.5 + 1.25 - 40}),
        ({"fade": "4d"}, {"lost to ageing": 10 + 7.5 + 5 + 2.5 - 40}),
        ({"steps": {"every": "3d", "factor": 0}}, {"lost to ageing": -10}),
        ({"half_life": "1d", "window": "2d"}, {"older than 2d": -20, "lost to ageing": 15 - 20}),
        ({"limit": Limit(count=1), "half_life": "1d"}, {"lost to limits": -30, "lost to ageing": 1.25 - 10}),
        ({"curve": "sqrt"}, {"sqrt curve": 20 - 40}),
        ({"curve": "log2", "limit": Limit(count=3)}, {"lost to limits": -10, "log2 curve": 20 - 30}),
        ({"maximum": 25}, {"bounds (at most 25)": -15}),
        ({"minimum": 50, "maximum": 60}, {"bounds (at least 50, at most 60)": 10}),
    ],
)
def test_what_was_lost_is_a_line_of_its_own(fields: dict[str, Any], lost: dict[str, float]) -> None:
    assert of_rule(at="2026-03-04T12:00", **fields) == pytest.approx({"awarded for 4 × task": 40} | lost)


def test_what_a_reset_voided_is_a_line_and_is_not_lost_twice() -> None:
    """The first is void; of the others one is too old; limits had let two of four through, and so on."""
    log = [*LOG, reset("2026-03-01T13:00")]
    assert of_rule(log) == {"awarded for 4 × task": 40, "lost to a reset": -10}
    assert of_rule(log, limit=Limit(count=2)) == {
        "awarded for 4 × task": 40,
        "lost to limits": -20,
        "lost to a reset": -10,
    }
    found = of_rule(log, at="2026-03-04T12:00", half_life="1d", window="2d")
    assert found == {
        "awarded for 4 × task": 40,
        "lost to a reset": -10,
        "older than 2d": -10,
        "lost to ageing": -5,
    }


def test_losses_count_as_awards_with_a_minus() -> None:
    assert of_rule(points=-10, half_life="1d", at="2026-03-04T12:00") == {
        "awarded for 4 × task": -40,
        "lost to ageing": 40 - 18.75,
    }


def test_a_minimum_lifts_a_rule_that_paid_nothing() -> None:
    assert of_rule(on="pay", minimum=5) == {"bounds (at least 5)": 5}


# -- other rules, groups, the model


def test_a_condition_says_what_it_read_and_a_tier_its_value() -> None:
    signals = [
        Count("n", on="task"),
        Mean("stars", on="rate", property="stars"),
        Latest("plan", on="*", property="plan"),
    ]
    rules: list[Rule] = [
        ConditionRule("c", when="n > 2 and not stars > 3", points=7),
        ConditionRule("d", when="is_missing(plan)", points="n * 2"),
        ConditionRule("no", when="n > 99", points=7),
        TierRule("tier", signal="n", tiers=[[1, 5], [4, 9]], mode="cumulative"),
        ConditionRule("always", when="True", points=1),
    ]
    made = tree(a_model(signals, rules))
    assert {child.label: lines(child) for child in made.children} == {
        "c": {"n > 2 and not stars > 3 (n = 4, stars = missing)": 7},
        "d": {"is_missing(plan) (plan = missing, n = 4)": 8},
        "no": {},
        "tier": {"n = 4 (cumulative)": 14},
        "always": {"True": 1},
    }


def test_a_group_shows_its_bounds_and_its_weight() -> None:
    rules = [EventRule("a", on="task", points=10, group="g"), EventRule("b", on="task", points=5, group="g")]
    made = tree(a_model(rules=rules, groups=[Group("g", maximum=50, weight=0.5)]))
    assert made.value == 25
    (group,) = made.children
    assert group.label == "group g"
    assert lines(group) == {"a": 40, "b": 20, "bounds (at most 50)": -10, "weight 0.5": -25}


def test_an_empty_group_with_a_minimum_is_explained() -> None:
    made = tree(a_model(groups=[Group("g", minimum=3, weight=2)]))
    assert lines(made.children[0]) == {"bounds (at least 3)": 3, "weight 2": 3}


def test_adjustments_are_lines_with_their_reasons_and_events() -> None:
    log = [
        adjust("2026-02-01", 99),
        reset("2026-03-01", 20),
        adjust("2026-03-02", 5, reason="call"),
        adjust("2026-03-03", -1),
    ]
    made = tree(a_model(), log)
    (node,) = made.children
    assert (node.label, node.value) == ("adjustments", 24)
    assert lines(node) == {
        "started from (2026-03-01T00:00:00Z)": 20,
        "call (2026-03-02T00:00:00Z)": 5,
        "adjusted (2026-03-03T00:00:00Z)": -1,
    }
    assert find(made, "call").events() == (log[2],)


def test_bounds_and_scale_of_the_model_are_the_last_lines() -> None:
    rule = EventRule("r", on="task", points=100)
    made = tree(a_model(rules=[rule], maximum=300, scale=Linear(0, 600)))
    assert made.value == 50
    assert lines(made) == {"r": 400, "bounds (at most 300)": -100, "linear scale": -250}
    assert lines(tree(a_model(rules=[rule], scale=Saturating(400)))) == {"r": 400, "saturating scale": -350}
    assert lines(tree(a_model(rules=[rule], scale=Linear(0, 100)))) == {"r": 400, "linear scale": -300}


def test_a_negative_score_bounded_and_scaled_adds_up() -> None:
    made = tree(a_model(rules=[EventRule("r", on="task", points=-3.3)], minimum=-5, scale=Linear(-10, 10)))
    assert made.value == 25
    assert lines(made)["linear scale"] == 30


# -- sums


def test_where_floating_point_does_not_add_up_a_rounding_line_says_so() -> None:
    """Three tenths less three tenths: the parts of a faded sum need not add up to the last bit."""
    log = [ev("task", f"2026-03-01T00:00:{i:02}", size=0.1 * i) for i in range(50)]
    rules = [
        EventRule(f"r{i}", on="task", points="size", half_life=f"{i + 1}d", maximum=7 / (i + 1))
        for i in range(9)
    ]
    groups = [Group("g", maximum=1 / 3, weight=0.7)]
    made = tree(
        a_model(
            rules=[*rules, EventRule("x", on="task", points="size / 7", group="g")],
            groups=groups,
            scale=Saturating(1 / 3),
        ),
        log,
    )
    for node in made.walk():
        if node.children and node.value is not None:
            assert math.fsum(child.value for child in node.children if child.value is not None) == node.value


def test_someone_who_was_paid_nothing_has_a_tree_too() -> None:
    made = tree(a_model(rules=[EventRule("r", on="pay", points=10)]))
    assert (made.value, made.children[0].value, made.children[0].children) == (0, 0, ())
    assert tree(a_model()).children == ()


# -- unknown


def test_an_unknown_rule_says_what_is_missing_and_the_rest_is_still_there() -> None:
    signals = [
        Mean("stars", on="rate", property="stars"),
        Count("n", on="task"),
        Mean("size", on="x", property="y"),
    ]
    rules: list[Rule] = [
        EventRule("sure", on="task", points=10),
        ConditionRule("unsure", when="stars > n", points="size", missing="unknown", group="g"),
    ]
    made = tree(
        a_model(signals, rules, groups=[Group("g")], levels=[{"name": "in", "at_least": 1}]),
        [*LOG, adjust("2026-03-02", 5)],
    )
    assert made.value is None
    assert lines(made) == {"sure": 40, "group g": None, "adjustments": 5}
    assert [line.label for line in made.children[1].children] == ["unsure (unknown: size, stars missing)"]
    assert "unknown" in str(made)


# -- events


def test_the_events_behind_each_line_are_there() -> None:
    made = tree(
        a_model(rules=[EventRule("r", on="task", points=10, limit=Limit(count=3), window="week")]),
        at="2026-03-04T13:00",
    )
    assert made.events() == tuple(LOG)
    assert find(made, "awarded").events() == tuple(LOG)
    assert find(made, "lost to limits").events() == (LOG[3],)
    assert find(made, "older than week").events() == (LOG[0],)


def test_events_behind_a_condition_are_those_of_its_signals_in_their_windows() -> None:
    signals = [
        Count("recent", on="task", window="2d"),
        Total("sizes", on="task", where="size > 3", property="size"),
        Count("before", on="task", window="2d", offset="2d"),
        Formula("f", expr="sizes + before"),
    ]
    log = [*LOG, ev("other", "2026-03-04")]
    at = "2026-03-04T13:00"
    for when, expected in {
        "recent > 0": LOG[2:],
        "sizes > 0": LOG[3:],
        "before > 0": LOG[:2],
        "f > 0": [LOG[0], LOG[1], LOG[3]],
    }.items():
        made = tree(a_model(signals, [ConditionRule("c", when=when, points=1)]), log, at)
        assert made.events() == tuple(expected), when


def test_events_behind_a_rollup_are_those_of_the_members() -> None:
    log = [
        *LOG,
        ev("task", "2026-03-05", user="bob"),
        ev("pay", "2026-03-05", user="bob"),
        ev("task", "2026-03-05", user=None),
    ]
    signals = [Count("n", on="task", scope="member"), Rollup("most", of="n", by="maximum")]
    made = tree(
        a_model(signals, [ConditionRule("c", when="most > 3", points=1)], subject="account"),
        log,
        subject=ACME,
    )
    assert made.events() == tuple(log[:5])


def test_events_behind_another_models_score_are_there_too() -> None:
    """ "Why is this 7?" must not end at a name: the other model has read the tasks."""
    inner = ScoreModel("inner", subject="user", rules=[EventRule("r", on="task", points=1)])
    made = tree(a_model([ScoreOf("s", model=inner)], [ConditionRule("c", when="s > 3", points=7)]))
    assert made.events() == tuple(LOG)


def test_of_an_event_sent_twice_the_one_that_stands_is_shown_once() -> None:
    log = [
        ev("task", "2026-03-02", id="e", size=2),
        ev("task", "2026-03-01", id="e", size=1),
        ev("task", "2026-03-01", id="e", size=1),
    ]
    made = tree(a_model(rules=[EventRule("r", on="task", points="size")]), log)
    assert [event.properties for event in made.events()] == [{"size": 1}]


# -- who, when, and levels


def test_an_unknown_subject_is_an_error_that_knows_the_nearest() -> None:
    model = a_model(rules=[EventRule("r", on="task", points=10)])
    for subject, at in (("adda", "2026-03-09"), (ADA, "2026-02-28")):
        with pytest.raises(UnknownSubject, match="has no event at or before") as caught:
            explain(model, LOG, subject, t(at))
        assert isinstance(caught.value, KeyError)
    with pytest.raises(UnknownSubject) as caught:
        explain(model, LOG, "adda", t("2026-03-09"))
    assert caught.value.nearest == "ada"
    with pytest.raises(UnknownSubject):
        explain(model, [], ADA)


def test_at_is_by_default_the_last_event_whoevers_it_is() -> None:
    model = a_model(rules=[EventRule("r", on="task", points=8, fade="8d")])
    made = explain(model, [*LOG, ev("other", "2026-03-05T12:00", user="bob")], ADA)
    assert made.value == 4 + 5 + 6 + 7
    assert made == explain(model, LOG, ADA, "2026-03-05T13:00:00+01:00")


def test_the_label_names_the_subject_and_the_level() -> None:
    model = a_model(rules=[EventRule("r", on="task", points=10)], levels=[{"name": "in", "at_least": 40}])
    assert tree(model).label == "ada: score, level 'in'"
    assert tree(a_model()).label == "ada: score"


@pytest.mark.parametrize("evaluate", ["day", "continuous"])
def test_the_level_it_names_is_the_one_that_the_table_has(evaluate: str) -> None:
    """With a margin a score of 95 may still be "in" (100): both must say so."""
    log = [ev("task", "2026-03-01", size=105), ev("task", "2026-03-03T12:00", size=-10)]
    rule = EventRule("r", on="task", points="size")
    model = a_model(rules=[rule], levels=Levels(Level("in", at_least=100), margin=10), evaluate=evaluate)
    assert both(model, log, "2026-03-05")[ADA].level == "in"
    assert tree(model, log, "2026-03-05").label == "ada: score, level 'in'"


# -- shown


HOSTILE = "<img src=x onerror=alert(1)>&'\"\n\x1b[31m"


def test_hostile_names_are_escaped_in_html() -> None:
    """Subjects, rules, reasons and event names come from other people."""
    log = [ev(HOSTILE, "2026-03-01", user=HOSTILE), adjust("2026-03-02", 5, user=HOSTILE, reason=HOSTILE)]
    model = a_model(
        [Count("n", on=HOSTILE)],
        [
            EventRule(HOSTILE, on=HOSTILE, points=10),
            ConditionRule("c", when="n > 0", points=1, group=HOSTILE),
        ],
        groups=[Group(HOSTILE)],
    )
    shown = tree(model, log, subject=HOSTILE)._repr_html_()
    assert "<img" not in shown and "onerror=alert(1)&gt;" in shown
    assert "'\"" not in shown


def test_as_text_it_has_a_line_for_each_node() -> None:
    """A name with a line break is still one line: nobody can write lines of his own into a report."""
    log = [ev("task", "2026-03-01", user="eve\nadmin: score  999.00")]
    made = tree(a_model(rules=[EventRule("r", on="task", points=10)]), log, subject=log[0].user or "")
    assert len(str(made).splitlines()) == 3


@pytest.mark.parametrize("first", range(0, 100, 25))
def test_every_tree_of_random_models_adds_up_to_the_score(first: int) -> None:
    """All kinds and options, as the law of the engine draws them."""
    for number in range(first, first + 25):
        case = numbered(7, number)
        model = questscore.load_model(case.model)
        table = questscore.score(model, questscore.read_events(case.events), case.at)
        for score in table:
            made = explain(model, case.events, score.subject, case.at)
            assert made.check(), (number, str(made))
            assert equal(made.value, score.value, 1e-7), (number, score.subject, made.value, score.value)

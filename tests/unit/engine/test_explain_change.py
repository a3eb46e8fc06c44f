"""The difference of a score between two instants: trees that add up to it exactly, a line for each reason."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, ClassVar

import pytest
from attrs import field, frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import questscore
from questscore import (
    ConditionRule,
    Context,
    Count,
    Event,
    EventError,
    EventRule,
    Explanation,
    Group,
    Latest,
    Level,
    Levels,
    Limit,
    Linear,
    Mean,
    Rollup,
    Rule,
    Score,
    ScoreModel,
    Since,
    TierRule,
    UnknownSubject,
    explain,
    reference,
)
from questscore.engine.explain_change import changed
from questscore.language import Value
from questscore.model.result import ROUNDING, Line
from questscore.model.rule import Reading
from questscore.model.selector import Selector
from questscore.model.time import DAY, HOUR
from questscore.reference import Subject
from support.cases import Case, cases, numbered
from unit.engine.both import ACME, ADA, a_model, adjust, ev, reset, t

LOG = [ev("task", f"2026-03-0{day}T12:00", size=day) for day in (1, 2, 3, 4)]
FIRST, SECOND, LAST = (f"2026-03-0{day}T12:00" for day in (1, 2, 4))


def held(model: ScoreModel, log: Sequence[Event], subject: str, start: int, end: int) -> Explanation:
    """The tree, which adds up to the difference of the two scores that the definition gives."""
    made = changed(Subject(model, reference.by_subject(model, log)[subject]), subject, start, end)
    before, after = (reference.score(model, log, at).get(subject) for at in (start, end))
    assert after is not None
    assert made.value == difference(before, after)
    for node in made.walk():
        known = [child.value for child in node.children if child.value is not None]
        if node.value is not None and node.children:
            assert math.fsum(known) == node.value, str(made)
    return made


def difference(before: Score | None, after: Score) -> float | None:
    """What the root of a tree must be; who was not scored before comes from nothing."""
    if before is None or after.value is None:
        return after.value
    return None if before.value is None else after.value - before.value


def change(
    model: ScoreModel, log: Sequence[Event] = LOG, start: str = SECOND, end: str = LAST, subject: str = ADA
) -> Explanation:
    """The tree between two instants as text."""
    return held(model, log, subject, t(start), t(end))


def lines(node: Explanation) -> dict[str, float | None]:
    """Label to value of what is right below, roundings apart."""
    return {child.label: child.value for child in node.children if child.label != ROUNDING}


def of_rule(
    log: Sequence[Event] = LOG, start: str = SECOND, end: str = LAST, **fields: Any
) -> dict[str, float | None]:
    """The lines of one event rule."""
    rule = EventRule("r", **{"on": "task", "points": 10, **fields})
    (child,) = change(a_model(rules=[rule]), log, start, end).children
    assert child.label == "r"
    return lines(child)


def find(node: Explanation, label: str) -> Explanation:
    """The line that begins like this."""
    (found,) = [line for line in node.walk() if line.label.startswith(label)]
    return found


# -- event rules: tasks on 1, 2, 3 and 4 March at noon, seen from noon to noon


def test_what_is_new_says_how_many_events_of_what() -> None:
    assert of_rule() == {"new: 2 × task": 20}
    assert of_rule(start=FIRST, where="size > 2") == {"new: 2 × task where size > 2": 20}
    assert of_rule(on="*", start="2026-03-03T12:00") == {"new: 1 × any event": 10}


@pytest.mark.parametrize(
    ("fields", "start", "also"),
    [
        # paid: 10 10 10 0; 10 10 5 0; 10 0 10 0
        ({"limit": Limit(count=3)}, SECOND, {"lost to limits": -10}),
        ({"limit": Limit(points=25)}, SECOND, {"lost to limits": -15}),
        ({"cooldown": "2d"}, SECOND, {"lost to limits": -10}),
        # 10 10 . . -> 0 0 10 10
        ({"window": "2d"}, SECOND, {"older than 2d": -20}),
        # 0 10 . . -> 0 0 0 10: the third came and went in between
        ({"window": "1d"}, SECOND, {"older than 1d": -20}),
        # 5 10 . . -> 1.25 2.5 5 10
        ({"half_life": "1d"}, SECOND, {"lost to ageing": 1.25 + 2.5 + 5 - 5 - 10 - 10}),
        # 7.5 10 . . -> 2.5 5 7.5 10
        ({"fade": "4d"}, SECOND, {"lost to ageing": 2.5 + 5 + 7.5 - 7.5 - 10 - 10}),
        ({"steps": {"every": "3d", "factor": 0}}, SECOND, {"lost to ageing": -10}),
        # 5 10 . . -> 0 0 5 10: what had aged before the start is not lost again
        ({"half_life": "1d", "window": "2d"}, SECOND, {"older than 2d": -15, "lost to ageing": -5}),
        # 10 -> 20, where 10 -> 40 without the curve
        ({"curve": "sqrt"}, FIRST, {"sqrt curve": 20 - 40}),
        # 10 log2(1 + 1) -> 10 log2(1 + 3), where 10 -> 30 without the curve
        ({"curve": "log2", "limit": Limit(count=3)}, FIRST, {"lost to limits": -10, "log2 curve": 20 - 30}),
        # 20 -> 25, where 20 -> 40 without the bound; 10 + 5 -> 40 - 15
        ({"maximum": 25}, SECOND, {"bounds (at most 25)": -15}),
        ({"minimum": 15, "maximum": 25}, FIRST, {"bounds (at least 15, at most 25)": -20}),
    ],
)
def test_what_became_of_points_is_a_line_of_its_own(
    fields: dict[str, Any], start: str, also: dict[str, float]
) -> None:
    new = {"new: 2 × task": 20} if start == SECOND else {"new: 3 × task": 30}
    assert of_rule(start=start, **fields) == new | also


def test_losses_are_new_with_a_minus_and_age_towards_nothing() -> None:
    assert of_rule(points=-10, half_life="1d") == {"new: 2 × task": -20, "lost to ageing": 16.25}


def test_with_nothing_new_what_time_takes_is_all_there_is() -> None:
    assert of_rule(half_life="1d", start=LAST, end="2026-03-05T12:00") == {"lost to ageing": -9.375}
    assert of_rule(window="week", start=LAST, end="2026-03-09T00:00") == {"older than week": -30}


def test_a_reset_in_between_voids_what_was_left_and_what_is_new() -> None:
    log = [*LOG, reset("2026-03-03T13:00")]
    assert of_rule(log) == {"new: 2 × task": 20, "lost to a reset": -30}
    assert of_rule(log, window="1d") == {"new: 2 × task": 20, "lost to a reset": -20}
    found = of_rule(log, half_life="1d", limit=Limit(count=3))
    assert found == {"new: 2 × task": 20, "lost to limits": -10, "lost to a reset": -(5 + 10 + 10)}


def test_what_a_reset_voided_before_the_start_is_not_lost_again() -> None:
    assert of_rule([*LOG, reset("2026-03-01T13:00")]) == {"new: 2 × task": 20}


def test_a_limit_used_up_before_the_start_blocks_what_is_new() -> None:
    assert of_rule(limit=Limit(count=2, every="month"), half_life="1d") == {
        "new: 2 × task": 20,
        "lost to limits": -20,
        "lost to ageing": 1.25 + 2.5 - 5 - 10,
    }


# -- condition and tier rules: n is 1, then 4


SIGNALS = [Count("n", on="task"), Mean("stars", on="rate", property="stars")]
MET_AND_LOST: list[tuple[Rule, dict[str, float]]] = [
    (ConditionRule("r", when="n > 2", points=7), {"condition met: n > 2 (n = 1 -> 4)": 7}),
    (
        ConditionRule("r", when="n < 3 and not stars > 3", points=5),
        {"condition lost: n < 3 and not stars > 3 (n = 1 -> 4, stars = missing)": -5},
    ),
    (
        ConditionRule("r", when="n > 0", points="n * 2"),
        {"points changed while it held: n > 0 (n = 1 -> 4)": 6},
    ),
    (
        ConditionRule("r", when="n < 3", points="n * 2"),
        {"condition lost: n < 3 (n = 1 -> 4)": -2},
    ),
    (
        TierRule("r", signal="n", tiers=[[1, 5], [4, 9]], mode="highest"),
        {"band: n = 1 -> 4 (highest)": 4},
    ),
    (
        TierRule("r", signal="n", tiers=[[1, 5], [4, 9]], mode="cumulative"),
        {"band: n = 1 -> 4 (cumulative)": 9},
    ),
    (
        TierRule("r", signal="n", tiers=[[0, 2], [2, 3]], mode="marginal"),
        {"n = 1 -> 4 (marginal)": 8},
    ),
    (
        ConditionRule("r", when="n > 2", points=7, maximum=5),
        {"condition met: n > 2 (n = 1 -> 4)": 7, "bounds (at most 5)": -2},
    ),
]


@pytest.mark.parametrize(("rule", "expected"), MET_AND_LOST)
def test_a_condition_or_a_band_says_what_it_read_then_and_now(rule: Rule, expected: dict[str, float]) -> None:
    (child,) = change(a_model(SIGNALS, [rule]), start=FIRST).children
    assert (child.label, lines(child)) == ("r", expected)


@pytest.mark.parametrize(
    "rule",
    [
        ConditionRule("r", when="n > 0", points=3),
        ConditionRule("r", when="n > 9", points=3),
        ConditionRule("r", when="n > 2", points="stars"),
        ConditionRule("r", when="n > 2", points=7, maximum=0),
        TierRule("r", signal="n", tiers=[[1, 5], [5, 9]], mode="highest"),
        EventRule("r", on="pay", points=3),
    ],
)
def test_a_rule_that_pays_what_it_paid_has_no_line_unless_its_lines_cancel(rule: Rule) -> None:
    made = change(a_model(SIGNALS, [rule]), start=FIRST)
    assert made.value == 0
    cancel = {"condition met: n > 2 (n = 1 -> 4)": 7, "bounds (at most 0)": -7}
    assert [lines(child) for child in made.children] == ([cancel] if rule.maximum == 0 else [])


def test_a_text_is_quoted_and_time_alone_meets_conditions() -> None:
    log = [ev("task", FIRST, plan="free"), ev("task", SECOND, plan="pro")]
    signals = [Latest("plan", on="task", property="plan"), Since("idle", on="task")]
    rules = [
        ConditionRule("paid", when="plan == 'pro'", points=50),
        ConditionRule("quiet", when="idle >= 7", points=-20),
    ]
    made = change(a_model(signals, rules), log, FIRST, "2026-03-09T12:00")
    assert [lines(child) for child in made.children] == [
        {"condition met: plan == 'pro' (plan = 'free' -> 'pro')": 50},
        {"condition met: idle >= 7 (idle = 0 -> 7)": -20},
    ]


# -- unknown


UNSURE = ConditionRule("unsure", when="stars > n", points=7, missing="unknown")
RATED = [*LOG, ev("rate", "2026-03-03", stars=9)]


def test_from_unknown_to_known_the_difference_is_unknown_and_says_why() -> None:
    rules: list[Rule] = [EventRule("sure", on="task", points=10), UNSURE]
    made = change(a_model(SIGNALS, rules), RATED)
    assert made.value is None
    assert made.label == "ada: score unknown -> 47"
    assert lines(made) == {"sure": 20, "unsure (unknown: stars missing -> 7)": None}
    assert "unknown" in str(made)


def test_from_known_to_unknown_too() -> None:
    signals = [*SIGNALS[:1], Mean("stars", on="rate", property="stars", window="1d")]
    made = change(a_model(signals, [UNSURE]), RATED, "2026-03-03T11:00", LAST)
    assert made.value is None
    assert made.label == "ada: score 7 -> unknown"
    assert lines(made) == {"unsure (7 -> unknown: stars missing)": None}


def test_unknown_all_along_with_adjustments_beside_it() -> None:
    log = [*LOG, adjust("2026-03-03", 5)]
    rules: list[Rule] = [UNSURE, EventRule("sure", on="task", points=10, group="g")]
    made = change(a_model(SIGNALS, rules, groups=[Group("g", weight=2)], maximum=15), log)
    assert (made.value, made.label) == (None, "ada: score unknown")
    assert lines(made) == {"unsure (unknown: stars missing)": None, "group g": 40, "adjustments": 5}


def test_a_group_with_an_unknown_rule_is_unknown_and_shows_the_others() -> None:
    rules: list[Rule] = [
        ConditionRule("unsure", when="stars > n", points=7, missing="unknown", group="g"),
        EventRule("sure", on="task", points=10, group="g"),
    ]
    (group,) = change(a_model(SIGNALS, rules, groups=[Group("g", maximum=20)]), RATED).children
    assert (group.label, group.value) == ("group g", None)
    assert lines(group) == {"unsure (unknown: stars missing -> 7)": None, "sure": 20}


# -- groups, adjustments, the model


def test_a_group_shows_what_its_bounds_and_its_weight_make_of_the_change() -> None:
    """0.5 x 30 -> 0.5 x 50, where 30 -> 60 without either; the other group stays at its minimum."""
    rules = [EventRule("a", on="task", points=10, group="g"), EventRule("b", on="task", points=5, group="g")]
    made = change(a_model(rules=rules, groups=[Group("g", maximum=50, weight=0.5), Group("h", minimum=3)]))
    (group,) = made.children
    assert (group.label, group.value) == ("group g", 10)
    assert lines(group) == {"a": 20, "b": 10, "bounds (at most 50)": -10, "weight 0.5": -10}


def test_adjustments_are_new_or_voided_with_their_reasons_and_events() -> None:
    log = [
        adjust("2026-03-01", 5, reason="call"),
        adjust("2026-03-02", 7),
        adjust("2026-03-03", 1),
        reset("2026-03-04", 20),
        adjust("2026-03-05", 2, reason="sorry"),
        adjust("2026-03-05", 0),
    ]
    (node,) = change(a_model(), log, SECOND, "2026-03-09").children
    assert (node.label, node.value) == ("adjustments", 10)
    assert lines(node) == {
        "voided: call (2026-03-01T00:00:00Z)": -5,
        "voided: adjusted (2026-03-02T00:00:00Z)": -7,
        "started from (2026-03-04T00:00:00Z)": 20,
        "sorry (2026-03-05T00:00:00Z)": 2,
    }
    assert find(node, "voided: call").events() == (log[0],)
    assert find(node, "sorry").events() == (log[4],)


def test_adjustments_that_stand_all_along_are_no_change() -> None:
    assert change(a_model(), [adjust("2026-03-01", 5)]).children == ()
    assert change(a_model(), [adjust("2026-03-01", 5), adjust("2026-03-03", 9, model="other")]).children == ()


def test_bounds_and_scale_of_the_model_are_the_last_lines() -> None:
    """200 -> 300 within bounds, 50 -> 75 scaled, where 200 -> 400 without either."""
    rule = EventRule("r", on="task", points=100)
    made = change(a_model(rules=[rule], maximum=300, scale=Linear(0, 400)))
    assert made.value == 25
    assert lines(made) == {"r": 200, "bounds (at most 300)": -100, "linear scale": -75}
    assert [child.label for child in made.children] == ["r", "bounds (at most 300)", "linear scale"]


# -- the label


def test_the_label_has_both_scores_and_both_levels() -> None:
    rule = EventRule("r", on="task", points=30)
    model = a_model(rules=[rule], levels=[{"name": "100+", "at_least": 100}])
    assert change(model).label == "ada: score 60 -> 120, level 'base' -> '100+'"
    assert change(model, start=FIRST, end=SECOND).label == "ada: score 30 -> 60, level 'base'"
    assert change(a_model(rules=[rule])).label == "ada: score 60 -> 120"
    thirds = a_model(rules=[EventRule("r", on="task", points=1000 / 3)])
    assert change(thirds, start=FIRST).label == "ada: score 333.33 -> 1,333.33"


def test_a_score_next_to_nothing_is_shown_as_nothing() -> None:
    made = change(a_model(rules=[EventRule("r", on="task", points=-0.001)]))
    assert made.label == "ada: score 0"
    assert made.value == pytest.approx(-0.002)


def test_an_unknown_score_has_no_level() -> None:
    model = a_model(SIGNALS, [UNSURE], levels=[{"name": "in", "at_least": 5}])
    assert change(model, RATED).label == "ada: score unknown -> 7, level none -> 'in'"


@pytest.mark.parametrize("evaluate", ["day", "continuous"])
def test_the_level_heeds_the_margin(evaluate: str) -> None:
    """With a margin of 10 a score of 95 is still "in" (100), and one of 80 is not."""
    log = [ev("task", f"2026-03-0{day}", size=size) for day, size in ((1, 105), (3, -10), (5, -15))]
    levels = Levels(Level("in", at_least=100), margin=10)
    model = a_model(rules=[EventRule("r", on="task", points="size")], levels=levels, evaluate=evaluate)
    assert change(model, log, "2026-03-02", "2026-03-04").label == "ada: score 105 -> 95, level 'in'"
    assert change(model, log, "2026-03-04", "2026-03-06").label == "ada: score 95 -> 80, level 'in' -> 'base'"


def test_the_level_heeds_the_dwell() -> None:
    """Entered on 1 March for three days at least: left on the 4th, not with the score on the 2nd."""
    log = [ev("task", "2026-03-01", size=105), ev("task", "2026-03-02", size=-90)]
    levels = Levels(Level("in", at_least=100), dwell="3d")
    model = a_model(rules=[EventRule("r", on="task", points="size")], levels=levels)
    assert change(model, log, FIRST, "2026-03-03").label == "ada: score 105 -> 15, level 'in'"
    assert change(model, log, "2026-03-03", "2026-03-04").label == "ada: score 15, level 'in' -> 'base'"


# -- who and when


def test_who_was_not_there_at_the_start_comes_from_nothing() -> None:
    rule = EventRule("r", on="task", points=10, minimum=-5, half_life="1d")
    model = a_model(rules=[rule], levels=[{"name": "in", "at_least": 15}])
    made = change(model, start="2026-03-01T11:00", end=SECOND)
    assert made.label == "ada: score 15 from nothing (first event 2026-03-01T12:00:00Z), level 'in'"
    assert made.children == explain(model, LOG, ADA, t(SECOND)).children
    assert made.value == 15
    bare = a_model(rules=[EventRule("r", on="pay", points=1, minimum=4)])
    assert lines(change(bare, start="2026-02-01", end=FIRST).children[0]) == {"bounds (at least 4)": 4}


def test_an_adjustment_alone_makes_a_subject() -> None:
    """Points by hand count as an event: what follows is a difference, not a beginning."""
    log = [adjust("2026-03-01", 5), *LOG]
    made = change(a_model(rules=[EventRule("r", on="task", points=10)]), log, "2026-03-01T01:00", FIRST)
    assert (made.label, lines(made)) == ("ada: score 5 -> 15", {"r": 10})


def test_between_an_instant_and_itself_nothing_changed() -> None:
    rules: list[Rule] = [
        EventRule("r", on="task", points=10, half_life="1d", maximum=12, group="g"),
        ConditionRule("c", when="n > 1", points=7),
    ]
    made = change(
        a_model(SIGNALS, rules, groups=[Group("g", weight=3)], maximum=20, scale=Linear(0, 50)), end=SECOND
    )
    assert (made.value, made.children) == (0, ())


def test_the_end_before_the_start_is_an_error() -> None:
    subject = Subject(a_model(), LOG)
    with pytest.raises(EventError, match="2026-03-04T12:00:00Z is after the end") as caught:
        changed(subject, ADA, t(LAST), t(SECOND))
    assert [problem.where for problem in caught.value.problems] == ["start"]


def test_a_subject_without_an_event_by_the_end_is_an_error() -> None:
    with pytest.raises(UnknownSubject, match="has no event at or before 2026-02-02T00:00:00Z"):
        changed(Subject(a_model(), LOG), ADA, t("2026-02-01"), t("2026-02-02"))


def test_later_events_make_no_difference_to_the_level_either() -> None:
    """At 12:45 the level was left; that 12:50 brings it back within the same cell is not known there yet."""
    log = [ev("task", "2026-03-01T12:00"), ev("task", "2026-03-01T12:50"), ev("task", "2026-03-01T12:56")]
    rule = EventRule("r", on="task", points=64, steps={"every": "30m", "factor": 0.5})
    levels = Levels(Level("in", at_least=40), margin=4)
    model = a_model(rules=[rule], levels=levels, evaluate="continuous")
    made = change(model, log, "2026-03-01T12:45", "2026-03-01T12:55")
    assert made.label == "ada: score 32 -> 96, level 'base' -> 'in'"
    assert made == change(model, log[:2], "2026-03-01T12:45", "2026-03-01T12:55")


# -- events


def test_the_events_behind_each_line_of_an_event_rule_are_there() -> None:
    log = [*LOG, reset("2026-03-01T13:00")]
    fields: dict[str, Any] = {"half_life": "1d", "window": "2d", "limit": Limit(count=3), "curve": "sqrt"}
    rule = EventRule("r", on="task", points=10, **fields)
    made = change(a_model(rules=[rule]), log, FIRST, LAST)
    assert find(made, "new").events() == tuple(LOG[1:])
    assert find(made, "lost to limits").events() == (LOG[3],)
    assert find(made, "lost to a reset").events() == (LOG[0],)
    assert find(made, "older than 2d").events() == (LOG[1],)
    assert find(made, "lost to ageing").events() == (LOG[2],)
    assert made.events() == tuple(LOG)


def test_behind_a_condition_are_the_events_of_its_signals_then_and_now() -> None:
    signals = [Count("recent", on="task", window="1d"), Count("pays", on="pay")]
    rules = [ConditionRule("c", when="recent > 0 and pays == 0", points=1)]
    log = [*LOG, ev("other", "2026-03-02")]
    made = change(a_model(signals, rules), log, FIRST, "2026-03-09")
    assert made.events() == (LOG[0],)
    made = change(a_model(signals, rules), [*log, ev("pay", "2026-03-03")], FIRST, LAST)
    assert [(event.name, event.time) for event in made.events()] == [
        ("task", t(FIRST)),
        ("pay", t("2026-03-03")),
        ("task", t(LAST)),
    ]


def test_behind_a_rollup_are_the_events_of_the_members() -> None:
    log = [*LOG, ev("task", "2026-03-03", user="bob"), ev("pay", "2026-03-03", user="bob")]
    signals = [Count("n", on="task", scope="member"), Rollup("sum", of="n", by="sum")]
    rules = [ConditionRule("c", when="sum > 4", points=1)]
    made = change(a_model(signals, rules, subject="account"), log, subject=ACME)
    assert lines(made.children[0]) == {"condition met: sum > 4 (sum = 2 -> 5)": 1}
    assert made.events() == (LOG[0], LOG[1], log[4], LOG[2], LOG[3])


# -- kinds of somebody else


@frozen
class Square(Rule):
    """The square of how many events of a name there are."""

    kind: ClassVar[str] = "test_square"
    on: str = field(kw_only=True)

    def selects(self) -> tuple[tuple[str, Selector], ...]:
        return (("", Selector(self.on)),)

    def naive(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> float | None:
        return len(context.matching(events, self.on)) ** 2


@frozen
class Talkative(Square):
    """The same, which says itself what changed."""

    kind: ClassVar[str] = "test_talkative"

    def changes(self, before: Reading, after: Reading) -> tuple[Line, ...]:
        new = [event for event in after.events if event.time > before.at]
        return (Line(f"{len(new)} more in {(after.at - before.at) // DAY} days", 12, tuple(new[:1])),)


@frozen
class Silent(Square):
    """The same, which has nothing to say."""

    kind: ClassVar[str] = "test_silent"

    def changes(self, before: Reading, after: Reading) -> tuple[Line, ...]:
        return ()


@pytest.mark.parametrize(
    ("rule", "label", "events"),
    [
        (Square("r", on="task", maximum=10), "points: 4 -> 16", LOG),
        (Talkative("r", on="task", maximum=10), "2 more in 2 days", LOG[2:3]),
        (Silent("r", on="task", maximum=10), "points", LOG),
    ],
)
def test_a_kind_of_somebody_else_has_one_line_or_says_more(
    rule: Rule, label: str, events: list[Event]
) -> None:
    (child,) = change(a_model(rules=[rule])).children
    assert (child.label, child.value) == ("r", 6)
    assert lines(child) == {label: 12, "bounds (at most 10)": -6}
    assert child.events() == tuple(events)


def test_a_kind_of_somebody_else_that_pays_what_it_paid_has_no_line() -> None:
    assert change(a_model(rules=[Square("r", on="pay")])).children == ()


@frozen
class Shy(Rule):
    """Unknown before March the third, for no reason it gives."""

    kind: ClassVar[str] = "test_shy"

    def naive(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> float | None:
        return None if at < t("2026-03-03") else 5


def test_a_kind_of_somebody_else_may_not_know() -> None:
    made = change(a_model(rules=[Shy("r")]))
    assert (made.label, lines(made)) == ("ada: score unknown -> 5", {"r (unknown -> 5)": None})


# -- laws


laws = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def judged(case: Case, rng: Random) -> list[Explanation]:
    """A tree for each of the first subjects, between two instants next to an event or at the case's own."""
    model = questscore.load_model(case.model)
    log = list(questscore.read_events(case.events))
    found = []
    for subject, events in list(reference.by_subject(model, log).items())[:3]:
        times = [case.at, *(event.time for event in events)]
        start = rng.choice(times) + rng.choice([0, 0, 1, -1, HOUR, 5 * DAY])
        end = rng.choice(times) + rng.choice([0, 0, DAY, 30 * DAY])
        start, end = min(start, end), max(start, end)
        if end < events[0].time:
            continue
        made = held(model, events, subject, start, end)
        before, after = (reference.score(model, events, at).get(subject) for at in (start, end))
        assert after is not None
        assert made.label.endswith(_levels(before, after)), (made.label, before, after)
        slack = 1e-12 * sum(
            abs(node.value or 0.0)
            for at in (start, end)
            if at >= events[0].time
            for node in explain(model, events, subject, at).walk()
        )
        for node in made.walk():
            assert node.label != ROUNDING or abs(node.value or 0.0) <= slack, (node, str(made))
        found.append(made)
    return found


def _levels(before: Score | None, after: Score) -> str:
    """How the label must end."""
    if before is None:
        return "" if after.level is None else f", level {after.level!r}"
    names = ["none" if level is None else repr(level) for level in (before.level, after.level)]
    if names == ["none", "none"]:
        return ""
    return f", level {names[0]}" if names[0] == names[1] else f", level {names[0]} -> {names[1]}"


@laws
@given(cases(), st.randoms(use_true_random=False))
def test_any_change_adds_up_to_the_difference_of_two_scores(case: Case, rng: Random) -> None:
    """And to its two levels; rounding is what is lost in the last bits of the two scores, no more."""
    judged(case, rng)


KINDS_OF_LINES = {
    "new: ",
    "lost to limits",
    "lost to ageing",
    "lost to a reset",
    "older than ",
    "log2 curve",
    "sqrt curve",
    "bounds (",
    "weight ",
    "adjustments",
    "voided: ",
    "started from (",
    "condition met: ",
    "condition lost: ",
    "points changed while it held: ",
    "band: ",
    "group ",
    "linear scale",
    "saturating scale",
    "logistic scale",
    "percentile scale",
    ROUNDING,
}


def test_numbered_cases_add_up_and_show_every_kind_of_line() -> None:
    labels: set[str] = set()
    unknown = 0
    for number in range(300):
        for made in judged(numbered(12, number), Random(number)):
            labels.update(node.label for node in made.walk())
            unknown += made.value is None
    assert unknown > 3
    assert [kind for kind in KINDS_OF_LINES if not any(label.startswith(kind) for label in labels)] == []

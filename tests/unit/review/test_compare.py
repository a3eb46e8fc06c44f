"""Two models over one log: the same numbers as scoring with each, and who would move where."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest
from attrs import evolve

from questscore import (
    ConditionRule,
    Event,
    EventRule,
    Latest,
    Level,
    Levels,
    ModelError,
    ScoreModel,
    Trigger,
    score,
)
from questscore.review import compare
from unit.review.worlds import MODEL, STRICTER, events

LOG = events(1)
AT = "2026-03-20T12:00:00Z"


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("margin", [None, "20%"])
def test_both_sides_are_what_scoring_with_each_gives(seed: int, margin: str | None) -> None:
    log, a = events(seed), evolve(MODEL, margin=margin)
    found = compare(a, STRICTER, log, AT)
    assert len(found) > 8
    for side, model in ((found.a, a), (found.b, STRICTER)):
        table = score(model, log, AT)
        assert list(found.subjects) == list(table.subjects)
        assert side.scores.tolist() == table.scores.tolist()
        assert list(side.levels) == list(table.levels)
        for j, rule in enumerate(side.rules):
            assert rule.rule == table.rules[j]
            assert rule.subjects == sum(points != 0 for points in table.points[:, j])
            assert rule.points == pytest.approx(sum(table.points[:, j]))
        assert side.mean == pytest.approx(sum(table.scores) / len(table))
        assert side.quantiles[0.5] == pytest.approx(float(np.median(table.scores)))


@pytest.mark.parametrize("seed", range(4))
def test_who_moves_is_listed_counted_and_in_the_matrix(seed: int) -> None:
    log = events(seed)
    found = compare(MODEL, STRICTER, log, AT)
    a, b = score(MODEL, log, AT), score(STRICTER, log, AT)
    pairs = dict(zip(a.subjects, zip(a.levels, b.levels, strict=True), strict=True))
    moved = {subject: pair for subject, pair in pairs.items() if pair[0] != pair[1]}
    assert moved
    assert {change.subject: (change.before, change.after) for change in found.changes} == moved
    assert found.levels_changed == len(moved) == found.matrix.moved
    assert {(x, y): n for x, y, n in found.matrix} == Counter(pairs.values())
    assert found.matrix["none", "top"] == Counter(pairs.values())["none", "top"]
    for change in found.changes:
        assert (change.score_before, change.score_after) == (a[change.subject].value, b[change.subject].value)
    assert found.scores_changed == sum(x.value != y.value for x, y in zip(a, b, strict=True))
    # high is no level of the new model, so nothing falls from it, and top is entered
    entered = [subject for subject, (x, y) in moved.items() if y == "top"]
    fell = [subject for subject, (x, y) in moved.items() if x == "low" and y == "none"]
    assert [fire.subject for fire in found.fires if fire.trigger == "cheer"] == entered
    assert [fire.subject for fire in found.fires if fire.trigger == "worry"] == fell
    assert all(fire.held and fire.draft == (fire.trigger == "worry") for fire in found.fires)
    counted = Counter(fire.trigger for fire in found.fires)
    said = re.findall(r"^  (\w+)(?: \(draft\))?: (\d+)$", str(found).split("would fire")[1], re.M)
    assert {name: int(count) for name, count in said} == counted


def test_a_model_beside_itself_changes_nothing() -> None:
    found = compare(MODEL, MODEL, LOG, AT)
    assert (found.levels_changed, found.scores_changed, found.changes, found.fires) == (0, 0, (), ())
    assert "triggers that would fire: none" in str(found)


def test_a_rule_from_which_nobody_has_points_is_dead() -> None:
    found = compare(MODEL, STRICTER, LOG, AT)
    assert found.a.dead[0] == "flies"
    assert "pay nobody before: flies" in str(found)


def test_of_models_for_different_subjects_nothing_can_be_said() -> None:
    with pytest.raises(ModelError, match="scores accounts, the other users"):
        compare(MODEL, evolve(MODEL, subject="user"), LOG)


def test_what_is_no_model_is_told() -> None:
    with pytest.raises(ModelError, match="is no ScoreModel"):
        compare(MODEL, "model.toml", LOG)  # type: ignore[arg-type]


def test_without_events_and_without_levels() -> None:
    assert len(compare(MODEL, STRICTER, [])) == 0
    assert "0 subjects" in str(compare(MODEL, STRICTER, []))
    plain = ScoreModel("plain", subject="account", rules=[EventRule("works", on="work", points=1)])
    found = compare(plain, MODEL, LOG)
    assert found.levels_changed == len(found)
    assert {before for before, _, _ in found.matrix} == {None}


def test_unknown_scores_are_no_numbers_and_no_levels() -> None:
    rules = [EventRule("r", on="x", points=10)]
    levels = Levels(Level("in", at_least=5))
    a = ScoreModel("m", subject="user", rules=rules, levels=levels)
    b = evolve(
        a,
        signals=[Latest("plan", on="x", property="plan")],
        rules=[*rules, ConditionRule("p", when="plan == 'pro'", points=1, missing="unknown")],
        triggers=[Trigger("gone", on="leave", level="in", action="mail")],
    )
    found = compare(a, b, [Event("x", "2026-03-01T00:00:00Z", user="ada")])
    (change,) = found.changes
    assert (change.before, change.after, change.score_after) == ("in", None, None)
    assert [fire.trigger for fire in found.fires] == ["gone"]
    assert found.scores_changed == 1
    assert np.isnan(found.b.mean)


def test_a_way_to_publish_that_there_is_not() -> None:
    with pytest.raises(ModelError, match="mode: 'frost' is not known"):
        compare(MODEL, STRICTER, LOG, AT, "frost")  # type: ignore[arg-type]


def test_forms() -> None:
    found = compare(MODEL, STRICTER, LOG, AT)
    plain = found.to_dict()
    assert plain["levels_changed"] == found.levels_changed
    assert plain["subjects"] == len(found)
    table = found.to_arrow()
    assert table.num_rows == len(found)
    assert sum(table["changed"].to_pylist()) == found.levels_changed
    assert sum(found.matrix.to_arrow()["subjects"].to_pylist()) == len(found)
    assert "world version 1 -&gt; world version 2" in found._repr_html_()
    assert repr(found) == str(found)


def test_a_mode_that_is_none_is_told() -> None:
    with pytest.raises(ModelError, match="mode: 'again' is not known"):
        compare(MODEL, STRICTER, LOG, AT, mode="again")  # type: ignore[arg-type]

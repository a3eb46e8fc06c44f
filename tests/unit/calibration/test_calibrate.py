"""Calibration end to end on a product whose truth is known."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from questscore import (
    Duration,
    EventError,
    EventRule,
    ModelError,
    ScoreModel,
    Scorer,
    Selector,
    dump_model,
    history,
    load_model,
    score,
)
from questscore.calibration.calibrate import calibrate, usual_cutoffs
from questscore.calibration.calibration import Calibration
from questscore.calibration.fitting import CANDIDATES, Fitted, Options, fit_table, some_accounts
from questscore.calibration.outcomes import activity, churn
from questscore.calibration.snapshots import snapshots
from questscore.calibration.statistics import auc
from questscore.model.time import DAY
from support.retention import MODEL, START, day, product

LOOKED = ["work", "look"]


@cache
def events(seed: int = 0) -> list[dict[str, object]]:
    return product(seed=seed)


def calibrated(rows: list[dict[str, object]], outcome: object = None, **options: object) -> Calibration:
    given = {"step": "15d", "draws": 40, "half_lives": ["20d"], **options}
    what = activity(LOOKED, "30d") if outcome is None else outcome
    return calibrate(MODEL, rows, what, **given)  # type: ignore[arg-type]


@cache
def usual() -> Calibration:
    return calibrated(events(), half_lives=None)


def points(found: Calibration) -> dict[str, float]:
    return {one.rule: one.points for one in found.points}


def test_what_says_that_users_stay_gets_points_and_noise_gets_few() -> None:
    found = usual()
    worth = points(found)
    assert found.calibrated
    assert max(worth.values()) <= 100
    assert all(value == round(value) for value in worth.values())
    assert worth["work"] > 1.5 * worth["noise"]
    assert {one.rule: one.table for one in found.points}["active day"] is None


def test_a_calibrated_model_says_everywhere_what_its_fit_said(tmp_path: Path) -> None:
    """Through scores, the scorer, history and text, to 1e-9 of the sum of what is added."""
    found = usual()
    dump_model(found.model, tmp_path / "model.toml")
    again = load_model(tmp_path / "model.toml")
    assert again == found.model
    rows = snapshots(MODEL, events(), activity(LOOKED, "30d"), found.card.cutoffs, half_lives=["20d"])
    expected = found.fitted.score(rows)
    cutoffs = found.card.cutoffs
    walked = history(again, events(), every="15d", start=cutoffs[0] - 1 - 15 * DAY, end=cutoffs[-1] - 1)
    held = walked.scores[np.searchsorted(walked.times, np.array(cutoffs) - 1)]
    scorer = Scorer(again)
    scorer.ingest(events())
    for place, cutoff in enumerate(cutoffs):
        own = rows.cutoff == place
        names = [rows.subjects[unit] for unit in rows.subject[own].tolist()]
        table = score(again, events(), cutoff - 1)
        assert [table[name].raw for name in names] == pytest.approx(expected[own].tolist(), rel=1e-9)
        columns = [walked.subjects.index(name) for name in names]
        assert held[place, columns] == pytest.approx(expected[own], rel=1e-9)
        live = [scorer.score(name, cutoff - 1).raw for name in names[:20]]
        assert live == pytest.approx(expected[own][:20].tolist(), rel=1e-9)


def test_the_probability_is_a_scale_of_the_model() -> None:
    found = usual()
    assert found.map is not None
    table, plain = (score(model, events()) for model in (found.probability_model, found.model))
    assert table.scores == pytest.approx(100 * found.map.probability(plain.raw), rel=1e-9)


def test_the_same_events_in_any_order_give_the_same_calibration() -> None:
    a, b = calibrated(events()), calibrated(events()[::-1])
    assert a.model == b.model
    assert repr(a) == repr(b)


def test_nothing_that_was_not_known_at_the_instant_is_used() -> None:
    until = day(180)
    early = [row for row in events() if int(str(row["time"])) <= until]
    a, b = calibrated(events(), at=until), calibrated(early, at=until)
    assert a.model == b.model
    assert a.card.cutoffs[-1] + 30 * DAY <= until
    assert calibrated(events()).model != a.model


def test_an_event_that_arrived_later_is_not_used_however_early_it_happened() -> None:
    rows = [{**row, "got": row["time"]} for row in events()]
    until = day(180)
    late = [
        {"user": row["user"], "name": "noise", "time": day(100), "got": day(190)} for row in events()[::3]
    ]
    a = calibrated(rows, at=until, known="got")
    assert a.model == calibrated(rows + late, at=until, known="got").model
    assert a.model != calibrated(rows + late, at=until).model


def test_points_are_high_for_staying_whichever_way_the_outcome_is_said() -> None:
    a, b = calibrated(events()), calibrated(events(), churn(LOOKED, "30d"))
    assert points(a) == points(b)
    assert calibrated(events(), LOOKED, horizon="30d").model == a.model


def test_declared_signs_hold() -> None:
    rules = [EventRule("look", on="look", points=-20), *(r for r in MODEL.rules if r.name != "look")]
    model = ScoreModel("signed", subject="user", signals=MODEL.signals, rules=rules)
    found = calibrate(model, events(), activity(LOOKED, "30d"), step="15d", half_lives=["20d"], draws=40)
    assert points(found)["look"] <= 0
    assert all(value >= 0 for name, value in points(found).items() if name != "look")


def test_without_outcomes_the_table_comes_back_unchanged() -> None:
    found = calibrated(events(), activity("never", "30d"))
    assert not found.calibrated
    assert found.model == MODEL
    assert [f.name for f in found.findings if f.level == "refuse"] == ["no outcomes"]
    with pytest.raises(ModelError, match="no map"):
        _ = found.probability_model
    assert "NOT calibrated" in repr(found)


def test_a_name_of_the_outcome_that_no_event_bears_is_told() -> None:
    found = calibrated(events(), activity(["loook", "look"], "30d"))
    (said,) = (f for f in found.findings if f.name == "unseen")
    assert "'loook'" in said.message and said.message.endswith("the nearest is 'look'")
    assert "'loook'" in repr(found)
    assert not [f for f in calibrated(events(), activity("*", "30d")).findings if f.name == "unseen"]


@pytest.mark.parametrize(("users", "few"), [(12, True), (60, False)])
def test_with_few_outcomes_points_stay_near_the_table_and_the_half_life_is_the_horizon(
    users: int, few: bool
) -> None:
    rows = product(users=users, seed=4)
    found = calibrate(MODEL, rows, activity(LOOKED, "30d"), step="15d", draws=40)
    assert found.calibrated
    assert ("few outcomes" in {f.name for f in found.findings}) is few
    if few:
        assert found.half_lives == (Duration.of("30d"),)
        assert found.candidate == "table adjusted"


def test_a_rule_that_is_the_outcome_by_another_name_is_said() -> None:
    """Whoever stays had been told so: an event that knows the future."""
    rows = events()
    after = [row for row in rows if day(180) <= int(str(row["time"])) < day(210)]
    stays = {row["user"] for row in after if row["name"] in LOOKED}
    told = [{"user": user, "name": "renewed", "time": day(170)} for user in sorted(map(str, stays))]
    model = ScoreModel(
        "leaky",
        subject="user",
        signals=MODEL.signals,
        rules=[*MODEL.rules, EventRule("renewed", on="renewed", points=20)],
    )
    options: dict[str, object] = {"cutoffs": [day(180)], "half_lives": ["20d"], "draws": 40}
    found = calibrate(model, rows + told, activity(LOOKED, "30d"), **options)  # type: ignore[arg-type]
    honest = calibrate(MODEL, rows, activity(LOOKED, "30d"), **options)  # type: ignore[arg-type]
    suspects, usual = (
        {f.message.split(" alone ")[0] for f in result.findings if f.name == "suspicious rule"}
        for result in (found, honest)
    )
    assert "renewed" in suspects
    assert not usual & {"look", "noise", "busy"}


@pytest.mark.parametrize(("told_on", "collapses"), [(179.5, True), (150, False)])
def test_points_that_hang_on_the_last_days_before_the_cutoff_are_suspicious(
    told_on: float, collapses: bool
) -> None:
    """The AUC is measured again with columns that end a tenth of the horizon, three days, earlier."""
    dice = np.random.default_rng(3)
    rows: list[dict[str, object]] = []
    for number in range(300):
        user, stays = f"u{number:03}", bool(dice.random() < 0.5)
        rows += [{"user": user, "name": "work", "time": day(float(t))} for t in dice.uniform(90, 170, 4)]
        rows += [{"user": user, "name": "work", "time": day(190)}] * stays
        rows += [{"user": user, "name": "hint", "time": day(told_on)}] * (stays and dice.random() < 0.8)
    model = ScoreModel(
        "hinted",
        subject="user",
        rules=[EventRule("work", on="work", points=5), EventRule("hint", on="hint", points=5)],
    )
    found = calibrate(
        model, rows, activity("work", "30d"), at=day(230), cutoffs=[day(180)], half_lives=["20d"], draws=40
    )
    assert any("the AUC falls from" in finding.message for finding in found.findings) is collapses


def test_a_row_whose_window_was_not_over_cannot_be_fitted() -> None:
    rows = snapshots(MODEL, events(), activity(LOOKED, "30d"), [day(150), day(170)])
    with pytest.raises(EventError, match="window ends after"):
        fit_table(rows, rows.of([day(150), day(170)]), by=day(190), history=150.0)
    assert fit_table(rows, rows.of([day(150)]), by=day(180), history=150.0).calibrated


def test_a_sparing_fit_is_the_same_and_holds_no_half_life_that_it_did_not_take() -> None:
    def fit(sparing: bool) -> tuple[Fitted, int]:
        rows = snapshots(MODEL, events(), activity(LOOKED, "30d"), [day(n) for n in (90, 120, 150)])
        use = np.ones(len(rows), dtype=bool)
        options = Options(draws=40, candidates=CANDIDATES[:3])
        found = fit_table(rows, use, by=day(180), options=options, history=150.0, sparing=sparing)
        return found, len(rows._columns)

    (plain, many), (spared, few) = fit(False), fit(True)
    assert spared.half_lives == plain.half_lives
    assert np.array_equal(spared.points, plain.points)
    aged = sum(1 for rule in MODEL.rules if isinstance(rule, EventRule)) + 1
    assert few <= 2 * aged + 1 < many


def test_a_sample_of_accounts_is_of_whole_accounts_and_by_the_seed() -> None:
    accounts = np.repeat(np.arange(1000), 3)
    some = some_accounts(accounts, 300, seed=1)
    assert len(some) == 300
    assert np.array_equal(
        accounts[some].reshape(100, 3).min(axis=1), accounts[some].reshape(100, 3).max(axis=1)
    )
    assert np.array_equal(some, some_accounts(accounts, 300, seed=1))
    assert not np.array_equal(some, some_accounts(accounts, 300, seed=2))
    assert np.array_equal(some_accounts(accounts, 3000, seed=1), np.arange(3000))


def test_a_fit_judged_on_a_sample_is_near_that_of_all() -> None:
    rows = snapshots(MODEL, events(), activity(LOOKED, "30d"), [day(n) for n in (120, 150, 180)])
    use = np.ones(len(rows), dtype=bool)
    every, some = (
        fit_table(rows, use, by=day(210), options=Options(draws=0, sample=n), history=150.0)
        for n in (10_000, len(rows) // 2)
    )
    y = rows.stayed().astype(float)
    a, b = auc(every.score(rows), y), auc(some.score(rows), y)
    assert a is not None
    assert b == pytest.approx(a, abs=0.01)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"maximum": 10, "nice": True, "half_lives": ["10d", None], "signs": {"look": 0}},
        {"lookback": "30d", "exclude": ["u0003", "u0001"], "active": "work", "candidates": ["free points"]},
    ],
)
def test_the_card_is_enough_to_make_it_again(asked: dict[str, object]) -> None:
    one = calibrated(events(), **asked)
    card = one.card
    two = calibrate(
        MODEL,
        events(),
        activity(LOOKED, "30d"),
        cutoffs=card.cutoffs,
        at=card.by,
        draws=card.draws,
        seed=card.seed,
        **card.asked,
    )
    assert repr(two) == repr(one)
    assert set(asked) <= set(card.asked)
    assert "u0003" not in repr(one)


def test_dates_of_subjects_that_the_log_lacks_are_counted() -> None:
    """As when accounts are listed and users are scored."""
    dates = {"u0003": day(200), "acme": day(200), "zenith": day(210)}
    found = calibrated(events(), churn(dates, "30d"))
    assert found.card.left_out["subjects with a date and no event"] == 2


def test_the_result_is_a_table_and_text() -> None:
    found = usual()
    frame = found.to_pandas()
    assert frame["rule"].tolist() == ["work", "look", "noise", "busy", "active day"]
    text = repr(found)
    assert "seed 0, 40 draws" in text
    assert found.card.digest in text
    assert "outcome: any work or look in the 30d after the cutoff" in text
    assert found.behaviour_table().splitlines()[1].startswith("  work: ")


@pytest.mark.parametrize("given", [["20d"], [None], ["5d", "60d"]])
@pytest.mark.parametrize("ways", [CANDIDATES, ("two half-lives",)])
def test_half_lives_that_are_given_are_those_of_the_rules(
    given: list[str | None], ways: tuple[str, ...]
) -> None:
    found = calibrated(events(), half_lives=given, candidates=ways)
    assert found.half_lives == tuple(None if life is None else Duration.of(life) for life in given)


def test_a_model_of_zeros_has_no_table_to_stay_near() -> None:
    """Neither is the active day that is proposed one, whose size is nobody's opinion."""
    rules = [EventRule(name, on=name, points=0) for name in ("work", "look", "noise")]
    model = ScoreModel("zeros", subject="user", rules=rules)
    options: dict[str, object] = {"step": "15d", "half_lives": ["20d"], "draws": 0}
    signs = {rule.name: 1 for rule in rules}
    found = calibrate(model, events(), activity(LOOKED, "30d"), signs=signs, **options)  # type: ignore[arg-type]
    assert found.choice is not None
    assert "table adjusted" not in {one.name for one in found.choice.standings}
    assert found.fitted.fit is not None
    assert found.fitted.fit.problem is not None
    assert not found.fitted.fit.problem.quadratic[-2]  # nothing draws beta to 1: there is no prior
    assert points(found)["work"] > 1.5 * points(found)["noise"]


def test_where_no_rule_can_move_the_table_stays() -> None:
    model = ScoreModel("rare", subject="user", rules=[EventRule("rare", on="rare", points=5)])
    found = calibrate(
        model, events(), activity(LOOKED, "30d"), step="15d", draws=0, candidates=["table adjusted"]
    )
    assert not found.calibrated
    assert found.model == model
    assert [f.name for f in found.findings if f.level == "refuse"] == ["nothing to fit"]


def test_progress_is_told_and_rises() -> None:
    told: list[float] = []
    calibrated(events(), progress=told.append)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.1, 1.0)


def test_cutoffs_have_a_horizon_of_history_and_their_windows_are_over() -> None:
    outcome = activity("work", "30d", gap="5d")
    found = usual_cutoffs(outcome, START, day(140), number=9)
    assert found == tuple(day(n) for n in (45, 75, 105))
    assert usual_cutoffs(outcome, START, day(50), number=9) == (day(15),)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"candidates": ["luck"]}, ModelError),
        ({"at": "tomorrow"}, EventError),
        ({"cutoffs": [day(239)]}, EventError),
        ({"signs": {"nothing": 1}}, ModelError),
        ({"candidates": []}, ModelError),
        ({"half_lives": []}, ModelError),
        ({"maximum": 0}, ModelError),
        ({"maximum": 2.5}, ModelError),
        ({"draws": -1}, ModelError),
        ({"seed": -1}, ModelError),
    ],
)
def test_options_that_mean_nothing_are_refused(options: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        calibrated(events(), **options)


def test_no_events_are_an_error_that_says_so() -> None:
    with pytest.raises(EventError, match="there are no events"):
        calibrated([])


def test_what_makes_an_active_day_may_be_said_like_any_selector() -> None:
    one, two = (calibrated(events(), active=active) for active in (Selector("work"), "work"))
    assert one.model == two.model
    assert calibrated(events(), active={"on": ["work"]}).model == one.model
    assert "active day" not in points(one)  # the rule for work counts them


def test_one_subject_alone_may_be_left_out_by_its_name() -> None:
    one, two = (calibrated(events(), exclude=names) for names in ("u0003", ["u0003"]))
    assert one.card.left_out["excluded"] == two.card.left_out["excluded"] > 0


def test_a_model_without_rules_to_fit_gets_the_active_day() -> None:
    model = ScoreModel("empty", subject="user")
    found = calibrate(model, events(), activity("*", "30d"), half_lives=["20d"], draws=40)
    assert [one.rule for one in found.points] == ["active day"]

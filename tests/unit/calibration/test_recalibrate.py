"""Drift planted in a log: each verdict tripped, and come close to; and what is used from then on."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest
from attrs import evolve

from questscore import Duration, EventError, score
from questscore.calibration.bootstrap import Refits
from questscore.calibration.calibrate import calibrate
from questscore.calibration.calibration import Calibration
from questscore.calibration.changes import changes
from questscore.calibration.half_life import HalfLifeChoice
from questscore.calibration.outcomes import churn
from questscore.calibration.recalibrate import Recalibration, recalibrate
from questscore.calibration.statistics import Floats, Interval
from questscore.model.selector import Selector
from support.club import MODEL, OUTCOME, USERS, Row, club, month


@cache
def calibrated(draws: int = 60) -> Calibration:
    """What all logs below say until the end of the sixth month."""
    return calibrate(
        MODEL,
        club(),
        OUTCOME,
        at=month(6),
        number=4,
        half_lives=["15d"],
        draws=draws,
        candidates=["free points"],
    )


def looked(rows: list[Row], until: float = 8.0, **options: object) -> Recalibration:
    given = {"at": month(until), "number": 2, "draws": 40, "half_lives": ["15d"], **options}
    return recalibrate(calibrated(), rows, OUTCOME, **given)  # type: ignore[arg-type]


@cache
def moved() -> Recalibration:
    return looked(club(chat_instead=5))


def test_the_log_is_the_same_until_it_drifts() -> None:
    """So that one calibration serves all tests."""
    early = [
        [row for row in rows if int(str(row["time"])) < month(6)] for rows in (club(), club(chat_instead=5))
    ]
    assert early[0] == early[1]


def test_behaviour_that_means_something_else_is_refitted() -> None:
    found = moved()
    assert found.action == "refit"
    assert found.drop is not None
    assert found.drop.low > 0
    assert "the AUC fell by" in found.verdict.reasons[0]
    new = {one.rule: one.points for one in found.calibration.points}
    old = {one.rule: one.points for one in calibrated().points}
    assert old["train"] > 2 * old["chat"]
    assert new["chat"] > 2 * new["train"]
    assert found.calibration.card.cutoffs == (month(6), month(7))


def test_a_refit_is_what_calibrating_the_table_again_gives() -> None:
    found = moved()
    again = calibrate(
        MODEL, club(chat_instead=5), OUTCOME, at=month(8), number=2, draws=40, half_lives=["15d"]
    )
    assert found.calibration.model == again.model
    assert found.calibration.card == again.card


def test_a_base_rate_that_fell_is_remapped_and_the_points_stay() -> None:
    rows = club(fewer=1.0)
    found = looked(rows)
    assert found.action == "remap"
    assert "two periods running" in found.verdict.reasons[0]
    assert found.calibration.model == calibrated().model
    assert found.changes is None
    foretold = np.mean(score(found.calibration.probability_model, rows, month(8) - 1).scores) / 100
    came = np.mean([one.stayed / one.rows for one in found.periods])
    assert foretold == pytest.approx(came, abs=0.05)
    stale = np.mean(score(calibrated().probability_model, rows, month(8) - 1).scores) / 100
    assert stale > came + 0.1


def test_a_remapped_calibration_holds_from_then_on() -> None:
    rows = club(fewer=1.0)
    once = looked(rows).calibration
    later = recalibrate(once, rows, OUTCOME, at=month(9))
    assert [one.cutoff for one in later.periods] == [month(8)]
    assert later.action == "leave"
    check = later.periods[0].check
    assert check is not None
    assert not check.exceeded


def test_where_nothing_changed_it_is_left() -> None:
    found = looked(club())
    assert found.action == "leave"
    assert found.calibration is calibrated()
    assert found.verdict.looks == ()
    assert [one.cutoff for one in found.periods] == [month(6), month(7)]


def test_a_base_rate_that_fell_a_little_or_for_a_month_only_is_left() -> None:
    little = looked(club(fewer=0.3))
    assert little.action == "leave"
    assert all(one.check is not None and one.check.off < 0 for one in little.periods)
    month_only = looked(club(fewer=1.0, until=6))
    assert month_only.action == "leave"
    first, second = (one.check for one in month_only.periods)
    assert first is not None and first.exceeded
    assert second is not None and not second.exceeded
    assert "in one of the last two periods" in month_only.verdict.reasons[-1]


def test_a_fall_of_the_auc_that_may_be_chance_is_left() -> None:
    """One subject in seven has changed: the AUC falls by more than 0.02, and the interval holds 0."""
    usual, other = club(), club(chat_instead=5)
    rows = [row for row in usual if int(str(row["user"])[1:]) % 7]
    rows += [row for row in other if not int(str(row["user"])[1:]) % 7]
    found = looked(rows)
    assert found.drop is not None
    assert found.drop.low <= 0
    assert found.drop.value > 0.02
    assert found.action == "leave"


def test_what_was_refused_for_want_of_outcomes_is_tried_again() -> None:
    rows = club()
    empty = calibrate(MODEL, [row for row in rows if row["name"] != "back"], OUTCOME, at=month(6), number=4)
    assert not empty.calibrated
    found = recalibrate(empty, rows, OUTCOME, at=month(8), draws=40, half_lives=["15d"])
    assert found.action == "refit"
    assert found.calibration.calibrated


def test_a_remap_without_outcomes_of_both_kinds_is_none() -> None:
    found = looked(club(fewer=30.0))
    assert found.action == "leave"
    assert "too few outcomes" in found.verdict.reasons[0]


def test_a_handful_of_outcomes_is_too_few_for_a_map() -> None:
    found = looked(club(fewer=4.6))
    assert 0 < sum(one.stayed for one in found.periods) < 10
    assert found.action == "leave"
    assert "too few outcomes" in found.verdict.reasons[0]


def test_who_is_looked_at_is_as_in_the_calibration() -> None:
    every = looked(club()).periods[0].rows
    some = looked(club(), exclude=["u0000", "u0001"]).periods[0].rows
    late = looked(club(), lookback="5d").periods[0].rows
    assert (every, some) == (USERS, USERS - 2)
    assert 0 < late < USERS


def test_a_refit_keeps_what_was_asked_of_the_first() -> None:
    """Which events make an active day, and that a rule may have points of either sign."""
    asked: dict[str, Any] = {"active": Selector("train"), "signs": {"visit": 0}}
    common: dict[str, Any] = {"half_lives": ["15d"], "draws": 20}
    first = calibrate(MODEL, club(), OUTCOME, at=month(6), number=4, **asked, **common)
    rows = club(chat_instead=5)
    found = recalibrate(first, rows, OUTCOME, at=month(8), number=2, **common)
    again = calibrate(MODEL, rows, OUTCOME, at=month(8), number=2, **asked, **common)
    assert found.action == "refit"
    assert found.calibration.model == again.model
    signs = {one.rule: one.sign for one in found.calibration.behaviours}
    assert signs == {one.rule: one.sign for one in again.behaviours}


def test_scores_that_moved_at_equal_tenure_are_worth_a_look() -> None:
    rows = club()
    rows += [
        {**row, "name": name}
        for row in rows
        for name in ("train", "visit")
        if row["name"] == "chat" and int(str(row["time"])) >= month(6)
    ]
    found = looked(rows)
    assert any("moved: PSI" in look for look in found.verdict.looks)
    assert "worth a look: scores of subjects known 90 to 365 d" in str(found)


def test_a_window_that_is_not_over_judges_nothing() -> None:
    with pytest.raises(EventError, match="no window is over since") as caught:
        looked(club(), until=6.9)
    assert "2025-07-30" in str(caught.value)
    assert len(looked(club(), until=7.0).periods) == 1


def test_another_outcome_is_refused() -> None:
    with pytest.raises(EventError, match="calibrated for any back in the 30d"):
        recalibrate(calibrated(), club(), churn("back", "30d"), at=month(8))


def test_it_can_be_read_and_kept() -> None:
    found = moved()
    text = str(found)
    assert text.splitlines()[0] == "recalibration of club: refit"
    assert "2025-06-30: 400 rows" in text
    assert "changed" in text
    kept = json.loads(json.dumps(found.to_dict()))
    assert kept["action"] == "refit"
    assert kept["periods"][0]["rows"] == USERS
    assert {one["rule"] for one in kept["changes"]["rules"]} == {"train", "chat", "visit", "active day"}


def test_rules_that_changed_are_told_from_noise() -> None:
    found = moved().changes
    assert found is not None
    assert {"train", "chat"} <= set(found.beyond_noise)
    assert found.half_life.first == "15d"
    assert found.half_life.apart is False
    frame = found.to_pandas()
    assert frame["rule"].tolist() == ["train", "chat", "visit", "active day"]


def test_two_halves_of_one_log_differ_by_noise_alone() -> None:
    """Subjects of the same kind, none in both: no rule is said to have changed."""
    rows = club(users=600)
    halves = [
        calibrate(
            MODEL,
            [row for row in rows if int(str(row["user"])[1:]) % 2 == odd],
            OUTCOME,
            at=month(7),
            number=5,
            half_lives=["15d"],
            draws=60,
        )
        for odd in (0, 1)
    ]
    found = changes(*halves)
    assert found.beyond_noise == ()
    assert [one.difference is None for one in found.rules] == [False] * 4
    assert any(one.difference.value != 0 for one in found.rules if one.difference is not None)


def test_a_calibration_differs_from_itself_in_nothing() -> None:
    found = changes(calibrated(), calibrated())
    assert all(one.difference is not None and one.difference.value == 0.0 for one in found.rules)
    assert found.beyond_noise == ()


def test_without_draws_the_noise_is_unknown() -> None:
    found = changes(calibrated(0), calibrated())
    assert [one.more_than_noise for one in found.rules] == [None] * 4
    assert "noise unknown" in str(found)


def drawn(chat: Floats, value: float) -> Calibration:
    """The calibration as if draws had given 1 to train and this to chat, and its points 100 and ``value``."""
    found = calibrated()
    names = [term.column.name for term in found.fitted.terms]
    theta = np.zeros((len(chat), len(names) + 3))
    theta[:, names.index("train")], theta[:, names.index("chat")] = 1.0, chat
    points = np.array([{"train": 100.0, "chat": value}.get(name, 0.0) for name in names])
    refits = Refits(theta, np.zeros(len(chat)))
    return evolve(found, fitted=evolve(found.fitted, refits=refits, points=points))


def test_the_interval_of_a_difference_joins_those_of_its_parts() -> None:
    """Source: Zou and Donner 2008, equation 6; four rules share 5 %, and the draws hold 90 %."""
    even = np.linspace(0.0, 1.0, 101)
    found = changes(drawn(0.2 + 0.2 * even, 30.0), drawn(0.4 + 0.4 * even, 70.0))
    (chat,) = (one for one in found.rules if one.rule == "chat")
    wider = 2.4977 / 1.6449  # normal quantiles of 1 - 0.05 / 4 and of 0.9
    # 30 (21 to 39) and 70 (42 to 78)
    assert isinstance(chat.first, Interval)
    assert (chat.first.low, chat.first.high) == pytest.approx((21, 39))
    assert chat.difference is not None
    assert chat.difference.value == pytest.approx(40)
    assert chat.difference.low == pytest.approx(40 - wider * np.hypot(28, 9), rel=1e-3)
    assert chat.difference.high == pytest.approx(40 + wider * np.hypot(8, 9), rel=1e-3)
    assert chat.more_than_noise is False
    clear = changes(drawn(0.2 + 0.01 * even, 20.5), drawn(0.4 + 0.01 * even, 40.5))
    assert clear.beyond_noise == ("chat",)


def test_points_of_several_half_lives_are_added_up() -> None:
    options: dict[str, Any] = {"at": month(6), "number": 4, "draws": 20, "candidates": ["free points"]}
    found = calibrate(MODEL, club(), OUTCOME, half_lives=["10d", "40d"], **options)
    names = [term.column.name for term in found.fitted.terms]
    assert [names.count(name) for name in ("train", "chat")] == [2, 2]
    shares = {"train": [0.5, 0.5], "chat": [1.0, 0.0]}
    worth = np.array([shares[name].pop(0) if name in shares else 0.0 for name in names])
    refits = Refits(np.append(worth, [0.0, 1.0, 0.0])[None, :], np.zeros(1))
    crafted = evolve(found, fitted=evolve(found.fitted, refits=refits, points=100 * worth))
    rules = {one.rule: one.first for one in changes(crafted, found).rules}
    assert rules["train"] == rules["chat"] == Interval(100.0, 100.0, 100.0)
    assert changes(found, found).half_life.first == "10d and 40d"


@pytest.mark.parametrize(("low", "apart"), [(21.0, True), (19.0, False)])
def test_half_lives_whose_intervals_meet_do_not_differ(low: float, apart: bool) -> None:
    short = evolve(calibrated(), profile=HalfLifeChoice(15.0, 10.0, 20.0, (), ()))
    long = evolve(
        calibrated(), half_lives=(Duration.of("30d"),), profile=HalfLifeChoice(30.0, low, 45.0, (), ())
    )
    found = changes(short, long).half_life
    assert (found.first, found.second) == ("15d (10 to 20 d)", f"30d ({low:.0f} to 45 d)")
    assert found.apart is apart
    assert changes(long, short).half_life.apart is apart

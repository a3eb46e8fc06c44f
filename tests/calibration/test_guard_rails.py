"""Guard rails through the public doors: what trips each, and what comes close and does not.

Lives here: the doors `calibrate`, `validate` and `Levels.from_churned`, on logs made for one guard each.
Lives elsewhere: each guard's numbers by themselves (tests/unit/calibration), drift (test_recalibrate).
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import numpy as np
import pytest
from attrs import evolve

from questscore import (
    Calibration,
    EventRule,
    Level,
    Levels,
    ScoreModel,
    Trigger,
    activity,
    calibrate,
    validate,
)
from questscore.calibration.report import Report
from questscore.calibration.thresholds import Thresholds
from questscore.model.time import DAY, instant
from support.club import MODEL as CLUB
from support.club import OUTCOME as BACK
from support.club import club, month

CUTOFF = int(instant("2025-06-01T00:00:00Z"))
NAMES = ("work", "look", "noise")
MODEL = ScoreModel("shop", subject="user", rules=[EventRule(name, on=name, points=20) for name in NAMES])
OUTCOME = activity("back", "30d")
Row = dict[str, object]


def done(user: int, name: str, days: float) -> Row:
    """An event so many days after the cutoff."""
    return {"user": f"u{user:04d}", "name": name, "time": CUTOFF + int(days * DAY)}


def shop(stay: int, leave: int, *, work: tuple[float, float] = (0.7, 0.4), seed: int = 2) -> list[Row]:
    """So many who come back after the cutoff and who do not; the shares of each that had worked before it."""
    dice = np.random.default_rng(seed)
    rows: list[Row] = []
    for user in range(stay + leave):
        stays = user < stay
        rows.append(done(user, "look", -40 + dice.uniform(0, 35)))
        shares = {"work": work[0 if stays else 1], "look": 0.6 if stays else 0.4, "noise": 0.5}
        rows += [
            done(user, name, -float(dice.uniform(5, 40)))
            for name, share in shares.items()
            if dice.random() < share
        ]
        if stays:
            rows.append(done(user, "back", float(dice.uniform(0, 29))))
    return rows


def exact(errors: int, of: int = 200, days: float = -10.0) -> list[Row]:
    """As many who stay as who leave; work tells them apart but for so many errors on either side."""
    rows = [done(user, "look", -60) for user in range(2 * of)]
    worked = [*range(errors, of), *range(of, of + errors)]
    rows += [done(user, "work", days) for user in worked]
    return rows + [done(user, "back", 5) for user in range(of)]


def fitted(rows: list[Row], model: ScoreModel = MODEL, **options: object) -> Calibration:
    given = {"cutoffs": [CUTOFF], "at": CUTOFF + 30 * DAY, "half_lives": ["30d"], "draws": 0, **options}
    return calibrate(model, rows, OUTCOME, **given)  # type: ignore[arg-type]


def said(found: Calibration, level: str | None = None) -> set[str]:
    return {finding.name for finding in found.findings if level in (None, finding.level)}


# -- outcomes


@pytest.mark.parametrize("swapped", [False, True])
def test_nine_outcomes_are_refused_and_the_table_comes_back(swapped: bool) -> None:
    none, some = ((shop(200, n) if swapped else shop(n, 200)) for n in (9, 10))
    refused = fitted(none)
    assert not refused.calibrated
    assert refused.model == MODEL
    assert said(refused, "refuse") == {"no outcomes"}
    assert fitted(some).calibrated
    assert said(fitted(some), "refuse") == set()


def test_forty_nine_outcomes_are_few_and_fifty_are_not() -> None:
    few, enough = (fitted(shop(n, 200), half_lives=None, draws=40) for n in (49, 50))
    assert "few outcomes" in said(few, "warn")
    assert few.candidate == "table adjusted"
    assert [str(h) for h in few.half_lives] == ["30d"]
    assert few.profile is not None and few.profile.flags == ("few",)
    assert "few outcomes" not in said(enough)
    assert enough.profile is not None and "few" not in enough.profile.flags


def test_below_fifty_the_table_holds_twice_as_tight() -> None:
    """One outcome less moves the points little, but from 50 to 49 they leap towards the table's 20 and 20."""
    rows = shop(51, 150, work=(0.8, 0.3))

    def ratio(outcomes: int) -> float:
        lost = {f"u{user:04d}" for user in range(outcomes, 51)}
        kept = [row for row in rows if row["name"] != "back" or row["user"] not in lost]
        fit = fitted(kept).fitted.fit
        assert fit is not None
        return float(fit.points[0] / fit.points[1])

    assert ratio(50) - ratio(49) > 3 * abs(ratio(51) - ratio(50))


@pytest.mark.parametrize(
    ("users", "stayed", "thin"), [(19, 10, True), (20, 10, False), (40, 4, True), (40, 5, False)]
)
def test_a_rule_that_few_stand_behind_keeps_its_points(users: int, stayed: int, thin: bool) -> None:
    model = ScoreModel("shop", subject="user", rules=[*MODEL.rules, EventRule("rare", on="rare", points=7)])
    behind = [*range(stayed), *range(100, 100 + users - stayed)]
    found = fitted(shop(100, 300) + [done(user, "rare", -20) for user in behind], model)
    (rare,) = (one for one in found.points if one.rule == "rare")
    assert rare.thin is thin
    assert ("thin rule" in said(found)) is thin
    assert (rare.points == 7) is thin


@pytest.mark.parametrize(("stay", "many"), [(39, True), (40, False)])
def test_ten_outcomes_a_rule_are_needed_or_the_table_decides(stay: int, many: bool) -> None:
    """Three rules, and the active day that is proposed."""
    found = fitted(shop(stay, 200))
    assert ("too many rules" in said(found, "note")) is many


@pytest.mark.parametrize(("stay", "many"), [(39, True), (40, False)])
def test_without_a_table_too_many_rules_are_refused(stay: int, many: bool) -> None:
    model = ScoreModel("shop", subject="user", rules=[EventRule(name, on=name, points=0) for name in NAMES])
    found = fitted(shop(stay, 200), model)
    assert found.calibrated is not many
    assert said(found, "refuse") == ({"too many rules"} if many else set())
    assert (found.model == model) is many
    assert fitted(shop(stay, 200), model, candidates=["active days"]).calibrated


@pytest.mark.parametrize(("rules", "many"), [(14, True), (8, False)])
def test_too_many_rules_are_not_fitted_without_the_table(rules: int, many: bool) -> None:
    named = [EventRule(f"work {n}", on="work", points=20) for n in range(rules - 3)]
    model = ScoreModel("shop", subject="user", rules=[*MODEL.rules, *named])
    rows = [
        {**row, "time": int(str(row["time"])) - back * DAY, "user": f"{row['user']} {back}"}
        for back in (0, 31)
        for row in shop(60, 200)
    ]
    found = fitted(rows, model, cutoffs=[CUTOFF - 31 * DAY, CUTOFF])
    assert ("too many rules" in said(found, "note")) is many
    assert found.choice is not None
    assert ("free points" in {one.name for one in found.choice.standings}) is not many


@pytest.mark.parametrize(
    ("status", "exclude", "trips"), [("active", [], True), ("draft", [], False), ("active", ["u0003"], False)]
)
def test_campaigns_that_the_score_sets_off(
    status: Literal["draft", "active"], exclude: list[str], trips: bool
) -> None:
    """Unless some are left out of the fit: those that a campaign reached, or could have."""
    model = evolve(
        MODEL,
        levels=Levels(Level("safe", at_least=10)),
        triggers=(Trigger("save", on="leave", level="safe", action="call", status=status),),
    )
    found = fitted(shop(100, 200), model, exclude=exclude)
    assert ("contamination" in said(found, "warn")) is trips


# -- leakage


@pytest.mark.parametrize(("errors", "trips"), [(3, True), (5, False)])
def test_a_score_that_tells_almost_all_apart(errors: int, trips: bool) -> None:
    found = fitted(exact(errors))
    assert ("separation" in said(found, "warn")) is trips
    assert found.calibrated


@pytest.mark.parametrize(("errors", "trips"), [(9, True), (11, False)])
def test_a_rule_that_alone_tells_who_stays(errors: int, trips: bool) -> None:
    found = fitted(exact(errors))
    suspects = [
        f.message.split(" alone ")[0]
        for f in found.findings
        if f.name == "suspicious rule" and f.level == "warn"
    ]
    assert suspects == (["work"] if trips else [])


def test_a_rule_that_alone_ranks_as_well_as_all() -> None:
    alone, together = fitted(exact(60)), fitted(shop(300, 300, work=(0.6, 0.4)))
    assert "suspicious rule" in said(alone, "note")
    assert "suspicious rule" not in said(together)


@pytest.mark.parametrize(("days", "trips"), [(-1.0, True), (-4.0, False)])
def test_what_is_known_only_in_the_last_tenth_of_a_horizon(days: float, trips: bool) -> None:
    found = fitted(exact(40, days=days))
    told = [f for f in found.findings if "the last tenth of a horizon" in f.message]
    assert bool(told) is trips


def test_what_happens_from_the_cutoff_on_reaches_no_column() -> None:
    """Who stays works at the very cutoff and after it; a microsecond earlier it would tell."""
    rows = shop(100, 200)
    after = [done(user, "work", days) for user in range(100) for days in (0, 3)]
    before = [{**row, "time": CUTOFF - 1} for row in after]
    assert fitted(rows + after).points == fitted(rows).points
    assert fitted(rows + before).points != fitted(rows).points


def test_what_arrived_after_the_cutoff_reaches_no_column() -> None:
    rows = [{**row, "got": row["time"]} for row in shop(100, 200)]
    told = [done(user, "work", -2) for user in range(100)]
    late, early = ([{**row, "got": CUTOFF + us} for row in told] for us in (1, 0))
    plain = fitted(rows, known="got")
    assert fitted(rows + late, known="got").points == plain.points
    assert fitted(rows + early, known="got").points != plain.points


def test_a_window_that_is_not_over_is_no_outcome() -> None:
    cutoffs = [CUTOFF - 20 * DAY, CUTOFF]
    whole, short = (fitted(shop(100, 200), at=CUTOFF + 30 * DAY - us, cutoffs=cutoffs) for us in (0, 1))
    assert len(whole.card.cutoffs) == 2
    assert len(short.card.cutoffs) == 1
    assert short.card.left_out["cutoffs whose window is open"] == 1


# -- validation


def validated(rows: list[Row], **options: object) -> Report:
    given = {"tests": [month(6)], "end": month(7), "half_lives": ["15d"], "training": 4, **options}
    return validate(CLUB, rows, BACK, **given)  # type: ignore[arg-type]


@cache
def usual() -> Report:
    return validated(club())


def warned(found: Report) -> set[str]:
    return {f.name for f in (*found.findings, *(f for one in found.cutoffs for f in one.findings))}


def test_windows_that_are_fitted_on_end_by_the_cutoff_that_is_judged() -> None:
    """Even where cutoffs are asked for every five days."""
    (one,) = validated(club(), step="5d").cutoffs
    assert len(one.trained) == 4
    assert max(one.trained) + 30 * DAY == month(6)


def test_points_that_may_be_worse_are_not_recommended() -> None:
    assert usual().recommended
    assert "not better" not in warned(usual())
    small = validated(club(users=30))
    assert "not better" in warned(small)
    assert not small.recommended


@pytest.mark.parametrize(("fewer", "trips"), [(1.2, True), (0.1, False)])
def test_a_base_rate_unlike_those_of_training(fewer: float, trips: bool) -> None:
    found = validated(club(fewer=fewer))
    assert ("seasonality" in warned(found)) is trips


# -- levels


@pytest.mark.parametrize(("churned", "refused"), [(19, True), (20, False)])
def test_levels_are_refused_by_the_public_door(churned: int, refused: bool) -> None:
    """Each visits five days; who churned had done little, and is not seen again."""
    model = ScoreModel("pages", subject="user", rules=[EventRule("read", on="read", points="pages")])
    rows: list[Row] = []
    for user in range(churned + 100):
        gone = user < churned
        pages = 1.0 + 0.01 * user if gone else 2.0 + 0.01 * user
        rows += [{**done(user, "read", -5 + n), "pages": pages} for n in range(5)]
        rows += [] if gone else [{**done(user, "read", 10), "pages": 0.0}]
    door: Any = Levels
    found: Thresholds = door.from_churned(model, rows, number=1, silence="30d", end=CUTOFF + 30 * DAY)
    assert found.calibrated is not refused
    assert [finding.name for finding in found.refused] == (["few churned"] if refused else [])
    assert "provisional" in {finding.name for finding in found.findings}

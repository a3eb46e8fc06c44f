"""Gaming: each reason tripped, and come close to; the table by level; no score is changed."""

from __future__ import annotations

import numpy as np
import pytest
from attrs import evolve

from questscore import ConditionRule, Count, EventRule, Level, Levels, ScoreModel, score
from questscore.calibration.gaming import GamingReport, gaming
from questscore.calibration.outcomes import activity
from questscore.model.time import DAY, HOUR, instant

START = int(instant("2026-01-01T00:00:00Z"))
Row = dict[str, object]
RULES = [
    EventRule("log in", on="login", points=1),
    EventRule("write", on="write", points=4),
    EventRule("share", on="share", points=5),
    EventRule("complain", on="complain", points=-3),
]
MODEL = ScoreModel("demo", subject="user", rules=RULES, levels=Levels(Level("high", at_least=60)))


def at(day: float) -> int:
    return START + int(day * DAY)


def people(number: int = 40, seed: int = 0) -> list[Row]:
    """Ordinary users: some of everything at odd hours over 30 days."""
    dice = np.random.default_rng(seed)
    return [
        {"user": f"u{n:03d}", "name": name, "time": at(float(dice.uniform(1, 30)))}
        for n in range(number)
        for name in ["login"] * 15 + ["write"] * 8 + ["share"] * 2
    ]


def at_times(user: str, names: list[str], days: np.ndarray) -> list[Row]:
    return [
        {"user": user, "name": name, "time": at(day)} for name, day in zip(names, days.tolist(), strict=True)
    ]


def odd_hours(number: int, seed: int = 5) -> np.ndarray:
    """Different days with different gaps."""
    return np.sort(np.random.default_rng(seed).uniform(1, 30, number))


def reasons(rows: list[Row], model: ScoreModel = MODEL) -> dict[str, tuple[str, ...]]:
    return dict(gaming(model, people() + rows, at(30)).reasons)


def test_ordinary_users_are_not_flagged() -> None:
    report = gaming(MODEL, people(), at(30))
    assert report.flagged == ()
    assert report.events.tolist() == [25.0] * 40


@pytest.mark.parametrize(("writes", "flagged"), [(1, True), (2, False)])
def test_one_kind_of_event_is_more_than_nineteen_in_twenty(writes: int, flagged: bool) -> None:
    names = ["login"] * (40 - writes) + ["write"] * writes
    found = reasons(at_times("one", names, odd_hours(40)))
    assert found == ({"one": ("one kind of event",)} if flagged else {})


def test_one_kind_of_event_says_nothing_where_a_model_has_few_rules() -> None:
    rows = at_times("one", ["login"] * 40, odd_hours(40))
    assert reasons(rows, ScoreModel("two", subject="user", rules=RULES[:2])) == {}
    unpaid = [*RULES[:2], EventRule("never seen", on="renew", points=9)]
    assert reasons(rows, ScoreModel("two", subject="user", rules=unpaid)) == {}


@pytest.mark.parametrize(("number", "flagged"), [(19, False), (20, True)])
def test_fewer_than_twenty_events_say_nothing(number: int, flagged: bool) -> None:
    assert bool(reasons(at_times("one", ["login"] * number, odd_hours(number)))) is flagged


def test_too_many_events_a_day_is_told_among_many_subjects() -> None:
    burst = at_times("bot", ["login", "write", "share"] * 20, 29 + odd_hours(60) / 40)
    assert reasons(burst) == {}, "of 41 subjects the busiest is no news"
    many = people(300, seed=2)
    assert dict(gaming(MODEL, many + burst, at(30)).reasons) == {"bot": ("too many a day",)}


@pytest.mark.parametrize(("jitter", "flagged"), [(0.02, True), (0.2, False)])
def test_clockwork_is_flagged(jitter: float, flagged: bool) -> None:
    gaps = np.tile([1 - jitter, 1 + jitter], 14)
    rows = at_times("clock", ["login", "write"] * 14, 1 + 0.3 + np.cumsum(gaps))
    assert reasons(rows) == ({"clock": ("too regular",)} if flagged else {})


def test_dates_without_times_are_not_clockwork() -> None:
    rows = at_times("daily", ["login", "write"] * 14, np.arange(1.0, 29.0))
    report = gaming(MODEL, people() + rows, at(30))
    assert report.flagged == ()
    assert np.isnan(report.variation[report.subjects.index("daily")])


def test_shares_of_points_and_days() -> None:
    rows: list[Row] = [
        {"user": "ada", "name": name, "time": at(day) + hour * HOUR}
        for name, day, hour in [
            ("login", 5, 1),
            ("login", 5, 2),
            ("login", 5, 3),
            ("login", 6, 1),
            ("write", 7, 1),
            ("complain", 8, 1),
        ]
    ]
    report = gaming(MODEL, rows, at(30))
    assert report.largest.tolist() == [0.5]
    assert report.effective.tolist() == pytest.approx([2.0])
    assert (report.events.tolist(), report.active.tolist()) == ([5.0], [3.0])
    assert report.a_day.tolist() == pytest.approx([5 / 3])
    assert report.busiest.tolist() == pytest.approx([3 / 5])
    assert report.one_kind.tolist() == pytest.approx([4 / 5])
    hours = np.array([1.0, 1.0, 22.0, 24.0])
    assert report.variation.tolist() == pytest.approx([hours.std() / hours.mean()])
    assert gaming(MODEL, rows, at(36)).events.tolist() == [2.0]


def test_who_has_nothing_that_pays_has_no_share() -> None:
    report = gaming(MODEL, [{"user": "ada", "name": "complain", "time": at(1)}], at(2))
    assert (report.effective.tolist(), report.largest.tolist()) == ([0.0], [0.0])
    assert report.a_day.tolist() == [0.0]


def test_a_table_by_level_and_how_well_the_score_does_without_them() -> None:
    rows = people() + at_times("one", ["login"] * 60, odd_hours(60))
    after = [{"user": f"u{n:03d}", "name": "login", "time": at(40)} for n in range(20)]
    report = gaming(MODEL, rows + after, at(30), outcome=activity("login", "30d"))
    counts = {count.level: (count.subjects, count.flagged) for count in report.by_level}
    assert counts == {"base": (40, 0), "high": (1, 1)}
    assert report.separates is not None
    every, without = report.separates
    assert every is not None
    assert without is not None
    assert (every.rows, without.rows) == (41, 40)
    assert every.outcomes == without.outcomes == 20
    assert without.value > every.value
    assert "1 of 41 subjects flagged" in repr(report)
    assert set(report.to_pandas().columns) >= {"subject", "level", "flag_too_regular", "busiest_day"}


def test_levels_stand_by_rank_not_by_name() -> None:
    levels = Levels(Level("some", at_least=1), Level("many", at_least=100), Level("all", at_least=10**6))
    report = gaming(evolve(MODEL, levels=levels), people() + at_times("one", ["login"] * 400, odd_hours(400)))
    assert [count.level for count in report.by_level] == ["some", "many"]


def test_no_score_is_changed() -> None:
    rows = people() + at_times("one", ["login"] * 60, odd_hours(60))
    before = score(MODEL, rows, at(30)).scores
    gaming(MODEL, rows, at(30))
    assert np.array_equal(before, score(MODEL, rows, at(30)).scores)


def test_a_model_without_event_rules_looks_at_all_events() -> None:
    model = ScoreModel(
        "often",
        subject="user",
        signals=[Count("n", on="*")],
        rules=[ConditionRule("often", when="n > 3", points=5)],
    )
    report: GamingReport = gaming(model, people(3), at(30))
    assert report.events.tolist() == [25.0] * 3
    assert report.flagged == ()

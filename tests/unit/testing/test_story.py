"""A story is told in instants that are all given, and its expectations fail with the reasons."""

from __future__ import annotations

import pytest

from questscore import (
    ConditionRule,
    Count,
    EventError,
    EventRule,
    Level,
    Levels,
    ScoreModel,
    Since,
    TierRule,
    UnknownSubject,
)
from questscore.model.time import iso
from questscore.testing import Story

MODEL = ScoreModel(
    "habit",
    subject="user",
    timezone="Europe/Paris",
    signals=[Count("logins", on="login", window="7d"), Since("idle", on="login")],
    rules=[
        EventRule("logs in", on="login", points=10),
        EventRule("spends", on="pay", points="amount"),
        ConditionRule("quiet", when="idle >= 30", points=-100),
    ],
    levels=Levels(Level("regular", at_least=50), Level("keen", at_least=100)),
)


def story(start: str = "2026-03-20T09:00") -> Story:
    return Story(MODEL, start=start, subject="ada")


def times(told: Story) -> list[str]:
    return [iso(event.time) for event in told.events]


def test_a_daily_series_keeps_the_local_time_through_a_night_that_loses_an_hour() -> None:
    """In Paris 29 March 2026 has 23 hours: nine in the morning is 8:00 UTC before it and 7:00 from it on."""
    told = story("2026-03-27T09:00").does("login", every="day", for_="4d")
    assert times(told) == [f"2026-03-{d}T0{h}:00:00Z" for d, h in ((27, 8), (28, 8), (29, 7), (30, 7))]
    assert iso(told.now) == "2026-03-31T07:00:00Z"


def test_a_series_by_duration_does_not_know_the_clock_on_the_wall() -> None:
    told = story("2026-03-27T09:00").does("login", every="24h", for_="4d")
    assert times(told) == [f"2026-03-{d}T08:00:00Z" for d in (27, 28, 29, 30)]
    assert iso(told.now) == "2026-03-31T08:00:00Z"


def test_two_weeks_of_days_are_fourteen_events_in_spring_and_in_autumn() -> None:
    for start in ("2026-03-20T09:00", "2026-10-20T09:00"):
        assert len(story(start).does("login", every="day", for_="2w").events) == 14


def test_a_monthly_series_ends_with_the_month_where_the_day_does_not_exist() -> None:
    told = Story(MODEL, start="2026-01-31T12:00", subject="ada", timezone="UTC")
    told.does("login", every="month", times=3)
    assert times(told) == ["2026-01-31T12:00:00Z", "2026-02-28T12:00:00Z", "2026-03-31T12:00:00Z"]
    assert iso(told.now) == "2026-04-30T12:00:00Z"


def test_weeks_quarters_and_years_are_steps_too() -> None:
    told = Story(MODEL, start="2024-02-29T12:00", subject="ada", timezone="UTC")
    told.after("week").does("a").after("quarter").does("b").after("year").does("c").after("2h").does("d")
    assert [e.name for e in told.events] == ["a", "b", "c", "d"]
    assert times(told) == [
        "2024-03-07T12:00:00Z",
        "2024-06-07T12:00:00Z",
        "2025-06-07T12:00:00Z",
        "2025-06-07T14:00:00Z",
    ]


def test_a_date_is_its_local_midnight() -> None:
    told = story().on("2026-04-02").does("pay", amount=5)
    assert times(told) == ["2026-04-01T22:00:00Z"]
    assert told.score("2026-04-02").value == 5


def test_a_series_of_a_period_that_begins_with_the_night_that_has_no_such_time() -> None:
    """Half past two does not exist on 29 March; the event is an hour later on the wall."""
    told = story("2026-03-28T02:30").does("login", every="day", times=3)
    assert times(told) == ["2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"]


def test_each_subject_has_a_story_of_its_own() -> None:
    told = story().does("login", every="day", for_="5d").subject("bob").does("login")
    assert [e.user for e in told.events] == ["ada", "bob", "ada", "ada", "ada", "ada"]
    told.subject("ada").expect_score(50).subject("bob").expect_score(10)


def test_members_of_an_account() -> None:
    model = ScoreModel("team", subject="account", rules=[EventRule("r", on="*", points=1)])
    told = Story(model, start="2026-03-01", subject="acme").does("login", user="ada").does("login", user="bo")
    assert {(e.account, e.user) for e in told.events} == {("acme", "ada"), ("acme", "bo")}
    told.expect_score(2)
    with pytest.raises(EventError, match="turn to it with subject"):
        told.does("login", account="other")


def test_properties_by_keyword_and_by_any_name() -> None:
    told = story().does("pay", {"utm-source": "ad", "every": 3}, amount=2.5, cart={"total": 7}, id="e1")
    assert told.events[0].properties == {"utm-source": "ad", "every": 3, "amount": 2.5, "cart.total": 7}
    assert told.events[0].id == "e1"
    series = story().does("login", every="day", times=2, id="x")
    assert [e.id for e in series.events] == ["x-0", "x-1"]


def test_expectations_that_hold() -> None:
    told = story("2026-03-01T09:00").does("login", every="day", for_="6d").does("pay", amount=45)
    told.expect_score(105).expect_level("keen").expect_signal("logins", 6).expect_signal("idle", 1)
    told.expect_reason("logs in", 60).expect_reason("spends", 45).expect_reason("quiet", 0)
    told.falls_silent(for_="40d").expect_score(5).expect_level("base").expect_reason("quiet", -100)
    told.expect_path("base", "regular", "keen", "base")
    # five logins by 5 March, the payment on the 7th; 30 days after the last login, looked at on midnights
    told.expect_transition("base", "regular", at="2026-03-06")
    told.expect_transition("regular", "keen", at="2026-03-07T23:00:00Z")
    told.expect_transition("keen", "base", at="2026-04-06")


def test_levels_looked_at_all_the_time_change_some_time_on_a_date() -> None:
    model = ScoreModel(
        "club",
        subject="user",
        evaluate="continuous",
        rules=[EventRule("r", on="pay", points=1)],
        levels=Levels(Level("in", at_least=2)),
    )
    told = Story(model, start="2026-03-01T09:00", subject="ada").does("pay", every="day", times=3)
    told.expect_transition("base", "in", at="2026-03-02").expect_transition("base", "in", "2026-03-02T09:00")
    for other in ("2026-03-01", "2026-03-03", "2026-03-02T09:01"):
        with pytest.raises(AssertionError, match="base -> in"):
            told.expect_transition("base", "in", at=other)


@pytest.mark.parametrize(
    ("expect", "found"),
    [
        (lambda told: told.expect_score(51), r"score 50\.0, expected 51 \(off by -1\)"),
        (lambda told: told.expect_level("keen"), "level 'regular', expected 'keen'"),
        (lambda told: told.expect_level("regualr"), "no such level, the nearest is 'regular'"),
        (lambda told: told.expect_signal("logins", 6), r"signal 'logins': 5\.0, expected 6"),
        (lambda told: told.expect_reason("logs in", 49), r"rule 'logs in': 50\.0, expected 49 \(off by 1\)"),
        (lambda told: told.expect_score(None), r"score 50\.0, expected None"),
    ],
    ids=["score", "level", "no level", "signal", "reason", "unknown"],
)
def test_what_fails_says_what_was_found_and_why(expect: object, found: str) -> None:
    """The message holds the reasons of the score, and its signals."""
    assert callable(expect)
    told = story("2026-03-01T09:00").does("login", every="day", for_="5d")
    with pytest.raises(AssertionError, match=found) as failed:
        expect(told)
    assert str(failed.value).startswith("ada at 2026-03-06T08:00:00Z: ")
    assert "awarded for 5 × login" in str(failed.value)
    assert "idle = 1.0" in str(failed.value)


def test_a_name_that_there_is_not_is_not_taken_for_a_number() -> None:
    told = story().does("login")
    with pytest.raises(AssertionError, match="no rule 'log in'; the nearest is 'logs in'"):
        told.expect_reason("log in", 10)
    with pytest.raises(AssertionError, match="no signal 'login'; the nearest is 'logins'"):
        told.expect_signal("login", 1)


def test_a_wrong_path_shows_the_changes() -> None:
    told = story("2026-03-01T09:00").does("login", every="day", for_="6d")
    with pytest.raises(AssertionError, match="went base -> regular, expected base -> keen") as failed:
        told.expect_path("base", "keen")
    assert "2026-03-05T23:00:00Z ada: base -> regular (event)" in str(failed.value)
    with pytest.raises(AssertionError, match="the level never changes"):
        story().does("pay", amount=1).expect_transition("base", "keen", at="2026-03-21")


def test_an_unknown_score_is_expected_as_none() -> None:
    model = ScoreModel(
        "unknown",
        subject="user",
        signals=[Since("paid", on="pay", never="missing")],
        rules=[TierRule("fresh", signal="paid", tiers=[[0, 5]], mode="highest", missing="unknown")],
    )
    told = Story(model, start="2026-03-01", subject="ada").does("login")
    told.expect_score(None).expect_reason("fresh", None).expect_signal("paid", None).expect_level(None)


def test_two_stories_that_begin_alike() -> None:
    one = story().does("login")
    other = one.fork().does("login")
    one.expect_score(10)
    other.expect_score(20)
    assert other.after("1d").now != one.now


@pytest.mark.parametrize(
    ("tell", "what"),
    [
        (lambda: Story(MODEL, start="yesterday"), "^start: "),
        (lambda: Story(MODEL, start="2026-02-30"), "no such date"),
        (lambda: Story(MODEL, start="2026-03-01").does("login"), "no subject yet"),
        (lambda: story().does("login", every="day"), "neither or both of for_ and times"),
        (lambda: story().does("login", every="day", for_="1d", times=1), "neither or both"),
        (lambda: story().does("login", times=3), "not how far apart"),
        (lambda: story().does("login", for_="3d"), "not how far apart"),
    ],
)
def test_what_cannot_be_told(tell: object, what: str) -> None:
    assert callable(tell)
    with pytest.raises(EventError, match=what):
        tell()


def test_nothing_is_known_before_the_first_event() -> None:
    with pytest.raises(UnknownSubject):
        story().score()
    assert story().transitions() == []


def test_a_story_can_be_read() -> None:
    told = story().does("login").after("1h").does("pay", amount=5)
    assert str(told) == "2026-03-20 09:00:00+01:00 ada login\n2026-03-20 10:00:00+01:00 ada pay amount=5"
    assert repr(told) == "<Story of 'ada', now 2026-03-20T09:00:00Z: 2 events>"
    assert len(str(told.does("login", every="day", times=99)).splitlines()) == 41

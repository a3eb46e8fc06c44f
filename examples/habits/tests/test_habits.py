"""What this package promises, told as stories, and held to what questscore asks of every kind."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from questscore_habits import Comeback, LongestSilence, WeekendShare

from questscore import ScoreModel, load_model
from questscore.testing import (
    Check,
    assert_parity,
    histories,
    models,
    parametrize_rule,
    parametrize_signal,
)
from questscore.testing.pytest_plugin import StoryMaker

MODEL = load_model(Path(__file__).parents[1] / "model.toml")


@parametrize_signal(
    WeekendShare("weekends"),
    WeekendShare("of_logins", on="login", days=7),
    LongestSilence("silence", on="login"),
)
def test_a_signal_is_what_it_has_to_be(check: Check) -> None:
    check()


@parametrize_rule(Comeback("comes back", on="login", after="3d", points=20))
def test_a_rule_is_what_it_has_to_be(check: Check) -> None:
    check()


def test_the_kinds_are_found_by_their_names() -> None:
    """In model text, through the entry points of the installed package."""
    assert {type(signal) for signal in MODEL.signals} == {WeekendShare, LongestSilence}
    assert isinstance(MODEL.rules[3], Comeback)


def test_a_habit_that_is_dropped_and_taken_up_again(story: StoryMaker) -> None:
    # Ada practises every evening for three weeks, from a Monday on: six of the last 21 days are free ones.
    ada = story(MODEL, start="2026-03-02T20:00", subject="ada").does("practice", every="day", for_="3w")
    ada.expect_signal("weekends", 6 / 21).expect_signal("silence", 1).expect_level("in the habit")

    # She stops. What a silence comes to is known when it ends.
    ada.falls_silent(for_="60d").expect_signal("silence", 1).expect_signal("weekends", None)
    ada.expect_reason("comes back", 0).expect_level("base")

    # She is back: that is worth something, and she is no longer one who is never long away.
    ada.does("practice").expect_reason("comes back", 25).expect_reason("never long away", 0)

    # Another three weeks, and an evening more.
    ada.falls_silent(for_="3w").does("practice").expect_reason("comes back", 50)


def test_a_reset_voids_comebacks(story: StoryMaker) -> None:
    ada = story(MODEL, start="2026-03-02T20:00", subject="ada").does("practice").after("30d").does("practice")
    ada.expect_reason("comes back", 25).after("1d").does("questscore.reset").expect_reason("comes back", 0)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.data())
def test_every_way_of_computing_them_gives_the_same(data: st.DataObject) -> None:
    """Among other signals and rules, over logs with ties, silences and nights in which the clocks change."""
    model: ScoreModel = data.draw(
        models(
            subject="user",
            evaluate=["day"],
            signals=[
                st.builds(WeekendShare, st.just("weekends"), days=st.sampled_from([7, 28])),
                st.just(LongestSilence("silence", on="login")),
            ],
            rules=[st.builds(Comeback, st.just("comes back"), on=st.just("login"), after=st.just("3d"))],
        )
    )
    assert_parity(model, data.draw(histories(model, span="40d", size=12)))

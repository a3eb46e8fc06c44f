"""What a scorer keeps and does does not grow with how often it was asked."""

from __future__ import annotations

from unittest import mock

import pytest

from questscore import Event, EventRule, Level, Levels, ScoreModel, Scorer
from questscore.engine import moves
from questscore.engine.states import States
from questscore.model.time import DAY, HOUR
from unit.engine.both import t

START = t("2026-03-01")


def a_scorer(retain: str | None = None) -> Scorer:
    rule = EventRule("came", on="login", points=10, half_life="5d")
    levels = Levels(Level("warm", at_least=15))
    return Scorer(ScoreModel("upkeep", subject="user", rules=[rule], levels=levels), retain=retain)


@pytest.mark.parametrize("retain", [None, "200d"])
def test_a_thousand_advances_leave_one_entry_each_to_look_at(
    retain: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event makes a subject due at another time; the times before go, those far ahead too."""
    monkeypatch.setattr(moves, "_FEW", 10)
    scorer, told = a_scorer(retain), 0
    for day in range(1000):
        for user in ("ada", "bob"):
            scorer.ingest(Event("login", START + day * DAY + HOUR, user=user))
        told += len(scorer.advance(START + (day + 1) * DAY))
        assert len(scorer._course.moves._due) <= 2 * 2 + 10 + 2
    assert told == 2
    assert [change.after for change in scorer.advance(START + 2000 * DAY)] == ["base", "base"]


def test_a_late_event_of_one_that_nobody_asks_for_slows_no_other() -> None:
    """Others take events at once, and are read as they are."""
    scorer = a_scorer()
    for user in ("ada", "bob"):
        scorer.ingest(Event("login", START, user=user))
        scorer.score(user)
    scorer.ingest(Event("login", START - HOUR, user="ada"))
    with mock.patch.object(States, "touch") as touch, mock.patch.object(States, "current") as current:
        scorer.ingest(Event("login", START + HOUR, user="bob"))
        assert scorer.score("bob").value == pytest.approx(20, rel=0.01)
    assert not touch.called
    assert not current.called
    assert scorer.score("ada", START + HOUR).value == pytest.approx(20, rel=0.02)

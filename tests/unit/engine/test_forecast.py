"""What one more event would do, also where a subject has none like it yet."""

from __future__ import annotations

import pytest

from questscore import ConditionRule, Event, EventRule, Latest, Level, Levels, ScoreModel, Scorer, score
from questscore.model.time import Instant, instant

AT = Instant(instant("2026-03-01T00:00:00Z"))


def gains(where: str, points: float | str = 40) -> dict[str, float | None]:
    """The scores after one more event of a rule with that condition; the subject has only logged in."""
    rule = EventRule("paid", on="paid", where=where, points=points)
    scorer = Scorer(ScoreModel("m", subject="user", rules=[rule], levels=Levels(Level("hot", at_least=100))))
    scorer.ingest(Event("login", AT, user="ada"))
    return {name: gain.score for name, gain in scorer.forecast("ada").gains.items()}


@pytest.mark.parametrize(
    "where",
    [
        "plan == 'pro'",
        "plan != 'free'",
        "plan in ['pro', 'team']",
        "amount > 5",
        "amount >= 5 and plan == 'pro'",
        "amount < 0",
        "amount != 3",
        "amount >= 5 and amount < 10",
        "plan == 'pro' and first == True",
    ],
)
def test_an_event_is_made_up_that_meets_the_condition(where: str) -> None:
    assert gains(where) == {"paid": 40.0}


def test_the_made_up_event_pays_by_its_properties() -> None:
    assert gains("amount >= 25", "amount * 2") == {"paid": 50.0}


@pytest.mark.parametrize(
    "where", ["amount > 5 and amount < 3", "amount * 2 > 5 or plan == 'pro'", "hour == 25"]
)
def test_a_condition_that_nothing_made_up_meets_tells_no_gain(where: str) -> None:
    assert gains(where) == {}


def test_one_more_event_at_a_reset_is_voided_with_the_others_of_its_instant() -> None:
    levels = Levels(Level("hot", at_least=10))
    model = ScoreModel("m", subject="user", rules=[EventRule("paid", on="paid", points=10)], levels=levels)
    scorer = Scorer(model)
    scorer.ingest(
        [Event("paid", AT, user="ada"), Event("questscore.reset", AT, user="ada", properties={"points": 3})]
    )
    gain = scorer.forecast("ada").gains["paid"]
    assert (gain.score, gain.level, gain.needed, gain.reached) == (3.0, "base", None, None)


@pytest.mark.parametrize("first, second", [("basic", "pro"), ("pro", "basic")])
def test_one_more_event_stands_in_order_among_those_of_its_instant(first: str, second: str) -> None:
    model = ScoreModel(
        "m",
        subject="user",
        signals=[Latest("plan", on="*", property="plan")],
        rules=[EventRule("a", on="a", points=1), ConditionRule("is pro", when="plan == 'pro'", points=100)],
    )
    events = [
        Event("a", AT - 5, user="ada", properties={"plan": first}),
        Event("b", AT, user="ada", properties={"plan": second}),
    ]
    scorer = Scorer(model)
    scorer.ingest(events)
    more = Event("a", AT, user="ada", properties={"plan": first})
    assert scorer.forecast("ada").gains["a"].score == score(model, [*events, more])["ada"].value

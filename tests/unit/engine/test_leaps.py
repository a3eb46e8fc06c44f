"""Where nothing can change, a walk looks at few instants, however long the time and however near an edge."""

from __future__ import annotations

from unittest import mock

import pytest

from questscore import (
    Audience,
    ConditionRule,
    Event,
    EventRule,
    Level,
    Levels,
    ScoreModel,
    ScoreOf,
    Scorer,
    Transition,
    Trigger,
)
from questscore.engine.walk import Walk
from questscore.model.time import DAY, Instant, instant

START = instant("2026-01-01T00:00:00Z")
PAID = EventRule("paid", on="paid", points=0.1)
INNER = ScoreModel("inner", subject="user", rules=[PAID])
NESTED = {
    "signals": [ScoreOf("inner", model=INNER)],
    "rules": [ConditionRule("more", when="inner > 0.1", points=10)],
    "levels": Levels(Level("hot", at_least=10)),
}
WHEN = {"rules": [PAID], "signals": [], "levels": Levels(Level("hot", when="inner >= 0.1 or inner < 0.1"))}
WATCHED = {
    "rules": [PAID],
    "audiences": [Audience("in", enter="score > 0.1 and score < 0.3")],
    "triggers": [Trigger("in", on="enter", audience="in", action="mail")],
}


@pytest.mark.parametrize("fields", [NESTED, WATCHED, {**WHEN, "signals": NESTED["signals"]}])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_score_that_stays_on_an_edge_is_not_looked_at_again_and_again(
    fields: dict[str, object], count: int
) -> None:
    """Points of 0.1 add up to 0.1, 0.2 and 0.30000000000000004, each on an edge or beside one."""
    model = ScoreModel("m", subject="user", evaluate="continuous", resolution="1h", **fields)  # type: ignore[arg-type]
    scorer, looked = Scorer(model), Walk._look

    def counted(walk: Walk, at: int) -> None:
        looks.append(at)
        looked(walk, at)

    looks: list[int] = []
    scorer.ingest([Event("paid", Instant(START + k * DAY), user="ada") for k in range(count)])
    with mock.patch.object(Walk, "_look", counted):
        told: list[Transition] = scorer.advance(Instant(START + 730 * DAY))
    assert len(looks) < 200
    assert all(change.time < START + 3 * DAY for change in told)

"""Awards of several rules that are added up as they come are the sum of what each of them pays."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

import questscore
from questscore import Event, EventRule, Limit
from questscore.aggregates.deltas import Merged, Priced
from questscore.columns.log import settle
from questscore.engine.pool import Award
from questscore.engine.timeline import Timeline
from questscore.model.time import HOUR, instant
from unit.engine.both import a_model, adjust, ev, reset

START, END = instant("2026-03-01T00:00:00Z"), instant("2026-04-10T00:00:00Z")
NAMED = [
    EventRule("a", on="a", points=10),
    EventRule("a again", on="a", points=-4),
    EventRule("a or b", on=["a", "b"], points=3),
    EventRule("a or unheard of", on=["c", "never"], points=7),
    EventRule("c back", on="c", points=-7),
]
OTHERS = [
    EventRule("in March", on="b", points=100, active={"until": "2026-03-20T00:00:00Z"}),
    EventRule("where", on="b", where="x > 1", points=1000),
    EventRule("any", on="*", points=10_000),
    EventRule("daily", on="a", points=20_000, limit=Limit(count=1, every="day")),
    EventRule("once", on=["a", "c"], points=50_000, limit=Limit(count=1)),
    EventRule("clipped", on="b", points=5, limit=Limit(points=7, every="week")),
    EventRule("fading", on=["a", "c"], points=40, half_life="3d"),
    EventRule("fading too", on="b", points=30, half_life="3d"),
]


def a_log(rng: Random, *, voids: bool) -> list[Event]:
    """Some weeks of three names; with ``voids``, an adjustment and resets too."""
    log = [
        ev(
            rng.choice("abc"),
            f"2026-03-{rng.randint(1, 31):02}T{rng.randint(0, 23):02}:00",
            user=rng.choice(("ada", "bob", "cyd")),
            account="acme",
            x=rng.choice((None, 0, 2)),
        )
        for _ in range(90)
    ]
    return [*log, reset("2026-03-12T01:00", 7), adjust("2026-03-24T01:00", 9)] if voids else log


@pytest.mark.parametrize("voids", [False, True], ids=["plain", "with resets"])
@pytest.mark.parametrize("rules", [NAMED, NAMED + OTHERS, OTHERS], ids=["named", "all", "others"])
def test_a_pool_is_the_sum_of_its_rules(rules: list[EventRule], voids: bool) -> None:
    rng = Random(len(rules))
    model = a_model([], rules, subject="user")
    for _ in range(5):
        log = settle(questscore.read_events(a_log(rng, voids=voids)), "user", END)
        pooled, apart = (Timeline(model, log, apart=apart) for apart in (False, True))
        for at in range(START, END, 29 * HOUR):
            found, wanted = pooled.read(at), apart.read(at)
            total = sum((wanted.points[rule.name] for rule in rules), wanted.adjustments.copy())
            assert not found.points, "all of these rules are pooled"
            assert np.allclose(found.value, total, rtol=1e-12, atol=1e-12)


def test_rules_that_pay_for_a_name_are_one_price_list() -> None:
    log = settle(questscore.read_events([ev("a", "2026-03-02T10:00", user="ada", account="acme")]), "user")
    timeline = Timeline(a_model([], NAMED, subject="user"), log, apart=False)
    assert timeline.read(END).value.tolist() == [9.0]
    awards = [reader for reader in timeline._scoring._sums if isinstance(reader, Award)]
    assert len(awards) == 1
    (part,) = awards[0]._sum._parts  # type: ignore[union-attr]
    assert isinstance(part.source, Priced) and not isinstance(part.source, Merged)
    assert part.source.worth.tolist() == [9.0]

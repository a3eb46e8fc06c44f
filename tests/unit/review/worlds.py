"""A made-up world: accounts that log in, work, pay and complain, from a seed; and a model of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from attrs import evolve

from questscore import (
    ConditionRule,
    Count,
    Event,
    EventRule,
    Level,
    Levels,
    ScoreModel,
    Since,
    Trigger,
)

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)

WORKS = EventRule("works", on="work", points=10, half_life="14d", limit={"count": 3, "every": "day"})
MODEL = ScoreModel(
    "world",
    subject="account",
    signals=[Count("logins_7d", on="login", window="7d"), Since("idle_days", on="*")],
    rules=[
        WORKS,
        EventRule("pays", on="pay", points="amount / 10"),
        EventRule("flies", on="flight", points=5),
        ConditionRule("comes often", when="logins_7d >= 3", points=25),
        ConditionRule("is away", when="idle_days >= 20", points=-40),
    ],
    levels=Levels(Level("low", at_least=20), Level("high", at_least=60), below="none"),
    triggers=[
        Trigger("cheer", on="rise", level="high", action="mail", status="active"),
        Trigger("worry", on="fall", level="low", action="call", rearm="30d"),
        Trigger("meet", on="enter", level="low", action="mail", rearm="once"),
        Trigger("part", on="leave", level="high", action="mail"),
    ],
)
STRICTER = evolve(
    MODEL,
    version="2",
    rules=(evolve(WORKS, points=6.0), *MODEL.rules[1:4]),
    levels=Levels(Level("low", at_least=30), Level("top", at_least=70), below="none"),
    triggers=[
        Trigger("cheer", on="enter", level="top", action="mail", status="active"),
        Trigger("worry", on="fall", level="low", action="call"),
    ],
)


def events(seed: int, accounts: int = 12, days: int = 90) -> list[Event]:
    """Some hundreds of events; an account is keen for some weeks and absent for others."""
    dice = Random(seed)
    log = []
    for i in range(accounts):
        keen = dice.random()
        first = dice.randrange(days // 2)
        for day in range(first, days):
            if day % 14 == 0:
                keen = dice.choice((0.0, 0.1, 0.6))
            while dice.random() < keen:
                name = dice.choices(("login", "work", "pay", "moan"), (5, 5, 1, 1))[0]
                time = BEGIN + timedelta(days=day, seconds=dice.randrange(86_400))
                properties = {"amount": dice.randrange(10, 200)} if name == "pay" else {}
                log.append(Event(name, time, account=f"a{i:02}", properties=properties))
    dice.shuffle(log)
    return log

"""One log taken in sorted and shuffled, which must come to the same.

Lives here: a large made-up log as columns, a model over it, and taking it in, in chunks.
Lives elsewhere: how large (``unit/scorer/test_shuffled.py``, ``benchmarks.simulation``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from questscore import (
    ActivePeriods,
    ConditionRule,
    Count,
    Distinct,
    EventRule,
    EventTable,
    Level,
    Levels,
    Limit,
    ScoreModel,
    Scorer,
    Since,
    TierRule,
    Total,
)
from questscore.columns.table import Keys, PropertyColumn
from questscore.model.time import DAY
from support.compare import differences
from support.transitions import moves_differ

START = 1_767_225_600_000_000  # 2026-01-01
DAYS = 120
NAMES = ("login", "pay", "invite", "task")


def a_model() -> ScoreModel:
    """Sums, windows, limits in order of time, what is last and what is different."""
    return ScoreModel(
        "shuffled",
        subject="user",
        signals=[
            Count("logins", on="login", window="30d"),
            Total("paid", on="pay", property="amount", half_life="20d"),
            Distinct("features", on="task", property="feature", window="60d"),
            ActivePeriods("days", on="*", every="day", window="30d"),
            Since("idle", on="login"),
        ],
        rules=[
            EventRule("earned", on=["login", "invite"], points=2.5, half_life="15d"),
            EventRule("daily", on="login", points=1, limit=Limit(count=1, every="day"), window="60d"),
            EventRule("spaced", on="task", points="amount / 10", cooldown="12h"),
            TierRule("breadth", signal="features", tiers=[[2, 5], [4, 10]], mode="cumulative"),
            ConditionRule("pays", when="paid > 40", points=20),
            ConditionRule("quiet", when="idle >= 10", points=-15),
            TierRule("habit", signal="days", tiers=[[5, 5], [12, 10]], mode="highest"),
        ],
        levels=Levels(Level("some", at_least=10), Level("more", at_least=40)),
    )


def a_log(events: int, seed: int = 1) -> EventTable:
    """Events with ids in order of time, about fifty for each user; of a thousand, one is sent twice."""
    rng = np.random.default_rng(seed)
    users = max(events // 50, 1)
    time = np.sort(START + rng.integers(0, DAYS * DAY, events))
    ids = np.arange(events)
    user = rng.integers(0, users, events).astype(np.int32)
    name = rng.choice(len(NAMES), events, p=[0.6, 0.1, 0.1, 0.2]).astype(np.int32)
    amount = rng.integers(0, 100, events) / 4.0
    amount[rng.random(events) < 0.3] = np.nan
    feature = rng.integers(-1, 6, events).astype(np.int32)
    table = EventTable(
        time,
        Keys(name, NAMES),
        Keys(user, [f"u{i}" for i in range(users)]),
        Keys(np.full(events, -1, dtype=np.int32), ()),
        Keys(ids.astype(np.int32), [f"event-{i:08}" for i in range(events)]),
        {
            "amount": PropertyColumn(amount, None),
            "feature": PropertyColumn(None, Keys(feature, [f"f{i}" for i in range(6)])),
        },
    )
    twice = np.sort(rng.choice(events, events // 1000, replace=False))
    return table.take(np.sort(np.concatenate([np.arange(events), twice])))


def taken_in(
    model: ScoreModel,
    log: EventTable,
    order: NDArray[np.intp],
    chunk: int,
    told: Callable[[int], None] = lambda row: None,
) -> tuple[Scorer, dict[str, int]]:
    """A scorer given the rows in an order, in chunks, and the sums of its reports."""
    scorer = Scorer(model)
    counts = {"received": 0, "applied": 0, "duplicate": 0, "conflict": 0}
    for first in range(0, len(order), chunk):
        report = scorer.ingest(log.take(order[first : first + chunk]))
        for name in counts:
            counts[name] += getattr(report, name)
        told(first)
    return scorer, counts


def same_end(one: Scorer, other: Scorer, at: int) -> list[str]:
    """What differs between two scorers' scores at an instant, and changes of level up to it."""
    found, expected = one.scores(at), other.scores(at)
    return (
        differences(found.to_dicts(), expected.to_dicts())[:5]
        + moves_differ(one.advance(at), other.advance(at))[:5]
    )

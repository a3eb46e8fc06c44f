"""A log is read chunk by chunk, and from one evaluation instant to the next only what changed is read again.

Where the cuts fall is nothing to the numbers. Real chunks hold 262,144 rows; here they hold a few, so that
small logs are cut everywhere; and levels with a margin make the engine step through every day.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

import questscore
from questscore import (
    ActivePeriods,
    ConditionRule,
    Count,
    Distinct,
    Event,
    EventRule,
    Latest,
    Level,
    Levels,
    Limit,
    Maximum,
    Mean,
    Minimum,
    Rollup,
    ScoreModel,
    ScoreOf,
    Sessions,
    SignalDefinition,
    Since,
    Streak,
    Total,
)
from questscore.aggregates import cells, deltas, presence
from questscore.engine import run, timeline
from support.cases import numbered
from support.judge import Verdict, judge
from unit.engine.both import a_model, adjust, both, ev, reset, t


@pytest.fixture(params=[1, 4, 1 << 18])
def chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many rows a chunk holds; with small ones, whatever is only worth it for many rows is done too."""
    size: int = request.param
    for module in (run, timeline, deltas):
        monkeypatch.setattr(module, "CHUNK", size)
    if size < 1 << 18:
        monkeypatch.setattr(deltas, "_ROWS", 0)
    return size


def test_the_cuts_between_chunks_change_nothing(chunk: int) -> None:
    for number in range(chunk, chunk + 20):
        judgement = judge(numbered(11, number))
        assert judgement.verdict is not Verdict.DISAGREE, (number, judgement.lines[:5])


SUMMARIES: list[tuple[Any, dict[str, Any]]] = [
    (Count, {}),
    (Count, {"half_life": "2d", "offset": "1d"}),
    (Total, {"property": "x"}),
    (Mean, {"property": "x", "where": "x > 0"}),
    (Minimum, {"property": "x"}),
    (Maximum, {"property": "x", "offset": "week"}),
    (Distinct, {"property": "kind"}),
    (Distinct, {"property": "x"}),
    (ActivePeriods, {"every": "day"}),
    (ActivePeriods, {"every": "week"}),
    (Sessions, {"gap": "12h"}),
]


def stepped(subject: str, timezone: str) -> ScoreModel:
    """A model of all that has a window, which is looked at on each day."""
    signals: list[SignalDefinition] = [
        Since("idle", on="*"),
        Streak("streak", on="*", every="day"),
        Latest("kind", on="*", property="kind"),
    ]
    for window in ("36h", "10d", "week"):
        for i, (kind, fields) in enumerate(SUMMARIES):
            signals.append(kind(f"s{i}_{window}", on="*", window=window, **fields))
    rules = [
        EventRule("plain", on="*", points="x"),
        EventRule("window", on="*", points=1, window="3d"),
        EventRule("this week", on="a", points="x", window="week", half_life="2d"),
        EventRule("limited", on="*", points=2, limit=Limit(count=1, every="day"), window="5d"),
        EventRule("fades", on=["a", "b"], points=3, fade="4d", cooldown="6h"),
        ConditionRule("quiet", when="idle > 1", points=-1),
    ]
    levels = Levels(Level("in", at_least=10), Level("high", at_least=60), margin=5)
    return a_model(signals, rules, subject=subject, timezone=timezone, levels=levels)


def random_log(rng: Random) -> list[Event]:
    """Some weeks of events, with gaps, ties and adjustments."""
    log: list[Event] = []
    for _ in range(rng.randint(1, 45)):
        day, clock = rng.choice((1, 2, 3, 9, 10, 24, 28, 29, 30)), rng.choice(("00:00", "05:30", "22:59:59"))
        user, account = rng.choice(("ada", "bob", "cyd")), rng.choice(("acme", "zen"))
        x, kind = rng.choice((None, 0, 1, 2.5, 40, -7, "n")), rng.choice((None, "p", "q", "", 5))
        log.append(
            ev(rng.choice("abc"), f"2026-03-{day:02}T{clock}", user=user, account=account, x=x, kind=kind)
        )
    if rng.random() < 0.4:
        log += [reset("2026-03-10T01:00", 7), adjust("2026-03-24T01:00", 9)]
    return log


@pytest.mark.parametrize("timezone", ["UTC", "Europe/Paris"])
def test_stepping_from_day_to_day_ends_where_one_reading_does(chunk: int, timezone: str) -> None:
    """What enters a window and what leaves it is added and taken off: nothing may be left behind."""
    rng = Random(chunk)
    for at in ("2026-03-05T07:00", "2026-03-31", "2026-04-02T12:00"):
        both(stepped("user", timezone), random_log(rng), at)


def test_stepping_goes_on_for_members_and_inner_models(chunk: int) -> None:
    inner = ScoreModel(
        "inner",
        subject="user",
        signals=[Count("n", on="*", window="3d")],
        rules=[EventRule("r", on="a", points=1, window="2d"), ConditionRule("c", when="n > 1", points="n")],
    )
    signals = [
        Count("n", on="*", window="36h", scope="member"),
        ScoreOf("s", model=inner, scope="member"),
        Rollup("most", of="n", by="maximum"),
        Rollup("usual", of="s", by="median"),
        Rollup("then", of="s", by="sum", offset="2d"),
    ]
    rules = [ConditionRule("r", when="usual > 0", points="10 * usual + most")]
    levels = Levels(Level("in", at_least=10), margin=5)
    model = a_model(signals, rules, subject="account", levels=levels)
    rng = Random(chunk + 1)
    for _ in range(3):
        both(model, random_log(rng), "2026-04-01T12:00")


def test_values_that_are_sorted_instead_of_counted_come_to_the_same(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With very many subjects times texts different values are found by sorting."""
    monkeypatch.setattr(cells, "_COUNTED", 0)
    monkeypatch.setattr(presence, "_PLACES", 0)
    rng = Random(chunk + 2)
    both(stepped("account", "UTC"), random_log(rng), "2026-04-01T12:00")


@pytest.mark.parametrize("window", ["3d", "36h", "week"])
@pytest.mark.parametrize("amounts", [(0.1, 0.2, 0.3), (1e15, 0.1), (-1e16, 1e16, 0.5), (1e308, 1e308, 5)])
def test_a_sum_that_terms_leave_is_the_sum_of_what_is_left(window: str, amounts: tuple[float, ...]) -> None:
    """0.1 + 0.2 + 0.3 less each of them is not 0, and 1e15 + 0.1 less 1e15 is 0.125: neither may show.

    Of no terms a sum is exactly 0; else it agrees to 1e-9 of the terms now in it, whatever was in it before.
    """
    log = [ev("a", f"2026-03-{2 + i:02}T12:00", x=amount) for i, amount in enumerate(amounts)]
    signals = [
        Total("total", on="a", property="x", window=window),
        Total("fresh", on="a", property="x", window=window, half_life="1d"),
        Mean("mean", on="a", property="x", window=window),
    ]
    rules = [EventRule("r", on="a", points="x", window=window), EventRule("f", on="a", points="x", fade="3d")]
    model = a_model(signals, rules, levels=Levels(Level("in", at_least=10), margin=5))
    for day in range(2, 13):
        both(model, log, f"2026-03-{day:02}T13:00")
    last = questscore.score(model, log, t("2026-03-12T13:00"))["ada"]
    assert (last.value, dict(last.points)) == (0, {"r": 0, "f": 0})
    assert dict(last.signals) == {"total": 0, "fresh": 0, "mean": None}

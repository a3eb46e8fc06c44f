"""One model and one log through every way there is; a way that errs is named, with what it got wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from random import Random
from typing import ClassVar

import numpy as np
import pytest
from attrs import evolve, field, frozen

from questscore import (
    ConditionRule,
    Context,
    Count,
    Event,
    EventError,
    EventRule,
    Funnel,
    Latest,
    Level,
    Levels,
    Limit,
    Rollup,
    ScoreModel,
    Selector,
    SignalDefinition,
    Since,
    TierRule,
    Total,
    load_model,
    read_events,
    reference,
)
from questscore.aggregates.plan import Plan, Reader
from questscore.columns.vector import Vector
from questscore.language import Value
from questscore.model.time import DAY, instant
from questscore.testing import assert_parity, parity
from questscore.testing.parity import Answer, Case
from questscore.testing.smaller import smaller
from support.plugins import Letters, Nights

START = instant("2026-03-20T00:00:00Z")
NAMES = ("login", "pay", "task")

RICH = ScoreModel(
    "rich",
    subject="account",
    timezone="Europe/Paris",
    signals=[
        Count("logins", on="login", window="7d"),
        Total("paid", on="pay", property="amount", half_life="10d"),
        Since("idle", on="login"),
        Latest("plan", on="*", property="plan"),
        Funnel("path", steps=["login", "task", "pay"], within="5d"),
        Count("own", on="task", scope="member"),
        Rollup("busiest", of="own", by="maximum"),
        Letters("letters"),
    ],
    rules=[
        EventRule("logs in", on="login", points=5, limit=Limit(count=2, every="day"), half_life="15d"),
        EventRule("pays", on="pay", points="amount / 2", fade="20d"),
        EventRule("works", on="task", points=3, cooldown="6h"),
        ConditionRule("on the way", when="path >= 0.5", points=20),
        ConditionRule("quiet", when="idle >= 7", points=-30),
        TierRule("team", signal="busiest", tiers=[[3, 10], [6, 20]], mode="highest"),
        Nights("nights"),
    ],
    levels=Levels(Level("some", at_least=30), Level("more", at_least=80), margin=5, dwell="2d"),
)


def log(size: int = 150, seed: int = 1) -> list[Event]:
    """A month of two accounts in which the clocks change; some without account or id, some adjusted."""
    rng = Random(seed)
    events = []
    for number in range(size):
        name = rng.choice(NAMES) if rng.random() > 0.03 else "questscore.adjust"
        properties = {"plan": rng.choice(["free", "pro"]), "amount": rng.randint(0, 40) / 4, "points": 5}
        account = rng.choice(["acme", "blue"]) if rng.random() > 0.05 else None
        when = START + rng.randrange(30 * DAY) // (DAY // 48) * (DAY // 48)
        held = {key: value for key, value in properties.items() if rng.random() < 0.8}
        own = f"e{number}" if rng.random() < 0.5 else None
        events.append(Event(name, when, rng.choice(["u", "v", "w"]), account, held, own))
    return events


def test_a_rich_model_is_one_in_every_way() -> None:
    """Windows, ageing, limits, members, texts, plugins with only a definition, margin and dwell."""
    assert_parity(RICH, log(100), seed=3)


def test_a_model_evaluated_all_the_time() -> None:
    model = evolve(RICH, evaluate="continuous", resolution="1d", margin=None, dwell=dt.timedelta(hours=7))
    assert_parity(evolve(model, signals=[*RICH.signals], rules=RICH.rules[:5]), log(30))


def test_a_model_file_and_its_events() -> None:
    model = load_model("examples/task_app/model.toml")
    table = read_events("examples/task_app/events.csv")
    assert_parity(model, table.take(np.arange(0, len(table), 5)), "2026-05-01T00:00:00Z", sample=2)


def test_instants_in_any_form_and_order() -> None:
    moment = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)
    assert_parity(RICH, log(30), [START + 10 * DAY, moment, "2026-03-22T00:00:00Z", START - DAY])
    with pytest.raises(EventError, match=r"^at: "):
        assert_parity(RICH, log(30), "tomorrow")


def test_nothing_at_all_is_the_same_in_every_way() -> None:
    assert_parity(RICH, [])
    assert_parity(RICH, [], START)


def test_events_that_are_none_are_told() -> None:
    with pytest.raises(EventError, match="2 events are none; row 0"):
        assert_parity(RICH, [{"name": "", "time": START, "user": "u"}, {"name": "a", "user": "u"}])


# -- what errs --------------------------------------------------------------------------------------


@frozen
class Longest(SignalDefinition):
    """The length of the longest name of a subject's events."""

    kind: ClassVar[str] = "test_longest"
    on: str = field(default="*", kw_only=True)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return max((len(event.name) for event in context.matching(events, self.on)), default=0)


@frozen
class LongestWrongly(Longest):
    """The same, lowered to what is something else: how many events there are."""

    def lower(self, plan: Plan) -> Reader:
        return plan.sum(Selector(self.on))


@frozen
class Raises(Longest):
    """The same, in a lowering that cannot be."""

    def lower(self, plan: Plan) -> Reader:
        def read(at: int) -> Vector:
            raise ZeroDivisionError("no lowering")

        return read


CALLS: dict[str, int] = {}


@frozen
class Moody(Longest):
    """Another number whenever it is asked."""

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        CALLS["moody"] = CALLS.get("moody", 0) + 1
        return float(CALLS["moody"])


def plugged(signal: SignalDefinition) -> ScoreModel:
    return ScoreModel(
        "plugged",
        subject="user",
        signals=[signal],
        rules=[TierRule("t", signal="x", tiers=[[0, 1]], mode="marginal")],
    )


@pytest.mark.parametrize(
    ("signal", "said"),
    [
        (LongestWrongly("x"), r"score and the definition differ .*signal 'x': "),
        (
            Raises("x"),
            r"score and the definition differ .*raised PluginError: signal 'x': .*ZeroDivisionError",
        ),
        (Moody("x"), r"score and the definition differ .*signal 'x': "),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_plugin_that_errs_is_found(signal: SignalDefinition, said: str) -> None:
    with pytest.raises(AssertionError, match=f"(?s){said}"):
        assert_parity(plugged(signal), log(40))


def test_the_definition_alone_is_enough_for_a_plugin() -> None:
    assert_parity(plugged(Longest("x")), log(60))


def test_the_message_names_the_way_the_subject_the_cause_and_the_fewest_events() -> None:
    events = [Event("login", START, user="ada"), *log(60)]
    with pytest.raises(AssertionError) as failed:
        assert_parity(plugged(LongestWrongly("x")), events, START + 60 * DAY)
    lines = str(failed.value).splitlines()
    assert lines[0].endswith("score and the definition differ (seed 0)")
    # one event of any name has a longest name, and is one
    assert lines[1].startswith("  user 'ada': at 2026-05-19T00:00:00Z: signal 'x': 1.0, expected 5")
    assert lines[-2:] == [
        "  the fewest events found that show it, of 61:",
        "    Event(name='login', time=1773964800000000, user='ada', account=None, properties={}, id=None)",
    ]


def broken(way: str, monkeypatch: pytest.MonkeyPatch, change: Mapping[str, object]) -> str:
    """The message when a way answers for a log in which pays are changed."""
    true = parity.WAYS[way]

    def false(case: Case) -> Answer:
        moved = [evolve(e, **change) if e.name == "pay" and e.user == "u" else e for e in case.events]
        return true(evolve(case, events=tuple(moved)))

    monkeypatch.setitem(parity.WAYS, way, false)
    model = evolve(RICH, subject="user", signals=RICH.signals[:5], rules=RICH.rules[:5])
    with pytest.raises(AssertionError) as failed:
        assert_parity(model, log(60))
    return str(failed.value)


@pytest.mark.parametrize("way", [way for way in parity.WAYS if way != "score"])
def test_each_way_is_held_to_the_others(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A way that loses an event's amount is named, with one event that shows it."""
    message = broken(way, monkeypatch, {"properties": {}})
    assert f": {way} and score differ" in message
    assert "user 'u': at " in message
    assert "signal 'paid': 0.0, expected " in message or "signal 'plan': " in message
    assert message.count("    Event(") == 1


def test_changes_of_level_are_compared_too(monkeypatch: pytest.MonkeyPatch) -> None:
    true = parity.WAYS["history"]

    def late(case: Case) -> Answer:
        answer = true(case)
        return evolve(answer, changes=[evolve(c, time=c.time + 1) for c in answer.changes])

    monkeypatch.setitem(parity.WAYS, "history", late)
    with pytest.raises(AssertionError, match=r"history and score differ(?s:.*)change of level 0: "):
        assert_parity(RICH, log(40), START + 31 * DAY)


def test_a_change_taken_back_that_was_not_told_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    changes = reference.transitions(RICH, log(), START + 60 * DAY)
    assert parity._standing([changes[0], evolve(changes[0], retracted=True)]) == []
    with pytest.raises(AssertionError, match="taken back, and not told before"):
        parity._standing([evolve(changes[0], retracted=True)])


def test_equal_seeds_cut_alike() -> None:
    whole = log(1) * 20_000
    first, second, other = ([len(c) for c in parity._chunks(whole, Random(seed))] for seed in (1, 1, 2))
    assert first == second != other
    assert sum(first) == 20_000
    assert min(first) == 1 and 300 < max(first) <= 1000


def test_a_log_is_made_as_small_as_it_can_be() -> None:
    assert smaller([3, 1, 2, 3, 5, 8], lambda some: sum(some) >= 8) == [8]
    assert smaller(list("abc"), lambda some: True) == []
    asked: list[int] = []

    def many(some: list[int]) -> bool:
        asked.append(len(some))
        return len(some) > 900

    assert len(smaller(range(1000), many, tries=20)) > 900
    assert len(asked) == 20

"""What strategies draw is valid, reaches everything there is, and shrinks to little."""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from random import Random

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

import questscore
from questscore import (
    Count,
    Event,
    EventRule,
    MissingExtra,
    Period,
    Rollup,
    ScoreModel,
    ScoreOf,
    Sessions,
    Streak,
    load_model,
)
from questscore.codec.unstructure import to_mapping
from questscore.model.time import DAY, HOUR, instant
from questscore.rules import KINDS as RULES
from questscore.signals import KINDS as SIGNALS
from questscore.testing import assert_parity, events, histories, models
from questscore.testing.strategies import clock_changes
from questscore.testing.vocabulary import Vocabulary
from support.plugins import Letters, Nights

START = instant("2026-01-01T00:00:00Z")
PARIS = ScoreModel(
    "paris",
    subject="account",
    timezone="Europe/Paris",
    signals=[
        Sessions("visits", on=["login", "task"], gap="30m"),
        Count("pro", on="pay", where="plan == 'pro'"),
    ],
    rules=[EventRule("pays", on="pay", points="amount", window="7d")],
)


OPTIONS = ("half_life", "fade", "steps", "window", "cooldown", "active", "curve", "where")


def drawing(size: int) -> settings:
    """So many examples, the same ones every time."""
    return settings(
        max_examples=size,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def drawn(strategy: st.SearchStrategy[object], size: int) -> list[object]:
    """So many examples of a strategy."""
    found: list[object] = []

    @drawing(size)
    @given(strategy)
    def take(value: object) -> None:
        found.append(value)

    take()
    return found


# -- events -----------------------------------------------------------------------------------------


def test_events_are_of_the_names_properties_and_people_asked_for() -> None:
    asked = events(
        names=["a", "b"],
        properties={"x": [1, 2]},
        users=["u"],
        accounts=[],
        start="2026-05-01T00:00Z",
        span="2d",
    )
    first = instant("2026-05-01T00:00Z")
    found = drawn(asked, 100)
    assert {event.name for event in found if isinstance(event, Event)} == {"a", "b"}
    for event in found:
        assert isinstance(event, Event)
        assert event.user == "u" and event.account is None
        assert first <= event.time <= first + 2 * DAY
        assert set(event.properties) <= {"x"} and event.properties.get("x") in (None, 1, 2)


def test_an_event_shrinks_to_the_first_of_everything() -> None:
    assert find(events(), lambda event: True) == Event("login", START, user="ada")
    assert find(events(), lambda event: event.account is not None and event.id is not None) == Event(
        "login", START, account="acme", id="e0"
    )


# -- models -----------------------------------------------------------------------------------------


def test_models_are_of_every_kind_and_can_be_written() -> None:
    """Each drawn model is one already; its text form is the same model."""
    seen: Counter[str] = Counter()
    for model in drawn(models(), 200):
        assert isinstance(model, ScoreModel)
        assert load_model(to_mapping(model)) == model
        seen.update(signal.kind for signal in model.signals)
        seen.update(rule.kind for rule in model.rules)
        seen.update(
            ["scale" if model.scale is None else model.scale.kind, str(model.evaluate), model.subject]
        )
        seen["margin"] += model.margin is not None
        seen["dwell"] += model.dwell is not None
        seen["a level by signals"] += any(level.when is not None for level in model.levels)
        seen["group"] += any(rule.group is not None for rule in model.rules)
        seen["offset"] += any(signal.offset is not None for signal in model.signals)
        seen["unknown"] += any(getattr(rule, "missing", None) == "unknown" for rule in model.rules)
        for rule in model.rules:
            if isinstance(rule, EventRule):
                seen.update(option for option in OPTIONS if getattr(rule, option) is not None)
                seen["limit"] += len(rule.limit) == 1
                seen["two limits"] += len(rule.limit) == 2
    every = {kind.kind for kind in (*SIGNALS, *RULES)}
    scales = {"linear", "saturating", "logistic", "percentile"}
    options = {*OPTIONS, "limit", "two limits"}
    options |= {"margin", "dwell", "a level by signals", "group", "offset", "unknown", "continuous", "month"}
    assert every | scales | options | {"user", "account"} <= {name for name, count in seen.items() if count}


@pytest.mark.parametrize("kind", [Streak, Rollup], ids=lambda kind: kind.kind)
def test_a_model_shrinks_to_the_signal_that_matters(kind: type) -> None:
    def has(model: ScoreModel) -> bool:
        return any(isinstance(signal, kind) for signal in model.signals)

    found = find(models(), has, settings=drawing(500), random=Random(1))
    assert len(found.signals) <= 2 and not len(found.levels) and len(found.rules) <= 1
    assert found.timezone == "UTC"


def test_models_as_asked_for() -> None:
    asked = models(
        names=["only"],
        properties={"x": [1, 2]},
        subject="user",
        kinds=["streak"],
        evaluate=["week"],
        composed=False,
    )
    for model in drawn(asked, 60):
        assert isinstance(model, ScoreModel)
        assert model.subject == "user"
        assert all(isinstance(signal, Streak) for signal in model.signals)
        assert model.evaluate in (Period.DAY, Period.WEEK)  # the default, where there are no levels
        named = {name for rule in model.rules for _, selector in rule.selects() for name in selector.on}
        assert named <= {"only", "*"}


def test_signals_and_rules_of_a_plugin_are_in_every_model_and_are_read() -> None:
    asked = models(
        subject="user",
        kinds=["count"],
        signals=[st.builds(Letters, st.just("letters"), days=st.integers(1, 30))],
        rules=[st.just(Nights("nights"))],
    )
    read = 0
    for model in drawn(asked, 60):
        assert isinstance(model, ScoreModel)
        assert isinstance(model.signals[0], Letters) and isinstance(model.rules[0], Nights)
        read += any(name == "letters" for rule in model.rules for name, _ in rule.reads())
    assert read


# -- histories --------------------------------------------------------------------------------------


def test_a_history_talks_of_what_its_model_reads() -> None:
    words = Vocabulary.of(PARIS)
    assert words.names == ("login", "pay", "task")
    assert words.properties == {"amount": (0, 1, 5, 12.5, -3), "plan": ("pro", "other")}
    assert {30 * 60_000_000, 7 * DAY} <= set(words.lengths)
    inner = ScoreModel("outer", subject="account", signals=[ScoreOf("inner", model=PARIS)])
    assert Vocabulary.of(inner).names == words.names
    assert Vocabulary.of(ScoreModel("none", subject="user")).names == ("login", "pay", "task", "invite")


def test_values_are_near_what_a_model_compares_with() -> None:
    where = (
        "amount >= 10 and 3 < seats < 5 and plan in ['a', 'b'] and prop('utm-source') == 'ad' and not flag"
    )
    model = ScoreModel("m", subject="user", signals=[Count("c", on="x", where=where)])
    properties = Vocabulary.of(model).properties
    assert {9, 10, 11} <= set(properties["amount"])
    assert {2, 3, 4, 5, 6} <= set(properties["seats"])
    assert properties["plan"] == ("a", "b", "other")
    assert properties["utm-source"] == ("ad", "other")
    assert properties["flag"] == (0, 1, 5, 12.5, -3)


SIGHTS: dict[str, Callable[[list[Event]], bool]] = {
    "no event at all": lambda log: not log,
    "a tie": lambda log: len({e.time for e in log}) < len(log),
    "a session": lambda log: any(0 < b.time - a.time <= HOUR for a, b in pairwise(log)),
    "a silence": lambda log: any(b.time - a.time > 20 * DAY for a, b in pairwise(log)),
    "a midnight": lambda log: any(PARIS.calendar.local(e.time).time().isoformat() == "00:00:00" for e in log),
    "just before one": lambda log: any(
        str(PARIS.calendar.local(e.time).time())[:15] == "23:59:59.999999" for e in log
    ),
    "the clocks": lambda log: any(e.time == instant("2026-03-29T01:00:00Z") for e in log),
    "a window apart": lambda log: any(b.time - a.time == 7 * DAY for a in log for b in log),
    "all but": lambda log: any(b.time - a.time == 7 * DAY - 1 for a in log for b in log),
    "an adjustment": lambda log: any(e.name == "questscore.adjust" for e in log),
    "a reset": lambda log: any(e.name == "questscore.reset" for e in log),
    "a repeat": lambda log: len({e.id for e in log if e.id}) < sum(e.id is not None for e in log),
    "three subjects": lambda log: len({e.account for e in log}) == 3,
    "members": lambda log: len({e.user for e in log}) == 3,
    "a text": lambda log: any(e.properties.get("plan") == "pro" for e in log),
}


def test_histories_show_what_goes_wrong_in_life() -> None:
    """Each sight is seen in some of them; all lie in their span, which holds the night that loses an hour."""
    seen: Counter[str] = Counter()
    begin, end = instant("2026-03-19T01:00:00Z"), instant("2026-05-18T01:00:00Z")
    for log in drawn(histories(PARIS), 150):
        assert isinstance(log, list)
        assert all(begin <= event.time <= end for event in log)
        seen.update(name for name, shows in SIGHTS.items() if shows(log))
    assert set(SIGHTS) == set(seen), set(SIGHTS) - set(seen)


def test_a_history_shrinks_to_one_event_of_the_first_of_everything() -> None:
    def has(log: list[Event]) -> bool:
        return any(event.properties.get("plan") == "pro" for event in log)

    found = find(histories(PARIS, subjects=1, repeats=False), has, settings=drawing(100), random=Random(1))
    assert [(e.name, e.account, e.user, e.properties["plan"], e.id) for e in found] == [
        ("login", "s0", "u0", "pro", None)
    ]


def test_histories_as_asked_for() -> None:
    asked = histories(
        PARIS,
        names=["x"],
        properties={"p": ["q"]},
        subjects=1,
        start="2026-07-01T00:00:00Z",
        span="10d",
        size=5,
        adjustments=False,
        repeats=False,
    )
    for log in drawn(asked, 80):
        assert isinstance(log, list)
        assert len(log) <= 5
        assert all(e.name == "x" and e.account == "s0" and set(e.properties) <= {"p"} for e in log)
        assert log == sorted(log, key=lambda e: e.time)


def test_clocks_that_never_change() -> None:
    assert clock_changes(questscore.Calendar("Asia/Kathmandu"), START, START + 366 * DAY) == []
    lord_howe = clock_changes(questscore.Calendar("Australia/Lord_Howe"), START, START + 366 * DAY)
    assert [questscore.model.time.iso(t) for t in lord_howe] == [
        "2026-04-04T15:00:00Z",
        "2026-10-03T15:30:00Z",
    ]


# -- together ---------------------------------------------------------------------------------------


@drawing(12)
@given(st.data())
def test_drawn_models_and_their_histories_are_one_in_every_way(data: st.DataObject) -> None:
    model = data.draw(models(evaluate=["day", "week"]))
    log = data.draw(histories(model, subjects=2, span="30d", size=15))
    assert_parity(model, log, "2026-06-01T00:00:00Z")


def test_without_hypothesis_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "hypothesis"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    monkeypatch.delitem(sys.modules, "questscore.testing.strategies")
    with pytest.raises(MissingExtra, match=r'needs hypothesis(?s:.*)pip install "questscore\[testing\]"'):
        importlib.import_module("questscore.testing.strategies")

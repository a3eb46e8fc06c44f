"""A signal whose value moves with events only is asked again where there is a new event, and nowhere else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import pytest
from attrs import frozen

import questscore
from questscore import (
    ConditionRule,
    Context,
    Event,
    Level,
    Levels,
    Rollup,
    ScoreModel,
    Scorer,
    SignalDefinition,
    reference,
)
from questscore.codec import registry
from questscore.language import Value
from questscore.model.time import DAY, HOUR
from unit.engine.both import ev, t

CALLS: Counter[str] = Counter()


@frozen
class Busiest(SignalDefinition):
    """The largest number of events on one UTC day."""

    kind: ClassVar[str] = "test_busiest"
    moves_with_time: ClassVar[bool] = False

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        CALLS[self.name] += 1
        return float(max(Counter(event.time // DAY for event in events).values(), default=0))


@frozen
class Restless(Busiest):
    """The same, without the word that events alone move it."""

    kind: ClassVar[str] = "test_restless"
    moves_with_time: ClassVar[bool] = True


USERS = ("ada", "bob", "cyd")
LOG = [
    ev("login", t("2026-01-05") + day * DAY + hour * HOUR, user=user)
    for user, days in zip(USERS, ((0, 1, 20), (0, 40), (3,)), strict=True)
    for day in days
    for hour in range(1 + day % 3)
]
END = t("2026-04-01")


def model(*signals: SignalDefinition, evaluate: str = "day") -> ScoreModel:
    rules = [ConditionRule(f"r {signal.name}", when="True", points=signal.name) for signal in signals]
    levels = Levels(Level("busy", at_least=2), Level("very", at_least=3))
    return ScoreModel(
        "m", subject="user", signals=signals, rules=rules, levels=levels, evaluate=evaluate, timezone="UTC"
    )


@pytest.fixture(autouse=True)
def _counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry.SIGNALS, "_known", dict(registry.SIGNALS._known))
    questscore.register(Busiest)
    questscore.register(Restless)
    CALLS.clear()
    yield


def calls(act: Callable[[], object]) -> int:
    """How often the signal ``b`` was asked meanwhile."""
    before = CALLS["b"]
    act()
    return CALLS["b"] - before


INSTANTS = range(t("2026-01-06"), END, 7 * DAY // 2)


def test_reads_of_a_scorer_ask_once_an_event() -> None:
    scorer = Scorer(model(Busiest("b")))
    scorer.ingest(LOG)
    assert calls(lambda: [scorer.score("ada", END + i) for i in range(50)]) == 1
    scorer.ingest(ev("login", END + 60, user="bob"))
    assert calls(lambda: [scorer.score("ada", END + 60 + i) for i in range(50)]) == 0
    scorer.ingest(ev("login", END + 200, user="ada"))
    assert calls(lambda: [scorer.score("ada", END + 200 + i) for i in range(50)]) == 1
    scorer.ingest(ev("login", END - 1, user="ada"))  # late: its state is made anew
    assert calls(lambda: [scorer.score("ada", END + 300 + i) for i in range(50)]) == 1
    restless = Scorer(model(Restless("b")))
    restless.ingest(LOG)
    assert calls(lambda: [restless.score("ada", END + i) for i in range(50)]) == 50


@pytest.mark.parametrize("evaluate", ["day", "continuous"])
def test_advancing_asks_once_an_event_at_most(evaluate: str) -> None:
    made = model(Busiest("b"), evaluate=evaluate)
    scorer = Scorer(made)
    scorer.ingest(LOG)
    told: list[questscore.Transition] = []
    assert calls(lambda: told.extend(scorer.advance(END))) <= 2 * len(LOG) + len(USERS)
    assert told == reference.transitions(made, LOG, END)
    assert calls(lambda: [scorer.advance(END + i * DAY) for i in range(1, 60)]) <= 2 * len(USERS)


def test_history_asks_once_where_there_is_a_new_event() -> None:
    made = model(Busiest("b"))
    found: list[questscore.History] = []
    asked = calls(lambda: found.append(questscore.history(made, LOG, "day", end=END, signals=True)))
    restless = calls(lambda: questscore.history(model(Restless("b")), LOG, "day", end=END))
    assert asked <= len(LOG) + len(USERS) < restless / 10
    (history,) = found
    for row, at in enumerate(history.times.tolist()):
        expected = reference.score(made, LOG, at)
        for column, user in enumerate(USERS):
            if user in expected:
                assert history.scores[row, column] == expected[user].value


def test_an_offset_asks_again_when_it_comes_to_see_an_event() -> None:
    made = model(Busiest("b", offset="10d"))
    own = [event for event in LOG if event.user == "ada"]
    scorer, before = Scorer(made), 0

    def read() -> None:
        nonlocal before
        for at in INSTANTS:
            scorer.ingest([event for event in own if before < event.time <= at])
            before = at
            assert scorer.score("ada", at).value == reference.score(made, own, at)["ada"].value

    assert calls(read) <= len(INSTANTS) + len(own) + 1  # one of each two is the definition's own
    later = [END + i * DAY for i in range(30)]
    assert calls(lambda: [scorer.score("ada", at) for at in later]) <= 1


def test_members_are_asked_apart() -> None:
    made = ScoreModel(
        "m", subject="account", signals=[Busiest("b", scope="member"), Rollup("all", of="b", by="sum")]
    )
    scorer = Scorer(made)
    scorer.ingest(LOG)
    assert calls(lambda: [scorer.score("acme", END + i) for i in range(20)]) == len(USERS)
    scorer.ingest(ev("login", END + 60, user="bob"))
    assert calls(lambda: [scorer.score("acme", END + 60 + i) for i in range(20)]) == 1
    assert scorer.score("acme", END + 60).signals["all"] == 3 + 2 + 1


def test_after_a_snapshot_each_subject_is_asked_once(tmp_path: Path) -> None:
    scorer = Scorer(model(Busiest("b")))
    scorer.ingest(LOG)
    scorer.advance(END)
    scorer.save(tmp_path / "file")
    loaded: list[Scorer] = []
    assert calls(lambda: loaded.append(Scorer.load(tmp_path / "file"))) <= 2 * len(LOG)
    assert calls(lambda: [loaded[0].score(u, END + i) for u in USERS for i in range(20)]) == len(USERS)
    assert calls(lambda: [loaded[0].advance(END + i * DAY) for i in range(60)]) <= 2 * len(LOG) + len(USERS)

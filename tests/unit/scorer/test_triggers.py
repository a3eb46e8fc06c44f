"""Triggers and audiences of a scorer: what fires, once, and who is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import pytest
from attrs import frozen

from questscore import (
    Audience,
    ConditionRule,
    Count,
    Event,
    EventError,
    EventRule,
    Firing,
    Level,
    Levels,
    ModelError,
    PluginError,
    ScoreModel,
    Scorer,
    SignalDefinition,
    Since,
    Trigger,
)
from questscore.model.time import instant

LEVELS = Levels(Level("warm", at_least=50), Level("hot", at_least=100))


def paid(day: str, account: str = "acme", id: str | None = None) -> Event:
    return Event("paid", f"2026-{day}T09:00:00Z", account=account, id=id)


def model(*triggers: Trigger, **fields: Any) -> ScoreModel:
    rules = [EventRule("paid", on="paid", points=50, window="10d")]
    return ScoreModel("m", subject="account", rules=rules, levels=LEVELS, triggers=triggers, **fields)


def begun(*triggers: Trigger, **fields: Any) -> Scorer:
    """A scorer whose first advance lies behind it."""
    scorer = Scorer(model(*triggers, **fields))
    scorer.advance("2026-01-01T00:00:00Z")
    return scorer


def told(scorer: Scorer) -> list[tuple[str, str, str]]:
    """(day, trigger, state) of each firing."""
    found = []
    for one in scorer.firings():
        day = str(one).split("T", 1)[0]
        found.append((day, one.trigger, "held" if one.held else "draft" if one.draft else "fired"))
    return found


def rise(**fields: Any) -> Trigger:
    return Trigger(
        **{"name": "up", "on": "rise", "level": "warm", "action": "mail", "status": "active", **fields}
    )


@pytest.mark.parametrize(
    ("on", "level", "days"),
    [
        ("enter", "warm", ["2026-03-02", "2026-03-12"]),
        ("leave", "warm", ["2026-03-03", "2026-03-13"]),
        ("rise", "warm", ["2026-03-02"]),
        ("rise", "hot", ["2026-03-03"]),
        ("fall", "warm", ["2026-03-13"]),
        ("fall", "hot", ["2026-03-12"]),
        ("enter", "base", ["2026-03-13"]),
    ],
)
def test_each_way_to_meet_a_change(on: str, level: str, days: list[str]) -> None:
    """A payment on the 1st and one on the 2nd: warm, hot, warm again once the first is ten days old, base."""
    scorer = begun(rise(on=on, level=level))
    scorer.ingest([paid("03-01"), paid("03-02")])
    scorer.advance("2026-04-01T00:00:00Z")
    assert [day for day, _, _ in told(scorer)] == days


def test_a_firing_skips_levels() -> None:
    scorer = begun(rise(on="rise", level="warm"), Trigger("in", on="enter", level="warm", action="mail"))
    scorer.ingest([paid("03-01"), paid("03-01")])
    scorer.advance("2026-03-05T00:00:00Z")
    assert [trigger for _, trigger, _ in told(scorer)] == ["up"]


@pytest.mark.parametrize(
    ("rearm", "days"),
    [("always", ["03-02", "04-02", "05-02"]), ("once", ["03-02"]), ("40d", ["03-02", "05-02"])],
)
def test_re_arming(rearm: str, days: list[str]) -> None:
    scorer = begun(rise(rearm=rearm), rise(name="draft", rearm=rearm, status="draft"))
    for month in ("03", "04", "05"):
        scorer.ingest(paid(f"{month}-01"))
    scorer.advance("2026-06-01T00:00:00Z")
    fired = [day[5:] for day, trigger, _ in told(scorer) if trigger == "up"]
    drafts = [day[5:] for day, trigger, _ in told(scorer) if trigger == "draft"]
    assert fired == days == drafts


def test_what_the_first_advance_finds_is_held() -> None:
    scorer = Scorer(model(rise(), rise(name="draft", status="draft")))
    scorer.ingest(paid("03-01"))
    calls: list[Firing] = []
    scorer.on("mail", calls.append)
    scorer.advance("2026-03-05T00:00:00Z")
    assert all(one.held for one in scorer.firings()) and len(scorer.firings()) == 2
    assert not calls
    released = scorer.release(one.id for one in scorer.firings())
    assert [(one.held, one.draft) for one in released] == [(False, True), (False, False)]
    assert [one.trigger for one in calls] == ["up"]
    assert scorer.release(one.id for one in scorer.firings()) == []
    assert len(calls) == 1


def test_a_held_firing_goes_when_its_change_is_taken_back() -> None:
    scorer = begun(rise())
    scorer.advance("2026-03-05T00:00:00Z")
    scorer.ingest([paid("03-01", id="1")])  # late: held
    scorer.advance("2026-03-06T00:00:00Z")
    assert told(scorer) == [("2026-03-02", "up", "held")]
    scorer.ingest(paid("02-27", id="1"))  # the earlier of the two with one id stands
    scorer.advance("2026-03-07T00:00:00Z")
    assert told(scorer) == [("2026-02-28", "up", "held")]


def test_what_was_done_stays_done() -> None:
    scorer = begun(rise())
    scorer.on("mail", lambda firing: None)
    scorer.ingest(paid("03-01", id="1"))
    scorer.advance("2026-03-02T00:00:00Z")
    scorer.ingest(paid("02-27", id="1"))
    changes = scorer.advance("2026-03-03T00:00:00Z")
    assert [change.retracted for change in changes] == [False, True]
    assert told(scorer) == [("2026-02-28", "up", "held"), ("2026-03-02", "up", "fired")]


def test_firings_do_not_depend_on_order_or_repeats() -> None:
    """Shuffled, repeated and cut: the same ids, once."""
    log = [paid(f"03-{day:02}", account, id=f"{account}{day}") for account in "ab" for day in (1, 2, 14, 25)]
    seen = set()
    for number in range(8):
        rng = Random(number)
        scorer = begun(rise(), rise(name="down", on="fall"))
        events = rng.sample(log + log[: number % 5], len(log) + number % 5)
        for event in events:
            scorer.ingest(event)
        scorer.advance("2026-03-10T00:00:00Z")
        scorer.ingest(rng.choice(log))
        scorer.advance("2026-05-01T00:00:00Z")
        seen.add(tuple(one.id for one in scorer.firings()))
    assert len(seen) == 1
    assert len(seen.pop()) == 12


def test_a_handler_that_raises_loses_nothing() -> None:
    scorer = begun(rise(), rise(name="other", action="call"))
    calls: list[str] = []
    ready = False

    def handler(firing: Firing) -> None:
        if not ready:
            raise ConnectionError("the mail server is down")
        calls.append(firing.id)

    scorer.on("mail", handler)
    scorer.on("call", lambda firing: calls.append(firing.id))
    scorer.ingest(paid("03-01"))
    (change,) = scorer.advance("2026-03-02T00:00:00Z")
    assert change.after == "warm"
    other, up = scorer.firings()
    assert (other.delivered, up.delivered) == (True, False)
    assert up.error == "ConnectionError: the mail server is down"
    ready = True
    scorer.advance("2026-03-03T00:00:00Z")
    assert calls == [other.id, up.id]
    assert scorer.firings()[1].error is None
    scorer.advance("2026-03-04T00:00:00Z")
    assert len(calls) == 2


def test_a_handler_may_call_the_scorer() -> None:
    scorer = begun(rise())
    scores = []
    scorer.on(
        "mail", lambda firing: scores.append(scorer.score(firing.subject, "2026-03-02T00:00:00Z").value)
    )
    scorer.ingest(paid("03-01"))
    scorer.advance("2026-03-02T00:00:00Z")
    assert scores == [50.0]


def test_a_firing_without_a_handler_waits_for_one(tmp_path: Path) -> None:
    scorer = begun(rise())
    scorer.ingest(paid("03-01"))
    scorer.advance("2026-03-02T00:00:00Z")
    scorer.save(tmp_path / "state")
    again = Scorer.load(tmp_path / "state")
    assert again.firings() == scorer.firings()
    calls: list[Firing] = []
    again.on("mail", calls.append)
    again.advance("2026-03-02T12:00:00Z")
    assert [one.id for one in calls] == [one.id for one in scorer.firings()]


def test_forgetting_a_subject_forgets_its_firings() -> None:
    scorer = begun(rise(rearm="once"))
    scorer.ingest(paid("03-01"))
    scorer.advance("2026-03-02T00:00:00Z")
    scorer.forget("acme")
    assert scorer.firings() == []
    scorer.ingest(paid("03-03"))
    scorer.advance("2026-03-05T00:00:00Z")
    assert told(scorer) == [("2026-03-04", "up", "fired")]


def test_firings_since() -> None:
    scorer = begun(rise())
    scorer.ingest([paid("03-01"), paid("04-01")])
    scorer.advance("2026-05-01T00:00:00Z")
    assert len(scorer.firings("2026-04-02T00:00:00Z")) == 1
    assert len(scorer.firings("2026-04-02T00:00:00.000001Z")) == 0


def test_no_such_firing() -> None:
    with pytest.raises(EventError, match="is no firing's id"):
        begun().release(["nothing"])


def test_an_audience_with_two_doors() -> None:
    """In from 14 idle days on, until it comes back."""
    silent = Audience("silent", enter="idle >= 14", leave="paid_3d > 0")
    signals = [Since("idle", on="paid"), Count("paid_3d", on="paid", window="3d")]
    trigger = Trigger("wake", audience="silent", action="mail", status="active")
    bye = Trigger("bye", on="leave", audience="silent", action="mail", status="active")
    scorer = begun(trigger, bye, signals=signals, audiences=[silent])
    scorer.ingest([paid("03-01"), paid("03-20"), paid("03-20", "bolt")])
    scorer.advance("2026-04-10T00:00:00Z")
    assert told(scorer) == [
        ("2026-03-16", "wake", "fired"),
        ("2026-03-21", "bye", "fired"),
        ("2026-04-04", "wake", "fired"),
        ("2026-04-04", "wake", "fired"),
    ]
    assert scorer.members("silent") == ["acme", "bolt"]
    assert scorer.members("silent", "2026-03-17T00:00:00Z") == ["acme"]
    assert scorer.members("silent", "2026-03-15T23:59:00Z") == []
    with pytest.raises(ModelError, match="'silnt' is no audience"):
        scorer.members("silnt")


def test_an_audience_by_score_and_level() -> None:
    rich = Audience("rich", enter="score > 60 and level == 'hot'")
    scorer = Scorer(model(audiences=[rich]))
    scorer.ingest([paid("03-01"), paid("03-01"), paid("03-01", "bolt")])
    assert scorer.members("rich", "2026-03-01T23:00:00Z") == []  # looked at at midnight
    assert scorer.members("rich", "2026-03-02T00:00:00Z") == ["acme"]


def test_an_advance_that_fails_loses_nothing() -> None:
    """A plugin that fails for one subject, in a level or in an audience: the next advance tells all."""

    @frozen
    class Seen(SignalDefinition):
        kind: ClassVar[str] = "seen"
        fails: ClassVar[bool] = False

        def naive(self, events: Sequence[Event], at: int, context: object) -> float:
            if Seen.fails and any(event.account == "zed" for event in events):
                raise ConnectionError("the service is down")
            return float(len(events))

    busy = Audience("busy", enter="seen >= 2")
    many = ConditionRule("many", when="seen >= 2", points=60)
    for rules in ([many], [EventRule("paid", on="paid", points=60)]):
        join = Trigger("join", audience="busy", action="mail", status="active")
        scorer = Scorer(
            ScoreModel(
                "m", subject="account", signals=[Seen("seen")], rules=rules, levels=LEVELS, audiences=[busy],
                triggers=[rise(), join],
            )
        )  # fmt: skip
        names = ["acme", "bolt", "zed"]
        scorer.ingest([Event("login", "2026-03-01T09:00:00Z", account=name) for name in names])
        scorer.advance("2026-03-02T00:00:00Z")
        scorer.ingest([paid("03-05", name) for name in names])
        Seen.fails = True
        with pytest.raises(PluginError, match="zed"):
            scorer.advance("2026-03-10T00:00:00Z")
        Seen.fails = False
        assert [change.subject for change in scorer.advance("2026-03-10T00:00:00Z")] == names
        assert len(scorer.firings()) == 6


def test_publishing_in_the_past_takes_back_what_is_held_under_another_version() -> None:
    scorer = Scorer(model(rise()))
    scorer.ingest(paid("03-05"))
    scorer.advance("2026-03-07T00:00:00Z")
    (held,) = scorer.firings()
    nothing = [EventRule("paid", on="paid", points=1)]
    scorer.publish(
        ScoreModel("m", version="2", subject="account", rules=nothing, levels=LEVELS), "2026-03-01T00:00:00Z"
    )
    scorer.advance("2026-03-08T00:00:00Z")
    assert scorer.firings() == []
    assert scorer.release([held.id]) == []


def test_what_waits_for_a_handler_goes_with_its_change() -> None:
    """And does not count: the next one fires, though once is all there is."""
    scorer = begun(rise(rearm="once"))
    scorer.ingest(paid("03-05", id="1"))
    scorer.advance("2026-03-06T12:00:00Z")
    scorer.ingest(Event("seen", "2026-03-01T09:00:00Z", account="acme", id="1"))  # it stands for the payment
    scorer.advance("2026-03-07T00:00:00Z")
    assert scorer.firings() == []
    scorer.ingest(paid("03-08"))
    calls: list[Firing] = []
    scorer.on("mail", calls.append)
    scorer.advance("2026-03-10T00:00:00Z")
    assert [one.time for one in calls] == [instant("2026-03-09T00:00:00Z")]


@pytest.mark.parametrize("rearm", ["always", "once", "90d"])
def test_what_waits_for_a_handler_waits_on_when_its_change_is_told_anew(rearm: str) -> None:
    """A late event alters the score at the change, or where it came from: it is the same firing."""
    scorer = begun(rise(level="hot", rearm=rearm))
    scorer.ingest([paid("03-05", id="1"), paid("03-05", id="2")])
    scorer.advance("2026-03-06T12:00:00Z")
    (fired,) = scorer.firings()
    assert (fired.before, fired.held) == ("base", False)
    more = {"points": 5}
    scorer.ingest(Event("questscore.adjust", "2026-03-05T10:00:00Z", account="acme", properties=more))
    assert [change.retracted for change in scorer.advance("2026-03-06T13:00:00Z")] == [True, False]
    assert scorer.firings() == [fired]
    scorer.ingest(paid("03-03"))
    assert [change.retracted for change in scorer.advance("2026-03-06T14:00:00Z")] == [False, True, False]
    (now,) = scorer.firings()
    assert (now.id, now.before, now.held) == (fired.id, "warm", False)
    calls: list[str] = []
    scorer.on("mail", lambda firing: calls.append(firing.id))
    scorer.advance("2026-03-07T00:00:00Z")
    assert calls == [fired.id]


def test_the_model_of_the_time_fires_though_it_is_left_behind() -> None:
    first = Scorer(model(rise(name="one")), retain="10d")
    first.advance("2026-01-01T00:00:00Z")
    first.ingest(paid("01-03"))
    first.publish(model(rise(name="two"), version="2"), "2026-01-08T00:00:00Z", "from")
    for day in range(9, 31):
        first.ingest(Event("login", f"2026-01-{day:02}T09:00:00Z", account="bolt"))
    assert [one.trigger for one in first.firings()] == []
    first.advance("2026-01-30T12:00:00Z")
    assert {one.trigger for one in first.firings()} <= {"one"}


def test_firings_that_nobody_takes_are_bounded() -> None:
    scorer = Scorer(model(rise()), retain="20d")
    scorer.advance("2026-01-01T00:00:00Z")
    for month in range(1, 10):
        for day in (1, 15):
            scorer.ingest(paid(f"{month:02}-{day:02}"))
            scorer.advance(f"2026-{month:02}-{day + 13}T00:00:00Z")
    assert 1 <= len(scorer.firings()) <= 4


def test_what_is_no_handler_and_no_id() -> None:
    scorer = begun()
    with pytest.raises(EventError, match="cannot be called"):
        scorer.on("mail", None)  # type: ignore[arg-type]
    with pytest.raises(EventError, match="is no id"):
        scorer.release(5)  # type: ignore[arg-type]

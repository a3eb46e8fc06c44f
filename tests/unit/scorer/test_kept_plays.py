"""Plays in which a scorer once said something else than the definition, made smaller, with reasons."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import field, frozen

from support.play import Play, Step


def at(hours: float) -> int:
    """Microseconds of so many hours after the beginning of March 2024, UTC."""
    return 1_709_251_200_000_000 + int(hours * 3_600_000_000)


def ev(
    who: str, hours: float, name: str = "login", id: str | None = None, **properties: Any
) -> dict[str, Any]:
    """An event of an account."""
    made = {"name": name, "time": at(hours), "account": who, "properties": properties}
    return made if id is None else {**made, "id": id}


def a_model(*rules: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A model of accounts with these rules; of one that pays 25 points for a login unless told."""
    paid = {"name": "earned", "on": "login", "points": 25}
    model = {"name": "kept", "version": "1", "subject": "account", "timezone": "UTC", "signals": []}
    return {**model, "rules": list(rules) or [paid], **fields}


EARNED = {"name": "earned", "on": ["login", "pay"], "points": 25}
LEVELS = [{"name": "some", "at_least": 20}, {"name": "more", "at_least": 60}]
MEAN = {"name": "x", "kind": "mean", "on": "login", "property": "amount"}
UNKNOWN = {"name": "known", "when": "x > 5", "points": 30, "missing": "unknown"}
BRIEF: dict[str, Any] = {
    "signals": [{"name": "idle", "kind": "since", "on": "login"}],
    "levels": [{"name": "brief", "when": "idle >= 0.01 and idle < 0.02"}],
    "evaluate": "continuous",
}
RENAMED = a_model(
    version="2",
    levels=[{"name": "base", "at_least": 20}, {"name": "more", "at_least": 60}],
    below="low",
)


def ingest(*events: dict[str, Any], form: str = "list") -> Step:
    return "ingest", (form, list(events))


@frozen
class Kept:
    """One play."""

    reason: str
    model: dict[str, Any]
    steps: list[Step]
    retain: str | None = None
    pressures: tuple[str, ...] = field(default=())


PLAYS = [
    Kept(
        "a state that has not been asked for lately still misses no event",
        a_model(),
        [
            ingest(ev("a0", 0), ev("a1", 1), ev("a2", 2)),
            *[("score", (who, None)) for who in ("a1", "a2", "a0")],
            ingest(ev("a1", 3), form="one by one"),
            ("score", ("a1", None)),
        ],
        pressures=("forgetful",),
    ),
    Kept(
        "an event whose state waits for others is not lost when it is folded",
        a_model(margin="10%", levels=LEVELS),
        [
            ingest(ev("a0", 0)),
            ingest(ev("a0", 53), form="one by one"),
            ("scores", (None,)),
            ingest(ev("a0", 72), ev("a1", 522), form="one by one"),
            ("score", ("a0", None)),
            ("scores", (None,)),
        ],
        retain="36h",
    ),
    Kept(
        "who is folded before the first look at its level is looked at all the same",
        a_model(
            {"name": "quiet", "when": "x >= 7", "points": 30},
            signals=[{"name": "x", "kind": "since", "on": "*"}],
            levels=LEVELS,
        ),
        [
            ingest(ev("a0", 0), form="one by one"),
            ("advance", (at(40),)),
            ingest(ev("a1", 47)),
            ingest(ev("a2", 142), form="one by one"),
            ("advance", (at(4_300),)),
        ],
        retain="2us",
    ),
    Kept(
        "and so is who is folded before any look",
        a_model(
            {"name": "habit", "signal": "x", "tiers": [[1, 30]], "mode": "highest"},
            signals=[{"name": "x", "kind": "streak", "on": "*", "every": "week"}],
            levels=LEVELS,
        ),
        [ingest(ev("a0", 0), ev("a1", 14), form="one by one"), ("advance", (at(500),))],
        retain="3600000001us",
    ),
    Kept(
        "two that told different changes of one subject at one instant are merged: each is taken back once",
        a_model(levels=LEVELS),
        [
            ingest(ev("a0", 1), ev("a0", 10, id="e")),
            ("advance", (at(480),)),
            ("merge", ([ev("a0", 10, id="e")], at(490))),
            ("advance", (at(500),)),
        ],
    ),
    Kept(
        "merging one that is ahead brings the changes that neither told",
        a_model(
            {"name": "grown", "signal": "x", "tiers": [[1, 20]], "mode": "highest"},
            signals=[{"name": "x", "kind": "age", "on": "*", "unit": "7d"}],
            levels=LEVELS,
        ),
        [
            ingest(ev("a0", 1)),
            ("advance", (at(10),)),
            ("merge", ([], at(900))),
            ("advance", (at(901),)),
        ],
        pressures=("swept",),
    ),
    Kept(
        "who comes after a model was published begins in the base level of that model",
        a_model(evaluate="week"),
        [
            ("publish", (a_model(version="2", levels=LEVELS, evaluate="week"), at(10), "freeze")),
            ingest(ev("a0", 1100), form="one by one"),
            ("advance", (at(1900),)),
        ],
        retain="8d",
    ),
    Kept(
        "a model that is left behind leaves nobody behind who came after it",
        a_model(evaluate="week"),
        [
            ("publish", (a_model(version="2", levels=LEVELS, evaluate="week"), at(10), "replay")),
            ingest(ev("a0", 20), ev("a0", 1100), ev("a1", 1101), form="one by one"),
            ("advance", (at(1900),)),
            ("save", ()),
            ("scores", (None,)),
        ],
        retain="8d",
    ),
    Kept(
        "a history under two models begins with the first event",
        a_model(levels=LEVELS),
        [
            ingest(ev("a0", 1), ev("a1", 30)),
            ("publish", (a_model(version="2"), at(40), "from")),
            ingest(ev("a1", 50)),
            ("history", ("day", None, None)),
        ],
    ),
    Kept(
        "a change across models counts from nothing where the earlier one had seen nothing",
        a_model(),
        [
            ingest(ev("a0", 1)),
            ("publish", (a_model(version="2"), at(10), "from")),
            ("publish", (a_model(version="3"), at(20), "replay")),
            ("explain_change", ("a0", at(15), at(25))),
            ("explain_change", ("a0", at(5), at(15.5))),
        ],
    ),
    Kept(
        "who is in an audience that no trigger waits for stays in when its events are folded",
        a_model(
            signals=[
                {"name": "big", "kind": "count", "on": "big", "window": "2d"},
                {"name": "bye", "kind": "count", "on": "bye", "window": "2d"},
            ],
            audiences=[{"name": "vip", "enter": "big > 0", "leave": "bye > 0"}],
        ),
        [
            ingest(ev("a0", 1, "big")),
            *[ingest(ev("a0", 24 * day)) for day in range(1, 40, 3)],
            ("members", ("vip", None)),
        ],
        retain="10d",
    ),
    Kept(
        "a history of those whose events are all folded has them still",
        a_model(),
        [ingest(ev("a0", 1)), ("advance", (at(120),)), ("history", ("day", at(119), None))],
        retain="2us",
    ),
    Kept(
        "what a model to come will say is foretold of the events there are",
        a_model(),
        [
            ingest(ev("a0", 1), ev("a0", 90)),
            ("publish", (a_model(version="2", levels=LEVELS, margin=10), at(200), "replay")),
            ("forecast", ("a0", at(50))),
            ("forecast", ("a0", None)),
        ],
    ),
    Kept(
        "a level that margin or dwell hold back is the base level before the first look",
        a_model(levels=LEVELS, dwell="2w", evaluate="week"),
        [ingest(ev("a0", 36)), ("history", ("3d", at(0), None))],
    ),
    Kept(
        "a number that may be anything larger than a double holds has no range",
        a_model(
            signals=[{"name": "x", "kind": "total", "on": "*", "property": "amount", "half_life": "30d"}],
            levels=LEVELS,
        ),
        [ingest(ev("a0", 0, amount=1e308), ev("a0", 30, amount=1.5e308)), ("advance", (at(700),))],
    ),
    Kept(
        "nor have points",
        a_model(
            {"name": "earned", "on": "login", "points": "amount", "half_life": "36h"},
            levels=LEVELS,
            evaluate="continuous",
        ),
        [ingest(ev("a0", 0, amount=9), ev("a0", 31, amount=1.5e308)), ("advance", (at(60),))],
    ),
    Kept(
        "points in steps add up to what a double holds at most",
        a_model(
            {
                "name": "earned",
                "on": "login",
                "points": "amount",
                "steps": {"every": "2w", "factor": 0.25},
            },
            levels=LEVELS,
        ),
        [ingest(ev("a0", 0, amount=1.5e308), ev("a0", 78, amount=1e308)), ("advance", (at(1000),))],
    ),
    Kept(
        "the least of values beyond a double has a level",
        a_model(
            {"name": "earned", "on": "login", "points": "amount"},
            signals=[{"name": "x", "kind": "minimum", "on": "*", "window": "week", "property": "amount"}],
            levels=LEVELS,
        ),
        [
            ingest(ev("a0", 0, amount=1e300), ev("a0", 1, amount=1.5e308), ev("a0", 24, amount=1e308)),
            ("advance", (at(24),)),
            ("advance", (at(10_000),)),
        ],
    ),
    Kept(
        "what comes too late is refused by its row, whatever else is rejected",
        a_model(),
        [
            ingest(ev("a0", 500)),
            ingest({"name": "login", "time": "2024-03-01T10:00:00", "account": "a0"}, ev("a0", 10)),
        ],
        retain="3d",
    ),
    Kept(
        "a repeat or a conflict in a table is not late, and moves no clock",
        a_model(),
        [
            ingest(ev("a0", 10, id="e"), ev("a0", 12)),
            ingest(ev("a0", 10, id="e"), ev("a0", 90, id="e"), ev("a0", 11), form="table"),
        ],
    ),
    Kept(
        "a state that was asked for long ago misses no event when all that were asked for since are gone",
        a_model(),
        [
            ingest(ev("a0", 0), ev("a1", 1), ev("a2", 2)),
            *[("score", (who, None)) for who in ("a0", "a1", "a2")],
            ("forget", ("a2",)),
            ingest(ev("a0", 3), form="one by one"),
            ingest(ev("a1", 4), form="table"),
            ("score", ("a0", None)),
            ("score", ("a1", None)),
        ],
        pressures=("forgetful",),
    ),
    Kept(
        "a change is explained though the new model could not have told the first score",
        a_model(),
        [
            ingest(ev("a0", 0, name="invite"), ev("a0", 50, amount=53)),
            ("publish", (a_model(UNKNOWN, signals=[MEAN]), at(30), "replay")),
            ("explain_change", ("a0", at(1), at(60))),
        ],
    ),
    Kept(
        "what was told of levels that are none any more is taken back, though no model has any",
        a_model(),
        [
            ("publish", (a_model(version="2", levels=LEVELS), at(1), "replay")),
            ingest(ev("a0", 2)),
            ("advance", (at(50),)),
            ("publish", (a_model(version="3"), at(1), "replay")),
            ("advance", (at(50),)),
        ],
    ),
    Kept(
        "changes that became final with the time of their model are told, though the next has no levels",
        a_model(levels=LEVELS),
        [
            ingest(ev("a0", 1)),
            ("publish", (a_model(version="2"), at(30), "replay")),
            ingest(ev("a1", 130)),
            ("advance", (at(131),)),
        ],
        retain="30h",
    ),
    Kept(
        "what is taken back is what was told, to the bit, however often it was found anew",
        a_model({**EARNED, "half_life": "36h"}, levels=[{"name": "some", "at_least": 5}]),
        [
            ingest(ev("a0", 0, name="pay")),
            ("publish", (a_model(version="2", levels=[{"name": "ten", "at_least": 10}]), at(244), "from")),
            ingest(ev("a0", 163.873786111, name="pay"), form="one by one"),
            ("advance", (at(255.4),)),
            ("publish", (a_model(version="3", levels=LEVELS), at(244), "replay")),
            ("advance", (at(325.5),)),
            ingest(ev("a0", 32.8, name="pay"), form="one by one"),
            ("advance", (at(325.5),)),
            ("merge", ([], None)),
        ],
        pressures=("swept",),
    ),
    Kept(
        "a level of a model that was replaced is read until the next evaluation instant, in a history too",
        a_model(levels=LEVELS, margin=5),
        [
            ingest(ev("a0", 1)),
            ("publish", (a_model(levels=[{"name": "other", "at_least": 9}], margin=1), at(30), "replay")),
            ("advance", (at(31),)),
            ("history", ("2h", at(31), at(35))),
            ("history", ("2h", at(31), at(55))),
        ],
    ),
    Kept(
        "a dwell goes on counting through a model that does not know the level and was never looked at",
        a_model(levels=LEVELS, dwell="9d"),
        [
            ingest(ev("a0", 1), ev("a1", 25)),
            ("publish", (a_model(levels=[{"name": "other", "at_least": 9}]), at(30), "replay")),
            ("publish", (a_model(version="3", levels=LEVELS, dwell="9d") | {"rules": []}, at(31), "replay")),
            ("advance", (at(400),)),
        ],
        pressures=("swept",),
    ),
    Kept(
        "who came before a model that sees only what is new stands where the one before left them",
        a_model(levels=LEVELS),
        [
            ingest(ev("a0", 29)),
            ("publish", (RENAMED, at(30), "from")),
            ingest(ev("a0", 31)),
            ("advance", (at(50),)),
            ("advance", (at(75),)),
            ingest(ev("a0", 76), ev("a0", 77)),
            ("advance", (at(100),)),
        ],
        pressures=("swept",),
    ),
    Kept(
        "a publication ends the cell it lies in, and shows what came and went in it",
        a_model(**BRIEF),
        [
            ingest(ev("a0", 0.1)),
            ("advance", (at(0.99),)),
            ("publish", (a_model(version="2", **BRIEF), at(0.5), "replay")),
            ("advance", (at(2),)),
        ],
    ),
    Kept(
        "a subject of which the model in service has seen nothing stays unknown when its past is folded",
        {"name": "moving", "version": "1", "subject": "account", "signals": [], "rules": []},
        [
            ("ingest", ("mappings", [{"name": "pay", "time": 1729931721425329, "account": "a2"}])),
            (
                "publish",
                (
                    {
                        "rules": [
                            {
                                "name": "tiers",
                                "signal": "x",
                                "tiers": [[0.5, 10], [1.5, 15], [3, 40]],
                                "mode": "cumulative",
                            }
                        ],
                        "signals": [{"name": "x", "kind": "count", "on": "login", "offset": "day"}],
                        "name": "moving",
                        "version": "1b",
                        "subject": "account",
                        "timezone": "Europe/Paris",
                        "evaluate": "continuous",
                        "resolution": "12h",
                        "levels": [{"name": "from 10", "at_least": 10}, {"name": "from 30", "at_least": 30}],
                    },
                    1729965700143734,
                    "from",
                ),
            ),
            ("advance", (1730330883844214,)),
            ("scores", (None,)),
        ],
        retain="3d",
    ),
    Kept(
        "a change that was told, and is final since its events were folded, is not told again",
        {
            "name": "moving",
            "version": "1",
            "subject": "user",
            "timezone": "UTC",
            "signals": [{"name": "x", "kind": "distinct", "on": ["pay"], "window": "1d", "property": "plan"}],
            "levels": [{"name": "from 5", "at_least": 5}],
            "rules": [{"name": "tiers", "signal": "x", "tiers": [[0.5, 10]], "mode": "marginal"}],
            "evaluate": "continuous",
            "resolution": "1d",
        },
        [
            ingest({"name": "pay", "time": 1709146800000000, "user": "u0", "properties": {"plan": "team"}}),
            ("advance", (1709245594425263,)),
            ("advance", (1709385151952900,)),
            ingest({"name": "pay", "time": 1709385151952900, "user": "u0"}),
            ("advance", (1709388751952900,)),
        ],
        retain="25h",
    ),
    Kept(
        "an event that came late and was folded before the next advance is heeded by it",
        {"name": "moving", "version": "1", "subject": "user", "timezone": "UTC", "signals": [], "rules": []},
        [
            (
                "publish",
                (
                    {
                        "rules": [
                            {"name": "earned", "on": ["pay"], "points": "amount", "half_life": "14d"},
                            {"name": "another", "on": "pay", "points": 13},
                        ],
                        "signals": [],
                        "name": "moving",
                        "subject": "user",
                        "timezone": "America/Sao_Paulo",
                        "evaluate": "week",
                        "levels": [{"name": "from 5", "at_least": 5}],
                        "version": "2",
                    },
                    1514635200000000,
                    "freeze",
                ),
            ),
            ingest({"name": "pay", "time": 1517054399999998, "user": "u2", "properties": {"amount": -12.3}}),
            ("advance", (1517379997612311,)),
            ingest(
                {"name": "look", "time": 1518141943258847, "user": "u2"},
                {"name": "pay", "time": 1517054399999998, "user": "u2", "properties": {"amount": -12.3}},
            ),
            ("advance", (1518142003258847,)),
        ],
        retain="5d",
    ),
    Kept(
        "a number almost too large for a double is no larger for the events that were folded before it",
        a_model(rules=[{"name": "earned", "on": "pay", "points": "amount", "half_life": "7d"}], levels=[]),
        [
            ingest(
                {"name": "pay", "time": at(1), "account": "a0", "properties": {"amount": 9}},
                {"name": "pay", "time": at(820), "account": "a0", "properties": {"amount": 1e308}},
            ),
            ("scores", (None,)),
            ("score", ("a0", at(1500))),
        ],
        retain="6d",
    ),
    Kept(
        "a scorer in which a folded sum is too large for a double can be saved",
        a_model(
            {"name": "earned", "on": "pay", "points": "amount"},
            {"name": "lately", "on": "pay", "points": "amount", "window": "3d"},
            {"name": "first", "on": "pay", "points": "amount", "limit": {"points": 9, "every": "day"}},
            levels=[],
        ),
        [
            ingest(
                *[ev("a0", hour, "pay", amount=1e308) for hour in (1, 2, 3)], ev("a0", 820, "pay", amount=1)
            ),
            ("save", ()),
            ("scores", (None,)),
        ],
        retain="6d",
    ),
]


@pytest.mark.parametrize("kept", PLAYS, ids=lambda kept: kept.reason)
def test_a_play_that_failed_once(kept: Kept) -> None:
    """The definition and the scorer agree after each step."""
    play = Play(kept.model, kept.retain, kept.pressures)
    for step in kept.steps:
        play.do(step)
    assert play.seen["decided by rounding"] == 0

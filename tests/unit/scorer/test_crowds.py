"""Audiences of many subjects: all found at once or one by one, they are the same, and so is what fires.

Lives here: audiences with and without a second door, over signals, scores and levels, also through models
that follow each other.
Lives elsewhere: what audiences and triggers do (``test_triggers.py``), random plays (``test_scorer.py``).
"""

from __future__ import annotations

from random import Random

import pytest
from attrs import evolve

from questscore import (
    Audience,
    ConditionRule,
    Count,
    Event,
    EventRule,
    Firing,
    Level,
    Levels,
    ScoreModel,
    Scorer,
    Since,
    Trigger,
    reference,
)
from questscore.model.publication import Mode, Publication
from questscore.model.time import DAY, HOUR, Instant, instant
from questscore.rules.term import services
from support.pressure import pressed

START = instant("2026-01-01T00:00:00Z")
AT = START + 30 * DAY
AUDIENCES = [
    Audience("silent", enter="idle >= 6"),
    Audience("keen", enter="paid_9d >= 2", leave="idle >= 4 or paid_9d < 1"),
    Audience("warm or more", enter="level in ['warm', 'hot']"),
    Audience("rich", enter="score >= 60 and level != 'hot'", leave="level == 'low'"),
    Audience("lost", enter="paid_9d == 0 and idle >= 2", leave="score > 30"),
]
CHECKED = (-1, 3)
"""The days after which the definition is asked as well: it takes long."""
TRIGGERS = [
    Trigger(f"{on} {one.name}", on=on, audience=one.name, action="tell", status="active")
    for one in AUDIENCES
    for on in ("enter", "leave")
]


def model(version: str, **fields: object) -> ScoreModel:
    given: dict[str, object] = {
        "version": version,
        "subject": "account",
        "signals": [Since("idle", on="*"), Count("paid_9d", on="paid", window="9d")],
        "rules": [
            EventRule("paid", on="paid", points=30, half_life="10d"),
            ConditionRule("silent", when="idle >= 8", points=-10),
        ],
        "levels": Levels(Level("warm", at_least=40), Level("hot", at_least=80), below="low"),
        "audiences": AUDIENCES,
        "triggers": TRIGGERS,
        **fields,
    }
    return ScoreModel("m", **given)  # type: ignore[arg-type]


def log() -> list[Event]:
    rng = Random(5)
    return [
        Event(
            rng.choice(["paid", "seen"]),
            START + int(rng.random() * 60 * DAY),
            account=f"a{k % 23}",
            id=f"{k}",
        )
        for k in range(260)
    ]


def told(
    first: ScoreModel, second: ScoreModel | None, mode: Mode, pressures: tuple[str, ...]
) -> list[object]:
    """What fires along the way, and who is in the audiences after each step; one event comes late."""
    with pressed(pressures):
        scorer, events, found = Scorer(first), log(), list[object]()
        late = events.pop(100)
        scorer.ingest(event for event in events if event.time < AT - 9 * DAY)
        for day in (-20, -9, -8, -8, -1, 0, 2, 3, 12, 30, 31):
            if day == 0 and second is not None:
                scorer.publish(second, Instant(AT), mode)
            scorer.ingest(event for event in events if event.time <= AT + day * DAY)
            if day == 3:
                scorer.ingest(late)
            scorer.advance(Instant(AT + day * DAY + HOUR))
            found.append(sorted(map(firing, scorer.firings())))
            known = sorted(one.name for one in scorer.model.audiences)
            found.append(members := {name: scorer.members(name) for name in known})
            if day in CHECKED and pressures == ("swept",):
                taken = [event for event in events if event.time <= AT + day * DAY] + [late] * (day >= 3)
                serving, now = services(scorer.publications), scorer.now or 0
                assert members["keen"] == reference.members(serving, taken, "keen", now)
            found.append(scorer.members("silent", Instant(START + 25 * DAY)))
        return found


def firing(one: Firing) -> tuple[object, ...]:
    return one.time, one.subject, one.trigger, one.held


@pytest.mark.parametrize("sticky", [{}, {"margin": 5.0, "dwell": "3d"}], ids=["plain", "sticky"])
@pytest.mark.parametrize("mode", [None, "replay", "from", "freeze"])
def test_all_at_once_as_one_by_one(sticky: dict[str, object], mode: Mode | None) -> None:
    first = model("1", **sticky)
    others = [AUDIENCES[0], evolve(AUDIENCES[1], leave=None), *AUDIENCES[3:]]  # one is gone, one is another
    second = model(
        "2",
        audiences=others,
        triggers=[t for t in TRIGGERS if t.audience != AUDIENCES[2].name],
        levels=Levels(Level("warm", at_least=50), Level("hot", at_least=90), below="low"),
        dwell="2d",
    )
    given = (first, None if mode is None else second, mode or "replay")
    swept, alone = told(*given, ("swept",)), told(*given, ("alone",))
    assert swept == alone
    assert told(*given, ()) == alone
    assert len(swept[-3]) > 100  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [one.name for one in AUDIENCES])
@pytest.mark.parametrize("sticky", [{}, {"margin": 5.0, "dwell": "3d"}], ids=["plain", "sticky"])
def test_members_are_those_of_the_definition_however_they_are_found(
    name: str, sticky: dict[str, object]
) -> None:
    first = model("1", **sticky)
    second = model("2", dwell="2d", rules=[EventRule("paid", on="paid", points=45, half_life="5d")])
    publications = [Publication(first), Publication(second, AT, "from")]
    scorer, events, seen = Scorer(first), log(), set[int]()
    scorer.ingest(events)
    scorer.publish(second, Instant(AT), "from")
    for day in (-29, -20, -3, 0, 1, 9, 25, 40):
        at = AT + day * DAY + 7 * HOUR
        defined = reference.members(services(publications), events, name, at)
        for pressures in (("swept",), ("alone",), ()):
            with pressed(pressures):
                assert scorer.members(name, Instant(at)) == defined
        seen.add(len(defined))
    assert len(seen) > 2

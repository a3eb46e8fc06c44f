"""A new season: points are reset, what was earned is void, and what was limited stays limited."""

from __future__ import annotations

from typing import Any

from questscore import Event, EventRule, Level, Levels, Limit, ScoreModel, explain, score

MODEL = ScoreModel(
    "club",
    subject="user",
    timezone="America/New_York",
    rules=[
        EventRule("visit", on="visit", points=10, limit=Limit(count=1, every="day")),
        EventRule(
            "first purchase of the month", on="purchase", points=50, limit=Limit(count=1, every="month")
        ),
        EventRule("spends", on="purchase", points="amount / 10", cooldown="1h"),
    ],
    levels=Levels(Level("silver", at_least=100), Level("gold", at_least=200), below="bronze"),
)


def event(name: str, when: str, **properties: Any) -> Event:
    return Event(name, f"2026-{when}-04:00", user="ada", properties=properties)


def test_a_reset() -> None:
    # In June Ada visits on five days, one of them twice, and buys twice on one day: 50 + 80 + 12 once.
    log = [event("visit", f"06-{day:02}T10:00") for day in (1, 2, 3, 4, 20)]
    log += [event("visit", "06-20T22:00")]
    log += [event("purchase", "06-20T12:00", amount=800), event("purchase", "06-20T13:30", amount=120)]
    june = score(MODEL, log, "2026-06-30T12:00-04:00")["ada"]
    assert dict(june.points) == {"visit": 50, "first purchase of the month": 50, "spends": 92}
    assert (june.value, june.level) == (192, "silver")

    # Support is sorry for a late parcel and gives her 10 points: gold.
    log += [event("questscore.adjust", "06-21T09:00", points=10, reason="late parcel")]
    gold = score(MODEL, log, "2026-06-30T12:00-04:00")["ada"]
    assert (gold.value, gold.adjustments, gold.level) == (202, 10, "gold")

    # On 20 June at 15:00 the season had ended, says a reset that arrives late. It leaves her 25 points.
    log += [event("questscore.reset", "06-20T15:00", points=25)]
    after = score(MODEL, log, "2026-06-30T12:00-04:00")["ada"]

    # All before it is void, the parcel's points after it are not; the visit of that evening is none, for
    # the morning's, though void, was that day's one.
    assert dict(after.points) == {"visit": 0, "first purchase of the month": 0, "spends": 0}
    assert (after.value, after.adjustments, after.level) == (35, 25 + 10, "bronze")

    # Another purchase in June is not the month's first; it does pay for what it is worth.
    log += [event("purchase", "06-25T12:00", amount=50)]
    again = score(MODEL, log, "2026-06-30T12:00-04:00")["ada"]
    assert dict(again.points) == {"visit": 0, "first purchase of the month": 0, "spends": 5}

    # July is a new month in New York from 4:00 UTC on the 1st.
    log += [event("purchase", "07-01T00:00", amount=0.0), event("visit", "07-01T08:00")]
    july = score(MODEL, log, "2026-07-02T12:00-04:00")["ada"]
    assert dict(july.points) == {"visit": 10, "first purchase of the month": 50, "spends": 5}
    assert (july.value, july.level) == (100, "silver")

    # As at the day before the reset nothing has changed: the past is what it was.
    before = score(MODEL, log, "2026-06-20T14:59:59-04:00")["ada"]
    assert before.value == june.value

    # And the reasons say where the points went.
    why = explain(MODEL, log, "ada", "2026-07-02T12:00-04:00")
    assert why.check()
    (visits,) = (child for child in why.children if child.label == "visit")
    assert {line.label: line.value for line in visits.children} == {
        "awarded for 7 × visit": 70,
        "lost to limits": -10,
        "lost to a reset": -50,
    }
    (by_hand,) = (child for child in why.children if child.label == "adjustments")
    assert [line.label for line in by_hand.children] == [
        "started from (2026-06-20T19:00:00Z)",
        "late parcel (2026-06-21T13:00:00Z)",
    ]

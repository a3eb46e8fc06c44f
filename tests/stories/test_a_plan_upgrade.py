"""A customer grows from plan to plan: traits, a condition on text, and a comparison with last month."""

from __future__ import annotations

from typing import Any

from questscore import (
    ConditionRule,
    Count,
    Distinct,
    Event,
    EventRule,
    First,
    Formula,
    Funnel,
    Group,
    Latest,
    Linear,
    ScoreModel,
    Since,
    TierRule,
    score,
)

MODEL = ScoreModel(
    "growth",
    subject="user",
    signals=[
        Latest("plan", on=["signed_up", "changed_plan"], property="plan"),
        First("began_with", on=["signed_up", "changed_plan"], property="plan"),
        Since("on_plan", on="changed_plan", never="missing"),
        Count("uses", on="used", window="month"),
        Count("uses_last_month", on="used", window="month", offset="month"),
        Formula("growth", expr="(uses - uses_last_month) / uses_last_month"),
        Distinct("breadth", on="used", property="feature", window="30d"),
        Funnel(
            "path",
            steps=["signed_up", "used", {"on": "changed_plan", "where": "plan != 'free'"}],
            within="60d",
        ),
    ],
    rules=[
        ConditionRule("pays", when="plan in ['pro', 'team']", points="40 if plan == 'team' else 25"),
        ConditionRule("has moved up", when="plan != began_with and on_plan < 30", points=20),
        ConditionRule("uses it more and more", when="growth >= 0.5", points=15, group="use"),
        TierRule("breadth", signal="breadth", tiers=[[2, 5], [3, 10], [4, 15]], mode="highest", group="use"),
        EventRule("asks for help", on="ticket", points=-4, fade="10d", minimum=-10),
    ],
    groups=[Group("use", maximum=20)],
    scale=Linear(0, 80),
)


def event(name: str, when: str, **properties: Any) -> Event:
    return Event(name, f"2026-{when}Z", user="ada", properties=properties)


def test_a_plan_upgrade() -> None:
    # February: Ada tries the free plan, with two features.
    log = [event("signed_up", "02-10T12:00", plan="free")]
    log += [
        event("used", f"02-{day}T12:00", feature=f)
        for day, f in ((11, "editor"), (12, "editor"), (20, "export"))
    ]
    ada = score(MODEL, log, "2026-02-28T12:00Z")["ada"]
    assert (ada.signals["plan"], ada.signals["uses"], ada.signals["breadth"]) == ("free", 3, 2)
    assert ada.signals["growth"] is None  # there was no January to compare with
    assert (ada.raw, ada.value) == (5, 6.25)

    # March: she uses it six times, with four features. Growth 1, breadth 4: 15 + 15, of which 20 count.
    features = ("editor", "export", "share", "chart", "chart", "share")
    log += [event("used", f"03-0{day}T12:00", feature=f) for day, f in enumerate(features, start=1)]
    ada = score(MODEL, log, "2026-03-10T12:00Z")["ada"]
    assert ada.signals["growth"] == 1
    assert (ada.points["uses it more and more"], ada.points["breadth"]) == (15, 15)
    assert ada.raw == 20

    # She upgrades: the path is complete, she pays, and has moved up.
    log += [event("changed_plan", "03-11T12:00", plan="pro")]
    ada = score(MODEL, log, "2026-03-11T12:00Z")["ada"]
    assert ada.signals["path"] == 1
    assert ada.raw == 20 + 25 + 20
    assert ada.value == 81.25

    # A rough week: three tickets of four points each, fading over ten days, ten at most.
    log += [event("ticket", f"03-{day}T12:00") for day in (12, 12, 12)]
    assert score(MODEL, log, "2026-03-12T12:00Z")["ada"].points["asks for help"] == -10
    assert score(MODEL, log, "2026-03-17T12:00Z")["ada"].points["asks for help"] == -6
    assert score(MODEL, log, "2026-03-22T12:00Z")["ada"].points["asks for help"] == 0

    # Thirty days after the upgrade it is no news any more, and in April she has not come so often.
    log += [event("used", "04-02T12:00", feature="editor")]
    ada = score(MODEL, log, "2026-04-10T12:00Z")["ada"]
    assert (ada.signals["on_plan"], ada.points["has moved up"]) == (30, 0)
    assert ada.signals["growth"] == (1 - 6) / 6
    assert ada.raw == 25

    # The whole team joins: the plan counts as it is now, and the path as it was.
    log += [event("changed_plan", "04-15T12:00", plan="team")]
    ada = score(MODEL, log, "2026-04-15T12:00Z")["ada"]
    assert (ada.signals["began_with"], ada.signals["plan"], ada.points["pays"]) == ("free", "team", 40)
    assert ada.points["has moved up"] == 20
    assert ada.raw == 60 and ada.value == 75

    # Had the upgrade of March been to the free plan, it would have been none.
    other = [
        e if e.name != "changed_plan" else event("changed_plan", "03-11T12:00", plan="free") for e in log[:11]
    ]
    assert score(MODEL, other, "2026-03-11T12:00Z")["ada"].raw == 20

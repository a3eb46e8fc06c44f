"""Two people, one score: late and doubled events, a daylight-saving night, and the same number for both."""

from __future__ import annotations

from random import Random

from questscore import Count, Event, EventRule, Level, Levels, Limit, ScoreModel, Streak, explain, score

MODEL = ScoreModel(
    "habit",
    subject="user",
    timezone="Europe/Paris",
    signals=[Streak("streak", on="practice", every="day"), Count("today", on="practice", window="day")],
    rules=[
        EventRule(
            "practises", on="practice", points="minutes", limit=Limit(points=30, every="day"), half_life="7d"
        )
    ],
    levels=Levels(Level("keen", at_least=60), margin="10%"),
)


def practice(when: str, minutes: int, id: str | None = None) -> Event:
    return Event("practice", when, user="ada", properties={"minutes": minutes}, id=id)


def test_a_team_that_argues_about_a_score() -> None:
    # Ada practises through the night in which Paris loses an hour: Saturday, Sunday (23 hours), Monday.
    log = [
        practice("2026-03-28T22:30:00Z", 20, "a"),  # 23:30 on Saturday
        practice("2026-03-28T23:30:00Z", 20, "b"),  # 0:30 on Sunday
        practice("2026-03-29T21:30:00Z", 20, "c"),  # 23:30 on Sunday, in summer time
        practice("2026-03-29T22:30:00Z", 20, "d"),  # 0:30 on Monday
    ]
    ada = score(MODEL, log, "2026-03-29T22:30:00Z")["ada"]
    assert (ada.signals["streak"], ada.signals["today"]) == (3, 1)

    # Of Sunday's forty minutes thirty count: the second of them pays ten.
    why = explain(MODEL, log, "ada", "2026-03-29T22:30:00Z")
    (rule,) = why.children
    assert {line.label: line.value for line in rule.children if line.label == "lost to limits"} == {
        "lost to limits": -10
    }

    # Mia's phone sends two of the events again, one of them with a slip, and everything in another order.
    sent = [*log, log[1], practice("2026-03-28T23:30:00Z", 25, "b")]
    for seed in range(5):
        table = score(MODEL, Random(seed).sample(sent, len(sent)), "2026-03-29T22:30:00Z")
        assert table["ada"] == ada
        assert (table.report.duplicates, table.report.conflicts, table.report.applied) == (1, 1, 4)

    # Joe looks a week later and sees a half of it; he looks at the old instant and sees the old number.
    later = score(MODEL, log, "2026-04-05T22:30:00Z")["ada"]
    assert abs((later.value or 0) - (ada.value or 0) / 2) < 1e-9
    assert later.signals["streak"] == 0
    assert score(MODEL, [*log, practice("2026-04-20T08:00:00Z", 30)], "2026-03-29T22:30:00Z")["ada"] == ada

    # An event that comes late changes what follows it, and not what was before.
    late = [*log, practice("2026-03-27T20:00:00Z", 10, "z")]
    assert score(MODEL, late, "2026-03-29T22:30:00Z")["ada"].signals["streak"] == 4
    assert score(MODEL, late, "2026-03-27T19:00:00Z").to_dicts() == []

    # Levels with a margin are looked at on each local midnight. On Tuesday's her 70 minutes are worth 60.1,
    # and she is keen; a day later it is 54.4, which the margin of a tenth still allows; then 49.3.
    assert score(MODEL, log, "2026-03-30T21:59:59Z")["ada"].level == "base"
    assert score(MODEL, log, "2026-03-30T22:00:00Z")["ada"].level == "keen"
    values = {day: score(MODEL, log, f"2026-0{day}T22:00:00Z")["ada"] for day in ("3-31", "4-01", "4-02")}
    assert [day for day, row in values.items() if (row.value or 0) >= 60] == []
    assert {day: row.level for day, row in values.items()} == {"3-31": "keen", "4-01": "base", "4-02": "base"}

"""A model through the past: what would have fired, how long levels were held, and who was lost after."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from attrs import evolve

from questscore import (
    Audience,
    Duration,
    EventError,
    EventRule,
    Level,
    Levels,
    ModelError,
    ScoreModel,
    Scorer,
    Transition,
    Trigger,
    history,
)
from questscore.review import backtest
from unit.review.worlds import MODEL, events

DAY = 86_400_000_000
LOG = events(1)


def naively(triggers: tuple[Trigger, ...], changes: list[Transition]) -> list[tuple[str, str, int]]:
    """Trigger by trigger and subject by subject."""
    rank = {name: i for i, name in enumerate(MODEL.levels.order)}
    found = []
    for trigger in triggers:
        level = rank[trigger.level or ""]
        for subject in sorted({change.subject for change in changes}):
            last = None
            for change in changes:
                if change.subject != subject or change.before is None or change.after is None:
                    continue
                before, after = rank[change.before], rank[change.after]
                hit = {
                    "enter": after == level,
                    "leave": before == level,
                    "rise": before < level <= after,
                    "fall": after < level <= before,
                }[trigger.on]
                if isinstance(trigger.rearm, Duration):
                    ready = last is None or change.time - last >= trigger.rearm.us
                else:
                    ready = last is None or trigger.rearm == "always"
                if hit and ready:
                    last = change.time
                    found.append((trigger.name, subject, change.time))
    return sorted(found, key=lambda one: (one[2], one[1], one[0]))


@pytest.mark.parametrize("seed", range(4))
def test_what_fires_is_what_each_trigger_would_have_seen(seed: int) -> None:
    log = events(seed)
    found = backtest(MODEL, log, "week")
    changes = list(history(MODEL, log, "week").transitions)
    fired = [(one.trigger, one.subject, one.time) for one in found.fired]
    assert sorted(fired, key=lambda one: (one[2], one[1], one[0])) == naively(MODEL.triggers, changes)
    assert {one.trigger for one in found.fired} == {"cheer", "worry", "meet", "part"}
    assert {one.trigger for one in found.fired if one.draft} == {"worry", "meet", "part"}
    assert sum(found.fired_by_month.values()) == len(fired)
    assert set(Counter(month for _, month in found.fired_by_month)) <= {"2026-01", "2026-02", "2026-03"}


@pytest.mark.parametrize("seed", range(3))
def test_a_scorer_that_had_been_in_service_fired_the_same(seed: int) -> None:
    """Told day by day of what happened; ids and all."""
    log = sorted(events(seed), key=lambda event: event.time)
    found = backtest(MODEL, log, "month", end=log[-1].time)
    scorer, at = Scorer(MODEL), log[0].time - 1
    scorer.advance(at)
    while at < log[-1].time:
        day, at = at, min(at + DAY, log[-1].time)
        scorer.ingest([event for event in log if day < event.time <= at])
        scorer.advance(at)
    told = scorer.firings()
    assert len(told) > 20 and not any(one.held for one in told)
    assert {one.id: (one.trigger, one.time, one.draft) for one in told} == {
        one.id: (one.trigger, one.time, one.draft) for one in found.fired
    }


def test_scores_and_levels_are_those_of_a_history() -> None:
    found, expected = backtest(MODEL, LOG, "week").history, history(MODEL, LOG, "week")
    assert np.array_equal(found.scores, expected.scores, equal_nan=True)
    assert np.array_equal(found.codes, expected.codes)
    assert list(found.transitions) == list(expected.transitions)


def test_only_what_happens_after_the_start_is_told() -> None:
    start = "2026-02-15T00:00:00Z"
    found = backtest(MODEL, LOG, "week", start=start)
    moves, first = found.changes.transitions, found.changes.start
    assert first is not None
    whole = backtest(MODEL, LOG, "week").changes.transitions
    assert moves and [change for change in whole if change.time > first] == list(moves)


def test_triggers_of_audiences_are_left_out() -> None:
    model = evolve(
        MODEL,
        audiences=[Audience("all", enter="score > 0")],
        triggers=[Trigger("t", audience="all", action="mail")],
    )
    assert backtest(model, LOG, "month").fired == ()


# Ada stands high from the start, Bob low; points stay, so that nothing moves.
STEADY = ScoreModel(
    "steady",
    subject="user",
    rules=[EventRule("r", on="x", points="worth")],
    levels=Levels(Level("low", at_least=5), Level("high", at_least=50), below="none"),
)
USERS = {"ada": 60, "bob": 6, "cyd": 7, "dan": 1}
STEADY_LOG = [
    {"name": "x", "time": "2026-01-01T00:00:00Z", "user": user, "worth": worth}
    for user, worth in USERS.items()
]
YEAR = {"start": "2026-01-01T00:00:00Z", "end": "2026-12-27T00:00:00Z"}  # 360 days, 36 looks


def test_time_in_level_adds_up_to_the_span() -> None:
    """Each of 36 looks but the first stands for ten days."""
    found = backtest(STEADY, STEADY_LOG, "10d", **YEAR)
    assert len(found.history) == 36
    assert found.time_in_level == {"none": 350, "low": 700, "high": 350}
    months = backtest(STEADY, STEADY_LOG, "month", **YEAR)  # from 1 February to 27 December
    assert months.time_in_level == {"none": 329, "low": 658, "high": 329}


def test_lost_subjects_by_level_counted_by_hand() -> None:
    """Looks are on days 10, 20 … 360; with a horizon of 90 days those up to day 270 are over: 27.

    Bob is lost on day 100: 9 looks before it, on days 10 to 90, all within 90 days. Cyd is lost on day 200:
    looks on days 10 to 190, of which 110 to 190 are within. Ada and Dan stay: 27 looks each. Eve is in no
    event. What comes after the end is not known yet.
    """
    lost = {"bob": "2026-04-11T00:00:00Z", "cyd": "2026-07-20T00:00:00Z", "eve": "2026-02-01T00:00:00Z",
            "dan": "2027-03-01T00:00:00Z"}  # fmt: skip
    found = backtest(STEADY, STEADY_LOG, "10d", lost, **YEAR).outcomes
    assert found is not None
    none, low, high = found.bands
    assert [(band.level, band.looks, band.lost) for band in (none, low, high)] == [
        ("none", 27, 0),
        ("low", 9 + 19, 9 + 9),
        ("high", 27, 0),
    ]
    assert low.rate == pytest.approx(18 / 28)
    assert found.rate == pytest.approx(18 / 82)
    assert low.lift == pytest.approx((18 / 28) / (18 / 82))
    assert (none.lift, high.lift) == (0, 0)
    assert (found.unknown, found.churners, found.seen, found.below_top) == (1, 2, 2, 2)
    assert str(found).endswith("\n  subjects of the outcomes that are in no event: 1")


def test_who_was_in_the_top_level_two_months_before_was_not_below_it() -> None:
    """Looks of days 60 to 90 before; who has none there is not counted among the seen."""
    lost = [("ada", "2026-04-11T00:00:00Z"), ("bob", "2026-02-01T00:00:00Z"), ("cyd", "2026-04-11T00:00:00Z")]
    found = backtest(STEADY, STEADY_LOG, "10d", lost, **YEAR).outcomes
    assert found is not None
    assert (found.churners, found.seen, found.below_top) == (3, 2, 1)


def test_the_first_date_of_a_subject_counts_and_forms_are_alike() -> None:
    first = {"bob": "2026-04-11T00:00:00Z"}
    several = {"bob": ["2026-06-01T00:00:00Z", "2026-04-11T00:00:00Z"]}
    a, b = (backtest(STEADY, STEADY_LOG, "10d", lost, **YEAR).outcomes for lost in (first, several))
    assert a == b


def test_without_events_nobody_is_told_of() -> None:
    found = backtest(MODEL, [], "week", {"ada": "2026-03-01T00:00:00Z"})
    assert (found.changes.transitions, found.fired) == ([], ())
    assert "0 subjects" in str(found)


def test_errors() -> None:
    with pytest.raises(ModelError, match="no levels"):
        backtest(ScoreModel("m", subject="user"), STEADY_LOG, "week")
    with pytest.raises(ModelError, match="horizon"):
        backtest(STEADY, STEADY_LOG, "week", {}, horizon="soon")
    with pytest.raises(EventError):
        backtest(STEADY, STEADY_LOG, "week", [("bob",)])
    with pytest.raises(ModelError, match="every"):
        backtest(STEADY, STEADY_LOG, "fortnight")


def test_forms() -> None:
    found = backtest(MODEL, LOG, "week", {"a01": "2026-03-01T00:00:00Z"}, horizon="30d")
    assert found.to_arrow().num_rows == len(found.fired)
    plain = found.to_dict()
    assert plain["transitions"] == len(found.changes.transitions)
    assert "lost within 30d" in str(found)
    assert "cheer" in str(found) and "worry (draft)" in str(found)
    assert found._repr_html_().startswith("<pre>")

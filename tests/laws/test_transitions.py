"""The law: levels change when the definition says, however a scorer is advanced, late events and all.

`CASES` numbered cases of each mode here; ``python -m benchmarks.simulation --transitions 2000`` judges as
many as one likes and prints what they show.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

import questscore
from questscore import Event, reference
from questscore.engine.tracker import Tracker, in_order
from questscore.model.time import DAY, LATEST
from support.moving import (
    BY_PERIOD,
    CONTINUOUS,
    EVERY_SIGHT,
    MECHANISMS,
    ROUNDED,
    advanced,
    numbered_move,
    shown,
)
from support.transitions import cancelled

CASES = 200
CHUNK = 100
SEED = 3


@pytest.mark.parametrize("first", range(0, CASES, CHUNK))
@pytest.mark.parametrize("mode", [BY_PERIOD, CONTINUOUS])
def test_levels_move_as_the_definition_says(mode: str, first: int) -> None:
    """In many advances with late events between them, and in one."""
    seen: Counter[str] = Counter()
    for number in range(first, first + CHUNK):
        case = numbered_move(SEED, mode, number)
        told, lines = advanced(case)
        assert [line for line in lines if line != ROUNDED] == [], (SEED, mode, number)
        seen[ROUNDED] += bool(lines)
        seen += shown(case, cancelled(told), told)
    assert seen[ROUNDED] <= 1
    moved = [mechanism for mechanism in MECHANISMS if seen[f"by time: {mechanism}"]]
    assert len(moved) >= len(MECHANISMS) // 3
    others = [sight for sight in EVERY_SIGHT if not sight.startswith("by time: ")]
    assert all(seen[sight] for sight in others), seen


@pytest.mark.parametrize("first", range(0, CASES, CHUNK))
@pytest.mark.parametrize("mode", [BY_PERIOD, CONTINUOUS])
def test_what_may_come_holds_what_comes(mode: str, first: int) -> None:
    """The range of a score over a span without events holds every reading in it; so do levels."""
    for number in range(first, first + CHUNK):
        case = numbered_move(SEED, mode, number)
        rng = Random(number)
        tracker = Tracker(questscore.load_model(case.model))
        own = reference.by_subject(tracker.model, [Event(**event) for event in case.events])
        for events in own.values():
            taken = in_order(events)[: rng.randint(1, len(events))]
            at = max(event.time for event in taken) + rng.choice([0, 0, 1, DAY // 7, 3 * DAY])
            _holds(
                tracker, taken, at, min(at + rng.choice([DAY // 24, DAY, 10 * DAY, 400 * DAY]), LATEST), rng
            )


def _holds(tracker: Tracker, taken: list[Event], at: int, until: int, rng: Random) -> None:
    state = tracker.follow(tracker.layout.fresh(), taken)
    tracker.read(state, at)
    held, (levels, least) = (
        tracker.sheet.outlook.range(state, at, until),
        tracker.sheet.may_stand(state, at, until),
    )
    times = [event.time for event in taken]
    instants = [at, until, *(rng.randint(at, until) for _ in range(6))]
    instants += [t + d for t in times for d in (DAY, 7 * DAY, DAY // 2, 30 * DAY) if at <= t + d <= until][:6]
    for instant in sorted(instants):
        reading = tracker.read(state.copy(), instant)
        value = reading.value
        near = [value] if value is None else [value, value * (1 - 1e-9) - 1e-9, value * (1 + 1e-9) + 1e-9]
        assert any(held.contains(x) for x in near), (held, reading.value, at, until, instant)
        assert reading.level in levels, (levels, reading.level, at, until, instant)
        assert value is None or value >= least - 1e-9 * max(1.0, abs(least))

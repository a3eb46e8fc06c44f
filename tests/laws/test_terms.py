"""The law: a model in which another one's awards are frozen reads alike however it is read.

Lives here: random models, one frozen into the other, held against the definition in columns and one by one.
Lives elsewhere: publishing (``test_scorer.py``, ``test_history.py``).
"""

from __future__ import annotations

from random import Random

import pytest

from questscore import Event, load_model, read_events, reference, score
from questscore.engine.tracker import Tracker, in_order
from questscore.model.publication import Service
from questscore.rules.term import frozen_into
from support.cases import instant_of, numbered
from support.compare import differences, plain

CASES = 150


@pytest.mark.parametrize("first", range(0, CASES, 50))
def test_frozen_awards(first: int) -> None:
    """Columns and states agree with the definition."""
    seen = 0  # rules that another model left
    for number in range(first, first + 50):
        case, other = numbered(31, number), numbered(32, number)
        model = load_model(case.model)
        old = load_model({**other.model, "timezone": case.model["timezone"], "week_start": model.week_start})
        if old.subject != model.subject:
            old = load_model({**case.model, "version": "0"})
        times = sorted(instant_of(event["time"]) for event in case.events)
        start = Random(number).choice(times or [case.at])
        frozen = frozen_into(
            model, Service(old, since=times[0] + 1 if number % 3 == 0 and times else None), start
        )
        events = [Event(**event) for event in case.events]
        expected = plain(reference.score(frozen, events, case.at))
        found = plain({s.subject: s for s in score(frozen, read_events(case.events), case.at)})
        tracked = {}
        tracker = Tracker(frozen)
        for name, own in reference.by_subject(frozen, [e for e in events if e.time <= case.at]).items():
            state = tracker.follow(tracker.fresh(), in_order(own))
            if state.huge or frozen.levels.sticky:
                continue
            reading = tracker.read(state, case.at)
            tracked[name] = {
                "score": reading.value,
                "points": reading.points,
                "level": reading.level,
            }
        few = {
            name: {key: row[key] for key in ("score", "points", "level")} for name, row in expected.items()
        }
        assert not differences(found, expected)
        assert not differences(tracked, {name: few[name] for name in tracked})
        seen += len(frozen.rules) - len(model.rules)
    assert seen > 20

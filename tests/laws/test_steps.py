"""Reading a timeline at one instant after another gives what a reading of its own gives at each."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

import questscore
from questscore.columns.log import settle
from questscore.engine.as_at import as_at
from questscore.engine.timeline import Timeline
from support.cases import Case, numbered
from support.compare import TOLERANCE

CHUNK = 20


def _instants(case: Case, rng: Random) -> list[int]:
    """Edges of events and windows, and anything between."""
    times = [int(questscore.Event(**event).time) for event in case.events] or [case.at]
    near = [t + d for t in rng.choices(times, k=5) for d in (-1, 0, 1, 86_400_000_000 * rng.randint(1, 40))]
    spread = [rng.randint(min(times), max(case.at, max(times))) for _ in range(4)]
    return sorted(t for t in {*near, *spread} if t <= case.at)


@pytest.mark.parametrize("first", range(0, 200, CHUNK))
def test_a_timeline_read_step_by_step_equals_readings_apart(first: int) -> None:
    for number in range(first, first + CHUNK):
        case = numbered(21, number)
        model = questscore.load_model(case.model)
        table = questscore.read_events(case.events)
        timeline = Timeline(model, settle(table, model.subject, case.at))
        place = {name: unit for unit, name in enumerate(timeline.log.names)}
        for at in _instants(case, Random(number)):
            scores, alone = timeline.read(at), as_at(model, table, at)
            rows = [place[name] for name in alone.names]
            for rule in model.rules:
                stepped, apart = scores.points[rule.name][rows], alone.scores.points[rule.name][alone.units]
                slack = 100 * TOLERANCE * np.maximum(1, np.abs(apart))
                same = (np.abs(stepped - apart) <= slack) | (np.isnan(stepped) & np.isnan(apart))
                assert same.all(), f"case {number} at {at}: {rule.name}: {stepped} is not {apart}"
            for name in scores.signals:
                stepped, apart = (
                    np.broadcast_to(np.asarray(found.num), size)[at_rows]
                    for found, size, at_rows in (
                        (scores.signals[name], timeline.log.subject.size, rows),
                        (alone.scores.signals[name], alone.log.subject.size, alone.units),
                    )
                )
                slack = 100 * TOLERANCE * np.maximum(1, np.abs(apart))
                same = (np.abs(stepped - apart) <= slack) | (np.isnan(stepped) & np.isnan(apart))
                assert same.all(), f"case {number} at {at}: {name}: {stepped} is not {apart}"

"""Reading a timeline at one instant after another gives what a reading of its own gives at each."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

import questscore
from questscore.aggregates import deltas, presence
from questscore.columns.log import settle
from questscore.columns.vector import Vector
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


def _same(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    slack = 100 * TOLERANCE * np.maximum(1, np.abs(other))
    return bool(np.all((np.abs(one - other) <= slack) | (np.isnan(one) & np.isnan(other))))


def _texts(vector: Vector, size: int) -> list[str | None]:
    codes = np.broadcast_to(-1 if vector.text is None else vector.text, size).tolist()
    return [None if code < 0 else vector.texts[code] for code in codes]


@pytest.mark.parametrize("many", [False, True], ids=["as they come", "as where there are many rows"])
@pytest.mark.parametrize("first", range(0, 200, CHUNK))
def test_a_timeline_read_step_by_step_equals_readings_apart(
    first: int, many: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule by rule, signal by signal; and the score alone, for which rules are added up as they come."""
    if many:
        monkeypatch.setattr(deltas, "_ROWS", 0)
        monkeypatch.setattr(presence, "_PLACES", 0)
    for number in range(first, first + CHUNK):
        case = numbered(22 if many else 21, number)
        model = questscore.load_model(case.model)
        table = questscore.read_events(case.events)
        timeline, sums = (
            Timeline(model, settle(table, model.subject, case.at), apart=apart) for apart in (True, False)
        )
        size = timeline.log.subject.size
        for at in _instants(case, Random(number)):
            scores = timeline.read(at)
            alone = Timeline(model, settle(table, model.subject, at), steps=False)
            apart, (units, _) = alone.read(at), alone.present
            for rule in model.rules:
                stepped, read = scores.points[rule.name][units], apart.points[rule.name][units]
                assert _same(stepped, read), f"case {number} at {at}: {rule.name}: {stepped} is not {read}"
            for name, vector in scores.signals.items():
                stepped, read = (
                    np.broadcast_to(np.asarray(found.num), size)[units]
                    for found in (vector, apart.signals[name])
                )
                assert _same(stepped, read), f"case {number} at {at}: {name}: {stepped} is not {read}"
                texts, wanted = (
                    _texts(found.take(units), len(units)) for found in (vector, apart.signals[name])
                )
                assert texts == wanted, f"case {number} at {at}: {name}"
            for found in (scores, sums.read(at)):
                stepped, read = found.value[units], apart.value[units]
                assert _same(stepped, read), f"case {number} at {at}: {stepped} is not {read}"

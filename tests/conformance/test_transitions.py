"""Changes of level as an independent evaluator of the contract gives them.

The cases lie beside the repository, in ``../shared/conformance``; where they do not, these tests skip.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import questscore
from questscore import Scorer, reference
from questscore.model.time import DAY
from support.transitions import cancelled

CASES = Path(__file__).resolve().parents[2].parent / "shared" / "conformance" / "transitions.jsonl.gz"
CHUNK = 20
Moves = Callable[[questscore.ScoreModel, dict[str, Any]], Sequence[questscore.Transition]]
SIZE = 120

pytestmark = pytest.mark.skipif(
    not CASES.exists(),
    reason="the conformance cases (../shared/conformance/transitions.jsonl.gz) are not here",
)


def read(first: int) -> list[dict[str, Any]]:
    with gzip.open(CASES, "rt", encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    assert len(found) == SIZE
    return found[first : first + CHUNK]


def by_reference(model: questscore.ScoreModel, found: dict[str, Any]) -> Sequence[questscore.Transition]:
    """The definition's changes of level."""
    return reference.transitions(model, [questscore.Event(**event) for event in found["events"]], found["to"])


def by_engine(model: questscore.ScoreModel, found: dict[str, Any]) -> Sequence[questscore.Transition]:
    """The engine's, read step by step."""
    return questscore.history(model, found["events"], every="month", end=found["to"]).transitions


def by_one_advance(model: questscore.ScoreModel, found: dict[str, Any]) -> Sequence[questscore.Transition]:
    """A scorer's, told at once."""
    scorer = Scorer(model)
    scorer.ingest(found["events"])
    return scorer.advance(found["to"])


def by_many_advances(model: questscore.ScoreModel, found: dict[str, Any]) -> Sequence[questscore.Transition]:
    """A scorer's, told day by day while events come, most of them on time and some of them late."""
    scorer = Scorer(model)
    events = [questscore.Event(**event) for event in found["events"]]
    arrival = {id(event): event.time + (9 * DAY if row % 5 == 0 else 0) for row, event in enumerate(events)}
    waiting = sorted(events, key=lambda event: arrival[id(event)])
    to, told = found["to"], list[questscore.Transition]()
    start = min((event.time for event in events), default=to)
    for at in [*range(start, to, DAY), to]:
        while waiting and (at == to or arrival[id(waiting[0])] <= at):
            scorer.ingest(waiting.pop(0))
        told += scorer.advance(at)
    return cancelled(told)


@pytest.mark.parametrize("first", range(0, SIZE, CHUNK))
@pytest.mark.parametrize("moves_of", [by_reference, by_engine, by_one_advance, by_many_advances])
def test_levels_move_as_the_independent_answers_say(moves_of: Moves, first: int) -> None:
    """Every transition of every case: when, whose, from which level to which."""
    wrong = []
    for found in read(first):
        model = questscore.load_model(found["model"])
        moves = [
            {"time": move.time, "subject": move.subject, "before": move.before, "after": move.after}
            for move in moves_of(model, found)
        ]
        if moves != found["expected"]:
            wrong.append(found["case"])
    assert wrong == []

"""The law: a scorer says what the definition says of its events, whatever was done with it before.

A rule-based state machine takes a `Scorer` and a naive one through the same steps: `RUNS` runs here, and
``python -m benchmarks.simulation`` as many as one likes. A play that failed is kept, made smaller, in
``tests/unit/scorer/test_kept_plays.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import ClassVar

import pytest

from questscore import Scorer
from support import play as plays
from support.dice import ODDS, Dice, first_play
from support.machine import ScorerMachine, run
from support.plugins import registered

RUNS = 200
CHUNK = 25


@pytest.fixture(autouse=True)
def _plugins() -> Iterator[None]:
    with registered():
        yield


@pytest.mark.parametrize("number", range(RUNS // CHUNK))
def test_a_scorer_says_what_the_definition_says(number: int) -> None:
    """Reports, scores, levels, changes of level, forecasts and reasons after every step of every play."""
    seen = run(number, CHUNK)
    assert seen["ingest: applied"] > 500
    assert seen["decided by rounding"] <= 3


class Watched(Scorer):
    """A scorer that notes what it is asked for."""

    asked: ClassVar[set[str]] = set()

    def __getattribute__(self, name: str) -> object:
        Watched.asked.add(name)
        return super().__getattribute__(name)

    def __len__(self) -> int:
        Watched.asked.add("__len__")
        return super().__len__()

    def __contains__(self, subject: object) -> bool:
        Watched.asked.add("__contains__")
        return super().__contains__(subject)

    def __repr__(self) -> str:
        Watched.asked.add("__repr__")
        return super().__repr__()


def test_every_public_method_is_exercised(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a host can call, a rule of the machine calls; one that is added must be added there too."""
    monkeypatch.setattr(plays, "Scorer", Watched)
    loads: list[Path] = []

    def load(path: Path) -> Scorer:
        loads.append(path)
        return Scorer.load(path)

    monkeypatch.setattr(Watched, "load", load)
    rng = Random(1)
    play, stage = first_play(rng)
    for draw in ODDS:
        play.scorer.__class__ = Watched
        play.do(draw(Dice(play, stage, rng)))
    repr(play.scorer)
    public = {name for name in vars(Scorer) if not name.startswith("_")}
    called = {"__len__", "__contains__", "__repr__"}
    assert loads
    assert public | called <= Watched.asked | {"load"}


def test_the_machine_takes_every_step_there_is() -> None:
    """Each way to go on is a rule of the machine."""
    assert {draw.__name__ for draw in ODDS} <= set(vars(ScorerMachine))

"""One case through the definition and through the engine, and what to think of a difference.

Lives here: the verdict on a case. A difference is excused in one way only: rounding decides the case,
that is, the definition itself gives the engine's answer once the sums it computes with move by a
billionth. Whatever is exact (counts, sums of integers, first and last values, times) is never moved.
Lives elsewhere: the cases (`cases`), the tolerance (`compare`), making a case smaller (`shrink`).
"""

from __future__ import annotations

import contextlib
import enum
import sys
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from attrs import evolve, frozen

import questscore
from questscore import reference
from support.cases import Case
from support.compare import TOLERANCE, differences, plain
from support.models import Mapping

Answer = dict[str, dict[str, Any]]

SHAKES = 60


class Verdict(enum.Enum):
    """What a case shows."""

    AGREE = "agree"
    EDGE = "near an edge"
    DISAGREE = "disagree"


@frozen
class Judgement:
    """A verdict and, unless the answers agree, the differences in words."""

    verdict: Verdict
    lines: tuple[str, ...] = ()


def by_reference(case: Case) -> Answer:
    """The definition's answer."""
    model = questscore.load_model(case.model)
    events = [questscore.Event(**event) for event in case.events]
    return plain(reference.score(model, events, case.at))


def by_engine(case: Case) -> Answer:
    """The engine's answer."""
    model = questscore.load_model(case.model)
    with _chunks_of(case.chunk):
        return dict(questscore.score(model, questscore.read_events(case.events), case.at).to_dicts())


@contextlib.contextmanager
def _chunks_of(size: int) -> Iterator[None]:
    """While inside, the engine takes so many rows at a time, that a short log may span several chunks.

    And it thinks of anything as too much for a table of counters.
    """
    sizes = {"CHUNK": size, "_COUNTED": 0} if size else {}
    modules = [module for name, module in sys.modules.items() if name.startswith("questscore.")]
    found = [(vars(m), key, vars(m)[key]) for m in modules for key in sizes if key in vars(m)]
    try:
        for names, key, _ in found:
            names[key] = sizes[key]
        yield
    finally:
        for names, key, original in found:
            names[key] = original


def judge(
    case: Case,
    found: Callable[[Case], Answer] = by_engine,
    expected: Callable[[Case], Answer] = by_reference,
) -> Judgement:
    """Whether the engine gives the definition's answer; a crash is a difference too."""
    wanted = expected(case)
    try:
        answer = found(case)
    except Exception as error:  # whatever it is, the definition had an answer
        return Judgement(Verdict.DISAGREE, (f"raised {type(error).__name__}: {error}",))
    lines = differences(answer, wanted)
    if not lines:
        return Judgement(Verdict.AGREE)
    edge = near_an_edge(case, answer, expected)
    return Judgement(Verdict.EDGE if edge else Verdict.DISAGREE, tuple(lines))


def near_an_edge(case: Case, answer: Answer, expected: Callable[[Case], Answer] = by_reference) -> bool:
    """Whether the definition gives ``answer`` when its inexact sums move by next to nothing."""
    for seed in range(SHAKES):
        size = 10.0 ** -(11 + seed % 4)
        moved = evolve(case, model=_shaken_model(case.model, Random(seed), size))
        with _shaken_signals(seed, size):
            if not differences(answer, expected(moved), 100 * TOLERANCE):
                return True
    return False


def _shaken_model(model: Mapping, rng: Random, size: float) -> Mapping:
    """The model with the values of percentile scales moved: raw scores are compared with them."""
    made = dict(model)
    if model.get("scale", {}).get("kind") == "percentile":
        values = [v + rng.choice([-size, 0.0, size]) * max(1.0, abs(v)) for v in model["scale"]["reference"]]
        made["scale"] = {**model["scale"], "reference": values}
    made["signals"] = [
        {**s, "model": _shaken_model(s["model"], rng, size)} if s["kind"] == "score" else s
        for s in model["signals"]
    ]
    return made


@contextlib.contextmanager
def _shaken_signals(seed: int, size: float) -> Iterator[None]:
    """While inside, signals that are inexact sums have values that are moved by ``size``."""
    kinds: tuple[type[Any], ...] = (
        questscore.Count, questscore.Total, questscore.Mean, questscore.Rollup, questscore.ScoreOf,
    )  # fmt: skip
    plain_naive = {kind: kind.naive for kind in kinds}

    def shaken(kind: type[Any]) -> Callable[..., Any]:
        def naive(self: Any, events: Any, at: int, context: Any) -> Any:
            value = plain_naive[kind](self, events, at, context)
            if not isinstance(value, int | float) or _exact(self, value, events):
                return value
            rng = Random(f"{seed}/{self.name}/{value!r}")
            if rng.random() < 0.25:
                return round(float(value), 9)
            return value + rng.choice([-size, size, 0.0]) * max(1.0, abs(value))

        return naive

    try:
        for kind in kinds:
            kind.naive = shaken(kind)
        yield
    finally:
        for kind, original in plain_naive.items():
            kind.naive = original


def _exact(signal: Any, value: float, events: Any) -> bool:
    """Whether any right way to compute this value gives the same bits."""
    if isinstance(signal, questscore.Count):
        return signal.half_life is None or value == 0
    if isinstance(signal, questscore.Rollup):
        return signal.by in ("count", "minimum", "maximum") or value.is_integer()
    if isinstance(signal, questscore.ScoreOf):
        return float(value).is_integer()
    read = [e.properties.get(signal.property) for e in events]
    numbers = [v for v in read if isinstance(v, int | float)]
    if value == 0 and all(v >= 0 for v in numbers):
        return True
    return getattr(signal, "half_life", None) is None and all(float(v).is_integer() for v in numbers)

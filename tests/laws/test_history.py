"""A history is the scores at its instants, one after another; its blocks are the history, cut.

Also through models that were published one after the other, and of subjects that are followed one by one.
"""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest
from attrs import evolve
from numpy.typing import NDArray

import questscore
from questscore import EventTable, History, ScoreModel, Scorer
from questscore.model.publication import Mode
from questscore.model.time import DAY, Instant
from support.cases import numbered
from support.compare import TOLERANCE
from support.pressure import pressed

CHUNK = 10


def _case(number: int) -> tuple[ScoreModel, EventTable, dict[str, object]]:
    """A model, its events, and a grid of a dozen instants or so that ends at the case's."""
    case = numbered(31, number)
    table = questscore.read_events(case.events)
    times = [int(t) for t in table.time if t <= case.at] or [case.at]
    span = max(case.at - min(times), 12)
    every = ("week", "month", f"{span // 12}us", f"{max(span // (9 * DAY), 1)}d")[number % 4]
    start = case.at - 40 * 7 * DAY if every == "week" else min(times)
    if every == "month" and span > 10_000 * DAY:
        every = "year"
    return questscore.load_model(case.model), table, {"every": every, "start": start, "end": case.at}


def _published(number: int) -> tuple[Scorer, dict[str, object]]:
    """A scorer in which two more models come into service, and the case's grid."""
    model, table, grid = _case(number)
    rng, scorer = Random(number), Scorer(model)
    scorer.ingest(table)
    times = sorted(table.time.tolist()) or [0]
    modes: list[Mode] = ["replay", "from", "freeze"]
    for k, mode in enumerate(rng.sample(modes, 2), 1):
        own = {"timezone": model.timezone, "week_start": model.week_start}
        other = questscore.load_model({**numbered(31 + k, number).model, **own})
        if other.subject != model.subject:
            other = evolve(model, version=f"{k}", maximum=50)
        last = scorer.publications[-1].at
        times = [time for time in times if last is None or time >= last] or times[-1:]
        scorer.publish(other, Instant(rng.choice(times)), mode)
    return scorer, grid


def _same(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    slack = 100 * TOLERANCE * np.maximum(1, np.abs(other))
    return bool(np.all((np.abs(one - other) <= slack) | (np.isnan(one) & np.isnan(other))))


def _alike(one: NDArray[np.float64] | NDArray[np.object_], other: NDArray[Any]) -> bool:
    """The same numbers and texts; NaN and None are both nothing."""
    texts, wanted = ([v if isinstance(v, str) else None for v in found.tolist()] for found in (one, other))
    nums = (
        np.array([v if isinstance(v, float) else np.nan for v in found.tolist()]) for found in (one, other)
    )
    return texts == wanted and _same(*nums)


def _told(past: History) -> list[tuple[object, ...]]:
    return [(c.subject, c.time, c.before, c.after, c.cause, c.passed) for c in past.transitions]


@pytest.mark.parametrize("first", range(0, 60, CHUNK))
def test_a_row_of_a_history_is_the_score_at_its_instant(first: int) -> None:
    for number in range(first, first + CHUNK):
        model, table, grid = _case(number)
        past = questscore.history(model, table, signals=True, points=True, **grid)  # type: ignore[arg-type]
        place = {name: i for i, name in enumerate(past.subjects)}
        for row in {0, len(past) // 3, len(past) // 2, len(past) - 1}:
            at = int(past.times[row])
            alone = questscore.score(model, table, at)
            columns = [place[name] for name in alone.subjects]
            others = np.delete(np.arange(len(past.subjects)), columns)
            context = f"case {number} at {at}"
            assert _same(past.scores[row, columns], alone.scores), context
            assert past.levels[row, columns].tolist() == list(alone.levels), context
            for j, rule in enumerate(alone.rules):
                assert _same(past.points[rule][row, columns], alone.points[:, j]), f"{context}: {rule}"
                assert np.isnan(past.points[rule][row, others]).all()
            for name, values in alone.signals.items():
                assert _alike(past.signals[name][row, columns], values), f"{context}: {name}"
                assert all(value is None or value != value for value in past.signals[name][row, others])
            assert np.isnan(past.scores[row, others]).all()
            assert set(past.levels[row, others].tolist()) <= {None}


@pytest.mark.parametrize("first", range(0, 60, CHUNK))
def test_blocks_one_after_another_are_the_whole(first: int) -> None:
    for number in range(first, first + CHUNK):
        model, table, grid = _case(number)
        whole = questscore.history(model, table, signals=True, points=True, **grid)  # type: ignore[arg-type]
        plain = questscore.history(model, table, **grid)  # type: ignore[arg-type]
        assert _same(plain.scores, whole.scores), f"case {number}: what is asked for changes the scores"
        assert np.array_equal(plain.codes, whole.codes)
        assert _told(plain) == _told(whole)
        for periods in (1, 3, len(whole) + 1):
            blocks = list(
                questscore.history_blocks(
                    model,
                    table,
                    periods=periods,
                    signals=True,
                    points=True,
                    **grid,  # type: ignore[arg-type]
                )
            )
            _are_the_whole(blocks, whole, periods, f"case {number}, {periods} at a time")


def _are_the_whole(blocks: list[History], whole: History, periods: int, context: str) -> None:
    assert all(len(block) == periods for block in blocks[:-1]) and 0 < len(blocks[-1]) <= periods, context
    assert all(block.subjects == whole.subjects for block in blocks)
    assert np.concatenate([block.times for block in blocks]).tolist() == whole.times.tolist()
    assert np.array_equal(np.concatenate([b.scores for b in blocks]), whole.scores, equal_nan=True), context
    assert np.array_equal(np.concatenate([b.codes for b in blocks]), whole.codes), context
    for name, values in whole.signals.items():
        rows = [row for block in blocks for row in block.signals[name]]
        assert all(_alike(row, wanted) for row, wanted in zip(rows, values, strict=True)), (
            f"{context}: {name}"
        )
    for name, points in whole.points.items():
        assert np.array_equal(np.concatenate([b.points[name] for b in blocks]), points, equal_nan=True), name
    assert [change for block in blocks for change in block.transitions] == list(whole.transitions), context
    for before, block in pairwise(blocks):
        assert all(before.times[-1] < change.time <= block.times[-1] for change in block.transitions), context


@pytest.mark.parametrize("first", range(0, 60, CHUNK))
def test_a_history_through_several_models_is_the_scores_at_its_instants(first: int) -> None:
    for number in range(first, first + CHUNK):
        scorer, grid = _published(number)
        past = scorer.history(signals=True, points=True, **grid)  # type: ignore[arg-type]
        _are_the_scores(past, scorer, f"case {number}")
        for periods in (1, 3):
            blocks = list(
                scorer.history_blocks(periods=periods, signals=True, points=True, **grid)  # type: ignore[arg-type]
            )
            _are_the_whole(blocks, past, periods, f"case {number}, {periods} at a time")


@pytest.mark.parametrize("first", range(0, 60, CHUNK))
def test_subjects_one_by_one_have_the_history_of_all_at_once(first: int) -> None:
    for number in range(first, first + CHUNK):
        scorer, grid = _published(number)
        together = scorer.history(signals=True, points=True, **grid)  # type: ignore[arg-type]
        with pressed(("alone",)):
            alone = scorer.history(signals=True, points=True, **grid)  # type: ignore[arg-type]
            blocks = list(
                scorer.history_blocks(periods=2, signals=True, points=True, **grid)  # type: ignore[arg-type]
            )
        context = f"case {number}"
        assert alone.subjects == together.subjects
        assert alone.order == together.order
        assert _same(alone.scores, together.scores), context
        assert np.array_equal(alone.codes, together.codes), context
        assert _told(alone) == _told(together), context
        assert _alike(alone.to_arrow()["score"].to_numpy(), together.to_arrow()["score"].to_numpy())
        for name, values in together.signals.items():
            assert all(map(_alike, alone.signals[name], values)), f"{context}: {name}"
        for name, points in together.points.items():
            assert _same(alone.points[name], points), f"{context}: {name}"
        _are_the_whole(blocks, alone, 2, context)


def _are_the_scores(past: History, scorer: Scorer, context: str) -> None:
    place = {name: i for i, name in enumerate(past.subjects)}
    for row, at in enumerate(past.times.tolist()):
        alone = scorer.scores(Instant(at))
        columns = [place[name] for name in alone.subjects]
        others = np.delete(np.arange(len(past.subjects)), columns)
        assert _same(past.scores[row, columns], alone.scores), f"{context} at {at}"
        assert past.levels[row, columns].tolist() == list(alone.levels), f"{context} at {at}"
        for name, points in past.points.items():
            wanted = alone.points[:, alone.rules.index(name)] if name in alone.rules else np.nan
            assert _same(points[row, columns], np.broadcast_to(wanted, len(columns))), f"{context}: {name}"
        for name, values in past.signals.items():
            known = alone.signals.get(name, np.full(len(columns), np.nan))
            assert _alike(values[row, columns], known), f"{context}: {name} at {at}"
        assert np.isnan(past.scores[row, others]).all()
        assert set(past.levels[row, others].tolist()) <= {None}

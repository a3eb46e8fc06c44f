"""Tables of scores that were read subject by subject.

Lives here: from scores and changes of level to the tables that the doors give.
Lives elsewhere: the tables (results), the same from columns (api).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from questscore.engine.history import grid
from questscore.engine.replay import vector
from questscore.errors import ModelError
from questscore.model.definition import SpanLike
from questscore.model.result import Score, Transition
from questscore.model.score_model import ScoreModel
from questscore.model.time import Span
from questscore.results.history import History
from questscore.results.table import Report, ScoreTable


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def table_of(model: ScoreModel, at: int, scores: Sequence[Score], events: int) -> ScoreTable:
    """The table of scores of different subjects, sorted by subject, that ``events`` events led to."""
    rules = tuple(rule.name for rule in model.rules)
    points = [[_number(score.points[rule]) for rule in rules] for score in scores]
    return ScoreTable(
        model=model.name,
        version=model.version,
        at=at,
        subjects=[score.subject for score in scores],
        scores=np.array([_number(score.value) for score in scores], dtype=np.float64),
        raw=np.array([_number(score.raw) for score in scores], dtype=np.float64),
        levels=[score.level for score in scores],
        rules=rules,
        points=np.array(points, dtype=np.float64).reshape(len(scores), len(rules)),
        adjustments=np.array([score.adjustments for score in scores], dtype=np.float64),
        columns={
            signal.name: vector([score.signals[signal.name] for score in scores]) for signal in model.columns
        },
        report=Report(events, rejected=0, later=0, unattributed=0, duplicates=0, conflicts=0),
    )


def instants_of(model: ScoreModel, every: SpanLike, start: int, end: int) -> list[int]:
    """The grid of a history."""
    try:
        return grid(model, Span.of(every), start, end)
    except ModelError as error:
        raise error.under("every") from None


def history_of(
    models: Sequence[ScoreModel],
    tables: Sequence[ScoreTable],
    changes: Sequence[Transition],
    signals: Sequence[str],
    points: bool,
    born: dict[str, int],
) -> History:
    """The history that tables at ascending instants make up, each under one of the models in service.

    Args:
        models, tables, changes: What it is made of.
        signals, points: Which of them are wanted.
        born: When subjects were first scored, those of blocks before; those of this one are added.
    """
    model = models[-1]
    for table in tables:
        for subject in table.subjects:
            born.setdefault(subject, table.at)
    subjects = sorted(born)
    column = {subject: i for i, subject in enumerate(subjects)}
    known = [level for one in models for level in one.levels.order]
    # margin and dwell keep what a model before left until the next one is first looked at
    kept = [level for table in tables for level in table.levels if level is not None]
    order = tuple(dict.fromkeys([*known, *kept]))
    rules = dict.fromkeys(rule.name for one in models for rule in one.rules)
    scores = np.full((len(tables), len(subjects)), np.nan)
    codes = np.full((len(tables), len(subjects)), -1, dtype=np.int64)
    for row, table in enumerate(tables):
        places = [column[subject] for subject in table.subjects]
        scores[row, places] = table.scores
        codes[row, places] = [-1 if level is None else order.index(level) for level in table.levels]
    times = np.array([table.at for table in tables], dtype=np.int64)
    return History(
        model.name,
        model.version,
        times,
        subjects,
        scores,
        order,
        codes,
        lambda: changes,
        np.array([born[subject] for subject in subjects], dtype=np.int64),
        {name: _over_time(tables, column, name) for name in signals},
        {rule: _points(tables, column, rule) for rule in rules if points},
    )


def _over_time(
    tables: Sequence[ScoreTable], column: Mapping[str, int], name: str
) -> NDArray[np.float64] | NDArray[np.object_]:
    rows = [table.signals.get(name, np.full(len(table), np.nan)) for table in tables]
    if any(row.dtype == object for row in rows):
        texts = np.full((len(rows), len(column)), None, dtype=object)
        for i, (table, row) in enumerate(zip(tables, rows, strict=True)):
            known = [None if value != value else value for value in row.tolist()]
            texts[i, [column[subject] for subject in table.subjects]] = known
        return texts
    numbers = np.full((len(rows), len(column)), np.nan)
    for i, (table, row) in enumerate(zip(tables, rows, strict=True)):
        numbers[i, [column[subject] for subject in table.subjects]] = row
    return numbers


def _points(tables: Sequence[ScoreTable], column: Mapping[str, int], rule: str) -> NDArray[np.float64]:
    found = np.full((len(tables), len(column)), np.nan)
    for i, table in enumerate(tables):
        if rule in table.rules:
            places = [column[subject] for subject in table.subjects]
            found[i, places] = table.points[:, table.rules.index(rule)]
    return found

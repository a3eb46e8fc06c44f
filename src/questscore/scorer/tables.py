"""Tables of scores that were read subject by subject.

Lives here: from scores to the tables that the doors give.
Lives elsewhere: the tables (results), the same from columns (api), histories (one_by_one).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from questscore.engine.replay import vector
from questscore.model.result import Score
from questscore.model.score_model import ScoreModel
from questscore.results.table import Report, ScoreTable


def number(value: float | None) -> float:
    """A score as an entry of an array: NaN where it is unknown."""
    return np.nan if value is None else value


def table_of(model: ScoreModel, at: int, scores: Sequence[Score], events: int) -> ScoreTable:
    """The table of scores of different subjects, sorted by subject, that ``events`` events led to."""
    rules = tuple(rule.name for rule in model.rules)
    points = [[number(score.points[rule]) for rule in rules] for score in scores]
    return ScoreTable(
        model=model.name,
        version=model.version,
        at=at,
        subjects=[score.subject for score in scores],
        scores=np.array([number(score.value) for score in scores], dtype=np.float64),
        raw=np.array([number(score.raw) for score in scores], dtype=np.float64),
        levels=[score.level for score in scores],
        rules=rules,
        points=np.array(points, dtype=np.float64).reshape(len(scores), len(rules)),
        adjustments=np.array([score.adjustments for score in scores], dtype=np.float64),
        columns={
            signal.name: vector([score.signals[signal.name] for score in scores]) for signal in model.columns
        },
        report=Report(events, rejected=0, later=0, unattributed=0, duplicates=0, conflicts=0),
    )

"""questscore: engagement scores from event logs, exact at any instant.

>>> from questscore import Count, ConditionRule, EventRule, Level, Levels, ScoreModel, score
>>> model = ScoreModel(
...     "task-app",
...     subject="user",
...     signals=[Count("logins_7d", on="login", window="7d")],
...     rules=[
...         EventRule("created a task", on="task_created", points=50, half_life="30d"),
...         ConditionRule("uses it often", when="logins_7d > 5", points=150),
...     ],
...     levels=Levels(Level("engaged", at_least=40)),
... )
>>> events = [{"name": "task_created", "time": "2026-03-01T09:00:00Z", "user": "ada"}]
>>> score(model, events, at="2026-03-31T09:00:00Z")["ada"].value
25.0
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from questscore.api import explain, history, history_blocks, score
    from questscore.calibration.calibrate import calibrate
    from questscore.calibration.calibration import Calibration
    from questscore.calibration.outcomes import activity, churn
    from questscore.calibration.recalibrate import Recalibration, recalibrate
    from questscore.calibration.validate import validate
    from questscore.codec import dump_model, load_model, register, schema
    from questscore.columns.table import EventTable, Rejection
    from questscore.errors import (
        EventError,
        MissingExtra,
        ModelError,
        PluginError,
        Problem,
        QuestscoreError,
        SnapshotError,
        UnknownSubject,
    )
    from questscore.io import read_events
    from questscore.language import Expression
    from questscore.model.award import Active, Limit, Steps
    from questscore.model.event import Event
    from questscore.model.firing import Firing
    from questscore.model.level import Level, Levels
    from questscore.model.plugin import PluginFault
    from questscore.model.publication import Publication
    from questscore.model.result import Explanation, Forecast, Gain, Score, Transition
    from questscore.model.rule import Group, Rule
    from questscore.model.scale import Linear, Logistic, Percentile, Saturating
    from questscore.model.score_model import ScoreModel
    from questscore.model.selector import Selector
    from questscore.model.signal import Context, SignalDefinition
    from questscore.model.time import Calendar, Duration, Period, Span
    from questscore.model.trigger import Audience, Trigger
    from questscore.results.history import History
    from questscore.results.ingest import IngestReport
    from questscore.results.table import Report, ScoreTable
    from questscore.review.backtest import Backtest, backtest
    from questscore.review.compare import compare
    from questscore.review.comparison import Comparison
    from questscore.rules import ConditionRule, EventRule, TierRule
    from questscore.scorer.scorer import Scorer
    from questscore.signals import (
        ActivePeriods,
        Age,
        Count,
        Distinct,
        First,
        Formula,
        Funnel,
        Lag,
        Latest,
        Maximum,
        Mean,
        Milestones,
        Minimum,
        Rollup,
        ScoreOf,
        Sessions,
        Since,
        Streak,
        Total,
    )

# Where each name lives: imported when it is first asked for, so that a host which needs little loads little.
_HOMES = {
    "questscore.api": ("explain", "history", "history_blocks", "score"),
    "questscore.calibration.calibrate": ("calibrate",),
    "questscore.calibration.calibration": ("Calibration",),
    "questscore.calibration.outcomes": ("activity", "churn"),
    "questscore.calibration.recalibrate": ("Recalibration", "recalibrate"),
    "questscore.calibration.validate": ("validate",),
    "questscore.codec": ("dump_model", "load_model", "register", "schema"),
    "questscore.columns.table": ("EventTable", "Rejection"),
    "questscore.errors": (
        "EventError",
        "MissingExtra",
        "ModelError",
        "PluginError",
        "Problem",
        "QuestscoreError",
        "SnapshotError",
        "UnknownSubject",
    ),
    "questscore.io": ("read_events",),
    "questscore.language": ("Expression",),
    "questscore.model.award": ("Active", "Limit", "Steps"),
    "questscore.model.event": ("Event",),
    "questscore.model.firing": ("Firing",),
    "questscore.model.level": ("Level", "Levels"),
    "questscore.model.plugin": ("PluginFault",),
    "questscore.model.publication": ("Publication",),
    "questscore.model.result": ("Explanation", "Forecast", "Gain", "Score", "Transition"),
    "questscore.model.rule": ("Group", "Rule"),
    "questscore.model.scale": ("Linear", "Logistic", "Percentile", "Saturating"),
    "questscore.model.score_model": ("ScoreModel",),
    "questscore.model.selector": ("Selector",),
    "questscore.model.signal": ("Context", "SignalDefinition"),
    "questscore.model.time": ("Calendar", "Duration", "Period", "Span"),
    "questscore.model.trigger": ("Audience", "Trigger"),
    "questscore.results.history": ("History",),
    "questscore.results.ingest": ("IngestReport",),
    "questscore.results.table": ("Report", "ScoreTable"),
    "questscore.review.backtest": ("Backtest", "backtest"),
    "questscore.review.compare": ("compare",),
    "questscore.review.comparison": ("Comparison",),
    "questscore.rules": ("ConditionRule", "EventRule", "TierRule"),
    "questscore.scorer.scorer": ("Scorer",),
    "questscore.signals": (
        "ActivePeriods",
        "Age",
        "Count",
        "Distinct",
        "First",
        "Formula",
        "Funnel",
        "Lag",
        "Latest",
        "Maximum",
        "Mean",
        "Milestones",
        "Minimum",
        "Rollup",
        "ScoreOf",
        "Sessions",
        "Since",
        "Streak",
        "Total",
    ),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__version__ = "0.1.0"

__all__ = [
    "Active",
    "ActivePeriods",
    "Age",
    "Audience",
    "Backtest",
    "Calendar",
    "Calibration",
    "Comparison",
    "ConditionRule",
    "Context",
    "Count",
    "Distinct",
    "Duration",
    "Event",
    "EventError",
    "EventRule",
    "EventTable",
    "Explanation",
    "Expression",
    "Firing",
    "First",
    "Forecast",
    "Formula",
    "Funnel",
    "Gain",
    "Group",
    "History",
    "IngestReport",
    "Lag",
    "Latest",
    "Level",
    "Levels",
    "Limit",
    "Linear",
    "Logistic",
    "Maximum",
    "Mean",
    "Milestones",
    "Minimum",
    "MissingExtra",
    "ModelError",
    "Percentile",
    "Period",
    "PluginError",
    "PluginFault",
    "Problem",
    "Publication",
    "QuestscoreError",
    "Recalibration",
    "Rejection",
    "Report",
    "Rollup",
    "Rule",
    "Saturating",
    "Score",
    "ScoreModel",
    "ScoreOf",
    "ScoreTable",
    "Scorer",
    "Selector",
    "Sessions",
    "SignalDefinition",
    "Since",
    "SnapshotError",
    "Span",
    "Steps",
    "Streak",
    "TierRule",
    "Total",
    "Transition",
    "Trigger",
    "UnknownSubject",
    "__version__",
    "activity",
    "backtest",
    "calibrate",
    "churn",
    "compare",
    "dump_model",
    "explain",
    "history",
    "history_blocks",
    "load_model",
    "read_events",
    "recalibrate",
    "register",
    "schema",
    "score",
    "validate",
]


def _levels_from_churned(model: object, events: object, **options: object) -> object:
    """Levels by the scores of subjects that churned: see ``questscore.calibration.churned``."""
    module = importlib.import_module("questscore.calibration.churned")
    return module.levels_from_churned(model, events, **options)


# What a class of the vocabulary can do with what stands above it: put together here, where all meet.
_ATTACHED = {"Levels": ("from_churned", staticmethod(_levels_from_churned))}


def __getattr__(name: str) -> object:
    if name in _HOME_OF:
        found: object = getattr(importlib.import_module(_HOME_OF[name]), name)
        if name in _ATTACHED:
            setattr(found, *_ATTACHED[name])
        globals()[name] = found
        return found
    if not name.startswith("_"):
        try:
            return importlib.import_module(f"questscore.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"questscore.{name}":
                raise
    raise AttributeError(f"module 'questscore' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)

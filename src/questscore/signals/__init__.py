"""The built-in signal kinds; each file holds one or a few that share their subject."""

from questscore.signals.breadth import Distinct
from questscore.signals.composite import ScoreOf
from questscore.signals.formula import Formula
from questscore.signals.frequency import ActivePeriods, Streak
from questscore.signals.journey import Funnel, Lag, Milestones
from questscore.signals.recency import Age, Since
from questscore.signals.rollup import Rollup
from questscore.signals.sessions import Sessions
from questscore.signals.summary import Maximum, Mean, Minimum
from questscore.signals.sums import Count, Total
from questscore.signals.trait import First, Latest

KINDS = (
    Count,
    Total,
    Mean,
    Minimum,
    Maximum,
    Latest,
    First,
    Distinct,
    ActivePeriods,
    Streak,
    Since,
    Age,
    Sessions,
    Funnel,
    Milestones,
    Lag,
    Rollup,
    ScoreOf,
    Formula,
)

__all__ = [
    "KINDS",
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
]

"""Reviews: what a model would do before it goes into service, and whether its data is any good.

Lives here: two models compared, a model through the past, changes of level, gaming and data quality.
Lives elsewhere: putting a model into service (scorer), choosing its points from outcomes (calibration).
"""

from questscore.review.backtest import Backtest, backtest
from questscore.review.changes import LevelChanges, level_changes
from questscore.review.compare import compare
from questscore.review.comparison import Comparison
from questscore.review.quality import QualityReport, quality

__all__ = [
    "Backtest",
    "Comparison",
    "LevelChanges",
    "QualityReport",
    "backtest",
    "compare",
    "level_changes",
    "quality",
]

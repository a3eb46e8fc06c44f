"""Results as tables."""

from questscore.results.table import Report, ScoreTable

__all__ = ["Report", "ScoreTable"]

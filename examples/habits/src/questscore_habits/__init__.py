"""Signals and a rule about habits, for questscore."""

from questscore_habits.rules import Comeback
from questscore_habits.signals import LongestSilence, WeekendShare

__all__ = ["Comeback", "LongestSilence", "WeekendShare"]

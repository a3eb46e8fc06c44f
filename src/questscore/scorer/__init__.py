"""Scorer: a model in service, with its events in memory.

Lives here: the object a host keeps (scorer), its tables (tables) and its file (stored).
Lives elsewhere: how numbers come about (engine), the events (journal), files that are never torn (snapshot).
"""

from questscore.scorer.scorer import Scorer

__all__ = ["Scorer"]

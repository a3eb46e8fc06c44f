"""Journal: the events that a scorer keeps in memory, as they arrived, each id of a subject once.

Lives here: taking events in, which of several with one id stands, and each subject's events at hand, in
few bytes an event.
Lives elsewhere: which events are attributed and not too old (the caller says so), what they are worth
(engine), whole logs as columns (columns).
"""

from __future__ import annotations

from questscore.journal.journal import Journal
from questscore.journal.outcome import Outcome, Taken

__all__ = ["Journal", "Outcome", "Taken"]

"""Publication: which model was in service from when on.

Lives here: one entry of the list that state and snapshots carry.
Lives elsewhere: what a list of several means for a score (the contract), replacing a model in service.
"""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from questscore.model.score_model import ScoreModel

Mode = Literal["replay", "from", "freeze"]


@frozen
class Publication:
    """A model put in service.

    Args:
        model: The model.
        at: From when on, epoch microseconds; None: from the first event on.
        mode: What becomes of what was before: ``"replay"``: the model holds for all events.
    """

    model: ScoreModel
    at: int | None = None
    mode: Mode = "replay"

"""Inside: which of all subjects are in an audience, from one evaluation instant to the next.

Lives here: the step of all at once, over columns; what of the past an audience depends on.
Lives elsewhere: the definition (reference), one subject (within), levels (timeline), the way through models
in service (sweep).
"""

from __future__ import annotations

import numpy as np

from questscore.aggregates.plan import Integers, Mask
from questscore.columns.vector import Vector, holds
from questscore.engine.levels import Codes
from questscore.engine.scoring import Scores
from questscore.engine.timeline import Standing, Timeline
from questscore.language import Expression
from questscore.model.score_model import ScoreModel
from questscore.model.trigger import INSIDE, OUTSIDE, Audience


def watched(model: ScoreModel, name: str | None) -> Audience | None:
    """A model's audience of a name; None: it has none."""
    return next((one for one in model.audiences if one.name == name), None)


def heeding(model: ScoreModel, name: str | None) -> bool:
    """Whether levels that margin and dwell left decide who is in an audience."""
    one = watched(model, name)
    if one is None or not model.levels.sticky:
        return False
    return any(rule is not None and "level" in rule.names for rule in (one.enter, one.leave))


def lasting(model: ScoreModel, name: str | None) -> bool:
    """Whether who is in an audience may depend on who was before."""
    one = watched(model, name)
    return one is not None and one.leave is not None


class Inside(Standing):
    """Where all units stand to an audience; the codes of the two are 0 for outside and 1 for inside.

    Args:
        timeline: Their scores.
        audience: The one; None: the model has none of that name.
        levels: Their levels, where margin and dwell heed the past, looked at before; None: the scores' own.
        born: As for `Standing`.
    """

    def __init__(
        self,
        timeline: Timeline,
        audience: Audience | None,
        levels: Standing | None = None,
        born: Integers | None = None,
    ) -> None:
        super().__init__(timeline, born)
        self._audience, self._heeded = audience, levels

    @property
    def known(self) -> tuple[tuple[str, ...], str | None]:
        """The two."""
        return (OUTSIDE, INSIDE), OUTSIDE

    def passed(self, before: str | None, after: str | None) -> tuple[str, ...]:
        """Nothing lies between them."""
        return ()

    def target(self, at: int, scores: Scores, level: Codes, since: Integers, unseen: Mask | None) -> Codes:
        """(size,) where they stand after an evaluation instant."""
        audience = self._audience
        if audience is None:
            return np.zeros_like(level)
        inside = self._hold(audience.enter, scores)
        if audience.leave is not None:
            inside = np.where(inside == self._hold(audience.leave, scores), level == 1, inside)
        if unseen is not None:
            inside = inside & ~unseen
        return inside.astype(level.dtype)

    def _hold(self, rule: Expression, scores: Scores) -> Mask:
        return holds(rule, lambda name: self._value(name, scores), None, len(scores.value))

    def _value(self, name: str, scores: Scores) -> Vector:
        if name == "score":
            return Vector(scores.value)
        if name == "level":
            heeded = self._heeded
            codes, names = (
                (scores.level, self._levels.order) if heeded is None else (heeded.level, heeded.names)
            )
            return Vector(np.nan, codes.astype(np.int32), names)
        return scores.signals[name]

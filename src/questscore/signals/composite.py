"""ScoreOf: the score of another model, as a signal of this one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from attrs import field, frozen

from questscore.aggregates.plan import Plan, Reader
from questscore.errors import ModelError
from questscore.language import Value
from questscore.model.event import Event
from questscore.model.score_model import ScoreModel
from questscore.model.signal import Context, SignalDefinition
from questscore.tracks.gauge import Gauge
from questscore.tracks.track import Track


def _model(value: ScoreModel) -> ScoreModel:
    if isinstance(value, ScoreModel):
        return value
    what = "a table" if isinstance(value, Mapping) else repr(value)
    raise ModelError(f"{what} is not a ScoreModel", fix="pass a ScoreModel; in text, write its table here")


@frozen
class ScoreOf(SignalDefinition):
    """The scaled score of another model for the same subject or, with ``scope="member"``, of a user
    model on that member's events in the account. Missing when unknown, or when there is no event by then.

    Args:
        model: The other model, with its own calendar, signals, rules and scale.
    """

    kind: ClassVar[str] = "score"
    model: ScoreModel = field(converter=_model, kw_only=True)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return context.scored(self.model, at)

    def lower(self, plan: Plan) -> Reader:
        return plan.scored(self.model)

    def follow(self, track: Track) -> Gauge:
        return track.scored(self.model)

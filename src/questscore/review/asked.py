"""What a review is asked: a model, events and an instant, checked.

Lives here: the checks that all reviews share.
Lives elsewhere: reading events (io), what an instant is (model.time).
"""

from __future__ import annotations

from questscore.columns.table import EventTable
from questscore.errors import EventError, ModelError
from questscore.io import Source, read_events
from questscore.model.score_model import ScoreModel
from questscore.model.time import Instant, TimeError, instant


def checked(events: Source, *models: ScoreModel) -> EventTable:
    """The events, once it is clear that the models are models."""
    for model in models:
        if not isinstance(model, ScoreModel):
            raise ModelError(f"a {type(model).__name__} is no ScoreModel", fix="pass load_model(…) of it")
    return read_events(events)


def moment(at: object, table: EventTable) -> Instant:
    """The instant asked for, by default the last event's."""
    if at is None:
        return Instant(table.time.max()) if len(table) else Instant(0)
    try:
        return instant(at)
    except TimeError as error:
        fix = "pass an aware datetime, ISO text or microseconds"
        raise EventError(str(error), where="at", fix=fix) from None

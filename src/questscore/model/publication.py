"""Publication: which model was in service from when on.

Lives here: the list that state and snapshots carry, and what it makes of each span of time.
Lives elsewhere: a model in which another one's awards are frozen (rules), replacing a model in service.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

from attrs import field, frozen

from questscore.errors import ModelError
from questscore.model.definition import one_of
from questscore.model.score_model import ScoreModel

Mode = Literal["replay", "from", "freeze"]


def _mode(value: Mode) -> Mode:
    try:
        return cast(Mode, one_of(value, ("replay", "from", "freeze")))
    except ModelError as error:
        raise error.under("mode") from None


@frozen
class Publication:
    """A model put in service.

    Args:
        model: The model.
        at: From when on, epoch microseconds; None: from the first event on.
        mode: What becomes of what was before: with ``"replay"`` the model is over all events; with
            ``"from"`` it sees those at or after ``at`` alone; with ``"freeze"`` what the event rules of the
            model before awarded until ``at`` stays, and everything else is this model's.

    Raises:
        ModelError: The mode is none of these.
    """

    model: ScoreModel
    at: int | None = None
    mode: Mode = field(default="replay", converter=_mode)


@frozen
class Service:
    """What reads scores in a span of time.

    Args:
        model: The model, with what others froze into it.
        start: The span's first instant; None: from the first event on. It ends where the next one starts.
        since: The first instant whose events the model sees; None: all events.
    """

    model: ScoreModel
    start: int | None = None
    since: int | None = None


def in_force(services: Sequence[Service], at: int) -> int:
    """Which of the services, in order of their starts, holds at an instant."""
    found = 0
    for i, service in enumerate(services):
        if service.start is None or service.start <= at:
            found = i
    return found


def in_span(services: Sequence[Service], first: int, last: int) -> Sequence[Service]:
    """Those of the services, in order of their starts, that hold at some instant in [first, last]."""
    return services[in_force(services, first) : in_force(services, last) + 1]

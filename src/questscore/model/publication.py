"""Publication: which model was in service from when on.

Lives here: the list that state and snapshots carry, and what it makes of each span of time.
Lives elsewhere: a model in which another one's awards are frozen (rules), replacing a model in service.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from attrs import field, frozen

from questscore.errors import ModelError
from questscore.model.score_model import ScoreModel

Mode = Literal["replay", "from", "freeze"]


def _mode(value: Mode) -> Mode:
    if value not in ("replay", "from", "freeze"):
        raise ModelError(f"{value!r} is not known", where="mode", fix="write 'replay', 'from' or 'freeze'")
    return value


@frozen
class Publication:
    """A model put in service.

    Args:
        model: The model.
        at: From when on, epoch microseconds; None: from the first event on.
        mode: What becomes of what was before: with ``"replay"`` the model is over all events; with
            ``"from"`` it sees those at or after ``at`` alone; with ``"freeze"`` what the event rules of the
            model before awarded until ``at`` stays, and everything else is this model's.
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

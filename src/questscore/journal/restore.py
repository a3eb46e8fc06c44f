"""Events made again from what was an event before, without the checks that it has passed.

Lives here: the one place that fills an `Event` without its constructor.
Lives elsewhere: what an event is, and the checks (model).
"""

from __future__ import annotations

from questscore.model.event import Event, PropertyValue
from questscore.model.time import Instant

_new = object.__new__
_slots = vars(Event)
_name, _time, _user, _account, _properties, _id = (
    _slots[key].__set__ for key in ("name", "time", "user", "account", "properties", "id")
)


def restored(
    name: str,
    time: int,
    user: str | None,
    account: str | None,
    properties: dict[str, PropertyValue],
    id_: str | None,
) -> Event:
    """The event with these fields, each as `Event` keeps it.

    >>> from questscore.model.event import Event
    >>> restored("login", 10**15, "ada", None, {}, None) == Event("login", 10**15, "ada")
    True
    """
    event = _new(Event)
    _name(event, name)
    _time(event, Instant(time))
    _user(event, user)
    _account(event, account)
    _properties(event, properties)
    _id(event, id_)
    return event

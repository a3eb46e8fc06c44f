"""Firing: that a trigger met a change.

Lives here: what is told of it.
Lives elsewhere: when triggers fire (triggers), what they are (trigger).
"""

from __future__ import annotations

import hashlib
import json

from attrs import frozen

from questscore.model.time import iso


@frozen
class Firing:
    """One change of one subject that a trigger was waiting for.

    Args:
        id: Made of model version, trigger, subject and instant: the same whenever it is told.
        trigger: The trigger's name.
        subject: Whose change it was.
        time: When, epoch microseconds.
        draft: Whether the trigger was a draft: it records what it would have done, and does nothing.
        held: Whether it does nothing unless released: it is of the past, or a published model caused it.
        action: What a handler is registered for.
        notify: Whether the host is to tell its own people.
        before, after: What changed: levels or, of an audience, ``"inside"`` and ``"outside"``.
        delivered: Whether a handler has taken it.
        error: What the last handler that failed raised.
    """

    id: str
    trigger: str
    subject: str
    time: int
    draft: bool
    held: bool
    action: str = ""
    notify: bool = True
    before: str | None = None
    after: str | None = None
    delivered: bool = False
    error: str | None = None

    def __str__(self) -> str:
        words = [word for word, holds in (("draft", self.draft), ("held", self.held)) if holds]
        note = f" ({', '.join(words)})" if words else ""
        return f"{iso(self.time)} {self.subject}: {self.trigger} -> {self.action}{note}"


def firing_id(version: str, trigger: str, subject: str, time: int) -> str:
    """The id of a firing: 32 hexadecimal digits."""
    text = json.dumps([version, trigger, subject, time])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

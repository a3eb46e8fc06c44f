"""Firing: which triggers of a model a change of level matches.

Lives here: `Would`, what a trigger would have done; whether a trigger matches; re-arming through time.
Lives elsewhere: what a trigger is (model.trigger), doing it (scorer).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from questscore.model.result import Transition
from questscore.model.time import Duration, iso
from questscore.model.trigger import Trigger


@frozen
class Would:
    """A trigger that would fire.

    Args:
        trigger, action: Which one, and what it would have done.
        subject: For whom.
        time: When, epoch microseconds.
        before, after: From and to which level.
        draft: Whether it is a draft, which records and does nothing.
    """

    trigger: str
    action: str
    subject: str
    time: int
    before: str | None
    after: str | None
    draft: bool

    def __str__(self) -> str:
        return f"{iso(self.time)} {self.subject}: {self.trigger} ({self.before} -> {self.after})"


def matches(trigger: Trigger, before: str | None, after: str | None, order: Sequence[str]) -> bool:
    """Whether a change of level is one that a trigger watches.

    A level that the order does not know, and no level, have no rank: nothing rises or falls from or to it.
    Triggers that watch an audience match no change of level.

    >>> rise = Trigger("thanks", on="rise", level="high", action="mail")
    >>> order = ("low", "high", "top")
    >>> [matches(rise, before, after, order) for before, after in (("low", "top"), ("top", "high"))]
    [True, False]
    """
    level = trigger.level
    if before == after or level is None:
        return False
    if trigger.on == "enter":
        return after == level
    if trigger.on == "leave":
        return before == level
    if before not in order or after not in order:
        return False
    low, high = order.index(before) < order.index(level), order.index(after) >= order.index(level)
    return (low and high) if trigger.on == "rise" else not (low or high)


def met(
    triggers: Iterable[Trigger], changes: Iterable[Transition], order: Sequence[str]
) -> list[tuple[Trigger, Transition]]:
    """Which changes of level triggers fire at, re-arming heeded; the changes are sorted by time."""
    triggers = [trigger for trigger in triggers if trigger.level is not None]
    known: dict[tuple[str | None, str | None], list[Trigger]] = {}
    last: dict[tuple[str, str], int] = {}
    found: list[tuple[Trigger, Transition]] = []
    for change in changes if triggers else ():
        pair = change.before, change.after
        if pair not in known:
            known[pair] = [trigger for trigger in triggers if matches(trigger, *pair, order)]
        for trigger in known[pair]:
            if trigger.rearm != "always":
                key = (trigger.name, change.subject)
                if key in last and not _armed(trigger, change.time - last[key]):
                    continue
                last[key] = change.time
            found.append((trigger, change))
    return found


def would(trigger: Trigger, subject: str, time: int, before: str | None, after: str | None) -> Would:
    """What a trigger would do about a change of level."""
    return Would(trigger.name, trigger.action, subject, time, before, after, trigger.status == "draft")


def _armed(trigger: Trigger, pause: int) -> bool:
    return isinstance(trigger.rearm, Duration) and pause >= trigger.rearm.us

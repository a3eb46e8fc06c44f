"""Firing: what triggers would do about changes of level that nobody has acted on.

Lives here: firings of triggers on levels, from changes that are known; re-arming through time.
Lives elsewhere: which change a trigger meets (triggers), doing what it says (scorer).
"""

from __future__ import annotations

from collections.abc import Iterable

from questscore.model.firing import Firing, firing_id
from questscore.model.result import Transition
from questscore.model.score_model import ScoreModel
from questscore.model.time import Duration
from questscore.model.trigger import Trigger
from questscore.triggers.desk import Change, meets

Pair = tuple[str | None, str | None]


class Met:
    """Which triggers of a model meet a change from one level to another; each pair is looked at once."""

    def __init__(self, model: ScoreModel) -> None:
        self.triggers = [trigger for trigger in model.triggers if trigger.level is not None]
        self._levels = model.levels
        self._known: dict[Pair, list[Trigger]] = {}

    def __call__(self, pair: Pair) -> list[Trigger]:
        if pair not in self._known:
            change = Change(Transition("", 0, *pair, None, "model"))
            self._known[pair] = [one for one in self.triggers if meets(one, change, self._levels)]
        return self._known[pair]


def met(model: ScoreModel, changes: Iterable[Transition]) -> list[tuple[Trigger, Transition]]:
    """Which changes of level triggers fire at, re-arming heeded; the changes are sorted by time."""
    meeting = Met(model)
    last: dict[tuple[str, str], int] = {}
    found: list[tuple[Trigger, Transition]] = []
    for change in changes if meeting.triggers else ():
        for trigger in meeting((change.before, change.after)):
            if trigger.rearm != "always":
                key = (trigger.name, change.subject)
                if key in last and not _armed(trigger, change.time - last[key]):
                    continue
                last[key] = change.time
            found.append((trigger, change))
    return found


def firing(
    model: ScoreModel, trigger: Trigger, subject: str, time: int, pair: Pair, *, held: bool = False
) -> Firing:
    """What is told of a trigger and a change from one level to another."""
    return Firing(
        firing_id(model.version, trigger.name, subject, time),
        trigger.name,
        subject,
        time,
        trigger.status == "draft",
        held,
        trigger.action,
        trigger.notify,
        *pair,
    )


def _armed(trigger: Trigger, pause: int) -> bool:
    return isinstance(trigger.rearm, Duration) and pause >= trigger.rearm.us

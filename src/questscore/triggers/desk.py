"""Desk: every firing there was, and what becomes of it.

Lives here: which changes a trigger meets, re-arming, what is held and released, what waits for a handler.
Lives elsewhere: the changes (engine), calling handlers (scorer), what triggers are (model).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from attrs import asdict, evolve, frozen

from questscore.errors import EventError
from questscore.model.firing import Firing, firing_id
from questscore.model.level import Levels
from questscore.model.result import Transition
from questscore.model.score_model import ScoreModel
from questscore.model.time import Duration
from questscore.model.trigger import INSIDE, Rearm, Trigger

Handler: TypeAlias = Callable[[Firing], object]
Key: TypeAlias = tuple[str, str, bool]
_ID = re.compile("[0-9a-f]{32}")


@frozen
class Change:
    """A change of level, or of standing to an audience.

    Args:
        transition: The change.
        audience: Which one; None: of level.
    """

    transition: Transition
    audience: str | None = None


def meets(trigger: Trigger, change: Change, levels: Levels) -> bool:
    """Whether a change is what a trigger waits for.

    >>> from questscore import Level, Transition
    >>> levels = Levels(Level("low", at_least=10), Level("high", at_least=20))
    >>> rises = Trigger("cheers", on="rise", level="low", action="mail")
    >>> meets(rises, Change(Transition("ada", 0, "base", "high", 25.0, "event")), levels)
    True
    """
    move = change.transition
    if trigger.audience is not None or change.audience is not None:
        return trigger.audience == change.audience and (trigger.on == "enter") == (move.after == INSIDE)
    if trigger.on == "enter":
        return move.after == trigger.level
    if trigger.on == "leave":
        return move.before == trigger.level
    order = levels.order
    if move.before not in order or move.after not in order or trigger.level is None:
        return False  # what is unknown has no rank
    before, after, edge = order.index(move.before), order.index(move.after), order.index(trigger.level)
    return before < edge <= after if trigger.on == "rise" else after < edge <= before


class Desk:
    """The firings of one scorer.

    Laws: each firing is told once, whatever comes again; `once` and pauses count from the last firing of that
    trigger for that subject that was not held, drafts among drafts.
    """

    def __init__(self) -> None:
        self._firings: dict[str, Firing] = {}
        self._of: dict[str, dict[str, None]] = {}  # by subject
        self._rearm: dict[str, Rearm] = {}  # of those that are held
        self._audience: dict[str, str] = {}  # of those that are of an audience, which one
        self._last: dict[Key, int] = {}  # by trigger, subject and whether a draft
        self._waiting: dict[str, None] = {}  # for a handler
        self._away: set[str] = set()  # with a handler
        self.handlers: dict[str, Handler] = {}

    def firings(self, since: int | None = None) -> list[Firing]:
        """Those with a time at or after an instant, by time, subject and trigger."""
        found = [one for one in self._firings.values() if since is None or one.time >= since]
        return sorted(found, key=lambda one: (one.time, one.subject, one.trigger))

    # -- what happens -------------------------------------------------------------------------------

    def hear(
        self, changes: Iterable[Change], model_at: Callable[[int], ScoreModel], previous: int | None
    ) -> None:
        """Notes what fires.

        Args:
            changes: Those that an `advance` told, by time.
            model_at: The model in service at an instant.
            previous: Up to where was told before; None: nothing was. What is not after it is held.
        """
        waited: dict[str, Firing] = {}  # until their changes were taken back, here and now
        for change in changes:
            move = change.transition
            if move.retracted:
                waited |= self._undo(change)
                continue
            model = model_at(move.time)
            for trigger in model.triggers:
                if meets(trigger, change, model.levels):
                    name = firing_id(model.version, trigger.name, move.subject, move.time)
                    if name in waited:  # told anew, with another score or from elsewhere: it waits on
                        self._fire(evolve(waited[name], before=move.before, after=move.after))
                        self._of_audience(name, change)
                    elif name not in self._firings:
                        held = previous is None or move.time <= previous or move.cause == "model"
                        self._note(name, trigger, change, held)

    def _note(self, name: str, trigger: Trigger, change: Change, held: bool) -> None:
        move = change.transition
        draft = trigger.status == "draft"
        firing = Firing(
            name,
            trigger.name,
            move.subject,
            move.time,
            draft,
            held,
            trigger.action,
            trigger.notify,
            move.before,
            move.after,
        )
        if held:
            self._put(firing)
            self._rearm[name] = trigger.rearm
        elif not self._paused(firing, trigger.rearm):
            self._fire(firing)
        else:
            return
        self._of_audience(name, change)

    def _of_audience(self, name: str, change: Change) -> None:
        if change.audience is not None:
            self._audience[name] = change.audience

    def _paused(self, firing: Firing, rearm: Rearm) -> bool:
        last = self._last.get(_key(firing))
        if last is None or rearm == "always":
            return False
        return not isinstance(rearm, Duration) or firing.time < last + rearm.us

    def _fire(self, firing: Firing) -> None:
        self._put(firing)
        key = _key(firing)
        self._last[key] = max(firing.time, self._last.get(key, firing.time))
        if not firing.draft:
            self._waiting[firing.id] = None

    def _undo(self, change: Change) -> dict[str, Firing]:
        """A change no longer stands: what is held or waits for it goes, what was done stays done.

        Returns:
            What waited, by id.
        """
        move = change.transition
        of_it = (move.subject, move.time, move.before, move.after, change.audience)
        waited = {}
        for firing in [one for one in self._own(move.subject) if self._about(one) == of_it]:
            waits = firing.id in self._waiting and firing.id not in self._away
            if firing.held or waits:
                self._drop(firing.id)
                if waits:
                    waited[firing.id] = firing
                    self._recount(_key(firing))
        return waited

    def _put(self, firing: Firing) -> None:
        self._firings[firing.id] = firing
        self._of.setdefault(firing.subject, {})[firing.id] = None

    def _own(self, subject: str) -> list[Firing]:
        return [self._firings[name] for name in self._of.get(subject, ())]

    def _about(self, firing: Firing) -> tuple[str, int, str | None, str | None, str | None]:
        audience = self._audience.get(firing.id)
        return firing.subject, firing.time, firing.before, firing.after, audience

    def _recount(self, key: Key) -> None:
        """The last of the firings that are left."""
        times = [one.time for one in self._own(key[1]) if not one.held and _key(one) == key]
        self._last.pop(key, None)
        if times:
            self._last[key] = max(times)

    def release(self, ids: Iterable[str]) -> list[Firing]:
        """Lets held firings go, by time; gives those that do. One that its pause forbids stays held.

        One whose change was taken back meanwhile is passed over.

        Raises:
            EventError: What is no id at all.
        """
        wanted = list(dict.fromkeys(ids))
        for name in wanted:
            if not isinstance(name, str) or not _ID.fullmatch(name):
                raise EventError(
                    f"{name!r} is no firing's id", where="ids", fix="pass ids of firings that are held"
                )
        released = []
        known = [self._firings[name] for name in wanted if name in self._firings]
        for firing in sorted(known, key=_in_time):
            if firing.held and not self._paused(firing, self._rearm[firing.id]):
                del self._rearm[firing.id]
                self._fire(evolve(firing, held=False))
                released.append(self._firings[firing.id])
        return released

    # -- handlers -----------------------------------------------------------------------------------

    def waiting(self) -> list[str]:
        """The firings that wait for a handler that there is, by time."""
        ready = [self._firings[name] for name in self._waiting if name not in self._away]
        return [one.id for one in sorted(ready, key=_in_time) if one.action in self.handlers]

    def take(self, name: str) -> tuple[Firing, Handler] | None:
        """One of them with its handler, which must tell how it went; None when it is gone meanwhile."""
        if name not in self._waiting or name in self._away:
            return None
        firing = self._firings[name]
        if firing.action not in self.handlers:
            return None
        self._away.add(name)
        return firing, self.handlers[firing.action]

    def done(self, name: str, error: BaseException | None) -> None:
        """How it went: without an error it is delivered, else it waits on."""
        self._away.discard(name)
        if name in self._waiting:
            told = None if error is None else f"{type(error).__name__}: {error}"
            self._firings[name] = evolve(self._firings[name], delivered=error is None, error=told)
            if error is None:
                del self._waiting[name]

    # -- the whole ----------------------------------------------------------------------------------

    def forget(self, subject: str) -> None:
        """As if the subject had never been seen."""
        for one in self._own(subject):
            self._drop(one.id)
        self._last = {key: time for key, time in self._last.items() if key[1] != subject}

    def drop(self, before: int) -> None:
        """Lets go of firings before an instant, but of those that a handler is yet to take."""
        for one in [one for one in self._firings.values() if one.time < before]:
            if one.id not in self._waiting or one.action not in self.handlers:
                self._drop(one.id)

    def _drop(self, name: str) -> None:
        own = self._of[self._firings.pop(name).subject]
        del own[name]
        self._rearm.pop(name, None)
        self._audience.pop(name, None)
        self._waiting.pop(name, None)

    def take_in(self, other: Desk) -> None:
        """What another one fired counts as fired."""
        for name, firing in other._firings.items():
            own = self._firings.get(name)
            if own is None or (own.held and not firing.held):
                if own is not None:
                    self._drop(name)
                self._put(firing)
                if name in other._audience:
                    self._audience[name] = other._audience[name]
                if name in other._rearm:
                    self._rearm[name] = other._rearm[name]
                if name in other._waiting:
                    self._waiting[name] = None
            elif firing.delivered and not own.delivered:
                self._firings[name] = firing
                self._waiting.pop(name, None)
        for key, time in other._last.items():
            self._last[key] = max(time, self._last.get(key, time))

    # -- saving -------------------------------------------------------------------------------------

    def plain(self) -> dict[str, list[dict[str, object]] | list[list[object]]]:
        """All of it but the handlers, as JSON has it."""
        rows: list[dict[str, object]] = [
            asdict(one)
            | {
                "rearm": _rearm_text(self._rearm.get(one.id)),
                "waiting": one.id in self._waiting,
                "audience": self._audience.get(one.id),
            }
            for one in self._firings.values()
        ]
        return {"firings": rows, "last": [[*key, time] for key, time in self._last.items()]}

    @classmethod
    def of(cls, firings: Sequence[dict[str, object]], last: Sequence[tuple[str, str, bool, int]]) -> Desk:
        """The desk of which these are what `plain` gave."""
        desk = cls()
        for firing, rearm, waiting, audience in _rows(firings):
            desk._put(firing)
            if rearm is not None:
                desk._rearm[firing.id] = rearm
            if waiting:
                desk._waiting[firing.id] = None
            if audience is not None:
                desk._audience[firing.id] = audience
        desk._last = {(trigger, subject, draft): time for trigger, subject, draft, time in last}
        return desk


def _in_time(firing: Firing) -> tuple[int, str, str]:
    return firing.time, firing.subject, firing.trigger


def _rearm_text(rearm: Rearm | None) -> str | int | None:
    return rearm.us if isinstance(rearm, Duration) else rearm


def _key(firing: Firing) -> Key:
    return firing.trigger, firing.subject, firing.draft


def _rows(
    firings: Iterable[dict[str, object]],
) -> Iterator[tuple[Firing, Rearm | None, bool, str | None]]:
    for row in firings:
        fields = dict(row)
        rearm, waiting, audience = (fields.pop(name) for name in ("rearm", "waiting", "audience"))
        kept: Rearm | None = None
        if isinstance(rearm, int):
            kept = Duration(rearm)
        elif rearm is not None:
            kept = "once" if rearm == "once" else "always"
        of = None if audience is None else str(audience)
        yield Firing(**fields), kept, bool(waiting), of  # type: ignore[arg-type]

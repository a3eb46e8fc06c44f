"""Within: whether one subject is in an audience, through time.

Lives here: a walk whose two levels are inside and outside.
Lives elsewhere: walking (walk), the definition (reference), what audiences are (model).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Protocol

from questscore.engine.layout import LAST
from questscore.engine.walk import Leg, Pause, Walk
from questscore.language import Expression, Value
from questscore.language.ranges import Range, spanned
from questscore.model.result import Score, Transition
from questscore.model.time import Period
from questscore.model.trigger import INSIDE, OUTSIDE
from questscore.reference import UNSCORED, member
from questscore.tracks.state import NEVER

LevelAt = Callable[[str, int], str | None]
"""The level that a subject was left in by the last evaluation instant up to another."""


class Levels(Protocol):
    """A subject's levels through time, as far as some of its events tell."""

    @property
    def level(self) -> str | None:
        """The last one."""

    def to(self, end: int) -> list[Transition]:
        """Walks on, and gives the changes up to an instant."""


LevelsUntil = Callable[[str, int], Levels]
"""Makes the levels of a subject as its events up to an instant tell them."""


class Within(Walk):
    """Where a subject stands to an audience, and how it changes from an instant on.

    Args:
        leg, name, start, until: As for `Walk`; levels are ``INSIDE`` and ``OUTSIDE``.
        audience: Which one.
        level_at, levels_until: Levels that heed the past.
    """

    def __init__(
        self,
        leg: Leg,
        name: str,
        start: Pause,
        until: int | None = None,
        *,
        audience: str,
        level_at: LevelAt,
        levels_until: LevelsUntil,
    ) -> None:
        super().__init__(leg, name, start, until)
        model = leg.tracker.model
        self._audience = next((one for one in model.audiences if one.name == audience), None)
        self._level_at, self._levels_until = level_at, levels_until
        self._ahead: tuple[int, Levels] | None = None

    def _after(self, at: int, reading: Score) -> str | None:
        if self._audience is None or reading is UNSCORED:
            return OUTSIDE
        level = self._level(at) if self._levels.sticky else reading.level
        values: dict[str, Value] = {**reading.signals, "score": reading.value, "level": level}
        return member(self._audience, self.level == INSIDE, values)

    def _level(self, at: int) -> str | None:
        """The level that the last evaluation instant up to ``at`` left."""
        if isinstance(self._tracker.model.evaluate, Period):
            return self._level_at(self._name, at)
        changes = self._changes(at)
        i = bisect_right(changes, at, key=lambda change: change.time)
        if changes:
            return changes[i - 1].after if i else changes[0].before
        assert self._ahead is not None  # noqa: S101
        return self._ahead[1].level

    def _changes(self, until: int) -> list[Transition]:
        """The changes of level up to an instant, if nothing happens after what was taken."""
        taken = self._events[self._next - 1].time if self._next else self.previous
        if self._ahead is None or self._ahead[0] != self._next:
            self._ahead = self._next, self._levels_until(self._name, taken)
        return self._ahead[1].to(until)

    def _level_range(self, until: int) -> Range:
        if isinstance(self._tracker.model.evaluate, Period):
            return Range.anything()
        if any(change.time > self.previous for change in self._changes(until)):
            return Range.anything()
        return Range.exactly(self._level(self.previous))

    def _passed(self, after: str | None) -> tuple[str, ...]:
        return ()

    def _kept(self) -> int | None:
        return None

    def stays(self, until: int) -> bool:
        """Whether the subject surely stays where it is through ``until`` when nothing more happens."""
        if self.previous >= until:
            return True
        if self._audience is None or self.state.moments[LAST] == NEVER:
            return self.level == OUTSIDE
        outlook, state = self._tracker.sheet.outlook, self.state
        may, _ = outlook.may_stand(state, self.previous, until)
        if state.huge:
            return False
        score = outlook.range(state, self.previous, until)
        signals = dict(zip(self._tracker.sheet.names, state.ranges, strict=True))
        names = self._audience.enter.names | (self._audience.leave or self._audience.enter).names
        level = _one_of(may)
        if self._levels.sticky and "level" in names:
            level = self._level_range(until)

        def range_of(name: str) -> Range:
            return score if name == "score" else level if name == "level" else signals[name]

        def holds(rule: Expression) -> bool | None:
            return spanned(rule.tree, range_of).truth

        enters = holds(self._audience.enter)
        if self._audience.leave is None:
            return enters is (self.level == INSIDE)
        leaves = holds(self._audience.leave)
        if self.level == INSIDE:
            return leaves is False or enters is True
        return enters is False or leaves is True


def _one_of(levels: set[str | None]) -> Range:
    return Range(missing=None in levels, texts=frozenset(level for level in levels if level is not None))

"""Within: whether one subject is in an audience, through time.

Lives here: a walk whose two levels are inside and outside.
Lives elsewhere: walking (walk), the definition (reference), what audiences are (model).
"""

from __future__ import annotations

from collections.abc import Callable

from questscore.engine.layout import LAST
from questscore.engine.sheet import Reading
from questscore.engine.walk import Leg, Pause, Walk
from questscore.language import Expression, Value
from questscore.language.ranges import Range, spanned
from questscore.model.result import Score
from questscore.model.trigger import INSIDE, OUTSIDE
from questscore.reference import UNSCORED, member
from questscore.tracks.state import NEVER

LevelAt = Callable[[str, int], str | None]
"""The level that a subject was left in by the last evaluation instant up to another."""


class Within(Walk):
    """Where a subject stands to an audience, and how it changes from an instant on.

    Args:
        leg, name, start, until: As for `Walk`; levels are ``INSIDE`` and ``OUTSIDE``.
        audience: Which one.
        level_at: Levels that heed the past.
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
    ) -> None:
        super().__init__(leg, name, start, until)
        model = leg.tracker.model
        self._audience = next((one for one in model.audiences if one.name == audience), None)
        self._level_at = level_at

    def _after(self, at: int, reading: Reading | Score) -> str | None:
        if self._audience is None or reading is UNSCORED:
            return OUTSIDE
        signals = reading.signals() if isinstance(reading, Reading) else reading.signals
        level = self._level_at(self._name, at) if self._levels.sticky else reading.level
        values: dict[str, Value] = {**signals, "score": reading.value, "level": level}
        return member(self._audience, self.level == INSIDE, values)

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
        level = Range.anything() if self._levels.sticky else _one_of(may)

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

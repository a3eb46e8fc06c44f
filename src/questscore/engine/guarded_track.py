"""Guarded track: a kind that others wrote, followed one event at a time and held to what it may do.

Lives here: such a kind's ``follow``, the track that it sees, its gauge and its cells.
Lives elsewhere: the track behind it (follow), the same over columns (guarded), failures (model).

What a state holds is in a gauge's reach: one that changes what is not its own cannot be told here. The checks
of ``questscore.testing`` find it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from attrs import frozen

from questscore.aggregates.plan import Awards
from questscore.engine.guarded import Part, held
from questscore.language import Expression, Value
from questscore.language.ranges import Range
from questscore.model.plugin import Faults, has_own, in_words, passes, plugged, points_of, value_of
from questscore.model.rule import Rule
from questscore.model.selector import Selector
from questscore.model.time import Calendar, Duration, Period, Span
from questscore.tracks.gauge import Gauge, Turns, at_once, never
from questscore.tracks.state import Cell, Moment, Plain, State
from questscore.tracks.track import Followed, Track


def following(part: Part) -> Followed | None:
    """The part, if it has a form of its own definition for one event at a time."""
    if not isinstance(part, Followed) or (plugged(part) and not has_own(type(part), "follow")):
        return None
    return part


@frozen(eq=False)
class Guard:
    """Holds one part to what it may do.

    Args:
        part: The signal or rule.
        faults: What becomes of a failure.
        whose: The subject of a state, where that is known.
    """

    part: Part
    faults: Faults
    whose: Callable[[State], str | None]

    def followed(self, form: Followed, track: Track) -> Gauge:
        """What reads the part, whatever it does."""
        with held(self.part, "follow", self.faults):
            gauge = form.follow(GuardedTrack(track, self))
            if not isinstance(gauge, Gauge):
                raise TypeError(f"it gave a {type(gauge).__name__}, where a Gauge is due")
            return self._gauge(gauge)
        return Gauge(lambda state, at: self.missing, lambda state, at, until: Range.exactly(self.missing))

    @property
    def missing(self) -> Value:
        """What stands for a value that is missing: a rule pays nothing then."""
        return 0.0 if isinstance(self.part, Rule) else None

    def _gauge(self, gauge: Gauge) -> Gauge:
        of, span, turning, numeric = gauge.read, gauge.range, gauge.turns, gauge.numeric
        fits = points_of if isinstance(self.part, Rule) else value_of

        def read(state: State, at: int) -> Value:
            try:
                value = fits(of(state, at))
                if numeric and isinstance(value, str):
                    raise TypeError("it gave a text, though its gauge says that it never does")
                return value
            except BaseException as cause:
                if passes(cause):
                    raise
                self.faults.fail(self.part, "follow", self.whose(state), cause)
            return self.missing

        def range_of(state: State, at: int, until: int) -> Range:
            with held(self.part, "follow", self.faults, self.whose(state)):
                found = span(state, at, until)
                if not isinstance(found, Range):
                    raise TypeError(f"it gave a {type(found).__name__}, where a Range is due")
                return found
            return Range.anything()

        def turns(state: State, at: int) -> int:
            with held(self.part, "follow", self.faults, self.whose(state)):
                return int(turning(state, at))
            return at

        known: Turns = turning if turning in (at_once, never) else turns
        return Gauge(read, range_of, known, gauge.names, numeric)


class GuardedCell:
    """A plugin's cell; what it raises while events come is told when it is read."""

    def __init__(self, make: Callable[[], Cell], guard: Guard, cell: Cell | None = None) -> None:
        self._make, self._guard = make, guard
        self._failure: BaseException | None = None
        self._cell: Cell | None = cell
        if cell is None:
            self._try(self._begin)

    def _begin(self) -> None:
        self._cell = self._make()

    def _try(self, action: Callable[[], object]) -> None:
        try:
            action()
        except BaseException as cause:
            if passes(cause):
                raise
            self._failure = cause

    @property
    def _own(self) -> Cell:
        if self._failure is not None:
            raise self._failure
        assert self._cell is not None  # noqa: S101
        return self._cell

    def take(self, part: int, time: int, value: Value) -> None:
        if self._failure is None:
            self._try(lambda: self._own.take(part, time, value))

    def read(self, at: int) -> Value:
        return self._own.read(at)

    def range(self, at: int, until: int) -> Range:
        return self._own.range(at, until)

    def glance(self, at: int) -> tuple[Value, int]:
        return self._own.glance(at)

    def copy(self) -> GuardedCell:
        other = GuardedCell(self._make, self._guard, self._cell)
        other._failure = self._failure
        if self._failure is None:
            other._try(lambda: setattr(other, "_cell", self._own.copy()))
        return other

    def saved(self) -> Plain:
        if self._failure is not None:
            return {"failed": in_words(self._failure)}
        with held(self._guard.part, "follow", self._guard.faults):
            kept = self._own.saved()
            json.dumps(kept, allow_nan=False)  # which says what JSON does not hold
            return {"held": kept}
        return {"failed": "it could not be saved"}

    def restore(self, saved: Plain) -> None:
        assert isinstance(saved, dict)  # noqa: S101
        if "failed" in saved:
            self._failure = RuntimeError(str(saved["failed"]))
        else:
            self._try(lambda: self._own.restore(saved["held"]))


class GuardedTrack:
    """A track that guards the cells it is given.

    Args:
        track: Behind it.
        guard: Of who asks.
    """

    def __init__(self, track: Track, guard: Guard) -> None:
        self._track, self._guard = track, guard

    @property
    def calendar(self) -> Calendar:
        return self._track.calendar

    def index(self, every: Period) -> Callable[[int], int]:
        return self._track.index(every)

    def looks_back(self, span: Span | None) -> None:
        self._track.looks_back(span)

    def sum(
        self,
        selector: Selector,
        property: str | None = None,
        *,
        window: Span | None = None,
        half_life: Duration | None = None,
    ) -> Gauge:
        return self._track.sum(selector, property, window=window, half_life=half_life)

    def tally(self, selector: Selector, property: str, *, window: Span | None = None) -> Gauge:
        return self._track.tally(selector, property, window=window)

    def extreme(
        self, selector: Selector, property: str, *, largest: bool, window: Span | None = None
    ) -> Gauge:
        return self._track.extreme(selector, property, largest=largest, window=window)

    def trait(self, selector: Selector, property: str, *, last: bool) -> Gauge:
        return self._track.trait(selector, property, last=last)

    def distinct(self, selector: Selector, property: str, *, window: Span | None = None) -> Gauge:
        return self._track.distinct(selector, property, window=window)

    def periods(self, selector: Selector, every: Period, *, window: Span | None = None) -> Gauge:
        return self._track.periods(selector, every, window=window)

    def first(self, selector: Selector) -> Moment:
        return self._track.first(selector)

    def last(self, selector: Selector) -> Moment:
        return self._track.last(selector)

    def cell(
        self, selectors: Sequence[Selector], make: Callable[[], Cell], *, window: Span | None = None
    ) -> Gauge:
        return self._track.cell(selectors, lambda: GuardedCell(make, self._guard), window=window)

    def awards(self, asked: Awards) -> Gauge:
        return self._track.awards(asked)

    def signal(self, name: str) -> Gauge:
        return self._track.signal(name)

    def expression(self, expression: Expression) -> Gauge:
        return self._track.expression(expression)

    def condition(self, expression: Expression) -> Gauge:
        return self._track.condition(expression)

    def members(self) -> tuple[Track, Callable[[State], Sequence[State]]]:
        track, of = self._track.members()
        return GuardedTrack(track, self._guard), of

    def scored(self, model: object) -> Gauge:
        return self._track.scored(model)

"""Funnel, Milestones and Lag: how far along a path a subject has come, and how long a step took."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from attrs import field, frozen

from questscore.aggregates.plan import NEVER, Course, Matches, Plan, Reader
from questscore.columns.vector import Vector
from questscore.language import Value
from questscore.language.ranges import Range
from questscore.model.definition import duration, optional_duration, optional_span
from questscore.model.event import Event
from questscore.model.selector import Selector, selector, selectors
from questscore.model.signal import Context, SignalDefinition
from questscore.model.time import Duration, Span
from questscore.signals.recency import ANY
from questscore.signals.sums import windowed
from questscore.tracks.base import Basic
from questscore.tracks.gauge import Gauge, never
from questscore.tracks.state import FOREVER, State
from questscore.tracks.state import NEVER as NOWHERE
from questscore.tracks.track import Track


@frozen
class Funnel(SignalDefinition):
    """The largest k/n such that different events, in canonical order, match steps 1 to k.

    Args:
        steps: n selectors: event names, lists of them, or tables with ``on`` and ``where``.
        within: How long after the first step the last may be; None: any time.
        window: Where all the events lie; None: ever.
    """

    kind: ClassVar[str] = "funnel"
    steps: tuple[Selector, ...] = field(converter=selectors, kw_only=True)
    within: Duration | None = field(default=None, converter=optional_duration, kw_only=True)
    window: Span | None = field(default=None, converter=optional_span, kw_only=True)

    def selects(self) -> tuple[tuple[str, Selector], ...]:
        return tuple((f"steps[{i}]", step) for i, step in enumerate(self.steps))

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        limit = None if self.within is None else self.within.us
        began: list[int | None] = [None] * len(self.steps)  # latest start of a run that reached step i
        deepest = 0
        for event in windowed(events, at, self.window, context.calendar):
            for i in reversed(range(len(self.steps))):
                if not self.steps[i].matches(event, context.calendar):
                    continue
                start = event.time if i == 0 else began[i - 1]
                if start is None or (limit is not None and event.time - start > limit):
                    continue
                before = began[i]
                began[i] = start if before is None else max(before, start)
                deepest = max(deepest, i + 1)
        return deepest / len(self.steps)

    def lower(self, plan: Plan) -> Reader:
        def chains(found: Sequence[Matches], until: int | None) -> Sequence[Course]:
            key = origin = found[0].key  # each event that reached the step, and its latest start
            begun = [Course(found[0].rows, found[0].unit, found[0].time, NEVER)]
            for step in found[1:]:
                before = np.searchsorted(key, step.key) - 1
                start = np.append(np.maximum.accumulate(origin), -1)[before]
                ok = start // step.scale == step.unit  # keys grow with the unit, so a maximum stays in it
                if self.within is not None:
                    ok[ok] = step.time[ok] - step.time_of(start[ok]) <= self.within.us
                key, origin = step.key[ok], start[ok]
                begun.append(Course(step.rows[ok], step.unit[ok], step.time_of(origin), NEVER))
            return begun

        read = plan.followed(self.steps, chains, window=self.window)

        def funnel(at: int) -> Vector:
            depth = np.zeros(plan.size)
            for start in read(at):  # a step is reached while the latest start of a way there is inside
                depth += (start != NEVER) & plan.inside(start.astype(np.int64), at, self.window)
            return Vector(depth / len(self.steps), None, ())

        return funnel

    def follow(self, track: Track) -> Gauge:
        within = None if self.within is None else self.within.us
        span = None if self.window is None else self.window.length
        length = span.us if isinstance(span, Duration) else None
        return track.cell(self.steps, lambda: _Depth(len(self.steps), within, length), window=self.window)


class _Depth(Basic):
    """How many steps of a funnel were gone, in a trailing window of ``length`` or (None) ever."""

    __slots__ = ("_began", "_deepest", "_length", "_matches", "_size", "_within")
    told = ("_length", "_size", "_within")
    kept = ("_began", "_deepest", "_matches")
    numeric = True
    present = True

    def __init__(self, size: int, within: int | None, length: int | None) -> None:
        self._size, self._within, self._length = size, within, length
        self._began: list[int | None] = [None] * size  # latest start of a run that reached the step
        self._deepest = 0
        self._matches: deque[tuple[int, int]] = deque()

    def take(self, part: int, time: int, value: Value) -> None:
        if self._length is None:
            self._step(part, time)
        else:
            self._matches.append((part, time))

    def _step(self, part: int, time: int) -> None:
        start = time if part == 0 else self._began[part - 1]
        if start is None or (self._within is not None and time - start > self._within):
            return
        before = self._began[part]
        self._began[part] = start if before is None else max(before, start)
        self._deepest = max(self._deepest, part + 1)

    def read(self, at: int) -> float:
        if self._length is not None:
            while self._matches and self._matches[0][1] <= at - self._length:
                self._matches.popleft()
            self._began, self._deepest = [None] * self._size, 0
            for part, time in self._matches:
                self._step(part, time)
        return self._deepest / self._size

    def turns(self, at: int) -> int:
        if self._length is None or not self._matches:
            return FOREVER
        return self._matches[0][1] + self._length

    def range(self, at: int, until: int) -> Range:
        now = self.read(at)
        stays = self._length is None or not self._matches or self._matches[0][1] > until - self._length
        return Range.exactly(now) if stays else Range.between(0.0, now)


@frozen
class Milestones(SignalDefinition):
    """The share of the selectors that were matched at least once; 0 before the first event.

    Args:
        of: The selectors.
        within: How long after the subject's first event of any name a match may be; None: any time.
    """

    kind: ClassVar[str] = "milestones"
    of: tuple[Selector, ...] = field(converter=selectors, kw_only=True)
    within: Duration | None = field(default=None, converter=optional_duration, kw_only=True)

    def selects(self) -> tuple[tuple[str, Selector], ...]:
        return tuple((f"of[{i}]", one) for i, one in enumerate(self.of))

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        seen = context.matching(events, "*")
        if self.within is not None:
            seen = [event for event in seen if event.time - seen[0].time <= self.within.us]
        return sum(bool(context.matching(seen, one)) for one in self.of) / len(self.of)

    def lower(self, plan: Plan) -> Reader:
        firsts = [plan.first(one) for one in self.of]
        born = plan.first(ANY)

        def milestones(at: int) -> Vector:
            done = np.zeros(plan.size)
            start = born(at)
            for first in firsts:
                times = first(at)
                met = times != NEVER
                if self.within is not None:
                    met[met] = times[met] - start[met] <= self.within.us
                done += met
            return Vector(done / len(self.of), None, ())

        return milestones

    def follow(self, track: Track) -> Gauge:
        firsts = [track.first(one) for one in self.of]
        born = track.first(ANY)
        within = None if self.within is None else self.within.us

        def milestones(state: State, at: int) -> float:
            times = [time for first in firsts if (time := first(state)) != NOWHERE]
            done = sum(within is None or time - born(state) <= within for time in times)
            return done / len(firsts)

        return Gauge(
            milestones,
            lambda state, at, until: Range.exactly(milestones(state, at)),
            never,
            numeric=True,
        )


@frozen
class Lag(SignalDefinition):
    """Time from the first ``first`` to the first ``then`` at or after it; missing until then.

    Args:
        first, then: Selectors; one event may be both.
        unit: What 1 stands for; a day unless told.
    """

    kind: ClassVar[str] = "lag"
    first: Selector = field(converter=selector, kw_only=True)
    then: Selector = field(converter=selector, kw_only=True)
    unit: Duration = field(default=Duration.of("1d"), converter=duration, kw_only=True)

    def selects(self) -> tuple[tuple[str, Selector], ...]:
        return (("first", self.first), ("then", self.then))

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        begun = context.matching(events, self.first)[:1]
        ended = [e for e in context.matching(events, self.then) if begun and e.time >= begun[0].time]
        return (ended[0].time - begun[0].time) / self.unit.us if ended else None

    def lower(self, plan: Plan) -> Reader:
        def lags(found: Sequence[Matches], until: int | None) -> Sequence[Course]:
            begun, ended = found
            start = np.full(plan.size, NEVER)
            start[begun.unit[begun.starts]] = begun.time[begun.starts]
            begin = start[ended.unit]
            late = np.flatnonzero((begin != NEVER) & (ended.time >= begin))
            unit = ended.unit[late]
            first = late[np.append(np.ones(min(1, len(unit)), dtype=bool), unit[1:] != unit[:-1])]
            value = (ended.time[first] - begin[first]) / self.unit.us
            return (Course(ended.rows[first], ended.unit[first], value, np.nan),)

        read = plan.followed((self.first, self.then), lags)
        return lambda at: Vector(read(at)[0].astype(float), None, ())

    def follow(self, track: Track) -> Gauge:
        return track.cell((self.first, self.then), lambda: _Gap(self.unit.us))


class _Gap(Basic):
    """From the first ``first`` to the first ``then`` at or after it in time."""

    __slots__ = ("_begun", "_ended", "_then", "_unit")
    told = ("_unit",)
    kept = ("_begun", "_ended", "_then")
    numeric = True

    def __init__(self, unit: int) -> None:
        self._unit = unit
        self._begun: int | None = None
        self._ended: int | None = None
        self._then: int | None = None  # the last ``then`` before the first ``first``

    def take(self, part: int, time: int, value: Value) -> None:
        if part == 0 and self._begun is None:
            self._begun = time
            self._ended = time if self._then == time else None
        elif part == 1 and self._begun is None:
            self._then = time
        elif part == 1 and self._ended is None:
            self._ended = time

    def read(self, at: int) -> Value:
        if self._begun is None or self._ended is None:
            return None
        return (self._ended - self._begun) / self._unit

    def turns(self, at: int) -> int:
        return FOREVER

    def range(self, at: int, until: int) -> Range:
        return Range.exactly(self.read(at))

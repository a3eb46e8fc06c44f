"""Sessions: how often a subject came back after a pause."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np
from attrs import field, frozen

from questscore.aggregates.plan import Mask, Matches, Plan, Reader
from questscore.language import Value
from questscore.language.ranges import Range
from questscore.model.definition import duration, optional_span
from questscore.model.event import Event
from questscore.model.signal import Context, SelectedSignal, inside
from questscore.model.time import Duration, Period, Span
from questscore.tracks.base import Basic
from questscore.tracks.gauge import Gauge
from questscore.tracks.state import FOREVER
from questscore.tracks.track import Track


@frozen
class Sessions(SelectedSignal):
    """Matching events in the window that come ``gap`` or more after the previous match, or are first ever.

    Args:
        gap: The pause that ends a session; the previous match counts wherever it lies.
        window: A trailing duration or a calendar period; None: ever.
    """

    kind: ClassVar[str] = "sessions"
    gap: Duration = field(default=Duration.of("30m"), converter=duration, kw_only=True)
    window: Span | None = field(default=None, converter=optional_span, kw_only=True)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        matching = context.matching(events, self.selector)
        starts = [
            event
            for i, event in enumerate(matching)
            if i == 0 or event.time - matching[i - 1].time >= self.gap.us
        ]
        return float(sum(inside(event.time, at, self.window, context.calendar) for event in starts))

    def lower(self, plan: Plan) -> Reader:
        def begins(found: Matches) -> Mask:
            return found.starts | (np.diff(found.time, prepend=np.int64(0)) >= self.gap.us)

        return plan.marked(self.selector, begins, window=self.window)

    def follow(self, track: Track) -> Gauge:
        track.looks_back(self.window)
        span = None if self.window is None else self.window.length
        index = track.index(span) if isinstance(span, Period) else None
        length = span.us if isinstance(span, Duration) else None
        return track.cell((self.selector,), lambda: _Visits(self.gap.us, length, index))


class _Visits(Basic):
    """The instants at which sessions began: those in a trailing window, or how many in each period."""

    __slots__ = ("_begun", "_counts", "_gap", "_index", "_last", "_length")
    told = ("_gap", "_index", "_length")
    kept = ("_begun", "_counts", "_last")
    numeric = True
    present = True

    def __init__(self, gap: int, length: int | None, index: Callable[[int], int] | None) -> None:
        self._gap, self._length, self._index = gap, length, index
        self._last: int | None = None
        self._begun: deque[int] = deque()
        self._counts: dict[int, int] = {}

    def take(self, part: int, time: int, value: Value) -> None:
        begins = self._last is None or time - self._last >= self._gap
        self._last = time
        if not begins:
            return
        if self._length is not None:
            self._begun.append(time)
            return
        now = 0 if self._index is None else self._index(time)
        if now not in self._counts:
            # a clock may step back over midnight into the period before, not further
            self._counts = {old: count for old, count in self._counts.items() if old >= now - 1}
        self._counts[now] = self._counts.get(now, 0) + 1

    def read(self, at: int) -> float:
        if self._length is None:
            return float(self._counts.get(0 if self._index is None else self._index(at), 0))
        while self._begun and self._begun[0] <= at - self._length:
            self._begun.popleft()
        return float(len(self._begun))

    def turns(self, at: int) -> int:
        if self._index is not None:
            return at
        return self._begun[0] + (self._length or 0) if self._begun else FOREVER

    def range(self, at: int, until: int) -> Range:
        now = self.read(at)
        if self._length is not None:
            left = sum(time > until - self._length for time in self._begun)
            return Range.between(float(left), now)
        if self._index is None or self._index(at) == self._index(until):
            return Range.exactly(now)
        return Range.between(0.0, float(max(self._counts.values(), default=0)))

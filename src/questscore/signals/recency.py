"""Since and Age: how long ago the last and the first matching event was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, cast

import numpy as np
from attrs import field, frozen

from questscore.aggregates.plan import NEVER, Plan, Reader
from questscore.columns.vector import Vector
from questscore.language import Value
from questscore.language.ranges import Range
from questscore.model.definition import duration, one_of
from questscore.model.event import Event
from questscore.model.selector import Selector
from questscore.model.signal import Context, SelectedSignal
from questscore.model.time import Duration
from questscore.tracks.gauge import Elapsed, Gauge
from questscore.tracks.state import NEVER as NOWHERE
from questscore.tracks.state import Moment, State
from questscore.tracks.track import Track

ANY = Selector("*")
Never = Literal["first_seen", "missing"]


def _never(value: Never) -> Never:
    return cast(Never, one_of(value, ("first_seen", "missing")))


@frozen
class Since(SelectedSignal):
    """Recency: time since the last matching event.

    Args:
        unit: What 1 stands for; a day unless told.
        never: While nothing matched: the time since the subject's first event of any name
            (``"first_seen"``), or ``"missing"``.
    """

    kind: ClassVar[str] = "since"
    unit: Duration = field(default=Duration.of("1d"), converter=duration, kw_only=True)
    never: Never = field(default="first_seen", converter=_never, kw_only=True)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        times = [event.time for event in context.matching(events, self.selector)][-1:]
        if not times and self.never == "first_seen":
            times = [event.time for event in context.matching(events, "*")][:1]
        return (at - times[0]) / self.unit.us if times else None

    def lower(self, plan: Plan) -> Reader:
        last = plan.last(self.selector)
        seen = plan.first(ANY) if self.never == "first_seen" else None

        def since(at: int) -> Vector:
            times = last(at)
            if seen is not None:
                times = np.where(times == NEVER, seen(at), times)
            return _elapsed(plan.moment(at), times, self.unit)

        return since

    def follow(self, track: Track) -> Gauge:
        last = track.last(self.selector)
        if self.never == "missing":
            return _gauge(last, self.unit)
        seen = track.first(ANY)

        def reached(state: State) -> int:
            time = last(state)
            return seen(state) if time == NOWHERE else time

        return _gauge(reached, self.unit)


@frozen
class Age(SelectedSignal):
    """Time since the first matching event; missing before it.

    Args:
        unit: What 1 stands for; a day unless told.
    """

    kind: ClassVar[str] = "age"
    unit: Duration = field(default=Duration.of("1d"), converter=duration, kw_only=True)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        matching = context.matching(events, self.selector)
        return (at - matching[0].time) / self.unit.us if matching else None

    def lower(self, plan: Plan) -> Reader:
        first = plan.first(self.selector)
        return lambda at: _elapsed(plan.moment(at), first(at), self.unit)

    def follow(self, track: Track) -> Gauge:
        return _gauge(track.first(self.selector), self.unit)


def _gauge(moment: Moment, unit: Duration) -> Gauge:
    us = unit.us

    def read(state: State, at: int) -> Value:
        time = moment(state)
        return None if time == NOWHERE else (at - time) / us

    def span(state: State, at: int, until: int) -> Range:
        time = moment(state)
        return (
            Range.exactly(None) if time == NOWHERE else Range.between((at - time) / us, (until - time) / us)
        )

    return Elapsed(read, span, numeric=True, since=moment, unit=us)


def _elapsed(now: int, times: np.ndarray[tuple[int], np.dtype[np.int64]], unit: Duration) -> Vector:
    elapsed = (now - times).astype(np.float64)
    elapsed /= unit.us
    elapsed[times == NEVER] = np.nan
    return Vector(elapsed, None, ())

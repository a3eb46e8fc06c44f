"""Sessions: how often a subject came back after a pause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from attrs import field, frozen

from questscore.aggregates.plan import Plan, Reader
from questscore.columns.vector import Vector
from questscore.language import Value
from questscore.model.definition import duration, optional_span
from questscore.model.event import Event
from questscore.model.signal import Context, SelectedSignal, inside
from questscore.model.time import Duration, Span


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
        matches = plan.matches(self.selector)

        def sessions(at: int) -> Vector:
            found = matches(at)
            pause = np.diff(found.time, prepend=np.int64(0)) >= self.gap.us
            start = (found.starts | pause) & plan.inside(found.time, at, self.window)
            return Vector(np.bincount(found.unit[start], minlength=plan.size).astype(float), None, ())

        return sessions

"""Kinds that somebody else wrote, which have a definition and nothing else.

Lives here: a signal and a rule, and having them known for a while.
Lives elsewhere: what a plugin is (``questscore.codec.registry``).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from attrs import field, frozen

from questscore import Context, Event, Rule, SignalDefinition, register
from questscore.codec.registry import RULES, SIGNALS
from questscore.language import Value
from questscore.model.time import DAY


@frozen
class Letters(SignalDefinition):
    """How many letters the names of a subject's events of the last days have."""

    kind: ClassVar[str] = "test_letters"
    days: int = field(default=10, kw_only=True)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return sum(len(event.name) for event in events if event.time > at - self.days * DAY)


@frozen
class Nights(Rule):
    """Points for each event of a local night since the last reset, half of them by day."""

    kind: ClassVar[str] = "test_nights"
    points: float = field(default=4.0, kw_only=True)

    def naive(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> float | None:
        since = context.reset(at)
        dark = not 6 <= context.calendar.local(at).hour < 20
        hours = [context.calendar.local(e.time).hour for e in events if since is None or e.time > since]
        return sum(not 6 <= hour < 20 for hour in hours) * self.points * (1.0 if dark else 0.5)


@contextlib.contextmanager
def registered() -> Iterator[None]:
    """While inside, model files may name the kinds of this module."""
    signals, rules = dict(SIGNALS._known), dict(RULES._known)
    try:
        register(Letters)
        register(Nights)
        yield
    finally:
        SIGNALS._known, RULES._known = signals, rules

"""Signals and rules that are wrong in one way each, and the check that is meant to find it.

Lives here: the wrong ones, and right ones that they are made from.
Lives elsewhere: kinds that fail outright (poison), the checks (``questscore.testing``).
"""

from __future__ import annotations

import contextlib
import itertools
import random
import time
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from attrs import field, frozen

from questscore import Context, Event, Rule, Selector, SignalDefinition
from questscore.aggregates.plan import NEVER, Mask, Matches, Plan, Reader
from questscore.columns.vector import Vector
from questscore.language import Value
from questscore.language.ranges import Range
from questscore.model.definition import number
from questscore.model.result import Line
from questscore.model.rule import Reading
from questscore.model.time import DAY, Duration, Span
from questscore.tracks.gauge import Gauge
from questscore.tracks.state import FOREVER, Plain, State
from questscore.tracks.track import Track

ON = Selector("login")


# -- right ones -------------------------------------------------------------------------------------


@frozen
class Right(SignalDefinition):
    """How many matching events there were in the last days.

    Args:
        on: Their name.
        days: How many days.
    """

    kind: ClassVar[str] = "test_right"
    on: str = field(default="login", kw_only=True)
    days: int = field(default=3, kw_only=True)

    @property
    def window(self) -> Span:
        return Span.of(Duration(self.days * DAY))

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        recent = (event for event in context.matching(events, self.on) if event.time > at - self.days * DAY)
        return float(sum(1 for _ in recent))


@frozen
class RightEverywhere(Right):
    """The same, in every form there is."""

    kind: ClassVar[str] = "test_right_everywhere"

    def lower(self, plan: Plan) -> Reader:
        return plan.sum(Selector(self.on), window=self.window)

    def follow(self, track: Track) -> Gauge:
        return track.sum(Selector(self.on), window=self.window)


@frozen
class RightRule(Rule):
    """Points for each login.

    Args:
        points: For each.
    """

    kind: ClassVar[str] = "test_right_rule"
    points: float = field(default=2.0, converter=number, kw_only=True)

    def naive(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> float | None:
        return self.points * len(context.matching(events, ON))


# -- what the class says ----------------------------------------------------------------------------


@frozen
class NoKind(Right):
    """Without a kind."""

    kind: ClassVar[str] = ""


@frozen
class OtherSignature(Right):
    """With a naive that takes something else."""

    kind: ClassVar[str] = "test_wrong"

    def naive(self, events: Sequence[Event], at: int, context: Context, more: int) -> Value:  # type: ignore[override]
        return 0.0


@frozen
class TakenKind(Right):
    """With the kind of another."""

    kind: ClassVar[str] = "count"


@frozen
class Undocumented(Right):
    """Says nothing of its field."""

    kind: ClassVar[str] = "test_wrong"
    secret: int = field(default=1, kw_only=True)


@frozen(repr=False)
class Unshown(Right):
    """With a repr that tells nothing."""

    kind: ClassVar[str] = "test_wrong"

    def __repr__(self) -> str:
        return "a plugin"


@frozen(eq=False)
class Unequal(Right):
    """Equal to itself alone."""

    kind: ClassVar[str] = "test_wrong"

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


@frozen(eq=False)
class EqualToOthers(Right):
    """Equal to others that differ from it.

    Args:
        size: How large.
    """

    kind: ClassVar[str] = "test_wrong"
    size: int = field(default=1, kw_only=True)


@frozen
class MutableDefault(Right):
    """With a list as a default.

    Args:
        more: More names.
    """

    kind: ClassVar[str] = "test_wrong"
    more: list[str] = field(default=["login"], kw_only=True)


def _thousands(size: float) -> float:
    return size * 1000


@frozen
class ChangedByReading(Right):
    """With a field that is another one after each reading from text.

    Args:
        size: How large, thousands.
    """

    kind: ClassVar[str] = "test_wrong"
    size: float = field(default=0.001, converter=_thousands, kw_only=True)


@frozen
class ReadsNobody(Right):
    """Says that it reads a signal that is not there."""

    kind: ClassVar[str] = "test_wrong"

    def reads(self) -> tuple[tuple[str, str], ...]:
        return (("nobody", "on"),)


# -- the definition ---------------------------------------------------------------------------------


@frozen
class Infinite(Right):
    """Infinite without a login."""

    kind: ClassVar[str] = "test_wrong"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        found = len(context.matching(events, "login"))
        return 1 / found if found else float("inf")


@frozen
class GivesList(Right):
    """A list of what it found."""

    kind: ClassVar[str] = "test_wrong"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return [event.name for event in events]  # type: ignore[return-value]


@frozen
class Complex(Right):
    """A number that is not real."""

    kind: ClassVar[str] = "test_wrong"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return np.complex128(len(events), 1)  # type: ignore[return-value]


@frozen
class RuleOfText(RightRule):
    """Points in words."""

    kind: ClassVar[str] = "test_wrong"

    def naive(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> float | None:
        return "many"  # type: ignore[return-value]


@frozen
class Dice(Right):
    """By chance."""

    kind: ClassVar[str] = "test_wrong"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return random.random()


@frozen
class Clock(Right):
    """By the clock on the wall."""

    kind: ClassVar[str] = "test_wrong"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return time.time_ns() / 1e9 - at / 1e6


_COUNTER = itertools.count()


@frozen
class Counts(Right):
    """By how often it was asked."""

    kind: ClassVar[str] = "test_wrong"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return float(next(_COUNTER))


@frozen
class Sorts(Right):
    """Sorts the events where they stand."""

    kind: ClassVar[str] = "test_wrong"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        if isinstance(events, list):
            events.sort(key=lambda event: -event.time)
        return float(len(events))


@frozen
class Writes(Right):
    """Writes into the properties."""

    kind: ClassVar[str] = "test_wrong"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        for event in events:
            event.properties["seen"] = True
        return float(len(events))


@frozen
class SetsTheClock(Right):
    """Moves to another time zone."""

    kind: ClassVar[str] = "test_wrong"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        context.timezone = "Asia/Tokyo"  # type: ignore[misc]
        return float(len(events))


@frozen
class RuleWrites(RightRule):
    """Writes into the values, and says nothing when it may not."""

    kind: ClassVar[str] = "test_wrong"

    def naive(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> float | None:
        with contextlib.suppress(TypeError):
            values["seen"] = 1.0  # type: ignore[index]
        return float(len(events))


@frozen
class ReadsInSecret(Right):
    """Reads another signal without saying so."""

    kind: ClassVar[str] = "test_wrong"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return context.signal("kit_bystander", at)


@frozen
class RuleReadsInSecret(RightRule):
    """Reads a signal without saying so."""

    kind: ClassVar[str] = "test_wrong"

    def naive(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> float | None:
        value = values["kit_bystander"]
        return value if isinstance(value, float) else 0.0


@frozen
class RuleAddsAll(RightRule):
    """Reads whatever signals there are."""

    kind: ClassVar[str] = "test_wrong"

    def naive(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> float | None:
        return sum(value for _, value in values.items() if isinstance(value, float))


@frozen
class SaysEventsOnly(Right):
    """Moves with time, and says that it does not."""

    kind: ClassVar[str] = "test_wrong"
    moves_with_time: ClassVar[bool] = False


@frozen
class NeedsOne(Right):
    """Takes for granted that there is an event."""

    kind: ClassVar[str] = "test_wrong"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return (at - events[0].time) / DAY


@frozen
class NeedsTwo(Right):
    """Takes for granted that there are two events."""

    kind: ClassVar[str] = "test_wrong"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return None if not events else (events[1].time - events[0].time) / DAY


@frozen
class NeedsProperty(Right):
    """Takes for granted that every event has an amount."""

    kind: ClassVar[str] = "test_wrong"

    def properties(self) -> tuple[str, ...]:
        return ("amount",)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        amounts = [event.properties["amount"] for event in events]
        return float(len(amounts))


@frozen
class BesideTheMean(Right):
    """How far it is from the mean of all subjects, which no definition can know."""

    kind: ClassVar[str] = "test_wrong"

    def lower(self, plan: Plan) -> Reader:
        read = plan.sum(Selector(self.on), window=self.window)

        def apart(at: int) -> Vector:
            found = np.broadcast_to(read(at).num, plan.size)
            return Vector(found - np.floor(found.mean()))

        return apart


_LARGEST: dict[str, float] = {}


@frozen
class BestOfAll(Right):
    """The largest number there ever was of anybody."""

    kind: ClassVar[str] = "test_wrong"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        found = float(len(events))
        _LARGEST[self.on] = max(_LARGEST.get(self.on, 0.0), found)
        return _LARGEST[self.on]


_SEEN: set[str | None] = set()


@frozen
class Crowd(Right):
    """How many subjects it has ever seen."""

    kind: ClassVar[str] = "test_wrong"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        _SEEN.update(event.user for event in events)
        return float(len(_SEEN))


@frozen
class AsksAhead(Right):
    """Whether there will be an event within two days."""

    kind: ClassVar[str] = "test_wrong"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return float(bool(context.members(at + 2 * DAY)))


@frozen
class OfThisYear(Right):
    """Days since the new year of 2026, which is one year only."""

    kind: ClassVar[str] = "test_wrong"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return (at - 1_767_225_600_000_000) / DAY


# -- the engines ------------------------------------------------------------------------------------


@frozen
class LowersOther(Right):
    """Counts all events over columns."""

    kind: ClassVar[str] = "test_wrong"

    def lower(self, plan: Plan) -> Reader:
        return plan.sum(Selector("*"), window=self.window)


@frozen
class ClosedWindow(Right):
    """Counts the event that lies exactly a window back."""

    kind: ClassVar[str] = "test_wrong"

    def lower(self, plan: Plan) -> Reader:
        return plan.sum(Selector(self.on), window=Span.of(Duration(self.days * DAY + 1)))


@frozen
class FollowsForEver(Right):
    """Lets nothing leave its window, one event at a time."""

    kind: ClassVar[str] = "test_wrong"

    def follow(self, track: Track) -> Gauge:
        return track.sum(Selector(self.on))


@frozen
class StandsStill(Right):
    """Says that nothing leaves its window, one event at a time."""

    kind: ClassVar[str] = "test_wrong"

    def follow(self, track: Track) -> Gauge:
        read = track.sum(Selector(self.on), window=self.window).read
        return Gauge(read, lambda state, at, until: Range.exactly(read(state, at)))


@frozen
class LooksAhead(SignalDefinition):
    """How many logins there were, the last one left out; over columns, the last one of all."""

    kind: ClassVar[str] = "test_wrong"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return float(max(0, len(context.matching(events, "login")) - 1))

    def lower(self, plan: Plan) -> Reader:
        def marks(found: Matches) -> Mask:
            return np.append(found.unit[1:] == found.unit[:-1], np.zeros(min(1, len(found)), np.bool_))

        return plan.marked(ON, marks)


class Tally:
    """A cell that counts; its copies are itself, and it is saved as nothing."""

    def __init__(self, *, shared: bool, forgets: bool) -> None:
        self.shared, self.forgets, self.count = shared, forgets, 0.0

    def take(self, part: int, time: int, value: Value) -> None:
        self.count += 1

    def read(self, at: int) -> Value:
        return self.count

    def range(self, at: int, until: int) -> Range:
        return Range.exactly(self.count)

    def glance(self, at: int) -> tuple[Value, int]:
        return self.count, FOREVER

    def copy(self) -> Tally:
        if self.shared:
            return self
        other = Tally(shared=False, forgets=self.forgets)
        other.count = self.count
        return other

    def saved(self) -> Plain:
        return None if self.forgets else self.count

    def restore(self, saved: Plain) -> None:
        self.count = saved if isinstance(saved, float) else 0.0


@frozen
class Celled(SignalDefinition):
    """How many logins there were, in a cell of its own.

    Args:
        shared: Whether copies of the cell are the cell.
        forgets: Whether it is saved as nothing.
    """

    kind: ClassVar[str] = "test_celled"
    shared: bool = field(default=False, kw_only=True)
    forgets: bool = field(default=False, kw_only=True)

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return float(len(context.matching(events, "login")))

    def follow(self, track: Track) -> Gauge:
        return track.cell((ON,), lambda: Tally(shared=self.shared, forgets=self.forgets))


@frozen
class WritesState(SignalDefinition):
    """Writes to numbers that are not its own, one event at a time."""

    kind: ClassVar[str] = "test_wrong"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        return 1.0

    def follow(self, track: Track) -> Gauge:
        def read(state: State, at: int) -> Value:
            for place in range(len(state.numbers)):
                state.numbers[place] *= 1.5
            return 1.0

        return Gauge(read, turns=lambda state, at: at)


@frozen
class SaysOther(RightRule):
    """Gives reasons that come to half of what it pays."""

    kind: ClassVar[str] = "test_wrong"

    def lines(
        self, events: Sequence[Event], values: Mapping[str, Value], at: int, context: Context
    ) -> tuple[Line, ...]:
        found = context.matching(events, ON)
        return tuple(Line("login", self.points / 2, (event,)) for event in found)


@frozen
class SaysOtherChange(RightRule):
    """Gives reasons for a change that come to twice of it."""

    kind: ClassVar[str] = "test_wrong"

    def changes(self, before: Reading, after: Reading) -> tuple[Line, ...]:
        return (Line("logins", 2 * (after.points - before.points)),)


@frozen
class NeverIsNow(SignalDefinition):
    """Days since the last login; over columns, 0 for those who never logged in."""

    kind: ClassVar[str] = "test_wrong"

    def naive(self, events: Sequence[Event], at: int, context: Context) -> Value:
        found = context.matching(events, "login")
        return (at - found[-1].time) / DAY if found else None

    def lower(self, plan: Plan) -> Reader:
        last = plan.last(ON)

        def since(at: int) -> Vector:
            found = last(at)
            return Vector(np.where(found == NEVER, 0.0, (at - np.maximum(found, 0)) / DAY))

        return since


WRONG: tuple[tuple[SignalDefinition | Rule, str], ...] = (
    (NoKind("x"), "can_be_registered"),
    (OtherSignature("x"), "can_be_registered"),
    (TakenKind("x"), "can_be_registered"),
    (Undocumented("x"), "documented"),
    (Unshown("x"), "shown"),
    (Unequal("x"), "equal_and_hashable"),
    (EqualToOthers("x"), "equal_and_hashable"),
    (MutableDefault("x"), "immutable"),
    (ChangedByReading("x", size=5), "text_round_trip"),
    (ReadsNobody("x"), "names_what_exists"),
    (Infinite("x"), "finite"),
    (GivesList("x"), "finite"),
    (Complex("x"), "finite"),
    (RuleOfText("x"), "finite"),
    (Dice("x"), "deterministic"),
    (Clock("x"), "deterministic"),
    (Counts("x"), "deterministic"),
    (Sorts("x"), "changes_nothing_given"),
    (Writes("x"), "changes_nothing_given"),
    (SetsTheClock("x"), "changes_nothing_given"),
    (RuleWrites("x"), "changes_nothing_given"),
    (ReadsInSecret("x"), "declares_what_it_reads"),
    (RuleReadsInSecret("x"), "declares_what_it_reads"),
    (RuleAddsAll("x"), "declares_what_it_reads"),
    (SaysEventsOnly("x"), "moves_with_events_only"),
    (NeedsOne("x"), "few_events"),
    (NeedsTwo("x"), "few_events"),
    (NeedsProperty("x"), "unseen_properties"),
    (BesideTheMean("x"), "other_subjects"),
    (BestOfAll("x"), "other_subjects"),
    (Crowd("x"), "other_subjects"),
    (AsksAhead("x"), "later_events"),
    (OfThisYear("x"), "time_shift"),
    (LowersOther("x"), "lowering"),
    (NeverIsNow("x"), "lowering"),
    (ClosedWindow("x"), "window_edges"),
    (FollowsForEver("x"), "following"),
    (StandsStill("x"), "levels"),
    (LooksAhead("x"), "through_time"),
    (Celled("x", forgets=True), "restored"),
    (Celled("x", shared=True), "restored"),
    (WritesState("x"), "leaves_others_alone"),
    (SaysOther("x"), "explains"),
    (SaysOtherChange("x"), "explains"),
)
RIGHT: tuple[SignalDefinition | Rule, ...] = (Right("x"), RightEverywhere("x"), RightRule("x"), Celled("x"))

"""Sinks: where amounts add up in the state of a subject.

Lives here: sums that never lose a term, sums that age together, and sums in cells.
Lives elsewhere: the cells (tracks), what is added and when (follow, awards).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from attrs import define, evolve, field, frozen

from questscore.engine.layout import Layout
from questscore.language.ranges import Range
from questscore.model.event import Event
from questscore.tracks.base import Basic
from questscore.tracks.gauge import Celled, Counted, Decaying, Flat, Gauge, never
from questscore.tracks.state import FOREVER, NEVER, Cell, State, Step
from questscore.tracks.sums import FARTHEST

Add: TypeAlias = Callable[[State, int, float], None]


@define(eq=False)
class Ledger:
    """What a model's event rules and adjustments have earned, and when that was voided.

    Args:
        added: Place of what adjustments add.
        reset: Place of the last reset.
        flat: Place of the sum of all `flats`, the points that stay.
        flats: Their places.
        aged: By landmark, the place of the sum of points that age together, and their places.
        empty: What a reset empties.
    """

    added: int
    reset: int
    flat: int
    flats: list[int] = field(factory=list)
    aged: dict[int, tuple[int, list[int]]] = field(factory=dict)
    empty: list[Callable[[State], None]] = field(factory=list)


@frozen(eq=False)
class Sink:
    """Where amounts add up.

    Args:
        add: Adds one.
        always: The step that adds the same for each event.
        gauge: Reads the sum.
        clear: Empties it.
    """

    add: Add
    always: Callable[[float], Step]
    gauge: Gauge
    clear: Callable[[State], None]


def within(sink: Sink, start: int | None, end: int | None) -> Sink:
    """A sink that heeds amounts of [start, end) alone."""
    if start is None and end is None:
        return sink
    low, high, add, always = (
        NEVER if start is None else start,
        FOREVER if end is None else end,
        sink.add,
        sink.always,
    )

    def add_some(state: State, time: int, amount: float) -> None:
        if low <= time < high:
            add(state, time, amount)

    def add_always(amount: float) -> Step:
        step = always(amount)

        def add_one(state: State, time: int, event: Event) -> None:
            if low <= time < high:
                step(state, time, event)

        return add_one

    return evolve(sink, add=add_some, always=add_always)


def flat(layout: Layout, ledger: Ledger | None) -> Sink:
    """A sum that never loses a term; with a ledger, its total has each term too."""
    place = layout.number()
    both = None if ledger is None else ledger.flat
    if ledger is not None:
        ledger.flats.append(place)

    def add(state: State, time: int, amount: float) -> None:
        numbers = state.numbers
        numbers[place] += amount
        if both is not None:
            numbers[both] += amount

    def always(amount: float) -> Step:
        if both is None:

            def once(state: State, time: int, event: Event) -> None:
                state.numbers[place] += amount

            return once

        def twice(state: State, time: int, event: Event) -> None:
            numbers = state.numbers
            numbers[place] += amount
            numbers[both] += amount

        return twice

    gauge = Flat(
        lambda state, at: state.numbers[place],
        lambda state, at, until: Range.exactly(state.numbers[place]),
        never,
        numeric=True,
        present=True,
        place=place,
    )
    return Sink(add, always, gauge, _zero(place))


def decaying(
    layout: Layout, half_life: int, halves: dict[int, tuple[int, list[int]]], ledger: Ledger | None
) -> Sink:
    """A sum of which half is left after every half-life; with a ledger, its total has each term too.

    Args:
        layout: Where it is given places.
        half_life: Microseconds.
        halves: By half-life, the place of the landmark from which weights are counted, and the places of
            all sums that share it.
        ledger: The ledger.
    """
    if half_life not in halves:
        halves[half_life] = (layout.moment(), [])
    landmark, places = halves[half_life]
    place, per = layout.number(), 1.0 / half_life
    places.append(place)
    total = place
    if ledger is not None:
        if landmark not in ledger.aged:
            ledger.aged[landmark] = (layout.number(), [])
            places.append(ledger.aged[landmark][0])
        total, own = ledger.aged[landmark]
        own.append(place)

    def move(state: State, time: int, age: float) -> None:
        """Counts weights from another landmark on, long before they overflow."""
        numbers, scale = state.numbers, 2.0**-age
        for one in places:
            numbers[one] *= scale
        state.moments[landmark] = time

    def add(state: State, time: int, amount: float) -> None:
        age = (time - state.moments[landmark]) * per
        if age > FARTHEST:
            move(state, time, age)
            age = 0.0
        amount *= 2.0**age
        numbers = state.numbers
        numbers[place] += amount
        if total != place:
            numbers[total] += amount

    def always(points: float) -> Step:
        def step(state: State, time: int, event: Event) -> None:
            age = (time - state.moments[landmark]) * per
            if age > FARTHEST:
                move(state, time, age)
                age = 0.0
            amount = points * 2.0**age
            numbers = state.numbers
            numbers[place] += amount
            if total != place:
                numbers[total] += amount

        return step

    def read(state: State, at: int) -> float:
        return float(state.numbers[place] * 2.0 ** ((state.moments[landmark] - at) * per))

    def span(state: State, at: int, until: int) -> Range:
        now, then = read(state, at), read(state, until)
        return Range.between(min(now, then), max(now, then))

    gauge = Decaying(read, span, numeric=True, present=True, place=place, landmark=landmark, per=per)
    return Sink(add, always, gauge, _zero(place))


def summed(layout: Layout, make: Callable[[], Cell]) -> Sink:
    """A sum in a cell."""
    place = layout.cell(make)

    def add(state: State, time: int, amount: float) -> None:
        state.cells[place].take(0, time, amount)

    def clear(state: State) -> None:
        state.cells[place] = make()

    return Sink(
        add, lambda amount: lambda state, time, event: add(state, time, amount), celled(place, make), clear
    )


def counted(layout: Layout, length: int) -> tuple[Step, Gauge]:
    """How many events there were in the last ``length`` microseconds, and the step that counts one."""
    place, begin = layout.queue(), layout.moment(0)

    def step(state: State, time: int, event: Event) -> None:
        state.queues[place].append(time)

    return step, Counted.of(place, begin, length)


def celled(place: int, make: Callable[[], Cell]) -> Gauge:
    """Reads a cell."""
    one = make()
    return Celled(
        lambda state, at: state.cells[place].read(at),
        lambda state, at, until: state.cells[place].range(at, until),
        lambda state, at: state.cells[place].glance(at)[1],
        numeric=isinstance(one, Basic) and one.numeric,
        present=isinstance(one, Basic) and one.present,
        cell=place,
    )


def _zero(place: int) -> Callable[[State], None]:
    def clear(state: State) -> None:
        state.numbers[place] = 0.0

    return clear

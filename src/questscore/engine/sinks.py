"""Sinks: where amounts add up in the state of a subject.

Lives here: sums that never lose a term, sums that age together, and sums in cells.
Lives elsewhere: the cells (tracks), what is added and when (follow, awards).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from math import nan
from typing import TypeAlias

from attrs import define, evolve, field, frozen

from questscore.engine.layout import Layout
from questscore.engine.reads import Reading
from questscore.language.ranges import Range
from questscore.model.event import Event
from questscore.tracks.base import Basic
from questscore.tracks.gauge import Celled, Decaying, Flat, Gauge, Queued, Standing, never
from questscore.tracks.state import FEW, FOREVER, NEVER, Cell, State, Step
from questscore.tracks.sums import FARTHEST, WindowSum

Add: TypeAlias = Callable[[State, int, float], None]


@define(eq=False)
class Ledger:
    """What a model's event rules and adjustments have earned, and when that was voided.

    Args:
        added: Place of what adjustments add.
        reset: Place of the last reset.
        flat: Place of the sum of all `flats`, the points that stay, and of what adjustments add.
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
        """Counts weights from another landmark on: long before they overflow, and before each huge number."""
        numbers, scale = state.numbers, 2.0**-age
        for one in places:
            numbers[one] *= scale
        state.moments[landmark] = time

    def add(state: State, time: int, amount: float) -> None:
        age = (time - state.moments[landmark]) * per
        if age > FARTHEST or state.huge:
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

    return Sink(add, _always(add), celled(place, make), clear)


def _always(add: Add) -> Callable[[float], Step]:
    return lambda amount: lambda state, time, event: add(state, time, amount)


def windowed(layout: Layout, make: Callable[[], Cell], length: int, get: Reading) -> tuple[Step, Standing]:
    """A cell of a trailing window whose number stands in the state, and the step that gives it values.

    Args:
        layout: Where it is given places.
        make: A cell whose ``take`` says what it comes to.
        length: Of the window, microseconds.
        get: What is read from events; what is missing is not given.
    """
    cell, place, turn = layout.cell(make), layout.number(), layout.moment(FOREVER)

    def step(state: State, time: int, event: Event) -> None:
        value = get(event)
        if value is not None and (found := state.cells[cell].take(0, time, value)) is not None:
            state.numbers[place] = found
            if state.moments[turn] == FOREVER:
                _turns(state, turn, time + length)

    return step, _standing(cell, make, place, turn)


def trailing(layout: Layout, length: int) -> Sink:
    """The sum of the last ``length`` microseconds."""
    cell, place, turn = layout.cell(partial(WindowSum, length, None)), layout.number(), layout.moment(FOREVER)
    gauge = _standing(cell, partial(WindowSum, length, None), place, turn)

    def add(state: State, time: int, amount: float) -> None:
        found = state.cells[cell].take(0, time, amount)
        if found is not None:
            state.numbers[place] = found
            if state.moments[turn] == FOREVER:
                _turns(state, turn, time + length)

    return Sink(add, _always(add), gauge, lambda state: gauge.drop(state, FOREVER))


def _standing(cell: int, make: Callable[[], Cell], place: int, turn: int) -> Standing:
    def drop(state: State, at: int) -> None:
        value, state.moments[turn] = state.cells[cell].glance(at)
        state.numbers[place] = value if isinstance(value, float) else nan

    inside = celled(cell, make)
    return Standing(
        inside.read, inside.range, inside.turns, numeric=True, present=True, place=place, turn=turn, drop=drop
    )


def counted(layout: Layout, length: int) -> tuple[Step, Standing]:
    """How many events there were in the last ``length`` microseconds, and the step that counts one."""
    queue, gauge = _queued(layout, length)
    place, turn = gauge.place, gauge.turn

    def step(state: State, time: int, event: Event) -> None:
        state.queues[queue].append(time)
        state.numbers[place] += 1.0
        if state.moments[turn] == FOREVER:
            _turns(state, turn, time + length)

    return step, gauge


def visited(layout: Layout, length: int, index: Callable[[int], int]) -> tuple[Step, Standing]:
    """In how many periods there were events in the last ``length`` microseconds, and the step that takes one.

    The queue holds the last instant of each period. A clock may step back over midnight into the period
    before the last, not further.
    """
    queue, gauge = _queued(layout, length)
    place, turn, begin = gauge.place, gauge.turn, gauge.begin
    latest, before = layout.moment(), layout.moment()  # the numbers of the last two periods

    def step(state: State, time: int, event: Event) -> None:
        period, times, moments = index(time), state.queues[queue], state.moments
        size = len(times) - moments[begin]
        if size and period == moments[latest]:
            times[-1] = time
        elif size > 1 and period == moments[before]:
            times[-2], times[-1] = times[-1], time
            moments[before], moments[latest] = moments[latest], period
        else:
            moments[before], moments[latest] = moments[latest], period
            times.append(time)
            state.numbers[place] += 1.0
            if moments[turn] == FOREVER:
                _turns(state, turn, time + length)

    return step, gauge


def _queued(layout: Layout, length: int) -> tuple[int, Queued]:
    """A queue of instants, and the gauge that reads how many there are in a trailing window."""
    queue, place = layout.queue(), layout.number()
    turn, begin = layout.moment(FOREVER), layout.moment(0)

    def left(state: State, at: int) -> int:
        times = state.queues[queue]
        return len(times) - bisect_right(times, at - length, state.moments[begin])

    def drop(state: State, at: int) -> None:
        times, moments = state.queues[queue], state.moments
        first, size = bisect_right(times, at - length, moments[begin]), len(times)
        if first == size or (first > FEW and first * 2 > size):
            del times[:first]
            size, first = size - first, 0
        moments[begin] = first
        moments[turn] = times[first] + length if size else FOREVER
        state.numbers[place] = size - first

    def turns(state: State, at: int) -> int:
        inside = left(state, at)
        return state.queues[queue][-inside] + length if inside else FOREVER

    return queue, Queued(
        lambda state, at: float(left(state, at)),
        lambda state, at, until: Range.between(float(left(state, until)), float(left(state, at))),
        turns,
        numeric=True,
        present=True,
        place=place,
        turn=turn,
        drop=drop,
        begin=begin,
    )


def _turns(state: State, turn: int, time: int) -> None:
    """Notes when a window that was empty turns."""
    state.moments[turn] = time
    if time < state.turn:
        state.turn = time


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

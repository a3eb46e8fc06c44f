"""Awards: what events pay under limits and a cooldown, and when all of it is voided.

Lives here: the steps of a rule's awards, and of adjustments and resets.
Lives elsewhere: where what is paid adds up (sinks), limits of every kind (tracks).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from questscore.aggregates.plan import Awards
from questscore.engine.layout import Layout
from questscore.engine.reads import Reading, reading, worth
from questscore.engine.sinks import Add, Ledger, Sink
from questscore.language import Expression
from questscore.model.award import Limit
from questscore.model.event import RESET, Event
from questscore.model.selector import Selector
from questscore.model.time import Calendar, Period
from questscore.tracks.limits import Limits
from questscore.tracks.state import FOREVER, NEVER, State, Step

HUGE = 1e280
"""Amounts beyond this are added up by the definition, which saturates."""
Pay: TypeAlias = Callable[[State, int, float, Event], float]
"""What an event pays of its award."""
Index: TypeAlias = Callable[[Period], Callable[[int], int]]


def awarding(asked: Awards, sink: Sink, layout: Layout, calendar: Calendar, index: Index) -> Step:
    """The step that adds what an event pays.

    Args:
        asked: The rule.
        sink: Where it is added.
        layout: Where limits are given places.
        calendar: The model's.
        index: What numbers the periods of a kind.
    """
    points = asked.points
    if isinstance(points, float) and -HUGE < points < HUGE:
        step = _fixed(points, asked, sink, layout, calendar, index)
    else:
        get = worth(points, calendar) if isinstance(points, Expression) else _always(points)
        step = _varying(get, _paying(asked, layout, calendar, index), sink.add)
    if asked.active is None:
        return step
    start, end = asked.active.bounds(calendar)
    low, high = NEVER if start is None else start, FOREVER if end is None else end

    def within(state: State, time: int, event: Event) -> None:
        if low <= time < high:
            step(state, time, event)

    return within


def only_first(asked: Awards) -> bool:
    """Whether a subject's first event is all that is ever paid for."""
    return (
        asked.selector == Selector("*")
        and asked.active is None
        and isinstance(asked.points, float)
        and asked.limits == (Limit(count=1),)
    )


def _fixed(
    points: float, asked: Awards, sink: Sink, layout: Layout, calendar: Calendar, index: Index
) -> Step:
    """Awards the same points for each event."""
    if not points:
        return lambda state, time, event: None
    add = sink.always(points)
    few = _few(asked)
    if few is not None:
        return _first_few(add, few, layout, index)
    pay = _paying(asked, layout, calendar, index)
    if pay is None:
        return add
    pays, add_some = pay, sink.add

    def step(state: State, time: int, event: Event) -> None:
        amount = pays(state, time, points, event)
        if amount:
            add_some(state, time, amount)

    return step


def _varying(get: Reading, pay: Pay | None, add: Add) -> Step:
    """Awards what is read from each event."""

    def step(state: State, time: int, event: Event) -> None:
        amount = get(event)
        if not isinstance(amount, float) or not amount:
            return
        if not -HUGE < amount < HUGE:
            state.huge = True
        if pay is not None:
            amount = pay(state, time, amount, event)
        add(state, time, amount)

    return step


def _always(points: float) -> Reading:
    return lambda event: points


def _paying(asked: Awards, layout: Layout, calendar: Calendar, index: Index) -> Pay | None:
    """What an event pays of its award under limits; None where all of it."""
    limits, cooldown = asked.limits, asked.cooldown
    if not limits and cooldown is None:
        return None
    own = [
        (
            limit,
            None if limit.every is None else index(limit.every),
            None if limit.per is None else reading(limit.per, calendar),
        )
        for limit in limits
    ]
    pause = None if cooldown is None else cooldown.us
    place = layout.gate(lambda: Limits(own, pause))
    return lambda state, time, award, event: state.gates[place].pay(time, award, event)


def _few(asked: Awards) -> Limit | None:
    """The only limit, where it counts events whatever they are worth."""
    if asked.cooldown is None and len(asked.limits) == 1:
        limit = asked.limits[0]
        return limit if limit.count is not None and limit.per is None else None
    return None


def _first_few(add: Step, limit: Limit, layout: Layout, index: Index) -> Step:
    """Adds for the first events of each period, or ever."""
    count, used = limit.count or 0, layout.number()
    if limit.every is None:

        def ever(state: State, time: int, event: Event) -> None:
            numbers = state.numbers
            if numbers[used] < count:
                numbers[used] += 1.0
                add(state, time, event)

        return ever
    period, last = index(limit.every), layout.moment()
    before, old = layout.number(), layout.moment()

    def periodic(state: State, time: int, event: Event) -> None:
        now, moments, numbers = period(time), state.moments, state.numbers
        place, newest = used, moments[last]
        if now > newest:
            moments[old], numbers[before] = newest, numbers[used]
            moments[last], numbers[used] = now, 0.0
        elif now < newest:  # a clock stepped back over midnight
            if now != moments[old]:
                moments[old], numbers[before] = now, 0.0
            place = before
        if numbers[place] < count:
            numbers[place] += 1.0
            add(state, time, event)

    return periodic


def voiding(name: str, ledger: Ledger) -> Step:
    """The step of adjustments and resets of a model, by its name."""
    added, reset = ledger.added, ledger.reset

    def step(state: State, time: int, event: Event) -> None:
        if event.properties.get("model") not in (None, name):
            return
        if event.name == RESET and time != state.moments[reset]:
            state.moments[reset] = time
            state.numbers[added] = state.numbers[ledger.flat] = 0.0
            for total, _ in ledger.aged.values():
                state.numbers[total] = 0.0
            for clear in ledger.empty:
                clear(state)
        amount = event.properties.get("points")
        if isinstance(amount, (int, float)):
            if not -HUGE < amount < HUGE:
                state.huge = True
            state.numbers[added] += amount
            state.numbers[ledger.flat] += amount

    return step

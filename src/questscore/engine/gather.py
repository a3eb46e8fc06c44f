"""Gather: what the events that a selector matches come to, as steps on the state of one subject.

Lives here: `Gathering`, the part of the `Track` that reads events: sums, values, moments, awards.
Lives elsewhere: places and steps (layout), where amounts add up (sinks), cells (tracks), the part of the
`Track` that reads signals, offsets and members (follow).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from questscore.aggregates.plan import Awards
from questscore.engine.awards import HUGE, awarding, only_first, voiding
from questscore.engine.layout import Feed, Layout
from questscore.engine.periods import index_of, length_of
from questscore.engine.reads import Reading, parts_of, reading
from questscore.engine.sinks import (
    Add,
    Ledger,
    Sink,
    celled,
    counted,
    decaying,
    flat,
    summed,
    trailing,
    visited,
    windowed,
    within,
)
from questscore.model.award import Ageing
from questscore.model.event import Event
from questscore.model.score_model import ScoreModel
from questscore.model.selector import Selector
from questscore.model.time import Calendar, Duration, Period, Span
from questscore.tracks.gauge import Gauge
from questscore.tracks.state import NEVER, Cell, Moment, Noted, State, Step
from questscore.tracks.sums import Aged, Faded, WindowSum
from questscore.tracks.values import Extreme, PerPeriod, Recent, Seen, Trait, Turns

ANY = Selector("*")


class Gathering:
    """What kinds ask of events, given places in a layout and steps in a feed.

    Args:
        model: Whose signals are followed.
        layout: The places; one for a subject and all offsets and models on its events.
        feed: The steps; one for each offset.
        shifts: The offsets, from the outermost in.
    """

    def __init__(
        self, model: ScoreModel, layout: Layout, feed: Feed, shifts: tuple[tuple[Span, Calendar], ...]
    ) -> None:
        self.model, self.layout, self.feed = model, layout, feed
        self._shifts = shifts
        self._made: dict[Hashable, tuple[Gauge, frozenset[int]]] = {}
        self._kept: dict[Hashable, tuple[int, frozenset[int]]] = {}
        self._halves: dict[int, tuple[int, list[int]]] = {}
        self._ledgers: dict[str, Ledger] = {}

    def share(self, other: Gathering) -> None:
        """Goes on with what another one on the same events has been given."""
        self._made, self._kept = other._made, other._kept
        self._halves, self._ledgers = other._halves, other._ledgers

    @property
    def calendar(self) -> Calendar:
        return self.model.calendar

    def index(self, every: Period) -> Callable[[int], int]:
        known = self.layout.indices
        key = (self.calendar, every)
        if key not in known:
            known[key] = index_of(self.calendar, every)
        return known[key]

    # -- what depends on how far back an event lies -------------------------------------------------

    def looks_back(self, span: Span | None) -> None:
        self._depends_on(0 if span is None else length_of(span))

    def _depends_on(self, length: int) -> None:
        """Notes that what is read depends on single events of that long before the instant."""
        offset = sum(length_of(shift) for shift, _ in self._shifts)
        self.layout.lookback = max(self.layout.lookback, offset + length)

    def _once(self, key: Hashable, make: Callable[[], Gauge]) -> Gauge:
        full = (key, self.calendar)
        if full not in self._made:
            self.layout.watch()
            gauge = make()
            self._made[full] = (gauge, self.layout.end_watch())
        found, entries = self._made[full]
        self.layout.saw(entries)
        return found

    def _reading(self, property: str) -> Reading:
        return reading(property, self.calendar)

    def _numeric(self, property: str, add: Add) -> Step:
        """A step that takes the property where it is a number."""
        get = self._reading(property)

        def step(state: State, time: int, event: Event) -> None:
            value = get(event)
            if isinstance(value, float):
                if not -HUGE < value < HUGE:
                    state.huge = True
                add(state, time, value)

        return step

    # -- sums ---------------------------------------------------------------------------------------

    def sum(
        self,
        selector: Selector,
        property: str | None = None,
        *,
        window: Span | None = None,
        half_life: Duration | None = None,
    ) -> Gauge:
        key = ("sum", selector, property, window, half_life)
        return self._once(key, lambda: self._sum(selector, property, window, half_life))

    def _sum(
        self, selector: Selector, property: str | None, window: Span | None, half_life: Duration | None
    ) -> Gauge:
        plain = half_life is None and property is None
        if plain and window is not None and isinstance(window.length, Duration):
            return self._trailing(selector, window, *counted(self.layout, window.length.us))
        sink = self._sink(Ageing(half_life, window=window))
        step = sink.always(1.0) if property is None else self._numeric(property, sink.add)
        self.feed.on(selector, self.calendar, step)
        return sink.gauge

    def tally(self, selector: Selector, property: str, *, window: Span | None = None) -> Gauge:
        def make() -> Gauge:
            sink = self._sink(Ageing(window=window))
            step = self._numeric(property, lambda state, time, value: sink.add(state, time, 1.0))
            self.feed.on(selector, self.calendar, step)
            return sink.gauge

        return self._once(("tally", selector, property, window), make)

    def _sink(self, ageing: Ageing, ledger: Ledger | None = None) -> Sink:
        """Where amounts are added, and with a ledger to its sums too."""
        window = ageing.window
        if window is not None:
            self.looks_back(window)
        if ageing.fade is not None or ageing.steps is not None:
            return self._faded(ageing)
        half_life = None if ageing.half_life is None else ageing.half_life.us
        if window is None:
            if half_life is None:
                return flat(self.layout, ledger)
            return decaying(self.layout, half_life, self._halves, ledger)
        if isinstance(window.length, Duration):
            length = window.length.us
            if half_life is None:
                return trailing(self.layout, length)
            return summed(self.layout, lambda: WindowSum(length, half_life))
        index = self.index(window.length)
        return summed(self.layout, lambda: PerPeriod(lambda: Aged(half_life), index))

    def _faded(self, ageing: Ageing) -> Sink:
        window = ageing.window
        if ageing.fade is not None:
            self._depends_on(ageing.fade.us)
        elif window is None:
            self.layout.endless.append("points that age in steps, without a window")
        if window is None or isinstance(window.length, Duration):
            length = None if window is None else length_of(window)
            return summed(self.layout, lambda: Faded(ageing, length))
        index = self.index(window.length)
        return summed(self.layout, lambda: PerPeriod(lambda: Faded(ageing, None), index))

    # -- values -------------------------------------------------------------------------------------

    def _cell_of(self, selector: Selector, make: Callable[[], Cell], get: Reading) -> Gauge:
        place = self.layout.cell(make)

        def step(state: State, time: int, event: Event) -> None:
            value = get(event)
            if value is not None:
                state.cells[place].take(0, time, value)

        self.feed.on(selector, self.calendar, step)
        return celled(place, make)

    def _windowed(
        self, window: Span | None, ever: Callable[[], Cell], trailing: Callable[[int], Cell]
    ) -> Callable[[], Cell]:
        if window is None:
            return ever
        self.looks_back(window)
        if isinstance(window.length, Duration):
            length = window.length.us
            return lambda: trailing(length)
        index = self.index(window.length)
        return lambda: PerPeriod(ever, index)

    def extreme(
        self, selector: Selector, property: str, *, largest: bool, window: Span | None = None
    ) -> Gauge:
        make = self._windowed(
            window,
            lambda: Extreme(None, largest=largest),
            lambda length: Extreme(length, largest=largest),
        )
        return self._cell_of(selector, make, self._reading(property))

    def distinct(self, selector: Selector, property: str, *, window: Span | None = None) -> Gauge:
        get = self._reading(property)
        if window is None or isinstance(window.length, Period):
            return self._cell_of(selector, self._windowed(window, Seen, Recent), get)
        length = window.length.us
        step, gauge = windowed(self.layout, lambda: Recent(length), length, get)
        return self._trailing(selector, window, step, gauge)

    def periods(self, selector: Selector, every: Period, *, window: Span | None = None) -> Gauge:
        index = self.index(every)
        if window is None or isinstance(window.length, Period):
            return self.cell((selector,), lambda: Turns(index), window=window)
        return self._trailing(selector, window, *visited(self.layout, window.length.us, index))

    def _trailing(self, selector: Selector, window: Span, step: Step, gauge: Gauge) -> Gauge:
        self.looks_back(window)
        self.feed.on(selector, self.calendar, step)
        return gauge

    def trait(self, selector: Selector, property: str, *, last: bool) -> Gauge:
        return self._cell_of(selector, lambda: Trait(last=last), self._reading(property))

    def _noted(self, key: Hashable, add: Callable[[int], None]) -> Moment:
        """The moment with that key, whose steps are added the first time."""
        if key not in self._kept:
            place = self.layout.moment()
            self.layout.watch()
            add(place)
            self._kept[key] = (place, self.layout.end_watch())
        place, entries = self._kept[key]
        self.layout.saw(entries)
        return Noted(place)

    def first(self, selector: Selector) -> Moment:
        def add(place: int) -> None:
            if selector == ANY:
                self.feed.on_first(_first(place))
            else:
                self.feed.on(selector, self.calendar, _first(place))

        return self._noted(("first", selector, self.calendar), add)

    def last(self, selector: Selector) -> Moment:
        def add(place: int) -> None:
            def step(state: State, time: int, event: Event) -> None:
                state.moments[place] = time

            self.feed.on(selector, self.calendar, step)

        return self._noted(("last", selector, self.calendar), add)

    def seen(self) -> Moment:
        """When the first event was, reserved ones too."""
        return self._noted("seen", lambda place: self.feed.on_every(_first(place)))

    def cell(
        self, selectors: Sequence[Selector], make: Callable[[], Cell], *, window: Span | None = None
    ) -> Gauge:
        if window is not None:
            self.looks_back(window)
            if isinstance(window.length, Period):
                inner, index = make, self.index(window.length)

                def make() -> Cell:
                    return PerPeriod(inner, index)

        place = self.layout.cell(make)
        if len(selectors) == 1:

            def step(state: State, time: int, event: Event) -> None:
                state.cells[place].take(0, time, None)

            self.feed.on(selectors[0], self.calendar, step)
        else:
            parts = parts_of(selectors, self.calendar)

            def several(state: State, time: int, event: Event) -> None:
                for part, holds in parts(event.name):
                    if holds is None or holds(event):
                        state.cells[place].take(part, time, None)

            every = any(selector.every_name for selector in selectors)
            names = tuple(dict.fromkeys(name for selector in selectors for name in selector.on))
            self.feed.on(Selector("*") if every else Selector(names), self.calendar, several)
        return celled(place, make)

    # -- points -------------------------------------------------------------------------------------

    def awards(self, asked: Awards) -> Gauge:
        ledger = self.ledger()
        sink = within(self._sink(asked.ageing, ledger), *asked.term)
        ledger.empty.append(sink.clear)
        if asked.cooldown is not None:
            self._depends_on(asked.cooldown.us)
        if only_first(asked) and isinstance(asked.points, float):
            self.feed.on_first(sink.always(asked.points))
        else:
            step = awarding(asked, sink, self.layout, self.calendar, self.index)
            self.feed.on(asked.selector, self.calendar, step)
        return sink.gauge

    def ledger(self) -> Ledger:
        """What this model's rules and adjustments have earned."""
        name = self.model.name
        if name not in self._ledgers:
            number, moment = self.layout.number, self.layout.moment
            self._ledgers[name] = Ledger(number(), moment(), number())
            self.feed.on_reserved(voiding(name, self._ledgers[name]))
        return self._ledgers[name]


def _first(place: int) -> Step:
    def step(state: State, time: int, event: Event) -> None:
        if state.moments[place] == NEVER:
            state.moments[place] = time

    return step

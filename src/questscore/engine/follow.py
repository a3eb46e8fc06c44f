"""Follow: what a model's kinds ask for, as steps on the state of one subject.

Lives here: `Following`, which is the `Track` of a model's subjects, of its members, of what an offset sees.
Lives elsewhere: places and steps (layout), cells (tracks), how rules add up (sheet).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from operator import itemgetter

from questscore.aggregates.plan import Awards
from questscore.engine.awards import HUGE, awarding, only_first, voiding
from questscore.engine.layout import LAST, Feed, Layout
from questscore.engine.reads import Reading, parts_of, reading
from questscore.engine.seats import Seat, over_seats
from questscore.engine.sinks import Add, Ledger, Sink, celled, counted, decaying, flat, summed
from questscore.language import Expression, Value, number
from questscore.language.closures import compiled
from questscore.language.ranges import Range, spanned
from questscore.language.tree import Name, Prop
from questscore.model.award import Ageing
from questscore.model.event import Event
from questscore.model.score_model import ScoreModel
from questscore.model.selector import Selector
from questscore.model.signal import SignalDefinition, shifted
from questscore.model.time import DAY, Calendar, Duration, Period, Span
from questscore.reference import Subject
from questscore.tracks.state import NEVER, Cell, Gauge, Moment, Read, State, Step
from questscore.tracks.sums import Aged, Faded, WindowSum
from questscore.tracks.track import Followed
from questscore.tracks.values import Extreme, PerPeriod, Recent, RecentTurns, Seen, Trait, Turns

_ANY = Selector("*")
LONGEST = {
    Period.DAY: 2 * DAY,
    Period.WEEK: 8 * DAY,
    Period.MONTH: 32 * DAY,
    Period.QUARTER: 93 * DAY,
    Period.YEAR: 367 * DAY,
}
"""How long a calendar period is at most, whatever clocks do."""


def length_of(span: Span) -> int:
    """How long a window or an offset is at most, in microseconds."""
    return span.length.us if isinstance(span.length, Duration) else LONGEST[span.length]


def index_of(calendar: Calendar, every: Period) -> Callable[[int], int]:
    """The consecutive number of the period that holds an instant; instants near each other are cheap."""
    days: dict[int, int | None] = {}
    index = calendar.index

    def find(time: int) -> int:
        day = time // DAY
        known = days.get(day)
        if known is not None:
            return known
        if day not in days:
            if len(days) > 4096:
                days.clear()
            first, last = index(every, day * DAY), index(every, day * DAY + DAY - 1)
            middle = all(index(every, day * DAY + hour * DAY // 24) == first for hour in range(24))
            days[day] = first if first == last and middle else None
            if days[day] is not None:
                return first
        return index(every, time)

    return find


class Following:
    """What kinds ask for, given places in a layout and steps in a feed: a `Track`.

    Args:
        model: Whose signals are followed.
        layout: The places; one for a subject and all offsets and models on its events.
        feed: The steps; one for each offset.
        shifts: The offsets, from the outermost in.
        account: The track of the accounts, where this is one of members.
    """

    def __init__(
        self,
        model: ScoreModel,
        layout: Layout,
        feed: Feed,
        scored_by: Callable[[Following], Gauge],
        shifts: tuple[tuple[Span, Calendar], ...] = (),
        account: Following | None = None,
        line: int | None = None,
    ) -> None:
        self.model, self.layout, self.feed = model, layout, feed
        self.scored_by = scored_by
        self._shifts = shifts
        self._account = account
        self._line = line  # the place of the events that its offset does not see yet
        self._made: dict[Hashable, tuple[Gauge, frozenset[int]]] = {}
        self._kept: dict[Hashable, tuple[int, frozenset[int]]] = {}
        self._offsets: dict[tuple[Span, Calendar], Following] = {}
        self._halves: dict[int, tuple[int, list[int]]] = {}
        self._members: dict[int, tuple[Following, int]] = {}
        self._ledgers: dict[str, Ledger] = {}
        self.seats: dict[str, Seat] | None = None  # where signals stand in a sheet, while there is one

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
            self.looks_back(window)
            step, gauge = counted(self.layout, window.length.us)
            self.feed.on(selector, self.calendar, step)
            return gauge
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
        return self._cell_of(selector, self._windowed(window, Seen, Recent), self._reading(property))

    def periods(self, selector: Selector, every: Period, *, window: Span | None = None) -> Gauge:
        index = self.index(every)
        make = self._windowed(window, lambda: Turns(index), lambda length: RecentTurns(length, index))
        return self.cell((selector,), make)

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
        return lambda state: state.moments[place]

    def first(self, selector: Selector) -> Moment:
        def add(place: int) -> None:
            if selector == _ANY:
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
        sink = self._sink(asked.ageing, ledger)
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

    # -- other signals ------------------------------------------------------------------------------

    def delayed(self, offset: Span, calendar: Calendar) -> Following:
        """The track of what an offset sees."""
        key = (offset, calendar)
        if key not in self._offsets:
            account = None if self._account is None else self._account.delayed(offset, calendar)
            shifts = (*self._shifts, (offset, calendar))
            self._offsets[key] = Following(
                self.model,
                self.layout,
                self.layout.feed(),
                self.scored_by,
                shifts,
                account,
                self.layout.line(),
            )
        return self._offsets[key]

    def catch_up(self, state: State, now: int) -> None:
        """Takes in what an offset sees by ``now``; without an offset all is there already."""
        if self._line is None:
            return
        pending, take = state.pending[self._line], self.feed.take
        while pending and pending[0].time <= now:
            event = pending.popleft()
            take(state, event.time, event)
        top = state if state.owner is None else state.owner
        if now > top.moments[LAST]:
            top.moments[LAST] = now

    def waits(self, state: State, until: int) -> bool:
        """Whether an offset is yet to see an event by ``until``."""
        if self._line is None:
            return False
        pending = state.pending[self._line]
        return bool(pending) and pending[0].time <= until

    def signal(self, name: str) -> Gauge:
        if self.seats is not None and name in self.seats:
            return self.seats[name].gauge(name)
        signal = self.model.signal[name]
        if self._account is not None and signal.scope is None:
            return _of_owner(self._account, self._account.signal(name))
        return self._once(("signal", id(self.model), name), lambda: self._signal(signal))

    def _signal(self, signal: SignalDefinition) -> Gauge:
        if not isinstance(signal, Followed):
            return self._replayed(signal.name)
        if signal.offset is None:
            return signal.follow(self)
        calendar, offset = self.calendar, signal.offset
        track = self.delayed(offset, calendar).under(self.model)
        track._depends_on(0)
        inner = signal.follow(track)

        def read(state: State, at: int) -> Value:
            now = shifted(at, offset, calendar)
            track.catch_up(state, now)
            return inner.read(state, now)

        def span(state: State, at: int, until: int) -> Range:
            now, then = shifted(at, offset, calendar), shifted(until, offset, calendar)
            track.catch_up(state, now)
            return Range.anything() if track.waits(state, then) else inner.range(state, now, then)

        return Gauge(read, span, numeric=inner.numeric)

    def under(self, model: ScoreModel) -> Following:
        """A track on the same events for another model."""
        if model is self.model:
            return self
        other = Following(model, self.layout, self.feed, self.scored_by, self._shifts, line=self._line)
        other._made, other._kept, other._halves = self._made, self._kept, self._halves
        other._offsets, other._ledgers, other._members = self._offsets, self._ledgers, self._members
        return other

    def expression(self, expression: Expression) -> Gauge:
        seats = self.seats
        if seats is not None and all(name in seats for name in expression.names):
            return over_seats(expression, seats)
        gauges = {name: self.signal(name) for name in sorted(expression.names)}
        place_of = {name: i for i, name in enumerate(gauges)}
        reads = [gauge.read for gauge in gauges.values()]

        def leaf(node: Name | Prop) -> Callable[[list[Value]], Value]:
            return itemgetter(place_of[node.name]) if isinstance(node, Name) else lambda values: None

        value = compiled(expression.tree, leaf)
        return Gauge(
            lambda state, at: value([read(state, at) for read in reads]),
            lambda state, at, until: spanned(
                expression.tree, lambda name: gauges[name].range(state, at, until)
            ),
        )

    def condition(self, expression: Expression) -> Gauge:
        seats = self.seats
        if seats is not None and all(name in seats for name in expression.names):
            return over_seats(expression, seats, truth=True)
        return self.expression(expression)

    def members(self) -> tuple[Following, Callable[[State], Sequence[State]]]:
        if id(self.model) not in self._members:
            self._members[id(self.model)] = self._grouped()
        track, place = self._members[id(self.model)]
        present = track.first(_ANY)
        return track, lambda state: [m for m in state.members[place].values() if present(m) != NEVER]

    def _grouped(self) -> tuple[Following, int]:
        layout = Layout(lenient=self.layout.lenient)
        feed = layout.feed()
        place = self.layout.group(layout, sum(length_of(shift) for shift, _ in self._shifts))

        def step(state: State, time: int, event: Event) -> None:
            if event.user is None:
                return
            group = state.members[place]
            member = group.get(event.user)
            if member is None:
                member = group[event.user] = layout.fresh()
                member.owner = state
            set_aside(layout, member, event)
            feed.take(member, time, event)
            if member.huge:
                state.huge = True

        self.feed.on_every(step)
        return Following(self.model, layout, feed, self.scored_by, account=self), place

    def scored(self, model: object) -> Gauge:
        assert isinstance(model, ScoreModel)  # noqa: S101
        seen = self.seen()
        score = self.scored_by(self.under(model))

        def read(state: State, at: int) -> Value:
            return None if seen(state) == NEVER else score.read(state, at)

        def span(state: State, at: int, until: int) -> Range:
            return Range.exactly(None) if seen(state) == NEVER else score.range(state, at, until)

        return Gauge(read, span, numeric=True)

    # -- kinds with only a definition ---------------------------------------------------------------

    def subject(self, state: State) -> Subject:
        """The context of definitions, over all events of a state."""
        account = None
        if self._account is not None and state.owner is not None:
            account = self._account.subject(state.owner)
        return Subject(self.model, state.events, account)

    def keep_events(self, what: str) -> None:
        """Notes that a kind needs the events themselves."""
        self.layout.keeps = True
        self.layout.endless.append(what)
        if self._account is not None:
            self._account.keep_events(what)

    def _replayed(self, name: str) -> Gauge:
        self.keep_events(f"the signal {name!r}, of a kind that has only a definition")
        return Gauge(self.tried(lambda state, at: number(self.subject(state).signal(name, at))))

    def tried(self, read: Read) -> Read:
        """A reading that is missing where a definition fails, if that is what the host chose."""
        if not self.layout.lenient:
            return read

        def attempt(state: State, at: int) -> Value:
            try:
                return read(state, at)
            except Exception:
                return None

        return attempt


def set_aside(layout: Layout, state: State, event: Event) -> None:
    """Keeps an event for definitions, and for offsets that do not see it yet."""
    if layout.keeps:
        state.events.append(event)
    for pending in state.pending:
        pending.append(event)


def _first(place: int) -> Step:
    def step(state: State, time: int, event: Event) -> None:
        if state.moments[place] == NEVER:
            state.moments[place] = time

    return step


def _of_owner(account: Following, gauge: Gauge) -> Gauge:
    def read(state: State, at: int) -> Value:
        assert state.owner is not None  # noqa: S101
        account.catch_up(state.owner, at)
        return gauge.read(state.owner, at)

    def span(state: State, at: int, until: int) -> Range:
        assert state.owner is not None  # noqa: S101
        account.catch_up(state.owner, at)
        waits = account.waits(state.owner, until)
        return Range.anything() if waits else gauge.range(state.owner, at, until)

    return Gauge(read, span, numeric=gauge.numeric)

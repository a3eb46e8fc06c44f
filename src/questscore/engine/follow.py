"""Follow: what a model's kinds ask for, as steps on the state of one subject.

Lives here: `Following`, which is the `Track` of a model's subjects, of its members, of what an offset sees.
Lives elsewhere: what events come to (gather), places and steps (layout), how rules add up (sheet).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from operator import attrgetter, itemgetter

from questscore.engine.gather import ANY, Gathering
from questscore.engine.guarded_track import Guard, following
from questscore.engine.layout import LAST, Feed, Layout
from questscore.engine.periods import length_of
from questscore.engine.seats import Seat, over_seats
from questscore.language import Expression, Value
from questscore.language.closures import compiled
from questscore.language.ranges import Range, spanned
from questscore.language.tree import Name, Prop
from questscore.model.event import Event
from questscore.model.plugin import plugged, sealed
from questscore.model.rule import Rule
from questscore.model.score_model import ScoreModel
from questscore.model.signal import SignalDefinition, shifted
from questscore.model.time import Calendar, Span
from questscore.reference import Subject
from questscore.tracks.gauge import Gauge
from questscore.tracks.state import NEVER, State
from questscore.tracks.track import Followed

_time = attrgetter("time")


class Following(Gathering):
    """What kinds ask for: a `Track`.

    Args:
        model: Whose signals are followed.
        layout: The places; one for a subject and all offsets and models on its events.
        feed: The steps; one for each offset.
        scored_by: What gives the score of another model on the same events.
        shifts: The offsets, from the outermost in.
        account: The track of the accounts, where this is one of members.
        line: The place of the events that its offset does not see yet.
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
        super().__init__(model, layout, feed, shifts)
        self.scored_by = scored_by
        self._account, self._line = account, line
        self._offsets: dict[tuple[Span, Calendar], Following] = {}
        self._members: dict[int, tuple[Following, int]] = {}
        self.seats: dict[str, Seat] | None = None  # where signals stand in a sheet, while there is one

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
        if (form := following(signal)) is None:
            return self._replayed(signal)
        if signal.offset is None:
            return self.followed(signal, form)
        calendar, offset = self.calendar, signal.offset
        track = self.delayed(offset, calendar).under(self.model)
        track._depends_on(0)
        inner = track.followed(signal, form)

        def read(state: State, at: int) -> Value:
            now = shifted(at, offset, calendar)
            track.catch_up(state, now)
            return inner.read(state, now)

        def span(state: State, at: int, until: int) -> Range:
            now, then = shifted(at, offset, calendar), shifted(until, offset, calendar)
            track.catch_up(state, now)
            return Range.anything() if track.waits(state, then) else inner.range(state, now, then)

        return Gauge(read, span, numeric=inner.numeric)

    def followed(self, part: SignalDefinition | Rule, form: Followed) -> Gauge:
        """What reads a signal or rule that has a form for one event at a time."""
        return (
            form.follow(self)
            if not plugged(part)
            else Guard(part, self.layout.faults, self._named()).followed(form, self)
        )

    def _named(self) -> Callable[[State], str | None]:
        """What tells whose a state is, from its first event on."""
        place, by_user = self.layout.text(), self.model.subject == "user"

        def step(state: State, time: int, event: Event) -> None:
            state.texts[place] = event.user if by_user else event.account

        def named(state: State) -> str | None:
            name = state.texts[place]
            return name if isinstance(name, str) else None

        self.feed.on_first(step)
        return named

    def under(self, model: ScoreModel) -> Following:
        """A track on the same events for another model."""
        if model is self.model:
            return self
        other = Following(model, self.layout, self.feed, self.scored_by, self._shifts, line=self._line)
        other.share(self)
        other._offsets, other._members = self._offsets, self._members
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
        present = track.first(ANY)
        return track, lambda state: [m for m in state.members[place].values() if present(m) != NEVER]

    def _grouped(self) -> tuple[Following, int]:
        layout = Layout(self.layout.faults)
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
        return Subject(self.model, state.events, account, self.layout.faults)

    def keep_events(self, what: str) -> None:
        """Notes that a kind needs the events themselves."""
        self.layout.keeps = True
        self.layout.endless.append(what)
        if self._account is not None:
            self._account.keep_events(what)

    def _replayed(self, signal: SignalDefinition) -> Gauge:
        self.keep_events(f"the signal {signal.name!r}, of a kind that has only a definition")
        if not signal.moves_with_time:
            return self._remembered(signal)
        name = signal.name
        return Gauge(lambda state, at: self.subject(state).signal(name, at))

    def _remembered(self, signal: SignalDefinition) -> Gauge:
        """What reads a signal whose value moves with events only: asked again when there is a new one."""
        known, value = self.layout.number(), self.layout.text()
        offset, calendar = signal.offset, self.calendar

        def seen(state: State, at: int) -> int:
            """How many events it sees, and one."""
            return 1 + bisect_right(state.events, shifted(at, offset, calendar), key=_time)

        def read(state: State, at: int) -> Value:
            events = seen(state, at)
            if state.numbers[known] != events:
                state.texts[value] = self.subject(state).value(signal, shifted(at, offset, calendar))
                state.numbers[known] = events
            return state.texts[value]

        def span(state: State, at: int, until: int) -> Range:
            stays = seen(state, at) == seen(state, until)
            return Range.exactly(read(state, at)) if stays else Range.anything()

        return Gauge(read, span)


def set_aside(layout: Layout, state: State, event: Event) -> None:
    """Keeps an event for definitions, and for offsets that do not see it yet."""
    if layout.keeps:
        state.events.append(sealed(event))
    for pending in state.pending:
        pending.append(event)


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

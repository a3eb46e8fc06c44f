"""Sheet: signals, points, groups, bounds and scale of one model, over one state.

Lives here: how rules add up to a score one subject at a time.
Lives elsewhere: what gives signals and points (follow), where signals stand (seats), what a score may come to
be (outlook), the same over columns (scoring).
"""

from __future__ import annotations

import operator
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from math import nan
from typing import Protocol, TypeAlias, TypeVar

from questscore.engine.follow import Following
from questscore.engine.items import bounded, number_keeper, ordered, paid_by, text_keeper
from questscore.engine.layout import READ
from questscore.engine.outlook import Outlook
from questscore.engine.seats import Seat, over_seats
from questscore.engine.sinks import Ledger
from questscore.language import Value
from questscore.model.number import finite, total
from questscore.model.result import Score
from questscore.model.rule import Group, clamp
from questscore.tracks.gauge import Decaying, Drop, Elapsed, Flat, Gauge, Refresh, Standing, at_once, never
from questscore.tracks.state import FOREVER, NEVER, Moment, Moments, Noted, Numbers, State

T = TypeVar("T", float, int)
Points: TypeAlias = Callable[[Numbers], Value]


class Reads(Protocol):
    """Reads a state at an instant at or after the last event and the last reading."""

    def __call__(self, state: State, at: int, subject: str = "") -> Score: ...


Held: TypeAlias = tuple[Numbers, Moments, int, list[Value] | None]
"""What a state held when it was read, and that instant: points and signals are told from it later."""


class Chosen(dict[int, Sequence[tuple[int, Points]]]):
    """Of rules with their bits, the ones to be read anew, by the bits of these.

    Args:
        rules: The bit of each, the place of its points, and what reads them.
    """

    def __init__(self, rules: Sequence[tuple[int, int, Points]]) -> None:
        self._rules = rules

    def __missing__(self, bits: int) -> Sequence[tuple[int, Points]]:
        if len(self) >= 1024:
            self.clear()
        found = self[bits] = [(place, points) for bit, place, points in self._rules if bits & bit]
        return found


class Sheet:
    """A model's signals and rules on a track, read together.

    Signals and rules are its items, numbered in the order in which they are read: what reads others comes
    after them. What is read is kept in the state, so that the next reading reads anew only what events or
    time changed.

    Args:
        track: Of the model.
    """

    def __init__(self, track: Following) -> None:
        self.model = model = track.model
        self._layout = layout = track.layout
        self._seats: dict[str, Seat] = {}
        track.seats = self._seats
        entries: list[frozenset[int]] = []
        for name in ordered(model):
            layout.watch()
            gauge = track.signal(name)
            entries.append(layout.end_watch())
            place = _standing(gauge)
            if place is None:
                place = layout.number() if gauge.numeric else layout.text()
            self._seats[name] = Seat(layout, len(self._seats), place, gauge, entries[-1])
        gauges: list[Gauge] = []
        of_rules: list[frozenset[int]] = []
        for rule in model.rules:
            layout.watch()
            gauges.append(bounded(rule, paid_by(track, rule, self._seats)))
            of_rules.append(layout.end_watch())
        when = [
            (level.name, over_seats(level.when, self._seats, truth=True))
            for level in model.levels
            if level.when is not None
        ]
        track.seats = None
        self._sort(gauges, track.ledger())
        self._entries = entries + [of_rules[i] for i in self._other_rules]
        self._number([gauges[i] for i in self._other_rules])
        thresholds = [(lv.at_least, lv.name) for lv in model.levels if lv.at_least is not None]
        edges = [at_least - 1e-9 * max(1.0, abs(at_least)) for at_least, _ in thresholds]
        base = model.levels.below if len(model.levels) else None
        reached: list[str | None] = [base, *(name for _, name in thresholds)]
        self._when, self._edges, self._reached = when, edges, reached
        self.outlook = Outlook(
            model,
            [seat.own.range for seat in self._seats.values()],
            [gauge.range for gauge in gauges],
            self.added,
            when,
            edges,
            reached,
            self.value,
        )
        self.read = self._reader()
        """The score as of an instant at or after the last event and the last reading."""

    def _sort(self, gauges: Sequence[Gauge], ledger: Ledger) -> None:
        """Parts the rules by how their points are read: most are a number, aged together with others."""
        rules, layout = self.model.rules, self._layout
        self._flat: list[tuple[int, int]] = []  # (rule, place)
        aged: dict[tuple[int, float], list[tuple[int, int]]] = {}
        self._other_rules: list[int] = []
        for i, (rule, gauge) in enumerate(zip(rules, gauges, strict=True)):
            if rule.group is None and isinstance(gauge, Flat):
                self._flat.append((i, gauge.place))
            elif rule.group is None and isinstance(gauge, Decaying):
                aged.setdefault((gauge.landmark, gauge.per), []).append((i, gauge.place))
            else:
                self._other_rules.append(i)
        self.added = ledger.added
        flats = [place for _, place in self._flat]
        # the ledger's own sums serve where they are of these rules and no other
        own = flats == ledger.flats
        self._earned = operator.itemgetter(ledger.flat) if own else _adder([ledger.added, *flats])
        # landmark, half-lives a microsecond, the sum, (rule, place)
        self._aged = [
            (landmark, per, _together(ledger, landmark, own), own) for (landmark, per), own in aged.items()
        ]
        self._rest = layout.number()
        self._places: dict[int, int] = {}
        for i in self._other_rules:
            place = _standing(gauges[i])
            self._places[i] = layout.number() if place is None else place
        self._loose = [self._places[i] for i in self._other_rules if rules[i].group is None]
        self._grouped = [
            (group, [self._places[i] for i, rule in enumerate(rules) if rule.group == group.name])
            for group in self.model.groups
        ]

    def _number(self, gauges: Sequence[Gauge]) -> None:
        """Gives each item its bit, and what reads it anew; gauges: those of the other rules."""
        seats, layout = self._seats, self._layout
        growing = {name for name, seat in seats.items() if seat.elapsed is not None}
        items = [*(seat.own for seat in seats.values()), *gauges]
        self._paid = 1 << len(items)  # the bit of the sum of the other rules
        self._always = 0  # the bits of what is read from others and yet may change at any instant
        self._growing: list[tuple[Moment, int, int]] = []  # (since when, unit, place)
        self._windows: dict[int, tuple[Drop, int]] = {}  # by place of when it turns, with what reads it
        self._fresh: list[tuple[int, int, Refresh]] = []  # (bit, place of when it turns, reads it anew)
        self._derived: list[tuple[int, Refresh]] = []
        self._fresh_rules: list[tuple[int, int, Refresh]] = []
        self._derived_rules: list[tuple[int, Refresh]] = []
        self._simple_rules: list[tuple[int, int, Callable[[Numbers], Value]]] = []
        self._bits = [1 << i for i in range(len(items))]  # of what an event makes read anew
        for i, (name, seat) in enumerate(seats.items()):
            gauge, place = seat.own, seat.place
            after = sum(1 << j for j, other in enumerate(items) if name in (other.names or ()))
            if isinstance(gauge, (Flat, Standing)):
                self._stand(i, gauge, after)
            elif isinstance(gauge, Elapsed):
                self._growing.append((gauge.since, gauge.unit, place))
            elif gauge.names is None:
                turn = layout.moment()
                keeper = gauge.keeper if gauge.numeric else gauge.text_keeper
                self._fresh.append((1 << i, turn, keeper(place, turn, after)))
            else:
                self._always |= 1 << i if gauge.names & growing else 0
                keep = number_keeper if gauge.numeric else text_keeper
                self._derived.append((1 << i, keep(gauge.read, place, after)))
        for i, (gauge, place) in enumerate(zip(gauges, self._places.values(), strict=True), len(seats)):
            if isinstance(gauge, (Flat, Standing)):
                self._stand(i, gauge, self._paid)
            elif gauge.names is None or gauge.turns not in (at_once, never):
                turn = layout.moment()
                self._fresh_rules.append((1 << i, turn, gauge.keeper(place, turn, self._paid)))
            else:
                self._always |= 1 << i if gauge.turns is at_once else 0
                if gauge.of_numbers is None:
                    self._derived_rules.append((1 << i, number_keeper(gauge.read, place, self._paid)))
                else:
                    self._simple_rules.append((1 << i, place, gauge.of_numbers))

    def _stand(self, item: int, gauge: Flat | Standing, after: int) -> None:
        """An item whose number stands in the state: events and time make read anew what reads it."""
        self._bits[item] = after
        if isinstance(gauge, Standing):
            _, others = self._windows.get(gauge.turn, (gauge.drop, 0))
            self._windows[gauge.turn] = gauge.drop, others | after

    @property
    def names(self) -> tuple[str, ...]:
        """The signals, in the order of a state's ranges."""
        return tuple(self._seats)

    def touched(self, entries: frozenset[int]) -> int:
        """The bits of the items that depend on some entries of the feed."""
        return reduce(
            operator.or_,
            (bits for bits, own in zip(self._bits, self._entries, strict=True) if own & entries),
            0,
        )

    # -- reading ------------------------------------------------------------------------------------

    def _reader(self) -> Reads:
        always, fresh, fresh_rules = self._always, self._fresh, self._fresh_rules
        windows = [(turn, drop, after) for turn, (drop, after) in self._windows.items()]
        places = [turn for turn, _, _ in windows] + [turn for _, turn, _ in (*fresh, *fresh_rules)]
        places.append(self._layout.moment(FOREVER))
        turning, timed = _picker(places), sum(bit for bit, _, _ in (*fresh, *fresh_rules))
        derived, derived_rules = self._derived, self._derived_rules
        derived_bits = sum(bit for bit, _ in (*derived, *derived_rules))
        simple_bits, simple_rules = sum(bit for bit, _, _ in self._simple_rules), Chosen(self._simple_rules)
        grow = self._grower()
        # what grows is set when it is read from, or else told later from the moments that are held
        each = always or any(not isinstance(since, Noted) for since, _, _ in self._growing)
        paid, rest, earned = self._paid, self._rest, self._earned
        loose, groups = _picker(self._loose), self._of_groups() if self._grouped else None
        aged = [(landmark, per, add) for landmark, per, add, _ in self._aged]
        model = self.model
        plain = model.scale is None and model.minimum is None and model.maximum is None
        finished = None if plain else self._finished
        when, edges, reached = self._when, self._edges, self._reached
        has_texts = any(not seat.own.numeric for seat in self._seats.values())
        lazy = Score.lazy

        def read(state: State, at: int, subject: str = "") -> Score:
            moments, numbers = state.moments, state.numbers
            moments[READ] = at
            dirty = state.dirty | always
            state.dirty = -1  # should a kind fail
            if each:
                grow(state, at)
            turns = at >= state.turn
            if turns:
                for turn, drop, after in windows:
                    if at >= moments[turn]:
                        drop(state, at)
                        dirty |= after
            if dirty & timed:
                turns = True
            if turns and fresh:
                grow(state, at)
                for bit, turn, refresh in fresh:
                    if at >= moments[turn] or dirty & bit:
                        dirty |= refresh(state, at)
            if dirty & derived_bits:
                for bit, keep in derived:
                    if dirty & bit:
                        dirty |= keep(state, at)
                for bit, keep in derived_rules:
                    if dirty & bit:
                        dirty |= keep(state, at)
            if dirty & simple_bits:
                for place, points in simple_rules[dirty & simple_bits]:
                    found = points(numbers)
                    numbers[place] = found if isinstance(found, float) else nan
                dirty |= paid
            if turns:
                for bit, turn, refresh in fresh_rules:
                    if at >= moments[turn] or dirty & bit:
                        grow(state, at)
                        dirty |= refresh(state, at)
                state.turn = min(turning(moments))
            if dirty & paid:
                numbers[rest] = sum(loose(numbers), 0.0 if groups is None else groups(numbers))
            state.dirty = 0
            value: float | None
            value = numbers[rest] + earned(numbers)
            for landmark, per, add in aged:
                value += add(numbers) * 2.0 ** ((moments[landmark] - at) * per)
            if value - value != 0.0:  # too large, or unknown
                value = self._exact(numbers, moments, at)
            raw, level = value, None
            if value is not None:
                if finished is not None:
                    value = finished(value)
                if when:
                    grow(state, at)
                    level = _first_of(when, state, at)
                if level is None:
                    level = reached[bisect_right(edges, value)]
            held = numbers[:], moments[:], at, state.texts[:] if has_texts else None
            return lazy(subject, value, raw, level, self, held)

        return read

    def _grower(self) -> Callable[[State, int], None]:
        """What sets the numbers that grow all the time, for what is read from them."""
        growing = self._growing

        def grow(state: State, at: int) -> None:
            for since, unit, place in growing:
                time = since(state)
                state.numbers[place] = (at - time) / unit if time != NEVER else nan

        return grow if growing else lambda state, at: None

    def _of_groups(self) -> Callable[[Numbers], float]:
        """What adds up the points of groups; NaN where unknown."""
        grouped = self._grouped

        def groups(numbers: Numbers) -> float:
            found = 0.0
            for group, own in grouped:
                inside = [numbers[place] for place in own]
                found += nan if any(paid != paid for paid in inside) else _of_group(group, inside)
            return found

        return groups

    def _finished(self, value: float) -> float:
        model = self.model
        if model.minimum is not None or model.maximum is not None:
            value = clamp(value, model.minimum, model.maximum)
        return value if model.scale is None else model.scale(value)

    def _exact(self, numbers: Numbers, moments: Moments, at: int) -> float | None:
        """The sum of all points, however large; None when some are unknown."""
        if any(numbers[place] != numbers[place] for place in self._places.values()):
            return None
        parts = [finite(numbers[place]) for _, place in self._flat] + [finite(numbers[self.added])]
        for landmark, per, _, own in self._aged:
            left = 2.0 ** ((moments[landmark] - at) * per)
            parts += [finite(numbers[place] * left) for _, place in own]
        parts += [numbers[place] for place in self._loose]
        groups = [_of_group(group, [numbers[place] for place in own]) for group, own in self._grouped]
        return total(parts + groups)

    def points(self, held: Held) -> dict[str, float | None]:
        """Points by rule, in the order of the model."""
        numbers, moments, at, _ = held
        found: list[float | None] = [0.0] * len(self.model.rules)
        for i, place in self._flat:
            found[i] = finite(numbers[place])
        for landmark, per, _, own in self._aged:
            left = 2.0 ** ((moments[landmark] - at) * per)
            for i, place in own:
                found[i] = finite(numbers[place] * left)
        for i, place in self._places.items():
            paid = numbers[place]
            found[i] = paid if paid == paid else None
        return {rule.name: paid for rule, paid in zip(self.model.rules, found, strict=True)}

    def adjustments(self, held: Held) -> float:
        """What adjustments and resets add."""
        return held[0][self.added]

    def signals(self, held: Held) -> dict[str, Value]:
        """Values by signal, in the order of the model."""
        numbers, moments, at, texts = held
        found: dict[str, Value] = {}
        for signal in self.model.columns:
            seat = self._seats[signal.name]
            if isinstance(seat.own, Elapsed) and isinstance(seat.own.since, Noted):
                time = moments[seat.own.since.place]
                found[signal.name] = (at - time) / seat.own.unit if time != NEVER else None
            elif seat.own.numeric:
                number = numbers[seat.place]
                found[signal.name] = number if number == number else None
            elif texts is not None:
                found[signal.name] = texts[seat.place]
        return found

    def may_stand(self, state: State, at: int, until: int) -> tuple[set[str | None], float]:
        """The levels that scores alone may give in [at, until], and the least score there may be."""
        return self.outlook.may_stand(state, at, until)

    def value(self, state: State, at: int) -> Value:
        """The scaled score, aside from what is read of the state otherwise."""
        last, turn = state.moments[READ], state.turn
        state.dirty, state.turn = -1, NEVER
        value = self.read(state, at).value
        # what the sheet around this one reads of the same windows may have changed
        state.dirty, state.turn, state.moments[READ] = -1, turn, last
        return value

    def gauge(self) -> Gauge:
        """The scaled score, as a value of the state."""
        return Gauge(self.value, self.outlook.apart, numeric=True)


def _standing(gauge: Gauge) -> int | None:
    """The place of the number, where a gauge reads nothing else."""
    return gauge.place if isinstance(gauge, (Flat, Standing)) else None


def _picker(places: Sequence[int]) -> Callable[[array[T]], Iterable[T]]:
    """What stands at some places."""
    if len(places) > 1:
        return operator.itemgetter(*places)
    return lambda held: [held[place] for place in places]


def _together(ledger: Ledger, landmark: int, own: Sequence[tuple[int, int]]) -> Callable[[Numbers], float]:
    """The sum of the points of rules that age together."""
    places = [place for _, place in own]
    total, all_of_it = ledger.aged[landmark]
    return operator.itemgetter(total) if places == all_of_it else _adder(places)


def _adder(places: Sequence[int]) -> Callable[[Numbers], float]:
    """The sum of the numbers at some places."""
    if len(places) == 1:
        return operator.itemgetter(places[0])
    pick = _picker(places)
    return lambda numbers: sum(pick(numbers), 0.0)


def _of_group(group: Group, points: Sequence[float]) -> float:
    return finite(group.weight * clamp(total(points), group.minimum, group.maximum))


def _first_of(when: Sequence[tuple[str, Gauge]], state: State, at: int) -> str | None:
    """The first level whose condition holds."""
    for name, gauge in when:
        if gauge.read(state, at):
            return name
    return None

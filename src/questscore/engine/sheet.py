"""Sheet: signals, points, groups, bounds and scale of one model, over one state.

Lives here: how rules add up to a score one subject at a time.
Lives elsewhere: what gives signals and points (follow), where signals stand (seats), what a score may come to
be (outlook), the same over columns (scoring).
"""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Callable, Sequence
from math import nan

from questscore.engine.follow import Following
from questscore.engine.items import bounded, number_keeper, ordered, paid_by, text_keeper
from questscore.engine.layout import READ
from questscore.engine.outlook import Outlook
from questscore.engine.seats import Seat, over_seats
from questscore.engine.sinks import Ledger
from questscore.language import Value
from questscore.model.number import finite, total
from questscore.model.rule import Group, clamp
from questscore.tracks.gauge import Decaying, Elapsed, Flat, Gauge, Refresh, at_once, never
from questscore.tracks.state import NEVER, Moment, Noted, Numbers, State


class Reading:
    """A score as read, with what tells its points and signals later, whatever the state does then.

    ``value``, ``raw`` and ``level`` are None when unknown; ``level`` is that of the score alone.
    """

    __slots__ = ("level", "numbers", "raw", "sheet", "texts", "value")
    sheet: Sheet
    value: float | None
    raw: float | None
    level: str | None
    numbers: Numbers
    texts: list[Value] | None

    @property
    def adjustments(self) -> float:
        """What adjustments and resets add."""
        return self.numbers[self.sheet.added]

    def points(self) -> dict[str, float | None]:
        """Points by rule, in the order of the model."""
        return self.sheet.points(self.numbers)

    def signals(self) -> dict[str, Value]:
        """Values by signal, in the order of the model."""
        return self.sheet.signals(self.numbers, self.texts)


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
        )
        self.read: Callable[[State, int], Reading] = self._reader()
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
        self._total, self._sum = ledger.flat, None if flats == ledger.flats else _adder(flats)
        # landmark, half-lives a microsecond, place of what is left since, place of the sum or the sum,
        # (rule, place)
        self._aged = [
            (landmark, per, layout.number(), *_together(ledger, landmark, own), own)
            for (landmark, per), own in aged.items()
        ]
        self._rest = layout.number()
        self._places = {rule: layout.number() for rule in self._other_rules}
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
        self._growing: list[tuple[int, int, int]] = []  # (place of the moment, unit, place)
        self._since: list[tuple[Moment, int, int]] = []  # (the moment, unit, place)
        self._fresh: list[tuple[int, int, Refresh]] = []  # (bit, place of when it turns, reads it anew)
        self._derived: list[tuple[int, Refresh]] = []
        self._fresh_rules: list[tuple[int, int, Refresh]] = []
        self._derived_rules: list[tuple[int, Refresh]] = []
        self._simple_rules: list[tuple[int, int, Callable[[Numbers], Value]]] = []
        for i, (name, seat) in enumerate(seats.items()):
            gauge, place = seat.own, seat.place
            after = sum(1 << j for j, other in enumerate(items) if name in (other.names or ()))
            if isinstance(gauge, Elapsed):
                if isinstance(gauge.since, Noted):
                    self._growing.append((gauge.since.place, gauge.unit, place))
                else:
                    self._since.append((gauge.since, gauge.unit, place))
            elif gauge.names is None:
                turn = layout.moment()
                keeper = gauge.keeper if gauge.numeric else gauge.text_keeper
                self._fresh.append((1 << i, turn, keeper(place, turn, after)))
            else:
                self._always |= 1 << i if gauge.names & growing else 0
                keep = number_keeper if gauge.numeric else text_keeper
                self._derived.append((1 << i, keep(gauge.read, place, after)))
        for i, (gauge, place) in enumerate(zip(gauges, self._places.values(), strict=True), len(seats)):
            if gauge.names is None or gauge.turns not in (at_once, never):
                turn = layout.moment()
                self._fresh_rules.append((1 << i, turn, gauge.keeper(place, turn, self._paid)))
            else:
                self._always |= 1 << i if gauge.turns is at_once else 0
                if gauge.of_numbers is None:
                    self._derived_rules.append((1 << i, number_keeper(gauge.read, place, self._paid)))
                else:
                    self._simple_rules.append((1 << i, place, gauge.of_numbers))

    @property
    def names(self) -> tuple[str, ...]:
        """The signals, in the order of a state's ranges."""
        return tuple(self._seats)

    def touched(self, entries: frozenset[int]) -> int:
        """The bits of the items that depend on some entries of the feed."""
        return sum(1 << i for i, own in enumerate(self._entries) if own & entries)

    # -- reading ------------------------------------------------------------------------------------

    def _reader(self) -> Callable[[State, int], Reading]:
        always, growing, others, fresh = self._always, self._growing, self._since, self._fresh
        derived, derived_rules, simple_rules = self._derived, self._derived_rules, self._simple_rules
        fresh_rules = self._fresh_rules
        derived_bits = sum(
            [bit for bit, _ in (*derived, *derived_rules)] + [bit for bit, _, _ in simple_rules]
        )
        paid, rest, rest_of, aged = self._paid, self._rest, self._rest_of(), self._aged
        flat, sum_of, added = self._total, self._sum, self.added
        model = self.model
        plain = model.scale is None and model.minimum is None and model.maximum is None
        finished = None if plain else self._finished
        when, edges, reached = self._when, self._edges, self._reached
        has_texts = any(not seat.own.numeric for seat in self._seats.values())
        new = object.__new__

        def read(state: State, at: int) -> Reading:
            moments, numbers = state.moments, state.numbers
            moments[READ] = at
            dirty = state.dirty | always
            state.dirty = -1  # should a kind fail
            for place, unit, own in growing:
                time = moments[place]
                numbers[own] = (at - time) / unit if time != NEVER else nan
            for since, unit, own in others:
                time = since(state)
                numbers[own] = (at - time) / unit if time != NEVER else nan
            for bit, turn, refresh in fresh:
                if at >= moments[turn] or dirty & bit:
                    dirty |= refresh(state, at)
            if dirty & derived_bits:
                for bit, keep in derived:
                    if dirty & bit:
                        dirty |= keep(state, at)
                for bit, place, points in simple_rules:
                    if dirty & bit:
                        found = points(numbers)
                        numbers[place] = found if isinstance(found, float) else nan
                        dirty |= paid
                for bit, keep in derived_rules:
                    if dirty & bit:
                        dirty |= keep(state, at)
            for bit, turn, refresh in fresh_rules:
                if at >= moments[turn] or dirty & bit:
                    dirty |= refresh(state, at)
            if dirty & paid:
                numbers[rest] = rest_of(numbers)
            state.dirty = 0
            value: float | None
            value = numbers[rest] + numbers[added] + (numbers[flat] if sum_of is None else sum_of(numbers))
            for landmark, per, left, place, add, _ in aged:
                factor = numbers[left] = 2.0 ** ((moments[landmark] - at) * per)
                value += (numbers[place] if add is None else add(numbers)) * factor
            if value - value != 0.0:  # too large, or unknown
                value = self._exact(numbers)
            reading = new(Reading)
            reading.sheet = self
            reading.raw = value
            reading.level = None
            if value is not None:
                if finished is not None:
                    value = finished(value)
                level = _first_of(when, state, at) if when else None
                reading.level = level if level is not None else reached[bisect_right(edges, value)]
            reading.value = value
            reading.numbers = numbers[:]
            reading.texts = state.texts[:] if has_texts else None
            return reading

        return read

    def _rest_of(self) -> Callable[[Numbers], float]:
        """What adds up the points of the other rules and of groups; NaN where unknown."""
        loose, grouped = _adder(self._loose), self._grouped
        if not grouped:
            return loose

        def rest(numbers: Numbers) -> float:
            found = loose(numbers)
            for group, own in grouped:
                inside = [numbers[place] for place in own]
                found += nan if any(paid != paid for paid in inside) else _of_group(group, inside)
            return found

        return rest

    def _finished(self, value: float) -> float:
        model = self.model
        if model.minimum is not None or model.maximum is not None:
            value = clamp(value, model.minimum, model.maximum)
        return value if model.scale is None else model.scale(value)

    def _exact(self, numbers: Numbers) -> float | None:
        """The sum of all points, however large; None when some are unknown."""
        if any(numbers[place] != numbers[place] for place in self._places.values()):
            return None
        parts = [finite(numbers[place]) for _, place in self._flat] + [finite(numbers[self.added])]
        for _, _, left, _, _, own in self._aged:
            parts += [finite(numbers[place] * numbers[left]) for _, place in own]
        parts += [numbers[place] for place in self._loose]
        groups = [_of_group(group, [numbers[place] for place in own]) for group, own in self._grouped]
        return total(parts + groups)

    def points(self, numbers: Numbers) -> dict[str, float | None]:
        """Points by rule of a reading."""
        found: list[float | None] = [0.0] * len(self.model.rules)
        for i, place in self._flat:
            found[i] = finite(numbers[place])
        for _, _, left, _, _, own in self._aged:
            for i, place in own:
                found[i] = finite(numbers[place] * numbers[left])
        for i, place in self._places.items():
            paid = numbers[place]
            found[i] = paid if paid == paid else None
        return {rule.name: paid for rule, paid in zip(self.model.rules, found, strict=True)}

    def signals(self, numbers: Numbers, texts: Sequence[Value] | None) -> dict[str, Value]:
        """Values by signal of a reading."""
        found: dict[str, Value] = {}
        for signal in self.model.columns:
            seat = self._seats[signal.name]
            if seat.own.numeric:
                number = numbers[seat.place]
                found[signal.name] = number if number == number else None
            elif texts is not None:
                found[signal.name] = texts[seat.place]
        return found

    def may_stand(self, state: State, at: int, until: int) -> tuple[set[str | None], float]:
        """The levels that scores alone may give in [at, until], and the least score there may be."""
        return self.outlook.may_stand(state, at, until)

    def gauge(self) -> Gauge:
        """The scaled score, as a value of the state."""

        def read(state: State, at: int) -> Value:
            dirty, last = state.dirty, state.moments[READ]
            state.dirty = -1
            value = self.read(state, at).value
            state.dirty, state.moments[READ] = dirty, last
            return value

        return Gauge(read, self.outlook.apart, numeric=True)


def _together(
    ledger: Ledger, landmark: int, own: Sequence[tuple[int, int]]
) -> tuple[int, Callable[[Numbers], float] | None]:
    """The place of the sum of the points of rules that age together; else what adds them up."""
    places = [place for _, place in own]
    total, all_of_it = ledger.aged[landmark]
    return total, None if places == all_of_it else _adder(places)


def _adder(places: Sequence[int]) -> Callable[[Numbers], float]:
    """The sum of the numbers at some places."""
    if not places:
        return lambda numbers: 0.0
    if len(places) == 1:
        return operator.itemgetter(places[0])
    if len(places) == 2:
        first, second = places
        return lambda numbers: numbers[first] + numbers[second]
    pick = operator.itemgetter(*places)
    return lambda numbers: sum(pick(numbers))


def _of_group(group: Group, points: Sequence[float]) -> float:
    return finite(group.weight * clamp(total(points), group.minimum, group.maximum))


def _first_of(when: Sequence[tuple[str, Gauge]], state: State, at: int) -> str | None:
    """The first level whose condition holds."""
    for name, gauge in when:
        if gauge.read(state, at):
            return name
    return None

"""Sheet: signals, points, groups, bounds and scale of one model, over one state.

Lives here: how rules add up to a score one subject at a time, and what a score may come to be.
Lives elsewhere: what gives signals and points (follow), the same over columns (scoring).
"""

from __future__ import annotations

import operator
from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from math import nan

from questscore.engine.follow import Following, Ledger
from questscore.language import Value
from questscore.language.ranges import Range
from questscore.model.number import finite, total
from questscore.model.rule import Group, Rule, clamp
from questscore.model.scale import Scale
from questscore.model.score_model import ScoreModel
from questscore.tracks.state import NEVER, Decaying, Flat, Gauge, Numbers, Read, State
from questscore.tracks.track import Followed


Turns = Callable[[State, int], int]


class Reading:
    """A score as read, with what tells its points and signals later, whatever the state does then.

    ``value``, ``raw`` and ``level`` are None when unknown; ``level`` is that of the score alone.
    """

    __slots__ = (
        "_factors",
        "_numbers",
        "_others",
        "_sheet",
        "adjustments",
        "level",
        "raw",
        "value",
        "values",
    )

    def __init__(
        self,
        sheet: Sheet,
        value: float | None,
        raw: float | None,
        level: str | None,
        adjustments: float,
        values: list[Value],
        numbers: Numbers,
        factors: list[float],
        others: Numbers,
    ) -> None:
        self._sheet = sheet
        self.value, self.raw, self.level, self.adjustments = value, raw, level, adjustments
        self.values, self._numbers, self._factors, self._others = values, numbers, factors, others

    def points(self) -> dict[str, float | None]:
        """Points by rule, in the order of the model."""
        return self._sheet.points(self._numbers, self._factors, self._others)

    def signals(self) -> dict[str, Value]:
        """Values by signal, in the order of the model."""
        return self._sheet.signals(self.values)


class Sheet:
    """A model's signals and rules on a track, read together.

    Signals and rules are its items, numbered in the order in which they are read: what reads others comes
    after them.
    """

    def __init__(self, track: Following) -> None:
        self.model = model = track.model
        self._places = track.places = {}
        signals: list[Gauge] = []
        self._entries: list[frozenset[int]] = []
        layout = track.layout
        for name in _ordered(model):
            layout.watch()
            signals.append(track.signal(name))
            self._entries.append(layout.end_watch())
            self._places[name] = len(self._places)
        rules: list[Gauge] = []
        entries: list[frozenset[int]] = []
        for rule in model.rules:
            layout.watch()
            rules.append(_bounded(rule, _paid(track, rule, tuple(self._places))))
            entries.append(layout.end_watch())
        self._when = [
            (level.name, track.expression(level.when)) for level in model.levels if level.when is not None
        ]
        self._signal_reads = [gauge.read for gauge in signals]
        self._signal_ranges = [gauge.range for gauge in signals]
        self._ranges = [gauge.range for gauge in rules]
        self._sort(rules, track.ledger())
        self._entries += [entries[i] for i in self._other_rules]
        self._number([*signals, *(rules[i] for i in self._other_rules)])
        thresholds = [(lv.at_least, lv.name) for lv in model.levels if lv.at_least is not None]
        self._edges = [at_least - 1e-9 * max(1.0, abs(at_least)) for at_least, _ in thresholds]
        base = model.levels.below if len(model.levels) else None
        self._reached: list[str | None] = [base, *(name for _, name in thresholds)]
        track.places = None

    def _sort(self, gauges: Sequence[Gauge], ledger: Ledger) -> None:
        """Parts the rules by how their points are read: most are a number, aged together with others."""
        self._flat: list[tuple[int, int]] = []  # (rule, place)
        aged: dict[tuple[int, float], list[tuple[int, int]]] = {}
        self._other_rules: list[int] = []
        self._others: list[Read] = []
        for i, (rule, gauge) in enumerate(zip(self.model.rules, gauges, strict=True)):
            if rule.group is None and isinstance(gauge, Flat):
                self._flat.append((i, gauge.place))
            elif rule.group is None and isinstance(gauge, Decaying):
                aged.setdefault((gauge.landmark, gauge.per), []).append((i, gauge.place))
            else:
                self._other_rules.append(i)
                self._others.append(gauge.read)
        self._aged = [(landmark, per, own) for (landmark, per), own in aged.items()]
        self._added = ledger.added
        flats = [place for _, place in self._flat]
        # the ledger's own sums serve where they are of these rules and no other
        self._sums = _adder([ledger.flat if flats == ledger.flats else flats, self._added])
        self._aged_sums = []
        for landmark, per, own in self._aged:
            places = [place for _, place in own]
            total, all_of_it = ledger.aged[landmark]
            self._aged_sums.append((landmark, per, _adder([total if places == all_of_it else places])))
        rules = self.model.rules
        position = {rule: i for i, rule in enumerate(self._other_rules)}
        self._loose = [i for i, rule in enumerate(self._other_rules) if rules[rule].group is None]
        self._grouped = [
            (group, [position[i] for i, rule in enumerate(rules) if rule.group == group.name])
            for group in self.model.groups
        ]

    def _number(self, gauges: Sequence[Gauge]) -> None:
        """Gives each item its bit, and the bits of what is read from it."""
        signals = len(self._signal_reads)
        names = list(self._places)
        bits = [1 << i for i in range(len(gauges))]
        self._fresh: list[tuple[int, int, Read, Turns, int]] = []
        self._derived: list[tuple[int, int, Read, int]] = []
        self._fresh_rules: list[tuple[int, int, Read, Turns, int]] = []
        self._derived_rules: list[tuple[int, int, Read]] = []
        for i, gauge in enumerate(gauges):
            rule = i - signals
            if rule >= 0:
                if gauge.names is None:
                    self._fresh_rules.append((rule, bits[i], gauge.read, gauge.turns, i))
                else:
                    self._derived_rules.append((rule, bits[i], gauge.read))
                continue
            after = sum(bits[j] for j, other in enumerate(gauges) if names[i] in (other.names or ()))
            if gauge.names is None:
                self._fresh.append((i, bits[i], gauge.read, gauge.turns, after))
            else:
                self._derived.append((i, bits[i], gauge.read, after))

    def touched(self, entries: frozenset[int]) -> int:
        """The bits of the items that depend on some entries of the feed."""
        return sum(1 << i for i, own in enumerate(self._entries) if own & entries)

    # -- reading ------------------------------------------------------------------------------------

    def read(self, state: State, at: int) -> Reading:
        """The score as of an instant at or after the last event and the last reading.

        Only what events or time changed since the last reading is read anew.
        """
        board = state.board
        if not board.turns:
            board.values = [None] * len(self._signal_reads)
            board.points = array("d", [0.0] * len(self._others))
            board.turns = array("q", [NEVER] * (len(self._signal_reads) + len(self._others)))
        values = state.values = board.values
        points, turns, dirty = board.points, board.turns, board.dirty
        for i, bit, read, turn, after in self._fresh:
            if dirty & bit or at >= turns[i]:
                value = read(state, at)
                turns[i] = turn(state, at)
                if value != values[i]:
                    values[i] = value
                    dirty |= after
        if dirty:
            for i, bit, read, after in self._derived:
                if dirty & bit:
                    value = read(state, at)
                    if value != values[i]:
                        values[i] = value
                        dirty |= after
            for i, bit, read in self._derived_rules:
                if dirty & bit:
                    value = read(state, at)
                    points[i] = value if isinstance(value, float) else nan
        for i, bit, read, turn, place in self._fresh_rules:
            if dirty & bit or at >= turns[place]:
                value = read(state, at)
                turns[place] = turn(state, at)
                points[i] = value if isinstance(value, float) else nan
        board.dirty = 0
        return self._read(state, at, values[:], points[:])

    def read_all(self, state: State, at: int) -> Reading:
        """The same, everything read anew."""
        values: list[Value] = []
        state.values = values
        for read in self._signal_reads:
            values.append(read(state, at))
        points = array("d")
        for read in self._others:
            value = read(state, at)
            points.append(value if isinstance(value, float) else nan)
        return self._read(state, at, values, points)

    def _read(self, state: State, at: int, values: list[Value], points: Numbers) -> Reading:
        numbers = state.numbers[:]
        raw: float | None
        raw = found = self._sums(numbers)
        factors = []
        for landmark, per, add in self._aged_sums:
            factor = 2.0 ** ((state.moments[landmark] - at) * per)
            factors.append(factor)
            found += add(numbers) * factor
        if self._grouped:
            for i in self._loose:
                found += points[i]
            for group, own in self._grouped:
                inside = [points[i] for i in own]
                found += nan if any(paid != paid for paid in inside) else _of_group(group, inside)
        else:
            found += sum(points)
        raw = found
        if found - found != 0.0:  # too large, or unknown
            raw = None if any(paid != paid for paid in points) else self._exact(points, numbers, factors)
        value, model = raw, self.model
        level = None
        if value is not None:
            if model.minimum is not None or model.maximum is not None:
                value = clamp(value, model.minimum, model.maximum)
            if model.scale is not None:
                value = model.scale(value)
            level = self._level(state, at, value)
        return Reading(self, value, raw, level, numbers[self._added], values, numbers, factors, points)

    def _exact(self, others: Numbers, numbers: Numbers, factors: list[float]) -> float:
        parts = [numbers[place] for _, place in self._flat] + [numbers[self._added]]
        for (_, _, own_places), factor in zip(self._aged, factors, strict=True):
            parts += [numbers[place] * factor for _, place in own_places]
        parts += [others[i] for i in self._loose]
        return total(parts + [_of_group(group, [others[i] for i in own]) for group, own in self._grouped])

    def _level(self, state: State, at: int, value: float) -> str | None:
        for name, gauge in self._when:
            if gauge.read(state, at):
                return name
        return self._reached[bisect_right(self._edges, value)]

    def points(
        self, numbers: Numbers, factors: list[float], others: Numbers
    ) -> dict[str, float | None]:
        """Points by rule of a reading."""
        found: list[float | None] = [0.0] * len(self.model.rules)
        for i, place in self._flat:
            found[i] = numbers[place]
        for (_, _, own), factor in zip(self._aged, factors, strict=True):
            for i, place in own:
                found[i] = numbers[place] * factor
        for i, paid in zip(self._other_rules, others, strict=True):
            found[i] = None if paid != paid else paid
        return {rule.name: paid for rule, paid in zip(self.model.rules, found, strict=True)}

    def signals(self, values: Sequence[Value]) -> dict[str, Value]:
        """Values by signal of a reading."""
        return {signal.name: values[self._places[signal.name]] for signal in self.model.columns}

    def gauge(self) -> Gauge:
        """The scaled score, as a value of the state."""

        def read(state: State, at: int) -> Value:
            held = state.values
            value = self.read_all(state, at).value
            state.values = held
            return value

        def span(state: State, at: int, until: int) -> Range:
            held = state.values, state.ranges
            found = self.range(state, at, until)
            state.values, state.ranges = held
            return found

        return Gauge(read, span)

    # -- what may come ------------------------------------------------------------------------------

    def range(self, state: State, at: int, until: int) -> Range:
        """What the score may be at any instant of [at, until] when nothing more happens."""
        ranges = state.ranges = []
        for of in self._signal_ranges:
            ranges.append(of(state, at, until))
        paid = [of(state, at, until) for of in self._ranges]
        if any(not one.numeric for one in paid):
            return Range.exactly(None)  # points that are surely unknown make the score so
        model = self.model
        added = state.numbers[self._added]
        loose = [one for one, rule in zip(paid, model.rules, strict=True) if rule.group is None]
        low, high = added + sum(one.low for one in loose), added + sum(one.high for one in loose)
        for group in model.groups:
            own = [one for one, rule in zip(paid, model.rules, strict=True) if rule.group == group.name]
            ends = [
                _weighed(group, sum(one.low for one in own)),
                _weighed(group, sum(one.high for one in own)),
            ]
            low, high = low + min(ends), high + max(ends)
        if not (low - low == 0.0 and high - high == 0.0):
            return Range.anything()
        slack = 1e-12 * (abs(low) + abs(high))
        low, high = (clamp(end, model.minimum, model.maximum) for end in (low - slack, high + slack))
        if model.scale is not None:
            low, high = _scaled(model.scale, low, high)
        found = Range.between(low, high)
        return found.union(Range.exactly(None)) if any(one.missing for one in paid) else found

    def may_stand(self, state: State, at: int, until: int) -> tuple[set[str | None], float]:
        """The levels that scores alone may give in [at, until], and the least score there may be."""
        value = self.range(state, at, until)
        found: set[str | None] = set()
        if value.missing:
            found.add(None)
        if not value.numeric:
            return {None}, value.low
        for name, gauge in self._when:
            holds = gauge.range(state, at, until).truth
            if holds:
                return found | {name}, value.low
            if holds is None:
                found.add(name)
        first, last = bisect_right(self._edges, value.low), bisect_right(self._edges, value.high)
        return found | set(self._reached[first : last + 1]), value.low


def _paid(track: Following, rule: Rule, names: Sequence[str]) -> Gauge:
    if isinstance(rule, Followed):
        return rule.follow(track)
    track.keep_events(f"the rule {rule.name!r}, of a kind that has only a definition")

    def read(state: State, at: int) -> Value:
        subject = track.subject(state)
        values = dict(zip(names, state.values, strict=True))
        return rule.naive(subject.before(at), values, at, subject)

    return Gauge(track.tried(read))


def _bounded(rule: Rule, gauge: Gauge) -> Gauge:
    low, high = rule.minimum, rule.maximum
    if low is None and high is None:
        return gauge
    read, of = gauge.read, gauge.range

    def bounded(state: State, at: int) -> Value:
        value = read(state, at)
        return clamp(value, low, high) if isinstance(value, float) else value

    def span(state: State, at: int, until: int) -> Range:
        found = of(state, at, until)
        if not found.low <= found.high:
            return found
        ends = Range.between(clamp(found.low, low, high), clamp(found.high, low, high))
        return ends.union(Range.exactly(None)) if found.missing else ends

    return Gauge(bounded, span, gauge.turns, gauge.names)


def _unscoped(model: ScoreModel, name: str) -> list[str]:
    """The columns that a signal reads."""
    columns = {signal.name for signal in model.columns}
    return [read for read, _ in model.signal[name].reads() if read in columns]


def _ordered(model: ScoreModel) -> list[str]:
    """The columns, each after those that it reads, and those that read none first."""
    found = [signal.name for signal in model.columns if not _unscoped(model, signal.name)]
    left = [signal.name for signal in model.columns if signal.name not in found]
    while left:
        ready = [name for name in left if all(read in found for read in _unscoped(model, name))]
        found += ready
        left = [name for name in left if name not in ready]
    return found


def _adder(parts: Sequence[int | list[int]]) -> Callable[[Numbers], float]:
    """The sum of the numbers at some places."""
    places = [place for part in parts for place in (part if isinstance(part, list) else [part])]
    if len(places) == 2:
        first, second = places
        return lambda numbers: numbers[first] + numbers[second]
    if len(places) == 1:
        return operator.itemgetter(places[0])
    pick = operator.itemgetter(*places)
    return lambda numbers: sum(pick(numbers))


def _weighed(group: Group, inside: float) -> float:
    return finite(group.weight * clamp(inside, group.minimum, group.maximum))


def _of_group(group: Group, points: Sequence[float]) -> float:
    return _weighed(group, total(points))


def _scaled(scale: Scale, low: float, high: float) -> tuple[float, float]:
    """The ends of what is shown: every scale is monotone."""
    ends = scale(low), scale(high)
    slack = 1e-9 * max(1.0, abs(ends[0]), abs(ends[1]))
    return min(ends) - slack, max(ends) + slack

"""Sheet: signals, points, groups, bounds and scale of one model, over one state.

Lives here: how rules add up to a score one subject at a time, and what a score may come to be.
Lives elsewhere: what gives signals and points (follow), the same over columns (scoring).
"""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Callable, Sequence

from questscore.engine.follow import Following
from questscore.language import Value
from questscore.language.ranges import Range
from questscore.model.number import finite, total
from questscore.model.rule import Group, Rule, clamp
from questscore.model.scale import Scale
from questscore.model.score_model import ScoreModel
from questscore.tracks.state import Decaying, Flat, Gauge, State
from questscore.tracks.track import Followed


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
        numbers: list[float],
        factors: list[float],
        others: list[float | None],
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
    """A model's signals and rules on a track, read together."""

    def __init__(self, track: Following) -> None:
        self.model = model = track.model
        self._signals: list[Callable[[State, int], Value]] = []
        self._signal_ranges: list[Callable[[State, int, int], Range]] = []
        self._places = track.places = {}
        for name in _ordered(model):
            gauge = track.signal(name)
            self._signals.append(gauge.read)
            self._signal_ranges.append(gauge.range)
            self._places[name] = len(self._places)
        # signals that read no other come first; the rest see the values of those before them
        self._alone = sum(1 for name in self._places if not _unscoped(model, name))
        gauges = [_bounded(rule, _paid(track, rule, tuple(self._places))) for rule in model.rules]
        self._when = [
            (level.name, track.expression(level.when)) for level in model.levels if level.when is not None
        ]
        self._added = track.ledger()[0]
        self._sort(gauges)
        thresholds = [(lv.at_least, lv.name) for lv in model.levels if lv.at_least is not None]
        self._edges = [at_least - 1e-9 * max(1.0, abs(at_least)) for at_least, _ in thresholds]
        self._reached = [model.levels.below, *(name for _, name in thresholds)]
        track.places = None

    def _sort(self, gauges: Sequence[Gauge]) -> None:
        """Parts the rules by how their points are read: most are a number, aged together with others."""
        self._flat: list[tuple[int, int]] = []  # (rule, place)
        aged: dict[tuple[int, float], list[tuple[int, int]]] = {}
        self._other_rules: list[int] = []
        self._others: list[Callable[[State, int], Value]] = []
        self._ranges: list[Callable[[State, int, int], Range]] = [gauge.range for gauge in gauges]
        for i, (rule, gauge) in enumerate(zip(self.model.rules, gauges, strict=True)):
            if rule.group is None and isinstance(gauge, Flat):
                self._flat.append((i, gauge.place))
            elif rule.group is None and isinstance(gauge, Decaying):
                aged.setdefault((gauge.landmark, gauge.per), []).append((i, gauge.place))
            else:
                self._other_rules.append(i)
                self._others.append(gauge.read)
        self._aged = [(landmark, per, own) for (landmark, per), own in aged.items()]
        self._sums = _adder([place for _, place in self._flat] + [self._added])
        self._aged_sums = [(landmark, per, _adder([p for _, p in own])) for landmark, per, own in self._aged]
        rules = self.model.rules
        position = {rule: i for i, rule in enumerate(self._other_rules)}
        self._loose = [i for i, rule in enumerate(self._other_rules) if rules[rule].group is None]
        self._grouped = [
            (group, [position[i] for i, rule in enumerate(rules) if rule.group == group.name])
            for group in self.model.groups
        ]

    # -- reading ------------------------------------------------------------------------------------

    def read(self, state: State, at: int) -> Reading:
        """The score as of an instant at or after the last event and the last reading."""
        signals, alone = self._signals, self._alone
        values = state.values = [read(state, at) for read in signals[:alone]]
        for read in signals[alone:]:
            values.append(read(state, at))
        others = [paid if isinstance(paid := read(state, at), float) else None for read in self._others]
        numbers, moments = state.numbers, state.moments
        raw: float | None = self._sums(numbers)
        factors = []
        for landmark, per, add in self._aged_sums:
            factor = 2.0 ** ((moments[landmark] - at) * per)
            factors.append(factor)
            raw += add(numbers) * factor
        if None in others:
            raw = None
        else:
            raw = self._raw(raw, others, numbers, factors)  # type: ignore[arg-type]
        value = raw
        model = self.model
        if value is not None:
            if model.minimum is not None or model.maximum is not None:
                value = clamp(value, model.minimum, model.maximum)
            if model.scale is not None:
                value = model.scale(value)
        level = None if value is None else self.level(state, at, value)
        return Reading(self, value, raw, level, numbers[self._added], values, numbers[:], factors, others)

    def _raw(
        self, sum_so_far: float, others: list[float], numbers: list[float], factors: list[float]
    ) -> float:
        found = sum_so_far
        for i in self._loose:
            found += others[i]
        for group, own in self._grouped:
            found += _of_group(group, [others[i] for i in own])
        if found - found == 0.0:
            return found
        parts = [numbers[place] for _, place in self._flat] + [numbers[self._added]]
        for (_, _, own_places), factor in zip(self._aged, factors, strict=True):
            parts += [numbers[place] * factor for _, place in own_places]
        parts += [others[i] for i in self._loose]
        return total(parts + [_of_group(group, [others[i] for i in own]) for group, own in self._grouped])

    def level(self, state: State, at: int, value: float) -> str | None:
        """The level of a score just read, whatever came before."""
        if not self._edges and not self._when:
            return None
        for name, gauge in self._when:
            if gauge.read(state, at):
                return name
        return self._reached[bisect_right(self._edges, value)]

    def points(
        self, numbers: list[float], factors: list[float], others: list[float | None]
    ) -> dict[str, float | None]:
        """Points by rule of a reading."""
        found: list[float | None] = [0.0] * len(self.model.rules)
        for i, place in self._flat:
            found[i] = numbers[place]
        for (_, _, own), factor in zip(self._aged, factors, strict=True):
            for i, place in own:
                found[i] = numbers[place] * factor
        for i, paid in zip(self._other_rules, others, strict=True):
            found[i] = paid
        return {rule.name: paid for rule, paid in zip(self.model.rules, found, strict=True)}

    def signals(self, values: Sequence[Value]) -> dict[str, Value]:
        """Values by signal of a reading."""
        return {signal.name: values[self._places[signal.name]] for signal in self.model.columns}

    def gauge(self) -> Gauge:
        """The scaled score, as a value of the state."""

        def read(state: State, at: int) -> Value:
            held = state.values
            value = self.read(state, at).value
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

    return Gauge(bounded, span)


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


def _adder(places: Sequence[int]) -> Callable[[list[float]], float]:
    """The sum of the numbers at some places."""
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

"""Items: the signals and rules of a sheet, one by one.

Lives here: in which order signals are read, the points of one rule, and keeping what was read.
Lives elsewhere: all of them together (sheet), the kinds of signals and rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, nan

from questscore.engine.follow import Following
from questscore.engine.guarded_track import following
from questscore.engine.seats import Seat
from questscore.language import Value
from questscore.language.ranges import Range
from questscore.model.rule import Rule, clamp
from questscore.model.score_model import ScoreModel
from questscore.tracks.gauge import Gauge, Refresh
from questscore.tracks.state import Numbers, Read, State


def paid_by(track: Following, rule: Rule, seats: Mapping[str, Seat]) -> Gauge:
    """A rule's points, before its bounds."""
    if (form := following(rule)) is not None:
        return track.followed(rule, form)
    track.keep_events(f"the rule {rule.name!r}, of a kind that has only a definition")
    reads = {name: seat.read() for name, seat in seats.items()}

    def read(state: State, at: int) -> Value:
        subject = track.subject(state)
        values = {name: read(state) for name, read in reads.items()}
        return subject.paid(rule, values, at)

    return Gauge(read)


def bounded(rule: Rule, gauge: Gauge) -> Gauge:
    """A rule's points within its bounds."""
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

    over = gauge.of_numbers
    least, most = -inf if low is None else low, inf if high is None else high

    def bounded_over(numbers: Numbers) -> Value:
        value = None if over is None else over(numbers)
        if not isinstance(value, float) or least <= value <= most:
            return value
        return least if value < least else most

    return Gauge(
        bounded,
        span,
        gauge.turns,
        gauge.names,
        gauge.numeric,
        gauge.present,
        None if over is None else bounded_over,
    )


def _unscoped(model: ScoreModel, name: str) -> list[str]:
    """The columns that a signal reads."""
    columns = {signal.name for signal in model.columns}
    return [read for read, _ in model.signal[name].reads() if read in columns]


def ordered(model: ScoreModel) -> list[str]:
    """The columns, each after those that it reads, and those that read none first."""
    found = [signal.name for signal in model.columns if not _unscoped(model, signal.name)]
    left = [signal.name for signal in model.columns if signal.name not in found]
    while left:
        ready = [name for name in left if all(read in found for read in _unscoped(model, name))]
        found += ready
        left = [name for name in left if name not in ready]
    return found


def number_keeper(read: Read, place: int, after: int) -> Refresh:
    """Reads a number anew, keeps it (NaN: missing), and gives the bits of what reads it if it changed."""

    def keep(state: State, at: int) -> int:
        value = read(state, at)
        found = value if isinstance(value, float) else nan
        numbers = state.numbers
        if numbers[place] == found:
            return 0
        numbers[place] = found
        return after

    return keep


def text_keeper(read: Read, place: int, after: int) -> Refresh:
    """The same of what may be a text."""

    def keep(state: State, at: int) -> int:
        value = read(state, at)
        texts = state.texts
        if texts[place] == value:
            return 0
        texts[place] = value
        return after

    return keep

"""Cells and gauges of trailing windows, beside what they say done anew from all events each time."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from random import Random

import pytest

from questscore import Event
from questscore.engine.layout import Layout
from questscore.engine.sinks import counted, visited, windowed
from questscore.tracks.base import Basic
from questscore.tracks.gauge import Elapsed, Standing
from questscore.tracks.state import FOREVER, State, Step
from questscore.tracks.sums import WindowSum
from questscore.tracks.values import Extreme, Recent

LENGTH = 100
Entries = list[tuple[int, float]]


def day(time: int) -> int:
    """Periods of 30, the clock of which steps back once, at 300."""
    return (time - 20 if time >= 300 else time) // 30


def summed(entries: Entries, at: int) -> float:
    """A window's sum."""
    return math.fsum(value for time, value in entries if at - LENGTH < time)


def values(entries: Entries, at: int) -> float:
    """How many values there are in the window."""
    return float(len({value for time, value in entries if at - LENGTH < time}))


def days(entries: Entries, at: int) -> float:
    """How many periods there are in the window."""
    return float(len({day(time) for time, _ in entries if at - LENGTH < time}))


def largest(entries: Entries, at: int) -> float | None:
    """The largest value in the window."""
    return max((value for time, value in entries if at - LENGTH < time), default=None)


KINDS: list[tuple[Callable[[], Basic], Callable[[Entries, int], float | None]]] = [
    (lambda: WindowSum(LENGTH, None), summed),
    (lambda: Recent(LENGTH), values),
    (lambda: Extreme(LENGTH, largest=True), largest),
]


@pytest.mark.parametrize(("make", "definition"), KINDS)
@pytest.mark.parametrize("seed", range(20))
def test_a_window_says_what_its_events_say(
    make: Callable[[], Basic], definition: Callable[[Entries, int], float | None], seed: int
) -> None:
    """At every reading; and between a reading and the instant it gives, nothing changes."""
    rng, cell, entries, now = Random(seed), make(), Entries(), 0
    for _ in range(300):
        now += rng.choice((0, 1, 3, 10, 60, 130))
        if rng.random() < 0.7:
            value = float(rng.randint(-3, 9))
            cell.take(0, now, value)
            entries.append((now, value))
        if rng.random() < 0.5:
            found, until = cell.glance(now)
            assert found == pytest.approx(definition(entries, now))
            assert until == FOREVER or until > now
            for at in {until - 1, rng.randint(now, until - 1)} if until < FOREVER else {now + 10**6}:
                assert found == pytest.approx(definition(entries, at))
        if rng.random() < 0.05:
            saved = json.loads(json.dumps(cell.saved()))
            cell = make()
            cell.restore(saved)
        if rng.random() < 0.05:
            other, cell = cell, cell.copy()
            other.take(0, now, 1000.0)


STANDING: list[tuple[Callable[[Layout], tuple[Step, Standing]], Callable[[Entries, int], float]]] = [
    (lambda layout: counted(layout, LENGTH), lambda entries, at: sum(at - LENGTH < t for t, _ in entries)),
    (lambda layout: visited(layout, LENGTH, day), days),
    (lambda layout: windowed(layout, lambda: Recent(LENGTH), LENGTH, worth), values),
    (lambda layout: windowed(layout, lambda: WindowSum(LENGTH, None), LENGTH, worth), summed),
]


def worth(event: Event) -> float | None:
    """The number that an event carries."""
    found = event.properties.get("worth")
    return found if isinstance(found, float) else None


@pytest.mark.parametrize(("made", "definition"), STANDING)
@pytest.mark.parametrize("seed", range(20))
def test_a_number_stands_in_the_state_until_it_turns(
    made: Callable[[Layout], tuple[Step, Standing]], definition: Callable[[Entries, int], float], seed: int
) -> None:
    """It is right from each event on until the instant it gives, whoever reads it meanwhile."""
    layout, rng = Layout(), Random(seed)
    layout.feed()
    step, gauge = made(layout)
    state, entries, now = layout.fresh(), Entries(), 0
    state.turn = FOREVER
    for _ in range(300):
        now += rng.choice((0, 1, 10, 35, 130))
        if now >= state.turn:
            assert state.turn <= state.moments[gauge.turn]
            gauge.drop(state, now)
            state.turn = state.moments[gauge.turn]
            assert state.turn > now
        if rng.random() < 0.6:
            value = float(rng.randint(-3, 9))
            step(state, now, Event("a", 10**15, user="u", properties={"worth": value}))
            entries.append((now, value))
        if rng.random() < 0.3:
            assert gauge.read(state, now) == pytest.approx(definition(entries, now))
            span, until = gauge.range(state, now, now + LENGTH // 2), gauge.turns(state, now)
            assert span.contains(definition(entries, now + LENGTH // 2))
            assert until > now
            assert definition(entries, min(until - 1, now + LENGTH)) == pytest.approx(
                definition(entries, now)
            )
        assert state.numbers[gauge.place] == pytest.approx(definition(entries, now))
        assert state.turn <= state.moments[gauge.turn]
        if rng.random() < 0.05:
            other, state = state, state.copy()
            step(other, now, Event("a", 10**15, user="u", properties={"worth": 1000.0}))


def test_a_window_that_was_full_and_emptied_holds_exactly_nothing() -> None:
    """No rounding stays behind."""
    cell = WindowSum(LENGTH, None)
    for time in range(10):
        cell.take(0, time, 0.1)
    assert cell.read(200) == 0.0
    assert cell.glance(200) == (0.0, FOREVER)


@pytest.mark.parametrize("limit", [0.0, 0.1, 1.0, 30.0, 1e-9, -1.0, 1e300])
def test_what_grows_crosses_a_number_once(limit: float) -> None:
    """Before the instant that is told, a comparison stays as it is."""
    unit, since = 86_400_000_000, 1_700_000_000_000_000
    gauge = Elapsed(lambda state, at: (at - since) / unit, since=lambda state: since, unit=unit)
    turns, state = gauge.reaches(limit), State()
    for at in (since, since + 1, since + unit // 10, since + unit, since + 30 * unit, since + 31 * unit):
        until = turns(state, at)
        assert until >= at
        if until > at:
            later = min(until - 1, since + 10**15)
            now, then = (at - since) / unit, (later - since) / unit
            assert (now > limit, now == limit) == (then > limit, then == limit)

"""Fresh and final rows count what is alive in a window, wherever it is looked at."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

import questscore
from questscore import Event
from questscore.aggregates import deltas, turns
from questscore.aggregates.base import Selection, inside
from questscore.aggregates.deltas import PeriodTurns, Said, Source, ValueTurns
from questscore.columns.batch import Chunk
from questscore.columns.log import EventLog, settle
from questscore.model.selector import Selector
from questscore.model.time import DAY, HOUR, Calendar, Period, Span

ANY = Selector("*")
START = 1_772_323_200_000_000  # 2026-03-01


def a_log(rng: Random) -> EventLog:
    """Forty events of two users in some weeks, many of them close together."""
    times = [START + rng.choice((0, 1, 2, 9, 30)) * DAY + rng.randrange(3) * 11 * HOUR for _ in range(40)]
    events = [
        Event(
            "a",
            time + rng.randrange(3),
            user=rng.choice("xy"),
            properties={"v": rng.choice((1, 2.5, "1", "b"))},
        )
        for time in times
    ]
    return settle(questscore.read_events(events), "user")


def flags(log: EventLog, window: str | None, every: str | None) -> tuple[Selection, deltas.Turning]:
    """The turns of days or values in a window, and what they are the turns of."""
    span = None if window is None else Span.of(window)
    chosen = Selection(ANY, log.subject, Calendar("Europe/Paris"), window=span)
    source = Source(chosen, log) if every else Said(chosen, log, "v")
    source.learn(Chunk(log, 0, len(log)).select(ANY, log.subject, chosen.calendar))
    if isinstance(source, Said):
        return chosen, ValueTurns(chosen, source)
    assert every is not None
    return chosen, PeriodTurns(chosen, source, Period(every))


@pytest.mark.parametrize("many", [False, True], ids=["sorted", "in place"])
@pytest.mark.parametrize("every", [None, "day", "week", "month"])
@pytest.mark.parametrize("window", [None, "1us", "11h", "3d", "40d", "day", "week", "month"])
def test_fresh_rows_less_final_ones_are_what_is_alive(
    window: str | None, every: str | None, many: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At any instant: fresh rows by then, less final rows that have left, are the cells with a row inside."""
    monkeypatch.setattr(turns, "_ROWS", 0 if many else 10**6)
    monkeypatch.setattr(deltas, "_MANY", 0 if many else 10**6)
    rng = Random(f"{window} {every} {many}")
    for _ in range(6):
        log = a_log(rng)
        chosen, made = flags(log, window, every)
        value = [
            (log.table.properties["v"].at(row), type(log.table.properties["v"].at(row)))
            for row in range(len(log))
        ]
        for at in [*log.time.tolist(), *(rng.randrange(START, START + 80 * DAY) for _ in range(20))]:
            by = log.time <= at
            held = by & inside(log, chosen.calendar, chosen.window, log.time, at)
            for unit in range(log.subject.size):
                own = log.subject.codes == unit
                alive = np.count_nonzero(made.turns.fresh & by & own)
                alive -= np.count_nonzero(made.turns.final & by & ~held & own)
                rows = np.flatnonzero(held & own).tolist()
                wanted = {
                    value[row] if every is None else chosen.calendar.index(Period(every), int(log.time[row]))
                    for row in rows
                }
                assert alive == len(wanted), (window, every, at)

"""Different periods and values in a window are counted rightly, wherever it moves."""

from __future__ import annotations

from functools import partial
from random import Random

import numpy as np
import pytest

import questscore
from questscore import Event
from questscore.aggregates import deltas, presence
from questscore.aggregates.base import Selection, inside
from questscore.aggregates.deltas import FirstOfPeriods, Said, Source
from questscore.aggregates.presence import RunningCells, RunningPeriods, fit
from questscore.columns.batch import Chunk
from questscore.columns.log import EventLog, settle
from questscore.model.selector import Selector
from questscore.model.time import DAY, HOUR, Calendar, Period, Span

ANY = Selector("*")
START = 1_772_323_200_000_000  # 2026-03-01
PARIS = Calendar("Europe/Paris")


def a_log(rng: Random) -> EventLog:
    """Forty events of two users in some weeks, many of them close together and some at midnight."""
    times = [START + rng.choice((0, 1, 2, 9, 30)) * DAY + rng.randrange(3) * 11 * HOUR for _ in range(36)]
    events = [
        Event(
            "a",
            time + rng.randrange(3),
            user=rng.choice("xy"),
            properties={"v": rng.choice((1, 2.5, "1", "b"))},
        )
        for time in [*times, *(START + days * DAY - HOUR for days in (1, 2, 2, 10))]
    ]
    return settle(questscore.read_events(events), "user")


def learnt(source: Source) -> Source:
    """The source, which has seen the whole log."""
    log = source.log
    source.learn(Chunk(log, 0, len(log)).select(ANY, log.subject, source.selection.calendar))
    return source


def _row(log: EventLog, time: int) -> int:
    return int(np.searchsorted(log.time, time))


def counted(log: EventLog, window: str | None, every: str | None, how: str) -> RunningCells | RunningPeriods:
    """What counts days or values in a window."""
    chosen = Selection(ANY, log.subject, PARIS, window=None if window is None else Span.of(window))
    if every is None:
        said = Said(chosen, log, "v")
        learnt(said)
        return RunningCells(chosen, log, said, lambda: said.cells)
    source, period = learnt(Source(chosen, log)), Period(every)
    if how == "by period":
        return RunningPeriods(chosen, log, source, period)
    return RunningCells(chosen, log, source, lambda: source.by_period(period))


@pytest.mark.parametrize(
    ("every", "how"),
    [
        *((None, how) for how in ("in place", "numbered")),
        *(
            (every, how)
            for every in ("day", "week", "month")
            for how in ("by period", "in place", "numbered")
        ),
    ],
)
@pytest.mark.parametrize("window", [None, "1us", "11h", "3d", "40d", "day", "week", "month"])
def test_what_is_counted_has_a_row_in_the_window(
    window: str | None, every: str | None, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At any instant, after steps of any size, some of them backwards."""
    monkeypatch.setattr(presence, "_PLACES", 0 if how == "numbered" else 10**6)
    rng = Random(f"{window} {every} {how}")
    for _ in range(4):
        log = a_log(rng)
        made = counted(log, window, every, how)
        values = [log.table.properties["v"].at(row) for row in range(len(log))]
        looked = [*log.time.tolist(), *(rng.randrange(START, START + 80 * DAY) for _ in range(30))]
        looked = sorted(rng.sample(looked, 45)) + looked[:3]
        for at in looked:
            made.move(at, partial(_row, log))
            held = (log.time <= at) & inside(log, PARIS, made.selection.window, log.time, at)
            for unit, count in enumerate(made.read().tolist()):
                rows = np.flatnonzero(held & (log.subject.codes == unit)).tolist()
                wanted = {
                    (values[row], type(values[row]))
                    if every is None
                    else PARIS.index(Period(every), int(log.time[row]))
                    for row in rows
                }
                assert count == len(wanted), (window, every, at)


@pytest.mark.parametrize("chunk", [1, 3, 1 << 18])
@pytest.mark.parametrize("rows", [0, 1000], ids=["period by period", "sorted"])
@pytest.mark.parametrize("every", ["day", "week", "month"])
def test_the_first_row_of_each_period(
    every: str, rows: int, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deltas, "_ROWS", rows)
    monkeypatch.setattr(deltas, "CHUNK", chunk)
    rng = Random(f"{every} {rows} {chunk}")
    for _ in range(5):
        log = a_log(rng)
        source = learnt(Source(Selection(ANY, log.subject, PARIS), log))
        seen, wanted = set[tuple[int, int]](), []
        for row in range(len(log)):
            cell = int(log.subject.codes[row]), PARIS.index(Period(every), int(log.time[row]))
            wanted += [row] if cell not in seen else []
            seen.add(cell)
        found = FirstOfPeriods(source, Period(every)).entering
        assert found.rows.tolist() == wanted
        assert found.unit(slice(0, len(wanted))).tolist() == [int(log.subject.codes[row]) for row in wanted]


def test_periods_have_a_place_each_where_they_are_few() -> None:
    assert fit(10**9, Period.DAY, None), "without a window only the present one matters"
    assert fit(100_000, Period.DAY, Span.of("30d")) and fit(100_000, Period.DAY, Span.of("month"))
    assert not fit(1_000_000, Period.DAY, Span.of("365d"))
    assert fit(1_000_000, Period.MONTH, Span.of("365d"))

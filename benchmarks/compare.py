"""Looking before a model is replaced: `compare` beside one `score`, `backtest` beside one `history`.

    python -m benchmarks.compare                 # both, in processor time
    python -m benchmarks.compare --only compare

The model is that of ../shared/bench, with two triggers for each level; the other one pays half as much for
tasks. The log is that of `benchmarks.twelve`; for `backtest` it is drawn out to a year, looked at by week,
with the last event of accounts as outcomes. Reading is part of it: who moves, what fires, and the text.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable

import numpy as np
from attrs import evolve
from benchmarks.twelve import BENCH, DAYS, START, make_log

from questscore import (
    Comparison,
    EventRule,
    EventTable,
    ScoreModel,
    Trigger,
    backtest,
    compare,
    history,
    load_model,
    score,
)
from questscore.model.time import DAY

YEAR = 365


def busy(work: Callable[[], object], runs: int) -> float:
    """The median seconds of processor time of some runs, after one that is not counted."""
    work()
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return float(np.median(seconds))


def models() -> tuple[ScoreModel, ScoreModel]:
    """The model, and one that differs in some points."""
    model = load_model(json.loads((BENCH / "twelve-rules.json").read_text()))
    triggers = [
        Trigger(f"{on} {level.name}", on=on, level=level.name, action="mail")
        for level in model.levels
        for on in ("rise", "fall")
    ]
    model = evolve(model, triggers=triggers)
    rules = [
        evolve(rule, points=25.0) if isinstance(rule, EventRule) and rule.name.startswith("task") else rule
        for rule in model.rules
    ]
    return model, evolve(model, version="2", rules=rules)


def _read(found: Comparison) -> tuple[object, ...]:
    return str(found), found.changes, found.fires


def compared(log: EventTable, runs: int) -> bool:
    """Prints the figures of a comparison; False when it costs too much."""
    a, b = models()
    at = START + DAYS * DAY - 1
    one = busy(lambda: score(a, log, at), runs)
    both = busy(lambda: _read(compare(a, b, log, at)), runs)
    found = compare(a, b, log, at)
    print(f"score     {one:7.2f} s")
    print(f"compare   {both:7.2f} s   {both / one:.2f} x; {found.levels_changed:,} levels change")
    return both < 2.5 * one


def looked_back(log: EventTable, runs: int) -> bool:
    """Prints the figures of a backtest by week over a year; False when it costs too much."""
    model, _ = models()
    long = evolve(log, time=START + (log.time - START) * YEAR // DAYS)
    end = START + YEAR * DAY
    order = np.argsort(log.account.codes, kind="stable")
    last = long.time[order[np.append(np.flatnonzero(np.diff(log.account.codes[order])), len(order) - 1)]]
    lost = {
        log.account.values[code]: int(when) + DAY
        for code, when in zip(np.unique(log.account.codes).tolist(), last.tolist(), strict=True)
        if when < end - 14 * DAY
    }
    one = busy(lambda: len(history(model, long, "week", START, end).transitions), runs)
    bare = busy(lambda: history(model, long, "week", START, end), runs)
    whole = busy(lambda: str(backtest(model, long, "week", lost, START, end)), runs)
    found = backtest(model, long, "week", lost, START, end)
    print(f"history   {one:7.2f} s, its transitions told; {bare:.2f} s untold")
    told = f"{len(found.changes.transitions):,} transitions, {len(found.fired):,} firings, {len(lost):,} lost"
    print(f"backtest  {whole:7.2f} s   {whole / one:.2f} x; {told}")
    return whole < 2 * one


def main() -> int:
    """Runs the benchmark; exit code 1 when a goal is missed."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=["compare", "backtest"])
    options = parser.parse_args()
    log = make_log(options.events, options.accounts)
    print(f"{len(log):,} events, {options.accounts:,} accounts, processor time")
    good = options.only == "backtest" or compared(log, options.runs)
    good &= options.only == "compare" or looked_back(log, options.runs)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

"""A score and a level for every account on each of 180 days, beside DuckDB and Polars in the same run.

    python -m benchmarks.history                                # both models, and whether the numbers agree
    python -m benchmarks.history --model twelve --only ours     # questscore alone, with its peak memory

The models: `count`, the actions of the last 30 days x the days on which there were any / 30, and three
levels; and `twelve`, the 22 rules of ../shared/bench with their six. The peers' queries stand in
`history_peers`; every score is compared, and every level. The log is that of `benchmarks.twelve`.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys

import numpy as np
from benchmarks import history_peers
from benchmarks.twelve import BENCH, DAYS, START, make_log, timed

from questscore import (
    ActivePeriods,
    ConditionRule,
    Count,
    EventTable,
    History,
    Level,
    Levels,
    ScoreModel,
    history,
    load_model,
)
from questscore.model.time import DAY

COUNT = ScoreModel(
    "engagement",
    subject="account",
    signals=[
        Count("actions", on=history_peers.ACTIONS, window="30d"),
        ActivePeriods("days", on=history_peers.ACTIONS, every="day", window="30d"),
    ],
    rules=[ConditionRule("engagement", when="actions > 0", points="actions * days / 30")],
    levels=Levels(*(Level(f"{score}+", at_least=score) for score in history_peers.COUNT_LEVELS)),
)
PEERS = {
    "count": {"DuckDB": history_peers.duckdb_count, "Polars": history_peers.polars_count},
    "twelve": {"DuckDB": history_peers.duckdb_twelve, "Polars": history_peers.polars_twelve},
}


def ours(model: ScoreModel, log: EventTable) -> History:
    """questscore's history."""
    return history(model, log, "day", start=START, end=START + DAYS * DAY)


def differences(found: History, answer: history_peers.Answer) -> tuple[float, int]:
    """The largest difference of two scores, relative where they exceed 1; and how many levels differ."""
    (scores, levels), known = (
        answer,
        ~np.isnan(found.scores),
    )  # the peers' values before a first event are noise
    gap = np.abs(scores - found.scores) / np.maximum(1, np.abs(found.scores))
    return float(np.max(gap, where=known, initial=0)), int(np.count_nonzero((levels != found.codes) & known))


def compared(name: str, model: ScoreModel, log: EventTable, runs: int, *, alone: bool) -> bool:
    """Prints the figures of one model; False when the numbers differ."""
    seconds, times = timed(lambda: ours(model, log), runs)
    print(f"{name:<8} {'questscore':<12} {seconds:7.3f} s   (min {min(times):.3f}, max {max(times):.3f})")
    if alone:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{name:<8} peak memory  {peak:,.0f} MB, the log included")
        return True
    agreed = True
    for label, make in PEERS[name].items():
        run, read = make(log)
        peer, times = timed(run, runs)
        gap, levels = differences(ours(model, log), read())
        agreed &= gap <= 1e-9 and not levels
        print(
            f"{name:<8} {label:<12} {peer:7.3f} s   (min {min(times):.3f}, max {max(times):.3f})"
            f"   {peer / seconds:.1f} x questscore's time; largest gap {gap:.1e}, {levels} other levels"
        )
    return agreed


def main() -> int:
    """Runs the benchmark and prints its figures; exit code 1 when the numbers differ."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--model", choices=[*PEERS, "both"], default="both")
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=["ours"])
    options = parser.parse_args()
    twelve = load_model(json.loads((BENCH / "twelve-rules.json").read_text()))
    log = make_log(options.events, options.accounts)
    print(f"{len(log):,} events, {options.accounts:,} accounts, a score and a level on each of {DAYS} days")
    agreed = True
    for name, model in {"count": COUNT, "twelve": twelve}.items():
        if options.model in (name, "both"):
            agreed &= compared(name, model, log, options.runs, alone=options.only is not None)
    return 0 if agreed else 1


if __name__ == "__main__":
    sys.exit(main())

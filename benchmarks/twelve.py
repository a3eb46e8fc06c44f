"""The twelve-scheme model (22 rules) on ten million events, beside DuckDB in the same run.

    python -m benchmarks.twelve                 # both, and whether the numbers agree
    python -m benchmarks.twelve --only ours     # questscore alone, with its peak memory

The model and the two SQL queries are those of ../shared/bench; the log is made here, from a seed.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import questscore
from questscore.columns.table import EventTable, Keys, PropertyColumn
from questscore.model.time import DAY, instant

BENCH = Path(__file__).parents[2] / "shared" / "bench"
START = instant("2024-01-01T00:00:00Z")
DAYS = 180
WEIGHTS = {
    "login": 20.0, "meeting_attended": 2, "meeting_missed": 1, "feedback": 2, "session": 15, "payment_ok": 3,
    "payment_failed": 0.5, "task_created": 12, "task_completed": 12, "task_assigned": 6, "invited": 1,
    "video": 2, "training": 1, "nps": 1, "feature_used": 21.5,
}  # fmt: skip
RATINGS = ["very happy", "happy", "neutral", "not happy"]
FEATURES = [f"f{i}" for i in range(40)]


def make_log(events: int, accounts: int, seed: int = 12) -> EventTable:
    """The log as columns, times uniform over 180 days and sorted."""
    rng = np.random.default_rng(seed)
    span = DAYS * DAY
    moments = np.sort(rng.integers(0, span, events)) + START
    weight = 1 / np.arange(1, accounts + 1) ** 0.7
    account = rng.choice(accounts, events, p=weight / weight.sum()).astype(np.int32)
    chance = np.array(list(WEIGHTS.values()))
    name = rng.choice(len(chance), events, p=chance / chance.sum()).astype(np.int32)
    names = list(WEIGHTS)

    def texts(on: str, values: list[str]) -> PropertyColumn:
        codes = np.full(events, -1, dtype=np.int32)
        rows = np.flatnonzero(name == names.index(on))
        codes[rows] = rng.integers(0, len(values), len(rows))
        return PropertyColumn(None, Keys(codes, values))

    minutes = np.full(events, np.nan)
    rows = np.flatnonzero(name == names.index("session"))
    minutes[rows] = rng.gamma(2, 10, len(rows))
    return EventTable(
        moments,
        Keys(name, names),
        Keys.empty(events),
        Keys(account, [f"acct_{i:08d}" for i in range(accounts)]),
        None,
        {
            "rating": texts("feedback", RATINGS),
            "minutes": PropertyColumn(minutes, None),
            "feature": texts("feature_used", FEATURES),
        },
    )


def timed(work: Callable[[], object], runs: int) -> tuple[float, list[float]]:
    """The median and all seconds of some runs after one that is not counted."""
    work()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds)), seconds


def sql(log: EventTable, at: int) -> dict[str, Callable[[], tuple[list[str], NDArray[np.float64]]]]:
    """DuckDB's two queries over a table of its own, which is not timed."""
    import duckdb
    import pyarrow as pa

    def dictionary(keys: Keys) -> pa.DictionaryArray:
        codes = pa.array(keys.codes, mask=keys.codes < 0)
        return pa.DictionaryArray.from_arrays(codes, pa.array(list(keys.values)))

    rating, feature = log.properties["rating"].text, log.properties["feature"].text
    minutes = log.properties["minutes"].num
    assert rating is not None and feature is not None and minutes is not None
    arrow = pa.table(
        {
            "account": dictionary(log.account),
            "name": dictionary(log.name),
            "time": pa.array(log.time, type=pa.timestamp("us")),
            "rating": dictionary(rating),
            "minutes": pa.array(minutes, mask=np.isnan(minutes)),
            "feature": dictionary(feature),
        }
    )
    connection = duckdb.connect()
    connection.register("arrow", arrow)
    connection.execute("create table ev as select * from arrow")
    month = at - 30 * DAY
    text = (BENCH / "twelve-rules.sql").read_text()
    text = text.format(
        at=at, at_minus_30d=month, at_minus_7d=at - 7 * DAY, day_number_of_at_minus_30d=month // DAY
    )
    plain, expert = text.split("-- 2.")
    expert = expert[expert.index("with a as") :]

    def run(query: str) -> Callable[[], tuple[list[str], NDArray[np.float64]]]:
        def work() -> tuple[list[str], NDArray[np.float64]]:
            found = connection.execute(query).fetchnumpy()
            return np.asarray(found["account"]).tolist(), np.asarray(found["s"], dtype=np.float64)

        return work

    return {"DuckDB, plain SQL": run(plain), "DuckDB, expert SQL": run(expert)}


def main() -> int:
    """Runs the benchmark and prints its figures; exit code 1 when the numbers differ."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", choices=["ours"])
    options = parser.parse_args()
    model = questscore.load_model(json.loads((BENCH / "twelve-rules.json").read_text()))
    log = make_log(options.events, options.accounts)
    at = START + DAYS * DAY - 1
    print(f"{len(log):,} events, {options.accounts:,} accounts, {DAYS} days")
    table = questscore.score(model, log, at)
    ours, runs = timed(lambda: questscore.score(model, log, at), options.runs)
    print(f"{'questscore':<20} {ours:7.3f} s   (min {min(runs):.3f}, max {max(runs):.3f})")
    if options.only:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"peak memory          {peak:,.0f} MB, the log included")
        return 0
    worst = 0.0
    for label, query in sql(log, at).items():
        accounts, scores = query()
        order = np.argsort(np.asarray(accounts))
        assert list(np.asarray(accounts)[order]) == list(table.subjects)
        gap = np.max(np.abs(scores[order] - table.scores) / np.maximum(1, np.abs(table.scores)))
        worst = max(worst, float(gap))
        seconds, runs = timed(query, options.runs)
        print(
            f"{label:<20} {seconds:7.3f} s   (min {min(runs):.3f}, max {max(runs):.3f})"
            f"   {seconds / ours:.2f} x questscore's time, largest relative difference {gap:.1e}"
        )
    return 0 if worst <= 1e-6 else 1


if __name__ == "__main__":
    sys.exit(main())

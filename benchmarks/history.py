"""A level for every account on each of 180 days, beside DuckDB and Polars in the same run.

    python -m benchmarks.history                # all three, and whether the numbers agree
    python -m benchmarks.history --only ours    # questscore alone, with its peak memory

The model: actions of the last 30 days x days on which there were any / 30, and three levels. The peers answer
as an expert would ask them: actions are counted by account and day first, and windows run over days, which is
right here because every instant is a midnight in UTC. The log is that of `benchmarks.twelve`.
"""

from __future__ import annotations

import argparse
import resource
import sys
from collections.abc import Callable

import numpy as np
from benchmarks.twelve import DAYS, START, make_log, timed
from numpy.typing import NDArray

from questscore import ActivePeriods, ConditionRule, Count, EventTable, Level, Levels, ScoreModel, history
from questscore.model.time import DAY

ACTIONS = ["task_created", "task_completed", "task_assigned", "invited", "feature_used"]
THRESHOLDS = {"low": 5, "medium": 30, "high": 100}
MODEL = ScoreModel(
    "engagement",
    subject="account",
    signals=[
        Count("actions", on=ACTIONS, window="30d"),
        ActivePeriods("days", on=ACTIONS, every="day", window="30d"),
    ],
    rules=[ConditionRule("engagement", when="actions > 0", points="actions * days / 30")],
    levels=Levels(*(Level(name, at_least=score) for name, score in THRESHOLDS.items())),
)
# What each gives back: the sum of all scores and how many (account, day) pairs stand in each level.
Answer = tuple[float, list[int]]


def ours(log: EventTable) -> Callable[[], Answer]:
    """questscore's history."""

    def work() -> Answer:
        found = history(MODEL, log, "day", start=START, end=START + DAYS * DAY)
        counts = [int(np.count_nonzero(found.codes == found.order.index(name))) for name in THRESHOLDS]
        return float(sum(np.nansum(row) for row in found.scores)), counts

    return work


def _columns(log: EventTable) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    return log.account.codes, log.name.codes, log.time


def duckdb_query(log: EventTable) -> Callable[[], Answer]:
    """DuckDB over a table of its own, the accounts and names as integers, which spares it every text."""
    import duckdb
    import pyarrow as pa

    account, name, moment = _columns(log)
    connection = duckdb.connect()
    connection.register("arrow", pa.table({"account": account, "name": name, "time": moment}))
    connection.execute("create table ev as select * from arrow")
    codes = ", ".join(str(list(log.name.values).index(action)) for action in ACTIONS)
    cases = " ".join(f"when s >= {score} then '{name}'" for name, score in reversed(THRESHOLDS.items()))
    query = f"""
        create or replace temp table result as
        with cells as (select account, ((time - {START}) // {DAY})::int as d, count(*)::int as n
                       from ev where name in ({codes}) group by all),
        grid as (select account, d, n
                 from (select distinct account from ev) cross join range(0, {DAYS}) t(d)
                 left join cells using (account, d)),
        windows as (select account, d, coalesce(sum(n) over w, 0) * count(n) over w / 30.0 as s from grid
                    window w as (partition by account order by d rows between 29 preceding and current row))
        select account, d, s, case {cases} else 'base' end as level from windows"""

    def work() -> Answer:
        connection.execute(query)
        total = connection.execute("select sum(s) from result").fetchone()
        levels = dict(connection.execute("select level, count(*) from result group by level").fetchall())
        assert total is not None
        return float(total[0]), [int(levels.get(name, 0)) for name in THRESHOLDS]

    return work


def polars_query(log: EventTable) -> Callable[[], Answer]:
    """Polars, lazily, over columns in memory."""
    import polars as pl

    account, name, moment = _columns(log)
    frame = pl.DataFrame({"account": account, "name": name, "time": moment})
    codes = [list(log.name.values).index(action) for action in ACTIONS]

    def work() -> Answer:
        cells = (
            frame.lazy()
            .filter(pl.col("name").is_in(codes))
            .with_columns(d=((pl.col("time") - START) // DAY).cast(pl.Int32))
            .group_by("account", "d")
            .agg(n=pl.len().cast(pl.Int32))
        )
        days = pl.LazyFrame({"d": np.arange(DAYS, dtype=np.int32)})
        grid = frame.lazy().select("account").unique().join(days, how="cross")
        found = (
            grid.join(cells, on=["account", "d"], how="left")
            .sort("account", "d")
            .with_columns(
                actions=pl.col("n").fill_null(0).rolling_sum(30, min_samples=1).over("account"),
                active=pl.col("n")
                .is_not_null()
                .cast(pl.Int32)
                .rolling_sum(30, min_samples=1)
                .over("account"),
            )
            .with_columns(s=pl.col("actions") * pl.col("active") / 30)
            .with_columns(
                level=pl.when(pl.col("s") >= 100)
                .then(3)
                .when(pl.col("s") >= 30)
                .then(2)
                .when(pl.col("s") >= 5)
                .then(1)
                .otherwise(0)
            )
            .select("account", "d", "s", "level")
            .collect()
        )
        counts = np.bincount(found["level"].to_numpy(), minlength=4)
        return float(found["s"].sum()), counts[1:].tolist()

    return work


def main() -> int:
    """Runs the benchmark and prints its figures; exit code 1 when the numbers differ."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=["ours"])
    options = parser.parse_args()
    log = make_log(options.events, options.accounts)
    print(f"{len(log):,} events, {options.accounts:,} accounts, a level on each of {DAYS} days")
    wanted = ours(log)()
    seconds, runs = timed(ours(log), options.runs)
    print(f"{'questscore':<12} {seconds:7.3f} s   (min {min(runs):.3f}, max {max(runs):.3f})")
    if options.only:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"peak memory  {peak:,.0f} MB, the log included")
        return 0
    agreed = True
    for label, make in (("DuckDB", duckdb_query), ("Polars", polars_query)):
        work = make(log)
        total, levels = work()
        agreed &= abs(total - wanted[0]) <= 1e-9 * wanted[0] and levels == wanted[1]
        peer, runs = timed(work, options.runs)
        print(
            f"{label:<12} {peer:7.3f} s   (min {min(runs):.3f}, max {max(runs):.3f})"
            f"   {peer / seconds:.1f} x questscore's time"
        )
    print("the numbers agree" if agreed else f"the numbers differ: {wanted} is not {(total, levels)}")
    return 0 if agreed else 1


if __name__ == "__main__":
    sys.exit(main())

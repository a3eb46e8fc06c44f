"""The queries of `benchmarks.history` in DuckDB and Polars, written as an expert of each would.

Lives here: for each model and peer a function that makes, from the log, a query to be timed and a reader of
what it made: scores and places of levels, days x accounts.
Lives elsewhere: questscore's side, timing and comparing (history).

What is common: events are counted by account and day first, and windows run over days, which is right because
every instant is a midnight in UTC. Texts are integers, which spares the peers every text. A feature counts
from the day on which it is used until 30 days after, unless it is used again by then, so that a running sum
of +1 and -1 counts different features; a half-life is a running sum of weights that grow by it. Tables and
frames of the log are made beforehand, and are not timed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from benchmarks.twelve import DAYS, START
from numpy.typing import NDArray

from questscore.columns.table import EventTable
from questscore.model.time import DAY

if TYPE_CHECKING:
    import polars as pl

Answer = tuple[NDArray[np.float64], NDArray[np.int8]]
Query = tuple[Callable[[], object], Callable[[], Answer]]

ACTIONS = ["task_created", "task_completed", "task_assigned", "invited", "feature_used"]
COUNT_LEVELS = [5, 30, 100]
TWELVE_LEVELS = [100, 500, 1000, 2000, 5000, 10000]
FLAT = {"meeting_attended": 30, "meeting_missed": -30, "payment_ok": 50, "payment_failed": -50}
AGED = {
    "task_created": 50, "task_completed": 50, "task_assigned": 50, "invited": 100, "video": 20,
    "training": 50, "nps": 20,
}  # fmt: skip
RATINGS = [50, 25, -25, -50]


def _columns(log: EventTable) -> dict[str, NDArray[np.generic]]:
    rating, feature = log.properties["rating"].text, log.properties["feature"].text
    minutes = log.properties["minutes"].num
    assert rating is not None and feature is not None and minutes is not None
    return {
        "account": log.account.codes,
        "name": log.name.codes,
        "time": log.time,
        "rating": rating.codes,
        "feature": feature.codes,
        "minutes": minutes,
    }


def _codes(log: EventTable) -> dict[str, int]:
    return {name: code for code, name in enumerate(log.name.values)}


# DuckDB


def _duckdb(log: EventTable, query: str) -> Query:
    import duckdb
    import pyarrow as pa

    columns = _columns(log)
    minutes = pa.array(columns.pop("minutes"), from_pandas=True)
    connection = duckdb.connect()
    connection.register("arrow", pa.table({**columns, "minutes": minutes}))
    connection.execute("create table ev as select * from arrow")
    text = (
        f"create or replace temp table result as with accounts as (select distinct account from ev), {query}"
    )

    def read() -> Answer:
        found = connection.execute("select s, level from result order by d, account").fetchnumpy()
        scores = np.asarray(found["s"], dtype=np.float64).reshape(DAYS, -1)
        return scores, np.asarray(found["level"], dtype=np.int8).reshape(DAYS, -1)

    return lambda: connection.execute(text), read


def _duckdb_level(thresholds: list[int]) -> str:
    steps = list(enumerate(thresholds, start=1))
    cases = " ".join(f"when s >= {score} then {place}" for place, score in reversed(steps))
    return f"(case {cases} else 0 end)::tinyint as level"


def duckdb_count(log: EventTable) -> Query:
    """Count x active days, by window functions."""
    code = _codes(log)
    actions = ", ".join(str(code[name]) for name in ACTIONS)
    return _duckdb(
        log,
        f"""
        cells as (select account, ((time - {START}) // {DAY})::int as d, count(*)::int as n
                  from ev where name in ({actions}) group by all),
        grid as (select account, d, n
                 from accounts cross join (select range::int as d from range({DAYS})) days
                 left join cells using (account, d)),
        windows as (select account, d, coalesce(sum(n) over w, 0) * count(n) over w / 30.0 as s from grid
                    window w as (partition by account order by d rows between 29 preceding and current row))
        select account, d, s, {_duckdb_level(COUNT_LEVELS)} from windows""",
    )


def duckdb_twelve(log: EventTable) -> Query:
    """The 22 rules, by window functions."""
    code = _codes(log)
    actions = ", ".join(str(code[name]) for name in ACTIONS)
    flat = " ".join(f"when {code[name]} then {points}" for name, points in FLAT.items())
    rated = " ".join(f"when {place} then {points}" for place, points in enumerate(RATINGS))
    aged = " ".join(f"when {code[name]} then {points}" for name, points in AGED.items())
    return _duckdb(
        log,
        f"""
        cells as (
            select account, ((time - {START}) // {DAY})::int as d,
                sum(case name {flat} when {code["feedback"]} then case rating {rated} end
                    else 0 end)::int as p,
                sum(case name {aged} else 0 end * pow(2.0, (time - {START}) / {30 * DAY}.0)) as a,
                count_if(name = {code["login"]})::int as l, sum(minutes) as m,
                nullif(count_if(name in ({actions})), 0)::int as n
            from ev group by all),
        firsts as (select account, min(d) as d, 30 as p, 0 as f from cells where l > 0
                   group by account, month(make_timestamp({START} + d::bigint * {DAY}))),
        used as (select distinct account, feature, ((time - {START}) // {DAY})::int as d
                 from ev where name = {code["feature_used"]}),
        uses as (select account, d, lag(d) over w as before, lead(d) over w as after from used
                 window w as (partition by account, feature order by d)),
        turns as (select account, d, 0 as p, 1 as f from uses where before is null or d - before >= 30
                  union all
                  select account, d + 30, 0, -1 from uses where after is null or after - d >= 30),
        more as (select account, d, sum(p)::int as p, sum(f)::int as f
                 from (from firsts union all from turns) group by all),
        grid as (select account, d, coalesce(c.p, 0) + coalesce(e.p, 0) as p, a, l, m, n, f
                 from accounts cross join (select range::int as d from range({DAYS})) days
                 left join cells c using (account, d) left join more e using (account, d)),
        windows as (
            select account, d, sum(p) over u as p, coalesce(sum(a) over u, 0) as a, sum(l) over u as l,
                coalesce(sum(l) over w7, 0) as l7, coalesce(sum(l) over w30, 0) as l30,
                coalesce(sum(m) over w30, 0) as m, coalesce(sum(n) over w30, 0) as n,
                count(n) over w30 as days, coalesce(sum(f) over u, 0) as f
            from grid
            window u as (partition by account order by d rows unbounded preceding),
                w7 as (partition by account order by d rows 6 preceding),
                w30 as (partition by account order by d rows 29 preceding)),
        scores as (
            select account, d, 30 + p + a * pow(2.0, -(d + 1) / 30.0)
                + case when m >= 120 then 120 when m >= 60 then 60 when m >= 30 then 30 else 0 end
                + case when l7 > 5 then 150 else 0 end - case when l > 0 and l30 = 0 then 100 else 0 end
                + n * days / 30.0 + least(100, 10 * f) as s
            from windows)
        select account, d, s, {_duckdb_level(TWELVE_LEVELS)} from scores""",
    )


# Polars


def _polars(work: Callable[[], object]) -> Query:
    import polars as pl

    kept: list[pl.DataFrame] = []

    def run() -> None:
        found = work()
        assert isinstance(found, pl.DataFrame)
        kept[:] = [found]

    def read() -> Answer:
        (found,) = kept
        shape = (-1, DAYS)
        return found["s"].to_numpy().reshape(shape).T, found["level"].to_numpy().reshape(shape).T

    return run, read


def polars_count(log: EventTable) -> Query:
    """Count x active days: accounts as lists of days, over which windows run."""
    import polars as pl

    code, columns = _codes(log), _columns(log)
    frame = pl.DataFrame({name: columns[name] for name in ("account", "name", "time")})
    actions, size = [code[name] for name in ACTIONS], int(log.account.codes.max()) + 1

    def work() -> pl.DataFrame:
        day = (pl.col("time") - START) // DAY
        cells = (
            frame.lazy()
            .filter(pl.col("name").is_in(actions))
            .group_by(k=pl.col("account").cast(pl.Int64) * DAYS + day)
            .agg(n=pl.len().cast(pl.Int32))
            .sort("k")
            .set_sorted("k")
        )
        days = pl.LazyFrame({"k": np.arange(size * DAYS)}).set_sorted("k")
        return (
            days.join_asof(cells, on="k", tolerance=0)
            .group_by((pl.col("k") // DAYS).alias("account").set_sorted(), maintain_order=True)
            .agg(
                (pl.col("k") % DAYS).alias("d"),
                n=pl.col("n").fill_null(0).rolling_sum(30, min_samples=1),
                days=pl.col("n").is_not_null().cast(pl.Int32).rolling_sum(30, min_samples=1),
            )
            .explode("d", "n", "days")
            .select("account", "d", s=pl.col("n") * pl.col("days") / 30)
            .with_columns(level=_polars_level(COUNT_LEVELS))
            .collect()
        )

    return _polars(work)


def polars_twelve(log: EventTable) -> Query:
    """The 22 rules: accounts as lists of days, over which windows run."""
    import polars as pl

    code = _codes(log)
    frame = pl.DataFrame(_columns(log)).with_columns(pl.col("minutes").fill_nan(None))
    actions, size = [code[name] for name in ACTIONS], int(log.account.codes.max()) + 1
    name, rating = pl.col("name"), pl.col("rating")

    def by(column: pl.Expr, points: dict[int, int]) -> pl.Expr:
        return column.replace_strict(points, default=0, return_dtype=pl.Int32)

    flat, aged = ({code[n]: points for n, points in table.items()} for table in (FLAT, AGED))
    rated = dict(enumerate(RATINGS))
    months = pl.LazyFrame({"d": np.arange(DAYS)}).select(
        "d", month=pl.from_epoch(START + pl.col("d") * DAY, "us").dt.month()
    )

    def work() -> pl.DataFrame:
        day = (pl.col("time") - START) // DAY
        key = pl.col("account").cast(pl.Int64) * DAYS
        cells = (
            frame.lazy()
            .group_by(k=key + day)
            .agg(
                p=(by(name, flat) + by(rating, rated)).sum(),
                a=(by(name, aged) * ((pl.col("time") - START) * (np.log(2) / (30 * DAY))).exp()).sum(),
                l=(name == code["login"]).sum().cast(pl.Int32),
                m=pl.col("minutes").sum(),
                n=name.is_in(actions).sum().cast(pl.Int32),
            )
            .sort("k")
            .set_sorted("k")
            .collect()
        )
        firsts = (
            cells.lazy()
            .filter(pl.col("l") > 0)
            .select("k", d=pl.col("k") % DAYS)
            .join(months, on="d")
            .group_by(pl.col("k") // DAYS, "month")
            .agg(at=pl.col("d").min())
            .select(k=pl.col("k") * DAYS + pl.col("at"), q=30, f=0)
        )
        own, before, after = pl.col("own"), pl.col("u").shift(1), pl.col("u").shift(-1)
        new = (own != own.shift(1)).fill_null(True) | (pl.col("u") - before >= 30)
        last = (own != own.shift(-1)).fill_null(True) | (after - pl.col("u") >= 30)
        uses = (
            frame.lazy()
            .filter(name == code["feature_used"])
            .select(v=(pl.col("account").cast(pl.Int64) * 64 + pl.col("feature")) * 256 + day)
            .unique()
            .sort("v")
            .with_columns(own=pl.col("v") // 256, u=pl.col("v") % 256)
            .with_columns(k=own // 64 * DAYS + pl.col("u"), new=new, last=last)
            .collect()
            .lazy()
        )
        comes = uses.filter("new").select("k", q=0, f=1)
        goes = uses.filter(pl.col("last") & (pl.col("u") + 30 < DAYS)).select(pl.col("k") + 30, q=0, f=-1)
        more = (
            pl.concat([frame_.cast({"q": pl.Int32, "f": pl.Int32}) for frame_ in (firsts, comes, goes)])
            .group_by("k")
            .agg(pl.col("q", "f").sum())
            .sort("k")
            .set_sorted("k")
        )
        days = pl.LazyFrame({"k": np.arange(size * DAYS)}).set_sorted("k")
        value = {column: pl.col(column).fill_null(0) for column in ("p", "q", "a", "l", "m", "n", "f")}

        def rolling(values: pl.Expr, length: int) -> pl.Expr:
            return values.rolling_sum(length, min_samples=1)

        tiers = pl.when(pl.col("m") >= 120).then(120).when(pl.col("m") >= 60).then(60)
        return (
            days.join_asof(cells.lazy(), on="k", tolerance=0)
            .join_asof(more, on="k", tolerance=0)
            .group_by((pl.col("k") // DAYS).alias("account").set_sorted(), maintain_order=True)
            .agg(
                (pl.col("k") % DAYS).alias("d"),
                p=(value["p"] + value["q"]).cum_sum(),
                a=value["a"].cum_sum(),
                l=value["l"].cum_sum(),
                l7=rolling(value["l"], 7),
                l30=rolling(value["l"], 30),
                m=rolling(value["m"], 30),
                n=rolling(value["n"], 30),
                days=rolling((value["n"] > 0).cast(pl.Int32), 30),
                f=value["f"].cum_sum(),
            )
            .explode("d", "p", "a", "l", "l7", "l30", "m", "n", "days", "f")
            .select(
                "account",
                "d",
                s=30
                + pl.col("p")
                + pl.col("a") * (-(pl.col("d") + 1) * (np.log(2) / 30)).exp()
                + tiers.when(pl.col("m") >= 30).then(30).otherwise(0)
                + pl.when(pl.col("l7") > 5).then(150).otherwise(0)
                - pl.when((pl.col("l") > 0) & (pl.col("l30") == 0)).then(100).otherwise(0)
                + pl.col("n") * pl.col("days") / 30
                + (10 * pl.col("f")).clip(upper_bound=100),
            )
            .with_columns(level=_polars_level(TWELVE_LEVELS))
            .collect()
        )

    return _polars(work)


def _polars_level(thresholds: list[int]) -> pl.Expr:
    import polars as pl

    places = pl.lit(0, pl.Int8)
    for score in thresholds:
        places = places + (pl.col("s") >= score).cast(pl.Int8)
    return places

"""What a host asks of a `Scorer` with many subjects, each beside one `score` of the same events.

    python -m benchmarks.operations
    python -m benchmarks.operations --events 300000 --subjects 30000 --retain 90d

The model and the log are those of ../shared/bench, with ids, triggers on levels and on an audience with two
doors. Times are of the processor. `--retain` keeps single events for so long: then a day is taken in and
advanced over at a time, and states are read one by one.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from attrs import evolve
from benchmarks.online import with_ids
from benchmarks.twelve import BENCH, DAYS, START, make_log

from questscore import Audience, EventRule, EventTable, ScoreModel, Scorer, Trigger, load_model, score
from questscore.model.time import DAY, Instant

T = TypeVar("T")
AGO = 30  # days before the end at which the first of the log is advanced to


def model() -> ScoreModel:
    """The model, with something to hear about."""
    made = load_model(json.loads((BENCH / "twelve-rules.json").read_text()))
    audience = Audience("busy", enter="actions_30d >= 5", leave="actions_30d < 2")
    triggers = [
        Trigger("rises", on="rise", level="1000+", action="tell", status="active"),
        Trigger("is busy", on="enter", audience="busy", action="tell", status="active"),
    ]
    return evolve(made, audiences=[audience], triggers=triggers)


class Clock:
    """Prints how long something took, and that beside one `score`."""

    def __init__(self, unit: float) -> None:
        self._unit = unit

    def time(self, what: str, work: Callable[[], T], times: int = 1) -> T:
        """Does it, so many times as ``work`` says it is."""
        began = time.process_time()
        found = work()
        spent = (time.process_time() - began) / times
        shown = f"{spent:9.3f} s " if times == 1 else f"{spent * 1e6:9.1f} us"
        print(f"{what:<44} {shown} {spent / self._unit:10.4f} x score", flush=True)
        return found


def of_days(log: EventTable, first: int, last: int) -> slice:
    """The rows of some days."""
    low, high = np.searchsorted(log.time, [START + first * DAY, START + last * DAY])
    return slice(int(low), int(high))


def daily(scorer: Scorer, log: EventTable, first: int, last: int) -> float:
    """Takes days in, advances over each; the longest of these calls."""
    longest = 0.0
    for day in range(first, last):
        began = time.process_time()
        scorer.ingest(log.take(of_days(log, day, day + 1)))
        middle = time.process_time()
        scorer.advance(Instant(START + (day + 1) * DAY))
        longest = max(longest, middle - began, time.process_time() - middle)
    return longest


def main() -> int:
    """Prints each operation."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=3_000_000)
    parser.add_argument("--subjects", type=int, default=300_000)
    parser.add_argument("--retain")
    options = parser.parse_args()
    made, log = model(), with_ids(make_log(options.events, options.subjects))
    end = Instant(START + DAYS * DAY)
    score(made, log)
    began = time.process_time()
    score(made, log)
    clock = Clock(time.process_time() - began)
    print(f"{len(log):,} events of {options.subjects:,} accounts; one score {clock._unit:.3f} s")
    scorer = Scorer(made, retain=options.retain)
    if options.retain is None:
        until = DAYS - AGO
        clock.time("ingest of a table", lambda: scorer.ingest(log.take(of_days(log, 0, until))))
        clock.time("the first advance", lambda: scorer.advance(Instant(START + until * DAY)))
        days = 5
    else:
        until, days = 0, DAYS - AGO
    what = f"{days} days: ingest and advance"
    longest = clock.time(what, lambda: daily(scorer, log, until, until + days))
    print(f"{'the longest of these calls':<44} {longest:9.3f} s")
    until += days
    events = list(log.take(of_days(log, until, until + 1)))
    clock.time("ingest of one event", lambda: [scorer.ingest(event) for event in events], len(events))
    scorer.ingest(log.take(of_days(log, until + 1, until + 5)))
    names = clock.time("scores of all", lambda: scorer.scores()).subjects
    few = [names[len(names) * k // 100] for k in range(100)]
    clock.time("scores of all, again", lambda: scorer.scores())
    clock.time("score of one", lambda: [scorer.score(name) for name in few], len(few))
    clock.time("forecast of one", lambda: [scorer.forecast(name) for name in few], len(few))
    clock.time("members of an audience with two doors", lambda: scorer.members("busy"))
    clock.time("firings", lambda: scorer.firings())
    clock.time("history by week", lambda: scorer.history("week"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state"
        clock.time("save", lambda: scorer.save(path))
        loaded = clock.time("load", lambda: Scorer.load(path))
    now = Instant(START + (until + 6) * DAY)
    clock.time("advance", lambda: scorer.advance(now))
    clock.time("members after it", lambda: scorer.members("busy"))
    clock.time("the first advance after load", lambda: loaded.advance(now))
    more = evolve(made, version="2", rules=(*made.rules, EventRule("more", on="login", points=7)))
    if options.retain is None:
        clock.time("publish", lambda: scorer.publish(more, now))
        clock.time("the first advance after publish", lambda: scorer.advance(Instant(now + DAY)))
        clock.time("scores of all", lambda: scorer.scores())
        clock.time("history by week, through both models", lambda: scorer.history("week", end=end))
        clock.time("explain one", lambda: [scorer.explain(name) for name in few], len(few))
    clock.time("forget one", lambda: [scorer.forget(name) for name in few], len(few))
    return 0


if __name__ == "__main__":
    sys.exit(main())

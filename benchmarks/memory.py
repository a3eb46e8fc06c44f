"""How much memory a `Scorer` takes: for each event, each id, and each subject whose state is at hand.

    python -m benchmarks.memory

Ten million events of a million subjects, as tables of 100,000, with a name, an account and up to three
properties. What the process holds is measured, before and after, beside what the journal says it holds.
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import sys
from pathlib import Path

import numpy as np
from benchmarks.online import model
from benchmarks.twelve import DAYS, START, make_log
from numpy.typing import NDArray

from questscore import EventTable, Scorer
from questscore.columns.table import Keys
from questscore.model.time import DAY

PAGE = 4096


def held() -> int:
    """Bytes of memory that this process holds."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def parts(log: EventTable, size: int = 100_000) -> list[slice]:
    """The rows of each table."""
    return [slice(i, min(i + size, len(log))) for i in range(0, len(log), size)]


def part(log: EventTable, rows: slice, ids: bool) -> EventTable:
    """One table, made when it is needed, with ids of 12 characters where asked for."""
    table = log.take(rows)
    if not ids:
        return table
    codes: NDArray[np.int32] = np.arange(len(table), dtype=np.int32)
    keys = Keys(codes, [f"e{i:011d}" for i in range(rows.start, rows.start + len(table))])
    return EventTable(table.time, table.name, table.user, table.account, keys, table.properties)


def taken(log: EventTable, ids: bool) -> tuple[Scorer, int]:
    """A scorer with all events, and the bytes it made the process hold."""
    before = held()
    scorer = Scorer(model())
    for rows in parts(log):
        scorer.ingest(part(log, rows, ids))
    return scorer, held() - before


def measured(what: str, events: int, subjects: int) -> float:
    """Bytes for each event, with and without ids, or for each state."""
    log = make_log(events, subjects)
    warm = make_log(1_000, 100)
    warmed, _ = taken(warm, ids=True)
    warmed.score(warm.account.at(0) or "")
    scorer, bytes_ = taken(log, ids=what == "ids")
    if what != "states":
        return bytes_ / events
    names = [name for name in log.account.values[:50_000] if name in scorer]
    before = held()
    for name in names:
        scorer.score(name, START + DAYS * DAY)
    return (held() - before) / len(names)


def main() -> int:
    """Prints the figures; exit code 1 when a promise is broken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--subjects", type=int, default=1_000_000)
    parser.add_argument("--measure", choices=["events", "ids", "states"])
    options = parser.parse_args()
    if options.measure:
        print(measured(options.measure, options.events, options.subjects))
        return 0
    found = {}
    for what in ("events", "ids", "states"):  # each in a process of its own
        command = [sys.executable, "-m", "benchmarks.memory", "--measure", what]
        sizes = ["--events", str(options.events), "--subjects", str(options.subjects)]
        run = subprocess.run([*command, *sizes], check=True, capture_output=True, text=True)
        found[what] = float(run.stdout)
    each, id_ = found["events"], found["ids"] - found["events"]
    print(f"{options.events:,} events, {options.subjects:,} subjects")
    print(f"an event  {each:6.1f} bytes, what is kept of subjects included")
    print(f"an id     {id_:6.1f} bytes more, of 12 characters each")
    print(
        f"a state   {found['states']:6.0f} bytes, of a subject that was read lately; at most 131,072 are kept"
    )
    return 0 if each <= 40 and id_ <= 24 else 1


if __name__ == "__main__":
    sys.exit(main())

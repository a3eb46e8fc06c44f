"""A `Scorer` beside the definition through long random plays, and levels that move in every way there is.

    python -m benchmarks.simulation --runs 10000              # plays of 50 steps each
    python -m benchmarks.simulation --runs 0 --transitions 2000
    python -m benchmarks.simulation --runs 0 --shuffled 5000000   # a log taken in sorted, and shuffled

The plays and cases are those of the tests, numbered, so that each can be had again; a short form of both runs
with the tests. Exit code 1 when anything differs; what differs is printed, made smaller.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import numpy as np

from questscore.model.time import DAY
from support.machine import run
from support.moving import BY_PERIOD, CONTINUOUS, ROUNDED, advanced, numbered_move, shown
from support.plugins import registered
from support.shuffled import DAYS, START, a_log, a_model, same_end, taken_in
from support.transitions import cancelled

CHUNK = 25


def plays(number: int) -> tuple[Counter[str], list[str]]:
    """A chunk of plays: what was seen, and what differs."""
    with registered():
        try:
            return Counter(run(number, CHUNK)), []
        except AssertionError as error:
            return Counter(), [f"chunk {number}: {error}"]


def moves(asked: tuple[int, str, int]) -> tuple[Counter[str], list[str]]:
    """A chunk of cases of levels that move: what was seen, and what differs."""
    seed, mode, first = asked
    seen, wrong = Counter[str](), list[str]()
    with registered():
        for number in range(first, first + CHUNK):
            case = numbered_move(seed, mode, number)
            told, lines = advanced(case)
            wrong += [f"{mode} {number}: {line}" for line in lines if line != ROUNDED]
            seen[f"{mode}: {ROUNDED}"] += bool(lines)
            seen += Counter({f"{mode}: {k}": n for k, n in shown(case, cancelled(told), told).items()})
    return seen, wrong


def shuffled(events: int, chunk: int = 50_000) -> list[str]:
    """What differs between a log taken in sorted and the same one shuffled."""
    model, log = a_model(), a_log(events)
    rows = np.arange(len(log))
    began = time.process_time()
    in_order, counts = taken_in(model, log, rows, chunk)
    middle = time.process_time()
    other, others = taken_in(model, log, np.random.default_rng(2).permutation(rows), chunk)
    print(f"{counts}: sorted {middle - began:.1f} s, shuffled {time.process_time() - middle:.1f} s")
    wrong = [] if counts == others else [f"reports: {counts} and {others}"]
    for at in (START + 30 * DAY, START + (DAYS + 5) * DAY):
        wrong += same_end(other, in_order, at)
    return wrong


def main() -> int:
    """Runs what is asked for, and prints what it exercised."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--transitions", type=int, default=0, help="cases of each mode")
    parser.add_argument("--shuffled", type=int, default=0, help="events of a log in any order")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    first = 1_000 * options.seed
    chunks = range(first, first + options.runs // CHUNK)
    modes = (BY_PERIOD, CONTINUOUS)
    cases = [(options.seed, mode, at) for mode in modes for at in range(0, options.transitions, CHUNK)]
    seen, wrong = Counter[str](), list[str]()
    with ProcessPoolExecutor(options.jobs) as pool:
        for found, lines in [*pool.map(plays, chunks), *pool.map(moves, cases)]:
            seen += found
            wrong += lines
    if options.shuffled:
        wrong += shuffled(options.shuffled)
    for what, count in sorted(seen.items()):
        print(f"{count:>9,}  {what}")
    print("\n".join(wrong) if wrong else "nothing differs")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""`calibrate` at size: 10 million events of 100,000 users, 12 rules, 8 snapshots, 200 bootstraps.

    python -m benchmarks.calibration.large              # seconds and peak memory, beside what is demanded
    python -m benchmarks.calibration.large --share 0.1  # a tenth of the users; nothing is demanded

Seconds are of processor time: what the machine does besides does not count. Exit code 1 when more than 300 s
or 4 GB were needed. The log is made here, from a seed, before the clock starts; its memory is included.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time

import numpy as np

from questscore import Calibration, EventRule, EventTable, ScoreModel, activity, calibrate
from questscore.columns.table import Keys
from questscore.model.time import DAY, instant

EVENTS, USERS, RULES, SNAPSHOTS, DRAWS = 10_000_000, 100_000, 12, 8, 200
VISIT = 8
SECONDS, GIGABYTES = 300.0, 4.0
START, DAYS = int(instant("2024-01-01T00:00:00Z")), 720
NAMES = [f"action {number:02d}" for number in range(RULES)]
MODEL = ScoreModel("large", subject="user", rules=[EventRule(name, on=name, points=20) for name in NAMES])
OUTCOME = activity("*", "60d")


def make_log(events: int, users: int, seed: int = 0) -> EventTable:
    """Users that come, act in visits of about eight events and leave, each with a taste of its own.

    The lower an action's number, the longer they stay who like it. Visits come at random between a birth
    and an end: the end of the log, or an exponential life after the birth if that is earlier. Events are in
    the order of time.
    """
    dice = np.random.default_rng(seed)
    born = dice.uniform(0.0, DAYS * 0.7, users)
    taste = dice.dirichlet(np.full(RULES, 0.7), users)
    life = dice.exponential(180.0 * np.exp(2.0 * taste @ np.linspace(1.0, -1.0, RULES)))
    life = np.minimum(life, DAYS - born)
    busy = life * dice.gamma(1.0, 1.0, users)
    visitor = np.repeat(np.arange(users), dice.multinomial(events // VISIT, busy / busy.sum()))
    began = born[visitor] + dice.random(len(visitor)) * life[visitor]
    visit = dice.integers(0, len(visitor), events)
    user = visitor[visit].astype(np.int32)
    at = ((began[visit] + dice.random(events) / 24.0) * DAY).astype(np.int64) + START
    mixed = np.cumsum(taste, axis=1)
    name = np.zeros(events, dtype=np.int32)
    drawn = dice.random(events)
    for place in range(RULES - 1):
        name += drawn > mixed[user, place]
    order = np.argsort(at, kind="stable")
    return EventTable(
        at[order],
        Keys(name[order], NAMES),
        Keys(user[order], [f"u{number:06d}" for number in range(users)]),
        Keys.empty(events),
    )


def calibrated(log: EventTable) -> tuple[Calibration, float]:
    """The calibration, and the seconds of processor time that it took."""
    began = time.process_time()
    found = calibrate(MODEL, log, OUTCOME, number=SNAPSHOTS, draws=DRAWS)
    return found, time.process_time() - began


def main() -> int:
    """Prints the figures; 1 when a demand is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--share", type=float, default=1.0, help="of the users and events")
    share: float = parser.parse_args().share
    log = make_log(round(EVENTS * share), round(USERS * share))
    print(f"{len(log):,} events, {len(log.user.values):,} users, {DAYS} days, {RULES} rules", flush=True)
    found, seconds = calibrated(log)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(found)
    print(f"{found.card.rows:,} rows at {len(found.card.cutoffs)} snapshots, {found.card.draws} bootstraps")
    print(f"seconds   {seconds:8.1f}   demanded: < {SECONDS:g}")
    print(f"peak, GB  {peak:8.2f}   demanded: < {GIGABYTES:g}")
    whole = len(log) == EVENTS and len(found.card.cutoffs) == SNAPSHOTS
    return 1 if whole and not (seconds < SECONDS and peak < GIGABYTES) else 0


if __name__ == "__main__":
    sys.exit(main())

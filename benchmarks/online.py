"""One event and one score at a time: `Scorer` beside a class written by hand for the very same model.

    python -m benchmarks.online                 # one event plus one read, and whether the scores agree
    python -m benchmarks.online --profile       # questscore alone, under the profiler
    python -m benchmarks.online batches         # events a second of tables of 1,000 and of 100,000 rows
    python -m benchmarks.online cold            # the read of one subject, among 10^3 to 10^6 of them

The class keeps, for each account, a number for flat points, one decayed number with its time, a set of months
with a login, the last login, and deques with running counts for the windows of 7 and 30 days. It knows no
ids, no duplicates, no late events, no points by rule and no validation; `Scorer` does all of that here.
A second one is the class with no more than what any scorer needs around it: a lock, the journal with its ids,
a report for each event and a `Score` for each read. What it takes is what code written for this one model
would take at least.
The model is that of ../shared/bench, the log that of `benchmarks.twelve` with ids.
"""

from __future__ import annotations

import argparse
import bisect
import cProfile
import gc
import json
import pstats
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

import numpy as np
from attrs import evolve
from benchmarks.twelve import BENCH, DAYS, START, make_log

from questscore import Event, EventTable, IngestReport, Score, ScoreModel, Scorer, load_model
from questscore.columns.table import Keys
from questscore.journal import Journal, Outcome
from questscore.language import Value
from questscore.model.time import DAY
from questscore.scorer import reports

MEASURED = 20_000
"""So many events are timed one by one."""
WEEK, MONTH = 7 * DAY, 30 * DAY
FLAT = {"meeting_attended": 30.0, "meeting_missed": -30.0, "payment_ok": 50.0, "payment_failed": -50.0}
FEEDBACK = {"very happy": 50.0, "happy": 25.0, "neutral": -25.0, "not happy": -50.0}
DECAYING = {
    "task_created": 50.0, "task_completed": 50.0, "task_assigned": 50.0, "invited": 100.0, "video": 20.0,
    "training": 50.0, "nps": 20.0,
}  # fmt: skip
ACTIONS = frozenset({"task_created", "task_completed", "task_assigned", "invited", "feature_used"})
LEVELS = ["base", "100+", "500+", "1000+", "2000+", "5000+", "10000+"]
EDGES = [100.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0]
# The first instants of months, so that the class need not ask a calendar each time.
MONTHS = np.arange("2023-12", "2025-01", dtype="datetime64[M]").astype("datetime64[us]").astype(int).tolist()


class Account:
    """What the class knows of one account."""

    __slots__ = (
        "actions",
        "aged",
        "aged_at",
        "days",
        "features",
        "flat",
        "last_login",
        "logins",
        "minutes",
        "minutes_sum",
        "months",
        "of_feature",
    )

    def __init__(self, at: int) -> None:
        self.flat = 30.0  # a new account
        self.aged, self.aged_at = 0.0, at
        self.months: set[int] = set()
        self.last_login: int | None = None
        self.logins: deque[int] = deque()
        self.actions: deque[int] = deque()
        self.days: dict[int, int] = {}
        self.minutes: deque[tuple[int, float]] = deque()
        self.minutes_sum = 0.0
        self.features: deque[tuple[int, str]] = deque()
        self.of_feature: dict[str, int] = {}


class ByHand:
    """The twelve schemes, for events in order of time."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}

    def take(self, event: Event) -> None:
        """Takes the next event."""
        at, name = event.time, event.name
        assert event.account is not None
        own = self.accounts.get(event.account)
        if own is None:
            own = self.accounts[event.account] = Account(at)
        points = DECAYING.get(name)
        if points is not None:
            own.aged = own.aged * 2.0 ** ((own.aged_at - at) / MONTH) + points
            own.aged_at = at
        elif name == "login":
            month = bisect.bisect_right(MONTHS, at)
            if month not in own.months:
                own.months.add(month)
                own.flat += 30.0
            own.last_login = at
            own.logins.append(at)
        elif name == "session":
            minutes = event.properties.get("minutes")
            if isinstance(minutes, float):
                own.minutes.append((at, minutes))
                own.minutes_sum += minutes
        elif name == "feature_used":
            feature = event.properties.get("feature")
            if isinstance(feature, str):
                own.features.append((at, feature))
                own.of_feature[feature] = own.of_feature.get(feature, 0) + 1
        elif name == "feedback":
            rating = event.properties.get("rating")
            own.flat += FEEDBACK.get(rating, 0.0) if isinstance(rating, str) else 0.0
        else:
            own.flat += FLAT.get(name, 0.0)
        if name in ACTIONS:
            own.actions.append(at)
            day = at // DAY
            own.days[day] = own.days.get(day, 0) + 1

    def score(self, account: str, at: int) -> tuple[float, str]:
        """The score and its level."""
        own = self.accounts[account]
        week, month = at - WEEK, at - MONTH
        logins, actions, days = own.logins, own.actions, own.days
        while logins and logins[0] <= week:
            logins.popleft()
        while actions and actions[0] <= month:
            day = actions.popleft() // DAY
            if days[day] == 1:
                del days[day]
            else:
                days[day] -= 1
        minutes = own.minutes
        while minutes and minutes[0][0] <= month:
            own.minutes_sum -= minutes.popleft()[1]
        features, of_feature = own.features, own.of_feature
        while features and features[0][0] <= month:
            feature = features.popleft()[1]
            if of_feature[feature] == 1:
                del of_feature[feature]
            else:
                of_feature[feature] -= 1
        score = own.flat + own.aged * 2.0 ** ((own.aged_at - at) / MONTH)
        spent = own.minutes_sum
        if spent >= 30:
            score += 120.0 if spent >= 120 else 60.0 if spent >= 60 else 30.0
        if len(logins) > 5:
            score += 150.0
        if own.last_login is not None and at - own.last_login >= MONTH:
            score -= 100.0
        score += len(actions) * len(days) / 30
        score += min(10.0 * len(of_feature), 100.0)
        return score, LEVELS[bisect.bisect_right(EDGES, score)]


class Kept:
    """The class with a lock, a journal, reports and scores; still no points by rule and no late events."""

    def __init__(self) -> None:
        self._hand, self._journal, self._lock = ByHand(), Journal("account"), threading.RLock()

    def ingest(self, event: Event) -> IngestReport:
        """Takes the next event."""
        with self._lock:
            if self._journal.add(event) is not Outcome.APPLIED:
                return reports.DUPLICATE
            self._hand.take(event)
            return reports.APPLIED

    def score(self, account: str, at: int) -> Score:
        """The score and its level."""
        with self._lock:
            value, level = self._hand.score(account, at)
            return Score.lazy(account, value, value, level, self, at)

    def points(self, at: int) -> dict[str, float | None]:
        """Nothing: it keeps no points by rule."""
        return {}

    def adjustments(self, at: int) -> float:
        """Nothing."""
        return 0.0

    def signals(self, at: int) -> dict[str, Value]:
        """Nothing: it keeps no signals by name."""
        return {}


def model() -> ScoreModel:
    """The model of ../shared/bench."""
    return load_model(json.loads((BENCH / "twelve-rules.json").read_text()))


def with_ids(log: EventTable) -> EventTable:
    """The same log, every event with an id of its own."""
    codes = np.arange(len(log), dtype=np.int32)
    return evolve(log, id=Keys(codes, [f"e{i:011d}" for i in range(len(log))]))


def one_by_one(events: Sequence[Event], warm: int) -> int:
    """Prints the time of one event plus one read, for all three, slice by slice in turn.

    Time is that of the processor, so that what else runs on the machine counts for none of them.
    """
    hand, kept, scorer = ByHand(), Kept(), Scorer(model())
    turns: dict[str, Callable[[Sequence[Event]], None]] = {
        "by hand": lambda part: _by_hand(hand, part),
        "with journal": lambda part: _by_scorer(kept, part),
        "questscore": lambda part: _by_scorer(scorer, part),
    }
    spent: dict[str, list[float]] = {label: [] for label in turns}
    for work in turns.values():
        work(events[:warm])
    gc.collect()
    gc.freeze()  # what the benchmark itself holds is nobody's garbage
    clock, size, worst = time.process_time, Journal.young, 0.0  # a slice pays for its part of what waits
    timed, events = events[:-MEASURED], events[-MEASURED:]
    for start in range(warm, len(timed), size):
        part = timed[start : start + size]
        for label, work in turns.items():
            began = clock()
            work(part)
            spent[label].append((clock() - began) / len(part) * 1e6)
        last = part[-1]
        value, level = hand.score(last.account or "", last.time)
        found = scorer.score(last.account or "", last.time)
        worst = max(worst, abs((found.value or 0.0) - value))
        assert found.level == level
    ratio = {label: float(np.median(np.divide(own, spent["by hand"]))) for label, own in spent.items()}
    each: dict[str, list[float]] = {label: [] for label in turns}
    for event in events:
        for label, work in turns.items():
            each[label].append(_time_of(work, [event]))
    nothing = float(np.median([_time_of(lambda part: None, events[:1]) for _ in range(10_000)]))
    for label in turns:
        p50, p99 = np.percentile(each[label], [50, 99]) - nothing
        print(
            f"{label:<12} {np.median(spent[label]):6.2f} us an event and a read;"
            f" one at a time {p50:6.2f} us in the median, {p99:6.2f} us at the 99th percentile"
        )
    print(
        f"questscore takes {ratio['questscore']:.2f} times as long as the class by hand, which takes"
        f" {ratio['with journal']:.2f} times as long with a journal; largest difference {worst:.1e}"
    )
    return 0 if worst <= 1e-6 else 1


def _by_hand(hand: ByHand, events: Sequence[Event]) -> None:
    take, score = hand.take, hand.score
    for event in events:
        take(event)
        score(event.account, event.time)  # type: ignore[arg-type]


def _by_scorer(scorer: Scorer | Kept, events: Sequence[Event]) -> None:
    ingest, score = scorer.ingest, scorer.score
    for event in events:
        ingest(event)
        score(event.account, event.time)  # type: ignore[arg-type]


def _time_of(work: Callable[[Sequence[Event]], None], events: Sequence[Event]) -> float:
    began = time.process_time()
    work(events)
    return (time.process_time() - began) * 1e6


def batches(events: int, subjects: int) -> int:
    """Prints events a second of processor time, of tables in order of time."""
    log = make_log(events, subjects)
    for named, table in (("without ids", log), ("with ids", with_ids(log))):
        for size in (1_000, 100_000):
            parts = [table.take(slice(i, i + size)) for i in range(0, min(len(table), size * 100), size)]
            scorer = Scorer(model())
            scorer.ingest(parts[0])
            gc.collect()
            began = time.process_time()
            for part in parts[1:]:
                scorer.ingest(part)
            spent = time.process_time() - began
            rate = size * (len(parts) - 1) / spent / 1e6
            print(f"{named:<12} tables of {size:>7,}: {rate:6.2f} million events a second")
    return 0


def cold(events: int) -> int:
    """Prints how long reads of one subject take among ever more subjects, with ten events each."""
    for subjects in (10**3, 10**4, 10**5, 10**6):
        log = make_log(subjects * 10, subjects)
        scorer = Scorer(model())
        scorer.ingest(log)
        rng = np.random.default_rng(5)
        counts = np.bincount(log.account.codes, minlength=subjects)
        usual = np.flatnonzero((counts >= 5) & (counts <= 15))
        names = [log.account.values[i] for i in rng.choice(usual, 300, replace=False)]
        first: list[float] = []
        again: list[float] = []
        at = START + DAYS * DAY
        for spent in (first, again):
            for name in names:
                began = time.process_time()
                scorer.score(name, at)
                spent.append(time.process_time() - began)
        print(
            f"{subjects:>9,} subjects, {len(log):>10,} events: first read of one with 5 to 15 events"
            f" {np.median(first) * 1e6:7.1f} us, the next {np.median(again) * 1e6:5.2f} us"
        )
    return 0


def main() -> int:
    """Runs what is asked for; exit code 1 when the scores differ."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", default="events", choices=["events", "batches", "cold"])
    parser.add_argument("--events", type=int, default=400_000)
    parser.add_argument("--subjects", type=int, default=10_000)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    if options.what == "batches":
        return batches(10_000_000, 100_000)
    if options.what == "cold":
        return cold(options.events)
    events = list(with_ids(make_log(options.events, options.subjects)))
    if not options.profile:
        return one_by_one(events, len(events) // 4)
    scorer = Scorer(model())
    with cProfile.Profile() as profile:
        _by_scorer(scorer, events)
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)
    return 0


if __name__ == "__main__":
    sys.exit(main())

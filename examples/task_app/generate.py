"""Makes events.csv: four months of a made-up task application, the same bytes on every run.

Lives here: ten accounts, each with a character that its score should show.
Lives elsewhere: what the events are worth (model.toml).

    python examples/task_app/generate.py            writes events.csv beside this file
    python examples/task_app/generate.py FILE       writes it there
"""

from __future__ import annotations

import csv
import random
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

SEED = 20260301
START = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 120
FIELDS = ("id", "time", "name", "user", "account", "priority", "severity", "amount")
RETRIED = 400

Habit = Callable[[int], float]

# account, people, tasks on a day at work, and how likely a person is at work on day 0, 1, 2, ...
ACCOUNTS: tuple[tuple[str, int, float, Habit], ...] = (
    ("acme", 4, 1.0, lambda day: 0.35),
    ("globex", 3, 1.0, lambda day: 0.05 + 0.4 * day / DAYS),
    ("initech", 5, 1.0, lambda day: max(0.0, 0.5 - day / 150)),
    ("umbrella", 2, 0.5, lambda day: 0.6 if day < 14 else 0.0),
    ("hooli", 5, 0.5, lambda day: 0.25),
    ("stark", 1, 4.5, lambda day: 0.7),
    ("wayne", 2, 0.3, lambda day: 0.1),
    ("wonka", 3, 0.6, lambda day: 0.3),
    ("soylent", 1, 0.0, lambda day: 1.0 if day == 39 else 0.0),
    ("cyberdyne", 2, 1.0, lambda day: 0.4 if day < 35 or day > 105 else 0.0),
)

Row = dict[str, object]


def events(seed: int = SEED) -> Iterator[Row]:
    """The events, day after day; only ``random()`` is drawn from, which Python keeps the same for a seed."""
    draw = random.Random(seed).random  # noqa: S311
    for day in range(DAYS):
        for account, people, tasks, habit in ACCOUNTS:
            for person in range(people):
                weekend = 0.2 if day % 7 > 4 else 1.0
                if draw() < habit(day) * weekend:
                    clock = START + timedelta(days=day, seconds=int(7 * 3600 + 8 * 3600 * draw()))
                    user = f"{account}-{person + 1}"
                    for name, properties in at_work(draw, tasks):
                        yield {"time": clock, "name": name, "user": user, "account": account, **properties}
                        clock += timedelta(seconds=60 + int(1800 * draw()))
            if habit(day) > 0 and day % 30 == 12 and account not in {"umbrella", "soylent"}:
                paid = START + timedelta(days=day, hours=16)
                yield {"time": paid, "name": "invoice_paid", "account": account, "amount": 40 * people}
            if account == "wonka" and draw() < 0.06:
                call = START + timedelta(days=day, hours=17)
                severity = "high" if draw() < 0.5 else "low"
                yield {"time": call, "name": "support_ticket", "user": "wonka-1", "account": account,
                       "severity": severity}  # fmt: skip


def at_work(draw: Callable[[], float], tasks: float) -> Iterator[tuple[str, Row]]:
    """What one person does on a day: a login, then tasks."""
    yield "login", {}
    for _ in range(int(tasks * 2 * draw() + 0.5)):
        yield "task_created", {"priority": 1 + int(3 * draw())}
        if draw() < 0.7:
            yield "task_completed", {}


def rows(seed: int = SEED) -> Iterator[Row]:
    """The events with ids, by time, written as text; one of them arrives twice, as retried deliveries do."""
    ordered = sorted(events(seed), key=lambda row: str(row["time"]))
    for number, row in enumerate(ordered):
        time = row["time"]
        assert isinstance(time, datetime)  # noqa: S101
        written = {**row, "id": f"e{number:05}", "time": time.strftime("%Y-%m-%dT%H:%M:%SZ")}
        yield written
        if number == RETRIED:
            yield written


def main(target: Path) -> None:
    """Write the file."""
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("events.csv"))

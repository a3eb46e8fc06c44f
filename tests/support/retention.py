"""Events of users of whom some stay: what they do, and what it says about staying, is known.

Lives here: one simulated product, small enough to calibrate in a second.
"""

from __future__ import annotations

import numpy as np

from questscore import ConditionRule, Count, EventRule, ScoreModel
from questscore.model.time import DAY, instant

START = int(instant("2025-01-01T00:00:00Z"))
MODEL = ScoreModel(
    "product",
    subject="user",
    signals=[Count("recent", on=["work", "look"], window="14d")],
    rules=[
        EventRule("work", on="work", points=20),
        EventRule("look", on="look", points=20),
        EventRule("noise", on="noise", points=20),
        ConditionRule("busy", when="recent >= 10", points=10),
    ],
)


def day(number: float) -> int:
    """The instant so many days after the start."""
    return START + int(number * DAY)


def product(users: int = 300, days: int = 240, seed: int = 0) -> list[dict[str, object]]:
    """Users that work often and stay long, or look around and leave; noise comes to all alike, and rarely."""
    dice = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for number in range(users):
        born = float(dice.uniform(0, days * 0.6))
        keen = bool(dice.random() < 0.5)
        life = float(dice.exponential(200.0 if keen else 25.0))
        rate = float(dice.gamma(3.0, 0.05))
        for name, often in (("work", 2.0 if keen else 0.3), ("look", 0.6 if keen else 1.5)):
            count = dice.poisson(rate * often * min(life, days - born))
            at = born + dice.uniform(0, min(life, days - born), count)
            rows += [{"user": f"u{number:04d}", "name": name, "time": day(t)} for t in at.tolist()]
        rows.append({"user": f"u{number:04d}", "name": "look", "time": day(born)})
        noise = dice.uniform(born, days, dice.poisson(0.01 * (days - born)))
        rows += [{"user": f"u{number:04d}", "name": "noise", "time": day(t)} for t in noise.tolist()]
    return rows

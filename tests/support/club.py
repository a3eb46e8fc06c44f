"""Events of a club whose members come back the month after they trained, until something changes.

Lives here: one simulated log in which drift of a chosen kind is planted.
"""

from __future__ import annotations

import numpy as np

from questscore import EventRule, ScoreModel, activity
from questscore.model.time import DAY, instant

START = int(instant("2025-01-01T00:00:00Z"))
MONTHS, USERS = 9, 400
MODEL = ScoreModel(
    "club",
    subject="user",
    rules=[EventRule(name, on=name, points=20) for name in ("train", "chat", "visit")],
)
OUTCOME = activity("back", "30d")
Row = dict[str, object]


def month(number: float) -> int:
    return START + int(number * 30 * DAY)


def club(
    *,
    chat_instead: float = 9.0,
    fewer: float = 0.0,
    since: float = 5,
    until: float = 99.0,
    users: int = USERS,
    seed: int = 1,
) -> list[Row]:
    """Users who come back the month after they trained.

    From the month ``chat_instead`` on, who chatted comes back instead. From ``since`` to ``until`` the
    log-odds of everybody are lower by ``fewer``. Calibrations below know the months 0 to 5; what is done in
    the fifth shows in the sixth.
    """
    dice, luck = np.random.default_rng(seed), np.random.default_rng((seed, 1))
    rows: list[Row] = []

    def done(user: int, name: str, when: float) -> None:
        rows.append({"user": f"u{user:04d}", "name": name, "time": month(when)})

    for number in range(MONTHS):
        for user in range(users):
            did = dict(zip(("train", "chat", "visit"), dice.poisson((1.0, 1.0, 0.5)).tolist(), strict=True))
            for name, often in did.items():
                for _ in range(often):
                    done(user, name, number + dice.random())
            liked = did["train" if number < chat_instead else "chat"]
            odds = -1.5 + 1.2 * min(liked, 3) - (fewer if since <= number < until else 0.0)
            lucky, when = luck.random(2).tolist()
            if lucky < 1.0 / (1.0 + np.exp(-odds)):
                done(user, "back", number + 1 + when)
    return rows

"""The worked examples of docs/reference/templates.md: every rule's points, added up by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from questscore import Score, score, templates

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "templates.md").read_text(encoding="utf-8")
LOGS = dict(re.findall(r"<!-- file: ([\w-]+)\.csv -->\n```csv\n(.*?)```", PAGE, re.S))


def log(name: str, folder: Path) -> Path:
    """The events of a template's example, as a file."""
    path = folder / f"{name}.csv"
    path.write_text(LOGS[name], encoding="utf-8")
    return path


def read(name: str, at: str, folder: Path) -> dict[str, Score]:
    """Everybody's score in a template's example."""
    return {row.subject: row for row in score(templates.load(name), log(name, folder), at)}


def paid(row: Score) -> dict[str, float | None]:
    return {rule: points for rule, points in row.points.items() if points}


PIPELINE = {"new user": 30, "monthly login": 30, "meeting attended": 30, "feedback: very happy": 50}
TASKS = {
    "created a task": 50, "completed a task": 50, "assigned a task": 50, "invited a colleague": 100,
    "watched a how-to video": 20, "attended a training": 50, "answered a survey": 20,
}  # fmt: skip
# template, instant, subject, level, points by rule
EXAMPLES: list[tuple[str, str, str, str, dict[str, float]]] = [
    ("scores-pipeline", "2026-03-07T00:00Z", "acme", "100+",
     {**PIPELINE, "time spent": 60, "payment succeeded": 50}),
    ("scores-pipeline", "2026-03-13T00:00Z", "acme", "100+",
     {**PIPELINE, "time spent": 60, "payment succeeded": 50, "meeting missed": -30, "payment failed": -50,
      "feedback: not happy": -50}),
    ("scores-pipeline", "2026-03-21T00:00Z", "acme", "base",
     {**PIPELINE, "time spent": 60, "payment succeeded": 50, "meeting missed": -30, "payment failed": -50,
      "feedback: not happy": -100}),
    ("task-app", "2026-03-01T09:00Z", "acme", "100+", {**TASKS, "used more than 5 times a week": 150}),
    ("task-app", "2026-03-31T09:00Z", "acme", "base",
     {**{rule: points / 2 for rule, points in TASKS.items()}, "no login for 30 days": -100}),
    ("fitness-app", "2026-04-01T08:00Z", "ada", "regular",
     {"tutorial finished": 30, "video favourited": 25, "recipe downloaded": 10, "logs in often": 30,
      "a friend signed up": 100}),
    ("fitness-app", "2026-04-01T08:00Z", "bea", "trying it out", {"no login for 30 days": -100}),
    ("composite-engagement", "2026-03-31T00:00Z", "acme", "Engaged",
     {"features used": 12, "active days": 3, "results delivered": 20, "pages viewed": 1, "comments": 2,
      "shares": 1, "several people": 3, "integrations": 10}),
    ("engagement-health", "2026-03-31T00:00Z", "acme", "healthy",
     {"sessions this week": 20, "adopters": 40 / 3, "adopts quickly": 15, "trials convert": 10,
      "opened mails": 2}),
    ("engagement-health-users", "2026-03-31T00:00Z", "ada", "watch",
     {"sessions this week": 35, "active days": 6, "opened mails": 10}),
    ("lifecycle-funnel", "2026-03-31T00:00Z", "acme", "customer", {"steps taken": 60}),
    ("lifecycle-funnel", "2026-03-31T00:00Z", "bolt", "lapsed", {"steps taken": 20}),
    ("lifecycle-funnel-users", "2026-03-31T00:00Z", "ada", "customer", {"steps taken": 60}),
    ("lifecycle-funnel-users", "2026-03-31T00:00Z", "bea", "signed up", {"steps taken": 20}),
    ("lifecycle-funnel-users", "2026-03-31T00:00Z", "cyd", "lapsed", {"steps taken": 40}),
    ("lifecycle-funnel-users", "2026-03-31T00:00Z", "dan", "visitor", {}),
    ("product-activation", "2026-03-31T00:00Z", "acme", "activated",
     {"milestones": 20, "adopters": 80 / 3, "adopts quickly": 20}),
    ("product-activation-users", "2026-03-20T00:00Z", "ada", "activated",
     {"milestones": 30, "first value": 20, "came back": 20}),
    ("product-activation-users", "2026-03-20T00:00Z", "bea", "not started", {"first value": 10}),
    ("purchase-readiness", "2026-03-31T09:00Z", "acme", "warm",
     {"looked at prices": 10, "started a trial": 18.75, "several people": 20, "trials convert": 20,
      "leaves carts": 15}),
    ("purchase-readiness", "2026-03-31T09:00Z", "bolt", "bought", {"leaves carts": 15}),
    ("purchase-readiness-users", "2026-03-31T09:00Z", "ada", "hot",
     {"looked at prices": 15, "asked for a demo": 40, "started a trial": 7.5, "opened a mail": 2,
      "uses it": 20, "left a cart": 15}),
    ("purchase-readiness-users", "2026-03-31T09:00Z", "bea", "bought", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "at", "subject", "level", "points"), EXAMPLES)
def test_the_example_adds_up(
    name: str, at: str, subject: str, level: str, points: dict[str, float], tmp_path: Path
) -> None:
    row = read(name, at, tmp_path)[subject]
    assert paid(row) == pytest.approx(points)
    assert row.value == pytest.approx(sum(points.values()))
    assert row.level == level


def test_health_is_never_below_nothing(tmp_path: Path) -> None:
    """Two points for a day, thirty lost for being away."""
    bob = read("engagement-health-users", "2026-03-31T00:00Z", tmp_path)["bob"]
    assert (paid(bob), bob.raw, bob.value) == ({"active days": 2, "has gone quiet": -30}, -28, 0)


def test_every_template_has_an_example() -> None:
    assert {name for name, *_ in EXAMPLES} == set(templates.names()) - {"engagement-levels"}


def test_the_signals_behind_are_columns(tmp_path: Path) -> None:
    """Trial conversion, cart abandonment and adoption lag, each as the page works them out."""
    health = read("engagement-health", "2026-03-31T00:00Z", tmp_path)["acme"].signals
    assert (health["feature_adoption_lag"], health["trial_conversion_rate"]) == (3, 0.5)
    ready = read("purchase-readiness", "2026-03-31T09:00Z", tmp_path)
    assert [ready[who].signals["cart_abandonment_rate"] for who in ("acme", "bolt")] == [1, 0.5]
    assert ready["bolt"].signals["trial_conversion_rate"] is None
    ada = read("purchase-readiness-users", "2026-03-31T09:00Z", tmp_path)["ada"].signals
    assert (ada["sessions_7d"], ada["carts_abandoned_7d"]) == (3, 1)
    assert read("lifecycle-funnel", "2026-03-31T00:00Z", tmp_path)["acme"].signals[
        "trial_conversion_rate"
    ] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("per_day", "days", "value", "level"),
    [(6, 15, 45, "High"), (2, 10, 20 / 3, "Medium"), (20, 1, 2 / 3, "Low"), (0, 0, 0, "No engagement")],
)
def test_engagement_is_how_much_times_how_often(per_day: int, days: int, value: float, level: str) -> None:
    """And a login alone is activity without engagement."""
    log = [{"name": "login", "time": "2026-03-20T08:00:00Z", "account": "acme"}]
    log += [
        {"name": "action", "time": f"2026-03-{day + 1:02}T09:{minute:02}:00Z", "account": "acme"}
        for day in range(days)
        for minute in range(per_day)
    ]
    acme = score(templates.load("engagement-levels"), log, "2026-03-30T00:00:00Z")["acme"]
    assert acme.value == pytest.approx(value)
    assert acme.level == level
    assert acme.signals["logins_30d"] == 1

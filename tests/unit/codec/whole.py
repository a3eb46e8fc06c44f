"""A model that says everything a model can say, as a table, and models that others made.

Lives here: every kind of signal, rule and scale, every option; the conformance and benchmark models.
Lives elsewhere: random models (support.models), broken ones (corpus).
"""

from __future__ import annotations

import copy
import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

Table = dict[str, Any]

SHARED = Path(__file__).resolve().parents[4] / "shared"

WHOLE: Table = {
    "name": "whole",
    "version": "2026-03",
    "subject": "account",
    "timezone": "Europe/Paris",
    "week_start": "sunday",
    "evaluate": "continuous",
    "resolution": "30m",
    "signals": [
        {
            "name": "logins",
            "kind": "count",
            "on": "login",
            "window": "7d",
            "half_life": "12h",
            "offset": "week",
        },
        {
            "name": "paid",
            "kind": "total",
            "on": ["pay", "renew"],
            "where": "amount > 0",
            "property": "amount",
        },
        {
            "name": "paid_3d",
            "kind": "total",
            "on": "pay",
            "property": "amount",
            "window": "3d",
            "half_life": "1h",
        },
        {"name": "mean_paid", "kind": "mean", "on": "pay", "property": "amount", "window": "quarter"},
        {"name": "least", "kind": "minimum", "on": "pay", "property": "amount"},
        {"name": "most", "kind": "maximum", "on": "pay", "property": "amount", "window": "year"},
        {"name": "plan", "kind": "latest", "on": "*", "property": "plan"},
        {"name": "origin", "kind": "first", "on": "*", "property": "utm-source", "where": "prop('a b') == 1"},
        {"name": "features", "kind": "distinct", "on": "use", "property": "feature", "window": "30d"},
        {"name": "days", "kind": "active_periods", "on": "*", "every": "day", "window": "28d"},
        {"name": "streak", "kind": "streak", "on": "login", "every": "month", "at_least": 2},
        {"name": "idle", "kind": "since", "on": "login", "unit": "1h", "never": "missing"},
        {"name": "age", "kind": "age", "on": "*", "unit": "30d"},
        {"name": "visits", "kind": "sessions", "on": "login", "gap": "45m", "window": "day"},
        {
            "name": "path",
            "kind": "funnel",
            "steps": ["trial", ["invite", "import"], {"on": "pay", "where": "amount > 10"}],
            "within": "30d",
            "window": "90d",
        },
        {"name": "set up", "kind": "milestones", "of": ["trial", "invite"], "within": "14d"},
        {
            "name": "to_pay",
            "kind": "lag",
            "first": "trial",
            "then": {"on": "pay", "where": "x"},
            "unit": "1h",
        },
        {"name": "of_one", "kind": "count", "on": "login", "scope": "member"},
        {"name": "busiest", "kind": "rollup", "of": "of_one", "by": "maximum"},
        {
            "name": "habit",
            "kind": "score",
            "model": {
                "name": "inner",
                "subject": "account",
                "rules": [{"name": "r", "on": "*", "points": 1}],
            },
        },
        {"name": "trend", "kind": "formula", "expr": "logins / max(1, days)", "offset": "1d"},
    ],
    "rules": [
        {
            "name": "uses",
            "on": "use",
            "where": "feature in ['a', 'b']",
            "points": 2.5,
            "half_life": "30d",
            "window": "365d",
            "limit": [{"count": 3, "every": "day", "per": "feature"}, {"points": 40, "every": "week"}],
            "cooldown": "30m",
            "active": {"from": "2024-01-01", "until": "2030-06-30T22:30:00Z"},
            "minimum": -10,
            "maximum": 100.5,
            "group": "usage",
        },
        {"name": "fades", "on": ["a", "b"], "points": "amount * 2", "fade": "1d", "limit": {"count": 1}},
        {"name": "steps", "on": "c", "points": -5, "steps": {"every": "90d", "factor": 0.5}},
        {"name": "bends", "on": "*", "points": 10, "curve": "log2", "active": {"until": "2031-01-01"}},
        {"name": "often", "when": "logins > 5 and plan == 'pro'", "points": 20, "missing": "unknown"},
        {"name": "worth", "when": "trend > 1", "points": "clip(trend, 0, 10)", "group": "usage"},
        {
            "name": "band",
            "signal": "days",
            "tiers": [[1, 5], [10.5, 20]],
            "mode": "cumulative",
            "missing": "unknown",
        },
    ],
    "groups": [{"name": "usage", "minimum": -50, "maximum": 200, "weight": 0.5}],
    "minimum": -100,
    "maximum": 1000,
    "scale": {"kind": "logistic", "slope": 0.02, "intercept": -1, "s0": 30},
    "levels": [
        {"name": "gone", "when": "idle > 720"},
        {"name": "low", "at_least": 20},
        {"name": "high", "at_least": 60.5},
    ],
    "below": "none",
    "margin": "12.5%",
    "dwell": "2d",
    "triggers": [
        {"name": "up", "on": "rise", "level": "high", "action": "mail", "status": "active", "rearm": "7d"},
        {"name": "in", "audience": "slipping", "action": "task", "rearm": "once", "notify": False},
    ],
    "audiences": [{"name": "slipping", "enter": "score < 20 and idle > 24", "leave": "level == 'high'"}],
    "events": {"trial": [], "invite": ["to"]},
}
SCALES: list[Table] = [
    {"kind": "linear", "low": -5, "high": 300},
    {"kind": "saturating", "half": 120.5},
    {"kind": "logistic", "slope": 1, "intercept": 0},
    {"kind": "percentile", "reference": [0, 10, 10, 22.5]},
]
SMALL: Table = {"name": "small", "subject": "user", "rules": [{"name": "r", "on": "login", "points": 5}]}


def variants() -> list[Table]:
    """`WHOLE`, and small models for what can be said in one way only at a time."""
    small: list[Table] = [{**SMALL, "scale": scale} for scale in SCALES]
    small += [{**SMALL, "evaluate": period} for period in ("week", "month", "quarter", "year")]
    small += [{**SMALL, "margin": margin} for margin in (0, 15, 2.5, "10%", "0.1%", "33.3%", "7%")]
    user = {"name": "u", "subject": "user", "scale": SCALES[1]}
    scored = {"name": "of one", "kind": "score", "model": user, "scope": "member"}
    mean = {"name": "mean", "kind": "rollup", "of": "of one", "by": "mean"}
    small.append({"name": "deep", "subject": "account", "signals": [scored, mean]})
    return copy.deepcopy([WHOLE, SMALL, *small])


@cache
def found_models() -> tuple[Table, ...]:
    """The models of the conformance cases and of the benchmark, which lie beside the repository."""
    cases, bench = SHARED / "conformance" / "as_at.jsonl.gz", SHARED / "bench" / "twelve-rules.json"
    if not cases.exists() or not bench.exists():
        pytest.skip("the conformance and benchmark models (../shared) are not here")
    with gzip.open(cases, "rt", encoding="utf-8") as lines:
        found = [json.loads(line)["model"] for line in lines]
    return (*found, json.loads(bench.read_text(encoding="utf-8")))

"""Words for tests of numbers that others printed: a model, a log, and one answer from two evaluators.

Lives here: short ways to write small models and logs. Lives elsewhere: the numbers (``tests/published``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from support.cases import Case
from support.compare import differences
from support.judge import by_engine, by_reference

Mapping = dict[str, Any]

START = dt.datetime(2024, 1, 1, 11, tzinfo=dt.UTC)
ANN = "ann"


def after(days: float = 0, *, hours: float = 0, minutes: float = 0, seconds: float = 0) -> dt.datetime:
    """The moment that long after the start of every story."""
    return START + dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def model(*rules: Mapping, signals: Sequence[Mapping] = (), **fields: Any) -> Mapping:
    """A model of users in UTC with these rules (named in turn when they have no name)."""
    named = [{"name": f"rule {position}", **rule} for position, rule in enumerate(rules)]
    return {
        "name": "published",
        "version": "1",
        "subject": "user",
        "signals": [*signals],
        "rules": named,
        **fields,
    }


def event(name: str, when: dt.datetime, user: str = ANN, **properties: Any) -> Mapping:
    """Something that somebody did."""
    return {"name": name, "time": when, "user": user, "properties": properties}


def answer(scoring: Mapping, events: Iterable[Mapping], at: dt.datetime) -> dict[str, dict[str, Any]]:
    """What every subject has, computed twice: by the definition and by the engine, which must agree."""
    microseconds = (at - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)
    case = Case(scoring, list(events), microseconds)
    defined = by_reference(case)
    assert differences(by_engine(case), defined) == []
    return defined


def score(scoring: Mapping, events: Iterable[Mapping], at: dt.datetime, user: str = ANN) -> float:
    """One subject's score."""
    value = answer(scoring, events, at)[user]["score"]
    assert isinstance(value, int | float)
    return value


def level(scoring: Mapping, events: Iterable[Mapping], at: dt.datetime, user: str = ANN) -> str:
    """One subject's level."""
    value = answer(scoring, events, at)[user]["level"]
    assert isinstance(value, str)
    return value


def adjust(when: dt.datetime, points: float, user: str = ANN) -> Mapping:
    """Points given by hand."""
    return event("questscore.adjust", when, user, points=points)


def reset(when: dt.datetime, points: float, user: str = ANN) -> Mapping:
    """Points set by hand: what was earned before is void."""
    return event("questscore.reset", when, user, points=points)


# The current value of a property of any event: a trait.
def trait(name: str) -> Mapping:
    """A signal with the last value of the property of the same name."""
    return {"name": name, "kind": "latest", "on": "*", "property": name}

"""Outcomes: windows, gaps, dates, and what was known when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pytest

from questscore import EventError, ModelError, read_events
from questscore.calibration.outcomes import NEVER, Happenings, Outcome, activity, arrivals, churn, happenings
from questscore.columns.log import EventLog, settle
from questscore.model.time import DAY, Calendar, instant

START = int(instant("2026-01-01T00:00:00Z"))
UTC = Calendar()


def day(number: float) -> int:
    """The instant so many days after the start."""
    return START + int(number * DAY)


def a_log(*events: tuple[str, float] | tuple[str, float, str]) -> EventLog:
    """Logins (or events of another name) of users by day."""
    rows = [
        {"user": event[0], "time": day(event[1]), "name": event[2] if len(event) == 3 else "login"}
        for event in events
    ]
    return settle(read_events(rows), "user")


def found(outcome: Outcome, log: EventLog) -> Happenings:
    return happenings(outcome, log, UTC)


def stayed(outcome: Outcome, log: EventLog, cutoff: float) -> dict[str, bool]:
    """Who did what the outcome looks for in the window of a cutoff."""
    at = day(cutoff)
    when, _ = found(outcome, log).window(at + outcome.gap, at + outcome.span)
    return {log.names[unit]: bool(when[unit] != NEVER) for unit in range(len(log.names))}


def test_the_window_begins_at_the_cutoff_and_ends_before_the_horizon() -> None:
    log = a_log(("at", 10), ("before", 9.9), ("last", 39.9), ("at the end", 40))
    expected = {"at": True, "before": False, "last": True, "at the end": False}
    assert stayed(activity("login", "30d"), log, 10) == expected


def test_a_gap_moves_both_ends() -> None:
    log = a_log(("in the gap", 12), ("first", 15), ("last", 44.9), ("after", 45))
    outcome = activity("login", "30d", gap="5d")
    assert stayed(outcome, log, 10) == {"in the gap": False, "first": True, "last": True, "after": False}
    assert outcome.closed(day(10), day(45))
    assert not outcome.closed(day(10), day(45) - 1)


def test_only_what_the_selector_matches_is_looked_for() -> None:
    rows = [
        {"user": "ada", "name": "pay", "time": day(1), "amount": 5},
        {"user": "bob", "name": "pay", "time": day(1), "amount": 50},
        {"user": "eve", "name": "login", "time": day(1)},
        {"user": "joe", "name": "questscore.adjust", "time": day(1), "points": 5},
    ]
    log = settle(read_events(rows), "user")
    large = activity({"on": "pay", "where": "amount > 10"}, "7d")
    assert stayed(large, log, 0) == {"ada": False, "bob": True, "eve": False, "joe": False}
    assert stayed(activity("*", "7d"), log, 0) == {"ada": True, "bob": True, "eve": True, "joe": False}


def test_churn_is_the_contrary_of_activity() -> None:
    assert activity("login", "30d").stays_when_seen
    assert churn("login", "30d").stays_when_seen
    assert churn("login", "30d").leaves
    assert not churn({"ada": day(3)}, "30d").stays_when_seen
    assert activity({"ada": day(3)}, "30d").stays_when_seen


AS_ISO = ["2026-01-04T00:00:00Z", "2026-01-21T00:00:00Z"]


def tables() -> Sequence[object]:
    """The same two dates in every form."""
    import pandas as pd
    import pyarrow as pa

    days = [dt.date(2026, 1, 4), dt.date(2026, 1, 21)]
    stamps = [dt.datetime(d.year, d.month, d.day, tzinfo=dt.UTC) for d in days]
    return [
        {"ada": AS_ISO[0], "bob": AS_ISO[1]},
        {"ada": [AS_ISO[0]], "bob": {AS_ISO[1]}},
        [("ada", days[0]), ("bob", days[1])],
        iter([["ada", day(3)], ["bob", stamps[1]]]),
        pa.table({"who": ["ada", "bob"], "when": stamps}),
        pd.DataFrame({"who": ["ada", "bob"], "when": stamps}),
    ]


@pytest.mark.parametrize("form", range(6))
def test_dates_may_come_in_any_form(form: int) -> None:
    log = a_log(("ada", 0), ("bob", 0), ("eve", 0))
    outcome = activity(tables()[form], "10d")
    assert stayed(outcome, log, 0) == {"ada": True, "bob": False, "eve": False}
    assert stayed(outcome, log, 15) == {"ada": False, "bob": True, "eve": False}


def test_a_date_is_a_local_midnight() -> None:
    log = a_log(("ada", 0))
    dates = happenings(activity({"ada": dt.date(2026, 1, 4)}), log, Calendar("Europe/Paris"))
    assert dates.time.tolist() == [instant("2026-01-03T23:00:00Z")]


def test_a_third_column_says_when_the_date_was_known() -> None:
    log = a_log(("ada", 0), ("bob", 0))
    dates = found(churn([("ada", day(5), day(20)), ("bob", day(5), day(6))], "10d"), log)
    assert dates.before(day(10)).tolist() == [False, True]
    assert dates.before(day(20)).tolist() == [True, True]
    when, count = dates.window(day(0), day(10))
    assert when.tolist() == [day(20), day(6)]
    assert count.tolist() == [1, 1]


def test_subjects_without_events_are_passed_over() -> None:
    assert len(found(activity({"nobody": day(3)}), a_log(("ada", 0))).time) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        [("ada",)],
        [("ada", day(1), day(2), day(3))],
        [(7, day(1))],
        [("ada", "yesterday")],
        [("ada", day(1)), ("bob", day(1), day(2))],
        3,
    ],
)
def test_what_is_no_table_of_dates_is_refused(wrong: object) -> None:
    with pytest.raises(EventError):
        activity(wrong)


def test_a_horizon_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(ModelError, match="horizon"):
        activity("login", "ninety days")
    with pytest.raises(ModelError, match="gap"):
        churn("login", gap="-3d")


def test_an_event_is_known_when_its_property_says() -> None:
    rows: list[dict[str, object]] = [
        {"user": "ada", "name": "login", "time": day(1), "got": "2026-01-10T00:00:00Z"},
        {"user": "ada", "name": "login", "time": day(2), "got": day(4)},
        {"user": "ada", "name": "login", "time": day(3)},
    ]
    table = read_events(rows)
    assert arrivals(table, "got").tolist() == [day(9), day(4), day(3)]
    assert arrivals(table, None).tolist() == table.time.tolist()
    with pytest.raises(EventError, match="no event carries"):
        arrivals(table, "received_at")
    with pytest.raises(EventError, match="got"):
        arrivals(read_events([{**rows[0], "got": "late"}]), "got")


def test_how_often_it_happened_is_counted_by_subject() -> None:
    log = a_log(("ada", 1), ("ada", 2), ("ada", 50), ("bob", 3))
    when, count = found(activity("login", "30d"), log).window(day(0), day(30))
    assert dict(zip(log.names, count.tolist(), strict=True)) == {"ada": 2, "bob": 1}
    assert np.all(when != NEVER)

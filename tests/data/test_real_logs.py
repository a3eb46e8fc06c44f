"""Four real event logs score end to end, users and accounts; a sample of subjects equals the definition."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import pytest

from data.real_logs import DATA, LOGS, SAMPLE, Log, disagreements, sampled, the_model
from questscore import EventTable, Funnel, ScoreModel, explain, score

pytestmark = pytest.mark.skipif(
    not all(log.path.exists() for log in LOGS),
    reason=f"the event logs are not there: {DATA} is not part of this repository, and may not be published",
)


@cache
def read(log: Log) -> EventTable:
    """A log, read once."""
    return log.read()


PAIRS = [pytest.param(log, name, id=name) for log in LOGS for name in log.models]


@pytest.mark.parametrize(("log", "name"), PAIRS)
def test_a_sample_of_subjects_has_the_definitions_numbers(log: Log, name: str) -> None:
    """In the midst of the log; every number, text and level of 200 subjects (or of all)."""
    model, events = the_model(name), read(log)
    table = score(model, events, log.at)
    subjects = sampled(table)
    assert len(subjects) == min(SAMPLE, len(table))
    assert disagreements(model, events, table, subjects) == []


@pytest.mark.parametrize(("log", "name"), PAIRS)
def test_the_whole_log_is_scored_and_the_model_tells_subjects_apart(log: Log, name: str) -> None:
    """At the end of the log: everybody is there, every rule pays somebody, no level holds all."""
    model, events = the_model(name), read(log)
    table = score(model, events)
    keys = events.user if model.subject == "user" else events.account
    assert len(table) == len(np.unique(keys.codes[keys.codes >= 0]))
    assert table.report.unseen == ()
    assert (table.report.rejected, table.report.later) == (0, 0)
    assert (table.report.duplicates, table.report.conflicts) == (0, 0)
    middle = score(model, events, log.at)
    for rule in model.rules:
        j = table.rules.index(rule.name)
        paid = np.concatenate([table.points[:, j], middle.points[:, j]])
        assert np.any(np.nan_to_num(paid) != 0), f"{rule.name} pays nobody"
    levels = Counter(table.levels) + Counter(middle.levels)
    assert set(levels) - {None} == set(model.levels.order), "a level holds nobody"


@pytest.mark.parametrize(("log", "name"), PAIRS)
def test_the_first_and_the_last_subject_are_explained(log: Log, name: str) -> None:
    model, events = the_model(name), read(log)
    table = score(model, events, log.at)
    for row in (table.subjects[0], table.subjects[-1]):
        why = explain(model, events, row, log.at)
        assert why.check()
        value = table[row].value
        assert (why.value is None) == (value is None)
        assert value is None or why.value == pytest.approx(value, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("within", "users"), [("6d", 1602), ("7d", 1656)])
def test_adopted_users_are_as_many_as_published_solutions_find(within: str, users: int) -> None:
    """Three logins on different days within a week: by a strict window, and with a difference of seven days.

    A login is at most one per user and day, so a funnel of three logins says just that.
    """
    adopted = Funnel("adopted", steps=["login"] * 3, within=within)
    (log,) = (log for log in LOGS if log.file == "org_logins")
    table = score(ScoreModel("adoption", subject="user", signals=[adopted]), read(log))
    assert int(np.count_nonzero(table.signals["adopted"] == 1)) == users

"""Since and Age: how long ago the last and the first matching event was."""

from __future__ import annotations

from questscore import Age, Since
from unit.engine.both import ADA, a_model, adjust, both, ev, signal

LOG = [ev("visit", "2026-03-01"), ev("login", "2026-03-02"), ev("login", "2026-03-04T12:00")]


def test_since_is_the_time_from_the_last_match_and_age_from_the_first() -> None:
    assert signal(Since("d", on="login"), LOG, "2026-03-06") == 1.5
    assert signal(Age("d", on="login"), LOG, "2026-03-06") == 4
    assert signal(Since("d", on="login"), LOG, "2026-03-04T12:00") == 0


def test_the_unit_says_what_one_stands_for() -> None:
    assert signal(Since("h", on="login", unit="1h"), LOG, "2026-03-06") == 36
    assert signal(Since("w", on="login", unit="2w"), LOG, "2026-03-06") == 1.5 / 14
    assert signal(Age("s", on="login", unit="1s"), LOG, "2026-03-02T00:00:00.000001") == 1e-6


def test_a_day_is_24_hours_also_when_the_clock_changes() -> None:
    """From noon to noon over the last Sunday of March in Paris pass 23 hours."""
    log = [ev("login", "2026-03-28T12:00+01:00")]
    hours = signal(Since("h", on="login", unit="1h"), log, "2026-03-29T12:00+02:00", timezone="Europe/Paris")
    assert hours == 23


def test_without_a_match_it_is_the_time_since_the_first_event_of_any_name() -> None:
    """A customer who never logged in is as idle as he is old."""
    assert signal(Since("d", on="pay"), LOG, "2026-03-06") == 5
    assert signal(Since("d", on="login"), LOG, "2026-03-01T12:00") == 0.5


def test_without_a_match_it_may_be_missing_instead_and_an_age_always_is() -> None:
    assert signal(Since("d", on="pay", never="missing"), LOG, "2026-03-06") is None
    assert signal(Since("d", on="login", never="missing"), LOG, "2026-03-06") == 1.5
    assert signal(Age("d", on="pay"), LOG, "2026-03-06") is None


def test_an_adjustment_is_no_event_of_any_name() -> None:
    """Someone of whom only an adjustment is known was never seen."""
    log = [adjust("2026-03-01", 5)]
    found = both(a_model([Since("d", on="login"), Age("a", on="*")]), log, "2026-03-06")[ADA]
    assert (found.signals["d"], found.signals["a"], found.value) == (None, None, 5)


def test_a_condition_chooses_the_match() -> None:
    log = [ev("pay", "2026-03-01", amount=50), ev("pay", "2026-03-03", amount=1), ev("pay", "2026-03-04")]
    assert signal(Since("d", on="pay", where="amount > 10"), log, "2026-03-06") == 5
    assert signal(Age("d", on="pay", where="is_missing(amount)"), log, "2026-03-06") == 2

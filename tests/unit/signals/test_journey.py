"""Funnel, Milestones and Lag: how far along a path a subject has come, and how long a step took."""

from __future__ import annotations

import pytest

from questscore import Event, Funnel, Lag, Milestones
from unit.engine.both import ADA, a_model, adjust, both, ev, signal

STEPS = ["visit", "trial", "pay"]


def path(*names: str) -> list[Event]:
    """One event a day, from 1 March."""
    return [ev(name, f"2026-03-{day:02}") for day, name in enumerate(names, start=1)]


@pytest.mark.parametrize(
    ("names", "reached"),
    [
        ((), None),
        (("other",), 0),
        (("visit",), 1),
        (("visit", "trial"), 2),
        (("visit", "other", "trial", "other", "pay"), 3),
        (("visit", "pay", "trial"), 2),  # a later step before an earlier one is none
        (("trial", "pay"), 0),
        (("trial", "visit", "pay"), 1),
        (("visit", "visit", "trial"), 2),
    ],
)
def test_a_funnel_is_the_share_of_steps_gone_through_in_order(
    names: tuple[str, ...], reached: int | None
) -> None:
    found = both(a_model([Funnel("f", steps=STEPS)]), path(*names), "2026-04-01")
    assert (found[ADA].signals["f"] if found else None) == (None if reached is None else reached / 3)


def test_each_step_needs_an_event_of_its_own() -> None:
    twice = Funnel("f", steps=["pay", "pay"])
    assert signal(twice, path("pay"), "2026-04-01") == 0.5
    assert signal(twice, path("pay", "pay"), "2026-04-01") == 1
    any_two = Funnel("f", steps=["*", {"on": "*"}, "pay"])
    assert signal(any_two, path("pay", "pay"), "2026-04-01") == 2 / 3


def test_within_is_from_the_first_step_to_the_last_and_a_later_start_may_do_better() -> None:
    """1 -> 5 March is four days; starting from the visit of the 3rd it is two."""
    log = path("visit", "trial", "visit", "trial", "pay")
    assert signal(Funnel("f", steps=STEPS, within="4d"), log, "2026-04-01") == 1
    assert signal(Funnel("f", steps=STEPS, within="2d"), log, "2026-04-01") == 1
    assert signal(Funnel("f", steps=STEPS, within="1d"), log, "2026-04-01") == 2 / 3
    assert signal(Funnel("f", steps=STEPS, within="23h"), log, "2026-04-01") == 1 / 3


def test_within_is_exact_to_the_microsecond() -> None:
    log = [ev("visit", "2026-03-01"), ev("trial", "2026-03-02T00:00:00.000001")]
    assert signal(Funnel("f", steps=STEPS[:2], within="1d"), log, "2026-04-01") == 0.5
    assert (
        signal(Funnel("f", steps=STEPS[:2], within="1d"), log[:1] + path("other", "trial"), "2026-04-01") == 1
    )


def test_a_funnel_looks_at_its_window_only() -> None:
    log = path("visit", "trial", "pay")
    assert signal(Funnel("f", steps=STEPS, window="month"), log, "2026-03-31") == 1
    assert signal(Funnel("f", steps=STEPS, window="month"), log, "2026-04-01") == 0
    assert signal(Funnel("f", steps=STEPS, window="2d"), log, "2026-03-03") == 0  # the visit is out
    assert signal(Funnel("f", steps=["trial", "pay"], window="2d"), log, "2026-03-03") == 1


def test_at_one_microsecond_canonical_order_decides_what_came_first() -> None:
    """By id, then by name: without ids "pay" stands before "trial", and "trial" before "visit"."""
    names = ["visit", "trial", "pay"]
    tie = [ev(name, "2026-03-01") for name in names]
    assert signal(Funnel("f", steps=STEPS), tie, "2026-03-01") == 1 / 3
    assert signal(Funnel("f", steps=["pay", "trial", "visit"]), tie, "2026-03-01") == 1
    with_ids = [ev(name, "2026-03-01", id=str(i)) for i, name in enumerate(names)]
    assert signal(Funnel("f", steps=STEPS), with_ids[::-1], "2026-03-01") == 1


def test_steps_may_have_conditions() -> None:
    log = [ev("pay", "2026-03-01", amount=5), ev("pay", "2026-03-02", amount=50)]
    growing = Funnel(
        "f", steps=[{"on": "pay", "where": "amount < 10"}, {"on": "pay", "where": "amount >= 10"}]
    )
    assert signal(growing, log, "2026-04-01") == 1


# -- milestones


def test_milestones_are_the_share_reached_in_any_order() -> None:
    goals = Milestones("m", of=["invite", "task", "pay", {"on": "pay", "where": "amount > 100"}])
    assert signal(goals, path("pay", "invite", "pay"), "2026-04-01") == 0.5
    assert (
        signal(goals, [*path("pay", "task", "invite"), ev("pay", "2026-03-09", amount=101)], "2026-04-01")
        == 1
    )


def test_within_counts_from_the_first_event_of_any_name_reserved_ones_apart() -> None:
    """The first event is the visit of 2 March; an adjustment before it is no event of a name."""
    log = [
        adjust("2026-03-01", 5),
        ev("visit", "2026-03-02"),
        ev("task", "2026-03-05"),
        ev("pay", "2026-03-05T00:00:01"),
    ]
    assert signal(Milestones("m", of=["task", "pay"], within="3d"), log, "2026-04-01") == 0.5
    assert signal(Milestones("m", of=["task", "pay"], within="4d"), log, "2026-04-01") == 1


def test_before_the_first_event_no_milestone_is_reached() -> None:
    assert signal(Milestones("m", of=["task"], within="3d"), [adjust("2026-03-01", 5)], "2026-04-01") == 0


# -- lag


def test_a_lag_is_from_the_first_to_the_first_at_or_after_it() -> None:
    log = path("pay", "trial", "trial", "visit", "pay", "pay")
    assert signal(Lag("d", first="trial", then="pay"), log, "2026-04-01") == 3
    assert signal(Lag("h", first="trial", then="pay", unit="1h"), log, "2026-04-01") == 72
    assert signal(Lag("d", first="pay", then="trial"), log, "2026-04-01") == 1


def test_a_lag_is_missing_until_then() -> None:
    log = path("trial", "visit", "pay")
    lag = Lag("d", first="trial", then="pay")
    assert [signal(lag, log, f"2026-03-0{day}") for day in (1, 2, 3, 4)] == [None, None, 2, 2]
    assert signal(Lag("d", first="pay", then="trial"), log, "2026-04-01") is None


def test_one_event_may_be_both_ends_and_a_tie_counts_whatever_its_canonical_order() -> None:
    assert signal(Lag("d", first="*", then="pay"), path("pay", "pay"), "2026-04-01") == 0
    tie = [ev("z", "2026-03-01"), ev("a", "2026-03-01")]
    assert signal(Lag("d", first="z", then="a"), tie, "2026-04-01") == 0


def test_a_lag_reads_any_selector_at_either_end() -> None:
    log = [
        ev("pay", "2026-03-01", amount=1),
        ev("pay", "2026-03-03", amount=100),
        ev("pay", "2026-03-04", amount=1),
    ]
    lag = Lag("d", first={"on": "pay", "where": "amount > 10"}, then={"on": ["pay", "refund"]})
    assert signal(lag, log, "2026-04-01") == 0
    small = Lag("d", first={"on": "pay", "where": "amount > 10"}, then={"on": "pay", "where": "amount < 10"})
    assert signal(small, log, "2026-04-01") == 1

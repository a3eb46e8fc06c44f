"""Limits, ageing and active spans as objects: what they cannot be, and who pays under limits."""

from __future__ import annotations

import datetime as dt

import pytest

from questscore import Active, EventRule, Limit, Steps
from questscore.errors import ModelError
from questscore.model.award import Ageing, bend, paid
from questscore.model.time import DAY, Calendar, Duration, instant, iso


def problem(cls: type, **fields: object) -> tuple[str, str]:
    with pytest.raises(ModelError) as caught:
        cls(**fields)
    (found,) = caught.value.problems
    assert found.fix
    return found.where, found.what


# -- what cannot be


def test_a_limit_is_of_a_count_or_of_points() -> None:
    assert problem(Limit, every="day") == ("", "has neither of 'count' and 'points'")
    assert problem(Limit, count=1, points=5) == ("", "has both of 'count' and 'points'")
    assert problem(Limit, count=0)[0] == "count"
    assert problem(Limit, count=1.0)[0] == "count"
    assert problem(Limit, count=True)[0] == "count"
    assert problem(Limit, points=0) == ("points", "0 is not above 0")
    assert problem(Limit, points=-5) == ("points", "-5 is not above 0")
    assert problem(Limit, count=1, every="7d")[0] == "every"
    assert problem(Limit, count=1, per="")[0] == "per"


def test_steps_leave_a_share_of_0_to_1() -> None:
    for factor in (-0.1, 1.1, "half"):
        assert problem(Steps, every="7d", factor=factor)[0] == "factor"
    assert problem(Steps, every="week", factor=0.5)[0] == "every"
    assert Steps(every="7d", factor=0).factor == 0


def test_an_active_span_has_an_end_and_it_lies_after_the_start() -> None:
    assert problem(Active) == ("", "has neither 'from' nor 'until'")
    assert problem(Active, from_="2026-03-02", until="2026-03-01") == ("until", "'until' is not after 'from'")
    assert problem(Active, from_="2026-03-01T00:00:00Z", until="2026-03-01T00:00:00Z")[0] == "until"
    assert problem(Active, from_="2026-02-30")[0] == "from"
    assert problem(Active, until="tomorrow")[0] == "until"
    assert problem(Active, until=dt.datetime(2026, 3, 1))[0] == "until"  # noqa: DTZ001


def test_an_active_span_in_mixed_forms_is_checked_too() -> None:
    """A date and an instant that lies a month before it in every time zone."""
    assert problem(Active, from_="2026-03-02", until="2026-02-01T00:00:00Z")[0] == "until"


def test_dates_of_an_active_span_are_local_midnights() -> None:
    span = Active(from_="2026-03-01", until=dt.date(2026, 3, 30))
    found = [iso(t or 0) for t in span.bounds(Calendar("Europe/Paris"))]
    assert found == ["2026-02-28T23:00:00Z", "2026-03-29T22:00:00Z"]  # the second in summer time


def test_an_instant_of_an_active_span_is_itself_in_every_zone() -> None:
    span = Active(from_="2026-03-01T12:00:00+02:00")
    assert span.bounds(Calendar("Asia/Tokyo")) == (instant("2026-03-01T10:00:00Z"), None)


def test_points_age_in_one_way_at_most() -> None:
    where, what = problem(Ageing, half_life="7d", fade="7d")
    assert (where, what) == ("fade", "ages in 2 ways: half_life and fade")
    with pytest.raises(ModelError, match="ages in 3 ways"):
        EventRule(
            "r",
            on="a",
            points=1,
            half_life="7d",
            fade="7d",
            steps={"every": "1d", "factor": 0.5},
            window="9d",
        )


# -- ageing


@pytest.mark.parametrize(
    ("ageing", "days", "left"),
    [
        (Ageing(half_life="10d"), 0, 1),
        (Ageing(half_life="10d"), 10, 0.5),
        (Ageing(half_life="10d"), 30, 0.125),
        (Ageing(fade="10d"), 0, 1),
        (Ageing(fade="10d"), 2.5, 0.75),
        (Ageing(fade="10d"), 10, 0),
        (Ageing(fade="10d"), 11, 0),
        (Ageing(steps=Steps("7d", 0.5)), 6.99, 1),
        (Ageing(steps=Steps("7d", 0.5)), 7, 0.5),
        (Ageing(steps=Steps("7d", 0.5)), 21, 0.125),
        (Ageing(steps=Steps("7d", 0)), 0, 1),
        (Ageing(steps=Steps("7d", 0)), 7, 0),
        (Ageing(steps=Steps("7d", 1)), 700, 1),
        (Ageing(), 10_000, 1),
    ],
)
def test_what_is_left_after_some_days(ageing: Ageing, days: float, left: float) -> None:
    assert ageing.factor(round(days * DAY)) == left


def test_curves_bend_as_they_say() -> None:
    assert [bend("log2", x) for x in (0, 1, 3, 7)] == [0, 1, 2, 3]
    assert [bend("sqrt", x) for x in (0, 1, 4, 9)] == [0, 1, 2, 3]


# -- who pays

ONE = ["one"]  # every event in one cell


def test_without_limits_everything_pays() -> None:
    assert paid([1, 2], [5, -5], [], [], None) == [5, -5]


def test_the_first_of_a_cell_pay_and_gains_and_losses_share_the_count() -> None:
    cells = [["mon", "mon", "tue", "mon", "tue"]]
    assert paid([1, 2, 3, 4, 5], [5, -1, 5, 5, 5], cells, [Limit(count=2)], None) == [5, -1, 5, 0, 5]


def test_gains_and_losses_are_clipped_apart() -> None:
    assert paid([1, 2, 3, 4, 5], [7, -6, 7, -6, 7], [ONE * 5], [Limit(points=10)], None) == [7, -6, 3, -4, 0]


def test_an_event_without_a_cell_pays_nothing_and_uses_nothing_up() -> None:
    cells: list[list[str | None]] = [[None, "a", "a"]]
    assert paid([1, 2, 3], [5, 5, 5], cells, [Limit(count=1, per="plan")], None) == [0, 5, 0]


def test_an_event_blocked_by_one_limit_leaves_the_room_of_the_others() -> None:
    """Two a day, one of each kind: the second a is blocked, so that b is the second of the day."""
    limits = [Limit(count=2, every="day"), Limit(count=1, per="kind")]
    assert paid([1, 2, 3, 4], [5, 5, 5, 5], [ONE * 4, ["a", "a", "b", "c"]], limits, None) == [5, 0, 5, 0]


def test_an_event_pays_the_least_that_every_limit_leaves() -> None:
    limits = [Limit(points=10), Limit(points=4, every="day")]
    assert paid([1, 2, 3, 4], [5, 5, 5, 5], [ONE * 4, ["m", "m", "t", "w"]], limits, None) == [4, 0, 4, 2]


def test_a_cooldown_counts_from_the_last_event_that_paid() -> None:
    """Pauses of 10: 9 is blocked and does not start one, 10 pays, 19 is blocked, 20 pays."""
    assert paid([0, 9, 10, 19, 20], [1] * 5, [], [], Duration(10)) == [1, 0, 1, 0, 1]


def test_an_event_blocked_by_a_limit_starts_no_cooldown_and_one_that_cools_uses_no_limit() -> None:
    cells = [["a", "a", "b", "b"]]
    # 0 pays; 12 is the second of a: blocked, no pause; 13 pays; 14 cools down and b has paid anyway
    assert paid([0, 12, 13, 14], [1] * 4, cells, [Limit(count=1)], Duration(10)) == [1, 0, 1, 0]
    # 5 cools down, so that the second of the cell is still free at 11
    assert paid([0, 5, 11], [1] * 3, [ONE * 3], [Limit(count=2)], Duration(10)) == [1, 0, 1]


def test_what_is_clipped_to_a_part_still_pays_and_uses_the_count() -> None:
    limits = [Limit(points=7), Limit(count=2)]
    assert paid([1, 2, 3], [5, 5, 5], [ONE * 3, ONE * 3], limits, None) == [5, 2, 0]

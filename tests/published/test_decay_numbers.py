"""Points that age, on numbers that products with decay have published."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from support.published import after, answer, event, model, score


def aged(points: float, age: dt.timedelta, **ageing: object) -> float:
    """What one award is worth at an age."""
    scoring = model({"on": "visit", "points": points, **ageing})
    return score(scoring, [event("visit", after(0))], after(0) + age)


def days(count: float) -> dt.timedelta:
    return dt.timedelta(days=count)


CLICK = {
    "name": "click",
    "on": "click",
    "points": 250,
    "steps": {"every": "15d", "factor": 0.5},
    "window": "30d",
}


@pytest.mark.parametrize(("age", "points"), [(2, 250), (21, 125), (30, 0)])
def test_3_ortto_halves_in_the_second_half_of_the_period(age: float, points: float) -> None:
    """[ORTTO-CALC] A period of 30 days, a click worth 250: 250 at 2 days, 125 at 21."""
    assert score(model(CLICK), [event("click", after(0))], after(age)) == points


def test_3_ortto_as_a_filter() -> None:
    """[ORTTO-CALC] As a filter: 250 at either age and once only; taken back when it turns false.

    Ortto takes the points back at its next run; here the condition no longer holds at that very instant.
    """
    clicks = {"name": "clicks", "kind": "count", "on": "click", "window": "30d"}
    scoring = model({"when": "clicks > 0", "points": 250}, signals=[clicks])
    log = [event("click", after(0)), event("click", after(1))]
    assert [score(scoring, log, after(age)) for age in (2, 21, 30.99)] == [250, 250, 250]
    assert score(scoring, log, after(31)) == 0


def test_3_ortto_example_week() -> None:
    """[ORTTO-CALC] One of each listed task-app activity is 490; 100 less after 30 idle days."""
    worth = [50, 50, 50, 100, 150, 20, 50, 20]
    rules = [{"on": f"activity {i}", "points": points} for i, points in enumerate(worth)]
    idle = {"name": "idle_days", "kind": "since", "on": "*"}
    gone = {"name": "quiet", "when": "idle_days >= 30", "points": -100}
    scoring = model(*rules, gone, signals=[idle])
    log = [event(f"activity {i}", after(i / 10)) for i in range(len(worth))]
    assert score(scoring, log, after(1)) == 490
    assert score(scoring, log, after(30.7) - dt.timedelta(microseconds=1)) == 490
    assert score(scoring, log, after(30.7)) == 390


@pytest.mark.parametrize(("start", "half"), [(100, 50), (60, 30), (90, 45)])
def test_4_evergage_is_half_after_a_cycle_and_gone_after_two(start: float, half: float) -> None:
    """[EVERGAGE] A cycle of 30 days: 100 %, 50 % a cycle later, 0 after two; 60 % -> 30 % -> 0; 90 % -> 45 %.

    Evergage's curve is flattest at both ends; ours is a straight line through the same three points.
    """
    assert aged(start, days(30), fade="60d") == pytest.approx(half, abs=1e-9)
    assert aged(start, days(60), fade="60d") == 0


def test_5_zoho_takes_a_quarter_a_week() -> None:
    """[ZOHO-IQ] 1000 and an inactive week at 25 %: 750; a second one (derived): 562.5."""
    quarter = {"every": "7d", "factor": 0.75}
    assert aged(1000, days(7), steps=quarter) == pytest.approx(750, abs=1e-9)
    assert aged(1000, days(14), steps=quarter) == pytest.approx(562.5, abs=1e-9)


def test_12_firefox_decay() -> None:
    """Derived from [FRECENCY]: 0.975 a day is a half-life of 27.378 days, and leaves 0.10243 after 90."""
    assert math.log(0.5) / math.log(0.975) == pytest.approx(27.378, abs=5e-4)
    assert aged(1, days(90), steps={"every": "1d", "factor": 0.975}) == pytest.approx(0.10243, abs=5e-6)
    assert aged(1, days(90), half_life=days(27.378)) == pytest.approx(0.10243, abs=5e-6)
    assert aged(100, days(27.378), half_life=days(27.378)) == pytest.approx(50, abs=1e-9)


def test_12_firefox_use_count() -> None:
    """[FRECENCY] n <- 0.9 n + 1: 1, 1.9, 2.71, 3.439, and never 10.

    Firefox lowers the count at every use, here time does: the numbers are these for one use a day.
    """
    scoring = model({"on": "use", "points": 1, "steps": {"every": "1d", "factor": 0.9}})
    log = [event("use", after(day)) for day in range(250)]
    found = [score(scoring, log, after(day)) for day in range(4)]
    assert found == pytest.approx([1, 1.9, 2.71, 3.439], abs=1e-9)
    assert score(scoring, log, after(249)) == pytest.approx(10, abs=1e-9)


@pytest.mark.parametrize(("age", "points"), [(0, 25), (14, 12.5), (28, 6.25)])
def test_15_a_half_life(age: float, points: float) -> None:
    """[TIAUDE] 2^(-t/h): 1, 0.5 and 0.25 at 0, h and 2 h; 25 points with h = 14 d are 12.5 after 14 d."""
    assert aged(25, days(age), half_life="14d") == pytest.approx(points, abs=1e-9)


def test_15_the_raw_score_is_kept() -> None:
    """[MARGINCE] 132 is shown as 100, and the 132 are still there."""
    found = answer(model({"on": "visit", "points": 132}, maximum=100), [event("visit", after(0))], after(0))
    assert (found["ann"]["score"], found["ann"]["raw"]) == (100, 132)


@pytest.mark.parametrize(("seconds", "factor"), [(10, 0.6309573), (100, 0.9549926), (3600, 0.9987216)])
def test_17_libp2p_decays_to_a_hundredth(seconds: int, factor: float) -> None:
    """Derived from [LIBP2P]: the factor a second that leaves 1 % after so many seconds.

    The factor is printed to 7 decimals, so that what is left is 1 % to the share of seconds x 5e-8.
    """
    assert 0.01 ** (1 / seconds) == pytest.approx(factor, abs=5e-8)
    left = aged(1, dt.timedelta(seconds=seconds), steps={"every": "1s", "factor": factor})
    assert left == pytest.approx(0.01, rel=seconds * 8e-8)

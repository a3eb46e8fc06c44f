"""Chromium's site engagement score, on the numbers of its own tests.

Sources: [CHR-SCORE] chromium/chromium, components/site_engagement/content/site_engagement_score.cc;
[CHR-TEST] chrome/browser/engagement/site_engagement_score_unittest.cc; [CHR-SVC]
site_engagement_service_unittest.cc. Test parameters: at most 5 points a day, 5 points lost per 7 idle
days, navigation 0.5, maximum 100.

Chromium keeps a running number and lowers it when it is touched; here a score is a function of the log.
Idle weeks are therefore a penalty that follows from how long ago the last event is.
"""

from __future__ import annotations

import datetime as dt
import math

import pytest

from support.published import Mapping, after, answer, event, level, model, reset, score

VISIT = {
    "name": "visit",
    "on": "visit",
    "points": 0.5,
    "limit": {"points": 5, "every": "day"},
    "group": "earned",
}
AMOUNT = {**VISIT, "points": "amount"}
IDLE = {"name": "idle_weeks", "kind": "since", "on": "*", "unit": "7d"}
PENALTY = {"name": "idle", "when": "idle_weeks >= 1", "points": "-5 * floor(idle_weeks)"}
EARNED: Mapping = {"groups": [{"name": "earned", "maximum": 100}], "minimum": 0}

DAILY = model(VISIT, **EARNED)
DECAYING = model(VISIT, PENALTY, signals=[IDLE], **EARNED)


def visits(day: float, count: int) -> list[Mapping]:
    """So many visits of one day, a minute apart."""
    return [event("visit", after(day, minutes=i)) for i in range(count)]


def full(days: range) -> list[Mapping]:
    """Days on which the daily limit is reached."""
    return [e for day in days for e in visits(day, 10)]


def test_1a_one_day_is_capped() -> None:
    """[CHR-TEST] 40 x 0.5 on one day: min(5, 0.5 n) after n."""
    log = visits(0, 40)
    for n in range(1, 41):
        assert score(DAILY, log, after(minutes=n - 1)) == pytest.approx(min(5, 0.5 * n), abs=1e-9)


def test_1b_two_days_are_capped_each() -> None:
    """[CHR-TEST] 40 x 0.5 on day 0 and again on day 2: 10."""
    assert score(DAILY, visits(0, 40) + visits(2, 40), after(2, hours=1)) == 10


def test_1c_forty_days_reach_the_maximum() -> None:
    """[CHR-TEST] 40 x 0.5 on each of 40 consecutive days: min(100, 5 (i + 1)).

    Holds with the idle penalty too, for no week passes without a visit.
    """
    log = [e for day in range(40) for e in visits(day, 40)]
    for day in (0, 1, 18, 19, 20, 39):
        assert score(DECAYING, log, after(day, hours=1)) == min(100, 5 * (day + 1))


def test_1d_two_visits_a_day() -> None:
    """[CHR-TEST] 2 x 0.5 a day for 200 days: min(100, n) after n days."""
    log = [e for day in range(200) for e in visits(day, 2)]
    for days in (1, 50, 99, 100, 101, 200):
        assert score(DECAYING, log, after(days - 1, hours=1)) == min(100, days)


@pytest.mark.parametrize(("idle", "left"), [(7 - 1 / 24, 100), (7, 95), (14, 90), (280, 0), (400, 0)])
def test_1e_idle_weeks_cost_five_each(idle: float, left: float) -> None:
    """[CHR-TEST] At 100: 100 an hour before a week is over, 95 then, 90 after two, 0 after 280 days."""
    last = after(19, minutes=9)
    assert score(DECAYING, full(range(20)), last + dt.timedelta(days=idle)) == left


def test_1f_a_return_forgives_the_idle_weeks() -> None:
    """[CHR-TEST] 20, after 14 days 10. Then a visit: Chromium 10.5, here 20.5.

    Differs on purpose. Chromium writes the loss down before it adds; a score that is a function of the
    log has nowhere to write it, and the penalty is for being idle, which ends with the visit.
    """
    log = full(range(4))
    back = after(3, minutes=9) + dt.timedelta(days=14)
    assert score(DECAYING, log, after(3, hours=1)) == 20
    assert score(DECAYING, log, back) == 10
    assert score(DECAYING, [*log, event("visit", back)], back) == 20.5


def test_1g_a_clock_that_was_set_back() -> None:
    """[CHR-TEST] A full day, the clock 200 days back, a full day again: 10, nothing lost."""
    log = visits(200, 10) + visits(0, 10)
    assert score(DECAYING, log, after(200, hours=1)) == 10


def test_1h_the_first_visit_of_a_day() -> None:
    """[CHR-TEST] A bonus of 0.5 once a day: 1.0, 1.5, next day 2.5, 3.0; with 1.0 each 1.5, 2.5, 4.0, 5.0."""
    once = {"name": "first", "on": "visit", "points": 0.5, "limit": {"count": 1, "every": "day"}}
    bonus = model(AMOUNT, once, groups=[{"name": "earned"}])
    times = [after(0), after(0, hours=1), after(1), after(1, hours=1)]
    log = [event("visit", t, "one", amount=0.5) for t in times]
    log += [event("visit", t, "two", amount=1) for t in times]
    assert [score(bonus, log, t, "one") for t in times] == [1.0, 1.5, 2.5, 3.0]
    assert [score(bonus, log, t, "two") for t in times] == [1.5, 2.5, 4.0, 5.0]


def test_1i_a_proportion_is_lost() -> None:
    """[CHR-TEST] Half a week: 2 is 1 after 7 d; + 15 is 16, 2 after 21 d; + 4 is 6; then 6 / 2 - 2 = 1.

    Chromium halves the running number at whole weeks after the last visit, here every award is halved at
    whole weeks after itself; the two agree whenever visits are whole weeks apart.
    """
    rule = {"on": "visit", "points": "amount", "limit": {"points": 20, "every": "day"}}
    halved = model(rule | {"steps": {"every": "7d", "factor": 0.5}})
    log = [event("visit", after(0), amount=2)]
    assert score(halved, log, after(7)) == 1
    log.append(event("visit", after(7), amount=15))
    assert score(halved, log, after(7)) == 16
    assert score(halved, log, after(28)) == pytest.approx(2, abs=1e-9)
    log.append(event("visit", after(28), amount=4))
    assert score(halved, log, after(28)) == pytest.approx(6, abs=1e-9)
    two_a_week = {**PENALTY, "points": "-2 * floor(idle_weeks)"}
    both = model(rule | {"half_life": "7d"}, two_a_week, signals=[IDLE])
    assert score(both, log, after(35)) == pytest.approx(1, abs=1e-9)


def test_1j_a_reset_is_where_one_starts_from() -> None:
    """[CHR-TEST] Reset to 20, + 5 is 25, 20 after a week; reset to 15 after a launch 3 d ago is 20."""
    scoring = model(AMOUNT, PENALTY, signals=[IDLE], **EARNED)
    log = [event("visit", after(0), amount=3), reset(after(1), 20), event("visit", after(2), amount=5)]
    assert score(scoring, log, after(2)) == 25
    assert score(scoring, log, after(9, hours=1)) == 20
    launched = {"name": "launch_days", "kind": "since", "on": "launch", "never": "missing"}
    bonus = {"name": "launched lately", "when": "launch_days <= 10", "points": 5}
    scoring = model(AMOUNT, bonus, signals=[launched], **EARNED)
    assert score(scoring, [event("launch", after(0)), reset(after(3), 15)], after(3)) == 20


def test_1k_a_stream_of_nothing_keeps_nobody_up() -> None:
    """Derived from [CHR-SCORE]: 0.984 per 2 h, and a negligible event every 1 h 59 min.

    Chromium floors whole hours since the last event, so 50 stays 50 for ever. Here each award ages by
    itself: after a day 50 x 0.984^12 = 41.2013 is left.
    """
    rule = {"on": "visit", "points": "amount", "steps": {"every": "2h", "factor": 0.984}}
    log = [event("visit", after(0), amount=50)]
    log += [event("visit", after(0, minutes=119 * i), amount=0) for i in range(1, 13)]
    assert score(model(rule), log, after(1)) == pytest.approx(41.2013, abs=5e-5)
    assert score(model(rule), log, after(1)) == pytest.approx(50 * 0.984**12, abs=1e-9)


def test_1l_the_ceiling_of_fifteen_a_day() -> None:
    """Derived from [CHR-SCORE]: half-life 85.948 h, 0.824027 a day, so 15 a day peak at 85.240."""
    assert 2 * math.log(0.5) / math.log(0.984) == pytest.approx(85.948, abs=5e-4)
    rule = {"on": "visit", "points": 5, "limit": {"points": 15, "every": "day"}}
    log = [event("visit", after(day, seconds=i)) for day in range(150) for i in range(4)]
    stepped = model(rule | {"steps": {"every": "2h", "factor": 0.984}})
    assert score(stepped, log, after(149, seconds=3)) == pytest.approx(85.240, abs=5e-4)
    smooth = model({"on": "visit", "points": 1, "half_life": dt.timedelta(hours=85.948)})
    assert score(smooth, log[:1], after(1)) == pytest.approx(0.824027, abs=5e-6)


@pytest.mark.parametrize(
    ("points", "name"),
    [
        (0, "NONE"), (0.5, "MINIMAL"), (1, "LOW"), (14.9, "LOW"), (15, "MEDIUM"), (49.9, "MEDIUM"),
        (50, "HIGH"), (99.9, "HIGH"), (100, "MAX"),
    ],
)  # fmt: skip
def test_1m_levels(points: float, name: str) -> None:
    """[CHR-SCORE] 0 NONE, below 1 MINIMAL, below 15 LOW, below 50 MEDIUM, below 100 HIGH, 100 MAX.

    "Above 0" is written as at least 0.01: a threshold holds from its own value on, and one that rounding
    could decide (0 itself, less a billionth) would make a level of having nothing.
    """
    starts = {"MINIMAL": 0.01, "LOW": 1, "MEDIUM": 15, "HIGH": 50, "MAX": 100}
    levels = [{"name": name, "at_least": start} for name, start in starts.items()]
    scoring = model({"on": "visit", "points": "amount"}, levels=levels, below="NONE")
    assert level(scoring, [event("visit", after(0), amount=points)], after(0)) == name


def test_1n_what_is_left_at_clean_up() -> None:
    """[CHR-SVC] Half a week, threshold 0.5: 1.0 and 1.2 become 0.5 (dropped) and 0.6 (kept).

    Dropping is the host's; which subjects are to be dropped is a level, and one at exactly the threshold
    is dropped, so that "kept" begins just above it.
    """
    scoring = model(
        {"on": "visit", "points": "amount", "half_life": "7d"},
        levels=[{"name": "kept", "at_least": 0.5001}],
        below="dropped",
    )
    log = [event("visit", after(0), "one", amount=1.0), event("visit", after(0), "two", amount=1.2)]
    found = answer(scoring, log, after(7))
    assert found["one"]["score"] == pytest.approx(0.5, abs=1e-9)
    assert found["two"]["score"] == pytest.approx(0.6, abs=1e-9)
    assert (found["one"]["level"], found["two"]["level"]) == ("dropped", "kept")


def test_1o_erasing_visits() -> None:
    """[CHR-SVC] 3.0 from 3 visits: 2, 1, 0 as they are erased; 5.0 from 2 visits: 2.5.

    What was erased was never there: the log without it is scored. Chromium takes a share of the whole
    away, which is the same where visits are equal; and who has no event left has no score here, not 0.
    """
    scoring = model({"on": "visit", "points": "amount"})
    log = [event("visit", after(day), "one", amount=1) for day in range(3)]
    log += [event("visit", after(day), "two", amount=2.5) for day in range(2)]
    assert score(scoring, log, after(5), "one") == 3
    assert score(scoring, log[1:], after(5), "one") == 2
    assert score(scoring, log[2:], after(5), "one") == 1
    assert "one" not in answer(scoring, log[3:], after(5))
    assert score(scoring, log[3:], after(5), "two") == 5
    assert score(scoring, log[4:], after(5), "two") == 2.5

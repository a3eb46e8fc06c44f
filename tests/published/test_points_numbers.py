"""Points, limits, stages and merges, on numbers that products have published."""

from __future__ import annotations

import pytest

from support.published import ANN, Mapping, after, answer, event, level, model, score, trait


def test_6_level_up_daily_limit() -> None:
    """[LEVELUP-DAY] 250 in 24 h, 240 earned, an event worth 15: nothing is added; under clipping 10.

    Differs on purpose: a limit clips, so that an event near the limit is worth what is left of it, and
    counts by calendar day. The answer is the derived 10.
    """
    scoring = model({"on": "quiz", "points": "amount", "limit": {"points": 250, "every": "day"}})
    log = [event("quiz", after(0), amount=240)]
    assert score(scoring, log, after(0)) == 240
    log.append(event("quiz", after(0, hours=1), amount=15))
    assert score(scoring, log, after(0, hours=1)) == 250


DYNAMICS = model(
    {"name": "city", "when": "city == 'London'", "points": 70},
    {"name": "country", "when": "country == 'England'", "points": 40},
    signals=[trait("city"), trait("country")],
    levels=[{"name": "not sales-ready", "at_least": 0}, {"name": "sales-ready", "at_least": 100}],
)


@pytest.mark.parametrize(
    ("city", "country", "points"),
    [("London", "England", 110), ("Manchester", "England", 40), ("London", "Ohio", 70)],
)
def test_10_dynamics_conditions(city: str, country: str, points: float) -> None:
    """[DYN] London + 70 and England + 40: 110 (sales-ready from 100), 40, and 70 for a London in Ohio."""
    log = [event("contact", after(0), city=city, country=country)]
    assert score(DYNAMICS, log, after(0)) == points
    assert (level(DYNAMICS, log, after(0)) == "sales-ready") == (points >= 100)


@pytest.mark.parametrize(
    ("points", "grade"), [(0, "C"), (25, "C"), (26, "B"), (60, "B"), (61, "A"), (100, "A")]
)
def test_10_dynamics_grades(points: float, grade: str) -> None:
    """[DYN] Grades 0 to 25, 26 to 60 and 61 to 100."""
    levels = [{"name": "C", "at_least": 0}, {"name": "B", "at_least": 26}, {"name": "A", "at_least": 61}]
    scoring = model({"on": "contact", "points": "amount"}, levels=levels)
    assert level(scoring, [event("contact", after(0), amount=points)], after(0)) == grade


@pytest.mark.parametrize("loss_first", [False, True])
def test_11_a_cap_does_not_depend_on_the_order(loss_first: bool) -> None:
    """Derived from [SO-UV]: 25 x (+ 10) and one - 2 under a cap of 200 give 198 or 200 there, by order.

    Here one number for both orders: 200 where the cap is on the score (248 is above it), and 198 where it
    is a limit on gains, for a limit counts gains and losses apart.
    """
    loss = event("vote", after(-1 if loss_first else 1), amount=-2)
    log = [event("vote", after(0, minutes=i), amount=10) for i in range(25)] + [loss]
    vote: Mapping = {"on": "vote", "points": "amount"}
    assert score(model(vote, maximum=200), log, after(2)) == 200
    assert score(model(vote | {"limit": {"points": 200}}), log, after(2)) == 198


AGES = ("4d", "14d", "31d", "90d")
BUCKETS = "100 * {0} + 70 * ({1} - {0}) + 50 * ({2} - {1}) + 30 * ({3} - {2}) + 10 * ({4} - {3})"


def frecency(bonus: Mapping) -> Mapping:
    """Firefox's legacy buckets: counts by age, a bucket's points times the bonus of the visit's kind."""
    signals, terms = [{"name": "visits", "kind": "count", "on": "*"}], []
    for kind, percent in bonus.items():
        names = [f"{kind}_{age}" for age in AGES]
        signals += [
            {"name": n, "kind": "count", "on": kind, "window": age}
            for n, age in zip(names, AGES, strict=True)
        ]
        signals.append({"name": f"{kind}_all", "kind": "count", "on": kind})
        terms.append(f"({BUCKETS.format(*names, f'{kind}_all')}) * {percent / 100}")
    signals.append({"name": "points", "kind": "formula", "expr": " + ".join(terms)})
    return model({"when": "True", "points": "visits * (points / visits)"}, signals=signals)


def test_12_firefox_legacy_frecency() -> None:
    """[FRECENCY] A typed visit within 4 days 2000, a link 20 days ago 50; derived: 12 recent links 1200.

    Firefox averages over the last ten visits; a window cannot be counted in events here, so that the
    average is over all, which is the same where the visits are worth the same.
    """
    scoring = frecency({"typed": 2000, "link": 100})
    assert score(scoring, [event("typed", after(0))], after(3)) == 2000
    assert score(scoring, [event("link", after(0))], after(20)) == 50
    assert score(scoring, [event("link", after(0, hours=i)) for i in range(12)], after(3)) == 1200


@pytest.mark.parametrize(("points", "total"), [([5], 5), ([-5], -5), ([5, 5], 10), ([5, 5, 5], 15)])
def test_13_mautic_adds_and_takes_away(points: list[float], total: float) -> None:
    """[MAUTIC-LEAD] 0 + 5 is 5, 0 - 5 is - 5, 5 + 5 is 10, and 5 more 15."""
    log = [event("act", after(i), amount=amount) for i, amount in enumerate(points)]
    assert score(model({"on": "act", "points": "amount"}), log, after(9)) == total


def test_13_mautic_points_of_a_group() -> None:
    """[MAUTIC-ACT] Reading a mail is + 5: 5 in total; in a group 5 for the group and 0 in total.

    A group whose points are not part of the total has the weight 0.
    """
    read: Mapping = {"name": "read", "on": "read mail", "points": 5}
    log = [event("read mail", after(0))]
    assert score(model(read), log, after(0)) == 5
    apart = model(read | {"group": "A"}, groups=[{"name": "A", "weight": 0}])
    found = answer(apart, log, after(0))[ANN]
    assert (found["points"]["read"], found["score"]) == (5, 0)


@pytest.mark.parametrize(("threshold", "reached"), [(5, True), (6, False)])
def test_13_mautic_threshold(threshold: float, reached: bool) -> None:
    """[MAUTIC-TRG] 5 points reach a threshold of 5 and not one of 6."""
    scoring = model({"on": "act", "points": 5}, levels=[{"name": "in", "at_least": threshold}])
    assert (level(scoring, [event("act", after(0))], after(0)) == "in") is reached


def test_13_mautic_merge() -> None:
    """[MAUTIC-LEAD] Contacts with 50 and 100 points merge to 150; here their events are scored as one's."""
    scoring = model({"on": "act", "points": "amount"})
    apart = [event("act", after(0), "one", amount=50), event("act", after(1), "two", amount=100)]
    assert score(scoring, apart, after(2), "one") == 50
    merged = [{**happened, "user": "one"} for happened in apart]
    assert score(scoring, merged, after(2), "one") == 150


def test_14_unomi_past_event() -> None:
    """[UNOMI-IT] A past-event rule over 10 days worth 50: 50 for an event 3 days old, none for 15.

    Unomi removes the score; a subject that has an event has a score here, of 0. A changed rule replays:
    the same log under 20 days is worth 50 again.
    """
    recent: Mapping = {"name": "recent", "kind": "count", "on": "visit", "window": "10d"}
    rule = {"when": "recent > 0", "points": 50}
    log = [event("visit", after(0))]
    assert score(model(rule, signals=[recent]), log, after(3)) == 50
    assert score(model(rule, signals=[recent]), log, after(15)) == 0
    assert score(model(rule, signals=[recent | {"window": "20d"}]), log, after(15)) == 50


def pipeline(mode: str) -> Mapping:
    """A points pipeline: events worth points, minutes in tiers, stages by score."""
    worth = {
        "new user": 30, "meeting": 30, "very happy": 50, "payment": 50, "missed meeting": -30,
        "failed payment": -50, "not happy": -50,
    }  # fmt: skip
    rules: list[Mapping] = [{"name": name, "on": name, "points": points} for name, points in worth.items()]
    rules.append({"name": "login", "on": "login", "points": 30, "limit": {"count": 1, "every": "month"}})
    rules.append({"name": "time", "signal": "minutes", "tiers": [[30, 30], [60, 60]], "mode": mode})
    minutes = {"name": "minutes", "kind": "total", "on": "used", "property": "minutes"}
    return model(*rules, signals=[minutes], levels=[{"name": "100+", "at_least": 100}])


@pytest.mark.parametrize(
    ("mode", "scores", "stages"),
    [
        ("highest", [250, 120, 70], ["100+", "100+", "base"]),
        ("cumulative", [280, 150, 100], ["100+", "100+", "100+"]),
    ],
)
def test_16_points_pipeline(mode: str, scores: list[float], stages: list[str]) -> None:
    """Points pipeline: 30 + 30 + 30 + 50 + 60 + 50 = 250; - 30 - 50 - 50 = 120; one more - 50 = 70."""
    good = ["new user", "login", "login", "meeting", "very happy", "payment"]
    log = [event(name, after(0, hours=i)) for i, name in enumerate(good)]
    log += [event("used", after(0, hours=10 + i), minutes=30) for i in range(2)]
    log += [event(name, after(1)) for name in ("missed meeting", "failed payment", "not happy")]
    log += [event("not happy", after(2))]
    scoring = pipeline(mode)
    instants = [after(0.9), after(1), after(2)]
    assert [score(scoring, log, at) for at in instants] == scores
    assert [level(scoring, log, at) for at in instants] == stages

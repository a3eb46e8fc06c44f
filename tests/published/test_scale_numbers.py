"""Scales, means and band edges, on numbers that products have published."""

from __future__ import annotations

import pytest

from support.published import ANN, after, answer, event, level, model, score, trait

RAW = (475, 89, 101, 7, 3, 21, 2, 149, 223, 1, 13, 9, 37)


def test_2_sherlock_winsorises_at_the_ninetieth_percentile() -> None:
    """[SHERLOCK] P90 of the sample is 208.2; scaled by it 475 and 223 are 100, 149 is 71.57, ... 1 is 0.48.

    The percentile is taken once, from a frozen sample (here by hand), and put into a linear scale.
    """
    ordered = sorted(RAW)
    ninetieth = ordered[10] + 0.8 * (ordered[11] - ordered[10])
    assert ninetieth == pytest.approx(208.2, abs=1e-9)
    scale = {"kind": "linear", "low": 0, "high": 208.2}
    scoring = model({"on": "use", "points": "amount"}, scale=scale)
    log = [event("use", after(0), f"user {raw}", amount=raw) for raw in RAW]
    found = answer(scoring, log, after(0))
    expected = {475: 100, 223: 100, 149: 71.57, 101: 48.51, 89: 42.75, 37: 17.77, 1: 0.48}
    for raw, shown in expected.items():
        assert found[f"user {raw}"]["score"] == pytest.approx(shown, abs=5e-3)


@pytest.mark.parametrize(
    ("value", "shown", "digits"), [(18, 47.826, 3), (5, 0, 9), (35, 100, 9), (7, 0, 9), (30, 100, 9)]
)
def test_7_natero_ramp(value: float, shown: float, digits: int) -> None:
    """[NATERO] 0 up to 7, 100 from 30: 18 is 47.826 (shown as 48), 5 is 0, 35 is 100."""
    scale = {"kind": "linear", "low": 7, "high": 30}
    scoring = model({"on": "use", "points": "amount"}, scale=scale)
    found = score(scoring, [event("use", after(0), amount=value)], after(0))
    assert round(found, digits) == shown


def test_8_gainsight_weighted_mean() -> None:
    """[GS-CALC] Scores 47, 59, 21 with weights 20, 15, 22: 2287 / 57 = 40.1228, shown as 40."""
    health = {"name": "health", "kind": "formula", "expr": "weighted_mean(a, 20, b, 15, c, 22)"}
    signals = [trait("a"), trait("b"), trait("c"), health]
    scoring = model({"when": "True", "points": "health"}, signals=signals)
    found = score(scoring, [event("measured", after(0), a=47, b=59, c=21)], after(0))
    assert found == pytest.approx(2287 / 57, abs=1e-9)
    assert round(found) == 40


@pytest.mark.parametrize(("first", "mean", "shown"), [(10, 6.25, 6), (0, 3.75, 4)])
def test_8_planhat_mean(first: float, mean: float, shown: float) -> None:
    """[PLANHAT] (10 + 5 + 5 + 5) / 4 = 6.25 is 6, (0 + 5 + 5 + 5) / 4 = 3.75 is 4; between 0 and 10."""
    exact = {"name": "exact", "kind": "formula", "expr": "clip((a + b + c + d) / 4, 0, 10)"}
    signals = [*(trait(name) for name in "abcd"), exact]
    scoring = model({"when": "True", "points": "round(exact)"}, signals=signals)
    found = answer(scoring, [event("measured", after(0), a=first, b=5, c=5, d=5)], after(0))[ANN]
    assert (found["signals"]["exact"], found["score"]) == (mean, shown)


@pytest.mark.parametrize(("health", "points"), [("good", 100), ("average", 60), ("poor", 0)])
def test_8_totango_health(health: str, points: float) -> None:
    """Totango, "How engagement score is calculated": good 100, average 60, poor 0."""
    expr = "100 if health == 'good' else 60 if health == 'average' else 0"
    scoring = model({"when": "not is_missing(health)", "points": expr}, signals=[trait("health")])
    assert score(scoring, [event("measured", after(0), health=health)], after(0)) == points


@pytest.mark.parametrize(("value", "colour"), [(50, "red"), (51, "yellow"), (75, "yellow"), (76, "green")])
def test_9_gainsight_band_edges(value: float, colour: str) -> None:
    """Gainsight "Scorecards FAQs": 50 is red, 51 yellow, 75 yellow, 76 green.

    Those bands are over whole numbers. Ours have no gaps: what lies between 50 and 51 is still red.
    """
    levels = [{"name": "yellow", "at_least": 51}, {"name": "green", "at_least": 76}]
    scoring = model({"on": "use", "points": "amount"}, levels=levels, below="red")
    assert level(scoring, [event("use", after(0), amount=value)], after(0)) == colour
    assert level(scoring, [event("use", after(0), amount=50.5)], after(0)) == "red"


def test_9_a_value_that_two_tiers_share() -> None:
    """ChurnZero "Setting up ChurnScore Factors": of two tiers that share 50 the one it is the top of wins.

    Differs on purpose: a band is [from, next), so 50 is in the upper one. One rule for every edge, and
    "at least 50" means what it says.
    """
    tiers = {"signal": "use", "tiers": [[0, 10], [50, 20]], "mode": "highest"}
    scoring = model(tiers, signals=[trait("use")])
    assert score(scoring, [event("measured", after(0), use=49.999)], after(0)) == 10
    assert score(scoring, [event("measured", after(0), use=50)], after(0)) == 20

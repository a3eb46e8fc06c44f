"""TierRule: points by the band that a signal is in."""

from __future__ import annotations

import math

import pytest

from questscore import First, Latest, Maximum, TierRule
from unit.engine.both import ADA, a_model, both, ev, scored

TIERS = [[0, 5], [10, 20], [30, 60]]


def paid(value: object, mode: str, **more: object) -> float | None:
    """What a value of the signal pays."""
    rule = TierRule("r", signal="x", tiers=more.pop("tiers", TIERS), mode=mode, **more)  # type: ignore[arg-type]
    model = a_model([Latest("x", on="a", property="x")], [rule])
    return scored(model, [ev("a", "2026-03-01", x=value)], "2026-03-02").points["r"]


@pytest.mark.parametrize(
    ("value", "highest", "cumulative", "marginal"),
    [
        (-1, 0, 0, 0),
        (0, 5, 5, 0),
        (9.5, 5, 5, 47.5),
        (10, 20, 25, 50),
        (25, 20, 25, 50 + 15 * 20),
        (30, 60, 85, 50 + 400),
        (40, 60, 85, 50 + 400 + 600),
        (1e6, 60, 85, 50 + 400 + (1e6 - 30) * 60),
    ],
)
def test_a_value_pays_by_its_band(value: float, highest: float, cumulative: float, marginal: float) -> None:
    """Bands are [from, next); marginal points are a rate per unit inside each band, as with a tax."""
    assert [paid(value, mode) for mode in ("highest", "cumulative", "marginal")] == [
        highest,
        cumulative,
        marginal,
    ]


def test_points_of_a_band_may_be_negative_or_fall() -> None:
    idle = [[7, -10], [30, -50], [90, 0]]
    assert [paid(v, "highest", tiers=idle) for v in (0, 7, 30, 90)] == [0, -10, -50, 0]
    assert [paid(v, "cumulative", tiers=idle) for v in (0, 7, 30, 90)] == [0, -10, -60, -60]
    assert paid(40, "marginal", tiers=idle) == -230 - 500


def test_a_band_may_begin_below_zero() -> None:
    assert [paid(v, "highest", tiers=[[-5, 1], [0, 2]]) for v in (-6, -5, -0.1, 0)] == [0, 1, 1, 2]
    assert paid(-3, "marginal", tiers=[[-5, 1], [0, 2]]) == 2


def test_rounding_never_decides_a_band() -> None:
    """0.1 + 0.2 reaches 0.3, and so does what lies 1e-9 below; 1.1e-9 below does not."""
    tenths = [[0.3, 7]]
    assert paid(0.1 + 0.2, "highest", tiers=tenths) == 7
    assert paid(0.3 - 1e-9, "highest", tiers=tenths) == 7
    assert paid(0.3 - 1.1e-9, "highest", tiers=tenths) == 0
    assert paid(1e6 - 0.9e-3, "cumulative", tiers=[[1e6, 7]]) == 7
    assert paid(1e6 - 1.1e-3, "cumulative", tiers=[[1e6, 7]]) == 0
    assert paid(-1e6 - 0.9e-3, "highest", tiers=[[-1e6, 7]]) == 7


@pytest.mark.parametrize("mode", ["highest", "cumulative", "marginal"])
def test_a_missing_value_pays_nothing_or_is_unknown_and_a_text_pays_nothing(mode: str) -> None:
    """Also with a band that begins far below zero: missing is not small."""
    low = {"tiers": [[-1e15, 9]]}
    assert paid(None, mode, **low) == 0
    assert paid("many", mode, **low) == 0
    assert paid("many", mode, missing="unknown", **low) == 0
    assert paid(None, mode, missing="unknown", **low) is None
    assert paid(None, mode, missing="unknown", minimum=1, **low) is None
    assert paid(None, mode, minimum=1, **low) == 1


def test_bounds_are_on_what_the_bands_pay() -> None:
    assert paid(40, "marginal", maximum=100) == 100
    assert paid(-1, "highest", minimum=3) == 3


def test_a_band_reads_the_signal_of_each_subject() -> None:
    log = [
        ev("a", "2026-03-01", user=user, x=x)
        for user, x in (("ada", 5), ("bob", 15), ("cyd", "?"), ("dan", None))
    ]
    model = a_model(
        [First("x", on="a", property="x"), Maximum("m", on="a", property="x")],
        [
            TierRule("x", signal="x", tiers=TIERS, mode="highest"),
            TierRule("m", signal="m", tiers=TIERS, mode="cumulative"),
        ],
    )
    found = both(model, log, "2026-03-02")
    assert {name: tuple(score.points.values()) for name, score in found.items()} == {
        "ada": (5, 5), "bob": (20, 25), "cyd": (0, 0), "dan": (0, 0),
    }  # fmt: skip
    assert found[ADA].value == 10


def test_one_tier_alone() -> None:
    assert [paid(v, "highest", tiers=[[3, 5]]) for v in (2.9, 3, math.pi)] == [0, 5, 5]

"""Short forms of the simulations: known points, half-lives and intervals are found again."""

from __future__ import annotations

import pytest
from benchmarks.calibration import simulate
from benchmarks.calibration.simulate import Market, Row


@pytest.fixture(scope="module")
def market() -> Market:
    return Market.of(20_000)


def missed(rows: list[Row]) -> list[str]:
    return [str(row) for row in rows if not row.met]


def test_whole_points_cost_nearly_nothing(market: Market) -> None:
    assert missed(list(simulate.whole(market, 4))) == []


def test_few_outcomes_are_never_much_worse_than_the_table(market: Market) -> None:
    assert missed(list(simulate.few(market, 8))) == []


def test_known_points_are_found_again(market: Market) -> None:
    assert missed(list(simulate.known_points(market, 5))) == []


def test_a_half_life_beyond_the_grid_is_flagged() -> None:
    assert missed(list(simulate.beyond_the_grid(3))) == []


def test_odd_inputs_are_defined_and_warn_of_nothing() -> None:
    rows = list(simulate.odd_inputs())
    assert len(rows) == 10 and missed(rows) == []


def test_a_missed_demand_is_seen() -> None:
    row = simulate.most(9, "a figure", 0.3, 0.2)
    assert not row.met and str(row).endswith("MISSED")
    assert simulate.least(9, "a figure", 0.3, 0.3).met

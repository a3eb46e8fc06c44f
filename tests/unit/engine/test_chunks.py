"""A log is read chunk by chunk, and large numbers of flags are not kept: where the cuts fall is nothing to it.

Real chunks hold 65,536 rows; here they hold a few, so that small logs are cut everywhere.
"""

from __future__ import annotations

import pytest

from questscore.aggregates import cells
from questscore.engine import plan
from support.cases import numbered
from support.judge import Verdict, judge


@pytest.mark.parametrize("size", [1, 2, 5, 13])
def test_the_cuts_between_chunks_change_nothing(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "CHUNK", size)
    for number in range(size * 1000, size * 1000 + 30):
        judgement = judge(numbered(11, number))
        assert judgement.verdict is not Verdict.DISAGREE, (number, judgement.lines[:5])


def test_values_that_are_sorted_instead_of_flagged_are_counted_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above 2^26 flags (subjects times texts) different values are found by sorting."""
    monkeypatch.setattr(cells, "_FLAGS", 0)
    monkeypatch.setattr(plan, "CHUNK", 3)
    for number in range(40):
        judgement = judge(numbered(12, number))
        assert judgement.verdict is not Verdict.DISAGREE, (number, judgement.lines[:5])

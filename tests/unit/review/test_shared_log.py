"""Comparing two models asks the log once for both; each still gets the numbers it has alone."""

from __future__ import annotations

import numpy as np
import pytest

from questscore import load_model, read_events, score
from questscore.review import compare, quality
from support.cases import numbered

SEED, CASES, CHUNK = 11, 160, 20


@pytest.mark.parametrize("first", range(0, CASES, CHUNK))
def test_each_model_has_the_numbers_it_has_alone(first: int) -> None:
    """Random models of neighbouring cases, over the log of the first."""
    compared = 0
    for number in range(first, first + CHUNK):
        one, other = numbered(SEED, number), numbered(SEED, number + 1)
        a, b = load_model(one.model), load_model(other.model)
        if a.subject != b.subject:
            continue
        table = read_events(one.events)
        found = compare(a, b, table, one.at)
        for side, model in ((found.a, a), (found.b, b)):
            alone = score(model, table, one.at)
            assert list(found.subjects) == list(alone.subjects)
            assert np.allclose(side.scores, alone.scores, rtol=1e-9, atol=1e-9, equal_nan=True), number
            assert [rule.rule for rule in side.rules] == list(alone.rules)
            assert list(side.levels) == list(alone.levels), number
        moved = sum(x != y for x, y in zip(found.a.levels, found.b.levels, strict=True))
        assert found.levels_changed == moved == found.matrix.moved
        assert int(found.matrix.counts.sum()) == len(found)
        assert str(found)
        compared += 1
    assert compared


def test_any_model_and_any_log_can_be_looked_at() -> None:
    """Reserved events, texts where numbers are read, giants, subjects without a score: nothing raises."""
    for number in range(60):
        case = numbered(SEED, number)
        found = quality(load_model(case.model), read_events(case.events), case.at)
        assert str(found)
        assert set(found.reasons) <= set(found.gaming.subjects)
        for trouble in found.properties:
            assert 0 < trouble.missing + trouble.wrong <= trouble.events

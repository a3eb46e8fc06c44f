"""Events may come in any order: the end is that of the sorted log."""

from __future__ import annotations

import numpy as np

from questscore.model.time import DAY
from support.shuffled import DAYS, START, a_log, a_model, same_end, taken_in

EVENTS = 50_000


def test_a_shuffled_log_ends_as_the_sorted_one() -> None:
    """``python -m benchmarks.simulation --shuffled 5000000`` does the same with five million."""
    model, log = a_model(), a_log(EVENTS)
    rows = np.arange(len(log))
    in_order, counts = taken_in(model, log, rows, 1000)
    shuffled, others = taken_in(model, log, np.random.default_rng(2).permutation(rows), 1000)
    assert counts == others == {"received": 50_050, "applied": 50_000, "duplicate": 50, "conflict": 0}
    for at in (START + 30 * DAY, START + (DAYS + 5) * DAY):
        assert same_end(shuffled, in_order, at) == []

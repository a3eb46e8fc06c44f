"""Limited: points of events that limits and a cooldown let through, in canonical order.

Lives here: who pays, over the sorted rows of all units at once.
Lives elsewhere: the definition (model.award), sums without limits (sums).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from attrs import define, field

from questscore.aggregates.base import Aggregate, Selection, inside
from questscore.aggregates.order import Gathered
from questscore.aggregates.plan import Awards, Floats, Integers, Matches
from questscore.aggregates.saturate import summed
from questscore.aggregates.sums import factors
from questscore.columns.batch import Batch
from questscore.columns.log import EventLog
from questscore.columns.vector import Vector, evaluate, numbers
from questscore.language import Expression
from questscore.model.award import ROUNDING, Limit
from questscore.model.time import Duration


def dense(parts: Sequence[Integers]) -> Integers:
    """(n,) one number for each different combination of the parts, -1 where a part is negative."""
    if not len(parts[0]):
        return parts[0]
    code = np.zeros(len(parts[0]), dtype=np.int64)
    none = np.zeros(len(code), dtype=bool)
    for part in parts:
        none |= part < 0
        _, small = np.unique(part, return_inverse=True)
        _, code = np.unique(code * (int(small.max()) + 1) + small, return_inverse=True)
    code = code.astype(np.int64)
    code[none] = -1
    return code


def _value_codes(vector: Vector, size: int) -> Integers:
    num = np.broadcast_to(vector.num, size) + 0.0
    code = np.full(size, -1, dtype=np.int64)
    known = ~np.isnan(num)
    _, found = np.unique(num[known], return_inverse=True)
    code[known] = found
    if vector.text is not None:
        text = np.broadcast_to(vector.text, size).astype(np.int64)
        said = text >= 0
        code[said] = text[said] + len(found) + 1
    return code


def first_in_cell(cell: Integers, count: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """(n,) True for the first ``count`` rows of each cell; rows are in order, -1 is no cell."""
    order = np.argsort(cell, kind="stable")
    sorted_cell = cell[order]
    start = np.flatnonzero(np.append(True, sorted_cell[1:] != sorted_cell[:-1]))
    rank = np.arange(len(cell)) - np.repeat(start, np.diff(np.append(start, len(cell))))
    pays = np.empty(len(cell), dtype=bool)
    pays[order] = (rank < count) & (sorted_cell >= 0)
    return pays


def paid(
    matches: Matches,
    award: Floats,
    cells: Sequence[Integers],
    limits: Sequence[Limit],
    cooldown: Duration | None,
) -> Floats:
    """(n,) what each row pays; ``cells`` number the cells of each limit, a unit's apart from another's."""
    if not limits and cooldown is None:
        return award
    if len(limits) == 1 and limits[0].count is not None and cooldown is None:
        return np.where(first_in_cell(cells[0], limits[0].count), award, 0.0)
    return _replayed(matches, award, cells, limits, cooldown)


def _replayed(
    matches: Matches,
    award: Floats,
    cells: Sequence[Integers],
    limits: Sequence[Limit],
    cooldown: Duration | None,
) -> Floats:
    pause = 0 if cooldown is None else cooldown.us
    # a limit of points keeps gains and losses apart: two counters a cell
    keys = [
        (cell if limit.count is not None else np.where(cell < 0, -1, cell * 2 + (award > 0))).tolist()
        for cell, limit in zip(cells, limits, strict=True)
    ]
    room = [
        [float(limit.points or limit.count or 0)] * (max(key, default=0) + 1)
        for key, limit in zip(keys, limits, strict=True)
    ]
    clips = [limit.count is None for limit in limits]
    nothing = [ROUNDING * (limit.points or 0.0) for limit in limits]
    lanes = list(zip(keys, room, clips, nothing, strict=True))
    result = np.abs(award).tolist()
    free_at = 0
    times, starts = matches.time.tolist(), matches.starts.tolist()
    for i, time in enumerate(times):
        if starts[i]:
            free_at = time
        amount = 0.0 if time < free_at else result[i]
        for key, left, clip, least in lanes:
            cell = key[i]
            if cell < 0 or left[cell] <= least:
                amount = 0.0
                break
            if clip and left[cell] < amount:
                amount = left[cell]
        result[i] = amount
        if amount > 0:
            free_at = time + pause
            for key, left, clip, _ in lanes:
                left[key[i]] -= amount if clip else 1
    return np.copysign(np.array(result, dtype=np.float64), award)


def pays(found: Matches, asked: Awards, log: EventLog, chosen: Selection) -> tuple[Matches, Floats]:
    """The matching events that are awarded anything, and what limits and the cooldown let each pay."""
    award = np.full(len(found), asked.points if isinstance(asked.points, float) else 0.0)
    if isinstance(asked.points, Expression):
        batch = Batch(log, chosen.unit, chosen.calendar, found.rows)
        worth = evaluate(asked.points, batch.name, batch.property, len(found))
        award = np.nan_to_num(numbers(worth, len(found)))
        some = award != 0
        found, award = (
            Matches(found.unit[some], found.rows[some], found.time[some], found.log_time),
            award[some],
        )
    cells = [_cells(found, limit, log, chosen) for limit in asked.limits]
    amount = paid(found, award, cells, asked.limits, asked.cooldown)
    start, end = asked.term
    if start is not None:
        amount[found.time < start] = 0.0
    if end is not None:
        amount[found.time >= end] = 0.0
    return found, amount


def _cells(found: Matches, limit: Limit, log: EventLog, chosen: Selection) -> Integers:
    parts: list[Integers] = [found.unit.astype(np.int64)]
    if limit.every is not None:
        index = log.local(chosen.calendar).index(limit.every, found.time)
        parts.append(index - index.min(initial=0))
    if limit.per is not None:
        batch = Batch(log, chosen.unit, chosen.calendar, found.rows)
        parts.append(_value_codes(batch.name(limit.per), len(found)))
    return dense(parts)


@define(eq=False, slots=False)
class Limited(Aggregate):
    """What is left of the points of events under limits and a cooldown.

    Args:
        asked: The rule's awards.
        rows: The rows it may pay for, shared with whoever else wants them.
        resets: At an instant, the last reset of each unit: what was earned until then is void.
    """

    asked: Awards
    rows: Gathered
    resets: Callable[[int], Integers | None] | None = None
    _at: int = field(init=False)

    def begin(self, at: int) -> None:
        self._at = at

    def carry(self, at: int) -> bool:
        return False

    def add(self, batch: Batch) -> None:
        """Nothing: the rows are gathered already."""

    def read(self) -> Floats:
        """(size,) points."""
        asked = self.asked
        found, paid_out = pays(self.rows.read(), asked, self.log, self.selection)
        moment = self.selection.shift.moment(self._at)
        left = paid_out * factors(asked.ageing, moment - found.time)
        chosen = self.selection
        keep = (paid_out != 0) & inside(self.log, chosen.calendar, asked.ageing.window, found.time, moment)
        voided = None if self.resets is None else self.resets(self._at)
        if voided is not None:
            keep &= found.time > voided[found.unit]
        return summed(found.unit[keep], left[keep], self.size)

"""Replay: kinds that have only a definition, run on each unit's events as objects.

Lives here: the way from rows back to events, and the definition as a reader.
Lives elsewhere: the definition's context, what its failures come to (reference), fast forms (plan).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from questscore.aggregates.plan import Indices, Reader
from questscore.columns.log import EventLog, Unit
from questscore.columns.vector import Vector
from questscore.language import Value, number
from questscore.model.plugin import RAISING, Faults
from questscore.model.rule import Rule
from questscore.model.score_model import ScoreModel
from questscore.model.signal import SignalDefinition
from questscore.reference import Subject


def rows_of(log: EventLog, unit: Unit) -> list[Indices]:
    """The rows of each unit, in order."""
    if not unit.size:
        return []
    order = np.argsort(unit.codes, kind="stable")
    order = order[np.searchsorted(unit.codes[order], 0) :]
    ends = np.searchsorted(unit.codes[order], np.arange(unit.size), side="right")
    return np.split(order, ends[:-1])


def subjects(
    log: EventLog, unit: Unit, model: ScoreModel, *, of_account: bool, faults: Faults = RAISING
) -> list[Subject]:
    """One context a unit; ``of_account``: members of an account model, which read its signals too."""
    events = [[log.table.event(row) for row in rows.tolist()] for rows in rows_of(log, unit)]
    if not of_account:
        return [Subject(model, own, None, faults) for own in events]
    accounts = subjects(log, log.subject, model, of_account=False, faults=faults)
    return [Subject(model, own, accounts[unit.owner[i]], faults) for i, own in enumerate(events)]


def vector(values: Sequence[Value]) -> Vector:
    """Values as a column."""
    values = [number(value) for value in values]
    num = np.array([v if isinstance(v, float) else np.nan for v in values], dtype=np.float64)
    texts = sorted({v for v in values if isinstance(v, str)})
    if not texts:
        return Vector(num)
    code = {text: i for i, text in enumerate(texts)}
    return Vector(num, np.array([code[v] if isinstance(v, str) else -1 for v in values], np.int32), texts)


def replayed(units: Sequence[Subject], moment: Callable[[int], int], signal: SignalDefinition) -> Reader:
    """The definition of a signal as a reader."""

    def read(at: int) -> Vector:
        now = moment(at)
        return vector([unit.value(signal, now) for unit in units])

    return read


def kept(
    units: Sequence[Subject],
    moment: Callable[[int], int],
    signal: SignalDefinition,
    log: EventLog,
    unit: Unit,
) -> Reader:
    """The same of a kind whose value moves with events only: units without a new one are not asked again."""
    values: list[Value] = [None] * len(units)
    taken, found = -1, vector([])  # rows of the log that the values heed; -1: none were made

    def read(at: int) -> Vector:
        nonlocal taken, found
        now = moment(at)
        rows = int(np.searchsorted(log.time, now, side="right"))
        if rows != taken:
            again = np.unique(unit.codes[taken:rows]).tolist() if 0 <= taken < rows else range(len(units))
            for i in again:
                if i >= 0:
                    values[i] = units[i].value(signal, now)
            taken, found = rows, vector(values)
        return found

    return read


def replayed_rule(
    units: Sequence[Subject], moment: Callable[[int], int], rule: Rule, signals: Sequence[str]
) -> Reader:
    """The definition of a rule as a reader; unknown points are NaN."""

    def read(at: int) -> Vector:
        now = moment(at)
        values = [{name: unit.signal(name, now) for name in signals} for unit in units]
        return vector([unit.paid(rule, own, now) for unit, own in zip(units, values, strict=True)])

    return read

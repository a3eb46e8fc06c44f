"""Data: whether events carry what a model reads, and whether the model reads what events carry.

Lives here: properties missing or of the wrong type, event names that nothing reads, points lost to limits.
Lives elsewhere: what a model reads (reads), whose points look made (gaming), the whole report (quality).
"""

from __future__ import annotations

import numpy as np
from attrs import evolve, frozen
from numpy.typing import NDArray

from questscore.api import score
from questscore.columns.table import EventTable
from questscore.model.event import RESERVED
from questscore.model.score_model import ScoreModel
from questscore.results.table import ScoreTable
from questscore.review.reads import Read, reads
from questscore.rules import EventRule


@frozen
class Trouble:
    """A property that events lack, or carry as something else than the model takes it for.

    Args:
        event: The name of the events; ``"*"`` for any.
        property: Which property.
        wants: ``"number"`` or ``"text"``, or ``"any"`` where the model does not say; then what fewer events
            carry is the wrong type.
        events: How many events of that name there are.
        missing: How many lack it; 0 for ``"*"``, of which none need carry it.
        wrong: How many carry it as the wrong type.
    """

    event: str
    property: str
    wants: str
    events: int
    missing: int
    wrong: int

    def __str__(self) -> str:
        parts = [
            f"{many:,} {what}"
            for many, what in ((self.missing, "without"), (self.wrong, f"not a {self._kind()}"))
            if many
        ]
        return f"{self.property} of {self.event}: {', '.join(parts)}, of {self.events:,}"

    def _kind(self) -> str:
        return "value of the usual type" if self.wants == "any" else self.wants


@frozen
class Loss:
    """What limits and a cooldown kept a rule from paying, before ageing.

    Args:
        rule: Its name.
        awarded: What its events were worth, over all subjects.
        paid: What the limits let through.
        subjects: How many subjects lost points.
    """

    rule: str
    awarded: float
    paid: float
    subjects: int

    @property
    def lost(self) -> float:
        """What was not paid."""
        return self.awarded - self.paid


def troubles(model: ScoreModel, table: EventTable, at: int) -> tuple[Trouble, ...]:
    """The properties that the model reads and some events up to an instant lack, or carry as another type."""
    rows: dict[str, NDArray[np.intp]] = {}
    found = []
    for read in reads(model):
        if read.event not in rows:
            rows[read.event] = _rows(table, read.event, at)
        trouble = _trouble(read, table, rows[read.event])
        if trouble.missing or trouble.wrong:
            found.append(trouble)
    return tuple(found)


def _rows(table: EventTable, name: str, at: int) -> NDArray[np.intp]:
    values = list(table.name.values)
    if name == "*":
        codes = [code for code, value in enumerate(values) if value not in RESERVED]
    else:
        codes = [code for code, value in enumerate(values) if value == name]
    return np.flatnonzero(np.isin(table.name.codes, codes) & (table.time <= at))


def _trouble(read: Read, table: EventTable, rows: NDArray[np.intp]) -> Trouble:
    column = table.properties.get(read.property)
    numbers = texts = 0
    if column is not None and column.num is not None:
        numbers = int(np.count_nonzero(~np.isnan(column.num[rows])))
    if column is not None and column.text is not None:
        texts = int(np.count_nonzero(column.text.codes[rows] >= 0))
    wrong = {"number": texts, "text": numbers}.get(read.wants, min(numbers, texts))
    missing = 0 if read.event == "*" else len(rows) - numbers - texts
    return Trouble(read.event, read.property, read.wants, len(rows), missing, wrong)


def ignored(model: ScoreModel, table: EventTable, at: int) -> dict[str, int]:
    """Event names that no signal and no rule selects, to how often they occur up to an instant."""
    selects = [part.selects() for part in model.signals] + [part.selects() for part in model.rules]
    named = {on for found in selects for _, selector in found for on in selector.on}
    if "*" in named:
        return {}
    counts = np.bincount(table.name.codes[table.time <= at], minlength=len(table.name.values)).tolist()
    by_name = sorted(zip(table.name.values, counts, strict=True))
    return {name: n for name, n in by_name if n and name not in named and name not in RESERVED}


class Payments:
    """What event rules award and what they pay, each event once and before ageing, up to an instant.

    A model that reads the same events with the same rules, once as they are and once without limits, tells.
    """

    def __init__(self, model: ScoreModel, table: EventTable, at: int) -> None:
        own = [rule for rule in model.rules if isinstance(rule, EventRule)]
        self._names = [rule.name for rule in own]
        rules = [
            EventRule(f"{what} {place}", on=rule.on, where=rule.where, points=rule.points, active=rule.active,
                      limit=limit, cooldown=cooldown)
            for place, rule in enumerate(own)
            for what, limit, cooldown in (("awarded", (), None), ("paid", rule.limit, rule.cooldown))
        ]  # fmt: skip
        self._table: ScoreTable = score(
            evolve(
                model,
                signals=(),
                rules=rules,
                groups=(),
                minimum=None,
                maximum=None,
                scale=None,
                levels=None,
                below="base",
                margin=None,
                dwell=None,
                triggers=(),
                audiences=(),
                events={},
            ),
            table,
            at,
        )

    @property
    def lost(self) -> NDArray[np.float64]:
        """(n,) by subject in the order of names, the points that limits kept back."""
        points = self._table.points
        kept: NDArray[np.float64] = (points[:, ::2] - points[:, 1::2]).sum(axis=1)
        return kept

    def losses(self) -> tuple[Loss, ...]:
        """The rules that limits kept from paying."""
        found = []
        for place, name in enumerate(self._names):
            awarded, paid = self._table.points[:, 2 * place], self._table.points[:, 2 * place + 1]
            short = np.abs(awarded - paid) > 1e-9 * np.maximum(1.0, np.abs(awarded))
            if short.any():
                found.append(Loss(name, float(awarded.sum()), float(paid.sum()), int(short.sum())))
        return tuple(found)

    def never(self) -> set[str]:
        """The event rules that never paid anybody."""
        points = self._table.points
        return {name for place, name in enumerate(self._names) if not points[:, 2 * place + 1].any()}

"""Changes of level over a period: who rose, who fell, from where to where.

Lives here: the overview, from changes of level that are known.
Lives elsewhere: finding the changes (history, scorer).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from attrs import asdict, evolve, field, frozen

from questscore.errors import EventError, ModelError
from questscore.io.write import Columns
from questscore.model.level import Levels
from questscore.model.result import Transition, html, printable
from questscore.model.score_model import ScoreModel
from questscore.model.time import TimeError, instant, iso
from questscore.results.columnar import Columnar
from questscore.results.history import History
from questscore.review.crosstab import Crosstab

_SHOWN = 3


@frozen
class Net:
    """Where a subject stood before a period and where it stands after it."""

    subject: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        return f"{self.subject}: {self.before} -> {self.after}"


@frozen(eq=False, repr=False)
class LevelChanges(Columnar):
    """Who changed level in (start, end], compared from before the period to its end.

    Args:
        start, end: The period, epoch microseconds; a start of None: from the beginning.
        order: Names of the levels by rank.
        transitions: The changes in the period, by time.
        rose, fell: By subject, those that ended higher or lower than they began.
        other: Those that came from no level, or went to none.
        returned: Those that ended where they began.
        matrix: From-to counts of all four.
    """

    start: int | None
    end: int
    order: tuple[str, ...]
    transitions: Sequence[Transition] = field(repr=False)
    rose: tuple[Net, ...]
    fell: tuple[Net, ...]
    other: tuple[Net, ...]
    returned: tuple[Net, ...]
    matrix: Crosstab

    def columns(self) -> Columns:
        """Tidy columns ``subject before after direction``, by subject."""
        parts = {"rose": self.rose, "fell": self.fell, "other": self.other, "returned": self.returned}
        rows = sorted(
            ((net, name) for name, each in parts.items() for net in each), key=lambda row: row[0].subject
        )
        return {
            "subject": [net.subject for net, _ in rows],
            "before": [net.before for net, _ in rows],
            "after": [net.after for net, _ in rows],
            "direction": [name for _, name in rows],
        }

    def to_dict(self) -> dict[str, object]:
        """The same as plain values, but for the single changes."""
        nets = {"rose": self.rose, "fell": self.fell, "other": self.other, "returned": self.returned}
        return {
            "start": None if self.start is None else iso(self.start),
            "end": iso(self.end),
            "transitions": len(self.transitions),
            **{name: [asdict(net) for net in found] for name, found in nets.items()},
            "matrix": [
                {"before": before, "after": after, "subjects": count} for before, after, count in self.matrix
            ],
        }

    def __str__(self) -> str:
        after = "" if self.start is None else f" after {iso(self.start)},"
        lines = [f"changes of level{after} up to {iso(self.end)}: {len(self.transitions):,}"]
        for name, nets in (("rose", self.rose), ("fell", self.fell), ("other", self.other)):
            shown = ", ".join(printable(str(net)) for net in nets[:_SHOWN])
            more = f", … and {len(nets) - _SHOWN:,} more" if len(nets) > _SHOWN else ""
            if nets or name != "other":
                lines.append(f"  {name} {len(nets):,}{': ' if nets else ''}{shown}{more}")
        lines.append(f"  back where they were {len(self.returned):,}")
        return "\n".join([*lines, *(f"  {line}" for line in str(self.matrix).split("\n"))])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html(str(self))


def level_changes(
    changes: History | Iterable[Transition],
    start: object = None,
    end: object = None,
    *,
    levels: ScoreModel | Levels | Sequence[str] | None = None,
) -> LevelChanges:
    """An overview of changes of level over a period.

    Args:
        changes: A history, or what ``advance`` told; a change told and taken back cancels out.
        start, end: Instants; the changes in (start, end] count, by default all.
        levels: Whose ranks say what is higher: a model, its levels, or their names by rank. A history knows.

    Raises:
        ModelError: There are no levels to rank by, or a subject began or ended in one that they do not have.
        EventError: What should be an instant is none, or the period ends before it starts.

    >>> told = [Transition("ada", 10**15, "low", "high", 9.0, "event", ("high",))]
    >>> level_changes(told, levels=["low", "high"]).rose
    (Net(subject='ada', before='low', after='high'),)
    """
    order = _order(changes, levels)
    told = changes.transitions if isinstance(changes, History) else _standing(changes)
    first, last = _instant(start, "start"), _instant(end, "end")
    if first is not None and last is not None and first > last:
        raise EventError(f"{iso(first)} is after the end, {iso(last)}", where="start", fix="swap the two")
    return between(told, order, first, last)


def between(
    told: Sequence[Transition], order: Sequence[str], first: int | None, last: int | None
) -> LevelChanges:
    """The overview of those of some changes, sorted by time, that lie in (first, last]."""
    if first is not None:
        told = told[bisect_right(told, first, key=_time) :]
    if last is None:
        last = told[-1].time if told else first or 0
    told = told[: bisect_right(told, last, key=_time)]
    began: dict[str, str | None] = {}
    ended: dict[str, str | None] = {}
    for change in told:
        began.setdefault(change.subject, change.before)
        ended[change.subject] = change.after
    unknown = {*began.values(), *ended.values()} - {*order, None}
    if unknown:
        raise ModelError(f"no level {sorted(map(str, unknown))[0]!r} in {', '.join(order)}", where="levels")
    nets = [Net(subject, began[subject], ended[subject]) for subject in sorted(began)]
    kinds: dict[str, list[Net]] = {"rose": [], "fell": [], "other": [], "returned": []}
    for net in nets:
        kinds[_kind(net, order)].append(net)
    place = {None: -1} | {name: i for i, name in enumerate(order)}
    rows = np.array([place[net.before] for net in nets], dtype=np.int64)
    columns = np.array([place[net.after] for net in nets], dtype=np.int64)
    return LevelChanges(
        first,
        last,
        tuple(order),
        told,
        **{name: tuple(found) for name, found in kinds.items()},
        matrix=Crosstab.of(order, order, rows, columns),
    )


def _kind(net: Net, order: Sequence[str]) -> str:
    if net.before == net.after:
        return "returned"
    if net.before is None or net.after is None:
        return "other"
    return "rose" if order.index(net.after) > order.index(net.before) else "fell"


def _order(
    changes: History | Iterable[Transition], levels: ScoreModel | Levels | Sequence[str] | None
) -> tuple[str, ...]:
    if levels is None and isinstance(changes, History):
        return changes.order
    if levels is None:
        fix = "pass levels=model, or a history"
        raise ModelError("changes of level alone do not say which is higher", where="levels", fix=fix)
    if isinstance(levels, ScoreModel):
        levels = levels.levels
    if isinstance(levels, str):
        raise ModelError(f"{levels!r} is one name", where="levels", fix="write all names, lowest first")
    return levels.order if isinstance(levels, Levels) else tuple(levels)


def _standing(changes: Iterable[Transition]) -> list[Transition]:
    """The changes that were not taken back, by time and subject."""
    changes = list(changes)
    gone = Counter(evolve(change, retracted=False) for change in changes if change.retracted)
    found = []
    for change in changes:
        if not change.retracted and gone[change]:
            gone[change] -= 1
        elif not change.retracted:
            found.append(change)
    return sorted(found, key=lambda change: (change.time, change.subject))


def _time(change: Transition) -> int:
    return change.time


def _instant(value: object, where: str) -> int | None:
    try:
        return None if value is None else instant(value)
    except TimeError as error:
        raise EventError(str(error), where=where, fix="pass an aware datetime or ISO text") from None

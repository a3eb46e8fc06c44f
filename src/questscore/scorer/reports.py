"""Reports: what became of events that a scorer was given.

Lives here: the reports of single events, which are always the same, and of tables.
Lives elsewhere: what is decided about each event (journal, scorer), the report itself (results).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import evolve
from numpy.typing import NDArray

from questscore.columns.table import EventTable, Rejection
from questscore.journal import Taken
from questscore.model.time import iso
from questscore.results.ingest import IngestReport

APPLIED = IngestReport(received=1, applied=1)
LATE = IngestReport(received=1, applied=1, late=1)
DUPLICATE = IngestReport(received=1, duplicate=1)
CONFLICT = IngestReport(received=1, conflict=1, conflicts=(0,))
UNATTRIBUTED = IngestReport(received=1, unattributed=1)


def too_late(horizon: int) -> IngestReport:
    """The report of one event that is older than what is retained, since ``horizon``."""
    return _refused(IngestReport(received=1), [0], horizon)


def of_table(
    table: EventTable, taken: Taken, unattributed: int, late: int, refused: NDArray[np.intp], horizon: int
) -> IngestReport:
    """The report of a table.

    Args:
        table: The events.
        taken: What the journal says of those it was given.
        unattributed: How many have no subject.
        late: How many of those that are applied are earlier than others were.
        refused: The rows that are older than what is retained, since ``horizon``.
        horizon: The instant.
    """
    report = IngestReport(
        received=len(table) + len(table.rejections),
        applied=taken.applied,
        duplicate=len(taken.duplicates),
        conflict=len(taken.conflicts),
        unattributed=unattributed,
        rejected=len(table.rejections),
        late=late,
        rejections=table.rejections,
        conflicts=tuple(_given(table, taken.conflicts)),
    )
    return _refused(report, _given(table, refused), horizon) if len(refused) else report


def _given(table: EventTable, rows: NDArray[np.intp]) -> list[int]:
    """Rows of a table as they were given, those rejected among them."""
    if table.rejections:
        rejected = [rejection.row for rejection in table.rejections]
        rows = np.delete(np.arange(len(table) + len(rejected)), rejected)[rows]
    return [int(row) for row in rows]


def _refused(report: IngestReport, rows: Sequence[int], horizon: int) -> IngestReport:
    reason = f"older than what is retained, since {iso(horizon)}; raise retain to take such events"
    refused = tuple(Rejection(row, "time", reason) for row in rows)
    return evolve(report, too_late=len(refused), refused=refused)

"""IngestReport: what became of events that a scorer was given.

Lives here: the counts and their reasons.
Lives elsewhere: taking events in (scorer), what makes an event invalid (model, intake).
"""

from __future__ import annotations

from attrs import frozen

from questscore.columns.table import Rejection


@frozen
class IngestReport:
    """What became of events: received = applied + duplicate + conflict + unattributed + too_late + rejected.

    Args:
        received: How many there were.
        applied: How many count from now on.
        duplicate: How many repeat an event with the same id and the same content.
        conflict: How many repeat an id with other content; the first in canonical order stands.
        unattributed: How many have no subject.
        too_late: How many are older than what is retained.
        rejected: How many could not be events.
        late: How many of the applied are older than an event or an ``advance`` before.
        rejections: The rejected, each with its row, field and reason.
        refused: The ones too late, likewise.
        conflicts: The rows of the conflicts.
    """

    received: int = 0
    applied: int = 0
    duplicate: int = 0
    conflict: int = 0
    unattributed: int = 0
    too_late: int = 0
    rejected: int = 0
    late: int = 0
    rejections: tuple[Rejection, ...] = ()
    refused: tuple[Rejection, ...] = ()
    conflicts: tuple[int, ...] = ()

    def __str__(self) -> str:
        parts = [
            f"{count:,} {name}"
            for name, count in (
                ("applied", self.applied),
                ("duplicate", self.duplicate),
                ("in conflict", self.conflict),
                ("unattributed", self.unattributed),
                ("too late", self.too_late),
                ("rejected", self.rejected),
            )
            if count
        ]
        return f"{self.received:,} received" + (f": {', '.join(parts)}" if parts else "")

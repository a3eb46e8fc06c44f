"""Outcome, Taken: what became of events that were given to a journal.

Lives here: the words and the counts.
Lives elsewhere: how it is decided (journal).
"""

from __future__ import annotations

import enum

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray


class Outcome(enum.Enum):
    """What became of one event."""

    APPLIED = "applied"
    """Nothing with its id was there, or it has none: it stands."""
    DUPLICATE = "duplicate"
    """The same content stands already."""
    CONFLICT = "conflict"
    """Other content stands under its id, and is the earlier in canonical order: it goes on standing."""
    REPLACED = "replaced"
    """Other content stood under its id; this one is the earlier in canonical order and stands instead."""


@frozen(eq=False)
class Taken:
    """What became of many events: ``applied + len(duplicates) + len(conflicts)`` is how many were given.

    Args:
        applied: How many stand, and nothing stood in their place.
        duplicates: Rows of the table that repeat what stands, ascending.
        conflicts: Rows of the table that repeat an id with other content, ascending; of them ``replaced``
            are earlier in canonical order than what stood, and stand now.
    """

    applied: int
    duplicates: NDArray[np.intp] = field(factory=lambda: np.zeros(0, dtype=np.intp))
    conflicts: NDArray[np.intp] = field(factory=lambda: np.zeros(0, dtype=np.intp))
    replaced: int = 0

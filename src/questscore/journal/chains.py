"""Chains: each subject's rows, from its newest to its first.

Lives here: the newest row of each subject, and how far back the row before stands when another comes.
Lives elsewhere: keeping how far back it stands, row by row (store); the subjects' codes (dictionary).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from questscore.journal.index import ABSENT
from questscore.journal.order import by_code, starts_of
from questscore.journal.packing import Integers


class Chains:
    """The newest row of each subject by code; `ABSENT` when it has none.

    A row is ``back`` rows after the subject's row before it; 0 when there is none.
    ``known`` is how many subjects have a row.
    """

    __slots__ = ("_heads", "known", "newest")

    def __init__(self) -> None:
        self._heads = np.full(1, ABSENT, dtype=np.int64)
        self.newest = self._heads.data
        self.known = 0

    def grow(self, codes: int) -> None:
        """Makes room for codes below a number."""
        if codes > len(self._heads):
            heads = np.full(codes + codes // 2, ABSENT, dtype=np.int64)
            heads[: len(self._heads)] = self._heads
            self._heads, self.newest = heads, heads.data

    def link(self, code: int, row: int) -> int:
        """A subject's next row: how far back the one before stands."""
        head = self.newest[code]
        self.newest[code] = row
        if head == ABSENT:
            self.known += 1
            return 0
        return row - head

    def link_many(self, codes: NDArray[np.int32], start: int) -> Integers:
        """(n,) the same, of rows from number ``start`` on. A row with code 0 is nobody's."""
        back = np.zeros(len(codes), dtype=np.int64)
        order = by_code(codes)
        if len(codes) and not codes[order[0]]:
            order = order[np.count_nonzero(codes == 0) :]
        if not len(order):
            return back
        ordered = codes[order]
        opens = starts_of(ordered)
        back[order[1:]] = order[1:] - order[:-1]
        first, last = order[opens], order[np.append(opens[1:], len(order)) - 1]
        met = ordered[opens]
        heads = self._heads[met]
        back[first] = np.where(heads == ABSENT, 0, first + start - heads)
        self._heads[met] = last + start
        self.known += int(np.count_nonzero(heads == ABSENT))
        return back

    def end(self, codes: Sequence[int]) -> None:
        """These subjects have no row any more."""
        self._heads[codes] = ABSENT
        self.known -= len(codes)

    def with_rows(self) -> list[int]:
        """The codes of the subjects that have a row, ascending."""
        return np.flatnonzero(self._heads != ABSENT).tolist()

    @property
    def nbytes(self) -> int:
        """How many bytes it holds."""
        return self._heads.nbytes

"""Crosstab: how many went from which level to which.

Lives here: the matrix, its readable form.
Lives elsewhere: what is counted (compare, changes).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.io.write import Columns
from questscore.results.columnar import Columnar
from questscore.review.text import aligned


@frozen(eq=False, repr=False)
class Crosstab(Columnar):
    """From-to counts of subjects.

    Args:
        before: r levels, None for no level.
        after: c levels, likewise.
        counts: (r, c) how many went from which to which; those that stayed lie where the names are equal.

    >>> table = Crosstab(("low", "high"), ("low", "high"), np.array([[7, 2], [1, 3]]))
    >>> table["low", "high"], table.moved
    (2, 3)
    >>> print(table)
    from \\ to  low  high
    low          7     2
    high         1     3
    """

    before: tuple[str | None, ...]
    after: tuple[str | None, ...]
    counts: NDArray[np.int64]

    @classmethod
    def of(
        cls, before: Sequence[str], after: Sequence[str], rows: NDArray[np.int64], columns: NDArray[np.int64]
    ) -> Crosstab:
        """Counts pairs of places in two orders; -1 is no level, and gets a line only where there is one."""
        counts = np.zeros((len(before) + 1, len(after) + 1), dtype=np.int64)
        np.add.at(counts, (rows, columns), 1)
        high = len(before) + bool(counts[-1].any() or not before)
        wide = len(after) + bool(counts[:, -1].any() or not after)
        return cls((*before, None)[:high], (*after, None)[:wide], counts[:high, :wide])

    def __getitem__(self, pair: tuple[str | None, str | None]) -> int:
        """How many went from the first level to the second; 0 for levels that do not occur."""
        before, after = pair
        if before not in self.before or after not in self.after:
            return 0
        return int(self.counts[self.before.index(before), self.after.index(after)])

    def __iter__(self) -> Iterator[tuple[str | None, str | None, int]]:
        """From, to and how many, where there are any."""
        for i, before in enumerate(self.before):
            for after, count in zip(self.after, self.counts[i].tolist(), strict=True):
                if count:
                    yield before, after, count

    @property
    def moved(self) -> int:
        """How many ended in another level than they began."""
        return sum(count for before, after, count in self if before != after)

    def columns(self) -> Columns:
        """Tidy columns ``before after subjects``, a row for each pair."""
        size = len(self.after)
        return {
            "before": [name for each in self.before for name in repeat(each, size)],
            "after": list(self.after) * len(self.before),
            "subjects": self.counts.ravel(),
        }

    def __str__(self) -> str:
        names = [name or "none" for name in self.after]
        rows = [
            [name or "none", *(f"{count:,}" for count in self.counts[i].tolist())]
            for i, name in enumerate(self.before)
        ]
        return "\n".join(aligned([["from \\ to", *names], *rows], indent=""))

    __repr__ = __str__

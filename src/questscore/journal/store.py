"""Store: rows by number, in blocks and a tail.

Lives here: where a row is, which rows stand, rows that end, blocks that are let go.
Lives elsewhere: whose rows they are and which ids they have (journal), one block (block, tail).

Rows are numbered in the order they came and never move: every block but the tail holds the same number
of them, a power of two, so that a row's block is found by a shift.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from questscore.journal.block import NEVER, Block
from questscore.journal.tail import Tail

Segment = Block | Tail
Indices = NDArray[np.intp]


class Store:
    """Rows from number ``start`` to ``end``, the latter excluded.

    Args:
        shift: A block has 2 ** ``shift`` rows.
        start: The number of the first row; a multiple of the rows of a block.

    ``segments[(row >> shift) - before]`` has the row, at ``row & mask``. Rows with a time before ``floor``
    stand no more.
    """

    def __init__(self, shift: int, start: int = 0) -> None:
        self.shift, self.mask = shift, (1 << shift) - 1
        self.before = start >> shift
        self.tail = Tail(start, 1 << shift)
        self.segments: list[Segment] = [self.tail]
        self.floor = NEVER + 1

    @property
    def start(self) -> int:
        """The number of the first row."""
        return self.before << self.shift

    @property
    def end(self) -> int:
        """The number that the next row gets."""
        return self.tail.start + self.tail.size

    def seal(self) -> None:
        """Packs the tail and starts another, when it is full."""
        tail = self.tail
        if not tail.room:
            self.segments[-1] = Block.of(tail)
            self.tail = Tail(tail.start + tail.size, tail.capacity)
            self.segments.append(self.tail)

    def segment(self, row: int) -> Segment:
        """Where a row is, at its number modulo the rows of a block."""
        return self.segments[(row >> self.shift) - self.before]

    def stands(self, row: int) -> bool:
        """Whether a row stands; one before the first does not."""
        if row < self.start:
            return False
        segment, i = self.segment(row), row & self.mask
        return segment.time[i] >= self.floor and not (segment.dead and segment.dead[i])

    def kill(self, row: int) -> None:
        """The row stands no more."""
        segment = self.segment(row)
        if not segment.dead:
            segment.dead.extend(bytes(segment.size))
        segment.dead[row & self.mask] = 1

    def standing(self, since: int = 0, until: int | None = None) -> Iterator[tuple[Segment, Indices | None]]:
        """Each segment with standing rows, and which these are, counted from its first; None: all.

        Args:
            since: Rows with a lower number are left out.
            until: Rows with a later time are left out.
        """
        for segment in self.segments[max((since >> self.shift) - self.before, 0) :]:
            if not segment.size or segment.last < self.floor:
                continue
            if until is not None and segment.first > until:
                continue
            late = until is not None and segment.last > until
            if since <= segment.start and segment.first >= self.floor and not late and not segment.dead:
                yield segment, None
                continue
            time = segment.column("time")
            keep = time >= self.floor
            if until is not None:
                keep &= time <= until
            keep[: max(since - segment.start, 0)] = False
            if segment.dead:
                keep &= np.frombuffer(segment.dead, dtype=np.uint8) == 0
            rows = np.flatnonzero(keep)
            if len(rows):
                yield segment, rows

    def stand(self) -> NDArray[np.bool_]:
        """(n,) for each row from ``start`` on: whether it stands."""
        found = np.zeros(self.end - self.start, dtype=np.bool_)
        for segment, rows in self.standing():
            part = found[segment.start - self.start :][: segment.size]
            part[slice(None) if rows is None else rows] = True
        return found

    def free(self) -> None:
        """Lets go of blocks in which nothing stands; the way back stays where older ones are left."""
        for segment in self.segments[:-1]:
            gone = segment.last < self.floor or segment.dead.count(1) == segment.size
            if gone and isinstance(segment, Block) and segment.last > NEVER:
                segment.clear()
        alive = next((k for k, s in enumerate(self.segments[:-1]) if s.last > NEVER), len(self.segments) - 1)
        del self.segments[:alive]
        self.before += alive

    @property
    def nbytes(self) -> int:
        """How many bytes it holds."""
        return sum(segment.nbytes for segment in self.segments)

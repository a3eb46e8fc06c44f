"""IdIndex: which row has an id of a subject.

Lives here: a hash table with open addressing, for one id or many at once.
Lives elsewhere: the texts of the ids, with which each find is verified (journal).
Python's hash is good within one process only; a journal that is read from a file makes its table anew.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Numbers = NDArray[np.int64]

ABSENT = -1
LOW = 0xFFFF_FFFF
_SMALLEST = 1 << 10
_PIECE = 1 << 14  # as many at a time stay in the processor's cache


class IdIndex:
    """Rows by the hash of their subject and id.

    A slot holds 32 bits of hash and, above them, the row's number less ``base`` plus 1; or 0. Slots are
    tried at triangular distances, and at most three in five are taken. Rows that stand no more stay in the
    table until `purge`; whoever verifies finds says that they have no id.

    Hashes are ``hash(subject) + hash(id)``, of which the last 64 bits count.
    """

    __slots__ = ("_base", "_limit", "_mask", "_slots", "_used", "_view")

    def __init__(self, base: int) -> None:
        self._base = base
        self._resize(_SMALLEST)

    def _resize(self, slots: int) -> None:
        self._slots = np.zeros(slots, dtype=np.uint64)
        self._view = self._slots.data
        self._mask = slots - 1
        self._used, self._limit = 0, slots * 3 // 5

    @property
    def nbytes(self) -> int:
        """How many bytes it holds."""
        return self._slots.nbytes

    @property
    def used(self) -> int:
        """How many rows it holds, those included that stand no more."""
        return self._used

    def may_have(self, hashed: int) -> bool:
        """False when no row has the hash."""
        code, view, mask = hashed & LOW, self._view, self._mask
        slot, step = code & mask, 0
        while held := view[slot]:
            if held & LOW == code:
                return True
            step += 1
            slot = (slot + step) & mask
        return False

    def find(self, hashed: int, has: Callable[[int, str, str], bool], subject: str, id_: str) -> int:
        """The row with the hash that ``has`` the id of the subject, or `ABSENT`."""
        code, view, mask = hashed & LOW, self._view, self._mask
        slot, step = code & mask, 0
        while held := view[slot]:
            if held & LOW == code and has(row := (held >> 32) - 1 + self._base, subject, id_):
                return row
            step += 1
            slot = (slot + step) & mask
        return ABSENT

    def claim_many(
        self, hashes: Hashes, rows: Numbers, has: Callable[[int, int], bool]
    ) -> tuple[Numbers, Callable[[Numbers], None]]:
        """The row that has each of many ids already, or else takes it for a row that is not there yet.

        Returns (n,) the row that has it already, which can be an earlier one of ``rows``, or `ABSENT`. If one
        has, the function that is returned too must be told the numbers that the others got in the end.
        ``has(row, i)`` says whether a row has the i-th id.
        """
        self._grow(len(hashes))
        codes = hashes & np.uint64(LOW)
        marks = self._marks(rows, codes)
        slots = (codes & np.uint64(self._mask)).view(np.int64)
        owners = np.full(len(codes), ABSENT, dtype=np.int64)
        taken = slots.copy()
        left, wanted, step = np.arange(len(codes)), marks, 0
        while True:
            held = self._slots[slots]
            free = np.flatnonzero(held == 0)
            first = slots[free]
            self._slots[first[::-1]] = wanted[free[::-1]]  # the first of several is written last
            held[free] = self._slots[first]
            going = np.flatnonzero(held != wanted)
            if not len(going):
                break
            held, wanted, left = held[going], wanted[going], left[going]
            alike = np.flatnonzero((held ^ wanted) & np.uint64(LOW) == 0)
            known = []
            for i in alike.tolist():
                row, one = self._base + (int(held[i]) >> 32) - 1, int(left[i])
                if has(row, one):
                    owners[one] = row
                    known.append(i)
            slots = slots[going]
            if known:
                slots, left = np.delete(slots, known), np.delete(left, known)
                wanted = np.delete(wanted, known)
            step += 1
            slots = (slots + step) & self._mask
            taken[left] = slots
        new = np.flatnonzero(owners == ABSENT)
        self._used += len(new)

        def settle(numbers: Numbers) -> None:
            self._slots[taken[new]] = self._marks(numbers, codes[new])

        return owners, settle

    def _marks(self, rows: NDArray[np.int64], codes: Hashes) -> Hashes:
        """(n,) what the slots of rows hold."""
        return np.asarray((rows + (1 - self._base)).astype(np.uint64) << np.uint64(32) | codes)

    def purge(self, base: int, stands: NDArray[np.bool_]) -> None:
        """Forgets the rows before ``base``, and of those after it the ones that do not stand.

        ``stands``: (n,) for the rows from ``base`` on.
        """
        held = self._slots[self._slots > 0]
        rows = (held >> np.uint64(32)).astype(np.int64) - 1 + (self._base - base)
        kept = np.flatnonzero(rows >= 0)
        kept = kept[stands[rows[kept]]]
        self._base = base
        self._fill(_SMALLEST, self._marks(rows[kept] + base, held[kept] & np.uint64(LOW)), 0)

    def _grow(self, more: int) -> None:
        """Makes room for more."""
        if self._used + more >= self._limit:
            self._fill(len(self._slots), self._slots[self._slots > 0], more)

    def put(self, hashes: Hashes, rows: Numbers) -> None:
        """Takes rows of which it is known that no other has their ids."""
        self._grow(len(rows))
        self._place(self._marks(rows, hashes & np.uint64(LOW)))

    def _fill(self, slots: int, marks: Hashes, more: int) -> None:
        """A table of as many slots or more, which holds these and has room for more."""
        while slots * 3 // 5 <= len(marks) + more:
            slots *= 2
        self._resize(slots)
        self._place(marks)

    def _place(self, marks: Hashes) -> None:
        self._used += len(marks)
        for start in range(0, len(marks), _PIECE):
            wanted, step = marks[start : start + _PIECE], 0
            slots = (wanted & np.uint64(self._mask)).view(np.int64)
            while len(slots):
                free = np.flatnonzero(self._slots[slots] == 0)
                self._slots[slots[free]] = wanted[free]
                going = np.flatnonzero(self._slots[slots] != wanted)
                step += 1
                slots, wanted = (slots[going] + step) & self._mask, wanted[going]

"""IdIndex: which row has an id of a subject.

Lives here: a hash table of row numbers with open addressing, for one id or many.
Lives elsewhere: the texts of the ids, with which each find is verified (journal).
Python's hash is good within one process only; a journal that is read from a file makes its table anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint32]
Indices = NDArray[np.intp]

LOW = 0xFFFF_FFFF
SPREAD = 0x9E37_79B1  # odd, so that the subjects' codes stay apart
ABSENT = -1
_SMALLEST = 1 << 10


def hashes_of(subjects: NDArray[np.integer], ids: Sequence[str]) -> Hashes:
    """(n,) 32 bits of each subject's code and id."""
    each = np.fromiter(map(hash, ids), np.int64, len(ids)).astype(np.uint64)
    each ^= subjects.astype(np.uint64) * np.uint64(SPREAD)
    return (each & np.uint64(LOW)).astype(np.uint32)


class IdIndex:
    """Row numbers by hash, and the hash of each row from ``base`` on.

    A slot holds a row's number above ``base``, plus 1, or 0. Slots are tried at triangular distances; at most
    three in five are taken. Rows that stand no more stay until `purge`.
    """

    def __init__(self, base: int) -> None:
        self._base = base
        self._resize(_SMALLEST)
        self._set_hashes(np.zeros(_SMALLEST, dtype=np.uint32))

    def _resize(self, slots: int) -> None:
        self._slots = np.zeros(slots, dtype=np.uint32)
        self._view = self._slots.data
        self._mask = slots - 1
        self._used, self._limit = 0, slots * 3 // 5

    def _set_hashes(self, hashes: Hashes) -> None:
        self._hashes = hashes
        self._hashes_view = hashes.data

    @property
    def nbytes(self) -> int:
        """How many bytes it holds."""
        return self._slots.nbytes + self._hashes.nbytes

    @property
    def used(self) -> int:
        """How many ids it holds, those of rows that stand no more included."""
        return self._used

    def claim(self, subject: int, id_: str, row: int, has: Callable[[int, int, str], bool]) -> int:
        """The row that ``has`` the id of the subject; `ABSENT` when there was none, and now ``row`` is it."""
        code = (hash(id_) ^ (subject * SPREAD)) & LOW
        view, hashes, mask, base = self._view, self._hashes_view, self._mask, self._base
        slot, step = code & mask, 0
        while held := view[slot]:
            if hashes[held - 1] == code and has(base + held - 1, subject, id_):
                return base + held - 1
            step += 1
            slot = (slot + step) & mask
        place = row - base
        if place >= len(hashes) or self._used >= self._limit:
            self._reserve(1, place + 1)
            return self.claim(subject, id_, row, has)
        hashes[place] = code
        view[slot] = place + 1
        self._used += 1
        return ABSENT

    def claim_many(
        self, codes: Hashes, rows: NDArray[np.int64], is_it: Callable[[int, int], bool]
    ) -> tuple[NDArray[np.int64], Callable[[NDArray[np.int64]], None]]:
        """The same of many, whose rows are not there yet.

        Returns (n,) the row that has it already, which can be an earlier one of ``rows``, or `ABSENT`; and a
        function that must be told the numbers which those that had none were given in the end.
        ``is_it(row, i)`` says whether a row has the i-th id.
        """
        self._reserve(len(codes), int(rows[-1]) + 1 - self._base)
        places = rows - self._base
        self._hashes[places] = codes
        marks = (places + 1).astype(np.uint32)
        owners = np.full(len(codes), ABSENT, dtype=np.int64)
        taken = np.zeros(len(codes), dtype=np.int64)
        left = np.arange(len(codes))
        slots = (codes & np.uint32(self._mask)).astype(np.int64)
        step = 0
        while len(left):
            free = np.flatnonzero(self._slots[slots] == 0)[::-1]
            self._slots[slots[free]] = marks[left[free]]  # the first of several is written last and stays
            held = self._slots[slots]
            mine = held == marks[left]
            taken[left[mine]] = slots[mine]
            alike = self._hashes[held.astype(np.int64) - 1] == codes[left]
            alike &= ~mine
            going = ~mine
            for i in np.flatnonzero(alike).tolist():
                row, one = self._base + int(held[i]) - 1, int(left[i])
                if is_it(row, one):
                    owners[one] = row
                    going[i] = False
            step += 1
            left = left[going]
            slots = (slots[going] + step) & self._mask
        new = np.flatnonzero(owners == ABSENT)
        self._used += len(new)

        def settle(numbers: NDArray[np.int64]) -> None:
            self._hashes[numbers - self._base] = codes[new]
            self._slots[taken[new]] = (numbers - self._base + 1).astype(np.uint32)

        return owners, settle

    def purge(self, base: int, stands: NDArray[np.bool_]) -> None:
        """Forgets the rows before ``base``, and of those after it the ones that do not stand.

        ``stands``: (n,) for the rows from ``base`` on.
        """
        held = self._slots[self._slots > 0].astype(np.int64) - 1 + self._base - base
        held = held[held >= 0]
        held = held[stands[held]]
        hashes = self._hashes[base - self._base :].copy()
        self._base = base
        self._set_hashes(hashes)
        slots = _SMALLEST
        while slots * 3 // 5 <= len(held):
            slots *= 2
        self._fill(slots, held)

    def _reserve(self, more: int, places: int) -> None:
        if places > len(self._hashes):
            hashes = np.zeros(places + max(places // 8, _SMALLEST), dtype=np.uint32)
            hashes[: len(self._hashes)] = self._hashes
            self._set_hashes(hashes)
        if self._used + more > self._limit:
            held = self._slots[self._slots > 0].astype(np.int64) - 1
            slots = len(self._slots)
            while slots * 3 // 5 < len(held) + more:
                slots *= 2
            self._fill(slots, held)

    def _fill(self, slots: int, places: NDArray[np.int64]) -> None:
        """A table of so many slots, with the rows at these places, which have different ids."""
        self._resize(slots)
        codes = self._hashes[places]
        left, step = (codes & np.uint32(self._mask)).astype(np.int64), 0
        marks = (places + 1).astype(np.uint32)
        while len(left):
            free = np.flatnonzero(self._slots[left] == 0)
            self._slots[left[free]] = marks[free]
            going = self._slots[left] != marks
            step += 1
            left, marks = (left[going] + step) & self._mask, marks[going]
        self._used = len(places)

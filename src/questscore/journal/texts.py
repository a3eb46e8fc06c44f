"""PackedTexts: many texts, most of them different, in little more than their characters.

Lives here: the packed forms.
Lives elsewhere: texts that come again and again (dictionary).
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import overload

import numpy as np
from attrs import define, frozen
from numpy.typing import NDArray

from questscore.journal.packing import Column, nbytes, packed, unpacked

Bytes = NDArray[np.uint8]

_PAD = 0xFF  # no byte of UTF-8
_SPARE = 3  # bytes a text that an offset would take
_UUID = 36
_DASHES = (8, 13, 18, 23)
_HEX = np.full(256, _PAD, dtype=np.uint8)
_HEX[[*b"0123456789abcdef"]] = range(16)


class PackedTexts:
    """Texts by position, None where there is none; an empty text is none.

    As UTF-8 in one buffer: of one width, padded where that costs little, else with offsets. Canonical
    lower-case UUIDs take 16 bytes each.

    >>> PackedTexts(["a-1", None, "Zoë"])[2]
    'Zoë'
    """

    __slots__ = ("_buffer", "_ends", "_is_uuid", "_size", "_width")

    def __init__(self, texts: Sequence[str | None]) -> None:
        raw, lengths = utf8(texts)
        self._size = len(texts)
        self._ends: Column | None = None
        self._is_uuid = False
        self._width = int(lengths.max()) if len(texts) else 0
        spare = self._width * len(texts) - len(raw)
        if spare == 0:
            matrix = raw.reshape(len(texts), self._width)
            half = _halves(matrix)
            if half is not None:
                self._is_uuid, self._width, raw = True, 16, half
        elif spare <= _SPARE * len(texts):
            matrix = np.full((len(texts), self._width), _PAD, dtype=np.uint8)
            matrix[np.arange(self._width) < lengths[:, np.newaxis]] = raw
            raw = matrix
        else:
            self._ends = packed(np.append(0, np.cumsum(lengths)))
        self._buffer = raw.tobytes()

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, position: int) -> str | None:
        ends = self._ends
        if ends is not None:
            part = self._buffer[ends[position] : ends[position + 1]]
        else:
            start = position * self._width
            part = self._buffer[start : start + self._width]
            if self._is_uuid:
                digits = part.hex()
                return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
            part = part.rstrip(b"\xff")
        return part.decode("utf-8", "surrogatepass") or None

    def __iter__(self) -> Iterator[str | None]:
        return map(self.__getitem__, range(self._size))

    def present(self) -> NDArray[np.bool_]:
        """(n,) whether there is a text."""
        if self._ends is not None:
            ends = unpacked(self._ends)
            return np.asarray(ends[1:] > ends[:-1])
        if self._is_uuid or not self._width:
            return np.full(self._size, self._is_uuid)
        return np.frombuffer(self._buffer, dtype=np.uint8)[:: self._width] != _PAD

    @property
    def nbytes(self) -> int:
        """How many bytes it holds."""
        return len(self._buffer) + (0 if self._ends is None else nbytes(self._ends))


Texts = Sequence[str | None] | PackedTexts


def utf8(texts: Sequence[str | None]) -> tuple[Bytes, NDArray[np.int64]]:
    """Texts as one buffer, and (n,) how many bytes each takes; none and an empty one take none.

    Lone surrogates are kept, as ``surrogatepass`` writes them.
    """
    whole = [text or "" for text in texts]
    joined = "".join(whole)
    if joined.isascii():
        raw, lengths = joined.encode(), map(len, whole)
    else:
        encoded = [text.encode("utf-8", "surrogatepass") for text in whole]
        raw, lengths = b"".join(encoded), map(len, encoded)
    return np.frombuffer(raw, dtype=np.uint8), np.fromiter(lengths, np.int64, len(whole))


def from_utf8(raw: Bytes, lengths: NDArray[np.integer]) -> list[str | None]:
    """The texts of a buffer; one of no bytes is None."""
    data = raw.tobytes()
    ends = np.append(0, np.cumsum(lengths, dtype=np.int64)).tolist()
    if data.isascii():
        text = data.decode()
        return [text[a:b] or None for a, b in pairwise(ends)]
    return [data[a:b].decode("utf-8", "surrogatepass") or None for a, b in pairwise(ends)]


def _halves(matrix: Bytes) -> Bytes | None:
    """(n, 16) the bytes of canonical lower-case UUIDs, or None when some row is none."""
    if matrix.shape[1] != _UUID or not len(matrix):
        return None
    if not bool(np.all(matrix[:, _DASHES] == ord("-"))):
        return None
    digits = _HEX[np.delete(matrix, _DASHES, axis=1)]
    if bool(np.any(digits == _PAD)):
        return None
    return np.asarray(digits[:, 0::2] << 4 | digits[:, 1::2], dtype=np.uint8)


@frozen(eq=False)
class Piece:
    """Texts at some positions of what holds them; None: at all, in order."""

    texts: Texts
    positions: NDArray[np.intp] | None

    def __len__(self) -> int:
        return len(self.texts) if self.positions is None else len(self.positions)

    def at(self, position: int) -> str:
        """The text at a position, of these."""
        found = self.texts[position if self.positions is None else int(self.positions[position])]
        return found or ""


@define(eq=False)
class LazyTexts(Sequence[str]):
    """Texts of several pieces one after the other, each made when it is asked for.

    Unlike in other columns, two rows of different subjects may hold the same text under two codes.
    """

    pieces: Sequence[Piece]
    _starts: list[int]

    @classmethod
    def of(cls, pieces: Sequence[Piece]) -> LazyTexts:
        """From the pieces, in order."""
        return cls(pieces, [0, *np.cumsum([len(piece) for piece in pieces], dtype=np.int64).tolist()])

    def __len__(self) -> int:
        return self._starts[-1]

    @overload
    def __getitem__(self, position: int) -> str: ...
    @overload
    def __getitem__(self, position: slice) -> list[str]: ...
    def __getitem__(self, position: int | slice) -> str | list[str]:
        if isinstance(position, slice):
            return [self[i] for i in range(*position.indices(len(self)))]
        if position < 0:
            position += len(self)
        if not 0 <= position < len(self):
            raise IndexError(position)
        k = bisect.bisect_right(self._starts, position) - 1
        return self.pieces[k].at(position - self._starts[k])

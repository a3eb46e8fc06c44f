"""PackedTexts: many texts, most of them different, in little more than their characters.

Lives here: the packed forms, and texts that are made when they are asked for.
Lives elsewhere: texts that come again and again (dictionary), letters in less than a byte (letters).
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import overload

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.journal.letters import PAD, Bytes, Letters
from questscore.journal.packing import Column, nbytes, packed, unpacked

Lengths = NDArray[np.int64]

_SPARE = 3  # bytes a text that an offset would take
_UUID = 36
_DASHES = [8, 13, 18, 23]
_PADDING = bytes([PAD])


class PackedTexts:
    """Texts by position, None where there is none; an empty text is none.

    As UTF-8 in one buffer: of one width, padded where that costs little, else with offsets. UUIDs are
    without their dashes.

    >>> PackedTexts(["a-1", None, "Zoë"])[2]
    'Zoë'
    """

    __slots__ = ("_buffer", "_ends", "_is_uuid", "_letters", "_size")

    def __init__(self, texts: Sequence[str | None]) -> None:
        raw, lengths = utf8(texts)
        width = int(lengths.max()) if len(texts) else 0
        self._size = len(texts)
        self._letters: Letters | None = None
        self._is_uuid = False
        self._buffer = b""
        self._ends: Column = memoryview(b"")
        if width * len(texts) - len(raw) > _SPARE * len(texts):
            self._ends = packed(np.append(0, np.cumsum(lengths)))
            self._buffer = raw.tobytes()
            return
        if width * len(texts) == len(raw):
            matrix = raw.reshape(len(texts), width)
        else:
            matrix = np.full((len(texts), width), PAD, dtype=np.uint8)
            matrix[np.arange(width) < lengths[:, np.newaxis]] = raw
        if width == _UUID and bool(np.all(matrix[:, _DASHES] == ord("-"))):
            self._is_uuid = True
            matrix = np.delete(matrix, _DASHES, axis=1)
        self._letters = Letters.of(matrix)

    @classmethod
    def plain(cls, raw: Bytes, lengths: Lengths) -> PackedTexts:
        """The texts that `utf8` wrote, with offsets."""
        made = cls([])
        made._size, made._letters = len(lengths), None
        made._buffer, made._ends = raw.tobytes(), packed(np.append(0, np.cumsum(lengths)))
        return made

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, position: int) -> str | None:
        letters = self._letters
        if letters is None:
            part = self._buffer[self._ends[position] : self._ends[position + 1]]
        else:
            part = letters.at(position).rstrip(_PADDING)
        text = part.decode("utf-8", "surrogatepass")
        if self._is_uuid:
            return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
        return text or None

    def __iter__(self) -> Iterator[str | None]:
        return iter(from_utf8(*self.utf8()))

    def utf8(self) -> tuple[Bytes, Lengths]:
        """All texts as `utf8` writes them."""
        if self._letters is None:
            ends = unpacked(self._ends).astype(np.int64)
            return np.frombuffer(self._buffer, dtype=np.uint8), ends[1:] - ends[:-1]
        matrix = self._letters.matrix(self._size)
        if self._is_uuid:
            matrix = np.insert(matrix[:, : _UUID - len(_DASHES)], _BEFORE, ord("-"), axis=1)
        there = matrix != PAD
        return matrix[there], np.count_nonzero(there, axis=1).astype(np.int64)

    def present(self) -> NDArray[np.bool_]:
        """(n,) whether there is a text."""
        return self.utf8()[1] > 0

    @property
    def nbytes(self) -> int:
        """How many bytes it holds."""
        return len(self._buffer) + nbytes(self._ends) if self._letters is None else self._letters.nbytes


_BEFORE = [place - i for i, place in enumerate(_DASHES)]  # where dashes go among the digits
Texts = Sequence[str | None] | PackedTexts


def utf8(texts: Sequence[str | None]) -> tuple[Bytes, Lengths]:
    """Texts as one buffer, and (n,) how many bytes each takes; none and an empty one take none.

    Lone surrogates are kept, as ``surrogatepass`` writes them.
    """
    whole = [text or "" for text in texts] if None in texts else texts
    ended = ("\0".join(whole) + "\0").encode("utf-8", "surrogatepass")  # type: ignore[arg-type]
    if ended.count(0) == len(whole):
        raw = np.frombuffer(ended, dtype=np.uint8)
        ends = np.flatnonzero(raw == 0)
        lengths = np.diff(ends, prepend=-1) - 1
        return raw[raw != 0], lengths
    encoded = [(text or "").encode("utf-8", "surrogatepass") for text in whole]
    return np.frombuffer(b"".join(encoded), dtype=np.uint8), np.array(list(map(len, encoded)), dtype=np.int64)


def from_utf8(raw: Bytes, lengths: Lengths) -> list[str | None]:
    """The texts of a buffer; one of no bytes is None."""
    data = raw.tobytes()
    ends = np.append(0, np.cumsum(lengths)).tolist()
    if data.isascii():
        text = data.decode()
        return [text[a:b] or None for a, b in pairwise(ends)]
    return [data[a:b].decode("utf-8", "surrogatepass") or None for a, b in pairwise(ends)]


@frozen(eq=False)
class LazyTexts(Sequence[str]):
    """Texts that are made when they are asked for, of pieces one after the other.

    Unlike in other columns, two rows of different subjects may hold the same text under two codes.

    Args:
        pieces: Texts, and at which positions the ones are that are meant, None: all are.
        starts: The position of each piece's first text here, and at last how many there are.
    """

    pieces: Sequence[tuple[Texts, NDArray[np.intp] | None]]
    starts: Sequence[int]

    @classmethod
    def of(cls, pieces: Sequence[tuple[Texts, NDArray[np.intp] | None]]) -> LazyTexts:
        """From the pieces, in order."""
        sizes = [len(texts) if positions is None else len(positions) for texts, positions in pieces]
        return cls(pieces, np.append(0, np.cumsum(sizes, dtype=np.int64)).tolist())

    def __len__(self) -> int:
        return self.starts[-1]

    @overload
    def __getitem__(self, position: int) -> str: ...
    @overload
    def __getitem__(self, position: slice) -> list[str]: ...
    def __getitem__(self, position: int | slice) -> str | list[str]:
        if isinstance(position, slice):
            start, stop, step = position.indices(len(self))
            if step != 1:
                return [self[i] for i in range(start, stop, step)]
            return list(self._between(start, max(start, stop)))
        if position < 0:
            position += len(self)
        if not 0 <= position < len(self):
            raise IndexError(position)
        k = bisect.bisect_right(self.starts, position) - 1
        texts, positions = self.pieces[k]
        i = position - self.starts[k]
        return texts[i if positions is None else int(positions[i])] or ""

    def __iter__(self) -> Iterator[str]:
        return self._between(0, len(self))

    def _between(self, start: int, stop: int) -> Iterator[str]:
        """The texts from ``start`` to ``stop``, each piece unpacked at once."""
        for (texts, positions), first, end in zip(
            self.pieces, self.starts[:-1], self.starts[1:], strict=True
        ):
            if first < stop and start < end:
                part = slice(max(start - first, 0), min(stop, end) - first)
                every = list(texts)
                some = every[part] if positions is None else [every[i] for i in positions[part].tolist()]
                yield from (text or "" for text in some)

    def utf8(self) -> tuple[Bytes, Lengths]:
        """All texts as `utf8` writes them."""
        found = [(np.zeros(0, dtype=np.uint8), np.zeros(0, dtype=np.int64))]
        for texts, positions in self.pieces:
            if isinstance(texts, PackedTexts) and positions is None:
                found.append(texts.utf8())
            else:
                some = list(texts)
                found.append(utf8(some if positions is None else [some[i] for i in positions.tolist()]))
        return np.concatenate([raw for raw, _ in found]), np.concatenate([lengths for _, lengths in found])

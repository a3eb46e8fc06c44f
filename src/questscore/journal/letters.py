"""Letters: many short byte strings of one width, in fewer bytes where their letters are few.

Lives here: half a byte a letter for up to 16 different ones, three quarters for up to 64.
Lives elsewhere: texts of several widths, and texts as such (texts).
"""

from __future__ import annotations

import string
from binascii import a2b_base64, a2b_hex, b2a_base64, b2a_hex
from collections.abc import Callable

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

PAD = 0xFF  # no byte of UTF-8
_HEX = b"0123456789abcdef"
_BASE64 = (string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/").encode()
_SAMPLE = 1024


def _to_base64(octets: bytes) -> bytes:
    return b2a_base64(octets, newline=False)


# digits, how many of them stand in how many bytes, and what packs and unpacks them
_FORMS: tuple[tuple[bytes, int, int, Callable[[bytes], bytes], Callable[[bytes], bytes]], ...] = (
    (_HEX, 2, 1, a2b_hex, b2a_hex),
    (_BASE64, 4, 3, a2b_base64, _to_base64),
)


@frozen(eq=False)
class Letters:
    """Byte strings of one width by position, padded with `PAD`.

    Args:
        buffer: What is held, ``stride`` bytes for each.
        unpack, table: What makes digits of these bytes, and the digits' letters; None: they are the letters.

    >>> some = Letters.of(np.frombuffer(b"12ab98", dtype=np.uint8).reshape(2, 3))
    >>> some.at(1), some.stride
    (b'b98\\xff', 2)
    """

    buffer: bytes
    stride: int
    unpack: Callable[[bytes], bytes] | None = None
    table: bytes | None = None

    @classmethod
    def of(cls, matrix: Bytes) -> Letters:
        """(n, width) the strings."""
        width = matrix.shape[1]
        flat = matrix.tobytes()
        used = _used(flat)
        for digits, letters, octets, pack, unpack in _FORMS:
            spare = -width % letters
            known = used if not spare or PAD in used else used + bytes([PAD])
            stride = (width + spare) // letters * octets
            if len(known) <= len(digits) and stride < width:
                if spare:
                    flat = np.pad(matrix, ((0, 0), (0, spare)), constant_values=PAD).tobytes()
                digits = digits[: len(known)]
                packed = pack(flat.translate(bytes.maketrans(known, digits)))
                return cls(packed, stride, unpack, bytes.maketrans(digits, known))
        return cls(flat, width)

    def at(self, position: int) -> bytes:
        """The string at a position, with its padding and perhaps more."""
        part = self.buffer[position * self.stride : (position + 1) * self.stride]
        return part if self.unpack is None else self.unpack(part).translate(self.table)

    def matrix(self, size: int) -> Bytes:
        """(size, width) all strings, with their padding and perhaps more."""
        whole = self.buffer if self.unpack is None else self.unpack(self.buffer).translate(self.table)
        return np.frombuffer(whole, dtype=np.uint8).reshape(size, -1 if size else 0)

    @property
    def nbytes(self) -> int:
        """How many bytes it holds."""
        return len(self.buffer)


def _used(flat: bytes) -> bytes:
    """The different bytes, as far as more than 64 of them are found."""
    used = bytes(set(flat[:_SAMPLE]))
    while len(used) <= len(_BASE64):
        others = flat.translate(None, used)
        if not others:
            break
        used += bytes(set(others[:_SAMPLE]))
    return used

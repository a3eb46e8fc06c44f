"""Dictionary: texts as small numbers that stay while the texts are in use.

Lives here: the journal's own codes, foreign codes translated to them, codes given back.
Lives elsewhere: who uses which code (block, tail), the texts of ids, which are not encoded (texts).
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from questscore.columns.table import Codes
from questscore.journal.order import distinct

NONE = 0
_UNKNOWN = -1
_REMEMBERED = 8


class Dictionary(dict[str | None, int]):
    """Text to code; a text it has not met gets a code. No text is code 0.

    Args:
        empty: The empty text is a text; else it is none.

    >>> names = Dictionary()
    >>> names["login"], names["click"], names["login"], names[None]
    (1, 2, 1, 0)
    >>> names.texts[2]
    'click'
    """

    def __init__(self, *, empty: bool = False) -> None:
        super().__init__({None: NONE} if empty else {None: NONE, "": NONE})
        self.texts: list[str | None] = [None]
        self._hashes = array("q", [0])
        self._free: list[int] = []
        # Tables cut from one table share the object that holds their texts.
        self._known: deque[tuple[Sequence[str], Codes]] = deque(maxlen=_REMEMBERED)

    def __missing__(self, text: str | None) -> int:
        if self._free:
            code = self._free.pop()
            self.texts[code] = text
            self._hashes[code] = hash(text)
        else:
            code = len(self.texts)
            self.texts.append(text)
            self._hashes.append(hash(text))
        self[text] = code
        return code

    def translated(self, codes: NDArray[np.integer], values: Sequence[str]) -> Codes:
        """(n,) own codes of a column whose codes are positions in ``values``, -1 where there is none.

        Cost: a lookup a row, and one Python step for each text that is used for the first time.
        """
        own_of = self._own_of(values)
        own: Codes = own_of[codes]
        if len(own) and own.min() == _UNKNOWN:
            unknown = distinct(codes[own == _UNKNOWN])
            own_of[unknown] = self.codes([values[code] for code in unknown.tolist()])
            own = own_of[codes]
        return own

    def _own_of(self, values: Sequence[str]) -> Codes:
        """Own codes by foreign code, code 0 last, so that the foreign code -1 finds it too."""
        for known, own_of in self._known:
            if known is values and len(own_of) == len(values) + 1:
                return own_of
        own_of = np.full(len(values) + 1, _UNKNOWN, dtype=np.int32)
        own_of[-1] = NONE
        self._known.append((values, own_of))
        return own_of

    def remove(self, codes: Sequence[int]) -> None:
        """Gives back codes that nothing uses any more."""
        for code in codes:
            del self[self.texts[code]]
            self.texts[code] = None
        self._free.extend(codes)
        if len(codes):
            self._known.clear()

    def keep(self, used: NDArray[np.bool_]) -> None:
        """Gives back all codes that are not ``used``."""
        self.remove([c for c in np.flatnonzero(~used).tolist() if c != NONE and self.texts[c] is not None])

    def codes(self, texts: Sequence[str | None]) -> Codes:
        """(n,) codes of texts."""
        return np.fromiter(map(self.__getitem__, texts), np.int32, len(texts))

    def hashes(self, codes: Codes) -> NDArray[np.uint64]:
        """(n,) the hashes of the texts."""
        return np.asarray(np.frombuffer(self._hashes, dtype=np.uint64)[codes])

    def listed(self) -> list[str]:
        """The texts by code less one; a code that nothing uses has an empty one."""
        return [text or "" for text in self.texts[1:]]

    @property
    def nbytes(self) -> int:
        """About how many bytes it holds, texts included."""
        own = super().__sizeof__() + self.texts.__sizeof__() + self._free.__sizeof__()
        texts = sum(text.__sizeof__() for text in self.texts if text is not None)
        return own + texts + 36 * len(self.texts) + sum(own_of.nbytes for _, own_of in self._known)

"""Dictionary encoding: texts as small integers.

Lives here: the dictionaries that number texts in the order first seen.
Lives elsewhere: whether a text may stand where it stands (rows, assembly).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

import numpy as np

from questscore.columns.table import Codes, Keys


class Coder(dict[str, int]):
    """Text to code, in the order first seen; a text it has not met gets the next code.

    >>> coder = Coder()
    >>> [coder[text] for text in ("login", "click", "login")], coder.texts()
    ([0, 1, 0], ['login', 'click'])
    """

    def __missing__(self, text: str) -> int:
        code = self[text] = len(self)
        return code

    def texts(self) -> list[str]:
        """The texts by code."""
        return list(self)

    def codes(self, column: Sequence[str]) -> Codes:
        """(n,) codes of a column."""
        return np.fromiter(map(self.__getitem__, column), dtype=np.int32, count=len(column))


class KeyCoder(Coder):
    """The same for users, accounts and ids, of which an empty one is none: code -1."""

    def __init__(self) -> None:
        super().__init__({"": -1})

    def __missing__(self, text: str) -> int:
        code = self[text] = len(self) - 1
        return code

    def texts(self) -> list[str]:
        return list(self)[1:]


def keys(codes: Iterable[int] | Codes, coder: Coder) -> Keys:
    """A column from its codes and the dictionary that gave them."""
    if not isinstance(codes, np.ndarray):
        codes = np.array(codes if isinstance(codes, array) else list(codes), dtype=np.int32)
    return Keys(codes, coder.texts())


def lookup(old: Sequence[str], coder: Coder) -> Codes:
    """Codes by old code, and -1 last, so that the code -1 finds it too."""
    return np.append(coder.codes(old), np.int32(-1)).astype(np.int32)


def without_empty(column: Keys) -> Keys:
    """The same column, with none where the text is empty."""
    if "" not in column.values:
        return column
    empty = [code for code, text in enumerate(column.values) if not text]
    return Keys(np.where(np.isin(column.codes, empty), np.int32(-1), column.codes), column.values)

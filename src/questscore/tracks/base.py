"""Basic: what all cells of this package share: to be copied, and to be saved as JSON.

Lives here: the base class, and containers as plain data and back.
Lives elsewhere: what a cell is (state), the cells (this package).
"""

from __future__ import annotations

import math
from array import array
from collections import deque
from collections.abc import Iterable
from typing import ClassVar, Self, cast

from questscore.language import Value
from questscore.language.ranges import Range
from questscore.tracks.state import Plain

_PLAIN = {int, float, bool, str, type(None)}


class Basic:
    """A cell that says in ``kept`` which of its slots change; the others are what it was made with."""

    __slots__ = ()
    kept: ClassVar[tuple[str, ...]] = ()
    told: ClassVar[tuple[str, ...]] = ()
    numeric: ClassVar[bool] = False
    """Whether what is read surely never is a text."""
    present: ClassVar[bool] = False
    """Whether it surely is a number, never missing."""

    def take(self, part: int, time: int, value: Value) -> float | None:
        raise NotImplementedError

    def read(self, at: int) -> Value:
        raise NotImplementedError

    def range(self, at: int, until: int) -> Range:
        return Range.anything()

    def turns(self, at: int) -> int:
        """The first instant at which what was read at ``at`` may change when nothing more happens."""
        return at

    def glance(self, at: int) -> tuple[Value, int]:
        return self.read(at), self.turns(at)

    def copy(self) -> Self:
        other = self.__new__(type(self))
        for name in self.told:
            setattr(other, name, getattr(self, name))
        for name in self.kept:
            value = getattr(self, name)
            setattr(other, name, value if type(value) in _PLAIN else copied(value))
        return other

    def saved(self) -> Plain:
        return [packed(getattr(self, name)) for name in self.kept]

    def restore(self, saved: Plain) -> None:
        for name, value in zip(self.kept, cast(list[Plain], saved), strict=True):
            setattr(self, name, unpacked(value))


def copied(value: object) -> object:
    """A container of its own, nested ones too; anything else as it is."""
    if isinstance(value, array):
        return value[:]
    if isinstance(value, (deque, set)):
        return value.copy()
    if isinstance(value, dict):
        return type(value)((key, copied(item)) for key, item in value.items())
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value.copy() if isinstance(value, Basic) else value


_KINDS: dict[str, type] = {"queue": deque, "set": set, "dict": dict, "tuple": tuple}
_ARRAYS = {"numbers": "d", "moments": "q"}


def spelt(values: Iterable[float]) -> list[Plain]:
    """Numbers as JSON has them: what is not finite, such as a sum too large for a double, as a text."""
    return [value if value - value == 0 else repr(value) for value in values]


def packed(value: object) -> Plain:
    """Numbers, texts and containers of them as JSON has them; `unpacked` gives them back.

    >>> unpacked(packed({(1, None): deque([(2, 0.5)])}))
    {(1, None): deque([(2, 0.5)])}
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, list):
        return [packed(item) for item in value]
    if isinstance(value, array):
        return {name: spelt(value) for name, code in _ARRAYS.items() if value.typecode == code}
    name = next(name for name, kind in _KINDS.items() if type(value) is kind)
    if isinstance(value, dict):
        return {name: [[packed(key), packed(item)] for key, item in value.items()]}
    return {name: [packed(item) for item in cast("deque[object]", value)]}


def unpacked(plain: Plain) -> object:
    """What was given to `packed`."""
    if isinstance(plain, list):
        return [unpacked(item) for item in plain]
    if not isinstance(plain, dict):
        return plain
    ((name, items),) = plain.items()
    if name == "float":
        return float(cast(str, items))
    if name == "numbers":
        return array("d", map(float, cast("list[float | str]", items)))
    if name == "moments":
        return array("q", cast("list[int]", items))
    found = [unpacked(item) for item in cast(list[Plain], items)]
    if name == "dict":
        return _KINDS[name](tuple(cast(list[object], pair)) for pair in found)
    return _KINDS[name](found)

"""A log made smaller: the fewest events found that still show something.

Lives here: leaving events out, halves first and then one by one.
Lives elsewhere: what they are to show (parity).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def smaller(items: Sequence[T], shows: Callable[[list[T]], bool], tries: int = 200) -> list[T]:
    """As few of the items, in their order, as could be found for which ``shows`` holds.

    Args:
        items: For all of them it holds.
        shows: What is to stay true.
        tries: How often it is asked at most.

    >>> smaller(range(100), lambda some: 17 in some and 63 in some)
    [17, 63]
    """
    kept = list(items)
    size = max(len(kept) // 2, 1)
    while tries > 0:
        start, before = 0, len(kept)
        while start < len(kept) and tries > 0:
            less = kept[:start] + kept[start + size :]
            tries -= 1
            if shows(less):
                kept = less
            else:
                start += size
        if size == 1 and len(kept) == before:
            break
        size = max(size // 2, 1)
    return kept

"""JSON that comes back as it went: every float to the bit, every integer and every text, or it is refused.

Lives here: values to bytes and back. What JSON would change in silence (a key that is no text) or cannot
hold (NaN, a set) is an error. It names the part but no key in it, which may be somebody's id.
Lives elsewhere: JSON from strangers (io, codec), which has other traps.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TypeAlias

from questscore.errors import SnapshotError

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
DEEPEST = 100


def written(value: Json, where: str) -> bytes:
    """A value as JSON in UTF-8; a lone surrogate is three bytes of its own.

    Args:
        value: Tables come back with their keys in the same order; a tuple comes back as a list.
        where: What to call the value in an error.

    Raises:
        SnapshotError: Something in it is no JSON, is NaN or infinite, or lies more than 100 deep.

    >>> written({"a": [1, 0.1, None]}, "state")
    b'{"a":[1,0.1,null]}'
    """
    plain = _plain(value, where, DEEPEST)
    try:
        text = json.dumps(
            plain, ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
        )
    except ValueError:
        raise SnapshotError(
            "holds an integer too long to write", where=where, fix="save it as text"
        ) from None
    return text.encode("utf-8", "surrogatepass")


def parsed(data: memoryview, where: str) -> Json:
    """The value that was `written`.

    Raises:
        SnapshotError: The bytes are no JSON.
    """
    try:
        value: Json = json.loads(str(data, "utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        raise SnapshotError("is no JSON that can be read", where=where, fix="save it again") from None
    return value


def _plain(value: object, where: str, room: int) -> Json:
    """The same value, of dicts and lists alone."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if isfinite(value):
            return value
        raise SnapshotError(f"{value} is no JSON number", where=where, fix="save None, or an array")
    if not room:
        raise SnapshotError(f"is more than {DEEPEST} deep", where=where, fix="flatten it")
    if isinstance(value, Mapping):
        table: dict[str, Json] = {}
        for key, item in value.items():
            if not isinstance(key, str):
                what = f"a key is of type {type(key).__name__!r}"
                raise SnapshotError(what, where=where, fix="use texts as keys, or save a list of pairs")
            table[key] = _plain(item, where, room - 1)
        return table
    if isinstance(value, (list, tuple)):
        return [_plain(item, where, room - 1) for item in value]
    what = f"a value of type {type(value).__name__!r} cannot be saved"
    raise SnapshotError(what, where=where, fix="save arrays, texts, bytes, and what JSON can hold")

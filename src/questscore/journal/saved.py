"""A journal as named parts, plain arrays, texts and numbers, and back.

Lives here: which parts there are and what is in them.
Lives elsewhere: writing parts to a file and reading them (snapshot), rows in memory (store).

Only what stands is saved, with the numbers of its rows, so that marks taken before hold afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from questscore.columns.table import EventTable, Keys, PropertyColumn
from questscore.journal.letters import Bytes
from questscore.journal.packing import unsigned
from questscore.journal.texts import LazyTexts, Lengths, PackedTexts, utf8

_PIECE = 1 << 14

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
Part: TypeAlias = NDArray[np.generic] | list[str | None] | Json


@frozen(eq=False)
class Saved:
    """What stands in a journal.

    Args:
        table: The standing events, in the order they came.
        rows: (n,) their row numbers, ascending, from ``start`` on and below ``end``.
        start, end: The number of the first row that was held, and the next one's.
        floor: The instant before which events were dropped.
    """

    table: EventTable
    rows: NDArray[np.int64]
    start: int
    end: int
    floor: int


def parts_of(saved: Saved) -> dict[str, Part]:
    """The parts; text columns hold the texts in use only."""
    table = saved.table
    parts: dict[str, Part] = {"time": table.time}
    if len(saved.rows) < saved.end - saved.start:
        parts["rows"] = unsigned(saved.rows - saved.start)
    for key, keys in (("name", table.name), ("user", table.user), ("account", table.account)):
        parts |= _texts(key, keys)
    if table.id is not None:
        rows = np.flatnonzero(table.id.codes >= 0)
        ids = table.id.values  # of those rows, in order
        raw, lengths = ids.utf8() if isinstance(ids, LazyTexts) else utf8(ids)
        parts |= {"id.bytes": raw, "id.lengths": unsigned(lengths), "id.rows": unsigned(rows)}
    for k, column in enumerate(table.properties.values()):
        if column.num is not None:
            rows = np.flatnonzero(column.num == column.num)
            parts |= {f"number.{k}": column.num[rows], f"number.{k}.rows": unsigned(rows)}
        if column.text is not None:
            rows = np.flatnonzero(column.text.codes >= 0)
            parts |= _texts(f"text.{k}", column.text.take(rows))
            parts[f"text.{k}.rows"] = unsigned(rows)
    properties: list[Json] = list(table.properties)
    parts["journal"] = {
        "start": saved.start, "end": saved.end, "floor": saved.floor, "properties": properties,
    }  # fmt: skip
    return parts


def _texts(key: str, keys: Keys) -> dict[str, Part]:
    is_used = np.zeros(len(keys.values) + 1, dtype=np.bool_)
    is_used[keys.codes] = True
    is_used[-1] = False  # where the code -1 came
    texts: list[str | None] = [keys.values[code] for code in np.flatnonzero(is_used).tolist()]
    number = np.cumsum(is_used, dtype=np.int64)
    number[-1] = 0
    return {f"{key}.codes": unsigned(number[keys.codes]), f"{key}.texts": texts}


def saved_in(parts: Mapping[str, Part]) -> Saved:
    """What `parts_of` made parts of.

    Raises:
        ValueError: A part is not there, or is of another kind.
    """
    about = parts.get("journal")
    if not isinstance(about, dict):
        raise ValueError("the part 'journal' is not there")
    start, end, floor = (_integer(about, key) for key in ("start", "end", "floor"))
    properties = about["properties"]
    time = _array(parts, "time").astype(np.int64)
    size = len(time)
    rows = _array(parts, "rows").astype(np.int64) if "rows" in parts else np.arange(end - start)
    ids = None
    if "id.bytes" in parts:
        lengths = _array(parts, "id.lengths").astype(np.int64)
        codes = np.full(size, -1, dtype=np.int32)
        codes[_array(parts, "id.rows")] = np.arange(len(lengths))
        ids = Keys(codes, _lazy(_array(parts, "id.bytes").astype(np.uint8), lengths))
    columns = {}
    for k, name in enumerate(properties if isinstance(properties, list) else []):
        num: NDArray[np.float64] | None = None
        text: Keys | None = None
        if f"number.{k}" in parts:
            num = np.full(size, np.nan)
            num[_array(parts, f"number.{k}.rows")] = _array(parts, f"number.{k}")
        if f"text.{k}.codes" in parts:
            found = _keys(parts, f"text.{k}")
            codes = np.full(size, -1, dtype=np.int32)
            codes[_array(parts, f"text.{k}.rows")] = found.codes
            text = Keys(codes, found.values)
        columns[str(name)] = PropertyColumn(num, text)
    name_, user, account = (_keys(parts, key) for key in ("name", "user", "account"))
    return Saved(EventTable(time, name_, user, account, ids, columns), rows + start, start, end, floor)


def _array(parts: Mapping[str, Part], key: str) -> NDArray[np.generic]:
    part = parts.get(key)
    if not isinstance(part, np.ndarray):
        raise ValueError(f"the part {key!r} is no array")
    return part


def _lazy(raw: Bytes, lengths: Lengths) -> LazyTexts:
    """Texts in pieces, so that a few of them can be made without the others."""
    pieces = [lengths[start : start + _PIECE] for start in range(0, len(lengths), _PIECE)]
    ends = np.append(0, np.cumsum([part.sum() for part in pieces])).astype(np.int64).tolist()
    cuts = zip(pairwise(ends), pieces, strict=True)
    return LazyTexts.of([(PackedTexts.plain(raw[start:end], part), None) for (start, end), part in cuts])


def _integer(about: Mapping[str, Json], key: str) -> int:
    value = about.get(key)
    if not isinstance(value, int):
        raise ValueError(f"{key!r} of the part 'journal' is no integer")
    return value


def _keys(parts: Mapping[str, Part], key: str) -> Keys:
    texts = parts.get(f"{key}.texts")
    if not isinstance(texts, list):
        raise ValueError(f"the part '{key}.texts' is no list")
    codes = _array(parts, f"{key}.codes").astype(np.int32)
    codes -= 1
    return Keys(codes, [text for text in texts if isinstance(text, str)])


def spread(saved: Saved, start: int) -> EventTable:
    """The events at their row numbers above ``start``; rows that do not stand have no subject."""
    table, size = saved.table, saved.end - start
    at = saved.rows - start
    if len(at) == size:
        return table

    def codes(keys: Keys) -> Keys:
        whole = np.full(size, -1, dtype=np.int32)
        whole[at] = keys.codes
        return Keys(whole, keys.values)

    def column(given: PropertyColumn) -> PropertyColumn:
        num = None
        if given.num is not None:
            num = np.full(size, np.nan)
            num[at] = given.num
        return PropertyColumn(num, None if given.text is None else codes(given.text))

    time = np.full(size, saved.floor if not len(at) else int(table.time[0]), dtype=np.int64)
    time[at] = table.time
    return EventTable(
        time,
        codes(table.name),
        codes(table.user),
        codes(table.account),
        None if table.id is None else codes(table.id),
        {name: column(given) for name, given in table.properties.items()},
    )

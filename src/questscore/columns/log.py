"""EventLog: the events of all subjects of one kind, settled and in canonical order.

Lives here: what is attributed, which of several events with one id stands, and the order of ties.
Lives elsewhere: the columns (table), rows chosen from them (batch).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import numpy as np
from attrs import define, frozen
from numpy.typing import NDArray

from questscore.columns.calendar import LocalTime
from questscore.columns.table import EventTable, Keys, PropertyColumn
from questscore.model.event import RESERVED, content
from questscore.model.time import Calendar

Integers = NDArray[np.int64]
Indices = NDArray[np.intp]


@frozen(eq=False)
class Unit:
    """Whose numbers are computed: the log's subjects, or the members of its accounts.

    Args:
        name: ``"subject"`` or ``"member"``.
        codes: (n,) int32, the unit of each row of the log; -1: none.
        size: How many units there are; some may have no row.
        owner: (size,) the subject of each unit.
    """

    name: Literal["subject", "member"]
    codes: NDArray[np.int32]
    size: int
    owner: Indices


@define(eq=False, slots=False)
class EventLog:
    """Settled events, sorted by time; ties of one subject are in canonical order.

    Args:
        table: The events that stand.
        subject: Unit of the rows: users or accounts.
        names: The subjects, by code.
        rows: (n,) where each row stood in the table it came from.
        unattributed: How many events have no subject.
        duplicates: How many repeat an event with the same id and the same content.
        conflicts: Rows of the source table that repeat an id with other content.
    """

    table: EventTable
    subject: Unit
    names: Sequence[str]
    rows: Indices
    unattributed: int
    duplicates: int
    conflicts: Indices

    def __len__(self) -> int:
        return len(self.table)

    @property
    def time(self) -> Integers:
        """(n,) ascending."""
        return self.table.time

    @cached_property
    def member(self) -> Unit:
        """The (account, user) pairs that occur, as units; rows without a user belong to none."""
        users = max(len(self.table.user.values), 1)
        known = np.flatnonzero(self.table.user.codes >= 0)
        pair = self.subject.codes[known].astype(np.int64) * users + self.table.user.codes[known]
        pairs, found = np.unique(pair, return_inverse=True)
        codes = np.full(len(self), -1, dtype=np.int32)
        codes[known] = found
        return Unit("member", codes, len(pairs), (pairs // users).astype(np.intp))

    @cached_property
    def reserved(self) -> Indices:
        """Rows that are adjustments or resets, ascending."""
        codes = [i for i, name in enumerate(self.table.name.values) if name in RESERVED]
        return np.flatnonzero(np.isin(self.table.name.codes, codes)) if codes else np.zeros(0, np.intp)

    @cached_property
    def short_names(self) -> NDArray[np.unsignedinteger]:
        """Name codes in as few bytes as they fit, which sorts faster."""
        size = len(self.table.name.values)
        kind = np.uint8 if size <= 2**8 else np.uint16 if size <= 2**16 else np.uint32
        return self.table.name.codes.astype(kind)

    @cached_property
    def _local(self) -> dict[Calendar, LocalTime]:
        return {}

    def local(self, calendar: Calendar) -> LocalTime:
        """Local time over the span of the log."""
        if calendar not in self._local:
            low, high = (int(self.time[0]), int(self.time[-1])) if len(self) else (0, 0)
            self._local[calendar] = LocalTime(calendar, low, high)
        return self._local[calendar]


def settle(table: EventTable, subject: Literal["user", "account"], until: int | None = None) -> EventLog:
    """The log of a table: events at or before ``until``, in order, each id of a subject once."""
    keys = table.user if subject == "user" else table.account
    rows = _ordered(table, until)
    attributed = keys.codes[rows] >= 0
    unattributed = len(rows) - int(np.count_nonzero(attributed))
    if unattributed:
        rows = rows[attributed]
    rows = _untied(table, keys, rows)
    rows, duplicates, conflicts = _once(table, keys, rows)
    ascending = bool(np.all(rows[1:] > rows[:-1]))
    whole = ascending and len(rows) == len(table)
    if not whole:
        stretch = ascending and len(rows) and rows[-1] - rows[0] + 1 == len(rows)
        table = table.take(slice(int(rows[0]), int(rows[-1]) + 1) if stretch else rows)
    codes = (table.user if subject == "user" else table.account).codes
    size = len(keys.values)
    unit = Unit("subject", codes, size, np.arange(size))
    return EventLog(table, unit, keys.values, rows, unattributed, duplicates, conflicts)


def _ordered(table: EventTable, until: int | None) -> Indices:
    time = table.time
    if len(time) and not bool(np.all(time[1:] >= time[:-1])):
        rows = np.argsort(time, kind="stable")
        if until is not None:
            rows = rows[: np.searchsorted(time[rows], until, side="right")]
        return rows
    end = len(time) if until is None else int(np.searchsorted(time, until, side="right"))
    return np.arange(end)


def _runs(*sorted_keys: Integers) -> NDArray[np.bool_]:
    """True where a row equals a neighbour in every key."""
    same = np.ones(max(len(sorted_keys[0]) - 1, 0), dtype=bool)
    for key in sorted_keys:
        same &= key[1:] == key[:-1]
    return np.asarray(np.append(same, False) | np.append(False, same))


def _untied(table: EventTable, keys: Keys, rows: Indices) -> Indices:
    """The rows, those of one subject at one instant put into canonical order."""
    time = table.time[rows]
    places = np.flatnonzero(_runs(time)) if len(rows) else rows
    if not len(places):
        return rows
    places = places[np.lexsort((keys.codes[rows[places]], time[places]))]
    tied = places[_runs(time[places], keys.codes[rows[places]].astype(np.int64))]
    if not len(tied):
        return rows
    own = rows[tied]
    keyed: list[Integers] = [table.time[own], keys.codes[own].astype(np.int64)]
    for column in (table.id, table.name, table.user, table.account):
        if column is not None:
            keyed.append(_ranks(column, own))
    order = np.lexsort(keyed[::-1])
    still = np.flatnonzero(_runs(*(key[order] for key in keyed)))
    if len(still):
        texts = [content(table.event(int(row)).properties) for row in own[order[still]]]
        by_text = {text: i for i, text in enumerate(sorted(set(texts)))}
        last = np.zeros(len(own), dtype=np.int64)
        last[order[still]] = [by_text[text] for text in texts]
        order = np.lexsort([last, *keyed[::-1]])
    result = rows.copy()
    result[tied] = own[order]  # both run by time and subject: each group keeps its places
    return result


def _ranks(column: Keys, rows: Indices) -> Integers:
    codes = column.codes[rows]
    used = np.unique(codes)
    by_text = sorted(used.tolist(), key=lambda code: "" if code < 0 else column.values[code])
    ranks = np.empty(len(used), dtype=np.int64)
    ranks[np.searchsorted(used, by_text)] = np.arange(len(used))
    # a missing text and an empty one are the same
    texts = ["" if code < 0 else column.values[code] for code in by_text]
    for i in range(1, len(by_text)):
        if texts[i] == texts[i - 1]:
            ranks[np.searchsorted(used, by_text[i])] = ranks[np.searchsorted(used, by_text[i - 1])]
    return ranks[np.searchsorted(used, codes)]


def _once(table: EventTable, keys: Keys, rows: Indices) -> tuple[Indices, int, Indices]:
    """The rows that stand, how many were repeats, and which contradict the one that stands."""
    none = np.zeros(0, dtype=np.intp)
    if table.id is None:
        return rows, 0, none
    ids = table.id.codes[rows]
    places = np.flatnonzero(ids >= 0)
    pair = keys.codes[rows[places]].astype(np.int64) * len(table.id.values) + ids[places]
    order = np.argsort(pair, kind="stable")
    starts = np.append(True, pair[order][1:] != pair[order][:-1])[: len(order)]
    if bool(np.all(starts)):
        return rows, 0, none
    first = order[np.flatnonzero(starts)][np.cumsum(starts) - 1]
    again, stands = places[order[~starts]], places[first[~starts]]
    same = _same_content(table, rows[again], rows[stands])
    keep = np.ones(len(rows), dtype=bool)
    keep[again] = False
    return rows[keep], int(np.count_nonzero(same)), np.sort(rows[again[~same]])


def _same_content(table: EventTable, a: Indices, b: Indices) -> NDArray[np.bool_]:
    same = np.asarray(table.time[a] == table.time[b])
    for keys in (table.name, table.user, table.account):
        same &= keys.codes[a] == keys.codes[b]
    for column in table.properties.values():
        same &= _same_values(column, a, b)
    return same


def _same_values(column: PropertyColumn, a: Indices, b: Indices) -> NDArray[np.bool_]:
    same = np.ones(len(a), dtype=bool)
    if column.num is not None:
        x, y = column.num[a], column.num[b]
        same &= (x.view(np.int64) == y.view(np.int64)) | (np.isnan(x) & np.isnan(y))
    if column.text is not None:
        same &= column.text.codes[a] == column.text.codes[b]
    return same

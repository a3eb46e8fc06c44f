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
Rows = Indices | slice


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
        unattributed: How many events have no subject.
        duplicates: How many repeat an event with the same id and the same content.
        conflicts: Rows of the source table that repeat an id with other content.
        until: The last instant that will be asked for.
    """

    table: EventTable
    subject: Unit
    names: Sequence[str]
    unattributed: int
    duplicates: int
    conflicts: Indices
    until: int

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
            low, high = (int(self.time[0]), max(self.until, int(self.time[-1]))) if len(self) else (0, 0)
            self._local[calendar] = LocalTime(calendar, low, high, self.time)
        return self._local[calendar]


def settle(table: EventTable, subject: Literal["user", "account"], until: int | None = None) -> EventLog:
    """The log of a table: events at or before ``until``, in order, each id of a subject once."""
    keys = table.user if subject == "user" else table.account
    rows = _ordered(table, until)
    codes = keys.codes[rows]
    unattributed = 0
    if len(codes) and codes.min() < 0:
        attributed = np.flatnonzero(codes >= 0)
        unattributed = len(codes) - len(attributed)
        rows = _pick(rows, attributed)
    rows = _untied(table, keys, rows)
    rows, duplicates, conflicts = _once(table, keys, rows)
    if not isinstance(rows, slice) or rows.stop < len(table):
        table = table.take(rows)
    codes = (table.user if subject == "user" else table.account).codes
    size = len(keys.values)
    unit = Unit("subject", codes, size, np.arange(size))
    last = int(table.time[-1]) if until is None and len(table) else until or 0
    return EventLog(table, unit, keys.values, unattributed, duplicates, conflicts, last)


def _ordered(table: EventTable, until: int | None) -> Rows:
    """The rows by time, ties as they stood; a slice where they are in order already."""
    time = table.time
    if bool(np.all(time[1:] >= time[:-1])):
        return slice(0, len(time) if until is None else int(np.searchsorted(time, until, side="right")))
    rows = np.argsort(time, kind="stable")
    return rows if until is None else rows[: np.searchsorted(time[rows], until, side="right")]


def _pick(rows: Rows, places: Indices) -> Indices:
    return places + rows.start if isinstance(rows, slice) else rows[places]


def _runs(*sorted_keys: NDArray[np.signedinteger]) -> Indices:
    """The places that equal a neighbour in every key."""
    same = np.asarray(sorted_keys[0][1:] == sorted_keys[0][:-1])
    for key in sorted_keys[1:]:
        same &= key[1:] == key[:-1]
    first = np.flatnonzero(same)
    return np.union1d(first, first + 1)


def _untied(table: EventTable, keys: Keys, rows: Rows) -> Rows:
    """The rows, those of one subject at one instant put into canonical order."""
    places = _runs(table.time[rows])
    own = _pick(rows, places)
    order = np.lexsort((keys.codes[own], table.time[own]))
    places, own = places[order], own[order]
    tied = _runs(table.time[own], keys.codes[own])
    places, own = places[tied], own[tied]
    if not len(places):
        return rows
    keyed: list[Integers] = [table.time[own], keys.codes[own].astype(np.int64)]
    for column in (table.id, table.name, table.user, table.account):
        if column is not None:
            keyed.append(_ranks(column, own))
    order = np.lexsort(keyed[::-1])
    still = _runs(*(key[order] for key in keyed))
    if len(still):
        texts = [content(table.event(int(row)).properties) for row in own[order[still]]]
        by_text = {text: i for i, text in enumerate(sorted(set(texts)))}
        last = np.zeros(len(own), dtype=np.int64)
        last[order[still]] = [by_text[text] for text in texts]
        order = np.lexsort([last, *keyed[::-1]])
    result = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows.copy()
    result[places] = own[order]  # both run by time and subject: each group keeps its places
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


def _once(table: EventTable, keys: Keys, rows: Rows) -> tuple[Rows, int, Indices]:
    """The rows that stand, how many were repeats, and which contradict the one that stands."""
    none = np.zeros(0, dtype=np.intp)
    if table.id is None:
        return rows, 0, none
    ids = table.id.codes[rows]
    places = np.flatnonzero(ids >= 0)
    pair = keys.codes[_pick(rows, places)].astype(np.int64) * len(table.id.values) + ids[places]
    order = np.argsort(pair, kind="stable")
    if bool(np.all(pair[order][1:] != pair[order][:-1])):
        return rows, 0, none
    starts = np.append(True, pair[order][1:] != pair[order][:-1])
    first = order[np.flatnonzero(starts)][np.cumsum(starts) - 1]
    again, stands = places[order[~starts]], places[first[~starts]]
    repeats = _pick(rows, again)
    same = _same_content(table, repeats, _pick(rows, stands))
    keep = np.ones(len(ids), dtype=bool)
    keep[again] = False
    return _pick(rows, np.flatnonzero(keep)), int(np.count_nonzero(same)), np.sort(repeats[~same])


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

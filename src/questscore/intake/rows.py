"""Builder: events and mappings, one by one, into the columns of an EventTable.

Lives here: the fast way for ordinary rows, the growing columns, and rejections.
Lives elsewhere: the careful way for all other rows, which asks the same functions as `Event` does
(careful). The fast way takes only what these would take as it is, and leaves the rest to them.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from questscore.columns.table import EventTable, Rejection
from questscore.errors import Problem
from questscore.intake.careful import names_in, read_event
from questscore.intake.clock import Clock
from questscore.intake.coding import Coder, KeyCoder, keys
from questscore.intake.layout import FIELDS, Layout, check_mapped
from questscore.intake.reasons import attempt, phrase, problem_of
from questscore.intake.sparse import Sparse, columns_of, putter
from questscore.model.event import Event, checked_name


class Builder:
    """Fills an `EventTable` from `Event` objects and mappings.

    A mapping with the key ``properties`` is nested: its other keys are fields, and an unknown one is a
    rejection. In a mapping without it every key that is no field is a property.

    Args:
        clock: How times are written.
        layout: Which keys of a mapping are which fields; `Event` objects need none.

    Nothing that a row holds makes it raise: a row that is no event is a `Rejection`.
    Cost: 2 to 3 microseconds an event with three properties.

    >>> builder = Builder()
    >>> builder.extend([Event("login", 10**15, user="ada"), {"name": "login", "time": "soon", "user": "bob"}])
    >>> table = builder.table()
    >>> len(table), table.rejections[0].row, table.rejections[0].field
    (1, 1, 'time')
    """

    def __init__(self, *, clock: Clock | None = None, layout: Layout | None = None) -> None:
        self._clock = clock or Clock()
        self._layout = layout or Layout.of(None)
        self._times = array("q")
        self._names, self._users, self._accounts, self._ids = Coder(), KeyCoder(), KeyCoder(), KeyCoder()
        self._codes = {field: array("i") for field in ("name", "user", "account", "id")}
        self._properties: dict[str, Sparse] = {}
        self._rejections: list[Rejection] = []
        self._unseen = set(self._layout.mapped())
        self._keys_of_first: list[str] | None = None
        self._take = self._fast_way()

    def extend(self, rows: Iterable[object]) -> None:
        """Takes rows in; what is no event becomes a rejection."""
        take, take_carefully = self._take, self._take_carefully
        for given in rows:
            if not take(given):
                take_carefully(given)

    def table(self) -> EventTable:
        """What was taken so far."""
        size = len(self._times)
        codes = self._codes
        return EventTable(
            np.array(self._times, dtype=np.int64),
            keys(codes["name"], self._names),
            keys(codes["user"], self._users),
            keys(codes["account"], self._accounts),
            keys(codes["id"], self._ids) if len(self._ids) > 1 else None,
            columns_of(self._properties, size),
            tuple(self._rejections),
        )

    def check_mapped(self) -> None:
        """An `EventError` when a key that the layout maps to was in none of the mappings."""
        if self._unseen and self._keys_of_first is not None:
            unseen = {
                theirs: ours for theirs, ours in self._layout.mapped().items() if theirs in self._unseen
            }
            check_mapped(unseen, self._keys_of_first)

    def _fast_way(self) -> Callable[[object], bool]:
        """A function that takes an ordinary row and says True, or leaves it and says False."""
        names, users, accounts, ids = self._names, self._users, self._accounts, self._ids
        times, quick, unseen = self._times, self._clock.quick, self._unseen
        put, add_time = putter(self._properties), times.append
        add_name, add_user, add_account, add_id = (codes.append for codes in self._codes.values())
        fields = self._layout.fields
        # Where a field is left out rows go the careful way, and these are not looked at.
        at_name, at_time, at_user, at_account, at_properties, at_id = (fields.get(f, "") for f in FIELDS)
        known = frozenset(fields.values())
        nothing: dict[str, object] = {}
        plain = self._layout.plain and len(known) == len(FIELDS)

        def take(given: object) -> bool:
            kind = type(given)
            if kind is Event:
                event: Event = given  # type: ignore[assignment]
                name: object = event.name
                user: object = event.user
                account: object = event.account
                id_: object = event.id
                us: int | None = event.time
                values: Mapping[str, object] = event.properties
            elif kind is dict and plain and not unseen:
                row: dict[str, object] = given  # type: ignore[assignment]
                get = row.get
                us = quick(get(at_time))
                name = get(at_name)
                user = get(at_user)
                account = get(at_account)
                id_ = get(at_id)
                if at_properties not in row:
                    values = {key: value for key, value in row.items() if key not in known}
                elif row.keys() <= known:
                    inner = row[at_properties]
                    values = nothing if inner is None else inner  # type: ignore[assignment]
                else:
                    return False
            else:
                return False
            if us is None or type(name) is not str or type(values) is not dict:
                return False
            name_code = names.get(name)
            if name_code is None:
                if problem_of(checked_name, name):
                    return False
                name_code = names[name]
            if user is None:
                user_code = -1
            elif type(user) is str:
                user_code = users[user]
            else:
                return False
            if account is None:
                account_code = -1
            elif type(account) is str:
                account_code = accounts[account]
            else:
                return False
            if (user_code < 0 and account_code < 0) or not (id_ is None or type(id_) is str):
                return False
            if not put(values, len(times)):
                return False
            add_time(us)
            add_name(name_code)
            add_user(user_code)
            add_account(account_code)
            add_id(-1 if id_ is None else ids[id_])
            return True

        return take

    def _take_carefully(self, given: object) -> None:
        if isinstance(given, Mapping) and self._unseen:
            attempt(self._note_keys, given)
        row = len(self._times) + len(self._rejections)
        event = attempt(read_event, self._layout, self._clock, given)
        if isinstance(event, Problem):
            self._rejections.append(Rejection(row, event.where, phrase(event)))
            return
        position = len(self._times)
        self._times.append(event.time)
        self._codes["name"].append(self._names[str.__str__(event.name)])
        for field, coder in (("user", self._users), ("account", self._accounts), ("id", self._ids)):
            text: str | None = getattr(event, field)
            self._codes[field].append(-1 if text is None else coder[str.__str__(text)])
        for key, value in event.properties.items():
            self._properties.setdefault(str.__str__(key), Sparse()).put(position, value)

    def _note_keys(self, given: Mapping[object, object]) -> None:
        names = names_in(self._layout, given)
        if self._keys_of_first is None:
            self._keys_of_first = sorted(names)
        self._unseen -= names

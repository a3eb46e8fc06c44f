"""Assembly: columns of one source, checked and put together as an EventTable.

Lives here: fields that come as dictionary-encoded texts, numbers or instants, and the faults in them.
Lives elsewhere: reading a file or a frame into such columns (io); columns of Python objects (objects).
A check runs once a distinct text or as a mask over numbers, and asks the same functions as `Event` does
what is wrong with the few that are bad.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from attrs import define, evolve, field
from numpy.typing import NDArray

from questscore.columns.table import EventTable, Keys, PropertyColumn
from questscore.errors import EventError
from questscore.intake.clock import CHECK, Clock, Mask, Micros, within
from questscore.intake.coding import without_empty
from questscore.intake.reasons import Faults, phrase, problem_of
from questscore.model.event import LARGEST_INTEGER, checked_name, checked_value

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@define
class Assembly:
    """The columns of ``size`` rows on their way to an `EventTable`.

    Args:
        size: Rows of the source, the bad ones too.
        clock: How its times are written.
        dropped: Properties, by their flat name, that are left out, whatever is in them.

    >>> parts = Assembly(2, Clock())
    >>> parts.take_names(Keys(np.array([0, -1], dtype=np.int32), ["login"]))
    >>> parts.take_integer_times(np.array([10**15, 10**15]))
    >>> parts.take_keys("user", Keys(np.array([0, 0], dtype=np.int32), ["ada"]))
    >>> table = parts.table()
    >>> len(table), str(table.rejections[0])
    (1, 'row 1: name: None is not a name: non-empty text is; name the event')
    """

    size: int
    clock: Clock
    dropped: frozenset[str] = frozenset()
    faults: Faults = field(factory=Faults)
    names: Keys = field(init=False)
    times: Micros = field(init=False)
    keys: dict[str, Keys] = field(factory=dict)
    properties: dict[str, PropertyColumn] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.names = Keys.empty(self.size)
        self.times = np.zeros(self.size, dtype=np.int64)

    def take_names(self, names: Keys) -> None:
        """What happened; a row without one is bad."""
        self.names = names
        self.faults.add("name", np.flatnonzero(names.codes < 0), why_not(checked_name, None))
        bad = [code for code, text in enumerate(names.values) if problem_of(checked_name, text)]
        rows = np.flatnonzero(np.isin(names.codes, bad)) if bad else np.zeros(0, dtype=np.intp)
        self.faults.add("name", rows, lambda row: why_not(checked_name, names.at(row)))

    def take_keys(self, name: str, texts: Keys) -> None:
        """A user, account or id; an empty one is none."""
        self.keys[name] = without_empty(texts)

    def take_integer_times(self, values: NDArray[np.integer], valid: Mask | None = None) -> None:
        """Times as integers in the clock's unit."""
        self.times, good = self.clock.integers(values)
        self._bad_times(~good, valid, lambda row: why_not(self.clock.read, int(values[row])))

    def take_times(self, us: Micros, valid: Mask | None = None, *, local: bool = False) -> None:
        """Times as microseconds since 1970 in UTC or, with ``local``, on the wall of the clock's zone."""
        good = within(us) if valid is None else within(us) & valid
        times = np.where(good, us, 0)
        if local:
            times = np.where(good, self.clock.local(times), 0)
            good &= within(times)
        self.times = times
        self._bad_times(~good, valid, lambda row: _beyond(int(us[row])))

    def take_text_times(self, texts: Keys, read: Callable[[str], int] | None = None) -> None:
        """Times as texts, each distinct one read once."""
        read_cell = read or self.clock.read
        bad = np.zeros(len(texts.values) + 1, dtype=np.bool_)
        bad[-1] = True
        found = []
        for code, text in enumerate(texts.values):
            try:
                found.append(read_cell(text))
            except EventError:
                found.append(0)
                bad[code] = True
        by_code = np.array([*found, 0], dtype=np.int64)
        self.times = by_code[texts.codes]

        def why(row: int) -> str:
            text = texts.at(row)
            return why_not(self.clock.read, None) if text is None else why_not(read_cell, text)

        self.faults.add("time", np.flatnonzero(bad[texts.codes]), why)

    def _bad_times(self, bad: Mask, valid: Mask | None, why: Callable[[int], str]) -> None:
        if valid is not None:
            self.faults.add("time", np.flatnonzero(~valid), why_not(self.clock.read, None))
            bad = bad & valid
        self.faults.add("time", np.flatnonzero(bad), why)

    def add_numbers(
        self, name: str, values: NDArray[np.number | np.bool_], valid: Mask | None = None
    ) -> None:
        """A property of booleans, integers or floats; NaN and what is not ``valid`` is missing."""
        if name in self.dropped:
            return
        kind = values.dtype.kind
        bad: Mask = np.zeros(0, dtype=np.bool_)
        if kind in "iu":
            bad = (values > LARGEST_INTEGER) | (values < -LARGEST_INTEGER)
        elif kind == "f":
            bad = np.isinf(values)
        if valid is not None and len(bad):
            bad &= valid
        read: Callable[[object], object] = int if kind in "iu" else float  # type: ignore[assignment]
        self.faults.add(
            f"properties.{name}",
            np.flatnonzero(bad),
            lambda row: why_not(lambda value: checked_value(name, value), read(values[row])),
        )
        numbers = values.astype(np.float64)
        if valid is not None:
            numbers[~valid] = np.nan
        self.add_property(name, PropertyColumn(numbers, None))

    def add_property(self, name: str, column: PropertyColumn) -> None:
        """A property whose values are good; its name must be new."""
        if name in self.dropped:
            return
        if name in self.properties:
            raise EventError(
                f"two columns flatten to the property {name!r}",
                where="columns",
                fix="rename one of them, or map it to another name",
            )
        self.properties[name] = column

    def add_all(self, columns: Mapping[str, PropertyColumn]) -> None:
        """Several properties."""
        for name, column in columns.items():
            self.add_property(name, column)

    def add_unusable(self, name: str, rows: NDArray[np.intp], kind: str) -> None:
        """A property of a kind that no property has: bad wherever there is a value."""
        fix = "pass None, a boolean, a number or text"
        if name not in self.dropped:
            self.faults.add(f"properties.{name}", rows, f"a {kind} is not a property value; {fix}")

    def table(self, line: Callable[[int], int] | None = None) -> EventTable:
        """The good rows as columns and the bad ones as rejections, with their ``line`` in a file."""
        user = self.keys.get("user") or Keys.empty(self.size)
        account = self.keys.get("account") or Keys.empty(self.size)
        self.faults.add_nobody(np.flatnonzero((user.codes < 0) & (account.codes < 0)))
        rejections = tuple(self.faults.rejections(self.size, line))
        ids = self.keys.get("id")
        table = EventTable(self.times, self.names, user, account, ids, self.properties, rejections)
        if rejections:
            good = np.ones(self.size, dtype=np.bool_)
            good[[rejection.row for rejection in rejections]] = False
            table = evolve(table.take(np.flatnonzero(good)), rejections=rejections)
        return tidy(table)


def tidy(table: EventTable) -> EventTable:
    """The same table without properties and ids that no event carries."""
    has_ids = table.id is not None and bool((table.id.codes >= 0).any())
    properties = dict(_carried(table.properties.items()))
    return evolve(table, id=table.id if has_ids else None, properties=properties)


def _carried(properties: Iterable[tuple[str, PropertyColumn]]) -> Iterable[tuple[str, PropertyColumn]]:
    for name, column in properties:
        num, text = column.num, column.text
        if num is not None and bool(np.isnan(num).all()):
            num = None
        if text is not None and not bool((text.codes >= 0).any()):
            text = None
        if num is not None or text is not None:
            yield name, PropertyColumn(num, text)


def why_not(check: Callable[..., object], value: object) -> str:
    """The reason that ``check`` gives against a value that is bad."""
    problem = problem_of(check, value)
    return "not valid" if problem is None else phrase(problem)


def _beyond(us: int) -> str:
    try:
        text = str(_EPOCH + dt.timedelta(microseconds=us))
    except OverflowError:
        text = f"{us} microseconds"
    return f"{text!r} is beyond the years that can be held; {CHECK}"

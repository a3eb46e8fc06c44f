"""Columns of Python objects: lists of any values, where no array says what they are.

Lives here: one column at a time, with the same fast and careful ways as for rows.
Lives elsewhere: whole rows of objects (rows), arrays and dictionary-encoded texts (assembly).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from questscore.columns.table import Codes, Keys
from questscore.errors import EventError, Problem
from questscore.intake.assembly import Assembly, why_not
from questscore.intake.careful import Unreadable, without
from questscore.intake.coding import Coder
from questscore.intake.reasons import attempt, phrase
from questscore.intake.sparse import Sparse, columns_of
from questscore.model.event import LARGEST_INTEGER, PropertyValue, checked_key, checked_name, flattened


def take_object_texts(parts: Assembly, field: str, values: Sequence[object]) -> None:
    """A name, user, account or id of each row: text or None, anything else is bad.

    >>> from questscore.intake.clock import Clock
    >>> parts = Assembly(2, Clock())
    >>> take_object_texts(parts, "user", ["ada", 5])
    >>> parts.faults.rejections(2)[0].reason
    "a value of type int is not text; pass user as text, such as '42' for 42"
    """
    coder = Coder()
    codes = np.full(len(values), -1, dtype=np.int32)
    bad: list[int] = []
    for row, value in enumerate(values):
        if type(value) is str:
            codes[row] = coder[value]
        elif isinstance(value, str):
            codes[row] = coder[str.__str__(value)]
        elif value is not None:
            bad.append(row)
    texts = Keys(codes, coder.texts())
    if field == "name":
        parts.take_names(texts)
    else:
        parts.take_keys(field, texts)

    def why(row: int) -> str:
        if field == "name":
            return why_not(checked_name, values[row])
        return why_not(lambda value: checked_key(value, field), values[row])

    parts.faults.add(field, np.array(bad, dtype=np.intp), why)


def take_object_times(parts: Assembly, values: Sequence[object]) -> None:
    """The time of each row, in any form of an instant."""
    quick, read = parts.clock.quick, parts.clock.read
    bad: dict[int, Problem] = {}
    for row, value in enumerate(values):
        us = quick(value)
        if us is None:
            found = attempt(read, value)
            if isinstance(found, Problem):
                bad[row] = found
                continue
            us = found
        parts.times[row] = us
    parts.faults.add("time", np.array(list(bad), dtype=np.intp), lambda row: phrase(bad[row]))


def add_objects(
    parts: Assembly, name: str | None, values: Sequence[object], codes: Codes | None = None
) -> None:
    """A property of each row; mappings flatten with dots.

    Args:
        parts: Where it goes.
        name: Of the property; None when each value is a mapping of property to value, or None.
        values: One a row or, with ``codes``, the distinct ones.
        codes: (n,) position in ``values``, -1 where there is none.

    >>> from questscore.intake.clock import Clock
    >>> parts = Assembly(2, Clock())
    >>> add_objects(parts, "cart", [{"total": 3, "coupon": "X"}, None])
    >>> sorted(parts.properties), parts.properties["cart.total"].at(0)
    (['cart.coupon', 'cart.total'], 3.0)
    """
    found: dict[str, Sparse] = {}
    if name is not None:
        found[name] = Sparse()
    bad: dict[int, Problem] = {}
    for position, value in enumerate(values):
        kind = type(value)
        if value is None:
            continue
        if name is not None and (
            kind is str
            or kind is bool
            or (kind is float and value - value == 0.0)  # type: ignore[operator]
            or (kind is int and -LARGEST_INTEGER <= value <= LARGEST_INTEGER)  # type: ignore[operator]
        ):
            found[name].put(position, value)  # type: ignore[arg-type]
            continue
        flat = attempt(_flat, parts.dropped, name, value)
        if isinstance(flat, Problem):
            bad[position] = flat
            continue
        for key, checked in reversed(flat.items()):
            found.setdefault(str.__str__(key), Sparse()).put(position, checked)
    columns = columns_of(found, len(values) + 1)
    wanted: slice | Codes = slice(len(values)) if codes is None else codes
    parts.add_all({key: column.take(wanted) for key, column in columns.items()})  # type: ignore[arg-type]
    _add_faults(parts, bad, codes)


def _flat(dropped: frozenset[str], name: str | None, value: object) -> dict[str, PropertyValue]:
    if isinstance(value, Unreadable):
        raise EventError(value.reason, where="properties" if name is None else f"properties.{name}")
    if name is not None:
        return flattened(without({name: value}, dropped))
    if not isinstance(value, Mapping):
        kind = type(value).__name__
        raise EventError(f"a {kind} is not a mapping", where="properties", fix="pass a mapping")
    return flattened(without(value, dropped))


def _add_faults(parts: Assembly, bad: Mapping[int, Problem], codes: Codes | None) -> None:
    by_field: dict[str, list[int]] = {}
    for position, problem in bad.items():
        by_field.setdefault(problem.where or "properties", []).append(position)
    for field, positions in by_field.items():
        if codes is None:
            rows = np.array(positions, dtype=np.intp)
            parts.faults.add(field, rows, lambda row: phrase(bad[row]))
        else:
            rows = np.flatnonzero(np.isin(codes, positions))
            parts.faults.add(field, rows, lambda row: phrase(bad[int(codes[row])]))

"""Layout: which column or key of a source is which field of an event.

Lives here: the ``columns`` option, what it may say, and the errors for what is not there.
Lives elsewhere: reading the columns and keys it names (assembly, rows).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from questscore.errors import EventError, nearest

FIELDS = ("name", "time", "user", "account", "properties", "id")
# What others call our fields: only for advice in errors, never guessed at in silence.
_ALSO_CALLED = {
    "name": ("event", "event_name", "event_type", "type", "action", "activity"),
    "time": ("timestamp", "ts", "date", "datetime", "occurred_at", "created_at", "event_time", "when"),
    "user": ("user_id", "userid", "entity", "customer", "customer_id", "distinct_id", "member", "uid"),
    "account": ("account_id", "organisation", "organization", "org", "company", "tenant", "workspace"),
    "id": ("event_id", "message_id", "messageid", "uuid", "insert_id"),
    "properties": ("props", "event_properties", "attributes", "data"),
}
_SHOWN = 12


def likely(field: str, known: Iterable[str]) -> str | None:
    """The name in ``known`` that probably is ``field``, or None.

    >>> likely("user", ["entity", "when"]), likely("time", ["Time"]), likely("id", ["colour"])
    ('entity', 'Time', None)
    """
    names = list(known)
    folded = {name.lower().strip(): name for name in reversed(names)}
    for candidate in (field, *_ALSO_CALLED.get(field, ())):
        if candidate in folded:
            return folded[candidate]
    return nearest(field, names)


def shown(names: Iterable[str]) -> str:
    """A list of names for an error, cut where it gets long."""
    listed = [repr(name if len(name) <= 60 else f"{name[:60]}…") for name in names]
    more = len(listed) - _SHOWN
    return ", ".join(listed[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


@frozen
class Layout:
    """Where the fields of an event are.

    Args:
        fields: Our field to their key; a field that is not there is left out.
        properties: Their key to our property, where the two differ.
        dropped: Their keys that are left out.
    """

    fields: Mapping[str, str]
    properties: Mapping[str, str]
    dropped: frozenset[str] = frozenset()

    @classmethod
    def of(cls, columns: Mapping[str, str | None] | None) -> Layout:
        """What ``columns`` says: our names to theirs; None leaves a column of that name out.

        >>> Layout.of({"user": "entity", "total": "cart_total"}).fields["user"]
        'entity'
        """
        given = {} if columns is None else columns
        if not isinstance(given, Mapping):
            raise EventError(
                f"a {type(given).__name__} is not a mapping",
                where="columns",
                fix="pass our names to theirs, such as {'user': 'customer_id'}",
            )
        fields = {field: field for field in FIELDS}
        properties: dict[str, str] = {}
        dropped: set[str] = set()
        for ours, theirs in given.items():
            if not isinstance(ours, str) or not ours or not isinstance(theirs, (str, type(None))):
                raise EventError(
                    f"{ours!r}: {theirs!r} is no pair of names",
                    where="columns",
                    fix="pass our names to theirs, such as {'user': 'customer_id'}",
                )
            if theirs is None:
                dropped.add(ours)
                fields.pop(ours, None)
            elif ours in fields:
                fields[ours] = theirs
            elif theirs in properties:
                raise EventError(
                    f"{theirs!r} is mapped to {properties[theirs]!r} and to {ours!r}",
                    where="columns",
                    fix="map it to one property",
                )
            else:
                properties[theirs] = ours
        for ours, theirs in fields.items():
            if theirs in properties:
                other = properties[theirs]
                near = nearest(other, fields)
                raise EventError(
                    f"{theirs!r} is the field {ours!r} already, and {other!r} is no field",
                    where="columns",
                    fix=f"write {near!r}" if near else f"map {ours!r} to another name too",
                )
        return cls(fields, properties, frozenset(dropped - set(fields.values())))

    @property
    def plain(self) -> bool:
        """True when properties keep their names and none is left out."""
        return not self.properties and not self.dropped

    def mapped(self) -> dict[str, str]:
        """Their key to our name, of all that ``columns`` maps and that therefore has to be there."""
        mapped = {theirs: ours for ours, theirs in self.fields.items() if theirs != ours}
        return mapped | dict(self.properties)

    def property_name(self, theirs: str) -> str | None:
        """Our name of a property that is ``theirs`` when flat, or None when it is left out.

        >>> Layout.of({"cart": "basket"}).property_name("basket.total")
        'cart.total'
        """
        head, dot, rest = theirs.partition(".")
        if theirs in self.dropped or head in self.dropped:
            return None
        if theirs in self.properties:
            return self.properties[theirs]
        return f"{self.properties.get(head, head)}{dot}{rest}"

    def on(self, headers: Sequence[str]) -> dict[str, str]:
        """Our field to its column in a table with these columns, whose other columns are properties.

        Raises:
            EventError: A field that every event has is not there.
        """
        check_mapped({theirs: ours for theirs, ours in self.mapped().items() if ours in FIELDS}, headers)
        present = {ours: theirs for ours, theirs in self.fields.items() if theirs in headers}
        for needed in (("name",), ("time",), ("user", "account")):
            if not any(field in present for field in needed):
                raise EventError(
                    f"there is no column {' or '.join(map(repr, needed))}; the columns are {shown(headers)}",
                    fix=_advice(needed, [name for name in headers if name not in present.values()]),
                )
        return present

    def hint(self, field: str, keys: Iterable[object]) -> str:
        """Advice for a mapping without ``field``: the key that probably is meant."""
        taken = set(self.fields.values())
        near = likely(field, [key for key in keys if isinstance(key, str) and key not in taken])
        return f"is it {near!r}? columns={{{field!r}: {near!r}}} says so" if near else ""


def check_distinct(headers: Iterable[str]) -> None:
    """An `EventError` when two columns have one name."""
    twice = [name for name, count in Counter(headers).items() if count > 1]
    if twice:
        raise EventError(f"more than one column is named {shown(twice)}", fix="give each its own name")


def check_mapped(mapped: Mapping[str, str], headers: Iterable[str]) -> None:
    """An `EventError` for a name in ``mapped`` (theirs to ours) that is not among ``headers``."""
    names = list(headers)
    for theirs, ours in mapped.items():
        if theirs not in names:
            near = likely(theirs, names)
            raise EventError(
                f"there is no column {theirs!r}" + (f"; the nearest is {near!r}" if near else ""),
                where=f"columns.{ours}",
                fix=f"write {near!r}" if near else f"write one of {shown(names)}",
            )


def _advice(needed: Sequence[str], headers: Sequence[str]) -> str:
    for field in needed:
        near = likely(field, headers)
        if near is not None:
            return f"say which column it is: columns={{{field!r}: {near!r}}}"
    field = needed[0]
    return f"add the column, or say which one it is: columns={{{field!r}: …}}"

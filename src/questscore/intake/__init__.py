"""Intake: objects and columns checked, dictionary-encoded and put together as an `EventTable`.

Lives here: what takes events in and says why it does not take the others.
Lives elsewhere: files and frames (io), what an event is (model), the table itself (columns).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from questscore.columns.table import EventTable
from questscore.intake.assembly import Assembly
from questscore.intake.careful import Unreadable
from questscore.intake.clock import Clock
from questscore.intake.concat import concat
from questscore.intake.layout import Layout
from questscore.intake.rows import Builder

__all__ = ["Assembly", "Builder", "Clock", "Layout", "Unreadable", "concat", "from_rows"]


def from_rows(
    rows: Iterable[object],
    columns: Mapping[str, str | None] | None = None,
    *,
    unit: str = "us",
    timezone: object = None,
) -> EventTable:
    """An `EventTable` from `Event` objects and mappings; what is neither is a rejection in it.

    Args:
        rows: Mappings have the keys ``name time user account properties id``; without ``properties``
            every other key is a property.
        columns: Our names to the keys of the mappings, where they differ; None leaves a key out.
        unit: What integer times count: ``"us"``, ``"ms"`` or ``"s"``.
        timezone: Where times without a zone are local: an IANA name or a ``tzinfo``.

    Raises:
        EventError: An option means nothing, or a key in ``columns`` is in none of the mappings.

    >>> from_rows([{"event": "login", "time": 10**15, "user": "ada"}], {"name": "event"})
    <EventTable: 1 event; login 1; 2001-09-09T01:46:40Z to 2001-09-09T01:46:40Z>
    """
    builder = Builder(clock=Clock.of(unit, timezone), layout=Layout.of(columns))
    builder.extend(rows)
    builder.check_mapped()
    return builder.table()

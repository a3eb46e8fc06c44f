"""Thaw: states as plain data and back, for the file that a scorer is saved in.

Lives here: one state with its members, and the events that offsets do not see yet.
Lives elsewhere: cells as plain data (tracks), the file (snapshot).
"""

from __future__ import annotations

from array import array
from typing import cast

from questscore.engine.layout import Layout
from questscore.model.event import Event, PropertyValue
from questscore.model.time import Instant
from questscore.tracks.base import spelt
from questscore.tracks.state import Plain, State


def icy(state: State) -> Plain:
    """A state as JSON has it; `thawed` gives it back. What was read from it last, NaN too, is read anew."""
    return [
        spelt(number if number == number else 0.0 for number in state.numbers),
        list(state.moments),
        [list(queue) for queue in state.queues],
        [cell.saved() for cell in state.cells],
        [gate.saved() for gate in state.gates],
        [{user: icy(member) for user, member in group.items()} for group in state.members],
        [[_said(event) for event in line] for line in state.pending],
        state.huge,
    ]


def thawed(layout: Layout, plain: Plain, owner: State | None = None) -> State:
    """The state that was given to `icy`, with places from the same layout."""
    numbers, moments, queues, cells, gates, members, pending, huge = cast(list[Plain], plain)
    state = layout.fresh()
    state.owner = owner
    state.numbers = array("d", map(float, cast("list[float | str]", numbers)))
    state.moments = array("q", cast(list[int], moments))
    for queue, times in zip(state.queues, cast(list[list[int]], queues), strict=True):
        queue.extend(times)
    for cell, saved in zip(state.cells, cast(list[Plain], cells), strict=True):
        cell.restore(saved)
    for gate, saved in zip(state.gates, cast(list[Plain], gates), strict=True):
        gate.restore(saved)
    groups = cast(list[dict[str, Plain]], members)
    for group, (inner, _), saved_group in zip(state.members, layout.members, groups, strict=True):
        group.update((user, thawed(inner, saved, state)) for user, saved in saved_group.items())
    for line, events in zip(state.pending, cast(list[list[Plain]], pending), strict=True):
        line.extend(_event(saved) for saved in events)
    state.huge = bool(huge)
    return state


def _said(event: Event) -> Plain:
    properties: dict[str, Plain] = dict(event.properties)
    return [event.name, int(event.time), event.user, event.account, properties, event.id]


def _event(plain: Plain) -> Event:
    name, time, user, account, properties, id_ = cast(list[Plain], plain)
    return Event(
        cast(str, name),
        Instant(cast(int, time)),
        cast("str | None", user),
        cast("str | None", account),
        cast("dict[str, PropertyValue]", properties),
        cast("str | None", id_),
    )

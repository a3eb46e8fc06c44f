"""Forecast: when a level next changes if nothing more happens, and what one more event would do.

Lives here: walking on without events, and trying an event out.
Lives elsewhere: one walk (walk), reading a state (tracker).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import evolve

from questscore.engine.route import Journey
from questscore.engine.tracker import Tracker, in_order
from questscore.engine.walk import Walk
from questscore.language.tree import Compare, Literal, Logic, Name, Node, Within
from questscore.model.event import EVENT_NAMES, Event, PropertyValue
from questscore.model.result import Forecast, Gain, Score
from questscore.model.rule import Rule
from questscore.model.time import DAY, LATEST, Instant
from questscore.rules.term import TermRule
from questscore.tracks.state import State

AHEAD = (30 * DAY, 366 * DAY, 3660 * DAY)
"""How far ahead a change is looked for, in turn."""
TRIES = 100
"""How many events are tried until a higher level is reached."""


def forecast(
    tracker: Tracker, subject: str, walk: Walk | Journey, state: State, events: Sequence[Event], at: int
) -> Forecast:
    """What comes of one subject.

    Args:
        tracker: The model.
        subject: Who.
        walk: Its levels from its first event on, with the events up to ``at``.
        state: With the events before ``at``.
        events: Those up to ``at``.
        at: From when on.
    """
    walk.to(at)
    before = walk.level
    time, after = None, before
    if walk.changes:
        for ahead in AHEAD:
            end = min(at + ahead, LATEST)
            known = len(walk.found)
            later = [change for change in walk.to(end)[known:] if change.time > at]
            if later:
                time, after = later[0].time, later[0].after
                break
    return Forecast(time, before, after, dict(_gains(tracker, subject, state, events, at)))


def _gains(
    tracker: Tracker, subject: str, state: State, events: Sequence[Event], at: int
) -> Iterator[tuple[str, Gain]]:
    together = [event for event in events if event.time == at]
    before = _read(tracker, state, in_order(together), at).level
    for rule in tracker.model.rules:
        event = _one_more(rule, subject, events, at, tracker)
        if event is not None:
            ordered = in_order([*together, event])
            place = next(i for i, one in enumerate(ordered) if one is event)
            own = tracker.follow(state.copy(), ordered[:place])
            yield rule.name, _gain(tracker, own, event, ordered[place + 1 :], at, before)


def _gain(
    tracker: Tracker, state: State, event: Event, after: Sequence[Event], at: int, before: str | None
) -> Gain:
    """What the event does, again and again, among others of its instant of which some come after it."""
    order = tracker.model.levels.order
    first: Score | None = None
    for needed in range(1, TRIES + 1):
        tracker.take(state, event)
        reading = _read(tracker, state, after, at) if after else tracker.read(state, at)
        first = reading if first is None else first
        known = reading.level is not None and before is not None
        if known and order.index(reading.level or "") > order.index(before or ""):
            return Gain(first.value, first.level, needed, reading.level)
    assert first is not None  # noqa: S101
    return Gain(first.value, first.level)


def _read(tracker: Tracker, state: State, after: Sequence[Event], at: int) -> Score:
    return tracker.read(tracker.follow(state.copy(), after), at)


def _one_more(rule: Rule, subject: str, events: Sequence[Event], at: int, tracker: Tracker) -> Event | None:
    """One more event like the last that an event rule is about; one made up where there was none."""
    selectors = [selector for _, selector in rule.selects()]
    if isinstance(rule, TermRule) and rule.term[1] is not None and rule.term[1] <= at:
        return None  # it pays for the past alone
    if len(selectors) != 1:
        return None
    selector, model = selectors[0], tracker.model
    for event in reversed(events):
        if selector.matches(event, model.calendar):
            return evolve(event, time=Instant(at), id=None)
    properties = {} if selector.where is None else _fitting(selector.where.tree)
    if properties is None:
        return None
    name = "event" if selector.every_name else selector.on[0]
    made = Event(
        name,
        Instant(at),
        user=subject if model.subject == "user" else None,
        account=subject if model.subject == "account" else None,
        properties=properties,
    )
    return made if selector.matches(made, model.calendar) else None


def _fitting(tree: Node) -> dict[str, PropertyValue] | None:
    """Properties that make a conjunction of comparisons with literals hold, each looked at alone."""
    match tree:
        case Compare(first=Name(name=name), rest=((operator, Literal(value=value)),)):
            return None if value is None or name in EVENT_NAMES else _meeting(name, operator, value)
        case Within(item=Name(name=name), options=options, negated=False):
            return None if name in EVENT_NAMES else {name: options[0]}
        case Logic(operator="and", operands=operands):
            found: dict[str, PropertyValue] = {}
            for operand in operands:
                part = _fitting(operand)
                if part is None:
                    return None
                found.update(part)
            return found
    return None


def _meeting(name: str, operator: str, value: float | str) -> dict[str, PropertyValue] | None:
    if operator in ("==", ">=", "<="):
        return {name: value}
    if isinstance(value, str):
        return {name: f"not {value}"} if operator == "!=" else None
    return {name: value - 1.0 if operator == "<" else value + 1.0}

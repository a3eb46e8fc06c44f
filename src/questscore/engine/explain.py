"""Explanations: the tree behind one subject's score.

Lives here: how lines, bounds, groups and scale become a tree whose nodes add up.
Lives elsewhere: what a rule's own lines are (each rule kind), the numbers (reference), the difference between
two instants (explain_change).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from attrs import evolve

from questscore.columns.table import EventTable
from questscore.errors import UnknownSubject
from questscore.model.event import RESET, Event
from questscore.model.number import finite, total
from questscore.model.plugin import Shown, plugged, sealed
from questscore.model.result import ROUNDING, Explanation, Line, Score
from questscore.model.rule import Group, Reading, Rule, clamp
from questscore.model.score_model import ScoreModel
from questscore.model.selector import Selector
from questscore.model.signal import inside, shifted
from questscore.model.time import Span, iso
from questscore.reference import Subject, Walk, settled
from questscore.signals.composite import ScoreOf

LevelAt: TypeAlias = Callable[[int], str | None]


def explained(model: ScoreModel, table: EventTable, subject: str, at: int) -> Explanation:
    """The tree of one subject's score as of ``at``."""
    keys = table.user if model.subject == "user" else table.account
    code = next((i for i, name in enumerate(keys.values) if name == subject), -1)
    rows = np.flatnonzero((keys.codes == code) & (table.time <= at)) if code >= 0 else np.zeros(0, np.intp)
    if not len(rows):
        raise UnknownSubject.of(subject, f"at or before {iso(at)}", keys.values)
    return Explainer(Subject(model, settled(table.take(rows))), at).tree(subject)


def node(
    label: str, value: float | None, children: Sequence[Explanation], own: Sequence[Event] = ()
) -> Explanation:
    """A node whose children add up to it, with a line for rounding where one is needed."""
    lines = list(children)
    if value is not None and lines:
        for _ in range(3):
            parts = [line.value for line in lines if line.value is not None]
            if total(parts) == value:
                break
            lines.append(Explanation(ROUNDING, total([value, *(-part for part in parts)])))
    return Explanation(label, value, tuple(lines), tuple(own))


class Explainer:
    """Builds the tree of one subject at one instant.

    Args:
        subject: Whose tree; its later events make no difference.
        at: The instant.
        level_at: The level at an instant, where other models were in service before; by default the model's.
    """

    def __init__(self, subject: Subject, at: int, level_at: LevelAt | None = None) -> None:
        self.model, self.at, self._level_at = subject.model, at, level_at
        standing = subject.before(at, reserved=True)
        self.subject = _ByName(self.model, standing, None, subject.faults)
        self.events = self.subject.before(at)
        self.score = self.subject.score("", at)
        self._place = {id(event): place for place, event in enumerate(standing)}

    @cached_property
    def level(self) -> str | None:
        """The level, under margin and dwell."""
        if not self.model.levels.sticky:
            return self.score.level
        return Walk(self.subject, "", self.at).level if self._level_at is None else self._level_at(self.at)

    @cached_property
    def bounded(self) -> float | None:
        """The score within the model's bounds, before its scale."""
        raw = self.score.raw
        return None if raw is None else clamp(raw, self.model.minimum, self.model.maximum)

    def tree(self, name: str) -> Explanation:
        """The whole tree."""
        score = self.score
        children = [self._rule(rule) for rule in self.model.rules if rule.group is None]
        children += [self._group(group) for group in self.model.groups]
        children += self._adjustments()
        label = f"{name}: score" if self.level is None else f"{name}: score, level {self.level!r}"
        if score.raw is None or score.value is None or self.bounded is None:
            return node(label, None, children)
        if self.bounded != score.raw:
            cut = finite(self.bounded - score.raw)
            children.append(Explanation(bounds(self.model.minimum, self.model.maximum), cut))
        if self.model.scale is not None and score.value != self.bounded:
            scaled = finite(score.value - self.bounded)
            children.append(Explanation(f"{self.model.scale.kind} scale", scaled))
        return node(label, score.value, children)

    def _rule(self, rule: Rule) -> Explanation:
        value, paid = self.score.points[rule.name], self.paid(rule)
        if value is None or paid is None:
            return Explanation(f"{rule.name} ({unknown(rule, self.score)})", None)
        children = []
        for line in self._lines(rule):
            behind = line.events or self.in_order(self.read_by(rule))
            children.append(Explanation(line.label, line.value, (), tuple(behind)))
        if paid != value:
            if not children and paid:
                children.append(Explanation("points", paid))
            children.append(Explanation(bounds(rule.minimum, rule.maximum), finite(value - paid)))
        return node(rule.name, value, children, () if children else self.selected_by(rule))

    def paid(self, rule: Rule) -> float | None:
        """What a rule pays before its bounds."""
        value = self.score.points[rule.name]
        if value is None or value not in (rule.minimum, rule.maximum):
            return value
        return self.subject.paid(rule, self.score.signals, self.at)

    def _lines(self, rule: Rule) -> tuple[Line, ...]:
        values, at, subject = self.score.signals, self.at, self.subject
        if not plugged(rule):
            return rule.lines(self.events, values, at, subject)
        given = self.given(rule, 0.0)
        told = subject.faults.lines(
            rule,
            "lines",
            lambda: rule.lines(given.events, given.values, at, given.context),
            subject.whose(),
        )
        return self.own(told)

    def given(self, rule: Rule, points: float) -> Reading:
        """What a rule was read from; a plugin cannot change it."""
        if not plugged(rule):
            return Reading(self.events, self.score.signals, self.at, self.subject, points)
        values = MappingProxyType(self.score.signals)
        return Reading(self._sealed, values, self.at, Shown(self.subject, self.at), points)

    def own(self, told: Sequence[Line]) -> tuple[Line, ...]:
        """Lines with the subject's own events in place of those that a plugin was shown."""
        events = {id(shown): event for shown, event in zip(self._sealed, self.events, strict=True)}
        return tuple(
            evolve(line, events=tuple(events.get(id(event), event) for event in line.events)) for line in told
        )

    @cached_property
    def _sealed(self) -> tuple[Event, ...]:
        return tuple(map(sealed, self.events))

    def _group(self, group: Group) -> Explanation:
        children = [self._rule(rule) for rule in self.model.rules if rule.group == group.name]
        values = [child.value for child in children if child.value is not None]
        if len(values) < len(children):
            return Explanation(f"group {group.name}", None, tuple(children))
        inside, bounded, weighed = weighing(group, values)
        if bounded != inside:
            children.append(Explanation(bounds(group.minimum, group.maximum), finite(bounded - inside)))
        if group.weight != 1:
            children.append(Explanation(f"weight {group.weight:g}", finite(weighed - bounded)))
        return node(f"group {group.name}", weighed, children)

    def _adjustments(self) -> list[Explanation]:
        lines = [
            Explanation(reason(event), amount, (), (event,))
            for event, amount in self.subject.adjusting(self.at)
        ]
        return [node("adjustments", self.score.adjustments, lines)] if lines else []

    def selected_by(self, rule: Rule) -> list[Event]:
        """The events that a rule's own selectors match."""
        return [e for _, s in rule.selects() for e in self.subject.matching(self.events, s)]

    def read_by(self, rule: Rule) -> list[Event]:
        """The events that the signals a rule reads are made of; some of them more than once."""
        names = dict.fromkeys(name for name, _ in rule.reads())
        return [event for name in names for event in _events_of(self.subject, name, self.at)]

    def in_order(self, events: Iterable[Event]) -> list[Event]:
        """Some of the subject's events, each once, in canonical order."""
        found = {id(event): event for event in events}
        return [found[key] for key in sorted(found, key=self._place.__getitem__)]


class _ByName(Subject):
    """A subject that tells an event by its name first: a tree asks every selector about every event."""

    def matching(self, events: Sequence[Event], selector: Selector | str | Sequence[str]) -> list[Event]:
        chosen = selector if isinstance(selector, Selector) else Selector(selector)
        if not chosen.every_name:
            events = [event for event in events if event.name in chosen.on]
        return super().matching(events, chosen)


def _events_of(subject: Subject, name: str, at: int) -> list[Event]:
    signal = subject.model.signal[name]
    moment = shifted(at, signal.offset, subject.calendar)
    window = getattr(signal, "window", None)
    span = window if isinstance(window, Span) else None  # a plugin's window is its own affair
    own = [e for e in subject.before(moment) if inside(e.time, moment, span, subject.calendar)]
    found = [e for _, selector in signal.selects() for e in subject.matching(own, selector)]
    if isinstance(signal, ScoreOf):
        found += _events_of_model(subject.under(signal.model), moment)
    for other, _ in signal.reads():
        if subject.model.signal[other].scope == "member" and signal.scope is None:
            found += [e for member in subject.members(moment) for e in _events_of(member, other, moment)]
        else:
            found += _events_of(subject, other, moment)
    return found


def _events_of_model(subject: Subject, at: int) -> list[Event]:
    own = subject.before(at)
    found = [e for e, _ in subject.adjusting(at)]
    for rule in subject.model.rules:
        found += [e for _, selector in rule.selects() for e in subject.matching(own, selector)]
        found += [e for name, _ in rule.reads() for e in _events_of(subject, name, at)]
    return found


def weighing(group: Group, values: Iterable[float]) -> tuple[float, float, float]:
    """The sum of a group's rules, the same within its bounds, and what it is worth."""
    inside = total(values)
    bounded = clamp(inside, group.minimum, group.maximum)
    return inside, bounded, finite(group.weight * bounded)


def unknown(rule: Rule, score: Score) -> str:
    """Which signals make a rule's points unknown."""
    missing = sorted({name for name, _ in rule.reads() if score.signals[name] is None})
    return f"unknown: {', '.join(missing)} missing" if missing else "unknown"


def reason(event: Event) -> str:
    """The label of an adjustment or of what a reset started from."""
    what = "started from" if event.name == RESET else event.properties.get("reason", "adjusted")
    return f"{what} ({iso(event.time)})"


def bounds(low: float | None, high: float | None) -> str:
    """The label of what bounds add or take."""
    parts = [f"at least {low:g}"] if low is not None else []
    return f"bounds ({', '.join(parts + ([f'at most {high:g}'] if high is not None else []))})"

"""Explanations: the tree behind one subject's score.

Lives here: how lines, bounds, groups and scale become a tree whose nodes add up.
Lives elsewhere: what a rule's own lines are (each rule kind), the numbers (reference).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from questscore.columns.table import EventTable
from questscore.errors import UnknownSubject, nearest
from questscore.model.event import RESET, Event, canonical
from questscore.model.number import finite, total
from questscore.model.result import ROUNDING, Explanation, Score
from questscore.model.rule import Rule, clamp
from questscore.model.score_model import ScoreModel
from questscore.model.signal import inside, shifted
from questscore.model.time import iso
from questscore.reference import Subject, Walk, settled
from questscore.signals.composite import ScoreOf


def explained(model: ScoreModel, table: EventTable, subject: str, at: int) -> Explanation:
    """The tree of one subject's score as of ``at``."""
    keys = table.user if model.subject == "user" else table.account
    code = next((i for i, name in enumerate(keys.values) if name == subject), -1)
    rows = np.flatnonzero((keys.codes == code) & (table.time <= at)) if code >= 0 else np.zeros(0, np.intp)
    if not len(rows):
        near = (
            nearest(subject, keys.values) if isinstance(subject, str) and len(keys.values) < 10_000 else None
        )
        hint = f"; the nearest {model.subject} is {near!r}" if near and near != subject else ""
        raise UnknownSubject(f"{subject!r} has no event at or before {iso(at)}{hint}")
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
    """Builds the tree of one subject at one instant."""

    def __init__(self, subject: Subject, at: int) -> None:
        self.subject, self.at, self.model = subject, at, subject.model
        self.events = subject.before(at)

    def tree(self, name: str) -> Explanation:
        """The whole tree."""
        score = self.subject.score(name, self.at)
        children = [self._rule(rule, score) for rule in self.model.rules if rule.group is None]
        children += [self._group(group.name, score) for group in self.model.groups]
        children += self._adjustments(score)
        level = score.level
        if self.model.levels.sticky:
            level = Walk(self.subject, name, self.at).level
        label = f"{name}: score" if level is None else f"{name}: score, level {level!r}"
        if score.raw is None or score.value is None:
            return node(label, None, children)
        bounded = clamp(score.raw, self.model.minimum, self.model.maximum)
        if bounded != score.raw:
            children.append(Explanation(_bounds(self.model.minimum, self.model.maximum), bounded - score.raw))
        if self.model.scale is not None and score.value != bounded:
            children.append(Explanation(f"{self.model.scale.kind} scale", score.value - bounded))
        return node(label, score.value, children)

    def _rule(self, rule: Rule, score: Score) -> Explanation:
        value = score.points[rule.name]
        if value is None:
            missing = sorted({name for name, _ in rule.reads() if score.signals[name] is None})
            return Explanation(f"{rule.name} (unknown: {', '.join(missing)} missing)", None)
        children = []
        for line in rule.lines(self.events, score.signals, self.at, self.subject):
            behind = line.events or self._behind([name for name, _ in rule.reads()])
            children.append(Explanation(line.label, line.value, (), tuple(behind)))
        bounded = rule.minimum is not None or rule.maximum is not None
        paid = rule.naive(self.events, score.signals, self.at, self.subject) if bounded else value
        if paid is not None and paid != value:
            if not children and paid:
                children.append(Explanation("points", paid))
            children.append(Explanation(_bounds(rule.minimum, rule.maximum), value - paid))
        return node(rule.name, value, children, () if children else self._behind_rule(rule))

    def _group(self, name: str, score: Score) -> Explanation:
        group = next(g for g in self.model.groups if g.name == name)
        children = [self._rule(rule, score) for rule in self.model.rules if rule.group == name]
        values = [child.value for child in children if child.value is not None]
        if len(values) < len(children):
            return Explanation(f"group {name}", None, tuple(children))
        inside = total(values)
        bounded = clamp(inside, group.minimum, group.maximum)
        if bounded != inside:
            children.append(Explanation(_bounds(group.minimum, group.maximum), bounded - inside))
        weighed = finite(group.weight * bounded)
        if group.weight != 1:
            children.append(Explanation(f"weight {group.weight:g}", finite(weighed - bounded)))
        return node(f"group {name}", weighed, children)

    def _adjustments(self, score: Score) -> list[Explanation]:
        lines = []
        for event, amount in self.subject.adjusting(self.at):
            what = "started from" if event.name == RESET else event.properties.get("reason", "adjusted")
            lines.append(Explanation(f"{what} ({iso(event.time)})", amount, (), (event,)))
        return [node("adjustments", score.adjustments, lines)] if lines else []

    def _behind_rule(self, rule: Rule) -> list[Event]:
        return [e for _, s in rule.selects() for e in self.subject.matching(self.events, s)]

    def _behind(self, names: Sequence[str]) -> list[Event]:
        """The events that signals are made of."""
        found: dict[int, Event] = {}
        for name in names:
            for event in _events_of(self.subject, name, self.at):
                found[id(event)] = event
        return sorted(found.values(), key=canonical)


def _events_of(subject: Subject, name: str, at: int) -> list[Event]:
    signal = subject.model.signal[name]
    moment = shifted(at, signal.offset, subject.calendar)
    window = getattr(signal, "window", None)
    own = [e for e in subject.before(moment) if inside(e.time, moment, window, subject.calendar)]
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


def _bounds(low: float | None, high: float | None) -> str:
    parts = [f"at least {low:g}"] if low is not None else []
    return f"bounds ({', '.join(parts + ([f'at most {high:g}'] if high is not None else []))})"

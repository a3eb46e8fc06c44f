"""Changes explained: the tree behind the difference of one subject's score between two instants.

Lives here: how what changed in rules, groups, adjustments, bounds and scale becomes a tree that adds up.
Lives elsewhere: what changed inside a rule (each rule kind), the tree of one instant (explain).
"""

from __future__ import annotations

from attrs import evolve

from questscore.engine.explain import Explainer, LevelAt, bounds, node, reason, unknown, weighing
from questscore.errors import EventError, UnknownSubject
from questscore.model.event import Event
from questscore.model.number import finite, total
from questscore.model.plugin import plugged
from questscore.model.result import ROUNDING, Explanation, Line
from questscore.model.rule import Group, Reading, Rule
from questscore.model.score_model import ScoreModel
from questscore.model.time import iso
from questscore.reference import Subject


def changed(
    subject: Subject, name: str, start: int, end: int, level_at: LevelAt | None = None
) -> Explanation:
    """Why a subject's score at ``end`` is not what it was at ``start``.

    A tree whose root is the difference of the two scores, None when one of them is unknown, and in which the
    children of each node add up to it. What did not change has no line. A subject without an event at or
    before ``start`` comes from nothing: the difference is the whole score, with the lines of its explanation.

    Args:
        subject: The subject; events after ``end`` make no difference.
        name: What it is called.
        start, end: The instants, epoch microseconds; ``start`` <= ``end``.
        level_at: As for `Explainer`.

    Raises:
        EventError: ``start`` is after ``end``.
        UnknownSubject: The subject has no event at or before ``end``.
    """
    if start > end:
        what = f"{iso(start)} is after the end, {iso(end)}"
        raise EventError(what, where="start", fix="swap the two")
    if not subject.before(end, reserved=True):
        raise UnknownSubject.of(name, f"at or before {iso(end)}")
    now = Explainer(subject, end, level_at)
    if not subject.before(start, reserved=True):
        return _from_nothing(now, name)
    return _Difference(Explainer(subject, start, level_at), now).tree(name)


def published(
    tree: Explanation,
    name: str,
    old: ScoreModel,
    new: ScoreModel,
    before: float | None,
    after: float | None,
    end: float | None,
) -> Explanation:
    """The difference between two instants with another model published between them.

    Args:
        tree: The difference under the new model alone.
        name: The subject.
        old, new: The models.
        before, after: The score at the first instant under the one and the other.
        end: The score at the last instant.
    """
    line = f"model {old.name!r} version {old.version} -> {new.name!r} version {new.version}"
    change = finite(after - before) if before is not None and after is not None else None
    whole = None if tree.value is None or change is None else finite(tree.value + change)
    children = [child for child in tree.children if child.label != ROUNDING]
    if after is None and before is not None and end is not None:
        # the new model could not have told the first score: no line under it alone adds up
        whole = change = finite(end - before)
        children = []
    now = None if whole is None or before is None else finite(before + whole)
    return node(
        f"{name}: score {_turned(_shown(before), _shown(now))}", whole, [*children, Explanation(line, change)]
    )


def _from_nothing(now: Explainer, name: str) -> Explanation:
    first = iso(now.subject.before(now.at, reserved=True)[0].time)
    level = "" if now.level is None else f", level {now.level!r}"
    label = f"{name}: score {_shown(now.score.value)} from nothing (first event {first}){level}"
    return evolve(now.tree(name), label=label)


class _Difference:
    """Builds the tree between two instants of one subject."""

    def __init__(self, then: Explainer, now: Explainer) -> None:
        self.then, self.now, self.model = then, now, now.model

    def tree(self, name: str) -> Explanation:
        then, now = self.then, self.now
        children = [*self._rules(None), *self._groups(), *self._adjustments()]
        label = f"{name}: {self._label()}"
        before, after = then.score, now.score
        if before.raw is None or before.value is None or then.bounded is None:
            return node(label, None, children)
        if after.raw is None or after.value is None or now.bounded is None:
            return node(label, None, children)
        cut = total([now.bounded, -after.raw, -then.bounded, before.raw])
        if cut:
            children.append(Explanation(bounds(self.model.minimum, self.model.maximum), cut))
        scaled = total([after.value, -now.bounded, -before.value, then.bounded])
        if self.model.scale is not None and scaled:
            children.append(Explanation(f"{self.model.scale.kind} scale", scaled))
        return node(label, finite(after.value - before.value), children)

    def _label(self) -> str:
        before, after = _shown(self.then.score.value), _shown(self.now.score.value)
        score = f"score {_turned(before, after)}"
        if not len(self.model.levels):
            return score
        levels = ("none" if level is None else repr(level) for level in (self.then.level, self.now.level))
        return f"{score}, level {_turned(*levels)}"

    def _rules(self, group: str | None) -> list[Explanation]:
        found = (self._rule(rule) for rule in self.model.rules if rule.group == group)
        return [child for child in found if _says(child)]

    def _rule(self, rule: Rule) -> Explanation:
        before, after = _reading(rule, self.then), _reading(rule, self.now)
        points = [side.score.points[rule.name] for side in (self.then, self.now)]
        was, now = points
        if before is None or after is None or was is None or now is None:
            told = [
                unknown(rule, side.score) if value is None else _shown(value)
                for side, value in zip((self.then, self.now), points, strict=True)
            ]
            return Explanation(f"{rule.name} ({_turned(*told)})", None)
        children = [
            Explanation(line.label, line.value, (), tuple(line.events or self._behind(rule)))
            for line in self._changes(rule, before, after)
        ]
        if not children and before.points != after.points:
            paid = finite(after.points - before.points)
            children.append(Explanation("points", paid, (), tuple(self._behind(rule))))
        cut = total([now, -after.points, -was, before.points])
        if cut:
            children.append(Explanation(bounds(rule.minimum, rule.maximum), cut))
        return node(rule.name, finite(now - was), children)

    def _changes(self, rule: Rule, before: Reading, after: Reading) -> tuple[Line, ...]:
        if not plugged(rule):
            return rule.changes(before, after)
        subject = self.now.subject
        told = subject.faults.lines(rule, "changes", lambda: rule.changes(before, after), subject.whose())
        return self.then.own(self.now.own(told))

    def _behind(self, rule: Rule) -> list[Event]:
        """The events behind what a rule reads, then and now; those it selects when it reads nothing."""
        read = self.then.read_by(rule) + self.now.read_by(rule)
        return self.now.in_order(read or self.now.selected_by(rule))

    def _groups(self) -> list[Explanation]:
        return [child for child in map(self._group, self.model.groups) if _says(child)]

    def _group(self, group: Group) -> Explanation:
        label, children = f"group {group.name}", self._rules(group.name)
        rules = [rule.name for rule in self.model.rules if rule.group == group.name]
        sides = [[side.score.points[name] for name in rules] for side in (self.then, self.now)]
        known = [[value for value in side if value is not None] for side in sides]
        if known != sides:
            return Explanation(label, None, tuple(children))
        (before, held, was), (after, holds, now) = (weighing(group, side) for side in known)
        cut = total([holds, -after, -held, before])
        if cut:
            children.append(Explanation(bounds(group.minimum, group.maximum), cut))
        weight = total([now, -holds, -was, held])
        if weight:
            children.append(Explanation(f"weight {group.weight:g}", weight))
        return node(label, finite(now - was), children)

    def _adjustments(self) -> list[Explanation]:
        before, after = (
            {id(event): (event, amount) for event, amount in side.subject.adjusting(side.at) if amount}
            for side in (self.then, self.now)
        )
        lines = [
            Explanation(f"voided: {reason(event)}", -amount, (), (event,))
            for key, (event, amount) in before.items()
            if key not in after
        ]
        lines += [
            Explanation(reason(event), amount, (), (event,))
            for key, (event, amount) in after.items()
            if key not in before
        ]
        value = finite(self.now.score.adjustments - self.then.score.adjustments)
        return [node("adjustments", value, lines)] if lines else []


def _reading(rule: Rule, side: Explainer) -> Reading | None:
    paid = side.paid(rule)
    return None if paid is None else side.given(rule, paid)


def _says(child: Explanation) -> bool:
    return child.value is None or child.value != 0 or bool(child.children)


def _shown(value: float | None) -> str:
    return "unknown" if value is None else f"{round(value, 2) + 0.0:,.15g}"


def _turned(before: str, after: str) -> str:
    return after if before == after else f"{before} -> {after}"

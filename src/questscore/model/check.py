"""Whether the parts of a model fit together.

Lives here: every check that needs more than one part: names, groups, circles, scopes.
Lives elsewhere: what is wrong within one part (its own class).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from questscore.errors import Problem, nearest
from questscore.language import FUNCTIONS, Expression, check_names
from questscore.model.event import EVENT_NAMES
from questscore.model.level import Levels
from questscore.model.rule import Group, Rule
from questscore.model.selector import Selector
from questscore.model.signal import SignalDefinition
from questscore.model.trigger import Audience, Trigger

TAKEN = {"score", "level", *EVENT_NAMES}


class Draft(Protocol):
    """A model, or as much of one as could be read: a part that could not be read is None."""

    @property
    def subject(self) -> str | None: ...
    @property
    def signals(self) -> Sequence[SignalDefinition | None]: ...
    @property
    def rules(self) -> Sequence[Rule | None]: ...
    @property
    def groups(self) -> Sequence[Group | None]: ...
    @property
    def levels(self) -> Levels: ...
    @property
    def triggers(self) -> Sequence[Trigger | None]: ...
    @property
    def audiences(self) -> Sequence[Audience | None]: ...
    @property
    def events(self) -> Mapping[str, Sequence[str]]: ...


@runtime_checkable
class _Scored(Protocol):
    """A model whose score is a signal of another."""

    @property
    def name(self) -> str: ...
    @property
    def subject(self) -> str: ...


def check(draft: Draft, unread: Iterable[str] = ()) -> list[Problem]:
    """All that does not fit; ``unread`` are names of signals that exist but could not be read."""
    problems: list[Problem] = []
    for part in ("signals", "rules", "groups", "triggers", "audiences"):
        problems += _twice(part, [None if item is None else item.name for item in getattr(draft, part)])
    placed: list[tuple[str, SignalDefinition | Rule | None]]
    placed = [(f"signals[{i}]", signal) for i, signal in enumerate(draft.signals)]
    placed += [(f"rules[{i}]", rule) for i, rule in enumerate(draft.rules)]
    for where, item in placed:
        problems += [] if item is None else (p.under(where) for p in _says(item))
    if any(problem.fix == _SAID for problem in problems):
        return problems  # nothing else can be asked of it
    signals = {s.name: s for s in draft.signals if s is not None}
    known = {*signals, *unread}
    members = {name for name, signal in signals.items() if signal.scope == "member"}
    for i, signal in enumerate(draft.signals):
        if signal is not None:
            found = [*_name(signal), *_scope(signal, draft.subject, known, members)]
            found += _declared(draft.events, signal.selects(), [(p, "property") for p in signal.properties()])
            problems += (p.under(f"signals[{i}]") for p in found)
    problems += _circles(draft.signals)
    groups = {g.name for g in draft.groups if g is not None}
    for i, rule in enumerate(draft.rules):
        if rule is not None:
            found = [*_read(rule.reads(), known, members), *_group(rule, groups)]
            found += _declared(draft.events, rule.selects(), rule.properties())
            problems += (p.under(f"rules[{i}]") for p in found)
    for i, level in enumerate(draft.levels):
        if level.when is not None:
            found = _read([(n, "when") for n in sorted(level.when.names)], known, members)
            problems += (p.under(f"levels[{i}]") for p in [*found, *_no_prop("when", level.when)])
    problems += _reactions(draft, known, members)
    return problems


_SAID = "mend the plugin; its base class says what each method gives"


def _says(part: SignalDefinition | Rule) -> list[Problem]:
    """What a part fails to say about itself; a plugin's methods may do anything."""
    texts = "text" if isinstance(part, SignalDefinition) else "(text, text)"
    doors = {"selects": "(text, Selector)", "properties": texts, "reads": "(text, text)"}
    found = []
    for door, due in doors.items():
        told = f"{door} of {type(part).__qualname__}"
        try:
            odd = [one for one in getattr(part, door)() if _shape(one) != due]
        except Exception as error:
            found.append(Problem("", f"{told} failed: {type(error).__name__}: {error}", _SAID))
        else:
            found += [Problem("", f"{told} gives {one!r}, where {due} is due", _SAID) for one in odd]
    return found


def _shape(value: object) -> str:
    if isinstance(value, (tuple, list)):
        return f"({', '.join(map(_shape, value))})"
    if isinstance(value, Selector):
        return "Selector"
    return "text" if isinstance(value, str) else type(value).__name__


def _twice(part: str, names: Sequence[str | None]) -> list[Problem]:
    seen: dict[str, int] = {}
    problems = []
    for i, name in enumerate(names):
        if name is not None and name in seen:
            problems.append(
                Problem(
                    f"{part}[{i}].name", f"{name!r} is the name of {part}[{seen[name]}] too", "rename one"
                )
            )
        elif name is not None:
            seen[name] = i
    return problems


def _name(signal: SignalDefinition) -> list[Problem]:
    name = signal.name
    if name in FUNCTIONS:
        return [Problem("name", f"{name!r} is a function of the language", "rename the signal")]
    if name in TAKEN:
        return [Problem("name", f"{name!r} has a meaning of its own", "rename the signal")]
    if name in ("True", "False", "None", "and", "or", "not", "in", "is", "if", "else"):
        return [Problem("name", f"{name!r} is a word of the language", "rename the signal")]
    return []


def unknown(name: str, known: Iterable[str], what: str) -> Problem:
    """The problem of a name that does not exist, with the nearest that does."""
    near = nearest(name, known)
    return Problem(
        "",
        f"unknown {what} {name!r}" + (f"; the nearest is {near!r}" if near else ""),
        f"write {near!r}, or declare a {what} named {name!r}" if near else f"declare a {what} named {name!r}",
    )


def _read(reads: Iterable[tuple[str, str]], known: set[str], members: set[str]) -> list[Problem]:
    problems = []
    for name, where in reads:
        if name not in known:
            problems += [unknown(name, known, "signal").under(where)]
        elif name in members:
            problems.append(
                Problem(where, f"{name!r} is a member signal", "read it through a rollup signal of it")
            )
    return problems


def _scope(
    signal: SignalDefinition, subject: str | None, known: set[str], members: set[str]
) -> list[Problem]:
    problems = []
    if signal.scope == "member" and subject == "user":
        problems.append(
            Problem("scope", "members exist in accounts only", "set subject = 'account', or drop the scope")
        )
    if signal.over_members:
        if signal.scope == "member":
            what = "a member has no members to roll up"
            problems.append(Problem("scope", what, "drop the scope"))
        if subject == "user":
            problems.append(Problem("kind", f"a {signal.kind} needs subject = 'account'", "score accounts"))
        for name, where in signal.reads():
            if name not in known:
                problems += [unknown(name, members or known, "signal").under(where)]
            elif name not in members:
                problems.append(
                    Problem(where, f"{name!r} is not a member signal", f"give {name!r} scope = 'member'")
                )
        return problems
    problems += _read(signal.reads(), known, set() if signal.scope == "member" else members)
    inner: object = getattr(signal, "model", None)
    wanted = "user" if signal.scope == "member" else subject
    if isinstance(inner, _Scored) and wanted and inner.subject != wanted:
        problems.append(
            Problem(
                "model",
                f"model {inner.name!r} scores {inner.subject}s, and {wanted}s are asked for",
                f"name a model with subject = {wanted!r}, or change the scope",
            )
        )
    return problems


def _circles(signals: Sequence[SignalDefinition | None]) -> list[Problem]:
    reads = {s.name: [name for name, _ in s.reads()] for s in signals if s is not None}
    position = {s.name: i for i, s in enumerate(signals) if s is not None}
    problems, done = [], set[str]()
    for start in reads:
        path: list[str] = []
        stack = [(start, iter(reads[start]))] if start not in done else []
        path = [start] if stack else []
        while stack:
            name, rest = stack[-1]
            step = next(rest, None)
            if step is None:
                done.add(name)
                stack.pop()
                path.pop()
            elif step in path:
                circle = [*path[path.index(step) :], step]
                problems.append(
                    Problem(
                        f"signals[{position[name]}]",
                        f"a circle: {' -> '.join(circle)}",
                        "let one of them not read the others",
                    )
                )
            elif step in reads and step not in done:
                stack.append((step, iter(reads[step])))
                path.append(step)
    return problems


def _group(rule: Rule, groups: set[str]) -> list[Problem]:
    if rule.group is None or rule.group in groups:
        return []
    return [unknown(rule.group, groups, "group").under("group")]


def _no_prop(where: str, expression: Expression) -> list[Problem]:
    if not expression.properties:
        return []
    return [Problem(where, "prop(…) reads events, and there is none here", "name a signal")]


def _declared(
    events: Mapping[str, Sequence[str]],
    selects: Iterable[tuple[str, Selector]],
    properties: Iterable[tuple[str, str]],
) -> list[Problem]:
    problems = []
    selects = tuple(selects)
    for place, selector in selects:
        if selector.every_name or not all(name in events for name in selector.on):
            continue
        known = {p for name in selector.on for p in events[name]} | set(EVENT_NAMES)
        where = f"{place}.where" if place else "where"
        used = [] if selector.where is None else [(n, where) for n in _names_of(selector.where)]
        for name, at in [*used, *properties]:
            if name not in known:
                problem = unknown(name, known, "property").under(at)
                listed = ", ".join(map(repr, selector.on))
                fix = f"{problem.fix.split(',')[0]}, or add it under events for {listed}"
                problems.append(Problem(problem.where, problem.what, fix))
    return problems


def _names_of(expression: Expression) -> list[str]:
    return sorted(expression.names | expression.properties)


def _reactions(draft: Draft, known: set[str], members: set[str]) -> list[Problem]:
    problems = []
    levels = {level.name for level in draft.levels} | {draft.levels.below}
    audiences = {a.name for a in draft.audiences if a is not None}
    for i, trigger in enumerate(draft.triggers):
        if trigger is None:
            continue
        if trigger.level is not None and trigger.level not in levels:
            problems.append(unknown(trigger.level, levels, "level").under(f"triggers[{i}].level"))
        if trigger.audience is not None and trigger.audience not in audiences:
            problems.append(unknown(trigger.audience, audiences, "audience").under(f"triggers[{i}].audience"))
    for i, audience in enumerate(draft.audiences):
        for where in ("enter", "leave"):
            rule: Expression | None = None if audience is None else getattr(audience, where)
            if rule is not None:
                found = check_names(rule, (known - members) | {"score", "level"})
                problems += (p.under(where).under(f"audiences[{i}]") for p in found)
    return problems

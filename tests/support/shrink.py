"""A failing case made smaller, as long as it keeps failing.

Lives here: one greedy pass after another over events, signals, rules, options and expressions.
Lives elsewhere: what failing means; the caller says.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from typing import Any

from attrs import evolve

from support.cases import Case, instant_of
from support.models import Mapping

EXPRESSIONS = ("where", "when", "expr", "points")
NEEDED = {"name", "kind", "version", "subject", "signals", "rules", "timezone"}


def shrink(case: Case, fails: Callable[[Case], bool]) -> Case:
    """The smallest case found that still fails; ``fails`` may raise, which counts as not failing."""

    def still(candidate: Case) -> bool:
        try:
            return fails(candidate)
        except Exception:
            return False

    again = True
    while again:
        again = False
        for candidate in _smaller(case):
            if still(candidate):
                case, again = candidate, True
                break
    return case


def _smaller(case: Case) -> Iterator[Case]:
    events = case.events
    if case.chunk:
        yield evolve(case, chunk=0)
    size = len(events) // 2
    while size:
        for start in range(0, len(events), size):
            yield evolve(case, events=events[:start] + events[start + size :])
        size //= 2
    for model in _smaller_mappings(case.model):
        yield evolve(case, model=model)
    for row, event in enumerate(events):
        for smaller in _smaller_events(event):
            yield evolve(case, events=[*events[:row], smaller, *events[row + 1 :]])


def _smaller_events(event: Mapping) -> Iterator[Mapping]:
    if not isinstance(event["time"], int):
        yield {**event, "time": instant_of(event["time"])}
    for key in ("id", "account", "user", "properties"):
        if key in event:
            yield {k: v for k, v in event.items() if k != key}
    for key in event.get("properties", {}):
        yield {**event, "properties": {k: v for k, v in event["properties"].items() if k != key}}


def _smaller_mappings(model: Mapping) -> Iterator[Mapping]:
    """Every copy of a (nested) mapping with one thing left out or made plainer."""
    for path in list(_paths(model)):
        holder, key = _at(model, path[:-1]), path[-1]
        if isinstance(holder, list) or key not in NEEDED:
            yield _without(model, path)
        value = holder[key]
        if isinstance(value, str) and key in EXPRESSIONS:
            for text in _smaller_expressions(value):
                yield _with(model, path, text)
        if key == "timezone" and value != "UTC":
            yield _with(model, path, "UTC")


def _paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from _paths(value, (*path, key))


def _at(node: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        node = node[key]
    return node


def _without(model: Mapping, path: tuple[Any, ...]) -> Mapping:
    made = copy.deepcopy(model)
    del _at(made, path[:-1])[path[-1]]
    return made


def _with(model: Mapping, path: tuple[Any, ...], value: object) -> Mapping:
    made = copy.deepcopy(model)
    _at(made, path[:-1])[path[-1]] = value
    return made


def _smaller_expressions(text: str) -> Iterator[str]:
    tree = ast.parse(text.strip(), mode="eval")
    yield from ("1", "True")
    for node in ast.walk(tree.body):
        if (
            node is not tree.body
            and isinstance(node, ast.expr)
            and not isinstance(node, ast.List | ast.Tuple)
        ):
            yield ast.unparse(node)
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr):
                for child in ast.iter_child_nodes(value):
                    if isinstance(child, ast.expr):
                        setattr(node, name, child)
                        yield ast.unparse(tree)
                setattr(node, name, value)
